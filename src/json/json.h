/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON values (RFC 8259).
 *
 * Purpose:   parse text from outside into a tree, look into it, write it.
 * Ownership: a tree lives in the arena it was parsed or built in; strings may
 *            borrow from the source text, which must live as long.
 * Errors:    json_parse() reports what was wrong and where in a diag.
 * Limits:    depth and number of nodes, checked ahead of the tokeniser (jsmn),
 *            which is quadratic in depth.
 * Never:     reads numbers by locale; does input or output; changes a tree that
 *            it was not asked to change.
 */
#ifndef JSON_JSON_H
#define JSON_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"

enum json_type {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
    JSON_TYPE_COUNT
};

struct json {
    enum json_type type;
    struct span span; /* in the source; {0,0} for a built value */
    /* JSON_NUMBER: the text as it was written, so that 64-bit integers pass
     * unharmed. JSON_STRING: the decoded text, which may hold zero bytes. */
    struct str text;
    double number; /* JSON_NUMBER */
    /* JSON_ARRAY and JSON_OBJECT, in the order of the source */
    struct json_member *members;
    size_t count;
};

struct json_member {
    struct str key; /* STR_NONE in an array */
    struct span key_span;
    struct json *value;
};

struct json_limits {
    size_t depth;
    size_t nodes;
};
/* For what arrives over the wire: depth 128, a million nodes. */
extern const struct json_limits json_default_limits;

/*
 * The whole of source->text must be one value. Strict: no trailing commas, no
 * comments, valid UTF-8, valid escapes (a lone surrogate escape is taken as
 * U+FFFD), RFC numbers. Of a key that is there twice the last counts, as in
 * every SDK; both members are kept in the tree.
 */
__attribute__((warn_unused_result)) bool
json_parse(struct arena *arena, const struct source *source,
           const struct json_limits *limits, const struct json **ret_value,
           struct diag *diag);

/* The same for text whose faults are nobody's news: NULL when it is not JSON.
 */
const struct json *json_read(struct arena *arena, struct str text,
                             const struct json_limits *limits);

/* Why the text cannot be parsed is that it goes beyond the limits; up to there
 * it is JSON. */
bool json_is_beyond(struct str text, const struct json_limits *limits);

/*
 * Maps an offset in the decoded text of a string node back to an offset in the
 * source, escapes and quote included, so that an error inside an expression
 * inside a JSON string points at its character in the file.
 */
size_t json_string_offset(const struct json *string,
                          const struct source *source, size_t decoded_offset);

/* NULL when absent or when `object` is NULL or no object. */
const struct json *json_get(const struct json *object, struct str key);
/* "Parameter.Version", step by step. */
const struct json *json_path(const struct json *value, const char *dotted);
/* The text of a string; STR_NONE for anything else, NULL included. */
struct str json_text(const struct json *value);
struct str json_get_text(const struct json *object, const char *key);
bool json_is(const struct json *value, enum json_type type);
/* Deep; numbers by value, objects regardless of order. */
bool json_equal(const struct json *a, const struct json *b);
const char *json_type_name(enum json_type type);

/* Building. Values given are kept, not copied. */
struct json *json_new(struct arena *arena, enum json_type type);
struct json *json_new_bool(struct arena *arena, bool value);
struct json *json_new_number(struct arena *arena, double number);
struct json *json_new_int(struct arena *arena, int64_t number);
/* The text is borrowed. */
struct json *json_new_string(struct arena *arena, struct str text);
struct json *json_new_text(struct arena *arena, const char *text);
void json_push(struct arena *arena, struct json *array,
               const struct json *value);
/* Replaces an earlier member of that name. */
void json_set(struct arena *arena, struct json *object, struct str key,
              const struct json *value);
struct json *json_copy(struct arena *arena, const struct json *value);

/* Compact, keys in their order. */
void json_write(const struct json *value, struct buf *out);
/* Indented by two blanks. */
void json_write_pretty(const struct json *value, struct buf *out);
/* Compact with sorted keys: equal values give equal text. */
void json_write_canonical(const struct json *value, struct buf *out);
/* One string with its quotes. */
void json_write_string(struct str text, struct buf *out);

#endif
