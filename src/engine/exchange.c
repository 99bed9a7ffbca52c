/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a call, as a list of steps: each step sets the next one and says
 * MORE, PARKED or DONE. The functions stand in the order of the list in
 * private.h, so read downwards from step_identify(); the driver is at the end.
 */
#include "engine/private.h"

#include "base/clock.h"

#include <assert.h>

enum progress { MORE, PARKED, DONE };

enum {
    CALL_TIMEOUT_MS = 15 * 60 * 1000,
    RESPONSE_LIMIT = 64 * 1024 * 1024,
    HELD_LIMIT = 20000,
    INTERIMS_MAX = 5,
};

static struct timers *timers_of(const struct exchange *x)
{
    return x->engine->config.timers;
}

static enum progress go(struct exchange *x, enum step next)
{
    x->step = next;
    return MORE;
}

static enum progress park(struct exchange *x, enum step next)
{
    x->step = next;
    return PARKED;
}

static enum progress refuse(struct exchange *x, int status, const char *code,
                            struct str message)
{
    answer_fault(x, status, code, message);
    return go(x, STEP_answer);
}

void exchange_say(const struct exchange *x, struct event *event)
{
    event->exchange = x->id;
    event->client = x->call->access_key;
    event->group = x->aws.prefix;
    event->service = x->aws.service;
    event->operation = x->aws.operation;
    event->region = x->aws.region;
    event->resource = x->resource;
    events_say(x->engine->config.events, event);
}

/* ---- the document that a rule's expressions see ---- */

static struct json *facts_of_call(const struct exchange *x, struct arena *arena)
{
    struct json *call = json_new(arena, JSON_OBJECT);
    json_set(arena, call, STR("service"),
             json_new_string(arena, x->aws.service));
    json_set(arena, call, STR("operation"),
             json_new_string(arena, x->aws.operation));
    json_set(arena, call, STR("region"), json_new_string(arena, x->aws.region));
    json_set(arena, call, STR("access_key"),
             json_new_string(arena, x->call->access_key));
    json_set(arena, call, STR("account"), json_new(arena, JSON_NULL));
    json_set(arena, call, STR("started"),
             json_new_number(arena, (double)x->started_ms / 1000));
    return call;
}

struct json *exchange_document(const struct exchange *x, struct arena *arena)
{
    const struct json *none = json_new(arena, JSON_NULL);
    struct json *document = json_new(arena, JSON_OBJECT);
    json_set(arena, document, STR("request"),
             x->aws.input != NULL ? x->aws.input : none);
    json_set(arena, document, STR("response"),
             x->response != NULL ? x->response : none);
    json_set(arena, document, STR("before"),
             x->before != NULL ? x->before : none);
    json_set(arena, document, STR("call"), facts_of_call(x, arena));
    return document;
}

static const struct json *error_document(struct arena *arena, struct str code,
                                         struct str message, int status)
{
    struct json *error = json_new(arena, JSON_OBJECT);
    json_set(arena, error, STR("code"), json_new_string(arena, code));
    json_set(arena, error, STR("message"), json_new_string(arena, message));
    json_set(arena, error, STR("status"), json_new_int(arena, status));
    return error;
}

