/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of an exchange: the client's call goes out, and what comes back is
 * heard or, where no rule asks for it, streams through. Start at step_relay().
 */
#include "engine/witness.h"

#include "base/clock.h"

enum { CALL_TIMEOUT_MS = 15 * 60 * 1000 };

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
    while (target.len > 0 && target.ptr[0] == '/') {
        target = str_from(target, 1);
    }
    target = str_from(target, x->aws.prefix.len);
    return target.len > 0 && target.ptr[0] == '/'
               ? target
               : arena_join(x->sending, STR("/"), target);
}

/* An answer that settled itself must read; all others stream through. */
static bool is_read_whole(const struct exchange *x)
{
    return x->rule != NULL || x->watched ||
           (x->engine->config.learn != NULL &&
            str_eq(x->aws.service, STR("sts")));
}

static struct http_request outbound(struct exchange *x)
{
    const struct http_request *in = &x->call->request;
    struct http_request out = *in;
    out.target = target_without_prefix(x);
    out.headers = http_headers_share(x->sending, &in->headers);
    http_headers_drop_hop_by_hop(&out.headers);
    http_headers_remove(&out.headers, STR("Expect"));
    drop_ours(&out.headers);
    struct str coding = http_headers_get(&out.headers, "Accept-Encoding");
    if (is_read_whole(x) && !str_eq_nocase(coding, STR("identity"))) {
        /* The answer must be read here. */
        http_headers_remove(&out.headers, STR("Accept-Encoding"));
    }
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
    bool held =
        x->rule != NULL && !config->observe && config->max_hold_ms < limit;
    return held ? config->max_hold_ms : limit;
}

static void send_call(struct exchange *x)
{
    const struct engine_config *config = &x->engine->config;
    struct http_call *call = x->call;
    bool whole = call->request.body.len > 0 || call->body_length == 0;
    x->sending = arena_new();
    x->fetch = (struct http_fetch){
        .arena = x->sending,
        .timers = x->engine->config.timers,
        .request = outbound(x),
        .origin = x->endpoint.origin,
        .upload = whole ? NULL : call->body,
        .upload_length = call->body_length,
        .timeout_ms = call_timeout_ms(x),
        .streams = !is_read_whole(x),
        .body_limit = config->body_limit,
        .as = call->identity,
        .sign_service = x->endpoint.signing_name,
        .sign_region = x->endpoint.signing_region,
        .payload_hash = call->payload_hash,
        .body_hash = call->body_hash,
        .purpose = x->sends == 0 ? HTTP_FOR_CLIENT : HTTP_FOR_CLIENT_AGAIN,
        .call = &x->aws,
        .exchange = x->id,
        .access_key = call->access_key,
        .head = &x->wake,
        .done = &x->wake,
    };
    x->sends++;
    x->sent_at = engine_moment(x->engine);
    if (x->rule != NULL) {
        witness_sent(x);
    }
    x->fetching = true;
    x->line = config->client;
    http_fetch_send(x->line, &x->fetch);
}

void engine_exchange_end_fetch(struct exchange *x)
{
    if (x->fetching) {
        http_fetch_cancel(x->line, &x->fetch);
        x->fetching = false;
    }
}

void engine_exchange_forget_fetch(struct exchange *x)
{
    engine_exchange_end_fetch(x);
    arena_free(x->sending);
    x->sending = NULL;
}

/* Why it is sent, where that is not plain. */
static struct str why_sent(const struct exchange *x, struct arena *arena)
{
    if (x->sends > 0 && x->fetch.outcome != HTTP_ANSWERED) {
        return arena_printf(arena,
                            "%.*s; the call carries an idempotency token, so "
                            "AWS applies it once however often it is sent",
                            STR_ARG(x->fetch.error));
    }
    return x->sends == 0 && x->repeats.len > 0
               ? arena_printf(arena,
                              "the client sends it again; the answer to "
                              "%.*s was lost",
                              STR_ARG(x->repeats))
               : STR_NONE;
}

