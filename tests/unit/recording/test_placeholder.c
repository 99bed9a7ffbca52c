/* SPDX-License-Identifier: Apache-2.0 */
/* How placeholders look, and that nothing else does. Start at main(). */
#include "scene.h"

#include "base/base64.h"

static void each_kind_has_its_shape(void **state)
{
    struct scene *scene = *state;
    struct arena *arena = scene->arena;
    assert_text(recording_placeholder_make(arena, 0xab),
                "redacted-00000000000000ab");
    assert_text(recording_placeholder_access_key(arena, 0xabcdef0123456789),
                "REDACTEDABCDEF012345");
    assert_text(recording_placeholder_account(arena, 100000007),
                "000000000007");
    assert_true(recording_placeholder_is(
        recording_placeholder_make(arena, UINT64_MAX)));
    assert_true(recording_placeholder_is(
        recording_placeholder_access_key(arena, UINT64_MAX)));
}

static void nothing_else_is_one(void **state)
{
    static const struct {
        const char *text;
        bool begins;
        bool is;
    } rows[] = {
        {"redacted-00000000000000ab", true, true},
        {"redacted-00000000000000ab!", true, false},
        {"redacted-00000000000000aB", false, false},
        {"redacted-00000000000000a", false, false},
        {"redacted", false, false},
        {"REDACTEDABCDEF012345", true, true},
        {"REDACTEDabcdef012345", false, false},
        {"", false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str text = str_of(rows[i].text);
        assert_true((recording_placeholder_at(text).ptr != NULL) ==
                    rows[i].begins);
        assert_true(recording_placeholder_is(text) == rows[i].is);
    }
}

static void base64_of_one_is_known_again(void **state)
{
    struct scene *scene = *state;
    struct str one = recording_placeholder_make(scene->arena, 7);
    assert_true(
        recording_placeholder_is_base64(base64_write(scene->arena, one)));
    assert_false(recording_placeholder_is_base64(STR("cmVkYWN0ZWQt")));
    assert_false(recording_placeholder_is_base64(one));
}

static void a_number_proves_itself_to_its_key(void **state)
{
    struct scene *scene = *state;
    unsigned char a[RECORDING_KEY_SIZE] = {1};
    unsigned char b[RECORDING_KEY_SIZE] = {2};
    size_t wrong = 0;
    for (int i = 0; i < 200; i++) {
        struct str number = arena_printf(scene->arena, "%d", i * 7919);
        struct str one = recording_placeholder_number(scene->arena, a, number);
        assert_int_equal(one.len, 10);
        assert_int_equal(one.ptr[0], '1');
        assert_true(recording_placeholder_may_be_number(one));
        assert_true(recording_placeholder_is_number(a, one));
        assert_false(recording_placeholder_is_number(a, number));
        wrong += recording_placeholder_is_number(b, one);
    }
    assert_true(wrong < 3);
}

static void an_account_is_no_part_of_a_longer_run(void **state)
{
    static const struct {
        const char *text;
        size_t at;
        bool is;
    } rows[] = {
        {"123456789012", 0, true},   {"1123456789012", 1, false},
        {"1234567890123", 0, false}, {"a123456789012b", 1, true},
        {"12345678901", 0, false},   {"12345678901x", 0, false},
        {"123456789012", 5, false},  {"", 0, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(recording_account_is_at(str_of(rows[i].text), rows[i].at) ==
                    rows[i].is);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(each_kind_has_its_shape),
        SCENE_TEST(nothing_else_is_one),
        SCENE_TEST(base64_of_one_is_known_again),
        SCENE_TEST(a_number_proves_itself_to_its_key),
        SCENE_TEST(an_account_is_no_part_of_a_longer_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
