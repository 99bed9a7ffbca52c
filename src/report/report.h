/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happened, for people.
 *
 * Purpose:   two event sinks for the terminal: a summary of a run, and the line
 *            that shows what is being awaited right now; and the report, which
 *            is made of logs: as text, as data (JSON) and as a history that
 *            consistency checkers read. README.md has the formats.
 * Ownership: new/free; texts heard are copied.
 * Errors:    a damaged line of a log is refused with what is wrong with it.
 * Never:     reads engine structs; prints by itself: text goes into a buf.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/arena.h"
#include "base/buf.h"
#include "events/event.h"

/* ---- summary.c ---- */

struct report_summary;
struct report_summary *report_summary_new(void);
void report_summary_free(struct report_summary *summary);
struct event_sink *report_summary_sink(struct report_summary *summary);
/* Mutations, outcomes, median and worst wait, each unsettled one by name, the
 * first few races and regrets. */
void report_summary_write(const struct report_summary *summary,
                          struct buf *out);
/* All of it as bytes for another process of this program, which adds it to its
 * own; what is cut off adds nothing. */
void report_summary_save(const struct report_summary *summary, struct buf *out);
void report_summary_merge(struct report_summary *summary, struct str bytes);
/* Whether there is anything to tell. */
bool report_summary_is_empty(const struct report_summary *summary);

/* ---- status.c ---- */

struct report_status;
struct report_status *report_status_new(int64_t (*now_ms)(void *));
void report_status_free(struct report_status *status);
struct event_sink *report_status_sink(struct report_status *status);
/*
 * What the terminal should show: the hold that has lasted longest, when over a
 * second; ends without a newline and begins with what wipes the line before.
 * Empty when nothing changed.
 * Not wider than `width`: what is wrapped cannot be wiped.
 */
void report_status_write(struct report_status *status, size_t width,
                         struct buf *out);
/* Takes the line away before something else is printed. */
void report_status_wipe(struct report_status *status, struct buf *out);

/* ---- the report ---- */

struct report;
/* Of one run only, by its id; STR_NONE: of all. */
struct report *report_new(struct str only_run);
void report_free(struct report *report);
/*
 * One line of a log, without its newline; logs may come in any order, those of
 * `settled lag` among them. False when it is damaged: what is wrong with it is
 * in *reterr, and it is counted. A line of another run, or of an event that is
 * not known here, is none.
 */
bool report_add(struct report *report, struct str line, struct arena *arena,
                struct str *reterr);
/* A line that could not be given as text: too long. */
void report_add_damaged(struct report *report);

/* Lines so far that were events of ours. */
uint64_t report_events(const struct report *report);

struct report_counts {
    uint64_t lines;
    uint64_t damaged;
    uint64_t events;
    uint64_t runs;
    uint64_t other_runs; /* events of a run that was not asked for */
    uint64_t mutations;
    uint64_t races;
    uint64_t regrets;
    uint64_t violations; /* of the session guarantees */
    uint64_t unsettled;  /* or failed, or unknown */
};
/* These may be asked for at any time; more lines may follow. */
struct report_counts report_counts(struct report *report);
void report_write_text(struct report *report, struct buf *out);
/* One JSON object, the same that page.h takes. */
void report_write_json(struct report *report, struct buf *out);
/* One operation a line. */
void report_write_history(struct report *report, struct buf *out);

#endif
