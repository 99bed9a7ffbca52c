/* SPDX-License-Identifier: Apache-2.0 */
/* Header lists, copies, and what ends at a hop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/message.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void assert_str(struct str text, const char *expected)
{
    if (!str_eq(text, str_of(expected))) {
        fail_msg("'%.*s' is not '%s'", STR_ARG(text), expected);
    }
}

/* "a=1 b=2" */
static struct http_headers list_of(struct arena *arena, const char *text)
{
    struct http_headers headers = {0};
    struct str rest = str_of(text);
    while (rest.len > 0) {
        struct str value = str_cut(&rest, ' ');
        struct str name = str_cut(&value, '=');
        http_headers_add(arena, &headers, name, value);
    }
    return headers;
}

static void assert_list(struct arena *arena, const struct http_headers *headers,
                        const char *expected)
{
    struct str text = STR("");
    for (size_t i = 0; i < headers->count; i++) {
        text = arena_printf(arena, "%.*s%s%.*s=%.*s", STR_ARG(text),
                            i == 0 ? "" : " ", STR_ARG(headers->at[i].name),
                            STR_ARG(headers->at[i].value));
    }
    assert_str(text, expected);
}

static void names_are_found_in_any_case(void **state)
{
    struct arena *arena = arena_new();
    struct http_headers headers = list_of(arena, "Host=a X-b=1 x-B=2 E=");
    (void)state;
    assert_str(http_headers_get(&headers, "HOST"), "a");
    assert_str(http_headers_get(&headers, "x-b"), "1");
    assert_int_equal(http_headers_count(&headers, "X-B"), 2);
    assert_int_equal(http_headers_count(&headers, "none"), 0);
    assert_null(http_headers_get(&headers, "none").ptr);
    assert_non_null(http_headers_get(&headers, "e").ptr);
    assert_list(arena, &headers, "Host=a X-b=1 x-B=2 E=");
    arena_free(arena);
}

static void setting_replaces_all_of_a_name(void **state)
{
    struct arena *arena = arena_new();
    struct http_headers headers = list_of(arena, "A=1 b=2 B=3 C=4");
    (void)state;
    http_headers_set(arena, &headers, STR("B"), headers.at[1].value);
    assert_list(arena, &headers, "A=1 C=4 B=2");
    http_headers_set(arena, &headers, STR("D"), STR("5"));
    assert_list(arena, &headers, "A=1 C=4 B=2 D=5");
    http_headers_remove(&headers, headers.at[0].name);
    assert_list(arena, &headers, "C=4 B=2 D=5");
    arena_free(arena);
}

static void many_headers_keep_their_order(void **state)
{
    struct arena *arena = arena_new();
    struct http_headers headers = {0};
    (void)state;
    for (int i = 0; i < 100; i++) {
        http_headers_add(arena, &headers, STR("N"),
                         arena_printf(arena, "%d", i));
    }
    for (int i = 0; i < 100; i++) {
        assert_str(headers.at[i].value, arena_printf(arena, "%d", i).ptr);
    }
    arena_free(arena);
}

static void what_ends_at_a_hop_is_dropped(void **state)
{
    static const char *const rows[][2] = {
        {"", ""},
        {"A=1 Connection=close B=2", "A=1 B=2"},
        {"X-Hop=1 A=1 connection=Keep-Alive,x-hop,,Y Y=2 B=1 y=3", "A=1 B=1"},
        {"Connection=a Connection=b a=1 B=2 c=3", "c=3"},
        {"Connection=connection Connection=a a=1 b=2", "b=2"},
        {"Keep-Alive=1 TE=1 trailer=1 Transfer-Encoding=1 Upgrade=1 Z=1",
         "Z=1"},
        {"Proxy-Authorization=1 proxy-connection=1 Proxy=1", "Proxy=1"},
        {"Content-Length=1 Trailers=2", "Content-Length=1 Trailers=2"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena *arena = arena_new();
        struct http_headers headers = list_of(arena, rows[i][0]);
        http_headers_drop_hop_by_hop(&headers);
        assert_list(arena, &headers, rows[i][1]);
        arena_free(arena);
    }
}

static void a_copy_outlives_what_it_was_made_of(void **state)
{
    struct arena *arena = arena_new();
    struct arena *other = arena_new();
    (void)state;
    struct http_request request = {
        .method = arena_str(other, STR("PUT")),
        .target = arena_str(other, STR("/a?b")),
        .headers = list_of(other, "A=1 B=2"),
        .body = arena_str(other, STR("body")),
    };
    struct http_response response = {
        .status = 201, .headers = list_of(other, "C=3"), .body = STR_NONE};
    struct http_request request_copy = http_request_copy(arena, &request);
    struct http_response response_copy = http_response_copy(arena, &response);
    arena_free(other);
    assert_str(request_copy.method, "PUT");
    assert_str(request_copy.target, "/a?b");
    assert_str(request_copy.body, "body");
    assert_list(arena, &request_copy.headers, "A=1 B=2");
    assert_int_equal(response_copy.status, 201);
    assert_list(arena, &response_copy.headers, "C=3");
    http_headers_add(arena, &response_copy.headers, STR("D"), STR("4"));
    assert_list(arena, &response_copy.headers, "C=3 D=4");
    arena_free(arena);
}

static void a_response_says_how_long_its_body_is(void **state)
{
    static const struct {
        int status;
        const char *length;
        int64_t wanted;
    } rows[] = {
        {200, "0", 0},  {200, "17", 17}, {200, NULL, -1},
        {200, "x", -1}, {200, "-1", -1}, {204, NULL, 0},
        {304, NULL, 0}, {304, "5", 5},   {200, "18446744073709551615", -1},
    };
    struct arena *arena = arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_response response = {.status = rows[i].status};
        if (rows[i].length != NULL) {
            http_headers_add(arena, &response.headers, STR("content-length"),
                             str_of(rows[i].length));
        }
        assert_int_equal(http_response_length(&response), rows[i].wanted);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_response_says_how_long_its_body_is),
        cmocka_unit_test(names_are_found_in_any_case),
        cmocka_unit_test(setting_replaces_all_of_a_name),
        cmocka_unit_test(many_headers_keep_their_order),
        cmocka_unit_test(what_ends_at_a_hop_is_dropped),
        cmocka_unit_test(a_copy_outlives_what_it_was_made_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
