/* SPDX-License-Identifier: Apache-2.0 */
/* The keys that clients may sign with, and what each is signed as on the way
 * out. Found by access key; entries come only from AWS's own answers and, with
 * --no-verify, from whoever asks an emulator. Start at creds_keys_find(). */
#include "creds/private.h"

#include "base/mem.h"

#include <assert.h>

/* Longer than any call is held or watched. */
enum { RETIRED_MS = 60 * 60 * 1000 };

static int64_t wall_ms(const struct creds *creds)
{
    return creds->config.wall_ms();
}

/* For ages: a wall clock that is set forward must free nothing in use. */
static int64_t now_ms(const struct creds *creds)
{
    return timers_now_ms(creds->config.timers);
}

static size_t count_index(enum creds_identity_kind kind)
{
    assert(kind == IDENTITY_LEARNED || kind == IDENTITY_KEPT);
    return kind == IDENTITY_LEARNED ? 0 : 1;
}

static struct http_identity **bucket_of(struct creds *creds,
                                        struct str access_key)
{
    return &creds->keys.buckets[str_hash(access_key) % CREDS_BUCKETS];
}

void creds_keys_init(struct creds *creds)
{
    creds->keys.minted.kind = IDENTITY_MINTED;
    creds->keys.own.kind = IDENTITY_OWN;
}

static void free_list(struct http_identity *first)
{
    while (first != NULL) {
        struct http_identity *next = first->next;
        arena_free(first->texts);
        mem_free(first);
        first = next;
    }
}

void creds_keys_done(struct creds *creds)
{
    for (size_t i = 0; i < CREDS_BUCKETS; i++) {
        free_list(creds->keys.buckets[i]);
    }
    free_list(creds->keys.retired);
}

/* ---- giving way ---- */

static void free_long_retired(struct creds *creds)
{
    struct http_identity **at = &creds->keys.retired;
    int64_t now = now_ms(creds);
    while (*at != NULL) {
        struct http_identity *identity = *at;
        if (now - identity->stamp_ms >= RETIRED_MS) {
            *at = identity->next;
            mem_free(identity);
        } else {
            at = &identity->next;
        }
    }
}

static void retire(struct creds *creds, struct http_identity **at)
{
    struct http_identity *identity = *at;
    *at = identity->next;
    creds->keys.count[count_index(identity->kind)]--;
    sigv4_keys_forget(creds->derived, identity->credentials.secret_key);
    arena_free(identity->texts);
    identity->texts = NULL;
    identity->credentials = (struct sigv4_credentials){0};
    identity->retired = true;
    identity->stamp_ms = now_ms(creds);
    identity->next = creds->keys.retired;
    creds->keys.retired = identity;
}

/* Whether `a` should go rather than `b`: what expires first, or was used
 * longest ago. */
static bool goes_before(const struct http_identity *a,
                        const struct http_identity *b)
{
    return a->kind == IDENTITY_LEARNED ? a->expires_ms < b->expires_ms
                                       : a->stamp_ms < b->stamp_ms;
}

/* Retires all learned keys that have expired; when none had, the first to go.
 * Walks the whole table, but only when that is full. */
static void make_room(struct creds *creds, enum creds_identity_kind kind)
{
    struct http_identity **first = NULL;
    int64_t now = wall_ms(creds);
    bool any = false;
    for (size_t i = 0; i < CREDS_BUCKETS; i++) {
        struct http_identity **at = &creds->keys.buckets[i];
        while (*at != NULL) {
            struct http_identity *identity = *at;
            if (identity->kind == IDENTITY_LEARNED && kind == identity->kind &&
                identity->expires_ms <= now) {
                any = true;
                retire(creds, at);
                continue;
            }
            if (identity->kind == kind &&
                (first == NULL || goes_before(identity, *first))) {
                first = at;
            }
            at = &identity->next;
        }
    }
    if (!any && first != NULL) {
        retire(creds, first);
    }
}

static struct http_identity *add_identity(struct creds *creds,
                                          enum creds_identity_kind kind,
                                          const struct sigv4_credentials *pair)
{
    free_long_retired(creds);
    if (creds->keys.count[count_index(kind)] >= CREDS_KEYS_MAX) {
        make_room(creds, kind);
    }
    struct http_identity *identity = mem_new(sizeof(*identity));
    struct http_identity **bucket = bucket_of(creds, pair->access_key);
    identity->kind = kind;
    identity->texts = arena_new();
    identity->credentials = creds_credentials_copy(identity->texts, pair);
    identity->stamp_ms = now_ms(creds);
    identity->next = *bucket;
    *bucket = identity;
    creds->keys.count[count_index(kind)]++;
    return identity;
}

