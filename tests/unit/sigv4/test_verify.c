/* SPDX-License-Identifier: Apache-2.0 */
/* Every request that real clients were seen to send, and what must not pass. */
#include "given.h"

#include "base/base64.h"
#include "base/file.h"
#include "json/json.h"

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

/* ---- captures ---- */

static struct str decode_base64(struct str text)
{
    struct str bytes = STR_NONE;
    assert_true(base64_read(arena, text, &bytes));
    return bytes;
}

static struct http_request captured(const struct json *json)
{
    struct http_request request = {
        .method = json_get_text(json, "method"),
        .target = json_get_text(json, "target"),
        .body = decode_base64(json_get_text(json, "body_b64")),
    };
    const struct json *headers = json_get(json, STR("headers"));
    assert_true(json_is(headers, JSON_ARRAY));
    for (size_t i = 0; i < headers->count; i++) {
        const struct json *pair = headers->members[i].value;
        http_headers_add(arena, &request.headers,
                         json_text(pair->members[0].value),
                         json_text(pair->members[1].value));
    }
    return request;
}

static struct sigv4_verify_in verify_in_for(const struct sigv4_claim *claim)
{
    return (struct sigv4_verify_in){
        .secret_key = GIVEN_SECRET,
        .rules = sigv4_rules_for(claim->scope.service),
        .wall_ms = claim->signed_at_ms + 1000,
        .tolerance_ms = 300000,
    };
}

/* Unsigned requests are counted apart. */
static void check_capture(struct str name, const struct json *json,
                          size_t *signed_count, size_t *unsigned_count)
{
    struct http_request request = captured(json);
    struct sigv4_claim claim;
    struct sigv4_stages stages = {0};
    struct str err;
    if (sigv4_claim_parse(arena, &request, &claim, &err) != SIGV4_GOOD) {
        fail_msg("%.*s: %.*s", STR_ARG(name), STR_ARG(err));
    }
    if (claim.form == SIGV4_UNSIGNED) {
        assert_null(http_headers_get(&request.headers, "authorization").ptr);
        (*unsigned_count)++;
        return;
    }
    assert_str(claim.access_key, GIVEN_KEY);
    struct sigv4_verify_in in = verify_in_for(&claim);
    bool cut = json_is(json_get(json, STR("body_truncated")), JSON_TRUE);
    enum sigv4_payload payload = sigv4_payload_of(claim.payload_hash);
    in.payload_hash = sigv4_sha256_hex(arena, request.body);
    if (cut ||
        (payload != SIGV4_PAYLOAD_NONE && payload != SIGV4_PAYLOAD_HASH)) {
        in.payload_hash = claim.payload_hash;
    }
    enum sigv4_verdict verdict =
        sigv4_verify(arena, &request, &claim, &in, &stages, &err);
    if (verdict != SIGV4_GOOD) {
        fail_msg("%.*s: %s: %.*s\n%.*s", STR_ARG(name),
                 sigv4_verdict_name(verdict), STR_ARG(err),
                 STR_ARG(stages.canonical_request));
    }
    (*signed_count)++;
}

static void each_captured_request_verifies(void **state)
{
    (void)state;
    struct str folder = STR(TEST_DATA "/captures");
    struct str *names = NULL;
    size_t count = 0;
    struct str err;
    if (!file_is_folder(folder)) {
        print_message("skipped: no folder %.*s\n", STR_ARG(folder));
        skip();
    }
    assert_true(file_list(arena, folder, STR(".json"), &names, &count, &err));
    size_t signed_count = 0;
    size_t unsigned_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct source source = {.name = names[i]};
        const struct json *capture = NULL;
        struct diag diag;
        diag_init(&diag, arena);
        struct str path = arena_printf(arena, "%.*s/%.*s", STR_ARG(folder),
                                       STR_ARG(names[i]));
        assert_true(file_read(arena, path, 1 << 26, &source.text, &err));
        assert_true(
            json_parse(arena, &source, &json_default_limits, &capture, &diag));
        const struct json *requests = json_get(capture, STR("requests"));
        assert_true(json_is(requests, JSON_ARRAY));
        for (size_t r = 0; r < requests->count; r++) {
            check_capture(names[i], requests->members[r].value, &signed_count,
                          &unsigned_count);
        }
    }
    print_message("%zu files, %zu signed requests, %zu unsigned\n", count,
                  signed_count, unsigned_count);
    assert_true(signed_count > 0);
}

/* ---- refusals ---- */

static const char header_text[] = "POST / HTTP/1.1\nHost: h\n"
                                  "X-Amz-Target: T\nContent-Type: t\n"
                                  "\n{}";
static const char query_text[] = "GET /b/k?versionId=1 HTTP/1.1\nHost: h\n\n";

