/* SPDX-License-Identifier: Apache-2.0 */
/* The report as data: a whole story, and that any text stays inside JSON. */
#include "logs.h"
#include "report/private.h"

static void a_story_as_data(void **state)
{
    struct report *report = report_new(STR_NONE);
    struct buf text = {0};
    (void)state;
    ADD_LOG(report, story);
    report_write_json(report, &text);
    report_free(report);
    assert_written(
        &text,
        "{\"format\":\"settled report\",\"version\":1,\"from\":\"2026-01-31T12:"
        "00:00.000Z\",\"to\":\"2026-01-31T12:00:33.100Z\",\"lines\":26,\"damage"
        "d\":0,\"runs\":[{\"run\":\"r\",\"from\":0,\"to\":33100}],\"totals\":{"
        "\"calls\":6,\"mutations\":3,\"read_backs\":2,\"joined\":1,\"resent\":0"
        ",\"races\":1,\"regrets\":1,\"client_reads\":3,\"unfinished\":0,\"too_e"
        "arly\":0,\"outcomes\":{\"settled\":1,\"unsettled\":1,\"unknown\":1}},"
        "\"operations\":[{\"service\":\"ssm\",\"operation\":\"PutParameter\",\""
        "count\":3,\"outcomes\":{\"settled\":1,\"unsettled\":1,\"unknown\":1},"
        "\"settle_ms\":{\"median\":448,\"p90\":448,\"p99\":448,\"worst\":448},"
        "\"held_ms\":{\"median\":461,\"p90\":30000,\"p99\":30000,\"worst\":3000"
        "0},\"reads\":{\"median\":2,\"p90\":9,\"p99\":9,\"worst\":9},\"overshoo"
        "t_ms\":{\"median\":32,\"p90\":32,\"p99\":32,\"worst\":32},\"races\":1,"
        "\"regrets\":1,\"joined\":1}],\"mutations\":[{\"id\":\"r-1\",\"run\":0,"
        "\"client\":\"AKIA1\",\"service\":\"ssm\",\"operation\":\"PutParameter"
        "\",\"region\":\"eu-west-1\",\"resource\":\"/app/colour\",\"received\":"
        "10,\"sent\":11,\"answered\":200,\"finished\":661,\"given\":662,\"outco"
        "me\":\"settled\",\"status\":200,\"request_id\":\"q1\",\"visible_ms\":4"
        "48,\"waited_ms\":461,\"joined\":1,\"resent\":0,\"value\":4,\"confirmat"
        "ions\":[{\"name\":\"value\",\"read\":\"GetParameter\",\"outcome\":\"se"
        "ttled\",\"visible_ms\":448,\"waited_ms\":461}],\"reads\":[[260,9,0,\"n"
        "ot-yet\",null,null],[660,12,0,\"holds\",null,null]]},{\"id\":\"r-5\","
        "\"run\":0,\"client\":\"AKIA1\",\"service\":\"ssm\",\"operation\":\"Put"
        "Parameter\",\"region\":\"eu-west-1\",\"resource\":\"/b\\u0001\",\"rece"
        "ived\":2000,\"answered\":2100,\"finished\":32100,\"outcome\":\"unsettl"
        "ed\",\"status\":200,\"waited_ms\":30000,\"joined\":0,\"resent\":0,\"co"
        "nfirmations\":[{\"name\":\"value\",\"outcome\":\"unsettled\",\"waited_"
        "ms\":30000,\"last\":\"ParameterNotFound\"}],\"reads\":[]},{\"id\":\"r-"
        "6\",\"run\":0,\"client\":\"AKIA1\",\"service\":\"ssm\",\"operation\":"
        "\"PutParameter\",\"region\":\"eu-west-1\",\"resource\":\"/c\",\"receiv"
        "ed\":33000,\"finished\":33100,\"outcome\":\"unknown\",\"joined\":0,\"r"
        "esent\":0,\"confirmations\":[],\"reads\":[]}],\"reads\":[{\"id\":\"r-2"
        "\",\"run\":0,\"client\":\"AKIA1\",\"service\":\"ssm\",\"operation\":\""
        "GetParameter\",\"region\":\"eu-west-1\",\"resource\":\"/app/colour\","
        "\"at\":222,\"took\":9,\"value\":3,\"verdict\":\"not-yet\",\"write\":\""
        "r-1\",\"status\":200},{\"id\":\"r-3\",\"run\":0,\"client\":\"AKIA1\","
        "\"service\":\"ssm\",\"operation\":\"GetParameter\",\"region\":\"eu-wes"
        "t-1\",\"resource\":\"/app/colour\",\"at\":1010,\"took\":9,\"value\":4,"
        "\"status\":200},{\"id\":\"r-4\",\"run\":0,\"client\":\"AKIA1\",\"servi"
        "ce\":\"ssm\",\"operation\":\"GetParameter\",\"region\":\"eu-west-1\","
        "\"resource\":\"/app/colour\",\"at\":1110,\"took\":9,\"value\":3,\"stat"
        "us\":200}],\"races\":[{\"read\":\"r-2\",\"write\":\"r-1\",\"run\":0,\""
        "service\":\"ssm\",\"operation\":\"PutParameter\",\"read_operation\":\""
        "GetParameter\",\"resource\":\"/app/colour\",\"at\":661,\"gap_ms\":12,"
        "\"needed_ms\":448,\"verdict\":\"stale\",\"got\":\"version 3\"}],\"regr"
        "ets\":[{\"read\":\"r-4\",\"write\":\"r-1\",\"run\":0,\"service\":\"ssm"
        "\",\"operation\":\"PutParameter\",\"read_operation\":\"GetParameter\","
        "\"resource\":\"/app/colour\",\"at\":1111,\"gap_ms\":449,\"got\":\"vers"
        "ion 3\"}],\"slowest\":[{\"resource\":\"/b\\u0001\",\"service\":\"ssm\""
        ",\"operation\":\"PutParameter\",\"id\":\"r-5\",\"run\":0,\"waited_ms\""
        ":30000,\"outcome\":\"unsettled\"},{\"resource\":\"/app/colour\",\"serv"
        "ice\":\"ssm\",\"operation\":\"PutParameter\",\"id\":\"r-1\",\"run\":0,"
        "\"visible_ms\":448,\"waited_ms\":461,\"outcome\":\"settled\"}],\"guara"
        "ntees\":{\"checked\":true,\"reads\":3,\"writes\":3,\"keys\":3,\"read_y"
        "our_writes\":{\"violations\":1,\"examples\":[{\"process\":\"AKIA1\",\""
        "key\":\"ssm/eu-west-1//app/colour\",\"read\":\"r-4\",\"write\":\"r-1\""
        ",\"at\":1110,\"sentence\":\"GetParameter r-4 at 12:00:01.110 saw 3, th"
        "ough its own PutParameter r-1 had written 4 at 12:00:00.662\"}]},\"mon"
        "otonic_reads\":{\"violations\":1,\"examples\":[{\"process\":\"AKIA1\","
        "\"key\":\"ssm/eu-west-1//app/colour\",\"read\":\"r-4\",\"write\":\"r-1"
        "\",\"earlier\":\"r-3\",\"at\":1110,\"sentence\":\"GetParameter r-4 at "
        "12:00:01.110 saw 3, though GetParameter r-3 at 12:00:01.010 had seen 4"
        "\"}]},\"monotonic_writes\":{\"violations\":0,\"examples\":[]},\"writes"
        "_follow_reads\":{\"violations\":0,\"examples\":[]}}}\n");
}

