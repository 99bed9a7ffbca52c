/* SPDX-License-Identifier: Apache-2.0 */
/* HAR in, HAR out, and a recording that comes back whole from being one. Here
 * because both readers and the writer must agree. Start at the round trip. */
#include "support/texts.h"

#include "convert/private.h"
#include "given.h"

/* ---- a recording with one of everything ---- */

static struct recording_interaction call_of(enum recording_kind kind,
                                            const char *exchange, int64_t at_ms,
                                            const struct aws_call *call)
{
    return (struct recording_interaction){
        .kind = kind,
        .exchange = str_of(exchange),
        .access_key = STR("AKIAIOSFODNN7EXAMPLE"),
        .call = call,
        .at_ms = at_ms,
        .took_ms = 20,
        .request = {.method = STR("POST"), .target = STR("/")},
        .outcome = HTTP_ANSWERED,
        .response = {.status = 200},
    };
}

static void write_ssm(struct given *g, struct recording_writer *writer,
                      enum recording_kind kind, const char *exchange,
                      int64_t at_ms, const char *operation, const char *input,
                      const char *output)
{
    struct aws_call call = {.service = STR_NONE};
    struct recording_interaction what = call_of(kind, exchange, at_ms, &call);
    struct str target = arena_printf(g->arena, "AmazonSSM.%s", operation);
    http_headers_add(g->arena, &what.request.headers, STR("X-Amz-Target"),
                     target);
    http_headers_add(g->arena, &what.request.headers, STR("Content-Type"),
                     STR("application/x-amz-json-1.1"));
    what.request.body = str_of(input);
    what.response.body = str_of(output);
    aws_identify(g->registry, g->arena, &what.request, STR("ssm"),
                 STR("eu-west-1"), what.request.body, &call);
    if (output == NULL) {
        what.outcome = HTTP_LOST;
        what.error = STR("the connection was reset");
        what.response = (struct http_response){.status = 0};
    }
    assert_true(recording_write_interaction(writer, &what));
}

/* Bytes both ways, and bodies that were too long. */
static void write_s3(struct given *g, struct recording_writer *writer)
{
    struct aws_call call = {.service = STR_NONE};
    struct recording_interaction what =
        call_of(RECORDING_CALL, "run-3", 900, &call);
    what.request.method = STR("PUT");
    what.request.target = STR("/logs/a%20b?x-id=PutObject&empty");
    what.request.body = str_make("\0\xFF\x01", 3);
    aws_identify(g->registry, g->arena, &what.request, STR("s3"),
                 STR("eu-west-1"), what.request.body, &call);
    assert_true(recording_write_interaction(writer, &what));
    what.request.method = STR("GET");
    what.request.body = STR_NONE;
    what.response.body = str_make("\xFE\0", 2);
    what.at_ms = 950;
    assert_true(recording_write_interaction(writer, &what));
    what.request_left_out = 5000000;
    what.response_left_out = 6000000;
    what.at_ms = 960;
    assert_true(recording_write_interaction(writer, &what));
}

static struct recording_writer *open_session(struct given *g, const char *name,
                                             const char *id, int64_t at_ms)
{
    const struct recording_session_facts facts = {
        .id = str_of(id),
        .at_ms = at_ms,
        .source = "settled",
        .redact = g->options.redact,
        .key_text = g->options.key_text,
        .has_settings = true,
        .settings = {.timeout_ms = 45000, .level = 1, .on_failed = 1},
    };
    struct str why = STR_NONE;
    struct recording_writer *writer = recording_writer_open(
        given_path(g, name), g->registry, &facts, &why, g->arena);
    assert_non_null(writer);
    return writer;
}

