/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happened, for people at a terminal.
 *
 * Purpose:   two event sinks: a summary of a run, and the line that shows what
 *            is being awaited right now.
 * Ownership: new/free; texts heard are copied.
 * Errors:    none.
 * Never:     reads engine structs; prints by itself: text goes into a buf.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/buf.h"
#include "events/event.h"

/* ---- summary.c ---- */

struct summary;
struct summary *summary_new(void);
void summary_free(struct summary *summary);
struct event_sink *summary_sink(struct summary *summary);
/* Mutations, outcomes, median and worst wait, each unsettled one by name. */
void summary_write(const struct summary *summary, struct buf *out);
/* Whether there is anything to tell. */
bool summary_is_empty(const struct summary *summary);

/* ---- status.c ---- */

struct status;
struct status *status_new(int64_t (*now_ms)(void *));
void status_free(struct status *status);
struct event_sink *status_sink(struct status *status);
/*
 * What the terminal should show: the hold that has lasted longest, when over a
 * second; ends without a newline and begins with what wipes the line before.
 * Empty when nothing changed.
 * Not wider than `width`: what is wrapped cannot be wiped.
 */
void status_write(struct status *status, size_t width, struct buf *out);
/* Takes the line away before something else is printed. */
void status_wipe(struct status *status, struct buf *out);

#endif
