/* SPDX-License-Identifier: Apache-2.0 */
/* The listening socket. We accept by ourselves, for libmicrohttpd spins when
 * descriptors run out and can only fill one daemon. Start at
 * accept_some(). */
#include "server/private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ACCEPTS_A_TURN = 64, BACKLOG = 4096, RETRY_MS = 100 };

static void watch_again(struct listener *listener)
{
    if (listener->fd >= 0 && listener->watch.fd < 0) {
        listener->watch.fd = listener->fd;
        loop_watch(listener->loop, &listener->watch, EPOLLIN);
    }
}

static void retry(void *ctx)
{
    struct listener *listener = ctx;
    if (!listener->full) {
        watch_again(listener);
    }
}

static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS ||
           error == ENOMEM;
}

/* A client that waits in the backlog keeps the descriptor readable: stop
 * looking, or the loop would spin. */
static void pause_for(struct listener *listener, bool full)
{
    loop_unwatch(listener->loop, &listener->watch);
    listener->full = full;
    if (!full) {
        timer_arm(loop_timers(listener->loop), &listener->retry, RETRY_MS);
    }
}

static void accept_some(void *ctx, uint32_t events)
{
    struct listener *listener = ctx;
    (void)events;
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        struct sockaddr_storage address = {0};
        socklen_t len = sizeof(address);
        if (!listener->has_room(listener->ctx)) {
            pause_for(listener, true);
            return;
        }
        int fd = accept4(listener->fd, (struct sockaddr *)&address, &len,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (is_shortage(errno)) {
                pause_for(listener, false);
            }
            return;
        }
        int one = 1;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        if (!listener->accepted(listener->ctx, fd, (struct sockaddr *)&address,
                                len)) {
            pause_for(listener, false);
            return;
        }
    }
}

static bool parse_address(struct str host, uint16_t port,
                          struct sockaddr_storage *ret_address,
                          socklen_t *ret_len)
{
    char text[INET6_ADDRSTRLEN + 1] = "";
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons(port)};
    if (host.len >= sizeof(text)) {
        return false;
    }
    if (host.len > 0) {
        memcpy(text, host.ptr, host.len);
    }
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        memcpy(ret_address, &v4, sizeof(v4));
        *ret_len = sizeof(v4);
        return true;
    }
    if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
        memcpy(ret_address, &v6, sizeof(v6));
        *ret_len = sizeof(v6);
        return true;
    }
    return false;
}

static uint16_t port_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {.v6 = {0}};
    socklen_t len = sizeof(address);
    if (getsockname(fd, &address.any, &len) != 0) {
        return 0;
    }
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port
                                                   : address.v4.sin_port);
}

/* -1 with errno as the system set it. Not yet listening. */
static int bind_socket(const struct sockaddr_storage *address, socklen_t len,
                       bool shares)
{
    int one = 1;
    int shared = shares ? 1 : 0;
    int fd = socket(address->ss_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &shared, sizeof(shared));
    if (bind(fd, (const struct sockaddr *)address, len) != 0) {
        int error = errno;
        (void)close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static bool tell_trouble(struct arena *arena, struct str host, uint16_t port,
                         struct str *reterr)
{
    *reterr = arena_printf(arena, "cannot listen on %.*s port %u: %s",
                           STR_ARG(host), (unsigned)port, strerror(errno));
    return false;
}

static bool read_address(struct str host, uint16_t port,
                         struct sockaddr_storage *ret_address,
                         socklen_t *ret_len, struct arena *arena,
                         struct str *reterr)
{
    if (!parse_address(host, port, ret_address, ret_len)) {
        *reterr =
            arena_printf(arena, "'%.*s' is no numeric address", STR_ARG(host));
        return false;
    }
    return true;
}

int server_port_reserve(struct str host, uint16_t port, uint16_t *ret_port,
                        struct arena *arena, struct str *reterr)
{
    struct sockaddr_storage address = {0};
    socklen_t len = 0;
    if (!read_address(host, port, &address, &len, arena, reterr)) {
        return -1;
    }
    /* Sharing a port with somebody else's processes would succeed: so first
     * without. */
    int alone = port != 0 ? bind_socket(&address, len, false) : -1;
    if (port != 0 && alone < 0) {
        (void)tell_trouble(arena, host, port, reterr);
        return -1;
    }
    server_port_release(alone);
    int fd = bind_socket(&address, len, true);
    if (fd < 0) {
        (void)tell_trouble(arena, host, port, reterr);
        return -1;
    }
    *ret_port = port_of(fd);
    return fd;
}

void server_port_release(int reserved)
{
    if (reserved >= 0) {
        (void)close(reserved);
    }
}

bool listener_open(struct listener *listener, struct loop *loop,
                   const struct server_config *config, struct arena *arena,
                   struct str *reterr)
{
    struct sockaddr_storage address = {0};
    socklen_t len = 0;
    listener->loop = loop;
    listener->fd = -1;
    listener->watch = (struct loop_watch){-1, accept_some, listener};
    timer_init(&listener->retry, retry, listener);
    if (!read_address(config->host, config->port, &address, &len, arena,
                      reterr)) {
        return false;
    }
    listener->fd = bind_socket(&address, len, config->shares_port);
    if (listener->fd < 0 || listen(listener->fd, BACKLOG) != 0) {
        return tell_trouble(arena, config->host, config->port, reterr);
    }
    listener->port = port_of(listener->fd);
    watch_again(listener);
    return true;
}

void listener_make_room(struct listener *listener)
{
    if (listener->full) {
        listener->full = false;
        watch_again(listener);
    }
}

void listener_close(struct listener *listener)
{
    if (listener->fd < 0) {
        return;
    }
    timer_cancel(loop_timers(listener->loop), &listener->retry);
    loop_unwatch(listener->loop, &listener->watch);
    (void)close(listener->fd);
    listener->fd = -1;
}
