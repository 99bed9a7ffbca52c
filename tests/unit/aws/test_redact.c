/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets do not survive a copy. */
#include "given.h"

static const struct {
    const char *service, *operation, *in, *out;
} rows[] = {
    {"ssm", "PutParameter",
     "{\"Name\":\"/a\",\"Value\":\"v\",\"Type\":\"String\"}",
     "{\"Name\":\"/a\",\"Value\":\"***\",\"Type\":\"String\"}"},
    {"ssm", "GetParameter",
     "{\"Parameter\":{\"Name\":\"/a\",\"Value\":\"v\",\"Version\":2}}",
     "{\"Parameter\":{\"Name\":\"/a\",\"Value\":\"***\",\"Version\":2}}"},
    {"ssm", "GetParametersByPath",
     "{\"Parameters\":[{\"Name\":\"a\",\"Value\":\"v\"},{\"Value\":\"w\"}]}",
     "{\"Parameters\":[{\"Name\":\"a\",\"Value\":\"***\"},"
     "{\"Value\":\"***\"}]}"},
    {"ssm", "AddTagsToResource", "{\"Tags\":[{\"Key\":\"k\",\"Value\":\"v\"}]}",
     "{\"Tags\":[{\"Key\":\"k\",\"Value\":\"v\"}]}"},
    {"secretsmanager", "CreateSecret",
     "{\"Name\":\"n\",\"SecretString\":\"s\",\"SecretBinary\":\"AA==\"}",
     "{\"Name\":\"n\",\"SecretString\":\"***\",\"SecretBinary\":\"***\"}"},
    {"secretsmanager", "BatchGetSecretValue",
     "{\"SecretValues\":[{\"Name\":\"n\",\"SecretString\":\"s\"}]}",
     "{\"SecretValues\":[{\"Name\":\"n\",\"SecretString\":\"***\"}]}"},
    {"sts", "AssumeRole",
     "{\"Credentials\":{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\","
     "\"SessionToken\":\"t\"}}",
     "{\"Credentials\":{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"***\","
     "\"SessionToken\":\"***\"}}"},
    {"lambda", "UpdateFunctionConfiguration",
     "{\"Environment\":{\"Variables\":{\"a.b\":\"s\"}}}",
     "{\"Environment\":{\"Variables\":{\"a.b\":\"***\"}}}"},
    {"kms", "Decrypt", "{\"Plaintext\":\"AA==\",\"KeyId\":\"k\"}",
     "{\"Plaintext\":\"***\",\"KeyId\":\"k\"}"},
    /* no model: well-known names, at any depth */
    {"teleport", "Beam", "{\"a\":[{\"secretString\":{\"x\":[\"s\",1]}}]}",
     "{\"a\":[{\"secretString\":{\"x\":[\"***\",1]}}]}"},
    {"", "", "{\"Password\":\"s\",\"Passwords\":\"s\"}",
     "{\"Password\":\"***\",\"Passwords\":\"s\"}"},
    {"ssm", "PutParameter", "\"text\"", "\"text\""},
    {"ssm", "PutParameter", "{}", "{}"},
};

static void secrets_do_not_survive_a_copy(void **state)
{
    struct given *given = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct json *value = given_json(given, rows[i].in);
        assert_json(given,
                    aws_redact(given->registry, given->arena,
                               str_of(rows[i].service),
                               str_of(rows[i].operation), value),
                    rows[i].out);
        assert_json(given, value, rows[i].in);
    }
    assert_null(aws_redact(given->registry, given->arena, STR("ssm"),
                           STR("PutParameter"), NULL));
}

static void members_are_asked_for_by_path(void **state)
{
    struct given *given = *state;
    static const struct {
        const char *service, *operation, *path;
        bool sensitive;
    } cases[] = {
        {"ssm", "PutParameter", "Value", true},
        {"ssm", "PutParameter", "Name", false},
        {"ssm", "GetParameters", "Parameters[].Value", true},
        {"ssm", "GetParameters", "Parameters[0].Value", true},
        {"ssm", "GetParameters", "Parameters.Value", true},
        {"ssm", "GetParameters", "Parameters", false},
        {"ssm", "GetParameters", "", false},
        {"secretsmanager", "GetSecretValue", "SecretString", true},
        {"lambda", "GetFunctionConfiguration", "Environment.Variables.X", true},
        {"teleport", "Beam", "Credentials.SessionToken", true},
        {"teleport", "Beam", "Name", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool got = aws_member_is_sensitive(
            given->registry, str_of(cases[i].service),
            str_of(cases[i].operation), str_of(cases[i].path));
        if (got != cases[i].sensitive) {
            fail_msg("%s %s", cases[i].operation, cases[i].path);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(secrets_do_not_survive_a_copy),
        GIVEN_TEST(members_are_asked_for_by_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
