/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of a request, parted by zero bytes: origin, method, target, then names
 * and values. What is let out is one line each, and one request. Start at
 * LLVMFuzzerTestOneInput(). */
#include "support.h"
#include "upstream/private.h"

static struct str field(struct str *rest)
{
    struct str text = str_cut(rest, '\0');
    return text.ptr != NULL ? text : STR("");
}

static void check_line(struct str line)
{
    struct str rest = line;
    struct str name = str_cut(&rest, ':');
    assert(rest.ptr != NULL && fuzz_is_token(name));
    assert(str_find(line, '\r') == STR_NOT_FOUND);
    assert(str_find(line, '\0') == STR_NOT_FOUND);
    assert(!str_eq_nocase(name, STR("Expect")));
    assert(!str_eq_nocase(name, STR("Connection")));
    assert(!str_eq_nocase(name, STR("Transfer-Encoding")));
    assert(!str_eq_nocase(name, STR("Content-Length")) ||
           str_eq(rest, STR(" 0")));
}

/* As many lines as it may have, and nothing behind the empty one. */
static void check_head(const struct http_fetch *fetch, struct str authority)
{
    struct buf out = {0};
    size_t count = 0;
    size_t hosts = 0;
    request_write(fetch, authority, &out);
    struct str rest = buf_str(&out);
    struct str line = str_cut(&rest, '\n');
    assert(str_ends(line, STR(" HTTP/1.1\r")));
    while (rest.len > 2) {
        line = str_cut(&rest, '\n');
        assert(str_ends(line, STR("\r")));
        line.len--;
        check_line(line);
        hosts += str_eq_nocase(str_first(line, 5), STR("Host:")) ? 1 : 0;
        count++;
    }
    assert(str_eq(rest, STR("\r\n")));
    assert(hosts == 1 && count <= fetch->request.headers.count + 2);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct str rest = fuzz_text(data, size);
    struct http_fetch fetch = {.arena = arena, .origin = field(&rest)};
    struct peer peer;
    struct str error = STR_NONE;
    fetch.request.method = field(&rest);
    fetch.request.target = field(&rest);
    while (rest.ptr != NULL) {
        struct str name = field(&rest);
        http_headers_add(arena, &fetch.request.headers, name, field(&rest));
    }
    if (request_check(&fetch, &error) && request_peer(&fetch, &peer, &error)) {
        assert(fuzz_is_token(fetch.request.method));
        assert(!fuzz_has_control(fetch.request.target));
        assert(str_find(fetch.request.target, ' ') == STR_NOT_FOUND);
        check_head(&fetch, peer.authority);
    } else {
        assert(error.len > 0);
    }
    arena_free(arena);
    return 0;
}
