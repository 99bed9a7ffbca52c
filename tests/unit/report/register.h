/* SPDX-License-Identifier: Apache-2.0 */
/* Histories of a register that is in order, by chance: processes, outsiders,
 * answers that are lost. */
#ifndef TESTS_REPORT_REGISTER_H
#define TESTS_REPORT_REGISTER_H

#include "base/rng.h"
#include "report/private.h"

/* Words of values in histories that have no texts. */
enum { NUMBER_WORD = 1000, DIGEST_WORD = 500000 };

struct world {
    struct rng rng;
    struct op ops[OPS_MAX];
    int64_t effects[OPS_MAX]; /* INT64_MAX: never */
    bool hidden[OPS_MAX];     /* of writers outside the history */
    size_t count;
    bool digests; /* instead of numbers */
    bool deletes;
    bool losses; /* of answers, of values, of what was there before */
};

static inline uint32_t pick(struct world *w, uint32_t below)
{
    return (uint32_t)(rng_next(&w->rng) % below);
}

static inline bool chance(struct world *w, uint32_t percent)
{
    return pick(w, 100) < percent;
}

/* One op of a thread from `now` on; what it sees is worked out later. */
static inline int64_t add_op(struct world *w, uint32_t process, bool outside,
                             int64_t now)
{
    struct op *op = &w->ops[w->count];
    int64_t effect = 0;
    *op = (struct op){.process = process, .key = 1 + pick(w, 2)};
    op->kind = chance(w, 50)                 ? OP_READ
               : w->deletes && chance(w, 20) ? OP_DELETE
                                             : OP_WRITE;
    if (outside) {
        op->kind = OP_WRITE;
    }
    op->source = (uint32_t)w->count;
    op->absent = op->kind == OP_DELETE;
    op->invoke = now + pick(w, 20);
    effect = op->invoke + pick(w, chance(w, 30) ? 40 : 5);
    op->complete = effect + pick(w, chance(w, 30) ? 40 : 5);
    int64_t next = op->complete + pick(w, 6);
    if (op->kind != OP_READ && !outside && w->losses && chance(w, 6)) {
        op->fate = OP_UNKNOWN;
        op->complete = REPORT_NEVER;
        effect = chance(w, 50) ? INT64_MAX : effect + pick(w, 200);
    } else if (chance(w, 5) && !outside) {
        op->fate = OP_FAILED;
        effect = op->kind == OP_READ ? effect : INT64_MAX;
    }
    w->effects[w->count] = effect;
    w->hidden[w->count] = outside;
    w->count++;
    return next;
}

/* Ops take effect one after the other, each between its beginning and end. */
static inline void run_register(struct world *w, uint32_t key)
{
    bool done[OPS_MAX] = {false};
    bool there = w->losses && chance(w, 30);
    uint32_t digest = 1;
    int64_t number = there ? 1 + (int64_t)pick(w, 5) : 0;
    for (size_t turn = 0; turn < w->count; turn++) {
        size_t next = OPS_MAX;
        for (size_t i = 0; i < w->count; i++) {
            if (!done[i] && w->ops[i].key == key &&
                w->effects[i] != INT64_MAX &&
                (next == OPS_MAX || w->effects[i] < w->effects[next])) {
                next = i;
            }
        }
        if (next == OPS_MAX) {
            return;
        }
        struct op *op = &w->ops[next];
        done[next] = true;
        if (op->kind == OP_DELETE) {
            there = false;
            number = 0;
            continue;
        }
        if (op->kind == OP_WRITE) {
            there = true;
            number++;
            /* Some of ours again, but never those of others. */
            digest = w->hidden[next] || chance(w, 60) ? 100 + (uint32_t)next
                                                      : pick(w, 4) + 1;
        }
        op->absent = !there;
        if (there && w->digests) {
            op->value = DIGEST_WORD + digest;
        } else if (there) {
            op->numeric = true;
            op->number = number;
            op->value = NUMBER_WORD + (uint32_t)number;
        }
    }
}

/* What the log does not tell: others' writes, values here and there. */
static inline void forget(struct world *w)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->count; i++) {
        struct op op = w->ops[i];
        if (w->hidden[i]) {
            continue;
        }
        if (op.kind == OP_WRITE &&
            (op.fate == OP_UNKNOWN || (w->losses && chance(w, 4)))) {
            op.value = 0;
            op.numeric = false;
        }
        w->effects[kept] = w->effects[i];
        w->hidden[kept] = false;
        w->ops[kept++] = op;
    }
    w->count = kept;
}

static inline void make_world(struct world *w, uint64_t seed, bool losses)
{
    enum { THREADS_MAX = 6 };
    int64_t now[THREADS_MAX] = {0};
    *w = (struct world){.rng = {seed}, .losses = losses};
    uint32_t threads = 2 + pick(w, THREADS_MAX - 2);
    uint32_t processes = 1 + pick(w, threads);
    bool outside = chance(w, 30);
    size_t wanted = 20 + pick(w, 60);
    w->digests = chance(w, 40);
    /* A number that others wrote in another life looks like one of ours. */
    w->deletes = w->digests || !outside;
    while (w->count < wanted) {
        uint32_t t = pick(w, threads);
        now[t] =
            add_op(w, 1 + t % processes, outside && t == threads - 1, now[t]);
    }
    run_register(w, 1);
    run_register(w, 2);
    forget(w);
}

#endif
