/* SPDX-License-Identifier: Apache-2.0 */
/* Every request that real clients sent is identified. The name of a capture,
 * CLIENT__SERVICE.OPERATION, says what the client was asked to do; where that
 * is not an operation's own name, the table says what to expect. */
#include "given.h"

#include "base/base64.h"
#include "base/file.h"

#include <limits.h>

enum { MAX_FILE = 16 << 20, MAX_BODY = 16 << 20 };

/* `part` is a piece of the request line that tells several requests apart. */
static const struct {
    const char *name, *part, *operation;
} variants[] = {
    {"PutMetricDataBig", "", "PutMetricData"},
    {"PutRecordArn", "", "PutRecord"},
    {"SendMessageAwsUrl", "", "SendMessage"},
    {"CpSmall", "", "PutObject"},
    {"PutObjectMid", "", "PutObject"},
    {"PutObjectSmall", "", "PutObject"},
    {"PutObjectSmallForcePath", "", "PutObject"},
    {"PutObjectStream", "", "PutObject"},
    {"PutObject3MB", "", "PutObject"},
    {"CpMultipart", "?uploads", "CreateMultipartUpload"},
    {"CpMultipart", "partNumber=", "UploadPart"},
    {"CpMultipart", "POST /buck/big?uploadId=", "CompleteMultipartUpload"},
    {"UploadMultipart", "?uploads", "CreateMultipartUpload"},
    {"UploadMultipart", "partNumber=", "UploadPart"},
    {"UploadMultipart", "POST /buck/big?uploadId=", "CompleteMultipartUpload"},
};

static struct str expected_operation(struct str name, struct str line)
{
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        if (str_eq(name, str_of(variants[i].name)) &&
            str_contains(line, str_of(variants[i].part))) {
            return str_of(variants[i].operation);
        }
    }
    return name;
}

static struct str decode_base64(struct arena *arena, struct str text)
{
    struct str bytes = STR_NONE;
    assert_true(base64_read(arena, text, &bytes));
    return bytes;
}

static struct http_request read_request(struct given *given,
                                        const struct json *row)
{
    struct http_request request = {
        .method = json_get_text(row, "method"),
        .target = json_get_text(row, "target"),
        .body = decode_base64(given->arena, json_get_text(row, "body_b64")),
    };
    const struct json *headers = json_get(row, STR("headers"));
    for (size_t i = 0; i < headers->count; i++) {
        const struct json *pair = headers->members[i].value;
        http_headers_add(given->arena, &request.headers,
                         json_text(pair->members[0].value),
                         json_text(pair->members[1].value));
    }
    return request;
}

/* ".../Credential=KEY/DATE/REGION/SERVICE/aws4_request, ..." */
static void read_scope(const struct http_request *request, struct str *region,
                       struct str *service)
{
    struct str value = http_headers_get(&request->headers, "authorization");
    size_t at = str_find_str(value, STR("Credential="));
    assert_true(at != STR_NOT_FOUND);
    struct str rest = str_from(value, at);
    str_cut(&rest, '/');
    str_cut(&rest, '/');
    *region = str_cut(&rest, '/');
    *service = str_cut(&rest, '/');
}

static void check_request(struct given *given, struct str service,
                          struct str name, const struct json *row)
{
    struct http_request request = read_request(given, row);
    struct str body = request.body;
    if (str_eq(http_headers_get(&request.headers, "content-encoding"),
               STR("gzip"))) {
        assert_true(http_gunzip(given->arena, body, MAX_BODY, &body));
    }
    struct str region;
    struct str scope;
    read_scope(&request, &region, &scope);
    struct aws_call call;
    aws_identify(given->registry, given->arena, &request, scope, region, body,
                 &call);
    struct str line =
        arena_printf(given->arena, "%.*s %.*s", STR_ARG(request.method),
                     STR_ARG(request.target));
    struct str want = expected_operation(name, line);
    if (!str_eq(call.service, service) || !str_eq(call.operation, want)) {
        fail_msg("%s: got %.*s %.*s, wanted %.*s %.*s", line.ptr,
                 STR_ARG(call.service), STR_ARG(call.operation),
                 STR_ARG(service), STR_ARG(want));
    }
    assert_str(call.region, "us-east-1");
    assert_null(call.prefix.ptr);
    assert_null(call.trouble.ptr);
    bool json = call.protocol == AWS_JSON_1_0 || call.protocol == AWS_JSON_1_1;
    assert_true(json == (call.input != NULL));
    /* Without the body the head still says as much, but for forms. */
    struct aws_call head;
    aws_identify(given->registry, given->arena, &request, scope, region,
                 STR_NONE, &head);
    if (call.protocol != AWS_QUERY && call.protocol != AWS_EC2) {
        assert_true(str_eq(head.service, service));
        assert_true(str_eq(head.operation, want));
    }
}

static void every_captured_request_is_identified(void **state)
{
    struct given *given = *state;
    struct str folder = STR(TEST_DATA "/captures");
    if (!file_is_folder(folder)) {
        print_message("no folder %s\n", folder.ptr);
        skip();
    }
    struct str *names;
    size_t count;
    struct str error;
    assert_true(
        file_list(given->arena, folder, STR(".json"), &names, &count, &error));
    size_t requests = 0;
    for (size_t i = 0; i < count; i++) {
        struct source source = {.name = names[i]};
        struct str path = arena_printf(given->arena, "%.*s/%.*s",
                                       STR_ARG(folder), STR_ARG(names[i]));
        assert_true(
            file_read(given->arena, path, MAX_FILE, &source.text, &error));
        struct diag diag;
        diag_init(&diag, given->arena);
        const struct json *capture = NULL;
        assert_true(json_parse(given->arena, &source, &json_default_limits,
                               &capture, &diag));
        struct str rest = json_get_text(capture, "operation");
        struct str service = str_cut(&rest, '.');
        if (str_eq(service, STR("tagging"))) {
            service = STR("resourcegroupstaggingapi");
        }
        const struct json *rows = json_get(capture, STR("requests"));
        for (size_t k = 0; rows != NULL && k < rows->count; k++) {
            check_request(given, service, rest, rows->members[k].value);
            requests++;
        }
    }
    print_message("%zu requests in %zu captures\n", requests, count);
    assert_true(requests > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(every_captured_request_is_identified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
