/* SPDX-License-Identifier: Apache-2.0 */
/* The heap of timers on a clock turned by hand. Here because every wait stands
 * on it. Start at timers_fire_in_order_of_time_then_of_arming(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "base/timer.h"

enum { MANY = 300 };

struct bench {
    int64_t now;
    struct timers timers;
    size_t fired[MANY];
    size_t count;
};

struct alarm {
    struct timer timer;
    struct bench *bench;
    size_t name;
    struct alarm *other; /* armed, woken or cancelled when this fires */
};

static int64_t read_hand(void *clock)
{
    return *(int64_t *)clock;
}

static void open_bench(struct bench *bench)
{
    *bench = (struct bench){.now = 1000};
    timers_init(&bench->timers, read_hand, &bench->now);
}

static void note(void *ctx)
{
    struct alarm *alarm = ctx;
    alarm->bench->fired[alarm->bench->count++] = alarm->name;
}

static void note_and_wake(void *ctx)
{
    struct alarm *alarm = ctx;
    note(ctx);
    timer_wake(&alarm->bench->timers, &alarm->other->timer);
}

static void note_and_cancel(void *ctx)
{
    struct alarm *alarm = ctx;
    note(ctx);
    timer_cancel(&alarm->bench->timers, &alarm->other->timer);
}

static void note_and_arm_again(void *ctx)
{
    struct alarm *alarm = ctx;
    note(ctx);
    timer_arm(&alarm->bench->timers, &alarm->timer, 10);
}

static void set_alarm(struct alarm *alarm, struct bench *bench, size_t name,
                      void (*fn)(void *))
{
    *alarm = (struct alarm){.bench = bench, .name = name};
    timer_init(&alarm->timer, fn, alarm);
}

static void timers_fire_in_order_of_time_then_of_arming(void **state)
{
    (void)state;
    static const int64_t delays[] = {30, 10, 20, 10, 0, -5};
    static const size_t order[] = {4, 5, 1, 3, 2, 0};
    struct bench b;
    struct alarm alarms[6];
    open_bench(&b);
    for (size_t i = 0; i < 6; i++) {
        set_alarm(&alarms[i], &b, i, note);
        timer_arm(&b.timers, &alarms[i].timer, delays[i]);
        assert_true(timer_is_armed(&alarms[i].timer));
    }
    assert_int_equal(timers_next_ms(&b.timers), 0);
    assert_int_equal(timers_run_due(&b.timers), 2);
    assert_int_equal(timers_next_ms(&b.timers), 10);
    b.now += 30;
    assert_int_equal(timers_run_due(&b.timers), 4);
    assert_memory_equal(b.fired, order, sizeof(order));
    assert_int_equal(timers_next_ms(&b.timers), -1);
    assert_false(timer_is_armed(&alarms[0].timer));
    timers_done(&b.timers);
}

static void arming_again_moves_and_cancelling_forgets(void **state)
{
    (void)state;
    struct bench b;
    struct alarm a;
    open_bench(&b);
    set_alarm(&a, &b, 7, note);
    timer_arm(&b.timers, &a.timer, 10);
    timer_arm(&b.timers, &a.timer, 50);
    assert_int_equal(b.timers.count, 1);
    b.now += 49;
    assert_int_equal(timers_run_due(&b.timers), 0);
    timer_cancel(&b.timers, &a.timer);
    timer_cancel(&b.timers, &a.timer);
    b.now += 100;
    assert_int_equal(timers_run_due(&b.timers), 0);
    timers_done(&b.timers);
}

static void waking_brings_forward_but_keeps_the_place_of_the_due(void **state)
{
    (void)state;
    struct bench b;
    struct alarm first, second;
    open_bench(&b);
    set_alarm(&first, &b, 1, note);
    set_alarm(&second, &b, 2, note);
    timer_arm(&b.timers, &first.timer, 5000);
    timer_wake(&b.timers, &second.timer);
    timer_wake(&b.timers, &first.timer);
    timer_wake(&b.timers, &second.timer);
    assert_int_equal(timers_run_due(&b.timers), 2);
    assert_int_equal(b.fired[0], 2);
    assert_int_equal(b.fired[1], 1);
    timers_done(&b.timers);
}

