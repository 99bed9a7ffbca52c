/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors, signals, timers and hooks of the loop. Here because it is the
 * only place that sleeps. Start at a_ready_descriptor_reaches_its_owner(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "loop/loop.h"

#include <unistd.h>

struct end {
    struct loop *loop;
    int fds[2];
    struct loop_watch watch;
    struct end *other; /* unwatched when this is ready */
    int ready;
    uint32_t events;
};

static void on_ready(void *ctx, uint32_t events)
{
    struct end *end = ctx;
    char byte;
    end->ready++;
    end->events = events;
    if (events & EPOLLIN) {
        assert_int_equal(read(end->fds[0], &byte, 1), 1);
    }
    if (end->other != NULL) {
        loop_unwatch(end->loop, &end->other->watch);
    }
}

static void open_end(struct end *end, struct loop *loop)
{
    *end = (struct end){.loop = loop};
    assert_int_equal(pipe(end->fds), 0);
    end->watch = (struct loop_watch){end->fds[0], on_ready, end};
    loop_watch(loop, &end->watch, EPOLLIN);
}

static void feed(const struct end *end)
{
    assert_int_equal(write(end->fds[1], "x", 1), 1);
}

static void close_end(struct end *end)
{
    loop_unwatch(end->loop, &end->watch);
    assert_int_equal(close(end->fds[0]), 0);
    if (end->fds[1] >= 0) {
        assert_int_equal(close(end->fds[1]), 0);
    }
}

static void a_ready_descriptor_reaches_its_owner(void **state)
{
    struct loop *loop = *state;
    struct end a, b;
    open_end(&a, loop);
    open_end(&b, loop);
    feed(&b);
    loop_turn(loop);
    assert_int_equal(a.ready, 0);
    assert_int_equal(b.ready, 1);
    feed(&a);
    feed(&b);
    loop_turn(loop);
    assert_int_equal(a.ready, 1);
    assert_int_equal(b.ready, 2);
    assert_int_equal(close(a.fds[1]), 0);
    a.fds[1] = -1;
    loop_turn(loop);
    assert_true(a.events & EPOLLHUP);
    close_end(&a);
    close_end(&b);
}

static void no_callback_comes_after_unwatching(void **state)
{
    struct loop *loop = *state;
    struct end a, b;
    open_end(&a, loop);
    open_end(&b, loop);
    a.other = &b;
    b.other = &a;
    feed(&a);
    feed(&b);
    loop_turn(loop); /* both are ready; whoever is first stops the other */
    assert_int_equal(a.ready + b.ready, 1);
    close_end(&a);
    close_end(&b);
}

static void watching_again_changes_the_events(void **state)
{
    struct loop *loop = *state;
    struct end a, b;
    open_end(&a, loop);
    open_end(&b, loop);
    loop_watch(loop, &a.watch, 0);
    feed(&a);
    feed(&b);
    loop_turn(loop);
    assert_int_equal(a.ready, 0);
    assert_int_equal(b.ready, 1);
    loop_watch(loop, &a.watch, EPOLLIN);
    loop_turn(loop);
    assert_int_equal(a.ready, 1);
    close_end(&a);
    close_end(&b);
}

struct counter {
    struct loop *loop;
    int count;
};

static void count_and_stop(void *ctx)
{
    struct counter *counter = ctx;
    counter->count++;
    loop_stop(counter->loop);
}

static void a_timer_ends_the_sleep(void **state)
{
    struct loop *loop = *state;
    struct counter counter = {loop, 0};
    struct timer timer;
    timer_init(&timer, count_and_stop, &counter);
    timer_arm(loop_timers(loop), &timer, 1);
    loop_run(loop);
    assert_int_equal(counter.count, 1);
}

static void a_stopped_loop_can_run_again(void **state)
{
    struct loop *loop = *state;
    struct counter counter = {loop, 0};
    struct timer timer;
    timer_init(&timer, count_and_stop, &counter);
    for (int i = 1; i <= 3; i++) {
        timer_wake(loop_timers(loop), &timer);
        loop_run(loop);
        assert_int_equal(counter.count, i);
    }
}

static void on_signal(void *ctx, const struct signalfd_siginfo *info)
{
    struct counter *counter = ctx;
    counter->count += (int)info->ssi_signo;
    loop_stop(counter->loop);
}

static void signals_arrive_between_callbacks(void **state)
{
    struct loop *loop = *state;
    struct counter first = {loop, 0};
    struct counter second = {loop, 0};
    loop_on_signal(loop, SIGUSR1, on_signal, &first);
    loop_on_signal(loop, SIGUSR2, on_signal, &second);
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    loop_run(loop);
    assert_int_equal(first.count, SIGUSR1);
    assert_int_equal(second.count, 0);
    assert_int_equal(kill(getpid(), SIGUSR2), 0);
    loop_run(loop);
    assert_int_equal(second.count, SIGUSR2);
}

static int64_t hurry(void *ctx)
{
    struct counter *counter = ctx;
    counter->count++;
    return 0;
}

static int64_t any(void *ctx)
{
    struct counter *counter = ctx;
    counter->count++;
    return -1;
}

static int64_t stop_here(void *ctx)
{
    struct counter *counter = ctx;
    counter->count++;
    loop_stop(counter->loop);
    return -1;
}

static void the_shortest_wish_of_the_hooks_bounds_the_sleep(void **state)
{
    struct loop *loop = *state;
    struct counter counter = {loop, 0};
    struct loop_hook patient = {any, &counter, NULL};
    struct loop_hook hasty = {hurry, &counter, NULL};
    loop_add_hook(loop, &patient);
    loop_add_hook(loop, &hasty);
    loop_turn(loop); /* would sleep for long were it not for the hasty one */
    assert_int_equal(counter.count, 2);
}

static void a_hook_that_stops_the_loop_is_obeyed(void **state)
{
    struct loop *loop = *state;
    struct counter counter = {loop, 0};
    struct loop_hook hook = {stop_here, &counter, NULL};
    loop_add_hook(loop, &hook);
    loop_run(loop); /* before any sleep */
    assert_int_equal(counter.count, 1);
}

static int make_loop(void **state)
{
    *state = loop_new();
    return 0;
}

static int free_loop(void **state)
{
    loop_free(*state);
    return 0;
}

#define ON_LOOP(test)                                                          \
    cmocka_unit_test_setup_teardown(test, make_loop, free_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_LOOP(a_ready_descriptor_reaches_its_owner),
        ON_LOOP(no_callback_comes_after_unwatching),
        ON_LOOP(watching_again_changes_the_events),
        ON_LOOP(a_timer_ends_the_sleep),
        ON_LOOP(a_stopped_loop_can_run_again),
        ON_LOOP(signals_arrive_between_callbacks),
        ON_LOOP(the_shortest_wish_of_the_hooks_bounds_the_sleep),
        ON_LOOP(a_hook_that_stops_the_loop_is_obeyed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
