/* SPDX-License-Identifier: Apache-2.0 */
/* The built-in rules, against scenes: a call, its answer, and what a read-back
 * saw before and after. moto.json was recorded from that emulator, aws.json
 * written after AWS's documents. Start at each_scene_is_judged_rightly(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "rules/rules.h"

#define FOLDER PROJECT_ROOT "/tests/data/rules/scenes/"

enum { FILE_MAX = 4000000 };

struct stage {
    struct arena *arena;
    struct aws_registry *registry;
    struct rules *rules;
};

static int set_stage(void **state)
{
    struct arena *arena = arena_new();
    struct stage *stage = ARENA_NEW(arena, struct stage);
    stage->arena = arena;
    stage->registry = aws_registry_new();
    struct diag diag;
    diag_init(&diag, arena);
    const struct rules_load_in in = {.registry = stage->registry};
    stage->rules = rules_load(&in, &diag);
    struct buf text = {0};
    diag_print(&diag, &text);
    print_message("%.*s", STR_ARG(buf_str(&text)));
    buf_free(&text);
    *state = stage;
    return stage->rules != NULL ? 0 : -1;
}

static int clear_stage(void **state)
{
    struct stage *stage = *state;
    rules_unref(stage->rules);
    aws_registry_free(stage->registry);
    arena_free(stage->arena);
    return 0;
}

/* ---- judging, as the engine does ---- */

static bool is_true(struct arena *arena, const struct rules_expression *what,
                    const struct json *document)
{
    struct str why = STR_NONE;
    const struct json *value = rules_value(arena, what, document, &why);
    if (why.len > 0) {
        fail_msg("%.*s: %.*s", STR_ARG(what->text), STR_ARG(why));
    }
    return jmespath_is_true(value);
}

static bool meets(struct arena *arena, const struct rules_condition *condition,
                  const struct json *document)
{
    struct str code = json_text(json_path(document, "read_error.code"));
    bool named = condition->error_count == 0 && code.len == 0;
    for (size_t i = 0; i < condition->error_count; i++) {
        named = named || str_eq(condition->errors[i], code);
    }
    if (condition->expression.compiled == NULL) {
        return named && condition->error_count > 0;
    }
    return named && is_true(arena, &condition->expression, document);
}

static const char *judge(struct arena *arena,
                         const struct rules_confirmation *one,
                         const struct json *document)
{
    if (meets(arena, &one->failure, document)) {
        return "never";
    }
    if (meets(arena, &one->success, document)) {
        return "holds";
    }
    if (meets(arena, &one->superseded, document)) {
        return "superseded";
    }
    return json_is(json_get(document, STR("read_error")), JSON_NULL) ||
                   meets(arena, &one->retry, document)
               ? "not yet"
               : "unverifiable";
}

/* ---- a scene ---- */

static const struct json *document_of(struct arena *arena,
                                      const struct json *scene,
                                      const struct json *item,
                                      const struct json *seen)
{
    const struct {
        struct str name;
        const struct json *value;
    } rows[] = {
        {STR("request"), json_get(scene, STR("request"))},
        {STR("response"), json_get(scene, STR("response"))},
        {STR("before"), json_get(scene, STR("before"))},
        {STR("call"), json_get(scene, STR("call"))},
        {STR("item"), item},
        {STR("read"), json_get(seen, STR("read"))},
        {STR("read_error"), json_get(seen, STR("read_error"))},
        {STR("error"), json_get(seen, STR("error"))},
        {STR("previous"), json_get(seen, STR("previous"))},
    };
    struct json *document = json_new(arena, JSON_OBJECT);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_set(arena, document, rows[i].name,
                 rows[i].value != NULL ? rows[i].value
                                       : json_new(arena, JSON_NULL));
    }
    return document;
}

