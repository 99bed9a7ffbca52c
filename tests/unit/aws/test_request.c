/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of our own, and their answers. */
#include "given.h"

static bool write(struct given *given, const char *service,
                  const char *operation, const char *input,
                  struct http_request *ret_request, struct str *reterr)
{
    return aws_request_write(
        given->registry, given->arena, str_of(service), str_of(operation),
        input != NULL ? given_json(given, input) : NULL, ret_request, reterr);
}

static void a_call_is_written_as_its_service_wants_it(void **state)
{
    struct given *given = *state;
    static const struct {
        const char *service, *operation, *input, *target, *type, *body;
    } rows[] = {
        {"ssm", "GetParameter", "{ \"Name\": \"/a\" }",
         "AmazonSSM.GetParameter", "application/x-amz-json-1.1",
         "{\"Name\":\"/a\"}"},
        {"resourcegroupstaggingapi", "GetResources", NULL,
         "ResourceGroupsTaggingAPI_20170126.GetResources",
         "application/x-amz-json-1.1", "{}"},
        {"dynamodb", "DescribeTable", "{\"TableName\":\"t\"}",
         "DynamoDB_20120810.DescribeTable", "application/x-amz-json-1.0",
         "{\"TableName\":\"t\"}"},
        {"cloudwatch", "DescribeAlarms", NULL,
         "GraniteServiceVersion20100801.DescribeAlarms",
         "application/x-amz-json-1.0", "{}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_request request;
        struct str error;
        assert_true(write(given, rows[i].service, rows[i].operation,
                          rows[i].input, &request, &error));
        assert_str(request.method, "POST");
        assert_str(request.target, "/");
        assert_str(request.body, rows[i].body);
        assert_str(http_headers_get(&request.headers, "x-amz-target"),
                   rows[i].target);
        assert_str(http_headers_get(&request.headers, "content-type"),
                   rows[i].type);
        /* and it is what it was meant to be */
        struct aws_call call;
        aws_identify(given->registry, given->arena, &request, STR_NONE,
                     STR_NONE, request.body, &call);
        assert_str(call.service, rows[i].service);
        assert_str(call.operation, rows[i].operation);
    }
}

static void what_cannot_be_called_is_a_sentence(void **state)
{
    struct given *given = *state;
    static const char *const rows[][2] = {
        {"iam", "GetRole"},   {"lambda", "GetFunction"},
        {"s3", "HeadObject"}, {"ec2", "DescribeInstances"},
        {"ssm", "GetPony"},   {"teleport", "Beam"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_request request;
        struct str error = STR_NONE;
        assert_false(
            write(given, rows[i][0], rows[i][1], "{}", &request, &error));
        assert_true(error.len > 0);
    }
}

static void answers_are_read(void **state)
{
    struct given *given = *state;
    static const struct {
        enum aws_protocol protocol;
        const char *body;
        const char *want; /* NULL: refused */
    } rows[] = {
        {AWS_JSON_1_1, "{\"Version\": 3}", "{\"Version\":3}"},
        {AWS_JSON_1_0, "", "{}"},
        {AWS_JSON_1_0, " \n", "{}"},
        {AWS_JSON_1_1, "[]", NULL},
        {AWS_JSON_1_1, "{\"SecretString\": \"hunter2", NULL},
        {AWS_QUERY, "<a/>", NULL},
        {AWS_REST_JSON, "{}", NULL},
        {AWS_CBOR, "\xa0", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_response response = {.status = 200,
                                         .body = str_of(rows[i].body)};
        const struct json *output = NULL;
        struct str error = STR_NONE;
        bool read =
            aws_answer_read(given->registry, given->arena, rows[i].protocol,
                            &response, &output, &error);
        assert_true(read == (rows[i].want != NULL));
        if (read) {
            assert_json(given, output, rows[i].want);
        } else {
            assert_true(error.len > 0);
            assert_false(str_contains(error, STR("hunter2")));
        }
    }
}

static void an_answer_beyond_the_limits_says_so(void **state)
{
    struct given *given = *state;
    static const struct {
        const char *body;
        const char *says; /* NULL: read */
    } rows[] = {
        {"{\"a\": [[1]]}", NULL},
        {"{\"a\": [[[1]]]}", "nested deeper than 3 levels (--json-depth)"},
        {"[[[[\"hunter2", "--json-depth"},
        {"{\"a\": [1, 2, 3]}", NULL},
        {"{\"a\": [1, 2, 3, 4]}", "more than 5 JSON values (--json-nodes)"},
        {"{\"a\": [1, 2 3, 4]}", "not a JSON object"},
    };
    const struct json_limits limits = {.depth = 3, .nodes = 5};
    aws_registry_limit_json(given->registry, &limits);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_response response = {.status = 200,
                                         .body = str_of(rows[i].body)};
        const struct json *output = NULL;
        struct str error = STR("");
        bool read = aws_answer_read(given->registry, given->arena, AWS_JSON_1_1,
                                    &response, &output, &error);
        assert_true(read == (rows[i].says == NULL));
        assert_true(read || str_contains(error, str_of(rows[i].says)));
        assert_false(str_contains(error, STR("hunter2")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(a_call_is_written_as_its_service_wants_it),
        GIVEN_TEST(what_cannot_be_called_is_a_sentence),
        GIVEN_TEST(answers_are_read),
        GIVEN_TEST(an_answer_beyond_the_limits_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
