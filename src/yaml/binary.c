/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 with line breaks in it (RFC 2045), as !!binary has it. Here because a
 * damaged one must point at its byte. Start at yaml_binary_decode(). */
#include "yaml/yaml.h"

/* 0 to 63; -1: not of the alphabet. */
static int digit_of(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct decoder {
    char *out;
    size_t len;
    uint32_t bits; /* of the group of four that is being read */
    size_t digits;
    size_t pads;
};

static bool take_char(struct decoder *d, char c)
{
    size_t place = d->digits % 4;
    if (c == '=') {
        d->pads++;
        return (place == 2 && d->pads <= 2) || (place == 3 && d->pads == 1);
    }
    int digit = digit_of(c);
    if (digit < 0 || d->pads > 0) {
        return false;
    }
    d->bits = (d->bits << 6 | (uint32_t)digit) & 0xFFFFFFU;
    d->digits++;
    if (d->digits % 4 == 0) {
        d->out[d->len++] = (char)(d->bits >> 16 & 0xFFU);
        d->out[d->len++] = (char)(d->bits >> 8 & 0xFFU);
        d->out[d->len++] = (char)(d->bits & 0xFFU);
    }
    return true;
}

/* The last group: two digits are a byte, three are two. */
static bool finish(struct decoder *d)
{
    size_t place = d->digits % 4;
    if (place == 0) {
        return true;
    }
    if (place == 1 || d->pads != 4 - place) {
        return false;
    }
    if (place == 2) {
        d->out[d->len++] = (char)(d->bits >> 4 & 0xFFU);
    } else {
        d->out[d->len++] = (char)(d->bits >> 10 & 0xFFU);
        d->out[d->len++] = (char)(d->bits >> 2 & 0xFFU);
    }
    return true;
}

bool yaml_binary_decode(struct arena *arena, struct str text,
                        struct str *ret_bytes, size_t *ret_wrong)
{
    struct decoder d = {.out = arena_alloc(arena, text.len / 4 * 3 + 4)};
    for (size_t i = 0; i < text.len; i++) {
        if (!is_blank(text.ptr[i]) && !take_char(&d, text.ptr[i])) {
            *ret_wrong = i;
            return false;
        }
    }
    *ret_wrong = text.len;
    *ret_bytes = str_make(d.out, d.len);
    bool good = finish(&d);
    ret_bytes->len = d.len;
    return good;
}
