/* SPDX-License-Identifier: Apache-2.0 */
/* Which version of a resource each operation made or saw, and which of two is
 * surely the older. Where there is doubt there is no order: nobody is blamed
 * for what may have been right. Start at report_order_versions(). */
#include "report/private.h"

#include <stdlib.h>

enum { DELETED = -1, WILD = 0 };

/* Writes of one value, or deletes: by their beginning. */
struct candidate {
    int64_t value; /* the word of a value, DELETED or WILD */
    int64_t invoke;
    int64_t latest; /* the last end of this and those before it */
    uint32_t op;    /* place among the key's ops */
};

struct numbered {
    int64_t number;
    int64_t time;
};

struct ordering {
    const struct op *ops;
    const uint32_t *of_key;
    size_t count;
    struct version *versions;
    struct candidate *candidates; /* by value, then invoke */
    size_t candidate_count;
    struct candidate *deletes; /* a part of these */
    size_t delete_count;
    struct candidate *wild; /* a part too: writes of nobody knows what */
    size_t wild_count;
    int64_t first_end;    /* before that, all may be as it was */
    int64_t *delete_ends; /* sorted; those that have an answer */
    size_t delete_end_count;
    /* Sorted: the numbers that were written and when the answer came, and
     * those that nobody wrote and when they were first asked for. */
    struct numbered *knowns, *unknowns;
    size_t known_count, unknown_count;
    bool was_absent; /* before the history */
    bool one_life;   /* numbers alone give the order */
};

static const struct op *op_at(const struct ordering *o, size_t place)
{
    return &o->ops[o->of_key[place]];
}

static bool is_change(const struct op *op)
{
    return op->kind != OP_READ && op->fate != OP_FAILED;
}

/* What it made is known. */
static bool is_write(const struct op *op)
{
    return is_change(op) && (op->kind == OP_DELETE || op->value != 0);
}

static bool is_read(const struct op *op)
{
    return op->kind == OP_READ && op->fate == OP_OK &&
           (op->absent || op->value != 0);
}

/* ---- candidates ---- */

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *x = a;
    const struct candidate *y = b;
    if (x->value != y->value) {
        return x->value > y->value ? 1 : -1;
    }
    if (x->invoke != y->invoke) {
        return x->invoke > y->invoke ? 1 : -1;
    }
    return (x->op > y->op) - (x->op < y->op);
}

static size_t count_of(const struct ordering *o, size_t from, int64_t value)
{
    size_t end = from;
    while (end < o->candidate_count && o->candidates[end].value == value) {
        end++;
    }
    return end - from;
}

static void gather_candidates(struct ordering *o)
{
    size_t count = 0;
    o->first_end = REPORT_NEVER;
    for (size_t i = 0; i < o->count; i++) {
        const struct op *op = op_at(o, i);
        if (!is_change(op)) {
            continue;
        }
        o->first_end =
            op->complete < o->first_end ? op->complete : o->first_end;
        o->candidates[count++] = (struct candidate){
            .value = op->kind == OP_DELETE ? DELETED : (int64_t)op->value,
            .invoke = op->invoke,
            .latest = op->complete,
            .op = (uint32_t)i};
        if (op->kind == OP_DELETE && op->complete != REPORT_NEVER) {
            o->delete_ends[o->delete_end_count++] = op->complete;
        }
    }
    o->candidate_count = count;
    qsort(o->candidates, count, sizeof(*o->candidates), compare_candidates);
    for (size_t i = 1; i < count; i++) {
        struct candidate *c = &o->candidates[i];
        if (c->value == c[-1].value && c[-1].latest > c->latest) {
            c->latest = c[-1].latest;
        }
    }
    report_times_sort(o->delete_ends, o->delete_end_count);
    /* Both are before every word. */
    o->deletes = o->candidates;
    o->delete_count = count_of(o, 0, DELETED);
    o->wild = o->candidates + o->delete_count;
    o->wild_count = count_of(o, o->delete_count, WILD);
}

/* How many of sorted candidates lie before (value, time), that included. */
static size_t candidates_until(const struct candidate *sorted, size_t count,
                               int64_t value, int64_t time)
{
    size_t low = 0;
    while (low < count) {
        size_t middle = low + (count - low) / 2;
        const struct candidate *c = &sorted[middle];
        bool before =
            c->value < value || (c->value == value && c->invoke <= time);
        if (before) {
            low = middle + 1;
        } else {
            count = middle;
        }
    }
    return low;
}

/* ---- lives ---- */

