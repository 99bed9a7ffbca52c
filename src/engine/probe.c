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

struct asker {
    struct asker *next;
    struct timer *done;
};

struct probe {
    struct engine *engine;
    struct probe *next, **link; /* in engine->probes while it can be joined */
    struct arena *arena;
    struct str key;
    uint64_t hash;
    struct probe_ask ask;
    struct bucket *bucket;
    struct timer go;   /* a token is there */
    struct timer came; /* an answer, or not */
    struct http_fetch fetch;
    struct aws_call call; /* what the fetch says of itself */
    bool fetching;
    bool sent;
    bool queued;              /* has taken a token that is not used yet */
    struct moment first_sent; /* of the first page */
    size_t pages;
    struct json *input;  /* of the next page */
    struct json *joined; /* the pages so far */
    struct asker *askers;
    size_t asker_count;
    size_t references;
    struct probe_result result;
    bool finished;
};

/* ---- buckets ---- */

static struct bucket *bucket_of(struct engine *engine, struct str service,
                                struct str region)
{
    struct bucket *found = engine->buckets;
    while (found != NULL && !(str_eq(found->service, service) &&
                              str_eq(found->region, region))) {
        found = found->next;
    }
    if (found == NULL) {
        found = ARENA_NEW(engine->arena, struct bucket);
        found->service = arena_str(engine->arena, service);
        found->region = arena_str(engine->arena, region);
        found->nominal = engine_read_rate(engine, service);
        found->rate = found->nominal;
        found->tokens = found->nominal;
        found->filled_ms = engine_now_ms(engine);
        found->next = engine->buckets;
        engine->buckets = found;
    }
    return found;
}

/* Sends this page, or the next one, once there is a token for it. */
static void queue_up(struct probe *probe)
{
    probe->queued = true;
    timer_arm(probe->engine->config.timers, &probe->go,
              bucket_take_ms(probe->bucket, engine_now_ms(probe->engine)));
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
    if (probe->queued) {
        probe->queued = false;
        bucket_give_back(probe->bucket);
    }
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
    for (struct asker *a = probe->askers; a != NULL; a = a->next) {
        timer_wake(probe->engine->config.timers, a->done);
    }
    probe->askers = NULL;
}

/* ---- reading what came ---- */

