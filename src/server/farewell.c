/* SPDX-License-Identifier: Apache-2.0 */
/* The last answer on a connection whose client is still sending its body:
 * libmicrohttpd refuses to answer in the middle of one, so it is written here
 * while libmicrohttpd looks away. Start at farewell_start(). */
#include "server/private.h"

#include "base/clock.h"

#include <errno.h>
#include <sys/socket.h>

enum { BLOCK = 16 * 1024, NEXT_TURN_MS = 1 };

bool server_owns_header(struct str name)
{
    static const char *const names[] = {"Content-Length", "Transfer-Encoding",
                                        "Connection", "Keep-Alive", "Date"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_eq_nocase(name, str_of(names[i]))) {
            return true;
        }
    }
    return false;
}

bool farewell_has_body(int status)
{
    enum { NO_CONTENT = 204, NOT_MODIFIED = 304 };
    return status != NO_CONTENT && status != NOT_MODIFIED;
}

static void write_head(struct farewell *farewell, struct arena *arena,
                       const struct http_response *response, int64_t length)
{
    struct buf *out = &farewell->out;
    buf_printf(out, "HTTP/1.1 %d %s\r\n", response->status,
               server_reason(response->status));
    for (size_t i = 0; i < response->headers.count; i++) {
        const struct http_header *field = &response->headers.at[i];
        if (!server_owns_header(field->name)) {
            buf_printf(out, "%.*s: %.*s\r\n", STR_ARG(field->name),
                       STR_ARG(field->value));
        }
    }
    buf_printf(out, "Date: %.*s\r\n%s",
               STR_ARG(clock_http_date(arena, clock_wall_ms())),
               farewell->stays ? "" : "Connection: close\r\n");
    if (!farewell_has_body(response->status)) {
        buf_add(out, STR("\r\n"));
    } else if (length < 0) {
        buf_add(out, STR("Transfer-Encoding: chunked\r\n\r\n"));
    } else {
        buf_printf(out, "Content-Length: %lld\r\n\r\n", (long long)length);
    }
}

static void finish(struct farewell *farewell, bool whole)
{
    farewell_stop(farewell);
    farewell->over(farewell->ctx, whole);
}

/* Says that this was all, and gives the client time to read it. */
static void drain(struct farewell *farewell)
{
    farewell->draining = true;
    (void)shutdown(farewell->fd, SHUT_WR);
    loop_watch(farewell->loop, &farewell->watch, EPOLLIN);
    timer_arm(loop_timers(farewell->loop), &farewell->idle, LINGER_MS);
    farewell->written(farewell->ctx);
}

static void add_block(struct farewell *farewell, const char *block, size_t len)
{
    if (farewell->left < 0) {
        buf_printf(&farewell->out, "%zx\r\n", len);
    } else {
        farewell->left -= (int64_t)len;
    }
    buf_add(&farewell->out, str_make(block, len));
    if (farewell->left < 0) {
        buf_add(&farewell->out, STR("\r\n"));
    }
}

/* Fills `out` again; false when nothing came or the stream broke. */
static bool refill(struct farewell *farewell, bool *ret_broken)
{
    char block[BLOCK];
    size_t size = sizeof(block);
    size_t len = 0;
    if (farewell->left >= 0 && farewell->left < (int64_t)size) {
        size = (size_t)farewell->left;
    }
    if (size == 0) {
        farewell->source = NULL;
        return true;
    }
    switch (http_source_read(farewell->source, block, size, &len)) {
    case HTTP_READ_SOME:
        add_block(farewell, block, len);
        return true;
    case HTTP_READ_WAIT:
        http_source_watch(farewell->source, loop_timers(farewell->loop),
                          &farewell->ready);
        return false;
    case HTTP_READ_END:
        *ret_broken = farewell->left > 0;
        farewell->source = NULL;
        buf_add(&farewell->out, STR("0\r\n\r\n"));
        return !*ret_broken;
    case HTTP_READ_BROKEN:
        break;
    }
    *ret_broken = true;
    return false;
}

