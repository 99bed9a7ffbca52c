/* SPDX-License-Identifier: Apache-2.0 */
#include "given.h"

static void each_word_has_its_meaning(void **state)
{
    (void)state;
    const struct {
        struct str text;
        enum sigv4_payload payload;
    } rows[] = {
        {STR_NONE, SIGV4_PAYLOAD_NONE},
        {GIVEN_EMPTY, SIGV4_PAYLOAD_HASH},
        {STR("UNSIGNED-PAYLOAD"), SIGV4_PAYLOAD_UNSIGNED},
        {STR("STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
         SIGV4_PAYLOAD_UNSIGNED_TRAILER},
        {STR("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), SIGV4_PAYLOAD_CHUNKS},
        {STR("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"),
         SIGV4_PAYLOAD_CHUNKS_TRAILER},
        {STR("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"),
         SIGV4_PAYLOAD_UNKNOWN},
        {STR(""), SIGV4_PAYLOAD_UNKNOWN},
        {STR("unsigned-payload"), SIGV4_PAYLOAD_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        assert_int_equal(sigv4_payload_of(rows[i].text), rows[i].payload);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_word_has_its_meaning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
