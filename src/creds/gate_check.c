/* SPDX-License-Identifier: Apache-2.0 */
/* The gate's steps that check: the signature by the head where that suffices,
 * then the body, whole or as it streams. Start at creds_gate_head(); the steps
 * stand in their order. */
#include "creds/gate.h"

#include "base/mem.h"

enum {
    TOLERANCE_MS = 5 * 60 * 1000,
    BODY_LIMIT = 16 * 1024 * 1024,
    CHUNK_LIMIT = 16 * 1024 * 1024,
    READ_SIZE = 64 * 1024,
};

/* ---- head ---- */

static enum creds_progress refuse_mismatch(struct creds_gate_call *gc,
                                           const struct sigv4_stages *stages)
{
    struct arena *arena = gc->call->arena;
    struct str hash = sigv4_sha256_hex(arena, stages->canonical_request);
    struct str message = arena_printf(
        arena,
        "The signature does not match: signed with another secret key, or the "
        "request was changed on its way (method, path, query, signed headers, "
        "body). The canonical request as it arrived has the SHA-256 %.*s. Use "
        "the pair that settled printed, or check the secret key of %.*s",
        STR_ARG(hash), STR_ARG(str_first(gc->claim.access_key, 128)));
    return creds_gate_refuse(gc, REFUSE_MISMATCH, message);
}

static enum creds_progress refuse_stale(struct creds_gate_call *gc,
                                        struct str why)
{
    bool late = gc->claim.form == SIGV4_QUERY &&
                gc->gate->creds->config.wall_ms() > gc->claim.signed_at_ms;
    why = arena_printf(gc->call->arena, "%s%.*s%s",
                       late ? "" : "Signature expired or not yet valid: ",
                       STR_ARG(why), late ? "" : " Is the clock right?");
    return creds_gate_refuse(gc, late ? REFUSE_EXPIRED : REFUSE_STALE, why);
}

static enum creds_progress refuse_verdict(struct creds_gate_call *gc,
                                          enum sigv4_verdict verdict,
                                          const struct sigv4_stages *stages,
                                          struct str why)
{
    switch (verdict) {
    case SIGV4_STALE:
        return refuse_stale(gc, why);
    case SIGV4_UNSIGNED_HEADER:
        return creds_gate_refuse(gc, REFUSE_UNSIGNED_HEADER, why);
    case SIGV4_BODY_MISMATCH:
        return creds_gate_refuse(gc, REFUSE_BODY_MISMATCH, why);
    case SIGV4_UNSUPPORTED:
        return creds_gate_refuse(gc, REFUSE_UNSUPPORTED, why);
    case SIGV4_MALFORMED:
        return creds_gate_refuse(gc, REFUSE_INCOMPLETE, why);
    case SIGV4_GOOD:
    case SIGV4_MISMATCH:
        break;
    }
    return refuse_mismatch(gc, stages);
}

/* In memory of its own: a call may be held for long, its stages need not. */
static enum creds_progress verify(struct creds_gate_call *gc,
                                  struct str payload_hash,
                                  enum creds_gate_step next)
{
    struct arena *scratch = arena_new();
    struct sigv4_stages stages = {0};
    struct str why = STR_NONE;
    const struct sigv4_verify_in in = {
        .secret_key = gc->inbound.credentials.secret_key,
        .payload_hash = payload_hash,
        .rules = gc->rules,
        .wall_ms = gc->gate->creds->config.wall_ms(),
        .tolerance_ms = TOLERANCE_MS,
        .keys = gc->gate->creds->derived,
    };
    enum sigv4_verdict verdict = sigv4_verify(scratch, &gc->call->request,
                                              &gc->claim, &in, &stages, &why);
    enum creds_progress progress =
        verdict == SIGV4_GOOD ? creds_gate_go(gc, next)
                              : refuse_verdict(gc, verdict, &stages, why);
    arena_free(scratch);
    return progress;
}

