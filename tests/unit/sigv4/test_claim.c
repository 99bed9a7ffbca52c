/* SPDX-License-Identifier: Apache-2.0 */
#include "given.h"

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

#define SIG   "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SCOPE "20150830/us-east-1/ssm/aws4_request"
#define AUTH  "Authorization: AWS4-HMAC-SHA256 "
#define HEAD  "POST / HTTP/1.1\nHost: h\nX-Amz-Date: 20150830T123600Z\n"
#define GOOD_AUTH                                                              \
    AUTH "Credential=AKID/" SCOPE ", SignedHeaders=host;x-amz-date, "          \
         "Signature=" SIG "\n"
#define QUERY                                                                  \
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20150830%2F"     \
    "us-east-1%2Fs3%2Faws4_request&X-Amz-Date=20150830T123600Z&"               \
    "X-Amz-SignedHeaders=host&X-Amz-Signature=" SIG
#define TAIL " HTTP/1.1\nHost: h\n"

static enum sigv4_verdict parse(struct str text, struct sigv4_claim *claim,
                                struct str *err)
{
    struct http_request request = given_request(arena, text);
    return sigv4_claim_parse(arena, &request, claim, err);
}

static void a_signed_header_is_read(void **state)
{
    (void)state;
    struct sigv4_claim claim;
    struct str err;
    struct str text = STR(HEAD GOOD_AUTH "X-Amz-Security-Token: tok\n"
                                         "x-amz-content-sha256: abc\n");
    assert_int_equal(parse(text, &claim, &err), SIGV4_GOOD);
    assert_int_equal(claim.form, SIGV4_HEADER);
    assert_str(claim.access_key, STR("AKID"));
    assert_str(claim.scope.date, STR("20150830"));
    assert_str(claim.scope.region, STR("us-east-1"));
    assert_str(claim.scope.service, STR("ssm"));
    assert_str(claim.signed_headers, STR("host;x-amz-date"));
    assert_str(claim.signature, STR(SIG));
    assert_str(claim.amz_date, STR("20150830T123600Z"));
    assert_int_equal(claim.signed_at_ms, given_time("2015-08-30T12:36:00Z"));
    assert_int_equal(claim.expires_s, 0);
    assert_str(claim.session_token, STR("tok"));
    assert_str(claim.payload_hash, STR("abc"));
}

static void a_signed_query_is_read(void **state)
{
    (void)state;
    struct sigv4_claim claim;
    struct str err;
    struct str text = STR("GET /k?" QUERY "&X-Amz-Expires=604800&"
                          "X-Amz-Security-Token=a%2Fb%2Bc%3D&"
                          "X-Amz-Content-Sha256=UNSIGNED-PAYLOAD" TAIL);
    assert_int_equal(parse(text, &claim, &err), SIGV4_GOOD);
    assert_int_equal(claim.form, SIGV4_QUERY);
    assert_str(claim.access_key, STR("AKID"));
    assert_str(claim.scope.service, STR("s3"));
    assert_str(claim.session_token, STR("a/b+c="));
    assert_str(claim.payload_hash, STR("UNSIGNED-PAYLOAD"));
    assert_int_equal(claim.expires_s, 604800);
}

static void the_spellings_of_clients_are_understood(void **state)
{
    (void)state;
    const struct str texts[] = {
        STR(HEAD GOOD_AUTH),
        STR(HEAD AUTH "Credential=AKID/" SCOPE ",SignedHeaders=host,"
                      "Signature=" SIG "\n"),
        STR(HEAD "authorization: AWS4-HMAC-SHA256  Signature=" SIG
                 " , SignedHeaders=host , Credential=AKID/" SCOPE "\n"),
        STR(HEAD AUTH "Credential=AKID/20150830//ssm/aws4_request, "
                      "SignedHeaders=host, Signature=" SIG "\n"),
        STR("POST / HTTP/1.1\nHost: h\nDate: Sun, 30 Aug 2015 12:36:00 "
            "GMT\n" AUTH "Credential=AKID/" SCOPE ", SignedHeaders=date;host, "
            "Signature=" SIG "\n"),
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct sigv4_claim claim;
        struct str err;
        assert_int_equal(parse(texts[i], &claim, &err), SIGV4_GOOD);
        assert_str(claim.amz_date, STR("20150830T123600Z"));
        assert_int_equal(claim.signed_at_ms,
                         given_time("2015-08-30T12:36:00Z"));
    }
}

