/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as gzip: refused, or within the limit. What was packed is unpacked
 * to the same, and not at all where the limit is one byte less. Start at
 * LLVMFuzzerTestOneInput(). */
#include "support.h"

#include "base/mem.h"

#include <zlib.h>

enum { LIMIT = 1024 * 1024 };

static struct str pack(struct arena *arena, struct str text)
{
    z_stream z = {0};
    int started =
        deflateInit2(&z, 1, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
    assert(started == Z_OK);
    uLong room = deflateBound(&z, text.len);
    Bytef *out = arena_alloc(arena, room);
    z.next_in = (z_const Bytef *)(uintptr_t)text.ptr;
    z.avail_in = (uInt)text.len;
    z.next_out = out;
    z.avail_out = (uInt)room;
    int ended = deflate(&z, Z_FINISH);
    assert(ended == Z_STREAM_END);
    size_t len = z.total_out;
    (void)deflateEnd(&z);
    return str_make((const char *)out, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct str text = fuzz_text(data, size);
    struct str out = STR_NONE;
    if (http_gunzip(arena, text, LIMIT, &out)) {
        assert(out.len <= LIMIT);
    }
    struct str packed = pack(arena, text);
    assert(http_gunzip(arena, packed, text.len, &out));
    assert(str_eq(out, text));
    assert(text.len == 0 || !http_gunzip(arena, packed, text.len - 1, &out));
    arena_free(arena);
    return 0;
}
