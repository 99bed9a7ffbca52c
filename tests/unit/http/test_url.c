/* SPDX-License-Identifier: Apache-2.0 */
/* Targets, percent codes and absolute URLs, good and bad. */
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

static void a_target_is_a_path_and_a_query(void **state)
{
    static const char *const rows[][3] = {
        {"/a/b?c=d", "/a/b", "c=d"}, {"/", "/", ""},  {"/?", "/", ""},
        {"/a?b?c", "/a", "b?c"},     {"?x", "", "x"}, {"", "", ""},
        {"/%3f?y", "/%3f", "y"},     {"*", "*", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_str(http_target_path(str_of(rows[i][0])), rows[i][1]);
        assert_str(http_target_query(str_of(rows[i][0])), rows[i][2]);
    }
}

static void percent_codes_are_decoded_and_bad_ones_kept(void **state)
{
    static const struct {
        const char *text;
        bool plus;
        const char *expected;
    } rows[] = {
        {"", false, ""},
        {"a%20b", false, "a b"},
        {"a+b", true, "a b"},
        {"a+b", false, "a+b"},
        {"%41%7e%7E", true, "A~~"},
        {"%", true, "%"},
        {"%4", true, "%4"},
        {"%4g", true, "%4g"},
        {"%%41", true, "%A"},
        {"%c3%A9", true, "\xc3\xa9"},
        {"%2b", true, "+"},
        {"%2541", true, "%41"},
    };
    struct arena *arena = arena_new();
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_str(http_decode(arena, str_of(rows[i].text), rows[i].plus),
                   rows[i].expected);
    }
    assert_int_equal(http_decode(arena, STR("%00"), true).len, 1);
    arena_free(arena);
}

static void only_unreserved_characters_stay(void **state)
{
    struct arena *arena = arena_new();
    (void)state;
    assert_str(http_encode(arena, STR("AZaz09-._~"), false), "AZaz09-._~");
    assert_str(http_encode(arena, STR("a/b c+\xc3\xa9%"), false),
               "a%2Fb%20c%2B%C3%A9%25");
    assert_str(http_encode(arena, STR("/a/*"), true), "/a/%2A");
    for (int c = 0; c < 256; c++) {
        char byte = (char)c;
        struct str code = http_encode(arena, str_make(&byte, 1), false);
        struct str back = http_decode(arena, code, true);
        assert_int_equal(back.len, 1);
        assert_int_equal(back.ptr[0], byte);
    }
    arena_free(arena);
}

static void a_parameter_is_found_in_a_query(void **state)
{
    static const struct {
        const char *query;
        const char *name;
        const char *expected; /* NULL: absent */
    } rows[] = {
        {"a=1&b=2", "b", "2"},
        {"a=1&b=2", "c", NULL},
        {"a=1&a=2", "a", "1"},
        {"a", "a", ""},
        {"a=", "a", ""},
        {"a=b=c", "a", "b=c"},
        {"x%20y=%41+b", "x y", "A b"},
        {"", "a", NULL},
        {"&&a=1", "a", "1"},
        {"Aa=1", "aa", NULL},
    };
    struct arena *arena = arena_new();
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct str value = STR_NONE;
        bool found = http_query_get(arena, str_of(rows[i].query),
                                    str_of(rows[i].name), &value);
        assert_int_equal(found, rows[i].expected != NULL);
        if (found) {
            assert_str(value, rows[i].expected);
        }
    }
    arena_free(arena);
}

