/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as YAML: a tree within the limits whose values lie in the text, or
 * complaints that do. Start at LLVMFuzzerTestOneInput(). */
#include "support.h"
#include "yaml/yaml.h"

static const struct json_limits limits = {.depth = 64, .nodes = 10000};

static size_t count_nodes(const struct json *value, size_t depth, size_t len)
{
    size_t count = 1;
    assert(depth <= limits.depth);
    assert(value->span.start <= value->span.end && value->span.end <= len);
    for (size_t i = 0; i < value->count; i++) {
        count += count_nodes(value->members[i].value, depth + 1, len);
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct source source = {STR("fuzz"), fuzz_text(data, size)};
    const struct json *value = NULL;
    struct diag diag;
    diag_init(&diag, arena);
    bool good = yaml_read(arena, &source, &limits, &value, &diag);
    assert(good == (diag.count == 0));
    fuzz_diag_check(&diag);
    if (good) {
        assert(count_nodes(value, 0, size) <= limits.nodes);
        assert(fuzz_json(arena, fuzz_canonical(arena, value)) != NULL);
    }
    arena_free(arena);
    return 0;
}
