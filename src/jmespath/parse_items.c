/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the grammar that hold lists: arguments, multi-selects, and the
 * bindings of a let. Names of functions and variables are resolved here, so
 * that a misspelt one is found when a rule is loaded. Start at
 * jmespath_parse_call(). */
#include "jmespath/private.h"

struct items {
    struct item *at;
    size_t count;
    size_t capacity;
};

static void push_item(struct parser *parser, struct items *items,
                      struct item item)
{
    if (items->count == items->capacity) {
        size_t capacity = items->capacity == 0 ? 4 : items->capacity * 2;
        struct item *more = ARENA_ARRAY(parser->arena, struct item, capacity);
        if (items->count > 0) {
            memcpy(more, items->at, items->count * sizeof(*more));
        }
        items->at = more;
        items->capacity = capacity;
    }
    items->at[items->count++] = item;
}

static struct node *new_holder(struct parser *parser, enum node_type type,
                               struct span span, const struct items *items)
{
    struct node *node = jmespath_node_new(parser, type, span, NULL, NULL);
    if (node == NULL) {
        return NULL;
    }
    node->items = items->at;
    node->count = items->count;
    for (size_t i = 0; i < items->count; i++) {
        if (!jmespath_node_adopt(parser, node, items->at[i].value)) {
            return NULL;
        }
    }
    return node;
}

/* --- functions --- */

static bool find_function(struct parser *parser, struct str name,
                          struct node *ret_call)
{
    ret_call->standard = jmespath_standard_find(name);
    for (size_t i = 0; i < parser->in->function_count; i++) {
        const struct jmespath_function *f = &parser->in->functions[i];
        if (ret_call->standard == NULL && str_eq(name, str_of(f->name))) {
            ret_call->extension = f;
        }
    }
    return ret_call->standard != NULL || ret_call->extension != NULL;
}

static void fail_unknown(struct parser *parser, struct token token)
{
    struct str name = jmespath_token_text(parser, token);
    struct guess guess = jmespath_guess_new(name);
    for (size_t i = 0; jmespath_standard_at(i) != NULL; i++) {
        jmespath_guess_try(&guess, str_of(jmespath_standard_at(i)->name));
    }
    for (size_t i = 0; i < parser->in->function_count; i++) {
        jmespath_guess_try(&guess, str_of(parser->in->functions[i].name));
    }
    if (guess.best.len > 0) {
        jmespath_parser_fail(parser, JMESPATH_UNKNOWN_FUNCTION, token.span,
                             "unknown function `%.*s`; did you mean `%.*s`?",
                             STR_ARG(name), STR_ARG(guess.best));
    } else {
        jmespath_parser_fail(parser, JMESPATH_UNKNOWN_FUNCTION, token.span,
                             "unknown function `%.*s`", STR_ARG(name));
    }
}

static bool check_arity(struct parser *parser, const struct node *call,
                        struct str name)
{
    size_t min = call->standard != NULL ? call->standard->min_arguments
                                        : call->extension->min_arguments;
    size_t max = call->standard != NULL ? call->standard->max_arguments
                                        : call->extension->max_arguments;
    const char *bound = call->count < min ? "at least" : "at most";
    size_t wanted = call->count < min ? min : max;
    if (call->count >= min && call->count <= max) {
        return true;
    }
    jmespath_parser_fail(parser, JMESPATH_INVALID_ARITY, call->span,
                         "`%.*s` takes %s %zu argument%s, here %s %zu",
                         STR_ARG(name), min == max ? "exactly" : bound, wanted,
                         wanted == 1 ? "" : "s",
                         call->count == 1 ? "is" : "are", call->count);
    return false;
}

/* Where an expression reference is wanted and where it stands is known now. */
static bool check_exprefs(struct parser *parser, const struct node *call,
                          struct str name)
{
    for (size_t i = 0; i < call->count; i++) {
        const struct node *argument = call->items[i].value;
        bool wanted =
            call->standard != NULL &&
            jmespath_standard_takes(call->standard, i) == TAKES_EXPREF;
        bool given = argument->type == NODE_EXPREF;
        if (wanted && !given) {
            jmespath_parser_fail(parser, JMESPATH_INVALID_TYPE, argument->span,
                                 "argument %zu of `%.*s` must be an expression "
                                 "reference, such as `&Name`",
                                 i + 1, STR_ARG(name));
            return false;
        }
        if (given && !wanted) {
            jmespath_parser_fail(
                parser, JMESPATH_INVALID_TYPE, argument->span,
                "argument %zu of `%.*s` must be a value, not an "
                "expression reference",
                i + 1, STR_ARG(name));
            return false;
        }
    }
    return true;
}

