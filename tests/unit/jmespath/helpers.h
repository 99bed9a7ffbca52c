/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of this room share: a bench with an arena, compiling and
 * evaluating in one call, values written as text.
 */
#ifndef TESTS_JMESPATH_HELPERS_H
#define TESTS_JMESPATH_HELPERS_H

#include "jmespath/jmespath.h"

#include <stdio.h>

struct bench {
    struct arena *arena;
    struct diag diag;
    struct jmespath_compile_in in; /* what compile_text() starts from */
    enum jmespath_error error;     /* of the last call */
    struct str message;            /* of the last evaluation that failed */
};

static inline int bench_open(void **state)
{
    static struct bench bench;
    bench = (struct bench){.arena = arena_new()};
    diag_init(&bench.diag, bench.arena);
    *state = &bench;
    return 0;
}

static inline int bench_close(void **state)
{
    struct bench *bench = *state;
    arena_free(bench->arena);
    return 0;
}

static inline const struct json *read_json(struct bench *bench,
                                           const char *text)
{
    struct source *source = ARENA_NEW(bench->arena, struct source);
    *source = (struct source){STR("test"), str_of(text)};
    const struct json *value = NULL;
    bool ok = json_parse(bench->arena, source, &json_default_limits, &value,
                         &bench->diag);
    if (!ok) {
        fail_msg("not JSON: %s", text);
    }
    return value;
}

/* NULL, with bench->error set, when it does not compile. The diag then holds
 * one item, that of this expression. */
static inline const struct jmespath *compile_text(struct bench *bench,
                                                  const char *expression)
{
    const struct jmespath *compiled = NULL;
    struct jmespath_compile_in in = bench->in;
    in.text = str_of(expression);
    diag_init(&bench->diag, bench->arena);
    bool ok = jmespath_compile(bench->arena, &in, &compiled, &bench->error,
                               &bench->diag);
    assert_int_equal(ok, bench->error == JMESPATH_OK);
    assert_int_equal(ok, compiled != NULL);
    assert_int_equal(bench->diag.count, ok ? 0 : 1);
    return compiled;
}

/* NULL, with bench->error set, when it fails in either way. */
static inline const struct json *search_value(struct bench *bench,
                                              const char *expression,
                                              const struct json *document)
{
    const struct jmespath *compiled = compile_text(bench, expression);
    if (compiled == NULL) {
        return NULL;
    }
    const struct json *value = jmespath_evaluate(
        bench->arena, compiled, document, &bench->error, &bench->message);
    assert_int_equal(value == NULL, bench->error != JMESPATH_OK);
    return value;
}

static inline const char *write_json(struct bench *bench,
                                     const struct json *value)
{
    struct buf buf = {0};
    json_write(value, &buf);
    struct str text = arena_str(bench->arena, buf_str(&buf));
    buf_free(&buf);
    return text.ptr;
}

/* `count` times the same text. */
static inline char *repeat(struct bench *bench, const char *text, size_t count)
{
    size_t len = strlen(text);
    char *all = arena_alloc(bench->arena, len * count + 1);
    for (size_t i = 0; i < count; i++) {
        memcpy(all + i * len, text, len);
    }
    return all;
}

#endif
