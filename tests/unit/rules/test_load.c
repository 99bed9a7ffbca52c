/* SPDX-License-Identifier: Apache-2.0 */
/* Layers of rule files: which rule wins, what two of one layer say of each
 * other, how a set is counted. Start at a_folder_replaces_built_in_rules(). */
#include "support/texts.h"

#include "rules/rules.h"

#define LAYERS PROJECT_ROOT "/tests/data/rules/layers/"

static struct arena *arena;
static struct aws_registry *registry;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    registry = aws_registry_new();
    return 0;
}

static int clear_up(void **state)
{
    (void)state;
    aws_registry_free(registry);
    arena_free(arena);
    return 0;
}

static struct rules *load(const struct str *folders, size_t count,
                          bool without_builtin, struct diag *diag)
{
    const struct rules_load_in in = {registry, folders, count, without_builtin};
    diag_init(diag, arena);
    return rules_load(&in, diag);
}

static struct str about(const struct rules *rules, const char *operation)
{
    const struct rule *rule = rules_find(rules, STR("ssm"), str_of(operation));
    return rule != NULL ? rule->about : STR_NONE;
}

static void a_folder_replaces_built_in_rules(void **state)
{
    (void)state;
    struct diag diag;
    const struct str folders[] = {STR(LAYERS "first"), STR(LAYERS "second/")};
    struct rules *builtin = load(NULL, 0, false, &diag);
    assert_non_null(builtin);
    size_t count = rules_count(builtin);
    struct rules *rules = load(folders, 2, false, &diag);
    assert_non_null(rules);
    /* DeleteDocument is new, PutParameter replaced twice. */
    assert_int_equal(rules_count(rules), count + 1);
    assert_true(str_eq(about(rules, "PutParameter"), STR("second")));
    assert_true(str_eq(about(rules, "DeleteDocument"), STR("first")));
    assert_true(about(rules, "DeleteParameter").len > 0);
    assert_true(rules_rate(rules, STR("ssm")) > 8);
    assert_true(rules_rate(builtin, STR("nothing")) > 19);
    assert_null(rules_find(rules, STR("ssm"), STR("GetParameter")));
    assert_null(rules_find(rules, STR("sqs"), STR("PutParameter")));
    rules_unref(rules);
    rules_unref(builtin);
}

static void the_built_in_ones_can_be_left_out(void **state)
{
    (void)state;
    struct diag diag;
    const struct str folders[] = {STR(LAYERS "first")};
    struct rules *rules = load(folders, 1, true, &diag);
    assert_non_null(rules);
    assert_int_equal(rules_count(rules), 2);
    rules_unref(rules);
    rules = load(NULL, 0, true, &diag);
    assert_non_null(rules);
    assert_int_equal(rules_count(rules), 0);
    assert_null(rules_find(rules, STR("ssm"), STR("PutParameter")));
    rules_unref(rules);
}

static void rules_are_found_in_the_order_of_their_names(void **state)
{
    (void)state;
    struct diag diag;
    struct rules *rules = load(NULL, 0, false, &diag);
    assert_non_null(rules);
    for (size_t i = 0; i < rules_count(rules); i++) {
        const struct rule *rule = rules_at(rules, i);
        assert_ptr_equal(rules_find(rules, rule->service, rule->operation),
                         rule);
    }
    rules_unref(rules);
}

static void two_rules_of_one_folder_for_one_operation_clash(void **state)
{
    (void)state;
    struct diag diag;
    const struct str folders[] = {STR(LAYERS "clash")};
    assert_null(load(folders, 1, false, &diag));
    assert_int_equal(diag.count, 1);
    struct str said = diag_text(arena, &diag);
    assert_true(str_contains(said, STR("clash/b.json:4:20: error: ")));
    assert_true(str_contains(said, STR("has a rule in " LAYERS "clash/a.json "
                                       "already")));
}

static void all_faults_of_all_files_are_said(void **state)
{
    (void)state;
    struct diag diag;
    const struct str folders[] = {STR(LAYERS "faulty"), STR(LAYERS "missing"),
                                  STR(LAYERS)};
    assert_null(load(folders, 3, true, &diag));
    /* The set is gone; what is said of it is not. */
    struct str said = diag_text(arena, &diag);
    assert_int_equal(diag.count, 4);
    assert_true(str_contains(said, STR("did you mean `PutParameter`")));
    assert_true(str_contains(said, STR("b.json:2:1: error: ")));
    assert_true(str_contains(said, STR("layers/missing")));
    assert_true(str_contains(said, STR("holds no .json file")));
}

static void what_was_said_before_stays(void **state)
{
    (void)state;
    struct diag diag;
    diag_init(&diag, arena);
    diag_add(&diag, NULL, (struct span){0, 0}, "before");
    const struct str folder = STR(LAYERS "faulty");
    const struct rules_load_in in = {registry, &folder, 1, true};
    assert_null(rules_load(&in, &diag));
    assert_int_equal(diag.count, 3);
    assert_true(str_eq(diag.first->message, STR("before")));
}

static void a_set_lives_while_somebody_holds_it(void **state)
{
    (void)state;
    struct diag diag;
    struct rules *rules = load(NULL, 0, false, &diag);
    assert_non_null(rules);
    assert_ptr_equal(rules_ref(rules), rules);
    rules_unref(rules);
    assert_true(rules_count(rules) > 0);
    rules_unref(rules);
    rules_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_replaces_built_in_rules),
        cmocka_unit_test(the_built_in_ones_can_be_left_out),
        cmocka_unit_test(rules_are_found_in_the_order_of_their_names),
        cmocka_unit_test(two_rules_of_one_folder_for_one_operation_clash),
        cmocka_unit_test(all_faults_of_all_files_are_said),
        cmocka_unit_test(what_was_said_before_stays),
        cmocka_unit_test(a_set_lives_while_somebody_holds_it),
    };
    return cmocka_run_group_tests(tests, set_up, clear_up);
}
