/* SPDX-License-Identifier: Apache-2.0 */
/* Which recorded read answers a read-back, and when. Start at main(). */
#include "scene.h"

#define PUT  "ssm:PutParameter"
#define GET  "ssm:GetParameter"
#define A    "{\"Name\":\"/a\"}"
#define B    "{\"Name\":\"/b\"}"
#define NONE "{\"__type\":\"ParameterNotFound\"}"

/* x1 changes /a, and was read back at 120, 300 and 700 ms. */
static const struct line late[] = {
    {RECORDING_CALL, "x1", 100, 20, PUT, A, 200, "{\"Version\":1}",
     .outcome = HTTP_PENDING},
    {RECORDING_READ_BACK, "x1", 120, 10, GET, A, 400, NONE,
     .outcome = HTTP_PENDING},
    {RECORDING_READ_BACK, "x1", 300, 10, GET, A, 200, "{\"n\":1}",
     .outcome = HTTP_PENDING},
    {RECORDING_READ_BACK, "x1", 700, 10, GET, A, 200, "{\"n\":2}",
     .outcome = HTTP_PENDING},
};

static void the_nth_gets_the_nth_at_its_distance(void **state)
{
    struct scene *scene = *state;
    record_all(scene, late, COUNT(late));
    record_outcome(scene, "x1", 710, OUTCOME_SETTLED, 3);
    open_replay(scene);
    int64_t sent_ms = replay_now_ms(scene->replay);
    assert_answer(call(scene, "y1", PUT, A), "{\"Version\":1}");
    struct heard first = read_back(scene, "y1", GET, A);
    assert_int_equal(first.status, 400);
    assert_int_equal(replay_now_ms(scene->replay) - sent_ms, 30);
    struct heard second = read_back(scene, "y1", GET, A);
    assert_answer(second, "{\"n\":1}");
    assert_int_equal(replay_now_ms(scene->replay) - sent_ms, 210);
    /* Asked later than it was recorded: there is nothing to wait for. */
    scene->replay->now_ms += 5000;
    struct heard third = read_back(scene, "y1", GET, A);
    assert_answer(third, "{\"n\":2}");
    assert_int_equal(third.took_ms, 0);
    settle(scene, "y1", OUTCOME_SETTLED, 3);
    assert_true(replay_is_good(scene->replay));
    assert_text(
        verdict(scene),
        arena_printf(scene->arena,
                     "settled: replayed 1 of 1 call of %s; 3 read-backs\n",
                     scene->path.ptr)
            .ptr);
}

static void after_the_last_the_last_is_repeated(void **state)
{
    struct scene *scene = *state;
    record_all(scene, late, COUNT(late));
    record(scene, &(struct line){.kind = RECORDING_READ_BACK,
                                 .exchange = "x1",
                                 .at_ms = 900,
                                 .took_ms = 5,
                                 .operation = GET,
                                 .input = A,
                                 .outcome = HTTP_LOST});
    open_replay(scene);
    (void)call(scene, "y1", PUT, A);
    for (int i = 0; i < 3; i++) {
        (void)read_back(scene, "y1", GET, A);
    }
    assert_int_equal(read_back(scene, "y1", GET, A).outcome, HTTP_LOST);
    /* The last that was an answer. */
    assert_answer(read_back(scene, "y1", GET, A), "{\"n\":2}");
    assert_answer(read_back(scene, "y1", GET, A), "{\"n\":2}");
    assert_true(replay_is_good(scene->replay));
    assert_holds(verdict(scene), "    2 asked more often than recorded");
    scene->replay->config.exact = true;
    assert_false(replay_is_good(scene->replay));
}