static size_t ends_before(const struct ordering *o, int64_t time)
{
    size_t low = 0;
    size_t high = o->delete_end_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (o->delete_ends[middle] < time) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Deletes surely before a write; -1 where one may be before or after it. */
static int32_t life_of(const struct ordering *o, const struct op *op)
{
    size_t surely = ends_before(o, op->invoke);
    size_t perhaps =
        candidates_until(o->deletes, o->delete_count, DELETED, op->complete);
    return surely == perhaps ? (int32_t)surely : -1;
}

struct living {
    int64_t invoke;
    int64_t complete;
    struct version *version;
};

static int by_invoke(const void *a, const void *b)
{
    const struct living *x = a;
    const struct living *y = b;
    return (x->invoke > y->invoke) - (x->invoke < y->invoke);
}

static int by_complete(const void *a, const void *b)
{
    const struct living *x = a;
    const struct living *y = b;
    return (x->complete > y->complete) - (x->complete < y->complete);
}

/*
 * Where a later write got no higher number, somebody else deleted the resource
 * in between: numbers of that life say nothing.
 */
static void distrust(struct living *writes, struct living *ended, size_t count,
                     size_t lives)
{
    int64_t *highest = mem_new(lives * sizeof(*highest));
    bool *distrusted = mem_new(lives * sizeof(*distrusted));
    size_t done = 0;
    for (size_t i = 0; i < lives; i++) {
        highest[i] = -1;
    }
    qsort(writes, count, sizeof(*writes), by_invoke);
    qsort(ended, count, sizeof(*ended), by_complete);
    for (size_t i = 0; i < count; i++) {
        for (; done < count && ended[done].complete < writes[i].invoke;
             done++) {
            const struct version *v = ended[done].version;
            if (highest[v->life] < v->number) {
                highest[v->life] = v->number;
            }
        }
        const struct version *v = writes[i].version;
        if (highest[v->life] >= v->number) {
            distrusted[v->life] = true;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (distrusted[writes[i].version->life]) {
            writes[i].version->life = -1;
        }
    }
    mem_free(highest);
    mem_free(distrusted);
}

static void give_lives(struct ordering *o)
{
    struct living *writes = mem_new((o->count + 1) * sizeof(*writes));
    struct living *ended = mem_new((o->count + 1) * sizeof(*ended));
    size_t count = 0;
    for (size_t i = 0; i < o->count; i++) {
        const struct op *op = op_at(o, i);
        if (is_write(op) && op->numeric && o->versions[i].life >= 0) {
            writes[count] = ended[count] =
                (struct living){op->invoke, op->complete, &o->versions[i]};
            count++;
        }
    }
    distrust(writes, ended, count, o->delete_count + 1);
    o->one_life = count > 0 && o->delete_count == 0;
    for (size_t i = 0; i < count; i++) {
        o->one_life = o->one_life && writes[i].version->life == 0;
    }
    mem_free(writes);
    mem_free(ended);
}

static void place_writes(struct ordering *o)
{
    for (size_t i = 0; i < o->count; i++) {
        const struct op *op = op_at(o, i);
        if (is_write(op)) {
            o->versions[i] = (struct version){
                .known = true,
                .latest = op->complete,
                .first = op->invoke,
                .life = op->numeric ? life_of(o, op) : -1,
                .number = op->number,
                .writer = (uint32_t)i + 1,
            };
        }
    }
    give_lives(o);
}

/* ---- reads ---- */

/* The writes of this value, or deletes, that had begun by then. */
static void see_candidates(const struct ordering *o, int64_t value,
                           int64_t time, struct version *v)
{
    size_t end =
        candidates_until(o->candidates, o->candidate_count, value, time);
    size_t start =
        candidates_until(o->candidates, o->candidate_count, value, INT64_MIN);
    if (end == start) {
        return;
    }
    *v = (struct version){.known = true,
                          .latest = o->candidates[end - 1].latest,
                          .first = o->candidates[start].invoke,
                          .life = -1};
    if (end - start == 1) {
        *v = o->versions[o->candidates[start].op];
    }
}

/* It may be this one too; a known one that is one of several. */
static void widen(struct version *v, int64_t first, int64_t latest)
{
    v->first = first < v->first ? first : v->first;
    v->latest = latest > v->latest ? latest : v->latest;
    v->life = -1;
    v->writer = 0;
}

/* In one life a number is there once. Any other value, and nothing at all, may
 * be what somebody made of whom no value is known, or what was there before. */
static void doubt(const struct ordering *o, const struct op *op,
                  struct version *v)
{
    bool in_first_life = v->life == 0;
    size_t deletes =
        candidates_until(o->deletes, o->delete_count, DELETED, op->complete);
    size_t wild = candidates_until(o->wild, o->wild_count, WILD, op->complete);
    if (wild > 0 && (!in_first_life || deletes > 0)) {
        widen(v, o->wild[0].invoke, o->wild[wild - 1].latest);
    }
    bool untouched = o->first_end >= op->invoke;
    if ((op->absent && o->was_absent) ||
        (!op->absent && !in_first_life && untouched)) {
        widen(v, INT64_MIN, INT64_MIN);
    }
}

static void place_read(struct ordering *o, size_t place)
{
    const struct op *op = op_at(o, place);
    struct version *v = &o->versions[place];
    see_candidates(o, op->absent ? DELETED : (int64_t)op->value, op->complete,
                   v);
    if (!v->known && op->absent && o->was_absent) {
        *v = (struct version){
            .known = true, .latest = INT64_MIN, .first = INT64_MIN, .life = -1};
    }
    if (v->known) {
        doubt(o, op, v);
    }
}

/* Nothing was there, but where somebody saw something before the first write.
 */
static bool find_was_absent(const struct ordering *o)
{
    int64_t first = REPORT_NEVER;
    for (size_t i = 0; i < o->candidate_count; i++) {
        const struct candidate *c = &o->candidates[i];
        first = c->invoke < first ? c->invoke : first;
    }
    for (size_t i = 0; i < o->count; i++) {
        const struct op *op = op_at(o, i);
        if (is_read(op) && !op->absent && op->complete < first) {
            return false;
        }
    }
    return true;
}

/* ---- numbers that nobody here wrote ---- */

static int compare_numbered(const void *a, const void *b)
{
    const struct numbered *x = a;
    const struct numbered *y = b;
    if (x->number != y->number) {
        return x->number > y->number ? 1 : -1;
    }
    return (x->time > y->time) - (x->time < y->time);
}

/* The first of that number or a higher one; NULL: there is none. */
static const struct numbered *first_from(const struct numbered *sorted,
                                         size_t count, int64_t number)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low == count ? NULL : &sorted[low];
}

static bool is_unknown(const struct ordering *o, size_t place)
{
    const struct op *op = op_at(o, place);
    return is_read(op) && op->numeric && !o->versions[place].known;
}

static void gather_numbers(struct ordering *o)
{
    for (size_t i = 0; i < o->count; i++) {
        const struct op *op = op_at(o, i);
        if (is_unknown(o, i)) {
            o->unknowns[o->unknown_count++] =
                (struct numbered){op->number, op->invoke};
        } else if (is_write(op) && op->numeric) {
            o->knowns[o->known_count++] =
                (struct numbered){op->number, op->complete};
        }
    }
    qsort(o->knowns, o->known_count, sizeof(*o->knowns), compare_numbered);
    qsort(o->unknowns, o->unknown_count, sizeof(*o->unknowns),
          compare_numbered);
}

/*
 * One higher than all that were written is later than they. A lower one counts
 * when it was seen before the next higher one was there: else it may be of a
 * life that nobody here knows.
 */
static void place_unknowns(struct ordering *o)
{
    if (!o->one_life) {
        return;
    }
    gather_numbers(o);
    for (size_t i = 0; i < o->count; i++) {
        if (!is_unknown(o, i)) {
            continue;
        }
        int64_t number = op_at(o, i)->number;
        const struct numbered *next =
            first_from(o->knowns, o->known_count, number + 1);
        const struct numbered *seen =
            first_from(o->unknowns, o->unknown_count, number);
        if (next == NULL || seen->time < next->time) {
            o->versions[i] = (struct version){.known = true,
                                              .latest = REPORT_NEVER,
                                              .first = INT64_MIN,
                                              .life = 0,
                                              .number = number};
        }
    }
}

uint32_t report_order_versions(const struct op *ops, const uint32_t *of_key,
                               size_t count, struct version *ret_versions)
{
    struct ordering o = {
        .ops = ops,
        .of_key = of_key,
        .count = count,
        .versions = ret_versions,
        .candidates = mem_new((count + 1) * sizeof(struct candidate)),
        .delete_ends = mem_new((count + 1) * sizeof(int64_t)),
        .knowns = mem_new((count + 1) * sizeof(struct numbered)),
        .unknowns = mem_new((count + 1) * sizeof(struct numbered)),
    };
    for (size_t i = 0; i < count; i++) {
        ret_versions[i] = (struct version){.life = -1};
    }
    gather_candidates(&o);
    place_writes(&o);
    o.was_absent = find_was_absent(&o);
    for (size_t i = 0; i < count; i++) {
        if (is_read(op_at(&o, i))) {
            place_read(&o, i);
        }
    }
    place_unknowns(&o);
    uint32_t lives = (uint32_t)o.delete_count + 1;
    mem_free(o.candidates);
    mem_free(o.delete_ends);
    mem_free(o.knowns);
    mem_free(o.unknowns);
    return lives;
}
