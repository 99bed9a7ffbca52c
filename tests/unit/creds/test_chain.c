/* SPDX-License-Identifier: Apache-2.0 */
/* What the providers ask over the wire, and what they make of the answers:
 * STS, container endpoint, EC2 metadata. Start at main(). */
#include "world.h"

#define BASE "[base]\naws_access_key_id = BASE\naws_secret_access_key = sb\n"

static struct str header(const struct http_fetch *fetch, const char *name)
{
    return http_headers_get(&fetch->request.headers, name);
}

static void a_role_is_assumed_with_the_source_profiles_keys(void **state)
{
    struct world *world = *state;
    world_profiles(world, BASE,
                   "[profile dev]\nrole_arn = arn:aws:iam::1:role/dev\n"
                   "source_profile = base\nexternal_id = e/1\n"
                   "role_session_name = me\nduration_seconds = 900\n"
                   "region = eu-west-1\n");
    world->config.profile = STR("dev");
    (void)world_begin(world);
    world_own_pending(world);
    struct http_fetch *fetch = world_fetch(world);
    assert_str(fetch->origin, "https://sts.eu-west-1.amazonaws.com");
    assert_str(fetch->request.method, "POST");
    assert_str(fetch->request.body,
               "Action=AssumeRole&Version=2011-06-15"
               "&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fdev"
               "&RoleSessionName=me&ExternalId=e%2F1&DurationSeconds=900");
    assert_holds(header(fetch, "authorization"),
                 "Credential=BASE/20261121/eu-west-1/sts/aws4_request");
    assert_str(header(fetch, "host"), "sts.eu-west-1.amazonaws.com");
    world_answer(
        world, 200,
        world_sts(world, "AssumeRole", "ASIADEV", "2026-11-21T06:00:00Z"));
    struct sigv4_credentials own = world_own(world);
    assert_str(own.access_key, "ASIADEV");
    assert_str(own.secret_key, "secret-of-ASIADEV");
    assert_str(own.session_token, "token-of-ASIADEV");
    assert_true(world->creds->own.expires_ms == world_wall + 3600 * 1000);
}

static void roles_are_assumed_one_with_the_other(void **state)
{
    struct world *world = *state;
    world_profiles(world, BASE,
                   "[profile a]\nrole_arn = ra\nsource_profile = b\n"
                   "[profile b]\nrole_arn = rb\nsource_profile = base\n");
    world->config.profile = STR("a");
    (void)world_begin(world);
    world_own_pending(world);
    assert_holds(world_fetch(world)->request.body, "RoleArn=rb&"
                                                   "RoleSessionName=settled-");
    world_answer(
        world, 200,
        world_sts(world, "AssumeRole", "ASIAB", "2026-11-21T05:30:00Z"));
    struct http_fetch *fetch = world_fetch(world);
    assert_int_equal(world->upstream.count, 2);
    assert_holds(fetch->request.body, "RoleArn=ra&");
    assert_holds(header(fetch, "authorization"), "Credential=ASIAB/");
    assert_str(header(fetch, "x-amz-security-token"), "token-of-ASIAB");
    world_answer(
        world, 200,
        world_sts(world, "AssumeRole", "ASIAA", "2026-11-21T06:00:00Z"));
    assert_str(world_own(world).access_key, "ASIAA");
    /* The whole is renewed with what ends first. */
    assert_true(world->creds->own.expires_ms == world_wall + 1800 * 1000);
    assert_true(world->upstream.cancelled[0]);
}

static void a_refusal_of_sts_is_told_with_its_code(void **state)
{
    struct world *world = *state;
    world_profiles(world, BASE,
                   "[profile a]\nrole_arn = ra\nsource_profile = base\n");
    world->config.profile = STR("a");
    (void)world_begin(world);
    world_own_pending(world);
    world_answer(world, 403,
                 "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied"
                 "</Code><Message>not allowed to assume ra</Message></Error>"
                 "</ErrorResponse>");
    struct str error = world_own_error(world);
    assert_holds(error, "AccessDenied");
    assert_holds(error, "not allowed to assume ra");
    assert_int_equal(world->heard.count, 1);
    assert_int_equal(world->heard.kinds[0], EVENT_CREDENTIALS_FAILED);
}