enum progress step_relay(struct exchange *x)
{
    if (x->gave_up) {
        return engine_exchange_fault(
            x, 503, "ServiceUnavailable",
            STR("settled gave up before it sent the call; "
                "nothing was changed"));
    }
    struct event event = {
        .kind = x->sends == 0 ? EVENT_CALL_SENT : EVENT_CALL_RESENT,
        .detail = why_sent(x, x->arena),
    };
    engine_exchange_forget_fetch(x);
    x->request_id = x->error_code = x->error_message = STR_NONE;
    send_call(x);
    engine_exchange_say(x, &event);
    return exchange_park(x, is_read_whole(x) ? STEP_hear : STEP_pass);
}

/* ---- hear ---- */

static bool may_have_changed(const struct exchange *x)
{
    const struct aws_operation *op = aws_operation_find(
        x->engine->config.registry, x->aws.service, x->aws.operation);
    struct str method = x->call->request.method;
    return op != NULL
               ? !op->reads
               : !str_eq(method, STR("GET")) && !str_eq(method, STR("HEAD"));
}

/* The member of its input by which AWS knows a call that it has seen. */
static bool carries_token(const struct exchange *x)
{
    const struct aws_operation *op = aws_operation_find(
        x->engine->config.registry, x->aws.service, x->aws.operation);
    return op != NULL && op->idempotency_token.len > 0 &&
           json_text(json_get(x->aws.input, op->idempotency_token)).len > 0;
}

enum progress engine_exchange_drop(struct exchange *x, const char *code,
                                   struct str detail)
{
    struct event event = {
        .kind = EVENT_CALL_REFUSED,
        .code = str_of(code),
        .outcome = x->rule != NULL ? OUTCOME_UNKNOWN : OUTCOME_NONE,
        .detail = detail,
        .waited_ms = event_number(engine_now_ms(x->engine) - x->received_ms)};
    x->outcome = event.outcome;
    engine_exchange_say(x, &event);
    if (x->listed_for_joins) {
        joins_keep_lost(x->engine->joins, x, engine_now_ms(x->engine));
        joins_remove(x->engine->joins, x);
    }
    for (struct waiter *w = x->waiters; w != NULL; w = w->next) {
        w->call->ops->abort(w->call);
    }
    return exchange_go(x, STEP_finish);
}

static enum progress drop_client(struct exchange *x, const char *code,
                                 struct str why)
{
    return engine_exchange_drop(
        x, code,
        arena_printf(x->arena,
                     "%.*s; whether the call took effect is unknown; it was "
                     "sent %s",
                     STR_ARG(why), x->sends == 1 ? "once" : "twice"));
}

/* No answer came. Whether a change was made is not known then: the client's
 * connection is lost too, unless the call may be sent once more. Everything
 * else is told in the caller's protocol. */
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
        [HTTP_UNRECORDED] = {424, "NotRecorded"},
    };
    enum http_outcome outcome = x->fetch.outcome;
    const struct http_fault *fault =
        x->fetch.upload != NULL ? x->fetch.upload->fault : NULL;
    if (outcome == HTTP_UPLOAD_BROKEN && fault != NULL) {
        return engine_exchange_fault(x, fault->status, fault->code,
                                     str_of(fault->message));
    }
    bool lost = (outcome == HTTP_LOST || outcome == HTTP_TIMED_OUT) &&
                may_have_changed(x);
    if (!lost && x->lost_at.turn == 0) {
        return engine_exchange_fault(x, rows[outcome].status,
                                     rows[outcome].code, x->fetch.error);
    }
    if (x->lost_at.turn == 0 && x->rule != NULL && !x->gave_up &&
        carries_token(x)) {
        x->lost_at = x->sent_at;
        return exchange_go(x, STEP_relay);
    }
    return drop_client(x, rows[outcome].code, x->fetch.error);
}

/* `unread`: why the answer could not be read; STR_NONE: it was, or need not. */
static void say_answered(struct exchange *x, struct str unread)
{
    struct arena *scratch = arena_new();
    struct event event = {
        .kind = EVENT_CALL_ANSWERED,
        .status = x->fetch.response.status,
        .code = x->error_code,
        .request_id = x->request_id,
        .waited_ms = event_number(x->heard_at.ms - x->sent_at.ms),
        .detail = unread,
    };
    if (x->rule != NULL) {
        event.value = engine_read_value_written(x, scratch);
    }
    engine_exchange_say(x, &event);
    arena_free(scratch);
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
    const struct moment *sent = x->lost_at.turn > 0 ? &x->lost_at : &x->sent_at;
    x->started_ms = answered_ms - (x->heard_at.ms - sent->ms) - 1000;
}

