/* SPDX-License-Identifier: Apache-2.0 */
/* The strict check of a text against RFC 8259, without recursion. Here because
 * jsmn lets much pass and is quadratic in depth: it only ever sees text that is
 * known to be good and shallow. Start at json_scan(). */
#include "json/private.h"

#include "base/hex.h"

#include <limits.h>

enum want {
    WANT_VALUE,
    WANT_VALUE_OR_END, /* after '[' */
    WANT_KEY_OR_END,   /* after '{' */
    WANT_VALUE_AGAIN,  /* after ',' in an array */
    WANT_KEY_AGAIN,    /* after ',' in an object */
    WANT_COLON,
    WANT_COMMA_OR_END, /* after a value inside a container */
    WANT_NOTHING,      /* after the whole value */
};

static const char *const want_words[] = {
    [WANT_VALUE] = "a value",
    [WANT_VALUE_OR_END] = "a value or ']'",
    [WANT_KEY_OR_END] = "a key in quotes or '}'",
    [WANT_VALUE_AGAIN] = "a value after the comma",
    [WANT_KEY_AGAIN] = "a key in quotes after the comma",
    [WANT_COLON] = "':' after the key",
    [WANT_COMMA_OR_END] = "',' or the end of the array or object",
    [WANT_NOTHING] = "nothing more after the value",
};

struct scanner {
    const struct source *source;
    struct str text;
    size_t at;
    enum want want;
    struct buf open; /* one '{' or '[' for each container we are in */
    size_t depth_limit;
    size_t node_limit;
    struct json_census census;
    struct diag *diag;
};

static bool at_end(const struct scanner *s)
{
    return s->at >= s->text.len;
}

/* Zero at the end; a zero byte in the text is refused wherever it stands. */
static char peek(const struct scanner *s)
{
    if (at_end(s)) {
        return '\0';
    }
    return s->text.ptr[s->at];
}

static struct span here(const struct scanner *s)
{
    return (struct span){s->at, at_end(s) ? s->at : s->at + 1};
}

/* Names one byte and no more: the text may be a secret. */
static bool fail_expected(struct scanner *s, const char *expected)
{
    unsigned char c = (unsigned char)peek(s);
    if (at_end(s)) {
        diag_add(s->diag, s->source, here(s), "expected %s, found the end",
                 expected);
    } else if (c > ' ' && c < 0x7F) {
        diag_add(s->diag, s->source, here(s), "expected %s, found '%c'",
                 expected, c);
    } else {
        diag_add(s->diag, s->source, here(s), "expected %s, found byte 0x%02X",
                 expected, c);
    }
    return false;
}

static bool scan_digits(struct scanner *s)
{
    if (!str_is_digit(peek(s))) {
        return fail_expected(s, "a digit");
    }
    while (str_is_digit(peek(s))) {
        s->at++;
    }
    return true;
}

/* number = ["-"] ("0" / 1-9 *digit) ["." 1*digit] [e ["+"/"-"] 1*digit] */
static bool scan_number(struct scanner *s)
{
    if (peek(s) == '-') {
        s->at++;
    }
    bool zero = peek(s) == '0';
    size_t first = s->at;
    if (!scan_digits(s)) {
        return false;
    }
    if (zero && s->at - first > 1) {
        diag_add(s->diag, s->source, (struct span){first, s->at},
                 "a number may not begin with a zero");
        return false;
    }
    if (peek(s) == '.') {
        s->at++;
        if (!scan_digits(s)) {
            return false;
        }
    }
    if (peek(s) == 'e' || peek(s) == 'E') {
        s->at++;
        if (peek(s) == '+' || peek(s) == '-') {
            s->at++;
        }
        return scan_digits(s);
    }
    return true;
}

static bool scan_escape(struct scanner *s)
{
    size_t start = s->at;
    s->at++;
    char c = peek(s);
    if (c == '\0' || strchr("\"\\/bfnrtu", c) == NULL) {
        s->at += !at_end(s);
        diag_add(s->diag, s->source, (struct span){start, s->at},
                 "there is no such escape");
        return false;
    }
    s->at++;
    for (int i = 0; c == 'u' && i < 4; i++) {
        if (hex_value(peek(s)) < 0) {
            return fail_expected(s, "a hexadecimal digit");
        }
        s->at++;
    }
    return true;
}

/* string = quote *(unescaped / escape) quote, in valid UTF-8 */
static bool scan_string(struct scanner *s)
{
    size_t start = s->at++;
    s->at += json_plain_len(str_from(s->text, s->at));
    while (!at_end(s)) {
        unsigned char c = (unsigned char)s->text.ptr[s->at];
        if (c == '"') {
            s->at++;
            return true;
        }
        if (c == '\\') {
            if (!scan_escape(s)) {
                return false;
            }
        } else if (c < ' ') {
            diag_add(s->diag, s->source, here(s),
                     "control character 0x%02X in a string must be escaped", c);
            return false;
        } else if (c < 0x80) {
            s->at++;
        } else {
            size_t len = str_utf8_len(str_from(s->text, s->at));
            if (len == 0) {
                diag_add(s->diag, s->source, here(s),
                         "byte 0x%02X is not valid UTF-8", c);
                return false;
            }
            s->at += len;
        }
    }
    diag_add(s->diag, s->source, (struct span){start, start + 1},
             "the string is never closed");
    return false;
}

