/* SPDX-License-Identifier: Apache-2.0 */
/* Standard functions about lists and objects, but for those that are given an
 * expression. Start at any of them. */
#include "jmespath/private.h"

STANDARD_FUNCTION(contains)
{
    const struct json *subject = call->arguments[0];
    const struct json *wanted = call->arguments[1];
    if (subject->type == JSON_STRING) {
        return jmespath_value_bool(wanted->type == JSON_STRING &&
                                   str_contains(subject->text, wanted->text));
    }
    for (size_t i = 0; i < subject->count; i++) {
        if (jmespath_value_equal(run, subject->members[i].value, wanted)) {
            return &jmespath_value_true;
        }
        if (run->error != JMESPATH_OK) {
            return NULL;
        }
    }
    return &jmespath_value_false;
}

STANDARD_FUNCTION(keys)
{
    size_t count = 0;
    const struct json_member **members =
        jmespath_value_members(run, call->arguments[0], &count);
    struct json *keys = jmespath_value_list(run, count);
    for (size_t i = 0; i < count; i++) {
        jmespath_value_add(keys, json_new_string(run->arena, members[i]->key));
    }
    return keys;
}

STANDARD_FUNCTION(values)
{
    size_t count = 0;
    const struct json_member **members =
        jmespath_value_members(run, call->arguments[0], &count);
    struct json *values = jmespath_value_list(run, count);
    for (size_t i = 0; i < count; i++) {
        jmespath_value_add(values, members[i]->value);
    }
    return values;
}

/* All members one after another; the last of equal keys is kept. */
STANDARD_FUNCTION(merge)
{
    size_t total = 0;
    for (size_t i = 0; i < call->node->count; i++) {
        total += call->arguments[i]->count;
    }
    if (!jmespath_run_charge(run, total)) {
        return NULL;
    }
    struct json *all = jmespath_value_list(run, total);
    for (size_t i = 0; i < call->node->count; i++) {
        const struct json *object = call->arguments[i];
        for (size_t j = 0; j < object->count; j++) {
            all->members[all->count++] = object->members[j];
        }
    }
    all->type = JSON_OBJECT;
    size_t count = 0;
    const struct json_member **members =
        jmespath_value_members(run, all, &count);
    for (size_t i = 0; i < count; i++) {
        /* The i-th survivor never stands before i. */
        all->members[i] = *members[i];
    }
    all->count = count;
    return all;
}

STANDARD_FUNCTION(not_null)
{
    (void)run;
    for (size_t i = 0; i < call->node->count; i++) {
        if (call->arguments[i]->type != JSON_NULL) {
            return call->arguments[i];
        }
    }
    return &jmespath_value_null;
}

STANDARD_FUNCTION(to_array)
{
    const struct json *value = call->arguments[0];
    if (value->type == JSON_ARRAY) {
        return value;
    }
    struct json *list = jmespath_value_list(run, 1);
    jmespath_value_add(list, value);
    return list;
}