static void introduce(struct creds_gate_call *gc)
{
    struct http_call *call = gc->call;
    const struct creds *creds = gc->gate->creds;
    call->identity = gc->inbound.identity;
    call->access_key = gc->claim.access_key;
    call->sign_service = gc->claim.scope.service;
    call->sign_region = gc->claim.scope.region;
    call->payload_hash = gc->claim.payload_hash;
    if (gc->claim.scope.region.len == 0) {
        /* Unsigned, or from an old client that leaves it empty: nothing in it
         * says where it should go. */
        call->sign_region =
            creds->region.len > 0 ? creds->region : STR("us-east-1");
    }
}

/* What stands in place of the body's hash; STR_NONE: the real hash must. */
static struct str hash_in_head(const struct creds_gate_call *gc)
{
    bool presigned_s3 =
        gc->claim.form == SIGV4_QUERY && gc->rules.payload_header;
    if (gc->payload == SIGV4_PAYLOAD_NONE) {
        return presigned_s3 ? STR("UNSIGNED-PAYLOAD") : STR_NONE;
    }
    return gc->claim.payload_hash;
}

static bool must_be_whole(const struct creds_gate_call *gc)
{
    struct http_handler *next = gc->gate->next;
    bool hash_unknown = !gc->trusted && hash_in_head(gc).ptr == NULL;
    return gc->call->body_length == 0 || hash_unknown ||
           next->wants_body == NULL || next->wants_body(next, gc->call);
}

static size_t body_limit(const struct creds_gate_call *gc)
{
    size_t limit = gc->gate->config.body_limit;
    return limit > 0 ? limit : BODY_LIMIT;
}

static enum creds_progress refuse_size(struct creds_gate_call *gc)
{
    return creds_gate_refuse(
        gc, REFUSE_TOO_LARGE,
        arena_printf(gc->call->arena,
                     "The body is larger than the %zu bytes that "
                     "settled buffers (--body-limit)",
                     body_limit(gc)));
}

/* Signed chunks that are to be buffered are verified as they come. */
static void verify_chunks(struct creds_gate_call *gc)
{
    size_t limit = gc->gate->config.chunk_limit;
    struct sigv4_chain from = {
        .amz_date = gc->claim.amz_date,
        .scope = gc->claim.scope,
        .seed = gc->claim.signature,
    };
    sigv4_derive_key(gc->inbound.credentials.secret_key, &from.scope,
                     &from.key);
    gc->chunks = sigv4_chunks(gc->call->arena, gc->call->body, &from, NULL,
                              limit > 0 ? limit : CHUNK_LIMIT);
    mem_wipe(&from.key, sizeof(from.key));
}

enum creds_progress creds_gate_head(struct creds_gate_call *gc)
{
    int64_t length = gc->call->body_length;
    bool chunked = gc->payload == SIGV4_PAYLOAD_CHUNKS ||
                   gc->payload == SIGV4_PAYLOAD_CHUNKS_TRAILER;
    introduce(gc);
    gc->whole = must_be_whole(gc);
    if (gc->whole && length > 0 && (uint64_t)length > body_limit(gc)) {
        return refuse_size(gc);
    }
    if (gc->whole && chunked && !gc->trusted) {
        verify_chunks(gc);
    }
    if (gc->whole && length != 0 && gc->gate->config.body_ms > 0) {
        timer_arm(gc->gate->creds->config.timers, &gc->late,
                  gc->gate->config.body_ms);
    }
    enum creds_gate_step next = gc->whole ? GATE_READ : GATE_PASS;
    struct str hash = hash_in_head(gc);
    bool signed_by_head = gc->claim.form != SIGV4_UNSIGNED && hash.ptr != NULL;
    return signed_by_head && !gc->trusted ? verify(gc, hash, next)
                                          : creds_gate_go(gc, next);
}

/* ---- read ---- */

