/* SPDX-License-Identifier: Apache-2.0 */
/* Which recorded call a client's call repeats. Start at main(). */
#include "scene.h"

#define PUT    "ssm:PutParameter"
#define GET    "ssm:GetParameter"
#define SECRET "secretsmanager:GetSecretValue"

static void calls_are_answered_in_recorded_order(void **state)
{
    struct scene *scene = *state;
    static const struct line lines[] = {
        {RECORDING_CALL, "x1", 0, 30, GET, "{\"Name\":\"/a\"}", 400,
         "{\"__type\":\"ParameterNotFound\"}", .outcome = HTTP_PENDING},
        {RECORDING_CALL, "x2", 50, 40, GET, "{\"Name\":\"/a\"}", 200,
         "{\"n\":2}", .outcome = HTTP_PENDING},
        {RECORDING_CALL, "x3", 90, 5, GET, "{\"Name\":\"/b\"}", 200,
         "{\"n\":3}", .outcome = HTTP_PENDING},
    };
    record_all(scene, lines, COUNT(lines));
    open_replay(scene);
    assert_text(replay_region(scene->replay), "eu-west-1");
    struct heard first = call(scene, "y1", GET, "{\"Name\":\"/a\"}");
    assert_int_equal(first.status, 400);
    assert_int_equal(first.took_ms, 30);
    assert_answer(call(scene, "y2", GET, "{\"Name\": \"/b\"}"), "{\"n\":3}");
    assert_false(replay_is_good(scene->replay));
    struct heard last = call(scene, "y3", GET, "{\"Name\":\"/a\"}");
    assert_answer(last, "{\"n\":2}");
    assert_text(last.length, "7");
    /* None was recorded: made from when it was sent. */
    assert_text(last.date, "Tue, 14 Nov 2023 22:13:20 GMT");
    assert_true(replay_is_good(scene->replay));
    assert_text(verdict(scene),
                arena_printf(scene->arena,
                             "settled: replayed 3 of 3 calls of %s\n",
                             scene->path.ptr)
                    .ptr);
}

static void a_recorded_date_stays(void **state)
{
    struct scene *scene = *state;
    record(scene, &(struct line){.kind = RECORDING_CALL,
                                 .exchange = "x1",
                                 .operation = GET,
                                 .input = "{\"Name\":\"/a\"}",
                                 .output = "{}",
                                 .date = "Sun, 30 Aug 2015 12:36:00 GMT"});
    open_replay(scene);
    assert_text(call(scene, "y1", GET, "{\"Name\":\"/a\"}").date,
                "Sun, 30 Aug 2015 12:36:00 GMT");
}

/* Order of members, spelling of numbers and the client's own tokens are no
 * part of what is asked. */
static void what_does_not_matter_is_not_compared(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *operation;
        const char *recorded;
        const char *live;
        bool same;
    } rows[] = {
        {PUT, "{\"Name\":\"/a\",\"Overwrite\":true}",
         "{\"Overwrite\":true,\"Name\":\"/a\"}", true},
        {GET, "{\"Name\":\"/a\",\"N\":10}", "{\"Name\":\"/a\",\"N\":1e1}",
         true},
        {GET, "{\"Name\":\"/a\",\"N\":10}", "{\"Name\":\"/a\",\"N\":\"10\"}",
         false},
        {GET, "{\"Name\":\"/a\"}", "{\"Name\":\"/a\",\"N\":null}", false},
        {GET, "{\"L\":[1,2]}", "{\"L\":[1,2,3]}", false},
        {GET, "{\"L\":[1,2]}", "{\"L\":[2,1]}", false},
        {"secretsmanager:CreateSecret",
         "{\"Name\":\"s\",\"ClientRequestToken\":\"one\"}",
         "{\"Name\":\"s\",\"ClientRequestToken\":\"two\"}", true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        (void)unlink(scene->path.ptr);
        begin_session(scene, "run", "settled", true);
        record(scene, &(struct line){.kind = RECORDING_CALL,
                                     .exchange = "x1",
                                     .operation = rows[i].operation,
                                     .input = rows[i].recorded,
                                     .output = "{}"});
        open_replay(scene);
        struct heard heard = call(scene, "y1", rows[i].operation, rows[i].live);
        if ((heard.outcome == HTTP_ANSWERED) != rows[i].same) {
            fail_msg("row %zu: %.*s", i, STR_ARG(heard.error));
        }
        assert_int_equal(replay_is_good(scene->replay), rows[i].same);
        replay_close(scene->replay);
        scene->replay = NULL;
    }
}

