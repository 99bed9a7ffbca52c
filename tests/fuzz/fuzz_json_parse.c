/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever parses is written so that it parses to the same again; canonical
 * text is a fixed point; each span and offset lies where its value stands.
 * Start at LLVMFuzzerTestOneInput(). */
#include "support.h"

static void check_string(const struct json *value, const struct source *source)
{
    size_t before = value->span.start;
    for (size_t i = 0; i <= value->text.len && i < 64; i++) {
        size_t at = json_string_offset(value, source, i);
        assert(at >= before && at < value->span.end);
        before = at;
    }
}

static void check_places(const struct json *value, const struct source *source)
{
    assert(value->span.start < value->span.end);
    assert(value->span.end <= source->text.len);
    if (value->type == JSON_STRING) {
        check_string(value, source);
    }
    for (size_t i = 0; i < value->count; i++) {
        const struct json *member = value->members[i].value;
        assert(member->span.start > value->span.start);
        assert(member->span.end < value->span.end);
        check_places(member, source);
    }
}

static void check_written(struct arena *arena, const struct json *value,
                          void (*write)(const struct json *, struct buf *))
{
    struct buf out = {0};
    write(value, &out);
    const struct json *again = fuzz_json(arena, buf_str(&out));
    assert(again != NULL);
    assert(json_equal(value, again));
    buf_free(&out);
}

static void check_value(struct arena *arena, const struct json *value)
{
    struct str canonical = fuzz_canonical(arena, value);
    const struct json *again = fuzz_json(arena, canonical);
    assert(str_eq(fuzz_canonical(arena, again), canonical));
    check_written(arena, value, json_write);
    check_written(arena, value, json_write_pretty);
    check_written(arena, value, json_write_canonical);
    assert(json_equal(value, json_copy(arena, value)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct source source = {STR("fuzz"), fuzz_text(data, size)};
    const struct json *value = NULL;
    struct diag diag;
    diag_init(&diag, arena);
    if (json_parse(arena, &source, &json_default_limits, &value, &diag)) {
        check_places(value, &source);
        check_value(arena, value);
    }
    fuzz_diag_check(&diag);
    arena_free(arena);
    return 0;
}