static struct http_request sign(bool by_query)
{
    struct sigv4_credentials keys = {GIVEN_KEY, GIVEN_SECRET, STR_NONE};
    struct str service = by_query ? STR("s3") : STR("ssm");
    struct sigv4_sign_in in = {
        .credentials = &keys,
        .region = STR("us-east-1"),
        .service = service,
        .wall_ms = given_time("2015-08-30T12:36:00Z"),
        .rules = sigv4_rules_for(service),
    };
    struct http_request request =
        given_request(arena, str_of(by_query ? query_text : header_text));
    if (by_query) {
        in.payload_hash = STR("UNSIGNED-PAYLOAD");
        sigv4_sign_query(arena, &in, 900, &request, NULL);
    } else {
        in.payload_hash = sigv4_sha256_hex(arena, request.body);
        sigv4_sign_header(arena, &in, &request, NULL);
    }
    return request;
}

static enum sigv4_verdict verify(const struct http_request *request,
                                 int64_t later_s, struct str payload_hash)
{
    struct sigv4_claim claim;
    struct str err;
    assert_int_equal(sigv4_claim_parse(arena, request, &claim, &err),
                     SIGV4_GOOD);
    struct sigv4_verify_in in = verify_in_for(&claim);
    in.wall_ms = claim.signed_at_ms + later_s * 1000;
    in.payload_hash = payload_hash;
    enum sigv4_verdict verdict =
        sigv4_verify(arena, request, &claim, &in, NULL, &err);
    assert_true((verdict == SIGV4_GOOD) == (err.len == 0));
    assert_false(str_contains(err, GIVEN_SECRET));
    assert_false(str_contains(err, claim.signature));
    return verdict;
}

static struct str hash_of_body(const struct http_request *request)
{
    return sigv4_sha256_hex(arena, request->body);
}

