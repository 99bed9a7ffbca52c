/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call to the emulator: collect the body, answer a read from the past or
 * forward it; before a mutation, look at what it will change. The steps stand
 * in their order; start at step_collect(), the driver is at the end.
 */
#include "lag/private.h"

static struct timers *timers_of(const struct visit *v)
{
    return v->lag->config.timers;
}

static int64_t now_of(const struct visit *v)
{
    return timers_now_ms(timers_of(v));
}

static enum progress go(struct visit *v, enum progress (*step)(struct visit *))
{
    v->step = step;
    return MORE;
}

static enum progress step_collect(struct visit *v);
static enum progress step_choose(struct visit *v);
static enum progress step_glimpse(struct visit *v);
static enum progress step_forward(struct visit *v);
static enum progress step_hear(struct visit *v);
static enum progress step_stream(struct visit *v);
static enum progress step_finish(struct visit *v);

static enum progress reply(struct visit *v, const struct http_response *answer)
{
    http_call_reply(v->call, answer);
    return go(v, step_finish);
}

static enum progress refuse(struct visit *v, int status, const char *code,
                            struct str message)
{
    const struct http_response answer = aws_fault(
        v->arena, &v->aws, status, str_of(code), message, STR("settled-lag"));
    return reply(v, &answer);
}

/* ---- collect: the body of a call whose target says that it is JSON ---- */

static bool is_json_call(const struct visit *v)
{
    return http_headers_count(&v->call->request.headers, "X-Amz-Target") > 0;
}

static enum progress step_collect(struct visit *v)
{
    char bytes[8192];
    size_t len = 0;
    if (!is_json_call(v)) {
        return go(v, step_forward);
    }
    for (;;) {
        switch (http_source_read(v->call->body, bytes, sizeof(bytes), &len)) {
        case HTTP_READ_SOME:
            buf_add(&v->body, str_make(bytes, len));
            if (v->body.len > v->lag->config.body_limit) {
                return refuse(v, 413, "RequestEntityTooLarge",
                              STR("the body is larger than the limit"));
            }
            break;
        case HTTP_READ_WAIT:
            return PARKED;
        case HTTP_READ_END:
            v->call->request.body = buf_str(&v->body);
            return go(v, step_choose);
        case HTTP_READ_BROKEN:
            return go(v, step_finish);
        }
    }
}

/* ---- choose: the past, or the emulator ---- */

static void say(struct visit *v, enum event_kind kind, int64_t until_ms)
{
    const struct event event = {
        .kind = kind,
        .client = v->claim.access_key,
        .service = v->aws.service,
        .operation = v->aws.operation,
        .region = v->aws.region,
        .waited_ms = event_number(until_ms - now_of(v)),
    };
    events_say(v->lag->config.events, &event);
}

static const struct stale *stale_answer(struct visit *v)
{
    struct lag *lag = v->lag;
    const struct stale *stale =
        v->aws.input == NULL
            ? NULL
            : store_find(lag->store, v->aws.service, v->aws.region,
                         v->aws.operation, v->aws.input, now_of(v));
    if (stale != NULL && lag->config.flap > 0 &&
        rng_unit(&lag->rng) < lag->config.flap) {
        return NULL; /* this replica has it already */
    }
    return stale;
}

static enum progress step_choose(struct visit *v)
{
    struct str why = STR_NONE;
    (void)sigv4_claim_parse(v->arena, &v->call->request, &v->claim, &why);
    aws_identify(v->lag->config.registry, v->arena, &v->call->request,
                 v->claim.scope.service, v->claim.scope.region,
                 v->call->request.body, &v->aws);
    const struct stale *stale = stale_answer(v);
    if (stale != NULL) {
        say(v, EVENT_LAG_STALE_READ, stale->until_ms);
        return reply(v, &stale->old);
    }
    v->rule = v->aws.input == NULL
                  ? NULL
                  : rules_find(v->lag->config.rules, v->aws.service,
                               v->aws.operation);
    return go(v, v->rule != NULL ? step_glimpse : step_forward);
}

/* ---- glimpse: the rule's reads, as they answer now ---- */

static enum progress step_glimpse(struct visit *v)
{
    if (v->glimpses == NULL) {
        glimpse_all(v, NULL);
    }
    return glimpses_seen(v) ? go(v, step_forward) : PARKED;
}

/* ---- forward: as it came ---- */

static enum progress step_forward(struct visit *v)
{
    enum { CALL_MS = 15 * 60 * 1000, ANSWER_BYTES = 64 * 1024 * 1024 };
    const struct lag_config *config = &v->lag->config;
    struct http_call *call = v->call;
    bool whole = is_json_call(v) || call->body_length == 0;
    v->fetch = (struct http_fetch){
        .arena = v->arena,
        .timers = timers_of(v),
        .request = call->request,
        .origin = config->upstream_url,
        .upload = whole ? NULL : call->body,
        .upload_length = call->body_length,
        .timeout_ms = CALL_MS,
        .streams = v->rule == NULL,
        .body_limit = ANSWER_BYTES,
        .head = &v->wake,
        .done = &v->wake,
    };
    v->fetch.request.headers =
        http_headers_copy(v->arena, &call->request.headers);
    http_headers_drop_hop_by_hop(&v->fetch.request.headers);
    http_headers_remove(&v->fetch.request.headers, STR("Expect"));
    v->fetching = true;
    http_fetch_send(config->client, &v->fetch);
    v->step = v->rule == NULL ? step_stream : step_hear;
    return PARKED;
}

