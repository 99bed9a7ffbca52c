/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies out of base64 and gzip, and headers that fit them. Here because tools
 * keep what was on the wire half undone. Start at the tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "convert/private.h"

/* "hello" */
#define PACKED "H4sIAAAAAAAC/8tIzcnJBwCGphA2BQAAAA=="

static void bodies_are_unpacked_and_headers_fit(void **state)
{
    (void)state;
    static const struct {
        const char *coding;
        const char *base64;
        bool head;
        bool good;
        const char *body;
        const char *length;
        const char *left; /* of the coding */
    } rows[] = {
        {"gzip", PACKED, false, true, "hello", "5", NULL},
        {"GZIP", PACKED, false, true, "hello", "5", NULL},
        {"gzip", "aGVsbG8=", false, true, "hello", "5", NULL},
        {"gzip", "H4sIAAAA", false, false, NULL, NULL, NULL},
        {"br", "aGVsbG8=", false, true, "hello", "5", "br"},
        {"gzip", "", true, true, "", "99", "gzip"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena *arena = arena_new();
        struct http_headers headers = {0};
        struct str body;
        assert_true(convert_unbase64(arena, str_of(rows[i].base64), &body));
        http_headers_add(arena, &headers, STR("Content-Encoding"),
                         str_of(rows[i].coding));
        http_headers_add(arena, &headers, STR("content-length"), STR("99"));
        http_headers_add(arena, &headers, STR("Transfer-Encoding"),
                         STR("chunked"));
        assert_int_equal(convert_unpack(arena, &headers, &body, rows[i].head),
                         rows[i].good);
        if (rows[i].good) {
            assert_true(str_eq(body, str_of(rows[i].body)));
            assert_true(str_eq(http_headers_get(&headers, "Content-Length"),
                               str_of(rows[i].length)));
            assert_true(str_eq(http_headers_get(&headers, "Content-Encoding"),
                               str_of(rows[i].left)));
        }
        assert_int_equal(http_headers_count(&headers, "Transfer-Encoding"), 0);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_are_unpacked_and_headers_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
