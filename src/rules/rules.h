/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules: what is read back after a call, and when that confirms it.
 *
 * Purpose:   load rule files, check them wholly at load time, and find the rule
 *            of an operation. rules/README.md describes the format.
 * Ownership: a rule set is a counted generation: rules_ref() for as long as an
 *            exchange uses one, so that a reload never pulls the rug.
 * Errors:    all of them, as diag items at file:line:col; a set with errors is
 *            not made.
 * Never:     network; live data; a rule that calls an operation that does not
 *            only read.
 */
#ifndef RULES_RULES_H
#define RULES_RULES_H

#include "aws/aws.h"
#include "base/diag.h"
#include "jmespath/jmespath.h"
#include "json/json.h"

enum rules_level {
    LEVEL_VISIBLE,
    LEVEL_LISTED,
    LEVEL_DONE,
    LEVEL_EFFECTIVE,
    LEVEL_COUNT
};
const char *rules_level_name(enum rules_level level);
enum rules_jitter { JITTER_NONE, JITTER_FULL, JITTER_HALF };
enum rules_policy { POLICY_DEFAULT, POLICY_FAIL, POLICY_PASS };

/* An expression with the file it came from, for messages. */
struct rules_expression {
    const struct jmespath *compiled; /* NULL: absent */
    struct str text;
};

/* A read call and what it is given: each member's value is an expression. */
struct rules_read {
    struct str service; /* the rule's own unless the rule names another */
    struct str operation;
    const struct aws_operation *model;
    struct rules_input {
        struct str member;
        struct rules_expression value;
    } * inputs;
    size_t input_count;
};

/*
 * Error codes: the read-back must fail with one of them, and the expression, if
 * there is one, be true besides. An expression alone is one of an answer.
 */
struct rules_condition {
    struct str *errors;
    size_t error_count;
    struct rules_expression expression;
};

struct rules_schedule {
    int64_t delay_ms;         /* before the first read-back */
    int64_t interval_ms;      /* IntervalSeconds */
    double backoff_rate;      /* BackoffRate */
    int64_t max_delay_ms;     /* MaxDelaySeconds */
    enum rules_jitter jitter; /* JitterStrategy: NONE, FULL, HALF */
    int64_t timeout_ms;       /* TimeoutSeconds */
    unsigned consecutive;
    int64_t settle_for_ms;
};

struct rules_confirmation {
    struct str name;
    enum rules_level level;
    struct str part; /* of the resource that it shows; STR_NONE: any */
    struct rules_expression when;
    struct rules_expression for_each; /* a list; `item` in input and success */
    struct rules_read read;
    struct rules_condition success;
    /* A later change by another writer shows: confirms as success does. */
    struct rules_condition superseded;
    struct rules_condition retry;
    struct rules_condition failure;
    /* A view that may lag without bound: a deadline says nothing. */
    bool optional;
    struct rules_schedule schedule;
    /* Reads that clients make and settled never does, by which the same change
     * can be seen: of each its `read` without input, its `when` (which sees
     * `asked`, what the client asked) and its conditions count. */
    struct rules_confirmation *witnesses;
    size_t witness_count;
    /* Of a witness: an answer that shows no success shows the old state only
     * if this is true. Absent: always. */
    struct rules_expression stale;
};

/* Errors by which AWS refuses a call because an earlier change has not
 * arrived; with a read that tells whether it is so. */
struct rules_resend {
    struct str *errors;
    size_t error_count;
    struct rules_expression when;
    bool has_read;
    struct rules_read read;
    struct rules_schedule schedule;
};

struct rule {
    struct str service;
    struct str operation;
    struct rules_expression resource;
    /* What was written (a version): null when it was deleted, '' when that
     * cannot be said. */
    struct rules_expression value;
    struct str part; /* of the resource that it changes; STR_NONE: all */
    struct rules_expression when;
    bool has_before;
    struct rules_read before;
    struct rules_confirmation *confirmations;
    size_t confirmation_count;
    struct rules_resend *resends;
    size_t resend_count;
    enum rules_policy on_unsettled;
    enum rules_policy on_failed;
    enum rules_policy on_unverifiable;
    struct str about; /* one sentence for explain */
    struct str file;
};

