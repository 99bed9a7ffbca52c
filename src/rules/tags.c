/* SPDX-License-Identifier: Apache-2.0 */
/* Sets: lists, maps, and tags in AWS's spellings. Here because the same tags
 * come as a map in a request and as a list in the answer. Start at
 * rules_function_contains_all(). */
#include "rules/private.h"

#include <assert.h>

/* ---- what a value is, seen as a set ---- */

enum set_kind {
    SET_EMPTY, /* null, [] and {} */
    SET_LIST,
    SET_TAGS,
    SET_MAP,
    SET_NONE /* no set at all */
};

static const struct spelling {
    struct str key;
    struct str value;
} spellings[] = {
    {{"Key", 3}, {"Value", 5}},
    {{"key", 3}, {"value", 5}},
    {{"TagKey", 6}, {"TagValue", 8}},
    {{"tagKey", 6}, {"tagValue", 8}},
};

/* The spelling of a tag: a key and perhaps a value, and nothing besides. */
static const struct spelling *spelling_of(const struct json *value)
{
    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        const struct spelling *s = &spellings[i];
        size_t has_value = json_get(value, s->value) != NULL ? 1 : 0;
        if (json_is(json_get(value, s->key), JSON_STRING) &&
            value->count == 1 + has_value) {
            return s;
        }
    }
    return NULL;
}

static enum set_kind kind_of(const struct json *value)
{
    switch (value->type) {
    case JSON_NULL:
        return SET_EMPTY;
    case JSON_OBJECT:
        return value->count == 0 ? SET_EMPTY : SET_MAP;
    case JSON_ARRAY:
        break;
    default:
        return SET_NONE;
    }
    for (size_t i = 0; i < value->count; i++) {
        if (spelling_of(value->members[i].value) == NULL) {
            return SET_LIST;
        }
    }
    return value->count == 0 ? SET_EMPTY : SET_TAGS;
}

/* ---- one element ---- */

/* The spelling of element `i` of SET_TAGS: kind_of() has seen one. */
static const struct spelling *spelling_at(const struct json *set, size_t i)
{
    const struct spelling *spelling = spelling_of(set->members[i].value);
    assert(spelling != NULL);
    return spelling;
}

/* The key of element `i`; STR_NONE in a plain list. */
static struct str key_at(const struct json *set, enum set_kind kind, size_t i)
{
    const struct json_member *member = &set->members[i];
    if (kind == SET_MAP) {
        return member->key;
    }
    return kind == SET_TAGS
               ? json_get(member->value, spelling_at(set, i)->key)->text
               : STR_NONE;
}

static const struct json *value_in(const struct json *set, enum set_kind kind,
                                   size_t i)
{
    const struct json *value = set->members[i].value;
    return kind == SET_TAGS ? json_get(value, spelling_at(set, i)->value)
                            : value;
}

/* A tag without a value is one with an empty value. */
static bool equal_values(const struct json *a, const struct json *b)
{
    bool a_empty = a == NULL || a->type == JSON_NULL ||
                   (a->type == JSON_STRING && a->text.len == 0);
    bool b_empty = b == NULL || b->type == JSON_NULL ||
                   (b->type == JSON_STRING && b->text.len == 0);
    return (a_empty && b_empty) || (a != NULL && b != NULL && json_equal(a, b));
}

static bool has_key(const struct json *set, enum set_kind kind, struct str key)
{
    for (size_t i = 0; i < set->count; i++) {
        if (str_eq(key_at(set, kind, i), key)) {
            return true;
        }
    }
    return false;
}

static bool has_pair(const struct json *set, enum set_kind kind, struct str key,
                     const struct json *value)
{
    for (size_t i = 0; i < set->count; i++) {
        if (str_eq(key_at(set, kind, i), key) &&
            equal_values(value_in(set, kind, i), value)) {
            return true;
        }
    }
    return false;
}

static bool has_element(const struct json *list, const struct json *value)
{
    for (size_t i = 0; i < list->count; i++) {
        if (json_equal(list->members[i].value, value)) {
            return true;
        }
    }
    return false;
}

static bool is_keyed(enum set_kind kind)
{
    return kind == SET_TAGS || kind == SET_MAP;
}

/* ---- the functions ---- */

static const struct json *no_set(struct arena *arena, const char *function,
                                 const struct json *value, struct str *reterr)
{
    *reterr = arena_printf(arena, "%s() takes lists, maps and null, not %s",
                           function, json_type_name(value->type));
    return NULL;
}

OUR_FUNCTION(rules_function_contains_all)
{
    const struct json *have = arguments[0];
    const struct json *want = arguments[1];
    enum set_kind have_kind = kind_of(have);
    enum set_kind want_kind = kind_of(want);
    for (size_t i = 0; i < count; i++) {
        if (kind_of(arguments[i]) == SET_NONE) {
            return no_set(arena, "contains_all", arguments[i], reterr);
        }
    }
    bool all = want_kind == SET_EMPTY || have_kind != SET_EMPTY;
    for (size_t i = 0; all && i < want->count; i++) {
        all = is_keyed(have_kind) && is_keyed(want_kind)
                  ? has_pair(have, have_kind, key_at(want, want_kind, i),
                             value_in(want, want_kind, i))
                  : has_element(have, want->members[i].value);
    }
    return json_new_bool(arena, all);
}

/* Whether element `i` of `set` is among `keys`. */
static bool is_among(const struct json *set, enum set_kind kind, size_t i,
                     const struct json *keys, enum set_kind keys_kind)
{
    if (keys_kind == SET_MAP) {
        struct str name = is_keyed(kind) ? key_at(set, kind, i)
                                         : json_text(set->members[i].value);
        return has_key(keys, keys_kind, name);
    }
    if (!is_keyed(kind)) {
        return has_element(keys, set->members[i].value);
    }
    struct str name = key_at(set, kind, i);
    for (size_t k = 0; k < keys->count; k++) {
        if (str_eq(json_text(keys->members[k].value), name)) {
            return true;
        }
    }
    return false;
}

OUR_FUNCTION(rules_function_disjoint)
{
    enum set_kind kinds[2] = {SET_EMPTY, SET_EMPTY};
    for (size_t i = 0; i < count; i++) {
        kinds[i] = kind_of(arguments[i]);
        if (kinds[i] == SET_NONE) {
            return no_set(arena, "disjoint", arguments[i], reterr);
        }
    }
    bool shared = false;
    for (size_t i = 0; !shared && i < arguments[0]->count; i++) {
        shared = is_among(arguments[0], kinds[0], i, arguments[1], kinds[1]);
    }
    return json_new_bool(arena, !shared);
}

OUR_FUNCTION(rules_function_without)
{
    (void)count;
    const struct json *list = arguments[0];
    const struct json *gone = arguments[1];
    if (list->type != JSON_ARRAY && list->type != JSON_NULL) {
        return no_set(arena, "without", list, reterr);
    }
    if (kind_of(gone) == SET_NONE) {
        return no_set(arena, "without", gone, reterr);
    }
    enum set_kind kind = gone->type == JSON_OBJECT ? SET_MAP : SET_LIST;
    struct json *left = json_new(arena, JSON_ARRAY);
    for (size_t i = 0; i < list->count; i++) {
        if (!is_among(list, SET_LIST, i, gone, kind)) {
            json_push(arena, left, list->members[i].value);
        }
    }
    return left;
}
