/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When to look: a schedule of reads learned from how long changes took.
 *
 * Purpose:   for each (service, operation, confirmation) an estimate of the lag
 *            and, from it, the moments to read at: those that cost least when a
 *            second of waiting costs one and a read costs `read_price_ms`.
 * Ownership: schedule_new()/schedule_free(). It keeps a bounded number of
 *            estimates; the one that was not used for longest makes room.
 * Callbacks: none. Time and chance are arguments.
 * Errors:    of a text that was saved: a diag, and nothing of it is taken.
 * Limits:    an estimate has 2.4 KB. It is worked out anew after each sixteenth
 *            more of observations, which takes some 50 us.
 * Never:     a file, a clock, a resource's name: what it keeps is names of
 *            operations and numbers.
 */
#ifndef SCHEDULE_SCHEDULE_H
#define SCHEDULE_SCHEDULE_H

#include "base/rng.h"
#include "json/json.h"

struct schedule_config {
    size_t limit;          /* of estimates; 0: 1,000 */
    int64_t read_price_ms; /* the waiting that a read may save; 0: 100 */
};

struct schedule_key {
    struct str service;
    struct str operation;
    struct str confirmation;
};

/* All times are milliseconds since the change was acknowledged. */
enum { SCHEDULE_NEVER = -1 };

/* One confirmation on its way. Its owner says what was seen. */
struct schedule_walk {
    double stretch; /* of its waits, so that other moments are tried too */
    double first;   /* of the first wait alone */
    int64_t no_ms;  /* when the last read was sent that did not see the change;
                       SCHEDULE_NEVER: there was none */
    int64_t yes_ms; /* when the first was sent that did; the same */
};

struct schedule;
struct schedule *schedule_new(const struct schedule_config *config);
void schedule_free(struct schedule *schedule);

/* Most walks keep to the schedule; some, by chance, stray from it a little. */
struct schedule_walk schedule_walk_begin(struct rng *rng);
/* When to read next, `now_ms` or later. */
int64_t schedule_next_ms(struct schedule *schedule,
                         const struct schedule_key *key,
                         const struct schedule_walk *walk, int64_t now_ms);
/* The walk has ended: the change came between `no_ms` and `yes_ms`, or was not
 * there at `no_ms` yet. */
void schedule_learn(struct schedule *schedule, const struct schedule_key *key,
                    const struct schedule_walk *walk);

/* What has been learned of one key. */
struct schedule_summary {
    uint64_t seen; /* confirmations; 0: nothing is known */
    int64_t p50_ms, p90_ms, p99_ms;
};
struct schedule_summary schedule_summary(const struct schedule *schedule,
                                         const struct schedule_key *key);
/* The first moments at which a walk reads that does not stray. */
void schedule_moments(struct schedule *schedule, const struct schedule_key *key,
                      int64_t *ret_ms, size_t count);
/* Keys of which something is known. */
size_t schedule_count(const struct schedule *schedule);

/* ---- text.c: keeping it ---- */

/* Something was learned that is in no saved text yet. */
bool schedule_has_news(const struct schedule *schedule);
/*
 * Takes over what a saved text says and adds what was learned here since
 * schedule_saved(): two that read and write in turn lose nothing of each
 * other's. A text with any fault changes nothing.
 */
__attribute__((warn_unused_result)) bool
schedule_read(struct schedule *schedule, const struct source *source,
              struct diag *diag);
void schedule_write(const struct schedule *schedule, struct buf *out);
/* What was written is safe: from now on there is no news. */
void schedule_saved(struct schedule *schedule);

#endif
