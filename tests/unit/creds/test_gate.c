/* SPDX-License-Identifier: Apache-2.0 */
/* The gate: who passes and as whom, who waits, who is let go. Start at main().
 */
#include "scene.h"

/* ---- what passes ---- */

static void a_call_with_the_minted_pair_passes_whole(void **state)
{
    struct scene scene;
    begin(&scene, *state);
    make_ssm(&scene);
    sign(&scene);
    arrive(&scene);
    expect_passed(&scene);
    const struct http_call *call = scene.next.got;
    assert_true(str_eq(call->request.body, scene.request.body));
    assert_int_equal(call->identity->kind, IDENTITY_MINTED);
    assert_true(str_eq(call->access_key, scene.keys.access_key));
    assert_str(call->sign_service, "ssm");
    assert_str(call->sign_region, "eu-west-1");
    assert_null(call->payload_hash.ptr);
    leave(&scene);
}

static void a_body_may_arrive_byte_by_byte(void **state)
{
    struct scene scene;
    begin(&scene, *state);
    make_ssm(&scene);
    sign(&scene);
    knock(&scene, STR_NONE, false);
    for (size_t i = 0; i < scene.request.body.len; i++) {
        assert_int_equal(scene.next.count, 0);
        (void)http_pipe_put(&scene.fake.pipe,
                            str_make(scene.request.body.ptr + i, 1));
        (void)timers_run_due(&scene.world->timers);
    }
    http_pipe_end(&scene.fake.pipe);
    (void)timers_run_due(&scene.world->timers);
    expect_passed(&scene);
    leave(&scene);
}

static void our_own_keys_pass(void **state)
{
    struct scene scene;
    begin(&scene, *state);
    make_form(&scene, "sns", "Action=Publish&Version=2010-03-31&Message=m");
    scene.keys =
        (struct sigv4_credentials){STR("AKIAOWN"), STR("own-secret"), STR_NONE};
    sign(&scene);
    arrive(&scene);
    expect_passed(&scene);
    assert_int_equal(scene.next.got->identity->kind, IDENTITY_OWN);
    leave(&scene);
}

static void an_empty_region_is_taken_for_our_own(void **state)
{
    struct scene scene;
    struct world *world = *state;
    world_env(world, "AWS_REGION", "eu-central-1");
    begin(&scene, world);
    make_ssm(&scene);
    scene.region = STR("");
    sign(&scene);
    arrive(&scene);
    expect_passed(&scene);
    assert_str(scene.next.got->sign_region, "eu-central-1");
    leave(&scene);
}

static void learned_keys_pass_with_their_token(void **state)
{
    struct scene scene;
    struct sigv4_credentials pair = {STR("ASIAL"), STR("ls"), STR("lt")};
    begin(&scene, *state);
    creds_keys_learn(scene.world->creds, &pair, world_wall + 60000);
    make_ssm(&scene);
    scene.keys = pair;
    sign(&scene);
    arrive(&scene);
    expect_passed(&scene);
    assert_int_equal(scene.next.got->identity->kind, IDENTITY_LEARNED);
    leave(&scene);
}

/* ---- what does not ---- */

static void a_mismatch_names_the_stage_to_compare(void **state)
{
    struct scene scene;
    begin(&scene, *state);
    make_ssm(&scene);
    scene.keys.secret_key = STR("wrong");
    sign(&scene);
    struct str hash =
        sigv4_sha256_hex(scene.world->arena, scene.stages.canonical_request);
    arrive(&scene);
    expect_refused(&scene, 400, "InvalidSignatureException");
    assert_true(str_contains(reply_of(&scene), hash));
    http_pipe_free(&scene.fake.pipe);
}

static void a_browser_is_refused_before_anything_else(void **state)
{
    struct scene scene;
    begin(&scene, *state);
    make_ssm(&scene);
    sign(&scene);
    add_header(&scene, "Origin", "http://evil.example");
    arrive(&scene);
    expect_refused(&scene, 403, "AccessDenied");
    http_pipe_free(&scene.fake.pipe);
}

static void a_bad_signature_is_refused_without_reading_the_body(void **state)
{
    struct scene scene;
    begin(&scene, *state);
    make(&scene, S3);
    scene.keys.secret_key = STR("wrong");
    sign(&scene);
    knock(&scene, STR_NONE, false);
    expect_refused(&scene, 403, "SignatureDoesNotMatch");
    http_pipe_free(&scene.fake.pipe);
}

static void a_client_that_leaves_is_let_go(void **state)
{
    struct scene scene;
    begin(&scene, *state);
    make_ssm(&scene);
    sign(&scene);
    knock(&scene, str_first(scene.request.body, 3), false);
    scene.fake.call.gone = true;
    http_pipe_break(&scene.fake.pipe, NULL);
    (void)timers_run_due(&scene.world->timers);
    assert_int_equal(scene.next.count, 0);
    assert_int_equal(scene.fake.replies, 0);
    assert_int_equal(scene.fake.holds, 0);
    http_pipe_free(&scene.fake.pipe);
}

static void calls_in_the_gate_end_with_it(void **state)
{
    struct scene scene;
    begin(&scene, *state);
    make_ssm(&scene);
    sign(&scene);
    knock(&scene, str_first(scene.request.body, 3), false);
    creds_free(scene.world->creds);
    scene.world->creds = NULL;
    assert_int_equal(scene.fake.aborts, 1);
    assert_int_equal(scene.fake.holds, 0);
    http_pipe_free(&scene.fake.pipe);
}

