/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log: one JSON object a line, appended as things happen.
 *
 * Purpose:   an event sink that writes to one file (or stderr).
 * Ownership: journal_open()/journal_close(); it owns its descriptor.
 *            Lines wait in memory until journal_flush(), which whoever runs
 *            the loop calls in each turn before it sleeps: a kill loses no more
 *            than the turn in progress.
 * Errors:    opening fails with a sentence; a line that cannot be written is
 *            counted (journal_lost), the program goes on.
 * Never:     reads engine structs; writes a secret (events carry none); writes
 *            half a line where the system can help it: one write() has whole
 *            lines, to a pipe no more than it keeps together, and after half
 *            a line a new one begins.
 */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include "base/arena.h"
#include "events/event.h"

struct journal;

struct journal_config {
    struct str path; /* "-": stderr */
    struct str run_id;
    struct str stage;
    struct str context;
    const struct str *meta; /* "key=value" */
    size_t meta_count;
    int64_t (*wall_ms)(void);
};

struct journal *journal_open(const struct journal_config *config,
                             struct arena *arena, struct str *reterr);
void journal_close(struct journal *journal);
struct event_sink *journal_sink(struct journal *journal);
/* Writes what has been heard. */
void journal_flush(struct journal *journal);
uint64_t journal_lost(const struct journal *journal);

#endif