static enum progress no_answer(struct visit *v)
{
    return refuse(v, 502, "UpstreamUnreachable", v->fetch.error);
}

/* ---- hear: from now on those reads lag ---- */

static void start_to_lag(struct visit *v)
{
    struct lag *lag = v->lag;
    const struct json *response = NULL;
    struct str why = STR_NONE;
    int64_t now = now_of(v);
    int64_t until =
        now + lag_distribution_draw_ms(&lag->config.distribution, &lag->rng);
    if (aws_response_read(v->arena, v->aws.protocol, &v->fetch.response,
                          &response, &why)) {
        glimpse_all(v, response);
    }
    for (struct glimpse *g = v->glimpses; g != NULL; g = g->next) {
        if (g->known) {
            const struct stale stale = {
                .service = g->rule->read.service,
                .region = v->aws.region,
                .operation = g->rule->read.operation,
                .input = g->input,
                .old = g->old,
                .until_ms = until,
            };
            store_add(lag->store, &stale, now);
        }
    }
    say(v, EVENT_LAG_MUTATION, until);
}

static enum progress step_hear(struct visit *v)
{
    if (v->fetch.outcome == HTTP_PENDING) {
        return PARKED;
    }
    if (v->fetch.outcome != HTTP_ANSWERED) {
        return no_answer(v);
    }
    int status = v->fetch.response.status;
    if (status >= 200 && status < 300) {
        start_to_lag(v);
    }
    return reply(v, &v->fetch.response);
}

/* ---- stream: a call of no interest ---- */

static enum progress step_stream(struct visit *v)
{
    if (v->replying) {
        return v->through ? go(v, step_finish) : PARKED;
    }
    if (v->call->gone) {
        return go(v, step_finish);
    }
    if (!v->fetch.head_ready) {
        return v->fetch.outcome == HTTP_PENDING ? PARKED : no_answer(v);
    }
    v->replying = true;
    v->call->ops->reply_stream(v->call, &v->fetch.response,
                               http_response_length(&v->fetch.response),
                               v->fetch.download, timers_of(v), &v->sent);
    return PARKED;
}

/* ---- finish ---- */

static enum progress step_finish(struct visit *v)
{
    struct lag *lag = v->lag;
    http_source_watch(v->call->body, timers_of(v), NULL);
    for (struct glimpse *g = v->glimpses; g != NULL; g = g->next) {
        if (g->fetching) {
            http_fetch_cancel(lag->config.client, &g->fetch);
        }
    }
    if (v->fetching) {
        http_fetch_cancel(lag->config.client, &v->fetch);
    }
    timer_cancel(timers_of(v), &v->wake);
    timer_cancel(timers_of(v), &v->sent);
    v->call->on_gone = NULL;
    http_call_release(v->call);
    *(v->newer != NULL ? &v->newer->older : &lag->newest) = v->older;
    if (v->older != NULL) {
        v->older->newer = v->newer;
    }
    buf_free(&v->body);
    arena_free(v->arena);
    lag->active--;
    return DONE;
}

/* ---- the driver ---- */

static void drive(void *ctx)
{
    struct visit *v = ctx;
    enum progress progress = MORE;
    if (v->lag->stopping) {
        v->call->ops->abort(v->call);
        v->step = v->replying && !v->through ? step_stream : step_finish;
    }
    while (progress == MORE) {
        progress = v->step(v);
    }
}

static void on_sent(void *ctx)
{
    struct visit *v = ctx;
    v->through = true;
    timer_wake(timers_of(v), &v->wake);
}

void visit_start(struct lag *lag, struct http_call *call)
{
    struct arena *arena = arena_new();
    struct visit *v = ARENA_NEW(arena, struct visit);
    v->lag = lag;
    v->arena = arena;
    v->call = call;
    v->step = step_collect;
    v->older = lag->newest;
    if (v->older != NULL) {
        v->older->newer = v;
    }
    lag->newest = v;
    timer_init(&v->wake, drive, v);
    timer_init(&v->sent, on_sent, v);
    call->on_gone = &v->wake;
    lag->active++;
    http_source_watch(call->body, timers_of(v), &v->wake);
    timer_wake(timers_of(v), &v->wake);
}

void visit_wake_all(struct lag *lag)
{
    for (struct visit *v = lag->newest; v != NULL; v = v->older) {
        timer_wake(timers_of(v), &v->wake);
    }
}
