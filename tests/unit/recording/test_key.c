/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of recordings. Start at main(). */
#include "scene.h"

#include "sigv4/sigv4.h"

static void hex_is_the_key_itself(void **state)
{
    struct scene *scene = *state;
    unsigned char key[RECORDING_KEY_SIZE];
    assert_true(recording_key_from_text(STR(KEY_TEXT), key));
    for (size_t i = 0; i < RECORDING_KEY_SIZE; i++) {
        assert_int_equal(key[i], i);
    }
    assert_text(recording_key_hex(scene->arena, key), KEY_TEXT);
    assert_true(
        recording_key_from_text(STR("000102030405060708090A0B0C0D0E0F"), key));
    assert_text(recording_key_hex(scene->arena, key), KEY_TEXT);
    assert_false(recording_key_from_hex(STR("00"), key));
    assert_false(
        recording_key_from_hex(STR("zz0102030405060708090a0b0c0d0e0f"), key));
}

static void other_text_is_hashed_and_must_be_long(void **state)
{
    struct scene *scene = *state;
    unsigned char key[RECORDING_KEY_SIZE];
    assert_false(recording_key_from_text(STR_NONE, key));
    assert_false(recording_key_from_text(STR("fifteen letters"), key));
    assert_true(recording_key_from_text(STR("sixteen letters!"), key));
    /* SHA-256, its first half */
    struct str hash = sigv4_sha256_hex(scene->arena, STR("sixteen letters!"));
    assert_true(
        str_eq(recording_key_hex(scene->arena, key), str_first(hash, 32)));
}

static void hashes_differ_by_key_use_and_value(void **state)
{
    unsigned char a[RECORDING_KEY_SIZE] = {1};
    unsigned char b[RECORDING_KEY_SIZE] = {2};
    (void)state;
    uint64_t hash = recording_key_hash(a, "x", STR("value"));
    assert_true(hash == recording_key_hash(a, "x", STR("value")));
    assert_true(hash != recording_key_hash(b, "x", STR("value")));
    assert_true(hash != recording_key_hash(a, "y", STR("value")));
    assert_true(hash != recording_key_hash(a, "x", STR("valuf")));
}

static void a_wrong_key_is_told_by_its_check(void **state)
{
    struct scene *scene = *state;
    unsigned char a[RECORDING_KEY_SIZE] = {1};
    unsigned char b[RECORDING_KEY_SIZE] = {2};
    struct str check = recording_key_check(scene->arena, a);
    assert_int_equal(check.len, KEY_CHECK_LEN);
    assert_true(str_eq(check, recording_key_check(scene->arena, a)));
    assert_false(str_eq(check, recording_key_check(scene->arena, b)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(hex_is_the_key_itself),
        SCENE_TEST(other_text_is_hashed_and_must_be_long),
        SCENE_TEST(hashes_differ_by_key_use_and_value),
        SCENE_TEST(a_wrong_key_is_told_by_its_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