const struct json *document_with_read(struct arena *arena,
                                      const struct exchange *x,
                                      const struct json *item,
                                      const struct probe_result *result)
{
    struct json *document = exchange_document(x, arena);
    if (item != NULL) {
        json_set(arena, document, STR("item"), item);
    }
    bool answered = result != NULL && result->kind == PROBE_ANSWERED;
    bool refused = result != NULL && !answered;
    json_set(arena, document, STR("read"),
             answered ? result->output : json_new(arena, JSON_NULL));
    json_set(arena, document, STR("read_error"),
             refused ? error_document(arena, result->code, result->message,
                                      result->status)
                     : json_new(arena, JSON_NULL));
    return document;
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
    exchange_say(x, &event);
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

static struct str decoded_body(struct exchange *x)
{
    const struct http_request *request = &x->call->request;
    struct str encoding =
        http_headers_get(&request->headers, "Content-Encoding");
    struct str body = request->body;
    if (str_eq_nocase(encoding, STR("gzip"))) {
        (void)http_gunzip(x->arena, request->body, RESPONSE_LIMIT, &body);
    }
    return body;
}

static void name_resource(struct exchange *x)
{
    if (x->rule->resource.compiled == NULL) {
        return;
    }
    struct str why = STR_NONE;
    const struct json *value =
        rules_value(x->arena, &x->rule->resource,
                    document_with_read(x->arena, x, NULL, NULL), &why);
    if (value->type == JSON_NULL) {
        return;
    }
    x->resources = value;
    struct buf text = {0};
    if (value->type == JSON_STRING) {
        buf_add(&text, value->text);
    } else {
        json_write(value, &text);
    }
    x->resource = arena_str(x->arena, buf_str(&text));
    buf_free(&text);
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
            x->arena, "%.*s%.*s%.*s", STR_ARG(scheme),
            STR_ARG(op->host_prefix),
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

static enum progress step_identify(struct exchange *x)
{
    const struct engine_config *config = &x->engine->config;
    const struct http_headers *headers = &x->call->request.headers;
    struct str why = STR_NONE;
    x->body = decoded_body(x);
    aws_identify(config->registry, x->arena, &x->call->request,
                 x->call->sign_service, x->call->sign_region, x->body, &x->aws);
    x->invocation_id = http_headers_get(headers, "amz-sdk-invocation-id");
    x->policy = policy_word(http_headers_get(headers, "x-settled-policy"));
    if (!place_call(x, &why)) {
        return refuse(x, 400, "UnknownEndpoint", why);
    }
    x->rule = rules_find(x->rules, x->aws.service, x->aws.operation);
    if (x->rule != NULL && x->aws.input == NULL) {
        x->rule = NULL; /* unreadable: AWS will say what is wrong with it */
    }
    struct event event = {.kind = EVENT_CALL_RECEIVED,
                          .detail = x->aws.trouble};
    if (x->rule != NULL) {
        name_resource(x);
    }
    exchange_say(x, &event);
    return go(x, x->rule != NULL ? STEP_join : STEP_relay);
}

/* ---- join ---- */

static void hand_over(struct exchange *from, struct exchange *to)
{
    struct event event = {.kind = EVENT_CALL_JOINED, .detail = from->id};
    timer_cancel(timers_of(from), &from->first.gone);
    add_waiter(to, ARENA_NEW(to->arena, struct waiter), from->call);
    from->waiters = NULL;
    from->call = NULL;
    exchange_say(to, &event);
}

static enum progress step_join(struct exchange *x)
{
    struct engine *engine = x->engine;
    struct exchange *twin = joins_find(engine->joins, x);
    if (twin != NULL) {
        hand_over(x, twin);
        return go(x, STEP_finish);
    }
    const struct http_response *kept =
        joins_find_answer(engine->joins, x, engine_now_ms(engine));
    if (kept != NULL) {
        struct event event = {.kind = EVENT_CALL_JOINED,
                              .detail = STR("it had been answered")};
        exchange_say(x, &event);
        x->reply = http_response_copy(x->arena, kept);
        return go(x, STEP_answer);
    }
    size_t limit =
        engine->config.held_limit > 0 ? engine->config.held_limit : HELD_LIMIT;
    if (engine->held >= limit) {
        return refuse(x, 503, "SlowDown",
                      arena_printf(x->arena,
                                   "settled holds %zu calls already, which is "
                                   "its limit (--held-limit); nothing was sent",
                                   engine->held));
    }
    joins_add(engine->joins, x);
    x->counted = true;
    engine->held++;
    timer_arm(timers_of(x), &x->deadline, engine->config.max_hold_ms);
    if (engine->config.interim_ms > 0) {
        timer_arm(timers_of(x), &x->interim, engine->config.interim_ms);
    }
    return go(x, x->rule->has_before ? STEP_before : STEP_relay);
}

/* ---- before ---- */

static struct probe *ask(struct exchange *x, const struct rules_read *read,
                         const struct json *document)
{
    struct probe_ask question = {
        .as = x->call->identity,
        .access_key = x->call->access_key,
        .service = read->service,
        .region = x->aws.region,
        .operation = read->model,
        .input = rules_input(x->arena, read, document),
    };
    return probe_ask(x->engine, &question, engine_now_ms(x->engine), &x->wake);
}

static enum progress step_before(struct exchange *x)
{
    if (x->probe == NULL) {
        x->probe = ask(x, &x->rule->before,
                       document_with_read(x->arena, x, NULL, NULL));
        return PARKED;
    }
    const struct probe_result *result = probe_get(x->probe);
    if (result == NULL) {
        return x->gave_up ? refuse(x, 503, "ServiceUnavailable",
                                   STR("settled gave up before it sent the "
                                       "call; nothing was changed"))
                          : PARKED;
    }
    if (result->kind == PROBE_ANSWERED) {
        x->before = json_copy(x->arena, result->output);
    }
    probe_drop(x->probe, &x->wake);
    x->probe = NULL;
    return go(x, STEP_relay);
}

/* ---- relay ---- */

static void drop_ours(struct http_headers *headers)
{
    size_t kept = 0;
    for (size_t i = 0; i < headers->count; i++) {
        struct str name = headers->at[i].name;
        if (!str_eq_nocase(str_first(name, 10), STR("x-settled-"))) {
            headers->at[kept++] = headers->at[i];
        }
    }
    headers->count = kept;
}

/* The group's prefix is ours; AWS has never heard of it. */
static struct str target_without_prefix(const struct exchange *x)
{
    struct str target = x->call->request.target;
    if (x->aws.prefix.len == 0) {
        return target;
    }
    target = str_from(target, x->aws.prefix.len + 1);
    return target.len > 0 && target.ptr[0] == '/'
               ? target
               : arena_join(x->arena, STR("/"), target);
}

static struct http_request outbound(struct exchange *x)
{
    const struct http_request *in = &x->call->request;
    struct http_request out = *in;
    out.target = target_without_prefix(x);
    out.headers = http_headers_copy(x->arena, &in->headers);
    http_headers_drop_hop_by_hop(&out.headers);
    http_headers_remove(&out.headers, STR("Expect"));
    drop_ours(&out.headers);
    if (x->call->identity == NULL) {
        http_headers_remove(&out.headers, STR("Host"));
    }
    return out;
}

static int64_t call_timeout_ms(const struct exchange *x)
{
    const struct engine_config *config = &x->engine->config;
    int64_t limit =
        config->call_timeout_ms > 0 ? config->call_timeout_ms : CALL_TIMEOUT_MS;
    bool held = x->rule != NULL && config->max_hold_ms < limit;
    return held ? config->max_hold_ms : limit;
}

/* An answer that settled itself must read; all others stream through. */
static bool is_read_whole(const struct exchange *x)
{
    return x->rule != NULL || (x->engine->config.learn != NULL &&
                               str_eq(x->aws.service, STR("sts")));
}

static void send_call(struct exchange *x)
{
    const struct engine_config *config = &x->engine->config;
    struct http_call *call = x->call;
    bool whole = call->request.body.len > 0 || call->body_length == 0;
    x->fetch = (struct http_fetch){
        .arena = x->arena,
        .timers = timers_of(x),
        .request = outbound(x),
        .origin = x->endpoint.origin,
        .upload = whole ? NULL : call->body,
        .upload_length = call->body_length,
        .timeout_ms = call_timeout_ms(x),
        .streams = !is_read_whole(x),
        .body_limit = config->response_limit > 0 ? config->response_limit
                                                 : RESPONSE_LIMIT,
        .as = call->identity,
        .sign_service = x->endpoint.signing_name,
        .sign_region = x->endpoint.signing_region,
        .payload_hash = call->payload_hash,
        .relayed = true,
        .head = &x->wake,
        .done = &x->wake,
    };
    x->sent_ms = engine_now_ms(x->engine);
    x->fetching = true;
    http_fetch_send(config->client, &x->fetch);
}

static void end_fetch(struct exchange *x)
{
    if (x->fetching) {
        http_fetch_cancel(x->engine->config.client, &x->fetch);
        x->fetching = false;
    }
}

static enum progress step_relay(struct exchange *x)
{
    struct event event = {.kind = x->resend == NULL ? EVENT_CALL_SENT
                                                    : EVENT_CALL_RESENT};
    end_fetch(x);
    send_call(x);
    exchange_say(x, &event);
    return park(x, is_read_whole(x) ? STEP_hear : STEP_pass);
}

/* ---- hear ---- */

static bool may_have_changed(const struct exchange *x)
{
    const struct aws_operation *op = aws_operation_find(
        x->engine->config.registry, x->aws.service, x->aws.operation);
    return op == NULL || !op->reads;
}

/* No answer came: says so in the caller's protocol. */
static enum progress report_no_answer(struct exchange *x)
{
    static const struct {
        int status;
        const char *code;
    } rows[HTTP_OUTCOME_COUNT] = {
        [HTTP_REFUSED] = {502, "UpstreamUnreachable"},
        [HTTP_LOST] = {502, "UpstreamConnectionLost"},
        [HTTP_TIMED_OUT] = {504, "UpstreamTimeout"},
        [HTTP_UPLOAD_BROKEN] = {400, "IncompleteBody"},
        [HTTP_UNSIGNABLE] = {403, "NoCredentials"},
    };
    enum http_outcome outcome = x->fetch.outcome;
    const struct http_fault *fault =
        x->fetch.upload != NULL ? x->fetch.upload->fault : NULL;
    if (outcome == HTTP_UPLOAD_BROKEN && fault != NULL) {
        return refuse(x, fault->status, fault->code, str_of(fault->message));
    }
    bool unknown = (outcome == HTTP_LOST || outcome == HTTP_TIMED_OUT) &&
                   may_have_changed(x);
    x->outcome = unknown ? OUTCOME_UNKNOWN : OUTCOME_NONE;
    struct str message = arena_printf(
        x->arena, "%.*s%s", STR_ARG(x->fetch.error),
        unknown ? "; whether the call took effect is unknown" : "");
    return refuse(x, rows[outcome].status, rows[outcome].code, message);
}

static void say_answered(struct exchange *x)
{
    struct event event = {
        .kind = EVENT_CALL_ANSWERED,
        .status = x->fetch.response.status,
        .code = x->error_code,
        .request_id = x->request_id,
        .waited_ms = x->heard_ms - x->sent_ms,
        .has_waited = true,
    };
    exchange_say(x, &event);
}

/* When it was sent, by AWS's own clock, a second early: `Date` has whole
 * seconds and says when it was answered. */
static void note_started(struct exchange *x)
{
    int64_t answered_ms = 0;
    if (!clock_parse(http_headers_get(&x->fetch.response.headers, "Date"),
                     &answered_ms)) {
        answered_ms = x->engine->config.wall_ms();
    }
    x->started_ms = answered_ms - (x->heard_ms - x->sent_ms) - 1000;
}

static enum progress step_hear(struct exchange *x)
{
    const struct engine_config *config = &x->engine->config;
    if (x->gave_up && x->fetch.outcome == HTTP_PENDING) {
        end_fetch(x);
        x->fetch.outcome = HTTP_TIMED_OUT;
        x->fetch.error = arena_printf(
            x->arena, "%.*s has not answered within the longest hold",
            STR_ARG(x->fetch.origin));
    }
    if (x->fetch.outcome == HTTP_PENDING) {
        return PARKED;
    }
    x->heard_ms = engine_now_ms(x->engine);
    if (x->fetch.outcome != HTTP_ANSWERED) {
        return report_no_answer(x);
    }
    const struct http_response *response = &x->fetch.response;
    x->request_id = aws_request_id(response);
    note_started(x);
    bool success = response->status >= 200 && response->status < 300;
    if (!success) {
        aws_error_read(x->arena, x->aws.protocol, response, &x->error_code,
                       &x->error_message);
    }
    say_answered(x);
    if (success && x->rule == NULL) {
        config->learn(config->learn_ctx, &x->aws, response);
    }
    if (success && x->rule != NULL) {
        return go(x, STEP_plan);
    }
    x->reply = *response;
    return go(x, x->rule != NULL ? STEP_doubt : STEP_answer);
}

/* ---- doubt ---- */

static bool names(const struct rules_resend *resend, struct str code)
{
    for (size_t i = 0; i < resend->error_count; i++) {
        if (str_eq(resend->errors[i], code)) {
            return true;
        }
    }
    return false;
}

static const struct rules_resend *resend_for(const struct exchange *x)
{
    for (size_t i = 0; i < x->rule->resend_count; i++) {
        if (names(&x->rule->resends[i], x->error_code)) {
            return &x->rule->resends[i];
        }
    }
    return NULL;
}

static bool is_echo(struct exchange *x, const struct probe_result *result)
{
    struct str why = STR_NONE;
    struct json *document =
        json_copy(x->arena, document_with_read(x->arena, x, NULL, result));
    const struct json *previous = recent_find(x->engine->recent, x, x->arena);
    json_set(x->arena, document, STR("error"),
             error_document(x->arena, x->error_code, x->error_message,
                            x->fetch.response.status));
    json_set(x->arena, document, STR("previous"),
             previous != NULL ? previous : json_new(x->arena, JSON_NULL));
    return x->resend->when.compiled == NULL ||
           judge_expression(x->arena, &x->resend->when, document, &why);
}

/* Waits, then sends the call again: it had no effect. */
static enum progress wait_and_resend(struct exchange *x)
{
    const struct rules_schedule *schedule = &x->resend->schedule;
    int64_t now = engine_now_ms(x->engine);
    backoff_miss(&x->resend_backoff, schedule, 0);
    int64_t delay =
        backoff_delay_ms(&x->resend_backoff, schedule, now, &x->engine->rng);
    if (x->gave_up || now + delay > x->resend_until_ms) {
        return go(x, STEP_answer); /* AWS's refusal, as it came */
    }
    x->resend_at_ms = now + delay;
    timer_arm(timers_of(x), &x->wake, delay);
    return PARKED;
}

/* A wake-up may come early, from a client that left. */
static enum progress wait_for_resend(struct exchange *x)
{
    int64_t left = x->resend_at_ms - engine_now_ms(x->engine);
    if (left > 0 && !x->gave_up) {
        timer_arm(timers_of(x), &x->wake, left);
        return PARKED;
    }
    x->resend_at_ms = 0;
    return go(x, x->gave_up ? STEP_answer : STEP_relay);
}

/* Whether AWS's refusal is one that the rule knows; asks what it must ask. */
static enum progress begin_doubt(struct exchange *x)
{
    const struct rules_resend *resend = resend_for(x);
    if (resend == NULL) {
        return go(x, STEP_answer);
    }
    if (x->resend == NULL) {
        x->resend_until_ms =
            engine_now_ms(x->engine) + resend->schedule.timeout_ms;
    }
    x->resend = resend;
    if (!resend->has_read) {
        return is_echo(x, NULL) ? wait_and_resend(x) : go(x, STEP_answer);
    }
    x->probe =
        ask(x, &resend->read, document_with_read(x->arena, x, NULL, NULL));
    return PARKED;
}

static enum progress step_doubt(struct exchange *x)
{
    if (x->resend_at_ms > 0) {
        return wait_for_resend(x);
    }
    if (x->probe == NULL) {
        return begin_doubt(x);
    }
    const struct probe_result *result = probe_get(x->probe);
    if (result == NULL) {
        return x->gave_up ? go(x, STEP_answer) : PARKED;
    }
    bool echo = is_echo(x, result);
    probe_drop(x->probe, &x->wake);
    x->probe = NULL;
    return echo ? wait_and_resend(x) : go(x, STEP_answer);
}

/* ---- plan ---- */

static struct rules_schedule schedule_for(const struct exchange *x,
                                          const struct rules_confirmation *rule)
{
    struct rules_schedule schedule = rule->schedule;
    if (x->engine->config.timeout_ms > 0) {
        schedule.timeout_ms = x->engine->config.timeout_ms;
    }
    schedule.consecutive = schedule.consecutive > 0 ? schedule.consecutive : 1;
    return schedule;
}

static void plan_one(struct exchange *x, const struct rules_confirmation *rule,
                     const struct json *item)
{
    struct str why = STR_NONE;
    const struct json *document = document_with_read(x->arena, x, item, NULL);
    if (rule->when.compiled != NULL &&
        !judge_expression(x->arena, &rule->when, document, &why)) {
        return;
    }
    x->confirmations[x->confirmation_count++] = (struct confirmation){
        .exchange = x,
        .rule = rule,
        .item = item,
        .input = rules_input(x->arena, &rule->read, document),
        .schedule = schedule_for(x, rule),
    };
}

static const struct json *items_of(struct exchange *x,
                                   const struct rules_confirmation *rule)
{
    if (rule->for_each.compiled == NULL) {
        return NULL;
    }
    struct str why = STR_NONE;
    const struct json *items =
        rules_value(x->arena, &rule->for_each,
                    document_with_read(x->arena, x, NULL, NULL), &why);
    return items->type == JSON_ARRAY ? items : json_new(x->arena, JSON_ARRAY);
}

static void plan_all(struct exchange *x)
{
    const struct rule *rule = x->rule;
    size_t most = 0;
    const struct json **items =
        ARENA_ARRAY(x->arena, const struct json *, rule->confirmation_count);
    for (size_t i = 0; i < rule->confirmation_count; i++) {
        items[i] = items_of(x, &rule->confirmations[i]);
        most += items[i] != NULL ? items[i]->count : 1;
    }
    x->confirmations = ARENA_ARRAY(x->arena, struct confirmation, most);
    for (size_t i = 0; i < rule->confirmation_count; i++) {
        const struct rules_confirmation *one = &rule->confirmations[i];
        if (one->level > x->engine->config.level) {
            continue;
        }
        if (items[i] == NULL) {
            plan_one(x, one, NULL);
        }
        for (size_t k = 0; items[i] != NULL && k < items[i]->count; k++) {
            plan_one(x, one, items[i]->members[k].value);
        }
    }
}

static bool rule_applies(struct exchange *x)
{
    struct str why = STR_NONE;
    return x->rule->when.compiled == NULL ||
           judge_expression(x->arena, &x->rule->when,
                            document_with_read(x->arena, x, NULL, NULL), &why);
}

static enum progress step_plan(struct exchange *x)
{
    struct str why = STR_NONE;
    if (!aws_response_read(x->arena, x->aws.protocol, &x->fetch.response,
                           &x->response, &why)) {
        x->outcome = OUTCOME_UNVERIFIABLE;
        answer_settled(x);
        return go(x, STEP_answer);
    }
    if (x->resources == NULL) {
        name_resource(x); /* some are named by the answer only */
    }
    if (rule_applies(x)) {
        plan_all(x);
    }
    if (x->confirmation_count == 0) {
        x->reply = x->fetch.response; /* nothing that could be read back */
        return go(x, STEP_answer);
    }
    for (size_t i = 0; i < x->confirmation_count; i++) {
        confirmation_start(&x->confirmations[i]);
    }
    return go(x, STEP_settle);
}

/* ---- settle ---- */

static bool all_ended(const struct exchange *x)
{
    for (size_t i = 0; i < x->confirmation_count; i++) {
        if (!x->confirmations[i].ended) {
            return false;
        }
    }
    return true;
}

/* The worst of its confirmations. */
static enum outcome outcome_of(const struct exchange *x)
{
    static const int weight[OUTCOME_COUNT] = {
        [OUTCOME_SETTLED] = 1,
        [OUTCOME_UNVERIFIABLE] = 2,
        [OUTCOME_UNSETTLED] = 3,
        [OUTCOME_FAILED] = 4,
    };
    enum outcome worst = OUTCOME_NONE;
    for (size_t i = 0; i < x->confirmation_count; i++) {
        enum outcome outcome = x->confirmations[i].outcome;
        worst = weight[outcome] > weight[worst] ? outcome : worst;
    }
    return worst;
}

static void say_settled(struct exchange *x)
{
    struct event event = {
        .kind = EVENT_SETTLED,
        .outcome = x->outcome,
        .request_id = x->request_id,
        .waited_ms = engine_now_ms(x->engine) - x->heard_ms,
        .has_waited = true,
        .reads = x->reads,
        .has_reads = true,
    };
    exchange_say(x, &event);
}

static enum progress step_settle(struct exchange *x)
{
    if (x->gave_up) {
        for (size_t i = 0; i < x->confirmation_count; i++) {
            confirmation_give_up(&x->confirmations[i]);
        }
    }
    if (!all_ended(x)) {
        return PARKED;
    }
    x->outcome = outcome_of(x);
    say_settled(x);
    recent_add(x->engine->recent, x);
    answer_settled(x);
    return go(x, STEP_answer);
}

/* ---- answer ---- */

static void say_given(struct exchange *x)
{
    struct event event = {
        .kind = EVENT_ANSWER_GIVEN,
        .status = x->reply.status,
        .outcome = x->outcome,
        .waited_ms = engine_now_ms(x->engine) - x->received_ms,
        .has_waited = true,
    };
    exchange_say(x, &event);
}

static enum progress step_answer(struct exchange *x)
{
    if (x->listed_for_joins) {
        joins_remove(x->engine->joins, x);
        joins_keep(x->engine->joins, x, &x->reply, engine_now_ms(x->engine));
    }
    say_given(x);
    for (struct waiter *w = x->waiters; w != NULL; w = w->next) {
        http_call_reply(w->call, &x->reply);
    }
    return go(x, STEP_finish);
}

/* ---- pass ---- */

static int64_t announced_length(const struct exchange *x)
{
    const struct http_response *response = &x->fetch.response;
    uint64_t length = 0;
    struct str text = http_headers_get(&response->headers, "Content-Length");
    if (str_to_u64(text, &length)) {
        return (int64_t)length;
    }
    bool empty = response->status == 204 || response->status == 304;
    return empty ? 0 : -1;
}

static enum progress step_pass(struct exchange *x)
{
    if (x->replying) {
        if (x->gave_up) {
            x->call->ops->abort(x->call);
        }
        return x->reply_sent ? go(x, STEP_finish) : PARKED;
    }
    if (x->first.left) {
        return go(x, STEP_finish);
    }
    if (x->gave_up) {
        return refuse(x, 503, "ServiceUnavailable", STR("settled is stopping"));
    }
    if (!x->fetch.head_ready) {
        if (x->fetch.outcome == HTTP_PENDING) {
            return PARKED;
        }
        x->heard_ms = engine_now_ms(x->engine);
        return report_no_answer(x);
    }
    x->heard_ms = engine_now_ms(x->engine);
    x->request_id = aws_request_id(&x->fetch.response);
    say_answered(x);
    x->replying = true;
    x->call->ops->reply_stream(x->call, &x->fetch.response, announced_length(x),
                               x->fetch.download, timers_of(x), &x->sent);
    return PARKED;
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
    for (size_t i = 0; i < x->confirmation_count; i++) {
        confirmation_stop(&x->confirmations[i]);
    }
    probe_drop(x->probe, &x->wake);
    end_fetch(x);
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

void exchange_start(struct engine *engine, struct http_call *call)
{
    struct arena *arena = arena_new();
    struct exchange *x = ARENA_NEW(arena, struct exchange);
    x->engine = engine;
    x->arena = arena;
    x->call = call;
    x->rules = rules_ref(engine->config.rules);
    x->received_ms = engine_now_ms(engine);
    x->id = arena_printf(arena, "%.*s-%llu", STR_ARG(engine->config.run_id),
                         (unsigned long long)++engine->count);
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
