/* SPDX-License-Identifier: Apache-2.0 */
/* Which call a request is: hand-made rows for each mark on the wire. What real
 * clients sent is in test_captures.c. */
#include "given.h"

struct row {
    const char *scope;
    const char *method;
    const char *target;
    const char *header; /* "name: value", or NULL */
    const char *type;   /* content-type, or NULL */
    const char *body;   /* or NULL */
    /* what it is */
    const char *service;
    const char *operation;
    const char *prefix;
    enum aws_protocol protocol;
};

static struct aws_call identify(struct given *given, const struct row *row)
{
    struct http_request request = {.method = str_of(row->method),
                                   .target = str_of(row->target)};
    if (row->header != NULL) {
        struct str value = str_of(row->header);
        struct str name = str_cut(&value, ':');
        http_headers_add(given->arena, &request.headers, name, str_trim(value));
    }
    if (row->type != NULL) {
        http_headers_add(given->arena, &request.headers, STR("Content-Type"),
                         str_of(row->type));
    }
    struct aws_call call;
    aws_identify(given->registry, given->arena, &request, str_of(row->scope),
                 STR("eu-west-1"), str_of(row->body), &call);
    return call;
}

#define JSON11 "application/x-amz-json-1.1"
#define JSON10 "application/x-amz-json-1.0"
#define FORM   "application/x-www-form-urlencoded"

