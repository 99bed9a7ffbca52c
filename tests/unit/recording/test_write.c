/* SPDX-License-Identifier: Apache-2.0 */
/* What goes into a file comes back from it, byte for byte, but for secrets.
 * Start at main(). */
#include "scene.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static struct recording *write_one(struct scene *scene,
                                   const struct recording_interaction *what)
{
    struct recording_session_facts facts = scene_facts();
    struct recording_writer *writer = scene_writer(scene, &facts);
    assert_true(recording_write_interaction(writer, what));
    assert_true(recording_writer_close(writer));
    return scene_load(scene);
}

static void a_call_comes_back(void **state)
{
    struct scene *scene = *state;
    struct recording_interaction what =
        scene_json(scene, "ssm", "AmazonSSM.PutParameter",
                   "{\"Name\": \"/app/db\", \"Value\": \"hunter2hunter2\"}",
                   "{\"Version\":1,\"Tier\":\"Standard\"}");
    what.at_ms = 12;
    what.took_ms = 34;
    struct recording *recording = write_one(scene, &what);
    assert_lacks(scene_text(scene), "hunter2");
    assert_int_equal(recording->entry_count, 1);
    const struct recording_entry *entry = &recording->entries[0];
    assert_int_equal(entry->kind, RECORDING_CALL);
    assert_text(entry->service, "ssm");
    assert_text(entry->operation, "PutParameter");
    assert_text(entry->region, "eu-west-1");
    assert_text(entry->exchange, "x1");
    assert_holds(entry->access_key, "REDACTED");
    assert_int_equal(entry->at_ms, 12);
    assert_int_equal(entry->took_ms, 34);
    assert_int_equal(entry->status, 200);
    assert_text(json_get_text(entry->input, "Name"), "/app/db");
    assert_true(recording_placeholder_is(json_get_text(entry->input, "Value")));
    struct recording_interaction got;
    struct aws_call call;
    recording_get(recording, 0, scene->arena, &got, &call);
    assert_text(got.request.method, "POST");
    assert_text(got.request.target, "/");
    assert_text(http_headers_get(&got.request.headers, "x-amz-target"),
                "AmazonSSM.PutParameter");
    /* Blanks stay where the client put them. */
    assert_holds(got.request.body, "{\"Name\": \"/app/db\", \"Value\": \"red");
    assert_text(got.response.body, "{\"Version\":1,\"Tier\":\"Standard\"}");
    assert_int_equal(got.outcome, HTTP_ANSWERED);
    assert_int_equal(call.protocol, AWS_JSON_1_1);
    recording_free(recording);
}

/* Body by body: what is compact is written once, and all come back. */
static void every_body_comes_back_byte_for_byte(void **state)
{
    struct scene *scene = *state;
    static const char *const bodies[] = {
        "",
        "{}",
        "null",
        "[]",
        "{\"a\":1}",
        "{\"a\": 1}",
        " {\"a\":1}\n",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1.0e2,\"b\":12345678901234567890}",
        "{\"a\":\"\\u00e9\\ud83d\\ude00\",\"b\":\"\\/\"}",
        "{\"a\":\"\\ud800\"}",
        "{\"ClientToken\":\"x\",\"Name\":\"n\"}",
        "\xc3\xa9 plain text",
        "\xff\xfe bytes",
        "<a>text</a>",
        "caf\xe9",
    };
    struct recording_session_facts facts = scene_facts();
    struct recording_writer *writer = scene_writer(scene, &facts);
    size_t count = sizeof(bodies) / sizeof(bodies[0]);
    for (size_t i = 0; i < count; i++) {
        struct recording_interaction what = scene_json(
            scene, "lambda", "AWSLambda.Nothing", bodies[i], bodies[i]);
        struct aws_call call = *what.call;
        call.protocol = i % 2 == 0 ? AWS_REST_JSON : AWS_REST_XML;
        what.call = &call;
        what.request.headers = (struct http_headers){0};
        what.response.headers = (struct http_headers){0};
        assert_true(recording_write_interaction(writer, &what));
    }
    assert_true(recording_writer_close(writer));
    struct recording *recording = scene_load(scene);
    assert_int_equal(recording->entry_count, count);
    for (size_t i = 0; i < count; i++) {
        struct recording_interaction got;
        struct aws_call call;
        recording_get(recording, i, scene->arena, &got, &call);
        assert_text(got.request.body, bodies[i]);
        assert_text(got.response.body, bodies[i]);
        assert_int_equal(got.request_left_out, 0);
        assert_int_equal(got.response_left_out, 0);
    }
    recording_free(recording);
}

