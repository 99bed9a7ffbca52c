/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a call, as a list of steps: each step sets the next one and says
 * MORE, PARKED or DONE. The functions stand in the order of the list in
 * private.h, so read downwards from step_identify(); the longer ones have files
 * of their own (relay.c, doubt.c, plan.c); the driver is at the end.
 */
#include "engine/witness.h"

enum {
    HELD_LIMIT = 20000,
    INTERIMS_MAX = 5,
};

static struct timers *timers_of(const struct exchange *x)
{
    return x->engine->config.timers;
}

enum progress engine_exchange_fault(struct exchange *x, int status,
                                    const char *code, struct str message)
{
    engine_answer_fault(x, status, code, message);
    return exchange_go(x, STEP_answer);
}

void engine_exchange_say(const struct exchange *x, struct event *event)
{
    event->exchange = x->id;
    event->client = x->call->access_key;
    event->group = x->aws.prefix;
    event->service = x->aws.service;
    event->operation = x->aws.operation;
    event->region = x->aws.region;
    if (event->resource.len == 0) {
        event->resource = x->resource;
    }
    events_say(x->engine->config.events, event);
}

/* ---- waiters ---- */

static void on_gone(void *ctx)
{
    struct waiter *w = ctx;
    struct exchange *x = w->exchange;
    if (w->left || !w->call->gone) {
        return;
    }
    w->left = true;
    struct event event = {.kind = EVENT_CLIENT_GONE};
    engine_exchange_say(x, &event);
    timer_wake(timers_of(x), &x->wake);
}

static void add_waiter(struct exchange *x, struct waiter *w,
                       struct http_call *call)
{
    *w = (struct waiter){.exchange = x, .call = call, .next = x->waiters};
    x->waiters = w;
    timer_init(&w->gone, on_gone, w);
    call->on_gone = &w->gone;
    if (call->gone) {
        timer_wake(timers_of(x), &w->gone);
    }
}

static void on_interim(void *ctx)
{
    struct exchange *x = ctx;
    for (struct waiter *w = x->waiters; w != NULL; w = w->next) {
        if (!w->left && w->interims < INTERIMS_MAX) {
            w->interims++;
            w->call->ops->interim(w->call);
        }
    }
    timer_arm(timers_of(x), &x->interim, x->engine->config.interim_ms);
}

/* The longest hold is over. */
static void on_deadline(void *ctx)
{
    struct exchange *x = ctx;
    x->gave_up = true;
    timer_wake(timers_of(x), &x->wake);
}

/* ---- identify ---- */

static enum rules_policy policy_word(struct str word)
{
    if (str_eq_nocase(word, STR("fail"))) {
        return POLICY_FAIL;
    }
    return str_eq_nocase(word, STR("pass")) ? POLICY_PASS : POLICY_DEFAULT;
}

/* False when there is more in it than may be read here. Of what is damaged AWS
 * will say so. */
static bool decode_body(struct exchange *x)
{
    const struct http_request *request = &x->call->request;
    size_t limit = x->engine->config.body_limit;
    struct str encoding =
        http_headers_get(&request->headers, "Content-Encoding");
    x->body = request->body;
    return !str_eq_nocase(encoding, STR("gzip")) ||
           http_gunzip(x->arena, request->body, limit, &x->body) ||
           !http_gunzip_is_beyond(request->body, limit);
}

void engine_exchange_name_resource(struct exchange *x)
{
    struct str why = STR_NONE;
    if (x->rule->resource.compiled == NULL) {
        return;
    }
    struct arena *scratch = arena_new();
    const struct json *value =
        rules_value(scratch, &x->rule->resource,
                    engine_document_with_read(scratch, x, NULL, NULL), &why);
    if (value->type != JSON_NULL) {
        struct buf text = {0};
        x->resources = json_copy(x->arena, value);
        if (value->type == JSON_STRING) {
            buf_add(&text, value->text);
        } else {
            json_write(value, &text);
        }
        x->resource = arena_str(x->arena, buf_str(&text));
        buf_free(&text);
    }
    arena_free(scratch);
}

