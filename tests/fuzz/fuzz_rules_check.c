/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a file of rules: checked, or each complaint stands in it. Start
 * at LLVMFuzzerTestOneInput(). */
#include "rules/rules.h"
#include "support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct aws_registry *registry; /* reading it takes long */
    if (registry == NULL) {
        registry = aws_registry_new();
    }
    struct arena *arena = arena_new();
    struct source source = {STR("rules/fuzz.json"), fuzz_text(data, size)};
    struct diag diag;
    size_t count = 0;
    diag_init(&diag, arena);
    bool good = rules_check(registry, arena, &source, &count, &diag);
    assert(good == (diag.count == 0));
    fuzz_diag_check(&diag);
    arena_free(arena);
    return 0;
}
