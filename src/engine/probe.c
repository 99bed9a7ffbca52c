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
    /* Of one service in one region: half of the connections that upstream
     * keeps. More would be new ones, which help nobody who is slow. */
    FLYING_MAX = 128,
};

struct asker {
    struct asker *next;
    struct timer *done;
};

/* One sending of a page. */
struct flight {
    struct probe *probe;
    struct http_fetch fetch;
    struct timer came; /* an answer, or not */
    struct moment sent;
    bool under_way;
};
enum { FLIGHTS = 2 }; /* the second is a hedge */

struct probe {
    struct engine *engine;
    struct probe *next, **link; /* in engine->probes while it can be joined */
    struct arena *arena;
    struct str key;
    uint64_t hash;
    struct probe_ask ask;
    struct bucket *bucket;
    struct timer go;                  /* a token is there */
    struct timer late;                /* twice the usual time is over */
    struct probe *behind, **in_front; /* in the bucket's line */
    bool flies;                       /* counts in bucket->flying */
    struct flight flights[FLIGHTS];
    const struct http_fetch *heard; /* the flight that has ended first */
    struct aws_call call;           /* what a fetch says of itself */
    bool hedged;
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
        found->line_end = &found->line;
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

/* ---- those that wait until another has landed ---- */

static void line_up(struct probe *probe)
{
    probe->behind = NULL;
    probe->in_front = probe->bucket->line_end;
    *probe->in_front = probe;
    probe->bucket->line_end = &probe->behind;
}

static void leave_line(struct probe *probe)
{
    if (probe->in_front == NULL) {
        return;
    }
    *probe->in_front = probe->behind;
    *(probe->behind != NULL ? &probe->behind->in_front
                            : &probe->bucket->line_end) = probe->in_front;
    probe->in_front = NULL;
}

/* False: it has to wait, and is sent when its turn comes. */
static bool take_off(struct probe *probe)
{
    if (!probe->flies && probe->bucket->flying >= FLYING_MAX) {
        line_up(probe);
        return false;
    }
    probe->bucket->flying += !probe->flies;
    probe->flies = true;
    return true;
}

/* The next one takes its place at once, so that nobody gets in between. */
static void make_way(struct probe *probe)
{
    struct bucket *bucket = probe->bucket;
    struct probe *next = bucket->line;
    if (!probe->flies) {
        return;
    }
    probe->flies = false;
    bucket->flying--;
    if (next != NULL) {
        leave_line(next);
        (void)take_off(next);
        timer_wake(next->engine->config.timers, &next->go);
    }
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

/* Gives back what a page was sent with. */
static void land(struct probe *probe)
{
    struct timers *timers = probe->engine->config.timers;
    timer_cancel(timers, &probe->late);
    for (size_t i = 0; i < FLIGHTS; i++) {
        struct flight *flight = &probe->flights[i];
        timer_cancel(timers, &flight->came);
        if (flight->under_way) {
            http_fetch_cancel(probe->engine->config.client, &flight->fetch);
            flight->under_way = false;
        }
    }
    make_way(probe);
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
    leave_line(probe);
    land(probe);
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

static struct probe_result refusal(struct probe *probe,
                                   enum aws_protocol protocol)
{
    const struct http_response *response = &probe->heard->response;
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

static void ask_next_page(struct probe *probe, const struct json *token)
{
    struct json *input = json_copy(probe->arena, probe->ask.input);
    json_set(probe->arena, input, probe->ask.operation->page_input,
             json_copy(probe->arena, token));
    probe->input = input;
    land(probe);
    queue_up(probe);
}

static void read_answer(struct probe *probe, enum aws_protocol protocol)
{
    const struct json *page = NULL;
    struct str why = STR_NONE;
    bucket_succeeded(probe->bucket);
    if (!aws_answer_read(probe->engine->config.registry, probe->arena, protocol,
                         &probe->heard->response, &page, &why)) {
        finish(probe, page_unread(probe->engine->config.registry, protocol,
                                  &probe->heard->response, why));
        return;
    }
    probe->joined =
        page_join(probe->arena, probe->ask.operation, probe->joined, page);
    const struct json *token = page_token(probe->ask.operation, page);
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
                          .status = probe->heard->response.status,
                      });
    }
}

static bool is_answer(const struct flight *flight)
{
    return flight->under_way && flight->fetch.outcome == HTTP_ANSWERED;
}

/* How long an answer took, and how long those have taken that it overtook. */
static void note_times(struct probe *probe)
{
    int64_t now = engine_now_ms(probe->engine);
    for (size_t i = 0; i < FLIGHTS; i++) {
        if (probe->flights[i].under_way) {
            bucket_timed(probe->bucket, now - probe->flights[i].sent.ms);
        }
    }
}

/* The first answer counts; that none will come, only when nothing else may. */
static bool is_decided(struct probe *probe, const struct flight *flight)
{
    const struct flight *other =
        &probe->flights[flight == probe->flights ? 1 : 0];
    if (flight->fetch.outcome == HTTP_PENDING) {
        return false;
    }
    if (is_answer(flight)) {
        note_times(probe);
        return true;
    }
    return !other->under_way || other->fetch.outcome != HTTP_PENDING;
}

static void on_came(void *ctx)
{
    struct flight *flight = ctx;
    struct probe *probe = flight->probe;
    const struct http_fetch *fetch = &flight->fetch;
    if (!is_decided(probe, flight)) {
        return;
    }
    probe->heard = fetch;
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

static bool place(struct probe *probe, struct http_fetch *fetch,
                  struct str *reterr)
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
    fetch->origin = endpoint.origin;
    fetch->sign_service = endpoint.signing_name;
    fetch->sign_region = endpoint.signing_region;
    return true;
}

static bool fly(struct probe *probe, struct flight *flight, struct str *reterr)
{
    const struct engine_config *config = &probe->engine->config;
    flight->fetch = (struct http_fetch){
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
        .done = &flight->came,
    };
    if (!aws_request_write(config->registry, probe->arena, probe->ask.service,
                           probe->ask.operation->name, probe->input,
                           &flight->fetch.request, reterr) ||
        !place(probe, &flight->fetch, reterr)) {
        return false;
    }
    flight->sent = engine_moment(probe->engine);
    flight->under_way = true;
    http_fetch_send(config->client, &flight->fetch);
    return true;
}

/* No answer yet: once more, once, if that takes nobody's token. */
static void on_late(void *ctx)
{
    struct probe *probe = ctx;
    struct str why = STR_NONE;
    if (!probe->hedged &&
        bucket_take_now(probe->bucket, engine_now_ms(probe->engine))) {
        probe->hedged = true;
        (void)fly(probe, &probe->flights[1], &why); /* the first did */
    }
}

static void send_page(struct probe *probe)
{
    int64_t patience_ms = bucket_patience_ms(probe->bucket);
    struct str why = STR_NONE;
    probe->call.input = probe->input;
    if (!fly(probe, &probe->flights[0], &why)) {
        finish(probe, (struct probe_result){.kind = PROBE_DENIED,
                                            .code = STR("NotSupported"),
                                            .message = why});
        return;
    }
    if (!probe->sent) {
        probe->sent = true;
        probe->first_sent = probe->flights[0].sent;
    }
    probe->pages++;
    if (probe->engine->config.hedges && !probe->hedged && patience_ms > 0) {
        timer_arm(probe->engine->config.timers, &probe->late, patience_ms);
    }
}

static void on_go(void *ctx)
{
    struct probe *probe = ctx;
    if (take_off(probe)) {
        probe->queued = false;
        send_page(probe);
    }
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
    timer_init(&probe->late, on_late, probe);
    for (size_t i = 0; i < FLIGHTS; i++) {
        probe->flights[i].probe = probe;
        timer_init(&probe->flights[i].came, on_came, &probe->flights[i]);
    }
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
