/* SPDX-License-Identifier: Apache-2.0 */
/* The filter on the way out: who signs, what is hashed, what stays as it was.
 * Payload modes that need a client's own signature are in test_gate.c. Start
 * at main(). */
#include "world.h"

struct scene {
    struct world *world;
    struct http_fetch fetch;
    struct timer head;
    struct timer done;
    int heads;
    int dones;
};

static void count_up(void *ctx)
{
    (*(int *)ctx)++;
}

static void begin(struct scene *scene, struct world *world)
{
    *scene = (struct scene){.world = world};
    if (world->creds == NULL) {
        world_env(world, "AWS_ACCESS_KEY_ID", "AKIAOWN");
        world_env(world, "AWS_SECRET_ACCESS_KEY", "own-secret");
        (void)world_begin(world);
    }
    timer_init(&scene->head, count_up, &scene->heads);
    timer_init(&scene->done, count_up, &scene->dones);
    scene->fetch = (struct http_fetch){
        .arena = world->arena,
        .timers = &world->timers,
        .origin = STR("https://ssm.eu-west-1.amazonaws.com"),
        .as = &world->creds->keys.minted,
        .sign_service = STR("ssm"),
        .sign_region = STR("eu-west-1"),
        .head = &scene->head,
        .done = &scene->done,
        .request = {.method = STR("POST"),
                    .target = STR("/"),
                    .body = STR("{}")},
    };
}

static void add_header(struct scene *scene, const char *name, const char *value)
{
    http_headers_add(scene->world->arena, &scene->fetch.request.headers,
                     str_of(name), str_of(value));
}

static struct http_fetch *send_it(struct scene *scene)
{
    http_fetch_send(creds_signing_client(scene->world->creds), &scene->fetch);
    return world_fetch(scene->world);
}

static void cancel_it(struct scene *scene)
{
    http_fetch_cancel(creds_signing_client(scene->world->creds), &scene->fetch);
}

static struct str header(const struct http_fetch *fetch, const char *name)
{
    return http_headers_get(&fetch->request.headers, name);
}

static void expect_good(struct scene *scene, const struct http_fetch *sent,
                        const char *key, const char *secret)
{
    struct arena *arena = scene->world->arena;
    struct sigv4_claim claim = {0};
    struct sigv4_stages stages;
    struct str error = STR_NONE;
    assert_int_equal(sigv4_claim_parse(arena, &sent->request, &claim, &error),
                     SIGV4_GOOD);
    assert_str(claim.access_key, key);
    struct sigv4_verify_in in = {
        .secret_key = str_of(secret),
        .payload_hash = sigv4_sha256_hex(arena, sent->request.body),
        .rules = sigv4_rules_for(claim.scope.service),
        .wall_ms = world_wall,
        .tolerance_ms = 1000,
    };
    if (sigv4_verify(arena, &sent->request, &claim, &in, &stages, &error) !=
        SIGV4_GOOD) {
        fail_msg("%.*s", STR_ARG(error));
    }
}

static void a_read_back_is_signed_with_our_own(void **state)
{
    struct scene scene;
    begin(&scene, *state);
    add_header(&scene, "X-Amz-Target", "AmazonSSM.GetParameter");
    struct http_fetch *sent = send_it(&scene);
    expect_good(&scene, sent, "AKIAOWN", "own-secret");
    assert_holds(header(sent, "authorization"),
                 "/20261121/eu-west-1/ssm/aws4_request");
    assert_str(header(sent, "host"), "ssm.eu-west-1.amazonaws.com");
    /* The caller's own fetch is as it was and may be sent again. */
    assert_null(header(&scene.fetch, "authorization").ptr);
    world_answer(scene.world, 200, "answer");
    assert_int_equal(scene.dones, 1);
    assert_int_equal(scene.fetch.outcome, HTTP_ANSWERED);
    assert_str(scene.fetch.response.body, "answer");
    cancel_it(&scene);
    cancel_it(&scene);
    assert_true(scene.world->upstream.cancelled[0]);
}

