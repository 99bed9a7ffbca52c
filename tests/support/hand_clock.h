/* SPDX-License-Identifier: Apache-2.0 */
/* A clock that only a test turns, and the timers on it. */
#ifndef TESTS_SUPPORT_HAND_CLOCK_H
#define TESTS_SUPPORT_HAND_CLOCK_H

#include "base/timer.h"

struct hand_clock {
    int64_t now_ms;
    struct timers timers;
};

static inline int64_t hand_clock_now(void *clock)
{
    return ((struct hand_clock *)clock)->now_ms;
}

/* What it shows on the wall never changes: 2015-08-30T12:36:00Z. */
static inline int64_t hand_clock_wall(void)
{
    return 1440938160000;
}

/* Not at zero: some code may take that for "never". */
static inline void hand_clock_init(struct hand_clock *clock)
{
    clock->now_ms = 1000;
    timers_init(&clock->timers, hand_clock_now, clock);
}

static inline void hand_clock_run(struct hand_clock *clock)
{
    while (timers_run_due(&clock->timers) > 0) {
    }
}

/* Step by step, so that what a timer does is seen in its time. */
static inline void hand_clock_turn(struct hand_clock *clock, int64_t ms)
{
    int64_t until = clock->now_ms + ms;
    while (clock->now_ms < until) {
        int64_t next = timers_next_ms(&clock->timers);
        int64_t left = until - clock->now_ms;
        clock->now_ms += next < 0 || next > left ? left : next > 0 ? next : 1;
        hand_clock_run(clock);
    }
}

#endif
