/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this room share.
 *
 * Purpose:   learner.c is the estimate of one key; plan.c makes moments of it;
 *            schedule.c keeps many; text.c writes them down.
 * Never:     included by another room.
 */
#ifndef SCHEDULE_PRIVATE_H
#define SCHEDULE_PRIVATE_H

#include "schedule/schedule.h"

/* ---- grid.c: lags in bins of equal width on a logarithmic scale ---- */

/* The scale begins below the shortest wait, which is 10 ms: that belief makes
 * the first reads early enough. */
enum {
    BINS = 256,
    SHORTEST_MS = 2,
    LONGEST_MS = 60000,
};

/* Bin k holds lags over edge[k], up to edge[k + 1]. */
struct grid {
    double edge[BINS + 1];
    double middle[BINS]; /* the mean lag of a bin */
    double prior[BINS];  /* what is believed of each bin before anything is
                            seen, and never quite given up */
};
void grid_init(struct grid *grid);
/* The bin of a lag; BINS - 1 for all that are longer. */
size_t grid_bin(const struct grid *grid, double ms);

/* ---- learner.c: the estimate of one key ---- */

enum { KEPT = 256, LAG_MOST_MS = 24 * 3600 * 1000 };
#define SEEN_NEVER UINT32_MAX

/* What one confirmation showed. */
struct seen {
    uint32_t no_ms;  /* it was not there yet */
    uint32_t yes_ms; /* it was; or SEEN_NEVER */
};

struct learner {
    struct seen last[KEPT]; /* a ring: the n-th is at n modulo KEPT */
    uint64_t seen;
    uint64_t fresh;   /* the last so many are in no saved text yet */
    uint64_t planned; /* of `seen`, when `next` was worked out */
    bool has_plan;
    unsigned char next[BINS]; /* where to look when bins below were a no */
};
void learner_observe(struct learner *learner, int64_t no_ms, int64_t yes_ms);
/* How many it has still. */
size_t learner_kept(const struct learner *learner);
/* 0: the last one. */
const struct seen *learner_at(const struct learner *learner, size_t ago);
/* How likely each bin is, the belief of before included. */
void learner_estimate(const struct learner *learner, const struct grid *grid,
                      double mass[BINS]);
/* The lag that a share of changes does not exceed, by what was seen alone. */
int64_t learner_quantile_ms(const struct grid *grid, const double mass[BINS],
                            double share);

/* ---- plan.c: the moments that cost least ---- */

void plan_make(unsigned char next[BINS], const struct grid *grid,
               const double mass[BINS], double price_ms);

/* ---- schedule.c ---- */

struct entry {
    struct entry *next;          /* of the same hash */
    struct entry *newer, *older; /* in the order of use */
    uint64_t hash;
    struct schedule_key key; /* its texts follow the struct */
    struct learner learner;
};

enum { SLOTS = 512 };

struct schedule {
    struct schedule_config config;
    struct grid grid;
    struct entry *slots[SLOTS];
    struct entry *newest, *oldest;
    size_t count;
    bool has_news;
    struct learner cold; /* has seen nothing: the plan of what is unknown */
};
/* NULL: nothing is known of it. */
struct entry *schedule_find(const struct schedule *schedule,
                            const struct schedule_key *key);
/* Makes it, as the one used longest ago; NULL: there is no more room. */
struct entry *schedule_add_oldest(struct schedule *schedule,
                                  const struct schedule_key *key);

#endif
