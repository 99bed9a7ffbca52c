/* SPDX-License-Identifier: Apache-2.0 */
/* Reads that show the same thing as a rule's read-back: a rule asks one, but
 * clients use them all, and an emulator in which they disagree for no reason
 * is like no AWS. The rows are here; start at lag_family_of(). */
#include "lag/private.h"

#include "base/mem.h"

#include <assert.h>

/* `key` as it is; `bare` without a label or version; `parent` and `grand` the
 * paths above it. */
static const struct kin parameters[] = {
    {"GetParameter", "{Name: key}", LAG_DIRECT, true},
    {"GetParameter", "{Name: key, WithDecryption: `true`}", LAG_DIRECT, true},
    {"GetParameters", "{Names: [key]}", LAG_DIRECT, true},
    {"GetParameters", "{Names: [key], WithDecryption: `true`}", LAG_DIRECT,
     true},
    {"GetParameterHistory", "bare && {Name: bare, WithDecryption: `true`}",
     LAG_DIRECT, true},
    {"GetParametersByPath", "parent && {Path: parent, WithDecryption: `true`}",
     LAG_DIRECT, true},
    {"GetParametersByPath",
     "parent && {Path: parent, Recursive: `true`, WithDecryption: `true`}",
     LAG_DIRECT, true},
    {"GetParametersByPath",
     "grand && {Path: grand, Recursive: `true`, WithDecryption: `true`}",
     LAG_DIRECT, true},
    {"DescribeParameters",
     "bare && {ParameterFilters: [{Key: 'Name', Values: [bare]}]}", LAG_LISTED,
     true},
    {"DescribeParameters", "`{}`", LAG_LISTED, false},
};

static const struct kin secrets[] = {
    {"DescribeSecret", "{SecretId: key}", LAG_DIRECT, true},
    {"GetSecretValue", "{SecretId: key}", LAG_DIRECT, true},
    {"GetSecretValue", "{SecretId: key, VersionStage: 'AWSPREVIOUS'}",
     LAG_DIRECT, true},
    {"ListSecretVersionIds", "{SecretId: key}", LAG_DIRECT, true},
    {"BatchGetSecretValue", "{SecretIdList: [key]}", LAG_DIRECT, true},
    {"ListSecrets", "`{}`", LAG_LISTED, false},
};

#define ROWS(rows) rows, sizeof(rows) / sizeof((rows)[0])

static const struct family all[] = {
    {"ssm",
     {{"GetParameter", "Name"}, {"GetParameters", "Names"}},
     ROWS(parameters),
     "[read.Parameter.Name, read.Parameter.ARN]"},
    {"secretsmanager",
     {{"DescribeSecret", "SecretId"}},
     ROWS(secrets),
     "[read.ARN, read.Name, response.ARN, response.Name]"},
};

enum { FAMILIES = sizeof(all) / sizeof(all[0]) };

static const struct {
    const char *service;
    const char *operation;
    const char *member;
} batches[] = {
    {"ssm", "GetParameters", "Names"},
    {"secretsmanager", "BatchGetSecretValue", "SecretIdList"},
};

/* ---- compiled once ---- */

struct families {
    struct arena *arena;
    const struct jmespath **inputs[FAMILIES];
    const struct jmespath *names[FAMILIES];
};

static const struct jmespath *compile(struct arena *arena, const char *text)
{
    const struct jmespath_compile_in in = {.text = str_of(text)};
    const struct jmespath *compiled = NULL;
    enum jmespath_error error = JMESPATH_OK;
    struct diag diag;
    diag_init(&diag, arena);
    bool good = jmespath_compile(arena, &in, &compiled, &error, &diag);
    assert(good); /* a row above */
    (void)good;
    return compiled;
}

struct families *lag_families_new(void)
{
    struct arena *arena = arena_new();
    struct families *families = ARENA_NEW(arena, struct families);
    families->arena = arena;
    for (size_t i = 0; i < FAMILIES; i++) {
        families->names[i] = compile(arena, all[i].names);
        families->inputs[i] =
            ARENA_ARRAY(arena, const struct jmespath *, all[i].count);
        for (size_t k = 0; k < all[i].count; k++) {
            families->inputs[i][k] = compile(arena, all[i].kin[k].input);
        }
    }
    return families;
}

