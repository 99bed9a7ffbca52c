/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 and HMAC, and the comparison that takes the same time for all texts.
 * The only file that knows OpenSSL, so that it could be replaced in one place.
 * Start at sigv4_hmac(). */
#include "sigv4/private.h"

#include "base/hex.h"
#include "base/mem.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

enum { BLOCK_LEN = 64 };

struct sigv4_hasher {
    EVP_MD_CTX *context;
};

/* Looking the digest up by name costs more than hashing a short text. */
static const EVP_MD *sha256_method(void)
{
    static EVP_MD *fetched;
    if (fetched == NULL) {
        fetched = EVP_MD_fetch(NULL, "SHA256", NULL);
        assert(fetched != NULL);
    }
    return fetched;
}

static void begin_digest(EVP_MD_CTX *context)
{
    int ok = EVP_DigestInit_ex2(context, sha256_method(), NULL);
    assert(ok == 1);
}

static EVP_MD_CTX *new_context(void)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert(context != NULL);
    return context;
}

/* For what is begun and ended in one call: making a context costs more than
 * hashing a short text. What ended leaves no bytes of a secret in it. */
static EVP_MD_CTX *scratch_context(void)
{
    static _Thread_local EVP_MD_CTX *kept;
    if (kept == NULL) {
        kept = new_context();
    }
    return kept;
}

static void add_bytes(EVP_MD_CTX *context, const void *bytes, size_t len)
{
    if (len > 0) {
        int ok = EVP_DigestUpdate(context, bytes, len);
        assert(ok == 1);
    }
}

static void end_digest(EVP_MD_CTX *context, unsigned char out[SIGV4_HASH_LEN])
{
    int ok = EVP_DigestFinal_ex(context, out, NULL);
    assert(ok == 1);
}

void sigv4_sha256(struct str bytes, unsigned char out[SIGV4_HASH_LEN])
{
    EVP_MD_CTX *context = scratch_context();
    begin_digest(context);
    add_bytes(context, bytes.ptr, bytes.len);
    end_digest(context, out);
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

/* RFC 2104. Written out, because OpenSSL's own one-shot HMAC looks its digest
 * up anew in each call. */
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
    EVP_MD_CTX *context = scratch_context();
    begin_digest(context);
    add_bytes(context, block, BLOCK_LEN);
    add_bytes(context, bytes.ptr, bytes.len);
    end_digest(context, inner);
    for (size_t i = 0; i < BLOCK_LEN; i++) {
        block[i] ^= 0x36 ^ 0x5c;
    }
    begin_digest(context);
    add_bytes(context, block, BLOCK_LEN);
    add_bytes(context, inner, sizeof(inner));
    end_digest(context, out);
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
    hasher->context = new_context();
    begin_digest(hasher->context);
    return hasher;
}

void sigv4_hasher_add(struct sigv4_hasher *hasher, struct str bytes)
{
    add_bytes(hasher->context, bytes.ptr, bytes.len);
}

void sigv4_hasher_hex(struct sigv4_hasher *hasher, char out[SIGV4_HEX_LEN + 1])
{
    unsigned char hash[SIGV4_HASH_LEN];
    end_digest(hasher->context, hash);
    sigv4_hex(hash, out);
    out[SIGV4_HEX_LEN] = '\0';
}

void sigv4_hasher_free(struct sigv4_hasher *hasher)
{
    if (hasher == NULL) {
        return;
    }
    EVP_MD_CTX_free(hasher->context);
    mem_free(hasher);
}
