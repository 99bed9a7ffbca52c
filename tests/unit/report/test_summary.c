/* SPDX-License-Identifier: Apache-2.0 */
/* The summary of a run, and the status line. */
#include "report/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int64_t now;

static int64_t clock_now(void *unused)
{
    (void)unused;
    return now;
}

static void say(struct event_sink *sink, struct event event)
{
    sink->hear(sink, &event);
}

static struct event finished(enum outcome outcome, int64_t waited_ms)
{
    return (struct event){.kind = EVENT_SETTLED,
                          .exchange = STR("r-1"),
                          .service = STR("ssm"),
                          .operation = STR("PutParameter"),
                          .resource = STR("/a"),
                          .outcome = outcome,
                          .waited_ms = event_number(waited_ms),
                          .reads = event_number(2)};
}

static void counts_outcomes_and_names_what_did_not_settle(void **state)
{
    struct report_summary *summary = report_summary_new();
    struct event_sink *sink = report_summary_sink(summary);
    struct buf text = {0};
    (void)state;
    assert_true(report_summary_is_empty(summary));
    for (int i = 0; i < 3; i++) {
        say(sink, (struct event){.kind = EVENT_CALL_RECEIVED});
    }
    say(sink, finished(OUTCOME_SETTLED, 100));
    say(sink, finished(OUTCOME_SETTLED, 300));
    say(sink, finished(OUTCOME_UNSETTLED, 60000));
    report_summary_write(summary, &text);
    buf_add_char(&text, '\0');
    assert_string_equal(
        text.bytes,
        "settled: 3 calls, 3 mutations: 2 settled, 1 unsettled\n"
        "settled: waited median 0.30 s, worst 60.00 s; 6 read-backs\n"
        "settled:   unsettled    ssm PutParameter /a after 60.0 s\n");
    buf_free(&text);
    report_summary_free(summary);
}

static struct event race(const char *verdict, struct event_number needed_ms)
{
    return (struct event){.kind = EVENT_RACE,
                          .service = STR("ssm"),
                          .operation = STR("PutParameter"),
                          .read = STR("GetParameter"),
                          .resource = STR("/app/col\nour"),
                          .verdict = verdict,
                          .gap_ms = event_number(12),
                          .needed_ms = needed_ms};
}

static void races_and_regrets_are_told_by_name(void **state)
{
    struct report_summary *summary = report_summary_new();
    struct event_sink *sink = report_summary_sink(summary);
    struct event regret = race("stale", (struct event_number){0});
    struct buf text = {0};
    (void)state;
    say(sink, race("stale", event_number(448)));
    report_summary_write(summary, &text);
    assert_true(str_ends(
        buf_str(&text),
        STR("settled: 1 race: a read came before its write had settled\n"
            "settled: GetParameter of /app/col?our came 12 ms after "
            "PutParameter and saw the old state; 448 ms would have been "
            "enough\n")));
    say(sink, race("lucky", event_number(30)));
    for (int i = 0; i < 5; i++) {
        say(sink, race("stale", (struct event_number){0}));
    }
    regret.kind = EVENT_REGRET;
    say(sink, regret);
    buf_clear(&text);
    report_summary_write(summary, &text);
    const struct str wanted[] = {
        STR("settled: 7 races: reads that came before their writes had "
            "settled\n"),
        STR("after PutParameter and saw the new state by luck; 30 ms would "
            "have been enough\n"),
        STR("and saw the old state; it was not seen to settle\n"),
        STR("settled: and 2 more\n"),
        STR("settled: 1 regret: a read saw the old state after \"settled\"\n"
            "settled: GetParameter of /app/col?our saw the old state 12 ms "
            "after PutParameter was said to be settled\n"),
    };
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        assert_true(str_contains(buf_str(&text), wanted[i]));
    }
    buf_free(&text);
    report_summary_free(summary);
}

