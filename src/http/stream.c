/* SPDX-License-Identifier: Apache-2.0 */
/* The pipe: a bounded queue between one writer and one reader. Here because
 * both edges end in one. Start at http_pipe_put(), then read_pipe(). */
#include "http/stream.h"

#include <assert.h>

static size_t waiting_bytes(const struct http_pipe *pipe)
{
    return pipe->bytes.len - pipe->taken;
}

static void wake_reader(struct http_pipe *pipe)
{
    if (pipe->watcher != NULL) {
        timer_wake(pipe->timers, pipe->watcher);
    }
}

/* Not for every few bytes: a writer that is stopped and started each time
 * costs more than the half of the room it cannot use. */
static void wake_writer(struct http_pipe *pipe)
{
    if (pipe->writer_waits && pipe->writer != NULL &&
        waiting_bytes(pipe) <= pipe->limit / 2) {
        pipe->writer_waits = false;
        timer_wake(pipe->writer_timers, pipe->writer);
    }
}

/* What was put before an end or a break is read first. */
static enum http_read read_pipe(struct http_source *self, char *dst,
                                size_t size, size_t *ret_len)
{
    struct http_pipe *pipe = (struct http_pipe *)self;
    size_t len = waiting_bytes(pipe);
    *ret_len = 0;
    assert(size > 0);
    if (len == 0) {
        if (pipe->broken) {
            return HTTP_READ_BROKEN;
        }
        if (!pipe->ended) {
            return HTTP_READ_WAIT;
        }
        http_pipe_free(pipe); /* its reader may keep the pipe for long */
        return HTTP_READ_END;
    }
    len = len < size ? len : size;
    memcpy(dst, pipe->bytes.bytes + pipe->taken, len);
    pipe->taken += len;
    if (pipe->taken == pipe->bytes.len) {
        pipe->bytes.len = 0;
        pipe->taken = 0;
    }
    *ret_len = len;
    wake_writer(pipe);
    return HTTP_READ_SOME;
}

static void watch_pipe(struct http_source *self, struct timers *timers,
                       struct timer *watcher)
{
    struct http_pipe *pipe = (struct http_pipe *)self;
    pipe->timers = timers;
    pipe->watcher = watcher;
    /* A WAIT may have been overtaken before anybody watched. */
    if (waiting_bytes(pipe) > 0 || pipe->ended || pipe->broken) {
        wake_reader(pipe);
    }
}

void http_pipe_init(struct http_pipe *pipe, size_t limit)
{
    assert(limit > 0);
    *pipe = (struct http_pipe){
        .source = {.read = read_pipe, .watch = watch_pipe},
        .limit = limit,
    };
}

void http_pipe_free(struct http_pipe *pipe)
{
    /* Bytes already read were left where they stood: wipe them too. */
    pipe->bytes.len = pipe->bytes.capacity;
    buf_free(&pipe->bytes);
    pipe->taken = 0;
}

void http_pipe_set_writer(struct http_pipe *pipe, struct timers *timers,
                          struct timer *writer)
{
    pipe->writer_timers = timers;
    pipe->writer = writer;
}

/* Moves the unread to the front only when at least as much was read before
 * it: each byte read pays for at most one byte moved. */
static void make_room(struct http_pipe *pipe, size_t more)
{
    if (pipe->taken > 0 && pipe->bytes.len + more > pipe->bytes.capacity &&
        pipe->taken >= waiting_bytes(pipe)) {
        buf_drop_front(&pipe->bytes, pipe->taken);
        pipe->taken = 0;
    }
}

size_t http_pipe_room(struct http_pipe *pipe)
{
    size_t waiting = waiting_bytes(pipe);
    pipe->writer_waits = waiting >= pipe->limit;
    return pipe->writer_waits ? 0 : pipe->limit - waiting;
}

size_t http_pipe_put(struct http_pipe *pipe, struct str bytes)
{
    if (pipe->ended || pipe->broken) {
        return bytes.len;
    }
    size_t before = waiting_bytes(pipe);
    size_t room = pipe->limit > before ? pipe->limit - before : 0;
    struct str fits = str_first(bytes, room);
    pipe->writer_waits = fits.len < bytes.len;
    if (fits.len == 0) {
        return 0;
    }
    make_room(pipe, fits.len);
    buf_add(&pipe->bytes, fits);
    /* Only an empty pipe can have told its reader to wait. */
    if (before == 0) {
        wake_reader(pipe);
    }
    return fits.len;
}

void http_pipe_end(struct http_pipe *pipe)
{
    if (!pipe->ended && !pipe->broken) {
        pipe->ended = true;
        wake_reader(pipe);
    }
}

void http_pipe_break(struct http_pipe *pipe, const struct http_fault *fault)
{
    if (!pipe->ended && !pipe->broken) {
        pipe->broken = true;
        pipe->source.fault = fault;
        wake_reader(pipe);
    }
}