static void a_secret_matches_its_placeholder_and_comes_back(void **state)
{
    struct scene *scene = *state;
    static const struct line lines[] = {
        {RECORDING_CALL, "x1", 0, 1, PUT,
         "{\"Name\":\"/a\",\"Value\":\"hunter2-hunter2\"}", 200,
         "{\"Version\":1}", .outcome = HTTP_PENDING},
        {RECORDING_CALL, "x2", 5, 1, GET, "{\"Name\":\"/a\"}", 200,
         "{\"Parameter\":{\"Value\":\"hunter2-hunter2\"}}",
         .outcome = HTTP_PENDING},
    };
    record_all(scene, lines, COUNT(lines));
    open_replay(scene);
    assert_miss(call(scene, "y0", PUT, "{\"Name\":\"/a\",\"Value\":\"other\"}"),
                "now another");
    assert_answer(call(scene, "y1", PUT,
                       "{\"Name\":\"/a\",\"Value\":\"hunter2-hunter2\"}"),
                  "{\"Version\":1}");
    /* The client, and the rules, compare it with what was written. */
    struct heard heard = call(scene, "y2", GET, "{\"Name\":\"/a\"}");
    assert_answer(heard, "{\"Parameter\":{\"Value\":\"hunter2-hunter2\"}}");
    assert_text(heard.length, "41");
}

static void a_placeholder_that_was_read_may_be_sent_back(void **state)
{
    struct scene *scene = *state;
    static const struct line lines[] = {
        {RECORDING_CALL, "x1", 0, 1, SECRET, "{\"SecretId\":\"s\"}", 200,
         "{\"SecretString\":\"hunter2-hunter2\"}", .outcome = HTTP_PENDING},
        {RECORDING_CALL, "x2", 5, 1, PUT,
         "{\"Name\":\"/a\",\"Value\":\"hunter2-hunter2\"}", 200,
         "{\"Version\":1}", .outcome = HTTP_PENDING},
        {RECORDING_CALL, "x3", 9, 1, GET, "{\"Name\":\"hunter2-hunter2\"}", 200,
         "{}", .outcome = HTTP_PENDING},
    };
    record_all(scene, lines, COUNT(lines));
    open_replay(scene);
    struct heard secret = call(scene, "y1", SECRET, "{\"SecretId\":\"s\"}");
    assert_holds(secret.body, "redacted-");
    struct str value = str_from(secret.body, strlen("{\"SecretString\":\""));
    value = str_first(value, value.len - 2);
    struct str put = arena_printf(
        scene->arena, "{\"Name\":\"/a\",\"Value\":\"%.*s\"}", STR_ARG(value));
    struct str get =
        arena_printf(scene->arena, "{\"Name\":\"%.*s\"}", STR_ARG(value));
    assert_answer(call(scene, "y2", PUT, put.ptr), "{\"Version\":1}");
    assert_answer(call(scene, "y3", GET, get.ptr), "{}");
    assert_true(replay_is_good(scene->replay));
}

/* A text is hidden from when it was first seen as a secret; in another order
 * it is the same text still. */
static void the_order_in_which_secrets_are_seen_does_not_matter(void **state)
{
    struct scene *scene = *state;
    static const struct line lines[] = {
        {RECORDING_CALL, "x1", 0, 1, GET, "{\"Name\":\"hunter2-hunter2\"}", 200,
         "{}", .outcome = HTTP_PENDING},
        {RECORDING_CALL, "x2", 5, 1, PUT,
         "{\"Name\":\"/a\",\"Value\":\"hunter2-hunter2\"}", 200,
         "{\"Version\":1}", .outcome = HTTP_PENDING},
        {RECORDING_CALL, "x3", 9, 1, "ssm:DeleteParameter",
         "{\"Name\":\"hunter2-hunter2\"}", 200, "{}", .outcome = HTTP_PENDING},
    };
    record_all(scene, lines, COUNT(lines));
    open_replay(scene);
    for (int i = 0; i < 2; i++) {
        /* To be held against a secret makes no secret of it. */
        assert_miss(call(scene, "y0", "ssm:DeleteParameter",
                         "{\"Name\":\"/some/name\"}"),
                    ", now \"/some/name\"");
    }
    assert_answer(call(scene, "y1", "ssm:DeleteParameter",
                       "{\"Name\":\"hunter2-hunter2\"}"),
                  "{}");
    assert_answer(call(scene, "y2", PUT,
                       "{\"Name\":\"/a\",\"Value\":\"hunter2-hunter2\"}"),
                  "{\"Version\":1}");
    assert_answer(call(scene, "y3", GET, "{\"Name\":\"hunter2-hunter2\"}"),
                  "{}");
    assert_lacks(verdict(scene), "not asked for");
}

