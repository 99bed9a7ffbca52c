/* SPDX-License-Identifier: Apache-2.0 */
/* Which members are secrets, by the model and by well-known names, and copies
 * without them. A path has one step per member name; lists add none, and "*"
 * in the model stands for any key of a map. Start at aws_redact(). */
#include "aws/private.h"

enum { MAX_STEPS = 128 };

struct steps {
    struct str at[MAX_STEPS];
    size_t count;
};

/* Secret wherever they stand: the last net, for services without a model and
 * for members that the model forgets to mark. Lower case. */
static const struct str secret_names[] = {
    {"accesstoken", 11},      {"authorizationtoken", 18},
    {"authtoken", 9},         {"clientsecret", 12},
    {"idtoken", 7},           {"masteruserpassword", 18},
    {"password", 8},          {"plaintext", 9},
    {"privatekey", 10},       {"privatekeyplaintext", 19},
    {"randompassword", 14},   {"refreshtoken", 12},
    {"samlassertion", 13},    {"secretaccesskey", 15},
    {"secretbinary", 12},     {"secretstring", 12},
    {"sessiontoken", 12},     {"ssecustomerkey", 14},
    {"webidentitytoken", 16},
};

static bool is_secret_name(struct str name)
{
    for (size_t i = 0; i < sizeof secret_names / sizeof secret_names[0]; i++) {
        if (str_eq_nocase(name, secret_names[i])) {
            return true;
        }
    }
    return false;
}

/* Whether the steps are at, or below, what the pattern says. */
static bool is_within(const struct steps *steps, struct str pattern)
{
    struct str rest = pattern;
    for (size_t i = 0; rest.ptr != NULL; i++) {
        struct str want = str_cut(&rest, '.');
        if (i == steps->count ||
            (!str_eq(want, STR("*")) && !str_eq(want, steps->at[i]))) {
            return false;
        }
    }
    return true;
}

static bool is_sensitive(const struct model_operation *operation,
                         const struct steps *steps)
{
    for (size_t i = 0; operation != NULL && i < operation->sensitive.count;
         i++) {
        if (is_within(steps, operation->sensitive.at[i])) {
            return true;
        }
    }
    return false;
}

static const struct model_operation *
find_operation(struct aws_registry *registry, struct str service,
               struct str operation)
{
    struct service *row = service_find(registry, service);
    const struct model *model = row != NULL ? model_of(registry, row) : NULL;
    return model != NULL ? model_find(model, operation) : NULL;
}

bool aws_member_is_sensitive(struct aws_registry *registry, struct str service,
                             struct str operation, struct str path)
{
    struct steps steps = {.count = 0};
    bool secret = false;
    struct str rest = path;
    while (rest.ptr != NULL && steps.count < MAX_STEPS) {
        struct str step = str_cut(&rest, '.');
        step = str_cut(&step, '['); /* "Parameters[0]", "Parameters[]" */
        if (step.len > 0) {
            steps.at[steps.count++] = step;
            secret = secret || is_secret_name(step);
        }
    }
    return secret ||
           is_sensitive(find_operation(registry, service, operation), &steps);
}

struct redaction {
    struct arena *arena;
    const struct model_operation *operation;
    struct steps steps;
};

static const struct json *copy_value(struct redaction *redaction,
                                     const struct json *value, bool hidden);

/* Whether the member whose name was entered last is to be hidden. */
static bool is_hidden(const struct redaction *redaction, struct str name)
{
    return is_secret_name(name) ||
           is_sensitive(redaction->operation, &redaction->steps);
}

/* What stands there instead of member `i`. */
static const struct json *copy_member(struct redaction *redaction,
                                      const struct json *value, size_t i,
                                      bool hidden)
{
    struct steps *steps = &redaction->steps;
    const struct json_member *member = &value->members[i];
    /* Too deep to tell is too deep to show. */
    bool hide = hidden || steps->count == MAX_STEPS;
    /* Only the keys of an object make a step. */
    if (value->type != JSON_OBJECT || hide) {
        return copy_value(redaction, member->value, hide);
    }
    steps->at[steps->count++] = member->key;
    const struct json *copy =
        copy_value(redaction, member->value, is_hidden(redaction, member->key));
    steps->count--;
    return copy;
}

/* Where nothing is hidden, as in most, the container itself is its copy. */
static const struct json *copy_container(struct redaction *redaction,
                                         const struct json *value, bool hidden)
{
    struct json *copy = NULL;
    for (size_t i = 0; i < value->count; i++) {
        const struct json *shown = copy_member(redaction, value, i, hidden);
        if (copy == NULL && shown != value->members[i].value) {
            copy = json_new(redaction->arena, value->type);
            copy->count = value->count;
            copy->members =
                ARENA_ARRAY(redaction->arena, struct json_member, value->count);
            memcpy(copy->members, value->members,
                   value->count * sizeof(copy->members[0]));
        }
        if (copy != NULL) {
            copy->members[i].value = (struct json *)shown;
        }
    }
    return copy != NULL ? copy : value;
}

static const struct json *copy_value(struct redaction *redaction,
                                     const struct json *value, bool hidden)
{
    switch (value->type) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        return copy_container(redaction, value, hidden);
    case JSON_STRING:
        return hidden ? json_new_text(redaction->arena, "***") : value;
    default:
        return value;
    }
}

const struct json *aws_redact(struct aws_registry *registry,
                              struct arena *arena, struct str service,
                              struct str operation, const struct json *value)
{
    if (value == NULL) {
        return NULL;
    }
    struct redaction redaction; /* its steps need not be zeroed */
    redaction.arena = arena;
    redaction.operation = find_operation(registry, service, operation);
    redaction.steps.count = 0;
    return copy_value(&redaction, value, false);
}
