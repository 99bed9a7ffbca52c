/* SPDX-License-Identifier: Apache-2.0 */
/* Files line by line: ends of lines, of files, and lines that are too long. */
#include "base/buf.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 100000 };

struct scratch {
    struct arena *arena;
    struct str path;
};

static struct scratch file_with(struct str text)
{
    struct scratch s = {.arena = arena_new()};
    char name[] = "/tmp/settled-lines-XXXXXX";
    struct str why = STR_NONE;
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    s.path = arena_str(s.arena, str_of(name));
    assert_true(file_replace(s.arena, s.path, text, &why));
    return s;
}

static void drop(struct scratch *s)
{
    assert_int_equal(unlink(s->path.ptr), 0);
    arena_free(s->arena);
}

/* "one|two|" with what kind of line each was: L, last (l), too long (X). */
static struct str read_as_text(struct scratch *s, size_t max_bytes)
{
    static const char letters[] = {'L', 'l', 'X'};
    struct buf seen = {0};
    struct str line = STR_NONE;
    struct str why = STR_NONE;
    struct file_lines *lines =
        file_lines_open(s->arena, s->path, max_bytes, &why);
    assert_non_null(lines);
    for (;;) {
        enum file_line kind = file_lines_next(lines, &line, &why);
        if (kind >= FILE_LINES_END) {
            assert_int_equal(kind, FILE_LINES_END);
            break;
        }
        buf_printf(&seen, "%c:%.*s|", letters[kind],
                   STR_ARG(str_first(line, 20)));
    }
    file_lines_close(lines);
    struct str text = arena_str(s->arena, buf_str(&seen));
    buf_free(&seen);
    return text;
}

static void lines_end_as_files_end_them(void **state)
{
    static const struct {
        const char *text;
        const char *seen;
    } rows[] = {
        {"", ""},
        {"\n", "L:|"},
        {"one", "l:one|"},
        {"one\n", "L:one|"},
        {"one\ntwo", "L:one|l:two|"},
        {"one\r\ntwo\r\n", "L:one|L:two|"},
        {"\n\none\n", "L:|L:|L:one|"},
        {"123456789\n1234567890\n12345678901\nend\n",
         "L:123456789|L:1234567890|X:|L:end|"},
        {"12345678901", "X:|"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scratch s = file_with(str_of(rows[i].text));
        struct str seen = read_as_text(&s, 10);
        assert_string_equal(seen.ptr, rows[i].seen);
        drop(&s);
    }
}

/* Lines of all lengths around the size in which the file is read. */
static void lines_are_whole_wherever_a_piece_ends(void **state)
{
    static const size_t lengths[] = {65535, 65536, 65537, 99999, 100000, 1};
    enum { COUNT = sizeof(lengths) / sizeof(lengths[0]) };
    struct buf text = {0};
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t k = 0; k < lengths[i]; k++) {
            buf_add_char(&text, (char)('a' + i));
        }
        buf_add_char(&text, '\n');
    }
    struct scratch s = file_with(buf_str(&text));
    struct str line = STR_NONE;
    struct str why = STR_NONE;
    struct file_lines *lines =
        file_lines_open(s.arena, s.path, LINE_MAX_BYTES, &why);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(file_lines_next(lines, &line, &why), FILE_LINE);
        assert_int_equal(line.len, lengths[i]);
        assert_int_equal(line.ptr[0], 'a' + (int)i);
        assert_int_equal(line.ptr[line.len - 1], 'a' + (int)i);
    }
    assert_int_equal(file_lines_next(lines, &line, &why), FILE_LINES_END);
    assert_int_equal(file_lines_next(lines, &line, &why), FILE_LINES_END);
    file_lines_close(lines);
    buf_free(&text);
    drop(&s);
}

static void a_line_far_too_long_is_passed_over_in_little_memory(void **state)
{
    struct buf text = {0};
    (void)state;
    buf_add(&text, STR("first\n"));
    for (size_t i = 0; i < 3000000; i++) {
        buf_add_char(&text, 'x');
    }
    buf_add(&text, STR("\nlast\n"));
    struct scratch s = file_with(buf_str(&text));
    assert_string_equal(read_as_text(&s, LINE_MAX_BYTES).ptr,
                        "L:first|X:|L:last|");
    buf_free(&text);
    drop(&s);
}

static void what_cannot_be_read_is_named(void **state)
{
    struct arena *arena = arena_new();
    struct str why = STR_NONE;
    struct str line = STR_NONE;
    (void)state;
    assert_null(file_lines_open(arena, STR("/nowhere/at/all"), 10, &why));
    assert_string_equal(why.ptr, "/nowhere/at/all: No such file or directory");
    struct file_lines *lines = file_lines_open(arena, STR("/tmp"), 10, &why);
    assert_non_null(lines);
    assert_int_equal(file_lines_next(lines, &line, &why), FILE_LINES_BROKEN);
    assert_string_equal(why.ptr, "/tmp: Is a directory");
    file_lines_close(lines);
    arena_free(arena);
}

static void only_regular_files_are_written_anew(void **state)
{
    struct scratch s = file_with(STR("something long\n"));
    struct str why = STR_NONE;
    (void)state;
    assert_true(file_replace(s.arena, s.path, STR("short\n"), &why));
    assert_string_equal(read_as_text(&s, 10).ptr, "L:short|");
    assert_false(file_replace(s.arena, STR("/tmp"), STR("x"), &why));
    assert_string_equal(why.ptr,
                        "/tmp: is no regular file and is left as it is");
    assert_false(file_replace(s.arena, STR("/nowhere/at/all"), STR("x"), &why));
    drop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_as_files_end_them),
        cmocka_unit_test(lines_are_whole_wherever_a_piece_ends),
        cmocka_unit_test(a_line_far_too_long_is_passed_over_in_little_memory),
        cmocka_unit_test(what_cannot_be_read_is_named),
        cmocka_unit_test(only_regular_files_are_written_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
