/* SPDX-License-Identifier: Apache-2.0 */
/* The examples of RFC 4648, all byte values, what is no base64, and what is it
 * only for a patient reader. Start at main(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base64.h"

#define ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

static void the_examples_of_the_rfc_hold(void **state)
{
    static const char *const rows[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xFB\xFF\xBF", "+/+/"},
    };
    struct arena *arena = arena_new();
    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct str bytes = STR_NONE;
        struct str text = base64_write(arena, str_of(rows[i][0]));
        assert_true(str_eq(text, str_of(rows[i][1])));
        assert_true(base64_read(arena, text, &bytes));
        assert_true(str_eq(bytes, str_of(rows[i][0])));
    }
    arena_free(arena);
}

static void all_bytes_come_back(void **state)
{
    struct arena *arena = arena_new();
    char all[256];
    (void)state;
    for (size_t i = 0; i < sizeof(all); i++) {
        all[i] = (char)i;
    }
    for (size_t len = 0; len <= sizeof(all); len++) {
        struct str bytes = STR_NONE;
        struct str text = base64_write(arena, str_make(all, len));
        assert_true(base64_read(arena, text, &bytes));
        assert_true(str_eq(bytes, str_make(all, len)));
    }
    arena_free(arena);
}

static void other_text_is_refused(void **state)
{
    static const char *const rows[] = {
        "Zg",   "Zg=",    "Zg===", "=",        "====", "Zh==", "Zm9=",
        "Zm 9", "Zm9v\n", "Z=g=",  "Zm9v=Zg=", "Zm-v", "Zm_v",
    };
    struct arena *arena = arena_new();
    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct str bytes = STR_NONE;
        if (base64_read(arena, str_of(rows[i]), &bytes) || bytes.ptr != NULL) {
            fail_msg("\"%s\" is taken", rows[i]);
        }
    }
    arena_free(arena);
}

static void blanks_and_stray_bits_are_read_over(void **state)
{
    static const char *const rows[][2] = {
        {"", ""},
        {"Zm8=", "fo"},
        {"Zm9v\n  YmFy\n", "foobar"},
        {" Z m 9 v\tYg\r\n==", "foob"},
        {"Zh==", "f"},
        {"Zm9=", "fo"},
    };
    struct arena *arena = arena_new();
    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct str bytes = STR_NONE;
        size_t wrong = 0;
        assert_true(
            base64_read_loose(arena, str_of(rows[i][0]), &bytes, &wrong));
        assert_true(str_eq(bytes, str_of(rows[i][1])));
    }
    arena_free(arena);
}

static void damage_points_at_its_byte(void **state)
{
    static const struct {
        const char *text;
        size_t wrong;
    } rows[] = {
        {"Zg", 2},    {"Zg=", 3},  {"Z", 1},        {"Z===", 1},  {"====", 0},
        {"Zm8==", 4}, {"Zm-v", 2}, {"Zg==Zg==", 4}, {"Zm9v=", 4}, {"Zg===", 4},
    };
    struct arena *arena = arena_new();
    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct str bytes = STR_NONE;
        size_t wrong = 0;
        assert_false(
            base64_read_loose(arena, str_of(rows[i].text), &bytes, &wrong));
        assert_int_equal(wrong, rows[i].wrong);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_rfc_hold),
        cmocka_unit_test(all_bytes_come_back),
        cmocka_unit_test(other_text_is_refused),
        cmocka_unit_test(blanks_and_stray_bits_are_read_over),
        cmocka_unit_test(damage_points_at_its_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
