/* SPDX-License-Identifier: Apache-2.0 */
/* The published suite, every stage of every case in both forms. */
#include "given.h"

#include "base/file.h"
#include "json/json.h"

#include <dirent.h>

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

/* ---- one case of the suite ---- */

struct suite_case {
    struct str folder;
    struct str request;
    struct sigv4_credentials credentials;
    struct sigv4_sign_in in;
    int64_t expires_s;
};

static struct str read_text(struct str folder, const char *form,
                            const char *name)
{
    struct str text;
    struct str err;
    struct str path =
        arena_printf(arena, "%.*s/%s%s", STR_ARG(folder), form, name);
    if (!file_read(arena, path, 1 << 20, &text, &err)) {
        fail_msg("%.*s", STR_ARG(err));
    }
    return text;
}

static const struct json *read_context(struct str folder)
{
    struct source source = {.name = folder,
                            .text = read_text(folder, "", "context.json")};
    const struct json *context = NULL;
    struct diag diag;
    diag_init(&diag, arena);
    assert_true(
        json_parse(arena, &source, &json_default_limits, &context, &diag));
    return context;
}

static bool flag(const struct json *context, struct str name)
{
    return json_is(json_get(context, name), JSON_TRUE);
}

static void read_case(struct str folder, struct suite_case *ret_case)
{
    const struct json *context = read_context(folder);
    const struct json *keys = json_get(context, STR("credentials"));
    struct str when = json_get_text(context, "timestamp");
    int64_t wall_ms = 0;
    assert_true(clock_parse(when, &wall_ms));
    *ret_case = (struct suite_case){
        .folder = folder,
        .request = read_text(folder, "", "request.txt"),
        .credentials = {json_get_text(keys, "access_key_id"),
                        json_get_text(keys, "secret_access_key"),
                        json_get_text(keys, "token")},
        .expires_s =
            (int64_t)json_get(context, STR("expiration_in_seconds"))->number,
        .in = {.region = json_get_text(context, "region"),
               .service = json_get_text(context, "service"),
               .wall_ms = wall_ms,
               .rules = {.normalize_path = flag(context, STR("normalize")),
                         .encode_twice = true,
                         .payload_header = flag(context, STR("sign_body")),
                         .omit_session_token =
                             flag(context, STR("omit_session_token"))}},
    };
    ret_case->in.credentials = &ret_case->credentials;
}

/* The suite writes headers as it was given them: blanks and folds stay. */
static struct str written(const struct http_request *request)
{
    struct buf out = {0};
    buf_printf(&out, "%.*s %.*s HTTP/1.1\n", STR_ARG(request->method),
               STR_ARG(request->target));
    for (size_t i = 0; i < request->headers.count; i++) {
        buf_printf(&out, "%.*s:%.*s\n", STR_ARG(request->headers.at[i].name),
                   STR_ARG(request->headers.at[i].value));
    }
    buf_add_char(&out, '\n');
    buf_add(&out, request->body);
    struct str text = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return text;
}

static void check_verifies(const struct suite_case *suite,
                           const struct http_request *request)
{
    struct sigv4_claim claim;
    struct str err;
    struct sigv4_verify_in in = {
        .secret_key = suite->credentials.secret_key,
        .payload_hash = suite->in.payload_hash,
        .rules = suite->in.rules,
        .wall_ms = suite->in.wall_ms,
        .tolerance_ms = 1000,
    };
    assert_int_equal(sigv4_claim_parse(arena, request, &claim, &err),
                     SIGV4_GOOD);
    assert_str(claim.access_key, suite->credentials.access_key);
    assert_str(claim.session_token, suite->credentials.session_token);
    assert_int_equal(sigv4_verify(arena, request, &claim, &in, NULL, &err),
                     SIGV4_GOOD);
}

static void check_case(struct suite_case *suite, const char *form)
{
    struct http_request request = given_request(arena, suite->request);
    struct sigv4_stages stages;
    suite->in.payload_hash = sigv4_sha256_hex(arena, request.body);
    if (strcmp(form, "header-") == 0) {
        sigv4_sign_header(arena, &suite->in, &request, &stages);
    } else {
        sigv4_sign_query(arena, &suite->in, suite->expires_s, &request,
                         &stages);
    }
    assert_str(stages.canonical_request,
               read_text(suite->folder, form, "canonical-request.txt"));
    assert_str(stages.string_to_sign,
               read_text(suite->folder, form, "string-to-sign.txt"));
    assert_str(stages.signature,
               read_text(suite->folder, form, "signature.txt"));
    assert_str(str_trim(written(&request)),
               str_trim(read_text(suite->folder, form, "signed-request.txt")));
    check_verifies(suite, &request);
}

