/* SPDX-License-Identifier: Apache-2.0 */
/* What several processes counted, as one text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "console/private.h"

static void equal_lines_are_added_up(void **state)
{
    static const char *const texts[] = {
        "# HELP settled_build_info Always 1.\n"
        "# TYPE settled_build_info gauge\n"
        "settled_build_info{version=\"1\"} 1\n"
        "# HELP a_total Some.\n# TYPE a_total counter\n"
        "a_total{x=\"p q\"} 3\n"
        "a_total{x=\"r\"} 18446744073709\n"
        "# HELP h Times.\n# TYPE h histogram\n"
        "h_bucket{le=\"0.05\"} 1\nh_bucket{le=\"+Inf\"} 2\n"
        "h_sum 1.250\nh_count 2\n",
        "# HELP settled_build_info Always 1.\n"
        "# TYPE settled_build_info gauge\n"
        "settled_build_info{version=\"1\"} 1\n"
        "# HELP a_total Some.\n# TYPE a_total counter\n"
        "a_total{x=\"r\"} 1\n"
        "a_total{x=\"new\"} 7\n"
        "# HELP h Times.\n# TYPE h histogram\n"
        "h_bucket{le=\"0.05\"} 0\nh_bucket{le=\"+Inf\"} 5\n"
        "h_sum 0.875\nh_count 5\n",
    };
    const struct str both[] = {str_of(texts[0]), str_of(texts[1])};
    struct buf sum = {0};
    (void)state;
    console_sum_metrics(both, 2, &sum);
    buf_add_char(&sum, '\0');
    assert_string_equal(sum.bytes,
                        "# HELP settled_build_info Always 1.\n"
                        "# TYPE settled_build_info gauge\n"
                        "settled_build_info{version=\"1\"} 1\n"
                        "# HELP a_total Some.\n# TYPE a_total counter\n"
                        "a_total{x=\"p q\"} 3\n"
                        "a_total{x=\"r\"} 18446744073710\n"
                        "a_total{x=\"new\"} 7\n"
                        "# HELP h Times.\n# TYPE h histogram\n"
                        "h_bucket{le=\"0.05\"} 1\nh_bucket{le=\"+Inf\"} 7\n"
                        "h_sum 2.125\nh_count 7\n");
    buf_free(&sum);
}

/* Whatever metrics.c writes, alone or twice. */
static void what_is_written_can_be_added(void **state)
{
    struct metrics *m = metrics_new();
    struct event event = {.kind = EVENT_SETTLED,
                          .service = STR("ssm"),
                          .operation = STR("odd\"name\\ here"),
                          .outcome = OUTCOME_SETTLED,
                          .waited_ms = event_number(1500),
                          .visible_ms = event_number(20)};
    struct buf text = {0};
    struct buf same = {0};
    (void)state;
    metrics_hear(m, &event);
    metrics_write(m, 4, STR("1.2.3"), &text);
    const struct str one = buf_str(&text);
    console_sum_metrics(&one, 1, &same);
    assert_true(str_eq(buf_str(&same), one));
    const struct str twice[] = {one, one};
    buf_clear(&same);
    console_sum_metrics(twice, 2, &same);
    assert_true(str_contains(buf_str(&same), STR("settled_calls_active 8\n")));
    assert_true(str_contains(
        buf_str(&same), STR("settled_held_seconds_sum{service=\"ssm\","
                            "operation=\"odd\\\"name\\\\ here\"} 3.000\n")));
    assert_int_equal(text.len, same.len);
    buf_free(&text);
    buf_free(&same);
    metrics_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_lines_are_added_up),
        cmocka_unit_test(what_is_written_can_be_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