static void sts_is_asked_where_the_emulator_is(void **state)
{
    struct world *world = *state;
    world_profiles(world, BASE,
                   "[profile a]\nrole_arn = ra\nsource_profile = base\n");
    world->config.profile = STR("a");
    world->config.upstream_url = STR("http://127.0.0.1:5000");
    (void)world_begin(world);
    world_own_pending(world);
    assert_str(world_fetch(world)->origin, "http://127.0.0.1:5000");
    assert_str(header(world_fetch(world), "host"), "127.0.0.1:5000");
    assert_str(world_fetch(world)->request.target, "/");
    assert_holds(header(world_fetch(world), "authorization"),
                 "/us-east-1/sts/aws4_request");
}

static void a_web_identity_is_exchanged_without_a_signature(void **state)
{
    struct world *world = *state;
    world_env(world, "AWS_WEB_IDENTITY_TOKEN_FILE",
              world_file(world, "token", "the.jwt\n"));
    world_env(world, "AWS_ROLE_ARN", "arn");
    world_env(world, "AWS_ROLE_SESSION_NAME", "pod");
    (void)world_begin(world);
    world_own_pending(world);
    struct http_fetch *fetch = world_fetch(world);
    assert_str(fetch->request.body,
               "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn="
               "arn&RoleSessionName=pod&WebIdentityToken=the.jwt");
    assert_null(header(fetch, "authorization").ptr);
    world_answer(world, 200,
                 world_sts(world, "AssumeRoleWithWebIdentity", "ASIAWEB",
                           "2026-11-21T06:00:00Z"));
    assert_str(world_own(world).access_key, "ASIAWEB");
}

static void a_missing_token_file_is_named(void **state)
{
    struct world *world = *state;
    world_env(world, "AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/token");
    world_env(world, "AWS_ROLE_ARN", "arn");
    (void)world_begin(world);
    assert_holds(world_own_error(world), "/nowhere/token");
}

static void an_answer_without_keys_is_no_answer(void **state)
{
    static const char *const bodies[] = {
        "", "not xml <", "<AssumeRoleResponse/>",
        "<R><Credentials><AccessKeyId>A</AccessKeyId></Credentials></R>"};
    struct world *world = *state;
    world_profiles(world, BASE,
                   "[profile a]\nrole_arn = ra\nsource_profile = base\n");
    world->config.profile = STR("a");
    (void)world_begin(world);
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        world_own_pending(world);
        world_answer(world, 200, bodies[i]);
        assert_holds(world_own_error(world), "without keys");
        world_pass(world, 2000);
    }
}

/* ---- container ---- */

#define KEYS_JSON                                                              \
    "{\"AccessKeyId\":\"ASIAC\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","    \
    "\"Expiration\":\"2026-11-21T06:00:00Z\"}"

