/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar: precedence climbing, where an operator takes what binds tighter
 * than itself as its right side. A projection takes everything up to the next
 * `[]`, comparison, pipe or closing bracket. Start at jmespath_parse_whole().
 */
#include "jmespath/private.h"

/* How tightly an operator binds what stands to its left. */
enum power {
    POWER_NONE,
    POWER_PIPE,
    POWER_OR,
    POWER_AND,
    POWER_COMPARE,
    POWER_NOT,
    POWER_FLATTEN,
    POWER_STAR,
    POWER_FILTER,
    POWER_DOT,
    POWER_BRACKET,
};

static const enum power powers[TOKEN_COUNT] = {
    [TOKEN_PIPE] = POWER_PIPE,        [TOKEN_OR] = POWER_OR,
    [TOKEN_AND] = POWER_AND,          [TOKEN_EQ] = POWER_COMPARE,
    [TOKEN_NE] = POWER_COMPARE,       [TOKEN_LT] = POWER_COMPARE,
    [TOKEN_LE] = POWER_COMPARE,       [TOKEN_GT] = POWER_COMPARE,
    [TOKEN_GE] = POWER_COMPARE,       [TOKEN_FLATTEN] = POWER_FLATTEN,
    [TOKEN_FILTER] = POWER_FILTER,    [TOKEN_DOT] = POWER_DOT,
    [TOKEN_LBRACKET] = POWER_BRACKET,
};

static const struct node *parse_star(struct parser *parser);
static const struct node *parse_above(struct parser *parser, enum power power);
static const struct node *parse_infix(struct parser *parser,
                                      const struct node *left);
static const struct node *climb(struct parser *parser, const struct node *left,
                                enum power power);

/* Every circle of parse functions passes through here. */
static bool enter(struct parser *parser)
{
    if (parser->depth >= DEEPEST_NESTING) {
        jmespath_parser_fail_deep(parser, parser->token.span);
        return false;
    }
    parser->depth++;
    return true;
}

/* The value itself, where an operator that needs a left side has none: it
 * takes no room in the text. */
static const struct node *current_here(struct parser *parser)
{
    size_t at = parser->token.span.start;
    return jmespath_node_new(parser, NODE_CURRENT, (struct span){at, at}, NULL,
                             NULL);
}

/* field = name / quoted */
static const struct node *parse_field(struct parser *parser)
{
    struct token token = parser->token;
    struct str name;
    if (!jmespath_decode_name(parser, token, &name)) {
        return NULL;
    }
    jmespath_parser_next(parser);
    if (token.type == TOKEN_QUOTED && parser->token.type == TOKEN_LPAREN) {
        jmespath_parser_fail(parser, JMESPATH_SYNTAX, token.span,
                             "the name of a function stands without quotes");
        return NULL;
    }
    struct node *node =
        jmespath_node_new(parser, NODE_FIELD, token.span, NULL, NULL);
    if (node != NULL) {
        node->name = name;
    }
    return node;
}

static const struct node *parse_name(struct parser *parser)
{
    bool call = jmespath_parser_peek(parser).type == TOKEN_LPAREN;
    return call ? jmespath_parse_call(parser) : parse_field(parser);
}

/* dot-right = name / quoted / function / "*"  (and what binds tighter)
 *           / multi-select-list / multi-select-hash */
static const struct node *parse_after_dot(struct parser *parser,
                                          enum power power)
{
    switch (parser->token.type) {
    case TOKEN_NAME:
        return climb(parser, parse_name(parser), power);
    case TOKEN_QUOTED:
        return climb(parser, parse_field(parser), power);
    case TOKEN_STAR:
        return climb(parser, parse_star(parser), power);
    case TOKEN_LBRACKET:
        return jmespath_parse_multi_list(parser);
    case TOKEN_LBRACE:
        return jmespath_parse_multi_hash(parser);
    default:
        jmespath_parser_unexpected(parser,
                                   "a name, '*', '[' or '{' after the '.'");
        return NULL;
    }
}

/* projected = [ "." dot-right / bracket-specifier ... ]
 * What is done to each element; nothing when the projection ends at once. */
