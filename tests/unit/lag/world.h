/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lag in a world of a test's own: a clock turned by hand, visitors, and an
 * emulator of parameters in forty lines that answers when it is told to.
 */
#ifndef TESTS_LAG_WORLD_H
#define TESTS_LAG_WORLD_H

#include "support/fake_client.h"
#include "support/hand_clock.h"
#include "support/texts.h"

#include "lag/private.h"

enum { SENT_MAX = 128, PARAMETERS = 8, EVENTS = 256 };

struct parameter {
    char name[32];
    char value[32];
    char tags[64]; /* JSON */
};

struct heard {
    enum event_kind kind;
    char operation[48];
    char resource[48];
    char confirmation[48];
    char detail[16];
    char write[8];
    char request_id[16];
    int64_t until_ms;
};

struct world {
    struct hand_clock clock;
    struct fake_client upstream;
    struct arena *arena;
    struct aws_registry *registry;
    struct rules *rules;
    struct lag *lag;
    struct events events;
    struct event_sink sink;
    struct heard heard[EVENTS];
    size_t heard_count;
    struct parameter parameters[PARAMETERS];
    struct lag_schedule schedule;
};

struct visitor {
    struct http_call call; /* first, so that it can be cast */
    struct world *world;
    struct http_pipe pipe;
    unsigned holds;
    bool aborted;
    int status;
    struct str body;
};

static inline void world_run(struct world *w)
{
    hand_clock_run(&w->clock);
}

static void keep(char *to, size_t size, struct str text)
{
    size_t len = text.len < size ? text.len : size - 1;
    memcpy(to, len > 0 ? text.ptr : "", len);
    to[len] = '\0';
}

static void world_hear(struct event_sink *self, const struct event *event)
{
    struct world *w =
        (struct world *)((char *)self - offsetof(struct world, sink));
    assert_true(w->heard_count < EVENTS);
    struct heard *h = &w->heard[w->heard_count++];
    h->kind = event->kind;
    h->until_ms = event->until_ms.there ? event->until_ms.value : -1;
    keep(h->operation, sizeof(h->operation), event->operation);
    keep(h->resource, sizeof(h->resource), event->resource);
    keep(h->confirmation, sizeof(h->confirmation), event->confirmation);
    keep(h->detail, sizeof(h->detail), event->detail);
    keep(h->write, sizeof(h->write), event->write);
    keep(h->request_id, sizeof(h->request_id), event->request_id);
}

/* ---- visitors ---- */

static void visitor_reply(struct http_call *call,
                          const struct http_response *answer)
{
    struct visitor *v = (struct visitor *)call;
    assert_int_equal(v->status, 0);
    v->status = answer->status;
    v->body = arena_str(v->world->arena, answer->body);
}

/* What streams is there at once in this world. */
static void visitor_reply_stream(struct http_call *call,
                                 const struct http_response *head,
                                 int64_t length, struct http_source *body,
                                 struct timers *timers, struct timer *sent)
{
    (void)length;
    (void)body;
    visitor_reply(call, head);
    timer_wake(timers, sent);
}

static void visitor_abort(struct http_call *call)
{
    ((struct visitor *)call)->aborted = true;
}

static void visitor_release(struct http_call *call)
{
    ((struct visitor *)call)->holds--;
}

static const struct http_call_ops visitor_ops = {
    .reply = visitor_reply,
    .reply_stream = visitor_reply_stream,
    .abort = visitor_abort,
    .release = visitor_release,
};

static inline struct visitor *visit_with(struct world *w,
                                         const struct http_request *request,
                                         const char *body)
{
    struct visitor *v = ARENA_NEW(w->arena, struct visitor);
    struct http_handler *handler = lag_handler(w->lag);
    v->world = w;
    v->holds = 1;
    http_pipe_init(&v->pipe, 4096);
    assert_int_equal(http_pipe_put(&v->pipe, str_of(body)), strlen(body));
    http_pipe_end(&v->pipe);
    v->call = (struct http_call){.arena = w->arena,
                                 .request = *request,
                                 .body = &v->pipe.source,
                                 .body_length = (int64_t)strlen(body),
                                 .ops = &visitor_ops};
    handler->handle(handler, &v->call);
    world_run(w);
    return v;
}

