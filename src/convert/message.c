/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies as other tools keep them: base64, packed, with headers that speak of
 * what was on the wire. Start at convert_unpack(). */
#include "convert/private.h"

#include "base/base64.h"

bool convert_unbase64(struct arena *arena, struct str text,
                      struct str *ret_bytes)
{
    size_t unused = 0;
    return base64_read_loose(arena, text, ret_bytes, &unused);
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