static void given_recording(struct given *g, const char *name)
{
    const struct event settled = {
        .kind = EVENT_SETTLED,
        .exchange = STR("run-1"),
        .service = STR("ssm"),
        .operation = STR("PutParameter"),
        .region = STR("eu-west-1"),
        .resource =
            STR("arn:aws:ssm:eu-west-1:123456789012:parameter/app/color"),
        .outcome = OUTCOME_SETTLED,
        .reads = event_number(2),
        .waited_ms = event_number(700),
    };
    const char *put = "{\"Name\":\"/app/color\",\"Value\":\"deep blue\"}";
    const char *get = "{\"Name\": \"/app/color\"}";
    struct recording_writer *w = open_session(g, name, "run", 1548878400000);
    write_ssm(g, w, RECORDING_CALL, "run-1", 10, "PutParameter", put, NULL);
    write_ssm(g, w, RECORDING_RESEND, "run-1", 100, "PutParameter", put,
              "{\"Version\":1}");
    assert_true(recording_write_joined(w, STR("run-1"), 120));
    write_ssm(g, w, RECORDING_READ_BACK, "run-1", 120, "GetParameter", get,
              "{\"__type\":\"ParameterNotFound\"}");
    write_ssm(g, w, RECORDING_READ_BACK, "run-1", 600, "GetParameter", get,
              "{\"Parameter\": {\"Value\": \"deep blue\", \"Version\": 1}}");
    assert_true(recording_write_outcome(w, &settled, 710));
    write_s3(g, w);
    assert_true(recording_writer_close(w));
    w = open_session(g, name, "again", 1548878400500);
    write_ssm(g, w, RECORDING_CALL, "again-1", 0, "DeleteParameter", get, "{}");
    write_ssm(g, w, RECORDING_CALL, "again-2", 0, "ListTagsForResource", "",
              "");
    assert_true(recording_writer_close(w));
}

/* Lines of one session stand together in a recording, as they were written. */
static void assert_same_lines(struct given *g, const char *a, const char *b)
{
    assert_string_equal(given_text(g, a).ptr, given_text(g, b).ptr);
}

static void nothing_is_lost_on_the_way_to_har_and_back(void **state)
{
    (void)state;
    for (int variant = 0; variant < 3; variant++) {
        struct given g = given_new();
        if (variant == 1) {
            g.options.key_text = STR_NONE; /* the key lies in the file */
        }
        g.options.redact = variant != 2;
        given_recording(&g, "a.jsonl");
        given_converts(&g, "a.jsonl", "b.jsonl");
        assert_same_lines(&g, "a.jsonl", "b.jsonl");
        given_converts(&g, "a.jsonl", "c.har");
        assert_int_equal(g.counts.sessions, 2);
        assert_int_equal(g.counts.taken, 9);
        given_converts(&g, "c.har", "d.jsonl");
        assert_string_equal(given_outline(&g, "d.jsonl"),
                            given_outline(&g, "a.jsonl"));
        assert_same_lines(&g, "a.jsonl", "d.jsonl");
        given_converts(&g, "d.jsonl", "e.har");
        assert_same_lines(&g, "c.har", "e.har");
        given_free(&g);
    }
}

/* ---- keys ---- */

static void a_key_of_ones_own_stays_out_of_the_file(void **state)
{
    (void)state;
    struct given g = given_new();
    given_recording(&g, "a.jsonl");
    given_converts(&g, "a.jsonl", "b.har");
    assert_false(str_contains(given_text(&g, "b.har"), g.options.key_text));
    static const char *const ins[] = {"a.jsonl", "b.har"};
    for (size_t i = 0; i < 2; i++) {
        g.options.key_text = STR("another key, long enough");
        assert_false(given_convert(&g, ins[i], "c.jsonl"));
        assert_non_null(strstr(given_said(&g, &g.errors), "is not the key"));
        g.options.key_text = STR_NONE;
        assert_false(given_convert(&g, ins[i], "c.jsonl"));
        assert_non_null(
            strstr(given_said(&g, &g.errors), "set " RECORDING_KEY_VARIABLE));
        assert_false(given_is_there(&g, "c.jsonl"));
    }
    given_free(&g);
}

