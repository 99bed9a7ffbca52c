/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as people write them. */
#include "app/private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void listen_addresses_are_read(void **state)
{
    static const struct {
        const char *text;
        const char *host; /* NULL: refused */
        unsigned port;
        bool loopback;
    } rows[] = {
        {"127.0.0.1:0", "127.0.0.1", 0, true},
        {"localhost:8080", "127.0.0.1", 8080, true},
        {":8080", "127.0.0.1", 8080, true},
        {"[::1]:80", "::1", 80, true},
        {"0.0.0.0:65535", "0.0.0.0", 65535, false},
        {"10.0.0.7:1", "10.0.0.7", 1, false},
        {"127.0.0.1", NULL, 0, false},
        {"127.0.0.1:", NULL, 0, false},
        {"127.0.0.1:65536", NULL, 0, false},
        {"127.0.0.1:-1", NULL, 0, false},
        {"127.0.0.1:8o", NULL, 0, false},
        {"", NULL, 0, false},
    };
    struct arena *arena = arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct listen_at at = {0};
        struct str why = STR_NONE;
        bool good = parse_listen(arena, str_of(rows[i].text), &at, &why);
        assert_int_equal(good, rows[i].host != NULL);
        assert_int_equal(why.len == 0, good);
        if (good) {
            assert_string_equal(at.host.ptr, rows[i].host);
            assert_int_equal(at.port, rows[i].port);
            assert_int_equal(at.loopback, rows[i].loopback);
        }
    }
    arena_free(arena);
}

static void any_address_is_reached_by_loopback(void **state)
{
    (void)state;
    assert_true(str_eq(listen_reachable(STR("0.0.0.0")), STR("127.0.0.1")));
    assert_true(str_eq(listen_reachable(STR("::")), STR("::1")));
    assert_true(str_eq(listen_reachable(STR("10.0.0.7")), STR("10.0.0.7")));
}

static void upstreams_are_read(void **state)
{
    static const struct {
        const char *text;
        const char *url; /* NULL: refused */
        bool loopback;
    } rows[] = {
        {"http://127.0.0.1:5000", "http://127.0.0.1:5000", true},
        {"http://127.0.0.1:5000/", "http://127.0.0.1:5000", true},
        {"http://localhost:4566", "http://localhost:4566", true},
        {"http://[::1]:5000", "http://[::1]:5000", true},
        {"https://emulator.example", "https://emulator.example", false},
        {"http://127.0.0.1.example:5000", "http://127.0.0.1.example:5000",
         false},
        {"http://127.0.0.1:5000/path", NULL, false},
        {"127.0.0.1:5000", NULL, false},
        {"ftp://127.0.0.1", NULL, false},
    };
    struct arena *arena = arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str url = STR_NONE;
        struct str why = STR_NONE;
        bool loopback = false;
        bool good =
            parse_upstream(arena, str_of(rows[i].text), &url, &loopback, &why);
        assert_int_equal(good, rows[i].url != NULL);
        assert_int_equal(why.len == 0, good);
        if (good) {
            assert_string_equal(url.ptr, rows[i].url);
            assert_int_equal(loopback, rows[i].loopback);
        }
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listen_addresses_are_read),
        cmocka_unit_test(any_address_is_reached_by_loopback),
        cmocka_unit_test(upstreams_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
