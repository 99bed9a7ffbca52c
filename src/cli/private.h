/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this room share.
 *
 * Purpose:   one value, given as text, becomes the typed field of its row.
 * Ownership: as in the front door; `label` is how the user wrote the name
 *            ("--timeout", "SETTLED_TIMEOUT").
 * Errors:    a sentence in *reterr that begins with the label.
 */
#ifndef CLI_PRIVATE_H
#define CLI_PRIVATE_H

#include "cli/options.h"

/* Makes the field zero, empty or absent. */
void option_clear(const struct option *row, void *into);
bool option_store(struct arena *arena, const struct option *row, void *into,
                  struct str value, struct str label, struct str *reterr);

#endif
