/* SPDX-License-Identifier: Apache-2.0 */
/* The token bucket of read-backs. */
#include "engine/private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_second_s_worth_may_be_taken_at_once(void **state)
{
    struct bucket bucket = {.nominal = 10, .rate = 10, .tokens = 10};
    (void)state;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(bucket_take_ms(&bucket, 0), 0);
    }
    assert_in_range(bucket_take_ms(&bucket, 0), 100, 101);
    assert_in_range(bucket_take_ms(&bucket, 0), 200, 201);
}

static void tokens_come_back_with_time_but_not_without_end(void **state)
{
    struct bucket bucket = {.nominal = 10, .rate = 10};
    (void)state;
    assert_int_equal(bucket_take_ms(&bucket, 100), 0);
    assert_true(bucket_take_ms(&bucket, 100) > 0);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(bucket_take_ms(&bucket, 3600000), 0);
    }
    assert_true(bucket_take_ms(&bucket, 3600000) > 0);
}

static void throttling_slows_down_and_success_speeds_up_again(void **state)
{
    struct bucket bucket = {.nominal = 10, .rate = 10};
    (void)state;
    for (int i = 0; i < 20; i++) {
        bucket_throttled(&bucket);
    }
    assert_true(bucket.rate == 0.5);
    for (int i = 0; i < 100; i++) {
        bucket_succeeded(&bucket);
    }
    assert_true(bucket.rate == 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_s_worth_may_be_taken_at_once),
        cmocka_unit_test(tokens_come_back_with_time_but_not_without_end),
        cmocka_unit_test(throttling_slows_down_and_success_speeds_up_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
