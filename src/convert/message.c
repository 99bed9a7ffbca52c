/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies as other tools keep them: base64, packed, with headers that speak of
 * what was on the wire. Start at convert_unpack(). */
#include "convert/private.h"

#include "yaml/yaml.h"

bool convert_unbase64(struct arena *arena, struct str text,
                      struct str *ret_bytes)
{
    size_t unused = 0;
    return yaml_binary_decode(arena, text, ret_bytes, &unused);
}

struct str convert_base64(struct arena *arena, struct str bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    char *out = arena_alloc(arena, (bytes.len + 2) / 3 * 4 + 1);
    size_t len = 0;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t count = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++) {
            bits <<= 8;
            bits |= k < count ? (unsigned char)bytes.ptr[i + k] : 0;
        }
        for (size_t k = 0; k < 4; k++) {
            out[len++] =
                k <= count ? digits[bits >> (18 - 6 * k) & 0x3FU] : '=';
        }
    }
    return str_make(out, len);
}

static size_t utf8_len(struct str text)
{
    unsigned char c = (unsigned char)text.ptr[0];
    if (c < 0x80) {
        return 1;
    }
    size_t len = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (c < 0xC2 || c > 0xF4 || text.len < len) {
        return 0;
    }
    uint32_t point = c & (0xFFU >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        unsigned char more = (unsigned char)text.ptr[i];
        if ((more & 0xC0U) != 0x80U) {
            return 0;
        }
        point = point << 6 | (more & 0x3FU);
    }
    bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    return point >= least[len] && point <= 0x10FFFF && !surrogate ? len : 0;
}

bool convert_is_utf8(struct str text)
{
    while (text.len > 0) {
        size_t len = utf8_len(text);
        if (len == 0) {
            return false;
        }
        text = str_from(text, len);
    }
    return true;
}

/* Of an answer to HEAD the length is what was asked for. */
static void fit_length(struct arena *arena, struct http_headers *headers,
                       struct str body, bool length_is_data)
{
    if (!length_is_data && http_headers_count(headers, "Content-Length") > 0) {
        http_headers_set(arena, headers, STR("Content-Length"),
                         arena_printf(arena, "%zu", body.len));
    }
}

bool convert_unpack(struct arena *arena, struct http_headers *headers,
                    struct str *body, bool length_is_data)
{
    struct str coding = str_trim(http_headers_get(headers, "Content-Encoding"));
    http_headers_remove(headers, STR("Transfer-Encoding"));
    if (str_eq_nocase(coding, STR("gzip")) ||
        str_eq_nocase(coding, STR("x-gzip"))) {
        /* Many tools keep the body unpacked and the header as it was. */
        bool packed = str_starts(*body, STR("\x1F\x8B"));
        if (packed && !http_gunzip(arena, *body, CONVERT_BODY_MAX, body)) {
            return false;
        }
        if (body->len > 0) {
            http_headers_remove(headers, STR("Content-Encoding"));
        }
    }
    fit_length(arena, headers, *body, length_is_data);
    return true;
}
