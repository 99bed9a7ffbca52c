/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this room share; no other room includes it.
 *
 * strict.c   what is proper HTTP and what is not, on plain data
 * listen.c   the listening socket: accepts, and waits where it cannot
 * linger.c   lets a client read an answer before its connection is reset
 * farewell.c an answer written past libmicrohttpd, in the middle of an upload
 * server.c   everything that touches libmicrohttpd
 */
#ifndef SERVER_PRIVATE_H
#define SERVER_PRIVATE_H

#include "http/message.h"
#include "http/stream.h"
#include "loop/loop.h"
#include "server/server.h"

/* ---- strict.c ---- */

/* A request head as it stands in memory. */
struct strict_head {
    struct str method;
    struct str target;
    struct str version;
    struct http_headers headers; /* values as written, blanks behind kept */
};

/* What is wrong with a request; `sentence` is NULL when nothing is. */
struct strict_refusal {
    int status;
    const char *sentence;
};

/* *ret_body_length as in struct http_call. */
struct strict_refusal strict_check(const struct strict_head *head,
                                   int64_t *ret_body_length);
/*
 * Whether method, target, version and fields fill the head without a gap, each
 * with exactly the separators that RFC 9112 allows (`size` is counted from the
 * method to behind the empty line). A folded line, a zero byte, a bare LF, a
 * second blank: each leaves a gap.
 */
bool strict_has_no_gap(const struct strict_head *head, size_t size);

/* ---- listen.c ---- */

struct listener {
    struct loop *loop;
    struct loop_watch watch;
    struct timer retry;
    int fd; /* -1 once closed */
    uint16_t port;
    bool full; /* waits for listener_make_room() */
    /* Takes the socket over; false: no room for it or any other now. */
    bool (*accepted)(void *ctx, int fd, const struct sockaddr *address,
                     unsigned address_len);
    bool (*has_room)(void *ctx);
    void *ctx;
};

bool listener_open(struct listener *listener, struct loop *loop,
                   struct str host, uint16_t port, struct arena *arena,
                   struct str *reterr);
void listener_make_room(struct listener *listener);
void listener_close(struct listener *listener);

/* ---- linger.c ---- */

struct lingerer;
struct lingerers {
    struct loop *loop;
    struct lingerer *first;
    size_t count;
};

/* Keeps a second descriptor of the socket, says it is done writing, and reads
 * away what still comes, for a while. */
void linger_start(struct lingerers *all, int fd);
void linger_stop_all(struct lingerers *all);
/* Reads away and drops what has arrived; false once no more can come. */
bool linger_drain(int fd, size_t *drained);
/* Makes the coming close a reset, so that nothing looks like an answer. */
void linger_never(int fd);

/* ---- farewell.c ---- */

struct farewell {
    struct loop *loop;
    struct loop_watch watch;
    struct timer ready; /* the source has more */
    struct timer idle;
    int64_t idle_ms;
    int fd;
    struct buf out;
    size_t written;
    struct http_source *source; /* NULL: `out` is all */
    int64_t left;               /* of the source; -1 = chunked */
    bool started;
    bool plugged; /* the socket takes no more for now */
    /* Called once, from the loop; `whole` when all was written. */
    void (*done)(void *ctx, bool whole);
    void *ctx;
};

/* Headers, and body when there is no source; adds framing and Date. */
void farewell_start(struct farewell *farewell, struct arena *arena,
                    const struct http_response *response, bool no_body);
void farewell_stop(struct farewell *farewell);

/* Framing and Date belong to the server, not to whoever replies. */
bool server_owns_header(struct str name);

#endif
