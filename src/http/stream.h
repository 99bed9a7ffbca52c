/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes that arrive over time, pulled by whoever wants them.
 *
 * Purpose:   move a body of any length through the proxy in bounded memory.
 *            Server and upstream each end in a pipe; checks and re-signing are
 *            sources that pull from another source.
 * Ownership: a source is embedded in, and lives as long as, its owner.
 * Callbacks: a source that said WAIT wakes the watching timer once there is
 *            more to know; nothing else is called back.
 * Errors:    BROKEN, with the fault to tell the client, if there is one.
 * Never:     blocks; gives a byte after END or BROKEN.
 */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H

#include "base/buf.h"
#include "base/timer.h"

enum http_read {
    HTTP_READ_SOME,   /* *ret_len > 0 bytes were copied */
    HTTP_READ_WAIT,   /* none now; the watcher will be woken */
    HTTP_READ_END,    /* all has been read */
    HTTP_READ_BROKEN, /* the rest will never come */
};

/* Why a stream broke, in AWS's words: an error code and a sentence. */
struct http_fault {
    int status;
    const char *code;
    const char *message;
};

struct http_source {
    enum http_read (*read)(struct http_source *self, char *dst, size_t size,
                           size_t *ret_len);
    /* Who is woken after a WAIT; a source that pulls from another one passes
     * the watcher down. NULL stops watching. */
    void (*watch)(struct http_source *self, struct timers *timers,
                  struct timer *watcher);
    const struct http_fault *fault; /* valid after BROKEN; may be NULL */
};

static inline enum http_read http_source_read(struct http_source *source,
                                              char *dst, size_t size,
                                              size_t *ret_len)
{
    return source->read(source, dst, size, ret_len);
}

static inline void http_source_watch(struct http_source *source,
                                     struct timers *timers,
                                     struct timer *watcher)
{
    source->watch(source, timers, watcher);
}

/* A bounded queue of bytes: one side puts, the other pulls. What was put before
 * an end or a break is still read; the watcher stays until another is set. */
struct http_pipe {
    struct http_source source; /* the pulling end; first, so it can be cast */
    struct buf bytes;
    size_t taken; /* bytes at the front that were pulled already */
    size_t limit;
    bool ended;
    bool broken;
    struct timers *timers;
    struct timer *watcher; /* the reader, when it waits */
    struct timer *writer;  /* woken when a full pipe is half empty */
    struct timers *writer_timers;
    bool writer_waits;
};

void http_pipe_init(struct http_pipe *pipe, size_t limit);
void http_pipe_free(struct http_pipe *pipe);
/* Who is woken when room comes back; set once by the writing side. */
void http_pipe_set_writer(struct http_pipe *pipe, struct timers *timers,
                          struct timer *writer);
/* How many bytes it would take; 0 means: wait for room. */
size_t http_pipe_room(struct http_pipe *pipe);
/* Returns how many bytes were taken; fewer than given means: wait for room. */
size_t http_pipe_put(struct http_pipe *pipe, struct str bytes);
void http_pipe_end(struct http_pipe *pipe);
void http_pipe_break(struct http_pipe *pipe, const struct http_fault *fault);

#endif
