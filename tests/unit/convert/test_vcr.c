/* SPDX-License-Identifier: Apache-2.0 */
/* Cassettes become recordings, or one hears what is wrong with them and where.
 * Here because people edit cassettes. Start at the samples. */
#include "support/texts.h"

#include "convert/private.h"
#include "given.h"

static void assert_sample(const char *sample, const char *wanted,
                          const char *warned)
{
    struct given g = given_new();
    struct str in = arena_printf(g.arena, SAMPLES "%s", sample);
    given_converts(&g, in.ptr, "out.jsonl");
    assert_string_equal(given_plain(&g, in.ptr, given_outline(&g, "out.jsonl")),
                        wanted);
    const struct diag_item *warning = g.warnings.first;
    for (size_t i = 0; i < g.warnings.count; i++, warning = warning->next) {
        assert_non_null(strstr(warned, warning->message.ptr));
    }
    assert_int_equal(g.counts.left_out, g.warnings.count);
    assert_int_equal(g.counts.sessions, 1);
    given_free(&g);
}

static void a_cassette_in_yaml_becomes_a_recording(void **state)
{
    (void)state;
    assert_sample(
        "ssm.yaml",
        "call S-1 @0+0 ssm PutParameter us-east-1 "
        "{\"Name\":\"/app/color\",\"Value\":\"redacted-*\","
        "\"Type\":\"String\",\"Overwrite\":false} -> 200 answered\n"
        "call S-2 @1000+0 ssm GetParameter us-east-1 "
        "{\"Name\":\"/app/color\",\"WithDecryption\":true} -> 400 answered\n"
        "call S-3 @3000+0 ssm GetParameter us-east-1 "
        "{\"Name\":\"/app/color\",\"WithDecryption\":true} -> 200 answered\n"
        "call S-4 @3000+0 ssm DescribeParameters us-east-1 "
        "{\"ParameterFilters\":[{\"Key\":\"Name\",\"Values\":"
        "[\"/app/color\"]}]} -> 200 answered\n"
        "call S-5 @3000+0 ssm DeleteParameter us-east-1 "
        "{\"Name\":\"/app/color\"} -> 200 answered\n",
        "interactions[0] is left out: 169.254.169.254 hands out credentials; "
        "interactions[4] is left out: example.com is no host of AWS, and "
        "nothing else in the request says that it is a call");
}

static void a_cassette_in_json_becomes_a_recording(void **state)
{
    (void)state;
    assert_sample("queue-and-table.json",
                  "call S-1 @0+0 sqs SendMessage eu-west-1 "
                  "{\"(path)\":\"/0*/jobs\",\"MessageBody\":\"hello there\"} "
                  "-> 200 answered\n"
                  "call S-2 @0+0 dynamodb DescribeTable "
                  "eu-west-1 {\"TableName\":\"jobs\"} -> 200 answered\n",
                  "");
}

static void a_cassette_from_before_1_0_becomes_a_recording(void **state)
{
    (void)state;
    assert_sample("before-1.0.yaml",
                  "call S-1 @0+0 ssm GetParameters eu-central-1 "
                  "{\"Names\":[\"/app/color\"]} -> 200 answered\n",
                  "");
}

static void packed_answers_are_unpacked(void **state)
{
    (void)state;
    struct given g = given_new();
    given_converts(&g, SAMPLES "gzip.yaml", "out.jsonl");
    struct str text = given_text(&g, "out.jsonl");
    assert_true(str_contains(text, STR("unpacked unpacked unpacked")));
    assert_false(str_contains(text, STR("gzip")));
    assert_true(str_contains(text, STR("[\"Content-Length\",\"11\"]")));
    given_free(&g);
}

static void no_secret_comes_through(void **state)
{
    (void)state;
    static const char *const secrets[] = {
        "correct-horse", "wJalrXUtn",    "EXAMPLETOKEN", "AKIAIOSFODNN7",
        "ASIAIOSFODNN7", "123456789012", "fedcba9876",   "0011223344",
    };
    static const char *const outs[] = {"out.jsonl", "out.har"};
    struct given g = given_new();
    for (size_t o = 0; o < 2; o++) {
        given_converts(&g, SAMPLES "secrets.yaml", outs[o]);
        struct str text = given_text(&g, outs[o]);
        for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
            assert_false(str_contains(text, str_of(secrets[i])));
        }
        assert_true(str_contains(text, STR("GetSecretValue")));
    }
    given_free(&g);
}

