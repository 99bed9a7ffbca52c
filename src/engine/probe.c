/* SPDX-License-Identifier: Apache-2.0 */
/* One read-back, sent once for all who ask the same, and read to its last
 * page. Here because quota is shared too. Start at probe_ask(). */
#include "engine/private.h"

#include <assert.h>

enum {
    ASKERS_MAX = 64,
    PAGES_MAX = 200,
    READ_TIMEOUT_MS = 10000,
    READ_LIMIT = 16 * 1024 * 1024,
};

struct probe {
    struct engine *engine;
    struct probe *next, **link; /* in engine->probes while it can be joined */
    struct arena *arena;
    struct str key;
    struct probe_ask ask;
    struct bucket *bucket;
    struct timer go;   /* a token is there */
    struct timer came; /* an answer, or not */
    struct http_fetch fetch;
    bool fetching;
    bool sent;
    int64_t sent_ms;
    size_t pages;
    struct json *input;  /* of the next page */
    struct json *joined; /* the pages so far */
    struct timer *askers[ASKERS_MAX];
    size_t asker_count;
    size_t references;
    struct probe_result result;
    bool finished;
};

/* ---- buckets ---- */

static struct bucket *bucket_of(struct engine *engine, struct str service,
                                struct str region)
{
    struct arena *scratch = arena_new();
    struct str key =
        arena_printf(scratch, "%.*s/%.*s", STR_ARG(service), STR_ARG(region));
    struct bucket *found = engine->buckets;
    while (found != NULL && !str_eq(found->key, key)) {
        found = found->next;
    }
    if (found == NULL) {
        found = ARENA_NEW(engine->arena, struct bucket);
        found->key = arena_str(engine->arena, key);
        found->nominal = rules_rate(engine->config.rules, service);
        found->rate = found->nominal;
        found->tokens = found->nominal;
        found->filled_ms = engine_now_ms(engine);
        found->next = engine->buckets;
        engine->buckets = found;
    }
    arena_free(scratch);
    return found;
}

/* ---- the end of a probe ---- */

static void unlist(struct probe *probe)
{
    if (probe->link != NULL) {
        *probe->link = probe->next;
        if (probe->next != NULL) {
            probe->next->link = probe->link;
        }
        probe->link = NULL;
        probe->next = NULL;
    }
}

static void stop(struct probe *probe)
{
    struct timers *timers = probe->engine->config.timers;
    unlist(probe);
    timer_cancel(timers, &probe->go);
    timer_cancel(timers, &probe->came);
    if (probe->fetching) {
        http_fetch_cancel(probe->engine->config.client, &probe->fetch);
        probe->fetching = false;
    }
}

static void finish(struct probe *probe, struct probe_result result)
{
    stop(probe);
    probe->result = result;
    probe->finished = true;
    if (result.kind == PROBE_THROTTLED) {
        bucket_throttled(probe->bucket);
    } else {
        bucket_succeeded(probe->bucket);
    }
    for (size_t i = 0; i < probe->asker_count; i++) {
        timer_wake(probe->engine->config.timers, probe->askers[i]);
    }
    probe->asker_count = 0;
}

/* ---- reading what came ---- */

static struct probe_result refusal(struct probe *probe,
                                   enum aws_protocol protocol)
{
    const struct http_response *response = &probe->fetch.response;
    struct probe_result result = {.status = response->status};
    enum { NOT_IMPLEMENTED = 501 };
    aws_error_read(probe->arena, protocol, response, &result.code,
                   &result.message);
    if (aws_is_denial(response->status, result.code)) {
        result.kind = PROBE_DENIED;
    } else if (aws_is_throttle(response->status, result.code) ||
               (response->status >= 500 &&
                response->status != NOT_IMPLEMENTED)) {
        result.kind = PROBE_THROTTLED;
    } else {
        result.kind = PROBE_REFUSED;
    }
    return result;
}