static const struct row rows[] = {
    /* JSON */
    {"ssm", "POST", "/", "x-amz-target: AmazonSSM.PutParameter", JSON11, "{}",
     "ssm", "PutParameter", "", AWS_JSON_1_1},
    {"ssm", "POST", "/run-7", "X-Amz-Target: AmazonSSM.PutParameter", JSON11,
     "{}", "ssm", "PutParameter", "run-7", AWS_JSON_1_1},
    {"ssm", "POST", "/some/prefix/", "X-Amz-Target: AmazonSSM.PutParameter",
     JSON11, "{}", "ssm", "PutParameter", "some/prefix", AWS_JSON_1_1},
    {NULL, "POST", "/", "X-Amz-Target: AmazonSSM.PutParameter", JSON11, "{}",
     "ssm", "PutParameter", "", AWS_JSON_1_1},
    {"dynamodb", "POST", "/",
     "X-Amz-Target: DynamoDBStreams_20120810.GetRecords", JSON10, "{}",
     "dynamodbstreams", "GetRecords", "", AWS_JSON_1_0},
    {"timestream", "POST", "/", "X-Amz-Target: Timestream_20181101.Query",
     JSON10, "{}", "timestream-query", "Query", "", AWS_JSON_1_0},
    {"timestream", "POST", "/",
     "X-Amz-Target: Timestream_20181101.WriteRecords", JSON10, "{}",
     "timestream-write", "WriteRecords", "", AWS_JSON_1_0},
    {"cloudtrail", "POST", "/",
     "X-Amz-Target: com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"
     ".LookupEvents",
     JSON11, "{}", "cloudtrail", "LookupEvents", "", AWS_JSON_1_1},
    {"ssm", "POST", "/", "X-Amz-Target: NextSSM.PutParameter", JSON11, "{}",
     "ssm", "PutParameter", "", AWS_JSON_1_1},
    /* CBOR */
    {"monitoring", "POST",
     "/service/GraniteServiceVersion20100801/operation/PutMetricData",
     "smithy-protocol: rpc-v2-cbor", "application/cbor", "\xa0", "cloudwatch",
     "PutMetricData", "", AWS_CBOR},
    {"monitoring", "POST",
     "/a/b/service/GraniteServiceVersion20100801/operation/PutMetricData", NULL,
     "application/cbor", "\xa0", "cloudwatch", "PutMetricData", "a/b",
     AWS_CBOR},
    /* query */
    {"iam", "POST", "/", NULL, FORM "; charset=utf-8",
     "Action=CreateRole&Version=2010-05-08&RoleName=r", "iam", "CreateRole", "",
     AWS_QUERY},
    {"iam", "POST", "/ci/7", NULL, FORM,
     "Version=2010-05-08&RoleName=r&Action=CreateRole", "iam", "CreateRole",
     "ci/7", AWS_QUERY},
    {"sts", "GET", "/?Action=GetCallerIdentity&Version=2011-06-15", NULL, NULL,
     NULL, "sts", "GetCallerIdentity", "", AWS_QUERY},
    {NULL, "POST", "/", NULL, FORM,
     "Action=AssumeRoleWithWebIdentity&Version=2011-06-15", "sts",
     "AssumeRoleWithWebIdentity", "", AWS_QUERY},
    {"ec2", "POST", "/", NULL, FORM, "Action=RunInstances&Version=2016-11-15",
     "ec2", "RunInstances", "", AWS_EC2},
    {"elasticloadbalancing", "POST", "/", NULL, FORM,
     "Action=AddTags&Version=2015-12-01", "elbv2", "AddTags", "", AWS_QUERY},
    {"elasticloadbalancing", "POST", "/", NULL, FORM,
     "Action=AddTags&Version=2012-06-01", "elb", "AddTags", "", AWS_QUERY},
    {"rds", "POST", "/", NULL, FORM,
     "Action=CreateDBInstance&Version=2014-10-31", "rds", "CreateDBInstance",
     "", AWS_QUERY},
    {"ses", "POST", "/", NULL, FORM, "Action=SendEmail&Version=2010-12-01",
     "ses", "SendEmail", "", AWS_QUERY},
    {"sqs", "POST", "/123456789012/jobs", NULL, FORM,
     "Action=SendMessage&Version=2012-11-05", "sqs", "SendMessage", "",
     AWS_QUERY},
    {"sqs", "POST", "/run/123456789012/jobs", NULL, FORM,
     "Action=SendMessage&Version=2012-11-05", "sqs", "SendMessage", "run",
     AWS_QUERY},
    {"monitoring", "POST", "/", NULL, FORM,
     "Action=PutMetricData&Version=2010-08-01", "cloudwatch", "PutMetricData",
     "", AWS_QUERY},
    {"iam", "POST", "/", NULL, FORM, NULL, "iam", "", "", AWS_QUERY},
    /* REST-JSON */
    {"lambda", "PUT", "/2015-03-31/functions/f/code", NULL, "application/json",
     "{}", "lambda", "UpdateFunctionCode", "", AWS_REST_JSON},
    {"lambda", "GET", "/pre/fix/2015-03-31/functions/", NULL, NULL, NULL,
     "lambda", "ListFunctions", "pre/fix", AWS_REST_JSON},
    {"lambda", "POST", "/run//2017-03-31/tags/arn%3Aaws%3Alambda", NULL,
     "application/json", "{}", "lambda", "TagResource", "run", AWS_REST_JSON},
    {"ses", "POST", "/v2/email/outbound-emails", NULL, "application/json", "{}",
     "sesv2", "SendEmail", "", AWS_REST_JSON},
    {"apigateway", "GET", "/v2/apis", NULL, NULL, NULL, "apigatewayv2",
     "GetApis", "", AWS_REST_JSON},
    {"bedrock", "POST", "/model/m/converse", NULL, "application/json", "{}",
     "bedrock-runtime", "Converse", "", AWS_REST_JSON},
    {"bedrock", "GET", "/foundation-models", NULL, NULL, NULL, "bedrock",
     "ListFoundationModels", "", AWS_REST_JSON},
    {"lambda", "POST", "/2099-01-01/ponies", NULL, "application/json", "{}",
     "lambda", "", "", AWS_REST_JSON},
    /* REST-XML */
    {"route53", "GET", "/2013-04-01/hostedzone/Z1", NULL, NULL, NULL, "route53",
     "GetHostedZone", "", AWS_REST_XML},
    {"route53", "POST", "/p/2013-04-01/hostedzone/Z1/rrset", NULL, NULL, "<a/>",
     "route53", "ChangeResourceRecordSets", "p", AWS_REST_XML},
    {"s3", "PUT", "/v20180820/configuration/publicAccessBlock",
     "x-amz-account-id: 123456789012", NULL, "<a/>", "s3control",
     "PutPublicAccessBlock", "", AWS_REST_XML},
    /* S3: what one path can be */
    {"s3", "GET", "/", NULL, NULL, NULL, "s3", "ListBuckets", "", AWS_REST_XML},
    {"s3", "GET", "/b", NULL, NULL, NULL, "s3", "ListObjects", "",
     AWS_REST_XML},
    {"s3", "GET", "/b/?list-type=2&prefix=&delimiter=%2F", NULL, NULL, NULL,
     "s3", "ListObjectsV2", "", AWS_REST_XML},
    {"s3", "PUT", "/b", NULL, NULL, NULL, "s3", "CreateBucket", "",
     AWS_REST_XML},
    {"s3", "PUT", "/b?versioning", NULL, NULL, "<a/>", "s3",
     "PutBucketVersioning", "", AWS_REST_XML},
    {"s3", "GET", "/b?lifecycle", NULL, NULL, NULL, "s3",
     "GetBucketLifecycleConfiguration", "", AWS_REST_XML},
    {"s3", "PUT", "/b?notification", NULL, NULL, "<a/>", "s3",
     "PutBucketNotificationConfiguration", "", AWS_REST_XML},
    {"s3", "GET", "/b?analytics", NULL, NULL, NULL, "s3",
     "ListBucketAnalyticsConfigurations", "", AWS_REST_XML},
    {"s3", "GET", "/b?analytics&id=1", NULL, NULL, NULL, "s3",
     "GetBucketAnalyticsConfiguration", "", AWS_REST_XML},
    {"s3", "POST", "/b?delete=", NULL, NULL, "<a/>", "s3", "DeleteObjects", "",
     AWS_REST_XML},
    {"s3", "GET", "/b/a/b/c", NULL, NULL, NULL, "s3", "GetObject", "",
     AWS_REST_XML},
    {"s3", "GET", "/b/k?X-Amz-Expires=60&X-Amz-SignedHeaders=host", NULL, NULL,
     NULL, "s3", "GetObject", "", AWS_REST_XML},
    {"s3", "HEAD", "/b/k", NULL, NULL, NULL, "s3", "HeadObject", "",
     AWS_REST_XML},
    {"s3", "PUT", "/b/k//x/", NULL, NULL, "x", "s3", "PutObject", "",
     AWS_REST_XML},
    {"s3", "PUT", "/b/k", "x-amz-copy-source: /b/other", NULL, NULL, "s3",
     "CopyObject", "", AWS_REST_XML},
    {"s3", "PUT", "/b/k?partNumber=1&uploadId=u", NULL, NULL, "x", "s3",
     "UploadPart", "", AWS_REST_XML},
    {"s3", "PUT", "/b/k?partNumber=1&uploadId=u", "X-Amz-Copy-Source: /b/other",
     NULL, NULL, "s3", "UploadPartCopy", "", AWS_REST_XML},
    {"s3", "GET", "/b/k?uploadId=u", NULL, NULL, NULL, "s3", "ListParts", "",
     AWS_REST_XML},
    {"s3", "DELETE", "/b/k?uploadId=u", NULL, NULL, NULL, "s3",
     "AbortMultipartUpload", "", AWS_REST_XML},
    {"s3", "DELETE", "/b/k?versionId=v", NULL, NULL, NULL, "s3", "DeleteObject",
     "", AWS_REST_XML},
    {"s3", "POST", "/b/k?restore", NULL, NULL, "<a/>", "s3", "RestoreObject",
     "", AWS_REST_XML},
    /* a feature of tomorrow is not CreateBucket */
    {"s3", "PUT", "/b?teleport", NULL, NULL, "<a/>", "s3", "", "",
     AWS_REST_XML},
    {"s3", "PUT", "/b?teleport=", NULL, NULL, "<a/>", "s3", "", "",
     AWS_REST_XML},
    /* nothing to go by */
    {NULL, "GET", "/b/k", NULL, NULL, NULL, "", "", "", AWS_REST_JSON},
    {"teleport", "POST", "/", NULL, JSON10, "{}", "", "", "", AWS_JSON_1_0},
    {"teleport", "POST", "/", "X-Amz-Target: Teleport.Beam", JSON10, "{}", "",
     "Beam", "", AWS_JSON_1_0},
    {"ssm", "POST", "/", "X-Amz-Target: nonsense", JSON11, "{}", "ssm", "", "",
     AWS_JSON_1_1},
    {"execute-api", "GET", "", NULL, NULL, NULL, "", "", "", AWS_REST_JSON},
};

