/* SPDX-License-Identifier: Apache-2.0 */
/* What every test of this room begins with: a registry and an arena. */
#ifndef TESTS_UNIT_AWS_GIVEN_H
#define TESTS_UNIT_AWS_GIVEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/aws.h"

struct given {
    struct aws_registry *registry;
    struct arena *arena;
};

static inline int given_setup(void **state)
{
    struct given *given = test_calloc(1, sizeof *given);
    given->registry = aws_registry_new();
    given->arena = arena_new();
    *state = given;
    return 0;
}

static inline int given_teardown(void **state)
{
    struct given *given = *state;
    aws_registry_free(given->registry);
    arena_free(given->arena);
    test_free(given);
    return 0;
}

static inline void assert_str(struct str got, const char *want)
{
    if (!str_eq(got, str_of(want))) {
        fail_msg("got \"%.*s\", wanted \"%s\"", STR_ARG(got), want);
    }
}

static inline const struct json *given_json(struct given *given,
                                            const char *text)
{
    struct source *source = ARENA_NEW(given->arena, struct source);
    *source = (struct source){STR("test"), str_of(text)};
    struct diag diag;
    diag_init(&diag, given->arena);
    const struct json *value = NULL;
    if (!json_parse(given->arena, source, &json_default_limits, &value,
                    &diag)) {
        fail_msg("not JSON: %s", text);
    }
    return value;
}

static inline void assert_json(struct given *given, const struct json *got,
                               const char *want)
{
    if (!json_equal(got, given_json(given, want))) {
        struct buf text = {0};
        json_write(got, &text);
        struct str shown = arena_str(given->arena, buf_str(&text));
        buf_free(&text);
        fail_msg("got %s, wanted %s", shown.ptr, want);
    }
}

#define GIVEN_TEST(name)                                                       \
    cmocka_unit_test_setup_teardown(name, given_setup, given_teardown)

#endif
