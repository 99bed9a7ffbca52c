/* SPDX-License-Identifier: Apache-2.0 */
/* Text slices: comparing, searching, cutting. Here because every room needs
 * them. Start at str_compare(). */
#include "base/str.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

static char lower(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return (char)(c - 'A' + 'a');
    }
    return c;
}

/* Eight letters at a time. Bytes may differ in the bit of case alone, and only
 * where they are letters: adding sets the highest bit of what is not less than
 * 'a', and of what is more than 'z'. */
static bool is_same_word(uint64_t a, uint64_t b)
{
    const uint64_t each = 0x0101010101010101U;
    uint64_t differs = a ^ b;
    uint64_t low = a | each * 0x20;
    uint64_t ascii = low & each * 0x7f;
    uint64_t letters = (ascii + each * (0x80 - 'a')) &
                       ~(ascii + each * (0x7f - 'z')) & ~low & each * 0x80;
    return (differs & ~(letters >> 2)) == 0;
}

bool str_has_same_letters(struct str a, struct str b)
{
    size_t i = 0;
    for (; a.len - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
        uint64_t left;
        uint64_t right;
        memcpy(&left, a.ptr + i, sizeof(left));
        memcpy(&right, b.ptr + i, sizeof(right));
        if (!is_same_word(left, right)) {
            return false;
        }
    }
    for (; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

int str_compare(struct str a, struct str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.ptr, b.ptr, shorter);
    if (order != 0) {
        return order;
    }
    return (a.len > b.len) - (a.len < b.len);
}

int str_compare_at(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

bool str_starts(struct str text, struct str prefix)
{
    return text.len >= prefix.len &&
           str_eq(str_first(text, prefix.len), prefix);
}

bool str_ends(struct str text, struct str suffix)
{
    return text.len >= suffix.len &&
           str_eq(str_from(text, text.len - suffix.len), suffix);
}

bool str_contains(struct str text, struct str part)
{
    return str_find_str(text, part) != STR_NOT_FOUND;
}

size_t str_find(struct str text, char c)
{
    const char *hit = text.len == 0 ? NULL : memchr(text.ptr, c, text.len);
    return hit == NULL ? STR_NOT_FOUND : (size_t)(hit - text.ptr);
}

size_t str_find_last(struct str text, char c)
{
    for (size_t i = text.len; i > 0; i--) {
        if (text.ptr[i - 1] == c) {
            return i - 1;
        }
    }
    return STR_NOT_FOUND;
}

size_t str_find_str(struct str text, struct str part)
{
    if (part.len == 0) {
        return 0;
    }
    const char *hit =
        text.len == 0 ? NULL : memmem(text.ptr, text.len, part.ptr, part.len);
    return hit == NULL ? STR_NOT_FOUND : (size_t)(hit - text.ptr);
}

struct str str_from(struct str text, size_t from)
{
    if (from >= text.len) {
        return str_make(text.ptr == NULL ? NULL : text.ptr + text.len, 0);
    }
    return str_make(text.ptr + from, text.len - from);
}

struct str str_first(struct str text, size_t len)
{
    return str_make(text.ptr, len < text.len ? len : text.len);
}

struct str str_trim(struct str text)
{
    while (text.len > 0 && str_is_blank(text.ptr[0])) {
        text = str_from(text, 1);
    }
    while (text.len > 0 && str_is_blank(text.ptr[text.len - 1])) {
        text.len--;
    }
    return text;
}

struct str str_cut(struct str *rest, char c)
{
    struct str whole = *rest;
    size_t at = str_find(whole, c);
    if (at == STR_NOT_FOUND) {
        *rest = STR_NONE;
        return whole;
    }
    *rest = str_from(whole, at + 1);
    return str_first(whole, at);
}

bool str_to_u64(struct str text, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (text.len == 0) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)(text.ptr[i] - '0');
        if (value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *ret_value = value;
    return true;
}

/* Some 30,000 years: sums of durations stay far from the end of int64_t. */
#define LONGEST_MS 1e15

bool str_to_duration_ms(struct str text, int64_t *ret_ms)
{
    static const struct {
        const char *unit;
        double ms;
    } units[] = {{"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}, {"", 1e3}};
    char number[32];
    size_t digits = 0;
    while (digits < text.len && digits < sizeof(number) - 1 &&
           str_find(STR("0123456789."), text.ptr[digits]) != STR_NOT_FOUND) {
        number[digits] = text.ptr[digits];
        digits++;
    }
    number[digits] = '\0';
    char *end = NULL;
    double value = strtod(number, &end);
    if (digits == 0 || *end != '\0') {
        return false;
    }
    struct str unit = str_from(text, digits);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (str_eq(unit, str_of(units[i].unit))) {
            value *= units[i].ms;
            if (value > LONGEST_MS) {
                return false;
            }
            *ret_ms = (int64_t)llround(value);
            return true;
        }
    }
    return false;
}

size_t str_distance(struct str a, struct str b)
{
    size_t row[65];
    if (a.len >= 64 || b.len >= 64) {
        return str_eq(a, b) ? 0 : 64;
    }
    for (size_t j = 0; j <= b.len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t above = row[j];
            size_t best = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
            best = above + 1 < best ? above + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            row[j] = best;
            diagonal = above;
        }
    }
    return row[b.len];
}

uint64_t str_hash(struct str text)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (size_t i = 0; i < text.len; i++) {
        hash = (hash ^ (unsigned char)text.ptr[i]) * 0x100000001b3U;
    }
    return hash;
}

/* First byte from..to, then the range of the second; the rest is 80..BF. This
 * is table 3-7 of the Unicode standard: no overlong forms, no surrogates. */
static const struct {
    unsigned char first, last, low, high, len;
} utf8_rows[] = {
    {0x00, 0x7F, 0x00, 0x00, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2},
    {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
    {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
    {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4},
    {0xF4, 0xF4, 0x80, 0x8F, 4},
};

size_t str_utf8_len(struct str text)
{
    if (text.len == 0) {
        return 0;
    }
    const unsigned char *p = (const unsigned char *)text.ptr;
    for (size_t i = 0; i < sizeof(utf8_rows) / sizeof(utf8_rows[0]); i++) {
        if (p[0] < utf8_rows[i].first || p[0] > utf8_rows[i].last) {
            continue;
        }
        size_t len = utf8_rows[i].len;
        if (len > text.len || (len > 1 && (p[1] < utf8_rows[i].low ||
                                           p[1] > utf8_rows[i].high))) {
            return 0;
        }
        for (size_t j = 2; j < len; j++) {
            if ((p[j] & 0xC0U) != 0x80U) {
                return 0;
            }
        }
        return len;
    }
    return 0;
}

bool str_is_utf8(struct str text)
{
    while (text.len > 0) {
        size_t len = str_utf8_len(text);
        if (len == 0) {
            return false;
        }
        text = str_from(text, len);
    }
    return true;
}