static void each_row_is_what_it_says(void **state)
{
    struct given *given = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct aws_call call = identify(given, row);
        print_message("%s %s %s\n", row->scope != NULL ? row->scope : "-",
                      row->method, row->target);
        assert_str(call.service, row->service);
        assert_str(call.operation, row->operation);
        assert_str(call.prefix, row->prefix);
        assert_str(call.region, "eu-west-1");
        assert_string_equal(aws_protocol_name(call.protocol),
                            aws_protocol_name(row->protocol));
        assert_true((call.about != NULL) == (call.service.len > 0));
    }
}

static struct aws_call put_parameter(struct given *given, const char *type,
                                     const char *body)
{
    const struct row row = {.scope = "ssm",
                            .method = "POST",
                            .target = "/",
                            .header = "X-Amz-Target: AmazonSSM.PutParameter",
                            .type = type,
                            .body = body};
    return identify(given, &row);
}

static void json_input_is_read(void **state)
{
    struct given *given = *state;
    struct aws_call call =
        put_parameter(given, JSON11, "{\"Name\": \"/a\", \"Value\": \"v\"}");
    assert_str(json_get_text(call.input, "Name"), "/a");
    assert_null(call.trouble.ptr);
    call = put_parameter(given, JSON11, "");
    assert_true(json_is(call.input, JSON_OBJECT));
    call = put_parameter(given, JSON11, NULL);
    assert_null(call.input);
    assert_null(call.trouble.ptr);
}

