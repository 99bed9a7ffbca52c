/* SPDX-License-Identifier: Apache-2.0 */
/* The last confirmed change of a resource. */
#include "world.h"

static struct exchange change(struct world *w, const char *operation,
                              const char *resource, const char *input)
{
    struct exchange x = {.engine = w->engine, .outcome = OUTCOME_SETTLED};
    x.aws.service = STR("secretsmanager");
    x.aws.operation = str_of(operation);
    x.aws.region = STR("eu-west-1");
    x.aws.input = good_json(w->arena, input);
    x.resources = good_json(w->arena, resource);
    return x;
}

static void the_last_change_of_a_resource_is_found(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, &(struct engine_config){0});
    struct exchange first = change(&w, "CreateSecret", "\"s\"", "{}");
    struct exchange second = change(&w, "DeleteSecret", "[\"s\",\"t\"]",
                                    "{\"ForceDeleteWithoutRecovery\":true}");
    engine_recent_add(w.engine->recent, &first);
    w.clock.now_ms += 1000;
    engine_recent_add(w.engine->recent, &second);
    w.clock.now_ms += 2500;
    const struct json *found =
        engine_recent_find(w.engine->recent, &first, w.arena);
    struct buf text = {0};
    json_write(found, &text);
    buf_add_char(&text, '\0');
    assert_string_equal(text.bytes,
                        "{\"operation\":\"DeleteSecret\",\"request\":"
                        "{\"ForceDeleteWithoutRecovery\":true},"
                        "\"seconds_ago\":2.5,\"outcome\":\"settled\"}");
    buf_free(&text);
    struct exchange other = change(&w, "CreateSecret", "\"u\"", "{}");
    assert_null(engine_recent_find(w.engine->recent, &other, w.arena));
    other = change(&w, "CreateSecret", "\"t\"", "{}");
    assert_non_null(engine_recent_find(w.engine->recent, &other, w.arena));
    other.aws.region = STR("eu-west-2");
    assert_null(engine_recent_find(w.engine->recent, &other, w.arena));
    world_close(&w);
}

static void no_secret_is_remembered(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, &(struct engine_config){0});
    struct exchange x = change(&w, "CreateSecret", "\"s\"",
                               "{\"Name\":\"s\",\"SecretString\":\"hush\"}");
    engine_recent_add(w.engine->recent, &x);
    const struct json *found =
        engine_recent_find(w.engine->recent, &x, w.arena);
    struct buf text = {0};
    json_write(found, &text);
    assert_false(str_contains(buf_str(&text), STR("hush")));
    assert_true(str_contains(buf_str(&text), STR("\"Name\":\"s\"")));
    buf_free(&text);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_change_of_a_resource_is_found),
        cmocka_unit_test(no_secret_is_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
