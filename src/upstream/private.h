/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this room share; curl is known to two of them.
 *
 * request.c     what goes out, as text
 * head.c        what comes in before the body, line by line
 * reader.c      where head, body and end lie in what comes in
 * carried.c     what a fetch is told, and when
 * dialer.c      making and closing connections (curl)
 * queue.c       who may dial, and who waits
 * connection.c  bytes on them (curl, where there is TLS)
 * pool.c        connections kept for another fetch
 * sending.c     a request on its way out
 * exchange.c    a request and its answer, which calls the others
 * upstream.c    the client as a whole
 */
#ifndef UPSTREAM_PRIVATE_H
#define UPSTREAM_PRIVATE_H

#include "http/client.h"
#include "loop/loop.h"
#include "upstream/upstream.h"

/* request.c */

/* Where a fetch goes: connections are shared by the text of its origin. */
struct peer {
    struct str origin;
    struct str authority; /* for Host */
    bool plain;           /* no TLS */
};

/* False, with a sentence, for what would not be one proper request. */
bool request_check(const struct http_fetch *fetch, struct str *reterr);
/* What is no origin is refused the same way. */
bool request_peer(const struct http_fetch *fetch, struct peer *ret_peer,
                  struct str *reterr);
/* Its head as it stands on the wire. */
void request_write(const struct http_fetch *fetch, struct str authority,
                   struct buf *out);
/* An upload of no bytes is never pulled, yet may be known to be broken. */
bool request_is_broken(struct http_fetch *fetch);

/* head.c */

enum head_step {
    HEAD_MORE,
    HEAD_INTERIM, /* one has ended that is not the answer's */
    HEAD_WHOLE,   /* once */
    HEAD_BAD,
};

struct head {
    int status;
    size_t bytes;
    bool begun; /* by its first line */
    bool whole;
    bool lasts;     /* the connection may be used again, once it is whole */
    bool closes;    /* Connection: close */
    bool old;       /* HTTP/1.0 */
    bool chunked;   /* Transfer-Encoding: chunked */
    int64_t length; /* Content-Length; -1: none */
    bool hops;      /* Connection names others */
    bool folds;     /* the last header may go on in the next line */
    struct http_headers headers;
    char *fold;       /* the bytes of the last value, where it was folded */
    size_t fold_room; /* how many there are; 0: it was not */
};

void head_init(struct head *head);
/* One line with its end. */
enum head_step head_take(struct head *head, struct arena *arena,
                         struct str line);

/* reader.c */

enum reader_step {
    READER_MORE, /* all that was given is taken */
    READER_HEAD, /* the head of the answer is whole: once */
    READER_BODY, /* *ret_body lies in what was given */
    READER_END,  /* for good; what is left is none of this answer's */
    READER_BAD,  /* for good; `fault` says why */
};

enum reader_phase {
    PHASE_HEAD,
    PHASE_LENGTH,
    PHASE_TO_CLOSE,
    PHASE_CHUNK_SIZE,
    PHASE_CHUNK,
    PHASE_CHUNK_END,
    PHASE_TRAILER,
    PHASE_END,
    PHASE_BAD,
    PHASE_COUNT
};

/* A zeroed one is ready, but for what it is told below. */
struct reader {
    enum reader_phase phase;
    bool bodiless;   /* set at the start: it answers a HEAD */
    uint64_t left;   /* bytes of the body, or of the chunk */
    size_t trailers; /* bytes of them */
    struct head head;
    struct buf line; /* its beginning, where it came in pieces */
    const char *fault;
};

void reader_init(struct reader *reader, bool bodiless);
/* Takes the next thing from the front of `bytes`. */
enum reader_step reader_take(struct reader *reader, struct arena *arena,
                             struct str *bytes, struct str *ret_body);
/* The other side has closed: END or BAD. */
enum reader_step reader_close(struct reader *reader);
void reader_done(struct reader *reader);

/* carried.c */

