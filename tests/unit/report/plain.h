/* SPDX-License-Identifier: Apache-2.0 */
/* The session guarantees as plainly as they are defined: every pair of
 * operations is compared. For whoever wants to read what check.c does fast. */
#ifndef TESTS_REPORT_PLAIN_H
#define TESTS_REPORT_PLAIN_H

#include "report/private.h"

enum { OPS_MAX = 128 };

/* Versions that a read may have seen, or the one that a write made. */
struct sight {
    bool known;
    int64_t ends[OPS_MAX + 1];   /* of each */
    int64_t starts[OPS_MAX + 1]; /* of each */
    size_t count;
    int life;
    int64_t number;
    const struct op *writer; /* where there is one only */
};

struct plain {
    const struct op *ops;
    size_t count;
    int lives[OPS_MAX]; /* of writes; -1: none */
    struct sight sights[OPS_MAX];
};

static inline bool is_wild(const struct op *op)
{
    return op->kind == OP_WRITE && op->fate != OP_FAILED && op->value == 0;
}

static inline bool changes(const struct op *op)
{
    return op->kind != OP_READ && op->fate != OP_FAILED &&
           (op->kind == OP_DELETE || op->value != 0);
}

static inline bool tells(const struct op *op)
{
    return op->kind == OP_READ && op->fate == OP_OK &&
           (op->absent || op->value != 0);
}

static inline int plain_life(const struct plain *p, const struct op *write)
{
    int surely = 0;
    int perhaps = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct op *d = &p->ops[i];
        if (d->key == write->key && changes(d) && d->kind == OP_DELETE) {
            surely += d->complete < write->invoke ? 1 : 0;
            perhaps += d->invoke <= write->complete ? 1 : 0;
        }
    }
    return surely == perhaps ? surely : -1;
}

static inline void plain_lives(struct plain *p)
{
    int lives[OPS_MAX];
    for (size_t i = 0; i < p->count; i++) {
        const struct op *op = &p->ops[i];
        lives[i] = changes(op) && op->numeric ? plain_life(p, op) : -1;
    }
    for (size_t i = 0; i < p->count; i++) {
        p->lives[i] = lives[i];
        for (size_t a = 0; a < p->count; a++) {
            for (size_t b = 0; b < p->count; b++) {
                const struct op *x = &p->ops[a];
                const struct op *y = &p->ops[b];
                if (lives[i] >= 0 && lives[a] == lives[i] &&
                    lives[b] == lives[i] && x->key == p->ops[i].key &&
                    y->key == x->key && x->complete < y->invoke &&
                    x->number >= y->number) {
                    p->lives[i] = -1;
                }
            }
        }
    }
}

static inline void add_sight(struct sight *s, int64_t start, int64_t end)
{
    s->known = true;
    s->starts[s->count] = start;
    s->ends[s->count] = end;
    s->count++;
}

static inline bool plain_was_absent(const struct plain *p, uint32_t key)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct op *read = &p->ops[i];
        bool before_all = read->key == key && tells(read) && !read->absent;
        for (size_t k = 0; k < p->count && before_all; k++) {
            const struct op *op = &p->ops[k];
            bool change = changes(op) || is_wild(op);
            before_all =
                op->key != key || !change || read->complete < op->invoke;
        }
        if (before_all) {
            return false;
        }
    }
    return true;
}

/* Whether a read is of a number that was written by then. */
static inline bool plain_is_written(const struct plain *p,
                                    const struct op *read)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct op *op = &p->ops[i];
        if (op->key == read->key && changes(op) && op->value == read->value &&
            op->invoke <= read->complete) {
            return true;
        }
    }
    return false;
}

/* A number that nobody wrote, where numbers alone give the order. */
static inline void plain_unknown(const struct plain *p, const struct op *read,
                                 struct sight *s)
{
    const struct op *next = NULL;
    bool any = false;
    int64_t asked = INT64_MAX;
    for (size_t i = 0; i < p->count; i++) {
        const struct op *op = &p->ops[i];
        if (op->key != read->key) {
            continue;
        }
        if (changes(op) &&
            (op->kind == OP_DELETE || (op->numeric && p->lives[i] != 0))) {
            return;
        }
        if (changes(op) && op->numeric) {
            any = true;
            if (op->number > read->number &&
                (next == NULL || op->number < next->number ||
                 (op->number == next->number &&
                  op->complete < next->complete))) {
                next = op;
            }
        }
        if (tells(op) && op->numeric && op->number == read->number &&
            op->invoke < asked && !plain_is_written(p, op)) {
            asked = op->invoke;
        }
    }
    if (any && (next == NULL || asked < next->complete)) {
        add_sight(s, INT64_MIN, INT64_MAX);
        s->life = 0;
        s->number = read->number;
    }
}

