/* SPDX-License-Identifier: Apache-2.0 */
/* Logs as operations: what is exported, and what the checks make of it. */
#include "logs.h"
#include "report/private.h"

#define PUTS "service:ssm operation:PutParameter region:eu client:A "
#define GETS "service:ssm operation:GetParameter region:eu client:A "
#define DELS "service:ssm operation:DeleteParameters region:eu client:A "
#define DONE "run:r outcome:settled waited_ms=1 reads=1"

static void a_story_as_operations(void **state)
{
    struct report *report = report_new(STR_NONE);
    struct buf text = {0};
    (void)state;
    ADD_LOG(report, story);
    report_write_history(report, &text);
    report_free(report);
    assert_written(
        &text,
        "{\"process\":\"AKIA1\",\"key\":\"ssm/eu-west-1//app/colour\",\"op\":\""
        "write\",\"invoke\":10,\"complete\":662,\"value\":4,\"ok\":true,\"id\":"
        "\"r-1\"}\n"
        "{\"process\":\"AKIA1\",\"key\":\"ssm/eu-west-1//app/colour\",\"op\":\""
        "read\",\"invoke\":212,\"complete\":222,\"value\":3,\"ok\":true,\"id\":"
        "\"r-2\"}\n"
        "{\"process\":\"AKIA1\",\"key\":\"ssm/eu-west-1//app/colour\",\"op\":\""
        "read\",\"invoke\":1000,\"complete\":1010,\"value\":4,\"ok\":true,\"id"
        "\":\"r-3\"}\n"
        "{\"process\":\"AKIA1\",\"key\":\"ssm/eu-west-1//app/colour\",\"op\":\""
        "read\",\"invoke\":1100,\"complete\":1110,\"value\":3,\"ok\":true,\"id"
        "\":\"r-4\"}\n"
        "{\"process\":\"AKIA1\",\"key\":\"ssm/eu-west-1//b\\u0001\",\"op\":\"wr"
        "ite\",\"invoke\":2000,\"complete\":32100,\"ok\":true,\"id\":\"r-5\"}\n"
        "{\"process\":\"AKIA1\",\"key\":\"ssm/eu-west-1//c\",\"op\":\"write\","
        "\"invoke\":33000,\"complete\":null,\"ok\":\"unknown\",\"id\":\"r-6\"}"
        "\n");
}

