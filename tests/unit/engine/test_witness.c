/* SPDX-License-Identifier: Apache-2.0 */
/* What is remembered of changes that have settled, how much, and that it is
 * given back. What it is for is told in tests/plays. */
#include "world.h"

#include "engine/witness.h"

static const char parameter[] =
    "{\"Parameter\": {\"Version\": 1, \"LastModifiedDate\": 1440938160, "
    "\"Type\": \"String\", \"Value\": \"v\"}}";

/* Until it has settled, by six read-backs over 750 ms. */
static void settle_all(struct world *w)
{
    for (int i = 0; i < 8; i++) {
        while (w->upstream.sent_count > 0) {
            world_answer(w, w->upstream.sent[w->upstream.sent_count - 1], 200,
                         parameter);
        }
        world_turn(w, 150);
    }
}

static struct world_call *put(struct world *w, const char *name)
{
    struct str body =
        arena_printf(w->arena,
                     "{\"Name\": \"%s\", \"Value\": \"v\", \"Type\": "
                     "\"String\"}",
                     name);
    struct world_call *call = world_call(w, "PutParameter", NULL, body);
    world_answer(w, w->upstream.sent[w->upstream.sent_count - 1], 200,
                 "{\"Version\": 1}");
    return call;
}

static size_t found(struct world *w, const char *operation, const char *name)
{
    struct view *views[64];
    struct json *input = json_new(w->arena, JSON_OBJECT);
    const struct json *text = json_new_text(w->arena, name);
    json_set(w->arena, input, STR("Name"), text);
    const struct question question = {
        .service = STR("ssm"),
        .region = STR("eu-west-1"),
        .operation = str_of(operation),
        .access_key = STR("AKIAIOSFODNN7EXAMPLE"),
        .input = input,
        .resource = text,
        .looks_through = true,
    };
    return witness_find(w->engine, &question, views, 64);
}

static bool is_asked_for(const struct world *w)
{
    return witness_is_asked_for(w->engine, STR("ssm"), STR("eu-west-1"),
                                STR("GetParameter"));
}

static void a_change_is_found_by_each_of_its_reads(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, &(struct engine_config){0});
    assert_false(is_asked_for(&w));
    struct world_call *call = put(&w, "/a");
    assert_true(is_asked_for(&w));
    assert_int_equal(found(&w, "GetParameter", "/a"), 2);
    settle_all(&w);
    assert_int_equal(call->status, 200);
    /* By what it asks, and by whom it asks for. */
    assert_int_equal(found(&w, "GetParameter", "/a"), 2);
    assert_int_equal(found(&w, "GetParameter", "/b"), 0);
    assert_int_equal(found(&w, "GetParameters", "/a"), 1);
    assert_int_equal(found(&w, "GetParametersByPath", "/b"), 1);
    assert_int_equal(found(&w, "GetSecretValue", "/a"), 0);
    world_turn(&w, 10 * 60 * 1000 + 2000);
    assert_int_equal(found(&w, "GetParameter", "/a"), 0);
    assert_false(is_asked_for(&w));
    world_forget(call);
    world_close(&w);
}

static void a_later_change_takes_its_place(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, &(struct engine_config){0});
    struct world_call *first = put(&w, "/a");
    settle_all(&w);
    struct world_call *second =
        world_call(&w, "DeleteParameter", NULL, STR("{\"Name\": \"/a\"}"));
    assert_true(is_asked_for(&w)); /* it may be refused */
    world_answer(&w, w.upstream.sent[0], 500,
                 "{\"__type\": \"InternalServerError\"}");
    assert_false(is_asked_for(&w)); /* what it did, nobody knows */
    world_forget(first);
    world_forget(second);
    world_close(&w);
}

static void a_refused_change_takes_nobody_s_place(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, &(struct engine_config){0});
    struct world_call *first = put(&w, "/a");
    settle_all(&w);
    struct world_call *second =
        world_call(&w, "DeleteParameter", NULL, STR("{\"Name\": \"/a\"}"));
    world_answer(&w, w.upstream.sent[0], 400,
                 "{\"__type\": \"ValidationException\"}");
    assert_int_equal(found(&w, "GetParameter", "/a"), 2);
    world_forget(first);
    world_forget(second);
    world_close(&w);
}

/* Each parameter's tags stay remembered when its value is written again. */
static void another_part_is_left_alone(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, &(struct engine_config){0});
    struct world_call *first = put(&w, "/a");
    settle_all(&w);
    struct world_call *second =
        world_call(&w, "RemoveTagsFromResource", NULL,
                   STR("{\"ResourceType\": \"Parameter\", \"ResourceId\": "
                       "\"/a\", \"TagKeys\": [\"k\"]}"));
    assert_true(is_asked_for(&w));
    world_answer(&w, w.upstream.sent[0], 400,
                 "{\"__type\": \"InvalidResourceId\"}");
    world_forget(first);
    world_forget(second);
    world_close(&w);
}

static void no_more_than_ten_thousand_are_kept(void **state)
{
    enum { CALLS = 10200 };
    struct world w;
    const struct engine_config config = {.level = LEVEL_VISIBLE,
                                         .read_rate = 1e6};
    (void)state;
    world_open(&w, &config);
    struct arena *arena = arena_new();
    struct world_call **calls = ARENA_ARRAY(arena, struct world_call *, CALLS);
    for (size_t i = 0; i < CALLS; i++) {
        calls[i] = put(&w, arena_printf(arena, "/p/%zu", i).ptr);
    }
    settle_all(&w);
    for (size_t i = 0; i < CALLS; i++) {
        assert_int_equal(calls[i]->status, 200);
        world_forget(calls[i]);
    }
    size_t kept = 0;
    for (size_t i = 0; i < CALLS; i++) {
        kept +=
            found(&w, "GetParameter", arena_printf(arena, "/p/%zu", i).ptr) > 0;
    }
    assert_int_equal(kept, 10000);
    /* Of those without a key the newest only. */
    assert_int_equal(found(&w, "GetParametersByPath", "/"), 64);
    world_turn(&w, 10 * 60 * 1000 + 5000);
    assert_false(is_asked_for(&w));
    arena_free(arena);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_is_found_by_each_of_its_reads),
        cmocka_unit_test(a_later_change_takes_its_place),
        cmocka_unit_test(a_refused_change_takes_nobody_s_place),
        cmocka_unit_test(another_part_is_left_alone),
        cmocka_unit_test(no_more_than_ten_thousand_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