/* Equal values that somebody may have written, or that were there before. */
static inline void plain_doubt(const struct plain *p, const struct op *read,
                               struct sight *s)
{
    bool in_first_life = s->life == 0;
    bool deletes = false;
    bool ended = false;
    for (size_t i = 0; i < p->count; i++) {
        const struct op *op = &p->ops[i];
        if (op->key == read->key && (changes(op) || is_wild(op))) {
            deletes = deletes ||
                      (op->kind == OP_DELETE && op->invoke <= read->complete);
            ended = ended || op->complete < read->invoke;
        }
    }
    for (size_t i = 0; i < p->count && (deletes || !in_first_life); i++) {
        const struct op *op = &p->ops[i];
        if (op->key == read->key && is_wild(op) &&
            op->invoke <= read->complete) {
            add_sight(s, op->invoke, op->complete);
            s->life = -1;
            s->writer = NULL;
        }
    }
    if (!in_first_life && !ended && !read->absent) {
        add_sight(s, INT64_MIN, INT64_MIN);
        s->life = -1;
        s->writer = NULL;
    }
}

static inline struct sight plain_sight(const struct plain *p, size_t at)
{
    const struct op *op = &p->ops[at];
    struct sight s = {.life = -1};
    if (changes(op)) {
        add_sight(&s, op->invoke, op->complete);
        s.life = p->lives[at];
        s.number = op->number;
        s.writer = op;
        return s;
    }
    if (!tells(op)) {
        return s;
    }
    for (size_t i = 0; i < p->count; i++) {
        const struct op *w = &p->ops[i];
        bool same = op->absent ? w->kind == OP_DELETE
                               : w->kind == OP_WRITE && w->value == op->value;
        if (w->key == op->key && changes(w) && same &&
            w->invoke <= op->complete) {
            add_sight(&s, w->invoke, w->complete);
            s.life = s.count == 1 ? p->lives[i] : -1;
            s.number = w->number;
            s.writer = s.count == 1 ? w : NULL;
        }
    }
    if (op->absent && plain_was_absent(p, op->key)) {
        add_sight(&s, INT64_MIN, INT64_MIN);
        s.life = -1;
        s.writer = NULL;
    }
    if (s.known) {
        plain_doubt(p, op, &s);
    }
    if (!s.known && op->numeric) {
        plain_unknown(p, op, &s);
    }
    return s;
}

static inline bool older_by_time(const struct sight *a, const struct sight *b)
{
    for (size_t i = 0; i < a->count; i++) {
        for (size_t k = 0; k < b->count; k++) {
            if (a->ends[i] >= b->starts[k]) {
                return false;
            }
        }
    }
    return a->known && b->known;
}

static inline bool older(const struct sight *a, const struct sight *b)
{
    return older_by_time(a, b) || (a->known && b->known && a->life >= 0 &&
                                   a->life == b->life && a->number < b->number);
}

static inline bool before(const struct op *a, const struct op *b)
{
    return a->key == b->key && a->complete < b->invoke;
}

static inline bool plain_your_writes(const struct plain *p, size_t read)
{
    for (size_t w = 0; w < p->count; w++) {
        if (changes(&p->ops[w]) && before(&p->ops[w], &p->ops[read]) &&
            p->ops[w].process == p->ops[read].process &&
            older(&p->sights[read], &p->sights[w])) {
            return true;
        }
    }
    return false;
}

static inline bool earlier_read(const struct plain *p, size_t a, size_t b)
{
    return tells(&p->ops[a]) && p->ops[a].process == p->ops[b].process &&
           before(&p->ops[a], &p->ops[b]);
}

static inline bool plain_reads(const struct plain *p, size_t read)
{
    for (size_t r = 0; r < p->count; r++) {
        if (earlier_read(p, r, read) &&
            older(&p->sights[read], &p->sights[r])) {
            return true;
        }
    }
    return false;
}

static inline bool plain_writes(const struct plain *p, size_t read)
{
    const struct op *w1 = p->sights[read].writer;
    for (size_t r = 0; r < p->count && w1 != NULL; r++) {
        const struct op *w2 = p->sights[r].writer;
        if (w2 != NULL && earlier_read(p, r, read) &&
            w1->process == w2->process && before(w1, w2)) {
            return true;
        }
    }
    return false;
}

static inline bool plain_follow(const struct plain *p, size_t read)
{
    for (size_t r = 0; r < p->count; r++) {
        const struct op *w = p->sights[r].writer;
        if (w == NULL || !earlier_read(p, r, read)) {
            continue;
        }
        for (size_t r0 = 0; r0 < p->count; r0++) {
            const struct sight *u = &p->sights[r0];
            if (!tells(&p->ops[r0]) || p->ops[r0].process != w->process ||
                !before(&p->ops[r0], w)) {
                continue;
            }
            if (older_by_time(&p->sights[read], u) ||
                (u->life == p->lives[w - p->ops] &&
                 older(&p->sights[read], u))) {
                return true;
            }
        }
    }
    return false;
}

static inline bool plain_finds(const struct plain *p, enum guarantee kind,
                               size_t read)
{
    static bool (*const finders[])(const struct plain *p, size_t read) = {
        [READ_YOUR_WRITES] = plain_your_writes,
        [MONOTONIC_READS] = plain_reads,
        [MONOTONIC_WRITES] = plain_writes,
        [WRITES_FOLLOW_READS] = plain_follow};
    return p->sights[read].known && finders[kind](p, read);
}

#endif
