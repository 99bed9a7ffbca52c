/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this room share: tokens, the tree, one evaluation.
 *
 * Purpose:   lex.c finds tokens, parse.c and its neighbours make a tree of
 *            nodes, eval.c walks it, function*.c are the standard functions.
 * Ownership: tokens are values; nodes live in the arena of the compiling, all
 *            that an evaluation makes in the arena of the evaluation.
 * Errors:    parse functions return NULL after jmespath_parser_fail(),
 * evaluating ones NULL after jmespath_run_fail(): the first failure counts.
 * Never:     included by another room.
 */
#ifndef JMESPATH_PRIVATE_H
#define JMESPATH_PRIVATE_H

#include "jmespath/jmespath.h"

enum {
    LONGEST_TEXT = 64 * 1024, /* bytes of one expression */
    DEEPEST_NESTING = 256,    /* levels of parsing, height of a tree */
    DEEPEST_VALUE = 512,      /* levels of a value made or compared */
    MOST_STEPS = 10 * 1000 * 1000,
    MOST_MEMORY = 64 * 1024 * 1024, /* bytes one evaluation may take */
    MOST_PAIRS = 1000,   /* of one hash: each is compared with all before it */
    MOST_PARAMETERS = 2, /* rows in a function's list of types */
};

/* --- lex.c --- */

enum token_type {
    TOKEN_END,
    TOKEN_BAD,
    TOKEN_NAME,     /* foo */
    TOKEN_QUOTED,   /* "foo" */
    TOKEN_RAW,      /* 'foo' */
    TOKEN_LITERAL,  /* `foo` */
    TOKEN_NUMBER,   /* -1 */
    TOKEN_VARIABLE, /* $foo */
    TOKEN_ROOT,     /* $ */
    TOKEN_CURRENT,  /* @ */
    TOKEN_STAR,
    TOKEN_DOT,
    TOKEN_COMMA,
    TOKEN_COLON,
    TOKEN_LBRACKET,
    TOKEN_RBRACKET,
    TOKEN_FLATTEN, /* [] */
    TOKEN_FILTER,  /* [? */
    TOKEN_LBRACE,
    TOKEN_RBRACE,
    TOKEN_LPAREN,
    TOKEN_RPAREN,
    TOKEN_NOT,
    TOKEN_EXPREF, /* & */
    TOKEN_ASSIGN, /* = */
    TOKEN_PIPE,
    TOKEN_OR,
    TOKEN_AND,
    TOKEN_EQ,
    TOKEN_NE,
    TOKEN_LT,
    TOKEN_LE,
    TOKEN_GT,
    TOKEN_GE,
    TOKEN_COUNT
};

struct token {
    enum token_type type;
    struct span span;
    const char *problem; /* TOKEN_BAD: a sentence */
};

/* The token at or behind `from`, blanks skipped. Pure: looking ahead is
 * calling it again from the end of the last token. */
struct token jmespath_lex_token(struct str text, size_t from);

/* --- the tree --- */

enum node_type {
    NODE_CURRENT,
    NODE_ROOT,
    NODE_VARIABLE,
    NODE_FIELD,
    NODE_LITERAL,
    NODE_THEN,    /* right on the value of left: `a.b` and `a | b` */
    NODE_INDEX,   /* of left */
    NODE_SLICE,   /* right on each element of a part of left */
    NODE_LIST,    /* right on each element of left */
    NODE_VALUES,  /* right on each value of left */
    NODE_FILTER,  /* right on each element of left that meets condition */
    NODE_FLATTEN, /* left, one level less */
    NODE_MULTI_LIST,
    NODE_MULTI_HASH,
    NODE_OR,
    NODE_AND,
    NODE_NOT, /* left */
    NODE_COMPARE,
    NODE_CALL,
    NODE_EXPREF, /* left; only ever an argument */
    NODE_LET,    /* items, then right */
    NODE_COUNT
};

struct slice_part {
    bool given;
    int64_t value;
};

struct slice {
    struct slice_part start;
    struct slice_part stop;
    int64_t step;
};

/* An element of a list, a pair of a hash, an argument or a binding. */
struct item {
    struct str key;
    const struct node *value;
    size_t slot;
};

