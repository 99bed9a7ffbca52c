/* SPDX-License-Identifier: Apache-2.0 */
/* A fetch on its way to an answer that lies in a file: its body is read to the
 * end, it is matched, and it waits until its time has come. Here because the
 * promises of http/client.h are kept in one place. Start at send_fetch(). */
#include "replay/private.h"

#include "base/mem.h"

#include <assert.h>

enum { PIECE = 16 * 1024 };

struct flight {
    struct flight *next, **link;
    struct replay *replay;
    struct http_fetch *fetch;
    struct timer pull; /* more of the upload is there */
    struct timer due;  /* the answer is */
    bool pulling;
    struct buf body;
    int64_t length; /* of the body so far, also what was not kept */
    struct found found;
    struct timer_woken head, done;
    struct http_source download;
    struct str left; /* of the body, for `download` */
};

/* ---- the answer's body, pulled ---- */

static struct flight *of_download(struct http_source *source)
{
    return (struct flight *)((char *)source -
                             offsetof(struct flight, download));
}

static enum http_read read_download(struct http_source *self, char *dst,
                                    size_t size, size_t *ret_len)
{
    struct flight *flight = of_download(self);
    struct str piece = str_first(flight->left, size);
    *ret_len = piece.len;
    if (piece.len == 0) {
        return HTTP_READ_END;
    }
    memcpy(dst, piece.ptr, piece.len);
    flight->left = str_from(flight->left, piece.len);
    return HTTP_READ_SOME;
}

/* There is always more to know. */
static void watch_download(struct http_source *self, struct timers *timers,
                           struct timer *watcher)
{
    (void)self;
    if (watcher != NULL) {
        timer_wake(timers, watcher);
    }
}

/* ---- landing ---- */

static void land(struct flight *flight)
{
    struct http_fetch *fetch = flight->fetch;
    if (fetch->streams && fetch->outcome == HTTP_ANSWERED) {
        flight->left = fetch->response.body;
        fetch->response.body = STR_NONE;
        flight->download = (struct http_source){.read = read_download,
                                                .watch = watch_download};
        fetch->download = &flight->download;
        timer_wake_noted(fetch->timers, fetch->head, &flight->head);
    }
    timer_wake_noted(fetch->timers, fetch->done, &flight->done);
}

static void refuse(struct flight *flight, enum http_outcome outcome,
                   const char *why)
{
    flight->fetch->outcome = outcome;
    flight->fetch->error = str_of(why);
    land(flight);
}

static void on_due(void *ctx)
{
    struct flight *flight = ctx;
    replay_answer_make(flight->replay, &flight->found, flight->fetch);
    land(flight);
}

/* ---- matching ---- */

static void look_up(struct flight *flight)
{
    struct replay *replay = flight->replay;
    struct http_fetch *fetch = flight->fetch;
    struct question question;
    bool kept = flight->length == (int64_t)flight->body.len;
    struct str body = fetch->request.body;
    if (fetch->upload != NULL) {
        body = kept ? buf_str(&flight->body) : STR_NONE;
    } else {
        flight->length = (int64_t)body.len;
    }
    replay_question_init(replay, &question, fetch, body, flight->length);
    if (fetch->purpose == HTTP_FOR_READ_BACK) {
        flight->found = replay_match_read_back(replay, &question);
    } else {
        flight->found = replay_match_call(replay, &question, fetch->purpose);
    }
    flight->found.error = arena_str(fetch->arena, flight->found.error);
    replay_question_done(&question);
    buf_free(&flight->body);
    timer_arm(&replay->timers, &flight->due, flight->found.delay_ms);
}

/* ---- the request's body ---- */

static void stop_pulling(struct flight *flight)
{
    if (flight->pulling) {
        flight->pulling = false;
        http_source_watch(flight->fetch->upload, NULL, NULL);
        timer_cancel(&flight->replay->timers, &flight->pull);
    }
}

/* No recorded body is longer than `body_kept`, so no more is needed to tell
 * that it is none of them. */
static void keep(struct flight *flight, struct str piece)
{
    size_t most = flight->replay->body_kept;
    size_t room = most > flight->body.len ? most - flight->body.len : 0;
    flight->length += (int64_t)piece.len;
    buf_add(&flight->body, str_first(piece, room));
}

static void end_upload(struct flight *flight, enum http_read how)
{
    int64_t declared = flight->fetch->upload_length;
    stop_pulling(flight);
    if (how == HTTP_READ_BROKEN) {
        refuse(flight, HTTP_UPLOAD_BROKEN, "the body broke off on its way");
    } else if (declared >= 0 && flight->length < declared) {
        refuse(flight, HTTP_UPLOAD_BROKEN, "the body is shorter than declared");
    } else {
        look_up(flight);
    }
}

static void pull(void *ctx)
{
    struct flight *flight = ctx;
    struct http_fetch *fetch = flight->fetch;
    char piece[PIECE];
    for (;;) {
        size_t room = sizeof(piece);
        size_t len = 0;
        int64_t left = fetch->upload_length - flight->length;
        if (fetch->upload_length >= 0 && left < (int64_t)room) {
            room = (size_t)left;
        }
        enum http_read got =
            room == 0 ? HTTP_READ_END
                      : http_source_read(fetch->upload, piece, room, &len);
        if (got == HTTP_READ_SOME) {
            keep(flight, str_make(piece, len));
        } else if (got == HTTP_READ_WAIT) {
            flight->pulling = true;
            http_source_watch(fetch->upload, &flight->replay->timers,
                              &flight->pull);
            return;
        } else {
            end_upload(flight, got);
            return;
        }
    }
}

/* ---- the port ---- */

static void send_fetch(struct http_client *self, struct http_fetch *fetch)
{
    struct replay *replay = (struct replay *)self;
    struct flight *flight = mem_new(sizeof(*flight));
    flight->replay = replay;
    flight->fetch = fetch;
    timer_init(&flight->pull, pull, flight);
    timer_init(&flight->due, on_due, flight);
    flight->next = replay->flights;
    flight->link = &replay->flights;
    if (flight->next != NULL) {
        flight->next->link = &flight->next;
    }
    replay->flights = flight;
    fetch->state = flight;
    fetch->outcome = HTTP_PENDING;
    fetch->error = STR_NONE;
    fetch->response = (struct http_response){0};
    fetch->download = NULL;
    fetch->head_ready = false;
    if (fetch->call == NULL || fetch->purpose == HTTP_FOR_US) {
        refuse(flight, HTTP_UNRECORDED, "a replay sends nothing");
    } else if (fetch->upload != NULL) {
        pull(flight);
    } else {
        look_up(flight);
    }
}

static void cancel_fetch(struct http_client *self, struct http_fetch *fetch)
{
    struct flight *flight = fetch->state;
    (void)self;
    if (flight == NULL) {
        return;
    }
    stop_pulling(flight);
    timer_cancel(&flight->replay->timers, &flight->due);
    timer_take_back(fetch->timers, fetch->head, &flight->head);
    timer_take_back(fetch->timers, fetch->done, &flight->done);
    *flight->link = flight->next;
    if (flight->next != NULL) {
        flight->next->link = flight->link;
    }
    buf_free(&flight->body);
    fetch->download = NULL;
    fetch->state = NULL;
    mem_free(flight);
}

const struct http_client flight_client = {send_fetch, cancel_fetch};
