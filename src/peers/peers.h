/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What processes that serve one port tell each other.
 *
 * Purpose:   each has a mailbox that all others write to: which calls it has,
 *            so that a retry finds them, and texts, such as keys it learned.
 * Ownership: the mailboxes are made before the processes part, and each takes
 *            its own with peers_open(); the parent frees its copy.
 * Callbacks: `begun` and `heard`, from peers_hear(), peers_find() and the loop.
 * Errors:    who does not read for long, or is gone, is told nothing more; what
 *            it told before still stands.
 * Never:     writes to disk, or over a network; keeps a text that was read.
 */
#ifndef PEERS_PEERS_H
#define PEERS_PEERS_H

#include "base/str.h"
#include "loop/loop.h"

enum { PEERS_MAX = 64, PEERS_TEXT_MAX = 48 * 1024 };

struct peers_mail;
/* NULL: too few descriptors. */
struct peers_mail *peers_mail_new(size_t count);
void peers_mail_free(struct peers_mail *mail);

struct peers;

struct peers_config {
    struct loop *loop;
    size_t self;
    /* Another process has this call from now on. */
    void (*begun)(void *ctx, uint64_t call, uint32_t whom);
    /* A text that another process told; wiped afterwards. */
    void (*heard)(void *ctx, struct str text);
    void *ctx;
};

/* Takes the mailboxes over. */
struct peers *peers_open(const struct peers_config *config,
                         struct peers_mail *mail);
void peers_free(struct peers *peers);

/* At once: whoever asks from now on will know. */
void peers_begin(struct peers *peers, uint64_t call, uint32_t whom);
void peers_forget(struct peers *peers, uint64_t call);
/* At once, too; at most PEERS_TEXT_MAX bytes. */
void peers_tell(struct peers *peers, struct str text);

/* Reads all that has been told by now. */
void peers_hear(struct peers *peers);
enum { PEERS_NOBODY = -1 };
/* Hears, and says who has such a call. */
int peers_find(struct peers *peers, uint64_t call);

#endif