static void an_unsigned_request_is_good_and_says_so(void **state)
{
    (void)state;
    struct sigv4_claim claim;
    struct str err;
    assert_int_equal(
        parse(STR("GET /?Signature=1 HTTP/1.1\nHost: h\n"), &claim, &err),
        SIGV4_GOOD);
    assert_int_equal(claim.form, SIGV4_UNSIGNED);
}

struct refusal {
    struct str text;
    const char *part; /* of the sentence */
};

static void assert_refused(const struct refusal *rows, size_t count,
                           enum sigv4_verdict verdict)
{
    for (size_t i = 0; i < count; i++) {
        struct sigv4_claim claim;
        struct str err;
        enum sigv4_verdict got = parse(rows[i].text, &claim, &err);
        if (got != verdict || !str_contains(err, str_of(rows[i].part))) {
            fail_msg("row %zu (%s): %s: %.*s", i, rows[i].part,
                     sigv4_verdict_name(got), STR_ARG(err));
        }
        assert_false(str_contains(err, STR(SIG)));
    }
}

#define ROWS(rows) rows, sizeof(rows) / sizeof(*rows)

static void a_malformed_header_is_refused_with_a_reason(void **state)
{
    (void)state;
    const struct refusal rows[] = {
        {STR(HEAD GOOD_AUTH GOOD_AUTH), "more than one Authorization"},
        {STR(HEAD AUTH "\n"), "Credential is given nowhere"},
        {STR(HEAD AUTH "Credential=AKID/" SCOPE ", SignedHeaders=host\n"),
         "Signature is given nowhere"},
        {STR(HEAD AUTH "Credential=AKID/" SCOPE ", Credential=AKID/" SCOPE
                       ", SignedHeaders=host, Signature=" SIG "\n"),
         "Credential is given twice"},
        {STR(HEAD AUTH "Credential=AKID/" SCOPE
                       ", SignedHeaders=host, Signature=" SIG ", Extra=1\n"),
         "something other"},
        {STR(HEAD AUTH "Credential=AKID/20150830/us-east-1/ssm, "
                       "SignedHeaders=host, Signature=" SIG "\n"),
         "KEY/DATE/REGION"},
        {STR(HEAD AUTH "Credential=/" SCOPE ", SignedHeaders=host, "
                       "Signature=" SIG "\n"),
         "KEY/DATE/REGION"},
        {STR(HEAD AUTH "Credential=A/B/" SCOPE ", SignedHeaders=host, "
                       "Signature=" SIG "\n"),
         "KEY/DATE/REGION"},
        {STR(HEAD AUTH "Credential=AKID/20150830/r//aws4_request, "
                       "SignedHeaders=host, Signature=" SIG "\n"),
         "KEY/DATE/REGION"},
        {STR(HEAD AUTH "Credential=AKID/2015083/r/ssm/aws4_request, "
                       "SignedHeaders=host, Signature=" SIG "\n"),
         "YYYYMMDD"},
        {STR(HEAD AUTH "Credential=AKID/20150831/r/ssm/aws4_request, "
                       "SignedHeaders=host, Signature=" SIG "\n"),
         "not the day"},
        {STR("POST / HTTP/1.1\nHost: h\n" GOOD_AUTH), "neither X-Amz-Date"},
        {STR("POST / HTTP/1.1\nHost: h\nX-Amz-Date: today\n" GOOD_AUTH),
         "YYYYMMDDTHHMMSSZ"},
        {STR(HEAD "X-Amz-Date: 20150830T123600Z\n" GOOD_AUTH),
         "X-Amz-Date is given twice"},
        {STR(HEAD GOOD_AUTH "X-Amz-Security-Token: a\n"
                            "x-amz-security-token: b\n"),
         "X-Amz-Security-Token is given twice"},
        {STR(HEAD GOOD_AUTH "X-Amz-Content-Sha256: a\n"
                            "X-Amz-Content-Sha256: b\n"),
         "X-Amz-Content-Sha256 is given twice"},
        {STR(HEAD AUTH "Credential=AKID/" SCOPE ", SignedHeaders=host, "
                       "Signature=abc\n"),
         "64 lower-case"},
    };
    assert_refused(ROWS(rows), SIGV4_MALFORMED);
}

