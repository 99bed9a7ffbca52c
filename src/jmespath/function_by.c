/* SPDX-License-Identifier: Apache-2.0 */
/* Standard functions that order things, by themselves or by an expression:
 * both are the same once each element has its key. Start at make_keys(). */
#include "jmespath/private.h"

struct keyed {
    const struct json *key;
    const struct json *value;
};

/* Keys are all numbers or all strings. Bytes of UTF-8 sort like characters. */
static int compare_keyed(const void *a, const void *b)
{
    const struct json *left = ((const struct keyed *)a)->key;
    const struct json *right = ((const struct keyed *)b)->key;
    return left->type == JSON_NUMBER
               ? jmespath_value_compare_numbers(left, right)
               : str_compare(left->text, right->text);
}

static bool check_key(struct run *run, const struct call *call,
                      const struct json *key, const struct json *first)
{
    if (key->type != JSON_NUMBER && key->type != JSON_STRING) {
        (void)jmespath_run_fail(
            run, JMESPATH_INVALID_TYPE,
            "%s: the expression must give a number or a string for "
            "each element, not %s",
            call->node->standard->name, jmespath_type_name(key->type));
        return false;
    }
    if (key->type != first->type) {
        (void)jmespath_run_fail(
            run, JMESPATH_INVALID_TYPE,
            "%s: the expression gives numbers for some elements and "
            "strings for others",
            call->node->standard->name);
        return false;
    }
    return true;
}

/* Pointers to pairs of key and value; `by` is NULL where the element itself is
 * the key, whose type the row in the table has checked. */
static const void **make_keys(struct run *run, const struct call *call,
                              const struct node *by)
{
    const struct json *list = call->arguments[0];
    struct keyed *pairs = ARENA_ARRAY(run->arena, struct keyed, list->count);
    const void **pointers = ARENA_ARRAY(run->arena, const void *, list->count);
    if (!jmespath_run_charge(run, list->count)) {
        return NULL;
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct json *element = list->members[i].value;
        pairs[i].value = element;
        pairs[i].key =
            by == NULL ? element : jmespath_run_node(run, by, element);
        if (pairs[i].key == NULL ||
            !check_key(run, call, pairs[i].key, pairs[0].key)) {
            return NULL;
        }
        pointers[i] = &pairs[i];
    }
    return pointers;
}

static const struct json *sort_list(struct run *run, const struct call *call,
                                    const struct node *by)
{
    size_t count = call->arguments[0]->count;
    const void **keyed = make_keys(run, call, by);
    if (keyed == NULL) {
        return NULL;
    }
    jmespath_sort_pointers(run->arena, keyed, count, compare_keyed);
    struct json *sorted = jmespath_value_list(run, count);
    for (size_t i = 0; i < count; i++) {
        jmespath_value_add(sorted, ((const struct keyed *)keyed[i])->value);
    }
    return sorted;
}

/* The first of equals. */
static const struct json *find_extreme(struct run *run, const struct call *call,
                                       const struct node *by, int direction)
{
    size_t count = call->arguments[0]->count;
    const void **keyed = make_keys(run, call, by);
    if (keyed == NULL) {
        return NULL;
    }
    if (count == 0) {
        return &jmespath_value_null;
    }
    const struct keyed *best = keyed[0];
    for (size_t i = 1; i < count; i++) {
        if (compare_keyed(keyed[i], best) * direction > 0) {
            best = keyed[i];
        }
    }
    return best->value;
}

/* The expression behind the `&` of an argument. */
static const struct node *expref(const struct call *call, size_t argument)
{
    return call->node->items[argument].value->left;
}

STANDARD_FUNCTION(sort)
{
    return sort_list(run, call, NULL);
}

STANDARD_FUNCTION(sort_by)
{
    return sort_list(run, call, expref(call, 1));
}

STANDARD_FUNCTION(max)
{
    return find_extreme(run, call, NULL, 1);
}

STANDARD_FUNCTION(max_by)
{
    return find_extreme(run, call, expref(call, 1), 1);
}

STANDARD_FUNCTION(min)
{
    return find_extreme(run, call, NULL, -1);
}

STANDARD_FUNCTION(min_by)
{
    return find_extreme(run, call, expref(call, 1), -1);
}

STANDARD_FUNCTION(map)
{
    const struct node *expression = expref(call, 0);
    const struct json *list = call->arguments[1];
    struct json *out = jmespath_value_list(run, list->count);
    for (size_t i = 0; i < list->count; i++) {
        const struct json *value =
            jmespath_run_node(run, expression, list->members[i].value);
        if (value == NULL) {
            return NULL;
        }
        jmespath_value_add(out, value);
    }
    return out;
}
