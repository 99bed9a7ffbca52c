/* SPDX-License-Identifier: Apache-2.0 */
/* Percentiles by nearest rank, and overshoot by what the lag knows. */
#include "logs.h"
#include "report/private.h"

static void percentiles_are_values_that_were_there(void **state)
{
    static const struct {
        size_t count; /* of 1, 2, 3 ... */
        int64_t median, p90, p99, worst;
    } rows[] = {
        {1, 1, 1, 1, 1},
        {2, 1, 2, 2, 2},
        {3, 2, 3, 3, 3},
        {4, 2, 4, 4, 4},
        {10, 5, 9, 10, 10},
        {11, 6, 10, 11, 11},
        {100, 50, 90, 99, 100},
        {101, 51, 91, 100, 101},
        {1000, 500, 900, 990, 1000},
    };
    int64_t values[1000];
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t k = 0; k < rows[i].count; k++) {
            values[k] = (int64_t)(rows[i].count - k);
        }
        struct quartet q = report_tally_quartet(values, rows[i].count);
        assert_true(q.there);
        assert_int_equal(q.median, rows[i].median);
        assert_int_equal(q.p90, rows[i].p90);
        assert_int_equal(q.p99, rows[i].p99);
        assert_int_equal(q.worst, rows[i].worst);
    }
    assert_false(report_tally_quartet(values, 0).there);
}

/* Answered by AWS at 100, given at 1000; each row says what the lag log has. */
static void overshoot_counts_the_clocks_that_were_awaited(void **state)
{
    static const struct {
        const char *lag[3];
        const char *outcome;
        int64_t overshoot; /* -1: nobody knows */
        uint32_t too_early;
    } rows[] = {
        {{NULL}, "settled", -1, 0},
        {{"request_id:q until_ms=800 detail:direct"}, "settled", 100, 0},
        {{"request_id:q until_ms=800 detail:direct"}, "unsettled", -1, 0},
        {{"request_id:other until_ms=800 detail:direct"}, "settled", -1, 0},
        {{"request_id:q until_ms=400 detail:direct",
          "request_id:q until_ms=850 detail:tags confirmation:tags"},
         "settled",
         50,
         0},
        {{"request_id:q until_ms=400 detail:direct",
          "request_id:q until_ms=850 detail:tags confirmation:more,tags"},
         "settled",
         50,
         0},
        {{"request_id:q until_ms=400 detail:direct",
          "request_id:q until_ms=5000 detail:listed confirmation:index"},
         "settled",
         500,
         0},
        {{"request_id:q until_ms=901 detail:direct"}, "settled", 0, 0},
        {{"request_id:q until_ms=902 detail:direct"}, "settled", -2, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena *arena = arena_new();
        struct report *report = report_new(STR_NONE);
        for (size_t k = 0; k < 3 && rows[i].lag[k] != NULL; k++) {
            const char *line =
                arena_printf(arena, "00.100 lag-mutation %s", rows[i].lag[k])
                    .ptr;
            add_log(report, &line, 1);
        }
        const char *lines[] = {
            "00.950 confirmed run:r id:r-1 confirmation:tags outcome:settled",
            arena_printf(arena,
                         "01.000 settle-finished run:r id:r-1 request_id:q "
                         "waited_ms=900 outcome:%s",
                         rows[i].outcome)
                .ptr,
            "01.000 answer-given run:r id:r-1",
        };
        ADD_LOG(report, lines);
        const struct tally *tally = report_tally_make(report, arena);
        assert_int_equal(tally->count, 1);
        const struct quartet *q = &tally->rows[0].overshoot;
        assert_int_equal(q->there, rows[i].overshoot != -1);
        if (q->there) {
            assert_int_equal(q->worst, rows[i].overshoot);
        }
        assert_int_equal(tally->rows[0].too_early, rows[i].too_early);
        assert_int_equal(tally->too_early, rows[i].too_early);
        report_free(report);
        arena_free(arena);
    }
}

/* With --observe the client has its answer at once: nothing is overshot. */
static void what_was_not_held_has_no_overshoot(void **state)
{
    static const char *const lines[] = {
        "00.100 lag-mutation request_id:q until_ms=400 detail:direct",
        "00.101 answer-given id:r-1",
        "00.950 settle-finished id:r-1 request_id:q outcome:settled",
    };
    struct arena *arena = arena_new();
    struct report *report = report_new(STR_NONE);
    (void)state;
    ADD_LOG(report, lines);
    const struct tally *tally = report_tally_make(report, arena);
    assert_false(tally->rows[0].overshoot.there);
    report_free(report);
    arena_free(arena);
}

static void the_slowest_ten_come_first(void **state)
{
    struct arena *arena = arena_new();
    struct report *report = report_new(STR_NONE);
    (void)state;
    for (int i = 0; i < 30; i++) {
        const char *line =
            arena_printf(arena,
                         "00.000 settle-finished run:r id:r-%d "
                         "outcome:settled waited_ms=9 visible_ms=%d",
                         i, i * 7 % 30)
                .ptr;
        add_log(report, &line, 1);
    }
    const struct tally *tally = report_tally_make(report, arena);
    assert_int_equal(tally->slowest_count, 10);
    for (uint32_t i = 0; i < tally->slowest_count; i++) {
        const struct call *call =
            &ROWS(report->all_calls, struct call)[tally->slowest[i]];
        assert_int_equal(call->visible, 29 - (int)i);
    }
    report_free(report);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_values_that_were_there),
        cmocka_unit_test(overshoot_counts_the_clocks_that_were_awaited),
        cmocka_unit_test(what_was_not_held_has_no_overshoot),
        cmocka_unit_test(the_slowest_ten_come_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
