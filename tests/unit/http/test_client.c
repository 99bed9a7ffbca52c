/* SPDX-License-Identifier: Apache-2.0 */
/* The names of outcomes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/client.h"

static void every_outcome_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < HTTP_OUTCOME_COUNT; i++) {
        const char *name = http_outcome_name((enum http_outcome)i);
        assert_non_null(name);
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(name,
                                    http_outcome_name((enum http_outcome)k));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_outcome_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
