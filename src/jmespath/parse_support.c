/* SPDX-License-Identifier: Apache-2.0 */
/* Moving over tokens, making nodes, saying what was expected. Here because
 * parse.c and parse_items.c both do so. Start at jmespath_parser_expect(). */
#include "jmespath/private.h"

enum { LONGEST_QUOTE = 24 };

void jmespath_parser_next(struct parser *parser)
{
    parser->token = jmespath_lex_token(parser->text, parser->token.span.end);
}

struct token jmespath_parser_peek(const struct parser *parser)
{
    return jmespath_lex_token(parser->text, parser->token.span.end);
}

bool jmespath_parser_accept(struct parser *parser, enum token_type type)
{
    if (parser->token.type != type) {
        return false;
    }
    jmespath_parser_next(parser);
    return true;
}

bool jmespath_parser_expect(struct parser *parser, enum token_type type,
                            const char *what)
{
    if (jmespath_parser_accept(parser, type)) {
        return true;
    }
    jmespath_parser_unexpected(parser, what);
    return false;
}

struct str jmespath_token_text(const struct parser *parser, struct token token)
{
    return str_make(parser->text.ptr + token.span.start,
                    token.span.end - token.span.start);
}

/* What people write who come from another language. */
static const struct {
    const char *written;
    const char *meant;
} foreign_words[] = {
    {"and", "&&"},
    {"or", "||"},
    {"not", "!"},
};

static const char *meant_by(struct str word)
{
    for (size_t i = 0; i < sizeof(foreign_words) / sizeof(foreign_words[0]);
         i++) {
        if (str_eq_nocase(word, str_of(foreign_words[i].written))) {
            return foreign_words[i].meant;
        }
    }
    return NULL;
}

void jmespath_parser_unexpected(struct parser *parser, const char *wanted)
{
    struct token token = parser->token;
    struct str text = jmespath_token_text(parser, token);
    const char *meant = token.type == TOKEN_NAME ? meant_by(text) : NULL;
    if (token.type == TOKEN_BAD) {
        jmespath_parser_fail(parser, JMESPATH_SYNTAX, token.span, "%s",
                             token.problem);
    } else if (token.type == TOKEN_END) {
        jmespath_parser_fail(parser, JMESPATH_SYNTAX, token.span,
                             "expected %s, but the expression ends here",
                             wanted);
    } else if (token.type == TOKEN_ASSIGN) {
        jmespath_parser_fail(parser, JMESPATH_SYNTAX, token.span,
                             "expected %s, found '='; equality is written '=='",
                             wanted);
    } else if (meant != NULL) {
        jmespath_parser_fail(parser, JMESPATH_SYNTAX, token.span,
                             "expected %s, found `%.*s`; did you mean `%s`?",
                             wanted, STR_ARG(text), meant);
    } else if (text.len > LONGEST_QUOTE) {
        jmespath_parser_fail(parser, JMESPATH_SYNTAX, token.span, "expected %s",
                             wanted);
    } else {
        jmespath_parser_fail(parser, JMESPATH_SYNTAX, token.span,
                             "expected %s, found `%.*s`", wanted,
                             STR_ARG(text));
    }
}

struct span jmespath_span_join(struct span first, struct span last)
{
    return (struct span){first.start, last.end};
}

void jmespath_parser_fail_deep(struct parser *parser, struct span span)
{
    jmespath_parser_fail(parser, JMESPATH_LIMIT, span,
                         "the expression is nested deeper than %d levels",
                         (int)DEEPEST_NESTING);
}

bool jmespath_node_adopt(struct parser *parser, struct node *node,
                         const struct node *child)
{
    if (child != NULL && child->height >= node->height) {
        node->height = child->height + 1;
    }
    if (node->height > DEEPEST_NESTING) {
        jmespath_parser_fail_deep(parser, node->span);
        return false;
    }
    return true;
}

struct node *jmespath_node_new(struct parser *parser, enum node_type type,
                               struct span span, const struct node *left,
                               const struct node *right)
{
    struct node *node = ARENA_NEW(parser->arena, struct node);
    node->type = type;
    node->span = span;
    node->left = left;
    node->right = right;
    if (!jmespath_node_adopt(parser, node, left) ||
        !jmespath_node_adopt(parser, node, right)) {
        return NULL;
    }
    return node;
}

struct guess jmespath_guess_new(struct str wanted)
{
    /* More edits than these make another word. */
    size_t furthest = wanted.len < 4 ? 1 : 2;
    return (struct guess){.wanted = wanted, .distance = furthest + 1};
}

void jmespath_guess_try(struct guess *guess, struct str name)
{
    size_t distance = str_distance(guess->wanted, name);
    if (distance < guess->distance) {
        guess->distance = distance;
        guess->best = name;
    }
}
