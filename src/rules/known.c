/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a known read of an element of "reads": what a client asked for and what
 * it saw. Every fault is reported and reading goes on. Start at
 * rules_known_read().
 */
#include "rules/private.h"

static const struct json *get(const struct json *object, const char *key)
{
    return json_get(object, str_of(key));
}

static void need(const struct compiler *c, const struct json *value,
                 const char *key, const char *why)
{
    if (get(value, key) == NULL) {
        diag_add(c->diag, c->source,
                 (struct span){value->span.start, value->span.start + 1},
                 "a known read %s `for_each` needs the key `%s`", why, key);
    }
}

/* One thing has the name that was asked for, each of many its own. */
static void check_keys(const struct compiler *c, const struct json *value)
{
    if (get(value, "for_each") != NULL) {
        need(c, value, "name", "with");
        return;
    }
    need(c, value, "resource", "without");
    if (get(value, "name") != NULL) {
        rules_complain(c, get(value, "name"), "`name` is for a `for_each`");
    }
}

static void read_absent(const struct compiler *c, const struct json *value,
                        struct view view, struct rules_known_read *ret)
{
    if (json_is(value, JSON_ARRAY)) {
        rules_codes_read(c, value, &ret->absent_errors,
                         &ret->absent_error_count);
    } else {
        ret->absent = expression_read(c, value, view);
    }
}

void rules_known_read(struct compiler *c, const struct json *value,
                      struct rules_known_read *ret)
{
    *ret = (struct rules_known_read){.service = c->service,
                                     .file = c->source->name};
    (void)rules_shape_check(c, value, &rules_shape_read);
    if (value->type != JSON_OBJECT) {
        return;
    }
    const struct json *operation = get(value, "operation");
    if (json_is(operation, JSON_STRING)) {
        ret->operation = operation->text;
        ret->model = rules_read_operation_find(c, operation, c->service);
    }
    check_keys(c, value);
    c->operation = ret->model; /* whose `request` and `response` are seen */
    c->before = NULL;
    struct view view = {SEES(NAME_REQUEST), NULL};
    ret->part = json_text(get(value, "part"));
    ret->resource = expression_read(c, get(value, "resource"), view);
    view.names |= SEES(NAME_RESPONSE);
    ret->for_each = expression_read(c, get(value, "for_each"), view);
    read_absent(c, get(value, "absent"), view, ret);
    view.names |= get(value, "for_each") != NULL ? SEES(NAME_ITEM) : 0U;
    ret->name = expression_read(c, get(value, "name"), view);
    ret->value = expression_read(c, get(value, "value"), view);
}