static void a_compact_body_is_written_once(void **state)
{
    struct scene *scene = *state;
    struct recording_interaction what =
        scene_json(scene, "ssm", "AmazonSSM.GetParameter",
                   "{\"Name\":\"/compact\"}", "{\"Found\":\"compact\"}");
    struct recording *recording = write_one(scene, &what);
    struct str text = scene_text(scene);
    assert_lacks(text, "\"body\"");
    struct recording_interaction got;
    struct aws_call call;
    recording_get(recording, 0, scene->arena, &got, &call);
    assert_text(got.request.body, "{\"Name\":\"/compact\"}");
    assert_text(got.response.body, "{\"Found\":\"compact\"}");
    recording_free(recording);
}

static void what_was_not_answered_says_how_it_ended(void **state)
{
    struct scene *scene = *state;
    struct recording_interaction what = scene_json(
        scene, "ssm", "AmazonSSM.GetParameter", "{\"Name\":\"/x\"}", "");
    what.outcome = HTTP_TIMED_OUT;
    what.error = STR("no answer came in time from https://ssm");
    struct recording *recording = write_one(scene, &what);
    struct recording_interaction got;
    struct aws_call call;
    recording_get(recording, 0, scene->arena, &got, &call);
    assert_int_equal(got.outcome, HTTP_TIMED_OUT);
    assert_text(got.error, "no answer came in time from https://ssm");
    assert_int_equal(recording->entries[0].status, 0);
    recording_free(recording);
}

static void a_body_that_is_too_long_leaves_its_length(void **state)
{
    struct scene *scene = *state;
    struct recording_interaction what = scene_json(
        scene, "ssm", "AmazonSSM.GetParameter", "{\"Name\":\"/x\"}", "{}");
    what.request_left_out = 5000000000;
    what.response_left_out = 7;
    what.response.body = STR_NONE;
    struct recording *recording = write_one(scene, &what);
    struct recording_interaction got;
    struct aws_call call;
    recording_get(recording, 0, scene->arena, &got, &call);
    assert_true(got.request_left_out == 5000000000);
    assert_int_equal(got.response_left_out, 7);
    assert_int_equal(got.request.body.len, 0);
    assert_null(recording->entries[0].input);
    recording_free(recording);
}

static void joins_and_outcomes_come_back(void **state)
{
    struct scene *scene = *state;
    struct recording_session_facts facts = scene_facts();
    struct recording_writer *writer = scene_writer(scene, &facts);
    struct event event = {
        .kind = EVENT_SETTLED,
        .exchange = STR("x7"),
        .service = STR("ssm"),
        .operation = STR("PutParameter"),
        .resource = STR("/app/db"),
        .outcome = OUTCOME_UNSETTLED,
        .reads = event_number(23),
        .waited_ms = event_number(45000),
    };
    assert_true(recording_write_joined(writer, STR("x7"), 5));
    assert_true(recording_write_outcome(writer, &event, 45001));
    assert_true(recording_writer_close(writer));
    struct recording *recording = scene_load(scene);
    assert_int_equal(recording->entry_count, 2);
    assert_int_equal(recording->entries[0].kind, RECORDING_JOINED);
    const struct recording_entry *entry = &recording->entries[1];
    assert_int_equal(entry->kind, RECORDING_OUTCOME);
    assert_int_equal(entry->outcome, OUTCOME_UNSETTLED);
    assert_int_equal(entry->reads, 23);
    assert_int_equal(entry->waited_ms, 45000);
    assert_text(entry->resource, "/app/db");
    assert_text(entry->exchange, "x7");
    recording_free(recording);
}

