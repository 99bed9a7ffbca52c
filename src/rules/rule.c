/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a rule of an element of "rules": reads, conditions, confirmations,
 * resends. Every fault is reported and reading goes on, so that one run finds
 * all of them. Start at rule_read(). */
#include "rules/private.h"

#include "base/nearest.h"

enum {
    /* What is known once AWS has answered. */
    SEES_CALL = SEES(NAME_REQUEST) | SEES(NAME_RESPONSE) | SEES(NAME_BEFORE) |
                SEES(NAME_CALL),
    /* What is known when AWS has refused. */
    SEES_REFUSAL = SEES(NAME_REQUEST) | SEES(NAME_BEFORE) | SEES(NAME_CALL) |
                   SEES(NAME_ERROR) | SEES(NAME_PREVIOUS),
    SEES_READ = SEES(NAME_READ) | SEES(NAME_READ_ERROR),
};

static const struct json *get(const struct json *object, const char *key)
{
    return json_get(object, str_of(key));
}

static const struct json *get_list(const struct json *object, const char *key)
{
    const struct json *list = get(object, key);
    return json_is(list, JSON_ARRAY) ? list : NULL;
}

/* ---- reads ---- */

/* Complains of an operation that the model does not have. */
static void complain_of_operation(const struct compiler *c,
                                  const struct json *value, struct str service)
{
    const struct aws_service *known = aws_service_find(c->registry, service);
    if (known == NULL || !known->has_model) {
        return; /* of the service somebody has complained */
    }
    struct nearest nearest = nearest_to(value->text);
    size_t count = aws_operation_count(c->registry, service);
    for (size_t i = 0; i < count; i++) {
        nearest_try(&nearest, aws_operation_at(c->registry, service, i)->name);
    }
    rules_complain(c, value, "%.*s has no operation `%.*s`%.*s",
                   STR_ARG(service), STR_ARG(value->text),
                   STR_ARG(nearest_hint(c->diag->arena, &nearest)));
}

void rules_service_check(const struct compiler *c, const struct json *value)
{
    const struct aws_service *service =
        aws_service_find(c->registry, value->text);
    if (service != NULL && service->has_model) {
        return;
    }
    struct nearest nearest = nearest_to(value->text);
    for (size_t i = 0; i < aws_service_count(c->registry); i++) {
        const struct aws_service *known = aws_service_at(c->registry, i);
        if (known->has_model) {
            nearest_try(&nearest, known->name);
        }
    }
    rules_complain(c, value, "there is no model of a service `%.*s`%.*s",
                   STR_ARG(value->text),
                   STR_ARG(nearest_hint(c->diag->arena, &nearest)));
}

static void check_input_member(const struct compiler *c,
                               const struct json_member *member,
                               const struct aws_operation *model)
{
    struct nearest nearest = nearest_to(member->key);
    for (size_t i = 0; i < model->input_count; i++) {
        if (str_eq(model->inputs[i], member->key)) {
            return;
        }
        nearest_try(&nearest, model->inputs[i]);
    }
    diag_add(c->diag, c->source, member->key_span,
             "the input of %.*s has no member `%.*s`%.*s", STR_ARG(model->name),
             STR_ARG(member->key),
             STR_ARG(nearest_hint(c->diag->arena, &nearest)));
}

static void read_input(const struct compiler *c, const struct json *input,
                       unsigned names, struct rules_read *read)
{
    read->inputs = ARENA_ARRAY(c->arena, struct rules_input, input->count);
    for (size_t i = 0; i < input->count; i++) {
        const struct json_member *member = &input->members[i];
        if (read->model != NULL) {
            check_input_member(c, member, read->model);
        }
        if (member->value->type != JSON_STRING) {
            rules_complain(c, member->value,
                           "`%.*s` must be an expression in a string, not %s",
                           STR_ARG(member->key),
                           json_type_name(member->value->type));
            continue;
        }
        read->inputs[read->input_count++] = (struct rules_input){
            member->key,
            expression_read(c, member->value, (struct view){names, NULL})};
    }
}

static void check_required(const struct compiler *c, const struct json *at,
                           const struct json *input,
                           const struct aws_operation *model)
{
    for (size_t i = 0; i < model->required_count; i++) {
        if (json_get(input, model->required[i]) == NULL) {
            rules_complain(c, at, "%.*s needs the input member `%.*s`",
                           STR_ARG(model->name), STR_ARG(model->required[i]));
        }
    }
}

const struct aws_operation *rules_read_operation_find(const struct compiler *c,
                                                      const struct json *value,
                                                      struct str service)
{
    const struct aws_operation *model =
        aws_operation_find(c->registry, service, value->text);
    if (model == NULL) {
        complain_of_operation(c, value, service);
    } else if (!model->reads) {
        rules_complain(c, value,
                       "%.*s does not only read; a rule may not call it",
                       STR_ARG(value->text));
    }
    return model;
}

