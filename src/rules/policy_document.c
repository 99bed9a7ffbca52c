/* SPDX-License-Identifier: Apache-2.0 */
/* Equality of IAM policies. Services rewrite the policies they are given, so
 * both are brought into one form and compared. Start at
 * rules_function_policy_equal(). */
#include "rules/private.h"

#include <stdlib.h>

/* ---- lists as sets of texts ---- */

static struct str canonical_text(struct arena *arena, const struct json *value)
{
    struct buf text = {0};
    json_write_canonical(value, &text);
    struct str copy = arena_str(arena, buf_str(&text));
    buf_free(&text);
    return copy;
}

/* A list of the canonical texts of what a list or a single value holds, sorted
 * and without repeats. `form` brings each element into its form. */
static const struct json *
to_set(struct arena *arena, const struct json *value,
       const struct json *(*form)(struct arena *, const struct json *))
{
    bool many = value->type == JSON_ARRAY;
    size_t count = many ? value->count : 1;
    struct str *texts = ARENA_ARRAY(arena, struct str, count + 1);
    for (size_t i = 0; i < count; i++) {
        texts[i] = canonical_text(
            arena, form(arena, many ? value->members[i].value : value));
    }
    qsort(texts, count, sizeof(*texts), str_compare_at);
    struct json *set = json_new(arena, JSON_ARRAY);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || !str_eq(texts[i], texts[i - 1])) {
            json_push(arena, set, json_new_string(arena, texts[i]));
        }
    }
    return set;
}

/* ---- the forms of single values ---- */

static const struct json *as_it_is(struct arena *arena,
                                   const struct json *value)
{
    (void)arena;
    return value;
}

/* The names of actions do not care for case. */
static const struct json *form_action(struct arena *arena,
                                      const struct json *value)
{
    return value->type == JSON_STRING
               ? json_new_string(arena, arena_lower(arena, value->text))
               : value;
}

/* Conditions: true and "true" are the same, 5 and "5" too. */
static const struct json *form_scalar(struct arena *arena,
                                      const struct json *value)
{
    return value->type == JSON_STRING
               ? value
               : json_new_string(arena, canonical_text(arena, value));
}

/* arn:aws:iam::123456789012:root is the account 123456789012. */
static const struct json *form_principal(struct arena *arena,
                                         const struct json *value)
{
    struct str rest = json_text(value);
    if (!str_eq(str_cut(&rest, ':'), STR("arn"))) {
        return value;
    }
    (void)str_cut(&rest, ':'); /* any partition */
    return str_starts(rest, STR("iam::")) && str_ends(rest, STR(":root"))
               ? json_new_string(arena, str_make(rest.ptr + 5, rest.len - 10))
               : value;
}

/* ---- parts of a statement ---- */

static const struct json *form_principals(struct arena *arena,
                                          const struct json *value)
{
    struct json *form = json_new(arena, JSON_OBJECT);
    if (value->type != JSON_OBJECT) { /* "*" is {"AWS": "*"} */
        json_set(arena, form, STR("AWS"), to_set(arena, value, form_principal));
        return form;
    }
    for (size_t i = 0; i < value->count; i++) {
        json_set(arena, form, value->members[i].key,
                 to_set(arena, value->members[i].value, form_principal));
    }
    return form;
}

static const struct json *form_conditions(struct arena *arena,
                                          const struct json *value)
{
    struct json *form = json_new(arena, JSON_OBJECT);
    for (size_t i = 0; i < value->count; i++) {
        const struct json *tests = value->members[i].value;
        struct json *formed = json_new(arena, JSON_OBJECT);
        for (size_t k = 0; tests->type == JSON_OBJECT && k < tests->count;
             k++) {
            json_set(arena, formed, tests->members[k].key,
                     to_set(arena, tests->members[k].value, form_scalar));
        }
        json_set(arena, form, value->members[i].key, formed);
    }
    return form;
}

static const struct json *form_actions(struct arena *arena,
                                       const struct json *value)
{
    return to_set(arena, value, form_action);
}

static const struct json *form_set(struct arena *arena,
                                   const struct json *value)
{
    return to_set(arena, value, as_it_is);
}

static const struct part {
    struct str name;
    const struct json *(*form)(struct arena *, const struct json *);
} parts[] = {
    {{"Action", 6}, form_actions},
    {{"NotAction", 9}, form_actions},
    {{"Resource", 8}, form_set},
    {{"NotResource", 11}, form_set},
    {{"Principal", 9}, form_principals},
    {{"NotPrincipal", 12}, form_principals},
    {{"Condition", 9}, form_conditions},
};

static const struct json *form_part(struct arena *arena, struct str name,
                                    const struct json *value)
{
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (str_eq(parts[i].name, name)) {
            return parts[i].form(arena, value);
        }
    }
    return value;
}

static bool is_nothing(const struct json *value)
{
    return value->type == JSON_NULL ||
           (value->type == JSON_STRING && value->text.len == 0) ||
           ((value->type == JSON_OBJECT) && value->count == 0);
}

static const struct json *form_statement(struct arena *arena,
                                         const struct json *value)
{
    if (value->type != JSON_OBJECT) {
        return value;
    }
    struct json *form = json_new(arena, JSON_OBJECT);
    for (size_t i = 0; i < value->count; i++) {
        const struct json_member *member = &value->members[i];
        if (!is_nothing(member->value)) { /* an empty Sid, no condition */
            json_set(arena, form, member->key,
                     form_part(arena, member->key, member->value));
        }
    }
    return form;
}

static const struct json *form_policy(struct arena *arena,
                                      const struct json *policy)
{
    struct json *form = json_new(arena, JSON_OBJECT);
    json_set(arena, form, STR("Version"), json_new_text(arena, "2008-10-17"));
    for (size_t i = 0; i < policy->count; i++) {
        const struct json_member *member = &policy->members[i];
        if (is_nothing(member->value)) {
            continue;
        }
        json_set(arena, form, member->key,
                 str_eq(member->key, STR("Statement"))
                     ? to_set(arena, member->value, form_statement)
                     : member->value);
    }
    return form;
}

OUR_FUNCTION(rules_function_policy_equal)
{
    (void)count;
    (void)reterr;
    const struct json *a = rules_value_of_text(arena, arguments[0]);
    const struct json *b = rules_value_of_text(arena, arguments[1]);
    if (a->type != JSON_OBJECT || b->type != JSON_OBJECT) {
        return json_new_bool(arena, json_equal(a, b));
    }
    return json_new_bool(
        arena, json_equal(form_policy(arena, a), form_policy(arena, b)));
}
