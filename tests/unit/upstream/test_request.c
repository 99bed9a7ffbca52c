/* SPDX-License-Identifier: Apache-2.0 */
/* What stands on the wire, byte by byte, and what never gets there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture.h"

static void what_is_no_request_is_refused(void **state)
{
    static const struct {
        const char *origin;
        const char *method;
        const char *target;
        const char *name;
        const char *value;
    } rows[] = {
        {"ftp://127.0.0.1", "GET", "/", "A", "b"},
        {"http://user:secret@127.0.0.1", "GET", "/", "A", "b"},
        {"http://127.0.0.1/path", "GET", "/", "A", "b"},
        {"http://127.0.0.1:1", "GE T", "/", "A", "b"},
        {"http://127.0.0.1:1", "GET", "/ HTTP/1.1\r\nX: y", "A", "b"},
        {"http://127.0.0.1:1", "GET", "", "A", "b"},
        {"http://127.0.0.1:1", "GET", "/", "A:", "b"},
        {"http://127.0.0.1:1", "GET", "/", "A", "b\r\nX: y"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        struct asker a;
        fixture_start(&f, NULL, 0);
        ask_prepare(&f, &a, rows[i].method);
        a.fetch.origin = str_of(rows[i].origin);
        a.fetch.request.target = str_of(rows[i].target);
        http_headers_add(f.arena, &a.fetch.request.headers,
                         str_of(rows[i].name), str_of(rows[i].value));
        http_fetch_send(f.client, &a.fetch);
        assert_int_equal(a.done_count, 0);
        run_until(&f, &a.done_count, 1);
        assert_int_equal(a.fetch.outcome, HTTP_REFUSED);
        assert_false(str_contains(a.fetch.error, STR("secret")));
        fixture_stop(&f, &a, 1);
    }
}

static void headers_go_out_as_given(void **state)
{
    static const struct answer answers[] = {{OK_TEXT, 0, KEEP, 0, 0}};
    struct fixture f;
    struct asker a;
    (void)state;
    fixture_start(&f, answers, 1);
    ask_prepare(&f, &a, "POST");
    struct http_headers *headers = &a.fetch.request.headers;
    a.fetch.request.target = STR("/a//b/../c%2f?x=%20&y");
    http_headers_add(f.arena, headers, STR("X-b"), STR("1"));
    http_headers_add(f.arena, headers, STR("x-A"), STR("2"));
    http_headers_add(f.arena, headers, STR("Content-Length"), STR("77"));
    http_headers_add(f.arena, headers, STR("transfer-encoding"), STR("gzip"));
    http_headers_add(f.arena, headers, STR("Connection"), STR("close"));
    http_headers_add(f.arena, headers, STR("Expect"), STR("100-continue"));
    http_headers_add(f.arena, headers, STR("X-Empty"), STR(""));
    http_headers_add(f.arena, headers, STR("X-b"), STR("3"));
    http_headers_add(f.arena, headers, STR("Host"), STR("example.test"));
    ask_whole(&f, &a);
    assert_int_equal(a.fetch.outcome, HTTP_ANSWERED);
    assert_str(buf_str(&f.server.heads),
               "POST /a//b/../c%2f?x=%20&y HTTP/1.1\r\n"
               "Host: example.test\r\n"
               "X-b: 1\r\nx-A: 2\r\nX-Empty:\r\nX-b: 3\r\n"
               "Content-Length: 0\r\n\r\n");
    fixture_stop(&f, &a, 1);
}

static void the_framing_is_ours(void **state)
{
    static const struct {
        const char *method;
        const char *body;
        const char *length;
    } rows[] = {
        {"GET", "", NULL},    {"POST", "", "0"},    {"PUT", "", "0"},
        {"PATCH", "", "0"},   {"DELETE", "", NULL}, {"HEAD", "", NULL},
        {"POST", "abc", "3"}, {"GET", "ab", "2"},   {"DELETE", "a", "1"},
        {"PUT", "abcd", "4"},
    };
    static const struct answer answers[] = {
        {"HTTP/1.1 204 No\r\n\r\n", 0, KEEP, 0, 0}};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        struct asker a;
        fixture_start(&f, answers, 1);
        ask_prepare(&f, &a, rows[i].method);
        a.fetch.request.body = str_of(rows[i].body);
        ask_whole(&f, &a);
        assert_int_equal(a.fetch.outcome, HTTP_ANSWERED);
        struct str head =
            arena_printf(f.arena, "%s / HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n",
                         rows[i].method, (unsigned)f.server.port);
        if (rows[i].length != NULL) {
            head = arena_printf(f.arena, "%.*sContent-Length: %s\r\n",
                                STR_ARG(head), rows[i].length);
        }
        head = arena_join(f.arena, head, STR("\r\n"));
        assert_str(buf_str(&f.server.heads), head.ptr);
        assert_str(buf_str(&f.server.bodies), rows[i].body);
        fixture_stop(&f, &a, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_request_is_refused),
        cmocka_unit_test(headers_go_out_as_given),
        cmocka_unit_test(the_framing_is_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
