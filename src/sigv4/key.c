/* SPDX-License-Identifier: Apache-2.0 */
/* The signing key of one day, region and service, and what it signs.
 * Apart from sign.c because verifying and chunks need it as well.
 * Start at sigv4_derive_key(). */
#include "sigv4/private.h"

#include "base/buf.h"
#include "base/mem.h"

void sigv4_derive_key(struct str secret_key, const struct sigv4_scope *scope,
                      struct sigv4_key *ret_key)
{
    const struct str steps[] = {
        scope->date,
        scope->region,
        scope->service,
        STR(SIGV4_TERMINATOR),
    };
    struct buf first = {0};
    buf_add(&first, STR("AWS4"));
    buf_add(&first, secret_key);
    struct str key = buf_str(&first);
    unsigned char bytes[SIGV4_HASH_LEN];
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        sigv4_hmac(key, steps[i], bytes);
        memcpy(ret_key->bytes, bytes, sizeof(bytes));
        key = str_make((const char *)ret_key->bytes, sizeof(ret_key->bytes));
    }
    sigv4_key_prepare(ret_key);
    mem_wipe(bytes, sizeof(bytes));
    buf_free(&first);
}

struct str sigv4_signature(struct arena *arena, const struct sigv4_key *key,
                           struct str string_to_sign)
{
    unsigned char hash[SIGV4_HASH_LEN];
    sigv4_key_mac(key, string_to_sign, hash);
    char *hex = arena_alloc(arena, SIGV4_HEX_LEN + 1);
    sigv4_hex(hash, hex);
    return str_make(hex, SIGV4_HEX_LEN);
}
