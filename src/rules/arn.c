/* SPDX-License-Identifier: Apache-2.0 */
/* Amazon Resource Names, taken apart. Start at rules_function_arn(). */
#include "rules/private.h"

struct arn {
    struct str partition, service, region, account, resource;
    struct str type; /* "parameter"; STR_NONE: the resource has none */
    struct str id;   /* what follows the type */
};

static bool split(struct str text, struct arn *ret_arn)
{
    struct str rest = text;
    if (!str_eq(str_cut(&rest, ':'), STR("arn"))) {
        return false;
    }
    struct arn arn = {0};
    struct str *const parts[] = {&arn.partition, &arn.service, &arn.region,
                                 &arn.account};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        *parts[i] = str_cut(&rest, ':');
        if (rest.ptr == NULL) {
            return false;
        }
    }
    arn.resource = rest;
    size_t end = 0;
    while (end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != ':') {
        end++;
    }
    arn.type = end < rest.len ? str_first(rest, end) : STR_NONE;
    arn.id = end < rest.len ? str_from(rest, end + 1) : rest;
    *ret_arn = arn;
    return rest.len > 0;
}

OUR_FUNCTION(rules_function_arn)
{
    (void)count;
    (void)reterr;
    struct arn arn;
    if (!split(json_text(arguments[0]), &arn)) {
        return json_new(arena, JSON_NULL);
    }
    const struct {
        struct str name;
        struct str value;
    } rows[] = {
        {STR("partition"), arn.partition},
        {STR("service"), arn.service},
        {STR("region"), arn.region},
        {STR("account"), arn.account},
        {STR("resource"), arn.resource},
        {STR("type"), arn.type},
        {STR("id"), arn.id},
    };
    struct json *parts = json_new(arena, JSON_OBJECT);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_set(arena, parts, rows[i].name,
                 rows[i].value.ptr == NULL
                     ? json_new(arena, JSON_NULL)
                     : json_new_string(arena, rows[i].value));
    }
    return parts;
}

/* "prod/db-a1B2c3": Secrets Manager adds a dash and six characters. */
static struct str without_suffix(struct str id)
{
    enum { SUFFIX = 7 };
    if (id.len <= SUFFIX || id.ptr[id.len - SUFFIX] != '-') {
        return id;
    }
    for (size_t i = id.len - SUFFIX + 1; i < id.len; i++) {
        char c = id.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c >= '0' && c <= '9'))) {
            return id;
        }
    }
    return str_first(id, id.len - SUFFIX);
}

bool rules_name_in_arn(struct arena *arena, struct str text,
                       struct str *ret_service, struct str *ret_name)
{
    struct arn arn;
    if (!split(text, &arn)) {
        return false;
    }
    struct str name = arn.id;
    if (str_eq(arn.service, STR("secretsmanager"))) {
        name = without_suffix(name);
    } else if (str_eq(arn.type, STR("parameter")) &&
               str_find(name, '/') != STR_NOT_FOUND) {
        /* Only the name of a hierarchy begins with a slash, and the slash
         * between type and id of the ARN stands for it. */
        name = arena_join(arena, STR("/"), name);
    }
    *ret_service = arn.service;
    *ret_name = name;
    return true;
}

OUR_FUNCTION(rules_function_resource_name)
{
    (void)count;
    (void)reterr;
    struct str service = STR_NONE;
    struct str name = STR_NONE;
    return rules_name_in_arn(arena, json_text(arguments[0]), &service, &name)
               ? json_new_string(arena, name)
               : arguments[0];
}
