/* SPDX-License-Identifier: Apache-2.0 */
/* Whose call a request is, by scope, by host and by what it says. Here because
 * cassettes are redacted. Start at the tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "convert/private.h"

struct row {
    const char *url;
    const char *header; /* "Name: value" */
    const char *body;
    const char *wanted; /* "service operation region target" */
};

static const char *describe(struct arena *arena, struct aws_registry *registry,
                            const struct row *row)
{
    static const char *const others[] = {"aws", "chain", "other"};
    struct convert_url url;
    struct aws_call call = {.service = STR_NONE};
    struct str access_key = STR_NONE;
    struct str value = str_of(row->header);
    struct str name = str_cut(&value, ':');
    struct http_request request = {.method = STR("POST"),
                                   .body = str_of(row->body)};
    assert_true(convert_url_split(arena, str_of(row->url), &url));
    request.target = url.target;
    if (name.len > 0) {
        http_headers_add(arena, &request.headers, name, str_trim(value));
    }
    if (request.body.len == 0) {
        request.method = STR("GET");
    }
    enum convert_whose whose =
        convert_whose(registry, arena, url.host, &request, &access_key, &call);
    if (whose != CONVERT_AWS) {
        return others[whose];
    }
    return arena_printf(arena, "%.*s %.*s %.*s %.*s", STR_ARG(call.service),
                        STR_ARG(call.operation), STR_ARG(call.region),
                        STR_ARG(request.target))
        .ptr;
}

static void assert_rows(const struct row *rows, size_t count)
{
    struct aws_registry *registry = aws_registry_new();
    for (size_t i = 0; i < count; i++) {
        struct arena *arena = arena_new();
        assert_string_equal(describe(arena, registry, &rows[i]),
                            rows[i].wanted);
        arena_free(arena);
    }
    aws_registry_free(registry);
}

#define GET_PARAMETER "X-Amz-Target: AmazonSSM.GetParameter"
#define WHO           "Action=GetCallerIdentity&Version=2011-06-15"
#define FORM          "Content-Type: application/x-www-form-urlencoded"

static void hosts_of_aws_tell_service_and_region(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"https://ssm.us-east-1.amazonaws.com/", GET_PARAMETER, "{}",
         "ssm GetParameter us-east-1 /"},
        {"https://SSM.US-EAST-1.amazonaws.com", GET_PARAMETER, "{}",
         "ssm GetParameter us-east-1 /"},
        {"https://ssm.us-gov-west-1.amazonaws.com:443/", GET_PARAMETER, "{}",
         "ssm GetParameter us-gov-west-1 /"},
        {"https://ssm.cn-north-1.amazonaws.com.cn/", GET_PARAMETER, "{}",
         "ssm GetParameter cn-north-1 /"},
        {"https://ssm-fips.us-east-2.amazonaws.com/", GET_PARAMETER, "{}",
         "ssm GetParameter us-east-2 /"},
        {"https://ssm.eu-west-1.api.aws/", GET_PARAMETER, "{}",
         "ssm GetParameter eu-west-1 /"},
        {"https://sts.amazonaws.com/", FORM, WHO,
         "sts GetCallerIdentity us-east-1 /"},
        {"https://sts.eu-west-3.amazonaws.com/", FORM, WHO,
         "sts GetCallerIdentity eu-west-3 /"},
        {"https://iam.amazonaws.com/", FORM,
         "Action=ListUsers&Version=2010-05-08", "iam ListUsers us-east-1 /"},
        {"https://vpce-1-2.ssm.us-east-1.vpce.amazonaws.com/", GET_PARAMETER,
         "{}", "ssm GetParameter us-east-1 /"},
        {"https://eu-west-1.queue.amazonaws.com/123456789012/jobs", FORM,
         "Action=ReceiveMessage&Version=2012-11-05",
         "sqs ReceiveMessage eu-west-1 /123456789012/jobs"},
        {"https://123456789012.ddb.eu-west-1.amazonaws.com/",
         "X-Amz-Target: DynamoDB_20120810.GetItem", "{}",
         "dynamodb GetItem eu-west-1 /"},
        {"https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions", "", "",
         "lambda ListFunctions eu-west-1 /2015-03-31/functions"},
    };
    assert_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

