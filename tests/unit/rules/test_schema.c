/* SPDX-License-Identifier: Apache-2.0 */
/* rules/README.md and the tables say the same: every key, every function, and
 * an example that is right. Start at the_readme_names_every_key(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "rules/private.h"

static struct str read_readme(struct arena *arena)
{
    struct str text = STR_NONE;
    struct str why = STR_NONE;
    assert_true(file_read(arena, STR(PROJECT_ROOT "/rules/README.md"), 100000,
                          &text, &why));
    return text;
}

static void the_readme_names_every_key(void **state)
{
    static const struct shape *const shapes[] = {
        &rules_shape_file,         &rules_shape_rate,
        &rules_shape_defaults,     &rules_shape_rule,
        &rules_shape_confirmation, &rules_shape_resend,
        &rules_shape_condition,    &rules_shape_before,
        &rules_shape_witness,      &rules_shape_read};
    (void)state;
    struct arena *arena = arena_new();
    struct str readme = read_readme(arena);
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        for (size_t k = 0; k < shapes[i]->count; k++) {
            const struct key *key = &shapes[i]->keys[k];
            assert_true(strlen(key->help) > 0);
            if (!str_contains(readme, arena_printf(arena, "`%s`", key->name)) &&
                !str_contains(readme,
                              arena_printf(arena, "\"%s\":", key->name))) {
                fail_msg("%s has the key %s", shapes[i]->what, key->name);
            }
        }
    }
    arena_free(arena);
}

static void the_readme_names_every_function(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct str readme = read_readme(arena);
    for (size_t i = 0; i < rules_function_count; i++) {
        struct str help = str_of(rules_functions[i].help);
        struct str face = str_first(help, str_find(help, ':'));
        if (!str_contains(readme,
                          arena_printf(arena, "| `%.*s` |", STR_ARG(face)))) {
            fail_msg("%.*s", STR_ARG(face));
        }
    }
    arena_free(arena);
}

static void the_example_of_the_readme_is_a_good_rule(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct aws_registry *registry = aws_registry_new();
    struct str readme = read_readme(arena);
    size_t start = str_find_str(readme, STR("```json\n"));
    assert_true(start != STR_NOT_FOUND);
    struct str rest = str_from(readme, start + strlen("```json\n"));
    size_t end = str_find_str(rest, STR("```"));
    assert_true(end != STR_NOT_FOUND);
    const struct source source = {STR("README.md"), str_first(rest, end)};
    struct diag diag;
    diag_init(&diag, arena);
    size_t count = 0;
    if (!rules_check(registry, arena, &source, &count, &diag)) {
        fail_msg("%.*s", STR_ARG(diag.first->message));
    }
    assert_int_equal(count, 1);
    aws_registry_free(registry);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_readme_names_every_key),
        cmocka_unit_test(the_readme_names_every_function),
        cmocka_unit_test(the_example_of_the_readme_is_a_good_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
