/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server, a handler that does what the test says, and clients with raw
 * sockets, all on one loop: nothing here waits but the loop itself.
 */
#ifndef TESTS_SERVER_WORLD_H
#define TESTS_SERVER_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum manner {
    ECHO,   /* reads the body and replies with it */
    HOLD,   /* keeps the call; the test replies */
    READ,   /* reads the body, keeps the call */
    REFUSE, /* replies 403 without a look at the body */
};

struct visit {
    struct world *world;
    struct http_call *call;
    struct buf body;
    struct timer more;
    struct timer gone;
    struct timer sent;
    bool read_all;
    bool broken;
    bool told_gone;
    int told_sent;
    size_t step;  /* bytes a reading takes; 0 = all there are */
    bool waiting; /* reads nothing for now */
};

struct world {
    struct loop *loop;
    struct arena *arena;
    struct server *server;
    struct http_handler handler;
    enum manner manner;
    size_t step;
    struct visit visits[64];
    size_t count;
    struct timer guard;
    struct timer tick;
    bool late;
};

struct peer {
    struct world *world;
    int fd;
    struct loop_watch watch;
    struct buf out;
    size_t sent;
    struct buf in;
    bool closed;
    bool reset;
};

static inline struct http_response make_reply(struct world *w, int status,
                                              struct str body)
{
    struct http_response response = {.status = status, .body = body};
    http_headers_add(w->arena, &response.headers, STR("x-one"), STR("1"));
    http_headers_add(w->arena, &response.headers, STR("Set-Cookie"), STR("a"));
    http_headers_add(w->arena, &response.headers, STR("Set-Cookie"), STR("b"));
    http_headers_add(w->arena, &response.headers, STR("Date"), STR("never"));
    http_headers_add(w->arena, &response.headers, STR("Connection"),
                     STR("close"));
    return response;
}

static inline void visit_reply(struct visit *visit, int status, struct str body)
{
    struct http_response response = make_reply(visit->world, status, body);
    http_call_reply(visit->call, &response);
}

static inline void visit_leave(struct visit *visit)
{
    if (visit->call != NULL) {
        struct timers *timers = loop_timers(visit->world->loop);
        http_source_watch(visit->call->body, timers, NULL);
        timer_cancel(timers, &visit->more);
        visit->call->on_gone = NULL;
        timer_cancel(timers, &visit->gone);
        http_call_release(visit->call);
        visit->call = NULL;
    }
}

static inline void visit_read(void *ctx)
{
    struct visit *visit = ctx;
    char block[16384];
    size_t len;
    size_t size = visit->step > 0 ? visit->step : sizeof(block);
    enum http_read got = HTTP_READ_SOME;
    if (visit->waiting) {
        return;
    }
    while (got == HTTP_READ_SOME) {
        got = http_source_read(visit->call->body, block, size, &len);
        if (got == HTTP_READ_SOME) {
            buf_add(&visit->body, str_make(block, len));
            if (visit->step > 0) {
                timer_wake(loop_timers(visit->world->loop), &visit->more);
                return;
            }
        }
    }
    if (got == HTTP_READ_WAIT) {
        http_source_watch(visit->call->body, loop_timers(visit->world->loop),
                          &visit->more);
        return;
    }
    visit->broken = got == HTTP_READ_BROKEN;
    visit->read_all = got == HTTP_READ_END;
    if (visit->world->manner == ECHO) {
        if (visit->read_all) {
            visit_reply(visit, 200, buf_str(&visit->body));
        }
        visit_leave(visit);
    }
}

static inline void visit_gone(void *ctx)
{
    ((struct visit *)ctx)->told_gone = true;
}

static inline void visit_sent(void *ctx)
{
    ((struct visit *)ctx)->told_sent++;
}

static inline void world_handle(struct http_handler *self,
                                struct http_call *call)
{
    struct world *w =
        (struct world *)((char *)self - offsetof(struct world, handler));
    assert_true(w->count < 64);
    struct visit *visit = &w->visits[w->count++];
    visit->world = w;
    visit->call = call;
    visit->step = w->step;
    call->on_gone = &visit->gone;
    timer_init(&visit->more, visit_read, visit);
    timer_init(&visit->gone, visit_gone, visit);
    timer_init(&visit->sent, visit_sent, visit);
    if (w->manner == REFUSE) {
        visit_reply(visit, 403, STR("no\n"));
        visit_leave(visit);
    } else if (w->manner != HOLD) {
        visit_read(visit);
    }
}

static inline void world_late(void *ctx)
{
    ((struct world *)ctx)->late = true;
}

static inline void world_tick(void *ctx)
{
    (void)ctx;
}

static inline struct world *world_new(enum manner manner,
                                      struct server_config config)
{
    struct world *w = mem_new(sizeof(*w));
    struct str error = STR_NONE;
    w->loop = loop_new();
    w->arena = arena_new();
    w->manner = manner;
    w->handler.handle = world_handle;
    timer_init(&w->guard, world_late, w);
    timer_init(&w->tick, world_tick, w);
    if (config.host.ptr == NULL) {
        config.host = STR("127.0.0.1");
    }
    w->server = server_new(w->loop, &config, &w->handler, w->arena, &error);
    if (w->server == NULL) {
        fail_msg("%.*s", STR_ARG(error));
    }
    return w;
}

