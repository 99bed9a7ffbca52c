/* SPDX-License-Identifier: Apache-2.0 */
/* First line: how the bytes arrive. A body with the right hash passes whole,
 * with a wrong one it breaks before its last byte. Start at
 * LLVMFuzzerTestOneInput(). */
#include "sigv4/private.h"
#include "support.h"

static enum http_read pass(struct arena *arena, struct str body,
                           struct str cuts, struct str hash, struct buf *out)
{
    struct fuzz_source inner;
    fuzz_source_init(&inner, body, cuts);
    struct http_source *check = sigv4_hash_check(arena, &inner.source, hash);
    size_t step = cuts.len > 0 ? (unsigned char)cuts.ptr[0] : 0;
    enum http_read result = fuzz_drain(check, step, out);
    sigv4_hash_check_free(check);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct str body = fuzz_text(data, size);
    struct str cuts = fuzz_line(&body);
    struct buf good = {0};
    struct buf bad = {0};
    struct str hash = sigv4_sha256_hex(arena, body);
    struct str wrong = sigv4_sha256_hex(arena, hash);
    assert(pass(arena, body, cuts, hash, &good) == HTTP_READ_END);
    assert(str_eq(buf_str(&good), body));
    assert(pass(arena, body, cuts, wrong, &bad) == HTTP_READ_BROKEN);
    assert(bad.len < body.len || body.len == 0);
    assert(str_starts(body, buf_str(&bad)));
    buf_free(&good);
    buf_free(&bad);
    arena_free(arena);
    return 0;
}
