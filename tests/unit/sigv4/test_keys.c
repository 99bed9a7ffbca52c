/* SPDX-License-Identifier: Apache-2.0 */
/* A key that was kept is the one that would be derived. */
#include "given.h"

#include <malloc.h>
#include <string.h>

static void kept_keys_are_those_derived(void **state)
{
    (void)state;
    static const char *const secrets[] = {"secret-one", "secret-two", ""};
    static const char *const dates[] = {"20150830", "20150831"};
    static const char *const names[] = {"ssm", "sts", "iam", "secretsmanager"};
    struct sigv4_keys *keys = sigv4_keys_new();
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 3 * 2 * 4; i++) {
            const struct sigv4_scope scope = {str_of(dates[i / 3 % 2]),
                                              STR("eu-west-1"),
                                              str_of(names[i / 6])};
            struct str secret = str_of(secrets[i % 3]);
            struct sigv4_key fresh;
            struct sigv4_key kept;
            sigv4_derive_key(secret, &scope, &fresh);
            sigv4_keys_get(keys, secret, &scope, &kept);
            assert_memory_equal(fresh.bytes, kept.bytes, sizeof(kept.bytes));
        }
    }
    sigv4_keys_free(keys);
}

static void what_is_too_long_is_derived_all_the_same(void **state)
{
    (void)state;
    char secret[500];
    memset(secret, 'x', sizeof(secret));
    const struct sigv4_scope scope = {STR("20150830"), STR("eu-west-1"),
                                      STR("ssm")};
    struct sigv4_keys *keys = sigv4_keys_new();
    struct sigv4_key fresh;
    struct sigv4_key kept;
    sigv4_derive_key(str_make(secret, sizeof(secret)), &scope, &fresh);
    sigv4_keys_get(keys, str_make(secret, sizeof(secret)), &scope, &kept);
    assert_memory_equal(fresh.bytes, kept.bytes, sizeof(kept.bytes));
    sigv4_keys_get(NULL, str_make(secret, sizeof(secret)), &scope, &kept);
    assert_memory_equal(fresh.bytes, kept.bytes, sizeof(kept.bytes));
    sigv4_keys_free(keys);
}

static bool has(const void *bytes, size_t size, const char *word)
{
    return memmem(bytes, size, word, strlen(word)) != NULL;
}

static void what_is_forgotten_is_wiped(void **state)
{
    (void)state;
    const struct sigv4_scope scope = {STR("20150830"), STR("eu-west-1"),
                                      STR("ssm")};
    struct sigv4_keys *keys = sigv4_keys_new();
    size_t size = malloc_usable_size(keys);
    struct sigv4_key gone;
    struct sigv4_key kept;
    sigv4_keys_get(keys, STR("secret-one"), &scope, &gone);
    sigv4_keys_get(keys, STR("secret-two"), &scope, &kept);
    assert_true(has(keys, size, "secret-one"));
    sigv4_keys_forget(keys, STR("secret-one"));
    assert_false(has(keys, size, "secret-one"));
    assert_null(memmem(keys, size, gone.bytes, sizeof(gone.bytes)));
    assert_true(has(keys, size, "secret-two"));
    sigv4_keys_forget(keys, STR(""));
    assert_non_null(memmem(keys, size, kept.bytes, sizeof(kept.bytes)));
    sigv4_keys_free(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_keys_are_those_derived),
        cmocka_unit_test(what_is_too_long_is_derived_all_the_same),
        cmocka_unit_test(what_is_forgotten_is_wiped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
