/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts the text of an expression into tokens, without decoding any of them.
 * Pure, so that the parser may look ahead as often as it likes. Start at
 * jmespath_lex_token(). */
#include "jmespath/private.h"

static bool starts_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static size_t end_of_name(struct str text, size_t at)
{
    while (at < text.len &&
           (starts_name(text.ptr[at]) || str_is_digit(text.ptr[at]))) {
        at++;
    }
    return at;
}

static struct token make(enum token_type type, size_t start, size_t end)
{
    return (struct token){.type = type, .span = {start, end}};
}

static struct token bad(size_t start, size_t end, const char *problem)
{
    return (struct token){
        .type = TOKEN_BAD, .span = {start, end}, .problem = problem};
}

/* Up to the delimiter that is not escaped; an escape is two bytes long, so
 * that a backslash before the closing delimiter can itself be escaped. */
static struct token lex_delimited(struct str text, size_t start,
                                  enum token_type type, const char *problem)
{
    char delimiter = text.ptr[start];
    size_t at = start + 1;
    while (at < text.len && text.ptr[at] != delimiter) {
        at += text.ptr[at] == '\\' ? 2 : 1;
    }
    if (at >= text.len) {
        return bad(start, start + 1, problem);
    }
    return make(type, start, at + 1);
}

static struct token lex_number(struct str text, size_t start)
{
    size_t at = start + 1;
    while (at < text.len && str_is_digit(text.ptr[at])) {
        at++;
    }
    if (text.ptr[start] == '-' && at == start + 1) {
        return bad(start, at,
                   "a '-' is followed by digits; JMESPath does not "
                   "subtract");
    }
    return make(TOKEN_NUMBER, start, at);
}

static struct token lex_dollar(struct str text, size_t start)
{
    if (start + 1 < text.len && starts_name(text.ptr[start + 1])) {
        return make(TOKEN_VARIABLE, start, end_of_name(text, start + 1));
    }
    return make(TOKEN_ROOT, start, start + 1);
}

/* The longer spelling stands before the shorter. */
static const struct {
    const char *text;
    enum token_type type;
} operators[] = {
    {"[?", TOKEN_FILTER},  {"[]", TOKEN_FLATTEN}, {"[", TOKEN_LBRACKET},
    {"]", TOKEN_RBRACKET}, {"{", TOKEN_LBRACE},   {"}", TOKEN_RBRACE},
    {"(", TOKEN_LPAREN},   {")", TOKEN_RPAREN},   {"||", TOKEN_OR},
    {"|", TOKEN_PIPE},     {"&&", TOKEN_AND},     {"&", TOKEN_EXPREF},
    {"==", TOKEN_EQ},      {"=", TOKEN_ASSIGN},   {"!=", TOKEN_NE},
    {"!", TOKEN_NOT},      {"<=", TOKEN_LE},      {"<", TOKEN_LT},
    {">=", TOKEN_GE},      {">", TOKEN_GT},       {"*", TOKEN_STAR},
    {".", TOKEN_DOT},      {",", TOKEN_COMMA},    {":", TOKEN_COLON},
    {"@", TOKEN_CURRENT},
};

static struct token lex_operator(struct str text, size_t start)
{
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        struct str spelling = str_of(operators[i].text);
        if (str_starts(str_from(text, start), spelling)) {
            return make(operators[i].type, start, start + spelling.len);
        }
    }
    if ((unsigned char)text.ptr[start] >= 0x80U) {
        return bad(start, start + jmespath_character_length(text, start),
                   "a name with this character must stand in double quotes");
    }
    return bad(start, start + 1, "this character has no meaning in JMESPath");
}

struct token jmespath_lex_token(struct str text, size_t from)
{
    size_t at = from;
    while (at < text.len && str_is_blank(text.ptr[at])) {
        at++;
    }
    if (at >= text.len) {
        return make(TOKEN_END, text.len, text.len);
    }
    char c = text.ptr[at];
    if (starts_name(c)) {
        return make(TOKEN_NAME, at, end_of_name(text, at));
    }
    if (str_is_digit(c) || c == '-') {
        return lex_number(text, at);
    }
    switch (c) {
    case '"':
        return lex_delimited(text, at, TOKEN_QUOTED,
                             "this double quote is never closed");
    case '\'':
        return lex_delimited(text, at, TOKEN_RAW,
                             "this single quote is never closed");
    case '`':
        return lex_delimited(text, at, TOKEN_LITERAL,
                             "this backtick is never closed");
    case '$':
        return lex_dollar(text, at);
    default:
        return lex_operator(text, at);
    }
}