static void each_case_of_the_suite_is_signed_as_published(void **state)
{
    (void)state;
    DIR *folder = opendir(TEST_DATA "/sigv4");
    if (folder == NULL) {
        print_message("skipped: no folder " TEST_DATA "/sigv4\n");
        skip();
    }
    size_t count = 0;
    for (struct dirent *entry = readdir(folder); entry != NULL;
         entry = readdir(folder)) {
        struct str path =
            arena_printf(arena, TEST_DATA "/sigv4/%s", entry->d_name);
        if (entry->d_name[0] == '.' || !file_is_folder(path)) {
            continue;
        }
        struct suite_case suite;
        read_case(path, &suite);
        check_case(&suite, "header-");
        check_case(&suite, "query-");
        count++;
    }
    (void)closedir(folder);
    print_message("%zu cases, each in both forms\n", count);
    assert_true(count >= 38);
}

/* ---- what the suite does not say ---- */

static const struct sigv4_credentials *documented_keys(void)
{
    static struct sigv4_credentials keys;
    keys.access_key = GIVEN_KEY;
    keys.secret_key = GIVEN_SECRET;
    return &keys;
}

static struct sigv4_sign_in sign_in_for(struct str service)
{
    return (struct sigv4_sign_in){
        .credentials = documented_keys(),
        .region = STR("us-east-1"),
        .service = service,
        .wall_ms = given_time("2013-05-24T00:00:00Z"),
        .rules = sigv4_rules_for(service),
        .payload_hash = GIVEN_EMPTY,
    };
}

/* The four worked examples of the S3 documentation, and its signed URL. */
static void the_s3_examples_are_signed_as_documented(void **state)
{
    (void)state;
    const struct {
        struct str text;
        struct str hash;
        struct str signature;
    } rows[] = {
        {STR("GET /test.txt HTTP/1.1\n"
             "Host: examplebucket.s3.amazonaws.com\nRange: bytes=0-9\n"),
         GIVEN_EMPTY,
         STR("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb4"
             "1")},
        {STR("PUT /test%24file.text HTTP/1.1\n"
             "Host: examplebucket.s3.amazonaws.com\n"
             "Date: Fri, 24 May 2013 00:00:00 GMT\n"
             "x-amz-storage-class: REDUCED_REDUNDANCY\n"),
         STR("44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b07"
             "2"),
         STR("98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108b"
             "d")},
        {STR("GET /?lifecycle HTTP/1.1\n"
             "Host: examplebucket.s3.amazonaws.com\n"),
         GIVEN_EMPTY,
         STR("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a013678354"
             "3")},
        {STR("GET /?max-keys=2&prefix=J HTTP/1.1\n"
             "Host: examplebucket.s3.amazonaws.com\n"),
         GIVEN_EMPTY,
         STR("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f"
             "7")},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct http_request request = given_request(arena, rows[i].text);
        struct sigv4_sign_in in = sign_in_for(STR("s3"));
        struct sigv4_stages stages;
        in.payload_hash = rows[i].hash;
        sigv4_sign_header(arena, &in, &request, &stages);
        assert_str(stages.signature, rows[i].signature);
    }
    struct http_request request =
        given_request(arena, STR("GET /test.txt HTTP/1.1\n"
                                 "Host: examplebucket.s3.amazonaws.com\n"));
    struct sigv4_sign_in in = sign_in_for(STR("s3"));
    struct sigv4_stages stages;
    in.payload_hash = STR("UNSIGNED-PAYLOAD");
    sigv4_sign_query(arena, &in, 86400, &request, &stages);
    assert_str(stages.signature, STR("aeeed9bbccd4d02ee5c0109b86d86835f995330da"
                                     "4c265957d157751f604d404"));
}

static void headers_that_hops_change_are_not_signed(void **state)
{
    (void)state;
    struct http_request request = given_request(
        arena, STR("POST / HTTP/1.1\nUser-Agent: ua\nConnection: keep-alive\n"
                   "expect: 100-continue\nAccept-Encoding: gzip\nTE: trailers\n"
                   "Transfer-Encoding: chunked\nX-Amzn-Trace-Id: Root=1\n"
                   "X-Amz-Target: T\nHost: h\nContent-Type: t\nVia: x\n"
                   "Keep-Alive: 1\nProxy-Authorization: p\n"));
    struct sigv4_sign_in in = sign_in_for(STR("ssm"));
    sigv4_sign_header(arena, &in, &request, NULL);
    struct str value = http_headers_get(&request.headers, "Authorization");
    assert_true(str_contains(
        value,
        STR("SignedHeaders=content-type;host;x-amz-date;x-amz-target,")));
}

