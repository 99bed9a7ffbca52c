/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets are found again in every form, and nothing else is. Start at main().
 */
#include "scene.h"

static void each_form_is_found(void **state)
{
    struct scene *scene = *state;
    struct known known;
    recording_known_init(&known, scene->arena);
    recording_known_add(&known, STR("p\"a/s s\\1"), STR("X"));
    static const char *const forms[] = {
        "p\"a/s s\\1",
        "p\\\"a/s s\\\\1",
        "p\\\\\\\"a/s s\\\\\\\\1",
        "p%22a%2Fs%20s%5C1",
        "cCJhL3Mgc1wx",
        /* in the middle of others */
        "AiYS9zIHNcM",
        "wImEvcyBzXD",
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct str text =
            arena_printf(scene->arena, "before %s after", forms[i]);
        const struct table_row *row = recording_known_at(&known, text, 7);
        if (row == NULL) {
            fail_msg("\"%s\" is not found", forms[i]);
        }
        assert_text(row->key, forms[i]);
        assert_null(recording_known_at(&known, text, 6));
        assert_null(recording_known_at(&known, text, 8));
    }
}

static void the_longest_counts(void **state)
{
    struct scene *scene = *state;
    struct known known;
    recording_known_init(&known, scene->arena);
    recording_known_add(&known, STR("secret-one"), STR("a"));
    recording_known_add(&known, STR("secret-one-and-more"), STR("b"));
    recording_known_add(&known, STR("secret"), STR("c"));
    assert_text(
        recording_known_at(&known, STR("secret-one-and-more"), 0)->value, "b");
    assert_text(
        recording_known_at(&known, STR("secret-one-and-less"), 0)->value, "a");
    assert_text(recording_known_at(&known, STR("secret-two"), 0)->value, "c");
    assert_null(recording_known_at(&known, STR("secre"), 0));
}

static void short_texts_are_not_taken(void **state)
{
    struct scene *scene = *state;
    struct known known;
    recording_known_init(&known, scene->arena);
    recording_known_add(&known, STR("12345"), STR("a"));
    assert_int_equal(known.texts.count, 0);
    assert_null(recording_known_at(&known, STR("12345678"), 0));
}

static void thousands_are_found(void **state)
{
    struct scene *scene = *state;
    enum { COUNT = 5000 };
    struct known known;
    recording_known_init(&known, scene->arena);
    for (int i = 0; i < COUNT; i++) {
        struct str secret = arena_printf(scene->arena, "%06x-secret", i);
        recording_known_add(&known, secret,
                            arena_printf(scene->arena, "%d", i));
    }
    for (int i = 0; i < COUNT; i++) {
        struct str text = arena_printf(scene->arena, "%06x-secret.", i);
        assert_text(recording_known_at(&known, text, 0)->value,
                    arena_printf(scene->arena, "%d", i).ptr);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(each_form_is_found),
        SCENE_TEST(the_longest_counts),
        SCENE_TEST(short_texts_are_not_taken),
        SCENE_TEST(thousands_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
