/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors under watch. Here because a connection that goes idle and is
 * soon used again should cost no system call. Start at sockets_want(). */
#include "upstream/private.h"

#include "base/mem.h"

struct socket_watch {
    struct loop_watch watch;
    struct sockets *sockets;
    int fd;
    bool lasting;    /* sockets_closing() will tell */
    uint32_t wanted; /* 0: watched still, but nobody cares */
    uint32_t events; /* as the loop knows them */
};

static void on_ready(void *ctx, uint32_t events)
{
    struct socket_watch *socket = ctx;
    if (socket->wanted == 0) {
        loop_unwatch(socket->sockets->loop, &socket->watch);
        return;
    }
    socket->sockets->ready(socket->sockets->ctx, socket->fd, events);
}

static struct socket_watch *find_watch(struct sockets *sockets, int fd)
{
    size_t place = (size_t)fd;
    if (place >= sockets->count) {
        size_t count = (place + 1) * 2;
        sockets->at = mem_resize(sockets->at, count * sizeof(sockets->at[0]));
        memset(sockets->at + sockets->count, 0,
               (count - sockets->count) * sizeof(sockets->at[0]));
        sockets->count = count;
    }
    if (sockets->at[place] == NULL) {
        struct socket_watch *socket = mem_new(sizeof(*socket));
        socket->watch = (struct loop_watch){-1, on_ready, socket};
        socket->sockets = sockets;
        socket->fd = fd;
        sockets->at[place] = socket;
    }
    return sockets->at[place];
}

void sockets_want(struct sockets *sockets, int fd, uint32_t events)
{
    struct socket_watch *socket = find_watch(sockets, fd);
    socket->wanted = events;
    if (events == 0) {
        if (!socket->lasting) {
            loop_unwatch(sockets->loop, &socket->watch);
        }
        return;
    }
    if (socket->watch.fd != fd || socket->events != events) {
        socket->watch.fd = fd;
        socket->events = events;
        loop_watch(sockets->loop, &socket->watch, events);
    }
}

void sockets_opened(struct sockets *sockets, int fd)
{
    find_watch(sockets, fd)->lasting = true;
}

void sockets_closing(struct sockets *sockets, int fd)
{
    struct socket_watch *socket = find_watch(sockets, fd);
    loop_unwatch(sockets->loop, &socket->watch);
    socket->lasting = false;
    socket->wanted = 0;
}

void sockets_free(struct sockets *sockets)
{
    for (size_t i = 0; i < sockets->count; i++) {
        if (sockets->at[i] != NULL) {
            loop_unwatch(sockets->loop, &sockets->at[i]->watch);
            mem_free(sockets->at[i]);
        }
    }
    mem_free(sockets->at);
}
