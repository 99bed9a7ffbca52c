/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that each run makes afresh, and members that do not matter. Start at
 * main(). */
#include "scene.h"

#define PUT "ssm:PutParameter"
#define GET "ssm:GetParameter"

static void texts_are_bound_to_each_other(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *recorded;
        const char *live;
        bool same;
    } rows[] = {
        {"/run-17/a", "/run-17/a", true},
        {"/run-17/a", "/run-99/a", true},
        {"/run-17/b", "/run-99/b", true},
        {"/run-17/b", "/run-99/c", false},
        {"/run-17/a", "/run-98/a", false}, /* 17 is 99 */
        {"/run-18/a", "/run-99/a", false}, /* 99 is 17 */
        {"/run-18/a run-17", "/run-5/a run-99", true},
        {"/run-18", "/run-5", true},
        {"/run-17/run-30", "/run-99", false},
        {"/run-40", "/run-x", false},
        {"/id-aa", "/id-bb", true},
        {"/id-aa/run-17", "/id-bb/run-99", true},
        {"/id-cc/run-17", "/id-dd/run-98", false},
        {"/id-cc", "/id-ee", true}, /* dd was not kept */
    };
    static const struct str expressions[] = {{"run-([0-9]+)", 12},
                                             {"id-[a-z]+", 9}};
    struct diag errors;
    struct variables *v = calloc(1, sizeof(*v));
    diag_init(&errors, scene->arena);
    assert_true(
        replay_variables_init(v, scene->arena, expressions, 2, &errors));
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool same = replay_variables_allow(v, str_of(rows[i].recorded),
                                           str_of(rows[i].live));
        if (same != rows[i].same) {
            fail_msg("row %zu: %s, %s", i, rows[i].recorded, rows[i].live);
        }
    }
    replay_variables_done(v);
    free(v);
}

static void what_was_bound_last_can_be_undone(void **state)
{
    struct scene *scene = *state;
    static const struct str expressions[] = {{"[0-9]+", 6}};
    struct diag errors;
    struct variables *v = calloc(1, sizeof(*v));
    diag_init(&errors, scene->arena);
    assert_true(
        replay_variables_init(v, scene->arena, expressions, 1, &errors));
    assert_true(replay_variables_allow(v, STR("1"), STR("2")));
    size_t bound = v->bound;
    assert_true(replay_variables_allow(v, STR("1 3"), STR("2 4")));
    assert_false(replay_variables_allow(v, STR("3"), STR("5")));
    replay_variables_undo(v, bound);
    assert_true(replay_variables_allow(v, STR("3"), STR("5")));
    assert_false(replay_variables_allow(v, STR("1"), STR("7")));
    replay_variables_done(v);
    free(v);
}

static void what_is_no_expression_is_told(void **state)
{
    struct scene *scene = *state;
    static const struct str bad[] = {{"run-(", 5}, {"a*", 2}};
    struct str why = STR_NONE;
    begin_session(scene, "run", "settled", true);
    scene->config.variables = bad;
    scene->config.variable_count = 2;
    assert_null(try_to_open(scene, &why));
    assert_holds(why, "the variable `run-(` is no POSIX extended regular");
    assert_holds(why, "the variable `a*` stands for an empty text too");
}

static void names_of_this_run_come_back_in_answers(void **state)
{
    struct scene *scene = *state;
    static const struct str variables[] = {{"/(run-[0-9]+)/", 14}};
    static const struct line lines[] = {
        {RECORDING_CALL, "x1", 0, 1, PUT, "{\"Name\":\"/run-100/a\"}", 200,
         "{\"Version\":1,\"Of\":\"/run-100/a\",\"Bare\":\"run-100\","
         "\"Other\":\"/run-1000/a\",\"run-100\":[\"x run-100, run-100\"]}",
         .outcome = HTTP_PENDING},
        {RECORDING_CALL, "x2", 1, 1, PUT, "{\"Name\":\"/run-200/a\"}", 200,
         "{\"Of\":\"/run-200/ and /run-100/\"}", .outcome = HTTP_PENDING},
        {RECORDING_READ_BACK, "x1", 2, 1, GET, "{\"Name\":\"/run-100/a\"}", 200,
         "{\"Name\":\"/run-100/a\"}", .outcome = HTTP_PENDING},
    };
    record_all(scene, lines, COUNT(lines));
    scene->config.variables = variables;
    scene->config.variable_count = 1;
    open_replay(scene);
    struct heard heard = call(scene, "y1", PUT, "{\"Name\":\"/run-7/a\"}");
    assert_answer(heard,
                  "{\"Version\":1,\"Of\":\"/run-7/a\",\"Bare\":\"run-7\","
                  "\"Other\":\"/run-1000/a\",\"run-7\":[\"x run-7, run-7\"]}");
    assert_text(heard.length,
                arena_printf(scene->arena, "%zu", heard.body.len).ptr);
    assert_miss(call(scene, "y2", PUT, "{\"Name\":\"/run-7/a\"}"), "once more");
    assert_answer(call(scene, "y3", PUT, "{\"Name\":\"/run-8/a\"}"),
                  "{\"Of\":\"/run-8/ and /run-7/\"}");
    assert_answer(read_back(scene, "y1", GET, "{\"Name\":\"/run-7/a\"}"),
                  "{\"Name\":\"/run-7/a\"}");
}

