/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies in every payload mode, through the gate and out of the signing client.
 * Start at main(). */
#include "scene.h"

static enum http_read pull_all(struct http_source *source, struct buf *into)
{
    enum http_read result = HTTP_READ_SOME;
    while (result == HTTP_READ_SOME) {
        char piece[7];
        size_t got = 0;
        result = http_source_read(source, piece, sizeof(piece), &got);
        buf_add(into, str_make(piece, got));
    }
    return result;
}

static void a_streaming_body_is_checked_as_it_flows(void **state)
{
    for (int changed = 0; changed < 2; changed++) {
        struct scene scene;
        struct buf body = {0};
        begin(&scene, *state);
        scene.next.wants = false;
        make(&scene, S3);
        sign(&scene);
        knock(&scene, changed ? STR("bytez") : STR("bytes"), true);
        expect_passed(&scene);
        struct http_call *call = scene.next.got;
        assert_null(call->request.body.ptr);
        assert_int_equal(call->payload_hash.len, 64);
        http_call_hold(call);
        http_call_release(call);
        enum http_read result = pull_all(call->body, &body);
        assert_int_equal(result, changed ? HTTP_READ_BROKEN : HTTP_READ_END);
        if (changed) {
            assert_true(body.len < 5);
            assert_string_equal(call->body->fault->code,
                                "XAmzContentSHA256Mismatch");
        } else {
            assert_str(buf_str(&body), "bytes");
        }
        buf_free(&body);
        leave(&scene);
        assert_ptr_equal(scene.fake.call.ops, &fake_ops);
    }
}

static void unsigned_payloads_stream_unchecked(void **state)
{
    static const char *const modes[] = {"UNSIGNED-PAYLOAD",
                                        "STREAMING-UNSIGNED-PAYLOAD-TRAILER"};
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        struct scene scene;
        begin(&scene, *state);
        scene.next.wants = false;
        make(&scene, S3);
        scene.payload_hash = str_of(modes[i]);
        sign(&scene);
        knock(&scene, STR("by"), false);
        expect_passed(&scene);
        assert_str(scene.next.got->payload_hash, modes[i]);
        assert_ptr_equal(scene.next.got->body, &scene.fake.pipe.source);
        leave(&scene);
    }
}

/* Two signed chunks, "hello" and the empty one. */
static struct str chunked(struct scene *scene, bool spoilt)
{
    struct arena *arena = scene->world->arena;
    struct sigv4_scope scope = {str_first(clock_amz_date(arena, world_wall), 8),
                                scene->region, scene->service};
    struct sigv4_key key;
    struct str previous = scene->stages.signature;
    struct str body = STR("");
    static const char *const contents[] = {"hello", ""};
    sigv4_derive_key(scene->keys.secret_key, &scope, &key);
    for (size_t i = 0; i < 2; i++) {
        struct str content = str_of(contents[i]);
        struct str text = arena_printf(
            arena,
            "AWS4-HMAC-SHA256-PAYLOAD\n%.*s\n%.*s/%.*s/%.*s/aws4_request\n"
            "%.*s\n%.*s\n%.*s",
            STR_ARG(clock_amz_date(arena, world_wall)), STR_ARG(scope.date),
            STR_ARG(scope.region), STR_ARG(scope.service), STR_ARG(previous),
            STR_ARG(sigv4_sha256_hex(arena, STR(""))),
            STR_ARG(sigv4_sha256_hex(arena, content)));
        previous = sigv4_signature(arena, &key, text);
        body = arena_printf(arena, "%.*s%zx;chunk-signature=%.*s\r\n%s\r\n",
                            STR_ARG(body), content.len, STR_ARG(previous),
                            spoilt && i == 0 ? "hellO" : contents[i]);
    }
    return body;
}