static void what_the_client_signed_with_is_replaced(void **state)
{
    struct scene scene;
    begin(&scene, *state);
    scene.fetch.purpose = HTTP_FOR_CLIENT;
    add_header(&scene, "Host", "127.0.0.1:4566");
    add_header(&scene, "Authorization", "AWS4-HMAC-SHA256 of the client");
    add_header(&scene, "X-Amz-Date", "20200101T000000Z");
    add_header(&scene, "X-Amz-Security-Token", "of the client");
    add_header(&scene, "X-Amz-Target", "AmazonSSM.PutParameter");
    add_header(&scene, "Connection", "keep-alive, X-Hop");
    add_header(&scene, "X-Hop", "1");
    add_header(&scene, "Expect", "100-continue");
    add_header(&scene, "amz-sdk-invocation-id", "i");
    struct http_fetch *sent = send_it(&scene);
    expect_good(&scene, sent, "AKIAOWN", "own-secret");
    assert_str(header(sent, "x-amz-date"), "20261121T050000Z");
    assert_null(header(sent, "x-amz-security-token").ptr);
    assert_null(header(sent, "expect").ptr);
    assert_null(header(sent, "connection").ptr);
    assert_null(header(sent, "x-hop").ptr);
    assert_str(header(sent, "amz-sdk-invocation-id"), "i");
    assert_int_equal(
        http_headers_count(&sent->request.headers, "authorization"), 1);
    assert_int_equal(http_headers_count(&sent->request.headers, "host"), 1);
    cancel_it(&scene);
}

static void a_learned_key_signs_for_itself(void **state)
{
    struct scene scene;
    struct sigv4_credentials pair = {STR("ASIAL"), STR("ls"), STR("lt")};
    struct creds_inbound inbound;
    begin(&scene, *state);
    creds_keys_learn(scene.world->creds, &pair, world_wall + 60000);
    (void)creds_keys_find(scene.world->creds, STR("ASIAL"), &inbound);
    scene.fetch.as = inbound.identity;
    struct http_fetch *sent = send_it(&scene);
    expect_good(&scene, sent, "ASIAL", "ls");
    assert_str(header(sent, "x-amz-security-token"), "lt");
    cancel_it(&scene);
    world_pass(scene.world, 60000);
    http_fetch_send(creds_signing_client(scene.world->creds), &scene.fetch);
    (void)timers_run_due(&scene.world->timers);
    assert_int_equal(scene.fetch.outcome, HTTP_UNSIGNABLE);
    assert_holds(scene.fetch.error, "expired");
    cancel_it(&scene);
}

/* declared, streams, service -> x-amz-content-sha256 that goes out */
static void the_payload_hash_is_the_one_that_fits(void **state)
{
#define EMPTY_JSON_HASH                                                        \
    "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define OTHER_HASH                                                             \
    "0000000000000000000000000000000000000000000000000000000000000000"
    static const struct {
        const char *declared;
        bool streams;
        const char *service;
        const char *sent; /* NULL: no such header */
    } rows[] = {
        {NULL, false, "ssm", NULL},
        {NULL, false, "s3", EMPTY_JSON_HASH},
        {NULL, true, "s3", "UNSIGNED-PAYLOAD"},
        {OTHER_HASH, true, "s3", OTHER_HASH},
        {OTHER_HASH, false, "s3", EMPTY_JSON_HASH},
        {EMPTY_JSON_HASH, false, "ssm", EMPTY_JSON_HASH},
        {"UNSIGNED-PAYLOAD", false, "s3", "UNSIGNED-PAYLOAD"},
        {"UNSIGNED-PAYLOAD", true, "s3", "UNSIGNED-PAYLOAD"},
        {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", true, "s3",
         "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
    };
    struct creds_text_source source;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene scene;
        begin(&scene, *state);
        scene.fetch.purpose = HTTP_FOR_CLIENT;
        scene.fetch.sign_service = str_of(rows[i].service);
        scene.fetch.payload_hash = str_of(rows[i].declared);
        if (rows[i].declared != NULL) {
            add_header(&scene, "x-amz-content-sha256", rows[i].declared);
        }
        if (rows[i].streams) {
            scene.fetch.upload = creds_text_source_init(&source, STR("{}"));
        }
        struct http_fetch *sent = send_it(&scene);
        struct str hash = header(sent, "x-amz-content-sha256");
        if (!str_eq(hash, str_of(rows[i].sent))) {
            fail_msg("row %zu: %.*s", i, STR_ARG(hash));
        }
        assert_ptr_equal(sent->upload, scene.fetch.upload);
        cancel_it(&scene);
    }
}

static void an_unsigned_call_stays_as_it_is(void **state)
{
    struct scene scene;
    begin(&scene, *state);
    scene.fetch.as = NULL;
    assert_ptr_equal(send_it(&scene), &scene.fetch);
    assert_int_equal(scene.fetch.request.headers.count, 0);
    cancel_it(&scene);
    assert_true(scene.world->upstream.cancelled[0]);
}

