/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of secrets, and much that only looks like one. The secrets are made
 * up in pieces, so that no scanner trips over this file. Start at main(). */
#include "scene.h"

#define LONG                                                                   \
    "abcdefghij0123456789ABCDEFGHIJabcdefghij0123456789ABCDEFGHIJ0123456789"

static void each_shape_is_found(void **state)
{
    static const struct {
        const char *text;
        const char *what; /* NULL: nothing */
    } rows[] = {
        {"AKIA"
         "IOSFODNN7EXAMPLE",
         "an access key id"},
        {"ASIA"
         "IOSFODNN7EXAMPLE",
         "an access key id"},
        {"AKIA"
         "IOSFODNN7EXAMPL",
         NULL},
        {"AKIA"
         "IOSFODNN7EXAMPLEX",
         NULL},
        {"AROA"
         "IOSFODNN7EXAMPLE",
         NULL},
        {"REDACTEDABCDEF012345", NULL},
        {"FwoGZXIvYXdz" LONG, "a session token"},
        {"IQoJb3JpZ2lu" LONG, "a session token"},
        {"AQoDYXdz" LONG, "a session token"},
        {"AQoEXAMPLE" LONG, "a session token"},
        {"IQoJb3JpZ2lu", NULL},
        {"-----BEGIN RSA "
         "PRIVATE KEY-----",
         "a private key"},
        {"-----BEGIN "
         "PRIVATE KEY-----",
         "a private key"},
        {"-----BEGIN PUBLIC KEY-----", NULL},
        {"-----BEGIN CERTIFICATE-----", NULL},
        {"ghp_"
         "abcdefghijABCDEFGHIJ0123456789abcdef",
         "a GitHub token"},
        {"ghp_short", NULL},
        {"xoxb-"
         "1234567890-abcdef",
         "a Slack token"},
        {"glpat-"
         "abcdefghij0123456789",
         "a GitLab token"},
        {"eyJhbGciOiJIUzI1"
         "NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijkl",
         "a JSON web token"},
        {"eyJhbGciOiJIUzI1NiJ9", NULL},
        {"eyJuZXh0VG9rZW4iOiBudWxsfQ==", NULL},
        {"aws_secret_access_key = wJalrXUtnFEMI"
         "x7MDENGbPx",
         "a secret access key"},
        {"aws_secret_access_key\\\": \\\"wJalrXUtnFEMI"
         "x7MDENGbPx",
         "a secret access key"},
        {"aws_secret_access_key\":\"redacted-0123456789abcdef", NULL},
        {"aws_secret_access_key", NULL},
        {"wJalrXUtnFEMI/K7MDENG/"
         "bPxRfiCYEXAMPLEKEY",
         "what looks like a secret access key"},
        {"wJalrXUtnFEMI%2FK7MDENG%2F"
         "bPxRfiCYEXAMPLEKEY",
         "what looks like a secret access key"},
        {"wJalrXUtnFEMI\\/K7MDENG\\/"
         "bPxRfiCYEXAMPLEKEY",
         "what looks like a secret access key"},
        {"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEYx", NULL},
        {"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKE", NULL},
        {"da39a3ee5e6b4b0d3255bfef95601890afd80709", NULL},
        {"DA39A3EE5E6B4B0D3255BFEF95601890AFD80709", NULL},
        {"aPath/With/Many/Slashes/And2Digits/Inside", NULL},
        {"arn:aws:ssm:eu-west-1:000012345678:x", NULL},
        {"6f1e7f4c-9f0a-4b38-8a3b-2d7d4c9d9a11", NULL},
        {"", NULL},
    };
    struct scene *scene = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *what = NULL;
        struct str text = str_of(rows[i].text);
        size_t len = text.len == 0 ? 0 : recording_token_at(text, 0, &what);
        if ((len > 0) != (rows[i].what != NULL)) {
            fail_msg("\"%s\"", rows[i].text);
        }
        if (len > 0) {
            assert_string_equal(what, rows[i].what);
        }
        /* In quotes it is found too, and in the middle of a word it is not. */
        struct str quoted = arena_printf(scene->arena, "\"%s\"", rows[i].text);
        assert_true((recording_token_at(quoted, 1, &what) > 0) == (len > 0));
        struct str inside = arena_printf(scene->arena, "xy%s", rows[i].text);
        assert_int_equal(
            text.len == 0 ? 0 : recording_token_at(inside, 2, &what), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(each_shape_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
