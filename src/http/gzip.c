/* SPDX-License-Identifier: Apache-2.0 */
/* gzip, one way (RFC 1952), and its checksum. Here because a recorded or
 * relayed body may come encoded and must be read, and because zlib, which can
 * do both, is seen by nobody else. Start at http_gunzip(). */
#include "base/buf.h"
#include "base/mem.h"
#include "http/message.h"

#include <zlib.h>

enum { GZIP_ONLY = 16, PIECE = 16 * 1024 };

static void *take_block(void *unused, unsigned items, unsigned size)
{
    (void)unused;
    return mem_new((size_t)items * size);
}

static void give_block(void *unused, void *block)
{
    (void)unused;
    mem_free(block);
}

/* zlib counts in unsigned; a body of 4 GiB is fed in pieces. */
static void feed(z_stream *z, struct str *body)
{
    struct str piece = str_first(*body, PIECE);
    /* zlib does not write there; its old interface just lacks the const. */
    z->next_in = (z_const Bytef *)(uintptr_t)piece.ptr;
    z->avail_in = (uInt)piece.len;
    *body = str_from(*body, piece.len);
}

/* One call of inflate(); false once it is clear that the body is bad. A file
 * of several members is their texts in a row. */
static bool step(z_stream *z, struct str *body, struct buf *out,
                 size_t max_bytes, bool *ret_whole)
{
    if (z->avail_in == 0) {
        feed(z, body);
    }
    buf_reserve(out, PIECE);
    z->next_out = (Bytef *)out->bytes + out->len;
    z->avail_out = PIECE;
    int result = inflate(z, Z_NO_FLUSH);
    out->len += PIECE - z->avail_out;
    if ((result != Z_OK && result != Z_STREAM_END) || out->len > max_bytes) {
        return false;
    }
    bool more = z->avail_in > 0 || body->len > 0;
    *ret_whole = result == Z_STREAM_END && !more;
    return result != Z_STREAM_END || !more || inflateReset(z) == Z_OK;
}

static bool unpack(struct str body, struct buf *out, size_t max_bytes)
{
    z_stream z = {.zalloc = take_block, .zfree = give_block};
    bool whole = false;
    bool good = inflateInit2(&z, MAX_WBITS + GZIP_ONLY) == Z_OK;
    while (good && !whole) {
        good = step(&z, &body, out, max_bytes, &whole);
    }
    (void)inflateEnd(&z);
    return good;
}

bool http_gunzip_is_beyond(struct str body, size_t max_bytes)
{
    struct buf out = {0};
    bool beyond = !unpack(body, &out, max_bytes) && out.len > max_bytes;
    buf_free(&out);
    return beyond;
}

bool http_gunzip(struct arena *arena, struct str body, size_t max_bytes,
                 struct str *ret_body)
{
    struct buf out = {0};
    bool good = unpack(body, &out, max_bytes);
    if (good) {
        *ret_body = arena_str(arena, buf_str(&out));
    }
    buf_free(&out);
    return good;
}

uint32_t http_crc32(struct str bytes)
{
    const Bytef *at = (const Bytef *)bytes.ptr;
    uLong sum = crc32_z(0, Z_NULL, 0);
    return (uint32_t)(bytes.len > 0 ? crc32_z(sum, at, bytes.len) : sum);
}
