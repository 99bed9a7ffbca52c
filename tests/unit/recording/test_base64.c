/* SPDX-License-Identifier: Apache-2.0 */
/* The examples of RFC 4648, all byte values, and what is no base64. Start at
 * main(). */
#include "scene.h"

static void the_examples_of_the_rfc_hold(void **state)
{
    struct scene *scene = *state;
    static const char *const rows[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str bytes = STR_NONE;
        assert_text(base64_write(scene->arena, str_of(rows[i][0])), rows[i][1]);
        assert_true(base64_read(scene->arena, str_of(rows[i][1]), &bytes));
        assert_text(bytes, rows[i][0]);
    }
}

static void all_bytes_come_back(void **state)
{
    struct scene *scene = *state;
    char all[256];
    for (size_t i = 0; i < sizeof(all); i++) {
        all[i] = (char)i;
    }
    for (size_t len = 0; len <= sizeof(all); len++) {
        struct str bytes = STR_NONE;
        struct str text = base64_write(scene->arena, str_make(all, len));
        assert_true(base64_read(scene->arena, text, &bytes));
        assert_true(str_eq(bytes, str_make(all, len)));
    }
}

static void other_text_is_refused(void **state)
{
    struct scene *scene = *state;
    static const char *const rows[] = {
        "Zg",   "Zg=",    "Zg===", "=",        "====", "Zh==", "Zm9=",
        "Zm 9", "Zm9v\n", "Z=g=",  "Zm9v=Zg=", "Zm-v", "Zm_v",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str bytes = STR_NONE;
        if (base64_read(scene->arena, str_of(rows[i]), &bytes)) {
            fail_msg("\"%s\" is taken", rows[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(the_examples_of_the_rfc_hold),
        SCENE_TEST(all_bytes_come_back),
        SCENE_TEST(other_text_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
