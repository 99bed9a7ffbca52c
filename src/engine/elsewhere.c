/* SPDX-License-Identifier: Apache-2.0 */
/* A retry whose call another process has: led there as it came, and its answer
 * back. Here because a client's connections may end at any of the processes
 * behind one port. Start at step_elsewhere(). */
#include "engine/private.h"

#define ID_HEADER "x-settled-led-as"

enum {
    ID_MAX = 200,
    /* The other one gives up first, and says it better. */
    SLACK_MS = 10 * 1000,
    LAST_MS = 6000,
};

struct str engine_elsewhere_id(const struct http_call *call)
{
    struct str id = http_headers_get(&call->request.headers, ID_HEADER);
    return id.len <= ID_MAX ? id : STR_NONE;
}

bool engine_elsewhere_can_take(const struct exchange *x)
{
    /* Of signed chunks only what was in them is left. */
    return !str_starts(x->call->payload_hash, STR("STREAMING-"));
}

static void lead(struct exchange *x)
{
    const struct engine_config *config = &x->engine->config;
    struct http_request request = x->call->request;
    request.headers = http_headers_copy(x->arena, &request.headers);
    http_headers_set(x->arena, &request.headers, STR(ID_HEADER), x->id);
    x->fetch = (struct http_fetch){
        .arena = x->arena,
        .timers = config->timers,
        .request = request,
        .origin = x->led_to,
        .timeout_ms = config->max_hold_ms + SLACK_MS,
        .fresh_connection = true,
        .body_limit = SIZE_MAX, /* the other one has kept to the limit */
        .purpose = HTTP_FOR_CLIENT,
        .call = &x->aws,
        .exchange = x->id,
        .access_key = x->call->access_key,
        .head = &x->wake,
        .done = &x->wake,
    };
    x->fetching = true;
    x->line = config->elsewhere->client;
    http_fetch_send(x->line, &x->fetch);
    if (config->interim_ms > 0) {
        timer_arm(config->timers, &x->interim, config->interim_ms);
    }
}

/* It may have been sent before that process was lost: never again from here. */
static enum progress report_lost(struct exchange *x)
{
    bool timed_out = x->fetch.outcome == HTTP_TIMED_OUT || x->gave_up;
    struct str why =
        x->fetch.error.len > 0 ? x->fetch.error : STR("did not answer");
    return engine_exchange_drop(
        x, timed_out ? "UpstreamTimeout" : "UpstreamConnectionLost",
        arena_printf(x->arena,
                     "another process of settled had this call, and %.*s; "
                     "whether the call took effect is unknown",
                     STR_ARG(why)));
}

/* All processes stop at one time: the other one is about to answer. */
static enum progress wait_for_last(struct exchange *x)
{
    int64_t now_ms = engine_now_ms(x->engine);
    if (x->led_until_ms == 0) {
        x->led_until_ms = now_ms + LAST_MS;
        timer_arm(x->engine->config.timers, &x->deadline, LAST_MS);
    }
    return now_ms < x->led_until_ms ? PARKED : report_lost(x);
}

enum progress step_elsewhere(struct exchange *x)
{
    if (!x->fetching) {
        lead(x);
        return PARKED;
    }
    if (x->first.left) {
        return exchange_go(x, STEP_finish);
    }
    if (x->fetch.outcome == HTTP_PENDING) {
        return x->gave_up ? wait_for_last(x) : PARKED;
    }
    if (x->fetch.outcome != HTTP_ANSWERED) {
        return report_lost(x);
    }
    x->reply = x->fetch.response;
    http_headers_drop_hop_by_hop(&x->reply.headers);
    http_call_reply(x->call, &x->reply);
    return exchange_go(x, STEP_finish);
}