/* Clients of a custom endpoint leave out what some operations put before the
 * host ("sync-states..."). A prefix with a member in it is not known here. */
static void add_host_prefix(struct exchange *x)
{
    const struct aws_operation *op = aws_operation_find(
        x->engine->config.registry, x->aws.service, x->aws.operation);
    struct str scheme = STR("https://");
    if (op != NULL && op->host_prefix.len > 0 &&
        str_find(op->host_prefix, '{') == STR_NOT_FOUND &&
        str_starts(x->endpoint.origin, scheme)) {
        x->endpoint.origin = arena_printf(
            x->arena, "%.*s%.*s%.*s", STR_ARG(scheme), STR_ARG(op->host_prefix),
            STR_ARG(str_from(x->endpoint.origin, scheme.len)));
    }
}

static bool place_call(struct exchange *x, struct str *reterr)
{
    const struct engine_config *config = &x->engine->config;
    if (config->upstream_url.len > 0) {
        x->endpoint = (struct aws_endpoint){
            .origin = config->upstream_url,
            .signing_region = x->call->sign_region,
            .signing_name = x->call->sign_service,
        };
        return true;
    }
    if (!aws_endpoint_find(config->registry, x->arena, x->aws.service,
                           x->call->sign_service, x->aws.region, &x->endpoint,
                           reterr)) {
        return false;
    }
    add_host_prefix(x);
    return true;
}

/* None for a body that cannot be read, for AWS will say what is wrong with it;
 * nor for one that streams, because the rules were reloaded since its head. */
static const struct rule *rule_for(const struct exchange *x)
{
    bool streams = x->call->request.body.len == 0 && x->call->body_length != 0;
    return x->aws.input == NULL || streams
               ? NULL
               : rules_find(x->rules, x->aws.service, x->aws.operation);
}

/* It should be held, but cannot be read here: sent all the same, it would be
 * confirmed by nobody. */
static bool is_beyond_rules(const struct exchange *x)
{
    return x->aws.beyond &&
           rules_find(x->rules, x->aws.service, x->aws.operation) != NULL;
}

static void say_received(const struct exchange *x)
{
    struct arena *scratch = arena_new();
    struct event event = {.kind = EVENT_CALL_RECEIVED,
                          .detail = x->aws.trouble};
    if (x->rule != NULL || x->known != NULL) {
        event.request = engine_read_request_text(x, scratch);
    }
    engine_exchange_say(x, &event);
    arena_free(scratch);
}

static enum progress step_identify(struct exchange *x)
{
    const struct engine_config *config = &x->engine->config;
    const struct http_headers *headers = &x->call->request.headers;
    struct str why = STR_NONE;
    bool decoded = decode_body(x);
    aws_identify(config->registry, x->arena, &x->call->request,
                 x->call->sign_service, x->call->sign_region, x->body, &x->aws);
    if (!decoded) {
        x->aws.beyond = true;
        x->aws.trouble =
            arena_printf(x->arena,
                         "there are more than %zu bytes in the gzipped body "
                         "(--body-limit)",
                         config->body_limit);
    }
    x->invocation_id = http_headers_get(headers, "amz-sdk-invocation-id");
    x->policy = policy_word(http_headers_get(headers, "x-settled-policy"));
    if (!place_call(x, &why)) {
        return engine_exchange_fault(x, 400, "UnknownEndpoint", why);
    }
    if (is_beyond_rules(x)) {
        return engine_exchange_fault(x, 413, "RequestEntityTooLargeException",
                                     arena_printf(x->arena,
                                                  "%.*s; nothing was sent",
                                                  STR_ARG(x->aws.trouble)));
    }
    x->rule = rule_for(x);
    if (x->rule != NULL) {
        engine_exchange_name_resource(x);
    } else {
        engine_read_begin(x);
    }
    if (!x->inner) {
        say_received(x);
    }
    return exchange_go(x, x->rule != NULL ? STEP_join : STEP_relay);
}

