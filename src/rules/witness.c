/* SPDX-License-Identifier: Apache-2.0 */
/* Makes witnesses of an element of "confirm": reads that clients make and that
 * show the same change. Here because they see what a client asked, and borrow
 * from their confirmation. Start at rules_witnesses_read(). */
#include "rules/private.h"

static const struct json *get(const struct json *object, const char *key)
{
    return json_get(object, str_of(key));
}

/* What the change looks like there. */
static void read_conditions(const struct compiler *c, const struct json *value,
                            struct view view,
                            const struct rules_confirmation *confirmation,
                            struct rules_confirmation *ret)
{
    if (get(value, "success") != NULL) {
        ret->success = condition_read(c, get(value, "success"), view);
        ret->superseded = condition_read(c, get(value, "superseded"), view);
        ret->retry = condition_read(c, get(value, "retry"), view);
        return;
    }
    if (ret->read.model != NULL &&
        ret->read.model != confirmation->read.model) {
        rules_complain(c, get(value, "read"),
                       "a witness by another operation than its confirmation's "
                       "needs a `success` of its own");
    }
    static const char *const others[] = {"superseded", "retry"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (get(value, others[i]) != NULL) {
            rules_complain(
                c, get(value, others[i]),
                "`%s` without `success`, which is the confirmation's",
                others[i]);
        }
    }
    ret->success = confirmation->success;
    ret->superseded = confirmation->superseded;
    ret->retry = confirmation->retry;
    ret->failure = confirmation->failure;
}

static void read_witness(const struct compiler *c, const struct json *value,
                         unsigned names,
                         const struct rules_confirmation *confirmation,
                         struct rules_confirmation *ret)
{
    const struct json *service = get(value, "service");
    const struct json *operation = get(value, "read");
    *ret = (struct rules_confirmation){
        .name = confirmation->name,
        .level = confirmation->level,
        .part = confirmation->part,
        .read = {.service = c->service},
    };
    (void)rules_shape_check(c, value, &rules_shape_witness);
    if (json_is(service, JSON_STRING)) {
        ret->read.service = service->text;
        rules_service_check(c, service);
    }
    if (json_is(operation, JSON_STRING)) {
        ret->read.operation = operation->text;
        ret->read.model =
            rules_read_operation_find(c, operation, ret->read.service);
    }
    struct view view = {names | SEES(NAME_ASKED), ret->read.model};
    ret->when = expression_read(c, get(value, "when"), view);
    view.names |= SEES(NAME_COMPLETE) | SEES(NAME_READ) | SEES(NAME_READ_ERROR);
    ret->stale = expression_read(c, get(value, "stale"), view);
    read_conditions(c, value, view, confirmation, ret);
}

void rules_witnesses_read(const struct compiler *c, const struct json *list,
                          unsigned names,
                          struct rules_confirmation *confirmation)
{
    confirmation->witnesses =
        ARENA_ARRAY(c->arena, struct rules_confirmation, list->count);
    confirmation->witness_count = list->count;
    for (size_t i = 0; i < list->count; i++) {
        read_witness(c, list->members[i].value, names, confirmation,
                     &confirmation->witnesses[i]);
    }
}