struct node {
    enum node_type type;
    unsigned height;
    struct span span; /* in the text of the expression */
    const struct node *left;
    const struct node *right;
    struct item *items;
    size_t count;
    union {
        struct str name;              /* NODE_FIELD */
        const struct json *literal;   /* NODE_LITERAL */
        size_t slot;                  /* NODE_VARIABLE */
        int64_t index;                /* NODE_INDEX */
        const struct slice *slice;    /* NODE_SLICE */
        const struct node *condition; /* NODE_FILTER */
        enum token_type comparator;   /* NODE_COMPARE */
        struct {
            /* NODE_CALL: one of the two */
            const struct standard *standard;
            const struct jmespath_function *extension;
        };
    };
};

struct root {
    struct str name;
    struct span span;
};

struct jmespath {
    struct str text;
    const struct node *tree;
    size_t slot_count; /* variables: each binding has a slot of its own */
    const struct root *roots;
    size_t root_count;
};

/* roots.c: fills in expression->roots. */
void jmespath_find_roots(struct arena *arena, struct jmespath *expression);

/* --- compiling --- */

struct variable {
    struct str name;
    size_t slot;
    const struct variable *outer;
};

struct parser {
    struct arena *arena;
    const struct jmespath_compile_in *in;
    struct diag *diag;
    struct str text;
    struct token token; /* the one to be looked at next */
    const struct variable *scope;
    size_t slot_count;
    unsigned depth;
    enum jmespath_error error;
};

