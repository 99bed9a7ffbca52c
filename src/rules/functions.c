/* SPDX-License-Identifier: Apache-2.0 */
/* The table of our own functions, and the small ones. Here because JMESPath
 * cannot compare two parts of a document as sets, nor look up a computed key.
 * Start at rules_functions. */
#include "rules/private.h"

const struct jmespath_function rules_functions[] = {
    {"contains_all", 2, 2, rules_function_contains_all,
     "contains_all(have, want): everything in `want` is in `have`. Lists, "
     "maps, "
     "and tags in any of AWS's spellings: [{Key, Value}], [{key, value}], "
     "[{TagKey, TagValue}], {key: value}. Null is empty"},
    {"disjoint", 2, 2, rules_function_disjoint,
     "disjoint(have, keys): none of `keys` is an element of the list `have`, "
     "or "
     "a key of the tags or the map `have`. Null is empty"},
    {"without", 2, 2, rules_function_without,
     "without(list, gone): the elements of `list` that are not in `gone` (a "
     "list, or the keys of a map). Null is empty"},
    {"value_at", 2, 2, rules_function_value_at,
     "value_at(map, key): the value of a computed key, or null"},
    {"json_equal", 2, 2, rules_function_json_equal,
     "json_equal(a, b): equal as JSON; each may be a value or its text"},
    {"policy_equal", 2, 2, rules_function_policy_equal,
     "policy_equal(a, b): equal as IAM policies, whatever the order of "
     "statements, actions and principals, and however AWS has rewritten them"},
    {"arn", 1, 1, rules_function_arn,
     "arn(text): {partition, service, region, account, resource, type, id}, or "
     "null when it is no ARN"},
    {"resource_name", 1, 1, rules_function_resource_name,
     "resource_name(text): the name in an ARN as its service takes it: a "
     "parameter's with its leading slash, a secret's without its suffix. What "
     "is no ARN stays as it is"},
    {"in_path", 3, 3, rules_function_in_path,
     "in_path(name, path, deep): the name stands in that path of a hierarchy, "
     "or, where `deep` is true, somewhere below it"},
    {"digest", 1, 1, rules_function_digest,
     "digest(x): in place of a value that is too long or too private to be "
     "written down, a short text that equals that of an equal value only"},
};
const size_t rules_function_count =
    sizeof(rules_functions) / sizeof(rules_functions[0]);

OUR_FUNCTION(rules_function_value_at)
{
    (void)count;
    (void)reterr;
    const struct json *value = json_is(arguments[1], JSON_STRING)
                                   ? json_get(arguments[0], arguments[1]->text)
                                   : NULL;
    return value != NULL ? value : json_new(arena, JSON_NULL);
}

const struct json *rules_value_of_text(struct arena *arena,
                                       const struct json *value)
{
    if (value->type != JSON_STRING) {
        return value;
    }
    const struct json *parsed =
        json_read(arena, value->text, &json_default_limits);
    return parsed != NULL ? parsed : value;
}

OUR_FUNCTION(rules_function_json_equal)
{
    (void)count;
    (void)reterr;
    return json_new_bool(arena,
                         json_equal(rules_value_of_text(arena, arguments[0]),
                                    rules_value_of_text(arena, arguments[1])));
}

OUR_FUNCTION(rules_function_in_path)
{
    (void)count;
    (void)reterr;
    struct str name = json_text(arguments[0]);
    struct str path = json_text(arguments[1]);
    bool deep = jmespath_is_true(arguments[2]);
    while (str_ends(path, STR("/"))) {
        path = str_first(path, path.len - 1);
    }
    struct str rest = str_from(name, path.len);
    bool below = str_starts(name, path) && str_starts(rest, STR("/"));
    return json_new_bool(arena,
                         below && (deep || str_find_last(rest, '/') == 0));
}

/* Unlike other functions this one does not know its result: a hash that could
 * be worked out from a log would tell what a value was guessed to be. */
OUR_FUNCTION(rules_function_digest)
{
    (void)count;
    (void)reterr;
    struct json *sealed = json_new(arena, JSON_OBJECT);
    json_set(arena, sealed, RULES_DIGEST, arguments[0]);
    return sealed;
}
