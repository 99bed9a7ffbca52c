/* SPDX-License-Identifier: Apache-2.0 */
/* Base64, both ways. Here because recordings, cassettes and YAML all keep bytes
 * so. Start at base64_write(). */
#include "base/base64.h"

static const char letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct str base64_write(struct arena *arena, struct str bytes)
{
    char *out = arena_alloc(arena, (bytes.len + 2) / 3 * 4 + 1);
    size_t len = 0;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t have = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t group = 0;
        for (size_t j = 0; j < 3; j++) {
            unsigned char c = j < have ? (unsigned char)bytes.ptr[i + j] : 0;
            group = group << 8 | c;
        }
        for (size_t j = 0; j < 4; j++) {
            out[len++] = j <= have ? letters[group >> (18 - 6 * j) & 63U] : '=';
        }
    }
    return str_make(out, len);
}

/* 0 to 63; -1: not of the alphabet. */
static int value_of(char c)
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

struct decoder {
    char *out;
    size_t len;
    uint32_t bits; /* that are no whole byte yet */
    size_t bit_count;
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
    int value = value_of(c);
    if (value < 0 || d->pads > 0) {
        return false;
    }
    d->digits++;
    d->bits = d->bits << 6 | (uint32_t)value;
    d->bit_count += 6;
    if (d->bit_count >= 8) {
        d->bit_count -= 8;
        d->out[d->len++] = (char)(d->bits >> d->bit_count & 0xFFU);
    }
    d->bits &= (1U << d->bit_count) - 1U;
    return true;
}

/* Two digits are a byte and want two pads, three are two bytes and want one. */
static bool is_whole(const struct decoder *d)
{
    return (d->digits + d->pads) % 4 == 0;
}

bool base64_read_loose(struct arena *arena, struct str text,
                       struct str *ret_bytes, size_t *ret_wrong)
{
    struct decoder d = {.out = arena_alloc(arena, text.len / 4 * 3 + 4)};
    for (size_t i = 0; i < text.len; i++) {
        if (!str_is_blank(text.ptr[i]) && !take_char(&d, text.ptr[i])) {
            *ret_wrong = i;
            return false;
        }
    }
    if (!is_whole(&d)) {
        *ret_wrong = text.len;
        return false;
    }
    *ret_bytes = str_make(d.out, d.len);
    return true;
}

bool base64_read(struct arena *arena, struct str text, struct str *ret_bytes)
{
    struct decoder d = {.out = arena_alloc(arena, text.len / 4 * 3 + 4)};
    for (size_t i = 0; i < text.len; i++) {
        if (!take_char(&d, text.ptr[i])) {
            return false;
        }
    }
    if (!is_whole(&d) || d.bits != 0) {
        return false;
    }
    *ret_bytes = str_make(d.out, d.len);
    return true;
}