static void ecs_is_asked_at_its_address(void **state)
{
    struct world *world = *state;
    world_env(world, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x?y=1");
    (void)world_begin(world);
    world_own_pending(world);
    struct http_fetch *fetch = world_fetch(world);
    assert_str(fetch->origin, "http://169.254.170.2");
    assert_str(fetch->request.target, "/v2/x?y=1");
    assert_null(header(fetch, "authorization").ptr);
    world_answer(world, 200, KEYS_JSON);
    assert_str(world_own(world).session_token, "t");
}

static void a_pods_token_is_read_from_its_file(void **state)
{
    struct world *world = *state;
    world_env(world, "AWS_CONTAINER_CREDENTIALS_FULL_URI",
              "http://169.254.170.23/v1/credentials");
    world_env(world, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "of the variable");
    world_env(world, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
              world_file(world, "token", "of-the-file\n"));
    (void)world_begin(world);
    world_own_pending(world);
    struct http_fetch *fetch = world_fetch(world);
    assert_str(fetch->origin, "http://169.254.170.23");
    assert_str(fetch->request.target, "/v1/credentials");
    assert_str(header(fetch, "authorization"), "of-the-file");
    assert_str(header(fetch, "host"), "169.254.170.23");
}

static void a_token_of_two_lines_is_refused(void **state)
{
    struct world *world = *state;
    world_env(world, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "https://h/x");
    world_env(world, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "a\nb: c");
    (void)world_begin(world);
    assert_holds(world_own_error(world), "more than one line");
    assert_int_equal(world->upstream.count, 0);
}

static void a_token_that_is_not_there_is_named(void **state)
{
    struct world *world = *state;
    world_env(world, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "https://h/x");
    world_env(world, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "of the variable");
    world_env(world, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
              "/nowhere/token");
    (void)world_begin(world);
    struct str error = world_own_error(world);
    assert_holds(error, "container authorization token");
    assert_holds(error, "/nowhere/token");
    assert_int_equal(world->upstream.count, 0);
}

static void plain_http_goes_to_few_hosts(void **state)
{
    static const struct {
        const char *url;
        bool may;
    } urls[] = {
        {"http://127.0.0.1:99/x", true},
        {"http://localhost/x", true},
        {"http://[::1]:99/x", true},
        {"http://169.254.170.2/x", true},
        {"http://169.254.170.23/x", true},
        {"http://[fd00:ec2::23]/x", true},
        {"https://example.com/x", true},
        {"http://example.com/x", false},
        {"http://169.254.170.3/x", false},
        {"http://169.254.169.254/x", false},
        {"http://127.0.0.1.evil.org/x", false},
        {"ftp://127.0.0.1/x", false},
    };
    struct world *world = *state;
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        world->entries = 0;
        world_env(world, "AWS_CONTAINER_CREDENTIALS_FULL_URI", urls[i].url);
        size_t before = world->upstream.count;
        struct creds *creds = world_begin(world);
        struct sigv4_credentials got;
        struct str error = STR_NONE;
        enum creds_state is = creds_own_get(&creds->own, &got, &error);
        if ((is == CREDS_PENDING) != urls[i].may ||
            (world->upstream.count > before) != urls[i].may) {
            fail_msg("%s: %.*s", urls[i].url, STR_ARG(error));
        }
        creds_free(creds);
        world->creds = NULL;
    }
}

static void what_is_no_credential_is_refused(void **state)
{
    static const struct {
        const char *body;
        const char *why;
    } rows[] = {
        {"secret-text {", "not JSON"},
        {"[]", "without AccessKeyId"},
        {"{\"AccessKeyId\":\"A\"}", "without AccessKeyId"},
        {"{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\",\"Expiration\":"
         "\"soon\"}",
         "no date"},
        {"{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\",\"Expiration\":"
         "\"2026-11-21T04:00:00Z\"}",
         "have expired"},
    };
    struct world *world = *state;
    world_env(world, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x");
    (void)world_begin(world);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        world_own_pending(world);
        world_answer(world, 200, rows[i].body);
        struct str error = world_own_error(world);
        assert_holds(error, rows[i].why);
        assert_holds_not(error, "secret-text");
        world_pass(world, 2000);
    }
    world_own_pending(world);
    world_answer(world, 500, "secret-text");
    assert_holds(world_own_error(world), "status 500");
}

/* ---- EC2 ---- */

static void ec2_is_asked_by_version_2(void **state)
{
    struct world *world = *state;
    (void)world_begin(world);
    world_own_pending(world);
    struct http_fetch *fetch = world_fetch(world);
    assert_str(fetch->origin, "http://169.254.169.254");
    assert_str(fetch->request.method, "PUT");
    assert_str(fetch->request.target, "/latest/api/token");
    assert_str(header(fetch, "x-aws-ec2-metadata-token-ttl-seconds"), "21600");
    assert_int_equal(fetch->timeout_ms, 1000);
    world_answer(world, 200, "tok");
    fetch = world_fetch(world);
    assert_str(fetch->request.method, "GET");
    assert_str(fetch->request.target,
               "/latest/meta-data/iam/security-credentials/");
    assert_str(header(fetch, "x-aws-ec2-metadata-token"), "tok");
    world_answer(world, 200, "my role\n");
    fetch = world_fetch(world);
    assert_str(fetch->request.target,
               "/latest/meta-data/iam/security-credentials/my%20role");
    assert_str(header(fetch, "x-aws-ec2-metadata-token"), "tok");
    world_answer(world, 200, KEYS_JSON);
    assert_str(world_own(world).access_key, "ASIAC");
}

