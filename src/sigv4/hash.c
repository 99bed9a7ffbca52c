/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 and HMAC, and the comparison that takes the same time for all texts.
 * The only file that knows OpenSSL, so that it could be replaced in one place.
 * Start at sigv4_hmac(). */
/* What OpenSSL would rather have used looks up and sets up more for each hash
 * than hashing a short text costs. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "sigv4/private.h"

#include "base/hex.h"
#include "base/mem.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

enum { BLOCK_LEN = 64 };

struct sigv4_hasher {
    SHA256_CTX state;
};

static void begin_digest(SHA256_CTX *state)
{
    int ok = SHA256_Init(state);
    assert(ok == 1);
}

static void add_bytes(SHA256_CTX *state, const void *bytes, size_t len)
{
    if (len > 0) {
        int ok = SHA256_Update(state, bytes, len);
        assert(ok == 1);
    }
}

/* Leaves no bytes of a secret in it. */
static void end_digest(SHA256_CTX *state, unsigned char out[SIGV4_HASH_LEN])
{
    int ok = SHA256_Final(out, state);
    assert(ok == 1);
    mem_wipe(state, sizeof(*state));
}

void sigv4_sha256(struct str bytes, unsigned char out[SIGV4_HASH_LEN])
{
    SHA256_CTX state;
    begin_digest(&state);
    add_bytes(&state, bytes.ptr, bytes.len);
    end_digest(&state, out);
}

void sigv4_hex(const unsigned char bytes[SIGV4_HASH_LEN],
               char out[SIGV4_HEX_LEN])
{
    hex_write(bytes, SIGV4_HASH_LEN, out);
}

bool sigv4_is_hex64(struct str text, bool any_case)
{
    if (text.len != SIGV4_HEX_LEN) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool low = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (!low && !(any_case && c >= 'A' && c <= 'F')) {
            return false;
        }
    }
    return true;
}

struct str sigv4_sha256_hex(struct arena *arena, struct str bytes)
{
    unsigned char hash[SIGV4_HASH_LEN];
    sigv4_sha256(bytes, hash);
    char *hex = arena_alloc(arena, SIGV4_HEX_LEN + 1);
    sigv4_hex(hash, hex);
    return str_make(hex, SIGV4_HEX_LEN);
}

/* RFC 2104, written out for the same reason. */
void sigv4_hmac(struct str key, struct str bytes,
                unsigned char out[SIGV4_HASH_LEN])
{
    unsigned char block[BLOCK_LEN] = {0};
    if (key.len > BLOCK_LEN) {
        sigv4_sha256(key, block);
    } else if (key.len > 0) {
        memcpy(block, key.ptr, key.len);
    }
    for (size_t i = 0; i < BLOCK_LEN; i++) {
        block[i] ^= 0x36;
    }
    unsigned char inner[SIGV4_HASH_LEN];
    SHA256_CTX state;
    begin_digest(&state);
    add_bytes(&state, block, BLOCK_LEN);
    add_bytes(&state, bytes.ptr, bytes.len);
    end_digest(&state, inner);
    for (size_t i = 0; i < BLOCK_LEN; i++) {
        block[i] ^= 0x36 ^ 0x5c;
    }
    begin_digest(&state);
    add_bytes(&state, block, BLOCK_LEN);
    add_bytes(&state, inner, sizeof(inner));
    end_digest(&state, out);
    mem_wipe(block, sizeof(block));
    mem_wipe(inner, sizeof(inner));
}

bool sigv4_equal_constant_time(struct str a, struct str b)
{
    if (a.len != b.len) {
        return false;
    }
    return a.len == 0 || CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0;
}

struct sigv4_hasher *sigv4_hasher_new(void)
{
    struct sigv4_hasher *hasher = mem_new(sizeof(*hasher));
    begin_digest(&hasher->state);
    return hasher;
}

void sigv4_hasher_add(struct sigv4_hasher *hasher, struct str bytes)
{
    add_bytes(&hasher->state, bytes.ptr, bytes.len);
}

void sigv4_hasher_hex(struct sigv4_hasher *hasher, char out[SIGV4_HEX_LEN + 1])
{
    unsigned char hash[SIGV4_HASH_LEN];
    end_digest(&hasher->state, hash);
    sigv4_hex(hash, out);
    out[SIGV4_HEX_LEN] = '\0';
}

void sigv4_hasher_free(struct sigv4_hasher *hasher)
{
    if (hasher == NULL) {
        return;
    }
    mem_wipe(hasher, sizeof(*hasher));
    mem_free(hasher);
}