static void a_key_in_the_file_goes_before_ones_own(void **state)
{
    (void)state;
    struct given g = given_new();
    g.options.key_text = STR_NONE;
    given_recording(&g, "a.jsonl");
    g.options.key_text = STR("another key, long enough");
    given_converts(&g, "a.jsonl", "b.jsonl");
    assert_same_lines(&g, "a.jsonl", "b.jsonl");
    given_converts(&g, "a.jsonl", "c.har");
    given_converts(&g, "c.har", "d.jsonl");
    assert_same_lines(&g, "a.jsonl", "d.jsonl");
    given_free(&g);
}

static void what_was_recorded_with_secrets_can_lose_them(void **state)
{
    (void)state;
    struct given g = given_new();
    g.options.redact = false;
    given_recording(&g, "a.jsonl");
    assert_true(str_contains(given_text(&g, "a.jsonl"), STR("deep blue")));
    g.options.redact = true;
    given_converts(&g, "a.jsonl", "b.jsonl");
    assert_false(str_contains(given_text(&g, "b.jsonl"), STR("deep blue")));
    given_converts(&g, "a.jsonl", "c.har");
    assert_false(str_contains(given_text(&g, "c.har"), STR("deep blue")));
    given_free(&g);
}

/* ---- HAR 1.2 ---- */

/* Members that HAR 1.2 requires, and their types. */
struct rule {
    const char *path; /* from an entry */
    enum json_type type;
};

static const struct rule entry_rules[] = {
    {"startedDateTime", JSON_STRING},
    {"time", JSON_NUMBER},
    {"request", JSON_OBJECT},
    {"request.method", JSON_STRING},
    {"request.url", JSON_STRING},
    {"request.httpVersion", JSON_STRING},
    {"request.cookies", JSON_ARRAY},
    {"request.headers", JSON_ARRAY},
    {"request.queryString", JSON_ARRAY},
    {"request.headersSize", JSON_NUMBER},
    {"request.bodySize", JSON_NUMBER},
    {"response", JSON_OBJECT},
    {"response.status", JSON_NUMBER},
    {"response.statusText", JSON_STRING},
    {"response.httpVersion", JSON_STRING},
    {"response.cookies", JSON_ARRAY},
    {"response.headers", JSON_ARRAY},
    {"response.content", JSON_OBJECT},
    {"response.content.size", JSON_NUMBER},
    {"response.content.mimeType", JSON_STRING},
    {"response.redirectURL", JSON_STRING},
    {"response.headersSize", JSON_NUMBER},
    {"response.bodySize", JSON_NUMBER},
    {"cache", JSON_OBJECT},
    {"timings", JSON_OBJECT},
    {"timings.send", JSON_NUMBER},
    {"timings.wait", JSON_NUMBER},
    {"timings.receive", JSON_NUMBER},
    {"comment", JSON_STRING},
};

static void assert_pairs(const struct json *entry, const char *path)
{
    const struct json *list = json_path(entry, path);
    for (size_t i = 0; i < list->count; i++) {
        const struct json *pair = list->members[i].value;
        assert_non_null(json_get_text(pair, "name").ptr);
        assert_non_null(json_get_text(pair, "value").ptr);
    }
}

static void assert_entry(const struct json *entry)
{
    for (size_t i = 0; i < sizeof(entry_rules) / sizeof(entry_rules[0]); i++) {
        const struct json *value = json_path(entry, entry_rules[i].path);
        if (!json_is(value, entry_rules[i].type)) {
            fail_msg("%s is no %s", entry_rules[i].path,
                     json_type_name(entry_rules[i].type));
        }
    }
    assert_pairs(entry, "request.headers");
    assert_pairs(entry, "request.queryString");
    assert_pairs(entry, "response.headers");
    const struct json *post = json_path(entry, "request.postData");
    if (post != NULL) {
        assert_non_null(json_get_text(post, "mimeType").ptr);
        assert_non_null(json_get_text(post, "text").ptr);
    }
    /* A name of our own begins with an underscore. */
    for (size_t i = 0; i < entry->count; i++) {
        assert_false(str_starts(entry->members[i].key, STR("settled")));
    }
}

