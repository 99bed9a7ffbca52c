/* SPDX-License-Identifier: Apache-2.0 */
/* As jmespath_eval, with the functions that rules have besides: sets, tags,
 * policies, ARNs. Start at LLVMFuzzerTestOneInput(). */
#include "rules/rules.h"
#include "support.h"

enum { LONGEST = 256 * 1024 };

static const struct json *evaluate(struct arena *arena,
                                   const struct jmespath *expression,
                                   const struct json *document)
{
    enum jmespath_error error = JMESPATH_OK;
    struct str why = STR_NONE;
    const struct json *value =
        jmespath_evaluate(arena, expression, document, &error, &why);
    assert((value != NULL) == (error == JMESPATH_OK));
    assert(value != NULL || why.len > 0);
    return value;
}

static void check_evaluation(struct arena *arena,
                             const struct jmespath *expression,
                             const struct json *document)
{
    struct str before = fuzz_canonical(arena, document);
    const struct json *value = evaluate(arena, expression, document);
    const struct json *again = evaluate(arena, expression, document);
    assert((value == NULL) == (again == NULL));
    assert(str_eq(fuzz_canonical(arena, document), before));
    if (value != NULL) {
        struct str text = fuzz_canonical(arena, value);
        assert(str_eq(fuzz_canonical(arena, again), text));
        /* One that shares much is small but long. */
        assert(text.len > LONGEST || fuzz_json(arena, text) != NULL);
        assert(jmespath_is_true(value) == jmespath_is_true(again));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct str rest = fuzz_text(data, size);
    struct jmespath_compile_in in = {.text = fuzz_line(&rest),
                                     .functions = rules_functions,
                                     .function_count = rules_function_count};
    const struct json *document = fuzz_json(arena, rest);
    const struct jmespath *expression = NULL;
    enum jmespath_error error;
    struct diag diag;
    diag_init(&diag, arena);
    if (document != NULL &&
        jmespath_compile(arena, &in, &expression, &error, &diag)) {
        check_evaluation(arena, expression, document);
    }
    arena_free(arena);
    return 0;
}
