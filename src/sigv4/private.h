/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this room share with each other and with nobody else.
 */
#ifndef SIGV4_PRIVATE_H
#define SIGV4_PRIVATE_H

#include "sigv4/sigv4.h"

#define SIGV4_ALGORITHM  "AWS4-HMAC-SHA256"
#define SIGV4_TERMINATOR "aws4_request"
#define SIGV4_EMPTY_HASH                                                       \
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* hash.c */
void sigv4_hex(const unsigned char bytes[SIGV4_HASH_LEN],
               char out[SIGV4_HEX_LEN]);
/* Exactly 64 digits; capital letters only where `any_case`. */
bool sigv4_is_hex64(struct str text, bool any_case);
/* Works out the rest of a key from its bytes. */
void sigv4_key_prepare(struct sigv4_key *key);
/* HMAC-SHA256 with a prepared key. */
void sigv4_key_mac(const struct sigv4_key *key, struct str text,
                   unsigned char out[SIGV4_HASH_LEN]);

/* canon.c: all parts in a row. printf would cost more than the hashing. */
struct str sigv4_concat(struct arena *arena, const struct str *parts,
                        size_t count);
#define SIGV4_CONCAT(arena, ...)                                               \
    sigv4_concat((arena), (const struct str[]){__VA_ARGS__},                   \
                 sizeof((const struct str[]){__VA_ARGS__}) /                   \
                     sizeof(struct str))

/* canon.c: "20150830/us-east-1/service/aws4_request" */
struct str sigv4_scope_text(struct arena *arena,
                            const struct sigv4_scope *scope);

/* uri.c */
struct str sigv4_canonical_path(struct arena *arena, struct str path,
                                const struct sigv4_rules *rules);
struct str sigv4_canonical_query(struct arena *arena, struct str query,
                                 const struct sigv4_rules *rules);
/* The target without the parameters by which a query is signed. */
struct str sigv4_unsigned_target(struct arena *arena, struct str target);

#endif