/* Small bodies, which most are, take no more than they need. */
static size_t next_size(const struct creds_gate_call *gc)
{
    int64_t left = gc->call->body_length - (int64_t)gc->body.len;
    return left >= 0 && left < READ_SIZE ? (size_t)left + 1 : READ_SIZE;
}

static enum creds_progress refuse_late(struct creds_gate_call *gc)
{
    return creds_gate_refuse(
        gc, REFUSE_TOO_SLOW,
        arena_printf(gc->call->arena,
                     "The body has not arrived within %.3g s (--body-timeout); "
                     "nothing was sent",
                     (double)gc->gate->config.body_ms / 1000));
}

enum creds_progress creds_gate_read(struct creds_gate_call *gc)
{
    struct http_source *from = gc->chunks != NULL ? gc->chunks : gc->call->body;
    size_t limit = body_limit(gc);
    enum http_read result = HTTP_READ_SOME;
    while (result == HTTP_READ_SOME && gc->body.len <= limit) {
        size_t got = 0;
        size_t size = next_size(gc);
        buf_reserve(&gc->body, size);
        result =
            http_source_read(from, gc->body.bytes + gc->body.len, size, &got);
        gc->body.len += got;
    }
    if (gc->body.len > limit) {
        return refuse_size(gc);
    }
    if (result == HTTP_READ_WAIT && gc->is_late) {
        return refuse_late(gc);
    }
    if (result == HTTP_READ_WAIT && creds_gate_is_full(gc->gate)) {
        return creds_gate_refuse_full(gc);
    }
    if (result == HTTP_READ_WAIT) {
        http_source_watch(from, gc->gate->creds->config.timers, &gc->wake);
        return PARKED;
    }
    if (result == HTTP_READ_BROKEN) {
        return creds_gate_refuse_broken(gc, from->fault);
    }
    timer_cancel(gc->gate->creds->config.timers, &gc->late);
    gc->call->request.body = arena_str(gc->call->arena, buf_str(&gc->body));
    gc->call->body_length = (int64_t)gc->body.len;
    return creds_gate_go(gc, GATE_BODY);
}

/* ---- body ---- */

static enum creds_progress check_unsigned(struct creds_gate_call *gc)
{
    struct aws_call called = {0};
    struct aws_registry *registry = gc->gate->creds->config.registry;
    creds_gate_identify(gc, gc->call->request.body, &called);
    const struct aws_operation *operation =
        aws_operation_find(registry, called.service, called.operation);
    if (operation == NULL || !operation->unsigned_call) {
        return creds_gate_refuse(
            gc, REFUSE_MISSING,
            STR("The request is not signed. Give the client the "
                "keys that settled printed (or its own), and do not "
                "use --no-sign-request"));
    }
    const struct aws_service *service =
        aws_service_find(registry, called.service);
    if (service != NULL) {
        gc->call->sign_service = service->signing_name;
    }
    return creds_gate_go(gc, GATE_PASS);
}

enum creds_progress creds_gate_body(struct creds_gate_call *gc)
{
    struct str body = gc->call->request.body;
    if (gc->trusted) {
        return creds_gate_go(gc, GATE_PASS);
    }
    if (gc->claim.form == SIGV4_UNSIGNED) {
        return check_unsigned(gc);
    }
    bool hashed = gc->payload == SIGV4_PAYLOAD_HASH;
    if (!hashed && hash_in_head(gc).ptr != NULL) {
        return creds_gate_go(gc, GATE_PASS);
    }
    struct str hash = sigv4_sha256_hex(gc->call->arena, body);
    gc->call->body_hash = hash;
    if (!hashed) {
        return verify(gc, hash, GATE_PASS);
    }
    return str_eq_nocase(hash, gc->claim.payload_hash)
               ? creds_gate_go(gc, GATE_PASS)
               : creds_gate_refuse(
                     gc, REFUSE_BODY_MISMATCH,
                     STR("The body is not the one whose SHA-256 stands in "
                         "x-amz-content-sha256: it was changed on its way"));
}