/* compile.c: keeps the first failure and reports it to the diag. */
void jmespath_parser_fail(struct parser *parser, enum jmespath_error error,
                          struct span span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* parse.c */
const struct node *jmespath_parse_whole(struct parser *parser);
const struct node *jmespath_parse_expression(struct parser *parser);
const struct node *jmespath_parse_nested(struct parser *parser,
                                         enum token_type closing,
                                         const char *what);

/* parse_items.c: what holds a list of expressions. The current token is the
 * one that opens it. */
const struct node *jmespath_parse_call(struct parser *parser);
const struct node *jmespath_parse_multi_list(struct parser *parser);
const struct node *jmespath_parse_multi_hash(struct parser *parser);
const struct node *jmespath_parse_let(struct parser *parser);
const struct node *jmespath_parse_variable(struct parser *parser);

/* parse_support.c: moving over tokens and making nodes. */
void jmespath_parser_next(struct parser *parser);
struct token jmespath_parser_peek(const struct parser *parser);
bool jmespath_parser_accept(struct parser *parser, enum token_type type);
bool jmespath_parser_expect(struct parser *parser, enum token_type type,
                            const char *what);
void jmespath_parser_unexpected(struct parser *parser, const char *wanted);
void jmespath_parser_fail_deep(struct parser *parser, struct span span);
struct str jmespath_token_text(const struct parser *parser, struct token token);
/* NULL when the tree has become too high. */
struct node *jmespath_node_new(struct parser *parser, enum node_type type,
                               struct span span, const struct node *left,
                               const struct node *right);
/* Takes the items into account that a node has been given. */
bool jmespath_node_adopt(struct parser *parser, struct node *node,
                         const struct node *child);
struct span jmespath_span_join(struct span first, struct span last);

/* text.c: what stands between quotes. NULL or false after a failure. */
const struct json *jmespath_decode_literal(struct parser *parser,
                                           struct token token);
const struct json *jmespath_decode_raw(struct parser *parser,
                                       struct token token);
bool jmespath_decode_name(struct parser *parser, struct token token,
                          struct str *ret_name);
bool jmespath_decode_number(struct parser *parser, struct token token,
                            int64_t *ret_number);

/* The best of several names for a misspelt one. */
struct guess {
    struct str wanted;
    struct str best;
    size_t distance;
};
struct guess jmespath_guess_new(struct str wanted);
void jmespath_guess_try(struct guess *guess, struct str name);

/* --- evaluating --- */

struct run {
    struct arena *arena;
    const struct jmespath *expression;
    const struct json *document;
    const struct json **slots;
    size_t steps;
    size_t memory_before;
    enum jmespath_error error;
    struct str message;
};

/* Always returns NULL. */
const struct json *jmespath_run_fail(struct run *run, enum jmespath_error error,
                                     const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* False, and failed, when the evaluation has had its share. */
bool jmespath_run_charge(struct run *run, size_t steps);
/* eval.c: the value of a node for a current value; NULL after a failure. */
const struct json *jmespath_run_node(struct run *run, const struct node *node,
                                     const struct json *current);

/* value.c */
extern const struct json jmespath_value_null;
extern const struct json jmespath_value_true;
extern const struct json jmespath_value_false;
const struct json *jmespath_value_bool(bool value);
/* A list with room for `capacity` elements. */
struct json *jmespath_value_list(struct run *run, size_t capacity);
void jmespath_value_add(struct json *list, const struct json *value);
int jmespath_value_compare_numbers(const struct json *a, const struct json *b);
/* Deep equality; false after a failure too, so look at run->error. */
bool jmespath_value_equal(struct run *run, const struct json *a,
                          const struct json *b);
/* Charges for all that a value holds; false when it is too large or deep. */
bool jmespath_value_weigh(struct run *run, const struct json *value);
/* The members of an object in their order; of a key that is there twice only
 * the last. */
const struct json_member **jmespath_value_members(struct run *run,
                                                  const struct json *object,
                                                  size_t *ret_count);

/* slice.c */
const struct json *jmespath_slice_list(struct run *run, const struct json *list,
                                       const struct slice *slice);
const struct json *jmespath_slice_string(struct run *run,
                                         const struct json *string,
                                         const struct slice *slice);
/* The number of characters (code points). */
size_t jmespath_count_characters(struct str text);
/* Bytes of the character that begins at `at`. */
size_t jmespath_character_length(struct str text, size_t at);

/* sort.c: stable; items are pointers. */
void jmespath_sort_pointers(struct arena *arena, const void **items,
                            size_t count,
                            int (*compare)(const void *a, const void *b));

/* --- function.c: the standard functions --- */

enum {
    TAKES_NUMBER = 1 << 0,
    TAKES_STRING = 1 << 1,
    TAKES_BOOLEAN = 1 << 2,
    TAKES_NULL = 1 << 3,
    TAKES_ARRAY = 1 << 4,
    TAKES_OBJECT = 1 << 5,
    TAKES_NUMBERS = 1 << 6, /* an array of nothing else */
    TAKES_STRINGS = 1 << 7,
    TAKES_EXPREF = 1 << 8,
    TAKES_ANY = TAKES_NUMBER | TAKES_STRING | TAKES_BOOLEAN | TAKES_NULL |
                TAKES_ARRAY | TAKES_OBJECT,
};

struct call {
    const struct node *node;
    const struct json *const *arguments; /* NULL where an expref stands */
};

struct standard {
    const char *name;
    size_t min_arguments;
    size_t max_arguments;
    /* By position; further arguments are like the last given. */
    unsigned takes[MOST_PARAMETERS];
    const struct json *(*run)(struct run *run, const struct call *call);
};

const struct standard *jmespath_standard_find(struct str name);
/* Row by row, NULL at the end. */
const struct standard *jmespath_standard_at(size_t index);
unsigned jmespath_standard_takes(const struct standard *standard,
                                 size_t argument);
/* The call of a NODE_CALL. */
const struct json *jmespath_run_call(struct run *run, const struct node *node,
                                     const struct json *current);
/* The name of a type as type() says it. */
const char *jmespath_type_name(enum json_type type);

/* function_number.c, function_text.c, function_list.c, function_by.c */
#define STANDARD_FUNCTION(name)                                                \
    const struct json *jmespath_standard_##name(struct run *run,               \
                                                const struct call *call)
STANDARD_FUNCTION(abs);
STANDARD_FUNCTION(avg);
STANDARD_FUNCTION(ceil);
STANDARD_FUNCTION(contains);
STANDARD_FUNCTION(ends_with);
STANDARD_FUNCTION(floor);
STANDARD_FUNCTION(join);
STANDARD_FUNCTION(keys);
STANDARD_FUNCTION(length);
STANDARD_FUNCTION(map);
STANDARD_FUNCTION(max);
STANDARD_FUNCTION(max_by);
STANDARD_FUNCTION(merge);
STANDARD_FUNCTION(min);
STANDARD_FUNCTION(min_by);
STANDARD_FUNCTION(not_null);
STANDARD_FUNCTION(reverse);
STANDARD_FUNCTION(sort);
STANDARD_FUNCTION(sort_by);
STANDARD_FUNCTION(starts_with);
STANDARD_FUNCTION(sum);
STANDARD_FUNCTION(to_array);
STANDARD_FUNCTION(to_number);
STANDARD_FUNCTION(to_string);
STANDARD_FUNCTION(type);
STANDARD_FUNCTION(values);

#endif