static const struct node *parse_projected(struct parser *parser,
                                          enum power power)
{
    switch (parser->token.type) {
    case TOKEN_DOT:
        jmespath_parser_next(parser);
        return parse_after_dot(parser, power);
    case TOKEN_LBRACKET:
    case TOKEN_FILTER:
        /* Even a filter behind a filter, which binds no tighter. */
        return climb(parser, parse_infix(parser, current_here(parser)), power);
    default:
        return current_here(parser);
    }
}

static struct node *new_projection(struct parser *parser, enum node_type type,
                                   const struct node *left, struct span span,
                                   enum power power)
{
    if (!enter(parser)) {
        return NULL;
    }
    const struct node *right = parse_projected(parser, power);
    parser->depth--;
    if (left == NULL || right == NULL) {
        return NULL;
    }
    return jmespath_node_new(
        parser, type, jmespath_span_join(span, right->span), left, right);
}

/* One of the three numbers of a slice, where there is one. */
static bool parse_slice_part(struct parser *parser, struct slice_part *part)
{
    if (parser->token.type != TOKEN_NUMBER) {
        return true;
    }
    part->given = true;
    if (!jmespath_decode_number(parser, parser->token, &part->value)) {
        return false;
    }
    jmespath_parser_next(parser);
    return true;
}

static bool check_step(struct parser *parser, struct token token,
                       struct slice_part step)
{
    if (step.given && step.value == 0) {
        jmespath_parser_fail(parser, JMESPATH_INVALID_VALUE, token.span,
                             "the step of a slice cannot be 0");
        return false;
    }
    return true;
}

/* slice = "[" [number] ":" [number] [ ":" [number] ] "]" projected
 * The first number has been read. */
static const struct node *parse_slice(struct parser *parser,
                                      const struct node *left,
                                      struct slice_part start, size_t begin)
{
    struct slice *slice = ARENA_NEW(parser->arena, struct slice);
    struct slice_part step = {false, 1};
    slice->start = start;
    jmespath_parser_next(parser);
    if (!parse_slice_part(parser, &slice->stop)) {
        return NULL;
    }
    struct token step_token = {0};
    if (jmespath_parser_accept(parser, TOKEN_COLON)) {
        step_token = parser->token;
        if (!parse_slice_part(parser, &step)) {
            return NULL;
        }
    }
    slice->step = step.value;
    struct span span = {begin, parser->token.span.end};
    if (!jmespath_parser_expect(parser, TOKEN_RBRACKET,
                                "a number or a closing ']' of the slice") ||
        !check_step(parser, step_token, step)) {
        return NULL;
    }
    struct node *node =
        new_projection(parser, NODE_SLICE, left, span, POWER_STAR);
    if (node != NULL) {
        node->slice = slice;
    }
    return node;
}

/* bracket-specifier = "[" number "]" / "[" "*" "]" projected / slice */
static const struct node *parse_bracket(struct parser *parser,
                                        const struct node *left)
{
    size_t begin = parser->token.span.start;
    struct slice_part number = {false, 0};
    jmespath_parser_next(parser);
    if (jmespath_parser_accept(parser, TOKEN_STAR)) {
        struct span span = {begin, parser->token.span.end};
        if (!jmespath_parser_expect(parser, TOKEN_RBRACKET, "a closing ']'")) {
            return NULL;
        }
        return new_projection(parser, NODE_LIST, left, span, POWER_STAR);
    }
    if (!parse_slice_part(parser, &number)) {
        return NULL;
    }
    if (parser->token.type == TOKEN_COLON) {
        return parse_slice(parser, left, number, begin);
    }
    if (!number.given) {
        jmespath_parser_unexpected(parser,
                                   "a number, '*' or ':' after the '['");
        return NULL;
    }
    struct span span = {begin, parser->token.span.end};
    if (!jmespath_parser_expect(parser, TOKEN_RBRACKET, "a closing ']'")) {
        return NULL;
    }
    struct node *node = jmespath_node_new(parser, NODE_INDEX, span, left, NULL);
    if (node != NULL) {
        node->index = number.value;
    }
    return node;
}

