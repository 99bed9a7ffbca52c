/* SPDX-License-Identifier: Apache-2.0 */
/* The table of standard functions, and how any function is called: arguments
 * evaluated, charged, checked against the row, run. Start at
 * jmespath_run_call(). */
#include "jmespath/private.h"

enum {
    LONGEST_EXCERPT = 60,
    MANY = (int)(~0U >> 1),
    NUMBERS_OR_STRINGS = TAKES_NUMBERS | TAKES_STRINGS,
    TAKES_LIST = TAKES_ARRAY | TAKES_STRING,
    TAKES_COUNTABLE = TAKES_LIST | TAKES_OBJECT,
};

static const struct standard standards[] = {
    {"abs", 1, 1, {TAKES_NUMBER}, jmespath_standard_abs},
    {"avg", 1, 1, {TAKES_NUMBERS}, jmespath_standard_avg},
    {"ceil", 1, 1, {TAKES_NUMBER}, jmespath_standard_ceil},
    {"contains", 2, 2, {TAKES_LIST, TAKES_ANY}, jmespath_standard_contains},
    {"ends_with", 2, 2, {TAKES_STRING}, jmespath_standard_ends_with},
    {"floor", 1, 1, {TAKES_NUMBER}, jmespath_standard_floor},
    {"join", 2, 2, {TAKES_STRING, TAKES_STRINGS}, jmespath_standard_join},
    {"keys", 1, 1, {TAKES_OBJECT}, jmespath_standard_keys},
    {"length", 1, 1, {TAKES_COUNTABLE}, jmespath_standard_length},
    {"map", 2, 2, {TAKES_EXPREF, TAKES_ARRAY}, jmespath_standard_map},
    {"max", 1, 1, {NUMBERS_OR_STRINGS}, jmespath_standard_max},
    {"max_by", 2, 2, {TAKES_ARRAY, TAKES_EXPREF}, jmespath_standard_max_by},
    {"merge", 1, MANY, {TAKES_OBJECT}, jmespath_standard_merge},
    {"min", 1, 1, {NUMBERS_OR_STRINGS}, jmespath_standard_min},
    {"min_by", 2, 2, {TAKES_ARRAY, TAKES_EXPREF}, jmespath_standard_min_by},
    {"not_null", 1, MANY, {TAKES_ANY}, jmespath_standard_not_null},
    {"reverse", 1, 1, {TAKES_LIST}, jmespath_standard_reverse},
    {"sort", 1, 1, {NUMBERS_OR_STRINGS}, jmespath_standard_sort},
    {"sort_by", 2, 2, {TAKES_ARRAY, TAKES_EXPREF}, jmespath_standard_sort_by},
    {"starts_with", 2, 2, {TAKES_STRING}, jmespath_standard_starts_with},
    {"sum", 1, 1, {TAKES_NUMBERS}, jmespath_standard_sum},
    {"to_array", 1, 1, {TAKES_ANY}, jmespath_standard_to_array},
    {"to_number", 1, 1, {TAKES_ANY}, jmespath_standard_to_number},
    {"to_string", 1, 1, {TAKES_ANY}, jmespath_standard_to_string},
    {"type", 1, 1, {TAKES_ANY}, jmespath_standard_type},
    {"values", 1, 1, {TAKES_OBJECT}, jmespath_standard_values},
};

const struct standard *jmespath_standard_at(size_t index)
{
    size_t count = sizeof(standards) / sizeof(standards[0]);
    return index < count ? &standards[index] : NULL;
}

const struct standard *jmespath_standard_find(struct str name)
{
    for (size_t i = 0; jmespath_standard_at(i) != NULL; i++) {
        if (str_eq(name, str_of(standards[i].name))) {
            return &standards[i];
        }
    }
    return NULL;
}

unsigned jmespath_standard_takes(const struct standard *standard,
                                 size_t argument)
{
    if (argument >= MOST_PARAMETERS) {
        argument = MOST_PARAMETERS - 1;
    }
    while (standard->takes[argument] == 0) {
        argument--;
    }
    return standard->takes[argument];
}

/* --- types --- */

static const struct {
    const char *name; /* as type() says it */
    const char *article;
    unsigned takes;
} types[JSON_TYPE_COUNT] = {
    [JSON_NULL] = {"null", "null", TAKES_NULL},
    [JSON_FALSE] = {"boolean", "a boolean", TAKES_BOOLEAN},
    [JSON_TRUE] = {"boolean", "a boolean", TAKES_BOOLEAN},
    [JSON_NUMBER] = {"number", "a number", TAKES_NUMBER},
    [JSON_STRING] = {"string", "a string", TAKES_STRING},
    [JSON_ARRAY] = {"array", "an array", TAKES_ARRAY},
    [JSON_OBJECT] = {"object", "an object", TAKES_OBJECT},
};