static void summaries_of_several_processes_are_one(void **state)
{
    struct report_summary *sum = report_summary_new();
    struct buf bytes = {0};
    struct buf text = {0};
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct report_summary *one = report_summary_new();
        struct event_sink *sink = report_summary_sink(one);
        say(sink, (struct event){.kind = EVENT_CALL_RECEIVED});
        say(sink, (struct event){.kind = EVENT_CALL_JOINED});
        say(sink, finished(OUTCOME_SETTLED, 1000 * (i + 1)));
        for (int k = 0; k < 20; k++) {
            say(sink, finished(OUTCOME_FAILED, 10));
        }
        for (int k = 0; k < 3; k++) {
            struct event regret = race("stale", (struct event_number){0});
            regret.kind = EVENT_REGRET;
            say(sink, regret);
        }
        buf_clear(&bytes);
        report_summary_save(one, &bytes);
        report_summary_merge(sum, buf_str(&bytes));
        report_summary_free(one);
    }
    report_summary_write(sum, &text);
    const struct str wanted[] = {
        STR("settled: 3 calls, 63 mutations: 3 settled, 60 failed; 3 retries "
            "joined\n"
            "settled: waited median 0.01 s, worst 3.00 s; 126 read-backs\n"
            "settled:   failed       ssm PutParameter /a after 0.0 s\n"),
        STR("settled:   and 10 more\n"),
        STR("settled: 9 regrets: "),
        STR("settled: and 4 more\n"),
    };
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        assert_true(str_contains(buf_str(&text), wanted[i]));
    }
    /* What is cut off anywhere does no harm. */
    for (size_t len = 0; len < bytes.len; len++) {
        struct report_summary *cut = report_summary_new();
        report_summary_merge(cut, str_first(buf_str(&bytes), len));
        report_summary_free(cut);
    }
    buf_free(&bytes);
    buf_free(&text);
    report_summary_free(sum);
}

static void the_status_line_comes_after_a_second_and_goes_again(void **state)
{
    struct report_status *status = report_status_new(clock_now);
    struct event_sink *sink = report_status_sink(status);
    struct event read = finished(OUTCOME_NONE, 0);
    struct buf text = {0};
    (void)state;
    read.kind = EVENT_READ_BACK;
    read.confirmation = STR("value");
    read.verdict = "not-yet";
    read.code = STR("ParameterNotFound");
    now = 500;
    say(sink, read);
    report_status_write(status, 200, &text);
    assert_int_equal(text.len, 0);
    now = 1700;
    report_status_write(status, 200, &text);
    assert_true(str_contains(buf_str(&text),
                             STR("waiting 1.2 s for ssm PutParameter /a; "
                                 "value: not-yet (ParameterNotFound)")));
    say(sink, finished(OUTCOME_SETTLED, 1200));
    buf_clear(&text);
    report_status_write(status, 200, &text);
    assert_true(str_eq(buf_str(&text), STR("\r\033[K")));
    buf_clear(&text);
    report_status_write(status, 200, &text);
    assert_int_equal(text.len, 0);
    buf_free(&text);
    report_status_free(status);
}

static void the_status_line_fits_its_terminal_and_can_be_wiped(void **state)
{
    struct report_status *status = report_status_new(clock_now);
    struct event read = finished(OUTCOME_NONE, 2000);
    struct buf text = {0};
    (void)state;
    read.kind = EVENT_READ_BACK;
    read.resource = STR("/\x1b[31m\n/\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4");
    read.confirmation = STR("value");
    read.verdict = "not-yet";
    now = 9000;
    say(report_status_sink(status), read);
    report_status_wipe(status, &text);
    assert_int_equal(text.len, 0);
    for (size_t width = 40; width < 70; width++) {
        buf_clear(&text);
        report_status_write(status, width, &text);
        assert_in_range(text.len, 4 + width - 1, 4 + width);
        for (size_t i = 4; i < text.len; i++) {
            assert_true((unsigned char)text.bytes[i] >= 0x20);
        }
        assert_int_not_equal((unsigned char)text.bytes[text.len - 1], 0xC3);
    }
    buf_clear(&text);
    report_status_wipe(status, &text);
    assert_true(str_eq(buf_str(&text), STR("\r\033[K")));
    buf_free(&text);
    report_status_free(status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_outcomes_and_names_what_did_not_settle),
        cmocka_unit_test(races_and_regrets_are_told_by_name),
        cmocka_unit_test(summaries_of_several_processes_are_one),
        cmocka_unit_test(the_status_line_comes_after_a_second_and_goes_again),
        cmocka_unit_test(the_status_line_fits_its_terminal_and_can_be_wiped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
