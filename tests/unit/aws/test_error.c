/* SPDX-License-Identifier: Apache-2.0 */
/* What error answers say, as services and emulators send them. */
#include "given.h"

#define BODY(literal) (literal), sizeof(literal) - 1

static const struct row {
    enum aws_protocol protocol;
    const char *header; /* "name: value", or NULL */
    const char *body;
    size_t len;
    const char *code;
    const char *message;
} rows[] = {
    {AWS_JSON_1_1, NULL, BODY("{\"__type\":\"ParameterNotFound\"}"),
     "ParameterNotFound", ""},
    {AWS_JSON_1_1, NULL,
     BODY("{\"__type\":\"com.amazonaws.ssm#ParameterNotFound\","
          "\"message\":\"gone\"}"),
     "ParameterNotFound", "gone"},
    {AWS_JSON_1_1, NULL,
     BODY("{\"__type\":\"aws.x#Foo:http://internal.amazon.com/x#y\","
          "\"Message\":\"m\"}"),
     "Foo", "m"},
    {AWS_JSON_1_0,
     "x-amzn-query-error: "
     "AWS.SimpleQueueService.NonExistentQueue;Sender",
     BODY("{\"__type\":\"com.amazonaws.sqs#QueueDoesNotExist\","
          "\"message\":\"m\"}"),
     "AWS.SimpleQueueService.NonExistentQueue", "m"},
    {AWS_REST_JSON,
     "X-Amzn-ErrorType: ResourceNotFoundException:http://internal/",
     BODY("{\"Message\":\"m\",\"Type\":\"User\"}"), "ResourceNotFoundException",
     "m"},
    {AWS_REST_JSON, NULL, BODY("{\"code\":\"NotFoundException\"}"),
     "NotFoundException", ""},
    {AWS_REST_JSON, NULL, BODY("{\"Code\":\"X\",\"message\":\"m\"}"), "X", "m"},
    {AWS_QUERY, NULL,
     BODY("<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">"
          "\n<Error><Type>Sender</Type><Code>NoSuchEntity</Code>"
          "<Message>role &amp; all</Message></Error>"
          "<RequestId>r</RequestId></ErrorResponse>\n"),
     "NoSuchEntity", "role & all"},
    {AWS_EC2, NULL,
     BODY("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors>"
          "<Error><Code>InvalidInstanceID.NotFound</Code><Message>m</Message>"
          "</Error></Errors><RequestID>r</RequestID></Response>"),
     "InvalidInstanceID.NotFound", "m"},
    {AWS_REST_XML, NULL,
     BODY("<Error><Code>NoSuchBucket</Code><Message>m</Message></Error>"),
     "NoSuchBucket", "m"},
    {AWS_CBOR, NULL,
     BODY("\xbf\x66__type\x78\x19"
          "aws.x#ResourceNotFoundFoo\x67message\x61m\xff"),
     "ResourceNotFoundFoo", "m"},
    /* members before the wanted ones: a list, a tagged time, a nested map */
    {AWS_CBOR, NULL,
     BODY("\xa4\x61"
          "a\x82\x01\x02\x61"
          "b\xc1\xfb\x40\x09\x21\xfb\x54\x44\x2d\x18\x61"
          "c\xbf\x61x\xf6\xff\x66__type\x63"
          "Foo"),
     "Foo", ""},
    /* the wrong protocol: an emulator's gateway */
    {AWS_JSON_1_1, NULL,
     BODY("<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code>"
          "<Message>m</Message></Error></ErrorResponse>"),
     "SignatureDoesNotMatch", "m"},
    {AWS_QUERY, NULL, BODY("{\"__type\":\"InternalError\"}"), "InternalError",
     ""},
    /* nothing to read: the status is the code */
    {AWS_REST_XML, NULL, BODY(""), "404", ""},
    {AWS_JSON_1_1, NULL, BODY("{\"__type\":"), "404", ""},
    {AWS_JSON_1_1, NULL, BODY("[1]"), "404", ""},
    {AWS_QUERY, NULL, BODY("<a><b></a>"), "404", ""},
    {AWS_QUERY, NULL, BODY("<html><p>Bad Gateway</p></html>"), "404", ""},
    {AWS_CBOR, NULL, BODY("\xa1\x66__type\x7a\xff\xff\xff\xff"), "404", ""},
    {AWS_CBOR, NULL, BODY("\xbf\x61"), "404", ""},
    {AWS_CBOR, NULL, BODY("\xbb\xff\xff\xff\xff\xff\xff\xff\xff"), "404", ""},
    {AWS_CBOR, NULL, BODY("\x9f"), "404", ""},
};

