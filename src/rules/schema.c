/* SPDX-License-Identifier: Apache-2.0 */
/* Which keys a rule file may have, of what type, and what is said of others.
 * One table for the checker and for people. Start at rules_shape_check(). */
#include "rules/private.h"

#include "base/nearest.h"

#define SCHEDULE_KEYS                                                          \
    {"delay", IS_TEXT | IS_NUMBER, false,                                      \
     "before the first read-back: \"300ms\", \"2s\" or seconds"},              \
        {"IntervalSeconds", IS_NUMBER, false,                                  \
         "from one read-back to the next, while it does not hold"},            \
        {"BackoffRate", IS_NUMBER, false,                                      \
         "the interval grows by this factor"},                                 \
        {"MaxDelaySeconds", IS_NUMBER, false, "but not beyond this"},          \
        {"JitterStrategy", IS_TEXT, false, "NONE, FULL or HALF"},              \
        {"TimeoutSeconds", IS_NUMBER, false, "the deadline"},                  \
        {"consecutive", IS_NUMBER, false,                                      \
         "how many read-backs in a row must hold"},                            \
    {                                                                          \
        "settle_for", IS_TEXT | IS_NUMBER, false,                              \
            "and for how long they must go on holding"                         \
    }

#define SHAPE(variable, words, rows)                                           \
    const struct shape variable = {words, rows, sizeof(rows) / sizeof(rows[0])}

static const struct key file_keys[] = {
    {"service", IS_TEXT, true, "the service, by botocore's name"},
    {"rate", IS_OBJECT, false, "per_second: read-backs allowed per region"},
    {"defaults", IS_OBJECT, false, "schedule keys for all rules of the file"},
    {"rules", IS_LIST, true, "the rules"},
    {"reads", IS_LIST, false, "how clients' reads are understood"},
};
SHAPE(rules_shape_file, "a rule file", file_keys);

static const struct key rate_keys[] = {
    {"per_second", IS_NUMBER, true, "read-backs allowed a second"},
};
SHAPE(rules_shape_rate, "\"rate\"", rate_keys);

static const struct key defaults_keys[] = {SCHEDULE_KEYS};
SHAPE(rules_shape_defaults, "\"defaults\"", defaults_keys);

static const struct key rule_keys[] = {
    {"operation", IS_TEXT, true, "the call that changes something"},
    {"about", IS_TEXT, false, "a sentence for `settled explain`"},
    {"resource", IS_TEXT, false, "what is changed: a name, or a list of them"},
    {"value", IS_TEXT, false, "what is written: a version; null: it is gone"},
    {"part", IS_TEXT, false, "a word for what of the resource is changed"},
    {"when", IS_TEXT, false, "the rule is for such calls only"},
    {"before", IS_OBJECT, false, "a read made before the call is sent"},
    {"confirm", IS_LIST, false, "what must be seen afterwards"},
    {"resend", IS_LIST, false, "refusals that an earlier change has caused"},
    {"on_unsettled", IS_TEXT, false, "fail or pass"},
    {"on_failed", IS_TEXT, false, "fail or pass"},
    {"on_unverifiable", IS_TEXT, false, "fail or pass"},
};
SHAPE(rules_shape_rule, "a rule", rule_keys);

static const struct key before_keys[] = {
    {"service", IS_TEXT, false, "of the read, if not the file's"},
    {"read", IS_TEXT, true, "an operation that only reads"},
    {"input", IS_OBJECT, false, "its input: an expression for each member"},
};
SHAPE(rules_shape_before, "\"before\"", before_keys);

static const struct key confirmation_keys[] = {
    {"name", IS_TEXT, true, "a word for it, once in a rule"},
    {"level", IS_TEXT, false, "visible, listed, done or effective"},
    {"part", IS_TEXT, false, "a word for what of the resource it shows"},
    {"when", IS_TEXT, false, "asked only if this is true"},
    {"for_each", IS_TEXT, false, "a list: confirmed once for each `item`"},
    {"service", IS_TEXT, false, "of the read, if not the file's"},
    {"read", IS_TEXT, true, "an operation that only reads"},
    {"input", IS_OBJECT, false, "its input: an expression for each member"},
    {"success", IS_TEXT | IS_OBJECT, true, "what shows the change"},
    {"superseded", IS_TEXT | IS_OBJECT, false,
     "what shows a later change; confirms as well"},
    {"retry", IS_TEXT | IS_OBJECT | IS_LIST, false,
     "errors that mean: not yet"},
    {"failure", IS_TEXT | IS_OBJECT, false, "what shows that it never will"},
    {"optional", IS_FLAG, false,
     "its deadline ends as unverifiable, not as unsettled"},
    {"witness", IS_LIST, false, "clients' reads that show the same"},
    SCHEDULE_KEYS,
};
SHAPE(rules_shape_confirmation, "a confirmation", confirmation_keys);

static const struct key witness_keys[] = {
    {"service", IS_TEXT, false, "of the read, if not the file's"},
    {"read", IS_TEXT, true, "an operation that clients read by"},
    {"when", IS_TEXT, false, "counts only if this is true of what they asked"},
    {"success", IS_TEXT | IS_OBJECT, false,
     "what shows the change; left out: as of the confirmation"},
    {"superseded", IS_TEXT | IS_OBJECT, false, "what shows a later change"},
    {"retry", IS_TEXT | IS_OBJECT | IS_LIST, false,
     "errors that show the old state"},
    {"stale", IS_TEXT, false,
     "what shows the old state; left out: any other answer"},
};
SHAPE(rules_shape_witness, "a witness", witness_keys);

