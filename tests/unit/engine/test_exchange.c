/* SPDX-License-Identifier: Apache-2.0 */
/* What a held call costs. Its story is told in tests/plays. */
#include "world.h"

static struct world_call *put(struct world *w, size_t number)
{
    struct str body = arena_printf(w->arena,
                                   "{\"Name\": \"/app/%zu\", \"Value\": "
                                   "\"postgres://db.internal:5432/app\", "
                                   "\"Type\": \"String\"}",
                                   number);
    struct str id = arena_printf(w->arena, "id-%zu", number);
    struct world_call *call = world_call(w, "PutParameter", id.ptr, body);
    world_answer(w, w->upstream.sent[w->upstream.sent_count - 1], 200,
                 "{\"Version\": 1, \"Tier\": \"Standard\"}");
    return call;
}

static void a_held_call_takes_less_than_16_kb(void **state)
{
    struct world w;
    const struct engine_config config = {.interim_ms = 20000};
    (void)state;
    world_open(&w, &config);
    struct world_call *call = put(&w, 1);
    const struct exchange *x = w.engine->newest;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(w.upstream.sent_count, 1);
        world_answer(&w, w.upstream.sent[0], 400,
                     "{\"__type\": \"ParameterNotFound\", \"message\": \"\"}");
        world_turn(&w, 2000);
    }
    /* The read-back under way has an arena of its own. */
    size_t probe = arena_size(w.upstream.sent[0]->arena);
    print_message("exchange %zu, read-back %zu bytes; struct exchange %zu, "
                  "confirmation %zu\n",
                  arena_size(x->arena), probe, sizeof(*x),
                  sizeof(struct confirmation));
    assert_true(arena_size(x->arena) + probe <= 16 * 1024);
    world_close(&w);
    assert_int_equal(call->status, 424);
    world_forget(call);
}

/* Nothing may look through all of them for each: this would take minutes. */
static void ten_thousand_calls_are_held_and_joined(void **state)
{
    enum { CALLS = 10000 };
    struct world w;
    const struct engine_config config = {.interim_ms = 20000};
    (void)state;
    world_open(&w, &config);
    struct arena *arena = arena_new();
    struct world_call **calls =
        ARENA_ARRAY(arena, struct world_call *, 2 * CALLS);
    for (size_t i = 0; i < CALLS; i++) {
        calls[i] = put(&w, i);
    }
    assert_int_equal(w.engine->held, CALLS);
    size_t sent = w.upstream.sent_count;
    for (size_t i = 0; i < CALLS; i++) {
        const struct http_call *first = &calls[i]->call;
        struct str id =
            http_headers_get(&first->request.headers, "amz-sdk-invocation-id");
        calls[CALLS + i] =
            world_call(&w, "PutParameter", id.ptr, first->request.body);
    }
    assert_int_equal(w.engine->held, CALLS);
    assert_int_equal(w.upstream.sent_count, sent);
    world_close(&w);
    for (size_t i = 0; i < 2 * CALLS; i++) {
        assert_int_equal(calls[i]->status, 424);
        world_forget(calls[i]);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_held_call_takes_less_than_16_kb),
        cmocka_unit_test(ten_thousand_calls_are_held_and_joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