/* flatten = "[]" projected */
static const struct node *parse_flatten(struct parser *parser,
                                        const struct node *left)
{
    struct span span = parser->token.span;
    jmespath_parser_next(parser);
    const struct node *flat =
        jmespath_node_new(parser, NODE_FLATTEN, span, left, NULL);
    return new_projection(parser, NODE_LIST, flat, span, POWER_FLATTEN);
}

/* filter = "[?" expression "]" projected */
static const struct node *parse_filter(struct parser *parser,
                                       const struct node *left)
{
    struct span span = parser->token.span;
    const struct node *condition = jmespath_parse_nested(
        parser, TOKEN_RBRACKET, "a closing ']' of the filter");
    if (condition == NULL) {
        return NULL;
    }
    struct node *node =
        new_projection(parser, NODE_FILTER, left, span, POWER_FILTER);
    if (node == NULL) {
        return NULL;
    }
    node->condition = condition;
    return jmespath_node_adopt(parser, node, condition) ? node : NULL;
}

/* values = "*" projected */
static const struct node *parse_star(struct parser *parser)
{
    const struct node *left = current_here(parser);
    struct span span = parser->token.span;
    jmespath_parser_next(parser);
    return new_projection(parser, NODE_VALUES, left, span, POWER_STAR);
}

/* not = "!" expression, which may be a path but not a comparison: `!a.b == c`
 * is `(!(a.b)) == c` */
static const struct node *parse_not(struct parser *parser)
{
    struct span span = parser->token.span;
    jmespath_parser_next(parser);
    const struct node *operand = parse_above(parser, POWER_NOT);
    if (operand == NULL) {
        return NULL;
    }
    return jmespath_node_new(parser, NODE_NOT,
                             jmespath_span_join(span, operand->span), operand,
                             NULL);
}

/* `let` and `in` are no reserved words: a field may be called so. */
static const struct node *parse_word(struct parser *parser)
{
    bool let = str_eq(jmespath_token_text(parser, parser->token), STR("let")) &&
               jmespath_parser_peek(parser).type == TOKEN_VARIABLE;
    return let ? jmespath_parse_let(parser) : parse_name(parser);
}

/* literal = "`" JSON "`" / "'" raw "'" */
static const struct node *parse_literal(struct parser *parser)
{
    struct token token = parser->token;
    const struct json *value = token.type == TOKEN_RAW
                                   ? jmespath_decode_raw(parser, token)
                                   : jmespath_decode_literal(parser, token);
    if (value == NULL) {
        return NULL;
    }
    jmespath_parser_next(parser);
    struct node *node =
        jmespath_node_new(parser, NODE_LITERAL, token.span, NULL, NULL);
    if (node != NULL) {
        node->literal = value;
    }
    return node;
}

static const struct node *parse_simple(struct parser *parser,
                                       enum node_type type)
{
    struct span span = parser->token.span;
    jmespath_parser_next(parser);
    return jmespath_node_new(parser, type, span, NULL, NULL);
}

/* At the start of an expression `[` may also begin a multi-select-list. */
static const struct node *parse_leading_bracket(struct parser *parser)
{
    struct token next = jmespath_parser_peek(parser);
    bool specifier = next.type == TOKEN_NUMBER || next.type == TOKEN_COLON;
    if (next.type == TOKEN_STAR) {
        specifier = jmespath_lex_token(parser->text, next.span.end).type ==
                    TOKEN_RBRACKET;
    }
    return specifier ? parse_bracket(parser, current_here(parser))
                     : jmespath_parse_multi_list(parser);
}

/* prefix = field / function / let / variable / literal / "@" / "$" / "*"
 *        / bracket-specifier / flatten / filter / multi-select-list
 *        / multi-select-hash / not / "(" expression ")" */
