/* SPDX-License-Identifier: Apache-2.0 */
/* Reading logs: damage, several runs, several logs. */
#include "logs.h"
#include "report/private.h"

static void damaged_lines_are_refused_with_a_reason(void **state)
{
    static const struct {
        const char *line;
        const char *why; /* NULL: good */
    } rows[] = {
        {"{\"time\":\"2026-01-31T12:00:00.000Z\",\"event\":\"call-sent\"}",
         NULL},
        {"{\"time\":\"2026-01-31T12:00:00Z\",\"event\":\"not-yet-invented\"}",
         NULL},
        {"{\"event\":\"call-sent\"}", "has no \"time\""},
        {"{\"time\":\"2026-01-31T12:00:00.000Z\"}", "has no \"event\""},
        {"{\"time\":5,\"event\":\"call-sent\"}", "has no \"time\""},
        {"{\"time\":\"yesterday\",\"event\":\"call-sent\"}",
         "has a \"time\" that is none: yesterday"},
        {"{\"time\":\"2026-02-31T12:00:00.000Z\",\"event\":\"call-sent\"}",
         "has a \"time\" that is none: 2026-02-31T12:00:00.000Z"},
        {"[]", "is no JSON object"},
        {"settled: 3 calls", "is no JSON"},
        {"{\"time\":\"2026-01-31T12:00:00.000Z\",\"ev", "is no JSON"},
        {"{\"a\":1} ", "has no \"event\""},
    };
    struct arena *arena = arena_new();
    struct report *report = report_new(STR_NONE);
    size_t damaged = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str why = STR_NONE;
        bool good = report_add(report, str_of(rows[i].line), arena, &why);
        assert_int_equal(good, rows[i].why == NULL);
        if (!good) {
            damaged++;
            assert_true(str_starts(why, str_of(rows[i].why)));
        }
    }
    report_add_damaged(report);
    const struct report_counts counts = report_counts(report);
    assert_int_equal(counts.damaged, damaged + 1);
    assert_int_equal(counts.lines, sizeof(rows) / sizeof(rows[0]) + 1);
    assert_int_equal(counts.events, 1);
    report_free(report);
    arena_free(arena);
}

static void one_run_may_be_asked_for(void **state)
{
    static const char *const lines[] = {
        "00.000 run-started run:one stage:build context:ci meta={\"n\":1}",
        "00.001 run-started run:two",
        "00.010 settle-finished run:one id:x-1 outcome:settled waited_ms=5",
        "00.020 settle-finished run:two id:x-1 outcome:failed waited_ms=5",
        "00.030 lag-mutation run:lag request_id:q until_ms=5",
    };
    static const struct {
        struct str run;
        uint64_t runs, mutations, unsettled, others;
    } rows[] = {
        {{NULL, 0}, 2, 2, 1, 0},
        {{"one", 3}, 1, 1, 0, 2},
        {{"two", 3}, 1, 1, 1, 2},
        {{"three", 5}, 0, 0, 0, 4},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct report *report = report_new(rows[i].run);
        ADD_LOG(report, lines);
        const struct report_counts counts = report_counts(report);
        assert_int_equal(counts.runs, rows[i].runs);
        assert_int_equal(counts.mutations, rows[i].mutations);
        assert_int_equal(counts.unsettled, rows[i].unsettled);
        assert_int_equal(counts.other_runs, rows[i].others);
        assert_int_equal(counts.events, 5);
        report_free(report);
    }
}

/* With --run-id the same name comes again, and so do the ids. */
static void a_run_that_starts_again_is_another(void **state)
{
    static const char *const lines[] = {
        "00.000 rules-loaded run:ci",
        "00.001 run-started run:ci",
        "00.010 settle-finished run:ci id:ci-1 outcome:settled waited_ms=5",
        "10.000 run-started run:ci",
        "10.010 settle-finished run:ci id:ci-1 outcome:unsettled waited_ms=5",
    };
    struct report *report = report_new(STR_NONE);
    (void)state;
    ADD_LOG(report, lines);
    const struct report_counts counts = report_counts(report);
    assert_int_equal(counts.runs, 2);
    assert_int_equal(counts.mutations, 2);
    assert_int_equal(counts.unsettled, 1);
    report_free(report);
}

/* A log that was started late, and one that ended early. */
static void halves_of_calls_do_no_harm(void **state)
{
    static const char *const lines[] = {
        "00.000 answer-given run:r id:r-1 status=200 outcome:settled",
        "00.001 read-back run:r id:r-2 confirmation:value verdict:not-yet",
        "00.002 call-received run:r id:r-3 service:ssm",
        "00.003 race run:r",
        "00.004 regret run:r",
        "00.005 client-read run:r",
        "00.006 settle-finished run:r",
        "00.007 lag-mutation run:r",
        "00.008 confirmed run:r id:r-4 outcome:settled",
    };
    struct report *report = report_new(STR_NONE);
    struct buf text = {0};
    (void)state;
    ADD_LOG(report, lines);
    report_write_text(report, &text);
    report_write_json(report, &text);
    report_write_history(report, &text);
    const struct report_counts counts = report_counts(report);
    assert_int_equal(counts.mutations, 2);
    assert_int_equal(counts.races, 1);
    assert_int_equal(counts.regrets, 1);
    buf_free(&text);
    report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged_lines_are_refused_with_a_reason),
        cmocka_unit_test(one_run_may_be_asked_for),
        cmocka_unit_test(a_run_that_starts_again_is_another),
        cmocka_unit_test(halves_of_calls_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
