/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as an expression, alone and inside a JSON file: the verdict is the
 * same, and what is complained of stands in the text or in the file. Start at
 * LLVMFuzzerTestOneInput(). */
#include "jmespath/jmespath.h"
#include "support.h"

static void check_root(void *ctx, struct str name, struct span span)
{
    struct str text = *(const struct str *)ctx;
    assert(name.ptr != NULL);
    assert(span.start < span.end && span.end <= text.len);
}

static bool compile(struct arena *arena, const struct jmespath_compile_in *in,
                    enum jmespath_error *ret_error)
{
    const struct jmespath *expression = NULL;
    struct diag diag;
    struct str text = in->text;
    diag_init(&diag, arena);
    bool good = jmespath_compile(arena, in, &expression, ret_error, &diag);
    assert(good == (expression != NULL) && good == (diag.count == 0));
    assert(good == (*ret_error == JMESPATH_OK));
    fuzz_diag_check(&diag);
    if (good) {
        jmespath_roots(expression, check_root, &text);
    }
    return good;
}

/* {"x": "EXPRESSION"}, for which bad UTF-8 has been replaced. */
static void check_in_file(struct arena *arena, struct str text)
{
    struct buf out = {0};
    buf_add(&out, STR("{\"x\": "));
    json_write_string(text, &out);
    buf_add(&out, STR("}"));
    struct source source = {STR("file"), buf_str(&out)};
    const struct json *file = fuzz_json(arena, source.text);
    const struct json *node = json_get(file, STR("x"));
    struct jmespath_compile_in alone = {.text = json_text(node)};
    struct jmespath_compile_in placed = {
        .text = json_text(node), .source = &source, .string = node};
    enum jmespath_error error;
    enum jmespath_error again;
    bool good = compile(arena, &alone, &error);
    assert(compile(arena, &placed, &again) == good);
    assert(error == again);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct jmespath_compile_in in = {.text = fuzz_text(data, size)};
    enum jmespath_error error;
    (void)compile(arena, &in, &error);
    check_in_file(arena, in.text);
    arena_free(arena);
    return 0;
}
