/* SPDX-License-Identifier: Apache-2.0 */
/* An engine in a world of its own: a clock turned by hand, an upstream that
 * waits to be told, calls that only note what is replied. */
#ifndef TEST_ENGINE_WORLD_H
#define TEST_ENGINE_WORLD_H

#include "support/fake_client.h"
#include "support/hand_clock.h"
#include "support/texts.h"

#include "engine/private.h"

enum { SENT_MAX = 20100 };

struct world {
    struct hand_clock clock;
    struct fake_client upstream;
    struct arena *arena;
    struct aws_registry *registry;
    struct rules *rules;
    struct engine *engine;
};

struct world_call {
    struct http_call call; /* first, so that it can be cast */
    struct arena *arena;
    struct http_pipe pipe;
    unsigned holds;
    int status; /* of the answer */
    bool dropped;
};

static inline void world_run(struct world *w)
{
    hand_clock_run(&w->clock);
}

static inline void world_turn(struct world *w, int64_t ms)
{
    hand_clock_turn(&w->clock, ms);
}

static inline void world_answer(struct world *w, struct http_fetch *fetch,
                                int status, const char *body)
{
    fake_client_answer(&w->upstream, fetch, status, str_of(body));
    http_headers_add(fetch->arena, &fetch->response.headers,
                     STR("x-amzn-RequestId"),
                     STR("5a3f1c0e-7d5b-4c7e-9d53-0f6d6f1f2c3a"));
    http_headers_add(fetch->arena, &fetch->response.headers, STR("Date"),
                     STR("Sun, 30 Aug 2015 12:36:00 GMT"));
    world_run(w);
}

static inline void world_open(struct world *w, const struct engine_config *more)
{
    struct diag diag;
    const struct rules_load_in in = {.without_builtin = false};
    struct rules_load_in with_registry = in;
    *w = (struct world){.arena = arena_new()};
    hand_clock_init(&w->clock);
    fake_client_init(&w->upstream, w->arena, SENT_MAX);
    w->registry = aws_registry_new();
    diag_init(&diag, w->arena);
    with_registry.registry = w->registry;
    w->rules = rules_load(&with_registry, &diag);
    assert_non_null(w->rules);
    struct engine_config config = *more;
    config.timers = &w->clock.timers;
    config.wall_ms = hand_clock_wall;
    config.registry = w->registry;
    config.client = &w->upstream.client;
    config.rules = w->rules;
    config.run_id = STR("test");
    config.max_hold_ms =
        config.max_hold_ms > 0 ? config.max_hold_ms : 110 * 1000;
    w->engine = engine_new(&config);
}

static inline void world_close(struct world *w)
{
    engine_finish(w->engine);
    world_run(w);
    assert_int_equal(engine_active(w->engine), 0);
    assert_int_equal(w->upstream.sent_count, 0);
    engine_free(w->engine);
    rules_unref(w->rules);
    aws_registry_free(w->registry);
    timers_done(&w->clock.timers);
    arena_free(w->arena);
}

static void note_reply(struct http_call *call,
                       const struct http_response *answer)
{
    struct world_call *c = (struct world_call *)call;
    assert_int_equal(c->status, 0);
    c->status = answer->status;
}

static void note_nothing(struct http_call *call)
{
    (void)call;
}

static void note_abort(struct http_call *call)
{
    ((struct world_call *)call)->dropped = true;
}

static void note_hold(struct http_call *call)
{
    ((struct world_call *)call)->holds++;
}

static void note_release(struct http_call *call)
{
    ((struct world_call *)call)->holds--;
}

static const struct http_call_ops world_ops = {
    .reply = note_reply,
    .interim = note_nothing,
    .look = note_nothing,
    .abort = note_abort,
    .hold = note_hold,
    .release = note_release,
};

/* A call as boto3 makes it. */
static inline struct world_call *world_call(struct world *w,
                                            const char *operation,
                                            const char *invocation_id,
                                            struct str body)
{
    struct arena *arena = arena_new();
    struct world_call *c = ARENA_NEW(arena, struct world_call);
    struct http_headers *headers = &c->call.request.headers;
    c->arena = arena;
    c->holds = 1;
    http_pipe_init(&c->pipe, 1024);
    http_pipe_end(&c->pipe);
    c->call = (struct http_call){.arena = arena,
                                 .body = &c->pipe.source,
                                 .access_key = STR("AKIAIOSFODNN7EXAMPLE"),
                                 .sign_service = STR("ssm"),
                                 .sign_region = STR("eu-west-1"),
                                 .ops = &world_ops};
    c->call.request.method = STR("POST");
    c->call.request.target = STR("/");
    c->call.request.body = arena_str(arena, body);
    c->call.body_length = (int64_t)body.len;
    http_headers_add(arena, headers, STR("X-Amz-Target"),
                     arena_printf(arena, "AmazonSSM.%s", operation));
    http_headers_add(arena, headers, STR("Content-Type"),
                     STR("application/x-amz-json-1.1"));
    http_headers_add(arena, headers, STR("User-Agent"),
                     STR("Boto3/1.34.0 md/Botocore#1.34.0 ua/2.0 os/linux#6.1 "
                         "md/arch#x86_64 lang/python#3.11 md/pyimpl#CPython "
                         "cfg/retry-mode#standard Botocore/1.34.0"));
    http_headers_add(arena, headers, STR("X-Amz-Date"),
                     STR("20150830T123600Z"));
    http_headers_add(arena, headers, STR("Authorization"),
                     STR("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/"
                         "20150830/eu-west-1/ssm/aws4_request, SignedHeaders="
                         "content-type;host;x-amz-date;x-amz-target, Signature="
                         "0000000000000000000000000000000000000000000000000000"
                         "000000000000"));
    if (invocation_id != NULL) {
        http_headers_add(arena, headers, STR("amz-sdk-invocation-id"),
                         str_of(invocation_id));
    }
    http_headers_add(arena, headers, STR("amz-sdk-request"), STR("attempt=1"));
    struct http_handler *handler = engine_handler(w->engine);
    handler->handle(handler, &c->call);
    world_run(w);
    return c;
}

static inline void world_forget(struct world_call *c)
{
    assert_int_equal(c->holds, 0);
    http_pipe_free(&c->pipe);
    arena_free(c->arena);
}

#endif