/* What a fetch is told by; from send to cancel. */
struct carried {
    bool piped;
    struct http_pipe pipe;
    struct timer_woken head;
    struct timer_woken done;
};

/* The head has come: fills the response, opens the download. */
void carried_tell_head(struct carried *carried, struct http_fetch *fetch,
                       const struct head *head);
/* `detail` may be empty. Wakes `done`. */
void carried_settle(struct carried *carried, struct http_fetch *fetch,
                    enum http_outcome outcome, struct str detail);
/* Takes back wake-ups that have not run, and the download. */
void carried_end(struct carried *carried, struct http_fetch *fetch);

/* dialer.c */

struct connection;
struct exchange;

struct pool;

/* Makes connections, each for one user who is told of it by these. */
struct dialer {
    struct loop *loop;
    struct timers *timers;
    void *multi; /* curl's */
    struct timer timer;
    struct upstream_config config;
    struct queue *queues; /* of the origins that are being dialled */
    struct timer serve;   /* those who wait in them */
    struct pool *pool;    /* whose idle ones may come first */
    void *ctx;            /* of whoever is told */
    void (*connected)(struct connection *connection);
    /* It is the callee's to close. */
    void (*failed)(struct connection *connection, struct str why);
    /* The same; `idle` is for its user. */
    void (*spared)(struct connection *connection, struct connection *idle);
    void (*ready)(struct connection *connection, uint32_t events);
};

struct connection {
    struct dialer *dialer;
    void *easy; /* curl's handle, once it dials */
    struct loop_watch watch;
    uint32_t events; /* as the loop knows them */
    int fd;
    struct queue *queue;   /* until it is connected */
    bool dials;            /* there; else it waits */
    bool fresh;            /* an idle one would not do */
    bool resolving;        /* a thread of curl's is at it */
    bool plain;            /* its bytes need no curl */
    bool reused;           /* has carried an answer before */
    struct exchange *user; /* NULL: idle, or nobody waits any more */
    struct peer peer;      /* in text */
    int64_t idle_ms;       /* since when */
    uint64_t hash;
    struct connection *next;
    struct connection *before;
    struct connection *older;
    struct connection *newer;
    char error[256]; /* a sentence, where a call below failed */
    char text[];
};

void dialer_init(struct dialer *dialer, struct loop *loop,
                 const struct upstream_config *config);
/* Waits for names that are still being resolved. */
void dialer_done(struct dialer *dialer);

/* As soon as there is a place, unless an idle one comes first; but that will
 * not do for one that is to be `fresh`. */
struct connection *connection_dial(struct dialer *dialer,
                                   const struct peer *peer, bool fresh);
/* Never waits. */
void connection_close(struct connection *connection);
/* One has become idle. */
void dialer_note_idle(struct dialer *dialer);

/* queue.c */

/* Of one origin. Whenever somebody waits, a name is looked for, all places are
 * taken, or the dialer's `serve` has been woken. */
struct queue {
    struct queue *next;
    struct str origin;
    uint64_t hash;
    size_t dials;               /* under way */
    struct connection *looking; /* for its name: one of them for all, since
                                   curl spends a thread on each */
    struct connection *first;   /* of those who wait */
    struct connection *last;
    struct connection *reuser; /* the first for whom an idle one would do */
    char text[];
};

/* At its end. */
void queue_join(struct connection *connection);
/* From waiting to dialling. */
void queue_dial(struct connection *connection);
/* Its name is known. */
void queue_end_look(struct connection *connection);
/* Wherever it stands there, if it does. */
void queue_leave(struct connection *connection);
/* Whether idle ones are spoken for. */
bool queue_wants_idle(const struct dialer *dialer, struct str origin);
/* Queues that are empty go. */
void queue_sweep(struct dialer *dialer);

/* connection.c */

enum wire {
    WIRE_SOME,
    WIRE_WAIT,   /* the loop will tell */
    WIRE_END,    /* the other side has closed */
    WIRE_BROKEN, /* `error` says why */
};

