/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies without the coding they were sent in. Start at main(). */
#include "scene.h"

#define CHUNKED_HASH "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"

/* gzip of "hello" */
static const char gzipped[] =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86"
    "\xa6\x10\x36\x05\x00\x00\x00";

static void each_coding_is_taken_off(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *encoding;
        const char *hash;
        struct str body;
        const char *want; /* NULL: damaged */
        const char *left; /* of the Content-Encoding; NULL: none */
    } rows[] = {
        {NULL, NULL, {"plain", 5}, "plain", NULL},
        {"br", NULL, {"plain", 5}, "plain", "br"},
        {"gzip", NULL, {gzipped, sizeof(gzipped) - 1}, "hello", NULL},
        {"br, GZIP", NULL, {gzipped, sizeof(gzipped) - 1}, "hello", "br"},
        {"gzip", NULL, {gzipped, sizeof(gzipped) - 3}, NULL, NULL},
        {"gzip", NULL, {"not gzip", 8}, "not gzip", NULL},
        {"aws-chunked",
         CHUNKED_HASH,
         {"5;chunk-signature=ab\r\nhello\r\n3\r\n, y\r\n0;x\r\n\r\n", 47},
         "hello, y",
         NULL},
        {"aws-chunked",
         "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
         {"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AA==\r\n\r\n", 44},
         "hello",
         NULL},
        {"aws-chunked", CHUNKED_HASH, {"5\r\nhel", 6}, NULL, NULL},
        {"aws-chunked",
         CHUNKED_HASH,
         {"5\r\nhelloXX0\r\n\r\n", 15},
         NULL,
         NULL},
        {"aws-chunked", CHUNKED_HASH, {"zz\r\nhello", 9}, NULL, NULL},
        {"aws-chunked", CHUNKED_HASH, {"fffffffff\r\nhello", 16}, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_headers headers = {0};
        struct str body = STR_NONE;
        if (rows[i].encoding != NULL) {
            http_headers_add(scene->arena, &headers, STR("Content-Encoding"),
                             str_of(rows[i].encoding));
        }
        if (rows[i].hash != NULL) {
            http_headers_add(scene->arena, &headers,
                             STR("x-amz-content-sha256"), str_of(rows[i].hash));
        }
        bool good =
            recording_body_decode(scene->arena, &headers, rows[i].body, &body);
        if (good != (rows[i].want != NULL)) {
            fail_msg("row %zu", i);
        }
        if (good) {
            assert_text(body, rows[i].want);
            struct str left = http_headers_get(&headers, "content-encoding");
            assert_true(str_eq(left, str_of(rows[i].left)));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(each_coding_is_taken_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