static void ec2_may_be_elsewhere(void **state)
{
    struct world *world = *state;
    world_env(world, "AWS_EC2_METADATA_SERVICE_ENDPOINT",
              "http://127.0.0.1:1338/");
    (void)world_begin(world);
    world_own_pending(world);
    assert_str(world_fetch(world)->origin, "http://127.0.0.1:1338");
}

static void ec2_may_be_switched_off(void **state)
{
    struct world *world = *state;
    world_env(world, "AWS_EC2_METADATA_DISABLED", "True");
    (void)world_begin(world);
    struct str error = world_own_error(world);
    assert_holds(error, "AWS_ACCESS_KEY_ID");
    assert_holds(error, "profile 'default'");
    assert_holds(error, "AWS_EC2_METADATA_DISABLED");
    assert_int_equal(world->upstream.count, 0);
}

static void off_ec2_the_error_says_what_was_tried(void **state)
{
    struct world *world = *state;
    world_profiles(world, "", "");
    (void)world_begin(world);
    world_own_pending(world);
    world_lose(world, HTTP_TIMED_OUT);
    struct str error = world_own_error(world);
    assert_holds(error, world->folder);
    assert_holds(error, "no EC2 metadata service answers");
}

static void an_instance_without_a_role_is_told_apart(void **state)
{
    struct world *world = *state;
    (void)world_begin(world);
    world_own_pending(world);
    world_answer(world, 200, "tok");
    world_answer(world, 404, "");
    assert_holds(world_own_error(world), "has no role");
}

static void what_ec2_cannot_tell_is_told(void **state)
{
    static const struct {
        const char *answers[2]; /* to the session, to the role */
        int statuses[2];
        const char *why;
    } rows[] = {
        {{"", NULL}, {200, 0}, "a damaged token"},
        {{"two\nlines", NULL}, {200, 0}, "a damaged token"},
        {{"tok", NULL}, {403, 0}, "status 403"},
        {{"tok", " \n"}, {200, 200}, "has no role"},
        {{"tok", "role"}, {200, 500}, "status 500"},
    };
    struct world *world = *state;
    (void)world_begin(world);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        world_own_pending(world);
        for (size_t n = 0; n < 2 && rows[i].answers[n] != NULL; n++) {
            world_answer(world, rows[i].statuses[n], rows[i].answers[n]);
        }
        assert_holds(world_own_error(world), rows[i].why);
        world_pass(world, 2000);
    }
}

static void a_fetch_under_way_may_be_left(void **state)
{
    struct world *world = *state;
    (void)world_begin(world);
    world_own_pending(world);
    creds_free(world->creds);
    world->creds = NULL;
    assert_true(world->upstream.cancelled[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_role_is_assumed_with_the_source_profiles_keys),
        WORLD_TEST(roles_are_assumed_one_with_the_other),
        WORLD_TEST(a_refusal_of_sts_is_told_with_its_code),
        WORLD_TEST(sts_is_asked_where_the_emulator_is),
        WORLD_TEST(a_web_identity_is_exchanged_without_a_signature),
        WORLD_TEST(a_missing_token_file_is_named),
        WORLD_TEST(an_answer_without_keys_is_no_answer),
        WORLD_TEST(ecs_is_asked_at_its_address),
        WORLD_TEST(a_pods_token_is_read_from_its_file),
        WORLD_TEST(a_token_of_two_lines_is_refused),
        WORLD_TEST(a_token_that_is_not_there_is_named),
        WORLD_TEST(plain_http_goes_to_few_hosts),
        WORLD_TEST(what_is_no_credential_is_refused),
        WORLD_TEST(ec2_is_asked_by_version_2),
        WORLD_TEST(ec2_may_be_elsewhere),
        WORLD_TEST(ec2_may_be_switched_off),
        WORLD_TEST(off_ec2_the_error_says_what_was_tried),
        WORLD_TEST(an_instance_without_a_role_is_told_apart),
        WORLD_TEST(what_ec2_cannot_tell_is_told),
        WORLD_TEST(a_fetch_under_way_may_be_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
