/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop on epoll and signalfd. Start at loop_turn(). */
#include "loop/loop.h"

#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

enum { EVENTS_A_TURN = 256, SIGNALS = 65 };

struct signal_row {
    void (*fn)(void *ctx, const struct signalfd_siginfo *info);
    void *ctx;
};

struct loop {
    int epoll_fd;
    bool stop;
    bool looked; /* at the descriptors, in the turn before */
    struct timers timers;
    struct loop_hook *hooks;
    struct loop_watch signals;
    sigset_t signal_set;
    struct signal_row on_signal[SIGNALS];
    /* Of the turn in progress, so that unwatch can blot out what is due. */
    struct epoll_event events[EVENTS_A_TURN];
    int event_count;
};

struct loop *loop_new(void)
{
    struct loop *loop = mem_new(sizeof(*loop));
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    assert(loop->epoll_fd >= 0);
    loop->signals.fd = -1;
    (void)sigemptyset(&loop->signal_set);
    timers_init(&loop->timers, clock_monotonic_ms, NULL);
    return loop;
}

void loop_free(struct loop *loop)
{
    if (loop == NULL) {
        return;
    }
    if (loop->signals.fd >= 0) {
        (void)close(loop->signals.fd);
        (void)sigprocmask(SIG_UNBLOCK, &loop->signal_set, NULL);
    }
    (void)close(loop->epoll_fd);
    timers_done(&loop->timers);
    mem_free(loop);
}

struct timers *loop_timers(struct loop *loop)
{
    return &loop->timers;
}

void loop_watch(struct loop *loop, struct loop_watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    int done = epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, watch->fd, &event);
    if (done != 0 && errno == EEXIST) {
        done = epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event);
    }
    assert(done == 0);
}

void loop_unwatch(struct loop *loop, struct loop_watch *watch)
{
    if (watch->fd < 0) {
        return;
    }
    (void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
    for (int i = 0; i < loop->event_count; i++) {
        if (loop->events[i].data.ptr == watch) {
            loop->events[i].data.ptr = NULL;
        }
    }
    watch->fd = -1;
}

static void read_signals(void *ctx, uint32_t events)
{
    struct loop *loop = ctx;
    struct signalfd_siginfo info;
    (void)events;
    while (read(loop->signals.fd, &info, sizeof(info)) == sizeof(info)) {
        struct signal_row *row = &loop->on_signal[info.ssi_signo];
        if (row->fn != NULL) {
            row->fn(row->ctx, &info);
        }
    }
}

void loop_on_signal(struct loop *loop, int signal_number,
                    void (*fn)(void *ctx, const struct signalfd_siginfo *info),
                    void *ctx)
{
    assert(signal_number > 0 && signal_number < SIGNALS);
    loop->on_signal[signal_number] = (struct signal_row){fn, ctx};
    (void)sigaddset(&loop->signal_set, signal_number);
    (void)sigprocmask(SIG_BLOCK, &loop->signal_set, NULL);
    int fd = signalfd(loop->signals.fd, &loop->signal_set,
                      SFD_NONBLOCK | SFD_CLOEXEC);
    assert(fd >= 0);
    if (loop->signals.fd < 0) {
        loop->signals = (struct loop_watch){fd, read_signals, loop};
        loop_watch(loop, &loop->signals, EPOLLIN);
    }
}

void loop_add_hook(struct loop *loop, struct loop_hook *hook)
{
    hook->next = loop->hooks;
    loop->hooks = hook;
}

static int64_t earlier(int64_t a, int64_t b)
{
    if (a < 0 || b < 0) {
        return a < 0 ? b : a;
    }
    return a < b ? a : b;
}

static int64_t sleep_ms(struct loop *loop)
{
    int64_t wait = -1;
    for (struct loop_hook *h = loop->hooks; h != NULL; h = h->next) {
        wait = earlier(wait, h->before_sleep(h->ctx));
    }
    wait = earlier(wait, timers_next_ms(&loop->timers));
    return wait > 60000 ? 60000 : wait;
}

void loop_turn(struct loop *loop)
{
    int64_t wait = sleep_ms(loop);
    if (loop->stop) {
        return;
    }
    /* What the hooks woke need not wait for a look at the descriptors; those
     * wait for one turn at most. */
    loop->looked =
        !loop->looked || wait != 0 || timers_run_due(&loop->timers) == 0;
    if (!loop->looked) {
        return;
    }
    int count =
        epoll_wait(loop->epoll_fd, loop->events, EVENTS_A_TURN, (int)wait);
    loop->event_count = count > 0 ? count : 0;
    for (int i = 0; i < loop->event_count; i++) {
        struct loop_watch *watch = loop->events[i].data.ptr;
        if (watch != NULL) {
            watch->ready(watch->ctx, loop->events[i].events);
        }
    }
    loop->event_count = 0;
    (void)timers_run_due(&loop->timers);
}

void loop_run(struct loop *loop)
{
    loop->stop = false;
    while (!loop->stop) {
        loop_turn(loop);
    }
}

void loop_stop(struct loop *loop)
{
    loop->stop = true;
}
