/* SPDX-License-Identifier: Apache-2.0 */
/* The filter on the way out: each fetch that goes out as somebody is copied,
 * signed as that somebody and sent on; the caller's own fetch stays as it was,
 * so that it may be sent again. Start at send_fetch(), at the end. */
#include "creds/private.h"

#include "base/mem.h"

enum { CHUNK_LIMIT = 16 * 1024 * 1024 };

struct signed_fetch {
    struct creds *creds;
    struct http_fetch *outer;
    struct http_fetch inner;
    bool sent;
    struct timer head;
    struct timer done;
    struct timer again; /* the credentials have come, or not */
    struct creds_waiter waiter;
    struct http_source *chunks; /* re-signs chunks; NULL: none are signed */
    struct creds_text_source whole;
};

/* What stays as it came: unsigned calls, and unknown keys of emulators. */
static bool passes(const struct http_fetch *fetch)
{
    return fetch->as == NULL || (fetch->as->kind == IDENTITY_KEPT &&
                                 http_is_clients(fetch->purpose));
}

static struct creds *creds_of(struct http_client *self)
{
    return ((struct creds_signer *)self)->creds;
}

static void give_up(struct signed_fetch *sf, struct str why)
{
    sf->outer->outcome = HTTP_UNSIGNABLE;
    sf->outer->error = arena_str(sf->outer->arena, why);
    timer_wake(sf->outer->timers, sf->outer->done);
}

/* ---- signed chunks ---- */

/* The chain of the client's own chunk signatures, from the head as the client
 * signed it. */
static bool inbound_chain(struct signed_fetch *sf, struct sigv4_chain *ret)
{
    struct arena *arena = sf->outer->arena;
    struct sigv4_claim claim = {0};
    struct creds_inbound inbound;
    struct str error = STR_NONE;
    if (sigv4_claim_parse(arena, &sf->outer->request, &claim, &error) !=
            SIGV4_GOOD ||
        claim.form != SIGV4_HEADER ||
        creds_keys_find(sf->creds, claim.access_key, &inbound) != CREDS_KNOWN) {
        return false;
    }
    *ret = (struct sigv4_chain){.amz_date = claim.amz_date,
                                .scope = claim.scope,
                                .seed = claim.signature};
    sigv4_derive_key(inbound.credentials.secret_key, &claim.scope, &ret->key);
    return true;
}

static struct sigv4_chain outbound_chain(const struct signed_fetch *sf,
                                         const struct sigv4_sign_in *in,
                                         struct str seed)
{
    struct str date =
        http_headers_get(&sf->inner.request.headers, "x-amz-date");
    struct sigv4_chain chain = {
        .amz_date = date,
        .scope = {str_first(date, 8), in->region, in->service},
        .seed = seed,
    };
    sigv4_derive_key(in->credentials->secret_key, &chain.scope, &chain.key);
    return chain;
}

/* A body that was buffered is re-signed at once. */
static bool resign_whole(struct signed_fetch *sf, struct str *reterr)
{
    struct buf body = {0};
    enum http_read result = HTTP_READ_SOME;
    while (result == HTTP_READ_SOME) {
        size_t got = 0;
        buf_reserve(&body, 65536);
        result =
            http_source_read(sf->chunks, body.bytes + body.len, 65536, &got);
        body.len += got;
    }
    sf->inner.request.body = arena_str(sf->outer->arena, buf_str(&body));
    buf_free(&body);
    *reterr = STR("a chunk of the body does not bear the signature of its key");
    return result == HTTP_READ_END;
}

static bool resign_chunks(struct signed_fetch *sf,
                          const struct sigv4_sign_in *in, struct str seed,
                          struct str *reterr)
{
    struct arena *arena = sf->outer->arena;
    struct http_source *body = sf->outer->upload;
    size_t limit = sf->creds->chunk_limit;
    struct sigv4_chain from;
    if (!inbound_chain(sf, &from)) {
        *reterr = STR("the key that signed the chunks of the body is not known "
                      "any more");
        return false;
    }
    struct sigv4_chain to = outbound_chain(sf, in, seed);
    if (body == NULL) {
        body = creds_text_source_init(&sf->whole, sf->outer->request.body);
    }
    sf->chunks =
        sigv4_chunks(arena, body, &from, &to, limit > 0 ? limit : CHUNK_LIMIT);
    mem_wipe(&from.key, sizeof(from.key));
    mem_wipe(&to.key, sizeof(to.key));
    if (sf->outer->upload == NULL) {
        return resign_whole(sf, reterr);
    }
    sf->inner.upload = sf->chunks;
    return true;
}

/* ---- the head ---- */

static bool is_chunked(enum sigv4_payload payload)
{
    return payload == SIGV4_PAYLOAD_CHUNKS ||
           payload == SIGV4_PAYLOAD_CHUNKS_TRAILER;
}

/* What is buffered is not taken from what the client declared: a resent batch
 * is smaller. */
static struct str payload_hash(const struct http_fetch *outer)
{
    switch (sigv4_payload_of(outer->payload_hash)) {
    case SIGV4_PAYLOAD_UNSIGNED:
    case SIGV4_PAYLOAD_UNSIGNED_TRAILER:
    case SIGV4_PAYLOAD_CHUNKS:
    case SIGV4_PAYLOAD_CHUNKS_TRAILER:
        return outer->payload_hash;
    case SIGV4_PAYLOAD_HASH:
        if (outer->upload != NULL) {
            return outer->payload_hash;
        }
        break;
    case SIGV4_PAYLOAD_NONE:
    case SIGV4_PAYLOAD_UNKNOWN:
        break;
    }
    if (outer->upload != NULL) {
        return STR("UNSIGNED-PAYLOAD"); /* a presigned upload to S3 */
    }
    return outer->body_hash.len > 0
               ? outer->body_hash
               : sigv4_sha256_hex(outer->arena, outer->request.body);
}

