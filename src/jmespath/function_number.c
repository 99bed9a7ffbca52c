/* SPDX-License-Identifier: Apache-2.0 */
/* Standard functions that give numbers. A whole number that need not change
 * keeps its text, so 64-bit integers pass unharmed. Start at number_result().
 */
#include "jmespath/private.h"

#include <math.h>

/* JSON has no infinity. */
static const struct json *number_result(struct run *run,
                                        const struct call *call, double number)
{
    if (!isfinite(number)) {
        return jmespath_run_fail(run, JMESPATH_INVALID_VALUE,
                                 "%s: the result is too large for a number",
                                 call->node->standard->name);
    }
    return json_new_number(run->arena, number + 0.0); /* no negative zero */
}

static double sum_of(const struct json *list)
{
    double sum = 0;
    for (size_t i = 0; i < list->count; i++) {
        sum += list->members[i].value->number;
    }
    return sum;
}

STANDARD_FUNCTION(abs)
{
    const struct json *number = call->arguments[0];
    return signbit(number->number) ? number_result(run, call, -number->number)
                                   : number;
}

STANDARD_FUNCTION(avg)
{
    const struct json *list = call->arguments[0];
    if (list->count == 0) {
        return &jmespath_value_null;
    }
    return number_result(run, call, sum_of(list) / (double)list->count);
}

STANDARD_FUNCTION(ceil)
{
    const struct json *number = call->arguments[0];
    double whole = ceil(number->number);
    return whole < number->number || whole > number->number
               ? number_result(run, call, whole)
               : number;
}

STANDARD_FUNCTION(floor)
{
    const struct json *number = call->arguments[0];
    double whole = floor(number->number);
    return whole < number->number || whole > number->number
               ? number_result(run, call, whole)
               : number;
}

STANDARD_FUNCTION(sum)
{
    return number_result(run, call, sum_of(call->arguments[0]));
}

STANDARD_FUNCTION(length)
{
    const struct json *value = call->arguments[0];
    size_t count = value->count;
    if (value->type == JSON_STRING) {
        count = jmespath_count_characters(value->text);
    } else if (value->type == JSON_OBJECT) {
        (void)jmespath_value_members(run, value, &count);
    }
    return json_new_int(run->arena, (int64_t)count);
}

/* Only what JSON calls a number is one: no blanks, no "0x10", no "inf". */
STANDARD_FUNCTION(to_number)
{
    const struct json *value = call->arguments[0];
    if (value->type == JSON_NUMBER) {
        return value;
    }
    struct str text = json_text(value);
    if (text.len == 0 || str_trim(text).len != text.len) {
        return &jmespath_value_null;
    }
    const struct json *number =
        json_read(run->arena, text, &json_default_limits);
    if (!json_is(number, JSON_NUMBER) || !isfinite(number->number)) {
        return &jmespath_value_null;
    }
    return number;
}