static void what_was_not_asked_for_is_drift(void **state)
{
    struct scene *scene = *state;
    record_all(scene, late, COUNT(late));
    record_outcome(scene, "x1", 710, OUTCOME_SETTLED, 3);
    open_replay(scene);
    (void)call(scene, "y1", PUT, A);
    (void)read_back(scene, "y1", GET, A);
    settle(scene, "y1", OUTCOME_SETTLED, 1);
    assert_true(replay_is_good(scene->replay));
    assert_holds(verdict(scene), "    2 recorded, and not asked for\n");
    scene->replay->config.exact = true;
    assert_false(replay_is_good(scene->replay));
    assert_holds(verdict(scene), "ssm PutParameter /a: recorded 3 read-backs, "
                                 "now 1\n");
}

static void another_outcome_fails_the_run(void **state)
{
    struct scene *scene = *state;
    record_all(scene, late, COUNT(late));
    record_outcome(scene, "x1", 710, OUTCOME_SETTLED, 3);
    open_replay(scene);
    (void)call(scene, "y1", PUT, A);
    assert_false(replay_is_good(scene->replay));
    assert_holds(verdict(scene), "    line 2: ssm PutParameter /a: recorded "
                                 "settled, now none\n");
    settle(scene, "y1", OUTCOME_UNSETTLED, 3);
    assert_false(replay_is_good(scene->replay));
    assert_holds(verdict(scene), "recorded settled, now unsettled\n");
    settle(scene, "y1", OUTCOME_SETTLED, 3);
    assert_true(replay_is_good(scene->replay));
}

/* Two changes at once: x2's read-backs were asked, and written down, by x1. */
static void a_shared_read_back_serves_both(void **state)
{
    struct scene *scene = *state;
    static const struct line lines[] = {
        {RECORDING_CALL, "x1", 0, 10, PUT, A, 200, "{\"Version\":1}",
         .outcome = HTTP_PENDING},
        {RECORDING_READ_BACK, "x1", 15, 10, GET, A, 400, NONE,
         .outcome = HTTP_PENDING},
        {RECORDING_CALL, "x2", 20, 10, PUT, A, 200, "{\"Version\":2}",
         .outcome = HTTP_PENDING},
        {RECORDING_READ_BACK, "x1", 100, 10, GET, A, 200, "{\"n\":1}",
         .outcome = HTTP_PENDING},
        {RECORDING_READ_BACK, "x1", 200, 10, GET, A, 200, "{\"n\":2}",
         .outcome = HTTP_PENDING},
    };
    record_all(scene, lines, COUNT(lines));
    open_replay(scene);
    (void)call(scene, "y1", PUT, A);
    (void)call(scene, "y2", PUT, A);
    /* Not what was read before its own call. */
    assert_answer(read_back(scene, "y2", GET, A), "{\"n\":1}");
    assert_answer(read_back(scene, "y2", GET, A), "{\"n\":2}");
    assert_answer(read_back(scene, "y2", GET, A), "{\"n\":2}");
    /* The other's are there still. */
    assert_int_equal(read_back(scene, "y1", GET, A).status, 400);
    assert_answer(read_back(scene, "y1", GET, A), "{\"n\":1}");
    assert_holds(verdict(scene), "1 asked more often");
    assert_lacks(verdict(scene), "not asked for");
}

/* As far as it was waiting for them itself: in a replay, where others come at
 * other times, it may have to ask what others asked for it. */
static void what_others_read_meanwhile_is_shared_too(void **state)
{
    struct scene *scene = *state;
    static const struct line lines[] = {
        {RECORDING_CALL, "x1", 0, 10, PUT, A, 200, "{\"Version\":1}",
         .outcome = HTTP_PENDING},
        {RECORDING_CALL, "x2", 20, 10, PUT, A, 200, "{\"Version\":2}",
         .outcome = HTTP_PENDING},
        {RECORDING_READ_BACK, "x1", 40, 10, GET, A, 400, NONE,
         .outcome = HTTP_PENDING},
        {RECORDING_READ_BACK, "x2", 50, 10, GET, A, 400, NONE,
         .outcome = HTTP_PENDING},
        {RECORDING_READ_BACK, "x1", 100, 10, GET, A, 200, "{\"n\":1}",
         .outcome = HTTP_PENDING},
    };
    record_all(scene, lines, COUNT(lines));
    record_outcome(scene, "x2", 120, OUTCOME_SETTLED, 2);
    record(scene, &(struct line){.kind = RECORDING_READ_BACK,
                                 .exchange = "x1",
                                 .at_ms = 130,
                                 .operation = GET,
                                 .input = A,
                                 .status = 200,
                                 .output = "{\"n\":2}"});
    open_replay(scene);
    (void)call(scene, "y1", PUT, A);
    (void)call(scene, "y2", PUT, A);
    assert_int_equal(read_back(scene, "y2", GET, A).status, 400);
    assert_answer(read_back(scene, "y2", GET, A), "{\"n\":1}");
    /* Not what was read once it was settled. */
    assert_answer(read_back(scene, "y2", GET, A), "{\"n\":1}");
    assert_holds(verdict(scene), "1 asked more often");
}

