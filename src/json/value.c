/* SPDX-License-Identifier: Apache-2.0 */
/* Looking into trees, comparing and building them. Here because every room
 * above reads answers this way. Start at json_get(). */
#include "json/private.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *const type_names[JSON_TYPE_COUNT] = {
    [JSON_NULL] = "null",     [JSON_FALSE] = "boolean", [JSON_TRUE] = "boolean",
    [JSON_NUMBER] = "number", [JSON_STRING] = "string", [JSON_ARRAY] = "array",
    [JSON_OBJECT] = "object",
};

const char *json_type_name(enum json_type type)
{
    return (size_t)type < JSON_TYPE_COUNT ? type_names[type] : "unknown";
}

bool json_is(const struct json *value, enum json_type type)
{
    return value != NULL && value->type == type;
}

/* From the end: of a key that is there twice the last counts. */
static struct json_member *find_member(const struct json *object,
                                       struct str key)
{
    for (size_t i = object->count; i > 0; i--) {
        if (str_eq(object->members[i - 1].key, key)) {
            return &object->members[i - 1];
        }
    }
    return NULL;
}

const struct json *json_get(const struct json *object, struct str key)
{
    if (!json_is(object, JSON_OBJECT)) {
        return NULL;
    }
    const struct json_member *member = find_member(object, key);
    return member == NULL ? NULL : member->value;
}

const struct json *json_path(const struct json *value, const char *dotted)
{
    struct str rest = str_of(dotted);
    while (value != NULL && rest.ptr != NULL) {
        value = json_get(value, str_cut(&rest, '.'));
    }
    return value;
}

struct str json_text(const struct json *value)
{
    return json_is(value, JSON_STRING) ? value->text : STR_NONE;
}

struct str json_get_text(const struct json *object, const char *key)
{
    return json_text(json_get(object, str_of(key)));
}

static int compare_members(const void *left, const void *right)
{
    const struct json_member *a = *(const struct json_member *const *)left;
    const struct json_member *b = *(const struct json_member *const *)right;
    int order = str_compare(a->key, b->key);
    return order != 0 ? order : (a > b) - (a < b);
}

const struct json_member **json_members_sorted(const struct json *object,
                                               size_t *ret_count)
{
    const size_t size = sizeof(const void *);
    const struct json_member **sorted = mem_new(object->count * size);
    for (size_t i = 0; i < object->count; i++) {
        sorted[i] = &object->members[i];
    }
    if (object->count > 1) {
        qsort(sorted, object->count, size, compare_members);
    }
    size_t kept = 0;
    for (size_t i = 0; i < object->count; i++) {
        if (kept > 0 && str_eq(sorted[kept - 1]->key, sorted[i]->key)) {
            kept--;
        }
        sorted[kept++] = sorted[i];
    }
    *ret_count = kept;
    return sorted;
}

static bool equal_objects(const struct json *a, const struct json *b)
{
    size_t a_count = 0;
    size_t b_count = 0;
    const struct json_member **left = json_members_sorted(a, &a_count);
    const struct json_member **right = json_members_sorted(b, &b_count);
    bool equal = a_count == b_count;
    for (size_t i = 0; equal && i < a_count; i++) {
        equal = str_eq(left[i]->key, right[i]->key) &&
                json_equal(left[i]->value, right[i]->value);
    }
    mem_free(left);
    mem_free(right);
    return equal;
}

static bool equal_arrays(const struct json *a, const struct json *b)
{
    bool equal = a->count == b->count;
    for (size_t i = 0; equal && i < a->count; i++) {
        equal = json_equal(a->members[i].value, b->members[i].value);
    }
    return equal;
}

static bool equal_numbers(const struct json *a, const struct json *b)
{
    char a_buffer[JSON_NUMBER_MAX];
    char b_buffer[JSON_NUMBER_MAX];
    return str_eq(json_number_canonical(a, a_buffer),
                  json_number_canonical(b, b_buffer));
}

bool json_equal(const struct json *a, const struct json *b)
{
    if (a == NULL || b == NULL || a == b) {
        return a == b;
    }
    if (a->type != b->type) {
        return false;
    }
    switch (a->type) {
    case JSON_NUMBER:
        return equal_numbers(a, b);
    case JSON_STRING:
        return str_eq(a->text, b->text);
    case JSON_ARRAY:
        return equal_arrays(a, b);
    case JSON_OBJECT:
        return equal_objects(a, b);
    default:
        return true;
    }
}

struct json *json_new(struct arena *arena, enum json_type type)
{
    struct json *value = ARENA_NEW(arena, struct json);
    value->type = type;
    return value;
}

struct json *json_new_bool(struct arena *arena, bool value)
{
    return json_new(arena, value ? JSON_TRUE : JSON_FALSE);
}

struct json *json_new_number(struct arena *arena, double number)
{
    struct json *value = json_new(arena, JSON_NUMBER);
    value->number = number;
    return value;
}

/* Keeps the digits, which a double would round above 2^53. */
struct json *json_new_int(struct arena *arena, int64_t number)
{
    struct json *value = json_new_number(arena, (double)number);
    value->text = arena_printf(arena, "%" PRId64, number);
    return value;
}

struct json *json_new_string(struct arena *arena, struct str text)
{
    struct json *value = json_new(arena, JSON_STRING);
    value->text = text;
    return value;
}

struct json *json_new_text(struct arena *arena, const char *text)
{
    return json_new_string(arena, str_of(text));
}

/*
 * A container has no number, so there the field counts the room of `members`.
 * It is zero where the parser made the array exactly as long as it is.
 */
static struct json_member *add_member(struct arena *arena,
                                      struct json *container)
{
    if ((double)container->count >= container->number) {
        size_t room = container->count < 4 ? 4 : container->count * 2;
        struct json_member *members =
            ARENA_ARRAY(arena, struct json_member, room);
        for (size_t i = 0; i < container->count; i++) {
            members[i] = container->members[i];
        }
        container->members = members;
        container->number = (double)room;
    }
    return &container->members[container->count++];
}

/* The tree never writes through a member; const is the readers' promise. */
static struct json *unconst(const struct json *value)
{
    return (struct json *)(uintptr_t)value;
}

void json_push(struct arena *arena, struct json *array,
               const struct json *value)
{
    *add_member(arena, array) = (struct json_member){.value = unconst(value)};
}

void json_set(struct arena *arena, struct json *object, struct str key,
              const struct json *value)
{
    struct json_member *member = find_member(object, key);
    if (member == NULL) {
        member = add_member(arena, object);
        *member = (struct json_member){.key = key};
    }
    member->value = unconst(value);
}

struct json *json_copy(struct arena *arena, const struct json *value)
{
    struct json *copy = ARENA_NEW(arena, struct json);
    *copy = *value;
    if (value->text.ptr != NULL) {
        copy->text = arena_str(arena, value->text);
    }
    if (value->type != JSON_ARRAY && value->type != JSON_OBJECT) {
        return copy;
    }
    copy->members = ARENA_ARRAY(arena, struct json_member, value->count);
    copy->number = 0;
    for (size_t i = 0; i < value->count; i++) {
        const struct json_member *from = &value->members[i];
        struct json_member *to = &copy->members[i];
        *to = *from;
        if (from->key.ptr != NULL) {
            to->key = arena_str(arena, from->key);
        }
        to->value = json_copy(arena, from->value);
    }
    return copy;
}
