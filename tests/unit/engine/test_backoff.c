/* SPDX-License-Identifier: Apache-2.0 */
/* When the next read-back is due, and when enough have held. */
#include "engine/private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct rules_schedule plain = {.interval_ms = 100,
                                            .backoff_rate = 2,
                                            .max_delay_ms = 1000,
                                            .consecutive = 1};
static const struct rules_schedule careful = {.interval_ms = 100,
                                              .backoff_rate = 2,
                                              .max_delay_ms = 1000,
                                              .consecutive = 4,
                                              .settle_for_ms = 600};

static void misses_grow_the_delay_up_to_the_longest(void **state)
{
    static const int64_t delays[] = {100, 200, 400, 800, 1000, 1000};
    struct backoff backoff = {0};
    struct rng rng = {1};
    (void)state;
    for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
        backoff_miss(&backoff, &plain, 0);
        assert_int_equal(backoff_delay_ms(&backoff, &plain, 0, &rng),
                         delays[i]);
    }
}

static void a_rule_without_a_schedule_starts_at_100_ms(void **state)
{
    const struct rules_schedule none = {.consecutive = 1};
    struct backoff backoff = {0};
    struct rng rng = {1};
    (void)state;
    backoff_miss(&backoff, &none, 0);
    assert_int_equal(backoff_delay_ms(&backoff, &none, 0, &rng), 100);
    backoff_miss(&backoff, &none, 0);
    assert_int_equal(backoff_delay_ms(&backoff, &none, 0, &rng), 150);
}

static void a_learned_delay_is_kept_within_bounds(void **state)
{
    const struct rules_schedule none = {.consecutive = 1};
    const struct rules_schedule capped = {.consecutive = 1,
                                          .max_delay_ms = 300};
    struct backoff backoff = {0};
    (void)state;
    assert_int_equal(backoff_learned_ms(&backoff, &none, 700), 700);
    assert_int_equal(backoff_learned_ms(&backoff, &none, -5), 10);
    assert_int_equal(backoff_learned_ms(&backoff, &capped, 700), 300);
}

static void reads_that_say_nothing_slow_a_learned_schedule_down(void **state)
{
    const struct rules_schedule none = {.consecutive = 1};
    struct backoff backoff = {.silences = 3};
    (void)state;
    assert_int_equal(backoff_learned_ms(&backoff, &none, 0), 225);
    assert_int_equal(backoff_learned_ms(&backoff, &none, 700), 700);
    backoff_miss(&backoff, &none, 0);
    assert_int_equal(backoff_learned_ms(&backoff, &none, 0), 10);
}

static void one_hit_is_enough_where_the_rule_says_so(void **state)
{
    struct backoff backoff = {0};
    (void)state;
    assert_true(backoff_hit(&backoff, &plain, 5));
}

static void repeats_are_spread_over_the_time_to_be_watched(void **state)
{
    struct backoff backoff = {0};
    struct rng rng = {1};
    int64_t now = 0;
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_false(backoff_hit(&backoff, &careful, now));
        int64_t delay = backoff_delay_ms(&backoff, &careful, now, &rng);
        assert_int_equal(delay, 200);
        now += delay;
    }
    assert_true(backoff_hit(&backoff, &careful, now));
}

static void enough_hits_too_soon_do_not_confirm(void **state)
{
    struct backoff backoff = {0};
    (void)state;
    for (int64_t now = 0; now < 600; now += 50) {
        assert_false(backoff_hit(&backoff, &careful, now));
    }
    assert_true(backoff_hit(&backoff, &careful, 600));
}

static void a_miss_starts_the_count_anew(void **state)
{
    struct backoff backoff = {0};
    (void)state;
    (void)backoff_hit(&backoff, &careful, 0);
    (void)backoff_hit(&backoff, &careful, 200);
    backoff_miss(&backoff, &careful, 300);
    assert_int_equal(backoff.run, 0);
    assert_false(backoff_hit(&backoff, &careful, 1000));
}

static void disagreeing_replicas_must_agree_for_longer(void **state)
{
    struct backoff backoff = {0};
    (void)state;
    (void)backoff_hit(&backoff, &careful, 0);
    backoff_miss(&backoff, &careful, 1500);
    for (int64_t now = 2000; now < 3500; now += 200) {
        assert_false(backoff_hit(&backoff, &careful, now));
    }
    assert_true(backoff_hit(&backoff, &careful, 3500));
}

static void the_doubt_has_an_upper_bound(void **state)
{
    struct backoff backoff = {0};
    (void)state;
    (void)backoff_hit(&backoff, &careful, 0);
    backoff_miss(&backoff, &careful, 90000);
    assert_int_equal(backoff.settle_for_ms, 5000);
}

static void jitter_stays_within_its_bounds(void **state)
{
    struct rules_schedule schedule = plain;
    struct backoff backoff = {.misses = 4};
    struct rng rng = {7};
    (void)state;
    for (int i = 0; i < 1000; i++) {
        schedule.jitter = JITTER_FULL;
        int64_t full = backoff_delay_ms(&backoff, &schedule, 0, &rng);
        assert_in_range(full, 10, 800);
        schedule.jitter = JITTER_HALF;
        int64_t half = backoff_delay_ms(&backoff, &schedule, 0, &rng);
        assert_in_range(half, 400, 800);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(misses_grow_the_delay_up_to_the_longest),
        cmocka_unit_test(a_rule_without_a_schedule_starts_at_100_ms),
        cmocka_unit_test(a_learned_delay_is_kept_within_bounds),
        cmocka_unit_test(reads_that_say_nothing_slow_a_learned_schedule_down),
        cmocka_unit_test(one_hit_is_enough_where_the_rule_says_so),
        cmocka_unit_test(repeats_are_spread_over_the_time_to_be_watched),
        cmocka_unit_test(enough_hits_too_soon_do_not_confirm),
        cmocka_unit_test(a_miss_starts_the_count_anew),
        cmocka_unit_test(disagreeing_replicas_must_agree_for_longer),
        cmocka_unit_test(the_doubt_has_an_upper_bound),
        cmocka_unit_test(jitter_stays_within_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
