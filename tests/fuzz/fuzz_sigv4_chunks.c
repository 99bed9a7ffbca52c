/* SPDX-License-Identifier: Apache-2.0 */
/* First line: how the bytes arrive. Then a body in chunks, in which signatures
 * are set right as far as the framing goes, so that mutations get past them.
 * However it is cut it comes out the same, whole only if all of it is good, and
 * re-signed with its framing as it was. Start at LLVMFuzzerTestOneInput(). */
#include "sigv4/private.h"
#include "support.h"

#include <stdlib.h>

enum { LIMIT = 2048 };

static struct sigv4_chain chain_of(struct str secret, const char *seed)
{
    struct sigv4_chain chain = {
        .amz_date = STR("20130524T000000Z"),
        .scope = {STR("20130524"), STR("us-east-1"), STR("s3")},
        .seed = str_of(seed),
    };
    sigv4_derive_key(secret, &chain.scope, &chain.key);
    return chain;
}

/* The chain's next signature, put where it belongs. */
static void sign_over(struct arena *arena, struct sigv4_chain *chain,
                      char *place, const char *kind, struct str content)
{
    struct str text = arena_printf(
        arena, "AWS4-HMAC-SHA256-%s\n%.*s\n%.*s\n%.*s\n%s%.*s", kind,
        STR_ARG(chain->amz_date),
        STR_ARG(sigv4_scope_text(arena, &chain->scope)), STR_ARG(chain->seed),
        strcmp(kind, "PAYLOAD") == 0 ? SIGV4_EMPTY_HASH "\n" : "",
        STR_ARG(sigv4_sha256_hex(arena, content)));
    chain->seed = sigv4_signature(arena, &chain->key, text);
    memcpy(place, chain->seed.ptr, chain->seed.len);
}

static void sign_trailer(struct arena *arena, struct sigv4_chain *chain,
                         char *body, struct str text)
{
    struct buf signed_text = {0};
    struct str rest = text;
    while (rest.ptr != NULL) {
        struct str line = str_trim(str_cut(&rest, '\n'));
        struct str value = line;
        struct str name = str_trim(str_cut(&value, ':'));
        if (str_eq_nocase(name, STR("x-amz-trailer-signature"))) {
            value = str_trim(value);
            if (value.len == SIGV4_HEX_LEN) {
                sign_over(arena, chain, body + (value.ptr - text.ptr),
                          "TRAILER", buf_str(&signed_text));
            }
            break;
        }
        if (value.ptr != NULL) {
            buf_printf(&signed_text, "%.*s:%.*s\n",
                       STR_ARG(arena_lower(arena, name)),
                       STR_ARG(str_trim(value)));
        }
    }
    buf_free(&signed_text);
}

/* "10;chunk-signature=<64 of anything>", the content, and so on. */
static void sign_body(struct arena *arena, struct sigv4_chain chain, char *body,
                      size_t size)
{
    size_t at = 0;
    for (;;) {
        struct str rest = str_make(body + at, size - at);
        size_t head = str_find_str(rest, STR("\r\n"));
        size_t mark = str_find(rest, '=');
        if (head == STR_NOT_FOUND || mark > head ||
            head - mark != SIGV4_HEX_LEN + 1) {
            return;
        }
        size_t len =
            strtoul(arena_str(arena, str_first(rest, 16)).ptr, NULL, 16);
        struct str content = str_from(rest, head + 2);
        if (len > content.len) {
            return;
        }
        sign_over(arena, &chain, body + at + mark + 1, "PAYLOAD",
                  str_first(content, len));
        if (len == 0) {
            sign_trailer(arena, &chain, body + at + head + 2, content);
            return;
        }
        at += head + 2 + len;
        at += size - at >= 2 ? 2 : 0;
    }
}

static enum http_read pass(struct arena *arena, struct str body,
                           struct str cuts, size_t size,
                           const struct sigv4_chain *to, struct buf *out)
{
    struct sigv4_chain from = chain_of(STR("secret"), SIGV4_EMPTY_HASH);
    struct fuzz_source inner;
    fuzz_source_init(&inner, body, cuts);
    struct http_source *chunks =
        sigv4_chunks(arena, &inner.source, &from, to, LIMIT);
    enum http_read result = fuzz_drain(chunks, size, out);
    assert(result == HTTP_READ_END || chunks->fault != NULL);
    sigv4_chunks_free(chunks);
    return result;
}

static void check_body(struct arena *arena, struct str body, struct str cuts)
{
    struct sigv4_chain to = chain_of(STR("other"), SIGV4_EMPTY_HASH);
    struct buf whole = {0};
    struct buf pieces = {0};
    struct buf signed_again = {0};
    size_t step = cuts.len > 0 ? (unsigned char)cuts.ptr[0] : 0;
    enum http_read result = pass(arena, body, STR_NONE, 0, NULL, &whole);
    assert(pass(arena, body, cuts, step, NULL, &pieces) == result);
    assert(pass(arena, body, cuts, 7, &to, &signed_again) == result);
    assert(str_eq(buf_str(&whole), buf_str(&pieces)));
    assert(str_starts(body, buf_str(&whole)));
    assert(result != HTTP_READ_END || whole.len == body.len);
    assert(signed_again.len == whole.len);
    buf_free(&whole);
    buf_free(&pieces);
    buf_free(&signed_again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct str rest = fuzz_text(data, size);
    struct str cuts = fuzz_line(&rest);
    char *body = arena_alloc(arena, rest.len + 1);
    if (rest.len > 0) {
        memcpy(body, rest.ptr, rest.len);
    }
    sign_body(arena, chain_of(STR("secret"), SIGV4_EMPTY_HASH), body, rest.len);
    check_body(arena, str_make(body, rest.len), cuts);
    arena_free(arena);
    return 0;
}