/* argument = expression / "&" expression */
static const struct node *parse_argument(struct parser *parser)
{
    struct span span = parser->token.span;
    if (!jmespath_parser_accept(parser, TOKEN_EXPREF)) {
        return jmespath_parse_expression(parser);
    }
    const struct node *inner = jmespath_parse_expression(parser);
    if (inner == NULL) {
        return NULL;
    }
    return jmespath_node_new(parser, NODE_EXPREF,
                             jmespath_span_join(span, inner->span), inner,
                             NULL);
}

static bool parse_arguments(struct parser *parser, struct items *items)
{
    if (parser->token.type == TOKEN_RPAREN) {
        return true;
    }
    do {
        const struct node *argument = parse_argument(parser);
        if (argument == NULL) {
            return false;
        }
        push_item(parser, items, (struct item){.value = argument});
    } while (jmespath_parser_accept(parser, TOKEN_COMMA));
    return true;
}

/* function = name "(" [ argument *( "," argument ) ] ")" */
const struct node *jmespath_parse_call(struct parser *parser)
{
    struct token token = parser->token;
    struct str name = jmespath_token_text(parser, token);
    struct items items = {0};
    struct node found = {0};
    if (!find_function(parser, name, &found)) {
        fail_unknown(parser, token);
        return NULL;
    }
    jmespath_parser_next(parser);
    jmespath_parser_next(parser);
    if (!parse_arguments(parser, &items)) {
        return NULL;
    }
    struct span span = jmespath_span_join(token.span, parser->token.span);
    if (!jmespath_parser_expect(parser, TOKEN_RPAREN, "',' or a closing ')'")) {
        return NULL;
    }
    struct node *call = new_holder(parser, NODE_CALL, span, &items);
    if (call == NULL) {
        return NULL;
    }
    call->standard = found.standard;
    call->extension = found.extension;
    if (!check_arity(parser, call, name) ||
        !check_exprefs(parser, call, name)) {
        return NULL;
    }
    return call;
}

/* --- multi-selects --- */

/* multi-select-list = "[" expression *( "," expression ) "]" */
const struct node *jmespath_parse_multi_list(struct parser *parser)
{
    struct span first = parser->token.span;
    struct items items = {0};
    do {
        jmespath_parser_next(parser);
        const struct node *element = jmespath_parse_expression(parser);
        if (element == NULL) {
            return NULL;
        }
        push_item(parser, &items, (struct item){.value = element});
    } while (parser->token.type == TOKEN_COMMA);
    struct span span = jmespath_span_join(first, parser->token.span);
    if (!jmespath_parser_expect(parser, TOKEN_RBRACKET,
                                "',' or a closing ']'")) {
        return NULL;
    }
    return new_holder(parser, NODE_MULTI_LIST, span, &items);
}

/* pair = ( name / quoted ) ":" expression */
static bool parse_pair(struct parser *parser, struct item *pair)
{
    struct token token = parser->token;
    if (token.type != TOKEN_NAME && token.type != TOKEN_QUOTED) {
        jmespath_parser_unexpected(parser, "a key");
        return false;
    }
    if (!jmespath_decode_name(parser, token, &pair->key)) {
        return false;
    }
    jmespath_parser_next(parser);
    if (!jmespath_parser_expect(parser, TOKEN_COLON, "':' after the key")) {
        return false;
    }
    pair->value = jmespath_parse_expression(parser);
    return pair->value != NULL;
}

/* A key that is given twice has the last value. */
static bool put_pair(struct parser *parser, struct items *items,
                     struct item pair)
{
    for (size_t i = 0; i < items->count; i++) {
        if (str_eq(items->at[i].key, pair.key)) {
            items->at[i] = pair;
            return true;
        }
    }
    if (items->count == MOST_PAIRS) {
        jmespath_parser_fail(parser, JMESPATH_LIMIT, parser->token.span,
                             "more than %d keys", (int)MOST_PAIRS);
        return false;
    }
    push_item(parser, items, pair);
    return true;
}