static struct http_request signed_before(void)
{
    return given_request(
        arena, STR("PUT /a?X-Amz-Algorithm=AWS4-HMAC-SHA256&partNumber=1&"
                   "X-Amz-Signature=abc&X-Amz-Credential=x HTTP/1.1\n"
                   "Host: h\nAuthorization: old\nx-amz-date: old\n"
                   "X-AMZ-SECURITY-TOKEN: old\nX-Amz-Content-SHA256: old\n"
                   "x-amz-meta-a: 1\n"));
}

static void an_old_signature_is_replaced_whole(void **state)
{
    (void)state;
    struct http_request request = signed_before();
    struct sigv4_sign_in in = sign_in_for(STR("ssm"));
    sigv4_sign_header(arena, &in, &request, NULL);
    assert_str(request.target, STR("/a?partNumber=1"));
    assert_int_equal(http_headers_count(&request.headers, "authorization"), 1);
    assert_int_equal(http_headers_count(&request.headers, "x-amz-date"), 1);
    assert_str(http_headers_get(&request.headers, "x-amz-date"),
               STR("20130524T000000Z"));
    assert_str(http_headers_get(&request.headers, "x-amz-content-sha256"),
               GIVEN_EMPTY);
    assert_null(http_headers_get(&request.headers, "x-amz-security-token").ptr);
    assert_str(request.headers.at[0].name, STR("Host"));
    assert_str(request.headers.at[1].name, STR("x-amz-meta-a"));

    request = signed_before();
    sigv4_sign_query(arena, &in, 60, &request, NULL);
    assert_true(str_starts(request.target,
                           STR("/a?partNumber=1&X-Amz-Algorithm=AWS4-")));
    assert_int_equal(http_headers_count(&request.headers, "authorization"), 0);
    struct sigv4_claim claim;
    struct str err;
    assert_int_equal(sigv4_claim_parse(arena, &request, &claim, &err),
                     SIGV4_GOOD);
}

static void a_query_of_any_ending_can_be_signed(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"/", "/?X-Amz-Algorithm="},     {"/?", "/?X-Amz-Algorithm="},
        {"/?a", "/?a&X-Amz-Algorithm="}, {"/?a&", "/?a&X-Amz-Algorithm="},
        {"/?&", "/?&X-Amz-Algorithm="},  {"/?a=b?", "/?a=b?&X-Amz-Algorithm="},
    };
    struct sigv4_sign_in in = sign_in_for(STR("s3"));
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct http_request request = given_request(
            arena,
            arena_printf(arena, "GET %s HTTP/1.1\nHost: h\n", rows[i][0]));
        sigv4_sign_query(arena, &in, 60, &request, NULL);
        if (!str_starts(request.target, str_of(rows[i][1]))) {
            fail_msg("%s became %.*s", rows[i][0], STR_ARG(request.target));
        }
    }
}

static void the_payload_header_is_added_where_it_is_wanted(void **state)
{
    (void)state;
    const struct {
        struct str service;
        size_t count;
    } rows[] = {{STR("s3"), 1},          {STR("s3express"), 1},
                {STR("s3-outposts"), 1}, {STR("s3-object-lambda"), 1},
                {STR("ssm"), 0},         {STR("s3tables"), 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct http_request request =
            given_request(arena, STR("GET / HTTP/1.1\nHost: h\n"));
        struct sigv4_sign_in in = sign_in_for(rows[i].service);
        sigv4_sign_header(arena, &in, &request, NULL);
        assert_int_equal(
            http_headers_count(&request.headers, "x-amz-content-sha256"),
            rows[i].count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_case_of_the_suite_is_signed_as_published),
        cmocka_unit_test(the_s3_examples_are_signed_as_documented),
        cmocka_unit_test(headers_that_hops_change_are_not_signed),
        cmocka_unit_test(an_old_signature_is_replaced_whole),
        cmocka_unit_test(a_query_of_any_ending_can_be_signed),
        cmocka_unit_test(the_payload_header_is_added_where_it_is_wanted),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