static void a_bucket_in_the_host_goes_into_the_path(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"https://s3.eu-west-1.amazonaws.com/logs/a", "", "",
         "s3 GetObject eu-west-1 /logs/a"},
        {"https://logs.s3.eu-west-1.amazonaws.com/a", "", "",
         "s3 GetObject eu-west-1 /logs/a"},
        {"https://my-bucket-1.s3.amazonaws.com/a", "", "",
         "s3 GetObject us-east-1 /my-bucket-1/a"},
        {"https://a.b.s3.dualstack.eu-west-1.amazonaws.com/k?x=1", "", "",
         "s3 GetObject eu-west-1 /a.b/k?x=1"},
        {"https://logs.s3-us-west-2.amazonaws.com/a", "", "",
         "s3 GetObject us-west-2 /logs/a"},
        {"https://logs.s3.eu-west-1.amazonaws.com/?list-type=2", "", "",
         "s3 ListObjectsV2 eu-west-1 /logs/?list-type=2"},
    };
    assert_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

static void the_scope_goes_before_the_host(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"http://localhost:4566/",
         "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/"
         "20190130/ap-south-1/ssm/aws4_request, SignedHeaders=host, "
         "Signature=00",
         "{}", "ssm  ap-south-1 /"},
        {"https://sts.amazonaws.com/",
         "Authorization: AWS4-HMAC-SHA256 Credential=x/20190130/eu-west-1/sts/"
         "aws4_request",
         "", "sts  eu-west-1 /"},
        {"https://logs.s3.eu-west-1.amazonaws.com/a?X-Amz-Credential=AKIA%2F"
         "20190130%2Feu-west-1%2Fs3%2Faws4_request",
         "", "",
         "s3 GetObject eu-west-1 /logs/a?X-Amz-Credential=AKIA%2F20190130%2F"
         "eu-west-1%2Fs3%2Faws4_request"},
        {"https://s3.amazonaws.com/logs/a",
         "Authorization: AWS4-ECDSA-P256-SHA256 Credential=AKIA/20190130/s3/"
         "aws4_request, x",
         "", "s3 GetObject  /logs/a"},
        {"http://localhost/", "Authorization: REDACTED", "", "other"},
        {"http://localhost/", "Authorization: Credential=a/b/c", "", "other"},
        {"http://localhost/",
         "Authorization: Credential=a/20190130/EU/ssm/aws4_request", "",
         "other"},
    };
    assert_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

static void what_is_no_call_is_seen(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"http://localhost:4566/", GET_PARAMETER, "{}", "ssm GetParameter  /"},
        {"http://localhost:4566/", FORM, WHO, "sts GetCallerIdentity  /"},
        {"http://localhost:4566/?" WHO, "", "",
         "sts GetCallerIdentity  /?" WHO},
        {"http://localhost:4566/", "", "", "other"},
        {"https://example.com/?Action=x", "", "", "other"},
        {"https://amazonaws.com.example.com/", "", "", "other"},
        {"https://eu-west-1.console.aws.amazon.com/", "", "", "other"},
        {"http://169.254.169.254/latest/api/token", "", "", "chain"},
        {"http://169.254.170.2/v2/credentials/x", "", "", "chain"},
        {"http://[fd00:ec2::254]/latest/api/token", "", "", "chain"},
    };
    assert_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

static void urls_are_split_with_patience(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        const char *host; /* NULL: refused */
        const char *target;
    } rows[] = {
        {"https://a.example/b?c=d", "a.example", "/b?c=d"},
        {"https://a.example", "a.example", "/"},
        {"https://a.example?c", "a.example", "/?c"},
        {"https://a.example/b#c", "a.example", "/b"},
        {"https://u:p@A.example:8443/b", "a.example", "/b"},
        {"http://[::1]:80/b", "::1", "/b"},
        {"https://a.example/ \xC3\xA4", "a.example", "/%20%C3%A4"},
        {"/b", NULL, NULL},
        {"://b", NULL, NULL},
        {"https:///b", NULL, NULL},
        {"", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena *arena = arena_new();
        struct convert_url url;
        bool good = convert_url_split(arena, str_of(rows[i].url), &url);
        assert_int_equal(good, rows[i].host != NULL);
        if (good) {
            assert_true(str_eq(url.host, str_of(rows[i].host)));
            assert_true(str_eq(url.target, str_of(rows[i].target)));
        }
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_of_aws_tell_service_and_region),
        cmocka_unit_test(a_bucket_in_the_host_goes_into_the_path),
        cmocka_unit_test(the_scope_goes_before_the_host),
        cmocka_unit_test(what_is_no_call_is_seen),
        cmocka_unit_test(urls_are_split_with_patience),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