/* Bytes that were to wait must be given again from the same place. */
enum wire connection_send(struct connection *connection, struct str bytes,
                          size_t *ret_len);
enum wire connection_receive(struct connection *connection, char *dst,
                             size_t size, size_t *ret_len);
/* Open, with nothing come in: as one must be that carries no answer. */
bool connection_is_quiet(struct connection *connection);
/* Events of epoll; 0 = none for now, not that it has closed either. */
void connection_want(struct connection *connection, uint32_t events);

/* pool.c */

enum { POOL_PLACES = 64 };

struct pool {
    struct timers *timers;
    size_t limit;
    size_t count;
    struct connection *places[POOL_PLACES]; /* by hash of the origin */
    struct connection *oldest;
    struct connection *newest;
    struct timer stale;
};

void pool_init(struct pool *pool, struct timers *timers, size_t limit);
void pool_done(struct pool *pool);
void pool_put(struct pool *pool, struct connection *connection);
/* One that is fit for use; NULL: there is none. */
struct connection *pool_take(struct pool *pool, struct str origin);
/* Something happened on one that is idle. */
void pool_ready(struct pool *pool, struct connection *connection);

/* sending.c */

/* How far a request has come. */
struct sending {
    struct buf out; /* empty, or from the spare one */
    size_t taken;   /* bytes of it that are gone */
    size_t body;    /* bytes of request.body that are gone, or in `out` */
    int64_t pulled; /* bytes taken from the upload */
    bool begun;     /* the head is in `out`, or gone */
    bool ended;     /* the upload is in `out`, or gone */
    bool watches;   /* the upload */
};

enum sent {
    SENT_ALL,
    SENT_WAIT,   /* for the wire, as the loop will tell */
    SENT_PAUSED, /* for the upload, which wakes `supplied` */
    SENT_MORE,   /* enough for this turn */
    SENT_BROKEN, /* the connection is */
    SENT_SHORT,  /* the upload is, and `fault` may say how */
};

enum sent sending_go(struct exchange *x);
void sending_done(struct exchange *x);

/* exchange.c */

enum { PIECE = 64 * 1024 };

struct upstream {
    struct http_client client; /* first, so it can be cast */
    struct timers *timers;
    struct arena *arena; /* of the text in the configuration */
    int64_t connect_ms;
    struct dialer dialer;
    struct pool pool;
    struct buf spare; /* for requests to be written in */
    char *in;         /* PIECE bytes that have just come in */
    size_t in_used;   /* of them, since they were wiped */
};

/* Hangs on a fetch, in its arena, from send to cancel. */
struct exchange {
    struct carried carried;
    struct upstream *upstream;
    struct timers *timers;
    struct http_fetch *fetch;
    struct connection *connection; /* NULL: over */
    struct timer deadline;
    struct timer room;     /* the download has room again */
    struct timer supplied; /* the upload has more */
    int64_t timeout_ms;
    int64_t moved_ms; /* when the deadline began to run */
    bool requested;   /* a byte of the request may have been sent */
    bool blocked;     /* the wire takes no more for now */
    bool paused;      /* the download is full */
    bool stopped;     /* no more of the request is to be sent */
    bool sent;        /* all of it */
    bool answered;    /* all of the answer has come */
    bool excess;      /* and more than that */
    struct sending sending;
    struct reader reader;
    struct buf body;
    size_t body_limit;
    const char *fault; /* why the upload broke */
};

void exchange_begin(struct upstream *upstream, struct http_fetch *fetch);
void exchange_cancel(struct exchange *x);
/* The deadline begins anew. */
void exchange_note_move(struct exchange *x);

/* What the dialer tells. */
void exchange_connected(struct connection *connection);
void exchange_failed(struct connection *connection, struct str why);
void exchange_spared(struct connection *connection, struct connection *idle);
void exchange_ready(struct connection *connection, uint32_t events);

#endif
