/* SPDX-License-Identifier: Apache-2.0 */
/* One read-back for all who ask the same; never an older one. */
#include "world.h"

#include <stdio.h>

static void note_woken(void *ctx)
{
    (*(unsigned *)ctx)++;
}

struct asking {
    unsigned woken;
    struct timer done;
    struct probe *probe;
};

static void ask(struct world *w, struct asking *asking, const char *name,
                int64_t since_ms)
{
    struct arena *scratch = arena_new();
    struct json *input = json_new(scratch, JSON_OBJECT);
    bool list = strcmp(name, "*") == 0;
    if (!list) {
        json_set(scratch, input, STR("Name"), json_new_text(scratch, name));
    }
    const struct probe_ask question = {
        .access_key = STR("AKIA"),
        .service = STR("ssm"),
        .region = STR("eu-west-1"),
        .operation = aws_operation_find(w->registry, STR("ssm"),
                                        list ? STR("DescribeParameters")
                                             : STR("GetParameter")),
        .input = input,
    };
    *asking = (struct asking){0};
    timer_init(&asking->done, note_woken, &asking->woken);
    asking->probe = probe_ask(w->engine, &question, since_ms, &asking->done);
    arena_free(scratch);
}

static void drop(struct world *w, struct asking *asking)
{
    probe_drop(asking->probe, &asking->done);
    timer_cancel(&w->clock.timers, &asking->done);
}

static void equal_questions_that_are_not_sent_yet_are_one(void **state)
{
    struct world w;
    struct asking a[3];
    (void)state;
    world_open(&w, &(struct engine_config){0});
    ask(&w, &a[0], "/a", w.clock.now_ms);
    ask(&w, &a[1], "/a", w.clock.now_ms);
    ask(&w, &a[2], "/b", w.clock.now_ms);
    world_run(&w);
    assert_int_equal(w.upstream.sent_count, 2);
    world_answer(&w, w.upstream.sent[0], 200, "{\"Parameter\":{}}");
    assert_int_equal(a[0].woken, 1);
    assert_int_equal(a[1].woken, 1);
    assert_int_equal(a[2].woken, 0);
    assert_ptr_equal(probe_get(a[0].probe), probe_get(a[1].probe));
    for (int i = 0; i < 3; i++) {
        drop(&w, &a[i]);
    }
    world_close(&w);
}

static void one_that_was_sent_before_shows_nothing(void **state)
{
    struct world w;
    struct asking a[3];
    (void)state;
    world_open(&w, &(struct engine_config){0});
    ask(&w, &a[0], "/a", w.clock.now_ms);
    world_run(&w);
    /* In the same millisecond nobody knows which was first. */
    ask(&w, &a[1], "/a", w.clock.now_ms);
    world_run(&w);
    assert_int_equal(w.upstream.sent_count, 2);
    w.clock.now_ms += 5;
    ask(&w, &a[2], "/a", w.clock.now_ms - 6);
    world_run(&w);
    assert_int_equal(w.upstream.sent_count, 2);
    for (int i = 0; i < 3; i++) {
        drop(&w, &a[i]);
    }
    world_close(&w);
}

static void a_list_is_as_old_as_its_first_page(void **state)
{
    struct world w;
    struct asking first;
    struct asking second;
    (void)state;
    world_open(&w, &(struct engine_config){0});
    ask(&w, &first, "*", w.clock.now_ms);
    world_run(&w);
    w.clock.now_ms += 10;
    int64_t changed_ms = w.clock.now_ms;
    world_turn(&w, 10);
    world_answer(&w, w.upstream.sent[0], 200,
                 "{\"Parameters\":[],\"NextToken\":\"t\"}");
    assert_int_equal(w.upstream.sent_count, 1);
    ask(&w, &second, "*", changed_ms);
    world_run(&w);
    assert_int_equal(w.upstream.sent_count, 2);
    drop(&w, &first);
    drop(&w, &second);
    world_close(&w);
}

static void a_list_without_end_is_not_taken_for_whole(void **state)
{
    struct world w;
    struct asking a;
    size_t pages = 0;
    (void)state;
    world_open(&w, &(struct engine_config){0});
    ask(&w, &a, "*", w.clock.now_ms);
    while (a.woken == 0 && pages < 1000) {
        world_turn(&w, 100);
        if (w.upstream.sent_count > 0) {
            world_answer(&w, w.upstream.sent[0], 200,
                         "{\"Parameters\":[{}],\"NextToken\":\"t\"}");
            pages++;
        }
    }
    assert_int_equal(pages, 200);
    assert_int_equal(probe_get(a.probe)->kind, PROBE_REFUSED);
    drop(&w, &a);
    world_close(&w);
}

static void the_last_one_to_leave_cancels_it(void **state)
{
    struct world w;
    struct asking a[2];
    (void)state;
    world_open(&w, &(struct engine_config){0});
    ask(&w, &a[0], "/a", w.clock.now_ms);
    ask(&w, &a[1], "/a", w.clock.now_ms);
    world_run(&w);
    drop(&w, &a[0]);
    assert_int_equal(w.upstream.sent_count, 1);
    drop(&w, &a[1]);
    assert_int_equal(w.upstream.sent_count, 0);
    world_close(&w);
}

