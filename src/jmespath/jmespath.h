/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JMESPath (jmespath.org specification; the official compliance suite passes
 * whole), with three things of the community edition: `$`, the root of the
 * document being evaluated, `let $x = expr, $y = expr in expr`, and slices of
 * strings, by character.
 *
 * Purpose:   the one language of rules.
 * Ownership: a compiled expression lives in the arena given to compile, and
 *            borrows the text. A result lives in the arena given to evaluate
 *            and may share nodes with the input.
 * Errors:    compile: a diag whose span lies in the source given. Evaluation:
 *            a diag item too (invalid-type, invalid-arity is found when
 *            compiling, unknown-function likewise), or a limit reached.
 * Limits:    nesting of expressions (256), keys of a hash (1000), steps of one
 *            evaluation, results.
 * Never:     input, output, globals, unbounded recursion.
 */
#ifndef JMESPATH_JMESPATH_H
#define JMESPATH_JMESPATH_H

#include "base/arena.h"
#include "base/diag.h"
#include "json/json.h"

struct jmespath; /* a compiled expression */

enum jmespath_error {
    JMESPATH_OK,
    JMESPATH_SYNTAX,
    JMESPATH_UNKNOWN_FUNCTION,
    JMESPATH_INVALID_ARITY,
    JMESPATH_INVALID_TYPE,
    JMESPATH_INVALID_VALUE,
    JMESPATH_UNDEFINED_VARIABLE,
    JMESPATH_LIMIT,
};
const char *jmespath_error_name(enum jmespath_error error);

/*
 * A function besides the standard ones. `run` gets evaluated arguments (their
 * number within min..max was checked when compiling) and returns the value, or
 * NULL after it has set *reterr to a sentence (that is invalid-type).
 */
struct jmespath_function {
    const char *name;
    size_t min_arguments;
    size_t max_arguments;
    const struct json *(*run)(struct arena *arena,
                              const struct json *const *arguments, size_t count,
                              struct str *reterr);
    const char *help; /* "contains_all(have, want): ..." for the reference */
};

struct jmespath_compile_in {
    struct str text;
    /*
     * For diags: the file that the text stands in, and the string node there;
     * offsets are mapped with json_string_offset(). When `string` is NULL the
     * text itself is the source and `source` may be NULL.
     */
    const struct source *source;
    const struct json *string;
    const struct jmespath_function *functions; /* may be NULL */
    size_t function_count;
};

__attribute__((warn_unused_result)) bool
jmespath_compile(struct arena *arena, const struct jmespath_compile_in *in,
                 const struct jmespath **ret_expression,
                 enum jmespath_error *ret_error, struct diag *diag);

/*
 * Never returns NULL for success: absent is a node of type JSON_NULL. On
 * failure returns NULL and sets both reterr's.
 */
const struct json *jmespath_evaluate(struct arena *arena,
                                     const struct jmespath *expression,
                                     const struct json *document,
                                     enum jmespath_error *ret_error,
                                     struct str *reterr);

/* JMESPath's truth: not null, false, "", [] or {}. */
bool jmespath_is_true(const struct json *value);

/*
 * The first-level names an expression reads from the document ("request",
 * "read", ...), for checks such as "an input may not look at `read`". Calls
 * fn once for each place, with the span in the decoded text.
 */
void jmespath_roots(const struct jmespath *expression,
                    void (*fn)(void *ctx, struct str name, struct span span),
                    void *ctx);

#endif
