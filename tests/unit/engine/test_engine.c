/* SPDX-License-Identifier: Apache-2.0 */
/* The list of steps, as others see it. */
#include "engine/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void steps_have_names_and_end_with_finish(void **state)
{
    (void)state;
    assert_string_equal(engine_step_name(0), "identify");
    assert_string_equal(engine_step_name(engine_step_count() - 1), "finish");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_have_names_and_end_with_finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