static bool scan_word(struct scanner *s)
{
    static const struct str words[] = {{"true", 4}, {"false", 5}, {"null", 4}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_starts(str_from(s->text, s->at), words[i])) {
            s->at += words[i].len;
            return true;
        }
    }
    return fail_expected(s, want_words[s->want]);
}

static void end_value(struct scanner *s)
{
    s->want = s->open.len > 0 ? WANT_COMMA_OR_END : WANT_NOTHING;
    if (s->open.len == 0) {
        s->census.root.end = s->at;
    }
}

static bool open_container(struct scanner *s, char c)
{
    if (s->open.len >= s->depth_limit) {
        s->census.beyond = true;
        diag_add(s->diag, s->source, here(s), "nested deeper than %zu levels",
                 s->depth_limit);
        return false;
    }
    buf_add_char(&s->open, c);
    s->at++;
    s->want = c == '[' ? WANT_VALUE_OR_END : WANT_KEY_OR_END;
    return true;
}

static bool close_container(struct scanner *s)
{
    s->open.len--;
    s->at++;
    end_value(s);
    return true;
}

static bool scan_value(struct scanner *s)
{
    char c = peek(s);
    if (s->census.values >= s->node_limit) {
        s->census.beyond = true;
        diag_add(s->diag, s->source, here(s), "more than %zu values",
                 s->node_limit);
        return false;
    }
    if (s->open.len == 0) {
        s->census.root.start = s->at;
    }
    s->census.values++;
    if (c == '{' || c == '[') {
        return open_container(s, c);
    }
    bool good = c == '"'                      ? scan_string(s)
                : c == '-' || str_is_digit(c) ? scan_number(s)
                                              : scan_word(s);
    end_value(s);
    return good;
}

static bool scan_key(struct scanner *s)
{
    if (peek(s) != '"') {
        return fail_expected(s, want_words[s->want]);
    }
    s->census.keys++;
    s->want = WANT_COLON;
    return scan_string(s);
}

static bool scan_separator(struct scanner *s)
{
    bool object = s->open.bytes[s->open.len - 1] == '{';
    if (peek(s) == (object ? '}' : ']')) {
        return close_container(s);
    }
    if (peek(s) != ',') {
        return fail_expected(s, object ? "',' or '}'" : "',' or ']'");
    }
    s->at++;
    s->want = object ? WANT_KEY_AGAIN : WANT_VALUE_AGAIN;
    return true;
}

static bool scan_step(struct scanner *s)
{
    char c = peek(s);
    switch (s->want) {
    case WANT_VALUE_OR_END:
        return c == ']' ? close_container(s) : scan_value(s);
    case WANT_VALUE:
    case WANT_VALUE_AGAIN:
        return scan_value(s);
    case WANT_KEY_OR_END:
        return c == '}' ? close_container(s) : scan_key(s);
    case WANT_KEY_AGAIN:
        return scan_key(s);
    case WANT_COLON:
        if (c != ':') {
            return fail_expected(s, want_words[s->want]);
        }
        s->at++;
        s->want = WANT_VALUE;
        return true;
    case WANT_COMMA_OR_END:
        return scan_separator(s);
    case WANT_NOTHING:
        break;
    }
    return fail_expected(s, want_words[s->want]);
}

static void skip_blanks(struct scanner *s)
{
    while (!at_end(s) && (peek(s) == ' ' || peek(s) == '\n' ||
                          peek(s) == '\r' || peek(s) == '\t')) {
        s->at++;
    }
}

static bool scan_text(struct scanner *s)
{
    if (s->text.len > INT_MAX) {
        diag_add(s->diag, s->source, (struct span){0, 1},
                 "the text is longer than %d bytes", INT_MAX);
        return false;
    }
    if (str_starts(s->text, STR("\xEF\xBB\xBF"))) {
        diag_add(s->diag, s->source, (struct span){0, 3},
                 "the text begins with a byte order mark");
        return false;
    }
    for (;;) {
        skip_blanks(s);
        if (at_end(s)) {
            return s->want == WANT_NOTHING ||
                   fail_expected(s, want_words[s->want]);
        }
        if (!scan_step(s)) {
            return false;
        }
    }
}

bool json_scan(const struct source *source, const struct json_limits *limits,
               struct json_census *ret_census, struct diag *diag)
{
    struct scanner s = {
        .source = source,
        .text = source->text,
        .depth_limit =
            limits->depth < JSON_DEEPEST ? limits->depth : JSON_DEEPEST,
        .node_limit = limits->nodes,
        .diag = diag,
    };
    bool good = scan_text(&s);
    buf_free(&s.open);
    *ret_census = s.census;
    return good;
}

bool json_is_beyond(struct str text, const struct json_limits *limits)
{
    struct arena *scratch = arena_new();
    const struct source source = {.text = text};
    struct json_census census = {0};
    struct diag unheard;
    diag_init(&unheard, scratch);
    bool good = json_scan(&source, limits, &census, &unheard);
    arena_free(scratch);
    return !good && census.beyond;
}
