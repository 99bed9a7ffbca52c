/* SPDX-License-Identifier: Apache-2.0 */
/* The key of a recording: where it comes from, how it is written, and the keyed
 * hash. Here because writer, reader and redactor must agree on it. Start at
 * key_hash(). */
#include "recording/private.h"

#include "sigv4/sigv4.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool key_from_hex(struct str hex, unsigned char ret_key[RECORDING_KEY_SIZE])
{
    if (hex.len != (size_t)2 * RECORDING_KEY_SIZE) {
        return false;
    }
    for (size_t i = 0; i < RECORDING_KEY_SIZE; i++) {
        int high = hex_digit(hex.ptr[2 * i]);
        int low = hex_digit(hex.ptr[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        ret_key[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}

bool key_from_text(struct str text, unsigned char ret_key[RECORDING_KEY_SIZE])
{
    unsigned char hash[SIGV4_HASH_LEN];
    if (text.len < KEY_TEXT_LEAST) {
        return false;
    }
    if (!key_from_hex(text, ret_key)) {
        sigv4_sha256(text, hash);
        memcpy(ret_key, hash, RECORDING_KEY_SIZE);
    }
    return true;
}

struct str key_hex(struct arena *arena,
                   const unsigned char key[RECORDING_KEY_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    char *hex = arena_alloc(arena, 2 * RECORDING_KEY_SIZE + 1);
    for (size_t i = 0; i < RECORDING_KEY_SIZE; i++) {
        hex[2 * i] = digits[key[i] >> 4];
        hex[2 * i + 1] = digits[key[i] & 15];
    }
    return str_make(hex, (size_t)2 * RECORDING_KEY_SIZE);
}

uint64_t key_hash(const unsigned char key[RECORDING_KEY_SIZE], const char *what,
                  struct str value)
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

struct str key_check(struct arena *arena,
                     const unsigned char key[RECORDING_KEY_SIZE])
{
    uint64_t hash = key_hash(key, "check", STR("the key of a recording"));
    return arena_printf(arena, "%08x", (unsigned)(hash >> 32));
}