static void every_kind_of_end(void **state)
{
    static const char *const lines[] = {
        /* a group is the process; a list of resources is several operations */
        "00.000 call-received run:r id:1 group:job " DELS
        "resource:[\"/a\",\"/b\"]",
        "00.010 call-answered run:r id:1 " DELS
        "resource:[\"/a\"] status=200 value=null",
        "00.020 settle-finished id:1 " DONE,
        "00.030 answer-given run:r id:1 status=200",
        /* AWS refused it */
        "00.100 call-received run:r id:2 " DELS "resource:[\"/a\",\"/b\"]",
        "00.110 call-answered run:r id:2 " DELS "status=400 code:Denied",
        "00.111 answer-given run:r id:2 status=400",
        /* it failed over there, who knows after what */
        "00.200 call-received run:r id:3 " DELS "resource:[\"/a\"]",
        "00.210 call-answered run:r id:3 " DELS "status=500",
        /* settled itself refused it */
        "00.300 call-received run:r id:4 " DELS "resource:[\"/a\"]",
        "00.310 call-refused run:r id:4 status=503",
        /* the log ends */
        "00.400 call-received run:r id:5 " DELS "resource:[\"/a\"]",
        /* the client left; AWS had answered */
        "00.500 call-received run:r id:6 " PUTS "resource:/a",
        "00.510 call-answered run:r id:6 " PUTS "status=200 value=1",
        "00.520 client-gone run:r id:6 " PUTS,
        "00.530 settle-finished id:6 " DONE,
        /* reads: nothing there, not known what, failed */
        "00.610 client-read run:r id:7 " GETS
        "resource:/a value=null status=400 code:ParameterNotFound took_ms=5",
        "00.620 client-read run:r id:8 " GETS "resource:/a status=200",
        "00.630 client-read run:r id:9 " GETS "resource:/a status=400",
        "00.640 client-read run:r id:10 " GETS
        "resource:/a_(tags) value:~00ff status=200",
    };
    struct report *report = report_new(STR_NONE);
    struct buf text = {0};
    (void)state;
    ADD_LOG(report, lines);
    report_write_history(report, &text);
    report_free(report);
    assert_written(
        &text,
        "{\"process\":\"job\",\"key\":\"ssm/eu//a\",\"op\":\"delete\",\"invok"
        "e\":0,\"complete\":30,\"value\":null,\"ok\":true,\"id\":\"1\"}\n"
        "{\"process\":\"A\",\"key\":\"ssm/eu//a\",\"op\":\"delete\",\"invoke"
        "\":100,\"complete\":111,\"value\":null,\"ok\":false,\"id\":\"2\"}\n"
        "{\"process\":\"A\",\"key\":\"ssm/eu//b\",\"op\":\"delete\",\"invoke"
        "\":100,\"complete\":111,\"value\":null,\"ok\":false,\"id\":\"2\"}\n"
        "{\"process\":\"A\",\"key\":\"ssm/eu//a\",\"op\":\"delete\",\"invoke"
        "\":200,\"complete\":null,\"value\":null,\"ok\":\"unknown\",\"id\":\""
        "3\"}\n"
        "{\"process\":\"A\",\"key\":\"ssm/eu//a\",\"op\":\"delete\",\"invoke"
        "\":300,\"complete\":300,\"value\":null,\"ok\":false,\"id\":\"4\"}\n"
        "{\"process\":\"A\",\"key\":\"ssm/eu//a\",\"op\":\"delete\",\"invoke"
        "\":400,\"complete\":null,\"value\":null,\"ok\":\"unknown\",\"id\":\""
        "5\"}\n"
        "{\"process\":\"A\",\"key\":\"ssm/eu//a\",\"op\":\"write\",\"invoke\""
        ":500,\"complete\":530,\"value\":1,\"ok\":true,\"id\":\"6\"}\n"
        "{\"process\":\"A\",\"key\":\"ssm/eu//a\",\"op\":\"read\",\"invoke\":"
        "605,\"complete\":610,\"value\":null,\"ok\":true,\"id\":\"7\"}\n"
        "{\"process\":\"A\",\"key\":\"ssm/eu//a\",\"op\":\"read\",\"invoke\":"
        "620,\"complete\":620,\"ok\":true,\"id\":\"8\"}\n"
        "{\"process\":\"A\",\"key\":\"ssm/eu//a\",\"op\":\"read\",\"invoke\":"
        "630,\"complete\":630,\"ok\":false,\"id\":\"9\"}\n"
        "{\"process\":\"A\",\"key\":\"ssm/eu//a (tags)\",\"op\":\"read\",\"in"
        "voke\":640,\"complete\":640,\"value\":\"~00ff\",\"ok\":true,\"id\":"
        "\"10\"}\n");
}

static uint64_t violations_of(const char *const *lines, size_t count)
{
    struct report *report = report_new(STR_NONE);
    add_log(report, lines, count);
    uint64_t violations = report_counts(report).violations;
    report_free(report);
    return violations;
}

/* A delete whose value the log does not tell may be one of something else. */
static void a_delete_of_who_knows_what_blames_nobody(void **state)
{
    const char *lines[] = {
        "00.000 call-received run:r id:1 " PUTS "resource:/a",
        "00.010 call-answered run:r id:1 " PUTS "status=200 value=1",
        "00.020 settle-finished id:1 " DONE,
        "00.030 answer-given run:r id:1",
        "00.100 call-received run:r id:2 " DELS "resource:/a",
        "00.110 call-answered run:r id:2 " DELS "status=200",
        "00.120 settle-finished id:2 " DONE,
        "00.130 answer-given run:r id:2",
        "00.210 client-read run:r id:3 " GETS
        "resource:/a value=1 status=200 took_ms=5",
    };
    const size_t count = sizeof(lines) / sizeof(lines[0]);
    (void)state;
    assert_int_equal(violations_of(lines, count), 0);
    lines[5] = "00.110 call-answered run:r id:2 " DELS "status=200 value=null";
    assert_int_equal(violations_of(lines, count), 1);
    lines[8] = "00.210 client-read run:r id:3 " GETS
               "resource:/a value=null status=400 took_ms=5";
    assert_int_equal(violations_of(lines, count), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_story_as_operations),
        cmocka_unit_test(every_kind_of_end),
        cmocka_unit_test(a_delete_of_who_knows_what_blames_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
