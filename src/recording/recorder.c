/* SPDX-License-Identifier: Apache-2.0 */
/* The filter that records: each fetch is copied and sent on as it is, and once
 * it has ended it is written down. Start at send_fetch(), at the end. */
#include "recording/private.h"

#include "base/mem.h"

enum { BODY_LIMIT = 1024 * 1024, DRAIN_SIZE = 16 * 1024 };

struct recording_recorder {
    struct http_client client; /* first: so that it can be cast */
    struct event_sink sink;
    struct recording_recorder_config config;
    struct recording_writer *writer;
    int64_t began_ms; /* by the timers' clock */
    bool failed;
};

struct recorded_fetch {
    struct recording_recorder *recorder;
    struct http_fetch *outer;
    struct http_fetch inner;
    struct timer head;
    struct timer done;
    struct timer_woken head_woken;
    struct timer_woken done_woken;
    struct tee up; /* inner is NULL where the body does not stream */
    struct tee down;
    int64_t at_ms;
    int64_t whole_ms; /* when the answer was whole; -1: it is not */
    bool written;
};

static struct recording_recorder *recorder_of(struct http_client *self)
{
    return (struct recording_recorder *)self;
}

static struct recording_recorder *recorder_of_sink(struct event_sink *self)
{
    size_t at = offsetof(struct recording_recorder, sink);
    return (struct recording_recorder *)(void *)((char *)self - at);
}

static int64_t now_ms(const struct recording_recorder *recorder)
{
    return timers_now_ms(recorder->config.timers) - recorder->began_ms;
}

/* Told once; from then on nothing is written. */
static void note_written(struct recording_recorder *recorder, bool good)
{
    if (good || recorder->failed) {
        return;
    }
    recorder->failed = true;
    if (recorder->config.on_failure != NULL) {
        timer_wake(recorder->config.timers, recorder->config.on_failure);
    }
}

/* ---- writing one down ---- */

static enum recording_kind kind_of(enum http_purpose purpose)
{
    switch (purpose) {
    case HTTP_FOR_CLIENT_AGAIN:
        return RECORDING_RESEND;
    case HTTP_FOR_READ_BACK:
        return RECORDING_READ_BACK;
    case HTTP_FOR_CLIENT:
    case HTTP_FOR_US:
        break;
    }
    return RECORDING_CALL;
}

static void take_body(const struct recording_recorder *recorder,
                      struct str *body, int64_t *ret_left_out)
{
    size_t limit = recorder->config.body_limit;
    if (body->len > limit) {
        *ret_left_out = (int64_t)body->len;
        *body = STR_NONE;
    }
}

static void take_copy(const struct tee *tee, struct str *body,
                      int64_t *ret_left_out)
{
    bool whole = tee->seen <= tee->limit;
    *body = whole ? buf_str(&tee->copy) : STR_NONE;
    *ret_left_out = whole ? 0 : (int64_t)tee->seen;
}

/* Who knows the length need not read on to the end. */
static bool was_sent_whole(const struct recorded_fetch *rf)
{
    int64_t length = rf->inner.upload_length;
    return rf->up.ended || (length >= 0 && rf->up.seen == (uint64_t)length);
}

static void write_down(struct recorded_fetch *rf, enum http_outcome outcome,
                       struct str error)
{
    struct recording_recorder *recorder = rf->recorder;
    const struct http_fetch *fetch = &rf->inner;
    if (rf->written) {
        return;
    }
    rf->written = true;
    struct recording_interaction what = {
        .kind = kind_of(fetch->purpose),
        .exchange = fetch->exchange,
        .access_key = fetch->access_key,
        .call = fetch->call,
        .at_ms = rf->at_ms,
        .took_ms =
            (rf->whole_ms < 0 ? now_ms(recorder) : rf->whole_ms) - rf->at_ms,
        .request = fetch->request,
        .outcome = outcome,
        .error = error,
        .response = fetch->response,
    };
    if (rf->up.inner != NULL) {
        take_copy(&rf->up, &what.request.body, &what.request_left_out);
        if (!was_sent_whole(rf) && what.request_left_out == 0) {
            /* Answered before all was sent: half a body is none. */
            what.request_left_out = (int64_t)rf->up.seen + 1;
        }
    } else {
        take_body(recorder, &what.request.body, &what.request_left_out);
    }
    if (rf->down.inner != NULL) {
        take_copy(&rf->down, &what.response.body, &what.response_left_out);
    } else {
        take_body(recorder, &what.response.body, &what.response_left_out);
    }
    note_written(recorder,
                 recording_write_interaction(recorder->writer, &what));
}

