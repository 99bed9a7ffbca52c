/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this room share; no other room includes it.
 *
 * strict.c   what is proper HTTP and what is not, on plain data
 * listen.c   the listening socket: accepts, and waits where it cannot
 * linger.c   lets a client read an answer before its connection is reset
 * farewell.c an answer written past libmicrohttpd, in the middle of an upload
 * exchange.c one request and its answer
 * away.c     held calls, whose sockets leave libmicrohttpd until the answer
 * overdue.c  clients that never come to the end of what they send
 * crowd.c    memory after many have left
 * call.c     what a handler may ask of them
 * server.c   everything that touches libmicrohttpd
 */
#ifndef SERVER_PRIVATE_H
#define SERVER_PRIVATE_H

#include "http/message.h"
#include "http/stream.h"
#include "loop/loop.h"
#include "server/server.h"

#include <sys/socket.h>

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
 * Whether the head keeps to the limit and, where its layout in memory is known,
 * whether method, target, version and fields fill it without a gap, each with
 * exactly the separators that RFC 9112 allows (`size` is counted from the
 * method to behind the empty line). A folded line, a zero byte, a bare LF, a
 * second blank: each leaves a gap.
 */
struct strict_refusal strict_check_space(const struct strict_head *head,
                                         size_t size, size_t limit,
                                         bool layout_known);

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
                   const struct server_config *config, struct arena *arena,
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

enum {
    LINGER_MS = 2000,
    /* Who still sends after this much does not listen. */
    LINGER_BYTES = 64 << 20,
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
    size_t flushed; /* of `out` */
    size_t drained;
    struct http_source *source; /* NULL: `out` is all */
    int64_t left;               /* of the source; -1 = chunked */
    bool started;
    bool plugged;  /* the socket takes no more for now */
    bool draining; /* all was written; the client may still be sending */
    bool stays;    /* the connection is good for another request */
    /* Each called at most once, from the loop, `over` as the last. */
    void (*written)(void *ctx);
    void (*over)(void *ctx, bool whole);
    void *ctx;
};

/* Headers, and body when there is no source; adds framing and Date. */
void farewell_start(struct farewell *farewell, struct arena *arena,
                    const struct http_response *response, bool no_body);
void farewell_stop(struct farewell *farewell);

/* Whether an answer of this status has a body at all. */
bool farewell_has_body(int status);

/* Framing and Date belong to the server, not to whoever replies. */
bool server_owns_header(struct str name);

/* ---- exchange.c ---- */

struct MHD_Connection;
struct MHD_Daemon;
struct MHD_Response;

enum { SHARDS = 64, PIPE_BYTES = 64 * 1024 };

/* One daemon of libmicrohttpd. Each resume walks all that is suspended in its
 * daemon, so there are several. */
struct shard {
    struct server *server;
    struct MHD_Daemon *daemon; /* NULL: not started yet */
    struct loop_watch watch;   /* its epoll descriptor */
    bool due;
    int64_t deadline_ms; /* -1: none */
    size_t clients;
    size_t coming; /* added, but not yet taken in */
};

/* One connection. */
struct client {
    struct shard *shard;
    bool whole; /* nothing of a request can still be under way */
    int fd;
    uint64_t taken;   /* bytes of all its requests */
    bool uncounted;   /* their number is not known */
    int64_t since_ms; /* of what must end soon; -1: nothing */
    bool in_head;     /* that is a head */
    struct client *next;
    struct client *previous;
};

struct server {
    struct loop *loop;
    struct server_config config;
    struct http_handler *handler;
    struct listener listener;
    struct lingerers lingerers;
    struct loop_hook hook;
    struct shard shards[SHARDS];
    struct exchange *first;
    struct client *first_client;
    struct timer overdue; /* looks at all of them */
    size_t clients;
    size_t most_clients; /* since memory was last given back */
    struct timer tidy;
    size_t coming;
    size_t away;           /* connections of calls that have left */
    uint64_t taken_before; /* by the one that is coming back */
    size_t active;
    bool tls;
    bool has_known_layout;
    bool stopping;
    const char *certificate;
    const char *key;
};

enum stage {
    STAGE_HEAD,     /* the request line is there */
    STAGE_OFFERED,  /* the head is; parked until somebody wants the body */
    STAGE_WANTED,   /* somebody does */
    STAGE_BODY,     /* it flows */
    STAGE_WHOLE,    /* all was read; parked until there is an answer */
    STAGE_ANSWERED, /* libmicrohttpd has the answer */
    STAGE_FAREWELL, /* parked; farewell.c writes the answer */
    STAGE_AWAY,     /* whole; libmicrohttpd forgets it, away.c answers */
    STAGE_OVER,     /* libmicrohttpd has forgotten it */
};

