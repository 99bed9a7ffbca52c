/* SPDX-License-Identifier: Apache-2.0 */
/* The recorder passes everything on unchanged and writes down what passed,
 * whatever becomes of it. Start at main(). */
#include "stage.h"

static struct recording_interaction only_one(struct stage *stage,
                                             struct recording *recording)
{
    struct recording_interaction got;
    struct aws_call *call = ARENA_NEW(stage->scene->arena, struct aws_call);
    assert_int_equal(recording->entry_count, 1);
    recording_get(recording, 0, stage->scene->arena, &got, call);
    return got;
}

static void an_answer_is_passed_on_and_written_down(void **state)
{
    struct stage stage;
    stage_begin(&stage, *state);
    stage_fetch(&stage, "{\"Name\":\"/a\"}");
    stage_wait(&stage, 40);
    stage_send(&stage);
    assert_int_equal(stage.network.sends, 1);
    struct http_fetch *sent = stage.network.last;
    assert_ptr_not_equal(sent, &stage.fetch);
    assert_text(sent->request.body, "{\"Name\":\"/a\"}");
    assert_int_equal(sent->request.headers.count,
                     stage.fetch.request.headers.count);
    assert_text(sent->origin, "https://ssm.eu-west-1.amazonaws.com");
    stage_wait(&stage, 25);
    stage_answer(&stage, 400, "{\"__type\":\"ParameterNotFound\"}");
    stage_wait(&stage, 0);
    assert_int_equal(stage.dones, 1);
    assert_int_equal(stage.heads, 0);
    assert_int_equal(stage.fetch.outcome, HTTP_ANSWERED);
    assert_int_equal(stage.fetch.response.status, 400);
    assert_text(stage.fetch.response.body,
                "{\"__type\":\"ParameterNotFound\"}");
    stage_wait(&stage, 1000);
    stage_cancel(&stage);
    stage_cancel(&stage);
    assert_int_equal(stage.network.cancels, 1);
    struct recording *recording = stage_close(&stage);
    struct recording_interaction got = only_one(&stage, recording);
    assert_int_equal(got.at_ms, 40);
    assert_int_equal(got.took_ms, 25);
    assert_int_equal(got.response.status, 400);
    assert_text(got.response.body, "{\"__type\":\"ParameterNotFound\"}");
    assert_int_equal(recording->sessions[0].facts.at_ms, 1700000000000);
    recording_free(recording);
    stage_end(&stage);
}

static void the_purpose_makes_the_kind(void **state)
{
    static const struct {
        enum http_purpose purpose;
        enum recording_kind kind;
    } rows[] = {
        {HTTP_FOR_CLIENT, RECORDING_CALL},
        {HTTP_FOR_CLIENT_AGAIN, RECORDING_RESEND},
        {HTTP_FOR_READ_BACK, RECORDING_READ_BACK},
    };
    enum { COUNT = sizeof(rows) / sizeof(rows[0]) };
    struct stage stage;
    stage_begin(&stage, *state);
    for (size_t i = 0; i < COUNT; i++) {
        stage_fetch(&stage, "{\"Name\":\"/a\"}");
        stage.fetch.purpose = rows[i].purpose;
        stage_send(&stage);
        stage_answer(&stage, 200, "{}");
        stage_wait(&stage, 1);
        stage_cancel(&stage);
    }
    struct recording *recording = stage_close(&stage);
    assert_int_equal(recording->entry_count, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(recording->entries[i].kind, rows[i].kind);
    }
    recording_free(recording);
    stage_end(&stage);
}

static void what_has_no_call_is_not_written(void **state)
{
    struct stage stage;
    stage_begin(&stage, *state);
    stage_fetch(&stage, "{}");
    stage.fetch.call = NULL;
    stage_send(&stage);
    assert_ptr_equal(stage.network.last, &stage.fetch);
    stage_cancel(&stage);
    assert_int_equal(stage.network.cancels, 1);
    struct recording *recording = stage_close(&stage);
    assert_int_equal(recording->entry_count, 0);
    recording_free(recording);
    stage_end(&stage);
}

static void every_way_to_fail_is_written(void **state)
{
    static const enum http_outcome outcomes[] = {
        HTTP_REFUSED,       HTTP_LOST,       HTTP_TIMED_OUT,
        HTTP_UPLOAD_BROKEN, HTTP_UNSIGNABLE,
    };
    enum { COUNT = sizeof(outcomes) / sizeof(outcomes[0]) };
    struct stage stage;
    stage_begin(&stage, *state);
    for (size_t i = 0; i < COUNT; i++) {
        stage_fetch(&stage, "{\"Name\":\"/a\"}");
        stage_send(&stage);
        stage_fail(&stage, outcomes[i], "a sentence");
        stage_wait(&stage, 1);
        assert_int_equal(stage.fetch.outcome, outcomes[i]);
        assert_text(stage.fetch.error, "a sentence");
        stage_cancel(&stage);
    }
    struct recording *recording = stage_close(&stage);
    for (size_t i = 0; i < COUNT; i++) {
        struct recording_interaction got;
        struct aws_call call;
        recording_get(recording, i, stage.scene->arena, &got, &call);
        assert_int_equal(got.outcome, outcomes[i]);
        assert_text(got.error, "a sentence");
    }
    recording_free(recording);
    stage_end(&stage);
}