/* ---- join ---- */

static void hand_over(struct exchange *from, struct exchange *to)
{
    struct event event = {.kind = EVENT_CALL_JOINED, .detail = from->id};
    timer_cancel(timers_of(from), &from->first.gone);
    add_waiter(to, ARENA_NEW(to->arena, struct waiter), from->call);
    from->waiters = NULL;
    from->call = NULL;
    engine_exchange_say(to, &event);
}

bool engine_exchange_may_be_held(struct exchange *x)
{
    struct engine *engine = x->engine;
    size_t limit =
        engine->config.held_limit > 0 ? engine->config.held_limit : HELD_LIMIT;
    x->counted = engine->held < limit;
    engine->held += x->counted;
    return x->counted;
}

static enum progress step_join(struct exchange *x)
{
    struct engine *engine = x->engine;
    x->led_to = arena_str(x->arena, joins_find_elsewhere(engine->joins, x));
    struct exchange *twin = joins_find(engine->joins, x);
    if (twin != NULL) {
        hand_over(x, twin);
        return exchange_go(x, STEP_finish);
    }
    const struct http_response *kept =
        joins_find_answer(engine->joins, x, engine_now_ms(engine));
    if (kept != NULL) {
        struct event event = {.kind = EVENT_CALL_JOINED,
                              .detail = STR("it had been answered")};
        engine_exchange_say(x, &event);
        x->reply = http_response_copy(x->arena, kept);
        return exchange_go(x, STEP_answer);
    }
    if (x->led_to.len > 0 && !x->inner && engine_elsewhere_can_take(x)) {
        return exchange_go(x, STEP_elsewhere);
    }
    x->repeats = arena_str(
        x->arena, joins_find_lost(engine->joins, x, engine_now_ms(engine)));
    if (engine->config.observe) {
        joins_add(engine->joins, x);
        return exchange_go(x, STEP_relay);
    }
    if (!engine_exchange_may_be_held(x)) {
        return engine_exchange_fault(
            x, 503, "SlowDown",
            arena_printf(x->arena,
                         "settled holds %zu calls already, which is "
                         "its limit (--held-limit); nothing was sent",
                         engine->held));
    }
    joins_add(engine->joins, x);
    timer_arm(timers_of(x), &x->deadline, engine->config.max_hold_ms);
    if (engine->config.interim_ms > 0) {
        timer_arm(timers_of(x), &x->interim, engine->config.interim_ms);
    }
    return exchange_go(x, x->rule->has_before ? STEP_before : STEP_relay);
}

/* ---- before ---- */

struct probe *engine_exchange_ask(struct exchange *x,
                                  const struct rules_read *read)
{
    struct arena *scratch = arena_new();
    const struct probe_ask question = {
        .exchange = x->id,
        .as = x->call->identity,
        .access_key = x->call->access_key,
        .service = read->service,
        .region = x->aws.region,
        .operation = read->model,
        .input = rules_input(scratch, read,
                             engine_document_with_read(scratch, x, NULL, NULL)),
    };
    struct probe *probe =
        probe_ask(x->engine, &question, engine_now_ms(x->engine), &x->wake);
    arena_free(scratch);
    return probe;
}

static enum progress step_before(struct exchange *x)
{
    if (x->probe == NULL) {
        x->probe = engine_exchange_ask(x, &x->rule->before);
        return PARKED;
    }
    const struct probe_result *result = probe_get(x->probe);
    if (result == NULL) {
        /* The next step knows what to say. */
        return x->gave_up ? exchange_go(x, STEP_relay) : PARKED;
    }
    if (result->kind == PROBE_ANSWERED) {
        x->before = json_copy(x->arena, result->output);
    }
    probe_drop(x->probe, &x->wake);
    x->probe = NULL;
    return exchange_go(x, STEP_relay);
}

/* ---- answer ---- */