static const struct json *parse(struct arena *arena, struct buf *text)
{
    const struct json *value =
        good_json(arena, arena_str(arena, buf_str(text)).ptr);
    buf_free(text);
    return value;
}

static void it_may_be_asked_for_again_as_a_log_grows(void **state)
{
    enum { COUNT_ALL = sizeof(story) / sizeof(story[0]) };
    struct arena *arena = arena_new();
    struct report *report = report_new(STR_NONE);
    struct buf text = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_ALL; i++) {
        const struct json *data = NULL;
        add_log(report, &story[i], 1);
        buf_clear(&text);
        report_write_json(report, &text);
        data = parse(arena, &text);
        assert_int_equal((size_t)json_get(data, STR("lines"))->number, i + 1);
        assert_true(json_is(json_get(data, STR("mutations")), JSON_ARRAY));
    }
    report_free(report);
    arena_free(arena);
}

static void hostile_names_stay_inside(void **state)
{
    static const char line[] =
        "{\"time\":\"2026-01-31T12:00:00.000Z\",\"event\":\"settle-finished\","
        "\"id\":\"\\u0000\\\"<script>\\u2028\",\"resource\":\"\\ud83d\\ude00\\"
        "u0007\\\\\",\"outcome\":\"settled\",\"waited_ms\":1e300,"
        "\"visible_ms\":\"5\",\"reads\":-3,\"run\":7}";
    struct arena *arena = arena_new();
    struct report *report = report_new(STR_NONE);
    struct buf text = {0};
    struct str why = STR_NONE;
    (void)state;
    assert_true(report_add(report, str_of(line), arena, &why));
    report_write_json(report, &text);
    const struct json *mutations =
        json_get(parse(arena, &text), STR("mutations"));
    assert_int_equal(mutations->count, 1);
    const struct json *one = mutations->members[0].value;
    assert_true(
        str_eq(json_get_text(one, "resource"), STR("\xf0\x9f\x98\x80\x07\\")));
    assert_null(json_get(one, STR("waited_ms")));
    assert_null(json_get(one, STR("visible_ms")));
    report_write_text(report, &text);
    for (size_t i = 0; i < text.len; i++) {
        assert_true((unsigned char)text.bytes[i] >= 0x20 ||
                    text.bytes[i] == '\n');
    }
    buf_free(&text);
    report_free(report);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_story_as_data),
        cmocka_unit_test(it_may_be_asked_for_again_as_a_log_grows),
        cmocka_unit_test(hostile_names_stay_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
