/* SPDX-License-Identifier: Apache-2.0 */
#include "given.h"

#include "sigv4/private.h"

struct row {
    struct str given;
    struct str expected;
};

#define ROW(given, expected)                                                   \
    {                                                                          \
        {given, sizeof(given) - 1},                                            \
        {                                                                      \
            expected, sizeof(expected) - 1                                     \
        }                                                                      \
    }
#define COUNT(rows) (sizeof(rows) / sizeof(*(rows)))

static void s3_paths_stay_as_they_were_sent(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("", "/"),
        ROW("/", "/"),
        ROW("/bucket//a/./../b/", "/bucket//a/./../b/"),
        ROW("/b/a%20b%2Fc%7e", "/b/a%20b%2Fc%7e"),
        ROW("/b/a b(c)*'!", "/b/a%20b%28c%29%2A%27%21"),
        ROW("/b/100%", "/b/100%25"),
        ROW("/b/%zz%2", "/b/%25zz%252"),
        ROW("/b/\xe1\x88\xb4", "/b/%E1%88%B4"),
        ROW("/b/a+b=c:d@e", "/b/a%2Bb%3Dc%3Ad%40e"),
    };
    struct arena *arena = arena_new();
    struct sigv4_rules rules = sigv4_rules_for(STR("s3"));
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_str(sigv4_canonical_path(arena, rows[i].given, &rules),
                   rows[i].expected);
    }
    arena_free(arena);
}

static void other_paths_are_normalised_and_encoded_once_more(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("", "/"),
        ROW("/", "/"),
        ROW("//", "/"),
        ROW("/..", "/"),
        ROW("/../../a", "/a"),
        ROW("/a/..", "/"),
        ROW("/a/b/..", "/a"),
        ROW("/a/b/../", "/a/"),
        ROW("/a/./b", "/a/b"),
        ROW("/a//b//", "/a/b/"),
        ROW("/a/...", "/a/..."),
        ROW("/%2e%2e/a", "/%252e%252e/a"),
        ROW("/2017-03-31/tags/arn%3Aaws", "/2017-03-31/tags/arn%253Aaws"),
        ROW("/a b", "/a%20b"),
    };
    struct arena *arena = arena_new();
    struct sigv4_rules rules = sigv4_rules_for(STR("lambda"));
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_str(sigv4_canonical_path(arena, rows[i].given, &rules),
                   rows[i].expected);
    }
    arena_free(arena);
}

static void queries_have_one_canonical_spelling(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("", ""),
        ROW("tagging", "tagging="),
        ROW("tagging=", "tagging="),
        ROW("b=2&a=1", "a=1&b=2"),
        ROW("a=2&a=10&a=1", "a=1&a=10&a=2"),
        ROW("Param-3=x&Param=y", "Param=y&Param-3=x"),
        ROW("a&&b&", "a=&b="),
        ROW("a=b=c", "a=b%3Dc"),
        ROW("a=%2f%2F/", "a=%2F%2F%2F"),
        ROW("a=x+y%20z%2B", "a=x%20y%20z%2B"),
        ROW("%61=%41", "a=A"),
        ROW("a=100%", "a=100%25"),
        ROW("a=1&X-Amz-Signature=abc&B=2", "B=2&a=1"),
        ROW("a=1&X%2DAmz-Signature=abc", "a=1"),
        ROW("X-Amz-Security-Token=t", "X-Amz-Security-Token=t"),
    };
    struct arena *arena = arena_new();
    struct sigv4_rules rules = sigv4_rules_for(STR("s3"));
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_str(sigv4_canonical_query(arena, rows[i].given, &rules),
                   rows[i].expected);
    }
    rules.omit_session_token = true;
    assert_str(
        sigv4_canonical_query(arena, STR("X-Amz-Security-Token=t&a"), &rules),
        STR("a="));
    arena_free(arena);
}

static void old_signatures_are_taken_out_of_targets(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("/a", "/a"),
        ROW("/a?", "/a?"),
        ROW("/a?b=%2f&c", "/a?b=%2f&c"),
        ROW("/a?X-Amz-Signature=1", "/a"),
        ROW("/a?X-Amz-Date=1&x-id=2&X-Amz-Expires=3&z", "/a?x-id=2&z"),
        ROW("/a?X%2DAmz-Security-Token=1&b", "/a?b"),
        ROW("/a?X-Amz-Checksum-Mode=ENABLED", "/a?X-Amz-Checksum-Mode=ENABLED"),
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_str(sigv4_unsigned_target(arena, rows[i].given),
                   rows[i].expected);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s3_paths_stay_as_they_were_sent),
        cmocka_unit_test(other_paths_are_normalised_and_encoded_once_more),
        cmocka_unit_test(queries_have_one_canonical_spelling),
        cmocka_unit_test(old_signatures_are_taken_out_of_targets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
