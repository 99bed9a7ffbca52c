/* SPDX-License-Identifier: Apache-2.0 */
/* A recorder between a client of ours and a network that does what the test
 * says, on a clock turned by hand. Start at stage_begin(). */
#ifndef TESTS_RECORDING_STAGE_H
#define TESTS_RECORDING_STAGE_H

#include "scene.h"

#include "base/timer.h"

struct network {
    struct http_client client; /* first: so that it can be cast */
    struct http_fetch *last;
    struct http_pipe pipe;
    int sends;
    int cancels;
};

struct stage {
    struct scene *scene;
    int64_t now_ms;
    struct timers timers;
    struct network network;
    struct timer failed;
    int failures;
    struct recording_recorder *recorder;
    struct http_fetch fetch;
    struct timer head;
    struct timer done;
    int heads;
    int dones;
};

static inline void network_send(struct http_client *self,
                                struct http_fetch *fetch)
{
    struct network *network = (struct network *)self;
    network->last = fetch;
    network->sends++;
    fetch->outcome = HTTP_PENDING;
}

static inline void network_cancel(struct http_client *self,
                                  struct http_fetch *fetch)
{
    struct network *network = (struct network *)self;
    assert_ptr_equal(network->last, fetch);
    network->cancels++;
    http_pipe_free(&network->pipe);
}

static inline int64_t stage_now(void *clock)
{
    return *(int64_t *)clock;
}

static inline int64_t stage_wall(void)
{
    return 1700000000000;
}

static inline void stage_count(void *ctx)
{
    (*(int *)ctx)++;
}

static inline bool stage_open(struct stage *stage, struct str *reterr)
{
    const struct recording_recorder_config config = {
        .timers = &stage->timers,
        .wall_ms = stage_wall,
        .registry = stage->scene->registry,
        .next = &stage->network.client,
        .path = stage->scene->path,
        .session = scene_facts(),
        .body_limit = 100,
        .on_failure = &stage->failed,
    };
    stage->recorder =
        recording_recorder_open(&config, stage->scene->arena, reterr);
    return stage->recorder != NULL;
}

static inline void stage_begin(struct stage *stage, struct scene *scene)
{
    struct str why = STR_NONE;
    *stage = (struct stage){.scene = scene, .now_ms = 5000};
    timers_init(&stage->timers, stage_now, &stage->now_ms);
    stage->network.client = (struct http_client){network_send, network_cancel};
    timer_init(&stage->failed, stage_count, &stage->failures);
    timer_init(&stage->head, stage_count, &stage->heads);
    timer_init(&stage->done, stage_count, &stage->dones);
    if (!stage_open(stage, &why)) {
        fail_msg("%.*s", STR_ARG(why));
    }
}

static inline void stage_end(struct stage *stage)
{
    timers_done(&stage->timers);
}

/* Our fetch, of a call in a JSON protocol. */
static inline void stage_fetch(struct stage *stage, const char *input)
{
    struct recording_interaction what =
        scene_json(stage->scene, "ssm", "AmazonSSM.GetParameter", input, "");
    stage->fetch = (struct http_fetch){
        .arena = stage->scene->arena,
        .timers = &stage->timers,
        .request = what.request,
        .origin = STR("https://ssm.eu-west-1.amazonaws.com"),
        .purpose = HTTP_FOR_CLIENT,
        .call = what.call,
        .exchange = STR("x1"),
        .access_key = STR("AKIAIOSFODNN7EXAMPLE"),
        .head = &stage->head,
        .done = &stage->done,
    };
}

static inline void stage_send(struct stage *stage)
{
    http_fetch_send(recording_recorder_client(stage->recorder), &stage->fetch);
}

static inline void stage_cancel(struct stage *stage)
{
    http_fetch_cancel(recording_recorder_client(stage->recorder),
                      &stage->fetch);
}

static inline void stage_wait(struct stage *stage, int64_t ms)
{
    stage->now_ms += ms;
    (void)timers_run_due(&stage->timers);
}

/* The network: a whole answer. */
static inline void stage_answer(struct stage *stage, int status,
                                const char *body)
{
    struct http_fetch *fetch = stage->network.last;
    fetch->response.status = status;
    fetch->response.headers = (struct http_headers){0};
    http_headers_add(stage->scene->arena, &fetch->response.headers,
                     STR("Content-Type"), STR("application/x-amz-json-1.1"));
    fetch->response.body = str_of(body);
    fetch->head_ready = true;
    fetch->outcome = HTTP_ANSWERED;
    timer_wake(fetch->timers, fetch->done);
}

static inline void stage_fail(struct stage *stage, enum http_outcome outcome,
                              const char *why)
{
    stage->network.last->outcome = outcome;
    stage->network.last->error = str_of(why);
    timer_wake(stage->network.last->timers, stage->network.last->done);
}

/* The network: the head of an answer whose body streams. */
static inline void stage_answer_head(struct stage *stage, const char *length)
{
    struct http_fetch *fetch = stage->network.last;
    fetch->response.status = 200;
    if (length != NULL) {
        http_headers_add(stage->scene->arena, &fetch->response.headers,
                         STR("Content-Length"), str_of(length));
    }
    http_pipe_init(&stage->network.pipe, 1000);
    fetch->download = &stage->network.pipe.source;
    fetch->head_ready = true;
    fetch->outcome = HTTP_ANSWERED;
    timer_wake(fetch->timers, fetch->head);
}

static inline struct recording *stage_close(struct stage *stage)
{
    assert_true(recording_recorder_close(stage->recorder));
    return scene_load(stage->scene);
}

#endif
