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

static void check_lines(const struct http_fetch *fetch)
{
    const char **lines = NULL;
    size_t count = request_lines(fetch, &lines);
    assert(count <= fetch->request.headers.count + 4);
    for (size_t i = 0; i < count; i++) {
        struct str line = str_of(lines[i]);
        struct str name = str_first(line, strcspn(lines[i], ":;"));
        assert(fuzz_is_token(name));
        assert(str_find(line, '\r') == STR_NOT_FOUND);
        assert(str_find(line, '\n') == STR_NOT_FOUND);
        assert(!str_eq_nocase(name, STR("Transfer-Encoding")));
        assert(!str_eq_nocase(name, STR("Content-Length")) ||
               str_ends(line, STR(": 0")));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct str rest = fuzz_text(data, size);
    struct http_fetch fetch = {.arena = arena, .origin = field(&rest)};
    struct str error = STR_NONE;
    fetch.request.method = field(&rest);
    fetch.request.target = field(&rest);
    while (rest.ptr != NULL) {
        struct str name = field(&rest);
        http_headers_add(arena, &fetch.request.headers, name, field(&rest));
    }
    if (request_check(&fetch, &error)) {
        assert(fuzz_is_token(fetch.request.method));
        assert(!fuzz_has_control(fetch.request.target));
        assert(str_find(fetch.request.target, ' ') == STR_NOT_FOUND);
        check_lines(&fetch);
    } else {
        assert(error.len > 0);
    }
    arena_free(arena);
    return 0;
}