static void good_urls_are_taken_apart(void **state)
{
    static const struct {
        const char *text;
        const char *scheme;
        const char *host;
        uint16_t port;
        const char *path;
        const char *authority;
    } rows[] = {
        {"http://a", "http", "a", 80, "", "a"},
        {"HTTPS://A.b/", "https", "a.b", 443, "/", "a.b"},
        {"http://a:08080", "http", "a", 8080, "", "a:8080"},
        {"http://a:8080/x/../y?z=1&w", "http", "a", 8080, "/x/../y?z=1&w",
         "a:8080"},
        {"http://a:80", "http", "a", 80, "", "a"},
        {"https://a:443", "https", "a", 443, "", "a"},
        {"https://a:80", "https", "a", 80, "", "a:80"},
        {"http://127.0.0.1:1", "http", "127.0.0.1", 1, "", "127.0.0.1:1"},
        {"http://[::1]:65535/", "http", "::1", 65535, "/", "[::1]:65535"},
        {"https://[FE80::1]", "https", "fe80::1", 443, "", "[fe80::1]"},
        {"http://b_c-d.s3.amazonaws.com", "http", "b_c-d.s3.amazonaws.com", 80,
         "", "b_c-d.s3.amazonaws.com"},
        {"http://a./", "http", "a.", 80, "/", "a."},
    };
    struct arena *arena = arena_new();
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct http_url url;
        struct str error = STR_NONE;
        if (!http_url_parse(arena, str_of(rows[i].text), &url, &error)) {
            fail_msg("%s: %.*s", rows[i].text, STR_ARG(error));
        }
        assert_str(url.scheme, rows[i].scheme);
        assert_str(url.host, rows[i].host);
        assert_int_equal(url.port, rows[i].port);
        assert_str(url.path, rows[i].path);
        assert_str(url.authority, rows[i].authority);
    }
    arena_free(arena);
}

static void bad_urls_are_refused_with_a_reason(void **state)
{
    static const char *const rows[] = {
        "",
        "a",
        "ftp://a",
        "http:/a",
        "http:a",
        "//a",
        "http://",
        "http:///x",
        "http://?x",
        "http://a?x",
        "http://a#f",
        "http://a/#f",
        "http://a b",
        "http://a/ b",
        "http://a/\t",
        "http://a\r\nX: y",
        "http://\xc3\xa9",
        "http://a\\b",
        "http://user@a",
        "http://user:secret@a",
        "http://a:",
        "http://a:0",
        "http://a:65536",
        "http://a:-1",
        "http://a:1x",
        "http://a:99999999999999999999",
        "http://a..b",
        "http://.a",
        "http://::1",
        "http://[::1",
        "http://[::1]x",
        "http://[::1]:",
        "http://[]",
        "http://[::g]",
        "http://[127.0.0.1]",
        "http://[fe80::1%25eth0]",
        "http://a*b",
        "http://a%41",
    };
    struct arena *arena = arena_new();
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct http_url url;
        struct str error = STR_NONE;
        if (http_url_parse(arena, str_of(rows[i]), &url, &error)) {
            fail_msg("'%s' was taken", rows[i]);
        }
        assert_true(str_starts(error, STR("the URL ")));
        assert_false(str_contains(error, STR("secret")));
    }
    arena_free(arena);
}

static void loopback_is_told_from_the_rest(void **state)
{
    static const char *const yes[] = {
        "127.0.0.1", "127.255.1.2", "::1",         "0:0:0:0:0:0:0:1",
        "localhost", "LocalHost",   "a.localhost", "s3.eu.localhost",
    };
    static const char *const no[] = {
        "",
        "128.0.0.1",
        "127.0.0",
        "127.0.0.1.",
        "127.0.0.1.2",
        "127.0.0.256",
        "127.0.0.01",
        "0127.0.0.1",
        "127.1",
        "127..0.1",
        "127.0.0.1.example.com",
        "::2",
        "::",
        "localhost.com",
        "xlocalhost",
        ".localhost",
        "a..localhost",
        "localhost.localdomain",
        "10.0.0.1",
        "[::1]",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(yes); i++) {
        if (!http_host_is_loopback(str_of(yes[i]))) {
            fail_msg("'%s' is loopback", yes[i]);
        }
    }
    for (size_t i = 0; i < COUNT(no); i++) {
        if (http_host_is_loopback(str_of(no[i]))) {
            fail_msg("'%s' is not loopback", no[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_is_a_path_and_a_query),
        cmocka_unit_test(percent_codes_are_decoded_and_bad_ones_kept),
        cmocka_unit_test(only_unreserved_characters_stay),
        cmocka_unit_test(a_parameter_is_found_in_a_query),
        cmocka_unit_test(good_urls_are_taken_apart),
        cmocka_unit_test(bad_urls_are_refused_with_a_reason),
        cmocka_unit_test(loopback_is_told_from_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
