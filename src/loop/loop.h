/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epoll and time: the only place where the program sleeps.
 *
 * Purpose:   wait for descriptors, signals, children and timers, and give each
 *            to its owner. One thread.
 * Ownership: loop_new()/loop_free(). A watch is embedded in its owner and
 *            removed with loop_unwatch() before its descriptor is closed.
 * Callbacks: watch->ready(ctx, events) from loop_turn(); it may watch and
 *            unwatch anything. Timers run after descriptors in each turn.
 *            `before_sleep` hooks run at the end of each turn (for libraries
 *            that queue work of their own, as MHD does).
 * Errors:    a descriptor that cannot be watched ends the process.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include "base/timer.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

struct loop;

struct loop_watch {
    int fd; /* -1: not watched */
    void (*ready)(void *ctx, uint32_t events);
    void *ctx;
};

struct loop *loop_new(void);
void loop_free(struct loop *loop);
struct timers *loop_timers(struct loop *loop);

/* `events` are epoll's; watching a watched descriptor changes its events. */
void loop_watch(struct loop *loop, struct loop_watch *watch, uint32_t events);
void loop_unwatch(struct loop *loop, struct loop_watch *watch);

/* Blocks the signal and delivers it here, between callbacks. */
void loop_on_signal(struct loop *loop, int signal_number,
                    void (*fn)(void *ctx, const struct signalfd_siginfo *info),
                    void *ctx);

struct loop_hook {
    /* Returns the longest time it can bear to sleep, or -1 for any. */
    int64_t (*before_sleep)(void *ctx);
    void *ctx;
    struct loop_hook *next;
};
/* The hook that was added first runs last. */
void loop_add_hook(struct loop *loop, struct loop_hook *hook);

/* One turn: hooks, then what they woke, or sleep, descriptors and timers. */
void loop_turn(struct loop *loop);
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

#endif