static void who_leaves_the_queue_gives_its_place_back(void **state)
{
    enum { CROWD = 400 };
    struct world w;
    static struct asking crowd[CROWD];
    static char names[CROWD][16];
    struct asking one;
    (void)state;
    world_open(&w, &(struct engine_config){0});
    for (int i = 0; i < CROWD; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "/%d", i);
        ask(&w, &crowd[i], names[i], w.clock.now_ms);
    }
    world_run(&w);
    assert_int_equal(w.upstream.sent_count, 20); /* a second's worth */
    for (int i = 0; i < CROWD; i++) {
        drop(&w, &crowd[i]);
    }
    ask(&w, &one, "/one", w.clock.now_ms);
    world_turn(&w, 100);
    assert_int_equal(w.upstream.sent_count, 1);
    drop(&w, &one);
    world_close(&w);
}

/* It would be no shorter the next time. */
static void an_answer_beyond_the_limits_is_not_asked_for_again(void **state)
{
    const struct json_limits limits = {.depth = 2, .nodes = 100};
    struct world w;
    struct asking a;
    (void)state;
    world_open(&w, &(struct engine_config){0});
    aws_registry_limit_json(w.registry, &limits);
    ask(&w, &a, "/a", w.clock.now_ms);
    world_run(&w);
    world_answer(&w, w.upstream.sent[0], 200, "{\"Parameter\":{\"a\":[]}}");
    const struct probe_result *result = probe_get(a.probe);
    assert_int_equal(result->kind, PROBE_REFUSED);
    assert_true(str_eq(result->code, STR("AnswerTooLarge")));
    assert_true(str_contains(result->message, STR("--json-depth")));
    drop(&w, &a);
    world_close(&w);
}

static void each_answer_is_one_of_five_kinds(void **state)
{
    static const struct {
        int status;
        const char *body;
        enum probe_kind wanted;
        double rate;
    } rows[] = {
        {200, "{}", PROBE_ANSWERED, 20},
        {200, "[", PROBE_LOST, 20},
        {400, "{\"__type\":\"ParameterNotFound\"}", PROBE_REFUSED, 20},
        {400, "{\"__type\":\"AccessDeniedException\"}", PROBE_DENIED, 20},
        {400, "{\"__type\":\"ThrottlingException\"}", PROBE_THROTTLED, 10},
        {500, "{\"__type\":\"InternalServerError\"}", PROBE_THROTTLED, 20},
        {503, "", PROBE_THROTTLED, 10},
        {501, "{\"__type\":\"NotImplemented\"}", PROBE_REFUSED, 20},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world w;
        struct asking a;
        world_open(&w, &(struct engine_config){0});
        ask(&w, &a, "/a", w.clock.now_ms);
        world_run(&w);
        world_answer(&w, w.upstream.sent[0], rows[i].status, rows[i].body);
        assert_int_equal(probe_get(a.probe)->kind, rows[i].wanted);
        assert_true(w.engine->buckets->rate == rows[i].rate);
        drop(&w, &a);
        world_close(&w);
    }
}

/* A service that does not answer must not be asked more and more. */
static void so_many_are_under_way_and_the_others_wait_in_order(void **state)
{
    enum { MOST = 128, ASKED = MOST + 4 };
    struct world w;
    struct asking a[ASKED];
    char name[16];
    (void)state;
    world_open(&w, &(struct engine_config){0});
    for (int i = 0; i < ASKED; i++) {
        (void)snprintf(name, sizeof(name), "/%d", i);
        ask(&w, &a[i], name, w.clock.now_ms);
    }
    world_turn(&w, 60000);
    assert_int_equal(w.upstream.sent_count, MOST);
    assert_true(probe_is_queued(a[MOST].probe));
    drop(&w, &a[MOST]); /* the first in the line leaves */
    world_answer(&w, w.upstream.sent[5], 200, "{\"Parameter\":{}}");
    assert_int_equal(w.upstream.sent_count, MOST);
    assert_false(probe_is_queued(a[MOST + 1].probe));
    assert_true(probe_is_queued(a[MOST + 2].probe));
    drop(&w, &a[0]); /* one under way is given up */
    world_run(&w);
    assert_int_equal(w.upstream.sent_count, MOST);
    assert_false(probe_is_queued(a[MOST + 2].probe));
    assert_true(probe_is_queued(a[MOST + 3].probe));
    drop(&w, &a[MOST + 3]); /* the last one */
    for (int i = 1; i < ASKED; i++) {
        if (i != MOST && i != MOST + 3) {
            drop(&w, &a[i]);
        }
    }
    assert_int_equal(w.engine->buckets->flying, 0);
    ask(&w, &a[0], "/again", w.clock.now_ms);
    world_turn(&w, 60000);
    assert_int_equal(w.upstream.sent_count, 1);
    drop(&w, &a[0]);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_questions_that_are_not_sent_yet_are_one),
        cmocka_unit_test(one_that_was_sent_before_shows_nothing),
        cmocka_unit_test(a_list_is_as_old_as_its_first_page),
        cmocka_unit_test(a_list_without_end_is_not_taken_for_whole),
        cmocka_unit_test(the_last_one_to_leave_cancels_it),
        cmocka_unit_test(who_leaves_the_queue_gives_its_place_back),
        cmocka_unit_test(an_answer_beyond_the_limits_is_not_asked_for_again),
        cmocka_unit_test(so_many_are_under_way_and_the_others_wait_in_order),
        cmocka_unit_test(each_answer_is_one_of_five_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
