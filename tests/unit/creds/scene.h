/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call at the gate: a client that signs, a server's side of the call, and the
 * handler behind. Needs world.h's world.
 */
#ifndef TESTS_CREDS_SCENE_H
#define TESTS_CREDS_SCENE_H

#include "world.h"

enum { PORT = 4566 };

/* ---- the server's side of a call, and the handler behind the gate ---- */

struct fake_call {
    struct http_call call; /* first, so that it can be cast */
    struct http_pipe pipe;
    int holds;
    int replies;
    int aborts;
    struct http_response response;
};

static inline void fake_reply(struct http_call *call,
                              const struct http_response *response)
{
    struct fake_call *fake = (struct fake_call *)call;
    fake->replies++;
    fake->response = http_response_copy(call->arena, response);
}

static inline void fake_hold(struct http_call *call)
{
    ((struct fake_call *)call)->holds++;
}

static inline void fake_release(struct http_call *call)
{
    ((struct fake_call *)call)->holds--;
}

static inline void fake_abort(struct http_call *call)
{
    ((struct fake_call *)call)->aborts++;
}

static const struct http_call_ops fake_ops = {
    .reply = fake_reply,
    .abort = fake_abort,
    .hold = fake_hold,
    .release = fake_release,
};

struct next_fake {
    struct http_handler handler; /* first, so that it can be cast */
    bool wants;
    struct http_call *got;
    int count;
};

static inline void next_handle(struct http_handler *self,
                               struct http_call *call)
{
    struct next_fake *next = (struct next_fake *)self;
    next->got = call;
    next->count++;
}

static inline bool next_wants(struct http_handler *self,
                              const struct http_call *call)
{
    (void)call;
    return ((struct next_fake *)self)->wants;
}

/* ---- a client ---- */

struct scene {
    struct world *world;
    struct next_fake next;
    struct http_handler *gate;
    struct fake_call fake;
    struct http_request request;
    struct sigv4_credentials keys; /* the client's */
    struct str service;
    struct str region;
    struct str payload_hash; /* STR_NONE: of the body */
    struct sigv4_stages stages;
    int64_t signed_ago_ms;
};

static inline void add_header(struct scene *scene, const char *name,
                              const char *value)
{
    http_headers_add(scene->world->arena, &scene->request.headers, str_of(name),
                     str_of(value));
}

static inline void begin(struct scene *scene, struct world *world)
{
    *scene = (struct scene){.world = world};
    scene->next.handler.handle = next_handle;
    scene->next.handler.wants_body = next_wants;
    scene->next.wants = true;
    if (world->creds == NULL) {
        world_env(world, "AWS_ACCESS_KEY_ID", "AKIAOWN");
        world_env(world, "AWS_SECRET_ACCESS_KEY", "own-secret");
        (void)world_begin(world);
    }
    struct creds_gate_config config = {.port = 1,
                                       .body_limit = 100000,
                                       .chunk_limit = 100000,
                                       .body_ms = 5000};
    scene->gate =
        creds_verifying_handler(world->creds, &config, &scene->next.handler);
    creds_gate_set_port(scene->gate, PORT);
    scene->keys = creds_minted(world->creds);
}

/* The same, but the gate does not look at Host. */
static inline void begin_open(struct scene *scene, struct world *world)
{
    begin(scene, world);
    struct creds_gate_config config = {.any_host = true};
    scene->gate =
        creds_verifying_handler(world->creds, &config, &scene->next.handler);
}

static inline void make_ssm(struct scene *scene)
{
    scene->service = STR("ssm");
    scene->region = STR("eu-west-1");
    scene->request = (struct http_request){
        .method = STR("POST"),
        .target = STR("/"),
        .body = STR("{\"Name\": \"/a\", \"Value\": \"b\"}"),
    };
    add_header(scene, "Host", "127.0.0.1:4566");
    add_header(scene, "X-Amz-Target", "AmazonSSM.PutParameter");
    add_header(scene, "Content-Type", "application/x-amz-json-1.1");
}

static inline void make_form(struct scene *scene, const char *service,
                             const char *body)
{
    scene->service = str_of(service);
    scene->region = STR("us-east-1");
    scene->request = (struct http_request){
        .method = STR("POST"), .target = STR("/"), .body = str_of(body)};
    add_header(scene, "Host", "127.0.0.1:4566");
    add_header(scene, "Content-Type", "application/x-www-form-urlencoded");
}

static inline void make_rest(struct scene *scene, const char *service,
                             const char *method, const char *target,
                             const char *body)
{
    scene->service = str_of(service);
    scene->region = STR("us-east-1");
    scene->request = (struct http_request){.method = str_of(method),
                                           .target = str_of(target),
                                           .body = str_of(body)};
    add_header(scene, "Host", "127.0.0.1:4566");
}

static inline void sign(struct scene *scene)
{
    struct arena *arena = scene->world->arena;
    struct sigv4_sign_in in = {
        .credentials = &scene->keys,
        .region = scene->region,
        .service = scene->service,
        .wall_ms = world_wall - scene->signed_ago_ms,
        .rules = sigv4_rules_for(scene->service),
        .payload_hash = scene->payload_hash.ptr != NULL
                            ? scene->payload_hash
                            : sigv4_sha256_hex(arena, scene->request.body),
    };
    sigv4_sign_header(arena, &in, &scene->request, &scene->stages);
}