static const struct node *parse_prefix(struct parser *parser)
{
    switch (parser->token.type) {
    case TOKEN_NAME:
        return parse_word(parser);
    case TOKEN_QUOTED:
        return parse_field(parser);
    case TOKEN_RAW:
    case TOKEN_LITERAL:
        return parse_literal(parser);
    case TOKEN_VARIABLE:
        return jmespath_parse_variable(parser);
    case TOKEN_CURRENT:
        return parse_simple(parser, NODE_CURRENT);
    case TOKEN_ROOT:
        return parse_simple(parser, NODE_ROOT);
    case TOKEN_STAR:
        return parse_star(parser);
    case TOKEN_LBRACKET:
        return parse_leading_bracket(parser);
    case TOKEN_FLATTEN:
        return parse_flatten(parser, current_here(parser));
    case TOKEN_FILTER:
        return parse_filter(parser, current_here(parser));
    case TOKEN_LBRACE:
        return jmespath_parse_multi_hash(parser);
    case TOKEN_NOT:
        return parse_not(parser);
    case TOKEN_LPAREN:
        return jmespath_parse_nested(parser, TOKEN_RPAREN, "a closing ')'");
    case TOKEN_EXPREF:
        jmespath_parser_fail(
            parser, JMESPATH_SYNTAX, parser->token.span,
            "'&' may only stand before an argument of a function; "
            "'and' is written '&&'");
        return NULL;
    case TOKEN_NUMBER:
        jmespath_parser_fail(
            parser, JMESPATH_SYNTAX, parser->token.span,
            "a number stands between backticks: `%.*s`",
            STR_ARG(jmespath_token_text(parser, parser->token)));
        return NULL;
    default:
        jmespath_parser_unexpected(parser, "an expression");
        return NULL;
    }
}

static enum node_type type_of_binary(enum token_type sign)
{
    switch (sign) {
    case TOKEN_DOT:
    case TOKEN_PIPE:
        return NODE_THEN;
    case TOKEN_OR:
        return NODE_OR;
    case TOKEN_AND:
        return NODE_AND;
    default:
        return NODE_COMPARE;
    }
}

/* binary = left ( "." dot-right / sign expression )
 * where sign is "|", "||", "&&", or one of the comparators */
static const struct node *parse_binary(struct parser *parser,
                                       const struct node *left)
{
    enum token_type sign = parser->token.type;
    jmespath_parser_next(parser);
    const struct node *right = sign == TOKEN_DOT
                                   ? parse_after_dot(parser, POWER_DOT)
                                   : parse_above(parser, powers[sign]);
    if (right == NULL) {
        return NULL;
    }
    struct node *node = jmespath_node_new(
        parser, type_of_binary(sign),
        jmespath_span_join(left->span, right->span), left, right);
    if (node != NULL && node->type == NODE_COMPARE) {
        node->comparator = sign;
    }
    return node;
}

/* infix = left ( bracket-specifier / flatten / filter / binary ) */
static const struct node *parse_infix(struct parser *parser,
                                      const struct node *left)
{
    switch (parser->token.type) {
    case TOKEN_LBRACKET:
        return parse_bracket(parser, left);
    case TOKEN_FLATTEN:
        return parse_flatten(parser, left);
    case TOKEN_FILTER:
        return parse_filter(parser, left);
    default:
        return parse_binary(parser, left);
    }
}

/* Takes operators from left to right as long as they bind tighter. */
static const struct node *climb(struct parser *parser, const struct node *left,
                                enum power power)
{
    while (left != NULL && powers[parser->token.type] > power) {
        left = parse_infix(parser, left);
    }
    return left;
}

static const struct node *parse_above(struct parser *parser, enum power power)
{
    if (!enter(parser)) {
        return NULL;
    }
    const struct node *node = climb(parser, parse_prefix(parser), power);
    parser->depth--;
    return node;
}

/* expression = prefix *( infix ) */
const struct node *jmespath_parse_expression(struct parser *parser)
{
    return parse_above(parser, POWER_NONE);
}

/* nested = opening expression closing; the current token is the opening. */
const struct node *jmespath_parse_nested(struct parser *parser,
                                         enum token_type closing,
                                         const char *what)
{
    jmespath_parser_next(parser);
    const struct node *inner = jmespath_parse_expression(parser);
    if (inner == NULL || !jmespath_parser_expect(parser, closing, what)) {
        return NULL;
    }
    return inner;
}

/* whole = expression END */
const struct node *jmespath_parse_whole(struct parser *parser)
{
    const struct node *tree = jmespath_parse_expression(parser);
    if (tree != NULL &&
        !jmespath_parser_expect(parser, TOKEN_END, "an operator or the end")) {
        return NULL;
    }
    return tree;
}
