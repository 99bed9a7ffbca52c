/* SPDX-License-Identifier: Apache-2.0 */
/* From text to a compiled expression, and from an offset in the text to the
 * place in the file that it came from. Start at jmespath_compile(). */
#include "jmespath/private.h"

static const char *const error_names[] = {
    [JMESPATH_OK] = "ok",
    [JMESPATH_SYNTAX] = "syntax",
    [JMESPATH_UNKNOWN_FUNCTION] = "unknown-function",
    [JMESPATH_INVALID_ARITY] = "invalid-arity",
    [JMESPATH_INVALID_TYPE] = "invalid-type",
    [JMESPATH_INVALID_VALUE] = "invalid-value",
    [JMESPATH_UNDEFINED_VARIABLE] = "undefined-variable",
    [JMESPATH_LIMIT] = "limit",
};

const char *jmespath_error_name(enum jmespath_error error)
{
    size_t count = sizeof(error_names) / sizeof(error_names[0]);
    return (size_t)error < count ? error_names[error] : "unknown";
}

/* The source a diag speaks of: the caller's file, or the text by itself. */
static const struct source *source_of(const struct parser *parser)
{
    if (parser->in->source != NULL) {
        return parser->in->source;
    }
    struct source *source = ARENA_NEW(parser->diag->arena, struct source);
    source->name = STR("expression");
    source->text = parser->text;
    return source;
}

static struct span place_span(const struct parser *parser, struct span span)
{
    const struct json *string = parser->in->string;
    const struct source *source = parser->in->source;
    if (string == NULL || source == NULL) {
        return span;
    }
    return (struct span){json_string_offset(string, source, span.start),
                         json_string_offset(string, source, span.end)};
}

void jmespath_parser_fail(struct parser *parser, enum jmespath_error error,
                          struct span span, const char *format, ...)
{
    if (parser->error != JMESPATH_OK) {
        return;
    }
    va_list args;
    va_start(args, format);
    struct str message = arena_vprintf(parser->diag->arena, format, args);
    va_end(args);
    parser->error = error;
    diag_add(parser->diag, source_of(parser), place_span(parser, span), "%.*s",
             STR_ARG(message));
}

bool jmespath_compile(struct arena *arena, const struct jmespath_compile_in *in,
                      const struct jmespath **ret_expression,
                      enum jmespath_error *ret_error, struct diag *diag)
{
    struct parser parser = {
        .arena = arena, .in = in, .diag = diag, .text = in->text};
    *ret_expression = NULL;
    if (in->text.len > LONGEST_TEXT) {
        jmespath_parser_fail(&parser, JMESPATH_LIMIT, (struct span){0, 0},
                             "the expression is longer than %d bytes",
                             (int)LONGEST_TEXT);
        *ret_error = parser.error;
        return false;
    }
    jmespath_parser_next(&parser);
    const struct node *tree = jmespath_parse_whole(&parser);
    *ret_error = parser.error;
    if (tree == NULL) {
        return false;
    }
    struct jmespath *expression = ARENA_NEW(arena, struct jmespath);
    expression->text = in->text;
    expression->tree = tree;
    expression->slot_count = parser.slot_count;
    jmespath_find_roots(arena, expression);
    *ret_expression = expression;
    return true;
}
