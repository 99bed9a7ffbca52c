/* SPDX-License-Identifier: Apache-2.0 */
/* Looking into trees, equality, building. Here because verdicts rest on
 * equality. Start at equality_is_by_value(). */
#include "support/texts.h"

#include "json/json.h"

static int make_arena(void **state)
{
    *state = arena_new();
    return 0;
}

static int free_arena(void **state)
{
    arena_free(*state);
    return 0;
}

static void equality_is_by_value(void **state)
{
    static const struct {
        const char *a, *b;
        bool equal;
    } rows[] = {
        {"null", "null", true},
        {"null", "false", false},
        {"true", "false", false},
        {"1", "1.0", true},
        {"1", "10e-1", true},
        {"0", "-0", true},
        {"0", "-0.0", true},
        {"100", "1E2", true},
        {"0.1", "0.10", true},
        {"1", "2", false},
        {"1", "\"1\"", false},
        {"9007199254740992", "9007199254740993", false},
        {"9223372036854775807", "9223372036854775807", true},
        {"1e400", "1e400", true},
        {"1e400", "-1e400", false},
        {"\"a\"", "\"\\u0061\"", true},
        {"\"a\"", "\"b\"", false},
        {"[]", "[]", true},
        {"[]", "{}", false},
        {"[1,2]", "[2,1]", false},
        {"[1,2]", "[1,2,3]", false},
        {"[[1],{\"a\":[null]}]", "[[1.0],{\"a\":[null]}]", true},
        {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true},
        {"{\"a\":1}", "{\"a\":1,\"b\":2}", false},
        {"{\"a\":1,\"b\":2}", "{\"a\":1,\"c\":2}", false},
        {"{\"a\":1,\"a\":2}", "{\"a\":2}", true},
        {"{\"a\":1,\"a\":2}", "{\"a\":1}", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct json *a = good_json(*state, rows[i].a);
        const struct json *b = good_json(*state, rows[i].b);
        assert_int_equal(json_equal(a, b), rows[i].equal);
        assert_int_equal(json_equal(b, a), rows[i].equal);
    }
}

static void what_was_built_equals_what_was_read(void **state)
{
    struct arena *arena = *state;
    struct json *object = json_new(arena, JSON_OBJECT);
    struct json *list = json_new(arena, JSON_ARRAY);
    json_push(arena, list, json_new_int(arena, INT64_MIN));
    json_push(arena, list, json_new_number(arena, 0.1));
    json_push(arena, list, json_new(arena, JSON_NULL));
    json_set(arena, object, STR("list"), list);
    json_set(arena, object, STR("yes"), json_new_bool(arena, true));
    json_set(arena, object, STR("no"), json_new_bool(arena, false));
    json_set(arena, object, STR("text"), json_new_text(arena, "x"));
    const struct json *expected =
        good_json(arena, "{\"no\":false,\"yes\":true,\"text\":\"x\","
                         "\"list\":[-9223372036854775808,0.1,null]}");
    assert_true(json_equal(object, expected));
}

static void nothing_is_found_where_nothing_is(void **state)
{
    const struct json *value =
        good_json(*state, "{\"a\":{\"b\":\"c\"},\"n\":1,\"l\":[1]}");
    assert_null(json_get(NULL, STR("a")));
    assert_null(json_get(value, STR("b")));
    assert_null(json_get(json_get(value, STR("l")), STR("0")));
    assert_null(json_path(value, "a.x.y"));
    assert_null(json_path(value, "n.x"));
    assert_null(json_path(NULL, "a"));
    assert_null(json_text(NULL).ptr);
    assert_null(json_get_text(value, "n").ptr);
    assert_true(str_eq(json_text(json_path(value, "a.b")), STR("c")));
    assert_false(json_is(NULL, JSON_NULL));
    assert_false(json_equal(NULL, value));
    assert_true(json_equal(NULL, NULL));
}

static void of_a_key_that_is_there_twice_the_last_counts(void **state)
{
    const struct json *value = good_json(*state, "{\"a\":1,\"b\":2,\"a\":3}");
    assert_int_equal(value->count, 3);
    assert_true(json_get(value, STR("a"))->number == 3);
}

static void setting_a_key_again_replaces_it(void **state)
{
    struct arena *arena = *state;
    struct json *object = json_new(arena, JSON_OBJECT);
    json_set(arena, object, STR("a"), json_new_int(arena, 1));
    json_set(arena, object, STR("b"), json_new_int(arena, 2));
    json_set(arena, object, STR("a"), json_new_int(arena, 3));
    assert_int_equal(object->count, 2);
    assert_true(str_eq(object->members[0].key, STR("a")));
    assert_true(json_get(object, STR("a"))->number == 3);
}

static void containers_grow_without_losing_anything(void **state)
{
    struct arena *arena = *state;
    struct json *list = json_new(arena, JSON_ARRAY);
    for (int i = 0; i < 1000; i++) {
        json_push(arena, list, json_new_int(arena, i));
    }
    assert_int_equal(list->count, 1000);
    for (int i = 0; i < 1000; i++) {
        assert_true(list->members[i].value->number == i);
    }
}

static void a_copy_outlives_its_source_and_can_grow(void **state)
{
    struct arena *arena = *state;
    char text[] = "{\"key\":[\"one\",12.50,{\"deep\":true}]}";
    const struct json *value = good_json(arena, text);
    struct json *copy = json_copy(arena, value);
    memset(text, 'x', sizeof(text) - 1);
    const struct json *expected =
        good_json(arena, "{\"key\":[\"one\",12.50,{\"deep\":true}]}");
    assert_true(json_equal(copy, expected));
    json_set(arena, copy, STR("more"), json_new(arena, JSON_NULL));
    assert_int_equal(copy->count, 2);
    assert_int_equal(value->count, 1);
}

static void types_have_names(void **state)
{
    (void)state;
    static const char *const names[] = {
        "null", "boolean", "boolean", "number", "string", "array", "object"};
    for (int i = 0; i < JSON_TYPE_COUNT; i++) {
        assert_string_equal(json_type_name((enum json_type)i), names[i]);
    }
}

#define ON_ARENA(test)                                                         \
    cmocka_unit_test_setup_teardown(test, make_arena, free_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_ARENA(equality_is_by_value),
        ON_ARENA(what_was_built_equals_what_was_read),
        ON_ARENA(nothing_is_found_where_nothing_is),
        ON_ARENA(of_a_key_that_is_there_twice_the_last_counts),
        ON_ARENA(setting_a_key_again_replaces_it),
        ON_ARENA(containers_grow_without_losing_anything),
        ON_ARENA(a_copy_outlives_its_source_and_can_grow),
        cmocka_unit_test(types_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
