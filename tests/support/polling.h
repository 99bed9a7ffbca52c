/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Confirmations without an engine: lags are drawn, a policy says when to read,
 * and what that cost is counted. With the schedule that is best when the lags
 * are known, by a plain computation of its own.
 *
 * A read takes 20 ms there and back and sees the state at half of it, so no
 * policy releases sooner than 10 ms after the change came: what counts is the
 * waiting beyond these. J = mean of that + price of a read x reads.
 */
#ifndef SUPPORT_POLLING_H
#define SUPPORT_POLLING_H

#include "base/mem.h"
#include "schedule/schedule.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum { POLLING_TRIP_MS = 20, POLLING_FLOOR_MS = 10, POLLING_PRICE_MS = 100 };

/* ---- lags ---- */

enum polling_kind {
    LAGS_FIXED,
    LAGS_EXPONENTIAL,
    LAGS_LOGNORMAL,
    LAGS_BIMODAL
};
struct polling_lags {
    const char *name;
    enum polling_kind kind;
    double ms;   /* fixed; mean; median; usual */
    double rare; /* lognormal: sigma; bimodal: the rare lag */
    double chance;
};

static inline double polling_normal(struct rng *rng)
{
    double u = 1 - rng_unit(rng);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * rng_unit(rng));
}

static inline double polling_draw(const struct polling_lags *lags,
                                  struct rng *rng)
{
    switch (lags->kind) {
    case LAGS_FIXED:
        break;
    case LAGS_EXPONENTIAL:
        return -lags->ms * log(1 - rng_unit(rng));
    case LAGS_LOGNORMAL:
        return lags->ms * exp(lags->rare * polling_normal(rng));
    case LAGS_BIMODAL:
        return (rng_unit(rng) < lags->chance ? lags->rare : lags->ms) *
               exp(0.1 * polling_normal(rng)); /* each a hump */
    }
    return lags->ms;
}

/* ---- one confirmation ---- */

/* When to read next, `now_ms` or later; `last_ms`: when the last read was sent,
 * which did not see the change; negative: there was none. */
typedef double polling_next_fn(void *ctx, unsigned reads, double last_ms,
                               double now_ms);

struct polling_result {
    double overshoot_ms; /* the floor included */
    unsigned reads;
    double no_ms; /* negative: none */
    double yes_ms;
};

static inline struct polling_result
polling_confirm(double lag_ms, polling_next_fn *next, void *ctx)
{
    struct polling_result result = {0, 0, -1, -1};
    double now = 0;
    while (result.yes_ms < 0) {
        double at = next(ctx, result.reads, result.no_ms, now);
        at = at > now ? at : now;
        result.reads++;
        if (lag_ms <= at + POLLING_TRIP_MS / 2.0) {
            result.yes_ms = at;
        } else {
            result.no_ms = at;
        }
        now = at + POLLING_TRIP_MS;
    }
    result.overshoot_ms = now - lag_ms;
    return result;
}

/* ---- what many of them cost ---- */

struct polling_tally {
    double *overshoots;
    size_t count;
    size_t room;
    double overshoot_sum;
    double reads;
};

static inline void polling_add(struct polling_tally *tally,
                               struct polling_result result)
{
    if (tally->count == tally->room) {
        tally->room = tally->room == 0 ? 1024 : tally->room * 2;
        tally->overshoots =
            mem_resize(tally->overshoots, tally->room * sizeof(double));
    }
    tally->overshoots[tally->count++] = result.overshoot_ms;
    tally->overshoot_sum += result.overshoot_ms;
    tally->reads += result.reads;
}

static inline int polling_compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of the overshoots; sorts them. */
static inline double polling_quantile(struct polling_tally *tally, double share)
{
    qsort(tally->overshoots, tally->count, sizeof(double), polling_compare);
    return tally->overshoots[(size_t)(share * (double)(tally->count - 1))];
}

static inline double polling_mean(const struct polling_tally *tally)
{
    return tally->overshoot_sum / (double)tally->count;
}

static inline double polling_cost(const struct polling_tally *tally)
{
    return polling_mean(tally) - POLLING_FLOOR_MS +
           POLLING_PRICE_MS * tally->reads / (double)tally->count;
}

/* ---- the optimum, where the lags are known ---- */