static void each_answer_gives_its_code(void **state)
{
    struct given *given = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_response response = {
            .status = 404, .body = str_make(rows[i].body, rows[i].len)};
        if (rows[i].header != NULL) {
            struct str value = str_of(rows[i].header);
            struct str name = str_cut(&value, ':');
            http_headers_add(given->arena, &response.headers, name,
                             str_trim(value));
        }
        struct str code;
        struct str message;
        aws_error_read(given->arena, rows[i].protocol, &response, &code,
                       &message);
        assert_str(code, rows[i].code);
        assert_str(message, rows[i].message);
    }
}

static void deep_cbor_is_refused(void **state)
{
    struct given *given = *state;
    struct buf body = {0};
    buf_add(&body, STR("\xa1\x61z"));
    for (int i = 0; i < 100000; i++) {
        buf_add_char(&body, '\x81');
    }
    struct http_response response = {.status = 500, .body = buf_str(&body)};
    struct str code;
    struct str message;
    aws_error_read(given->arena, AWS_CBOR, &response, &code, &message);
    assert_str(code, "500");
    buf_free(&body);
}

/* A text of indefinite length comes in chunks of one byte. */
static void many_chunks_take_memory_in_proportion(void **state)
{
    enum { CHUNKS = 20 * 1000, MOST = 1024 * 1024 };
    struct given *given = *state;
    struct buf body = {0};
    buf_add(&body, STR("\xa2\x61z\x7f"));
    for (int i = 0; i < CHUNKS; i++) {
        buf_add(&body, STR("\x61x"));
    }
    buf_add(&body, STR("\xff\x66__type\x7f\x61S\x67lowDown\xff"));
    struct http_response response = {.status = 503, .body = buf_str(&body)};
    struct str code;
    struct str message;
    size_t before = arena_size(given->arena);
    aws_error_read(given->arena, AWS_CBOR, &response, &code, &message);
    assert_str(code, "SlowDown");
    assert_true(arena_size(given->arena) - before < MOST);
    buf_free(&body);
}

static void throttling_is_recognised(void **state)
{
    (void)state;
    assert_true(aws_is_throttle(400, STR("ThrottlingException")));
    assert_true(aws_is_throttle(503, STR("SlowDown")));
    assert_true(aws_is_throttle(429, STR("Whatever")));
    assert_false(aws_is_throttle(400, STR("ValidationException")));
    assert_false(aws_is_throttle(500, STR("InternalError")));
}

static void denial_is_recognised(void **state)
{
    (void)state;
    assert_true(aws_is_denial(400, STR("AccessDeniedException")));
    assert_true(aws_is_denial(400, STR("KMSAccessDeniedException")));
    assert_true(aws_is_denial(403, STR("UnauthorizedOperation")));
    assert_true(aws_is_denial(403, STR("403")));
    assert_false(aws_is_denial(403, STR("ExpiredTokenException")));
    assert_false(aws_is_denial(200, STR("AccessDenied")));
    assert_false(aws_is_denial(404, STR("404")));
}

static void the_request_id_has_many_names(void **state)
{
    struct given *given = *state;
    static const char *const names[] = {"x-amzn-RequestId", "x-amz-request-id",
                                        "X-Amzn-Requestid"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct http_response response = {.status = 200};
        assert_null(aws_request_id(&response).ptr);
        http_headers_add(given->arena, &response.headers, str_of(names[i]),
                         STR("abc"));
        assert_str(aws_request_id(&response), "abc");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(each_answer_gives_its_code),
        GIVEN_TEST(deep_cbor_is_refused),
        GIVEN_TEST(many_chunks_take_memory_in_proportion),
        cmocka_unit_test(throttling_is_recognised),
        cmocka_unit_test(denial_is_recognised),
        GIVEN_TEST(the_request_id_has_many_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
