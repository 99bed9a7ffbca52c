/* SPDX-License-Identifier: Apache-2.0 */
/* What the client is told: AWS's own answer with the outcome beside it, or an
 * error that no SDK retries. Start at engine_answer_settled(). */
#include "engine/private.h"

enum { NOT_SATISFIED = 424 };

static void add_outcome_headers(struct exchange *x)
{
    struct http_headers *headers = &x->reply.headers;
    int64_t waited = engine_now_ms(x->engine) - x->heard_at.ms;
    http_headers_set(x->arena, headers, STR("x-settled-outcome"),
                     str_of(event_outcome_name(x->outcome)));
    http_headers_set(
        x->arena, headers, STR("x-settled-reads"),
        arena_printf(x->arena, "%llu", (unsigned long long)x->reads));
    http_headers_set(x->arena, headers, STR("x-settled-waited-ms"),
                     arena_printf(x->arena, "%lld", (long long)waited));
    http_headers_set(x->arena, headers, STR("x-settled-id"), x->id);
    if (waited >= 1000) {
        http_headers_set(
            x->arena, headers, STR("Age"),
            arena_printf(x->arena, "%lld", (long long)(waited / 1000)));
    }
}

static enum rules_policy first_set(enum rules_policy a, enum rules_policy b,
                                   enum rules_policy c, enum rules_policy last)
{
    if (a != POLICY_DEFAULT) {
        return a;
    }
    if (b != POLICY_DEFAULT) {
        return b;
    }
    return c != POLICY_DEFAULT ? c : last;
}

/* The call's own wish, then the rule's, then the command line's. */
static enum rules_policy policy_of(const struct exchange *x)
{
    const struct engine_config *config = &x->engine->config;
    switch (x->outcome) {
    case OUTCOME_UNSETTLED:
        return first_set(x->policy, x->rule->on_unsettled, config->on_unsettled,
                         POLICY_FAIL);
    case OUTCOME_FAILED:
        return first_set(x->policy, x->rule->on_failed, config->on_failed,
                         POLICY_FAIL);
    case OUTCOME_UNVERIFIABLE:
        return first_set(x->policy, x->rule->on_unverifiable,
                         config->on_unverifiable, POLICY_PASS);
    default:
        return POLICY_PASS;
    }
}

static void write_confirmation(const struct confirmation *c, struct buf *out)
{
    buf_printf(out, "; `%.*s`: ", STR_ARG(c->rule->name));
    if (c->trouble.len > 0) {
        buf_add(out, c->trouble);
    } else if (c->evidence.len > 0) {
        buf_printf(out, "the last read-back, %.*s", STR_ARG(c->evidence));
    } else {
        buf_add(out, STR("no read-back was answered"));
    }
    struct str wanted = engine_evidence_wanted(c->rule);
    if (wanted.len > 0) {
        buf_printf(out, "; wanted: %s%.*s",
                   c->rule->success.error_count > 0 ? "error " : "",
                   STR_ARG(wanted));
    }
}

/* The first few: nobody reads a hundred. */
static void write_confirmations(const struct exchange *x, struct buf *out)
{
    enum { TOLD_MAX = 4 };
    size_t count = 0;
    for (size_t i = 0; i < x->confirmation_count; i++) {
        const struct confirmation *c = &x->confirmations[i];
        if (c->ended && c->outcome == x->outcome && ++count <= TOLD_MAX) {
            write_confirmation(c, out);
        }
    }
    if (count > TOLD_MAX) {
        buf_printf(out, "; and %zu more", count - TOLD_MAX);
    }
}

static struct str refusal_message(const struct exchange *x)
{
    static const char *const words[OUTCOME_COUNT] = {
        [OUTCOME_UNSETTLED] = "is not visible",
        [OUTCOME_FAILED] = "was undone or has failed",
        [OUTCOME_UNVERIFIABLE] = "could not be verified",
    };
    struct buf text = {0};
    double waited_s =
        (double)(engine_now_ms(x->engine) - x->heard_at.ms) / 1000;
    buf_printf(&text, "AWS accepted %.*s", STR_ARG(x->aws.operation));
    if (x->resource.len > 0) {
        const size_t most = 300;
        buf_printf(&text, " of %.*s%s", STR_ARG(str_first(x->resource, most)),
                   x->resource.len > most ? "..." : "");
    }
    if (x->request_id.len > 0) {
        buf_printf(&text, " as request id %.*s", STR_ARG(x->request_id));
    }
    buf_printf(&text, ", but the change %s after %.1f s and %llu read-back%s",
               words[x->outcome], waited_s, (unsigned long long)x->reads,
               x->reads == 1 ? "" : "s");
    write_confirmations(x, &text);
    if (x->sends == 1) {
        buf_add(&text, STR(". The call was sent once"));
    } else if (x->lost_at.turn > 0) {
        buf_printf(&text,
                   ". The call was sent %u times with the same token, for an "
                   "answer was lost",
                   x->sends);
    } else {
        buf_printf(&text,
                   ". AWS took the call when it was sent for the %u%s time",
                   x->sends,
                   x->sends == 2   ? "nd"
                   : x->sends == 3 ? "rd"
                                   : "th");
    }
    buf_printf(&text, "; settled id %.*s", STR_ARG(x->id));
    struct str message = arena_str(x->arena, buf_str(&text));
    buf_free(&text);
    return message;
}

void engine_answer_settled(struct exchange *x)
{
    if (policy_of(x) == POLICY_FAIL) {
        x->reply = aws_fault(x->arena, &x->aws, NOT_SATISFIED,
                             STR("PostConditionNotSatisfied"),
                             refusal_message(x), x->request_id);
    } else {
        x->reply = x->fetch.response;
    }
    add_outcome_headers(x);
}

void engine_answer_fault(struct exchange *x, int status, const char *code,
                         struct str message)
{
    x->reply =
        aws_fault(x->arena, &x->aws, status, str_of(code), message, x->id);
    http_headers_set(x->arena, &x->reply.headers, STR("x-settled-id"), x->id);
    struct event event = {
        .kind = EVENT_CALL_REFUSED,
        .status = status,
        .code = str_of(code),
        .outcome = x->outcome,
        .detail = message,
        .waited_ms = event_number(engine_now_ms(x->engine) - x->received_ms)};
    engine_exchange_say(x, &event);
}