/* Appends this page's lists to the ones before. */
static void join_page(struct probe *probe, const struct json *page)
{
    const struct aws_operation *op = probe->ask.operation;
    struct json *whole = json_copy(probe->arena, page);
    for (size_t i = 0; probe->joined != NULL && i < op->page_result_count;
         i++) {
        const struct json *before =
            json_get(probe->joined, op->page_results[i]);
        const struct json *more = json_get(page, op->page_results[i]);
        struct json *both = json_new(probe->arena, JSON_ARRAY);
        for (size_t k = 0; before != NULL && k < before->count; k++) {
            json_push(probe->arena, both, before->members[k].value);
        }
        for (size_t k = 0; more != NULL && k < more->count; k++) {
            json_push(probe->arena, both, more->members[k].value);
        }
        json_set(probe->arena, whole, op->page_results[i], both);
    }
    probe->joined = whole;
}

static void send_page(struct probe *probe);

static bool next_page(struct probe *probe, const struct json *page)
{
    const struct aws_operation *op = probe->ask.operation;
    const struct json *token =
        op->page_output.len > 0 ? json_get(page, op->page_output) : NULL;
    if (token == NULL || token->type != JSON_STRING || token->text.len == 0 ||
        probe->pages >= PAGES_MAX) {
        return false;
    }
    struct json *input = json_copy(probe->arena, probe->ask.input);
    json_set(probe->arena, input, op->page_input,
             json_copy(probe->arena, token));
    probe->input = input;
    return true;
}

static void read_answer(struct probe *probe, enum aws_protocol protocol)
{
    const struct json *page = NULL;
    struct str why = STR_NONE;
    if (!aws_response_read(probe->arena, protocol, &probe->fetch.response,
                           &page, &why)) {
        finish(probe,
               (struct probe_result){.kind = PROBE_LOST, .message = why});
        return;
    }
    join_page(probe, page);
    if (next_page(probe, page)) {
        http_fetch_cancel(probe->engine->config.client, &probe->fetch);
        probe->fetching = false;
        int64_t wait_ms =
            bucket_take_ms(probe->bucket, engine_now_ms(probe->engine));
        timer_arm(probe->engine->config.timers, &probe->go, wait_ms);
        return;
    }
    finish(probe, (struct probe_result){
                      .kind = PROBE_ANSWERED,
                      .output = probe->joined,
                      .status = probe->fetch.response.status,
                  });
}

static void on_came(void *ctx)
{
    struct probe *probe = ctx;
    const struct http_fetch *fetch = &probe->fetch;
    if (fetch->outcome == HTTP_PENDING) {
        return;
    }
    const struct aws_service *service =
        aws_service_find(probe->engine->config.registry, probe->ask.service);
    if (fetch->outcome == HTTP_UNSIGNABLE) {
        finish(probe, (struct probe_result){.kind = PROBE_DENIED,
                                            .code = STR("NoCredentials"),
                                            .message = fetch->error});
    } else if (fetch->outcome != HTTP_ANSWERED) {
        finish(probe, (struct probe_result){.kind = PROBE_LOST,
                                            .message = fetch->error});
    } else if (fetch->response.status >= 300) {
        finish(probe, refusal(probe, service->protocol));
    } else {
        read_answer(probe, service->protocol);
    }
}

/* ---- sending ---- */

static bool place(struct probe *probe, struct str *reterr)
{
    const struct engine_config *config = &probe->engine->config;
    const struct aws_service *service =
        aws_service_find(config->registry, probe->ask.service);
    struct aws_endpoint endpoint = {.origin = config->upstream_url,
                                    .signing_region = probe->ask.region,
                                    .signing_name = service->signing_name};
    if (config->upstream_url.len == 0 &&
        !aws_endpoint_find(config->registry, probe->arena, probe->ask.service,
                           service->signing_name, probe->ask.region, &endpoint,
                           reterr)) {
        return false;
    }
    probe->fetch.origin = endpoint.origin;
    probe->fetch.sign_service = endpoint.signing_name;
    probe->fetch.sign_region = endpoint.signing_region;
    return true;
}