enum { POLLING_POINTS = 2000 };
struct polling_optimum {
    double at[POLLING_POINTS];   /* drawn lags, sorted */
    size_t next[POLLING_POINTS]; /* those below are ruled out: read here */
};

/* Plain dynamic programming over equally likely lags, nothing left out. */
static inline void polling_optimum_plan(struct polling_optimum *o)
{
    double *sums = mem_new((POLLING_POINTS + 1) * sizeof(double));
    double *cost = mem_new((POLLING_POINTS + 1) * sizeof(double));
    for (size_t i = 0; i < POLLING_POINTS; i++) {
        sums[i + 1] = sums[i] + o->at[i];
    }
    for (size_t i = POLLING_POINTS; i-- > 0;) {
        double least = INFINITY;
        for (size_t j = i; j < POLLING_POINTS; j++) {
            double waited =
                o->at[j] * (double)(j + 1 - i) - (sums[j + 1] - sums[i]);
            double all = waited + cost[j + 1] +
                         POLLING_PRICE_MS * (double)(POLLING_POINTS - i);
            if (all < least) {
                least = all;
                o->next[i] = j;
            }
        }
        cost[i] = least;
    }
    mem_free(sums);
    mem_free(cost);
}

static inline struct polling_optimum *
polling_optimum_new(const struct polling_lags *lags, uint64_t seed)
{
    enum { DRAWS_A_POINT = 40 };
    struct polling_optimum *o = mem_new(sizeof(*o));
    struct rng rng = {seed};
    size_t draws = (size_t)POLLING_POINTS * DRAWS_A_POINT;
    double *drawn = mem_new(draws * sizeof(double));
    for (size_t i = 0; i < draws; i++) {
        drawn[i] = polling_draw(lags, &rng);
    }
    qsort(drawn, draws, sizeof(double), polling_compare);
    for (size_t i = 0; i < POLLING_POINTS; i++) {
        o->at[i] = drawn[i * DRAWS_A_POINT + DRAWS_A_POINT / 2];
    }
    mem_free(drawn);
    polling_optimum_plan(o);
    return o;
}

static inline double polling_optimum_next(void *ctx, unsigned reads,
                                          double last_ms, double now_ms)
{
    const struct polling_optimum *o = ctx;
    const double half = POLLING_TRIP_MS / 2.0;
    size_t low = 0;
    size_t high = POLLING_POINTS;
    (void)reads;
    (void)now_ms;
    while (low < high && last_ms >= 0) {
        size_t middle = (low + high) / 2;
        if (o->at[middle] <= last_ms + half) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const double longer = 1.1;
    return low < POLLING_POINTS ? o->at[o->next[low]] - half : last_ms * longer;
}

/* ---- the learned one ---- */

struct polling_learner {
    struct schedule *schedule;
    struct schedule_walk walk;
    struct rng lags;   /* two: so that the lags are those that */
    struct rng strays; /* another policy is given */
};

static const struct schedule_key polling_key = {
    {"ssm", 3}, {"PutParameter", 12}, {"value", 5}};

static inline struct polling_learner polling_learner_new(uint64_t seed)
{
    const struct schedule_config config = {.read_price_ms = POLLING_PRICE_MS};
    return (struct polling_learner){
        .schedule = schedule_new(&config), .lags = {seed}, .strays = {~seed}};
}

static inline double polling_learner_next(void *ctx, unsigned reads,
                                          double last_ms, double now_ms)
{
    struct polling_learner *learner = ctx;
    enum { FLOOR_MS = 10 };
    int64_t earliest_ms = (int64_t)now_ms + (reads > 0 ? FLOOR_MS : 0);
    learner->walk.no_ms = last_ms >= 0 ? (int64_t)last_ms : SCHEDULE_NEVER;
    return (double)schedule_next_ms(learner->schedule, &polling_key,
                                    &learner->walk, earliest_ms);
}

static inline struct polling_result
polling_learner_confirm(struct polling_learner *learner, double lag_ms)
{
    learner->walk = schedule_walk_begin(&learner->strays);
    struct polling_result result =
        polling_confirm(lag_ms, polling_learner_next, learner);
    learner->walk.yes_ms = (int64_t)result.yes_ms;
    schedule_learn(learner->schedule, &polling_key, &learner->walk);
    return result;
}

#endif
