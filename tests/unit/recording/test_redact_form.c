/* SPDX-License-Identifier: Apache-2.0 */
/* Forms and targets without secrets. Start at main(). */
#include "scene.h"

/* "*": a placeholder; "#": that of an account. */
static void expect(struct scene *scene, struct str got, const char *want)
{
    struct buf out = {0};
    size_t at = 0;
    while (at < got.len) {
        struct str one = recording_placeholder_at(str_from(got, at));
        bool account = recording_account_is_at(got, at) &&
                       str_starts(str_from(got, at), STR("0000"));
        if (one.ptr != NULL || account) {
            buf_add_char(&out, account ? '#' : '*');
            at += account ? ACCOUNT_LEN : one.len;
        } else {
            buf_add_char(&out, got.ptr[at++]);
        }
    }
    assert_text(buf_str(&out), want);
    buf_free(&out);
    (void)scene;
}

static void forms_keep_what_is_no_secret(void **state)
{
    struct scene *scene = *state;
    static const char *const rows[][2] = {
        {"", ""},
        {"&&", "&&"},
        {"Action=X&Version=1", "Action=X&Version=1"},
        {"a=b+c%20d%2f&e", "a=b+c%20d%2f&e"},
        {"MasterUserPassword=a%20b&n=1", "MasterUserPassword=*&n=1"},
        {"MasterUserPassword=", "MasterUserPassword="},
        {"Note=hunter2+hunter2&Password=hunter2%20hunter2",
         "Note=*&Password=*"},
        {"RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fr",
         "RoleArn=arn%3Aaws%3Aiam%3A%3A#%3Arole%2Fr"},
        {"Owner.1=123456789012&Other=123456789012", "Owner.1=#&Other=#"},
        {"Template=%7B%22Password%22%3A%22x%22%7D",
         "Template=%7B%22Password%22%3A%22*%22%7D"},
    };
    const struct aws_call call = {.protocol = AWS_QUERY};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct recording_redactor *redactor = scene_redactor(scene);
        struct str got = recording_redactor_form(redactor, scene->arena, &call,
                                                 str_of(rows[i][0]));
        expect(scene, got, rows[i][1]);
        struct str again =
            recording_redactor_form(redactor, scene->arena, &call, got);
        assert_true(str_eq(got, again));
        recording_redactor_free(redactor);
    }
}

static void targets_lose_what_signs_them(void **state)
{
    struct scene *scene = *state;
    static const char *const rows[][2] = {
        {"/", "/"},
        {"/a%2Fb//c?", "/a%2Fb//c?"},
        {"/bucket/key?versionId=1", "/bucket/key?versionId=1"},
        {"/123456789012/queue", "/#/queue"},
        {"/tags/arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Af",
         "/tags/arn%3Aaws%3Alambda%3Aeu-west-1%3A#%3Afunction%3Af"},
        {"/k?X-Amz-Credential=KEY%2F20250101%2Fr%2Fs3%2Faws4_request&"
         "X-Amz-Signature=00ff&X-Amz-Security-Token=abc&X-Amz-Date=1",
         "/k?X-Amz-Credential=*%2F20250101%2Fr%2Fs3%2Faws4_request&"
         "X-Amz-Signature=redacted&X-Amz-Security-Token=*&X-Amz-Date=1"},
        {"/k?password=x", "/k?password=*"},
    };
    const struct aws_call call = {.protocol = AWS_REST_XML};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct recording_redactor *redactor = scene_redactor(scene);
        struct str got = recording_redactor_target(redactor, scene->arena,
                                                   &call, str_of(rows[i][0]));
        expect(scene, got, rows[i][1]);
        struct str again =
            recording_redactor_target(redactor, scene->arena, &call, got);
        assert_true(str_eq(got, again));
        recording_redactor_free(redactor);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(forms_keep_what_is_no_secret),
        SCENE_TEST(targets_lose_what_signs_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
