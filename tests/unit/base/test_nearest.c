/* SPDX-License-Identifier: Apache-2.0 */
/* What is near enough to be meant, and what is not. Start at the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/nearest.h"

static void the_nearest_name_is_offered_only_when_it_is_near(void **state)
{
    static const char *const names[] = {
        "read", "success", "retry", "failure", "IntervalSeconds", "settle_for"};
    static const struct {
        const char *wanted, *best;
    } rows[] = {
        {"retyr", "retry"},    {"RETRY", "retry"},
        {"sucess", "success"}, {"succes", "success"},
        {"zzzzzzzzzzz", ""},   {"intervalseconds", "IntervalSeconds"},
        {"readback", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct nearest nearest = nearest_to(str_of(rows[i].wanted));
        for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
            nearest_try(&nearest, str_of(names[k]));
        }
        if (!str_eq(nearest.best, str_of(rows[i].best))) {
            fail_msg("%s: %.*s", rows[i].wanted, STR_ARG(nearest.best));
        }
    }
}

static void the_hint_is_empty_where_nothing_is_near(void **state)
{
    struct arena *arena = arena_new();
    struct nearest nearest = nearest_to(STR("sucess"));
    (void)state;
    nearest_try(&nearest, STR("failure"));
    assert_int_equal(nearest_hint(arena, &nearest).len, 0);
    nearest_try(&nearest, STR("success"));
    assert_true(str_eq(nearest_hint(arena, &nearest),
                       STR(": did you mean `success`?")));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_name_is_offered_only_when_it_is_near),
        cmocka_unit_test(the_hint_is_empty_where_nothing_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