static void what_is_given_up_is_lost(void **state)
{
    struct stage stage;
    stage_begin(&stage, *state);
    stage_fetch(&stage, "{\"Name\":\"/a\"}");
    stage_send(&stage);
    stage_wait(&stage, 77);
    stage_cancel(&stage);
    stage_wait(&stage, 1000);
    assert_int_equal(stage.dones, 0);
    struct recording *recording = stage_close(&stage);
    struct recording_interaction got = only_one(&stage, recording);
    assert_int_equal(got.outcome, HTTP_LOST);
    assert_text(got.error, "given up by settled");
    assert_int_equal(got.took_ms, 77);
    recording_free(recording);
    stage_end(&stage);
}

/* It has ended below, and nobody above has heard of it when it is given up. */
static void an_answer_that_nobody_awaits_is_written_as_one(void **state)
{
    struct stage stage;
    stage_begin(&stage, *state);
    stage_fetch(&stage, "{\"Name\":\"/a\"}");
    stage_send(&stage);
    stage_answer(&stage, 200, "{}");
    stage_cancel(&stage);
    stage_wait(&stage, 1);
    assert_int_equal(stage.dones, 0);
    struct recording *recording = stage_close(&stage);
    assert_int_equal(only_one(&stage, recording).outcome, HTTP_ANSWERED);
    recording_free(recording);
    stage_end(&stage);
}

/* The engine's timers wake for many reasons. */
static void a_wait_of_the_callers_own_is_left_alone(void **state)
{
    struct stage stage;
    stage_begin(&stage, *state);
    stage_fetch(&stage, "{\"Name\":\"/a\"}");
    stage_send(&stage);
    timer_arm(&stage.timers, &stage.done, 50);
    stage_cancel(&stage);
    stage_wait(&stage, 60);
    assert_int_equal(stage.dones, 1);
    recording_free(stage_close(&stage));
    stage_end(&stage);
}

/* ---- streams ---- */

static size_t pull(struct http_source *source, enum http_read *ret_result)
{
    char bytes[64];
    size_t total = 0;
    size_t got = 0;
    do {
        *ret_result = http_source_read(source, bytes, sizeof(bytes), &got);
        total += *ret_result == HTTP_READ_SOME ? got : 0;
    } while (*ret_result == HTTP_READ_SOME);
    return total;
}

static void begin_stream(struct stage *stage, const char *length)
{
    stage_fetch(stage, "{\"Name\":\"/a\"}");
    stage->fetch.streams = true;
    stage_send(stage);
    stage_answer_head(stage, length);
    stage_wait(stage, 1);
    assert_int_equal(stage->heads, 1);
    assert_true(stage->fetch.head_ready);
    assert_non_null(stage->fetch.download);
}

static void a_streamed_answer_is_copied_as_it_passes(void **state)
{
    struct stage stage;
    enum http_read result;
    stage_begin(&stage, *state);
    begin_stream(&stage, NULL);
    struct timer watcher;
    int woken = 0;
    timer_init(&watcher, stage_count, &woken);
    http_source_watch(stage.fetch.download, &stage.timers, &watcher);
    assert_int_equal(pull(stage.fetch.download, &result), 0);
    assert_int_equal(result, HTTP_READ_WAIT);
    (void)http_pipe_put(&stage.network.pipe, STR("{\"Valu"));
    stage_wait(&stage, 1);
    assert_int_equal(woken, 1);
    assert_int_equal(pull(stage.fetch.download, &result), 6);
    (void)http_pipe_put(&stage.network.pipe, STR("e\":1}"));
    http_pipe_end(&stage.network.pipe);
    timer_wake(&stage.timers, stage.network.last->done);
    stage_wait(&stage, 1);
    assert_int_equal(pull(stage.fetch.download, &result), 5);
    assert_int_equal(result, HTTP_READ_END);
    http_source_watch(stage.fetch.download, &stage.timers, NULL);
    stage_cancel(&stage);
    struct recording *recording = stage_close(&stage);
    struct recording_interaction got = only_one(&stage, recording);
    assert_text(got.response.body, "{\"Value\":1}");
    assert_int_equal(got.outcome, HTTP_ANSWERED);
    recording_free(recording);
    stage_end(&stage);
}