static void account_ids_come_back_as_they_were_sent(void **state)
{
    struct scene *scene = *state;
    static const char input[] =
        "{\"SecretId\":\"arn:aws:secretsmanager:eu-west-1:123456789012:"
        "secret:s\"}";
    static const struct line lines[] = {
        {RECORDING_CALL, "x1", 0, 1, "secretsmanager:DescribeSecret", input,
         200,
         "{\"ARN\":\"arn:aws:secretsmanager:eu-west-1:123456789012:"
         "secret:s\"}",
         .outcome = HTTP_PENDING},
        {RECORDING_CALL, "x2", 0, 1, "secretsmanager:ListSecrets", "{}", 200,
         "{\"ARN\":\"arn:aws:secretsmanager:eu-west-1:123456789012:"
         "secret:s\"}",
         .outcome = HTTP_PENDING},
    };
    record_all(scene, lines, COUNT(lines));
    open_replay(scene);
    assert_holds(call(scene, "y1", "secretsmanager:DescribeSecret", input).body,
                 ":123456789012:");
    assert_lacks(call(scene, "y2", "secretsmanager:ListSecrets", "{}").body,
                 ":123456789012:");
}

static void what_was_lost_is_lost_again(void **state)
{
    struct scene *scene = *state;
    static const enum http_outcome outcomes[] = {HTTP_LOST, HTTP_TIMED_OUT,
                                                 HTTP_REFUSED};
    for (size_t i = 0; i < COUNT(outcomes); i++) {
        record(scene, &(struct line){.kind = RECORDING_CALL,
                                     .exchange = "x1",
                                     .at_ms = (int)i * 100,
                                     .took_ms = 70,
                                     .operation = PUT,
                                     .input = "{\"Name\":\"/a\"}",
                                     .outcome = outcomes[i]});
    }
    open_replay(scene);
    for (size_t i = 0; i < COUNT(outcomes); i++) {
        struct heard heard = call(scene, "y1", PUT, "{\"Name\":\"/a\"}");
        assert_int_equal(heard.outcome, outcomes[i]);
        assert_text(heard.error, "as it was");
        assert_int_equal(heard.took_ms, 70);
    }
    assert_true(replay_is_good(scene->replay));
}

static void an_answer_that_was_too_long_says_so(void **state)
{
    struct scene *scene = *state;
    record(scene, &(struct line){.kind = RECORDING_CALL,
                                 .exchange = "x1",
                                 .operation = GET,
                                 .input = "{\"Name\":\"/a\"}",
                                 .output = "",
                                 .too_long = true});
    open_replay(scene);
    assert_miss(call(scene, "y1", GET, "{\"Name\":\"/a\"}"),
                "--record-limit keeps longer ones");
}

static void a_call_sent_again_gets_what_was_sent_again(void **state)
{
    struct scene *scene = *state;
    static const char secret[] = "{\"Name\":\"s\"}";
    static const struct line lines[] = {
        {RECORDING_CALL, "x1", 0, 10, "secretsmanager:CreateSecret", secret,
         400, "{\"__type\":\"InvalidRequestException\"}",
         .outcome = HTTP_PENDING},
        {RECORDING_CALL, "x2", 1, 10, "secretsmanager:CreateSecret", secret,
         400, "{\"__type\":\"ResourceExistsException\"}",
         .outcome = HTTP_PENDING},
        {RECORDING_RESEND, "x2", 100, 10, "secretsmanager:CreateSecret", secret,
         200, "{\"of\":\"x2\"}", .outcome = HTTP_PENDING},
        {RECORDING_RESEND, "x1", 200, 10, "secretsmanager:CreateSecret", secret,
         200, "{\"of\":\"x1\"}", .outcome = HTTP_PENDING},
    };
    record_all(scene, lines, COUNT(lines));
    open_replay(scene);
    assert_int_equal(
        call(scene, "y1", "secretsmanager:CreateSecret", secret).status, 400);
    assert_answer(ask(scene, HTTP_FOR_CLIENT_AGAIN, "y1",
                      "secretsmanager:CreateSecret", secret),
                  "{\"of\":\"x1\"}");
    assert_int_equal(
        call(scene, "y2", "secretsmanager:CreateSecret", secret).status, 400);
    /* Now the client itself does what settled did. */
    assert_answer(call(scene, "y3", "secretsmanager:CreateSecret", secret),
                  "{\"of\":\"x2\"}");
    assert_true(replay_is_good(scene->replay));
}

