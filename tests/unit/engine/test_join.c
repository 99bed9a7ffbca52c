/* SPDX-License-Identifier: Apache-2.0 */
/* Retries meet the call they repeat; other calls do not. */
#include "world.h"

#define BODY "{\"Name\":\"/a\",\"Value\":\"1\"}"

static struct world_call *put(struct world *w, const char *id, const char *body)
{
    return world_call(w, "PutParameter", id, str_of(body));
}

/* Answers all that is under way until nothing is. */
static void settle_all(struct world *w)
{
    for (int i = 0; i < 200; i++) {
        while (w->upstream.sent_count > 0) {
            struct http_fetch *fetch = w->upstream.sent[0];
            bool put = str_contains(
                http_headers_get(&fetch->request.headers, "X-Amz-Target"),
                STR("PutParameter"));
            world_answer(w, fetch, 200,
                         put ? "{\"Version\":1}"
                             : "{\"Parameter\":{\"Version\":1,\"Value\":\"1\","
                               "\"LastModifiedDate\":1440938160}}");
        }
        world_turn(w, 50);
    }
}

static void leave(struct world *w, struct world_call *call)
{
    call->call.gone = true;
    if (call->call.on_gone != NULL) {
        timer_wake(&w->clock.timers, call->call.on_gone);
        world_run(w);
    }
}

static void an_answer_is_kept_for_minutes_but_not_for_ever(void **state)
{
    static const struct {
        int64_t later_ms;
        size_t sent;
    } rows[] = {{0, 0}, {4 * 60 * 1000, 0}, {6 * 60 * 1000, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world w;
        world_open(&w, &(struct engine_config){0});
        struct world_call *first = put(&w, "one", BODY);
        settle_all(&w);
        assert_int_equal(first->status, 200);
        world_turn(&w, rows[i].later_ms);
        struct world_call *again = put(&w, "one", BODY);
        assert_int_equal(w.upstream.sent_count, rows[i].sent);
        settle_all(&w);
        assert_int_equal(again->status, 200);
        world_close(&w);
        world_forget(first);
        world_forget(again);
    }
}

static void without_an_id_one_retry_soon_after_gets_it(void **state)
{
    static const struct {
        bool left;
        int64_t later_ms;
        size_t sent;
    } rows[] = {{true, 0, 0},
                {true, 50 * 1000, 0},
                {true, 70 * 1000, 1},
                {false, 0, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world w;
        world_open(&w, &(struct engine_config){0});
        struct world_call *calls[3];
        calls[0] = put(&w, NULL, BODY);
        if (rows[i].left) {
            leave(&w, calls[0]);
        }
        settle_all(&w);
        world_turn(&w, rows[i].later_ms);
        calls[1] = put(&w, NULL, BODY);
        assert_int_equal(w.upstream.sent_count, rows[i].sent);
        settle_all(&w);
        calls[2] = put(&w, NULL, BODY);
        assert_int_equal(w.upstream.sent_count, 1);
        world_close(&w);
        for (int k = 0; k < 3; k++) {
            world_forget(calls[k]);
        }
    }
}

static void after_another_change_of_it_no_answer_is_given_again(void **state)
{
    struct world w;
    struct world_call *calls[3];
    (void)state;
    world_open(&w, &(struct engine_config){0});
    calls[0] = put(&w, NULL, BODY);
    leave(&w, calls[0]);
    settle_all(&w);
    calls[1] = put(&w, "x", "{\"Name\":\"/a\",\"Value\":\"2\"}");
    settle_all(&w);
    calls[2] = put(&w, NULL, BODY);
    assert_int_equal(w.upstream.sent_count, 1);
    world_close(&w);
    for (int k = 0; k < 3; k++) {
        world_forget(calls[k]);
    }
}

static void what_is_kept_has_a_bound(void **state)
{
    enum { CALLS = 300, BYTES = 200 * 1024 };
    struct world w;
    (void)state;
    world_open(&w, &(struct engine_config){0});
    char *text = arena_alloc(w.arena, BYTES);
    memset(text, 'x', BYTES - 1);
    size_t most = 0;
    for (int i = 0; i < CALLS; i++) {
        struct arena *arena = arena_new();
        struct str body =
            arena_printf(arena, "{\"Name\":\"/%d\",\"Value\":\"%s\"}", i, text);
        struct str id = arena_printf(arena, "id-%d", i);
        struct exchange x = {.engine = w.engine, .invocation_id = id};
        struct http_call call = {.request.body = body};
        const struct http_response answer = {.status = 200};
        x.call = &call;
        assert_null(joins_find(w.engine->joins, &x));
        joins_keep(w.engine->joins, &x, &answer, w.clock.now_ms);
        bool found =
            joins_find_answer(w.engine->joins, &x, w.clock.now_ms) != NULL;
        assert_true(found);
        most += body.len;
        arena_free(arena);
    }
    assert_true(most > 48 * 1024 * 1024);
    struct exchange x = {.engine = w.engine, .invocation_id = STR("id-0")};
    struct http_call call = {
        .request.body =
            arena_printf(w.arena, "{\"Name\":\"/0\",\"Value\":\"%s\"}", text)};
    x.call = &call;
    assert_null(joins_find_answer(w.engine->joins, &x, w.clock.now_ms));
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_kept_for_minutes_but_not_for_ever),
        cmocka_unit_test(without_an_id_one_retry_soon_after_gets_it),
        cmocka_unit_test(after_another_change_of_it_no_answer_is_given_again),
        cmocka_unit_test(what_is_kept_has_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
