/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Thousands of calls that are held at one time, and the upstream they change.
 *
 * Purpose:   hold_load.c makes signed calls and waits for their answers;
 *            hold_stub.c takes them, and lets a change be seen when it is told
 *            to; hold.c leads through the stages and tells what came out.
 * Ownership: one process has one epoll, its clients and a stub; what the
 *            processes know of the calls is in one piece of shared memory.
 * Errors:    what the machine refuses ends the program with a sentence; an
 *            answer that is not right is counted, and the first one shown.
 * Never:     anything but loopback.
 */
#ifndef BENCH_HOLD_H
#define BENCH_HOLD_H

#include "base/buf.h"

#include <stdatomic.h>

enum hold_stage {
    HOLD_WAIT,
    HOLD_OPEN,    /* calls are made until all are held */
    HOLD_STILL,   /* nothing but read-backs */
    HOLD_LEAVE,   /* the last clients of each process hang up */
    HOLD_RELEASE, /* one change after the other can be seen */
    HOLD_END,
};

struct hold_call {
    _Atomic uint32_t writes; /* how often the stub was sent the change */
    _Atomic uint32_t reads;
    _Atomic int64_t confirmed_ns; /* the answer that shows it was sent */
    _Atomic int64_t answered_ns;  /* its client has its answer */
};

/* Written by all processes. */
struct hold_shared {
    _Atomic int stage;
    _Atomic int64_t release_ns; /* when HOLD_RELEASE began */
    _Atomic uint32_t opened;
    _Atomic uint32_t held; /* read back at least once, and in vain */
    _Atomic uint32_t left;
    _Atomic uint32_t answered;
    _Atomic uint32_t wrong;
    _Atomic uint32_t stub_connections;
    _Atomic int64_t plain_answers;
    struct hold_call calls[];
};

struct hold_options {
    uint16_t port;      /* of what is measured */
    uint16_t stub_port; /* its upstream's, which is us */
    uint32_t calls;
    uint32_t processes;
    uint32_t leavers;
    int64_t still_ms;
    int64_t slice_ms; /* of plain calls */
    uint32_t slices;
    int64_t spread_ms; /* over which changes come to be seen */
    bool slow; /* no read-backs: the answer itself is held back upstream */
    struct str access_key;
    struct str secret_key;
    struct str region;
};

struct hold {
    const struct hold_options *options;
    struct hold_shared *shared;
    int epoll;
    uint32_t process; /* 0 leads */
    struct hold_client *clients;
    struct hold_peer *plain;
    bool plain_on;
    bool plain_busy;          /* a plain call is under way */
    struct hold_peer *stub;   /* its listener and its connections */
    struct hold_peer *parked; /* --slow: those not answered yet */
    struct arena *scratch;
};

/* One descriptor in the epoll; the first member of whatever stands for it. */
struct hold_peer {
    void (*ready)(struct hold *hold, struct hold_peer *peer);
    int fd;
    struct buf in;
    uint32_t call;
    struct hold_peer *next_parked;
    struct hold_peer *next; /* of the stub's */
    struct hold_peer **link;
};

/* hold.c */
int64_t hold_now_ns(void);
void hold_fail(const char *what, ...) __attribute__((format(printf, 1, 2)));
void hold_watch(struct hold *hold, struct hold_peer *peer);
/* Whether the change of this call can be seen by now. */
bool hold_is_visible(const struct hold *hold, uint32_t call);
/* What is there on the descriptor, into peer->in, which ends with a zero byte;
 * false at the end of the stream. */
bool hold_receive(struct hold_peer *peer);
/* The first message in it; false while it is not whole. */
bool hold_message(struct buf *in, struct str *ret_head, struct str *ret_body);
void hold_send(struct hold_peer *peer, struct str text);

/* hold_stub.c */
void hold_stub_listen(struct hold *hold);
void hold_stub_free(struct hold *hold);
/* --slow: answers those whose time has come. */
void hold_stub_release(struct hold *hold);

/* hold_load.c */
/* This process makes the calls from `first` on, `count` of them. */
void hold_load_new(struct hold *hold, uint32_t first, uint32_t count);
void hold_load_free(struct hold *hold);
/* Opens as many as may be under way at one time. */
void hold_load_open(struct hold *hold);
void hold_load_leave(struct hold *hold);
/* One plain call after the other on one connection until told to stop. */
void hold_load_plain(struct hold *hold, bool on);

#endif
