/* SPDX-License-Identifier: Apache-2.0 */
/* What people are told when a run did not do what was recorded. Start at
 * main(). */
#include "scene.h"

#define PUT "ssm:PutParameter"
#define GET "ssm:GetParameter"

static void record_put(struct scene *scene, const char *input)
{
    record(scene, &(struct line){.kind = RECORDING_CALL,
                                 .exchange = "x1",
                                 .operation = PUT,
                                 .input = input,
                                 .output = "{\"Version\":1}"});
}

static struct str with_path(struct scene *scene, const char *format)
{
    struct str rest = str_of(format);
    struct str head = str_cut(&rest, '@');
    return arena_printf(scene->arena, "%.*s%.*s%.*s", STR_ARG(head),
                        STR_ARG(scene->path), STR_ARG(rest));
}

static void a_miss_names_just_what_differs(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *recorded;
        const char *live;
        const char *sentence;
        const char *rows;
    } rows[] = {
        {"{\"Name\":\"/a\",\"Type\":\"String\"}",
         "{\"Name\":\"/a\",\"Type\":\"StringList\"}",
         "no recorded ssm PutParameter matches; nearest is line 2 of @ (not "
         "used yet): Type: recorded \"String\", now \"StringList\"",
         "      Type  recorded \"String\", now \"StringList\"\n"},
        {"{\"Name\":\"/a\"}", "{\"Name\":\"/a\",\"Overwrite\":true}",
         "no recorded ssm PutParameter matches; nearest is line 2 of @ (not "
         "used yet): Overwrite: not recorded, now true",
         "      Overwrite  not recorded, now true\n"},
        {"{\"Name\":\"/a\",\"Tags\":[{\"Key\":\"k\",\"Value\":\"v\"}]}",
         "{\"Name\":\"/a\",\"Tags\":[{\"Key\":\"k\"},{\"Key\":\"l\"}]}",
         "no recorded ssm PutParameter matches; nearest is line 2 of @ (not "
         "used yet): Tags[0].Value: recorded \"v\", now absent; Tags[1]: not "
         "recorded, now {\"Key\":\"l\"}",
         "      Tags[0].Value  recorded \"v\", now absent\n"
         "      Tags[1]        not recorded, now {\"Key\":\"l\"}\n"},
        {"{\"Name\":\"0123456789012345678901234567890123456789012345678901234"
         "567890\"}",
         "{\"Name\":\"\\n\"}",
         "no recorded ssm PutParameter matches; nearest is line 2 of @ (not "
         "used yet): Name: recorded \"0123456789012345678901234567890123456789"
         "0123456789012345678..., now \"\\n\"",
         "      Name  recorded \"01234567890"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        (void)unlink(scene->path.ptr);
        begin_session(scene, "run", "settled", true);
        record_put(scene, rows[i].recorded);
        open_replay(scene);
        struct heard heard = call(scene, "y1", PUT, rows[i].live);
        assert_int_equal(heard.outcome, HTTP_UNRECORDED);
        assert_text(heard.error, with_path(scene, rows[i].sentence).ptr);
        assert_holds(verdict(scene), rows[i].rows);
        assert_holds(verdict(scene), "  not recorded: ssm PutParameter\n"
                                     "    nearest is line 2 (not used yet):\n");
        replay_close(scene->replay);
        scene->replay = NULL;
    }
}

static void no_secret_is_told(void **state)
{
    struct scene *scene = *state;
    static const char *const keys[] = {"redact", "plain"};
    for (size_t i = 0; i < COUNT(keys); i++) {
        (void)unlink(scene->path.ptr);
        begin_session(scene, "run", "settled", i == 0);
        record_put(scene, "{\"Name\":\"/a\",\"Value\":\"hunter2-hunter2\"}");
        open_replay(scene);
        struct heard heard = call(
            scene, "y1", PUT, "{\"Name\":\"/a\",\"Value\":\"swordfish-1\"}");
        assert_holds(heard.error,
                     i == 0 ? "Value: recorded \"redacted-" : "Value: differs");
        assert_lacks(heard.error, "hunter2");
        assert_lacks(heard.error, "swordfish");
        assert_lacks(verdict(scene), "hunter2");
        assert_lacks(verdict(scene), "swordfish");
        replay_close(scene->replay);
        scene->replay = NULL;
    }
}

static void
the_nearest_is_the_unused_one_with_the_fewest_differences(void **state)
{
    struct scene *scene = *state;
    record_put(scene, "{\"Name\":\"/a\",\"Type\":\"x\"}");
    record_put(scene, "{\"Name\":\"/b\",\"Type\":\"y\"}");
    record_put(scene, "{\"Name\":\"/c\",\"Type\":\"y\",\"Tier\":\"z\"}");
    open_replay(scene);
    (void)call(scene, "y1", PUT, "{\"Name\":\"/a\",\"Type\":\"x\"}");
    assert_miss(call(scene, "y2", PUT, "{\"Name\":\"/a\",\"Type\":\"y\"}"),
                "(not used yet): Name: recorded \"/b\", now \"/a\"");
    assert_miss(call(scene, "y3", PUT,
                     "{\"Name\":\"/c\",\"Type\":\"q\","
                     "\"Tier\":\"z\"}"),
                "nearest is line 4");
    assert_miss(call(scene, "y4", PUT, "{\"Name\":\"/a\",\"Type\":\"x\"}"),
                "was recorded 1 time with this input and is asked for once "
                "more; the last is line 2 of");
}

