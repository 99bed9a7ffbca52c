/* SPDX-License-Identifier: Apache-2.0 */
/* What members are, by name and place. Start at main(). */
#include "scene.h"

static void each_member_is_what_it_is(void **state)
{
    struct scene *scene = *state;
    static const struct {
        enum aws_protocol protocol;
        const char *service;
        const char *operation;
        const char *names; /* one below the other */
        enum member_kind kind;
    } rows[] = {
        {AWS_JSON_1_1, "ssm", "PutParameter", "Value", MEMBER_SECRET},
        {AWS_JSON_1_1, "ssm", "PutParameter", "Name", MEMBER_PLAIN},
        {AWS_JSON_1_1, "ssm", "GetParameters", "Parameters/Value",
         MEMBER_SECRET},
        {AWS_JSON_1_1, "ssm", "GetParameters", "Parameters/ARN", MEMBER_PLAIN},
        {AWS_JSON_1_1, "none", "None", "SecretAccessKey", MEMBER_SECRET},
        {AWS_JSON_1_1, "none", "None", "a/clientSecret", MEMBER_SECRET},
        {AWS_JSON_1_1, "none", "None", "TemporaryPassword", MEMBER_SECRET},
        {AWS_JSON_1_1, "none", "None", "webhook_secret", MEMBER_SECRET},
        {AWS_JSON_1_1, "none", "None", "PasswordPolicy", MEMBER_PLAIN},
        {AWS_QUERY, "iam", "GetAccountPasswordPolicy",
         "PasswordPolicy/AllowUsersToChangePassword", MEMBER_PLAIN},
        {AWS_JSON_1_1, "none", "None", "NextToken", MEMBER_PLAIN},
        {AWS_JSON_1_1, "none", "None", "Signature", MEMBER_PLAIN},
        {AWS_JSON_1_1, "kms", "Encrypt", "Plaintext", MEMBER_SECRET_BASE64},
        {AWS_JSON_1_1, "secretsmanager", "GetSecretValue", "SecretBinary",
         MEMBER_SECRET_BASE64},
        {AWS_JSON_1_1, "none", "None", "AccessKeyId", MEMBER_ACCESS_KEY},
        {AWS_JSON_1_1, "none", "None", "Account", MEMBER_ACCOUNT},
        {AWS_JSON_1_1, "none", "None", "ownerId", MEMBER_ACCOUNT},
        {AWS_QUERY, "rds", "CreateDBInstance", "MasterUserPassword",
         MEMBER_SECRET},
        {AWS_QUERY, "sns", "ListPhoneNumbersOptedOut", "phoneNumbers.member.1",
         MEMBER_SECRET},
        {AWS_EC2, "ec2", "DescribeImages", "Owner.1", MEMBER_ACCOUNT},
        {AWS_REST_JSON, "lambda", "CreateFunction",
         "body/Environment/Variables/NAME", MEMBER_SECRET},
        {AWS_REST_JSON, "lambda", "CreateFunction", "body/FunctionName",
         MEMBER_PLAIN},
        {AWS_REST_JSON, "apigateway", "CreateApiKey", "body/value",
         MEMBER_SECRET},
        {AWS_REST_JSON, "apigateway", "CreateApiKey", "body/name",
         MEMBER_PLAIN},
        {AWS_QUERY, "cloudformation", "CreateStack",
         "Parameters/member/1/ParameterValue", MEMBER_SECRET},
        {AWS_JSON_1_1, "ecs", "RegisterTaskDefinition",
         "containerDefinitions/environment/value", MEMBER_SECRET},
        {AWS_REST_JSON, "lambda", "Invoke", "body", MEMBER_SECRET},
        {AWS_REST_JSON, "lambda", "GetFunction", "body", MEMBER_PLAIN},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct aws_call call = {.protocol = rows[i].protocol,
                                      .service = str_of(rows[i].service),
                                      .operation = str_of(rows[i].operation)};
        struct member_path path = {{0}};
        struct str rest = str_of(rows[i].names);
        while (rest.ptr != NULL) {
            (void)recording_member_path_enter(&path, &call,
                                              str_cut(&rest, '/'));
        }
        if (recording_member_kind_of(scene->registry, &call, &path) !=
            rows[i].kind) {
            fail_msg("%s %s", rows[i].operation, rows[i].names);
        }
        buf_free(&path.text);
    }
}

static void a_path_goes_back_to_where_it_was(void **state)
{
    const struct aws_call call = {.protocol = AWS_QUERY};
    struct member_path path = {{0}};
    (void)state;
    size_t outer =
        recording_member_path_enter(&path, &call, STR("Tags.member.1"));
    assert_text(buf_str(&path.text), "Tags");
    size_t inner = recording_member_path_enter(&path, &call, STR("Key"));
    assert_text(buf_str(&path.text), "Tags.Key");
    recording_member_path_leave(&path, inner);
    assert_text(buf_str(&path.text), "Tags");
    recording_member_path_leave(&path, outer);
    assert_int_equal(path.text.len, 0);
    buf_free(&path.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(each_member_is_what_it_is),
        SCENE_TEST(a_path_goes_back_to_where_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