static void a_read_may_be_repeated_where_that_is_allowed(void **state)
{
    struct scene *scene = *state;
    static const struct line lines[] = {
        {RECORDING_CALL, "x1", 0, 1, GET, "{\"Name\":\"/a\"}", 200, "{\"n\":1}",
         .outcome = HTTP_PENDING},
        {RECORDING_CALL, "x2", 5, 1, GET, "{\"Name\":\"/a\"}", 200, "{\"n\":2}",
         .outcome = HTTP_PENDING},
        {RECORDING_CALL, "x3", 9, 1, PUT, "{\"Name\":\"/a\"}", 200,
         "{\"Version\":1}", .outcome = HTTP_PENDING},
    };
    record_all(scene, lines, COUNT(lines));
    scene->config.allow_repeats = true;
    open_replay(scene);
    assert_answer(call(scene, "y1", GET, "{\"Name\":\"/a\"}"), "{\"n\":1}");
    assert_answer(call(scene, "y2", GET, "{\"Name\":\"/a\"}"), "{\"n\":2}");
    assert_answer(call(scene, "y3", GET, "{\"Name\":\"/a\"}"), "{\"n\":2}");
    assert_answer(call(scene, "y4", PUT, "{\"Name\":\"/a\"}"),
                  "{\"Version\":1}");
    assert_true(replay_is_good(scene->replay));
    assert_holds(verdict(scene), "repeated: 1 read got the last answer again");
    /* What changes something is not done twice. */
    assert_miss(call(scene, "y5", PUT, "{\"Name\":\"/a\"}"), "once more");
}

static void sessions_follow_each_other(void **state)
{
    struct scene *scene = *state;
    static const char input[] =
        "{\"Name\":\"/a\",\"Value\":\"hunter2-hunter2\"}";
    for (int i = 0; i < 2; i++) {
        begin_session(scene, i == 0 ? "one" : "two", "settled", true);
        record(scene, &(struct line){.kind = RECORDING_CALL,
                                     .exchange = "x1",
                                     .at_ms = i * 10,
                                     .operation = PUT,
                                     .input = input,
                                     .output = i == 0 ? "{\"Version\":1}"
                                                      : "{\"Version\":2}"});
    }
    open_replay(scene);
    assert_answer(call(scene, "y1", PUT, input), "{\"Version\":1}");
    assert_answer(call(scene, "y2", PUT, input), "{\"Version\":2}");
    replay_close(scene->replay);
    scene->config.read.session = STR("two");
    open_replay(scene);
    assert_answer(call(scene, "y1", PUT, input), "{\"Version\":2}");
    assert_true(replay_is_good(scene->replay));
}

static void thousands_are_found_in_any_order(void **state)
{
    struct scene *scene = *state;
    enum { MANY = 2000 };
    for (int i = 0; i < MANY; i++) {
        struct str input =
            arena_printf(scene->arena, "{\"Name\":\"/p/%d\"}", i);
        struct str output = arena_printf(scene->arena, "{\"n\":%d}", i);
        record(scene, &(struct line){.kind = RECORDING_CALL,
                                     .exchange = "x",
                                     .at_ms = i,
                                     .operation = GET,
                                     .input = input.ptr,
                                     .output = output.ptr});
    }
    open_replay(scene);
    for (int i = MANY - 1; i >= 0; i--) {
        struct str input =
            arena_printf(scene->arena, "{\"Name\":\"/p/%d\"}", i);
        struct str output = arena_printf(scene->arena, "{\"n\":%d}", i);
        assert_answer(call(scene, "y", GET, input.ptr), output.ptr);
    }
    assert_true(replay_is_good(scene->replay));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(calls_are_answered_in_recorded_order),
        SCENE_TEST(a_recorded_date_stays),
        SCENE_TEST(what_does_not_matter_is_not_compared),
        SCENE_TEST(a_secret_matches_its_placeholder_and_comes_back),
        SCENE_TEST(a_placeholder_that_was_read_may_be_sent_back),
        SCENE_TEST(the_order_in_which_secrets_are_seen_does_not_matter),
        SCENE_TEST(account_ids_come_back_as_they_were_sent),
        SCENE_TEST(what_was_lost_is_lost_again),
        SCENE_TEST(an_answer_that_was_too_long_says_so),
        SCENE_TEST(a_call_sent_again_gets_what_was_sent_again),
        SCENE_TEST(a_read_may_be_repeated_where_that_is_allowed),
        SCENE_TEST(sessions_follow_each_other),
        SCENE_TEST(thousands_are_found_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
