/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a request target: path and query are its parts, and decoding
 * gives back what was encoded. Start at LLVMFuzzerTestOneInput(). */
#include "support.h"

static void check_encoded(struct arena *arena, struct str text, bool keep_slash)
{
    struct str encoded = http_encode(arena, text, keep_slash);
    for (size_t i = 0; i < encoded.len; i++) {
        char c = encoded.ptr[i];
        assert(fuzz_is_token(str_make(&c, 1)) || (c == '/' && keep_slash));
    }
    assert(str_eq(http_decode(arena, encoded, false), text));
    assert(str_eq(http_decode(arena, encoded, true), text));
}

static void check_query(struct arena *arena, struct str name, struct str value)
{
    struct str query = arena_printf(arena, "a=b&&=&%%=%%&%.*s=%.*s",
                                    STR_ARG(http_encode(arena, name, false)),
                                    STR_ARG(http_encode(arena, value, false)));
    struct str found = STR_NONE;
    assert(http_query_get(arena, query, name, &found));
    if (!str_eq(name, STR("a")) && !str_eq(name, STR("")) &&
        !str_eq(name, STR("%"))) {
        assert(str_eq(found, value));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct str text = fuzz_text(data, size);
    struct str path = http_target_path(text);
    struct str query = http_target_query(text);
    size_t mark = path.len < text.len ? 1 : 0;
    assert(path.len + mark + query.len == text.len);
    assert(str_starts(text, path) && str_ends(text, query));
    assert(http_decode(arena, text, true).len <= text.len);
    check_encoded(arena, text, false);
    check_encoded(arena, text, true);
    check_query(arena, path, query);
    arena_free(arena);
    return 0;
}