static const struct key read_keys[] = {
    {"operation", IS_TEXT, true, "an operation that clients read by"},
    {"resource", IS_TEXT, false, "what is asked for: a name, or a list"},
    {"part", IS_TEXT, false, "a word for what of the resource is read"},
    {"for_each", IS_TEXT, false, "a list: what is found, each an `item`"},
    {"name", IS_TEXT, false, "of an item"},
    {"value", IS_TEXT, true, "what is seen: a version, or a digest"},
    {"absent", IS_TEXT | IS_LIST, false,
     "what is not there: a list of names, or codes of errors"},
};
SHAPE(rules_shape_read, "a known read", read_keys);

static const struct key resend_keys[] = {
    {"errors", IS_LIST, true, "codes by which AWS refuses the call"},
    {"when", IS_TEXT, false, "and this is true"},
    {"service", IS_TEXT, false, "of the read, if not the file's"},
    {"read", IS_TEXT, false, "a read that tells whether it is so"},
    {"input", IS_OBJECT, false, "its input: an expression for each member"},
    SCHEDULE_KEYS,
};
SHAPE(rules_shape_resend, "a resend", resend_keys);

static const struct key condition_keys[] = {
    {"error", IS_LIST | IS_TEXT, true, "the read-back fails with such a code"},
    {"when", IS_TEXT, false, "and this is true"},
};
SHAPE(rules_shape_condition, "a condition", condition_keys);

/* ---- saying what is wrong ---- */

void rules_complain(const struct compiler *c, const struct json *value,
                    const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str text = arena_vprintf(c->diag->arena, format, args);
    va_end(args);
    diag_add(c->diag, c->source, value->span, "%.*s", STR_ARG(text));
}

int rules_choose(const struct compiler *c, const struct json *value,
                 const char *const *names, int count, int otherwise)
{
    if (!json_is(value, JSON_STRING)) {
        return otherwise;
    }
    struct buf known = {0};
    for (int i = 0; i < count; i++) {
        if (names[i] == NULL) {
            continue;
        }
        if (str_eq(value->text, str_of(names[i]))) {
            buf_free(&known);
            return i;
        }
        buf_printf(&known, "%s%s", known.len > 0 ? ", " : "", names[i]);
    }
    rules_complain(c, value, "`%.*s` is none of %.*s", STR_ARG(value->text),
                   STR_ARG(buf_str(&known)));
    buf_free(&known);
    return otherwise;
}

/* ---- checking ---- */

static const struct key *find_key(const struct shape *shape, struct str name)
{
    for (size_t i = 0; i < shape->count; i++) {
        if (str_eq(name, str_of(shape->keys[i].name))) {
            return &shape->keys[i];
        }
    }
    return NULL;
}

static void complain_of_key(const struct compiler *c,
                            const struct json_member *member,
                            const struct shape *shape)
{
    struct nearest nearest = nearest_to(member->key);
    for (size_t i = 0; i < shape->count; i++) {
        nearest_try(&nearest, str_of(shape->keys[i].name));
    }
    diag_add(c->diag, c->source, member->key_span, "%s has no key `%.*s`%.*s",
             shape->what, STR_ARG(member->key),
             STR_ARG(nearest_hint(c->diag->arena, &nearest)));
}

static void complain_of_type(const struct compiler *c,
                             const struct json_member *member, unsigned types)
{
    static const struct {
        unsigned type;
        const char *words;
    } rows[] = {
        {IS_TEXT, "a string"},
        {IS_NUMBER, "a number"},
        {IS_OBJECT, "an object"},
        {IS_LIST, "a list"},
    };
    struct buf wanted = {0};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if ((types & rows[i].type) != 0) {
            buf_printf(&wanted, "%s%s", wanted.len > 0 ? " or " : "",
                       rows[i].words);
        }
    }
    rules_complain(c, member->value, "`%.*s` must be %.*s, not %s",
                   STR_ARG(member->key), STR_ARG(buf_str(&wanted)),
                   json_type_name(member->value->type));
    buf_free(&wanted);
}

static bool seen_before(const struct json *object, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (str_eq(object->members[i].key, object->members[index].key)) {
            return true;
        }
    }
    return false;
}

static void check_member(const struct compiler *c, const struct json *object,
                         size_t index, const struct shape *shape)
{
    const struct json_member *member = &object->members[index];
    const struct key *key = find_key(shape, member->key);
    if (key == NULL) {
        complain_of_key(c, member, shape);
    } else if ((key->types & OF_TYPE(member->value->type)) == 0) {
        complain_of_type(c, member, key->types);
    } else if (seen_before(object, index)) {
        diag_add(c->diag, c->source, member->key_span, "`%.*s` is there twice",
                 STR_ARG(member->key));
    }
}

bool rules_shape_check(const struct compiler *c, const struct json *value,
                       const struct shape *shape)
{
    size_t before = c->diag->count;
    if (value->type != JSON_OBJECT) {
        rules_complain(c, value, "%s must be an object, not %s", shape->what,
                       json_type_name(value->type));
        return false;
    }
    for (size_t i = 0; i < value->count; i++) {
        check_member(c, value, i, shape);
    }
    for (size_t i = 0; i < shape->count; i++) {
        const struct key *key = &shape->keys[i];
        if (key->required && json_get(value, str_of(key->name)) == NULL) {
            diag_add(c->diag, c->source,
                     (struct span){value->span.start, value->span.start + 1},
                     "%s needs the key `%s`: %s", shape->what, key->name,
                     key->help);
        }
    }
    return c->diag->count == before;
}
