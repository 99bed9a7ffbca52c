/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of replays share: a recording written line by line, and a
 * client that asks for it. Start at record(), open_replay() and ask(). */
#ifndef TESTS_REPLAY_SCENE_H
#define TESTS_REPLAY_SCENE_H

#include "support/texts.h"

#include "replay/private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct scene {
    struct arena *arena;
    struct aws_registry *registry;
    char folder[64];
    struct str path;
    struct recording_writer *writer;
    struct replay *replay;
    struct replay_config config;
};

static inline int scene_begin(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    assert_non_null(scene);
    scene->arena = arena_new();
    scene->registry = aws_registry_new();
    (void)snprintf(scene->folder, sizeof(scene->folder),
                   "/tmp/settled-replay-XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    scene->path = arena_printf(scene->arena, "%s/run.jsonl", scene->folder);
    *state = scene;
    return 0;
}

static inline int scene_end(void **state)
{
    struct scene *scene = *state;
    replay_close(scene->replay);
    (void)recording_writer_close(scene->writer);
    (void)unlink(scene->path.ptr);
    assert_int_equal(rmdir(scene->folder), 0);
    aws_registry_free(scene->registry);
    arena_free(scene->arena);
    free(scene);
    return 0;
}

#define SCENE_TEST(function)                                                   \
    cmocka_unit_test_setup_teardown(function, scene_begin, scene_end)

/* ---- recording ---- */

static inline void begin_session(struct scene *scene, const char *id,
                                 const char *source, bool redact)
{
    const struct recording_session_facts facts = {
        .id = str_of(id),
        .at_ms = 1700000000000,
        .source = source,
        .redact = redact,
    };
    struct str why = STR_NONE;
    assert_true(recording_writer_close(scene->writer));
    scene->writer = recording_writer_open(scene->path, scene->registry, &facts,
                                          &why, scene->arena);
    if (scene->writer == NULL) {
        fail_msg("%.*s", STR_ARG(why));
    }
}

/* "ssm:PutParameter" as AWS would get it. */
static inline void make_request(struct scene *scene, const char *operation,
                                const char *input, struct http_request *request,
                                struct aws_call *call)
{
    struct str name = str_of(operation);
    struct str service = str_cut(&name, ':');
    const struct aws_service *about =
        aws_service_find(scene->registry, service);
    assert_non_null(about);
    *request = (struct http_request){
        .method = STR("POST"), .target = STR("/"), .body = str_of(input)};
    http_headers_add(scene->arena, &request->headers, STR("Content-Type"),
                     STR("application/x-amz-json-1.1"));
    http_headers_add(scene->arena, &request->headers, STR("X-Amz-Target"),
                     arena_printf(scene->arena, "%.*s.%.*s",
                                  STR_ARG(about->target_prefix),
                                  STR_ARG(name)));
    aws_identify(scene->registry, scene->arena, request, about->signing_name,
                 STR("eu-west-1"), request->body, call);
}

struct line {
    enum recording_kind kind;
    const char *exchange;
    int at_ms;
    int took_ms;
    const char *operation;
    const char *input;
    int status; /* 0: 200 */
    const char *output;
    enum http_outcome outcome; /* HTTP_PENDING: answered */
    bool too_long;             /* the answer was not kept */
    const char *date;
};

static inline void record(struct scene *scene, const struct line *line)
{
    struct aws_call call;
    struct recording_interaction what = {
        .kind = line->kind,
        .exchange = str_of(line->exchange),
        .access_key = STR("AKIAIOSFODNN7EXAMPLE"),
        .call = &call,
        .at_ms = line->at_ms,
        .took_ms = line->took_ms,
        .outcome =
            line->outcome == HTTP_PENDING ? HTTP_ANSWERED : line->outcome,
        .error = STR("as it was"),
    };
    if (scene->writer == NULL) {
        begin_session(scene, "run", "settled", true);
    }
    make_request(scene, line->operation, line->input, &what.request, &call);
    if (what.outcome == HTTP_ANSWERED) {
        what.response.status = line->status > 0 ? line->status : 200;
        what.response.body = str_of(line->output);
        http_headers_add(scene->arena, &what.response.headers,
                         STR("Content-Type"),
                         STR("application/x-amz-json-1.1"));
        http_headers_add(
            scene->arena, &what.response.headers, STR("Content-Length"),
            arena_printf(scene->arena, "%zu", what.response.body.len));
        if (line->date != NULL) {
            http_headers_add(scene->arena, &what.response.headers, STR("Date"),
                             str_of(line->date));
        }
        what.response_left_out = line->too_long ? 5000000 : 0;
    }
    assert_true(recording_write_interaction(scene->writer, &what));
}

static inline void record_all(struct scene *scene, const struct line *lines,
                              size_t count)
{
    for (size_t i = 0; i < count; i++) {
        record(scene, &lines[i]);
    }
}

static inline void record_outcome(struct scene *scene, const char *exchange,
                                  int at_ms, enum outcome outcome, int reads)
{
    const struct event event = {
        .kind = EVENT_SETTLED,
        .exchange = str_of(exchange),
        .service = STR("ssm"),
        .operation = STR("PutParameter"),
        .resource = STR("/a"),
        .outcome = outcome,
        .reads = event_number(reads),
        .waited_ms = event_number(at_ms),
    };
    assert_true(recording_write_outcome(scene->writer, &event, at_ms));
}

/* ---- replaying ---- */

/* NULL, and what was wrong in `*ret_why`. */
static inline struct replay *try_to_open(struct scene *scene,
                                         struct str *ret_why)
{
    struct diag errors;
    struct diag warnings;
    diag_init(&errors, scene->arena);
    diag_init(&warnings, scene->arena);
    assert_true(recording_writer_close(scene->writer));
    scene->writer = NULL;
    scene->config.registry = scene->registry;
    scene->config.path = scene->path;
    scene->replay = replay_open(&scene->config, &errors, &warnings);
    *ret_why = diag_text(scene->arena, &errors);
    return scene->replay;
}

static inline void open_replay(struct scene *scene)
{
    struct str why = STR_NONE;
    if (try_to_open(scene, &why) == NULL) {
        fail_msg("%.*s", STR_ARG(why));
    }
}

/* One fetch of the engine's. */
struct asked_for {
    struct arena *arena;
    struct http_fetch fetch;
    struct aws_call call;
    struct timer done;
    int woken;
};

static inline void note_woken(void *ctx)
{
    (*(int *)ctx)++;
}

static inline void send_one(struct scene *scene, struct asked_for *a,
                            enum http_purpose purpose, const char *exchange,
                            const char *operation, const char *input)
{
    *a = (struct asked_for){.arena = arena_new()};
    timer_init(&a->done, note_woken, &a->woken);
    a->fetch = (struct http_fetch){
        .arena = a->arena,
        .timers = replay_timers(scene->replay),
        .purpose = purpose,
        .call = &a->call,
        .exchange = str_of(exchange),
        .done = &a->done,
    };
    make_request(scene, operation, input, &a->fetch.request, &a->call);
    http_fetch_send(replay_client(scene->replay), &a->fetch);
}

static inline void forget(struct scene *scene, struct asked_for *a)
{
    http_fetch_cancel(replay_client(scene->replay), &a->fetch);
    arena_free(a->arena);
}

struct heard {
    enum http_outcome outcome;
    int status;
    struct str body;
    struct str error;
    struct str date;
    struct str length;
    int64_t took_ms;
};

static inline struct heard hear(struct scene *scene, struct asked_for *a)
{
    int64_t sent_ms = replay_now_ms(scene->replay);
    for (int turns = 0; a->woken == 0 && turns < 1000; turns++) {
        (void)replay_turn(scene->replay);
    }
    assert_int_equal(a->woken, 1);
    const struct http_fetch *fetch = &a->fetch;
    const struct http_headers *headers = &fetch->response.headers;
    return (struct heard){
        .outcome = fetch->outcome,
        .status = fetch->response.status,
        .body = arena_str(scene->arena, fetch->response.body),
        .error = arena_str(scene->arena, fetch->error),
        .date = arena_str(scene->arena, http_headers_get(headers, "Date")),
        .length = arena_str(scene->arena,
                            http_headers_get(headers, "Content-Length")),
        .took_ms = replay_now_ms(scene->replay) - sent_ms,
    };
}

static inline struct heard ask(struct scene *scene, enum http_purpose purpose,
                               const char *exchange, const char *operation,
                               const char *input)
{
    struct asked_for a;
    send_one(scene, &a, purpose, exchange, operation, input);
    struct heard heard = hear(scene, &a);
    forget(scene, &a);
    return heard;
}

static inline struct heard call(struct scene *scene, const char *exchange,
                                const char *operation, const char *input)
{
    return ask(scene, HTTP_FOR_CLIENT, exchange, operation, input);
}

static inline struct heard read_back(struct scene *scene, const char *exchange,
                                     const char *operation, const char *input)
{
    return ask(scene, HTTP_FOR_READ_BACK, exchange, operation, input);
}

static inline void settle(struct scene *scene, const char *exchange,
                          enum outcome outcome, int reads)
{
    const struct event event = {
        .kind = EVENT_SETTLED,
        .exchange = str_of(exchange),
        .outcome = outcome,
        .reads = event_number(reads),
    };
    struct event_sink *sink = replay_sink(scene->replay);
    sink->hear(sink, &event);
}

static inline struct str verdict(struct scene *scene)
{
    struct buf out = {0};
    replay_write_verdict(scene->replay, &out);
    struct str text = arena_str(scene->arena, buf_str(&out));
    buf_free(&out);
    return text;
}

#define assert_answer(got, want)                                               \
    do {                                                                       \
        struct heard got_ = (got);                                             \
        if (got_.outcome != HTTP_ANSWERED) {                                   \
            fail_msg("%s: %.*s", http_outcome_name(got_.outcome),              \
                     STR_ARG(got_.error));                                     \
        }                                                                      \
        assert_text(got_.body, want);                                          \
    } while (0)
#define assert_miss(got, part)                                                 \
    do {                                                                       \
        struct heard got_ = (got);                                             \
        assert_int_equal(got_.outcome, HTTP_UNRECORDED);                       \
        assert_holds(got_.error, part);                                        \
    } while (0)
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#endif
