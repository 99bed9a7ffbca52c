/* SPDX-License-Identifier: Apache-2.0 */
/* Golden diagnoses: each tests/data/rules/NAME.json is checked and what is said
 * of it must be NAME.expect. Start at every_diagnosis_is_as_expected(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "rules/rules.h"

#define FOLDER PROJECT_ROOT "/tests/data/rules/"

enum { FILE_MAX = 100000 };

static struct str read_data(struct arena *arena, struct str name)
{
    struct str text = STR_NONE;
    struct str why = STR_NONE;
    if (!file_read(arena, arena_join(arena, STR(FOLDER), name), FILE_MAX, &text,
                   &why)) {
        print_message("%.*s\n", STR_ARG(why));
    }
    return text;
}

static struct str diagnosis_of(struct arena *arena,
                               struct aws_registry *registry, struct str name)
{
    const struct source source = {name, read_data(arena, name)};
    struct diag diag;
    diag_init(&diag, arena);
    size_t count = 0;
    bool good = rules_check(registry, arena, &source, &count, &diag);
    struct buf out = {0};
    diag_print(&diag, &out);
    buf_printf(&out, "%s: %zu rules\n", good ? "good" : "not good", count);
    struct str text = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return text;
}

static void every_diagnosis_is_as_expected(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct aws_registry *registry = aws_registry_new();
    struct str *names = NULL;
    size_t count = 0;
    size_t wrong = 0;
    struct str why = STR_NONE;
    assert_true(
        file_list(arena, STR(FOLDER), STR(".json"), &names, &count, &why));
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        struct str stem = str_first(names[i], names[i].len - 5);
        struct str expected =
            read_data(arena, arena_join(arena, stem, STR(".expect")));
        struct str said = diagnosis_of(arena, registry, names[i]);
        if (!str_eq(expected, said)) {
            wrong++;
            print_message("%.*s: said\n%.*s\n", STR_ARG(names[i]),
                          STR_ARG(said));
        }
    }
    assert_int_equal(wrong, 0);
    aws_registry_free(registry);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_diagnosis_is_as_expected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