static void check_confirmation(struct arena *arena, const struct json *scene,
                               const struct rules_confirmation *one,
                               const struct json *part)
{
    struct str title = json_get_text(scene, "scene");
    const struct json *item = json_get(part, STR("item"));
    const struct json *input =
        rules_input(arena, &one->read, document_of(arena, scene, item, NULL));
    if (!json_equal(input, json_get(part, STR("input")))) {
        struct buf text = {0};
        json_write(input, &text);
        print_message("asked %.*s\n", STR_ARG(buf_str(&text)));
        buf_free(&text);
        fail_msg("%.*s, %.*s: the input is another", STR_ARG(title),
                 STR_ARG(one->name));
    }
    const struct json *sees = json_get(part, STR("sees"));
    for (size_t i = 0; i < sees->count; i++) {
        const struct json *seen = sees->members[i].value;
        struct str wanted = json_get_text(seen, "is");
        const char *verdict =
            judge(arena, one, document_of(arena, scene, item, seen));
        if (!str_eq(wanted, str_of(verdict))) {
            fail_msg("%.*s, %.*s, read-back %zu: %s, not %.*s", STR_ARG(title),
                     STR_ARG(one->name), i, verdict, STR_ARG(wanted));
        }
    }
}

static const struct json *part_for(const struct json *scene, struct str name,
                                   const struct json *item)
{
    const struct json *parts = json_get(scene, STR("confirm"));
    for (size_t i = 0; i < parts->count; i++) {
        const struct json *part = parts->members[i].value;
        if (str_eq(json_get_text(part, "name"), name) &&
            (item == NULL || json_equal(item, json_get(part, STR("item"))))) {
            return part;
        }
    }
    return NULL;
}

/* Each confirmation that is asked must be in the scene, but that the higher
 * levels may be left out; each in the scene must be asked. */
static size_t check_item(struct arena *arena, const struct json *scene,
                         const struct rules_confirmation *one,
                         const struct json *item)
{
    const struct json *part = part_for(scene, one->name, item);
    bool asked =
        one->when.compiled == NULL ||
        is_true(arena, &one->when, document_of(arena, scene, item, NULL));
    struct str title = json_get_text(scene, "scene");
    if (asked && part == NULL && one->level == LEVEL_VISIBLE) {
        fail_msg("%.*s: %.*s is asked too", STR_ARG(title), STR_ARG(one->name));
    }
    if (!asked && part != NULL) {
        fail_msg("%.*s: %.*s is not asked", STR_ARG(title), STR_ARG(one->name));
    }
    if (part != NULL) {
        check_confirmation(arena, scene, one, part);
    }
    return part != NULL ? 1 : 0;
}

/* Whether any resend of the rule would send the call again. */
static bool sends_again(struct arena *arena, const struct rule *rule,
                        const struct json *document)
{
    struct str code = json_text(json_path(document, "error.code"));
    for (size_t i = 0; i < rule->resend_count; i++) {
        const struct rules_resend *resend = &rule->resends[i];
        for (size_t k = 0; k < resend->error_count; k++) {
            if (str_eq(resend->errors[k], code) &&
                is_true(arena, &resend->when, document)) {
                return true;
            }
        }
    }
    return false;
}

static void check_refusals(struct arena *arena, const struct json *scene,
                           const struct rule *rule)
{
    const struct json *refusals = json_get(scene, STR("refusals"));
    for (size_t i = 0; refusals != NULL && i < refusals->count; i++) {
        const struct json *refusal = refusals->members[i].value;
        bool wanted = json_is(json_get(refusal, STR("again")), JSON_TRUE);
        if (sends_again(arena, rule,
                        document_of(arena, scene, NULL, refusal)) != wanted) {
            fail_msg("%.*s: refusal %zu",
                     STR_ARG(json_get_text(scene, "scene")), i);
        }
    }
}

static void check_scene(const struct stage *stage, struct arena *arena,
                        const struct json *scene)
{
    const struct rule *rule =
        rules_find(stage->rules, json_get_text(scene, "service"),
                   json_get_text(scene, "operation"));
    if (rule == NULL) {
        fail_msg("%.*s: no rule", STR_ARG(json_get_text(scene, "scene")));
        return;
    }
    check_refusals(arena, scene, rule);
    if (json_is(json_get(scene, STR("response")), JSON_NULL)) {
        return; /* AWS refused it, so there is nothing to confirm */
    }
    size_t checked = 0;
    for (size_t i = 0; i < rule->confirmation_count; i++) {
        const struct rules_confirmation *one = &rule->confirmations[i];
        if (one->for_each.compiled == NULL) {
            checked += check_item(arena, scene, one, NULL);
            continue;
        }
        struct str why = STR_NONE;
        const struct json *items = rules_value(
            arena, &one->for_each, document_of(arena, scene, NULL, NULL), &why);
        assert_int_equal(why.len, 0);
        for (size_t k = 0; k < items->count; k++) {
            checked += check_item(arena, scene, one, items->members[k].value);
        }
    }
    if (checked != json_get(scene, STR("confirm"))->count) {
        fail_msg("%.*s: some part of it is of no confirmation",
                 STR_ARG(json_get_text(scene, "scene")));
    }
}

