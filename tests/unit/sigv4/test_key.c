/* SPDX-License-Identifier: Apache-2.0 */
#include "given.h"

#include "sigv4/private.h"

/* The worked example of the AWS General Reference. */
static void the_documented_key_is_derived(void **state)
{
    (void)state;
    const struct sigv4_scope scope = {STR("20150830"), STR("us-east-1"),
                                      STR("iam")};
    struct sigv4_key key;
    char hex[SIGV4_HEX_LEN];
    sigv4_derive_key(STR("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), &scope,
                     &key);
    sigv4_hex(key.bytes, hex);
    assert_str(str_make(hex, SIGV4_HEX_LEN),
               STR("c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c15"
                   "4a4b9"));
}

static void the_documented_string_gets_its_signature(void **state)
{
    (void)state;
    const struct sigv4_scope scope = {STR("20150830"), STR("us-east-1"),
                                      STR("iam")};
    struct arena *arena = arena_new();
    struct sigv4_key key;
    sigv4_derive_key(STR("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), &scope,
                     &key);
    struct str text =
        STR("AWS4-HMAC-SHA256\n20150830T123600Z\n"
            "20150830/us-east-1/iam/aws4_request\n"
            "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59");
    assert_str(sigv4_signature(arena, &key, text),
               STR("5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f"
                   "2b5d7"));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_documented_key_is_derived),
        cmocka_unit_test(the_documented_string_gets_its_signature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
