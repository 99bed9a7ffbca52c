/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of well-known secrets in raw text, as rows: each looks whether one
 * begins at a place, and how long it is. Start at recording_token_at(). */
#include "recording/private.h"

typedef bool letter_fn(char c);

static bool is_upper(char c)
{
    return (c >= 'A' && c <= 'Z') || str_is_digit(c);
}

static bool is_word(char c)
{
    return is_upper(c) || (c >= 'a' && c <= 'z');
}

static bool is_name(char c)
{
    return is_word(c) || c == '_' || c == '-';
}

static bool is_base64(char c)
{
    return is_word(c) || c == '+' || c == '/' || c == '=';
}

static size_t run_of(struct str text, letter_fn *letter)
{
    size_t len = 0;
    while (len < text.len && letter(text.ptr[len])) {
        len++;
    }
    return len;
}

/* A start that nothing else has, and enough letters behind it. */
static const struct {
    const char *start;
    letter_fn *letter;
    size_t least; /* letters behind the start */
    size_t most;
    const char *what;
} rows[] = {
    {"AKIA", is_upper, 16, 16, "an access key id"},
    {"ASIA", is_upper, 16, 16, "an access key id"},
    {"AQoDYXdz", is_base64, 60, SIZE_MAX, "a session token"},
    {"AQoEXAMPLE", is_base64, 40, SIZE_MAX, "a session token"},
    {"FwoGZXIvYXdz", is_base64, 60, SIZE_MAX, "a session token"},
    {"IQoJb3JpZ2lu", is_base64, 60, SIZE_MAX, "a session token"},
    {"AIza", is_name, 35, 35, "a Google API key"},
    {"ghp_", is_word, 36, SIZE_MAX, "a GitHub token"},
    {"gho_", is_word, 36, SIZE_MAX, "a GitHub token"},
    {"ghs_", is_word, 36, SIZE_MAX, "a GitHub token"},
    {"ghu_", is_word, 36, SIZE_MAX, "a GitHub token"},
    {"github_pat_", is_name, 60, SIZE_MAX, "a GitHub token"},
    {"glpat-", is_name, 20, SIZE_MAX, "a GitLab token"},
    {"npm_", is_word, 36, SIZE_MAX, "an npm token"},
    {"sk_live_", is_word, 20, SIZE_MAX, "a Stripe key"},
    {"xoxa-", is_name, 10, SIZE_MAX, "a Slack token"},
    {"xoxb-", is_name, 10, SIZE_MAX, "a Slack token"},
    {"xoxp-", is_name, 10, SIZE_MAX, "a Slack token"},
    {"xoxr-", is_name, 10, SIZE_MAX, "a Slack token"},
    {"xoxs-", is_name, 10, SIZE_MAX, "a Slack token"},
};

static size_t find_row(struct str text, const char **ret_what)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str start = str_of(rows[i].start);
        if (text.ptr[0] != start.ptr[0] || !str_starts(text, start)) {
            continue;
        }
        size_t run = run_of(str_from(text, start.len), rows[i].letter);
        struct str after = str_from(text, start.len + run);
        bool ends = after.len == 0 || !is_word(after.ptr[0]);
        if (run >= rows[i].least && run <= rows[i].most && ends) {
            *ret_what = rows[i].what;
            return start.len + run;
        }
    }
    return 0;
}

/* "eyJ..." twice, and a signature, with dots between. */
static size_t find_jwt(struct str text, const char **ret_what)
{
    enum { LEAST = 10 };
    size_t len = 0;
    for (int part = 0; part < 3; part++) {
        struct str rest = str_from(text, len);
        size_t run = run_of(rest, is_name);
        if (run < LEAST || (part < 2 && !str_starts(rest, STR("eyJ")))) {
            return 0;
        }
        len += run;
        if (part < 2) {
            if (len >= text.len || text.ptr[len] != '.') {
                return 0;
            }
            len++;
        }
    }
    *ret_what = "a JSON web token";
    return len;
}

static size_t find_private_key(struct str text, const char **ret_what)
{
    static const struct str begin = {"-----BEGIN ", 11};
    static const struct str end = {"PRIVATE KEY-----", 16};
    struct str line = str_first(text, 64);
    size_t at =
        str_starts(text, begin) ? str_find_str(line, end) : STR_NOT_FOUND;
    *ret_what = "a private key";
    return at == STR_NOT_FOUND ? 0 : at + end.len;
}