static const struct json *read_har(struct given *g, const char *name)
{
    const struct json *root = good_json(g->arena, given_text(g, name).ptr);
    return json_get(root, STR("log"));
}

static void what_is_written_is_har_1_2(void **state)
{
    (void)state;
    static const char *const samples[] = {"ssm.yaml", "secrets.yaml",
                                          "browser.har", "a.jsonl"};
    for (size_t s = 0; s < sizeof(samples) / sizeof(samples[0]); s++) {
        struct given g = given_new();
        given_recording(&g, "a.jsonl");
        struct str in = arena_printf(g.arena, SAMPLES "%s", samples[s]);
        given_converts(&g, s == 3 ? "a.jsonl" : in.ptr, "out.har");
        const struct json *log = read_har(&g, "out.har");
        assert_true(str_eq(json_get_text(log, "version"), STR("1.2")));
        assert_true(
            str_eq(json_text(json_path(log, "creator.name")), STR("settled")));
        assert_non_null(json_text(json_path(log, "creator.version")).ptr);
        const struct json *entries = json_get(log, STR("entries"));
        struct str last = STR("");
        assert_true(json_is(entries, JSON_ARRAY) && entries->count > 0);
        for (size_t i = 0; i < entries->count; i++) {
            const struct json *entry = entries->members[i].value;
            struct str started = json_get_text(entry, "startedDateTime");
            assert_entry(entry);
            assert_true(str_compare(last, started) <= 0);
            last = started;
        }
        given_free(&g);
    }
}

static void bytes_and_what_was_lost_look_right_in_har(void **state)
{
    (void)state;
    struct given g = given_new();
    given_recording(&g, "a.jsonl");
    given_converts(&g, "a.jsonl", "out.har");
    const struct json *entries =
        json_get(read_har(&g, "out.har"), STR("entries"));
    const struct json *lost = entries->members[0].value;
    assert_true(json_path(lost, "response.status")->number == 0);
    assert_true(str_eq(json_text(json_path(lost, "request.url")),
                       STR("https://ssm.eu-west-1.amazonaws.com/")));
    size_t found = 0;
    for (size_t i = 0; i < entries->count; i++) {
        const struct json *entry = entries->members[i].value;
        const struct json *content = json_path(entry, "response.content");
        if (str_eq(json_get_text(content, "encoding"), STR("base64"))) {
            assert_true(str_eq(json_get_text(content, "text"), STR("/gA=")));
            found++;
        }
    }
    assert_int_equal(found, 1);
    given_free(&g);
}

/* ---- HAR of others ---- */

static void a_har_of_a_browser_becomes_a_recording(void **state)
{
    (void)state;
    struct given g = given_new();
    given_converts(&g, SAMPLES "browser.har", "out.jsonl");
    assert_string_equal(
        given_plain(&g, SAMPLES "browser.har", given_outline(&g, "out.jsonl")),
        "call S-1 @0+142 ssm GetParameter eu-west-1 "
        "{\"Name\":\"/app/\xC3\xA4\xE2\x82\xAC\"} -> 200 answered\n"
        "call S-2 @750+5 sqs ListQueues eu-west-1 "
        "{\"QueueNamePrefix\":\"a b&c\"} -> 0 lost\n"
        "call S-3 @1750+88 s3 ListObjectsV2 eu-west-1 "
        "{\"path\":\"/logs-bucket/\",\"query\":{\"list-type\":\"2\","
        "\"prefix\":\"a/b\"}} -> 200 answered\n");
    struct str text = given_text(&g, "out.jsonl");
    assert_false(str_contains(text, STR(":authority")));
    assert_false(str_contains(text, STR("EXAMPLETOKEN")));
    assert_true(str_contains(text, STR("\"left_out\":5000")));
    assert_true(str_contains(text, STR("net::ERR_CONNECTION_RESET")));
    assert_int_equal(g.counts.left_out, 1);
    given_free(&g);
}

