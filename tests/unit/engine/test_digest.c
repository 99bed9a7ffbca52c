/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes under a key of this process. The vectors are those of the paper's
 * authors: key 00..0f, texts 00, 00 01, 00 01 02 ... */
#include "engine/private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_hash_is_siphash(void **state)
{
    static const struct {
        size_t len;
        uint64_t hash;
    } rows[] = {
        {0, UINT64_C(0x726fdb47dd0e0e31)},
        {1, UINT64_C(0x74f839c593dc67fd)},
        {8, UINT64_C(0x93f5f5799a932462)},
        {15, UINT64_C(0xa129ca6149be45e5)},
    };
    static const char text[] = {0, 1, 2,  3,  4,  5,  6, 7,
                                8, 9, 10, 11, 12, 13, 14};
    const struct engine engine = {.digest_key = {UINT64_C(0x0706050403020100),
                                                 UINT64_C(0x0f0e0d0c0b0a0908)}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(engine_digest_hash(&engine, str_make(text, rows[i].len)) ==
                    rows[i].hash);
    }
}

static const struct json *sealed(const struct engine *engine,
                                 struct arena *arena, const char *text)
{
    struct json *hidden = json_new(arena, JSON_OBJECT);
    struct json *list = json_new(arena, JSON_ARRAY);
    json_set(arena, hidden, RULES_DIGEST, json_new_text(arena, text));
    json_push(arena, list, json_new_int(arena, 3));
    json_push(arena, list, hidden);
    return engine_digest_seal(engine, arena, list);
}

static void equal_values_have_equal_digests_that_show_nothing(void **state)
{
    struct arena *arena = arena_new();
    const struct engine engine = {.digest_key = {1, 2}};
    const struct engine other = {.digest_key = {1, 3}};
    (void)state;
    const struct json *one = sealed(&engine, arena, "hush");
    assert_true(json_equal(one, sealed(&engine, arena, "hush")));
    assert_false(json_equal(one, sealed(&engine, arena, "rush")));
    assert_false(json_equal(one, sealed(&other, arena, "hush")));
    struct buf text = {0};
    json_write(one, &text);
    assert_true(str_starts(buf_str(&text), STR("[3,\"~")));
    assert_false(str_contains(buf_str(&text), STR("hush")));
    buf_free(&text);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_is_siphash),
        cmocka_unit_test(equal_values_have_equal_digests_that_show_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