/* multi-select-hash = "{" pair *( "," pair ) "}" */
const struct node *jmespath_parse_multi_hash(struct parser *parser)
{
    struct span first = parser->token.span;
    struct items items = {0};
    do {
        struct item pair = {0};
        jmespath_parser_next(parser);
        if (!parse_pair(parser, &pair) || !put_pair(parser, &items, pair)) {
            return NULL;
        }
    } while (parser->token.type == TOKEN_COMMA);
    struct span span = jmespath_span_join(first, parser->token.span);
    if (!jmespath_parser_expect(parser, TOKEN_RBRACE, "',' or a closing '}'")) {
        return NULL;
    }
    return new_holder(parser, NODE_MULTI_HASH, span, &items);
}

/* --- let --- */

static void fail_undefined(struct parser *parser, struct token token,
                           struct str name)
{
    struct guess guess = jmespath_guess_new(name);
    for (const struct variable *v = parser->scope; v != NULL; v = v->outer) {
        jmespath_guess_try(&guess, v->name);
    }
    if (guess.best.len > 0) {
        jmespath_parser_fail(
            parser, JMESPATH_UNDEFINED_VARIABLE, token.span,
            "undefined variable `$%.*s`; did you mean `$%.*s`?", STR_ARG(name),
            STR_ARG(guess.best));
    } else {
        jmespath_parser_fail(
            parser, JMESPATH_UNDEFINED_VARIABLE, token.span,
            "undefined variable `$%.*s`; a field of the document is "
            "written `$.%.*s`",
            STR_ARG(name), STR_ARG(name));
    }
}

/* Looks from the innermost scope outwards. */
const struct node *jmespath_parse_variable(struct parser *parser)
{
    struct token token = parser->token;
    struct str name = str_from(jmespath_token_text(parser, token), 1);
    for (const struct variable *v = parser->scope; v != NULL; v = v->outer) {
        if (str_eq(v->name, name)) {
            jmespath_parser_next(parser);
            struct node *node = jmespath_node_new(parser, NODE_VARIABLE,
                                                  token.span, NULL, NULL);
            if (node != NULL) {
                node->slot = v->slot;
            }
            return node;
        }
    }
    fail_undefined(parser, token, name);
    return NULL;
}

/* binding = variable "=" expression */
static bool parse_binding(struct parser *parser, struct item *binding)
{
    struct token token = parser->token;
    if (!jmespath_parser_expect(parser, TOKEN_VARIABLE,
                                "a variable such as $name") ||
        !jmespath_parser_expect(parser, TOKEN_ASSIGN,
                                "'=' after the variable")) {
        return false;
    }
    binding->key = str_from(jmespath_token_text(parser, token), 1);
    binding->value = jmespath_parse_expression(parser);
    binding->slot = parser->slot_count++;
    return binding->value != NULL;
}

/* All become visible together: a binding does not see its neighbours. */
static void open_scope(struct parser *parser, const struct items *bindings)
{
    for (size_t i = 0; i < bindings->count; i++) {
        struct variable *variable = ARENA_NEW(parser->arena, struct variable);
        variable->name = bindings->at[i].key;
        variable->slot = bindings->at[i].slot;
        variable->outer = parser->scope;
        parser->scope = variable;
    }
}

/* let = "let" binding *( "," binding ) "in" expression */
const struct node *jmespath_parse_let(struct parser *parser)
{
    struct span first = parser->token.span;
    const struct variable *outer = parser->scope;
    struct items bindings = {0};
    do {
        struct item binding = {0};
        jmespath_parser_next(parser);
        if (!parse_binding(parser, &binding)) {
            return NULL;
        }
        push_item(parser, &bindings, binding);
    } while (parser->token.type == TOKEN_COMMA);
    if (parser->token.type != TOKEN_NAME ||
        !str_eq(jmespath_token_text(parser, parser->token), STR("in"))) {
        jmespath_parser_unexpected(parser, "',' or 'in' after the binding");
        return NULL;
    }
    jmespath_parser_next(parser);
    open_scope(parser, &bindings);
    const struct node *body = jmespath_parse_expression(parser);
    parser->scope = outer;
    if (body == NULL) {
        return NULL;
    }
    struct node *let = new_holder(
        parser, NODE_LET, jmespath_span_join(first, body->span), &bindings);
    if (let == NULL || !jmespath_node_adopt(parser, let, body)) {
        return NULL;
    }
    let->right = body;
    return let;
}
