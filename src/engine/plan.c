/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of an exchange: which confirmations a change needs, and the wait until
 * they have ended. Start at step_plan(). */
#include "engine/witness.h"

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

/* Confirmations being collected; what they hold lives in `arena`. */
struct plan {
    struct exchange *x;
    struct arena *arena;
    struct arena *scratch;
    struct confirmation *at;
    size_t count;
};

/* A rule that cannot be applied confirms nothing, and says why. */
static void plan_trouble(struct plan *plan,
                         const struct rules_confirmation *rule, struct str why)
{
    plan->at[plan->count++] = (struct confirmation){
        .exchange = plan->x,
        .rule = rule,
        .trouble = arena_str(plan->arena, why),
    };
}

static void plan_one(struct plan *plan, const struct rules_confirmation *rule,
                     const struct json *item)
{
    struct str why = STR_NONE;
    const struct json *document =
        engine_document_with_read(plan->scratch, plan->x, item, NULL);
    bool wanted =
        rule->when.compiled == NULL ||
        engine_judge_expression(plan->scratch, &rule->when, document, &why);
    if (wanted && plan->x->engine->config.observe) {
        why = observe_hinders(rule);
    }
    if (why.len > 0) {
        plan_trouble(plan, rule, why);
        return;
    }
    if (!wanted) {
        return;
    }
    plan->at[plan->count++] = (struct confirmation){
        .exchange = plan->x,
        .rule = rule,
        .item = item != NULL ? json_copy(plan->arena, item) : NULL,
        .input = json_copy(plan->arena,
                           rules_input(plan->scratch, &rule->read, document)),
        .schedule = schedule_for(plan->x, rule),
    };
}

/* What one rule of a confirmation is repeated for; NULL: it is not. */
struct items {
    const struct json *list;
    struct str why; /* it could not be told */
};

static struct items items_of(const struct exchange *x,
                             const struct rules_confirmation *rule,
                             struct arena *scratch)
{
    struct items items = {NULL, STR_NONE};
    if (rule->for_each.compiled != NULL) {
        items.list = rules_value(
            scratch, &rule->for_each,
            engine_document_with_read(scratch, x, NULL, NULL), &items.why);
    }
    if (items.list != NULL && items.why.len == 0 &&
        items.list->type != JSON_ARRAY && items.list->type != JSON_NULL) {
        items.why = STR("`for_each` gives no list");
    }
    return items;
}

static void plan_each(struct plan *plan, const struct rules_confirmation *rule,
                      const struct items *items)
{
    if (items->why.len > 0) {
        plan_trouble(plan, rule, items->why);
    } else if (items->list == NULL) {
        plan_one(plan, rule, NULL);
    } else if (items->list->type == JSON_ARRAY) {
        for (size_t k = 0; k < items->list->count; k++) {
            plan_one(plan, rule, items->list->members[k].value);
        }
    }
}

static bool is_awaited(const struct exchange *x,
                       const struct rules_confirmation *rule)
{
    return rule->level <= x->engine->config.level;
}

/* Those that are awaited, or the others. */
static void collect(struct plan *plan, bool awaited)
{
    const struct rule *rule = plan->x->rule;
    size_t most = 0;
    struct items *items =
        ARENA_ARRAY(plan->scratch, struct items, rule->confirmation_count);
    for (size_t i = 0; i < rule->confirmation_count; i++) {
        if (is_awaited(plan->x, &rule->confirmations[i]) == awaited) {
            items[i] =
                items_of(plan->x, &rule->confirmations[i], plan->scratch);
            most += 1 + (items[i].list != NULL ? items[i].list->count : 0);
        }
    }
    plan->at = ARENA_ARRAY(plan->scratch, struct confirmation, most);
    for (size_t i = 0; i < rule->confirmation_count; i++) {
        const struct rules_confirmation *one = &rule->confirmations[i];
        if (is_awaited(plan->x, one) == awaited) {
            plan_each(plan, one, &items[i]);
        }
    }
}

static void plan_all(struct exchange *x)
{
    struct arena *scratch = arena_new();
    struct plan plan = {.x = x, .arena = x->arena, .scratch = scratch};
    collect(&plan, true);
    /* As many as there are; nothing points to them yet. */
    x->confirmations = ARENA_ARRAY(x->arena, struct confirmation, plan.count);
    x->confirmation_count = plan.count;
    if (plan.count > 0) {
        memcpy(x->confirmations, plan.at, plan.count * sizeof(plan.at[0]));
    }
    arena_free(scratch);
}

struct confirmation *engine_plan_above(struct exchange *x, struct arena *arena,
                                       size_t *ret_count)
{
    struct plan plan = {.x = x, .arena = arena, .scratch = arena};
    collect(&plan, false);
    *ret_count = plan.count;
    return plan.at;
}

static bool rule_applies(struct exchange *x)
{
    struct str why = STR_NONE;
    struct arena *scratch = arena_new();
    bool applies = x->rule->when.compiled == NULL ||
                   engine_judge_expression(
                       scratch, &x->rule->when,
                       engine_document_with_read(scratch, x, NULL, NULL), &why);
    arena_free(scratch);
    return applies || why.len > 0;
}

/* The latest of its confirmations. */
static struct event_number visible_ms(const struct exchange *x)
{
    struct event_number latest = {0};
    for (size_t i = 0; i < x->confirmation_count; i++) {
        const struct confirmation *c = &x->confirmations[i];
        if (c->backoff.run > 0 && c->visible_ms >= latest.value) {
            latest = event_number(c->visible_ms);
        }
    }
    return latest;
}

static enum progress conclude(struct exchange *x, enum outcome outcome)
{
    struct event event = {
        .kind = EVENT_SETTLED,
        .outcome = outcome,
        .request_id = x->request_id,
        .waited_ms = event_number(engine_now_ms(x->engine) - x->heard_at.ms),
        .reads = event_number((int64_t)x->reads),
    };
    x->outcome = outcome;
    if (x->lost_at.turn > 0) {
        event.detail = arena_printf(x->arena, "sent %u times", x->sends);
    }
    if (outcome == OUTCOME_SETTLED) {
        event.visible_ms = visible_ms(x);
    }
    engine_exchange_say(x, &event);
    engine_recent_add(x->engine->recent, x);
    if (x->engine->config.observe) {
        observe_tell(x);
        return exchange_go(x, STEP_finish);
    }
    engine_answer_settled(x);
    return exchange_go(x, STEP_answer);
}

enum progress step_plan(struct exchange *x)
{
    if (x->response == NULL) {
        return conclude(x, OUTCOME_UNVERIFIABLE); /* it could not be read */
    }
    if (rule_applies(x)) {
        plan_all(x);
        witness_heard(x);
    }
    if (x->confirmation_count == 0) {
        x->reply = x->fetch.response; /* nothing that could be read back */
        return exchange_go(x, x->engine->config.observe ? STEP_finish
                                                        : STEP_answer);
    }
    for (size_t i = 0; i < x->confirmation_count; i++) {
        confirmation_start(&x->confirmations[i]);
    }
    return exchange_go(x, STEP_settle);
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

enum progress step_settle(struct exchange *x)
{
    if (outcome_of(x) == OUTCOME_FAILED) {
        /* It cannot become worse, so nobody waits for the others. */
        return conclude(x, OUTCOME_FAILED);
    }
    if (x->gave_up) {
        for (size_t i = 0; i < x->confirmation_count; i++) {
            confirmation_give_up(&x->confirmations[i]);
        }
    }
    return all_ended(x) ? conclude(x, outcome_of(x)) : PARKED;
}