/* A server that knows the length never asks for what comes after it. */
static void an_answer_of_known_length_is_whole_without_its_end(void **state)
{
    struct stage stage;
    enum http_read result;
    stage_begin(&stage, *state);
    begin_stream(&stage, "2");
    (void)http_pipe_put(&stage.network.pipe, STR("{}"));
    assert_int_equal(pull(stage.fetch.download, &result), 2);
    stage_cancel(&stage);
    struct recording *recording = stage_close(&stage);
    struct recording_interaction got = only_one(&stage, recording);
    assert_int_equal(got.outcome, HTTP_ANSWERED);
    assert_text(got.response.body, "{}");
    recording_free(recording);
    stage_end(&stage);
}

static void a_client_that_leaves_midway_makes_a_lost_answer(void **state)
{
    struct stage stage;
    enum http_read result;
    stage_begin(&stage, *state);
    begin_stream(&stage, "10");
    (void)http_pipe_put(&stage.network.pipe, STR("{}"));
    (void)pull(stage.fetch.download, &result);
    stage_cancel(&stage);
    struct recording *recording = stage_close(&stage);
    assert_int_equal(only_one(&stage, recording).outcome, HTTP_LOST);
    recording_free(recording);
    stage_end(&stage);
}

static void a_stream_that_breaks_makes_a_lost_answer(void **state)
{
    struct stage stage;
    enum http_read result;
    stage_begin(&stage, *state);
    begin_stream(&stage, NULL);
    (void)http_pipe_put(&stage.network.pipe, STR("half"));
    http_pipe_break(&stage.network.pipe, NULL);
    (void)pull(stage.fetch.download, &result);
    assert_int_equal(result, HTTP_READ_BROKEN);
    stage_cancel(&stage);
    struct recording *recording = stage_close(&stage);
    struct recording_interaction got = only_one(&stage, recording);
    assert_int_equal(got.outcome, HTTP_LOST);
    assert_text(got.error, "the answer broke off");
    recording_free(recording);
    stage_end(&stage);
}

static void a_long_stream_leaves_its_length(void **state)
{
    struct stage stage;
    enum http_read result;
    stage_begin(&stage, *state);
    begin_stream(&stage, NULL);
    for (int i = 0; i < 11; i++) {
        (void)http_pipe_put(&stage.network.pipe, STR("ten bytes."));
    }
    http_pipe_end(&stage.network.pipe);
    assert_int_equal(pull(stage.fetch.download, &result), 110);
    stage_cancel(&stage);
    struct recording *recording = stage_close(&stage);
    assert_int_equal(only_one(&stage, recording).response_left_out, 110);
    recording_free(recording);
    stage_end(&stage);
}

static void an_upload_is_copied_as_it_passes(void **state)
{
    struct stage stage;
    struct http_pipe pipe;
    enum http_read result;
    stage_begin(&stage, *state);
    stage_fetch(&stage, "");
    http_pipe_init(&pipe, 1000);
    (void)http_pipe_put(&pipe, STR("{\"Name\":\"/up\"}"));
    http_pipe_end(&pipe);
    stage.fetch.upload = &pipe.source;
    stage.fetch.upload_length = 14;
    stage_send(&stage);
    assert_int_equal(stage.network.last->upload_length, 14);
    assert_int_equal(pull(stage.network.last->upload, &result), 14);
    assert_int_equal(result, HTTP_READ_END);
    stage_answer(&stage, 200, "{}");
    stage_wait(&stage, 1);
    stage_cancel(&stage);
    http_pipe_free(&pipe);
    struct recording *recording = stage_close(&stage);
    struct recording_interaction got = only_one(&stage, recording);
    assert_text(got.request.body, "{\"Name\":\"/up\"}");
    assert_int_equal(got.request_left_out, 0);
    recording_free(recording);
    stage_end(&stage);
}

static void the_fault_of_a_broken_upload_is_passed_on(void **state)
{
    static const struct http_fault fault = {400, "Bad", "bad"};
    struct stage stage;
    struct http_pipe pipe;
    enum http_read result;
    stage_begin(&stage, *state);
    stage_fetch(&stage, "");
    http_pipe_init(&pipe, 1000);
    (void)http_pipe_put(&pipe, STR("half"));
    http_pipe_break(&pipe, &fault);
    stage.fetch.upload = &pipe.source;
    stage_send(&stage);
    (void)pull(stage.network.last->upload, &result);
    assert_int_equal(result, HTTP_READ_BROKEN);
    assert_ptr_equal(stage.network.last->upload->fault, &fault);
    stage_fail(&stage, HTTP_UPLOAD_BROKEN, "it broke");
    stage_wait(&stage, 1);
    assert_ptr_equal(stage.fetch.upload->fault, &fault);
    stage_cancel(&stage);
    http_pipe_free(&pipe);
    struct recording *recording = stage_close(&stage);
    struct recording_interaction got = only_one(&stage, recording);
    assert_int_equal(got.outcome, HTTP_UPLOAD_BROKEN);
    assert_true(got.request_left_out > 0);
    recording_free(recording);
    stage_end(&stage);
}

