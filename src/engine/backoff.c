/* SPDX-License-Identifier: Apache-2.0 */
/* When the next read-back is due, and when enough have held. Pure: time and
 * chance are arguments. Start at backoff_hit(). */
#include "engine/private.h"

enum {
    DEFAULT_INTERVAL_MS = 100,
    DEFAULT_MAX_DELAY_MS = 1000,
    SHORTEST_MS = 10,
    LONGEST_DOUBT_MS = 5000,
};
static const double default_rate = 1.5;

static int64_t at_least(int64_t value, int64_t floor)
{
    return value > floor ? value : floor;
}

bool backoff_hit(struct backoff *backoff, const struct rules_schedule *schedule,
                 int64_t now_ms)
{
    if (backoff->run == 0) {
        backoff->run_since_ms = now_ms;
    }
    backoff->silences = 0;
    backoff->run++;
    int64_t watch_ms =
        at_least(backoff->settle_for_ms, schedule->settle_for_ms);
    return backoff->run >= schedule->consecutive &&
           now_ms - backoff->run_since_ms >= watch_ms;
}

void backoff_miss(struct backoff *backoff,
                  const struct rules_schedule *schedule, int64_t age_ms)
{
    if (backoff->run > 0) {
        /* A stale read after a fresh one: replicas disagree. Having seen one
         * lag behind at this age, trust a run only that lasts as long. */
        backoff->flapped = true;
    }
    if (backoff->flapped) {
        int64_t doubt_ms =
            age_ms < LONGEST_DOUBT_MS ? age_ms : LONGEST_DOUBT_MS;
        backoff->settle_for_ms = at_least(doubt_ms, schedule->settle_for_ms);
    }
    backoff->run = 0;
    backoff->silences = 0;
    backoff->misses++;
}

/* The repeats are spread evenly over the time that must be watched. */
static int64_t repeat_delay_ms(const struct backoff *backoff,
                               const struct rules_schedule *schedule,
                               int64_t now_ms)
{
    int64_t spacing_ms =
        schedule->interval_ms > 0 ? schedule->interval_ms : DEFAULT_INTERVAL_MS;
    if (schedule->settle_for_ms > 0) {
        int64_t gaps =
            schedule->consecutive > 1 ? schedule->consecutive - 1 : 1;
        spacing_ms = schedule->settle_for_ms / gaps;
    }
    int64_t watch_ms =
        at_least(backoff->settle_for_ms, schedule->settle_for_ms);
    int64_t left_ms = backoff->run_since_ms + watch_ms - now_ms;
    if (backoff->run + 1 >= schedule->consecutive && left_ms > 0 &&
        left_ms < spacing_ms * 2) {
        spacing_ms = left_ms; /* the last one: just when it can confirm */
    }
    return at_least(spacing_ms, SHORTEST_MS);
}

static double jitter(enum rules_jitter strategy, struct rng *rng)
{
    switch (strategy) {
    case JITTER_FULL:
        return rng_unit(rng);
    case JITTER_HALF:
        return 0.5 + rng_unit(rng) / 2;
    case JITTER_NONE:
        break;
    }
    return 1;
}

/* The interval after `count` reads that did not hold. */
static double grown_ms(const struct rules_schedule *schedule, unsigned count)
{
    double delay = (double)(schedule->interval_ms > 0 ? schedule->interval_ms
                                                      : DEFAULT_INTERVAL_MS);
    double rate =
        schedule->backoff_rate >= 1 ? schedule->backoff_rate : default_rate;
    double longest =
        (double)(schedule->max_delay_ms > 0 ? schedule->max_delay_ms
                                            : DEFAULT_MAX_DELAY_MS);
    for (unsigned i = 1; i < count && delay < longest; i++) {
        delay *= rate;
    }
    return delay < longest ? delay : longest;
}

int64_t backoff_delay_ms(const struct backoff *backoff,
                         const struct rules_schedule *schedule, int64_t now_ms,
                         struct rng *rng)
{
    if (backoff->run > 0) {
        return repeat_delay_ms(backoff, schedule, now_ms);
    }
    double delay = grown_ms(schedule, backoff->misses);
    return at_least((int64_t)(delay * jitter(schedule->jitter, rng)),
                    SHORTEST_MS);
}

int64_t backoff_learned_ms(const struct backoff *backoff,
                           const struct rules_schedule *schedule,
                           int64_t delay_ms)
{
    if (schedule->max_delay_ms > 0 && delay_ms > schedule->max_delay_ms) {
        delay_ms = schedule->max_delay_ms;
    }
    if (backoff->silences > 0) {
        /* They told of no change, but that there are too many of them. */
        delay_ms =
            at_least(delay_ms, (int64_t)grown_ms(schedule, backoff->silences));
    }
    return at_least(delay_ms, SHORTEST_MS);
}
