/* SPDX-License-Identifier: Apache-2.0 */
/* What a body says, without the coding it was sent in. Here because secrets
 * are looked for in what it says. Start at recording_body_decode(). */
#include "recording/private.h"

enum { DECODED_MOST = 64 * 1024 * 1024 };

static bool names_coding(const struct http_headers *headers, const char *coding)
{
    struct arena *scratch = arena_new();
    struct str value =
        arena_lower(scratch, http_headers_get(headers, "content-encoding"));
    bool found = str_contains(value, str_of(coding));
    arena_free(scratch);
    return found;
}

/* Takes one coding off the list, and the header where none is left. */
static void drop_coding(struct arena *arena, struct http_headers *headers,
                        const char *coding)
{
    struct buf left = {0};
    struct str rest = http_headers_get(headers, "content-encoding");
    while (rest.ptr != NULL) {
        struct str one = str_trim(str_cut(&rest, ','));
        if (one.len > 0 && !str_eq_nocase(one, str_of(coding))) {
            buf_add(&left, left.len > 0 ? STR(",") : STR(""));
            buf_add(&left, one);
        }
    }
    if (left.len > 0) {
        http_headers_set(arena, headers, STR("Content-Encoding"),
                         buf_str(&left));
    } else {
        http_headers_remove(headers, STR("Content-Encoding"));
    }
    buf_free(&left);
}

/* "400;chunk-signature=..." */
static bool read_chunk_size(struct str line, size_t *ret_size)
{
    struct str digits = str_trim(str_cut(&line, ';'));
    size_t size = 0;
    for (size_t i = 0; i < digits.len && i < 8; i++) {
        char c = digits.ptr[i];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                : 99;
        if (digit == 99) {
            return false;
        }
        size = size * 16 + digit;
    }
    *ret_size = size;
    return digits.len > 0 && digits.len <= 8;
}

static bool dechunk(struct arena *arena, struct str body, struct str *ret_body)
{
    struct buf out = {0};
    bool good = true;
    bool last = false;
    while (good && !last) {
        size_t size = 0;
        struct str line = str_cut(&body, '\n');
        good = body.ptr != NULL && read_chunk_size(line, &size) &&
               size <= body.len;
        if (good) {
            buf_add(&out, str_first(body, size));
            body = str_from(body, size);
            last = size == 0;
            good = last || str_starts(body, STR("\r\n"));
            body = last ? body : str_from(body, 2);
        }
    }
    if (good) {
        *ret_body = arena_str(arena, buf_str(&out));
    }
    buf_free(&out);
    return good;
}

static bool is_chunked(const struct http_headers *headers)
{
    struct str hash = http_headers_get(headers, "x-amz-content-sha256");
    return str_starts(hash, STR("STREAMING-")) ||
           names_coding(headers, "aws-chunked");
}

bool recording_body_decode(struct arena *arena, struct http_headers *headers,
                           struct str body, struct str *ret_body)
{
    *ret_body = body;
    if (body.len == 0) {
        return true;
    }
    if (is_chunked(headers)) {
        if (!dechunk(arena, *ret_body, ret_body)) {
            return false;
        }
        drop_coding(arena, headers, "aws-chunked");
        http_headers_remove(headers, STR("x-amz-trailer"));
        http_headers_remove(headers, STR("x-amz-decoded-content-length"));
        if (http_headers_get(headers, "x-amz-content-sha256").ptr != NULL) {
            http_headers_set(arena, headers, STR("x-amz-content-sha256"),
                             STR("UNSIGNED-PAYLOAD"));
        }
    }
    /* Some servers name the coding and send plain text; that is no damage. */
    bool gzip =
        names_coding(headers, "gzip") && str_starts(*ret_body, STR("\x1f\x8b"));
    if (gzip && !http_gunzip(arena, *ret_body, DECODED_MOST, ret_body)) {
        return false;
    }
    if (names_coding(headers, "gzip")) {
        drop_coding(arena, headers, "gzip");
    }
    return true;
}