static void each_question_has_its_own_sequence(void **state)
{
    struct scene *scene = *state;
    static const char tags[] =
        "{\"ResourceType\":\"Parameter\",\"ResourceId\":\"/a\"}";
    record_all(scene, late, COUNT(late));
    record(scene, &(struct line){.kind = RECORDING_READ_BACK,
                                 .exchange = "x1",
                                 .at_ms = 120,
                                 .operation = "ssm:ListTagsForResource",
                                 .input = tags,
                                 .output = "{\"TagList\":[]}"});
    open_replay(scene);
    (void)call(scene, "y1", PUT, A);
    assert_int_equal(read_back(scene, "y1", GET, A).status, 400);
    assert_answer(read_back(scene, "y1", "ssm:ListTagsForResource", tags),
                  "{\"TagList\":[]}");
    assert_answer(read_back(scene, "y1", GET, A), "{\"n\":1}");
    assert_miss(read_back(scene, "y1", GET, B), "belongs to this change");
    assert_true(replay_is_good(scene->replay));
    assert_holds(verdict(scene),
                 "    1 not recorded: what they look for was assumed\n");
}

static void reads_ahead_of_a_change_are_found_before_it(void **state)
{
    struct scene *scene = *state;
    static const struct line lines[] = {
        {RECORDING_READ_BACK, "x1", 0, 5, GET, A, 200, "{\"n\":0}",
         .outcome = HTTP_PENDING},
        {RECORDING_CALL, "x1", 10, 5, PUT, A, 200, "{\"Version\":1}",
         .outcome = HTTP_PENDING},
        {RECORDING_READ_BACK, "x1", 20, 5, GET, A, 200, "{\"n\":1}",
         .outcome = HTTP_PENDING},
        {RECORDING_READ_BACK, "x2", 30, 5, GET, A, 200, "{\"n\":10}",
         .outcome = HTTP_PENDING},
        {RECORDING_CALL, "x2", 40, 5, PUT, A, 200, "{\"Version\":2}",
         .outcome = HTTP_PENDING},
    };
    record_all(scene, lines, COUNT(lines));
    open_replay(scene);
    /* Two changes that begin together: neither takes what came after x1. */
    assert_answer(read_back(scene, "y1", GET, A), "{\"n\":0}");
    assert_answer(read_back(scene, "y2", GET, A), "{\"n\":10}");
    (void)call(scene, "y1", PUT, A);
    (void)call(scene, "y2", PUT, A);
    assert_answer(read_back(scene, "y1", GET, A), "{\"n\":1}");
    assert_true(replay_is_good(scene->replay));
    assert_lacks(verdict(scene), "other read-backs");
    /* One more: the latest that was seen. */
    assert_answer(read_back(scene, "y3", GET, A), "{\"n\":10}");
    assert_holds(verdict(scene), "1 asked more often");
}