static const struct {
    unsigned takes;
    const char *text;
} wishes[] = {
    {TAKES_NUMBER, "a number"},
    {TAKES_STRING, "a string"},
    {TAKES_ARRAY, "an array"},
    {TAKES_OBJECT, "an object"},
    {TAKES_NUMBERS, "an array of numbers"},
    {TAKES_STRINGS, "an array of strings"},
};

const char *jmespath_type_name(enum json_type type)
{
    return types[type].name;
}

static bool all_are(const struct json *list, enum json_type type)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->members[i].value->type != type) {
            return false;
        }
    }
    return true;
}

static bool fits(const struct json *value, unsigned takes)
{
    if ((types[value->type].takes & takes) != 0) {
        return true;
    }
    if (value->type != JSON_ARRAY) {
        return false;
    }
    return ((takes & TAKES_NUMBERS) != 0 && all_are(value, JSON_NUMBER)) ||
           ((takes & TAKES_STRINGS) != 0 && all_are(value, JSON_STRING));
}

/* What stands where something else was wanted; of an array that may hold only
 * one kind of thing, the first element of another kind. */
static const char *describe(const struct json *value, unsigned takes)
{
    if (value->type != JSON_ARRAY || (takes & NUMBERS_OR_STRINGS) == 0) {
        return types[value->type].article;
    }
    enum json_type wanted = value->members[0].value->type;
    if ((wanted != JSON_NUMBER || (takes & TAKES_NUMBERS) == 0) &&
        (wanted != JSON_STRING || (takes & TAKES_STRINGS) == 0)) {
        return types[wanted].article;
    }
    size_t i = 0;
    while (value->members[i].value->type == wanted) {
        i++;
    }
    return types[value->members[i].value->type].article;
}

/* The text of a call, cut between characters when it is long. */
static struct str excerpt_of(struct run *run, const struct node *node)
{
    struct str whole = str_make(run->expression->text.ptr + node->span.start,
                                node->span.end - node->span.start);
    if (whole.len <= LONGEST_EXCERPT) {
        return whole;
    }
    size_t len = 0;
    while (len + jmespath_character_length(whole, len) <= LONGEST_EXCERPT) {
        len += jmespath_character_length(whole, len);
    }
    return arena_join(run->arena, str_first(whole, len), STR("..."));
}

static void fail_type(struct run *run, const struct node *node, size_t i,
                      unsigned takes, const struct json *value)
{
    struct str wish = STR("");
    for (size_t w = 0; w < sizeof(wishes) / sizeof(wishes[0]); w++) {
        if ((wishes[w].takes & takes) != 0) {
            wish = arena_printf(run->arena, "%.*s%s%s", STR_ARG(wish),
                                wish.len == 0 ? "" : " or ", wishes[w].text);
        }
    }
    struct str excerpt = excerpt_of(run, node);
    bool mixed = value->type == JSON_ARRAY && (takes & NUMBERS_OR_STRINGS) != 0;
    (void)jmespath_run_fail(run, JMESPATH_INVALID_TYPE,
                            "in `%.*s`: argument %zu must be %.*s, not %s%s",
                            STR_ARG(excerpt), i + 1, STR_ARG(wish),
                            mixed ? "an array that holds " : "",
                            describe(value, takes));
}

static bool check_argument(struct run *run, const struct node *node, size_t i,
                           const struct json *value)
{
    if (!jmespath_run_charge(run, value->count / 16 + value->text.len / 64)) {
        return false;
    }
    unsigned takes = node->standard == NULL
                         ? (unsigned)TAKES_ANY
                         : jmespath_standard_takes(node->standard, i);
    if (fits(value, takes)) {
        return true;
    }
    fail_type(run, node, i, takes, value);
    return false;
}

static const struct json *run_extension(struct run *run,
                                        const struct node *node,
                                        const struct json *const *arguments)
{
    struct str reason = STR("it failed");
    const struct json *value =
        node->extension->run(run->arena, arguments, node->count, &reason);
    if (value == NULL) {
        return jmespath_run_fail(run, JMESPATH_INVALID_TYPE, "%s: %.*s",
                                 node->extension->name, STR_ARG(reason));
    }
    return value;
}

const struct json *jmespath_run_call(struct run *run, const struct node *node,
                                     const struct json *current)
{
    const struct json **arguments =
        ARENA_ARRAY(run->arena, const struct json *, node->count);
    for (size_t i = 0; i < node->count; i++) {
        const struct node *argument = node->items[i].value;
        if (argument->type == NODE_EXPREF) {
            continue;
        }
        arguments[i] = jmespath_run_node(run, argument, current);
        if (arguments[i] == NULL ||
            !check_argument(run, node, i, arguments[i])) {
            return NULL;
        }
    }
    if (node->extension != NULL) {
        return run_extension(run, node, arguments);
    }
    struct call call = {node, arguments};
    return node->standard->run(run, &call);
}
