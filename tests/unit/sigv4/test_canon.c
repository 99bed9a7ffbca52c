/* SPDX-License-Identifier: Apache-2.0 */
#include "given.h"

#include "sigv4/private.h"

static struct str canonical(struct arena *arena, struct str text,
                            struct str signed_headers)
{
    struct http_request request = given_request(arena, text);
    struct sigv4_rules rules = sigv4_rules_for(STR("s3"));
    return sigv4_canonical_request(arena, &request, &rules, signed_headers,
                                   STR("HASH"));
}

static void values_are_trimmed_joined_and_their_blanks_collapsed(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct str text = STR("PUT /a?z&b=1 HTTP/1.1\n"
                          "Host: h\n"
                          "X-B:   \t two \t words  \n"
                          "X-A:second\n"
                          "not-signed: x\n"
                          "x-b: \"a   b\"\n"
                          "X-C:\n");
    assert_str(canonical(arena, text, STR("host;x-b;x-c")),
               STR("PUT\n/a\nb=1&z=\n"
                   "host:h\nx-b:two words,\"a b\"\nx-c:\n\n"
                   "host;x-b;x-c\nHASH"));
    arena_free(arena);
}

static void the_string_to_sign_names_date_and_scope(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct sigv4_scope scope = {STR("20150830"), STR(""), STR("ssm")};
    assert_str(
        sigv4_string_to_sign(arena, STR("20150830T123600Z"), &scope, STR("")),
        STR("AWS4-HMAC-SHA256\n20150830T123600Z\n"
            "20150830//ssm/aws4_request\n" SIGV4_EMPTY_HASH));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_trimmed_joined_and_their_blanks_collapsed),
        cmocka_unit_test(the_string_to_sign_names_date_and_scope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
