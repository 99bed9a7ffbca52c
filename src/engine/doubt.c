/* SPDX-License-Identifier: Apache-2.0 */
/* A step of an exchange: AWS has refused the call. Where the rule knows the
 * error as the echo of an earlier change, the call is sent again. Start at
 * step_doubt(). */
#include "engine/private.h"

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

/* In memory of its own: this may go on for a minute. */
static bool is_echo(struct exchange *x, const struct probe_result *result)
{
    struct str why = STR_NONE;
    if (x->resend->when.compiled == NULL) {
        return true;
    }
    struct arena *scratch = arena_new();
    struct json *document = engine_document_with_read(scratch, x, NULL, result);
    const struct json *previous =
        engine_recent_find(x->engine->recent, x, scratch);
    json_set(scratch, document, STR("error"),
             engine_document_error(scratch, x->error_code, x->error_message,
                                   x->fetch.response.status));
    json_set(scratch, document, STR("previous"),
             previous != NULL ? previous : json_new(scratch, JSON_NULL));
    bool echo =
        engine_judge_expression(scratch, &x->resend->when, document, &why);
    arena_free(scratch);
    return echo;
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
        return exchange_go(x, STEP_answer); /* AWS's refusal, as it came */
    }
    x->resend_at_ms = now + delay;
    timer_arm(x->engine->config.timers, &x->wake, delay);
    return PARKED;
}

/* A wake-up may come early, from a client that left. */
static enum progress wait_for_resend(struct exchange *x)
{
    int64_t left = x->resend_at_ms - engine_now_ms(x->engine);
    if (left > 0 && !x->gave_up) {
        timer_arm(x->engine->config.timers, &x->wake, left);
        return PARKED;
    }
    x->resend_at_ms = 0;
    return exchange_go(x, x->gave_up ? STEP_answer : STEP_relay);
}

/* Whether AWS's refusal is one that the rule knows; asks what it must ask. */
static enum progress begin_doubt(struct exchange *x)
{
    const struct rules_resend *resend = resend_for(x);
    if (resend == NULL) {
        return exchange_go(x, STEP_answer);
    }
    if (x->resend == NULL) {
        x->resend_until_ms =
            engine_now_ms(x->engine) + resend->schedule.timeout_ms;
    }
    x->resend = resend;
    if (!resend->has_read) {
        return is_echo(x, NULL) ? wait_and_resend(x)
                                : exchange_go(x, STEP_answer);
    }
    x->probe = engine_exchange_ask(x, &resend->read);
    return PARKED;
}

enum progress step_doubt(struct exchange *x)
{
    if (x->resend_at_ms > 0) {
        return wait_for_resend(x);
    }
    if (x->probe == NULL) {
        return begin_doubt(x);
    }
    const struct probe_result *result = probe_get(x->probe);
    if (result == NULL) {
        return x->gave_up ? exchange_go(x, STEP_answer) : PARKED;
    }
    bool echo = is_echo(x, result);
    probe_drop(x->probe, &x->wake);
    x->probe = NULL;
    return echo ? wait_and_resend(x) : exchange_go(x, STEP_answer);
}