static void send_page(struct probe *probe)
{
    const struct engine_config *config = &probe->engine->config;
    struct str why = STR_NONE;
    probe->fetch = (struct http_fetch){
        .arena = probe->arena,
        .timers = config->timers,
        .timeout_ms = config->read_timeout_ms > 0 ? config->read_timeout_ms
                                                  : READ_TIMEOUT_MS,
        .fresh_connection = probe->ask.fresh_connection,
        .body_limit = READ_LIMIT,
        .as = probe->ask.as,
        .done = &probe->came,
    };
    if (!aws_request_write(config->registry, probe->arena, probe->ask.service,
                           probe->ask.operation->name, probe->input,
                           &probe->fetch.request, &why) ||
        !place(probe, &why)) {
        finish(probe, (struct probe_result){.kind = PROBE_DENIED,
                                            .code = STR("NotSupported"),
                                            .message = why});
        return;
    }
    probe->sent = true;
    probe->sent_ms = engine_now_ms(probe->engine);
    probe->pages++;
    probe->fetching = true;
    http_fetch_send(config->client, &probe->fetch);
}

static void on_go(void *ctx)
{
    send_page(ctx);
}

/* ---- asking ---- */

static struct str key_of(struct arena *arena, const struct probe_ask *ask)
{
    struct buf text = {0};
    buf_printf(&text, "%.*s|%.*s|%.*s|%.*s|", STR_ARG(ask->access_key),
               STR_ARG(ask->service), STR_ARG(ask->region),
               STR_ARG(ask->operation->name));
    json_write_canonical(ask->input, &text);
    struct str key = arena_str(arena, buf_str(&text));
    buf_free(&text);
    return key;
}

static struct probe *find(struct engine *engine, struct str key,
                          const struct probe_ask *ask, int64_t since_ms)
{
    for (struct probe *p = engine->probes; p != NULL; p = p->next) {
        if (str_eq(p->key, key) && p->ask.as == ask->as &&
            p->asker_count < ASKERS_MAX &&
            (!p->sent || p->sent_ms >= since_ms)) {
            p->ask.fresh_connection |= ask->fresh_connection;
            return p;
        }
    }
    return NULL;
}

static struct probe *make(struct engine *engine, struct arena *arena,
                          struct str key, const struct probe_ask *ask)
{
    struct probe *probe = ARENA_NEW(arena, struct probe);
    probe->engine = engine;
    probe->arena = arena;
    probe->key = key;
    probe->ask = *ask;
    probe->ask.access_key = arena_str(arena, ask->access_key);
    probe->ask.region = arena_str(arena, ask->region);
    probe->input = json_copy(arena, ask->input);
    probe->ask.input = probe->input;
    probe->bucket = bucket_of(engine, ask->service, ask->region);
    timer_init(&probe->go, on_go, probe);
    timer_init(&probe->came, on_came, probe);
    probe->next = engine->probes;
    probe->link = &engine->probes;
    if (probe->next != NULL) {
        probe->next->link = &probe->next;
    }
    engine->probes = probe;
    timer_arm(engine->config.timers, &probe->go,
              bucket_take_ms(probe->bucket, engine_now_ms(engine)));
    return probe;
}

struct probe *probe_ask(struct engine *engine, const struct probe_ask *ask,
                        int64_t since_ms, struct timer *done)
{
    struct arena *arena = arena_new();
    struct str key = key_of(arena, ask);
    struct probe *probe = find(engine, key, ask, since_ms);
    if (probe == NULL) {
        probe = make(engine, arena, key, ask);
    } else {
        arena_free(arena);
    }
    probe->askers[probe->asker_count++] = done;
    probe->references++;
    return probe;
}

const struct probe_result *probe_get(const struct probe *probe)
{
    return probe->finished ? &probe->result : NULL;
}

void probe_drop(struct probe *probe, struct timer *done)
{
    if (probe == NULL) {
        return;
    }
    for (size_t i = 0; i < probe->asker_count; i++) {
        if (probe->askers[i] == done) {
            probe->askers[i] = probe->askers[--probe->asker_count];
            break;
        }
    }
    assert(probe->references > 0);
    if (--probe->references == 0) {
        stop(probe);
        arena_free(probe->arena);
    }
}