static size_t check_file(const struct stage *stage, struct str name)
{
    struct arena *arena = arena_new();
    struct source source = {.name = name};
    struct str why = STR_NONE;
    struct diag diag;
    diag_init(&diag, arena);
    const struct json *scenes = NULL;
    assert_true(file_read(arena, arena_join(arena, STR(FOLDER), name), FILE_MAX,
                          &source.text, &why));
    assert_true(
        json_parse(arena, &source, &json_default_limits, &scenes, &diag));
    size_t count = scenes->count;
    for (size_t i = 0; i < count; i++) {
        check_scene(stage, arena, scenes->members[i].value);
    }
    arena_free(arena);
    return count;
}

static void each_scene_is_judged_rightly(void **state)
{
    const struct stage *stage = *state;
    struct str *names = NULL;
    size_t count = 0;
    size_t scenes = 0;
    struct str why = STR_NONE;
    assert_true(file_list(stage->arena, STR(FOLDER), STR(".json"), &names,
                          &count, &why));
    for (size_t i = 0; i < count; i++) {
        scenes += check_file(stage, names[i]);
    }
    assert_true(scenes > 0);
    print_message("%zu scenes\n", scenes);
}

/* ---- which operations have a rule ---- */

static void every_change_of_three_services_has_a_rule(void **state)
{
    static const struct {
        const char *service;
        const char *only; /* of its operations, those with this in the name */
        size_t count;
    } rows[] = {
        {"secretsmanager", "", 15},     {"resourcegroupstaggingapi", "", 3},
        {"ssm", "Parameter", 5},        {"ssm", "TagsToResource", 1},
        {"ssm", "TagsFromResource", 1}, {"ssm", "ResourcePolicy", 2},
        {"ssm", "ServiceSetting", 2},
    };
    const struct stage *stage = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str service = str_of(rows[i].service);
        size_t found = 0;
        for (size_t k = 0; k < aws_operation_count(stage->registry, service);
             k++) {
            const struct aws_operation *op =
                aws_operation_at(stage->registry, service, k);
            if (op->reads || !str_contains(op->name, str_of(rows[i].only))) {
                continue;
            }
            if (rules_find(stage->rules, service, op->name) == NULL) {
                fail_msg("%.*s has no rule", STR_ARG(op->name));
            }
            found++;
        }
        assert_int_equal(found, rows[i].count);
    }
}

static void one_read_back_never_confirms_by_itself(void **state)
{
    const struct stage *stage = *state;
    for (size_t i = 0; i < rules_count(stage->rules); i++) {
        const struct rule *rule = rules_at(stage->rules, i);
        for (size_t k = 0; k < rule->confirmation_count; k++) {
            const struct rules_confirmation *one = &rule->confirmations[k];
            if (one->level == LEVEL_VISIBLE &&
                (one->schedule.consecutive < 2 ||
                 one->schedule.settle_for_ms < 300)) {
                fail_msg("%.*s %.*s", STR_ARG(rule->operation),
                         STR_ARG(one->name));
            }
        }
    }
}

/* Nothing that a read-back brings home may be a secret. */
static void no_read_back_decrypts(void **state)
{
    const struct stage *stage = *state;
    const struct rule *all[256];
    size_t count = rules_count(stage->rules);
    assert_true(count > 0 && count <= 256);
    for (size_t i = 0; i < count; i++) {
        all[i] = rules_at(stage->rules, i);
    }
    struct buf text = {0};
    rules_policy(all, count, LEVEL_EFFECTIVE, &text);
    assert_true(str_contains(buf_str(&text), STR("ssm:GetParameter")));
    assert_true(str_contains(buf_str(&text), STR("tag:GetResources")));
    assert_false(str_contains(buf_str(&text), STR("kms:Decrypt")));
    assert_false(str_contains(buf_str(&text), STR("GetSecretValue")));
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_scene_is_judged_rightly),
        cmocka_unit_test(every_change_of_three_services_has_a_rule),
        cmocka_unit_test(one_read_back_never_confirms_by_itself),
        cmocka_unit_test(no_read_back_decrypts),
    };
    return cmocka_run_group_tests(tests, set_stage, clear_stage);
}