/* Whoever comes first takes the first; it is bound from then on. */
static void many_are_bound_in_recorded_order(void **state)
{
    struct scene *scene = *state;
    static const struct str variables[] = {{"p-([0-9a-f]+)", 13}};
    enum { MANY = 500 };
    for (int i = 0; i < 2 * MANY; i++) {
        struct str input =
            arena_printf(scene->arena, "{\"Name\":\"p-%x\"}", i % MANY);
        struct str output =
            arena_printf(scene->arena, "{\"At\":\"p-%x\"}", i % MANY);
        record(scene, &(struct line){.kind = RECORDING_CALL,
                                     .exchange = "x",
                                     .at_ms = i,
                                     .operation = i < MANY ? PUT : GET,
                                     .input = input.ptr,
                                     .output = output.ptr});
    }
    scene->config.variables = variables;
    scene->config.variable_count = 1;
    open_replay(scene);
    for (int i = 0; i < 2 * MANY; i++) {
        int name = i < MANY ? i : 2 * MANY - 1 - i;
        struct str input =
            arena_printf(scene->arena, "{\"Name\":\"p-%x\"}", 70000 + name);
        struct str output =
            arena_printf(scene->arena, "{\"At\":\"p-%x\"}", 70000 + name);
        assert_answer(call(scene, "y", i < MANY ? PUT : GET, input.ptr),
                      output.ptr);
    }
    assert_true(replay_is_good(scene->replay));
}

/* The program gives the same names as then, in another order. */
static void a_name_as_it_was_recorded_is_found_first(void **state)
{
    struct scene *scene = *state;
    static const struct str variables[] = {{"p-([0-9a-f]+)", 13}};
    static const struct line lines[] = {
        {RECORDING_CALL, "x1", 0, 1, PUT, "{\"Name\":\"p-a\"}", 200,
         "{\"n\":1}", .outcome = HTTP_PENDING},
        {RECORDING_CALL, "x2", 1, 1, PUT, "{\"Name\":\"p-b\"}", 200,
         "{\"n\":2}", .outcome = HTTP_PENDING},
        {RECORDING_CALL, "x3", 2, 1, PUT, "{\"Name\":\"p-c\"}", 200,
         "{\"n\":3}", .outcome = HTTP_PENDING},
    };
    record_all(scene, lines, COUNT(lines));
    scene->config.variables = variables;
    scene->config.variable_count = 1;
    open_replay(scene);
    assert_answer(call(scene, "y1", PUT, "{\"Name\":\"p-b\"}"), "{\"n\":2}");
    assert_answer(call(scene, "y2", PUT, "{\"Name\":\"p-d\"}"), "{\"n\":1}");
    assert_answer(call(scene, "y3", PUT, "{\"Name\":\"p-c\"}"), "{\"n\":3}");
    assert_true(replay_is_good(scene->replay));
}

static void ignored_members_are_not_compared(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *ignored;
        const char *path;
        bool is;
    } rows[] = {
        {"Value", "Value", true},
        {"Value", "Values", false},
        {"Value", "Tags[0].Value", false},
        {"Value", "Value.Part", true},
        {"Value", "Value[3]", true},
        {"Value", "body.Value", true},
        {"ssm:PutParameter:Value", "Value", true},
        {"ssm:*:Value", "Value", true},
        {"*:Put*:Value", "Value", true},
        {"ssm:GetParameter:Value", "Value", false},
        {"sqs:*:Value", "Value", false},
        {"ssm:*:Tags[].Value", "Tags[12].Value", true},
        {"ssm:*:Tags[].Value", "Tags[12].Key", false},
        {"Tags[]", "Tags[1].Key", true},
        {"Tags.member.*.Value", "Tags.member.1.Value", true},
        {"*Value", "Tags[0].Value", true},
        {"*.Value", "a.b.Value", true},
        {"*.Value", "a.b.Key", false},
        {"", "Value", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct ignored_list list;
        struct str text = str_of(rows[i].ignored);
        replay_ignored_init(&list, scene->arena, &text, 1);
        if (replay_ignored_has(&list, STR("ssm"), STR("PutParameter"),
                               str_of(rows[i].path)) != rows[i].is) {
            fail_msg("%s, %s", rows[i].ignored, rows[i].path);
        }
    }
}

static void a_call_matches_but_for_ignored_members(void **state)
{
    struct scene *scene = *state;
    static const struct str ignored[] = {{"Value", 5}, {"Tags[].Value", 12}};
    record(scene,
           &(struct line){.kind = RECORDING_CALL,
                          .exchange = "x1",
                          .operation = PUT,
                          .input = "{\"Name\":\"/a\",\"Value\":\"one-value\","
                                   "\"Tags\":[{\"Key\":\"k\",\"Value\":\"1\"}"
                                   "]}",
                          .output = "{}"});
    scene->config.ignored = ignored;
    scene->config.ignored_count = 2;
    open_replay(scene);
    assert_miss(
        call(scene, "y1", PUT, "{\"Name\":\"/a\",\"Tags\":[{\"Key\":\"l\"}]}"),
        "Tags[0].Key: recorded \"k\", now \"l\"");
    assert_answer(
        call(scene, "y2", PUT, "{\"Name\":\"/a\",\"Tags\":[{\"Key\":\"k\"}]}"),
        "{}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(texts_are_bound_to_each_other),
        SCENE_TEST(what_was_bound_last_can_be_undone),
        SCENE_TEST(what_is_no_expression_is_told),
        SCENE_TEST(names_of_this_run_come_back_in_answers),
        SCENE_TEST(many_are_bound_in_recorded_order),
        SCENE_TEST(a_name_as_it_was_recorded_is_found_first),
        SCENE_TEST(ignored_members_are_not_compared),
        SCENE_TEST(a_call_matches_but_for_ignored_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