static void without_redaction_all_of_it_does(void **state)
{
    (void)state;
    struct given g = given_new();
    g.options.redact = false;
    given_converts(&g, SAMPLES "secrets.yaml", "out.jsonl");
    struct str text = given_text(&g, "out.jsonl");
    assert_true(str_contains(text, STR("correct-horse")));
    assert_true(str_contains(text, STR("123456789012")));
    given_free(&g);
}

/* ---- what is wrong ---- */

#define REQUEST                                                                \
    "interactions:\n- request:\n    method: POST\n"                            \
    "    uri: https://ssm.eu-west-1.amazonaws.com/\n"
#define RESPONSE "  response:\n    status: {code: 200}\n"

static void damage_is_told_with_its_place(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"interactions: 5\n",
         "in:1:15: error: the cassette.interactions must be a list\n"},
        {"version: 2\ninteractions: []\n",
         "in:1:10: error: the cassette.version must be a number from 0 to 1\n"},
        {"interactions: [5]\n",
         "in:1:16: error: interactions[0] must be an object with a request and "
         "a response\n"},
        {"interactions:\n- {}\n",
         "in:2:3: error: interactions[0] has no request, which must be an "
         "object\nin:2:3: error: interactions[0] has no response, which must "
         "be an object\n"},
        {REQUEST "  response:\n    status: {code: 'x'}\n",
         "in:6:20: error: interactions[0].response.status.code must be a "
         "number\n"},
        {REQUEST "  response:\n    status: {code: 1000}\n",
         "in:6:20: error: interactions[0].response.status.code must be a "
         "number from 100 to 599\n"},
        {REQUEST "  response:\n    status: 200\n",
         "in:6:13: error: interactions[0].response.status must be an object\n"},
        {REQUEST "  response: {}\n",
         "in:5:13: error: interactions[0].response has no status, which must "
         "be an object\n"},
        {"interactions:\n- request: {uri: nowhere}\n" RESPONSE,
         "in:2:12: error: interactions[0].request has no method, which must be "
         "a text\nin:2:18: error: interactions[0].request.uri must be a URL "
         "with its host\n"},
        {REQUEST "    headers: 5\n" RESPONSE,
         "in:5:14: error: interactions[0].request.headers must be an object of "
         "lists of texts\n"},
        {REQUEST "    headers: {A: {}}\n" RESPONSE,
         "in:5:15: error: interactions[0].request.headers: each must be a text "
         "or a list of texts\n"},
        {REQUEST "    body: {other: x}\n" RESPONSE,
         "in:5:11: error: interactions[0].request.body must be a text, or an "
         "object with a text \"string\" or \"base64_string\"\n"},
        {REQUEST "    body: {base64_string: 'a-b='}\n" RESPONSE,
         "in:5:27: error: interactions[0].request.body.base64_string must be "
         "base64\n"},
        {REQUEST "    headers: {Content-Encoding: gzip}\n"
                 "    body: !!binary H4sIAAAA\n" RESPONSE,
         "in:6:11: error: interactions[0].request.body is damaged: it begins "
         "as gzip does, and cannot be unpacked\n"},
        {REQUEST "    body: !!binary 'a-b='\n" RESPONSE,
         "in:5:11: error: this !!binary holds a character that is no base64\n"},
        {"interactions: []\n",
         "in:1:1: error: there is no call of AWS in this file\n"},
        {"{\"interactions\": [}", "in:1:19: error: expected a value or ']', "
                                  "found '}'\n"},
        {"a: b\n", "in:1:1: error: this is no recording, no HAR (an object "
                   "with log.entries) and no cassette of vcrpy (an object with "
                   "interactions)\n"},
        {"", "in:1:1: error: there is no document\n"},
        {"a: 'b", "in:1:6: error: while scanning a quoted scalar, found "
                  "unexpected end of stream\n"},
    };
    struct given g = given_new();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        given_file(&g, "in", str_of(rows[i][0]));
        assert_false(given_convert(&g, "in", "out.jsonl"));
        assert_false(given_is_there(&g, "out.jsonl"));
        struct buf heads = {0};
        struct str rest = str_of(given_said(&g, &g.errors));
        while (rest.len > 0) {
            struct str line = str_cut(&rest, '\n');
            if (str_starts(line, STR("in:"))) {
                buf_printf(&heads, "%.*s\n", STR_ARG(line));
            }
        }
        buf_add_char(&heads, '\0');
        assert_string_equal(heads.bytes, rows[i][1]);
        buf_free(&heads);
    }
    given_free(&g);
}