/* In a child: the limit holds for a whole process. */
static void a_full_disk_is_told_for_ever(void **state)
{
    struct scene *scene = *state;
    struct recording_session_facts facts = scene_facts();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit limit = {2000, 2000};
        (void)signal(SIGXFSZ, SIG_IGN);
        struct recording_writer *writer = scene_writer(scene, &facts);
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0) {
            _exit(9);
        }
        int good = 0;
        for (int i = 0; i < 100; i++) {
            good += recording_write_joined(writer, STR("x1"), i) ? 1 : 0;
        }
        bool late = recording_write_joined(writer, STR("x1"), 1);
        bool closed = recording_writer_close(writer);
        _exit(good > 2 && good < 100 && !late && !closed ? 0 : 1);
    }
    int status = 0;
    assert_true(waitpid(child, &status, 0) == child);
    assert_int_equal(status, 0);
    /* The half line at the end is told, and all before it can be read. */
    const struct recording_read_options options = {.session = STR_NONE};
    struct diag errors;
    struct diag warnings;
    diag_init(&errors, scene->arena);
    diag_init(&warnings, scene->arena);
    struct recording *recording =
        recording_load(scene->path, &options, &errors, &warnings);
    assert_non_null(recording);
    assert_true(recording->entry_count > 2);
    assert_int_equal(warnings.count, 2);
    assert_holds(diag_text(scene->arena, &warnings), "cut short");
    recording_free(recording);
}

static void a_device_that_is_full_is_told_at_once(void **state)
{
    struct scene *scene = *state;
    struct recording_session_facts facts = scene_facts();
    struct str why = STR_NONE;
    assert_null(recording_writer_open(STR("/dev/full"), scene->registry, &facts,
                                      &why, scene->arena));
    assert_text(why, "/dev/full cannot be written to");
}

/* Each line is one write(), so that lines of processes never mix. */
static void several_may_write_at_once(void **state)
{
    struct scene *scene = *state;
    struct recording_session_facts facts = scene_facts();
    enum { WRITERS = 3, LINES = 40 };
    struct recording_writer *writers[WRITERS];
    for (size_t i = 0; i < WRITERS; i++) {
        writers[i] = scene_writer(scene, &facts);
    }
    struct recording_interaction what =
        scene_json(scene, "ssm", "AmazonSSM.GetParameter", "{\"Name\":\"/x\"}",
                   "{\"Parameter\":{\"Value\":\"hunter2hunter2\"}}");
    for (int i = 0; i < LINES; i++) {
        what.at_ms = i;
        for (size_t j = 0; j < WRITERS; j++) {
            assert_true(recording_write_interaction(writers[j], &what));
        }
    }
    for (size_t i = 0; i < WRITERS; i++) {
        assert_true(recording_writer_close(writers[i]));
    }
    struct recording *recording = scene_load(scene);
    assert_int_equal(recording->session_count, WRITERS);
    assert_int_equal(recording->entry_count, WRITERS * LINES);
    /* One key for all: the same secret has the same placeholder. */
    struct str first = STR_NONE;
    for (size_t i = 0; i < recording->entry_count; i++) {
        struct recording_interaction got;
        struct aws_call call;
        recording_get(recording, i, scene->arena, &got, &call);
        first = first.ptr == NULL ? got.response.body : first;
        assert_true(str_eq(got.response.body, first));
    }
    recording_free(recording);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(a_call_comes_back),
        SCENE_TEST(every_body_comes_back_byte_for_byte),
        SCENE_TEST(a_compact_body_is_written_once),
        SCENE_TEST(what_was_not_answered_says_how_it_ended),
        SCENE_TEST(a_body_that_is_too_long_leaves_its_length),
        SCENE_TEST(joins_and_outcomes_come_back),
        SCENE_TEST(a_full_disk_is_told_for_ever),
        SCENE_TEST(a_device_that_is_full_is_told_at_once),
        SCENE_TEST(several_may_write_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