/* A hold may be long: all that it needs of the call upstream is its answer. */
static void keep_answer(struct exchange *x)
{
    x->fetch.response = http_response_copy(x->arena, &x->fetch.response);
    engine_exchange_forget_fetch(x);
}

static struct str read_output(struct exchange *x)
{
    struct str why = STR_NONE;
    if (!aws_answer_read(x->engine->config.registry, x->arena, x->aws.protocol,
                         &x->fetch.response, &x->response, &why)) {
        x->response = NULL;
    } else if (x->resources == NULL) {
        engine_exchange_name_resource(
            x); /* some are named by the answer only */
    }
    return why;
}

static void give_up_waiting(struct exchange *x)
{
    engine_exchange_end_fetch(x);
    x->fetch.outcome = HTTP_TIMED_OUT;
    x->fetch.error = arena_printf(
        x->arena, "%.*s had not answered %s", STR_ARG(x->fetch.origin),
        x->engine->stopping ? "when settled was told to end"
                            : "within the longest hold");
}

enum progress step_hear(struct exchange *x)
{
    const struct engine_config *config = &x->engine->config;
    if (x->gave_up && x->fetch.outcome == HTTP_PENDING) {
        give_up_waiting(x);
    }
    if (x->fetch.outcome == HTTP_PENDING) {
        bool forsaken = x->watched && x->first.left;
        return forsaken ? exchange_go(x, STEP_finish) : PARKED;
    }
    if (x->fetch.outcome != HTTP_ANSWERED) {
        x->heard_at.ms = engine_now_ms(x->engine);
        return report_no_answer(x);
    }
    x->heard_at = engine_moment(x->engine);
    const struct http_response *response = &x->fetch.response;
    bool success = response->status >= 200 && response->status < 300;
    if (success && x->rule != NULL) {
        keep_answer(x);
    }
    x->request_id = aws_request_id(response);
    if (x->rule != NULL) {
        note_started(x);
    }
    struct str unread = STR_NONE;
    if (!success) {
        aws_error_read(x->arena, x->aws.protocol, response, &x->error_code,
                       &x->error_message);
    }
    if (success && x->rule != NULL) {
        unread = read_output(x);
    }
    say_answered(x, unread);
    if (success && x->rule == NULL && !x->watched) {
        config->learn(config->learn_ctx, &x->aws, response);
    }
    if (success && x->rule != NULL) {
        return exchange_go(x, config->observe ? STEP_observe : STEP_plan);
    }
    x->reply = *response;
    return exchange_go(x, x->rule != NULL && !config->observe ? STEP_doubt
                                                              : STEP_answer);
}

/* ---- pass ---- */

enum progress step_pass(struct exchange *x)
{
    if (x->replying) {
        if (x->gave_up) {
            x->call->ops->abort(x->call);
        }
        return x->reply_sent ? exchange_go(x, STEP_finish) : PARKED;
    }
    if (x->first.left) {
        return exchange_go(x, STEP_finish);
    }
    if (x->gave_up) {
        const char *code = "ServiceUnavailable";
        struct str why = STR("settled is stopping");
        return may_have_changed(x) ? drop_client(x, code, why)
                                   : engine_exchange_fault(x, 503, code, why);
    }
    if (!x->fetch.head_ready) {
        if (x->fetch.outcome == HTTP_PENDING) {
            return PARKED;
        }
        x->heard_at.ms = engine_now_ms(x->engine);
        return report_no_answer(x);
    }
    x->heard_at.ms = engine_now_ms(x->engine);
    x->request_id = aws_request_id(&x->fetch.response);
    say_answered(x, STR_NONE);
    x->replying = true;
    x->call->ops->reply_stream(
        x->call, &x->fetch.response, http_response_length(&x->fetch.response),
        x->fetch.download, x->engine->config.timers, &x->sent);
    return PARKED;
}