#define HAR(entry) "{\"log\":{\"entries\":[" entry "]}}"
#define SENT                                                                   \
    "\"request\":{\"method\":\"GET\",\"url\":\"https://ssm.eu-west-1."         \
    "amazonaws.com/\",\"headers\":[]}"
#define STARTED "\"startedDateTime\":\"2024-01-02T09:00:00Z\",\"time\":1"

static void damage_is_told_with_its_place(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {HAR("5"), "log.entries[0] must be an object"},
        {HAR("{}"), "log.entries[0] has no request, which must be an object"},
        {HAR("{" STARTED "," SENT ",\"response\":{\"status\":\"x\"}}"),
         "log.entries[0].response.status must be a number"},
        {HAR("{" STARTED "," SENT ",\"response\":{\"status\":99}}"),
         "log.entries[0].response.status must be 0 or from 100 to 599"},
        {HAR("{" STARTED "," SENT ",\"response\":{\"status\":200}}"),
         "log.entries[0].response has no headers, which must be a list"},
        {HAR("{\"startedDateTime\":\"today\"," SENT
             ",\"response\":{\"status\":0}}"),
         "log.entries[0].startedDateTime must be a date like "
         "2015-08-30T12:36:00.123Z"},
        {HAR("{" STARTED ",\"request\":{\"method\":\"GET\",\"url\":\"x\","
             "\"headers\":[{}]},\"response\":{\"status\":0}}"),
         "log.entries[0].request.url must be a URL with its host"},
        {HAR("{" STARTED "," SENT ",\"response\":{\"status\":200,\"headers\":"
             "[],\"content\":{\"text\":\"!\",\"encoding\":\"base64\"}}}"),
         "log.entries[0].response.content.text must be base64, as it says"},
        {"{\"log\":{\"entries\":[],\"_settled\":{}}}",
         "log._settled has no sessions, which must be a list"},
        {"{\"log\":{\"entries\":[],\"_settled\":{\"sessions\":[{\"id\":\"a\","
         "\"at\":\"2024-01-02T09:00:00Z\",\"redacted\":true,\"key\":\"x\"}]}}}",
         "log._settled.sessions[0].key must be a key of 32 hexadecimal digits"},
        {"{\"log\":{\"entries\":[{" STARTED "," SENT
         ",\"response\":{\"status\":0}}],\"_settled\":{\"sessions\":[]}}}",
         "log.entries[0] has no _settled, which must be an object"},
        {"{\"log\":{\"entries\":[],\"_settled\":{\"sessions\":[],\"lines\":"
         "[{\"kind\":\"call\",\"session\":\"a\"}]}}}",
         "log._settled.lines[0].kind must be \"joined\" or \"outcome\""},
        {HAR(""), "there is no call of AWS in this file"},
    };
    struct given g = given_new();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        given_file(&g, "in", str_of(rows[i][0]));
        assert_false(given_convert(&g, "in", "out.jsonl"));
        assert_string_equal(g.errors.first->message.ptr, rows[i][1]);
        assert_false(given_is_there(&g, "out.jsonl"));
    }
    given_free(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_on_the_way_to_har_and_back),
        cmocka_unit_test(a_key_of_ones_own_stays_out_of_the_file),
        cmocka_unit_test(a_key_in_the_file_goes_before_ones_own),
        cmocka_unit_test(what_was_recorded_with_secrets_can_lose_them),
        cmocka_unit_test(what_is_written_is_har_1_2),
        cmocka_unit_test(bytes_and_what_was_lost_look_right_in_har),
        cmocka_unit_test(a_har_of_a_browser_becomes_a_recording),
        cmocka_unit_test(damage_is_told_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
