/* SPDX-License-Identifier: Apache-2.0 */
/* Line, column and caret. Here because an error that points wrong is worse
 * than none. Start at the tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/diag.h"

static void an_offset_has_a_line_and_a_column(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t offset, line, column;
    } rows[] = {
        {"", 0, 1, 1},          {"abc", 0, 1, 1},
        {"abc", 2, 1, 3},       {"abc", 3, 1, 4},
        {"abc", 99, 1, 4},      {"a\nb", 1, 1, 2},
        {"a\nb", 2, 2, 1},      {"a\n\nb", 2, 2, 1},
        {"a\n\nb", 3, 3, 1},    {"a\n", 2, 2, 1},
        {"\xC3\xA9x", 2, 1, 2}, {"\xF0\x9F\x98\x80\n\xE2\x82\xACx", 8, 2, 2},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct source source = {STR("t"), str_of(rows[i].text)};
        struct place place = source_place(&source, rows[i].offset);
        assert_int_equal(place.line, rows[i].line);
        assert_int_equal(place.column, rows[i].column);
    }
}

static void assert_printed(const char *text, struct span span,
                           const char *expected)
{
    struct arena *arena = arena_new();
    struct source source = {STR("f.json"), str_of(text)};
    struct diag diag;
    struct buf out = {0};
    diag_init(&diag, arena);
    diag_add(&diag, &source, span, "bad %s", "thing");
    diag_print(&diag, &out);
    buf_add_char(&out, '\0');
    assert_string_equal(out.bytes, expected);
    buf_free(&out);
    arena_free(arena);
}

static void an_error_is_printed_with_its_line_and_a_caret(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct span span;
        const char *expected;
    } rows[] = {
        {"one\ntwo three\nfour",
         {8, 13},
         "f.json:2:5: error: bad thing\n  two three\n      ^~~~~\n"},
        {"abc", {1, 2}, "f.json:1:2: error: bad thing\n  abc\n   ^\n"},
        {"abc", {1, 1}, "f.json:1:2: error: bad thing\n  abc\n   ^\n"},
        {"abc", {3, 3}, "f.json:1:4: error: bad thing\n  abc\n     ^\n"},
        {"abc\n", {4, 4}, "f.json:2:1: error: bad thing\n  \n  ^\n"},
        {"", {0, 0}, "f.json:1:1: error: bad thing\n  \n  ^\n"},
        {"\tab\ncd", {2, 6}, "f.json:1:3: error: bad thing\n  \tab\n  \t ^\n"},
        {"\xC3\xA9\xC3\xA9\xC3\xA9",
         {2, 6},
         "f.json:1:2: error: bad thing\n  \xC3\xA9\xC3\xA9\xC3\xA9\n   ^~\n"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_printed(rows[i].text, rows[i].span, rows[i].expected);
    }
}

static void a_source_of_no_text_can_be_printed(void **state)
{
    (void)state;
    assert_printed(NULL, (struct span){0, 0},
                   "f.json:1:1: error: bad thing\n  \n  ^\n");
}

static void a_line_too_long_to_read_is_left_out(void **state)
{
    (void)state;
    char text[400];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_printed(text, (struct span){300, 301},
                   "f.json:1:301: error: bad thing\n");
}

static void all_errors_are_kept_in_order(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct diag diag;
    struct buf out = {0};
    diag_init(&diag, arena);
    for (int i = 1; i <= 3; i++) {
        diag_add(&diag, NULL, (struct span){0, 0}, "number %d", i);
    }
    assert_int_equal(diag.count, 3);
    diag_print(&diag, &out);
    assert_true(str_eq(buf_str(&out), STR("error: number 1\nerror: number 2\n"
                                          "error: number 3\n")));
    buf_free(&out);
    arena_free(arena);
}

static void more_errors_than_anybody_reads_are_summed_up(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct diag diag;
    struct buf out = {0};
    diag_init(&diag, arena);
    for (int i = 1; i <= 1000; i++) {
        diag_add(&diag, NULL, (struct span){0, 0}, "number %d", i);
    }
    assert_int_equal(diag.count, 101);
    diag_print(&diag, &out);
    assert_true(str_ends(buf_str(&out),
                         STR("error: number 100\nerror: there is more to "
                             "complain of than is told here\n")));
    buf_free(&out);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_offset_has_a_line_and_a_column),
        cmocka_unit_test(an_error_is_printed_with_its_line_and_a_caret),
        cmocka_unit_test(a_source_of_no_text_can_be_printed),
        cmocka_unit_test(a_line_too_long_to_read_is_left_out),
        cmocka_unit_test(all_errors_are_kept_in_order),
        cmocka_unit_test(more_errors_than_anybody_reads_are_summed_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
