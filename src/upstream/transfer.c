/* SPDX-License-Identifier: Apache-2.0 */
/* One transfer between the fetch and the wire: what comes is stored or piped,
 * what goes is pulled, and the end is judged. Here because none of it is
 * curl's. Start at transfer_begin(). */
#include "upstream/private.h"

enum {
    IDLE_LIMIT = 64,
    BODY_KEPT = 64 * 1024,
    BODY_RESERVED = 1024 * 1024,
    BODY_LIMIT = 16 * 1024 * 1024,
    TIMEOUT_MS = 60000,
};

static void note_move(struct transfer *t)
{
    t->moved_ms = timers_now_ms(t->timers);
}

void transfer_begin(struct transfer *t, struct http_fetch *fetch)
{
    t->fetch = fetch;
    t->timeout_ms = fetch->timeout_ms > 0 ? fetch->timeout_ms : TIMEOUT_MS;
    t->body_limit = fetch->body_limit > 0 ? fetch->body_limit : BODY_LIMIT;
    t->resolving = false;
    t->requested = false;
    t->receiving_paused = false;
    t->sending_paused = false;
    t->head = (struct head){0};
    t->repeated = 0;
    t->uploaded = 0;
    t->stop = HTTP_PENDING;
    t->stop_why = NULL;
    t->error[0] = 0;
    note_move(t);
}

static void stop(struct transfer *t, enum http_outcome outcome, const char *why)
{
    t->stop = outcome;
    t->stop_why = why;
}

/* A second time means that the reused connection was found dead and that what
 * may have arrived would be sent again. */
bool transfer_may_request(struct transfer *t)
{
    t->resolving = false;
    if (t->fetch == NULL || t->requested) {
        stop(t, HTTP_LOST, "the connection was closed after it was reused");
        return false;
    }
    t->requested = true;
    return true;
}

/* Not when nobody waits for it, nor to send a second time. */
bool transfer_may_connect(struct transfer *t)
{
    t->resolving = false;
    if (t->requested) {
        stop(t, HTTP_LOST, "the connection was closed after it was reused");
    }
    return t->fetch != NULL && !t->requested;
}

static void open_download(struct transfer *t)
{
    struct carried *carried = t->fetch->state;
    http_pipe_set_writer(&carried->pipe, t->timers, &t->room);
    note_move(t);
}

bool transfer_take_head(struct transfer *t, struct str line)
{
    if (t->fetch == NULL) {
        return false;
    }
    switch (head_take(&t->head, t->fetch->arena, line)) {
    case HEAD_MORE:
        return true;
    case HEAD_BAD:
        stop(t, HTTP_LOST, "its head is malformed or too long");
        return false;
    case HEAD_WHOLE:
        break;
    }
    carried_tell_head(t->fetch, &t->head);
    if (t->fetch->streams) {
        open_download(t);
    }
    /* An early answer: curl gives up sending, but only notices so once that
     * is no longer paused. */
    if (t->sending_paused) {
        timer_wake(t->timers, &t->supplied);
    }
    return true;
}

static enum taken push_download(struct transfer *t, struct str bytes)
{
    struct carried *carried = t->fetch->state;
    size_t skip = t->repeated < bytes.len ? t->repeated : bytes.len;
    struct str rest = str_from(bytes, skip);
    size_t taken = rest.len == 0 ? 0 : http_pipe_put(&carried->pipe, rest);
    note_move(t);
    if (taken < rest.len) {
        t->repeated += taken;
        t->receiving_paused = true;
        return TAKEN_PAUSED;
    }
    t->repeated -= skip;
    return TAKEN_ALL;
}

static void reserve_body(struct transfer *t)
{
    uint64_t length;
    struct str text = http_headers_get(&t->head.headers, "content-length");
    if (str_to_u64(text, &length) && length <= BODY_RESERVED) {
        buf_reserve(&t->body, (size_t)length);
    }
}

enum taken transfer_take_body(struct transfer *t, struct str bytes)
{
    if (t->fetch == NULL || !t->head.whole) {
        return TAKEN_STOP;
    }
    if (t->fetch->streams) {
        return push_download(t, bytes);
    }
    if (bytes.len > t->body_limit - t->body.len) {
        stop(t, HTTP_LOST, "its body is longer than allowed");
        return TAKEN_STOP;
    }
    if (t->body.len == 0) {
        reserve_body(t);
    }
    buf_add(&t->body, bytes);
    return TAKEN_ALL;
}