static void what_is_woken_while_running_runs_in_the_same_turn(void **state)
{
    (void)state;
    struct bench b;
    struct alarm first, second;
    open_bench(&b);
    set_alarm(&first, &b, 1, note_and_wake);
    set_alarm(&second, &b, 2, note);
    first.other = &second;
    timer_wake(&b.timers, &first.timer);
    assert_int_equal(timers_run_due(&b.timers), 2);
    assert_int_equal(b.fired[1], 2);
    timers_done(&b.timers);
}

static void a_due_timer_cancelled_by_another_does_not_fire(void **state)
{
    (void)state;
    struct bench b;
    struct alarm first, second;
    open_bench(&b);
    set_alarm(&first, &b, 1, note_and_cancel);
    set_alarm(&second, &b, 2, note);
    first.other = &second;
    timer_wake(&b.timers, &first.timer);
    timer_wake(&b.timers, &second.timer);
    assert_int_equal(timers_run_due(&b.timers), 1);
    assert_false(timer_is_armed(&second.timer));
    timers_done(&b.timers);
}

static void a_timer_may_arm_itself_again(void **state)
{
    (void)state;
    struct bench b;
    struct alarm a;
    open_bench(&b);
    set_alarm(&a, &b, 1, note_and_arm_again);
    timer_arm(&b.timers, &a.timer, 10);
    for (int i = 0; i < 5; i++) {
        b.now += 10;
        assert_int_equal(timers_run_due(&b.timers), 1);
    }
    assert_int_equal(b.count, 5);
    timer_cancel(&b.timers, &a.timer);
    timers_done(&b.timers);
}

static void many_timers_moved_at_random_keep_their_order(void **state)
{
    (void)state;
    static struct bench b;
    static struct alarm alarms[MANY];
    struct rng rng = {42};
    open_bench(&b);
    for (size_t i = 0; i < MANY; i++) {
        set_alarm(&alarms[i], &b, i, note);
    }
    for (int i = 0; i < 5000; i++) {
        struct timer *timer = &alarms[rng_next(&rng) % MANY].timer;
        if (rng_next(&rng) % 3 == 0) {
            timer_cancel(&b.timers, timer);
        } else {
            timer_arm(&b.timers, timer, (int64_t)(rng_next(&rng) % 1000));
        }
    }
    size_t armed = b.timers.count;
    b.now += 1000;
    assert_int_equal(timers_run_due(&b.timers), armed);
    for (size_t i = 1; i < b.count; i++) {
        const struct timer *left = &alarms[b.fired[i - 1]].timer;
        const struct timer *right = &alarms[b.fired[i]].timer;
        assert_true(
            left->due_ms < right->due_ms ||
            (left->due_ms == right->due_ms && left->turn < right->turn));
    }
    timers_done(&b.timers);
}

static void the_woken_run_in_order_of_waking_among_the_due(void **state)
{
    static const size_t order[] = {5, 0, 2, 4, 6, 7};
    struct bench b;
    struct alarm a[8];
    (void)state;
    open_bench(&b);
    for (size_t i = 0; i < 8; i++) {
        set_alarm(&a[i], &b, i, note);
    }
    timer_arm(&b.timers, &a[5].timer, 10); /* late by then */
    b.now += 15;
    for (size_t i = 0; i < 5; i++) {
        timer_wake(&b.timers, &a[i].timer);
    }
    timer_cancel(&b.timers, &a[1].timer);
    timer_arm(&b.timers, &a[3].timer, 10); /* no longer woken */
    timer_arm(&b.timers, &a[6].timer, 0);
    timer_wake(&b.timers, &a[7].timer);
    timer_wake(&b.timers, &a[2].timer); /* once more changes nothing */
    assert_int_equal(timers_next_ms(&b.timers), 0);
    assert_int_equal(timers_run_due(&b.timers), 6);
    assert_memory_equal(b.fired, order, sizeof(order));
    assert_int_equal(timers_next_ms(&b.timers), 10);
    timer_wake(&b.timers, &a[3].timer); /* brought forward */
    timer_wake(&b.timers, &a[0].timer);
    timer_cancel(&b.timers, &a[0].timer); /* the last of them */
    timer_wake(&b.timers, &a[4].timer);
    assert_int_equal(timers_run_due(&b.timers), 2);
    assert_int_equal(b.fired[6], 3);
    assert_int_equal(b.fired[7], 4);
    assert_int_equal(timers_next_ms(&b.timers), -1);
    timers_done(&b.timers);
}