static void say_given(struct exchange *x)
{
    struct event event = {
        .kind = EVENT_ANSWER_GIVEN,
        .status = x->reply.status,
        .outcome = x->outcome,
        .waited_ms = event_number(engine_now_ms(x->engine) - x->received_ms),
    };
    engine_exchange_say(x, &event);
}

void engine_exchange_answer(struct exchange *x)
{
    if (x->listed_for_joins) {
        joins_keep(x->engine->joins, x, &x->reply, engine_now_ms(x->engine));
        joins_remove(x->engine->joins, x);
    }
    say_given(x);
    for (struct waiter *w = x->waiters; w != NULL; w = w->next) {
        http_call_reply(w->call, &x->reply);
    }
}

static enum progress step_answer(struct exchange *x)
{
    engine_exchange_answer(x);
    if (x->watched && x->heard_at.turn > 0) {
        engine_read_end(x);
    }
    return exchange_go(x, STEP_finish);
}

static void on_sent(void *ctx)
{
    struct exchange *x = ctx;
    x->reply_sent = true;
    timer_wake(timers_of(x), &x->wake);
}

/* ---- finish ---- */

static void release_waiters(struct exchange *x)
{
    for (struct waiter *w = x->waiters; w != NULL; w = w->next) {
        timer_cancel(timers_of(x), &w->gone);
        w->call->on_gone = NULL;
        http_call_release(w->call);
    }
}

static enum progress step_finish(struct exchange *x)
{
    struct engine *engine = x->engine;
    engine->held -= x->counted;
    witness_end(x);
    for (size_t i = 0; i < x->confirmation_count; i++) {
        confirmation_stop(&x->confirmations[i]);
    }
    probe_drop(x->probe, &x->wake);
    engine_exchange_forget_fetch(x);
    joins_remove(engine->joins, x);
    timer_cancel(timers_of(x), &x->deadline);
    timer_cancel(timers_of(x), &x->interim);
    timer_cancel(timers_of(x), &x->sent);
    timer_cancel(timers_of(x), &x->wake);
    release_waiters(x);
    *(x->newer != NULL ? &x->newer->older : &engine->newest) = x->older;
    if (x->older != NULL) {
        x->older->newer = x->newer;
    }
    engine->active--;
    rules_unref(x->rules);
    arena_free(x->arena);
    return DONE;
}

/* ---- the driver: the only caller of a step ---- */

static void drive(void *ctx)
{
    static enum progress (*const steps[STEP_COUNT])(struct exchange *) = {
#define ENGINE_STEP(name) step_##name,
        ENGINE_STEPS(ENGINE_STEP)
#undef ENGINE_STEP
    };
    struct exchange *x = ctx;
    enum progress progress = MORE;
    while (progress == MORE) {
        progress = steps[x->step](x);
    }
}

void engine_exchange_start(struct engine *engine, struct http_call *call,
                           bool inner)
{
    struct arena *arena = arena_new();
    struct exchange *x = ARENA_NEW(arena, struct exchange);
    x->engine = engine;
    x->arena = arena;
    x->call = call;
    x->rules = rules_ref(engine->config.rules);
    x->received_ms = engine_now_ms(engine);
    x->gave_up = engine->stopping;
    x->id = inner ? arena_str(arena, engine_elsewhere_id(call)) : STR_NONE;
    x->inner = x->id.len > 0;
    if (!x->inner) {
        x->id = arena_printf(arena, "%.*s-%llu", STR_ARG(engine->config.run_id),
                             (unsigned long long)++engine->count);
    }
    timer_init(&x->wake, drive, x);
    timer_init(&x->deadline, on_deadline, x);
    timer_init(&x->interim, on_interim, x);
    timer_init(&x->sent, on_sent, x);
    x->older = engine->newest;
    if (x->older != NULL) {
        x->older->newer = x;
    }
    engine->newest = x;
    engine->active++;
    add_waiter(x, &x->first, call);
    timer_wake(engine->config.timers, &x->wake);
}
