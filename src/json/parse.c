/* SPDX-License-Identifier: Apache-2.0 */
/* From text to a tree: strict scan, tokens by jsmn, nodes in one block. The
 * only file that knows jsmn. Start at json_parse(). */
#include "json/private.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

#define JSMN_PARENT_LINKS
#define JSMN_STRICT
#define JSMN_STATIC
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wsign-compare"
#include <jsmn.h>
#pragma GCC diagnostic pop

const struct json_limits json_default_limits = {.depth = 128, .nodes = 1000000};

struct builder {
    struct arena *arena;
    struct str text;
    jsmntok_t *tokens;
    size_t count;
    struct json *nodes;    /* all values of the tree, in order */
    struct json **node_of; /* by token; NULL for a key */
    size_t used;
};

/* jsmn keeps no root that is a bare word or number, so that token is ours. */
static void tokenise(struct builder *b, struct span root)
{
    char first = b->text.ptr[root.start];
    if (first != '{' && first != '[' && first != '"') {
        b->tokens[0] = (jsmntok_t){.type = JSMN_PRIMITIVE,
                                   .start = (int)root.start,
                                   .end = (int)root.end,
                                   .parent = -1};
        return;
    }
    jsmn_parser parser;
    jsmn_init(&parser);
    int count = jsmn_parse(&parser, b->text.ptr, b->text.len, b->tokens,
                           (unsigned)b->count);
    assert(count >= 0 && (size_t)count == b->count);
}

static double read_number(struct str text)
{
    char small[64];
    if (text.len < sizeof(small)) {
        memcpy(small, text.ptr, text.len);
        small[text.len] = '\0';
        return strtod(small, NULL);
    }
    char *copy = mem_new(text.len + 1);
    memcpy(copy, text.ptr, text.len);
    double number = strtod(copy, NULL);
    mem_free(copy);
    return number;
}

static void fill_primitive(struct json *node, struct str text)
{
    switch (text.ptr[0]) {
    case 'n':
        node->type = JSON_NULL;
        break;
    case 't':
        node->type = JSON_TRUE;
        break;
    case 'f':
        node->type = JSON_FALSE;
        break;
    default:
        node->type = JSON_NUMBER;
        node->text = text;
        node->number = read_number(text);
    }
}

static struct str token_text(const struct builder *b, const jsmntok_t *token)
{
    return str_make(b->text.ptr + token->start,
                    (size_t)(token->end - token->start));
}

/* Quotes included, which jsmn leaves out. */
static struct span token_span(const jsmntok_t *token)
{
    size_t quote = token->type == JSMN_STRING ? 1 : 0;
    return (struct span){(size_t)token->start - quote,
                         (size_t)token->end + quote};
}

static struct json *make_node(struct builder *b, const jsmntok_t *token)
{
    struct json *node = &b->nodes[b->used++];
    node->span = token_span(token);
    switch (token->type) {
    case JSMN_OBJECT:
    case JSMN_ARRAY:
        node->type = token->type == JSMN_OBJECT ? JSON_OBJECT : JSON_ARRAY;
        node->members = token->size == 0
                            ? NULL
                            : ARENA_ARRAY(b->arena, struct json_member,
                                          (size_t)token->size);
        break;
    case JSMN_STRING:
        node->type = JSON_STRING;
        node->text = json_decode(b->arena, token_text(b, token));
        break;
    default:
        fill_primitive(node, token_text(b, token));
    }
    return node;
}

/* A key's parent is its object, a member's value hangs on its key. */
static void place_token(struct builder *b, size_t index)
{
    const jsmntok_t *token = &b->tokens[index];
    if (token->parent < 0) {
        b->node_of[index] = make_node(b, token);
        return;
    }
    const jsmntok_t *parent = &b->tokens[token->parent];
    if (parent->type == JSMN_OBJECT) {
        struct json *object = b->node_of[token->parent];
        struct json_member *member = &object->members[object->count++];
        member->key = json_decode(b->arena, token_text(b, token));
        member->key_span = token_span(token);
        return;
    }
    struct json *value = make_node(b, token);
    b->node_of[index] = value;
    if (parent->type == JSMN_ARRAY) {
        struct json *array = b->node_of[token->parent];
        array->members[array->count++].value = value;
    } else {
        struct json *object = b->node_of[parent->parent];
        object->members[object->count - 1].value = value;
    }
}

bool json_parse(struct arena *arena, const struct source *source,
                const struct json_limits *limits, const struct json **ret_value,
                struct diag *diag)
{
    struct json_census census;
    if (!json_scan(source, limits, &census, diag)) {
        return false;
    }
    size_t count = census.values + census.keys;
    struct builder b = {
        .arena = arena,
        .text = source->text,
        .count = count,
        .tokens = mem_new(count * sizeof(jsmntok_t)),
        .node_of = mem_new(count * sizeof(struct json *)),
        .nodes = ARENA_ARRAY(arena, struct json, census.values),
    };
    tokenise(&b, census.root);
    for (size_t i = 0; i < count; i++) {
        place_token(&b, i);
    }
    assert(b.used == census.values);
    mem_free(b.tokens);
    mem_free(b.node_of);
    *ret_value = b.nodes;
    return true;
}

const struct json *json_read(struct arena *arena, struct str text,
                             const struct json_limits *limits)
{
    const struct source source = {.text = text};
    const struct json *value = NULL;
    struct diag unheard;
    diag_init(&unheard, arena);
    return json_parse(arena, &source, limits, &value, &unheard) ? value : NULL;
}
