/* SPDX-License-Identifier: Apache-2.0 */
/* What an evaluation asks of values: truth, equality, order, members, weight.
 * Here, not in json, because each must be charged to the evaluation. Start at
 * jmespath_value_equal(). */
#include "jmespath/private.h"

enum { EXACT_DOUBLE_DIGITS = 15 };

const struct json jmespath_value_null = {.type = JSON_NULL};
const struct json jmespath_value_true = {.type = JSON_TRUE};
const struct json jmespath_value_false = {.type = JSON_FALSE};

const struct json *jmespath_value_bool(bool value)
{
    return value ? &jmespath_value_true : &jmespath_value_false;
}

bool jmespath_is_true(const struct json *value)
{
    switch (value->type) {
    case JSON_NULL:
    case JSON_FALSE:
        return false;
    case JSON_STRING:
        return value->text.len > 0;
    case JSON_ARRAY:
    case JSON_OBJECT:
        return value->count > 0;
    default:
        return true;
    }
}

struct json *jmespath_value_list(struct run *run, size_t capacity)
{
    struct json *list = json_new(run->arena, JSON_ARRAY);
    list->members = ARENA_ARRAY(run->arena, struct json_member, capacity);
    return list;
}

void jmespath_value_add(struct json *list, const struct json *value)
{
    /* The tree's type lets its owner change it; nobody here does. */
    list->members[list->count++].value = (struct json *)value;
}

/* --- numbers --- */

static bool is_plain_integer(struct str text)
{
    size_t from = text.len > 0 && text.ptr[0] == '-' ? 1 : 0;
    for (size_t i = from; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
    }
    return text.len > from;
}

/* Long integers that a double cannot tell apart differ in their digits. */
static int compare_digits(struct str a, struct str b)
{
    if (a.len <= EXACT_DOUBLE_DIGITS || b.len <= EXACT_DOUBLE_DIGITS ||
        !is_plain_integer(a) || !is_plain_integer(b)) {
        return 0;
    }
    int order =
        a.len != b.len ? (a.len > b.len) - (a.len < b.len) : str_compare(a, b);
    return a.ptr[0] == '-' ? -order : order;
}

int jmespath_value_compare_numbers(const struct json *a, const struct json *b)
{
    if (a->number < b->number) {
        return -1;
    }
    if (a->number > b->number) {
        return 1;
    }
    return compare_digits(a->text, b->text);
}

/* --- objects --- */

static int compare_keys(const void *a, const void *b)
{
    const struct json_member *left = a;
    const struct json_member *right = b;
    return str_compare(left->key, right->key);
}

/* By key, each once: the sort is stable, so the last of equals counts. */
static const struct json_member **
sorted_members(struct run *run, const struct json *object, size_t *ret_count)
{
    const void **sorted = ARENA_ARRAY(run->arena, const void *, object->count);
    for (size_t i = 0; i < object->count; i++) {
        sorted[i] = &object->members[i];
    }
    jmespath_sort_pointers(run->arena, sorted, object->count, compare_keys);
    const struct json_member **unique =
        ARENA_ARRAY(run->arena, const struct json_member *, object->count);
    size_t count = 0;
    for (size_t i = 0; i < object->count; i++) {
        if (i + 1 == object->count ||
            compare_keys(sorted[i], sorted[i + 1]) != 0) {
            unique[count++] = sorted[i];
        }
    }
    *ret_count = count;
    return unique;
}

const struct json_member **jmespath_value_members(struct run *run,
                                                  const struct json *object,
                                                  size_t *ret_count)
{
    size_t unique_count = 0;
    size_t count = 0;
    const struct json_member **unique =
        sorted_members(run, object, &unique_count);
    bool *alive = ARENA_ARRAY(run->arena, bool, object->count);
    for (size_t i = 0; i < unique_count; i++) {
        alive[unique[i] - object->members] = true;
    }
    for (size_t i = 0; i < object->count; i++) {
        if (alive[i]) {
            unique[count++] = &object->members[i];
        }
    }
    *ret_count = count;
    return unique;
}

/* --- equality --- */

static bool equal(struct run *run, const struct json *a, const struct json *b,
                  size_t depth);

static bool equal_lists(struct run *run, const struct json *a,
                        const struct json *b, size_t depth)
{
    if (a->count != b->count) {
        return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        if (!equal(run, a->members[i].value, b->members[i].value, depth + 1)) {
            return false;
        }
    }
    return true;
}

static bool equal_objects(struct run *run, const struct json *a,
                          const struct json *b, size_t depth)
{
    size_t left_count = 0;
    size_t right_count = 0;
    const struct json_member **left = sorted_members(run, a, &left_count);
    const struct json_member **right = sorted_members(run, b, &right_count);
    if (left_count != right_count) {
        return false;
    }
    for (size_t i = 0; i < left_count; i++) {
        if (!str_eq(left[i]->key, right[i]->key) ||
            !equal(run, left[i]->value, right[i]->value, depth + 1)) {
            return false;
        }
    }
    return true;
}

static bool charge_depth(struct run *run, size_t depth)
{
    if (depth <= DEEPEST_VALUE) {
        return true;
    }
    (void)jmespath_run_fail(run, JMESPATH_LIMIT,
                            "a value is deeper than %d levels",
                            (int)DEEPEST_VALUE);
    return false;
}

static bool equal(struct run *run, const struct json *a, const struct json *b,
                  size_t depth)
{
    if (a->type != b->type) {
        return false;
    }
    if (!charge_depth(run, depth) ||
        !jmespath_run_charge(run, 1 + a->count / 4)) {
        return false;
    }
    switch (a->type) {
    case JSON_NUMBER:
        return jmespath_value_compare_numbers(a, b) == 0;
    case JSON_STRING:
        return str_eq(a->text, b->text);
    case JSON_ARRAY:
        return equal_lists(run, a, b, depth);
    case JSON_OBJECT:
        return equal_objects(run, a, b, depth);
    default:
        return true;
    }
}

bool jmespath_value_equal(struct run *run, const struct json *a,
                          const struct json *b)
{
    return equal(run, a, b, 0);
}

/* --- weight --- */

static bool weigh(struct run *run, const struct json *value, size_t depth)
{
    if (!charge_depth(run, depth) ||
        !jmespath_run_charge(run, 1 + value->text.len / 16)) {
        return false;
    }
    for (size_t i = 0; i < value->count; i++) {
        if (!weigh(run, value->members[i].value, depth + 1)) {
            return false;
        }
    }
    return true;
}

/* Values share parts, so a small one may be huge when it is written. */
bool jmespath_value_weigh(struct run *run, const struct json *value)
{
    return weigh(run, value, 0);
}
