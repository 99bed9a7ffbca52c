/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused, and how, protocol by protocol. Start at the table. */
#include "scene.h"

enum wrong {
    WRONG_SECRET,
    UNKNOWN_KEY,
    UNSIGNED,
    STALE,
    EARLY,
    BODY_CHANGED,
    HEADER_ADDED,
    TOKEN_MISSING,
    TOKEN_WRONG,
    TOKEN_EXPIRED,
    DAMAGED,
    SIGV4A,
    ODD_MODE,
    TOO_LARGE,
    TOO_SLOW,
    BUSY,
    BUSY_BY_NOW,
};

static const struct {
    enum wrong wrong;
    enum protocol protocol;
    int status;
    const char *code;
} refusals[] = {
    {WRONG_SECRET, SSM, 400, "InvalidSignatureException"},
    {WRONG_SECRET, LAMBDA, 403, "InvalidSignatureException"},
    {WRONG_SECRET, SNS, 403, "SignatureDoesNotMatch"},
    {WRONG_SECRET, EC2, 401, "AuthFailure"},
    {WRONG_SECRET, S3, 403, "SignatureDoesNotMatch"},
    {WRONG_SECRET, ROUTE53, 403, "SignatureDoesNotMatch"},
    {UNKNOWN_KEY, SSM, 400, "UnrecognizedClientException"},
    {UNKNOWN_KEY, LAMBDA, 403, "UnrecognizedClientException"},
    {UNKNOWN_KEY, SNS, 403, "InvalidClientTokenId"},
    {UNKNOWN_KEY, EC2, 401, "AuthFailure"},
    {UNKNOWN_KEY, S3, 403, "InvalidAccessKeyId"},
    {UNKNOWN_KEY, ROUTE53, 403, "InvalidClientTokenId"},
    {UNSIGNED, SSM, 403, "MissingAuthenticationTokenException"},
    {UNSIGNED, SNS, 403, "MissingAuthenticationToken"},
    {STALE, SSM, 400, "InvalidSignatureException"},
    {STALE, SNS, 403, "SignatureDoesNotMatch"},
    {STALE, EC2, 400, "RequestExpired"},
    {STALE, S3, 403, "RequestTimeTooSkewed"},
    {EARLY, S3, 403, "RequestTimeTooSkewed"},
    {BODY_CHANGED, SSM, 400, "InvalidSignatureException"},
    {BODY_CHANGED, SNS, 403, "SignatureDoesNotMatch"},
    {BODY_CHANGED, S3, 400, "XAmzContentSHA256Mismatch"},
    {HEADER_ADDED, SSM, 400, "InvalidSignatureException"},
    {HEADER_ADDED, S3, 403, "AccessDenied"},
    {TOKEN_MISSING, SSM, 400, "UnrecognizedClientException"},
    {TOKEN_WRONG, SNS, 403, "InvalidClientTokenId"},
    {TOKEN_WRONG, S3, 400, "InvalidToken"},
    {TOKEN_EXPIRED, SSM, 400, "ExpiredTokenException"},
    {TOKEN_EXPIRED, SNS, 403, "ExpiredToken"},
    {TOKEN_EXPIRED, S3, 400, "ExpiredToken"},
    {DAMAGED, SSM, 400, "IncompleteSignatureException"},
    {DAMAGED, SNS, 400, "IncompleteSignature"},
    {SIGV4A, S3, 400, "InvalidRequest"},
    {SIGV4A, SSM, 400, "IncompleteSignatureException"},
    {ODD_MODE, S3, 400, "InvalidRequest"},
    {TOO_LARGE, SSM, 413, "RequestEntityTooLargeException"},
    {TOO_LARGE, S3, 413, "EntityTooLarge"},
    {TOO_SLOW, SSM, 408, "RequestTimeoutException"},
    {TOO_SLOW, SNS, 408, "RequestTimeout"},
    {TOO_SLOW, S3, 400, "RequestTimeout"},
    {BUSY, SSM, 503, "ServiceUnavailableException"},
    {BUSY, SNS, 503, "ServiceUnavailable"},
    {BUSY, EC2, 503, "Unavailable"},
    {BUSY, S3, 503, "SlowDown"},
    {BUSY_BY_NOW, SSM, 503, "ServiceUnavailableException"},
};