static void a_kept_key_stays_but_its_read_backs_are_signed(void **state)
{
    struct scene scene;
    begin(&scene, *state);
    scene.fetch.as =
        creds_keys_keep(scene.world->creds, STR("123456789012"), STR("tok"));
    scene.fetch.purpose = HTTP_FOR_CLIENT;
    add_header(&scene, "Authorization", "of the client");
    add_header(&scene, "Host", "of the client");
    assert_ptr_equal(send_it(&scene), &scene.fetch);
    assert_str(header(&scene.fetch, "authorization"), "of the client");
    assert_str(header(&scene.fetch, "host"), "of the client");
    cancel_it(&scene);
    scene.fetch.purpose = HTTP_FOR_US;
    struct http_fetch *sent = send_it(&scene);
    expect_good(&scene, sent, "123456789012",
                "settled/signs/for/emulators/with/this/00");
    assert_str(header(sent, "x-amz-security-token"), "tok");
    cancel_it(&scene);
}

static void a_fetch_waits_for_the_credentials(void **state)
{
    struct world *world = *state;
    struct scene scenes[3];
    world_env(world, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x");
    (void)world_begin(world);
    for (size_t i = 0; i < 3; i++) {
        begin(&scenes[i], world);
        (void)send_it(&scenes[i]);
    }
    assert_int_equal(world->upstream.count, 1); /* the chain's own */
    cancel_it(&scenes[1]);
    world_answer(world, 200,
                 "{\"AccessKeyId\":\"ASIAC\",\"SecretAccessKey\":\"s\","
                 "\"Token\":\"t\"}");
    assert_int_equal(world->upstream.count, 3);
    expect_good(&scenes[0], world->upstream.sent[1], "ASIAC", "s");
    expect_good(&scenes[2], world->upstream.sent[2], "ASIAC", "s");
    cancel_it(&scenes[0]);
    cancel_it(&scenes[2]);
}

static void without_credentials_it_cannot_be_signed(void **state)
{
    struct world *world = *state;
    struct scene scene;
    world_env(world, "AWS_EC2_METADATA_DISABLED", "true");
    (void)world_begin(world);
    begin(&scene, world);
    http_fetch_send(creds_signing_client(world->creds), &scene.fetch);
    assert_int_equal(scene.dones, 0); /* never from inside send */
    (void)timers_run_due(&world->timers);
    assert_int_equal(scene.dones, 1);
    assert_int_equal(scene.fetch.outcome, HTTP_UNSIGNABLE);
    assert_holds(scene.fetch.error, "AWS_ACCESS_KEY_ID");
    assert_int_equal(world->upstream.count, 0);
    cancel_it(&scene);
}

static void a_streaming_answer_shows_its_head_first(void **state)
{
    struct scene scene;
    struct creds_text_source body;
    begin(&scene, *state);
    scene.fetch.streams = true;
    struct http_fetch *sent = send_it(&scene);
    sent->response.status = 206;
    sent->head_ready = true;
    sent->download = creds_text_source_init(&body, STR("x"));
    timer_wake(sent->timers, sent->head);
    (void)timers_run_due(&scene.world->timers);
    assert_int_equal(scene.heads, 1);
    assert_int_equal(scene.dones, 0);
    assert_true(scene.fetch.head_ready);
    assert_int_equal(scene.fetch.response.status, 206);
    assert_ptr_equal(scene.fetch.download, &body.source);
    sent->outcome = HTTP_LOST;
    timer_wake(sent->timers, sent->done);
    (void)timers_run_due(&scene.world->timers);
    assert_int_equal(scene.dones, 1);
    assert_int_equal(scene.fetch.outcome, HTTP_LOST);
    cancel_it(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_read_back_is_signed_with_our_own),
        WORLD_TEST(what_the_client_signed_with_is_replaced),
        WORLD_TEST(a_learned_key_signs_for_itself),
        WORLD_TEST(the_payload_hash_is_the_one_that_fits),
        WORLD_TEST(an_unsigned_call_stays_as_it_is),
        WORLD_TEST(a_kept_key_stays_but_its_read_backs_are_signed),
        WORLD_TEST(a_fetch_waits_for_the_credentials),
        WORLD_TEST(without_credentials_it_cannot_be_signed),
        WORLD_TEST(a_streaming_answer_shows_its_head_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
