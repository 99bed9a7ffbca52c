/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is to be done, and when.
 *
 * Purpose:   one heap of timers drives everything that waits, and a list of
 *            those that were woken. A wake-up is a timer that is due now:
 *            callbacks from curl, from the server or from a pipe only wake; the
 *            loop then runs what was woken, in the order of waking. So a
 *            callback never runs a machine.
 * Ownership: a timer is embedded in whatever waits; it must be cancelled, or
 *            have fired, before its memory goes.
 * Callbacks: timers_run_due() calls fn(ctx); fn may arm, wake and cancel any
 *            timer, its own too.
 * Errors:    none. Times are milliseconds of a clock that never steps back;
 *            tests give a clock they turn by hand.
 */
#ifndef BASE_TIMER_H
#define BASE_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer {
    void (*fn)(void *ctx);
    void *ctx;
    int64_t due_ms;
    uint64_t turn;      /* keeps equal times in the order of arming */
    size_t place;       /* in the heap, from 1; 0 = not armed; TIMER_WOKEN */
    struct timer *next; /* of those woken */
    struct timer *before;
};

#define TIMER_WOKEN SIZE_MAX

struct timers {
    struct timer **heap;
    size_t count;
    size_t capacity;
    struct timer *first; /* woken: they are many and all due, so that neither
                            the clock nor the heap is asked for each */
    struct timer *last;
    uint64_t turn;
    int64_t (*now_ms)(void *clock);
    void *clock;
};

void timers_init(struct timers *timers, int64_t (*now_ms)(void *), void *clock);
void timers_done(struct timers *timers);
int64_t timers_now_ms(const struct timers *timers);

static inline void timer_init(struct timer *timer, void (*fn)(void *),
                              void *ctx)
{
    *timer = (struct timer){.fn = fn, .ctx = ctx};
}

/* Fires once after delay_ms; arming an armed timer moves it. */
void timer_arm(struct timers *timers, struct timer *timer, int64_t delay_ms);
/* Fires in this turn of the loop; an armed timer is brought forward. */
void timer_wake(struct timers *timers, struct timer *timer);
void timer_cancel(struct timers *timers, struct timer *timer);

/* Waking a timer of somebody else's, who may use it for waits of his own: what
 * we did can be taken back, and nothing else. */
struct timer_woken {
    bool ours;
    uint64_t turn;
};
/* NULL: nobody wants to be woken. */
void timer_wake_noted(struct timers *timers, struct timer *timer,
                      struct timer_woken *ret_woken);
/* Where it has not run since. */
void timer_take_back(struct timers *timers, struct timer *timer,
                     const struct timer_woken *woken);

static inline bool timer_is_armed(const struct timer *timer)
{
    return timer->place != 0;
}

/* Runs all that is due, also what became due by running; returns how many. */
size_t timers_run_due(struct timers *timers);
/* Milliseconds until the next is due; 0 when one is; -1 when none is armed. */
int64_t timers_next_ms(const struct timers *timers);

#endif
