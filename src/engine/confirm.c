/* SPDX-License-Identifier: Apache-2.0 */
/* One confirmation: reads back on its own schedule until it holds, never will,
 * or its deadline comes. Start at confirmation_start(). */
#include "engine/witness.h"

static struct timers *timers_of(const struct confirmation *c)
{
    return c->exchange->engine->config.timers;
}

/* ---- the learned schedule: all times are since AWS's answer ---- */

static struct schedule_key key_of(const struct confirmation *c)
{
    return (struct schedule_key){
        .service = c->exchange->aws.service,
        .operation = c->exchange->aws.operation,
        .confirmation = c->rule->name,
    };
}

static int64_t age_ms(const struct confirmation *c)
{
    return engine_now_ms(c->exchange->engine) - c->exchange->heard_at.ms;
}

static int64_t learned_delay_ms(const struct confirmation *c)
{
    const struct schedule_key key = key_of(c);
    int64_t now = age_ms(c);
    return schedule_next_ms(c->exchange->engine->config.schedule, &key,
                            &c->walk, now) -
           now;
}

/* What a read says of when the change came. */
static void note_seen(struct confirmation *c, enum verdict verdict,
                      struct moment sent)
{
    int64_t at_ms = sent.ms - c->exchange->heard_at.ms;
    if (verdict == VERDICT_NOT_YET) {
        c->walk.no_ms = at_ms;
        c->walk.yes_ms = SCHEDULE_NEVER;
    } else if (verdict == VERDICT_HOLDS && c->walk.yes_ms < 0) {
        c->walk.yes_ms = at_ms;
    }
}

/* Of what was seen to come, and of what did not in all that time. */
static void learn(const struct confirmation *c, enum outcome outcome)
{
    bool came = outcome == OUTCOME_SETTLED && c->walk.yes_ms >= 0;
    bool missed = outcome == OUTCOME_UNSETTLED && c->walk.yes_ms < 0;
    if (c->learns && (came || missed)) {
        const struct schedule_key key = key_of(c);
        schedule_learn(c->exchange->engine->config.schedule, &key, &c->walk);
    }
}

/* ---- the end ---- */

static void end(struct confirmation *c, enum outcome outcome)
{
    struct exchange *x = c->exchange;
    learn(c, outcome);
    if (c->rule->optional && outcome == OUTCOME_UNSETTLED) {
        outcome = OUTCOME_UNVERIFIABLE;
    }
    c->ended = true;
    c->outcome = outcome;
    confirmation_stop(c);
    struct event event = {
        .kind = EVENT_CONFIRMED,
        .confirmation = c->rule->name,
        .read = c->rule->read.operation,
        .outcome = outcome,
        .wanted = engine_evidence_wanted(c->rule),
        .detail = c->evidence,
        .waited_ms = event_number(engine_now_ms(x->engine) - x->heard_at.ms),
    };
    if (outcome == OUTCOME_SETTLED && c->backoff.run > 0) {
        c->visible_ms = c->backoff.run_since_ms - x->heard_at.ms;
        event.visible_ms = event_number(c->visible_ms);
    }
    engine_exchange_say(x, &event);
    timer_wake(timers_of(c), &x->wake);
}

void confirmation_stop(struct confirmation *c)
{
    timer_cancel(timers_of(c), &c->wake);
    timer_cancel(timers_of(c), &c->deadline);
    probe_drop(c->probe, &c->wake);
    c->probe = NULL;
}

void confirmation_give_up(struct confirmation *c)
{
    if (!c->ended) {
        end(c, OUTCOME_UNSETTLED);
    }
}

void confirmation_overtake(struct confirmation *c)
{
    if (!c->ended) {
        c->overtaken = true;
        c->evidence = STR("the same was changed again before this was seen");
        end(c, OUTCOME_UNVERIFIABLE);
    }
}

static void keep_evidence(struct confirmation *c,
                          const struct probe_result *result, struct str why)
{
    struct buf text = {0};
    engine_evidence_write(c->exchange->engine, &c->rule->read, result, why,
                          &text);
    /* The last one only, in memory that is used again where it suffices. */
    if (c->evidence_room < text.len) {
        c->evidence_room = text.len;
        c->evidence.ptr = arena_alloc(c->exchange->arena, text.len);
    }
    memcpy((char *)c->evidence.ptr, text.bytes, text.len);
    c->evidence.len = text.len;
    buf_free(&text);
}

/* ---- judging ---- */

static void say_read_back(struct confirmation *c,
                          const struct probe_result *result,
                          enum verdict verdict, struct moment sent)
{
    int64_t now = engine_now_ms(c->exchange->engine);
    struct event event = {
        .kind = EVENT_READ_BACK,
        .confirmation = c->rule->name,
        .read = c->rule->read.operation,
        .verdict = engine_verdict_name(verdict),
        .status = result->status,
        .code = result->code,
        .waited_ms = event_number(now - c->exchange->heard_at.ms),
        .detail = verdict == VERDICT_HOLDS ? STR_NONE : c->evidence,
    };
    if (sent.turn > 0) {
        event.took_ms = event_number(now - sent.ms);
    }
    engine_exchange_say(c->exchange, &event);
}

