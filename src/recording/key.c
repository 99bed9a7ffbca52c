/* SPDX-License-Identifier: Apache-2.0 */
/* The key of a recording: where it comes from, how it is written, and the keyed
 * hash. Here because writer, reader and redactor must agree on it. Start at
 * recording_key_hash(). */
#include "recording/private.h"

#include "base/hex.h"
#include "sigv4/sigv4.h"

bool recording_key_from_hex(struct str hex,
                            unsigned char ret_key[RECORDING_KEY_SIZE])
{
    return hex_read(hex, ret_key, RECORDING_KEY_SIZE);
}

bool recording_key_from_text(struct str text,
                             unsigned char ret_key[RECORDING_KEY_SIZE])
{
    unsigned char hash[SIGV4_HASH_LEN];
    if (text.len < KEY_TEXT_LEAST) {
        return false;
    }
    if (!recording_key_from_hex(text, ret_key)) {
        sigv4_sha256(text, hash);
        memcpy(ret_key, hash, RECORDING_KEY_SIZE);
    }
    return true;
}

struct str recording_key_hex(struct arena *arena,
                             const unsigned char key[RECORDING_KEY_SIZE])
{
    char *hex = arena_alloc(arena, 2 * RECORDING_KEY_SIZE + 1);
    hex_write(key, RECORDING_KEY_SIZE, hex);
    return str_make(hex, (size_t)2 * RECORDING_KEY_SIZE);
}

uint64_t recording_key_hash(const unsigned char key[RECORDING_KEY_SIZE],
                            const char *what, struct str value)
{
    unsigned char keyed[RECORDING_KEY_SIZE + 16] = {0};
    unsigned char hash[SIGV4_HASH_LEN];
    size_t what_len = strlen(what);
    memcpy(keyed, key, RECORDING_KEY_SIZE);
    memcpy(keyed + RECORDING_KEY_SIZE, what, what_len < 16 ? what_len : 16);
    size_t len = RECORDING_KEY_SIZE + (what_len < 16 ? what_len : 16);
    sigv4_hmac(str_make((const char *)keyed, len), value, hash);
    uint64_t first = 0;
    for (size_t i = 0; i < 8; i++) {
        first = first << 8 | hash[i];
    }
    return first;
}

struct str recording_key_check(struct arena *arena,
                               const unsigned char key[RECORDING_KEY_SIZE])
{
    uint64_t hash =
        recording_key_hash(key, "check", STR("the key of a recording"));
    return arena_printf(arena, "%08x", (unsigned)(hash >> 32));
}