static void lines_are_shown_without_their_values(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {REQUEST "    body: {base64_string: hunter2!\xC3\xA4}\n" RESPONSE,
         "      body: {.............: ........\xC2\xB7}\n"
         "                            ^\n"},
        {"interactions:\n- request:\n    body: 'hunter2' hunter3\n",
         "      body: '.......' .......\n"
         "                      ^\n"},
        {"a:\n- |\n hunter2\n - '\n", NULL},
    };
    struct given g = given_new();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        given_file(&g, "in", str_of(rows[i][0]));
        assert_false(given_convert(&g, "in", "out.jsonl"));
        const char *said = given_said(&g, &g.errors);
        assert_null(strstr(said, "hunter"));
        if (rows[i][1] != NULL && strstr(said, rows[i][1]) == NULL) {
            assert_string_equal(said, rows[i][1]);
        }
    }
    given_free(&g);
}

static void twenty_errors_are_enough(void **state)
{
    (void)state;
    struct given g = given_new();
    struct buf text = {0};
    buf_add(&text, STR("interactions:\n"));
    for (int i = 0; i < 100; i++) {
        buf_add(&text, STR("- 5\n"));
    }
    given_file(&g, "in", buf_str(&text));
    assert_false(given_convert(&g, "in", "out.jsonl"));
    assert_int_equal(g.errors.count, 20);
    buf_free(&text);
    given_free(&g);
}

static void many_that_are_left_out_are_counted(void **state)
{
    (void)state;
    struct given g = given_new();
    struct buf text = {0};
    buf_add(&text, STR(REQUEST RESPONSE));
    for (int i = 0; i < 50; i++) {
        buf_add(&text, STR("- request: {method: GET, uri: 'http://x.org/'}\n"
                           "  response: {status: {code: 200}}\n"));
    }
    given_file(&g, "in", buf_str(&text));
    given_converts(&g, "in", "out.jsonl");
    assert_int_equal(g.counts.taken, 1);
    assert_int_equal(g.counts.left_out, 50);
    assert_int_equal(g.warnings.count, 21);
    assert_string_equal(g.warnings.last->message.ptr, "30 more are left out");
    buf_free(&text);
    given_free(&g);
}

/* Rules compare dates with now. */
static void without_any_date_answers_tell_the_time(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {REQUEST "  response: {status: {code: 200}, body: '{\"CreatedDate\": "
                 "1548878400}'}\n",
         "\"at\":\"2019-01-30T20:00:00.000Z\""},
        {REQUEST RESPONSE, "\"at\":\"1970-01-01T00:00:00.000Z\""},
        {REQUEST "    headers: {X-Amz-Date: 20190130T195959Z}\n" RESPONSE,
         "\"at\":\"2019-01-30T19:59:59.000Z\""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct given g = given_new();
        given_file(&g, "in", str_of(rows[i][0]));
        given_converts(&g, "in", "out.jsonl");
        assert_true(
            str_contains(given_text(&g, "out.jsonl"), str_of(rows[i][1])));
        given_free(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cassette_in_yaml_becomes_a_recording),
        cmocka_unit_test(a_cassette_in_json_becomes_a_recording),
        cmocka_unit_test(a_cassette_from_before_1_0_becomes_a_recording),
        cmocka_unit_test(packed_answers_are_unpacked),
        cmocka_unit_test(no_secret_comes_through),
        cmocka_unit_test(without_redaction_all_of_it_does),
        cmocka_unit_test(damage_is_told_with_its_place),
        cmocka_unit_test(lines_are_shown_without_their_values),
        cmocka_unit_test(twenty_errors_are_enough),
        cmocka_unit_test(many_that_are_left_out_are_counted),
        cmocka_unit_test(without_any_date_answers_tell_the_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
