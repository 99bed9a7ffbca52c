/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes what stands between quotes: JSON literals, raw strings, quoted names,
 * and numbers. Here because a JSON error inside a literal must be reported at
 * its place in the expression. Start at jmespath_decode_literal(). */
#include "jmespath/private.h"

enum { MOST_DIGITS = 15 };

static struct str body_of(const struct parser *parser, struct token token)
{
    struct str text = jmespath_token_text(parser, token);
    return str_make(text.ptr + 1, text.len - 2);
}

/* Only the delimiter itself can be escaped; any other backslash stays. */
static struct str unescape(struct arena *arena, struct str body, char delimiter)
{
    if (str_find(body, '\\') == STR_NOT_FOUND) {
        return body;
    }
    char *plain = arena_alloc(arena, body.len);
    size_t len = 0;
    for (size_t i = 0; i < body.len; i++) {
        if (body.ptr[i] == '\\' && i + 1 < body.len) {
            if (body.ptr[i + 1] != delimiter) {
                plain[len++] = '\\';
            }
            i++;
        }
        plain[len++] = body.ptr[i];
    }
    return str_make(plain, len);
}

/* Where a byte of the unescaped text stands in the body. */
static size_t escaped_offset(struct str body, char delimiter, size_t plain)
{
    size_t at = 0;
    while (at < body.len && plain > 0) {
        bool escape = body.ptr[at] == '\\' && at + 1 < body.len;
        if (escape && body.ptr[at + 1] != delimiter && plain > 1) {
            at += 2; /* both bytes stay */
            plain -= 2;
        } else {
            at += escape && body.ptr[at + 1] == delimiter ? 2 : 1;
            plain--;
        }
    }
    return at;
}

/* `body` of the token, which begins at `start` in the expression, as JSON. */
static const struct json *parse_json(struct parser *parser, struct str body,
                                     size_t start, char delimiter,
                                     const char *what)
{
    struct source *source = ARENA_NEW(parser->arena, struct source);
    source->name = STR("literal");
    source->text = unescape(parser->arena, body, delimiter);
    struct diag inner;
    diag_init(&inner, parser->arena);
    const struct json *value = NULL;
    if (json_parse(parser->arena, source, &json_default_limits, &value,
                   &inner)) {
        return value;
    }
    struct span span = {start, start + body.len};
    struct str reason = STR("not valid");
    if (inner.first != NULL) {
        size_t from = inner.first->span.start;
        size_t to = inner.first->span.end;
        reason = inner.first->message;
        span.start = start + escaped_offset(body, delimiter, from);
        span.end = start + escaped_offset(body, delimiter, to);
    }
    jmespath_parser_fail(parser, JMESPATH_SYNTAX, span, "%s must be JSON: %.*s",
                         what, STR_ARG(reason));
    return NULL;
}

const struct json *jmespath_decode_literal(struct parser *parser,
                                           struct token token)
{
    struct str body = body_of(parser, token);
    if (str_trim(body).len == 0) {
        jmespath_parser_fail(parser, JMESPATH_SYNTAX, token.span,
                             "there must be JSON between backticks");
        return NULL;
    }
    return parse_json(parser, body, token.span.start + 1, '`',
                      "what stands between backticks");
}

const struct json *jmespath_decode_raw(struct parser *parser,
                                       struct token token)
{
    struct str body = body_of(parser, token);
    return json_new_string(parser->arena, unescape(parser->arena, body, '\''));
}

bool jmespath_decode_name(struct parser *parser, struct token token,
                          struct str *ret_name)
{
    struct str text = jmespath_token_text(parser, token);
    if (token.type == TOKEN_NAME) {
        *ret_name = text;
        return true;
    }
    struct source *source = ARENA_NEW(parser->arena, struct source);
    *source = (struct source){STR("name"), text};
    struct diag inner;
    diag_init(&inner, parser->arena);
    const struct json *value = NULL;
    if (json_parse(parser->arena, source, &json_default_limits, &value,
                   &inner)) {
        *ret_name = value->text;
        return true;
    }
    struct span span = token.span;
    struct str reason = STR("not valid");
    if (inner.first != NULL) {
        span.start = token.span.start + inner.first->span.start;
        span.end = token.span.start + inner.first->span.end;
        reason = inner.first->message;
    }
    jmespath_parser_fail(parser, JMESPATH_SYNTAX, span,
                         "a name in double quotes must be a JSON string: %.*s",
                         STR_ARG(reason));
    return false;
}

bool jmespath_decode_number(struct parser *parser, struct token token,
                            int64_t *ret_number)
{
    struct str text = jmespath_token_text(parser, token);
    bool negative = text.ptr[0] == '-';
    uint64_t number = 0;
    struct str digits = str_from(text, negative ? 1 : 0);
    if (digits.len > MOST_DIGITS || !str_to_u64(digits, &number)) {
        jmespath_parser_fail(parser, JMESPATH_SYNTAX, token.span,
                             "this number is too large for an index");
        return false;
    }
    *ret_number = negative ? -(int64_t)number : (int64_t)number;
    return true;
}
