/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call to the emulator: collect the body, answer a read from the past or
 * forward it; before a mutation, look at what it will change, and afterwards
 * whether it did. The steps stand in their order; start at step_collect(), the
 * driver is at the end.
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
static enum progress step_batch(struct visit *v);
static enum progress step_glimpse(struct visit *v);
static enum progress step_forward(struct visit *v);
static enum progress step_hear(struct visit *v);
static enum progress step_compare(struct visit *v);
static enum progress step_stream(struct visit *v);
static enum progress step_finish(struct visit *v);

static enum progress reply(struct visit *v, const struct http_response *answer)
{
    v->replied = true;
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

static enum progress no_answer(struct visit *v)
{
    return refuse(v, 502, "UpstreamUnreachable", v->fetch.error);
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
    if (lag_control_is_ours(v->call)) {
        const struct http_response answer =
            lag_control_answer(v->lag, v->arena, &v->call->request);
        return reply(v, &answer);
    }
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

struct read visit_read(const struct visit *v)
{
    return (struct read){v->aws.service, v->aws.region, v->aws.operation,
                         v->aws.input};
}

void visit_say_read(struct visit *v, enum event_kind kind,
                    const struct window *window)
{
    struct event event = {
        .kind = kind,
        .client = v->claim.access_key,
        .service = v->aws.service,
        .operation = v->aws.operation,
        .region = v->aws.region,
        .resource = window->resource,
        .write =
            arena_printf(v->arena, "%llu", (unsigned long long)window->write),
        .detail = str_of(lag_clock_name(window->clock)),
    };
    if (window->until_ms != INT64_MAX) { /* else: not answered yet */
        event.until_ms = event_number(window->until_ms - now_of(v));
    }
    lag_counts_add(v->lag->counts, v->aws.service, v->aws.operation,
                   kind == EVENT_LAG_STALE_READ ? COUNT_STALE : COUNT_FRESH);
    events_say(v->lag->config.events, &event);
}

/* What a read sees; NULL: the truth. */
static const struct window *look_back(struct visit *v)
{
    const struct read read = visit_read(v);
    if (v->operation == NULL) {
        return NULL;
    }
    struct sight sight = store_see(v->lag->store, &read, now_of(v));
    if (sight.stale != NULL) {
        visit_say_read(v, EVENT_LAG_STALE_READ, sight.stale);
    } else if (sight.fresh != NULL) {
        v->flapped = true;
        visit_say_read(v, EVENT_LAG_FRESH_READ, sight.fresh);
    }
    return sight.stale;
}

/* Lists and the like are looked at before the next change; what asks for
 * nothing and lists nothing is no view of anything (GetRandomPassword). */
static void recall(struct visit *v)
{
    const struct read read = visit_read(v);
    const struct aws_operation *o = v->operation;
    if (o == NULL || v->body.len > RECALL_INPUT_BYTES ||
        (o->required_count == 0 && o->page_output.len == 0 &&
         !str_starts(o->name, STR("List"))) ||
        (o->page_input.len > 0 &&
         json_get(read.input, o->page_input) != NULL) ||
        lag_batch_member(read.service, read.operation).len > 0) {
        return;
    }
    recall_note(v->lag->recall, &read, store_next_turn(v->lag->store));
}

static const struct rule *rule_of(struct visit *v)
{
    const struct rule *rule =
        rules_find(v->lag->config.rules, v->aws.service, v->aws.operation);
    return rule != NULL && lag_applies(v, &rule->when, NULL) ? rule : NULL;
}

static enum progress step_choose(struct visit *v)
{
    struct str why = STR_NONE;
    (void)sigv4_claim_parse(v->arena, &v->call->request, &v->claim, &why);
    aws_identify(v->lag->config.registry, v->arena, &v->call->request,
                 v->claim.scope.service, v->claim.scope.region,
                 v->call->request.body, &v->aws);
    if (v->aws.input == NULL) {
        return go(v, step_forward);
    }
    v->rule = rule_of(v);
    if (v->rule != NULL) {
        glimpse_all(v);
        return go(v, step_glimpse);
    }
    const struct aws_operation *operation = aws_operation_find(
        v->lag->config.registry, v->aws.service, v->aws.operation);
    v->operation = operation != NULL && operation->reads ? operation : NULL;
    if (v->operation != NULL && lag_batch_split(v)) {
        return go(v, step_batch);
    }
    const struct window *stale = look_back(v);
    return stale != NULL ? reply(v, &stale->old) : go(v, step_forward);
}

/* ---- batch: some of it from the past, and the rest ---- */

static void forget_answer(struct visit *v)
{
    http_fetch_cancel(v->lag->config.client, &v->fetch);
    v->fetching = false;
}

static enum progress step_batch(struct visit *v)
{
    enum { RESPLITS_MAX = 8 };
    const struct http_response *rest = NULL;
    if (v->rest != NULL && !v->fetching) {
        struct read read = visit_read(v);
        read.input = v->rest;
        v->looked_at = store_writes(v->lag->store);
        v->fetching = glimpse_send(v, &read, &v->fetch);
    }
    if (v->fetching && v->fetch.outcome == HTTP_PENDING) {
        return PARKED;
    }
    if (v->fetching && v->fetch.outcome != HTTP_ANSWERED) {
        return no_answer(v);
    }
    if (v->fetching && v->looked_at != store_writes(v->lag->store) &&
        v->resplits++ < RESPLITS_MAX) {
        forget_answer(v); /* what was fresh may not be seen any more */
        (void)lag_batch_split(v);
        return MORE;
    }
    if (v->fetching) {
        rest = &v->fetch.response;
    }
    const struct http_response answer = lag_batch_join(v, rest);
    return reply(v, &answer);
}

/* ---- glimpse: the reads that will show the change, as they are now ---- */

static enum progress step_glimpse(struct visit *v)
{
    if (!glimpses_seen(v)) {
        return PARKED;
    }
    mutation_open(v);
    return go(v, step_forward);
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

/* ---- hear: from now on those reads lag ---- */

static enum progress step_hear(struct visit *v)
{
    const struct json *response = NULL;
    struct str why = STR_NONE;
    if (v->fetch.outcome == HTTP_PENDING) {
        return PARKED;
    }
    int status = v->fetch.response.status;
    bool changed =
        v->fetch.outcome == HTTP_ANSWERED && status >= 200 && status < 300;
    if (!changed) {
        mutation_drop(v);
        return v->fetch.outcome == HTTP_ANSWERED ? reply(v, &v->fetch.response)
                                                 : no_answer(v);
    }
    if (!aws_answer_read(v->lag->config.registry, v->arena, v->aws.protocol,
                         &v->fetch.response, &response, &why)) {
        response = NULL;
    }
    mutation_settle(v, response);
    (void)reply(v, &v->fetch.response);
    return glimpse_again(v) ? go(v, step_compare) : go(v, step_finish);
}

/* ---- compare: lists that did not change do not lag ---- */

static enum progress step_compare(struct visit *v)
{
    for (struct glimpse *g = v->glimpses; g != NULL; g = g->next) {
        if (g->fetching && g->fetch.outcome == HTTP_PENDING) {
            return PARKED;
        }
    }
    glimpses_compare(v);
    return go(v, step_finish);
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
    /* A change may have been sent since this read was: then it is not to be
     * seen yet, or the next read would go back behind this one. */
    if (v->operation != NULL && !v->flapped && lag_batch_split(v)) {
        forget_answer(v);
        return go(v, step_batch);
    }
    const struct window *stale = v->flapped ? NULL : look_back(v);
    if (stale != NULL) {
        return reply(v, &stale->old);
    }
    recall(v);
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
    glimpses_cancel(v);
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
        if (!v->replied) {
            v->call->ops->abort(v->call);
        }
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
