/* SPDX-License-Identifier: Apache-2.0 */
/* Which headers may be written down, and which a call asks with. Start at
 * main(). */
#include "scene.h"

static void only_what_is_harmless_is_written(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *name;
        bool allowed;
        bool input;
    } rows[] = {
        {"Content-Type", true, true},
        {"Content-Length", true, false},
        {"X-Amz-Target", true, true},
        {"x-amz-date", true, false},
        {"x-amz-content-sha256", true, false},
        {"x-amz-checksum-crc32", true, false},
        {"x-amz-copy-source", true, true},
        {"x-amz-meta-colour", true, true},
        {"x-amz-meta-password", false, false},
        {"Range", true, true},
        {"If-None-Match", true, true},
        {"amz-sdk-invocation-id", true, false},
        {"User-Agent", true, false},
        {"ETag", true, false},
        {"x-settled-outcome", true, false},
        {"Authorization", false, false},
        {"authorization", false, false},
        {"Proxy-Authorization", false, false},
        {"X-Amz-Security-Token", false, false},
        {"x-amz-sso_bearer_token", false, false},
        {"x-amz-server-side-encryption-customer-key", false, false},
        {"x-amz-copy-source-server-side-encryption-customer-key", false, false},
        {"x-amz-server-side-encryption-context", false, false},
        {"x-amz-server-side-encryption", true, true},
        {"x-amz-mfa", false, false},
        {"Cookie", false, false},
        {"Set-Cookie", false, false},
        {"x-api-key", false, false},
        {"X-Forwarded-For", false, false},
        {"Connection", false, false},
        {"Referer", false, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_headers headers = {0};
        struct str name = str_of(rows[i].name);
        http_headers_add(scene->arena, &headers, name, STR("v"));
        struct http_headers left =
            recording_headers_allowed(scene->arena, &headers);
        if ((left.count == 1) != rows[i].allowed ||
            recording_header_is_input(name) != rows[i].input) {
            fail_msg("%s", rows[i].name);
        }
    }
}

static void checksums_fit_the_body(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *name;
        const char *old;
        const char *want; /* for the body "123456789"; NULL: it goes */
    } rows[] = {
        {"content-length", "1", "9"},
        {"x-amz-crc32", "1", "3421780262"},
        {"x-amz-checksum-crc32", "x", "y/Q5Jg=="},
        {"x-amz-checksum-sha256", "x",
         "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="},
        {"x-amz-content-sha256",
         "0000000000000000000000000000000000000000000000000000000000000000",
         "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"},
        {"x-amz-content-sha256", "UNSIGNED-PAYLOAD", "UNSIGNED-PAYLOAD"},
        {"Content-MD5", "x", NULL},
        {"x-amz-checksum-crc64nvme", "x", NULL},
        {"etag", "x", "x"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_headers headers = {0};
        http_headers_add(scene->arena, &headers, str_of(rows[i].name),
                         str_of(rows[i].old));
        recording_headers_fit_body(scene->arena, &headers, STR("123456789"));
        struct str got = http_headers_get(&headers, rows[i].name);
        if (rows[i].want == NULL) {
            assert_null(got.ptr);
        } else {
            assert_text(got, rows[i].want);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(only_what_is_harmless_is_written),
        SCENE_TEST(checksums_fit_the_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