static void arrive_chunked(struct scene *scene, struct world *world, bool wants,
                           bool spoilt)
{
    begin(scene, world);
    scene->next.wants = wants;
    make(scene, S3);
    add_header(scene, "x-amz-decoded-content-length", "5");
    add_header(scene, "content-encoding", "aws-chunked");
    scene->payload_hash = STR("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    sign(scene);
    scene->request.body = chunked(scene, spoilt);
    arrive(scene);
}

static void signed_chunks_that_are_buffered_are_verified(void **state)
{
    struct scene scene;
    arrive_chunked(&scene, *state, true, false);
    expect_passed(&scene);
    assert_true(str_eq(scene.next.got->request.body, scene.request.body));
    leave(&scene);
    arrive_chunked(&scene, *state, true, true);
    expect_refused(&scene, 403, "SignatureDoesNotMatch");
    http_pipe_free(&scene.fake.pipe);
}

/* ---- gate and signing client together ---- */

/* Verifies what went out with our own secret. */
static void expect_signed_by_own(struct scene *scene,
                                 const struct http_fetch *sent,
                                 struct str payload_hash)
{
    struct arena *arena = scene->world->arena;
    struct sigv4_claim claim = {0};
    struct sigv4_stages stages;
    struct str error = STR_NONE;
    assert_int_equal(sigv4_claim_parse(arena, &sent->request, &claim, &error),
                     SIGV4_GOOD);
    assert_str(claim.access_key, "AKIAOWN");
    struct sigv4_verify_in in = {
        .secret_key = STR("own-secret"),
        .payload_hash = payload_hash,
        .rules = sigv4_rules_for(claim.scope.service),
        .wall_ms = world_wall,
        .tolerance_ms = 1000,
    };
    if (sigv4_verify(arena, &sent->request, &claim, &in, &stages, &error) !=
        SIGV4_GOOD) {
        fail_msg("%.*s", STR_ARG(error));
    }
    assert_str(http_headers_get(&sent->request.headers, "host"),
               "bucket.s3.us-east-1.amazonaws.com");
}

static void signed_chunks_are_signed_anew(void **state)
{
    for (int wants = 0; wants < 2; wants++) {
        struct scene scene;
        struct http_fetch fetch;
        struct buf body = {0};
        arrive_chunked(&scene, *state, wants, false);
        expect_passed(&scene);
        send_on(&scene, &fetch);
        struct http_fetch *sent = world_fetch(scene.world);
        expect_signed_by_own(&scene, sent,
                             STR("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"));
        if (wants) {
            buf_add(&body, sent->request.body);
        } else {
            assert_int_equal(pull_all(sent->upload, &body), HTTP_READ_END);
        }
        /* The same chunks, as our own key signs them. */
        struct sigv4_claim claim = {0};
        struct str error = STR_NONE;
        (void)sigv4_claim_parse(scene.world->arena, &sent->request, &claim,
                                &error);
        scene.keys.secret_key = STR("own-secret");
        scene.stages.signature = claim.signature;
        assert_true(str_eq(buf_str(&body), chunked(&scene, false)));
        assert_str(http_headers_get(&sent->request.headers,
                                    "x-amz-decoded-content-length"),
                   "5");
        http_fetch_cancel(creds_signing_client(scene.world->creds), &fetch);
        buf_free(&body);
        leave(&scene);
    }
}

static void a_spoilt_chunk_breaks_the_upload_with_its_fault(void **state)
{
    struct scene scene;
    struct http_fetch fetch;
    struct buf body = {0};
    arrive_chunked(&scene, *state, false, true);
    expect_passed(&scene);
    send_on(&scene, &fetch);
    timer_init(fetch.done, (void (*)(void *))buf_clear, &body);
    struct http_fetch *sent = world_fetch(scene.world);
    assert_int_equal(pull_all(sent->upload, &body), HTTP_READ_BROKEN);
    assert_int_equal(body.len, 0);
    world_lose(scene.world, HTTP_UPLOAD_BROKEN);
    assert_int_equal(fetch.outcome, HTTP_UPLOAD_BROKEN);
    assert_string_equal(fetch.upload->fault->code, "SignatureDoesNotMatch");
    http_fetch_cancel(creds_signing_client(scene.world->creds), &fetch);
    buf_free(&body);
    leave(&scene);
}

static void a_presigned_upload_is_signed_by_header(void **state)
{
    struct scene scene;
    struct http_fetch fetch;
    begin(&scene, *state);
    scene.next.wants = false;
    make(&scene, S3);
    presign(&scene, 600);
    scene.signed_ago_ms = 0;
    arrive(&scene);
    expect_passed(&scene);
    assert_null(scene.next.got->payload_hash.ptr);
    send_on(&scene, &fetch);
    struct http_fetch *sent = world_fetch(scene.world);
    assert_str(sent->request.target, "/bucket/key");
    expect_signed_by_own(&scene, sent, STR("UNSIGNED-PAYLOAD"));
    http_fetch_cancel(creds_signing_client(scene.world->creds), &fetch);
    leave(&scene);
}

static void a_presigned_request_holds_as_long_as_it_says(void **state)
{
    struct scene scene;
    begin(&scene, *state);
    make(&scene, S3);
    scene.signed_ago_ms = 599 * 1000;
    presign(&scene, 600);
    arrive(&scene);
    expect_passed(&scene);
    leave(&scene);
    begin(&scene, *state);
    make(&scene, S3);
    scene.signed_ago_ms = 601 * 1000;
    presign(&scene, 600);
    arrive(&scene);
    expect_refused(&scene, 403, "AccessDenied");
    http_pipe_free(&scene.fake.pipe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_streaming_body_is_checked_as_it_flows),
        WORLD_TEST(unsigned_payloads_stream_unchecked),
        WORLD_TEST(signed_chunks_that_are_buffered_are_verified),
        WORLD_TEST(signed_chunks_are_signed_anew),
        WORLD_TEST(a_spoilt_chunk_breaks_the_upload_with_its_fault),
        WORLD_TEST(a_presigned_upload_is_signed_by_header),
        WORLD_TEST(a_presigned_request_holds_as_long_as_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
