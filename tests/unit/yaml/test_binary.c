/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 as it stands in documents. Here because it is broken into lines and
 * may be damaged. Start at the tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "yaml/yaml.h"

static void base64_becomes_bytes(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", ""},
        {"Zg==", "f"},
        {"Zm8=", "fo"},
        {"Zm9v", "foo"},
        {"Zm9vYg==", "foob"},
        {"Zm9v\n  YmFy\n", "foobar"},
        {" Z m 9 v\tYg\r\n==", "foob"},
        {"+/+/", "\xFB\xFF\xBF"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena *arena = arena_new();
        struct str bytes;
        size_t wrong = 0;
        assert_true(
            yaml_binary_decode(arena, str_of(rows[i][0]), &bytes, &wrong));
        assert_true(str_eq(bytes, str_of(rows[i][1])));
        arena_free(arena);
    }
}

static void damage_points_at_its_byte(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t wrong;
    } rows[] = {
        {"Zg", 2},    {"Zg=", 3},  {"Z", 1},        {"Z===", 1},  {"====", 0},
        {"Zm8==", 4}, {"Zm-v", 2}, {"Zg==Zg==", 4}, {"Zm9v=", 4}, {"Zg===", 4},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena *arena = arena_new();
        struct str bytes;
        size_t wrong = 0;
        assert_false(
            yaml_binary_decode(arena, str_of(rows[i].text), &bytes, &wrong));
        assert_int_equal(wrong, rows[i].wrong);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_becomes_bytes),
        cmocka_unit_test(damage_points_at_its_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
