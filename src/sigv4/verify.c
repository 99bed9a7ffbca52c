/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a claimed signature is right, and made now.
 * Apart from claim.c, which needs no secret.
 * Start at sigv4_verify(), at the end. */
#include "sigv4/private.h"

#include "base/mem.h"

static const char *const verdict_names[] = {
    [SIGV4_GOOD] = "good",
    [SIGV4_MALFORMED] = "malformed",
    [SIGV4_UNSUPPORTED] = "unsupported",
    [SIGV4_STALE] = "stale",
    [SIGV4_MISMATCH] = "mismatch",
    [SIGV4_UNSIGNED_HEADER] = "unsigned header",
    [SIGV4_BODY_MISMATCH] = "body mismatch",
};

const char *sigv4_verdict_name(enum sigv4_verdict verdict)
{
    return verdict_names[verdict];
}

static bool is_listed(struct str list, struct str name)
{
    while (list.ptr != NULL) {
        if (str_eq_nocase(str_cut(&list, ';'), name)) {
            return true;
        }
    }
    return false;
}

/* A header that AWS acts upon must be one that the caller meant: we would sign
 * it with a key of our own. */
static enum sigv4_verdict check_coverage(struct arena *arena,
                                         const struct http_request *request,
                                         const struct sigv4_claim *claim,
                                         const struct sigv4_rules *rules,
                                         struct str *reterr)
{
    if (!is_listed(claim->signed_headers, STR("host"))) {
        *reterr = STR("The Host header is not signed.");
        return SIGV4_UNSIGNED_HEADER;
    }
    for (size_t i = 0; i < request->headers.count; i++) {
        struct str name = request->headers.at[i].name;
        bool acts =
            name.len > 6 && str_eq_nocase(str_first(name, 6), STR("x-amz-"));
        bool token = rules->omit_session_token &&
                     str_eq_nocase(name, STR("x-amz-security-token"));
        if (acts && !token && !is_listed(claim->signed_headers, name)) {
            *reterr = arena_printf(arena, "The header '%.*s' is not signed.",
                                   STR_ARG(name));
            return SIGV4_UNSIGNED_HEADER;
        }
    }
    return SIGV4_GOOD;
}

static enum sigv4_verdict check_time(struct arena *arena,
                                     const struct sigv4_claim *claim,
                                     const struct sigv4_verify_in *in,
                                     struct str *reterr)
{
    int64_t age_ms = in->wall_ms - claim->signed_at_ms;
    if (age_ms < -in->tolerance_ms) {
        *reterr = arena_printf(
            arena, "The signature of %.*s lies %lld seconds in the future.",
            STR_ARG(claim->amz_date), (long long)(-age_ms / 1000));
        return SIGV4_STALE;
    }
    if (claim->form == SIGV4_QUERY && age_ms > claim->expires_s * 1000) {
        *reterr = arena_printf(
            arena, "The request of %.*s expired after %lld seconds.",
            STR_ARG(claim->amz_date), (long long)claim->expires_s);
        return SIGV4_STALE;
    }
    if (claim->form == SIGV4_HEADER && age_ms > in->tolerance_ms) {
        *reterr =
            arena_printf(arena, "The signature of %.*s is %lld seconds old.",
                         STR_ARG(claim->amz_date), (long long)(age_ms / 1000));
        return SIGV4_STALE;
    }
    return SIGV4_GOOD;
}

/* What the request itself says of its body, where the caller says nothing. */
static struct str default_hash(struct arena *arena,
                               const struct http_request *request,
                               const struct sigv4_claim *claim,
                               const struct sigv4_rules *rules)
{
    if (claim->payload_hash.ptr != NULL) {
        return claim->payload_hash;
    }
    if (claim->form == SIGV4_QUERY && !rules->encode_twice) {
        return STR("UNSIGNED-PAYLOAD"); /* S3 */
    }
    return sigv4_sha256_hex(arena, request->body);
}

/* What the client says it hashed, when that is another hash than the body's:
 * so a good signature over another body can be told from a bad signature. */
static struct str declared_hash(const struct sigv4_claim *claim,
                                struct str payload_hash)
{
    bool both = sigv4_is_hex64(claim->payload_hash, true) &&
                sigv4_is_hex64(payload_hash, true);
    return both ? claim->payload_hash : payload_hash;
}

static struct sigv4_stages compute(struct arena *arena,
                                   const struct http_request *request,
                                   const struct sigv4_claim *claim,
                                   const struct sigv4_verify_in *in,
                                   struct str payload_hash)
{
    struct sigv4_stages stages;
    struct sigv4_key key;
    stages.canonical_request = sigv4_canonical_request(
        arena, request, &in->rules, claim->signed_headers, payload_hash);
    stages.string_to_sign = sigv4_string_to_sign(
        arena, claim->amz_date, &claim->scope, stages.canonical_request);
    sigv4_keys_get(in->keys, in->secret_key, &claim->scope, &key);
    stages.signature = sigv4_signature(arena, &key, stages.string_to_sign);
    mem_wipe(&key, sizeof(key));
    return stages;
}

enum sigv4_verdict
sigv4_verify(struct arena *arena, const struct http_request *request,
             const struct sigv4_claim *claim, const struct sigv4_verify_in *in,
             struct sigv4_stages *ret_stages, struct str *reterr)
{
    *reterr = STR_NONE;
    if (claim->form == SIGV4_UNSIGNED) {
        *reterr = STR("The request is not signed.");
        return SIGV4_MALFORMED;
    }
    enum sigv4_verdict verdict =
        check_coverage(arena, request, claim, &in->rules, reterr);
    if (verdict == SIGV4_GOOD) {
        verdict = check_time(arena, claim, in, reterr);
    }
    if (verdict != SIGV4_GOOD) {
        return verdict;
    }
    struct str sent = in->payload_hash.ptr != NULL
                          ? in->payload_hash
                          : default_hash(arena, request, claim, &in->rules);
    struct str declared = declared_hash(claim, sent);
    struct sigv4_stages stages = compute(arena, request, claim, in, declared);
    bool right = sigv4_equal_constant_time(stages.signature, claim->signature);
    if (!right) {
        /* Whoever is shown the stages must not learn the right one. */
        stages.signature = STR_NONE;
    }
    if (ret_stages != NULL) {
        *ret_stages = stages;
    }
    if (!right) {
        *reterr = STR("The signature is not the one that this key gives for "
                      "this request.");
        return SIGV4_MISMATCH;
    }
    if (!str_eq_nocase(declared, sent)) {
        *reterr = STR("The body is not the one whose hash stands in "
                      "x-amz-content-sha256.");
        return SIGV4_BODY_MISMATCH;
    }
    return SIGV4_GOOD;
}