/* The name in a file of credentials, and a value that is no placeholder. */
static size_t find_named(struct str text, const char **ret_what)
{
    static const struct str name = {"aws_secret_access_key", 21};
    enum { LEAST = 16 };
    if (!str_eq_nocase(str_first(text, name.len), name)) {
        return 0;
    }
    struct str rest = str_from(text, name.len);
    while (rest.len > 0 && memchr(" \t\\\"'=:", rest.ptr[0], 7) != NULL) {
        rest = str_from(rest, 1);
    }
    size_t run = run_of(rest, is_base64);
    *ret_what = "a secret access key";
    return run < LEAST ? 0 : (size_t)(rest.ptr - text.ptr) + run;
}

/* ---- secret access keys: forty letters of base64 ---- */

/* One letter, also as a form or a JSON string may write it. */
static size_t letter_len(struct str text, char *ret_letter)
{
    static const struct {
        const char *written;
        char letter;
    } forms[] = {
        {"%2F", '/'}, {"%2f", '/'}, {"%2B", '+'}, {"%2b", '+'}, {"\\/", '/'}};
    if (text.len == 0) {
        return 0;
    }
    *ret_letter = text.ptr[0];
    if (is_word(text.ptr[0]) || text.ptr[0] == '/' || text.ptr[0] == '+') {
        return 1;
    }
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (str_starts(text, str_of(forms[i].written))) {
            *ret_letter = forms[i].letter;
            return strlen(forms[i].written);
        }
    }
    return 0;
}

struct census {
    size_t letters, upper, lower, digits, slashes;
};

static void count_letter(struct census *census, char c)
{
    census->letters++;
    census->upper += c >= 'A' && c <= 'Z';
    census->lower += c >= 'a' && c <= 'z';
    census->digits += str_is_digit(c);
    census->slashes += c == '/';
}

/* The whole run: what is longer is something else, and so is a path. */
static size_t find_secret_key(struct str text, const char **ret_what)
{
    enum { LETTERS = 40, SLASHES_MOST = 3, FEW = 3 };
    struct census census = {0};
    size_t len = 0;
    char c = '\0';
    for (size_t step = letter_len(text, &c); step > 0;
         step = letter_len(str_from(text, len), &c)) {
        count_letter(&census, c);
        len += step;
    }
    bool is = census.letters == LETTERS && census.upper >= FEW &&
              census.lower >= FEW && census.digits >= 1 &&
              census.slashes <= SLASHES_MOST &&
              (len == text.len || text.ptr[len] != '=');
    *ret_what = "what looks like a secret access key";
    return is ? len : 0;
}

/* ---- all of them ---- */

typedef size_t find_fn(struct str text, const char **ret_what);

static find_fn *const finders[] = {
    find_row, find_jwt, find_private_key, find_named, find_secret_key,
};

/* A letter before it: this is the middle of something. An escape's letter is
 * none. */
static bool is_inside(struct str text, size_t at)
{
    if (at == 0) {
        return false;
    }
    char before = text.ptr[at - 1];
    if (!is_name(before) && before != '+' && before != '/') {
        return false;
    }
    bool escape =
        at > 1 && text.ptr[at - 2] == '\\' && strchr("nrtbf", before) != NULL;
    return !escape && !(at > 2 && text.ptr[at - 3] == '%');
}

size_t recording_token_at(struct str text, size_t at, const char **ret_what)
{
    struct str rest = str_from(text, at);
    if (is_inside(text, at)) {
        return 0;
    }
    for (size_t i = 0; i < sizeof(finders) / sizeof(finders[0]); i++) {
        size_t len = finders[i](rest, ret_what);
        if (len > 0) {
            return len;
        }
    }
    return 0;
}

/* From its first line to its last, or to the end of what was cut. */
static size_t find_key_block(struct str text)
{
    const char *what = NULL;
    size_t begin = find_private_key(text, &what);
    if (begin == 0) {
        return 0;
    }
    struct str rest = str_from(text, begin);
    size_t end = str_find_str(rest, STR("PRIVATE KEY-----"));
    return end == STR_NOT_FOUND ? text.len : begin + end + 16;
}

size_t recording_token_surely_at(struct str text, size_t at)
{
    const char *what = NULL;
    struct str rest = str_from(text, at);
    if (strchr("AFIeghnsx-", text.ptr[at]) == NULL || text.ptr[at] == '\0' ||
        is_inside(text, at)) {
        return 0;
    }
    size_t len = find_row(rest, &what);
    len = len > 0 ? len : find_jwt(rest, &what);
    return len > 0 ? len : find_key_block(rest);
}
