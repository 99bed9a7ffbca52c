/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this room share.
 *
 * Purpose:   schema.c says which keys there are and of what type; rule.c makes
 *            rules of a parsed file; expression.c compiles and checks what
 *            they say; load.c collects files into a set.
 * Ownership: all that is made lives in the arena of the rule set.
 * Errors:    into the compiler's diag; a reader that finds a value of a wrong
 *            type treats it as absent, for schema.c has reported it.
 * Never:     included by another room.
 */
#ifndef RULES_PRIVATE_H
#define RULES_PRIVATE_H

#include "rules/rules.h"

/* One file being made into rules. */
struct compiler {
    struct arena *arena;
    struct aws_registry *registry;
    const struct source *source;
    struct diag *diag;
    struct str service;
    const struct aws_operation *operation; /* the rule's; NULL: unknown */
    const struct aws_operation *before;    /* its pre-read; NULL: none */
    struct rules_schedule defaults;
};

/* ---- schema.c ---- */

#define OF_TYPE(type) (1U << (type))
enum {
    IS_TEXT = OF_TYPE(JSON_STRING),
    IS_FLAG = OF_TYPE(JSON_TRUE) | OF_TYPE(JSON_FALSE),
    IS_NUMBER = OF_TYPE(JSON_NUMBER),
    IS_OBJECT = OF_TYPE(JSON_OBJECT),
    IS_LIST = OF_TYPE(JSON_ARRAY),
};

struct key {
    const char *name;
    unsigned types; /* IS_TEXT | ... */
    bool required;
    const char *help; /* for rules/README.md */
};
struct shape {
    const char *what; /* "a rule" */
    const struct key *keys;
    size_t count;
};
extern const struct shape rules_shape_file, rules_shape_rate,
    rules_shape_defaults, rules_shape_rule, rules_shape_before,
    rules_shape_confirmation, rules_shape_resend, rules_shape_condition,
    rules_shape_witness, rules_shape_read;

/* Whether `value` is an object of that shape; reports what is wrong with it. */
bool rules_shape_check(const struct compiler *c, const struct json *value,
                       const struct shape *shape);
/* Reports at the value. */
void rules_complain(const struct compiler *c, const struct json *value,
                    const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The index of a text among `names`; complains, naming them all, when there is
 * no such. Absent: `otherwise`. */
int rules_choose(const struct compiler *c, const struct json *value,
                 const char *const *names, int count, int otherwise);

/* ---- expression.c ---- */

/* The first-level names of the document. */
enum name {
    NAME_REQUEST,
    NAME_RESPONSE,
    NAME_READ,
    NAME_READ_ERROR,
    NAME_BEFORE,
    NAME_CALL,
    NAME_ITEM,
    NAME_ERROR,
    NAME_PREVIOUS,
    NAME_ASKED,
    NAME_COMPLETE,
    NAME_COUNT
};
#define SEES(name) (1U << (name))
/* What a place in a rule sees, and the read whose output is `read` there. */
struct view {
    unsigned names; /* SEES(NAME_REQUEST) | ... */
    const struct aws_operation *read;
};
/* The text at `value`, compiled; absent when `value` is NULL or faulty. */
struct rules_expression expression_read(const struct compiler *c,
                                        const struct json *value,
                                        struct view view);

/* ---- rule.c ---- */

/* One element of "rules"; false when anything was wrong with it. */
bool rule_read(struct compiler *c, const struct json *value,
               struct rule *ret_rule);

/* Complains unless the text names a service that has a model. */
void rules_service_check(const struct compiler *c, const struct json *value);
/* The operation that the text names, if it is one that only reads. */
const struct aws_operation *rules_read_operation_find(const struct compiler *c,
                                                      const struct json *value,
                                                      struct str service);
/* A code, or a list of codes. */
void rules_codes_read(const struct compiler *c, const struct json *value,
                      struct str **ret_codes, size_t *ret_count);
struct rules_condition condition_read(const struct compiler *c,
                                      const struct json *value,
                                      struct view view);

/* ---- witness.c ---- */

/* "witness" of a confirmation, which has been read. */
void rules_witnesses_read(const struct compiler *c, const struct json *list,
                          unsigned names,
                          struct rules_confirmation *confirmation);

/* ---- known.c ---- */

/* One element of "reads". */
void rules_known_read(struct compiler *c, const struct json *value,
                      struct rules_known_read *ret_read);

/* ---- schedule.c ---- */

/* What the file says, over `defaults`. */
struct rules_schedule
rules_schedule_read(const struct compiler *c, const struct json *object,
                    const struct rules_schedule *defaults);
extern const struct rules_schedule rules_schedule_default;

/* ---- tags.c, arn.c, policy_document.c: our functions ---- */

#define OUR_FUNCTION(name)                                                     \
    const struct json *name(struct arena *arena,                               \
                            const struct json *const *arguments, size_t count, \
                            struct str *reterr)
OUR_FUNCTION(rules_function_contains_all);
OUR_FUNCTION(rules_function_disjoint);
OUR_FUNCTION(rules_function_without);
OUR_FUNCTION(rules_function_value_at);
OUR_FUNCTION(rules_function_json_equal);
OUR_FUNCTION(rules_function_policy_equal);
OUR_FUNCTION(rules_function_arn);
OUR_FUNCTION(rules_function_resource_name);
OUR_FUNCTION(rules_function_in_path);
OUR_FUNCTION(rules_function_digest);

/* A JSON text as its value; anything else, and what does not parse, as is. */
const struct json *rules_value_of_text(struct arena *arena,
                                       const struct json *value);

#endif