static inline struct visitor *visit_of(struct world *w, const char *target,
                                       const char *operation, const char *body)
{
    struct http_request request = {.method = STR("POST"), .target = STR("/")};
    http_headers_add(w->arena, &request.headers, STR("X-Amz-Target"),
                     arena_printf(w->arena, "%s.%s", target, operation));
    http_headers_add(w->arena, &request.headers, STR("Content-Type"),
                     STR("application/x-amz-json-1.1"));
    return visit_with(w, &request, body);
}

static inline struct visitor *visit(struct world *w, const char *operation,
                                    const char *body)
{
    return visit_of(w, "AmazonSSM", operation, body);
}

static inline void leave(struct visitor *v)
{
    assert_int_equal(v->holds, 0);
    http_pipe_free(&v->pipe);
}

/* ---- the emulator ---- */

static inline void answer_fetch(struct world *w, struct http_fetch *fetch,
                                int status, struct str body)
{
    fake_client_answer(&w->upstream, fetch, status, body);
    http_headers_add(fetch->arena, &fetch->response.headers,
                     STR("x-amzn-RequestId"), STR("r-1"));
    world_run(w);
}

static inline struct str fetch_operation(const struct http_fetch *fetch)
{
    struct str target =
        http_headers_get(&fetch->request.headers, "X-Amz-Target");
    return str_from(target, str_find_last(target, '.') + 1);
}

static inline const struct json *fetch_input(struct world *w,
                                             const struct http_fetch *fetch)
{
    return good_json(w->arena, arena_str(w->arena, fetch->request.body).ptr);
}

static inline struct parameter *parameter_of(struct world *w, struct str name)
{
    for (size_t i = 0; i < PARAMETERS; i++) {
        if (w->parameters[i].name[0] != '\0' &&
            str_eq(str_of(w->parameters[i].name), name)) {
            return &w->parameters[i];
        }
    }
    return NULL;
}

static inline void write_parameter(struct buf *out, const struct parameter *p)
{
    buf_printf(out, "{\"Name\":\"%s\",\"Value\":\"%s\"}", p->name, p->value);
}

static inline void list_parameters(struct world *w, struct buf *out,
                                   const struct json *names, struct str path)
{
    struct buf invalid = {0};
    size_t count = 0;
    buf_printf(out, "{\"Parameters\":[");
    for (size_t i = 0; names != NULL && i < names->count; i++) {
        struct str name = json_text(names->members[i].value);
        const struct parameter *p = parameter_of(w, name);
        if (p == NULL) {
            buf_printf(&invalid, "%s\"%.*s\"", invalid.len > 0 ? "," : "",
                       STR_ARG(name));
            continue;
        }
        buf_printf(out, "%s", count++ > 0 ? "," : "");
        write_parameter(out, p);
    }
    for (size_t i = 0; names == NULL && i < PARAMETERS; i++) {
        struct parameter *p = &w->parameters[i];
        if (p->name[0] != '\0' && str_starts(str_of(p->name), path)) {
            buf_printf(out, "%s", count++ > 0 ? "," : "");
            write_parameter(out, p);
        }
    }
    buf_printf(out, "],\"InvalidParameters\":[%.*s]}",
               STR_ARG(buf_str(&invalid)));
    buf_free(&invalid);
}

static inline int put_parameter(struct world *w, const struct json *input)
{
    struct str name = json_get_text(input, "Name");
    struct parameter *p = parameter_of(w, name);
    for (size_t i = 0; p == NULL && i < PARAMETERS; i++) {
        if (w->parameters[i].name[0] == '\0') {
            p = &w->parameters[i];
        }
    }
    assert_non_null(p);
    keep(p->name, sizeof(p->name), name);
    keep(p->value, sizeof(p->value), json_get_text(input, "Value"));
    return 200;
}

