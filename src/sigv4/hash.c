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

/* ---- HMAC, RFC 2104: written out for the same reason ---- */

enum { STATE_WORDS = SIGV4_HASH_LEN / sizeof(uint32_t) };

static void hash_block(const unsigned char block[BLOCK_LEN], unsigned char pad,
                       uint32_t out[STATE_WORDS])
{
    unsigned char padded[BLOCK_LEN];
    SHA256_CTX state;
    for (size_t i = 0; i < BLOCK_LEN; i++) {
        padded[i] = block[i] ^ pad;
    }
    begin_digest(&state);
    add_bytes(&state, padded, BLOCK_LEN);
    memcpy(out, state.h, sizeof(state.h));
    mem_wipe(&state, sizeof(state));
    mem_wipe(padded, sizeof(padded));
}

/* As if one block had just been hashed. */
static void begin_behind(SHA256_CTX *state, const uint32_t before[STATE_WORDS])
{
    begin_digest(state);
    memcpy(state->h, before, sizeof(state->h));
    state->Nl = BLOCK_LEN * 8;
}

void sigv4_key_mac(const struct sigv4_key *key, struct str text,
                   unsigned char out[SIGV4_HASH_LEN])
{
    unsigned char hash[SIGV4_HASH_LEN];
    SHA256_CTX state;
    begin_behind(&state, key->before_text);
    add_bytes(&state, text.ptr, text.len);
    end_digest(&state, hash);
    begin_behind(&state, key->before_hash);
    add_bytes(&state, hash, sizeof(hash));
    end_digest(&state, out);
    mem_wipe(hash, sizeof(hash));
}

static void prepare(struct sigv4_key *key, struct str bytes)
{
    unsigned char block[BLOCK_LEN] = {0};
    if (bytes.len > BLOCK_LEN) {
        sigv4_sha256(bytes, block);
    } else if (bytes.len > 0) {
        memcpy(block, bytes.ptr, bytes.len);
    }
    hash_block(block, 0x36, key->before_text);
    hash_block(block, 0x5c, key->before_hash);
    mem_wipe(block, sizeof(block));
}

void sigv4_key_prepare(struct sigv4_key *key)
{
    prepare(key, str_make((const char *)key->bytes, sizeof(key->bytes)));
}

void sigv4_hmac(struct str key, struct str bytes,
                unsigned char out[SIGV4_HASH_LEN])
{
    struct sigv4_key prepared = {0};
    prepare(&prepared, key);
    sigv4_key_mac(&prepared, bytes, out);
    mem_wipe(&prepared, sizeof(prepared));
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
