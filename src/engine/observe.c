/* SPDX-License-Identifier: Apache-2.0 */
/* --observe: the client has its answer at once, the confirmations go on behind
 * it, and at their end the reads that came too early are told. Here because it
 * is the only place that knows both. Start at step_observe(). */
#include "engine/witness.h"

enum { NOTES_MAX = 128 };

/* ---- the step ---- */

static void answer_now(struct exchange *x)
{
    x->reply = x->fetch.response;
    http_headers_set(x->arena, &x->reply.headers, STR("x-settled-id"), x->id);
    engine_exchange_answer(x);
    for (struct waiter *w = x->waiters; w != NULL; w = w->next) {
        /* It may leave now, and nobody need hear of it. */
        timer_cancel(x->engine->config.timers, &w->gone);
        w->call->on_gone = NULL;
        w->left = true;
    }
}

enum progress step_observe(struct exchange *x)
{
    answer_now(x);
    if (!engine_exchange_may_be_held(x)) {
        struct event event = {
            .kind = EVENT_NOT_OBSERVED,
            .detail = STR("as many changes as may be (--held-limit) are being "
                          "observed already"),
        };
        engine_exchange_say(x, &event);
        return exchange_go(x, STEP_finish);
    }
    return exchange_go(x, STEP_plan);
}

static void look_for_before(void *ctx, struct str name, struct span span)
{
    (void)span;
    bool *found = ctx;
    *found = *found || str_eq(name, STR("before"));
}

/* Its pre-read would have kept the client waiting. */
struct str observe_hinders(const struct rules_confirmation *rule)
{
    const struct rules_expression *const expressions[] = {
        &rule->when, &rule->success.expression, &rule->superseded.expression,
        &rule->failure.expression};
    bool found = false;
    for (size_t i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++) {
        if (expressions[i]->compiled != NULL) {
            jmespath_roots(expressions[i]->compiled, look_for_before, &found);
        }
    }
    return found ? STR("it needs a read before the call, which --observe does "
                       "not make")
                 : STR_NONE;
}

/* ---- reads meanwhile ---- */

static void tell_race(const struct write *write, const struct note *note,
                      const char *verdict, struct event_number needed_ms,
                      struct str wanted)
{
    int64_t gap_ms = note->sent.ms - write->heard.ms;
    if (needed_ms.value < gap_ms) {
        needed_ms = (struct event_number){0}; /* this read lags for longer */
    }
    struct event event = {
        .kind = EVENT_RACE,
        .exchange = note->id,
        .client = note->client,
        .group = note->group,
        .service = write->change.service,
        .operation = write->change.operation,
        .region = write->change.region,
        .resource = note->resource,
        .confirmation = note->rule->name,
        .read = note->read,
        .verdict = verdict,
        .write = write->id,
        .gap_ms = event_number(gap_ms),
        .needed_ms = needed_ms,
        .detail = note->detail,
        .wanted = wanted,
    };
    events_say(note->engine->config.events, &event);
}

static struct note *copy_note(struct arena *arena, const struct note *from)
{
    struct note *note = ARENA_NEW(arena, struct note);
    *note = *from;
    note->id = arena_str(arena, from->id);
    note->client = arena_str(arena, from->client);
    note->group = arena_str(arena, from->group);
    note->read = arena_str(arena, from->read);
    note->resource = arena_str(arena, from->resource);
    note->detail = arena_str(arena, from->detail);
    return note;
}

/* Sent in time, but answered only after the write had settled. */
static void tell_late(const struct view *view, const struct note *note)
{
    const struct write *write = view->write;
    struct note late = *note;
    late.rule = view->rule;
    if (note->verdict == VERDICT_NOT_YET &&
        note->sent.turn < write->settled.turn) {
        tell_race(write, &late, "stale", view->needed_ms,
                  engine_evidence_wanted(view->rule));
    }
}

void observe_note(const struct view *view, const struct note *note)
{
    struct write *write = view->write;
    if (!write->observed || !str_eq(write->group, note->group)) {
        return; /* held, or another client */
    }
    if (write->x == NULL) {
        tell_late(view, note);
        return;
    }
    struct confirmation *c = view->confirmation;
    if (c != NULL && note->verdict == VERDICT_NOT_YET && view->key != 0 &&
        note->sent.turn > c->stale.turn) {
        c->stale = note->sent; /* no list: those may lag for longer */
    }
    if (write->note_count == NOTES_MAX) {
        return;
    }
    struct note *kept = copy_note(write->x->arena, note);
    kept->rule = view->rule;
    kept->confirmation = c;
    kept->next = NULL;
    *write->notes_end = kept;
    write->notes_end = &kept->next;
    write->note_count++;
}

/* ---- the end ---- */

/* Whether it was a race by this confirmation alone. */
static const char *race_of(const struct note *note)
{
    const struct confirmation *c = note->confirmation;
    bool stale = note->verdict == VERDICT_NOT_YET;
    if (c == NULL || c->overtaken) {
        return stale ? "stale" : NULL;
    }
    if (c->outcome != OUTCOME_SETTLED && c->outcome != OUTCOME_UNSETTLED) {
        return NULL; /* what is true was never known */
    }
    if (stale) {
        return "stale";
    }
    return note->sent.turn < c->stale.turn ? "lucky" : NULL;
}

struct event_number observe_needed_ms(const struct confirmation *c)
{
    if (c == NULL || c->outcome != OUTCOME_SETTLED) {
        return (struct event_number){0};
    }
    int64_t stale_ms =
        c->stale.turn > 0 ? c->stale.ms - c->exchange->heard_at.ms : 0;
    return event_number(stale_ms > c->visible_ms ? stale_ms : c->visible_ms);
}

static bool is_worse(const char *a, const char *b)
{
    return a != NULL && (b == NULL || (a[0] == 's' && b[0] != 's'));
}

/* One read may have been held against several confirmations: told once, by the
 * worst of them. Its notes stand together. */
void observe_tell(const struct exchange *x)
{
    const struct note *note = x->write != NULL ? x->write->notes : NULL;
    while (note != NULL && x->outcome != OUTCOME_FAILED) {
        const struct note *worst = note;
        const char *verdict = race_of(note);
        const struct note *next = note->next;
        for (; next != NULL && str_eq(next->id, note->id); next = next->next) {
            if (is_worse(race_of(next), verdict)) {
                worst = next;
                verdict = race_of(next);
            }
        }
        if (verdict != NULL) {
            const struct confirmation *c = worst->confirmation;
            bool settled = c != NULL && c->outcome == OUTCOME_SETTLED;
            tell_race(x->write, worst, verdict, observe_needed_ms(c),
                      settled && c->evidence.len > 0
                          ? c->evidence
                          : engine_evidence_wanted(worst->rule));
        }
        note = next;
    }
}