/* False when the socket takes no more for now, or never again. */
static bool flush_out(struct farewell *farewell, bool *ret_broken)
{
    struct buf *out = &farewell->out;
    while (farewell->flushed < out->len) {
        ssize_t sent =
            send(farewell->fd, out->bytes + farewell->flushed,
                 out->len - farewell->flushed, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0) {
            *ret_broken = errno != EAGAIN && errno != EINTR;
            return false;
        }
        farewell->flushed += (size_t)sent;
        timer_arm(loop_timers(farewell->loop), &farewell->idle,
                  farewell->idle_ms);
    }
    buf_clear(out);
    farewell->flushed = 0;
    return true;
}

/* What comes on a connection that stays is the next request. */
static uint32_t wanted_events(const struct farewell *farewell)
{
    uint32_t in = farewell->stays ? 0 : EPOLLIN;
    return farewell->plugged ? in | EPOLLOUT : in;
}

static void push(struct farewell *farewell)
{
    bool broken = false;
    bool plugged = !flush_out(farewell, &broken);
    while (!plugged && !broken && farewell->source != NULL) {
        if (!refill(farewell, &broken)) {
            break;
        }
        plugged = !flush_out(farewell, &broken);
    }
    if (broken) {
        finish(farewell, false);
        return;
    }
    if (!plugged && farewell->source == NULL) {
        if (farewell->stays) {
            finish(farewell, true);
        } else {
            drain(farewell);
        }
        return;
    }
    if (plugged != farewell->plugged) {
        farewell->plugged = plugged;
        loop_watch(farewell->loop, &farewell->watch, wanted_events(farewell));
    }
}

static void source_ready(void *ctx)
{
    push(ctx);
}

static void time_is_up(void *ctx)
{
    struct farewell *farewell = ctx;
    finish(farewell, farewell->draining);
}

/* The client may not read before it has sent all: take its bytes away. */
static void socket_ready(void *ctx, uint32_t events)
{
    struct farewell *farewell = ctx;
    uint32_t bad = farewell->stays ? EPOLLERR | EPOLLHUP : EPOLLERR;
    bool open =
        farewell->stays || linger_drain(farewell->fd, &farewell->drained);
    if (!open || (events & bad) != 0 || farewell->drained > LINGER_BYTES) {
        finish(farewell, farewell->draining);
    } else if (!farewell->draining) {
        push(farewell);
    }
}

void farewell_start(struct farewell *farewell, struct arena *arena,
                    const struct http_response *response, bool no_body)
{
    int64_t length =
        farewell->source != NULL ? farewell->left : (int64_t)response->body.len;
    struct timers *timers = loop_timers(farewell->loop);
    write_head(farewell, arena, response, length);
    if (no_body) {
        farewell->source = NULL;
    } else if (farewell->source == NULL) {
        buf_add(&farewell->out, response->body);
    }
    farewell->started = true;
    timer_init(&farewell->ready, source_ready, farewell);
    timer_init(&farewell->idle, time_is_up, farewell);
    timer_arm(timers, &farewell->idle, farewell->idle_ms);
    farewell->watch = (struct loop_watch){farewell->fd, socket_ready, farewell};
    /* Never from within the caller, which may be libmicrohttpd; and not in this
     * turn of the loop: at its end the log says why. */
    farewell->plugged = farewell->stays;
    loop_watch(farewell->loop, &farewell->watch, wanted_events(farewell));
    if (!farewell->plugged) {
        timer_arm(timers, &farewell->ready, NEXT_TURN_MS);
    }
}

void farewell_stop(struct farewell *farewell)
{
    if (!farewell->started) {
        return;
    }
    struct timers *timers = loop_timers(farewell->loop);
    farewell->started = false;
    timer_cancel(timers, &farewell->ready);
    timer_cancel(timers, &farewell->idle);
    loop_unwatch(farewell->loop, &farewell->watch);
    buf_free(&farewell->out);
}