/* One request and its answer: what stands behind a struct http_call. */
struct exchange {
    struct http_call call; /* first, so that it can be cast */
    struct server *server; /* NULL once that was freed */
    struct client *client;
    struct MHD_Connection *link; /* NULL when over */
    struct exchange *next;
    struct exchange *previous;
    struct loop *loop;
    int fd;
    enum stage stage;
    unsigned holds;
    bool counted; /* in server->active */
    bool parked;  /* suspended in libmicrohttpd */
    bool doomed;  /* to be closed as soon as libmicrohttpd asks */
    bool expects; /* waits for 100 Continue before it sends its body */
    bool http10;
    bool closes;           /* the client wants no other on its connection */
    uint64_t taken;        /* of the client, once it is away */
    struct str raw_target; /* where the target stood, for the gap check */
    uint64_t seen;         /* bytes of the body */
    uint64_t swallowed;    /* of them, after the answer was known */
    struct http_pipe pipe;
    struct http_source body; /* the pipe, but reading it makes it flow */
    struct timer offer;      /* hands the call to the handler */
    struct timer room;       /* the pipe has room again */
    struct timer look;       /* time to watch whether the client leaves */
    struct timer patience;   /* the answer waits no longer for the body's end */
    struct timer ready;      /* the answer's source has more */
    struct loop_watch watch;
    bool answered;
    struct http_response answer;
    struct http_source *source; /* of the answer; NULL: answer.body */
    int64_t length;             /* of the source; -1 = unknown */
    bool streams;
    struct timers *sent_timers;
    struct timer *sent;
    struct farewell farewell;
};

/* What libmicrohttpd is to do next. */
enum next { NEXT_GO_ON, NEXT_ANSWER, NEXT_CLOSE };

struct exchange *server_exchange_new(struct server *server,
                                     struct client *client,
                                     struct MHD_Connection *link, int fd,
                                     struct str target);
/* The head is complete and strict: makes the call out of it. */
enum next server_exchange_open(struct exchange *exchange,
                               const struct strict_head *head,
                               int64_t body_length);
enum next server_exchange_refuse(struct exchange *exchange,
                                 struct strict_refusal refusal);
enum next server_exchange_take_body(struct exchange *exchange, const char *data,
                                    size_t *size);
enum next server_exchange_go_on(struct exchange *exchange);
/* More of a streamed answer; only while STAGE_ANSWERED. */
enum http_read server_exchange_pull(struct exchange *exchange, char *dst,
                                    size_t size, size_t *ret_len);
/* libmicrohttpd is through with it; `fine` when the answer was sent whole. */
void server_exchange_over(struct exchange *exchange, bool fine);
void server_exchange_doom(struct exchange *exchange);
/* Its socket, for news of the client's end of it. */
void server_exchange_watch(struct exchange *exchange, uint32_t events);
/* What its socket says of the client's end of it, in epoll's words. */
void server_exchange_note_left(struct exchange *exchange, uint32_t events);
void server_exchange_tell_gone(struct exchange *exchange);
/* The answer is known: sends it, now or after what is left of the body. */
void server_exchange_deliver(struct exchange *exchange);
/* The length that an answer without a body announces; -1: none. */
int64_t server_exchange_announced_length(const struct exchange *exchange);

/* The answer is written past libmicrohttpd. */
void server_exchange_write(struct exchange *exchange, bool stays);

/* ---- away.c ---- */

/* Once a call waits for long; where that cannot be, it stays. */
void away_leave(struct exchange *exchange);
/* libmicrohttpd has forgotten it. */
void away_left(struct exchange *exchange);
void away_answer(struct exchange *exchange);
void away_answered(struct exchange *exchange, bool whole);
void away_doom(struct exchange *exchange);
/* All that a socket ever got, read or not; false where the system keeps no
 * count. */
bool server_count_received(int fd, uint64_t *ret_bytes);

/* ---- overdue.c ---- */

void overdue_init(struct server *server);
void overdue_stop(struct server *server);
void overdue_add(struct server *server, struct client *client);
void overdue_remove(struct server *server, struct client *client);
/* From now on it must come to the end of its next head (or of a body that
 * nobody reads, for it is answered already) within server_config.head_ms. */
void overdue_begin(struct server *server, struct client *client, bool in_head);
void overdue_end(struct client *client);

/* ---- crowd.c ---- */

void crowd_init(struct server *server);
void crowd_stop(struct server *server);
/* Connections, also those of calls that have left libmicrohttpd. */
size_t crowd_size(const struct server *server);
/* To be called after each that comes, and after each that goes. */
void crowd_grew(struct server *server);
void crowd_shrank(struct server *server);

/* ---- call.c ---- */

extern const struct http_call_ops EXCHANGE_OPS;
/* One `100 Continue`; false where that is impossible. Closes what turns out to
 * be broken. */
bool server_exchange_say_interim(struct exchange *exchange);

/* ---- server.c ---- */

void server_suspend(struct exchange *exchange);
void server_resume(struct exchange *exchange);
/* A socket that had left, for its client's next request. */
void server_take_back(struct server *server, int fd, uint64_t taken);
const char *server_reason(int status);

#endif
