/* SPDX-License-Identifier: Apache-2.0 */
/* The table of texts. Start at main(). */
#include "scene.h"

static void what_was_put_is_found(void **state)
{
    struct scene *scene = *state;
    enum { COUNT = 3000 };
    struct table table;
    recording_table_init(&table, scene->arena);
    for (int i = 0; i < COUNT; i++) {
        struct str key = arena_printf(scene->arena, "key %d", i);
        assert_null(recording_table_find(&table, key));
        (void)recording_table_put(&table, key,
                                  arena_printf(scene->arena, "%d", i));
    }
    assert_int_equal(table.count, COUNT);
    for (int i = 0; i < COUNT; i++) {
        struct str key = arena_printf(scene->arena, "key %d", i);
        assert_text(recording_table_find(&table, key)->value,
                    arena_printf(scene->arena, "%d", i).ptr);
    }
}

static void the_first_value_stays(void **state)
{
    struct scene *scene = *state;
    struct table table;
    recording_table_init(&table, scene->arena);
    assert_null(recording_table_find(&table, STR("")));
    (void)recording_table_put(&table, STR("a"), STR("one"));
    assert_text(recording_table_put(&table, STR("a"), STR("two"))->value,
                "one");
    assert_int_equal(table.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(what_was_put_is_found),
        SCENE_TEST(the_first_value_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
