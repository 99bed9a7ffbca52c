/* SPDX-License-Identifier: Apache-2.0 */
/* What is counted, and how Prometheus reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "console/private.h"

static struct event put(enum event_kind kind)
{
    return (struct event){
        .kind = kind, .service = STR("ssm"), .operation = STR("PutParameter")};
}

static void hear_one_change(struct metrics *m)
{
    struct event event = put(EVENT_CALL_RECEIVED);
    metrics_hear(m, &event);
    event = put(EVENT_READ_BACK);
    event.verdict = "not-yet";
    metrics_hear(m, &event);
    event.verdict = "holds";
    metrics_hear(m, &event);
    event = put(EVENT_SETTLED);
    event.outcome = OUTCOME_SETTLED;
    event.waited_ms = event_number(1204);
    event.visible_ms = event_number(448);
    metrics_hear(m, &event);
}

static void assert_has(const struct metrics *m, const char *line)
{
    struct buf text = {0};
    metrics_write(m, 3, STR("1.2.3"), &text);
    if (!str_contains(buf_str(&text), str_of(line))) {
        print_message("%s\nis not in:\n%.*s", line, STR_ARG(buf_str(&text)));
        fail();
    }
    buf_free(&text);
}

static void a_change_is_counted(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "# TYPE settled_calls_total counter\n"
        "settled_calls_total{service=\"ssm\",operation=\"PutParameter\"} 1\n",
        "settled_mutations_total{service=\"ssm\",operation=\"PutParameter\","
        "outcome=\"settled\"} 1\n",
        "settled_read_backs_total{service=\"ssm\",operation=\"PutParameter\","
        "verdict=\"not-yet\"} 1\n",
        "verdict=\"holds\"} 1\n",
        "settled_calls_active 3\n",
        "settled_build_info{version=\"1.2.3\"} 1\n",
        "settled_events_total 4\n",
    };
    struct metrics *m = metrics_new();
    hear_one_change(m);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_has(m, lines[i]);
    }
    metrics_free(m);
}

static void what_is_no_plain_call_is_counted(void **state)
{
    (void)state;
#define OF_PUT "{service=\"ssm\",operation=\"PutParameter\"} 1\n"
    static const struct {
        enum event_kind kind;
        enum outcome outcome;
        const char *line;
    } rows[] = {
        {EVENT_CALL_JOINED, OUTCOME_NONE, "settled_joined_total" OF_PUT},
        {EVENT_CALL_RESENT, OUTCOME_NONE, "settled_resent_total" OF_PUT},
        {EVENT_RACE, OUTCOME_NONE, "settled_races_total" OF_PUT},
        {EVENT_REGRET, OUTCOME_NONE, "settled_regrets_total" OF_PUT},
        {EVENT_CALL_REFUSED, OUTCOME_UNKNOWN, "outcome=\"unknown\"} 1\n"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct metrics *m = metrics_new();
        struct event event = put(rows[i].kind);
        event.outcome = rows[i].outcome;
        metrics_hear(m, &event);
        assert_has(m, rows[i].line);
        metrics_free(m);
    }
}

static void buckets_add_up(void **state)
{
    (void)state;
    struct metrics *m = metrics_new();
    hear_one_change(m);
    hear_one_change(m);
    assert_has(m, "settled_held_seconds_bucket{service=\"ssm\",operation="
                  "\"PutParameter\",le=\"1\"} 0\n");
    assert_has(m, "le=\"2.5\"} 2\n");
    assert_has(m, "le=\"+Inf\"} 2\n");
    assert_has(m, "settled_held_seconds_sum{service=\"ssm\",operation="
                  "\"PutParameter\"} 2.408\n");
    assert_has(m, "settled_visible_seconds_bucket{service=\"ssm\",operation="
                  "\"PutParameter\",le=\"0.5\"} 2\n");
    metrics_free(m);
}

static void a_label_may_hold_anything(void **state)
{
    (void)state;
    struct metrics *m = metrics_new();
    struct event event = put(EVENT_CALL_RECEIVED);
    event.operation = STR("a\"b\\c\nd");
    metrics_hear(m, &event);
    assert_has(m, "operation=\"a\\\"b\\\\c d\"} 1\n");
    metrics_free(m);
}

static void rows_are_bounded(void **state)
{
    (void)state;
    struct metrics *m = metrics_new();
    struct arena *arena = arena_new();
    for (int i = 0; i < 1500; i++) {
        struct event event = put(EVENT_CALL_RECEIVED);
        event.operation = arena_printf(arena, "Operation%d", i);
        metrics_hear(m, &event);
    }
    assert_has(m, "{service=\"ssm\",operation=\"Operation999\"} 1\n");
    assert_has(m, "{service=\"other\",operation=\"other\"} 500\n");
    arena_free(arena);
    metrics_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_is_counted),
        cmocka_unit_test(what_is_no_plain_call_is_counted),
        cmocka_unit_test(buckets_add_up),
        cmocka_unit_test(a_label_may_hold_anything),
        cmocka_unit_test(rows_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
