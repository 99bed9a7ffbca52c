/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluating a rule's expressions against a document. Here because both the
 * engine and the lag do it. Start at rules_value(). */
#include "rules/rules.h"

const struct json *rules_value(struct arena *arena,
                               const struct rules_expression *expression,
                               const struct json *document, struct str *ret_why)
{
    enum jmespath_error error = JMESPATH_OK;
    struct str why = STR_NONE;
    const struct json *value =
        jmespath_evaluate(arena, expression->compiled, document, &error, &why);
    if (value == NULL) {
        *ret_why = arena_printf(
            arena, "the condition could not be judged: %.*s", STR_ARG(why));
        return json_new(arena, JSON_NULL);
    }
    return value;
}

const struct json *rules_input(struct arena *arena,
                               const struct rules_read *read,
                               const struct json *document)
{
    struct json *input = json_new(arena, JSON_OBJECT);
    struct str why = STR_NONE;
    for (size_t i = 0; i < read->input_count; i++) {
        const struct json *value =
            rules_value(arena, &read->inputs[i].value, document, &why);
        if (value->type != JSON_NULL) {
            json_set(arena, input, read->inputs[i].member, value);
        }
    }
    return input;
}

struct str rules_input_lacks(const struct rules_read *read,
                             const struct json *input)
{
    for (size_t i = 0; i < read->model->required_count; i++) {
        if (json_get(input, read->model->required[i]) == NULL) {
            return read->model->required[i];
        }
    }
    return STR_NONE;
}
