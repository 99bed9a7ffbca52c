/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this room share; nothing here knows curl.
 *
 * request.c  what goes out, as lines of text
 * head.c     what comes in before the body
 * carried.c  what a fetch is told, and when
 * sockets.c  which descriptors the loop watches
 * upstream.c curl
 */
#ifndef UPSTREAM_PRIVATE_H
#define UPSTREAM_PRIVATE_H

#include "http/client.h"
#include "loop/loop.h"

/* request.c */

/* False, with a sentence, for what would not be one proper request. */
bool request_check(const struct http_fetch *fetch, struct str *reterr);
/* The lines as curl wants them: "Name: value", "Name;" when empty, and
 * "Name:" for a line of its own that it shall leave out. */
size_t request_lines(const struct http_fetch *fetch, const char ***ret_lines);
bool request_has_upload(const struct http_fetch *fetch);

/* head.c */

enum head_step {
    HEAD_MORE,
    HEAD_WHOLE, /* once */
    HEAD_BAD,
};

struct head {
    int status;
    size_t bytes;
    bool whole;
    struct http_headers headers;
};

/* One line with its end; trailers, which come after the head, are dropped. */
enum head_step head_take(struct head *head, struct arena *arena,
                         struct str line);

/* carried.c */

struct transfer;

/* A timer of the caller that was woken and may not have run yet. */
struct woken {
    bool ours;
    uint64_t turn;
};

/* Hangs on a fetch, in its arena, from send to cancel. */
struct carried {
    struct transfer *transfer; /* NULL: over */
    struct http_pipe pipe;
    bool piped;
    struct woken head;
    struct woken done;
};

struct carried *carried_begin(struct http_fetch *fetch);
/* The head has come: fills the response, opens the download. */
void carried_tell_head(struct http_fetch *fetch, const struct head *head);
/* `detail` may be empty. Wakes `done`. */
void carried_settle(struct http_fetch *fetch, enum http_outcome outcome,
                    struct str detail);
/* Takes back wake-ups that have not run, and the download. */
void carried_end(struct http_fetch *fetch);

/* sockets.c */

struct socket_watch;

struct sockets {
    struct loop *loop;
    void (*ready)(void *ctx, int fd, uint32_t events);
    void *ctx;
    struct socket_watch **at; /* by descriptor */
    size_t count;
};

/* Events of epoll; 0 = none for now. */
void sockets_want(struct sockets *sockets, int fd, uint32_t events);
/* From here on sockets_closing() will be called for it too. */
void sockets_opened(struct sockets *sockets, int fd);
void sockets_closing(struct sockets *sockets, int fd);
void sockets_free(struct sockets *sockets);

#endif