/* "service", "read" and "input" of an object. */
static bool read_read(const struct compiler *c, const struct json *object,
                      unsigned names, struct rules_read *ret_read)
{
    const struct json *service = get(object, "service");
    const struct json *operation = get(object, "read");
    const struct json *input = get(object, "input");
    *ret_read = (struct rules_read){.service = c->service};
    if (json_is(service, JSON_STRING)) {
        ret_read->service = service->text;
        rules_service_check(c, service);
    }
    if (json_is(operation, JSON_STRING)) {
        ret_read->operation = operation->text;
        ret_read->model =
            rules_read_operation_find(c, operation, ret_read->service);
        if (ret_read->model != NULL && ret_read->model->reads) {
            check_required(c, operation, input, ret_read->model);
        }
    }
    if (json_is(input, JSON_OBJECT)) {
        read_input(c, input, names, ret_read);
    }
    return ret_read->model != NULL;
}

/* ---- conditions ---- */

void rules_codes_read(const struct compiler *c, const struct json *value,
                      struct str **ret_codes, size_t *ret_count)
{
    size_t count = value->type == JSON_ARRAY ? value->count : 1;
    struct str *codes = ARENA_ARRAY(c->arena, struct str, count);
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        const struct json *code =
            value->type == JSON_ARRAY ? value->members[i].value : value;
        if (json_text(code).len == 0) {
            rules_complain(c, code,
                           "an error code must be a string that says one");
        } else {
            codes[found++] = code->text;
        }
    }
    if (count == 0) {
        rules_complain(c, value, "no error code is given");
    }
    *ret_codes = codes;
    *ret_count = found;
}

struct rules_condition condition_read(const struct compiler *c,
                                      const struct json *value,
                                      struct view view)
{
    struct rules_condition condition = {0};
    if (json_is(value, JSON_STRING)) {
        condition.expression = expression_read(c, value, view);
    } else if (json_is(value, JSON_ARRAY)) {
        rules_codes_read(c, value, &condition.errors, &condition.error_count);
    } else if (json_is(value, JSON_OBJECT) &&
               rules_shape_check(c, value, &rules_shape_condition)) {
        rules_codes_read(c, get(value, "error"), &condition.errors,
                         &condition.error_count);
        condition.expression = expression_read(c, get(value, "when"), view);
    }
    return condition;
}

/* ---- confirmations and resends ---- */

static const char *const level_names[LEVEL_COUNT] = {
    [LEVEL_VISIBLE] = "visible",
    [LEVEL_LISTED] = "listed",
    [LEVEL_DONE] = "done",
    [LEVEL_EFFECTIVE] = "effective",
};

const char *rules_level_name(enum rules_level level)
{
    return level_names[level];
}

static void read_confirmation(const struct compiler *c,
                              const struct json *value,
                              struct rules_confirmation *ret)
{
    (void)rules_shape_check(c, value, &rules_shape_confirmation);
    const struct json *for_each = get(value, "for_each");
    unsigned names = SEES_CALL | (for_each != NULL ? SEES(NAME_ITEM) : 0U);
    *ret = (struct rules_confirmation){
        .name = json_text(get(value, "name")),
        .level = (enum rules_level)rules_choose(
            c, get(value, "level"), level_names, LEVEL_COUNT, LEVEL_VISIBLE),
        .when =
            expression_read(c, get(value, "when"), (struct view){names, NULL}),
        .for_each =
            expression_read(c, for_each, (struct view){SEES_CALL, NULL}),
        .part = json_text(get(value, "part")),
        .optional = json_is(get(value, "optional"), JSON_TRUE),
        .schedule = rules_schedule_read(c, value, &c->defaults),
    };
    (void)read_read(c, value, names, &ret->read);
    struct view view = {names | SEES_READ, ret->read.model};
    ret->success = condition_read(c, get(value, "success"), view);
    ret->superseded = condition_read(c, get(value, "superseded"), view);
    ret->retry = condition_read(c, get(value, "retry"), view);
    ret->failure = condition_read(c, get(value, "failure"), view);
    if (get_list(value, "witness") != NULL) {
        rules_witnesses_read(c, get(value, "witness"), names, ret);
    }
}

