/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report as one page for a browser.
 *
 * Purpose:   one self-contained HTML document: markup, style and script are
 *            built in, the data stands in it as JSON.
 * Ownership: text goes into the caller's buf.
 * Errors:    none.
 * Never:     asks the network for anything but, where it is live, its own
 *            origin for more events; trusts a text of the data.
 */
#ifndef PAGE_PAGE_H
#define PAGE_PAGE_H

#include "base/buf.h"

/* `data` is one JSON value (report.h says which); it may hold any text. */
void page_write(struct str data, struct buf *out);
/* The same page, which fetches `events_path` and goes on fetching. */
void page_write_live(struct str events_path, struct buf *out);

#endif
