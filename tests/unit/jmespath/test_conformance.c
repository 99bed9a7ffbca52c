/* SPDX-License-Identifier: Apache-2.0 */
/* The official compliance suite, every case of every file. Not in the project;
 * without its folder the test is skipped. Start at the_official_suite_passes().
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "jmespath/jmespath.h"

#include <stdio.h>

enum { LARGEST_FILE = 4 * 1024 * 1024 };

struct tally {
    size_t cases;
    size_t failures;
};

static const char *written(struct arena *arena, const struct json *value)
{
    struct buf buf = {0};
    json_write(value, &buf);
    struct str text = arena_str(arena, buf_str(&buf));
    buf_free(&buf);
    return text.ptr;
}

/* What happened, as text: a value as JSON, or the kind of error. */
static const struct json *run_case(struct arena *arena, struct str expression,
                                   const struct json *given,
                                   enum jmespath_error *ret_error)
{
    struct jmespath_compile_in in = {.text = expression};
    const struct jmespath *compiled = NULL;
    struct str message = STR_NONE;
    struct diag diag;
    diag_init(&diag, arena);
    if (!jmespath_compile(arena, &in, &compiled, ret_error, &diag)) {
        return NULL;
    }
    return jmespath_evaluate(arena, compiled, given, ret_error, &message);
}

/* A case that is timed has no expectation but that it works. */
static bool case_holds(const struct json *test, const struct json *value,
                       enum jmespath_error error)
{
    struct str wanted_error = json_get_text(test, "error");
    if (wanted_error.len > 0) {
        return value == NULL &&
               str_eq(wanted_error, str_of(jmespath_error_name(error)));
    }
    const struct json *wanted = json_get(test, STR("result"));
    bool is_bench = json_get(test, STR("bench")) != NULL;
    return value != NULL && (is_bench || json_equal(wanted, value));
}

static void check_case(const struct json *test, const struct json *given,
                       struct str file, struct tally *tally)
{
    struct arena *arena = arena_new();
    enum jmespath_error error = JMESPATH_OK;
    struct str expression = json_get_text(test, "expression");
    const char *before = written(arena, given);
    const struct json *value = run_case(arena, expression, given, &error);
    tally->cases++;
    if (!case_holds(test, value, error)) {
        tally->failures++;
        print_error("%.*s: %.*s\n  gave %s\n  case %s\n", STR_ARG(file),
                    STR_ARG(expression),
                    value != NULL ? written(arena, value)
                                  : jmespath_error_name(error),
                    written(arena, test));
    }
    assert_string_equal(before, written(arena, given));
    arena_free(arena);
}

static void check_file(struct str folder, struct str name, struct tally *tally)
{
    struct arena *arena = arena_new();
    struct str text = STR_NONE;
    struct str why = STR_NONE;
    struct str path =
        arena_printf(arena, "%.*s/%.*s", STR_ARG(folder), STR_ARG(name));
    assert_true(file_read(arena, path, LARGEST_FILE, &text, &why));
    struct source source = {name, text};
    const struct json *groups = NULL;
    struct diag diag;
    diag_init(&diag, arena);
    assert_true(
        json_parse(arena, &source, &json_default_limits, &groups, &diag));
    struct tally here = {0};
    for (size_t i = 0; i < groups->count; i++) {
        const struct json *group = groups->members[i].value;
        const struct json *given = json_get(group, STR("given"));
        const struct json *cases = json_get(group, STR("cases"));
        for (size_t j = 0; j < cases->count; j++) {
            check_case(cases->members[j].value, given, name, &here);
        }
    }
    print_message("%4zu cases, %zu failed: %.*s\n", here.cases, here.failures,
                  STR_ARG(name));
    tally->cases += here.cases;
    tally->failures += here.failures;
    arena_free(arena);
}

static void the_official_suite_passes(void **state)
{
    (void)state;
    struct str folder = STR(TEST_DATA "/jmespath");
    if (!file_is_folder(folder)) {
        print_message("skipped: there is no folder %.*s\n", STR_ARG(folder));
        skip();
    }
    struct arena *arena = arena_new();
    struct str *names = NULL;
    struct str why = STR_NONE;
    size_t count = 0;
    struct tally tally = {0};
    assert_true(file_list(arena, folder, STR(".json"), &names, &count, &why));
    for (size_t i = 0; i < count; i++) {
        check_file(folder, names[i], &tally);
    }
    print_message("%4zu cases, %zu failed in all\n", tally.cases,
                  tally.failures);
    arena_free(arena);
    assert_int_not_equal(tally.cases, 0);
    assert_int_equal(tally.failures, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_official_suite_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
