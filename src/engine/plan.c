/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of an exchange: which confirmations a change needs, and the wait until
 * they have ended. Start at step_plan(). */
#include "engine/private.h"

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

/* A rule that cannot be applied confirms nothing, and says why. */
static void plan_trouble(struct exchange *x,
                         const struct rules_confirmation *rule, struct str why)
{
    x->confirmations[x->confirmation_count++] = (struct confirmation){
        .exchange = x,
        .rule = rule,
        .trouble = arena_str(x->arena, why),
    };
}

static void plan_one(struct exchange *x, const struct rules_confirmation *rule,
                     const struct json *item, struct arena *scratch)
{
    struct str why = STR_NONE;
    const struct json *document = document_with_read(scratch, x, item, NULL);
    bool wanted = rule->when.compiled == NULL ||
                  judge_expression(scratch, &rule->when, document, &why);
    if (why.len > 0) {
        plan_trouble(x, rule, why);
        return;
    }
    if (!wanted) {
        return;
    }
    x->confirmations[x->confirmation_count++] = (struct confirmation){
        .exchange = x,
        .rule = rule,
        .item = item != NULL ? json_copy(x->arena, item) : NULL,
        .input =
            json_copy(x->arena, rules_input(scratch, &rule->read, document)),
        .schedule = schedule_for(x, rule),
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
        items.list =
            rules_value(scratch, &rule->for_each,
                        document_with_read(scratch, x, NULL, NULL), &items.why);
    }
    if (items.list != NULL && items.why.len == 0 &&
        items.list->type != JSON_ARRAY && items.list->type != JSON_NULL) {
        items.why = STR("`for_each` gives no list");
    }
    return items;
}

static void plan_each(struct exchange *x, const struct rules_confirmation *rule,
                      const struct items *items, struct arena *scratch)
{
    if (items->why.len > 0) {
        plan_trouble(x, rule, items->why);
    } else if (items->list == NULL) {
        plan_one(x, rule, NULL, scratch);
    } else if (items->list->type == JSON_ARRAY) {
        for (size_t k = 0; k < items->list->count; k++) {
            plan_one(x, rule, items->list->members[k].value, scratch);
        }
    }
}

static bool is_awaited(const struct exchange *x,
                       const struct rules_confirmation *rule)
{
    return rule->level <= x->engine->config.level;
}

static void plan_all(struct exchange *x)
{
    const struct rule *rule = x->rule;
    size_t most = 0;
    struct arena *scratch = arena_new();
    struct items *items =
        ARENA_ARRAY(scratch, struct items, rule->confirmation_count);
    for (size_t i = 0; i < rule->confirmation_count; i++) {
        if (is_awaited(x, &rule->confirmations[i])) {
            items[i] = items_of(x, &rule->confirmations[i], scratch);
            most += 1 + (items[i].list != NULL ? items[i].list->count : 0);
        }
    }
    struct confirmation *room = ARENA_ARRAY(scratch, struct confirmation, most);
    x->confirmations = room;
    for (size_t i = 0; i < rule->confirmation_count; i++) {
        const struct rules_confirmation *one = &rule->confirmations[i];
        if (is_awaited(x, one)) {
            plan_each(x, one, &items[i], scratch);
        }
    }
    /* As many as there are; nothing points to them yet. */
    x->confirmations =
        ARENA_ARRAY(x->arena, struct confirmation, x->confirmation_count);
    if (x->confirmation_count > 0) {
        memcpy(x->confirmations, room, x->confirmation_count * sizeof(room[0]));
    }
    arena_free(scratch);
}

static bool rule_applies(struct exchange *x)
{
    struct str why = STR_NONE;
    struct arena *scratch = arena_new();
    bool applies =
        x->rule->when.compiled == NULL ||
        judge_expression(scratch, &x->rule->when,
                         document_with_read(scratch, x, NULL, NULL), &why);
    arena_free(scratch);
    return applies || why.len > 0;
}

static enum progress conclude(struct exchange *x, enum outcome outcome)
{
    struct event event = {
        .kind = EVENT_SETTLED,
        .outcome = outcome,
        .request_id = x->request_id,
        .waited_ms = event_number(engine_now_ms(x->engine) - x->heard_ms),
        .reads = event_number((int64_t)x->reads),
    };
    x->outcome = outcome;
    exchange_say(x, &event);
    recent_add(x->engine->recent, x);
    answer_settled(x);
    return exchange_go(x, STEP_answer);
}

enum progress step_plan(struct exchange *x)
{
    struct str why = STR_NONE;
    if (!aws_response_read(x->arena, x->aws.protocol, &x->fetch.response,
                           &x->response, &why)) {
        return conclude(x, OUTCOME_UNVERIFIABLE);
    }
    if (x->resources == NULL) {
        exchange_name_resource(x); /* some are named by the answer only */
    }
    if (rule_applies(x)) {
        plan_all(x);
    }
    if (x->confirmation_count == 0) {
        x->reply = x->fetch.response; /* nothing that could be read back */
        return exchange_go(x, STEP_answer);
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