static inline void presign(struct scene *scene, int64_t expires_s)
{
    struct sigv4_sign_in in = {
        .credentials = &scene->keys,
        .region = scene->region,
        .service = scene->service,
        .wall_ms = world_wall - scene->signed_ago_ms,
        .rules = sigv4_rules_for(scene->service),
        .payload_hash = STR("UNSIGNED-PAYLOAD"),
    };
    sigv4_sign_query(scene->world->arena, &in, expires_s, &scene->request,
                     &scene->stages);
}

/* The head arrives, and `sent` of the body. */
static inline void knock(struct scene *scene, struct str sent, bool ended)
{
    struct fake_call *fake = &scene->fake;
    struct http_request head = scene->request;
    head.body = STR_NONE;
    *fake = (struct fake_call){.holds = 1};
    http_pipe_init(&fake->pipe, 1 << 20);
    fake->call.arena = scene->world->arena;
    fake->call.request = http_request_copy(scene->world->arena, &head);
    fake->call.request.body = STR_NONE;
    fake->call.body_length = (int64_t)scene->request.body.len;
    fake->call.body = &fake->pipe.source;
    fake->call.ops = &fake_ops;
    (void)http_pipe_put(&fake->pipe, sent);
    if (ended) {
        http_pipe_end(&fake->pipe);
    }
    scene->gate->handle(scene->gate, &fake->call);
    (void)timers_run_due(&scene->world->timers);
}

static inline void arrive(struct scene *scene)
{
    knock(scene, scene->request.body, true);
}

static inline void leave(struct scene *scene)
{
    if (scene->next.got != NULL) {
        http_call_release(scene->next.got);
        scene->next.got = NULL;
    }
    assert_int_equal(scene->fake.holds, 0);
    http_pipe_free(&scene->fake.pipe);
}

static inline struct str reply_of(const struct scene *scene)
{
    return scene->fake.response.body;
}

static inline void expect_passed(struct scene *scene)
{
    if (scene->next.count != 1) {
        fail_msg("not passed: %d %.*s", scene->fake.response.status,
                 STR_ARG(reply_of(scene)));
    }
    assert_int_equal(scene->fake.replies, 0);
    assert_int_equal(scene->fake.holds, 1);
}

static inline void expect_refused(struct scene *scene, int status,
                                  const char *code)
{
    assert_int_equal(scene->next.count, 0);
    assert_int_equal(scene->fake.replies, 1);
    assert_int_equal(scene->fake.holds, 0);
    struct str text = reply_of(scene);
    struct str type =
        http_headers_get(&scene->fake.response.headers, "x-amzn-errortype");
    if (scene->fake.response.status != status ||
        !(str_contains(text, str_of(code)) || str_eq(type, str_of(code)))) {
        fail_msg("%d %s, but got %d %.*s", status, code,
                 scene->fake.response.status, STR_ARG(text));
    }
    assert_holds_not(text, "own-secret");
    struct str secret = creds_minted(scene->world->creds).secret_key;
    assert_false(str_contains(text, secret));
    if (scene->stages.signature.len > 0) {
        assert_false(str_contains(text, scene->stages.signature));
    }
    const struct heard *heard = &scene->world->heard;
    assert_int_equal(heard->kinds[(heard->count - 1) % EVENTS_MAX],
                     EVENT_CALL_REFUSED);
}

enum protocol { SSM, SNS, EC2, S3, LAMBDA, ROUTE53 };

static inline void make(struct scene *scene, enum protocol protocol)
{
    switch (protocol) {
    case SSM:
        make_ssm(scene);
        break;
    case SNS:
        make_form(scene, "sns", "Action=Publish&Version=2010-03-31&Message=m");
        break;
    case EC2:
        make_form(scene, "ec2", "Action=RunInstances&Version=2016-11-15");
        break;
    case S3:
        make_rest(scene, "s3", "PUT", "/bucket/key", "bytes");
        break;
    case LAMBDA:
        make_rest(scene, "lambda", "POST", "/2015-03-31/functions", "{}");
        break;
    case ROUTE53:
        make_rest(scene, "route53", "POST", "/2013-04-01/hostedzone", "<a/>");
        break;
    }
}

/* As the engine relays it. */
static inline void send_on(struct scene *scene, struct http_fetch *fetch)
{
    struct http_call *call = scene->next.got;
    struct world *world = scene->world;
    bool whole = call->request.body.len > 0 || call->body_length == 0;
    *fetch = (struct http_fetch){
        .arena = world->arena,
        .timers = &world->timers,
        .request = call->request,
        .origin = STR("https://bucket.s3.us-east-1.amazonaws.com"),
        .upload = whole ? NULL : call->body,
        .upload_length = call->body_length,
        .as = call->identity,
        .sign_service = call->sign_service,
        .sign_region = STR("us-east-1"),
        .payload_hash = call->payload_hash,
        .purpose = HTTP_FOR_CLIENT,
        .done = arena_alloc(world->arena, sizeof(struct timer)),
    };
    http_fetch_send(creds_signing_client(world->creds), fetch);
}

#endif