#define LIST(list)                                                             \
    STR(HEAD AUTH "Credential=AKID/" SCOPE ", SignedHeaders=" list             \
                  ", Signature=" SIG "\n")

static void a_malformed_list_of_headers_is_refused(void **state)
{
    (void)state;
    const struct refusal rows[] = {
        {LIST(""), "not a list"},
        {LIST("Host;x-amz-date"), "not a list"},
        {LIST("x-amz-date;host"), "not sorted"},
        {LIST("host;host;x-amz-date"), "twice"},
        {LIST("host;;x-amz-date"), "empty name"},
        {LIST("host;x-amz-date;"), "empty name"},
        {LIST("host;x-amz-date;x-amz-target"), "'x-amz-target'"},
        {LIST(":authority;x-amz-date"), "':authority'"},
    };
    assert_refused(ROWS(rows), SIGV4_MALFORMED);
}

static void a_malformed_query_is_refused_with_a_reason(void **state)
{
    (void)state;
    const struct refusal rows[] = {
        {STR("GET /?" QUERY TAIL), "X-Amz-Expires is given nowhere"},
        {STR("GET /?" QUERY "&X-Amz-Expires=0" TAIL), "between 1 and 604800"},
        {STR("GET /?" QUERY "&X-Amz-Expires=604801" TAIL),
         "between 1 and 604800"},
        {STR("GET /?" QUERY "&X-Amz-Expires=-5" TAIL), "between 1 and 604800"},
        {STR("GET /?" QUERY "&X-Amz-Expires=" TAIL), "between 1 and 604800"},
        {STR("GET /?" QUERY "&X-Amz-Expires=5&X-Amz-Expires=6" TAIL),
         "X-Amz-Expires is given twice"},
        {STR("GET /?" QUERY "&X-Amz-Expires=5&X%2DAmz-Signature=6" TAIL),
         "X-Amz-Signature is given twice"},
        {STR("GET /?" QUERY "&X-Amz-Expires=5 HTTP/1.1\nHost: h\n"
             "X-Amz-Date: 20150830T123600Z\n" GOOD_AUTH),
         "signed twice"},
        {STR("GET /?" QUERY
             "&X-Amz-Expires=5&AWSAccessKeyId=A&Signature=B" TAIL),
         "signed twice"},
        {STR("GET /?X-Amz-Signature=" SIG TAIL), "X-Amz-Algorithm is given"},
        {STR("GET /?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F"
             "20150830%2Fr%0A%2Fs3%2Faws4_request&X-Amz-Date=20150830T123600Z"
             "&X-Amz-SignedHeaders=host&X-Amz-Expires=5"
             "&X-Amz-Signature=" SIG TAIL),
         "KEY/DATE/REGION"},
    };
    assert_refused(ROWS(rows), SIGV4_MALFORMED);
}

static void other_algorithms_are_named_as_unsupported(void **state)
{
    (void)state;
    const struct refusal rows[] = {
        {STR(HEAD "Authorization: AWS4-ECDSA-P256-SHA256 Credential=AKID/"
                  "20150830/ssm/aws4_request, SignedHeaders=host, "
                  "Signature=30\n"),
         "Version 4A"},
        {STR("GET /?X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256&X-Amz-Signature="
             "30" TAIL),
         "Version 4A"},
        {STR(HEAD "Authorization: AWS AKID:frJIUN8DYpKDtOLCwo//yllqDzg=\n"),
         "Version 2"},
        {STR("GET /k?AWSAccessKeyId=AKID&Expires=1&Signature=abc%3D" TAIL),
         "Version 2"},
        {STR(HEAD "Authorization: Bearer token\n"), "AWS4-HMAC-SHA256"},
        {STR(HEAD "Authorization: \n"), "AWS4-HMAC-SHA256"},
    };
    assert_refused(ROWS(rows), SIGV4_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signed_header_is_read),
        cmocka_unit_test(a_signed_query_is_read),
        cmocka_unit_test(the_spellings_of_clients_are_understood),
        cmocka_unit_test(an_unsigned_request_is_good_and_says_so),
        cmocka_unit_test(a_malformed_header_is_refused_with_a_reason),
        cmocka_unit_test(a_malformed_list_of_headers_is_refused),
        cmocka_unit_test(a_malformed_query_is_refused_with_a_reason),
        cmocka_unit_test(other_algorithms_are_named_as_unsupported),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