/* A cassette: no exchanges, no read-backs, only what a client did. */
static void a_cassette_answers_with_the_clients_own_reads(void **state)
{
    struct scene *scene = *state;
    static const struct line lines[] = {
        {RECORDING_CALL, "c1", 0, 5, GET, A, 400, NONE,
         .outcome = HTTP_PENDING},
        {RECORDING_CALL, "c2", 10, 5, PUT, A, 200, "{\"Version\":1}",
         .outcome = HTTP_PENDING},
        {RECORDING_CALL, "c3", 20, 5, PUT, B, 200, "{\"Version\":1}",
         .outcome = HTTP_PENDING},
        {RECORDING_CALL, "c4", 5000, 5, GET, A, 200, "{\"n\":1}",
         .outcome = HTTP_PENDING},
        {RECORDING_CALL, "c5", 5010, 5, GET, A, 200, "{\"n\":2}",
         .outcome = HTTP_PENDING},
        {RECORDING_CALL, "c6", 5020, 5, "ssm:DeleteParameter", A, 200, "{}",
         .outcome = HTTP_PENDING},
        {RECORDING_CALL, "c7", 5030, 5, GET, A, 400, NONE,
         .outcome = HTTP_PENDING},
    };
    begin_session(scene, "run", "vcrpy", true);
    record_all(scene, lines, COUNT(lines));
    open_replay(scene);
    assert_int_equal(call(scene, "y1", GET, A).status, 400);
    assert_answer(call(scene, "y2", PUT, A), "{\"Version\":1}");
    struct heard heard = read_back(scene, "y2", GET, A);
    assert_answer(heard, "{\"n\":1}");
    assert_int_equal(heard.took_ms, 5);
    assert_answer(read_back(scene, "y2", GET, A), "{\"n\":2}");
    /* Not what came after the next change of the same. */
    assert_answer(read_back(scene, "y2", GET, A), "{\"n\":2}");
    assert_answer(call(scene, "y3", PUT, B), "{\"Version\":1}");
    assert_miss(read_back(scene, "y3", GET, B), "belongs to this change");
    /* Looked at without using them up. */
    assert_answer(call(scene, "y4", GET, A), "{\"n\":1}");
    assert_answer(call(scene, "y5", GET, A), "{\"n\":2}");
    assert_answer(call(scene, "y6", "ssm:DeleteParameter", A), "{}");
    assert_int_equal(read_back(scene, "y6", GET, A).status, 400);
    assert_int_equal(call(scene, "y7", GET, A).status, 400);
    assert_true(replay_is_good(scene->replay));
}

/* It looked once, too early, and went on. */
static void
a_client_that_never_saw_its_change_is_no_proof_against_it(void **state)
{
    struct scene *scene = *state;
    static const struct line lines[] = {
        {RECORDING_CALL, "c1", 0, 5, PUT, A, 200, "{\"Version\":1}",
         .outcome = HTTP_PENDING},
        {RECORDING_CALL, "c2", 10, 5, GET, A, 400, NONE,
         .outcome = HTTP_PENDING},
    };
    begin_session(scene, "run", "vcrpy", true);
    record_all(scene, lines, COUNT(lines));
    open_replay(scene);
    assert_answer(call(scene, "y1", PUT, A), "{\"Version\":1}");
    for (int i = 0; i < 13; i++) {
        assert_int_equal(read_back(scene, "y1", GET, A).status, 400);
    }
    assert_miss(read_back(scene, "y1", GET, A), "belongs to this change");
    assert_int_equal(call(scene, "y2", GET, A).status, 400);
    assert_true(replay_is_good(scene->replay));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(the_nth_gets_the_nth_at_its_distance),
        SCENE_TEST(after_the_last_the_last_is_repeated),
        SCENE_TEST(what_was_not_asked_for_is_drift),
        SCENE_TEST(another_outcome_fails_the_run),
        SCENE_TEST(a_shared_read_back_serves_both),
        SCENE_TEST(what_others_read_meanwhile_is_shared_too),
        SCENE_TEST(each_question_has_its_own_sequence),
        SCENE_TEST(reads_ahead_of_a_change_are_found_before_it),
        SCENE_TEST(a_cassette_answers_with_the_clients_own_reads),
        SCENE_TEST(a_client_that_never_saw_its_change_is_no_proof_against_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
