/* SPDX-License-Identifier: Apache-2.0 */
/* What a recording may be appended to, and the key that its session gets.
 * Start at main(). */
#include "scene.h"

#include <sys/wait.h>

static int mode_of(const struct scene *scene)
{
    struct stat st;
    assert_int_equal(stat(scene->path.ptr, &st), 0);
    return (int)(st.st_mode & 0777);
}

static struct str why_not(struct scene *scene,
                          const struct recording_session_facts *facts)
{
    struct str why = STR_NONE;
    struct str before =
        access(scene->path.ptr, F_OK) == 0 ? scene_text(scene) : STR_NONE;
    assert_null(recording_writer_open(scene->path, scene->registry, facts, &why,
                                      scene->arena));
    if (before.ptr != NULL) {
        assert_true(str_eq(scene_text(scene), before));
    }
    return why;
}

static void open_and_close(struct scene *scene,
                           const struct recording_session_facts *facts)
{
    assert_true(recording_writer_close(scene_writer(scene, facts)));
}

static void nobody_else_may_read_it(void **state)
{
    struct scene *scene = *state;
    struct recording_session_facts facts = scene_facts();
    mode_t mask = umask(0);
    open_and_close(scene, &facts);
    assert_int_equal(mode_of(scene), 0600);
    /* Not even when everybody could. */
    assert_int_equal(chmod(scene->path.ptr, 0666), 0);
    open_and_close(scene, &facts);
    assert_int_equal(mode_of(scene), 0600);
    (void)umask(mask);
}

static void other_files_are_left_alone(void **state)
{
    struct scene *scene = *state;
    struct recording_session_facts facts = scene_facts();
    static const char *const texts[] = {"x", "\n", "{\"log\":{}}",
                                        "interactions:\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        scene_put(scene, str_of(texts[i]));
        assert_int_equal(chmod(scene->path.ptr, 0644), 0);
        assert_holds(why_not(scene, &facts), "is no recording");
        assert_int_equal(mode_of(scene), 0644);
    }
    scene_put(scene, STR(""));
    open_and_close(scene, &facts);
}

static void another_version_is_left_alone(void **state)
{
    struct scene *scene = *state;
    struct recording_session_facts facts = scene_facts();
    scene_put(scene, STR("{\"kind\":\"session\",\"format\":"
                         "\"settled-recording\",\"version\":2}\n"));
    assert_holds(why_not(scene, &facts), "another version of settled");
}

static void the_key_of_the_file_is_lent(void **state)
{
    struct scene *scene = *state;
    struct recording_session_facts facts = scene_facts();
    facts.redact = false;
    open_and_close(scene, &facts);
    facts.redact = true;
    for (int i = 0; i < 3; i++) {
        open_and_close(scene, &facts);
    }
    struct recording *recording = scene_load(scene);
    assert_int_equal(recording->session_count, 4);
    assert_false(recording->sessions[0].keyed);
    for (size_t i = 2; i < 4; i++) {
        assert_memory_equal(recording->sessions[i].key,
                            recording->sessions[1].key, RECORDING_KEY_SIZE);
        assert_false(str_eq(recording->sessions[i].facts.id,
                            recording->sessions[1].facts.id));
    }
    recording_free(recording);
}

/* Each in a process of its own, all at once. */
static void runs_that_begin_at_once_share_a_key(void **state)
{
    struct scene *scene = *state;
    struct recording_session_facts facts = scene_facts();
    enum { RUNS = 8 };
    pid_t children[RUNS];
    for (int i = 0; i < RUNS; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            struct str why = STR_NONE;
            struct recording_writer *writer = recording_writer_open(
                scene->path, scene->registry, &facts, &why, scene->arena);
            bool good = writer != NULL && recording_writer_close(writer);
            _exit(good ? 0 : 1);
        }
    }
    for (int i = 0; i < RUNS; i++) {
        int status = 0;
        assert_true(waitpid(children[i], &status, 0) == children[i]);
        assert_int_equal(status, 0);
    }
    struct recording *recording = scene_load(scene);
    assert_int_equal(recording->session_count, RUNS);
    for (size_t i = 1; i < RUNS; i++) {
        assert_memory_equal(recording->sessions[i].key,
                            recording->sessions[0].key, RECORDING_KEY_SIZE);
    }
    recording_free(recording);
}

static void keys_do_not_mix(void **state)
{
    struct scene *scene = *state;
    struct recording_session_facts fresh = scene_facts();
    struct recording_session_facts own = scene_facts();
    struct recording_session_facts other = scene_facts();
    struct recording_session_facts tiny = scene_facts();
    own.key_text = STR("correct horse battery staple");
    other.key_text = STR("incorrect horse battery");
    tiny.key_text = STR("too short");
    assert_holds(why_not(scene, &tiny), "at least 16 characters");
    assert_int_not_equal(access(scene->path.ptr, F_OK), 0);
    open_and_close(scene, &own);
    open_and_close(scene, &own);
    assert_holds(why_not(scene, &other), "with another key");
    assert_holds(why_not(scene, &fresh), "set " RECORDING_KEY_VARIABLE);
    assert_int_equal(unlink(scene->path.ptr), 0);
    open_and_close(scene, &fresh);
    assert_holds(why_not(scene, &own), "unset " RECORDING_KEY_VARIABLE);
}

static void what_cannot_be_opened_says_why(void **state)
{
    struct scene *scene = *state;
    struct recording_session_facts facts = scene_facts();
    struct str why = STR_NONE;
    assert_null(recording_writer_open(STR("/nowhere/at/all"), scene->registry,
                                      &facts, &why, scene->arena));
    assert_holds(why, "/nowhere/at/all");
    assert_null(recording_writer_open(str_of(scene->folder), scene->registry,
                                      &facts, &why, scene->arena));
    assert_holds(why, scene->folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(nobody_else_may_read_it),
        SCENE_TEST(other_files_are_left_alone),
        SCENE_TEST(another_version_is_left_alone),
        SCENE_TEST(the_key_of_the_file_is_lent),
        SCENE_TEST(runs_that_begin_at_once_share_a_key),
        SCENE_TEST(keys_do_not_mix),
        SCENE_TEST(what_cannot_be_opened_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