static void what_is_there_is_named_when_nothing_is_near(void **state)
{
    struct scene *scene = *state;
    record_put(scene, "{\"Name\":\"/a\"}");
    record_put(scene, "{\"Name\":\"/b\"}");
    open_replay(scene);
    assert_text(
        call(scene, "y1", GET, "{\"Name\":\"/a\"}").error,
        with_path(scene,
                  "@ has no ssm GetParameter; of ssm it has PutParameter (2)")
            .ptr);
    assert_text(call(scene, "y2", "secretsmanager:ListSecrets", "{}").error,
                with_path(scene, "@ has no secretsmanager ListSecrets; it has "
                                 "ssm PutParameter (2)")
                    .ptr);
    assert_holds(verdict(scene), "    there is none; it has ssm PutParameter");
}

static void what_was_not_asked_for_is_listed(void **state)
{
    struct scene *scene = *state;
    for (int i = 0; i < 30; i++) {
        record_put(scene, "{\"Name\":\"/a\"}");
    }
    open_replay(scene);
    for (int i = 0; i < 5; i++) {
        (void)call(scene, "y1", PUT, "{\"Name\":\"/a\"}");
    }
    assert_false(replay_is_good(scene->replay));
    struct str text = verdict(scene);
    assert_holds(text, "settled: replayed 5 of 30 calls of ");
    assert_holds(text, "  not asked for: 25 recorded calls\n"
                       "    line 7: ssm PutParameter {\"Name\":\"/a\"}\n");
    assert_holds(
        text,
        "    line 26: ssm PutParameter {\"Name\":\"/a\"}\n    and 5 more\n");
    assert_holds(text, "--allow-unused");
    scene->replay->config.allow_unused = true;
    assert_true(replay_is_good(scene->replay));
    assert_holds(verdict(scene), "not asked for: 25 recorded calls (allowed)");
}

static void equal_misses_are_told_once(void **state)
{
    struct scene *scene = *state;
    record_put(scene, "{\"Name\":\"/a\"}");
    open_replay(scene);
    for (int i = 0; i < 3; i++) {
        (void)call(scene, "y1", PUT, "{\"Name\":\"/b\"}");
    }
    assert_holds(verdict(scene),
                 "  not recorded: ssm PutParameter (3 times)\n");
}

static void a_recording_without_its_key_is_refused(void **state)
{
    struct scene *scene = *state;
    struct str why = STR_NONE;
    const struct recording_session_facts facts = {
        .id = STR("run"),
        .source = "settled",
        .redact = true,
        .key_text = STR("a key of my own, long enough"),
    };
    scene->writer = recording_writer_open(scene->path, scene->registry, &facts,
                                          &why, scene->arena);
    record_put(scene, "{\"Name\":\"/a\",\"Value\":\"hunter2-hunter2\"}");
    assert_null(try_to_open(scene, &why));
    assert_holds(why, RECORDING_KEY_VARIABLE);
    scene->config.read.key_text = facts.key_text;
    open_replay(scene);
    assert_answer(call(scene, "y1", PUT,
                       "{\"Name\":\"/a\",\"Value\":\"hunter2-hunter2\"}"),
                  "{\"Version\":1}");
}

static void settings_are_those_of_the_first_session(void **state)
{
    struct scene *scene = *state;
    struct recording_settings settings = {0};
    struct str why = STR_NONE;
    const struct recording_session_facts facts = {
        .id = STR("run"),
        .source = "settled",
        .redact = true,
        .has_settings = true,
        .settings = {.timeout_ms = 45000, .max_hold_ms = 90000, .level = 1},
    };
    scene->writer = recording_writer_open(scene->path, scene->registry, &facts,
                                          &why, scene->arena);
    begin_session(scene, "two", "settled", true);
    record_put(scene, "{\"Name\":\"/a\"}");
    open_replay(scene);
    assert_true(replay_settings(scene->replay, &settings));
    assert_int_equal(settings.timeout_ms, 45000);
    assert_int_equal(settings.level, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(a_miss_names_just_what_differs),
        SCENE_TEST(no_secret_is_told),
        SCENE_TEST(the_nearest_is_the_unused_one_with_the_fewest_differences),
        SCENE_TEST(what_is_there_is_named_when_nothing_is_near),
        SCENE_TEST(what_was_not_asked_for_is_listed),
        SCENE_TEST(equal_misses_are_told_once),
        SCENE_TEST(a_recording_without_its_key_is_refused),
        SCENE_TEST(settings_are_those_of_the_first_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