static void wait_on(struct confirmation *c)
{
    struct engine *engine = c->exchange->engine;
    int64_t delay = 0;
    if (c->learns && c->backoff.run == 0) {
        delay =
            backoff_learned_ms(&c->backoff, &c->schedule, learned_delay_ms(c));
    } else {
        delay = backoff_delay_ms(&c->backoff, &c->schedule,
                                 engine_now_ms(engine), &engine->rng);
    }
    timer_arm(timers_of(c), &c->wake, delay);
}

/*
 * The deadline has come. A run that began in time may go to its end; what is
 * still on its way was sent too early to be the last word.
 */
static void decide_late(struct confirmation *c, enum verdict verdict)
{
    if (verdict == VERDICT_HOLDS) {
        wait_on(c);
    } else if (c->last_read) {
        end(c, OUTCOME_UNSETTLED);
    } else {
        timer_wake(timers_of(c), &c->wake);
    }
}

static void decide(struct confirmation *c, enum verdict verdict)
{
    struct exchange *x = c->exchange;
    int64_t now = engine_now_ms(x->engine);
    switch (verdict) {
    case VERDICT_HOLDS:
        if (backoff_hit(&c->backoff, &c->schedule, now)) {
            end(c, OUTCOME_SETTLED);
            return;
        }
        break;
    case VERDICT_NOT_YET:
        backoff_miss(&c->backoff, &c->schedule, now - x->heard_at.ms);
        break;
    case VERDICT_TRY_AGAIN:
        c->backoff.misses++;
        c->backoff.silences++;
        break;
    case VERDICT_NEVER:
        end(c, OUTCOME_FAILED);
        return;
    case VERDICT_UNVERIFIABLE:
        end(c, OUTCOME_UNVERIFIABLE);
        return;
    case VERDICT_ASSUMED:
        /* What was recorded went on from here, and so may a replay. */
        end(c, OUTCOME_SETTLED);
        return;
    }
    if (c->late) {
        decide_late(c, verdict);
    } else {
        wait_on(c);
    }
}

static void judge_probe(struct confirmation *c,
                        const struct probe_result *result)
{
    struct arena *scratch = arena_new();
    struct str why = STR_NONE;
    struct moment sent = probe_sent(c->probe);
    enum verdict verdict = engine_judge(
        scratch, c->rule, result,
        engine_document_with_read(scratch, c->exchange, c->item, result), &why);
    keep_evidence(c, result, why);
    c->exchange->reads++;
    say_read_back(c, result, verdict, sent);
    regret_look(c, result, sent);
    arena_free(scratch);
    if (verdict == VERDICT_NOT_YET) {
        c->stale = sent;
    }
    note_seen(c, verdict, sent);
    probe_drop(c->probe, &c->wake);
    c->probe = NULL;
    c->since_ms = engine_now_ms(c->exchange->engine);
    decide(c, verdict);
}

/* ---- reading ---- */

static void read_back(struct confirmation *c)
{
    struct exchange *x = c->exchange;
    struct probe_ask ask = {
        .exchange = x->id,
        .as = x->call->identity,
        .access_key = x->call->access_key,
        .service = c->rule->read.service,
        .region = x->aws.region,
        .operation = c->rule->read.model,
        .input = c->input,
        /* Replicas disagree: look again through another connection. */
        .fresh_connection = c->backoff.run > 0,
    };
    c->last_read = c->late;
    c->probe = probe_ask(x->engine, &ask, c->since_ms, &c->wake);
}

static void on_wake(void *ctx)
{
    struct confirmation *c = ctx;
    if (c->probe == NULL) {
        read_back(c);
        return;
    }
    const struct probe_result *result = probe_get(c->probe);
    if (result != NULL) {
        judge_probe(c, result);
    }
}

/* One last read at the deadline: the change may have come since. */
static void on_deadline(void *ctx)
{
    struct confirmation *c = ctx;
    c->late = true;
    if (c->probe == NULL) {
        timer_wake(timers_of(c), &c->wake);
    } else {
        c->last_read = probe_is_queued(c->probe);
    }
}

void confirmation_start(struct confirmation *c)
{
    timer_init(&c->wake, on_wake, c);
    timer_init(&c->deadline, on_deadline, c);
    c->since_ms = c->exchange->heard_at.ms;
    c->learns = c->exchange->engine->config.schedule != NULL &&
                c->schedule.interval_ms == 0;
    if (c->learns) {
        c->walk = schedule_walk_begin(&c->exchange->engine->rng);
    }
    if (c->trouble.len > 0) {
        c->evidence = c->trouble;
        end(c, OUTCOME_UNVERIFIABLE);
        return;
    }
    struct str lacks = rules_input_lacks(&c->rule->read, c->input);
    if (lacks.len > 0) {
        /* There is nothing to ask. */
        c->evidence =
            arena_printf(c->exchange->arena,
                         "%.*s could not be asked: the call gives no %.*s",
                         STR_ARG(c->rule->read.operation), STR_ARG(lacks));
        end(c, OUTCOME_UNVERIFIABLE);
        return;
    }
    int64_t delay = c->learns ? learned_delay_ms(c) : 0;
    timer_arm(timers_of(c), &c->wake,
              delay > c->schedule.delay_ms ? delay : c->schedule.delay_ms);
    timer_arm(timers_of(c), &c->deadline, c->schedule.timeout_ms);
}