/*
 * How a client's read is understood: which resources it asked for, and what it
 * saw of each. Expressions see `request` and `response`, those of each item
 * `item` too; sensitive members of both read "***".
 */
struct rules_known_read {
    struct str service;
    struct str operation;
    const struct aws_operation *model;
    struct str part;                  /* as of a rule */
    struct rules_expression resource; /* asked for: a name or a list; absent:
                                         whatever there is */
    struct rules_expression for_each; /* what was found; absent: one thing */
    struct rules_expression name;     /* of an item */
    struct rules_expression value;    /* what was seen of it */
    /* Not there: errors that say so, or a list of names. */
    struct str *absent_errors;
    size_t absent_error_count;
    struct rules_expression absent;
    struct str file;
};

struct rules; /* a rule set */

struct rules_load_in {
    struct aws_registry *registry;
    const struct str *folders; /* --rules DIR; later ones win per operation */
    size_t folder_count;
    bool without_builtin;
};
/* NULL when there was any error; diag has them all. */
struct rules *rules_load(const struct rules_load_in *in, struct diag *diag);
/* Checks one file's text in the same way; the number of rules in *ret_count. */
bool rules_check(struct aws_registry *registry, struct arena *arena,
                 const struct source *source, size_t *ret_count,
                 struct diag *diag);
struct rules *rules_ref(struct rules *rules);
void rules_unref(struct rules *rules);

const struct rule *rules_find(const struct rules *rules, struct str service,
                              struct str operation);
/* NULL: such reads are not understood. */
const struct rules_known_read *rules_find_read(const struct rules *rules,
                                               struct str service,
                                               struct str operation);
size_t rules_read_count(const struct rules *rules);
const struct rules_known_read *rules_read_at(const struct rules *rules,
                                             size_t index);
size_t rules_count(const struct rules *rules);
const struct rule *rules_at(const struct rules *rules, size_t index);

/* Read-backs allowed a second against one service and region (default 20). */
double rules_rate(const struct rules *rules, struct str service);

/* The named functions of ours: subset and disjointness of lists, maps and tag
 * lists, a map's value by computed key, equality of JSON texts and policies. */
extern const struct jmespath_function rules_functions[];
extern const size_t rules_function_count;
/* What resource_name() makes of an ARN, and whose it is; false: it is none. */
bool rules_name_in_arn(struct arena *arena, struct str text,
                       struct str *ret_service, struct str *ret_name);

/* ---- evaluate.c: for the engine and the lag ---- */

/* digest(x) gives an object of this one member, x, until whoever writes it down
 * puts a hash in its place that nobody else can work out. */
#define RULES_DIGEST STR("digest of")

/* The value of an expression; JSON_NULL when it cannot be evaluated, and why.
 */
const struct json *rules_value(struct arena *arena,
                               const struct rules_expression *expression,
                               const struct json *document,
                               struct str *ret_why);
/* The input of a read, member by member; a member whose expression gives null
 * is left out. */
const struct json *rules_input(struct arena *arena,
                               const struct rules_read *read,
                               const struct json *document);
/* The first required member that an input lacks; STR_NONE: it has all. */
struct str rules_input_lacks(const struct rules_read *read,
                             const struct json *input);

/* explain.c: for people. */
struct schedule; /* what was learned */
void rules_explain(const struct rule *rule, struct schedule *schedule,
                   struct buf *out);
void rules_explain_read(const struct rules_known_read *read, struct buf *out);
/* The least IAM policy that lets the read-backs of these rules be made, as far
 * as they are awaited at that level. */
void rules_policy(const struct rule *const *rules, size_t count,
                  enum rules_level level, struct buf *out);

#endif