enum http_read transfer_give_upload(struct transfer *t, char *dst, size_t room,
                                    size_t *ret_len)
{
    *ret_len = 0;
    if (t->fetch == NULL) {
        return HTTP_READ_BROKEN;
    }
    int64_t length = t->fetch->upload_length;
    if (length >= 0 && (uint64_t)(length - t->uploaded) < room) {
        room = (size_t)(length - t->uploaded);
    }
    if (room == 0) {
        return HTTP_READ_END;
    }
    enum http_read got = http_source_read(t->fetch->upload, dst, room, ret_len);
    if (got == HTTP_READ_SOME) {
        t->uploaded += (int64_t)*ret_len;
        note_move(t);
    } else if (got == HTTP_READ_WAIT) {
        t->sending_paused = true;
    } else if (got == HTTP_READ_BROKEN) {
        stop(t, HTTP_UPLOAD_BROKEN, NULL);
    } else if (length >= 0) {
        stop(t, HTTP_UPLOAD_BROKEN, "it is shorter than declared");
        got = HTTP_READ_BROKEN;
    }
    return got;
}

int64_t transfer_allowed_ms(const struct transfer *t)
{
    bool connecting = !t->requested && t->connect_ms < t->timeout_ms;
    return connecting ? t->connect_ms : t->timeout_ms;
}

int64_t transfer_left_ms(struct transfer *t)
{
    /* A reader that is slow is not the other side's fault. */
    if (t->receiving_paused) {
        note_move(t);
    }
    return t->moved_ms + transfer_allowed_ms(t) - timers_now_ms(t->timers);
}

enum http_outcome transfer_judge(const struct transfer *t, bool ok)
{
    if (ok && t->head.whole) {
        return HTTP_ANSWERED;
    }
    if (t->stop != HTTP_PENDING) {
        return t->stop;
    }
    return t->requested ? HTTP_LOST : HTTP_REFUSED;
}

void transfer_settle(struct transfer *t, enum http_outcome outcome,
                     struct str detail)
{
    struct http_fetch *fetch = t->fetch;
    if (!fetch->streams && outcome == HTTP_ANSWERED) {
        fetch->response.body = arena_str(fetch->arena, buf_str(&t->body));
    } else if (!fetch->streams) {
        fetch->response = (struct http_response){0};
        fetch->head_ready = false;
    }
    carried_settle(fetch, outcome, detail);
}

void transfer_settle_late(struct transfer *t)
{
    struct str why =
        arena_printf(t->fetch->arena, "%s within %lld ms",
                     t->requested ? "nothing came" : "no connection",
                     (long long)transfer_allowed_ms(t));
    transfer_settle(t, t->requested ? HTTP_TIMED_OUT : HTTP_REFUSED, why);
}

void transfer_end(struct transfer *t)
{
    if (t->fetch->upload != NULL) {
        http_source_watch(t->fetch->upload, NULL, NULL);
    }
    timer_cancel(t->timers, &t->deadline);
    timer_cancel(t->timers, &t->room);
    timer_cancel(t->timers, &t->supplied);
    t->fetch = NULL;
}

void transfers_add(struct transfer_list *list, struct transfer *t)
{
    t->before = NULL;
    t->next = list->active;
    if (t->next != NULL) {
        t->next->before = t;
    }
    list->active = t;
}

bool transfers_retire(struct transfer_list *list, struct transfer *t)
{
    if (t->before != NULL) {
        t->before->next = t->next;
    } else {
        list->active = t->next;
    }
    if (t->next != NULL) {
        t->next->before = t->before;
    }
    if (t->body.capacity > BODY_KEPT) {
        buf_free(&t->body);
    } else {
        buf_clear(&t->body);
    }
    if (list->idle_count == IDLE_LIMIT) {
        return false;
    }
    t->next = list->idle;
    list->idle = t;
    list->idle_count++;
    return true;
}

struct transfer *transfers_take_idle(struct transfer_list *list)
{
    struct transfer *t = list->idle;
    if (t != NULL) {
        list->idle = t->next;
        list->idle_count--;
    }
    return t;
}
