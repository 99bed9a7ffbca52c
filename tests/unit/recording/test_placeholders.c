/* SPDX-License-Identifier: Apache-2.0 */
/* All placeholders of a recording are found. Start at main(). */
#include "scene.h"

#include "base/base64.h"

static bool has(const struct recording *recording, struct str text)
{
    for (size_t i = 0; i < recording->placeholder_count; i++) {
        if (str_eq(recording->placeholders[i], text)) {
            return true;
        }
    }
    return false;
}

static void every_placeholder_is_found_once(void **state)
{
    struct scene *scene = *state;
    struct recording_session_facts facts = scene_facts();
    struct recording_writer *writer = scene_writer(scene, &facts);
    struct recording_interaction what =
        scene_json(scene, "ssm", "AmazonSSM.PutParameter",
                   "{\"Name\":\"/x\",\"Value\":\"hunter2hunter2\"}",
                   "{\"ARN\":\"arn:aws:ssm:eu-west-1:123456789012:x\","
                   "\"SecretBinary\":\"c3dvcmRmaXNo\"}");
    assert_true(recording_write_interaction(writer, &what));
    assert_true(recording_write_interaction(writer, &what));
    struct recording_redactor *redactor = recording_writer_redactor(writer);
    struct arena *arena = scene->arena;
    struct str secret =
        recording_redactor_secret(redactor, arena, STR("hunter2hunter2"));
    struct str bytes =
        recording_redactor_secret(redactor, arena, STR("swordfish"));
    struct str account =
        recording_redactor_account(redactor, arena, STR("123456789012"));
    struct str key = recording_redactor_access_key(redactor, arena,
                                                   STR("AKIAIOSFODNN7EXAMPLE"));
    assert_true(recording_writer_close(writer));
    struct recording *recording = scene_load(scene);
    assert_int_equal(recording->placeholder_count, 5);
    assert_true(has(recording, secret));
    assert_true(has(recording, account));
    assert_true(has(recording, key));
    assert_true(has(recording, bytes));
    assert_true(has(recording, base64_write(arena, bytes)));
    recording_free(recording);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(every_placeholder_is_found_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
