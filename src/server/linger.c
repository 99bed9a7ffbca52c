/* SPDX-License-Identifier: Apache-2.0 */
/* Closing a socket with unread bytes resets the connection, and the reset can
 * overtake the answer that explains it. So such a socket is kept a little
 * longer and drained. Start at linger_start(). */
#include "server/private.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LINGERERS = 256,
    DRAIN_AT_ONCE = 64 * 1024,
    DRAINS_A_TURN = 16,
};

struct lingerer {
    struct lingerers *all;
    struct lingerer *next;
    struct lingerer *previous;
    struct loop_watch watch;
    struct timer timer;
    size_t drained;
    int fd;
};

static void end_lingering(struct lingerer *one)
{
    struct lingerers *all = one->all;
    timer_cancel(loop_timers(all->loop), &one->timer);
    loop_unwatch(all->loop, &one->watch);
    (void)close(one->fd);
    if (one->next != NULL) {
        one->next->previous = one->previous;
    }
    if (one->previous != NULL) {
        one->previous->next = one->next;
    } else {
        all->first = one->next;
    }
    all->count--;
    mem_free(one);
}

static void time_is_up(void *ctx)
{
    end_lingering(ctx);
}

bool linger_drain(int fd, size_t *drained)
{
    char scratch[DRAIN_AT_ONCE];
    for (int i = 0; i < DRAINS_A_TURN; i++) {
        ssize_t got =
            recv(fd, scratch, sizeof(scratch), MSG_DONTWAIT | MSG_TRUNC);
        if (got < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        if (got == 0) {
            return false;
        }
        *drained += (size_t)got;
    }
    return true;
}

static void drain_more(void *ctx, uint32_t events)
{
    struct lingerer *one = ctx;
    (void)events;
    if (!linger_drain(one->fd, &one->drained) || one->drained > LINGER_BYTES) {
        end_lingering(one);
    }
}

static bool is_worth_it(int fd)
{
    struct linger option = {0};
    socklen_t len = sizeof(option);
    char byte;
    if (getsockopt(fd, SOL_SOCKET, SO_LINGER, &option, &len) != 0 ||
        option.l_onoff != 0) {
        return false;
    }
    ssize_t got = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got > 0 || (got < 0 && errno == EAGAIN);
}

void linger_start(struct lingerers *all, int fd)
{
    if (all->count >= LINGERERS || !is_worth_it(fd)) {
        return;
    }
    int kept = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (kept < 0) {
        return;
    }
    struct lingerer *one = mem_new(sizeof(*one));
    one->all = all;
    one->fd = kept;
    one->watch = (struct loop_watch){kept, drain_more, one};
    one->next = all->first;
    if (one->next != NULL) {
        one->next->previous = one;
    }
    all->first = one;
    all->count++;
    timer_init(&one->timer, time_is_up, one);
    timer_arm(loop_timers(all->loop), &one->timer, LINGER_MS);
    (void)shutdown(kept, SHUT_WR);
    loop_watch(all->loop, &one->watch, EPOLLIN | EPOLLRDHUP);
}

void linger_stop_all(struct lingerers *all)
{
    while (all->first != NULL) {
        end_lingering(all->first);
    }
}

void linger_never(int fd)
{
    struct linger option = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &option, sizeof(option));
}
