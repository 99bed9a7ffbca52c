/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AWS Signature Version 4 (AWS General Reference, "Signature Version 4 signing
 * process"; for S3: "Authenticating Requests (AWS Signature Version 4)").
 *
 * Purpose:   sign and verify, by header and by query, with every stage callable
 *            so that each can be compared with the published suite and shown to
 *            a user whose signature does not match.
 * Ownership: texts live in the caller's arena. Derived keys are wiped after use
 *            or live in a struct sigv4_key that the caller wipes.
 * Errors:    parse and verify return an enum with names, and a sentence; no
 *            secret is ever part of it.
 * Never:     reads a clock, a file or the environment; compares signatures in a
 *            time that depends on them.
 */
#ifndef SIGV4_SIGV4_H
#define SIGV4_SIGV4_H

#include "base/arena.h"
#include "http/message.h"
#include "http/stream.h"

enum { SIGV4_HASH_LEN = 32, SIGV4_HEX_LEN = 64 };

/* hash.c: the only user of OpenSSL. */
void sigv4_sha256(struct str bytes, unsigned char out[SIGV4_HASH_LEN]);
struct str sigv4_sha256_hex(struct arena *arena, struct str bytes);
void sigv4_hmac(struct str key, struct str bytes,
                unsigned char out[SIGV4_HASH_LEN]);
bool sigv4_equal_constant_time(struct str a, struct str b);
struct sigv4_hasher; /* SHA-256 of bytes as they pass */
struct sigv4_hasher *sigv4_hasher_new(void);
void sigv4_hasher_add(struct sigv4_hasher *hasher, struct str bytes);
/* Ends it: 64 hex digits and a zero byte. */
void sigv4_hasher_hex(struct sigv4_hasher *hasher, char out[SIGV4_HEX_LEN + 1]);
void sigv4_hasher_free(struct sigv4_hasher *hasher);

struct sigv4_credentials {
    struct str access_key;
    struct str secret_key;
    struct str session_token; /* STR_NONE: none */
};

struct sigv4_scope {
    struct str date; /* "20150830" */
    struct str region;
    struct str service; /* the signing name */
};

/* How a request's path and body enter the canonical request. */
struct sigv4_rules {
    bool normalize_path;     /* remove dot segments and empty segments */
    bool encode_twice;       /* path once more; S3: false */
    bool payload_header;     /* add x-amz-content-sha256 when signing */
    bool omit_session_token; /* add the token after signing */
};
/* S3's own for "s3", "s3express", "s3-outposts", "s3-object-lambda". */
struct sigv4_rules sigv4_rules_for(struct str service);

/* ---- stages ---- */

/* `signed_headers` is the list "host;x-amz-date". For a query-signed request
 * X-Amz-Signature is left out of the query. */
struct str sigv4_canonical_request(struct arena *arena,
                                   const struct http_request *request,
                                   const struct sigv4_rules *rules,
                                   struct str signed_headers,
                                   struct str payload_hash);
struct str sigv4_string_to_sign(struct arena *arena, struct str amz_date,
                                const struct sigv4_scope *scope,
                                struct str canonical_request);
/* The key, and what HMAC hashes of it before each text and before each text's
 * hash: half of the work on a short text, done once. */
struct sigv4_key {
    unsigned char bytes[SIGV4_HASH_LEN];
    uint32_t before_text[SIGV4_HASH_LEN / sizeof(uint32_t)];
    uint32_t before_hash[SIGV4_HASH_LEN / sizeof(uint32_t)];
};
void sigv4_derive_key(struct str secret_key, const struct sigv4_scope *scope,
                      struct sigv4_key *ret_key);
struct str sigv4_signature(struct arena *arena, const struct sigv4_key *key,
                           struct str string_to_sign);
/* Derived keys of the last scopes, kept; wiped when freed (keys.c). */
struct sigv4_keys;
struct sigv4_keys *sigv4_keys_new(void);
void sigv4_keys_free(struct sigv4_keys *keys);
/* As sigv4_derive_key(); `keys` may be NULL: then it is derived anew. */
void sigv4_keys_get(struct sigv4_keys *keys, struct str secret_key,
                    const struct sigv4_scope *scope, struct sigv4_key *ret_key);
/* Wipes the secret, and what was derived from it. */
void sigv4_keys_forget(struct sigv4_keys *keys, struct str secret_key);

struct sigv4_stages {
    struct str canonical_request;
    struct str string_to_sign;
    struct str signature; /* hex */
};

/* ---- signing ---- */

struct sigv4_sign_in {
    const struct sigv4_credentials *credentials;
    struct str region;
    struct str service;
    int64_t wall_ms;
    struct sigv4_rules rules;
    struct str payload_hash; /* hex or one of S3's words */
    struct sigv4_keys *keys; /* may be NULL */
};
/*
 * Replaces what signing headers there are (Authorization, X-Amz-Date,
 * X-Amz-Security-Token, X-Amz-Content-Sha256 where the rules want it), and
 * signs Host and all other headers but those that hops change (Connection,
 * User-Agent, Expect, Accept-Encoding, TE, Transfer-Encoding, X-Amzn-Trace-Id
 * and their like). Host must be among the headers. Of a target that was signed
 * by query those parameters go; an X-Amz-Content-Sha256 that is there already
 * is set to payload_hash under any rules. `ret_stages` may be NULL.
 */
void sigv4_sign_header(struct arena *arena, const struct sigv4_sign_in *in,
                       struct http_request *request,
                       struct sigv4_stages *ret_stages);
/* The same by query; `expires_s` seconds of validity. */
void sigv4_sign_query(struct arena *arena, const struct sigv4_sign_in *in,
                      int64_t expires_s, struct http_request *request,
                      struct sigv4_stages *ret_stages);

/* ---- verifying ---- */

enum sigv4_form {
    SIGV4_UNSIGNED,
    SIGV4_HEADER,
    SIGV4_QUERY,
};

/* Everything a signed request says of its own signature. */
struct sigv4_claim {
    enum sigv4_form form;
    struct str access_key;
    struct sigv4_scope scope;
    struct str signed_headers;
    struct str signature;
    struct str amz_date; /* from X-Amz-Date, else from Date */
    int64_t signed_at_ms;
    int64_t expires_s;        /* query form; 0 in a header */
    struct str session_token; /* STR_NONE: none */
    struct str payload_hash;  /* x-amz-content-sha256 or STR_NONE */
};

enum sigv4_verdict {
    SIGV4_GOOD,
    SIGV4_MALFORMED,       /* IncompleteSignature */
    SIGV4_UNSUPPORTED,     /* SigV4A, SigV2 */
    SIGV4_STALE,           /* RequestTimeTooSkewed / RequestExpired */
    SIGV4_MISMATCH,        /* SignatureDoesNotMatch */
    SIGV4_UNSIGNED_HEADER, /* an x-amz-* header or Host is not signed */
    SIGV4_BODY_MISMATCH,   /* XAmzContentSHA256Mismatch */
};
const char *sigv4_verdict_name(enum sigv4_verdict verdict);

/* GOOD for an unsigned request too: form says so. An empty region is fine. */
enum sigv4_verdict sigv4_claim_parse(struct arena *arena,
                                     const struct http_request *request,
                                     struct sigv4_claim *ret_claim,
                                     struct str *reterr);
struct sigv4_verify_in {
    struct str secret_key;
    /* What enters the canonical request; where the client declared another
     * hash the verdict is BODY_MISMATCH. STR_NONE: what the client declared,
     * else UNSIGNED-PAYLOAD in S3's query form, else the hash of the body. */
    struct str payload_hash;
    struct sigv4_rules rules;
    int64_t wall_ms;
    int64_t tolerance_ms;    /* 5 minutes */
    struct sigv4_keys *keys; /* may be NULL */
};
/* `ret_stages` may be NULL. On a MISMATCH its signature is STR_NONE: whoever is
 * shown the stages must not learn the right one. */
enum sigv4_verdict
sigv4_verify(struct arena *arena, const struct http_request *request,
             const struct sigv4_claim *claim, const struct sigv4_verify_in *in,
             struct sigv4_stages *ret_stages, struct str *reterr);

/* ---- bodies ---- */

enum sigv4_payload {
    SIGV4_PAYLOAD_NONE,             /* no x-amz-content-sha256 */
    SIGV4_PAYLOAD_HASH,             /* 64 hex digits */
    SIGV4_PAYLOAD_UNSIGNED,         /* UNSIGNED-PAYLOAD */
    SIGV4_PAYLOAD_UNSIGNED_TRAILER, /* STREAMING-UNSIGNED-PAYLOAD-TRAILER */
    SIGV4_PAYLOAD_CHUNKS,           /* STREAMING-AWS4-HMAC-SHA256-PAYLOAD */
    SIGV4_PAYLOAD_CHUNKS_TRAILER,   /* ...-PAYLOAD-TRAILER */
    SIGV4_PAYLOAD_UNKNOWN,          /* SigV4A's and others */
};
enum sigv4_payload sigv4_payload_of(struct str content_sha256);

/*
 * A source that passes `inner` on and compares its hash with `expected_hex`
 * before it gives the last byte, so that what was tampered with is never whole
 * upstream. Breaks with fault XAmzContentSHA256Mismatch.
 */
struct http_source *sigv4_hash_check(struct arena *arena,
                                     struct http_source *inner,
                                     struct str expected_hex);
void sigv4_hash_check_free(struct http_source *source);

/* The chain of chunk signatures of one side. */
struct sigv4_chain {
    struct sigv4_key key;
    struct str amz_date;
    struct sigv4_scope scope;
    struct str seed; /* the signature of the request head */
};
/*
 * aws-chunked with signed chunks: verifies each chunk (and the trailer's
 * signature) against `from` before a byte of it is given on. With `to` NULL it
 * passes the framing on as it came; with a chain it gives the same chunks
 * re-signed for `to` (the length stays the same). A chunk larger than
 * `chunk_limit` breaks it. Faults: SignatureDoesNotMatch, IncompleteBody,
 * InvalidChunkSizeError.
 */
struct http_source *sigv4_chunks(struct arena *arena, struct http_source *inner,
                                 const struct sigv4_chain *from,
                                 const struct sigv4_chain *to,
                                 size_t chunk_limit);
void sigv4_chunks_free(struct http_source *source);

#endif
