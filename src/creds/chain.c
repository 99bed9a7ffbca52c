/* SPDX-License-Identifier: Apache-2.0 */
/* One run of a plan: ask its source, then assume its roles one after another.
 * Each provider ends in provide or fail, and that is the only way on. Start at
 * creds_chain_start(). */
#include "creds/private.h"

#include "base/clock.h"
#include "json/json.h"

#include <assert.h>

enum { ANSWER_LIMIT = 1024 * 1024 };

static void start_static(struct creds_chain *chain)
{
    creds_chain_provide(chain, &chain->creds->plan.fixed, 0);
}

static void start_none(struct creds_chain *chain)
{
    creds_chain_fail(chain, "%.*s", STR_ARG(chain->creds->plan.error));
}

static void (*const sources[])(struct creds_chain *) = {
    [CREDS_SOURCE_NONE] = start_none,
    [CREDS_SOURCE_STATIC] = start_static,
    [CREDS_SOURCE_PROCESS] = creds_process_start,
    [CREDS_SOURCE_WEB_IDENTITY] = creds_web_identity_start,
    [CREDS_SOURCE_CONTAINER] = creds_container_start,
    [CREDS_SOURCE_IMDS] = creds_imds_start,
};

static void end_ask(struct creds_chain *chain)
{
    if (chain->asking) {
        http_fetch_cancel(chain->creds->config.private_upstream, &chain->fetch);
        chain->asking = false;
    }
    timer_cancel(chain->creds->config.timers, &chain->answered);
}

static void finish(struct creds_chain *chain, bool ok)
{
    assert(chain->running);
    end_ask(chain);
    chain->running = false;
    chain->ok = ok;
    timer_wake(chain->creds->config.timers, chain->finished);
}

void creds_chain_provide(struct creds_chain *chain,
                         const struct sigv4_credentials *got,
                         int64_t expires_ms)
{
    chain->got = creds_credentials_copy(chain->arena, got);
    /* Roles expire each by itself; the whole is renewed with the first. */
    if (expires_ms != 0 &&
        (chain->expires_ms == 0 || expires_ms < chain->expires_ms)) {
        chain->expires_ms = expires_ms;
    }
    if (chain->roles_left == 0) {
        finish(chain, true);
        return;
    }
    chain->roles_left--;
    creds_assume_role_start(chain,
                            &chain->creds->plan.roles[chain->roles_left]);
}

void creds_chain_fail(struct creds_chain *chain, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    chain->error = arena_vprintf(chain->arena, format, args);
    va_end(args);
    finish(chain, false);
}

static void hear_answer(void *ctx)
{
    struct creds_chain *chain = ctx;
    chain->then(chain);
}

void creds_chain_ask(struct creds_chain *chain,
                     const struct creds_chain_ask *ask,
                     void (*then)(struct creds_chain *chain))
{
    end_ask(chain);
    timer_init(&chain->answered, hear_answer, chain);
    chain->then = then;
    chain->fetch = (struct http_fetch){
        .arena = chain->arena,
        .timers = chain->creds->config.timers,
        .request = ask->request,
        .origin = ask->origin,
        .timeout_ms = ask->timeout_ms,
        .body_limit = ANSWER_LIMIT,
        .done = &chain->answered,
    };
    struct http_headers *headers = &chain->fetch.request.headers;
    if (http_headers_get(headers, "host").ptr == NULL) {
        struct http_url url = {0};
        struct str error = STR_NONE;
        if (http_url_parse(chain->arena, ask->origin, &url, &error)) {
            http_headers_add(chain->arena, headers, STR("Host"), url.authority);
        }
    }
    chain->asking = true;
    http_fetch_send(chain->creds->config.private_upstream, &chain->fetch);
}

bool creds_chain_ok(struct creds_chain *chain, const char *whom)
{
    const struct http_fetch *fetch = &chain->fetch;
    if (fetch->outcome != HTTP_ANSWERED) {
        creds_chain_fail(
            chain, "%s at %.*s: %s%s%.*s", whom, STR_ARG(fetch->origin),
            http_outcome_name(fetch->outcome), fetch->error.len > 0 ? ": " : "",
            STR_ARG(fetch->error));
        return false;
    }
    if (fetch->response.status != 200) {
        creds_chain_fail(chain, "%s at %.*s answered with status %d", whom,
                         STR_ARG(fetch->origin), fetch->response.status);
        return false;
    }
    return true;
}

void creds_chain_read_json(struct creds_chain *chain, struct str text,
                           const char *token_key, const char *whom)
{
    /* What was wrong is not told: it might quote what could not be read. */
    const struct json *json =
        json_read(chain->arena, text, &json_default_limits);
    int64_t expires_ms = 0;
    if (json == NULL) {
        creds_chain_fail(chain, "%s gave something that is not JSON", whom);
        return;
    }
    struct sigv4_credentials got = {
        .access_key = json_get_text(json, "AccessKeyId"),
        .secret_key = json_get_text(json, "SecretAccessKey"),
        .session_token = json_get_text(json, token_key),
    };
    struct str expiration = json_get_text(json, "Expiration");
    if (got.access_key.len == 0 || got.secret_key.len == 0) {
        creds_chain_fail(chain,
                         "%s gave JSON without AccessKeyId and SecretAccessKey",
                         whom);
    } else if (expiration.len > 0 && !clock_parse(expiration, &expires_ms)) {
        creds_chain_fail(chain, "%s gave an Expiration that is no date", whom);
    } else if (expires_ms != 0 &&
               expires_ms <= chain->creds->config.wall_ms()) {
        creds_chain_fail(chain, "%s gave credentials that have expired", whom);
    } else {
        creds_chain_provide(chain, &got, expires_ms);
    }
}

void creds_chain_start(struct creds_chain *chain, struct creds *creds,
                       struct timer *finished)
{
    assert(!chain->running);
    *chain = (struct creds_chain){
        .creds = creds,
        .running = true,
        .finished = finished,
        .arena = arena_new(),
        .roles_left = creds->plan.role_count,
    };
    timer_init(&chain->answered, hear_answer, chain);
    sources[creds->plan.source](chain);
}

void creds_chain_stop(struct creds_chain *chain)
{
    if (chain->running) {
        end_ask(chain);
        creds_process_stop(chain);
        chain->running = false;
    }
    arena_free(chain->arena);
    chain->arena = NULL;
}

struct sigv4_credentials
creds_credentials_copy(struct arena *arena, const struct sigv4_credentials *of)
{
    struct sigv4_credentials copy = {
        .access_key = arena_str(arena, of->access_key),
        .secret_key = arena_str(arena, of->secret_key),
    };
    if (of->session_token.len > 0) {
        copy.session_token = arena_str(arena, of->session_token);
    }
    return copy;
}