void lag_families_free(struct families *families)
{
    arena_free(families->arena);
}

static const struct jmespath *compiled_kin(const struct families *families,
                                           const struct kin *kin)
{
    for (size_t i = 0; i < FAMILIES; i++) {
        for (size_t k = 0; k < all[i].count; k++) {
            if (&all[i].kin[k] == kin) {
                return families->inputs[i][k];
            }
        }
    }
    assert(false);
    return NULL;
}

/* ---- looking things up ---- */

static const char *member_of(const struct family *family, struct str operation)
{
    for (size_t i = 0; family->keys[i].operation != NULL; i++) {
        if (str_eq(operation, str_of(family->keys[i].operation))) {
            return family->keys[i].member;
        }
    }
    return NULL;
}

const struct family *lag_family_of(struct str service, struct str operation)
{
    for (size_t i = 0; i < FAMILIES; i++) {
        if (str_eq(service, str_of(all[i].service)) &&
            member_of(&all[i], operation) != NULL) {
            return &all[i];
        }
    }
    return NULL;
}

const struct json *lag_family_keys(struct arena *arena,
                                   const struct family *family,
                                   struct str operation,
                                   const struct json *input)
{
    const struct json *value =
        json_get(input, str_of(member_of(family, operation)));
    if (json_is(value, JSON_ARRAY)) {
        return value;
    }
    struct json *list = json_new(arena, JSON_ARRAY);
    if (json_is(value, JSON_STRING)) {
        json_push(arena, list, value);
    }
    return list;
}

struct str lag_batch_member(struct str service, struct str operation)
{
    for (size_t i = 0; i < sizeof(batches) / sizeof(batches[0]); i++) {
        if (str_eq(service, str_of(batches[i].service)) &&
            str_eq(operation, str_of(batches[i].operation))) {
            return str_of(batches[i].member);
        }
    }
    return STR_NONE;
}

/* ---- inputs and names ---- */

static struct str above(struct str path)
{
    size_t slash = str_find_last(path, '/');
    return slash == STR_NOT_FOUND || slash == 0 ? STR("/")
                                                : str_first(path, slash);
}

static const struct json *text_or_null(struct arena *arena, struct str text)
{
    return text.len > 0 ? json_new_string(arena, text)
                        : json_new(arena, JSON_NULL);
}

static const struct json *evaluate(struct arena *arena,
                                   const struct jmespath *expression,
                                   const struct json *document)
{
    enum jmespath_error error = JMESPATH_OK;
    struct str why = STR_NONE;
    return jmespath_evaluate(arena, expression, document, &error, &why);
}

const struct json *kin_input(const struct families *families,
                             struct arena *arena, const struct kin *kin,
                             struct str key)
{
    struct json *document = json_new(arena, JSON_OBJECT);
    struct str bare = STR_NONE;
    if (!str_starts(key, STR("arn:"))) {
        size_t colon = str_find(key, ':');
        bare = colon == STR_NOT_FOUND ? key : str_first(key, colon);
    }
    struct str parent = bare.len > 0 ? above(bare) : STR_NONE;
    struct str grand = parent.len > 1 ? above(parent) : STR_NONE;
    json_set(arena, document, STR("key"), json_new_string(arena, key));
    json_set(arena, document, STR("bare"), text_or_null(arena, bare));
    json_set(arena, document, STR("parent"), text_or_null(arena, parent));
    json_set(arena, document, STR("grand"), text_or_null(arena, grand));
    const struct json *input =
        evaluate(arena, compiled_kin(families, kin), document);
    return json_is(input, JSON_OBJECT) ? input : NULL;
}

const struct json *lag_family_names(const struct families *families,
                                    struct arena *arena,
                                    const struct family *family,
                                    const struct json *read,
                                    const struct json *response)
{
    const struct json *none = json_new(arena, JSON_NULL);
    struct json *document = json_new(arena, JSON_OBJECT);
    json_set(arena, document, STR("read"), read != NULL ? read : none);
    json_set(arena, document, STR("response"),
             response != NULL ? response : none);
    const struct json *names =
        evaluate(arena, families->names[family - all], document);
    return json_is(names, JSON_ARRAY) ? names : json_new(arena, JSON_ARRAY);
}