static void a_long_buffered_body_leaves_its_length(void **state)
{
    struct stage stage;
    char body[200];
    stage_begin(&stage, *state);
    memset(body, 'x', sizeof(body) - 1);
    body[sizeof(body) - 1] = '\0';
    stage_fetch(&stage, body);
    stage_send(&stage);
    stage_answer(&stage, 200, body);
    stage_wait(&stage, 1);
    assert_int_equal(stage.fetch.response.body.len, sizeof(body) - 1);
    stage_cancel(&stage);
    struct recording *recording = stage_close(&stage);
    struct recording_interaction got = only_one(&stage, recording);
    assert_int_equal(got.request_left_out, sizeof(body) - 1);
    assert_int_equal(got.response_left_out, sizeof(body) - 1);
    recording_free(recording);
    stage_end(&stage);
}

/* ---- events, and the end ---- */

static void joins_and_outcomes_are_heard(void **state)
{
    struct stage stage;
    stage_begin(&stage, *state);
    struct event_sink *sink = recording_recorder_sink(stage.recorder);
    const struct event events[] = {
        {.kind = EVENT_CALL_RECEIVED, .exchange = STR("x1")},
        {.kind = EVENT_CALL_JOINED, .exchange = STR("x1")},
        {.kind = EVENT_CALL_REFUSED, .exchange = STR("x2")},
        {.kind = EVENT_CALL_REFUSED,
         .exchange = STR("x3"),
         .outcome = OUTCOME_UNKNOWN},
        {.kind = EVENT_SETTLED,
         .exchange = STR("x1"),
         .outcome = OUTCOME_SETTLED},
    };
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        stage_wait(&stage, 10);
        sink->hear(sink, &events[i]);
    }
    struct recording *recording = stage_close(&stage);
    assert_int_equal(recording->entry_count, 3);
    assert_int_equal(recording->entries[0].kind, RECORDING_JOINED);
    assert_int_equal(recording->entries[0].at_ms, 20);
    assert_int_equal(recording->entries[1].outcome, OUTCOME_UNKNOWN);
    assert_int_equal(recording->entries[2].outcome, OUTCOME_SETTLED);
    recording_free(recording);
    stage_end(&stage);
}

static void a_file_that_fails_is_told_once(void **state)
{
    struct stage stage;
    stage_begin(&stage, *state);
    struct recording_writer *writer = recording_recorder_writer(stage.recorder);
    file_close(writer->fd);
    writer->fd = -1;
    for (int i = 0; i < 3; i++) {
        stage_fetch(&stage, "{\"Name\":\"/a\"}");
        stage_send(&stage);
        stage_answer(&stage, 200, "{}");
        stage_wait(&stage, 1);
        assert_int_equal(stage.dones, i + 1);
        stage_cancel(&stage);
    }
    assert_int_equal(stage.failures, 1);
    assert_false(recording_recorder_close(stage.recorder));
    stage_end(&stage);
}

static void what_cannot_be_opened_is_told(void **state)
{
    struct scene *scene = *state;
    struct stage stage;
    struct str why = STR_NONE;
    stage_begin(&stage, scene);
    assert_true(recording_recorder_close(stage.recorder));
    scene_put(scene, STR("not a recording\n"));
    assert_false(stage_open(&stage, &why));
    assert_holds(why, "is no recording");
    stage_end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(an_answer_is_passed_on_and_written_down),
        SCENE_TEST(the_purpose_makes_the_kind),
        SCENE_TEST(what_has_no_call_is_not_written),
        SCENE_TEST(every_way_to_fail_is_written),
        SCENE_TEST(what_is_given_up_is_lost),
        SCENE_TEST(an_answer_that_nobody_awaits_is_written_as_one),
        SCENE_TEST(a_wait_of_the_callers_own_is_left_alone),
        SCENE_TEST(a_streamed_answer_is_copied_as_it_passes),
        SCENE_TEST(an_answer_of_known_length_is_whole_without_its_end),
        SCENE_TEST(a_client_that_leaves_midway_makes_a_lost_answer),
        SCENE_TEST(a_stream_that_breaks_makes_a_lost_answer),
        SCENE_TEST(a_long_stream_leaves_its_length),
        SCENE_TEST(an_upload_is_copied_as_it_passes),
        SCENE_TEST(the_fault_of_a_broken_upload_is_passed_on),
        SCENE_TEST(a_long_buffered_body_leaves_its_length),
        SCENE_TEST(joins_and_outcomes_are_heard),
        SCENE_TEST(a_file_that_fails_is_told_once),
        SCENE_TEST(what_cannot_be_opened_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
