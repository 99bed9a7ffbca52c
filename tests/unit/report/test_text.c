/* SPDX-License-Identifier: Apache-2.0 */
/* The report for a terminal: a story with everything in it, and silence. */
#include "logs.h"
#include "report/private.h"

static void a_story_is_told(void **state)
{
    struct report *report = report_new(STR_NONE);
    struct buf text = {0};
    (void)state;
    ADD_LOG(report, story);
    report_write_text(report, &text);
    report_free(report);
    assert_written(
        &text,
        "2026-01-31 12:00:00 to 12:00:33 UTC (33.1 s), 1 run, 26 lines\n"
        "6 calls, 3 mutations: 1 settled, 1 unsettled, 1 unknown\n"
        "2 read-backs, 0.7 a mutation; 1 call joined; 0 sent again; 3 reads b"
        "y clients\n"
        "\n"
        "time until visible                 count  median     p90     p99   w"
        "orst reads  outcomes\n"
        "ssm PutParameter                       3  448 ms  448 ms  448 ms  44"
        "8 ms   3.7  1 settled, 1 unsettled, 1 unknown\n"
        "\n"
        "from visible to answered                  median     p90     p99   w"
        "orst  too early\n"
        "ssm PutParameter                           32 ms   32 ms   32 ms   3"
        "2 ms          0\n"
        "\n"
        "unsettled: ssm PutParameter /b? (r-5) after 30.0 s; the last read-ba"
        "ck: ParameterNotFound\n"
        "unknown: ssm PutParameter /c (r-6)\n"
        "\n"
        "1 race, 1 regret\n"
        "race: GetParameter /app/colour came 12 ms after PutParameter; it nee"
        "ded 448 ms; it got version 3\n"
        "regret: GetParameter /app/colour saw the old state 449 ms after PutP"
        "arameter was said to be settled; it got version 3\n"
        "\n"
        "joined: 1 retry of PutParameter /app/colour (r-1)\n"
        "\n"
        "slowest:\n"
        "  30.0 s  ssm PutParameter /b?, unsettled\n"
        "  448 ms  ssm PutParameter /app/colour\n"
        "\n"
        "guarantees: 3 reads and 3 writes checked; broken: read your writes 1"
        ", monotonic reads 1\n"
        "read your writes: GetParameter r-4 at 12:00:01.110 saw 3, though its"
        " own PutParameter r-1 had written 4 at 12:00:00.662\n"
        "monotonic reads: GetParameter r-4 at 12:00:01.110 saw 3, though GetP"
        "arameter r-3 at 12:00:01.010 had seen 4\n");
}

static void nothing_to_tell_is_said(void **state)
{
    static const char *const lines[] = {
        "00.000 run-started run:r",
        "01.500 call-received run:r id:r-1 service:ssm operation:ListTags",
    };
    struct report *report = report_new(STR_NONE);
    struct buf text = {0};
    (void)state;
    ADD_LOG(report, lines);
    report_write_text(report, &text);
    report_free(report);
    assert_written(
        &text,
        "2026-01-31 12:00:00 to 12:00:01 UTC (1.50 s), 1 run, 2 lines\n"
        "1 call, 0 mutations: nothing was confirmed, there is nothing to tell "
        "of it\n"
        "\n"
        "no races, no regrets\n"
        "\n"
        "guarantees: no reads by clients to check\n");
}

/* A newcomer reads from the top: what never settled, then what was furthest
 * off; what went well by luck comes last. */
static void the_worst_race_is_told_first(void **state)
{
    static const char *const lines[] = {
        "00.000 run-started run:r",
        "00.100 race run:r id:r-1 write:r-0 read:GetParameter " PUT
        "resource:/little gap_ms=12 needed_ms=20 verdict:stale",
        "00.200 race run:r id:r-2 write:r-0 read:GetParameter " PUT
        "resource:/lucky gap_ms=12 needed_ms=900 verdict:lucky",
        "00.300 race run:r id:r-3 write:r-0 read:GetParameter " PUT
        "resource:/never gap_ms=12 verdict:stale",
        "00.400 race run:r id:r-4 write:r-0 read:GetParameter " PUT
        "resource:/much gap_ms=12 needed_ms=448 verdict:stale",
    };
    static const char *const order[] = {
        "/never came 12 ms after PutParameter; it was not seen to settle",
        "/much came 12 ms after PutParameter; it needed 448 ms",
        "/little came 12 ms after PutParameter; it needed 20 ms",
        "/lucky came 12 ms after PutParameter; it needed 900 ms; it saw the "
        "new "
        "state, by luck",
    };
    struct report *report = report_new(STR_NONE);
    struct buf text = {0};
    (void)state;
    ADD_LOG(report, lines);
    report_write_text(report, &text);
    report_free(report);
    struct str rest = buf_str(&text);
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        size_t at = str_find_str(rest, str_of(order[i]));
        if (at == STR_NOT_FOUND) {
            fail_msg("not there, or not in order: %s\n%.*s", order[i],
                     STR_ARG(buf_str(&text)));
        }
        rest = str_from(rest, at);
    }
    buf_free(&text);
}

/* Two clients write, the second after it has read; a third reads what they
 * wrote, the other way round. */
#define OF(operation, client)                                                  \
    "service:ssm operation:" operation " region:eu-west-1 client:" client      \
    " resource:/c "
#define LINE(time, event, id, operation, client)                               \
    "00." time " " event " run:r id:" id " " OF(operation, client)
#define READ(time, id, client, value)                                          \
    LINE(time, "call-received", id, "GetParameter", client),                   \
        LINE(time, "client-read", id, "GetParameter",                          \
             client) "value=" value " took_ms=0 status=200"
#define WRITE(time, id, client, value)                                         \
    LINE(time, "call-received", id, "PutParameter", client),                   \
        LINE(time, "call-answered", id, "PutParameter",                        \
             client) "status=200 value=" value,                                \
        LINE(time, "settle-finished", id, "PutParameter",                      \
             client) "outcome:settled"
#define TWO_WRITES_BY(first, second, last)                                     \
    {                                                                          \
        "00.000 run-started run:r", WRITE("050", "r-0", "Z", "3"),             \
            WRITE("100", "r-1", first, "4"), READ("200", "r-2", second, "4"),  \
            WRITE("300", "r-3", second, "5"), READ("400", "r-4", "C", "5"),    \
            READ("500", "r-5", "C", last)                                      \
    }

static void what_a_third_client_sees_is_told(void **state)
{
    enum { LINES = 16 };
    static const struct {
        const char *lines[LINES];
        const char *told;
    } rows[] = {
        {TWO_WRITES_BY("A", "A", "4"),
         "monotonic writes: GetParameter r-5 at 12:00:00.500 saw 4, though "
         "GetParameter r-4 at 12:00:00.400 had seen 5, which PutParameter r-3 "
         "made after PutParameter r-1 wrote 4\n"},
        {TWO_WRITES_BY("A", "B", "3"),
         "writes follow reads: GetParameter r-5 at 12:00:00.500 saw 3, though "
         "GetParameter r-4 at 12:00:00.400 had seen 5, whose writer "
         "(PutParameter "
         "r-3) had read 4 before (GetParameter r-2)\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct report *report = report_new(STR_NONE);
        struct buf text = {0};
        add_log(report, rows[i].lines, LINES);
        report_write_text(report, &text);
        report_free(report);
        assert_holds(buf_str(&text), rows[i].told);
        buf_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_story_is_told),
        cmocka_unit_test(nothing_to_tell_is_said),
        cmocka_unit_test(the_worst_race_is_told_first),
        cmocka_unit_test(what_a_third_client_sees_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
