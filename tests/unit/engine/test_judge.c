/* SPDX-License-Identifier: Apache-2.0 */
/* What a read-back shows, by the rule's conditions. */
#include "world.h"

static struct str not_found[] = {{"NotFound", 8}};
static struct str later[] = {{"Later", 5}};
static struct str broken[] = {{"Broken", 6}};

static struct rules_condition errors(struct str *codes)
{
    return (struct rules_condition){.errors = codes, .error_count = 1};
}

static struct rules_condition says(struct arena *arena, const char *text)
{
    const struct jmespath_compile_in in = {.text = str_of(text)};
    struct rules_condition condition = {.expression = {.text = str_of(text)}};
    enum jmespath_error error = JMESPATH_OK;
    struct diag diag;
    diag_init(&diag, arena);
    assert_true(jmespath_compile(arena, &in, &condition.expression.compiled,
                                 &error, &diag));
    return condition;
}

static void each_result_has_its_verdict(void **state)
{
    static const struct {
        enum probe_kind kind;
        const char *code;
        const char *document;
        enum verdict wanted;
    } rows[] = {
        {PROBE_ANSWERED, "", "{\"read\":{\"v\":2}}", VERDICT_HOLDS},
        {PROBE_ANSWERED, "", "{\"read\":{\"v\":3}}", VERDICT_HOLDS},
        {PROBE_ANSWERED, "", "{\"read\":{\"v\":1}}", VERDICT_NOT_YET},
        {PROBE_ANSWERED, "", "{\"read\":{\"v\":\"2\"}}", VERDICT_NOT_YET},
        {PROBE_ANSWERED, "", "{\"read\":{}}", VERDICT_NOT_YET},
        {PROBE_ANSWERED, "", "{\"read\":null}", VERDICT_NOT_YET},
        {PROBE_ANSWERED, "", "{\"read\":{\"v\":-1}}", VERDICT_NEVER},
        {PROBE_REFUSED, "Later", "{}", VERDICT_NOT_YET},
        {PROBE_REFUSED, "NotFound", "{}", VERDICT_UNVERIFIABLE},
        {PROBE_REFUSED, "later", "{}", VERDICT_UNVERIFIABLE},
        {PROBE_DENIED, "AccessDenied", "{}", VERDICT_UNVERIFIABLE},
        {PROBE_THROTTLED, "Later", "{}", VERDICT_TRY_AGAIN},
        {PROBE_LOST, "", "{}", VERDICT_TRY_AGAIN},
    };
    struct arena *arena = arena_new();
    const struct rules_confirmation rule = {
        .success = says(arena, "read.v == `2`"),
        .superseded = says(arena, "read.v > `2`"),
        .failure = says(arena, "read.v == `-1`"),
        .retry = errors(later),
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct probe_result result = {.kind = rows[i].kind,
                                            .code = str_of(rows[i].code)};
        struct str why = STR_NONE;
        enum verdict verdict = engine_judge(
            arena, &rule, &result, good_json(arena, rows[i].document), &why);
        assert_string_equal(engine_verdict_name(verdict),
                            engine_verdict_name(rows[i].wanted));
    }
    arena_free(arena);
}

static void an_error_may_be_what_is_wanted(void **state)
{
    static const struct {
        enum probe_kind kind;
        const char *code;
        enum verdict wanted;
    } rows[] = {
        {PROBE_REFUSED, "NotFound", VERDICT_HOLDS},
        {PROBE_ANSWERED, "", VERDICT_NOT_YET},
        {PROBE_REFUSED, "Broken", VERDICT_NEVER},
        {PROBE_DENIED, "AccessDenied", VERDICT_UNVERIFIABLE},
        {PROBE_THROTTLED, "NotFound", VERDICT_TRY_AGAIN},
    };
    struct arena *arena = arena_new();
    const struct rules_confirmation rule = {.success = errors(not_found),
                                            .failure = errors(broken)};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct probe_result result = {.kind = rows[i].kind,
                                            .code = str_of(rows[i].code)};
        struct str why = STR_NONE;
        enum verdict verdict = engine_judge(
            arena, &rule, &result, good_json(arena, "{\"read\":{}}"), &why);
        assert_string_equal(engine_verdict_name(verdict),
                            engine_verdict_name(rows[i].wanted));
    }
    arena_free(arena);
}

static void an_error_and_a_condition_must_both_be_so(void **state)
{
    struct arena *arena = arena_new();
    struct rules_confirmation rule = {
        .success = says(arena, "contains(read_error.message, 'deleted')")};
    struct str why = STR_NONE;
    const struct probe_result refused = {.kind = PROBE_REFUSED,
                                         .code = STR("NotFound")};
    (void)state;
    rule.success.errors = not_found;
    rule.success.error_count = 1;
    assert_int_equal(
        engine_judge(
            arena, &rule, &refused,
            good_json(arena, "{\"read_error\":{\"message\":\"is deleted\"}}"),
            &why),
        VERDICT_HOLDS);
    assert_int_equal(
        engine_judge(arena, &rule, &refused,
                     good_json(arena, "{\"read_error\":{\"message\":\"no\"}}"),
                     &why),
        VERDICT_UNVERIFIABLE);
    arena_free(arena);
}

static void what_cannot_be_judged_is_not_yet_and_says_why(void **state)
{
    struct arena *arena = arena_new();
    const struct rules_confirmation rule = {
        .success = says(arena, "starts_with(read.v, 'a')")};
    const struct probe_result answered = {.kind = PROBE_ANSWERED};
    struct str why = STR_NONE;
    (void)state;
    assert_int_equal(engine_judge(arena, &rule, &answered,
                                  good_json(arena, "{\"read\":{\"v\":1}}"),
                                  &why),
                     VERDICT_NOT_YET);
    assert_true(str_contains(why, STR("could not be judged")));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_result_has_its_verdict),
        cmocka_unit_test(an_error_may_be_what_is_wanted),
        cmocka_unit_test(an_error_and_a_condition_must_both_be_so),
        cmocka_unit_test(what_cannot_be_judged_is_not_yet_and_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