static void spoil_head(struct scene *scene, enum wrong wrong)
{
    struct http_headers *headers = &scene->request.headers;
    struct arena *arena = scene->world->arena;
    switch (wrong) {
    case BODY_CHANGED:
        ((char *)(uintptr_t)scene->request.body.ptr)[1] ^= 1;
        break;
    case HEADER_ADDED:
        add_header(scene, "x-amz-acl", "public-read");
        break;
    case DAMAGED:
        http_headers_set(arena, headers, STR("Authorization"),
                         STR("AWS4-HMAC-SHA256 Credential=a/b"));
        break;
    case SIGV4A:
        http_headers_set(
            arena, headers, STR("Authorization"),
            STR("AWS4-ECDSA-P256-SHA256 Credential=A/20261121/s3/aws4_request,"
                " SignedHeaders=host, Signature=00"));
        break;
    default:
        break;
    }
}

static void spoil_keys(struct scene *scene, enum wrong wrong)
{
    struct sigv4_credentials pair = {STR("ASIAL"), STR("ls"), STR("lt")};
    bool expired = wrong == TOKEN_EXPIRED;
    switch (wrong) {
    case WRONG_SECRET:
        scene->keys.secret_key = STR("another secret");
        break;
    case UNKNOWN_KEY:
        scene->keys.access_key = STR("AKIASTRANGER");
        break;
    case STALE:
        scene->signed_ago_ms = 301 * 1000;
        break;
    case EARLY:
        scene->signed_ago_ms = -301 * 1000;
        break;
    case TOKEN_MISSING:
    case TOKEN_WRONG:
    case TOKEN_EXPIRED:
        creds_keys_learn(scene->world->creds, &pair,
                         world_wall + (expired ? -1 : 60000));
        scene->keys = pair;
        if (!expired) {
            scene->keys.session_token =
                wrong == TOKEN_WRONG ? STR("another token") : STR_NONE;
        }
        break;
    case ODD_MODE:
        scene->payload_hash = STR("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD");
        break;
    case TOO_LARGE:
        scene->request.body =
            str_make(arena_alloc(scene->world->arena, 100001), 100001);
        break;
    default:
        break;
    }
}

static void limit_memory(struct scene *scene, size_t limit)
{
    struct creds_gate_config config = {.port = PORT, .memory_limit = limit};
    scene->gate = creds_verifying_handler(scene->world->creds, &config,
                                          &scene->next.handler);
}

/* All of it at once, but for what goes wrong on the way. */
static void arrive_spoilt(struct scene *scene, enum wrong wrong)
{
    struct str half = str_first(scene->request.body, 5);
    void *hoard = NULL;
    switch (wrong) {
    case TOO_SLOW:
        knock(scene, half, false);
        world_pass(scene->world, 4000);
        (void)http_pipe_put(&scene->fake.pipe, half);
        world_pass(scene->world, 999);
        assert_int_equal(scene->fake.holds, 1);
        world_pass(scene->world, 1);
        break;
    case BUSY:
        limit_memory(scene, 1);
        arrive(scene);
        break;
    case BUSY_BY_NOW:
        limit_memory(scene, mem_in_use() + 4000000);
        knock(scene, half, false);
        hoard = mem_new(5000000);
        (void)http_pipe_put(&scene->fake.pipe, half);
        (void)timers_run_due(&scene->world->timers);
        mem_free(hoard);
        break;
    default:
        arrive(scene);
        break;
    }
}

static void each_refusal_is_worded_as_aws_words_it(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        struct scene scene;
        begin(&scene, world);
        make(&scene, refusals[i].protocol);
        scene.request.body = arena_str(world->arena, scene.request.body);
        spoil_keys(&scene, refusals[i].wrong);
        if (refusals[i].wrong != UNSIGNED) {
            sign(&scene);
        }
        spoil_head(&scene, refusals[i].wrong);
        arrive_spoilt(&scene, refusals[i].wrong);
        expect_refused(&scene, refusals[i].status, refusals[i].code);
        http_pipe_free(&scene.fake.pipe);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(each_refusal_is_worded_as_aws_words_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