static bool set_headers(struct signed_fetch *sf, struct str *reterr)
{
    struct arena *arena = sf->outer->arena;
    struct http_url url = {0};
    if (!http_url_parse(arena, sf->outer->origin, &url, reterr)) {
        return false;
    }
    struct http_request *request = &sf->inner.request;
    request->headers = http_headers_share(arena, &sf->outer->request.headers);
    http_headers_drop_hop_by_hop(&request->headers);
    http_headers_remove(&request->headers, STR("Expect"));
    http_headers_set(arena, &request->headers, STR("Host"), url.authority);
    return true;
}

static bool sign(struct signed_fetch *sf,
                 const struct sigv4_credentials *credentials,
                 struct str *reterr)
{
    const struct http_fetch *outer = sf->outer;
    struct sigv4_stages stages;
    struct sigv4_sign_in in = {
        .credentials = credentials,
        .region = outer->sign_region,
        .service = outer->sign_service,
        .wall_ms = sf->creds->config.wall_ms(),
        .rules = sigv4_rules_for(outer->sign_service),
        .payload_hash = payload_hash(outer),
        .keys = sf->creds->derived,
    };
    sf->inner = *outer;
    if (!set_headers(sf, reterr)) {
        return false;
    }
    sigv4_sign_header(outer->arena, &in, &sf->inner.request, &stages);
    return !is_chunked(sigv4_payload_of(in.payload_hash)) ||
           resign_chunks(sf, &in, stages.signature, reterr);
}

/* ---- what comes back ---- */

static void copy_result(struct signed_fetch *sf)
{
    struct http_fetch *outer = sf->outer;
    const struct http_fetch *inner = &sf->inner;
    outer->outcome = inner->outcome;
    outer->error = inner->error;
    outer->response = inner->response;
    outer->download = inner->download;
    outer->head_ready = inner->head_ready;
    if (inner->outcome == HTTP_UPLOAD_BROKEN && sf->chunks != NULL &&
        outer->upload != NULL) {
        outer->upload->fault = sf->chunks->fault;
    }
}

static void hear_head(void *ctx)
{
    struct signed_fetch *sf = ctx;
    copy_result(sf);
    if (sf->outer->head != NULL) {
        timer_wake(sf->outer->timers, sf->outer->head);
    }
}

static void hear_done(void *ctx)
{
    struct signed_fetch *sf = ctx;
    copy_result(sf);
    timer_wake(sf->outer->timers, sf->outer->done);
}

/* ---- the filter ---- */

static void try_send(void *ctx)
{
    struct signed_fetch *sf = ctx;
    struct creds *creds = sf->creds;
    struct sigv4_credentials credentials = {0};
    struct str error = STR_NONE;
    enum creds_state state =
        creds_keys_outbound(creds, sf->outer->as, &credentials, &error);
    if (state == CREDS_PENDING) {
        creds_own_wait(&creds->own, &sf->waiter, &sf->again);
        return;
    }
    if (state == CREDS_FAILED || !sign(sf, &credentials, &error)) {
        give_up(sf, error);
        return;
    }
    sf->inner.head = &sf->head;
    sf->inner.done = &sf->done;
    sf->inner.state = NULL;
    sf->sent = true;
    http_fetch_send(creds->config.upstream, &sf->inner);
}

static void send_fetch(struct http_client *self, struct http_fetch *fetch)
{
    struct creds *creds = creds_of(self);
    if (passes(fetch)) {
        http_fetch_send(creds->config.upstream, fetch);
        return;
    }
    struct signed_fetch *sf = ARENA_NEW(fetch->arena, struct signed_fetch);
    sf->creds = creds;
    sf->outer = fetch;
    timer_init(&sf->head, hear_head, sf);
    timer_init(&sf->done, hear_done, sf);
    timer_init(&sf->again, try_send, sf);
    fetch->state = sf;
    fetch->outcome = HTTP_PENDING;
    fetch->head_ready = false;
    fetch->download = NULL;
    try_send(sf);
}

static void cancel_fetch(struct http_client *self, struct http_fetch *fetch)
{
    struct creds *creds = creds_of(self);
    if (passes(fetch)) {
        http_fetch_cancel(creds->config.upstream, fetch);
        return;
    }
    struct signed_fetch *sf = fetch->state;
    if (sf == NULL) {
        return;
    }
    if (sf->sent) {
        http_fetch_cancel(creds->config.upstream, &sf->inner);
    }
    timer_cancel(fetch->timers, &sf->head);
    timer_cancel(fetch->timers, &sf->done);
    timer_cancel(creds->config.timers, &sf->again);
    creds_own_unwait(&creds->own, &sf->waiter);
    sigv4_chunks_free(sf->chunks);
    fetch->state = NULL;
}

void creds_signer_init(struct creds *creds)
{
    creds->signer = (struct creds_signer){
        .client = {.send = send_fetch, .cancel = cancel_fetch},
        .creds = creds,
    };
}

struct http_client *creds_signing_client(struct creds *creds)
{
    return &creds->signer.client;
}
