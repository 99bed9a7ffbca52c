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
        bucket_throttled(&bucket, 10 * i + 1, 10 * i + 2);
    }
    assert_true(bucket.rate == 0.5);
    for (int i = 0; i < 100; i++) {
        bucket_succeeded(&bucket);
    }
    assert_true(bucket.rate == 10);
}

static void many_throttled_at_once_slow_down_once(void **state)
{
    struct bucket bucket = {.nominal = 16, .rate = 16};
    (void)state;
    for (int i = 0; i < 20; i++) {
        bucket_throttled(&bucket, 100 + i, 200 + i);
    }
    assert_true(bucket.rate == 8);
    bucket_throttled(&bucket, 201, 300);
    assert_true(bucket.rate == 4);
}

static void a_place_that_is_given_back_is_free_for_others(void **state)
{
    struct bucket bucket = {.nominal = 10, .rate = 10, .tokens = 1};
    (void)state;
    for (int i = 0; i < 100; i++) {
        (void)bucket_take_ms(&bucket, 0);
    }
    assert_in_range(bucket_take_ms(&bucket, 0), 10000, 10001);
    for (int i = 0; i < 101; i++) {
        bucket_give_back(&bucket);
    }
    assert_int_equal(bucket_take_ms(&bucket, 0), 0);
}

static void new_rules_may_say_another_rate(void **state)
{
    struct bucket bucket = {.nominal = 10, .rate = 5};
    (void)state;
    bucket_set_nominal(&bucket, 10);
    assert_true(bucket.rate == 5);
    bucket_set_nominal(&bucket, 40);
    assert_true(bucket.rate == 40);
}

static void patience_is_twice_what_half_of_the_reads_take(void **state)
{
    enum { READS = 400, USUAL_MS = 100, RARE_MS = 5000, ONE_IN = 10 };
    struct bucket bucket = {0};
    (void)state;
    for (int i = 0; i < READS; i++) {
        bucket_timed(&bucket, i % ONE_IN == 0 ? RARE_MS : USUAL_MS);
    }
    assert_in_range(bucket_patience_ms(&bucket), 180, 250);
}

static void there_is_no_patience_before_the_usual_time_is_known(void **state)
{
    struct bucket bucket = {0};
    (void)state;
    for (int i = 0; i < 7; i++) {
        bucket_timed(&bucket, 3);
        assert_int_equal(bucket_patience_ms(&bucket), 0);
    }
    bucket_timed(&bucket, 3);
    assert_int_equal(bucket_patience_ms(&bucket), 20);
}

static void a_hedge_takes_nobodys_token(void **state)
{
    struct bucket bucket = {.nominal = 2, .rate = 2, .tokens = 2};
    (void)state;
    assert_true(bucket_take_now(&bucket, 0));
    assert_true(bucket_take_now(&bucket, 0));
    assert_false(bucket_take_now(&bucket, 0));
    assert_int_equal(bucket_take_ms(&bucket, 500), 0); /* it has queued none */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_s_worth_may_be_taken_at_once),
        cmocka_unit_test(tokens_come_back_with_time_but_not_without_end),
        cmocka_unit_test(throttling_slows_down_and_success_speeds_up_again),
        cmocka_unit_test(many_throttled_at_once_slow_down_once),
        cmocka_unit_test(a_place_that_is_given_back_is_free_for_others),
        cmocka_unit_test(new_rules_may_say_another_rate),
        cmocka_unit_test(patience_is_twice_what_half_of_the_reads_take),
        cmocka_unit_test(there_is_no_patience_before_the_usual_time_is_known),
        cmocka_unit_test(a_hedge_takes_nobodys_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