static void read_confirmations(const struct compiler *c,
                               const struct json *list, struct rule *rule)
{
    rule->confirmations =
        ARENA_ARRAY(c->arena, struct rules_confirmation, list->count);
    for (size_t i = 0; i < list->count; i++) {
        const struct json *value = list->members[i].value;
        struct rules_confirmation *one = &rule->confirmations[i];
        read_confirmation(c, value, one);
        for (size_t k = 0; k < i; k++) {
            if (one->name.len > 0 &&
                str_eq(one->name, rule->confirmations[k].name)) {
                rules_complain(
                    c, get(value, "name"),
                    "another confirmation of this rule is named `%.*s`",
                    STR_ARG(one->name));
                break;
            }
        }
    }
    rule->confirmation_count = list->count;
}

static void read_resend(const struct compiler *c, const struct json *value,
                        struct rules_resend *ret)
{
    (void)rules_shape_check(c, value, &rules_shape_resend);
    *ret = (struct rules_resend){
        .has_read = get(value, "read") != NULL,
        .schedule = rules_schedule_read(c, value, &c->defaults),
    };
    if (get_list(value, "errors") != NULL) {
        rules_codes_read(c, get(value, "errors"), &ret->errors,
                         &ret->error_count);
    }
    unsigned names = SEES_REFUSAL;
    if (ret->has_read) {
        (void)read_read(c, value, names, &ret->read);
        names |= SEES_READ;
    } else if (get(value, "input") != NULL) {
        rules_complain(c, get(value, "input"), "`input` is for a `read`");
    }
    ret->when = expression_read(c, get(value, "when"),
                                (struct view){names, ret->read.model});
}

static void read_resends(const struct compiler *c, const struct json *list,
                         struct rule *rule)
{
    rule->resends = ARENA_ARRAY(c->arena, struct rules_resend, list->count);
    rule->resend_count = list->count;
    for (size_t i = 0; i < list->count; i++) {
        read_resend(c, list->members[i].value, &rule->resends[i]);
    }
}

/* ---- the rule ---- */

static enum rules_policy read_policy(const struct compiler *c,
                                     const struct json *value)
{
    static const char *const names[] = {
        [POLICY_DEFAULT] = NULL,
        [POLICY_FAIL] = "fail",
        [POLICY_PASS] = "pass",
    };
    return (enum rules_policy)rules_choose(c, value, names, 3, POLICY_DEFAULT);
}

static void read_operation(struct compiler *c, const struct json *value,
                           struct rule *rule)
{
    c->operation = NULL;
    c->before = NULL;
    if (!json_is(value, JSON_STRING)) {
        return;
    }
    rule->operation = value->text;
    c->operation = aws_operation_find(c->registry, c->service, value->text);
    if (c->operation == NULL) {
        complain_of_operation(c, value, c->service);
    } else if (c->operation->reads) {
        rules_complain(c, value,
                       "%.*s only reads; a rule is for a call that changes "
                       "something",
                       STR_ARG(value->text));
    }
}

static void read_before(struct compiler *c, const struct json *value,
                        struct rule *rule)
{
    if (!json_is(value, JSON_OBJECT)) {
        return;
    }
    (void)rules_shape_check(c, value, &rules_shape_before);
    rule->has_before = read_read(c, value, SEES(NAME_REQUEST) | SEES(NAME_CALL),
                                 &rule->before);
    c->before = rule->before.model;
}

bool rule_read(struct compiler *c, const struct json *value,
               struct rule *ret_rule)
{
    size_t before = c->diag->count;
    (void)rules_shape_check(c, value, &rules_shape_rule);
    struct rule rule = {
        .service = c->service,
        .about = json_text(get(value, "about")),
        .part = json_text(get(value, "part")),
        .file = c->source->name,
        .on_unsettled = read_policy(c, get(value, "on_unsettled")),
        .on_failed = read_policy(c, get(value, "on_failed")),
        .on_unverifiable = read_policy(c, get(value, "on_unverifiable")),
    };
    read_operation(c, get(value, "operation"), &rule);
    read_before(c, get(value, "before"), &rule);
    struct view view = {SEES_CALL, NULL};
    rule.resource = expression_read(c, get(value, "resource"), view);
    rule.value = expression_read(c, get(value, "value"), view);
    rule.when = expression_read(c, get(value, "when"), view);
    const struct json *confirm = get_list(value, "confirm");
    const struct json *resend = get_list(value, "resend");
    if (confirm != NULL) {
        read_confirmations(c, confirm, &rule);
    }
    if (resend != NULL) {
        read_resends(c, resend, &rule);
    }
    if (value->type == JSON_OBJECT && get(value, "confirm") == NULL &&
        get(value, "resend") == NULL) {
        diag_add(c->diag, c->source,
                 (struct span){value->span.start, value->span.start + 1},
                 "a rule needs `confirm` or `resend`");
    }
    *ret_rule = rule;
    return c->diag->count == before;
}