/* A clock that goes on by itself. */
static int64_t read_running(void *clock)
{
    return ++*(int64_t *)clock;
}

static void wake_other(void *ctx)
{
    struct alarm *alarm = ctx;
    timer_wake(&alarm->bench->timers, &alarm->other->timer);
}

static void who_wake_each_other_for_ever_keep_nobody_waiting(void **state)
{
    struct bench b;
    struct alarm a[2];
    (void)state;
    open_bench(&b);
    b.timers.now_ms = read_running;
    for (size_t i = 0; i < 2; i++) {
        set_alarm(&a[i], &b, i, wake_other);
        a[i].other = &a[1 - i];
    }
    timer_wake(&b.timers, &a[0].timer);
    assert_true(timers_run_due(&b.timers) > 0);
    assert_int_equal(timers_next_ms(&b.timers), 0);
    timer_cancel(&b.timers, &a[0].timer);
    timer_cancel(&b.timers, &a[1].timer);
    timers_done(&b.timers);
}

static void only_what_was_woken_here_is_taken_back(void **state)
{
    struct bench b;
    struct timer_woken woken = {.ours = false};
    (void)state;
    open_bench(&b);
    struct alarm alarm = {.bench = &b};
    timer_init(&alarm.timer, note, &alarm);
    timer_wake_noted(&b.timers, NULL, &woken);
    timer_take_back(&b.timers, NULL, &woken);

    timer_wake_noted(&b.timers, &alarm.timer, &woken);
    assert_true(timer_is_armed(&alarm.timer));
    timer_take_back(&b.timers, &alarm.timer, &woken);
    assert_false(timer_is_armed(&alarm.timer));

    timer_wake(&b.timers, &alarm.timer); /* its owner's, and due already */
    timer_wake_noted(&b.timers, &alarm.timer, &woken);
    timer_take_back(&b.timers, &alarm.timer, &woken);
    assert_true(timer_is_armed(&alarm.timer));

    timer_cancel(&b.timers, &alarm.timer);
    timer_wake_noted(&b.timers, &alarm.timer, &woken);
    assert_int_equal(timers_run_due(&b.timers), 1);
    timer_arm(&b.timers, &alarm.timer, 5); /* anew, by its owner */
    timer_take_back(&b.timers, &alarm.timer, &woken);
    assert_true(timer_is_armed(&alarm.timer));
    timers_done(&b.timers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_fire_in_order_of_time_then_of_arming),
        cmocka_unit_test(arming_again_moves_and_cancelling_forgets),
        cmocka_unit_test(waking_brings_forward_but_keeps_the_place_of_the_due),
        cmocka_unit_test(what_is_woken_while_running_runs_in_the_same_turn),
        cmocka_unit_test(a_due_timer_cancelled_by_another_does_not_fire),
        cmocka_unit_test(a_timer_may_arm_itself_again),
        cmocka_unit_test(the_woken_run_in_order_of_waking_among_the_due),
        cmocka_unit_test(who_wake_each_other_for_ever_keep_nobody_waiting),
        cmocka_unit_test(only_what_was_woken_here_is_taken_back),
        cmocka_unit_test(many_timers_moved_at_random_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