static void time_is_bounded_on_both_sides(void **state)
{
    (void)state;
    const struct {
        bool by_query;
        int later_s;
        enum sigv4_verdict verdict;
    } rows[] = {
        {false, 0, SIGV4_GOOD},     {false, 300, SIGV4_GOOD},
        {false, 301, SIGV4_STALE},  {false, -300, SIGV4_GOOD},
        {false, -301, SIGV4_STALE}, {true, 0, SIGV4_GOOD},
        {true, 900, SIGV4_GOOD},    {true, 901, SIGV4_STALE},
        {true, -300, SIGV4_GOOD},   {true, -301, SIGV4_STALE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct http_request request = sign(rows[i].by_query);
        struct str hash =
            rows[i].by_query ? STR("UNSIGNED-PAYLOAD") : hash_of_body(&request);
        assert_int_equal(verify(&request, rows[i].later_s, hash),
                         rows[i].verdict);
    }
}

static void any_change_of_what_is_signed_is_seen(void **state)
{
    (void)state;
    struct http_request request = sign(false);
    struct str hash = hash_of_body(&request);
    struct http_request other = http_request_copy(arena, &request);
    other.method = STR("PUT");
    assert_int_equal(verify(&other, 0, hash), SIGV4_MISMATCH);
    other = http_request_copy(arena, &request);
    other.target = STR("/x");
    assert_int_equal(verify(&other, 0, hash), SIGV4_MISMATCH);
    other.target = STR("/?x");
    assert_int_equal(verify(&other, 0, hash), SIGV4_MISMATCH);
    other = http_request_copy(arena, &request);
    http_headers_set(arena, &other.headers, STR("X-Amz-Target"), STR("U"));
    assert_int_equal(verify(&other, 0, hash), SIGV4_MISMATCH);
    other = http_request_copy(arena, &request);
    http_headers_add(arena, &other.headers, STR("Content-Type"), STR("u"));
    assert_int_equal(verify(&other, 0, hash), SIGV4_MISMATCH);
    assert_int_equal(verify(&request, 0, GIVEN_EMPTY), SIGV4_MISMATCH);

    request = sign(true);
    request.target = arena_join(arena, request.target, STR("&acl"));
    assert_int_equal(verify(&request, 0, STR("UNSIGNED-PAYLOAD")),
                     SIGV4_MISMATCH);
}

static void
a_wrong_secret_does_not_match_and_the_right_one_is_not_told(void **state)
{
    (void)state;
    struct http_request request = sign(false);
    struct sigv4_claim claim;
    struct sigv4_stages stages;
    struct str err;
    (void)sigv4_claim_parse(arena, &request, &claim, &err);
    struct sigv4_verify_in in = verify_in_for(&claim);
    in.payload_hash = hash_of_body(&request);
    in.secret_key = STR("another");
    assert_int_equal(sigv4_verify(arena, &request, &claim, &in, &stages, &err),
                     SIGV4_MISMATCH);
    assert_true(stages.canonical_request.len > 0);
    assert_true(stages.string_to_sign.len > 0);
    assert_null(stages.signature.ptr);
}

static void unsigned_headers_that_aws_acts_on_are_refused(void **state)
{
    (void)state;
    struct http_request request = sign(false);
    struct str hash = hash_of_body(&request);
    http_headers_add(arena, &request.headers, STR("amz-sdk-request"),
                     STR("attempt=1"));
    http_headers_add(arena, &request.headers, STR("User-Agent"), STR("x"));
    http_headers_add(arena, &request.headers, STR("X-Amzn-Trace-Id"), STR("x"));
    assert_int_equal(verify(&request, 0, hash), SIGV4_GOOD);
    http_headers_add(arena, &request.headers, STR("X-AMZ-Acl"), STR("public"));
    assert_int_equal(verify(&request, 0, hash), SIGV4_UNSIGNED_HEADER);
    request = sign(true);
    http_headers_add(arena, &request.headers, STR("x-amz-acl"), STR("public"));
    assert_int_equal(verify(&request, 0, STR("UNSIGNED-PAYLOAD")),
                     SIGV4_UNSIGNED_HEADER);
}

static void an_unsigned_host_is_refused(void **state)
{
    (void)state;
    struct http_request request = sign(false);
    struct str value = http_headers_get(&request.headers, "Authorization");
    struct buf out = {0};
    size_t at = str_find_str(value, STR("host;"));
    buf_add(&out, str_first(value, at));
    buf_add(&out, str_from(value, at + 5));
    http_headers_set(arena, &request.headers, STR("Authorization"),
                     arena_str(arena, buf_str(&out)));
    buf_free(&out);
    assert_int_equal(verify(&request, 0, hash_of_body(&request)),
                     SIGV4_UNSIGNED_HEADER);
}

static void a_body_that_is_not_the_signed_one_is_told_apart(void **state)
{
    (void)state;
    struct sigv4_credentials keys = {GIVEN_KEY, GIVEN_SECRET, STR_NONE};
    struct sigv4_sign_in in = {
        .credentials = &keys,
        .region = STR("us-east-1"),
        .service = STR("s3"),
        .wall_ms = given_time("2015-08-30T12:36:00Z"),
        .rules = sigv4_rules_for(STR("s3")),
        .payload_hash = sigv4_sha256_hex(arena, STR("signed")),
    };
    struct http_request request =
        given_request(arena, STR("PUT /k HTTP/1.1\nHost: h\n\nsent"));
    sigv4_sign_header(arena, &in, &request, NULL);
    assert_int_equal(verify(&request, 0, hash_of_body(&request)),
                     SIGV4_BODY_MISMATCH);
    assert_int_equal(verify(&request, 0, in.payload_hash), SIGV4_GOOD);
    http_headers_set(arena, &request.headers, STR("x-amz-content-sha256"),
                     hash_of_body(&request));
    assert_int_equal(verify(&request, 0, hash_of_body(&request)),
                     SIGV4_MISMATCH);
}

static void without_a_hash_the_request_says_what_was_hashed(void **state)
{
    (void)state;
    struct http_request request = sign(false);
    assert_int_equal(verify(&request, 0, STR_NONE), SIGV4_GOOD);
    request.body = STR("{ }");
    assert_int_equal(verify(&request, 0, STR_NONE), SIGV4_MISMATCH);
    request = sign(true);
    assert_int_equal(verify(&request, 0, STR_NONE), SIGV4_GOOD);
    assert_int_equal(verify(&request, 0, GIVEN_EMPTY), SIGV4_MISMATCH);
}

static void an_unsigned_request_is_not_verified(void **state)
{
    (void)state;
    struct http_request request =
        given_request(arena, STR("GET / HTTP/1.1\nHost: h\n"));
    struct sigv4_claim claim;
    struct str err;
    assert_int_equal(sigv4_claim_parse(arena, &request, &claim, &err),
                     SIGV4_GOOD);
    struct sigv4_verify_in in = verify_in_for(&claim);
    assert_int_equal(sigv4_verify(arena, &request, &claim, &in, NULL, &err),
                     SIGV4_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_captured_request_verifies),
        cmocka_unit_test(time_is_bounded_on_both_sides),
        cmocka_unit_test(any_change_of_what_is_signed_is_seen),
        cmocka_unit_test(
            a_wrong_secret_does_not_match_and_the_right_one_is_not_told),
        cmocka_unit_test(unsigned_headers_that_aws_acts_on_are_refused),
        cmocka_unit_test(an_unsigned_host_is_refused),
        cmocka_unit_test(a_body_that_is_not_the_signed_one_is_told_apart),
        cmocka_unit_test(without_a_hash_the_request_says_what_was_hashed),
        cmocka_unit_test(an_unsigned_request_is_not_verified),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
