/* SPDX-License-Identifier: Apache-2.0 */
/* Errors of ours, letter by letter, in each protocol. */
#include "given.h"

static const struct row {
    enum aws_protocol protocol;
    const char *service;
    const char *type;
    const char *header; /* one that must be there, with its value */
    const char *value;
    const char *body;
} rows[] = {
    {AWS_JSON_1_0, "dynamodb", "application/x-amz-json-1.0", "x-amzn-requestid",
     "R-1", "{\"__type\":\"Nope\",\"message\":\"a < \\\"b\\\"\"}"},
    {AWS_JSON_1_1, "ssm", "application/x-amz-json-1.1", "x-amzn-requestid",
     "R-1", "{\"__type\":\"Nope\",\"message\":\"a < \\\"b\\\"\"}"},
    {AWS_JSON_1_0, "sqs", "application/x-amz-json-1.0", "x-amzn-query-error",
     "Nope;Sender", "{\"__type\":\"Nope\",\"message\":\"a < \\\"b\\\"\"}"},
    {AWS_REST_JSON, "lambda", "application/json", "x-amzn-errortype", "Nope",
     "{\"message\":\"a < \\\"b\\\"\"}"},
    {AWS_QUERY, "sns", "text/xml", "x-amzn-requestid", "R-1",
     "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">"
     "<Error><Type>Sender</Type><Code>Nope</Code><Message>a &lt; "
     "&quot;b&quot;</Message></Error><RequestId>R-1</RequestId>"
     "</ErrorResponse>"},
    {AWS_EC2, "ec2", "text/xml", "x-amzn-requestid", "R-1",
     "<Response><Errors><Error><Code>Nope</Code><Message>a &lt; "
     "&quot;b&quot;</Message></Error></Errors><RequestID>R-1</RequestID>"
     "</Response>"},
    {AWS_REST_XML, "s3", "application/xml", "x-amz-id-2", "R-1",
     "<Error><Code>Nope</Code><Message>a &lt; &quot;b&quot;</Message>"
     "<RequestId>R-1</RequestId><HostId>R-1</HostId></Error>"},
    {AWS_REST_XML, "route53", "application/xml", "x-amzn-requestid", "R-1",
     "<ErrorResponse><Error><Type>Sender</Type><Code>Nope</Code><Message>a "
     "&lt; &quot;b&quot;</Message></Error><RequestId>R-1</RequestId>"
     "</ErrorResponse>"},
    {AWS_CBOR, "cloudwatch", "application/cbor", "smithy-protocol",
     "rpc-v2-cbor",
     "\xa2\x66__type\x64Nope\x67message\x67"
     "a < \"b\""},
    {AWS_JSON_1_1, "", "application/x-amz-json-1.1", "x-amzn-requestid", "R-1",
     "{\"__type\":\"Nope\",\"message\":\"a < \\\"b\\\"\"}"},
};

static struct http_response make_fault(struct given *given,
                                       const struct row *row, int status)
{
    struct aws_call call = {
        .about = aws_service_find(given->registry, str_of(row->service)),
        .protocol = row->protocol,
    };
    return aws_fault(given->arena, &call, status, STR("Nope"), STR("a < \"b\""),
                     STR("R-1"));
}

static void each_protocol_has_its_own_shape(void **state)
{
    struct given *given = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_response response = make_fault(given, &rows[i], 424);
        assert_int_equal(response.status, 424);
        assert_str(response.body, rows[i].body);
        assert_str(http_headers_get(&response.headers, "content-type"),
                   rows[i].type);
        assert_str(http_headers_get(&response.headers, rows[i].header),
                   rows[i].value);
    }
}

static void what_is_written_can_be_read_again(void **state)
{
    struct given *given = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_response response = make_fault(given, &rows[i], 424);
        struct str code;
        struct str message;
        aws_error_read(given->arena, rows[i].protocol, &response, &code,
                       &message);
        assert_str(code, "Nope");
        assert_str(message, "a < \"b\"");
        assert_str(aws_request_id(&response), "R-1");
    }
}

static void a_fault_of_ours_is_not_the_senders(void **state)
{
    struct given *given = *state;
    struct http_response response = make_fault(given, &rows[2], 502);
    assert_str(http_headers_get(&response.headers, "x-amzn-query-error"),
               "Nope;Receiver");
}

static void long_messages_pass_through_cbor(void **state)
{
    struct given *given = *state;
    struct buf text = {0};
    for (int i = 0; i < 70000; i++) {
        buf_add_char(&text, 'x');
    }
    static const size_t lengths[] = {0, 23, 24, 255, 256, 65535, 65536};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct aws_call call = {.protocol = AWS_CBOR};
        struct str want = str_first(buf_str(&text), lengths[i]);
        struct http_response response =
            aws_fault(given->arena, &call, 424, STR("Nope"), want, STR("R-1"));
        struct str code;
        struct str message;
        aws_error_read(given->arena, AWS_CBOR, &response, &code, &message);
        assert_true(str_eq(message, want));
    }
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(each_protocol_has_its_own_shape),
        GIVEN_TEST(what_is_written_can_be_read_again),
        GIVEN_TEST(a_fault_of_ours_is_not_the_senders),
        GIVEN_TEST(long_messages_pass_through_cbor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