/* ---- what comes back ---- */

static void hear_end(void *ctx)
{
    struct recorded_fetch *rf = ctx;
    if (rf->down.ended) {
        write_down(rf, HTTP_ANSWERED, STR_NONE);
    } else {
        write_down(rf, HTTP_LOST, STR("the answer broke off"));
    }
}

static void copy_result(struct recorded_fetch *rf)
{
    struct http_fetch *outer = rf->outer;
    const struct http_fetch *inner = &rf->inner;
    outer->outcome = inner->outcome;
    outer->error = inner->error;
    outer->response = inner->response;
    outer->head_ready = inner->head_ready;
    outer->download = inner->download;
    if (inner->download != NULL) {
        if (rf->down.inner == NULL) {
            (void)recording_tee_init(&rf->down, inner->download,
                                     rf->recorder->config.body_limit, hear_end,
                                     rf);
        }
        outer->download = &rf->down.source;
    }
    if (inner->outcome == HTTP_UPLOAD_BROKEN && rf->up.inner != NULL &&
        outer->upload != NULL) {
        /* Whoever signs below may have said why on our own source. */
        outer->upload->fault = rf->up.source.fault;
    }
}

static void hear_head(void *ctx)
{
    struct recorded_fetch *rf = ctx;
    copy_result(rf);
    timer_wake_noted(rf->outer->timers, rf->outer->head, &rf->head_woken);
}

/* A streamed answer is whole when its last byte was read. */
static void hear_done(void *ctx)
{
    struct recorded_fetch *rf = ctx;
    copy_result(rf);
    rf->whole_ms = now_ms(rf->recorder);
    if (rf->inner.outcome != HTTP_ANSWERED) {
        write_down(rf, rf->inner.outcome, rf->inner.error);
    } else if (!rf->inner.streams) {
        write_down(rf, HTTP_ANSWERED, STR_NONE);
    }
    timer_wake_noted(rf->outer->timers, rf->outer->done, &rf->done_woken);
}

/* ---- given up ---- */

static bool has_no_body(const struct http_fetch *fetch)
{
    int status = fetch->response.status;
    return str_eq(fetch->request.method, STR("HEAD")) || status == 204 ||
           status == 304 || http_response_length(&fetch->response) == 0;
}

/* Who knows the length need not read on to the end; and what has come already
 * can still be had. */
static bool is_whole(struct recorded_fetch *rf)
{
    if (!rf->inner.head_ready || rf->down.inner == NULL) {
        return rf->inner.head_ready && has_no_body(&rf->inner);
    }
    char piece[DRAIN_SIZE];
    enum http_read result = HTTP_READ_SOME;
    while (result == HTTP_READ_SOME) {
        size_t got = 0;
        result = http_source_read(&rf->down.source, piece, sizeof(piece), &got);
    }
    mem_wipe(piece, sizeof(piece));
    int64_t length = http_response_length(&rf->inner.response);
    return rf->down.ended || has_no_body(&rf->inner) ||
           (length >= 0 && (int64_t)rf->down.seen >= length);
}

static void write_given_up(struct recorded_fetch *rf)
{
    if (rf->written) {
        return;
    }
    if (rf->inner.outcome != HTTP_PENDING && !rf->inner.streams) {
        /* It ended, and nobody had heard of it yet. */
        write_down(rf, rf->inner.outcome, rf->inner.error);
    } else if (rf->inner.streams && is_whole(rf)) {
        write_down(rf, HTTP_ANSWERED, STR_NONE);
    } else {
        write_down(rf, HTTP_LOST, STR("given up by settled"));
    }
}

/* ---- the filter ---- */