/* Status and body of what the emulator says now. */
static inline int emulate_call(struct world *w, struct str operation,
                               const struct json *input, struct buf *out)
{
    struct parameter *p = parameter_of(w, json_get_text(input, "Name"));
    if (str_eq(operation, STR("PutParameter"))) {
        buf_printf(out, "{\"Version\":1}");
        return str_eq(json_get_text(input, "Value"), STR("refuse"))
                   ? 400
                   : put_parameter(w, input);
    }
    if (str_eq(operation, STR("GetParameters"))) {
        list_parameters(w, out, json_get(input, STR("Names")), STR(""));
        return 200;
    }
    if (str_eq(operation, STR("GetParametersByPath")) ||
        str_eq(operation, STR("DescribeParameters"))) {
        list_parameters(w, out, NULL, json_get_text(input, "Path"));
        return 200;
    }
    if (str_eq(operation, STR("ListTagsForResource")) ||
        str_eq(operation, STR("AddTagsToResource"))) {
        p = parameter_of(w, json_get_text(input, "ResourceId"));
        const struct json *tags = json_get(input, STR("Tags"));
        if (p != NULL && tags != NULL) {
            struct buf text = {0};
            json_write(tags, &text);
            keep(p->tags, sizeof(p->tags), buf_str(&text));
            buf_free(&text);
        }
        bool has = p != NULL && p->tags[0] != '\0';
        buf_printf(out, "{\"TagList\":%s}", has ? p->tags : "[]");
        return 200;
    }
    if (p == NULL) {
        buf_printf(out, "{\"__type\":\"ParameterNotFound\"}");
        return 400;
    }
    if (str_eq(operation, STR("DeleteParameter"))) {
        p->name[0] = '\0';
        buf_printf(out, "{}");
        return 200;
    }
    buf_printf(out, "{\"Parameter\":");
    write_parameter(out, p);
    buf_printf(out, "}");
    return 200;
}

/* Answers the call under way at this place, by what is so now. */
static inline void emulate_one(struct world *w, size_t at)
{
    struct http_fetch *fetch = w->upstream.sent[at];
    struct buf out = {0};
    int status =
        emulate_call(w, fetch_operation(fetch), fetch_input(w, fetch), &out);
    answer_fetch(w, fetch, status, buf_str(&out));
    buf_free(&out);
}

static inline void emulate(struct world *w)
{
    while (w->upstream.sent_count > 0) {
        emulate_one(w, 0);
    }
}

/* ---- the world ---- */

static inline void open_world(struct world *w, const char *lag,
                              const struct lag_config *more)
{
    struct diag diag;
    struct str why = STR_NONE;
    struct lag_config config = more != NULL ? *more : (struct lag_config){0};
    *w = (struct world){.arena = arena_new()};
    hand_clock_init(&w->clock);
    fake_client_init(&w->upstream, w->arena, SENT_MAX);
    w->registry = aws_registry_new();
    w->sink.hear = world_hear;
    events_add(&w->events, &w->sink);
    diag_init(&diag, w->arena);
    const struct rules_load_in in = {.registry = w->registry};
    w->rules = rules_load(&in, &diag);
    assert_non_null(w->rules);
    config.timers = &w->clock.timers;
    config.wall_ms = hand_clock_wall;
    config.registry = w->registry;
    config.events = &w->events;
    config.client = &w->upstream.client;
    config.rules = w->rules;
    config.upstream_url = STR("http://127.0.0.1:5000");
    config.seed = config.seed > 0 ? config.seed : 1;
    config.body_limit = 1024;
    assert_true(lag_distribution_parse(w->arena, str_of(lag),
                                       &config.clocks.at[LAG_DIRECT], &why));
    w->lag = lag_new(&config);
}

static inline void close_world(struct world *w)
{
    assert_int_equal(lag_active(w->lag), 0);
    assert_int_equal(w->upstream.sent_count, 0);
    lag_free(w->lag);
    rules_unref(w->rules);
    aws_registry_free(w->registry);
    timers_done(&w->clock.timers);
    arena_free(w->arena);
}

/* A call from beginning to end; its answer. */
static inline const char *call(struct world *w, const char *operation,
                               const char *body)
{
    struct visitor *v = visit(w, operation, body);
    emulate(w);
    assert_true(v->status != 0);
    leave(v);
    return v->body.ptr;
}

static inline void put(struct world *w, const char *name, const char *value)
{
    (void)call(w, "PutParameter",
               arena_printf(w->arena, "{\"Name\":\"%s\",\"Value\":\"%s\"}",
                            name, value)
                   .ptr);
}

static inline void delete (struct world *w, const char *name)
{
    (void)call(w, "DeleteParameter",
               arena_printf(w->arena, "{\"Name\":\"%s\"}", name).ptr);
}

/* The value that a client sees; "none" when there is no such thing. */
static inline const char *get(struct world *w, const char *name)
{
    struct str body =
        str_of(call(w, "GetParameter",
                    arena_printf(w->arena, "{\"Name\":\"%s\"}", name).ptr));
    size_t at = str_find_str(body, STR("\"Value\":\""));
    if (at == STR_NOT_FOUND) {
        return "none";
    }
    struct str rest = str_from(body, at + 9);
    return arena_str(w->arena, str_first(rest, str_find(rest, '"'))).ptr;
}

#endif