/* ---- unsigned ---- */

static void operations_without_a_signature_pass(void **state)
{
    struct scene scene;
    begin(&scene, *state);
    make_form(&scene, "sts",
              "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=a&"
              "RoleSessionName=b&WebIdentityToken=c");
    arrive(&scene);
    expect_passed(&scene);
    assert_null(scene.next.got->identity);
    assert_null(scene.next.got->access_key.ptr);
    assert_str(scene.next.got->sign_service, "sts");
    assert_str(scene.next.got->sign_region, "us-east-1");
    leave(&scene);
    begin(&scene, *state);
    make_form(&scene, "sts", "Action=AssumeRole&Version=2011-06-15");
    arrive(&scene);
    expect_refused(&scene, 403, "MissingAuthenticationToken");
    http_pipe_free(&scene.fake.pipe);
}

/* ---- waiting for our own credentials ---- */

static void an_unknown_key_waits_for_our_own_credentials(void **state)
{
    struct world *world = *state;
    for (int known = 0; known < 2; known++) {
        struct scene scene;
        if (world->creds == NULL) {
            world_env(world, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x");
            (void)world_begin(world);
        }
        world_pass(world, 60 * 1000);
        begin(&scene, world);
        make_ssm(&scene);
        scene.keys = (struct sigv4_credentials){
            known ? STR("ASIACC") : STR("ASIADD"), STR("s"), STR("t")};
        sign(&scene);
        arrive(&scene);
        assert_int_equal(scene.next.count + scene.fake.replies, 0);
        world_answer(world, 200,
                     known ? "{\"AccessKeyId\":\"ASIACC\","
                             "\"SecretAccessKey\":\"s\",\"Token\":\"t\"}"
                           : "{}");
        if (known) {
            expect_passed(&scene);
            leave(&scene);
        } else {
            expect_refused(&scene, 400, "UnrecognizedClientException");
            assert_holds(reply_of(&scene), "without AccessKeyId");
            http_pipe_free(&scene.fake.pipe);
        }
    }
}

/* ---- --no-verify ---- */

static void begin_trusting(struct scene *scene, struct world *world)
{
    world->config.no_verify = true;
    world->config.upstream_url = STR("http://127.0.0.1:5000");
    begin(scene, world);
}

static void without_verifying_unknown_keys_are_kept(void **state)
{
    struct scene scene;
    begin_trusting(&scene, *state);
    make_ssm(&scene);
    scene.keys =
        (struct sigv4_credentials){STR("123456789012"), STR("x"), STR("tok")};
    sign(&scene);
    arrive(&scene);
    expect_passed(&scene);
    const struct http_call *call = scene.next.got;
    assert_int_equal(call->identity->kind, IDENTITY_KEPT);
    assert_str(call->access_key, "123456789012");
    assert_str(call->sign_service, "ssm");
    leave(&scene);
}

static void without_verifying_anything_unsigned_is_kept(void **state)
{
    static const char *const authorizations[] = {
        NULL, "Bearer x", "AWS4-ECDSA-P256-SHA256 Credential=A/1/s3/x",
        "AWS4-HMAC-SHA256 nonsense"};
    for (size_t i = 0; i < COUNT_OF(authorizations); i++) {
        struct scene scene;
        begin_trusting(&scene, *state);
        make_ssm(&scene);
        if (authorizations[i] != NULL) {
            add_header(&scene, "Authorization", authorizations[i]);
        }
        arrive(&scene);
        expect_passed(&scene);
        assert_int_equal(scene.next.got->identity->kind, IDENTITY_KEPT);
        assert_true(str_eq(scene.next.got->request.body, scene.request.body));
        leave(&scene);
    }
}

static void without_verifying_our_own_pair_is_still_ours(void **state)
{
    struct scene scene;
    begin_trusting(&scene, *state);
    make_ssm(&scene);
    scene.keys.secret_key = STR("anything");
    sign(&scene);
    arrive(&scene);
    expect_passed(&scene);
    assert_int_equal(scene.next.got->identity->kind, IDENTITY_MINTED);
    leave(&scene);
}

static void without_verifying_browsers_stay_out(void **state)
{
    struct scene scene;
    begin_trusting(&scene, *state);
    make_ssm(&scene);
    add_header(&scene, "Sec-Fetch-Site", "cross-site");
    arrive(&scene);
    expect_refused(&scene, 403, "AccessDenied");
    http_pipe_free(&scene.fake.pipe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_call_with_the_minted_pair_passes_whole),
        WORLD_TEST(a_body_may_arrive_byte_by_byte),
        WORLD_TEST(our_own_keys_pass),
        WORLD_TEST(an_empty_region_is_taken_for_our_own),
        WORLD_TEST(learned_keys_pass_with_their_token),
        WORLD_TEST(a_mismatch_names_the_stage_to_compare),
        WORLD_TEST(a_browser_is_refused_before_anything_else),
        WORLD_TEST(a_bad_signature_is_refused_without_reading_the_body),
        WORLD_TEST(a_client_that_leaves_is_let_go),
        WORLD_TEST(calls_in_the_gate_end_with_it),
        WORLD_TEST(operations_without_a_signature_pass),
        WORLD_TEST(an_unknown_key_waits_for_our_own_credentials),
        WORLD_TEST(without_verifying_unknown_keys_are_kept),
        WORLD_TEST(without_verifying_anything_unsigned_is_kept),
        WORLD_TEST(without_verifying_our_own_pair_is_still_ours),
        WORLD_TEST(without_verifying_browsers_stay_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
