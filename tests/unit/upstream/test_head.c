/* SPDX-License-Identifier: Apache-2.0 */
/* The head of a response, line by line, without a socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "upstream/private.h"

/* Lines are cut at '|', which stands for a line break. */
static const struct {
    const char *lines;
    enum head_step last;
    int status;
    const char *headers; /* "name=value;" each */
} rows[] = {
    {"HTTP/1.1 200 OK|A: b||", HEAD_WHOLE, 200, "A=b;"},
    {"HTTP/1.1 200|a:b||", HEAD_WHOLE, 200, "a=b;"},
    {"HTTP/1.0 404 Not Found||", HEAD_WHOLE, 404, ""},
    {"HTTP/1.1 200 OK|A:  b c  |B:||", HEAD_WHOLE, 200, "A=b c;B=;"},
    {"HTTP/1.1 200 OK|A: b:c||", HEAD_WHOLE, 200, "A=b:c;"},
    {"HTTP/1.1 200 OK|A \t: b||", HEAD_WHOLE, 200, "A=b;"},
    {"HTTP/1.1 200 OK|!#$%&'*+-.^_`~9: b||", HEAD_WHOLE, 200,
     "!#$%&'*+-.^_`~9=b;"},
    {"HTTP/1.1 200 OK|A: b|  c|\td||", HEAD_WHOLE, 200, "A=b c d;"},
    {"HTTP/1.1 200 OK|A: b\rX: c||", HEAD_WHOLE, 200, "A=b X: c;"},
    {"HTTP/1.1 200 OK|A: b\r|\r c\rd||", HEAD_WHOLE, 200, "A=b c d;"},
    {"HTTP/1.1 200 OK|A: b| c|B: d| e| f||", HEAD_WHOLE, 200, "A=b c;B=d e f;"},
    {"HTTP/1.1 200 OK|A: b| |\t|B: c||", HEAD_WHOLE, 200, "A=b  ;B=c;"},
    {"HTTP/1.1 200 OK|A: b| |", HEAD_MORE, 200, "A=b ;"},
    {"HTTP/1.1 100 Continue||", HEAD_INTERIM, 100, ""},
    {"HTTP/1.1 100 C|X: 1||HTTP/1.1 103 E|Y: 2||HTTP/1.1 200 OK|Z: 3||",
     HEAD_WHOLE, 200, "Z=3;"},
    {"HTTP/1.1 200 OK|Connection: x|X: 1|Y: 2||", HEAD_WHOLE, 200, "Y=2;"},
    {"HTTP/1.1 200 OK|X: 1|connection: close, x|Connection: z|Z: 1|Y: 2||",
     HEAD_WHOLE, 200, "Y=2;"},
    {"HTTP/1.1 200 OK|Keep-Alive: 5|TE: x|Upgrade: y|Trailer: A|A: b|"
     "Proxy-Connection: keep-alive||",
     HEAD_WHOLE, 200, "A=b;"},
    {"HTTP/1.1 200 OK|Transfer-Encoding: Chunked|A: b||", HEAD_WHOLE, 200,
     "A=b;"},
    {"HTTP/1.1 200 OK|Content-Length: 5|content-length: 5||", HEAD_WHOLE, 200,
     "Content-Length=5;"},
    {"HTTP/1.1 101 S||", HEAD_BAD, 101, ""},
    {"HTTP/1.1 099 S|", HEAD_BAD, 0, ""},
    {"HTTP/1.1 2x0 S|", HEAD_BAD, 0, ""},
    {"HTTP/1.1|", HEAD_BAD, 0, ""},
    {"HTTP/1.1x200 S|", HEAD_BAD, 0, ""},
    {"HTTP/1.1 2000 S|", HEAD_BAD, 0, ""},
    {"HTTP/1.x 200 S|", HEAD_BAD, 0, ""},
    {"HTTP/2 200 S|", HEAD_BAD, 0, ""},
    {"HTTP/2.0 200 S|", HEAD_BAD, 0, ""},
    {"|HTTP/1.1 200 S|", HEAD_BAD, 0, ""},
    {"A: b||", HEAD_BAD, 0, ""},
    {"HTTP/1.1 200 OK|HTTP/1.1 201 OK|", HEAD_BAD, 200, ""},
    {"HTTP/1.1 200 OK|Content-Length: 5|Content-Length: 6|", HEAD_BAD, 200,
     "Content-Length=5;"},
    {"HTTP/1.1 200 OK|Content-Length: 5, 5|", HEAD_BAD, 200, ""},
    {"HTTP/1.1 200 OK|Content-Length: +5|", HEAD_BAD, 200, ""},
    {"HTTP/1.1 200 OK|Content-Length: -1|", HEAD_BAD, 200, ""},
    {"HTTP/1.1 200 OK|Content-Length:|", HEAD_BAD, 200, ""},
    {"HTTP/1.1 200 OK|Content-Length: 9223372036854775808|", HEAD_BAD, 200, ""},
    {"HTTP/1.1 200 OK|Content-Length: 5| 6|", HEAD_BAD, 200,
     "Content-Length=5;"},
    {"HTTP/1.1 200 OK|Transfer-Encoding: gzip, chunked|", HEAD_BAD, 200, ""},
    {"HTTP/1.1 200 OK|Transfer-Encoding: chunked|Transfer-Encoding: chunked|",
     HEAD_BAD, 200, ""},
    {"HTTP/1.1 200 OK|A: b|Connection: keep-alive,| x|", HEAD_BAD, 200, "A=b;"},
    {"HTTP/1.1 200 OK|no colon|", HEAD_BAD, 200, ""},
    {"HTTP/1.1 200 OK|: b|", HEAD_BAD, 200, ""},
    {"HTTP/1.1 200 OK|A B: c|", HEAD_BAD, 200, ""},
    {"HTTP/1.1 200 OK|A\rB: c|", HEAD_BAD, 200, ""},
    {"HTTP/1.1 200 OK|\"A\": b|", HEAD_BAD, 200, ""},
    {"HTTP/1.1 200 OK|A\x01: b|", HEAD_BAD, 200, ""},
    {"HTTP/1.1 200 OK|\xc3\xa4: b|", HEAD_BAD, 200, ""},
    {"HTTP/1.1 100 C|A(): b|", HEAD_BAD, 100, ""},
    {"HTTP/1.1 200 OK| |", HEAD_BAD, 200, ""},
    {"HTTP/1.1 200 OK|\r|", HEAD_BAD, 200, ""},
    {"HTTP/1.1 200 OK| fold of nothing|", HEAD_BAD, 200, ""},
};