static inline void world_free(struct world *w)
{
    for (size_t i = 0; i < w->count; i++) {
        visit_leave(&w->visits[i]);
    }
    server_free(w->server);
    for (size_t i = 0; i < w->count; i++) {
        buf_free(&w->visits[i].body);
        timer_cancel(loop_timers(w->loop), &w->visits[i].sent);
    }
    timer_cancel(loop_timers(w->loop), &w->guard);
    loop_free(w->loop);
    arena_free(w->arena);
    mem_free(w);
}

/* Turns the loop until it holds; a test that hangs fails. What becomes true
 * just before the loop sleeps is seen at the next tick. */
#define WAIT_FOR(w, condition)                                                 \
    do {                                                                       \
        (w)->late = false;                                                     \
        timer_arm(loop_timers((w)->loop), &(w)->guard, 10000);                 \
        while (!(condition) && !(w)->late) {                                   \
            timer_arm(loop_timers((w)->loop), &(w)->tick, 5);                  \
            loop_turn((w)->loop);                                              \
        }                                                                      \
        timer_cancel(loop_timers((w)->loop), &(w)->tick);                      \
        timer_cancel(loop_timers((w)->loop), &(w)->guard);                     \
        if (!(condition) || (w)->late) {                                       \
            fail_msg("waited in vain for %s", #condition);                     \
        }                                                                      \
    } while (0)

/* Turns the loop until nothing has happened for some milliseconds. */
static inline void world_quiet(struct world *w, int64_t ms)
{
    w->late = false;
    timer_arm(loop_timers(w->loop), &w->guard, ms);
    while (!w->late) {
        loop_turn(w->loop);
    }
}

static inline void peer_flush(struct peer *peer)
{
    while (peer->sent < peer->out.len) {
        ssize_t n = send(peer->fd, peer->out.bytes + peer->sent,
                         peer->out.len - peer->sent, MSG_NOSIGNAL);
        if (n < 0) {
            if (errno != EAGAIN) {
                peer->sent = peer->out.len;
            }
            break;
        }
        peer->sent += (size_t)n;
    }
    if (peer->watch.fd >= 0) {
        loop_watch(peer->world->loop, &peer->watch,
                   peer->sent < peer->out.len ? EPOLLIN | EPOLLOUT : EPOLLIN);
    }
}

static inline void peer_ready(void *ctx, uint32_t events)
{
    struct peer *peer = ctx;
    char block[65536];
    (void)events;
    for (;;) {
        ssize_t n = recv(peer->fd, block, sizeof(block), MSG_DONTWAIT);
        if (n > 0) {
            buf_add(&peer->in, str_make(block, (size_t)n));
            continue;
        }
        if (n == 0 || errno != EAGAIN) {
            peer->closed = true;
            peer->reset = n < 0;
            loop_unwatch(peer->world->loop, &peer->watch);
        }
        break;
    }
    peer_flush(peer);
}

static inline void peer_open(struct peer *peer, struct world *w)
{
    *peer = (struct peer){.world = w};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(server_port(w->server)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_true(peer->fd >= 0);
    int rc = connect(peer->fd, (struct sockaddr *)&to, sizeof(to));
    assert_true(rc == 0 || errno == EINPROGRESS);
    peer->watch = (struct loop_watch){peer->fd, peer_ready, peer};
    loop_watch(w->loop, &peer->watch, EPOLLIN);
}

static inline void peer_send(struct peer *peer, struct str bytes)
{
    buf_add(&peer->out, bytes);
    if (peer->watch.fd >= 0) {
        loop_watch(peer->world->loop, &peer->watch, EPOLLIN | EPOLLOUT);
    }
}

static inline void peer_stop_reading(struct peer *peer)
{
    loop_unwatch(peer->world->loop, &peer->watch);
}

static inline void peer_read_on(struct peer *peer)
{
    peer->watch.fd = peer->fd;
    loop_watch(peer->world->loop, &peer->watch, EPOLLIN | EPOLLOUT);
}

static inline void peer_close(struct peer *peer)
{
    if (peer->fd >= 0) {
        loop_unwatch(peer->world->loop, &peer->watch);
        (void)close(peer->fd);
        peer->fd = -1;
    }
    buf_free(&peer->out);
    buf_free(&peer->in);
}

static inline bool peer_has(const struct peer *peer, const char *text)
{
    return str_contains(buf_str(&peer->in), str_of(text));
}

static inline size_t peer_times(const struct peer *peer, const char *text)
{
    struct str rest = buf_str(&peer->in);
    size_t times = 0;
    size_t at;
    while ((at = str_find_str(rest, str_of(text))) != STR_NOT_FOUND) {
        times++;
        rest = str_from(rest, at + strlen(text));
    }
    return times;
}

#endif
