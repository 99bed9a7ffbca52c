/* SPDX-License-Identifier: Apache-2.0 */
#include "given.h"

#include "sigv4/private.h"

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct str hmac_hex(struct str key, struct str text)
{
    unsigned char hash[SIGV4_HASH_LEN];
    char *hex = arena_alloc(arena, SIGV4_HEX_LEN);
    sigv4_hmac(key, text, hash);
    sigv4_hex(hash, hex);
    return str_make(hex, SIGV4_HEX_LEN);
}

static void the_hash_of_known_texts_is_known(void **state)
{
    (void)state;
    assert_str(sigv4_sha256_hex(arena, STR("")), GIVEN_EMPTY);
    assert_str(sigv4_sha256_hex(arena, STR_NONE), GIVEN_EMPTY);
    assert_str(sigv4_sha256_hex(arena, STR("abc")),
               STR("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20"
                   "015ad"));
}

/* RFC 4231, cases 2 and 6 (a key longer than a block). */
static void hmac_gives_what_the_rfc_says(void **state)
{
    (void)state;
    char long_key[131];
    memset(long_key, 0xaa, sizeof(long_key));
    assert_str(hmac_hex(STR("Jefe"), STR("what do ya want for nothing?")),
               STR("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964e"
                   "c3843"));
    assert_str(
        hmac_hex(str_make(long_key, sizeof(long_key)),
                 STR("Test Using Larger Than Block-Size Key - Hash Key First")),
        STR("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f5"
            "4"));
}

static void bytes_hashed_in_portions_give_the_same_hash(void **state)
{
    (void)state;
    char hex[SIGV4_HEX_LEN + 1];
    struct sigv4_hasher *hasher = sigv4_hasher_new();
    sigv4_hasher_add(hasher, STR("a"));
    sigv4_hasher_add(hasher, STR(""));
    sigv4_hasher_add(hasher, STR("bc"));
    sigv4_hasher_hex(hasher, hex);
    sigv4_hasher_free(hasher);
    sigv4_hasher_free(NULL);
    assert_str(str_of(hex), sigv4_sha256_hex(arena, STR("abc")));
}

static void texts_are_equal_only_in_every_byte(void **state)
{
    (void)state;
    assert_true(sigv4_equal_constant_time(STR("abc"), STR("abc")));
    assert_true(sigv4_equal_constant_time(STR(""), STR_NONE));
    assert_false(sigv4_equal_constant_time(STR("abc"), STR("abd")));
    assert_false(sigv4_equal_constant_time(STR("abc"), STR("ab")));
    assert_false(sigv4_equal_constant_time(STR("abc"), STR_NONE));
}

static void hex_digits_are_counted_and_looked_at(void **state)
{
    (void)state;
    assert_true(sigv4_is_hex64(GIVEN_EMPTY, false));
    assert_false(sigv4_is_hex64(str_first(GIVEN_EMPTY, 63), false));
    assert_false(sigv4_is_hex64(STR_NONE, false));
    struct str capital = arena_str(arena, GIVEN_EMPTY);
    ((char *)(uintptr_t)capital.ptr)[0] = 'E';
    assert_false(sigv4_is_hex64(capital, false));
    assert_true(sigv4_is_hex64(capital, true));
    ((char *)(uintptr_t)capital.ptr)[0] = 'g';
    assert_false(sigv4_is_hex64(capital, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_of_known_texts_is_known),
        cmocka_unit_test(hmac_gives_what_the_rfc_says),
        cmocka_unit_test(bytes_hashed_in_portions_give_the_same_hash),
        cmocka_unit_test(texts_are_equal_only_in_every_byte),
        cmocka_unit_test(hex_digits_are_counted_and_looked_at),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