static enum head_step take_all(struct head *head, struct arena *arena,
                               const char *lines)
{
    enum head_step step = HEAD_MORE;
    struct str rest = str_of(lines);
    while (rest.len > 0 && step != HEAD_BAD) {
        struct str line = str_cut(&rest, '|');
        step = head_take(head, arena, arena_join(arena, line, STR("\r\n")));
    }
    return step;
}

static void heads_are_read_line_by_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena *arena = arena_new();
        struct head head;
        struct str text = STR("");
        head_init(&head);
        enum head_step last = take_all(&head, arena, rows[i].lines);
        for (size_t k = 0; k < head.headers.count; k++) {
            text = arena_printf(arena, "%.*s%.*s=%.*s;", STR_ARG(text),
                                STR_ARG(head.headers.at[k].name),
                                STR_ARG(head.headers.at[k].value));
        }
        if (last != rows[i].last || head.status != rows[i].status ||
            !str_eq(text, str_of(rows[i].headers))) {
            fail_msg("%s: step %d, status %d, %.*s", rows[i].lines, (int)last,
                     head.status, STR_ARG(text));
        }
        arena_free(arena);
    }
}

static void a_zero_byte_or_a_head_without_end_is_refused(void **state)
{
    struct arena *arena = arena_new();
    struct head head;
    size_t lines = 0;
    (void)state;
    head_init(&head);
    assert_int_equal(take_all(&head, arena, "HTTP/1.1 200 OK"), HEAD_MORE);
    assert_int_equal(head_take(&head, arena, str_make("A: b\0c\r\n", 8)),
                     HEAD_BAD);
    while (head_take(&head, arena, STR("A:\r\n")) == HEAD_MORE) {
        lines++;
        assert_true(lines < 100000);
    }
    assert_int_equal(lines, HTTP_HEADERS_MAX);
    while (head_take(&head, arena, STR(" 01\r\n")) == HEAD_MORE) {
        lines++;
        assert_true(lines < 100000);
    }
    assert_true(lines > 2 * HTTP_HEADERS_MAX);
    arena_free(arena);
}

static void many_folds_take_memory_in_proportion(void **state)
{
    enum { FOLDS = 3000, MOST = 100 * 1000 };
    struct arena *arena = arena_new();
    struct head head;
    (void)state;
    head_init(&head);
    assert_int_equal(take_all(&head, arena, "HTTP/1.1 200 OK|A: b"), HEAD_MORE);
    for (int i = 0; i < FOLDS; i++) {
        assert_int_equal(head_take(&head, arena, STR(" c\r\n")), HEAD_MORE);
    }
    assert_int_equal(head_take(&head, arena, STR("\r\n")), HEAD_WHOLE);
    assert_int_equal(head.headers.at[0].value.len, 1 + 2 * FOLDS);
    assert_true(arena_size(arena) < MOST);
    arena_free(arena);
}

/* The lines that follow "HTTP/1.". */
static const struct {
    const char *lines;
    bool lasts;
} lasting[] = {
    {"1 200 OK||", true},
    {"1 200 OK|Connection: close||", false},
    {"1 200 OK|Connection: Close||", false},
    {"1 200 OK|Connection: keep-alive, close||", false},
    {"1 200 OK|Connection: close|Connection: keep-alive||", false},
    {"1 200 OK|Connection: x|X: close||", true},
    {"0 200 OK||", false},
    {"0 200 OK|Connection: keep-alive||", true},
    {"0 200 OK|Connection: keep-alive|Transfer-Encoding: chunked||", false},
    {"1 100 C|Connection: close||HTTP/1.1 200 OK||", true},
};

static void a_head_says_whether_its_connection_lasts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lasting) / sizeof(lasting[0]); i++) {
        struct arena *arena = arena_new();
        struct head head;
        struct str lines =
            arena_join(arena, STR("HTTP/1."), str_of(lasting[i].lines));
        head_init(&head);
        lines = arena_str(arena, lines);
        assert_int_equal(take_all(&head, arena, lines.ptr), HEAD_WHOLE);
        if (head.lasts != lasting[i].lasts) {
            fail_msg("%s", lines.ptr);
        }
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_are_read_line_by_line),
        cmocka_unit_test(a_zero_byte_or_a_head_without_end_is_refused),
        cmocka_unit_test(many_folds_take_memory_in_proportion),
        cmocka_unit_test(a_head_says_whether_its_connection_lasts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
