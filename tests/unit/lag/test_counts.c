/* SPDX-License-Identifier: Apache-2.0 */
/* What happened, in numbers. */
#include "lag/private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static double number(const struct json *object, const char *path)
{
    const struct json *value = json_path(object, path);
    assert_true(json_is(value, JSON_NUMBER));
    return value->number;
}

static void totals_are_the_sum_of_the_rows(void **state)
{
    struct arena *arena = arena_new();
    struct counts *counts = lag_counts_new();
    (void)state;
    lag_counts_add(counts, STR("ssm"), STR("PutParameter"), COUNT_MUTATION);
    lag_counts_add(counts, STR("ssm"), STR("GetParameter"), COUNT_STALE);
    lag_counts_add(counts, STR("ssm"), STR("GetParameter"), COUNT_STALE);
    lag_counts_add(counts, STR("ssm"), STR("GetParameter"), COUNT_FRESH);
    const struct json *got = lag_counts_write(counts, arena, 4);
    assert_true(number(got, "mutations") == 1);
    assert_true(number(got, "stale_reads") == 2);
    assert_true(number(got, "fresh_reads") == 1);
    assert_true(number(got, "lagged_reads") == 3);
    assert_true(number(got, "open") == 4);
    assert_int_equal(json_get(got, STR("operations"))->count, 2);
    lag_counts_free(counts);
    arena_free(arena);
}

static void there_is_an_end_to_rows(void **state)
{
    struct arena *arena = arena_new();
    struct counts *counts = lag_counts_new();
    (void)state;
    for (int i = 0; i < 5000; i++) {
        lag_counts_add(counts, STR("ssm"), arena_printf(arena, "Op%d", i),
                       COUNT_STALE);
    }
    const struct json *got = lag_counts_write(counts, arena, 0);
    assert_true(number(got, "stale_reads") == 5000);
    const struct json *rows = json_get(got, STR("operations"));
    assert_in_range(rows->count, 100, 300);
    assert_true(
        str_eq(json_get_text(rows->members[rows->count - 1].value, "operation"),
               STR("others")));
    lag_counts_free(counts);
    arena_free(arena);
}

static void a_thing_has_its_own_tally(void **state)
{
    struct tally *tally = lag_tally_new();
    (void)state;
    assert_int_equal(lag_tally_next(tally, STR("a")), 1);
    assert_int_equal(lag_tally_next(tally, STR("b")), 1);
    assert_int_equal(lag_tally_next(tally, STR("a")), 2);
    lag_tally_free(tally);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(totals_are_the_sum_of_the_rows),
        cmocka_unit_test(there_is_an_end_to_rows),
        cmocka_unit_test(a_thing_has_its_own_tally),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