/* ---- learning ---- */

void creds_keys_learn(struct creds *creds, const struct sigv4_credentials *pair,
                      int64_t expires_ms)
{
    struct http_identity **at = bucket_of(creds, pair->access_key);
    while (*at != NULL) {
        if ((*at)->kind == IDENTITY_LEARNED &&
            str_eq((*at)->credentials.access_key, pair->access_key)) {
            retire(creds, at);
        } else {
            at = &(*at)->next;
        }
    }
    add_identity(creds, IDENTITY_LEARNED, pair)->expires_ms = expires_ms;
    creds_fade_begin(creds);
}

const struct http_identity *creds_keys_keep(struct creds *creds,
                                            struct str access_key,
                                            struct str session_token)
{
    struct sigv4_credentials pair = {
        .access_key =
            access_key.len > 0 ? access_key : creds_made_up.access_key,
        .secret_key = creds_made_up.secret_key,
        .session_token = session_token,
    };
    struct http_identity *identity = *bucket_of(creds, pair.access_key);
    for (; identity != NULL; identity = identity->next) {
        if (identity->kind == IDENTITY_KEPT &&
            str_eq(identity->credentials.access_key, pair.access_key) &&
            str_eq(identity->credentials.session_token, session_token)) {
            identity->stamp_ms = now_ms(creds);
            return identity;
        }
    }
    return add_identity(creds, IDENTITY_KEPT, &pair);
}

/* ---- finding ---- */

static bool is_own(const struct creds_own *own, struct str access_key)
{
    return own->arena != NULL &&
           str_eq(own->credentials.access_key, access_key);
}

static enum creds_lookup find_own(struct creds *creds, struct str access_key,
                                  struct creds_inbound *ret_inbound)
{
    const struct creds_own *own = &creds->own;
    if (!is_own(own, access_key) && creds_own_look(&creds->own)) {
        return CREDS_WAIT;
    }
    /* What is made up for an emulator stands in this source: no key at all. */
    if (!is_own(own, access_key) || creds->plan.made_up) {
        return CREDS_UNKNOWN;
    }
    ret_inbound->identity = &creds->keys.own;
    ret_inbound->credentials = own->credentials;
    ret_inbound->expires_ms = own->expires_ms;
    return CREDS_KNOWN;
}

static bool find_learned(struct creds *creds, struct str access_key,
                         struct creds_inbound *ret_inbound)
{
    const struct http_identity *identity = *bucket_of(creds, access_key);
    for (; identity != NULL; identity = identity->next) {
        if (identity->kind == IDENTITY_LEARNED &&
            str_eq(identity->credentials.access_key, access_key)) {
            ret_inbound->identity = identity;
            ret_inbound->credentials = identity->credentials;
            ret_inbound->expires_ms = identity->expires_ms;
            return true;
        }
    }
    return false;
}

enum creds_lookup creds_keys_find(struct creds *creds, struct str access_key,
                                  struct creds_inbound *ret_inbound)
{
    const struct creds_others *others = &creds->config.others;
    *ret_inbound = (struct creds_inbound){0};
    if (str_eq(access_key, creds->minted.access_key)) {
        ret_inbound->identity = &creds->keys.minted;
        ret_inbound->credentials = creds->minted;
        return CREDS_KNOWN;
    }
    if (find_learned(creds, access_key, ret_inbound)) {
        return CREDS_KNOWN;
    }
    if (others->hear != NULL && !is_own(&creds->own, access_key)) {
        others->hear(others->ctx);
        if (find_learned(creds, access_key, ret_inbound)) {
            return CREDS_KNOWN;
        }
    }
    return find_own(creds, access_key, ret_inbound);
}

enum creds_state creds_keys_outbound(struct creds *creds,
                                     const struct http_identity *identity,
                                     struct sigv4_credentials *ret,
                                     struct str *reterr)
{
    if (identity->kind == IDENTITY_MINTED || identity->kind == IDENTITY_OWN) {
        return creds_own_get(&creds->own, ret, reterr);
    }
    if (identity->retired ||
        (identity->expires_ms != 0 && identity->expires_ms <= wall_ms(creds))) {
        *reterr = STR("the caller's temporary credentials have expired");
        return CREDS_FAILED;
    }
    *ret = identity->credentials;
    return CREDS_READY;
}