static void damaged_input_is_a_sentence_without_the_secret(void **state)
{
    struct given *given = *state;
    static const char *const bodies[] = {"{\"Value\": \"hunter2\"",
                                         "[\"hunter2\"]", "hunter2", "\xff"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct aws_call call = put_parameter(given, JSON11, bodies[i]);
        assert_str(call.operation, "PutParameter");
        assert_null(call.input);
        assert_true(call.trouble.len > 0);
        assert_false(str_contains(call.trouble, STR("hunter2")));
    }
    struct aws_call call =
        put_parameter(given, "application/x-amz-cbor-1.1", "\xa0");
    assert_str(call.operation, "PutParameter");
    assert_true(call.trouble.len > 0);
}

static void damaged_targets_do_no_harm(void **state)
{
    struct given *given = *state;
    static const char *const targets[] = {"",
                                          "/",
                                          "//",
                                          "?",
                                          "/?",
                                          "/??&&==",
                                          "/%",
                                          "*",
                                          "/%%",
                                          "a",
                                          "/{",
                                          "/&=",
                                          "/b/k?&",
                                          "/b?=",
                                          "/service",
                                          "////////",
                                          "/operation/x",
                                          "/service/x/operation/",
                                          "/2015-03-31"};
    static const char *const scopes[] = {
        "s3", "lambda", "ses", "route53", "monitoring", "", "iam"};
    static const char *const methods[] = {"GET", "POST", "PUT", "", "BREW"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        for (size_t k = 0; k < sizeof scopes / sizeof scopes[0]; k++) {
            for (size_t m = 0; m < sizeof methods / sizeof methods[0]; m++) {
                const struct row row = {.scope = scopes[k],
                                        .method = methods[m],
                                        .target = targets[i],
                                        .type = "application/cbor",
                                        .body = "&&=&"};
                (void)identify(given, &row);
            }
        }
    }
    struct buf deep = {0};
    for (int i = 0; i < 1000; i++) {
        buf_add(&deep, STR("/a"));
    }
    buf_add_char(&deep, '\0');
    const struct row row = {
        .scope = "s3", .method = "PUT", .target = deep.bytes};
    assert_str(identify(given, &row).operation, "PutObject");
    buf_free(&deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(each_row_is_what_it_says),
        GIVEN_TEST(json_input_is_read),
        GIVEN_TEST(damaged_input_is_a_sentence_without_the_secret),
        GIVEN_TEST(damaged_targets_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
