/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648) with padding, both ways. Here because bodies that are no
 * text, and secrets that are bytes, are written so. Start at base64_write(). */
#include "recording/private.h"

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

/* The one way to write these bytes: bits behind the last byte are zero. */
bool base64_read(struct arena *arena, struct str text, struct str *ret_bytes)
{
    size_t pad = 0;
    while (pad < 2 && pad < text.len && text.ptr[text.len - 1 - pad] == '=') {
        pad++;
    }
    if (text.len % 4 != 0) {
        return false;
    }
    char *out = arena_alloc(arena, text.len / 4 * 3 + 1);
    size_t len = 0;
    uint32_t bits = 0;
    size_t count = 0;
    for (size_t i = 0; i < text.len - pad; i++) {
        int value = value_of(text.ptr[i]);
        if (value < 0) {
            return false;
        }
        bits = bits << 6 | (uint32_t)value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            out[len++] = (char)(bits >> count & 0xFFU);
        }
        bits &= (1U << count) - 1U;
    }
    *ret_bytes = str_make(out, len);
    return bits == 0;
}
