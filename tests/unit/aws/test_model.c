/* SPDX-License-Identifier: Apache-2.0 */
/* The operations of the services that have a model. */
#include "given.h"

static const struct aws_operation *
find(struct given *given, const char *service, const char *operation)
{
    const struct aws_operation *found =
        aws_operation_find(given->registry, str_of(service), str_of(operation));
    if (found == NULL) {
        fail_msg("%s has no %s", service, operation);
    }
    return found;
}

static void every_model_parses(void **state)
{
    struct given *given = *state;
    size_t models = 0;
    for (size_t i = 0; i < aws_service_count(given->registry); i++) {
        const struct aws_service *service = aws_service_at(given->registry, i);
        size_t count = aws_operation_count(given->registry, service->name);
        if (!service->has_model) {
            assert_int_equal(count, 0);
            continue;
        }
        models++;
        assert_true(count > 0);
        for (size_t k = 0; k < count; k++) {
            const struct aws_operation *operation =
                aws_operation_at(given->registry, service->name, k);
            assert_ptr_equal(aws_operation_find(given->registry, service->name,
                                                operation->name),
                             operation);
            assert_true(operation->required_count <= operation->input_count ||
                        operation->input_count == 0);
        }
    }
    assert_true(models >= 31);
}

static void what_is_not_there_is_null(void **state)
{
    struct given *given = *state;
    assert_null(
        aws_operation_find(given->registry, STR("ssm"), STR("PutPony")));
    assert_null(aws_operation_find(given->registry, STR("ssm"), STR_NONE));
    assert_null(
        aws_operation_find(given->registry, STR("bedrock"), STR("GetAgent")));
    assert_null(
        aws_operation_find(given->registry, STR("nope"), STR("GetAgent")));
    assert_int_equal(aws_operation_count(given->registry, STR("nope")), 0);
}

static void reads_are_told_from_changes(void **state)
{
    struct given *given = *state;
    static const struct {
        const char *service, *operation;
        bool reads;
    } rows[] = {
        {"ssm", "GetParameter", true},
        {"ssm", "PutParameter", false},
        {"ssm", "ListTagsForResource", true},
        {"ssm", "GetAccessToken", false},
        {"secretsmanager", "DescribeSecret", true},
        {"secretsmanager", "BatchGetSecretValue", true},
        {"resourcegroupstaggingapi", "GetResources", true},
        {"resourcegroupstaggingapi", "TagResources", false},
        {"sns", "VerifySMSSandboxPhoneNumber", false},
        {"sns", "CheckIfPhoneNumberIsOptedOut", true},
        {"lambda", "CheckpointDurableExecution", false},
        {"lambda", "Invoke", false},
        {"cloudformation", "DetectStackDrift", false},
        {"cloudformation", "TestType", false},
        {"cloudformation", "BatchDescribeTypeConfigurations", true},
        {"stepfunctions", "TestState", false},
        {"stepfunctions", "GetActivityTask", false},
        {"apigateway", "TestInvokeMethod", false},
        {"dynamodb", "Query", true},
        {"dynamodb", "ExecuteStatement", false},
        {"kms", "Decrypt", false},
        {"kinesis", "GetRecords", true},
        {"logs", "FilterLogEvents", true},
        {"sqs", "ReceiveMessage", false},
        {"s3", "HeadObject", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (find(given, rows[i].service, rows[i].operation)->reads !=
            rows[i].reads) {
            fail_msg("%s %s", rows[i].service, rows[i].operation);
        }
    }
}

static bool has(const struct str *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(names[i], str_of(name))) {
            return true;
        }
    }
    return false;
}

static void members_are_listed(void **state)
{
    struct given *given = *state;
    const struct aws_operation *put = find(given, "ssm", "PutParameter");
    assert_true(has(put->inputs, put->input_count, "Overwrite"));
    assert_true(has(put->required, put->required_count, "Value"));
    assert_false(has(put->required, put->required_count, "Tags"));
    assert_true(has(put->outputs, put->output_count, "Version"));
    const struct aws_operation *create =
        find(given, "secretsmanager", "CreateSecret");
    assert_str(create->idempotency_token, "ClientRequestToken");
    assert_null(put->idempotency_token.ptr);
    assert_null(put->page_input.ptr);
    const struct aws_operation *list =
        find(given, "ssm", "GetParametersByPath");
    assert_str(list->page_input, "NextToken");
    assert_str(list->page_output, "NextToken");
    assert_int_equal(list->page_result_count, 1);
    assert_str(list->page_results[0], "Parameters");
}

static void unsigned_calls_and_host_prefixes_are_known(void **state)
{
    struct given *given = *state;
    assert_true(find(given, "sts", "AssumeRoleWithWebIdentity")->unsigned_call);
    assert_true(find(given, "sts", "AssumeRoleWithSAML")->unsigned_call);
    assert_false(find(given, "sts", "AssumeRole")->unsigned_call);
    assert_str(find(given, "stepfunctions", "StartSyncExecution")->host_prefix,
               "sync-");
    assert_null(
        find(given, "stepfunctions", "StartExecution")->host_prefix.ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(every_model_parses),
        GIVEN_TEST(what_is_not_there_is_null),
        GIVEN_TEST(reads_are_told_from_changes),
        GIVEN_TEST(members_are_listed),
        GIVEN_TEST(unsigned_calls_and_host_prefixes_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
