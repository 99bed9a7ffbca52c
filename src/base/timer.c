/* SPDX-License-Identifier: Apache-2.0 */
/* A binary heap of timers, each knowing its place so that it can be moved and
 * cancelled, and the list of those that were woken. Start at timer_arm(). */
#include "base/timer.h"

#include "base/mem.h"

#include <assert.h>

void timers_init(struct timers *timers, int64_t (*now_ms)(void *), void *clock)
{
    *timers = (struct timers){.now_ms = now_ms, .clock = clock};
}

void timers_done(struct timers *timers)
{
    mem_free(timers->heap);
    *timers = (struct timers){0};
}

int64_t timers_now_ms(const struct timers *timers)
{
    return timers->now_ms(timers->clock);
}

static bool sooner(const struct timer *a, const struct timer *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->turn < b->turn;
}

static void put(struct timers *timers, size_t place, struct timer *timer)
{
    timers->heap[place - 1] = timer;
    timer->place = place;
}

static void sift_up(struct timers *timers, struct timer *timer)
{
    size_t place = timer->place;
    while (place > 1 && sooner(timer, timers->heap[place / 2 - 1])) {
        put(timers, place, timers->heap[place / 2 - 1]);
        place /= 2;
    }
    put(timers, place, timer);
}

static void sift_down(struct timers *timers, struct timer *timer)
{
    size_t place = timer->place;
    for (;;) {
        size_t child = place * 2;
        if (child > timers->count) {
            break;
        }
        if (child < timers->count &&
            sooner(timers->heap[child], timers->heap[child - 1])) {
            child++;
        }
        if (!sooner(timers->heap[child - 1], timer)) {
            break;
        }
        put(timers, place, timers->heap[child - 1]);
        place = child;
    }
    put(timers, place, timer);
}

static void leave_heap(struct timers *timers, struct timer *timer)
{
    struct timer *last = timers->heap[timers->count - 1];
    size_t place = timer->place;
    timers->count--;
    if (last != timer) {
        put(timers, place, last);
        sift_up(timers, last);
        sift_down(timers, last);
    }
}

static void leave_list(struct timers *timers, struct timer *timer)
{
    if (timer->before != NULL) {
        timer->before->next = timer->next;
    } else {
        timers->first = timer->next;
    }
    if (timer->next != NULL) {
        timer->next->before = timer->before;
    } else {
        timers->last = timer->before;
    }
}

void timer_cancel(struct timers *timers, struct timer *timer)
{
    if (timer->place == TIMER_WOKEN) {
        leave_list(timers, timer);
    } else if (timer->place != 0) {
        leave_heap(timers, timer);
    }
    timer->place = 0;
}

void timer_arm(struct timers *timers, struct timer *timer, int64_t delay_ms)
{
    assert(timer->fn != NULL);
    timer_cancel(timers, timer);
    if (timers->count == timers->capacity) {
        timers->capacity = timers->capacity == 0 ? 64 : timers->capacity * 2;
        timers->heap = mem_resize(timers->heap,
                                  timers->capacity * sizeof(timers->heap[0]));
    }
    timer->due_ms = timers_now_ms(timers) + (delay_ms > 0 ? delay_ms : 0);
    timer->turn = timers->turn++;
    timers->count++;
    put(timers, timers->count, timer);
    sift_up(timers, timer);
}

void timer_wake(struct timers *timers, struct timer *timer)
{
    assert(timer->fn != NULL);
    /* One that is due all the same keeps its turn. */
    if (timer->place == TIMER_WOKEN ||
        (timer->place != 0 && timer->due_ms <= timers_now_ms(timers))) {
        return;
    }
    timer_cancel(timers, timer);
    timer->turn = timers->turn++;
    timer->place = TIMER_WOKEN;
    timer->next = NULL;
    timer->before = timers->last;
    if (timers->last != NULL) {
        timers->last->next = timer;
    } else {
        timers->first = timer;
    }
    timers->last = timer;
}

void timer_wake_noted(struct timers *timers, struct timer *timer,
                      struct timer_woken *ret_woken)
{
    if (timer == NULL) {
        return;
    }
    bool armed = timer_is_armed(timer);
    uint64_t turn = timer->turn;
    timer_wake(timers, timer);
    ret_woken->ours = !armed || timer->turn != turn;
    ret_woken->turn = timer->turn;
}

void timer_take_back(struct timers *timers, struct timer *timer,
                     const struct timer_woken *woken)
{
    if (timer != NULL && woken->ours && timer_is_armed(timer) &&
        timer->turn == woken->turn) {
        timer_cancel(timers, timer);
    }
}

/* Of those due by then, and of those woken before that turn. */
static struct timer *next_due(const struct timers *timers, int64_t now,
                              uint64_t turn)
{
    struct timer *woken = timers->first;
    struct timer *timed = timers->count > 0 ? timers->heap[0] : NULL;
    woken = woken != NULL && woken->turn < turn ? woken : NULL;
    timed = timed != NULL && timed->due_ms <= now ? timed : NULL;
    if (woken == NULL || timed == NULL) {
        return woken != NULL ? woken : timed;
    }
    return timed->due_ms < now || timed->turn < woken->turn ? timed : woken;
}

size_t timers_run_due(struct timers *timers)
{
    enum { LOOK_EACH = 64 };
    size_t ran = 0;
    int64_t now = timers_now_ms(timers);
    uint64_t end = UINT64_MAX;
    struct timer *timer;
    while ((timer = next_due(timers, now, end)) != NULL) {
        timer_cancel(timers, timer);
        timer->fn(timer->ctx);
        ran++;
        /* Those who wake each other for ever shall not keep others waiting. */
        if (end == UINT64_MAX && ran % LOOK_EACH == 0 &&
            timers_now_ms(timers) > now) {
            end = timers->turn;
        }
    }
    return ran;
}

int64_t timers_next_ms(const struct timers *timers)
{
    if (timers->first != NULL) {
        return 0;
    }
    if (timers->count == 0) {
        return -1;
    }
    int64_t left = timers->heap[0]->due_ms - timers_now_ms(timers);
    return left > 0 ? left : 0;
}
