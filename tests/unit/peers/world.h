/* SPDX-License-Identifier: Apache-2.0 */
/* Several processes' ends of the mailboxes, in one process and on one loop. */
#ifndef TESTS_PEERS_WORLD_H
#define TESTS_PEERS_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "peers/private.h"

#include <stdio.h>
#include <unistd.h>

enum { ALL = 3 };

struct end {
    struct peers *peers;
    size_t begun;
    uint64_t last_call;
    uint32_t last_whom;
    struct buf heard; /* texts, each with a bar behind it */
};

struct world {
    struct loop *loop;
    struct end ends[ALL];
};

static inline void on_begun(void *ctx, uint64_t call, uint32_t whom)
{
    struct end *end = ctx;
    end->begun++;
    end->last_call = call;
    end->last_whom = whom;
}

static inline void on_heard(void *ctx, struct str text)
{
    struct end *end = ctx;
    buf_add(&end->heard, text);
    buf_add_char(&end->heard, '|');
}

/* What fork() gives each process. */
static inline struct peers_mail *copy_of(const struct peers_mail *mail)
{
    struct peers_mail *copy = mem_new(sizeof(*copy));
    copy->count = mail->count;
    for (size_t i = 0; i < mail->count; i++) {
        copy->in[i] = dup(mail->in[i]);
        copy->out[i] = dup(mail->out[i]);
    }
    return copy;
}

static inline struct world *world_new(void)
{
    struct world *w = mem_new(sizeof(*w));
    struct peers_mail *mail = peers_mail_new(ALL);
    assert_non_null(mail);
    w->loop = loop_new();
    for (size_t i = 0; i < ALL; i++) {
        const struct peers_config config = {
            .loop = w->loop,
            .self = i,
            .begun = on_begun,
            .heard = on_heard,
            .ctx = &w->ends[i],
        };
        w->ends[i].peers = peers_open(&config, copy_of(mail));
    }
    peers_mail_free(mail);
    return w;
}

static inline void end_close(struct end *end)
{
    peers_free(end->peers);
    end->peers = NULL;
    buf_free(&end->heard);
}

static inline void world_free(struct world *w)
{
    for (size_t i = 0; i < ALL; i++) {
        end_close(&w->ends[i]);
    }
    loop_free(w->loop);
    mem_free(w);
}

#endif
