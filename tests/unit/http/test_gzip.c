/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies that come encoded, whole, cut and damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/message.h"

/* "hello, hello, hello" */
static const unsigned char hello[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
    0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xd7, 0x51, 0xc8, 0x40, 0xa2,
    0x00, 0x9f, 0xa1, 0xca, 0x09, 0x13, 0x00, 0x00, 0x00,
};

/* 100,000 times 'x' */
static const unsigned char bomb[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xed, 0xc1,
    0x31, 0x01, 0x00, 0x00, 0x00, 0xc2, 0xa0, 0xda, 0x8b, 0x6f, 0x0d, 0x0f,
    0xa0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x80, 0x57, 0x03, 0x71, 0x11, 0x07, 0xfe, 0xa0, 0x86, 0x01, 0x00,
};

/* nothing */
static const unsigned char nothing[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
    0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
};

#define TEXT_OF(bytes) str_make((const char *)(bytes), sizeof(bytes))

static void a_body_is_decoded(void **state)
{
    struct arena *arena = arena_new();
    struct str text;
    (void)state;
    assert_true(http_gunzip(arena, TEXT_OF(hello), 19, &text));
    assert_true(str_eq(text, STR("hello, hello, hello")));
    assert_true(http_gunzip(arena, TEXT_OF(nothing), 0, &text));
    assert_int_equal(text.len, 0);
    arena_free(arena);
}

static void members_in_a_row_are_one_body(void **state)
{
    struct arena *arena = arena_new();
    struct str both = arena_join(arena, TEXT_OF(hello), TEXT_OF(hello));
    struct str text;
    (void)state;
    assert_true(http_gunzip(arena, both, 1000, &text));
    assert_true(str_eq(text, STR("hello, hello, hellohello, hello, hello")));
    arena_free(arena);
}

static void more_than_allowed_is_refused(void **state)
{
    struct arena *arena = arena_new();
    struct str text;
    (void)state;
    assert_true(http_gunzip(arena, TEXT_OF(bomb), 100000, &text));
    assert_int_equal(text.len, 100000);
    assert_false(http_gunzip(arena, TEXT_OF(bomb), 99999, &text));
    assert_false(http_gunzip(arena, TEXT_OF(bomb), 10, &text));
    assert_false(http_gunzip(arena, TEXT_OF(hello), 18, &text));
    assert_true(http_gunzip_is_beyond(TEXT_OF(bomb), 99999));
    assert_false(http_gunzip_is_beyond(TEXT_OF(bomb), 100000));
    assert_false(http_gunzip_is_beyond(str_first(TEXT_OF(hello), 20), 1000));
    arena_free(arena);
}

static void every_cut_is_noticed(void **state)
{
    struct arena *arena = arena_new();
    struct str text;
    (void)state;
    for (size_t len = 0; len < sizeof(hello); len++) {
        struct str part = str_first(TEXT_OF(hello), len);
        assert_false(http_gunzip(arena, part, 1000, &text));
    }
    arena_free(arena);
}

static void damage_is_noticed(void **state)
{
    struct arena *arena = arena_new();
    char copy[sizeof(hello) + 3];
    struct str text;
    (void)state;
    assert_false(http_gunzip(arena, STR("plain text"), 1000, &text));
    /* The sum and the length at the end. */
    for (size_t i = sizeof(hello) - 8; i < sizeof(hello); i++) {
        memcpy(copy, hello, sizeof(hello));
        copy[i] = (char)(copy[i] ^ 1);
        assert_false(
            http_gunzip(arena, str_make(copy, sizeof(hello)), 1000, &text));
    }
    memcpy(copy, hello, sizeof(hello));
    memcpy(copy + sizeof(hello), "abc", 3);
    assert_false(http_gunzip(arena, str_make(copy, sizeof(copy)), 1000, &text));
    arena_free(arena);
}

/* "check" of the catalogue of parametrised CRC algorithms: CRC-32/ISO-HDLC. */
static void the_checksum_is_that_of_zlib(void **state)
{
    (void)state;
    assert_int_equal(http_crc32(STR_NONE), 0);
    assert_int_equal(http_crc32(STR("")), 0);
    assert_int_equal(http_crc32(STR("123456789")), 0xCBF43926);
    assert_int_equal(http_crc32(STR("a")), 0xE8B7BE43);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_is_decoded),
        cmocka_unit_test(members_in_a_row_are_one_body),
        cmocka_unit_test(more_than_allowed_is_refused),
        cmocka_unit_test(every_cut_is_noticed),
        cmocka_unit_test(damage_is_noticed),
        cmocka_unit_test(the_checksum_is_that_of_zlib),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
