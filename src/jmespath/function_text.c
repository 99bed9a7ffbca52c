/* SPDX-License-Identifier: Apache-2.0 */
/* Standard functions about strings and the conversion to them. Start at
 * jmespath_standard_to_string(). */
#include "jmespath/private.h"

static bool starts_or_ends(const struct call *call,
                           bool (*test)(struct str text, struct str part))
{
    return test(call->arguments[0]->text, call->arguments[1]->text);
}

STANDARD_FUNCTION(starts_with)
{
    (void)run;
    return jmespath_value_bool(starts_or_ends(call, str_starts));
}

STANDARD_FUNCTION(ends_with)
{
    (void)run;
    return jmespath_value_bool(starts_or_ends(call, str_ends));
}

STANDARD_FUNCTION(type)
{
    return json_new_text(run->arena,
                         jmespath_type_name(call->arguments[0]->type));
}

STANDARD_FUNCTION(to_string)
{
    const struct json *value = call->arguments[0];
    if (value->type == JSON_STRING) {
        return value;
    }
    if (!jmespath_value_weigh(run, value)) {
        return NULL;
    }
    struct buf buf = {0};
    json_write(value, &buf);
    struct str text = arena_str(run->arena, buf_str(&buf));
    buf_free(&buf);
    return json_new_string(run->arena, text);
}

STANDARD_FUNCTION(join)
{
    struct str glue = call->arguments[0]->text;
    const struct json *list = call->arguments[1];
    size_t len = 0;
    for (size_t i = 0; i < list->count; i++) {
        size_t more = (i > 0 ? glue.len : 0) + list->members[i].value->text.len;
        if (!jmespath_run_charge(run, 1 + more / 4)) {
            return NULL;
        }
        len += more;
    }
    struct buf buf = {0};
    buf_reserve(&buf, len);
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0) {
            buf_add(&buf, glue);
        }
        buf_add(&buf, list->members[i].value->text);
    }
    struct str text = arena_str(run->arena, buf_str(&buf));
    buf_free(&buf);
    return json_new_string(run->arena, text);
}

static const struct json *reverse_string(struct run *run,
                                         const struct json *string)
{
    static const struct slice backwards = {.step = -1};
    return jmespath_slice_string(run, string, &backwards);
}

static const struct json *reverse_list(struct run *run, const struct json *list)
{
    static const struct slice backwards = {.step = -1};
    return jmespath_slice_list(run, list, &backwards);
}

STANDARD_FUNCTION(reverse)
{
    const struct json *value = call->arguments[0];
    return value->type == JSON_STRING ? reverse_string(run, value)
                                      : reverse_list(run, value);
}