struct probe_result probe_refusal(struct arena *arena,
                                  enum aws_protocol protocol,
                                  const struct http_response *response)
{
    struct probe_result result = {.status = response->status};
    enum { NOT_IMPLEMENTED = 501 };
    aws_error_read(arena, protocol, response, &result.code, &result.message);
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

static struct probe_result refusal(struct probe *probe,
                                   enum aws_protocol protocol)
{
    const struct http_response *response = &probe->fetch.response;
    enum { UNAVAILABLE = 503 };
    struct probe_result result =
        probe_refusal(probe->arena, protocol, response);
    /* A fault inside AWS says nothing about our pace. */
    if (aws_is_throttle(response->status, result.code) ||
        response->status == UNAVAILABLE) {
        bucket_throttled(probe->bucket, probe->first_sent.ms,
                         engine_now_ms(probe->engine));
    } else if (response->status < 500) {
        bucket_succeeded(probe->bucket);
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

/* What the next page is asked by; NULL: this was the last. */
static const struct json *page_token(const struct probe *probe,
                                     const struct json *page)
{
    const struct aws_operation *op = probe->ask.operation;
    const struct json *token =
        op->page_output.len > 0 ? json_get(page, op->page_output) : NULL;
    bool none = token == NULL || token->type == JSON_NULL ||
                (token->type == JSON_STRING && token->text.len == 0);
    return none ? NULL : token;
}

static void ask_next_page(struct probe *probe, const struct json *token)
{
    struct json *input = json_copy(probe->arena, probe->ask.input);
    json_set(probe->arena, input, probe->ask.operation->page_input,
             json_copy(probe->arena, token));
    probe->input = input;
    http_fetch_cancel(probe->engine->config.client, &probe->fetch);
    probe->fetching = false;
    queue_up(probe);
}

static void read_answer(struct probe *probe, enum aws_protocol protocol)
{
    const struct json *page = NULL;
    struct str why = STR_NONE;
    bucket_succeeded(probe->bucket);
    if (!aws_answer_read(probe->engine->config.registry, probe->arena, protocol,
                         &probe->fetch.response, &page, &why)) {
        finish(probe,
               (struct probe_result){.kind = PROBE_LOST, .message = why});
        return;
    }
    join_page(probe, page);
    const struct json *token = page_token(probe, page);
    if (token != NULL && probe->pages >= PAGES_MAX) {
        /* Part of a list must not pass for all of it. */
        finish(probe, (struct probe_result){
                          .kind = PROBE_REFUSED,
                          .code = STR("TooManyPages"),
                          .message = STR("the list is too long to be read"),
                      });
    } else if (token != NULL) {
        ask_next_page(probe, token);
    } else {
        finish(probe, (struct probe_result){
                          .kind = PROBE_ANSWERED,
                          .output = probe->joined,
                          .status = probe->fetch.response.status,
                      });
    }
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
    } else if (fetch->outcome == HTTP_UNRECORDED) {
        finish(probe, (struct probe_result){.kind = PROBE_UNRECORDED,
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
        .purpose = HTTP_FOR_READ_BACK,
        .call = &probe->call,
        .exchange = probe->ask.exchange,
        .access_key = probe->ask.access_key,
        .done = &probe->came,
    };
    probe->call.input = probe->input;
    if (!aws_request_write(config->registry, probe->arena, probe->ask.service,
                           probe->ask.operation->name, probe->input,
                           &probe->fetch.request, &why) ||
        !place(probe, &why)) {
        finish(probe, (struct probe_result){.kind = PROBE_DENIED,
                                            .code = STR("NotSupported"),
                                            .message = why});
        return;
    }
    if (!probe->sent) {
        probe->sent = true;
        probe->first_sent = engine_moment(probe->engine);
    }
    probe->pages++;
    probe->fetching = true;
    http_fetch_send(config->client, &probe->fetch);
}

static void on_go(void *ctx)
{
    struct probe *probe = ctx;
    probe->queued = false;
    send_page(probe);
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
    uint64_t hash = str_hash(key);
    struct probe *p = engine->probes[hash % PROBE_BUCKETS];
    for (; p != NULL; p = p->next) {
        if (p->hash == hash && p->ask.as == ask->as && str_eq(p->key, key) &&
            p->asker_count < ASKERS_MAX &&
            (!p->sent || p->first_sent.ms > since_ms)) {
            p->ask.fresh_connection |= ask->fresh_connection;
            return p;
        }
    }
    return NULL;
}

static void list(struct probe *probe)
{
    struct probe **head = &probe->engine->probes[probe->hash % PROBE_BUCKETS];
    probe->next = *head;
    probe->link = head;
    if (probe->next != NULL) {
        probe->next->link = &probe->next;
    }
    *head = probe;
}

static struct probe *make(struct engine *engine, struct arena *arena,
                          struct str key, const struct probe_ask *ask)
{
    struct probe *probe = ARENA_NEW(arena, struct probe);
    probe->engine = engine;
    probe->arena = arena;
    probe->key = key;
    probe->hash = str_hash(key);
    /* Whoever joins may outlive the one that asked first, and its rules. */
    probe->ask = *ask;
    probe->ask.service = arena_str(arena, ask->service);
    probe->ask.access_key = arena_str(arena, ask->access_key);
    probe->ask.region = arena_str(arena, ask->region);
    probe->ask.exchange = arena_str(arena, ask->exchange);
    const struct aws_service *service =
        aws_service_find(engine->config.registry, ask->service);
    probe->call = (struct aws_call){
        .about = service,
        .service = probe->ask.service,
        .title = service->title,
        .operation = ask->operation->name,
        .region = probe->ask.region,
        .protocol = service->protocol,
    };
    probe->input = json_copy(arena, ask->input);
    probe->ask.input = probe->input;
    probe->bucket = bucket_of(engine, ask->service, ask->region);
    timer_init(&probe->go, on_go, probe);
    timer_init(&probe->came, on_came, probe);
    list(probe);
    engine->probe_count++;
    queue_up(probe);
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
    struct asker **end = &probe->askers;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = ARENA_NEW(probe->arena, struct asker);
    (*end)->done = done;
    probe->asker_count++;
    probe->references++;
    return probe;
}

bool probe_is_queued(const struct probe *probe)
{
    return !probe->sent;
}

struct moment probe_sent(const struct probe *probe)
{
    return probe->first_sent;
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
    struct asker **at = &probe->askers;
    while (*at != NULL && (*at)->done != done) {
        at = &(*at)->next;
    }
    if (*at != NULL) {
        *at = (*at)->next;
        probe->asker_count--;
    }
    assert(probe->references > 0);
    if (--probe->references == 0) {
        stop(probe);
        probe->engine->probe_count--;
        arena_free(probe->arena);
    }
}