static void send_fetch(struct http_client *self, struct http_fetch *fetch)
{
    struct recording_recorder *recorder = recorder_of(self);
    if (fetch->call == NULL) {
        http_fetch_send(recorder->config.next, fetch);
        return;
    }
    struct recorded_fetch *rf = ARENA_NEW(fetch->arena, struct recorded_fetch);
    rf->recorder = recorder;
    rf->outer = fetch;
    rf->inner = *fetch;
    rf->at_ms = now_ms(recorder);
    rf->whole_ms = -1;
    timer_init(&rf->head, hear_head, rf);
    timer_init(&rf->done, hear_done, rf);
    rf->inner.head = &rf->head;
    rf->inner.done = &rf->done;
    rf->inner.state = NULL;
    if (fetch->upload != NULL) {
        rf->inner.upload = recording_tee_init(
            &rf->up, fetch->upload, recorder->config.body_limit, NULL, NULL);
    }
    fetch->state = rf;
    fetch->outcome = HTTP_PENDING;
    fetch->error = STR_NONE;
    fetch->response = (struct http_response){0};
    fetch->head_ready = false;
    fetch->download = NULL;
    http_fetch_send(recorder->config.next, &rf->inner);
}

static void cancel_fetch(struct http_client *self, struct http_fetch *fetch)
{
    struct recording_recorder *recorder = recorder_of(self);
    if (fetch->call == NULL) {
        http_fetch_cancel(recorder->config.next, fetch);
        return;
    }
    struct recorded_fetch *rf = fetch->state;
    if (rf == NULL) {
        return;
    }
    write_given_up(rf);
    http_fetch_cancel(recorder->config.next, &rf->inner);
    timer_cancel(fetch->timers, &rf->head);
    timer_cancel(fetch->timers, &rf->done);
    timer_take_back(fetch->timers, fetch->head, &rf->head_woken);
    timer_take_back(fetch->timers, fetch->done, &rf->done_woken);
    recording_tee_done(&rf->up);
    recording_tee_done(&rf->down);
    fetch->download = NULL;
    fetch->state = NULL;
}

static void hear_event(struct event_sink *self, const struct event *event)
{
    struct recording_recorder *recorder = recorder_of_sink(self);
    int64_t at_ms = now_ms(recorder);
    switch (event->kind) {
    case EVENT_CALL_JOINED:
        note_written(recorder, recording_write_joined(recorder->writer,
                                                      event->exchange, at_ms));
        return;
    case EVENT_CALL_REFUSED:
        if (event->outcome == OUTCOME_NONE) {
            return;
        }
        break;
    case EVENT_SETTLED:
        break;
    default:
        return;
    }
    note_written(recorder,
                 recording_write_outcome(recorder->writer, event, at_ms));
}

/* ---- the whole ---- */

struct recording_recorder *
recording_recorder_open(const struct recording_recorder_config *config,
                        struct arena *arena, struct str *reterr)
{
    struct recording_session_facts facts = config->session;
    facts.at_ms = config->wall_ms();
    struct recording_writer *writer = recording_writer_open(
        config->path, config->registry, &facts, reterr, arena);
    if (writer == NULL) {
        return NULL;
    }
    struct recording_recorder *recorder = mem_new(sizeof(*recorder));
    recorder->client = (struct http_client){send_fetch, cancel_fetch};
    recorder->sink.hear = hear_event;
    recorder->config = *config;
    recorder->writer = writer;
    recorder->began_ms = timers_now_ms(config->timers);
    if (recorder->config.body_limit == 0) {
        recorder->config.body_limit = BODY_LIMIT;
    }
    return recorder;
}

bool recording_recorder_close(struct recording_recorder *recorder)
{
    if (recorder == NULL) {
        return true;
    }
    bool good = recording_writer_close(recorder->writer);
    if (recorder->config.on_failure != NULL) {
        timer_cancel(recorder->config.timers, recorder->config.on_failure);
    }
    mem_free(recorder);
    return good;
}

struct http_client *
recording_recorder_client(struct recording_recorder *recorder)
{
    return &recorder->client;
}

struct recording_writer *
recording_recorder_writer(struct recording_recorder *recorder)
{
    return recorder->writer;
}

struct event_sink *recording_recorder_sink(struct recording_recorder *recorder)
{
    return &recorder->sink;
}
