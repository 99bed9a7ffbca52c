/* SPDX-License-Identifier: Apache-2.0 */
/* The words that x-amz-content-sha256 may hold.
 * A table, for S3 keeps adding some.
 * Start at the table. */
#include "sigv4/private.h"

static const struct {
    const char *word;
    enum sigv4_payload payload;
} words[] = {
    {"UNSIGNED-PAYLOAD", SIGV4_PAYLOAD_UNSIGNED},
    {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", SIGV4_PAYLOAD_UNSIGNED_TRAILER},
    {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", SIGV4_PAYLOAD_CHUNKS},
    {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
     SIGV4_PAYLOAD_CHUNKS_TRAILER},
};

enum sigv4_payload sigv4_payload_of(struct str content_sha256)
{
    if (content_sha256.ptr == NULL) {
        return SIGV4_PAYLOAD_NONE;
    }
    if (sigv4_is_hex64(content_sha256, true)) {
        return SIGV4_PAYLOAD_HASH;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (str_eq(content_sha256, str_of(words[i].word))) {
            return words[i].payload;
        }
    }
    return SIGV4_PAYLOAD_UNKNOWN;
}
