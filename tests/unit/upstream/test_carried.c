/* SPDX-License-Identifier: Apache-2.0 */
/* What a fetch may count on when it is cancelled, at whatever moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture.h"

static void a_cancelled_fetch_wakes_nobody(void **state)
{
    static const struct answer answers[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", 0, HANG, 0, 0}};
    (void)state;
    for (int turns = 0; turns < 8; turns++) {
        struct fixture f;
        struct asker a;
        fixture_start(&f, answers, 1);
        ask_prepare(&f, &a, "POST");
        a.fetch.streams = turns % 2 == 0;
        a.fetch.request.body = STR("body");
        http_fetch_send(f.client, &a.fetch);
        for (int i = 0; i < turns; i++) {
            linger(&f);
        }
        int heads = a.head_count;
        http_fetch_cancel(f.client, &a.fetch);
        linger(&f);
        linger(&f);
        assert_int_equal(a.done_count, 0);
        assert_int_equal(a.head_count, heads);
        assert_null(a.fetch.download);
        fixture_stop(&f, &a, 1);
    }
}

static void a_wake_that_has_not_run_is_taken_back(void **state)
{
    struct fixture f;
    struct asker a;
    (void)state;
    fixture_start(&f, NULL, 0);
    ask_prepare(&f, &a, "GET");
    a.fetch.origin = STR("no origin");
    http_fetch_send(f.client, &a.fetch);
    assert_true(timer_is_armed(&a.done));
    http_fetch_cancel(f.client, &a.fetch);
    assert_false(timer_is_armed(&a.done));
    fixture_stop(&f, &a, 1);
}

static void a_timer_of_the_callers_own_stays_armed(void **state)
{
    static const struct answer answers[] = {{OK_TEXT, 0, KEEP, 0, 0}};
    struct fixture f;
    struct asker a;
    (void)state;
    fixture_start(&f, answers, 1);
    ask_prepare(&f, &a, "GET");
    ask_whole(&f, &a);
    timer_arm(loop_timers(f.loop), &a.done, 100000);
    http_fetch_cancel(f.client, &a.fetch);
    assert_true(timer_is_armed(&a.done));
    timer_cancel(loop_timers(f.loop), &a.done);
    fixture_stop(&f, &a, 1);
}

/* The thread of the resolver goes on for a while: it must find nothing of the
 * fetch, whose memory is gone. */
static void cancelling_a_name_being_resolved_does_not_wait(void **state)
{
    (void)state;
    for (int turns = 0; turns <= 100; turns += 100) {
        struct fixture f;
        struct asker a;
        struct arena *arena = arena_new();
        fixture_start(&f, NULL, 0);
        ask_prepare(&f, &a, "POST");
        a.fetch.arena = arena;
        a.fetch.request.body = arena_str(arena, STR("body"));
        a.fetch.origin = STR("http://does-not-exist.invalid");
        http_fetch_send(f.client, &a.fetch);
        (void)timers_run_due(loop_timers(f.loop));
        int64_t before = clock_monotonic_ms(NULL);
        http_fetch_cancel(f.client, &a.fetch);
        assert_true(clock_monotonic_ms(NULL) - before < 1000);
        arena_free(arena);
        for (int i = 0; i < turns; i++) {
            linger(&f);
        }
        assert_int_equal(a.done_count, 0);
        fixture_stop(&f, &a, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cancelled_fetch_wakes_nobody),
        cmocka_unit_test(a_wake_that_has_not_run_is_taken_back),
        cmocka_unit_test(a_timer_of_the_callers_own_stays_armed),
        cmocka_unit_test(cancelling_a_name_being_resolved_does_not_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
