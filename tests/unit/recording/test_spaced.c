/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as Python writes it. The right column is what json.dumps() gives for
 * the left one. Start at main(). */
#include "scene.h"

static void python_would_write_the_same(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *json;
        const char *want;
    } rows[] = {
        {"{}", "{}"},
        {"[]", "[]"},
        {"[1,2.50,-3e9]", "[1, 2.50, -3e9]"},
        {"{\"a\":{\"b\":[true,null]}}", "{\"a\": {\"b\": [true, null]}}"},
        {"{\"a,b:c\":\"d,e:f\"}", "{\"a,b:c\": \"d,e:f\"}"},
        {"\"q\\\"u\\\\,\"", "\"q\\\"u\\\\,\""},
        {"\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"",
         "\"caf\\u00e9 \\u20ac \\ud83d\\ude00\""},
        {"\"\\u0001\\n\x7f\"", "\"\\u0001\\n\x7f\""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct json *value = good_json(scene->arena, rows[i].json);
        struct buf out = {0};
        recording_spaced_write(value, &out);
        assert_text(buf_str(&out), rows[i].want);
        buf_free(&out);
    }
}

static void a_body_of_boto3_is_written_once(void **state)
{
    struct scene *scene = *state;
    static const char body[] =
        "{\"Name\": \"/caf\\u00e9\", \"WithDecryption\": true}";
    struct recording_session_facts facts = scene_facts();
    struct recording_writer *writer = scene_writer(scene, &facts);
    struct recording_interaction what =
        scene_json(scene, "ssm", "AmazonSSM.GetParameter", body, "{}");
    assert_true(recording_write_interaction(writer, &what));
    assert_true(recording_writer_close(writer));
    assert_holds(scene_text(scene), "]],\"spaced\":true}");
    assert_lacks(scene_text(scene), "\"body\"");
    struct recording *recording = scene_load(scene);
    struct recording_interaction got;
    struct aws_call call;
    recording_get(recording, 0, scene->arena, &got, &call);
    assert_text(got.request.body, body);
    recording_free(recording);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(python_would_write_the_same),
        SCENE_TEST(a_body_of_boto3_is_written_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
