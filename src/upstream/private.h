/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this room share; nothing here knows curl.
 *
 * request.c  what goes out, as lines of text
 * head.c     what comes in before the body
 * carried.c  what a fetch is told, and when
 * transfer.c what one transfer takes in and gives out, and the list of them
 * sockets.c  which descriptors the loop watches
 * upstream.c curl, which calls the others
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
/* An upload of no bytes is never pulled, yet may be known to be broken. */
bool request_is_broken(struct http_fetch *fetch);

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
    char *fold;       /* the bytes of the last value, where it was folded */
    size_t fold_room; /* how many there are; 0: it was not */
};

/* One line with its end; trailers, which come after the head, are dropped. */
enum head_step head_take(struct head *head, struct arena *arena,
                         struct str line);

/* carried.c */

struct transfer;

/* Hangs on a fetch, in its arena, from send to cancel. */
struct carried {
    struct transfer *transfer; /* NULL: over */
    struct http_pipe pipe;
    bool piped;
    struct timer_woken head;
    struct timer_woken done;
};

/* NULL: it is settled already, for it is no proper request. */
struct carried *carried_begin(struct http_fetch *fetch);
/* The head has come: fills the response, opens the download. */
void carried_tell_head(struct http_fetch *fetch, const struct head *head);
/* `detail` may be empty. Wakes `done`. */
void carried_settle(struct http_fetch *fetch, enum http_outcome outcome,
                    struct str detail);
/* Takes back wake-ups that have not run, and the download. */
void carried_end(struct http_fetch *fetch);

/* transfer.c */

/* What curl's callbacks need while a fetch is carried; made once per handle. */
struct transfer {
    struct upstream *upstream;
    struct timers *timers;
    void *easy; /* curl's handle */
    struct transfer *next;
    struct transfer *before;  /* among the active */
    struct http_fetch *fetch; /* NULL: abandoned */
    struct timer deadline;
    struct timer room;     /* the download has room again */
    struct timer supplied; /* the upload has more */
    int64_t timeout_ms;
    int64_t connect_ms;
    int64_t moved_ms; /* when the deadline began to run */
    bool resolving;
    bool requested; /* a byte of the request may have been sent */
    bool receiving_paused;
    bool sending_paused;
    struct head head;
    size_t repeated;  /* of what will be given again: in the pipe already */
    int64_t uploaded; /* bytes taken from the source */
    struct buf body;
    size_t body_limit;
    enum http_outcome stop; /* why a callback of ours ended it */
    const char *stop_why;
    char error[256]; /* curl writes its sentence here */
};

enum taken {
    TAKEN_ALL,
    TAKEN_PAUSED, /* give it again, from its start, once unpaused */
    TAKEN_STOP,
};

void transfer_begin(struct transfer *t, struct http_fetch *fetch);
/* False: stop. Once before each sending of the request. */
bool transfer_may_request(struct transfer *t);
bool transfer_may_connect(struct transfer *t);
bool transfer_take_head(struct transfer *t, struct str line);
enum taken transfer_take_body(struct transfer *t, struct str bytes);
enum http_read transfer_give_upload(struct transfer *t, char *dst, size_t room,
                                    size_t *ret_len);
/* How long it may still take as things stand; 0 or less: too long. */
int64_t transfer_left_ms(struct transfer *t);
int64_t transfer_allowed_ms(const struct transfer *t);
/* By what was sent and what came; `ok`: curl saw no fault. */
enum http_outcome transfer_judge(const struct transfer *t, bool ok);
/* Tells the fetch; the transfer may then be parted from it. */
void transfer_settle(struct transfer *t, enum http_outcome outcome,
                     struct str detail);
void transfer_settle_late(struct transfer *t);
/* Forgets the fetch: nothing of it is touched after. */
void transfer_end(struct transfer *t);

struct transfer_list {
    struct transfer *active; /* with a fetch, or abandoned while resolving */
    struct transfer *idle;   /* kept for another fetch */
    size_t idle_count;
};

void transfers_add(struct transfer_list *list, struct transfer *t);
/* False: there are idle ones enough, it is the caller's to free. */
bool transfers_retire(struct transfer_list *list, struct transfer *t);
struct transfer *transfers_take_idle(struct transfer_list *list);

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
