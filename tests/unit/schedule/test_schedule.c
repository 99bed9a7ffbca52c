/* SPDX-License-Identifier: Apache-2.0 */
/* Many estimates by their keys, and the moments they give. */
#include "schedule/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const struct schedule_key put = {
    {"ssm", 3}, {"PutParameter", 12}, {"value", 5}};
static const struct schedule_key tags = {
    {"ssm", 3}, {"PutParameter", 12}, {"tags", 4}};
static const struct schedule_walk plain = {1, 1, SCHEDULE_NEVER,
                                           SCHEDULE_NEVER};

static void see(struct schedule *schedule, const struct schedule_key *key,
                int64_t no_ms, int64_t yes_ms)
{
    struct schedule_walk walk = plain;
    walk.no_ms = no_ms;
    walk.yes_ms = yes_ms;
    schedule_learn(schedule, key, &walk);
}

static void the_first_of_its_kind_looks_at_once(void **state)
{
    struct schedule *schedule = schedule_new(&(struct schedule_config){0});
    (void)state;
    assert_int_equal(schedule_next_ms(schedule, &put, &plain, 0), 0);
    assert_int_equal(schedule_next_ms(schedule, &put, &plain, 7), 7);
    schedule_free(schedule);
}

static void before_anything_is_seen_it_waits_longer_and_longer(void **state)
{
    enum { MOMENTS = 60, LONG_MS = 20000, SCALE_MS = 60000 };
    int64_t at[MOMENTS];
    struct schedule *schedule = schedule_new(&(struct schedule_config){0});
    (void)state;
    schedule_moments(schedule, &put, at, MOMENTS);
    for (size_t i = 2; i < MOMENTS && at[i] < LONG_MS; i++) {
        assert_true(at[i] - at[i - 1] >= (at[i - 1] - at[i - 2]) * 3 / 4);
    }
    assert_true(at[MOMENTS - 1] > SCALE_MS); /* it goes on there */
    schedule_free(schedule);
}

static void it_looks_just_after_the_usual_lag(void **state)
{
    int64_t first = 0;
    struct schedule *schedule = schedule_new(&(struct schedule_config){0});
    (void)state;
    for (int i = 0; i < 20; i++) {
        see(schedule, &put, 480, 500);
    }
    schedule_moments(schedule, &put, &first, 1);
    assert_in_range(first, 490, 560);
    struct schedule_summary summary = schedule_summary(schedule, &put);
    assert_int_equal(summary.seen, 20);
    assert_in_range(summary.p50_ms, 470, 530);
    assert_in_range(summary.p99_ms, 490, 600);
    schedule_free(schedule);
}

static void a_no_moves_on_and_the_past_is_not_waited_for(void **state)
{
    struct schedule *schedule = schedule_new(&(struct schedule_config){0});
    struct schedule_walk walk = plain;
    (void)state;
    for (int i = 0; i < 20; i++) {
        see(schedule, &put, 480, 500);
    }
    walk.no_ms = 600;
    assert_true(schedule_next_ms(schedule, &put, &walk, 610) > 650);
    walk.no_ms = SCHEDULE_NEVER;
    assert_int_equal(schedule_next_ms(schedule, &put, &walk, 900), 900);
    schedule_free(schedule);
}

static void a_cheaper_read_is_made_more_often(void **state)
{
    enum { MOMENTS = 10 };
    int64_t dear[MOMENTS];
    int64_t cheap[MOMENTS];
    struct schedule *one = schedule_new(&(struct schedule_config){0});
    struct schedule *two =
        schedule_new(&(struct schedule_config){.read_price_ms = 10});
    (void)state;
    schedule_moments(one, &put, dear, MOMENTS);
    schedule_moments(two, &put, cheap, MOMENTS);
    assert_true(cheap[MOMENTS - 1] < dear[MOMENTS - 1] / 2);
    schedule_free(one);
    schedule_free(two);
}

static void confirmations_are_told_apart(void **state)
{
    struct schedule *schedule = schedule_new(&(struct schedule_config){0});
    (void)state;
    see(schedule, &put, 0, 100);
    assert_int_equal(schedule_summary(schedule, &put).seen, 1);
    assert_int_equal(schedule_summary(schedule, &tags).seen, 0);
    schedule_free(schedule);
}

static void what_shows_nothing_teaches_nothing(void **state)
{
    struct schedule *schedule = schedule_new(&(struct schedule_config){0});
    (void)state;
    schedule_learn(schedule, &put, &plain);
    assert_int_equal(schedule_count(schedule), 0);
    assert_false(schedule_has_news(schedule));
    schedule_free(schedule);
}

static struct schedule_key numbered(char name[16], int i)
{
    int len = snprintf(name, 16, "op%d", i);
    return (struct schedule_key){
        STR("s"), {name, (size_t)len}, STR("confirmation")};
}

static void the_one_unused_for_longest_makes_room(void **state)
{
    enum { LIMIT = 700, MORE = 5 };
    char name[16];
    struct schedule *schedule =
        schedule_new(&(struct schedule_config){.limit = LIMIT});
    (void)state;
    for (int i = 0; i < LIMIT + MORE; i++) {
        struct schedule_key first = {STR("s"), STR("op0"), STR("confirmation")};
        struct schedule_key key = numbered(name, i);
        see(schedule, &key, 0, 100);
        (void)schedule_next_ms(schedule, &first, &plain, 0);
    }
    assert_int_equal(schedule_count(schedule), LIMIT);
    for (int i = 0; i < LIMIT + MORE; i++) {
        struct schedule_key key = numbered(name, i);
        bool gone = i >= 1 && i <= MORE;
        assert_int_equal(schedule_summary(schedule, &key).seen, gone ? 0 : 1);
    }
    schedule_free(schedule);
}

static void some_walks_stray_and_most_do_not(void **state)
{
    enum { WALKS = 3200 };
    struct rng rng = {1};
    int strays = 0;
    int early = 0;
    (void)state;
    for (int i = 0; i < WALKS; i++) {
        struct schedule_walk walk = schedule_walk_begin(&rng);
        assert_true(walk.stretch >= 0.9 && walk.stretch <= 1.1);
        assert_true(walk.first > 0.09 && walk.first <= 1);
        strays += walk.stretch < 1 || walk.stretch > 1;
        early += walk.first < 1;
    }
    assert_in_range(strays, 300, 500);
    assert_in_range(early, 60, 140);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_of_its_kind_looks_at_once),
        cmocka_unit_test(before_anything_is_seen_it_waits_longer_and_longer),
        cmocka_unit_test(it_looks_just_after_the_usual_lag),
        cmocka_unit_test(a_no_moves_on_and_the_past_is_not_waited_for),
        cmocka_unit_test(a_cheaper_read_is_made_more_often),
        cmocka_unit_test(confirmations_are_told_apart),
        cmocka_unit_test(what_shows_nothing_teaches_nothing),
        cmocka_unit_test(the_one_unused_for_longest_makes_room),
        cmocka_unit_test(some_walks_stray_and_most_do_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
