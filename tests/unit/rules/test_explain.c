/* SPDX-License-Identifier: Apache-2.0 */
/* What is said to people: one rule that uses every key, explained, and the IAM
 * policy of some rules. Start at a_rule_is_explained_in_words(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "rules/rules.h"
#include "schedule/schedule.h"

#define FOLDER PROJECT_ROOT "/tests/data/rules/explain/"

static struct rules *load(struct arena *arena, struct aws_registry *registry)
{
    const struct str folder = STR(FOLDER);
    const struct rules_load_in in = {
        .registry = registry,
        .folders = &folder,
        .folder_count = 1,
        .without_builtin = true,
    };
    struct diag diag;
    diag_init(&diag, arena);
    struct rules *rules = rules_load(&in, &diag);
    struct buf text = {0};
    diag_print(&diag, &text);
    print_message("%.*s", STR_ARG(buf_str(&text)));
    buf_free(&text);
    assert_non_null(rules);
    return rules;
}

static void check_text(struct arena *arena, struct buf *said, struct str name)
{
    struct str wanted = STR_NONE;
    struct str why = STR_NONE;
    if (!file_read(arena, name, 100000, &wanted, &why) ||
        !str_eq(wanted, buf_str(said))) {
        print_message("%.*s\n%.*s", STR_ARG(why), STR_ARG(buf_str(said)));
        fail_msg("not as in %.*s", STR_ARG(name));
    }
    buf_free(said);
}

static void a_rule_is_explained_in_words(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct aws_registry *registry = aws_registry_new();
    struct rules *rules = load(arena, registry);
    struct schedule *schedule = schedule_new(&(struct schedule_config){0});
    const struct schedule_walk walk = {1, 1, 200, 300};
    schedule_learn(
        schedule,
        &(struct schedule_key){STR("ssm"), STR("PutParameter"), STR("plain")},
        &walk);
    struct buf said = {0};
    for (size_t i = 0; i < rules_count(rules); i++) {
        struct rule rule = *rules_at(rules, i);
        rule.file = STR("every_key.json"); /* not where this test lies */
        rules_explain(&rule, schedule, &said);
    }
    for (size_t i = 0; i < rules_read_count(rules); i++) {
        struct rules_known_read read = *rules_read_at(rules, i);
        read.file = STR("every_key.json");
        rules_explain_read(&read, &said);
    }
    check_text(arena, &said, STR(FOLDER "explained.expect"));
    schedule_free(schedule);
    rules_unref(rules);
    aws_registry_free(registry);
    arena_free(arena);
}

static void the_policy_names_each_action_once(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct aws_registry *registry = aws_registry_new();
    struct rules *rules = load(arena, registry);
    const struct rule *const twice[] = {rules_at(rules, 0), rules_at(rules, 0)};
    struct buf said = {0};
    rules_policy(twice, 2, LEVEL_EFFECTIVE, &said);
    check_text(arena, &said, STR(FOLDER "policy.expect"));
    rules_policy(twice, 0, LEVEL_EFFECTIVE, &said);
    assert_true(str_contains(buf_str(&said), STR("\"Statement\": []")));
    buf_free(&said);
    rules_unref(rules);
    aws_registry_free(registry);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_is_explained_in_words),
        cmocka_unit_test(the_policy_names_each_action_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
