/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The four session guarantees (Terry et al. 1994) for each key and process.
 * Each read is held against the horizon of its process: versions than which it
 * may see nothing older. One walk over ops sorted by time, no pair is compared
 * twice. Start at report_check_ops().
 */
#include "report/private.h"

#include <stdlib.h>

/* The greatest so far, and the place of the op that brought it. */
struct top {
    int64_t value;
    uint32_t by;
    uint32_t stamp; /* of what it speaks; an old one: there is none yet */
};

/* A version is too old when it surely is older than something in here. */
struct horizon {
    struct top first;
    struct top *numbers; /* by life */
};

/* What the writer of a write had seen before it. */
struct floor {
    struct top first;
    struct top number; /* in the write's own life */
};

struct checking {
    const struct op *ops;
    uint32_t *of_key; /* ops of this key, by process and invoke */
    size_t count;
    struct version *versions;
    struct floor *floors;
    uint32_t *process_of; /* 0, 1 ... of this key */
    struct top *writers;  /* by process: the last write of it that was seen */
    struct horizon seen, own, followed;
    uint32_t stamp;
    struct buf *findings;
};

/* Ops of one process: places in of_key. */
struct session {
    uint32_t *reads; /* by invoke */
    uint32_t *reads_ended;
    size_t read_count;
    uint32_t *writes; /* by invoke */
    uint32_t *writes_ended;
    size_t write_count;
};

const char *report_guarantee_name(enum guarantee guarantee)
{
    static const char *const names[GUARANTEE_COUNT] = {
        [READ_YOUR_WRITES] = "read_your_writes",
        [MONOTONIC_READS] = "monotonic_reads",
        [MONOTONIC_WRITES] = "monotonic_writes",
        [WRITES_FOLLOW_READS] = "writes_follow_reads",
    };
    return names[guarantee];
}

/* ---- horizons ---- */

static void raise(struct top *top, uint32_t stamp, int64_t value, uint32_t by)
{
    if (top->stamp != stamp || value > top->value) {
        *top = (struct top){value, by, stamp};
    }
}

static void see(struct checking *c, struct horizon *h, const struct version *v,
                uint32_t by)
{
    raise(&h->first, c->stamp, v->first, by);
    if (v->life >= 0) {
        raise(&h->numbers[v->life], c->stamp, v->number, by);
    }
}

/* What shows that a version is too old; NULL: nothing does. */
static const struct top *too_old(const struct checking *c,
                                 const struct horizon *h,
                                 const struct version *v)
{
    if (h->first.stamp == c->stamp && v->latest < h->first.value) {
        return &h->first;
    }
    if (v->life >= 0 && h->numbers[v->life].stamp == c->stamp &&
        v->number < h->numbers[v->life].value) {
        return &h->numbers[v->life];
    }
    return NULL;
}

/* ---- findings ---- */

static const struct op *op_at(const struct checking *c, uint32_t place)
{
    return &c->ops[c->of_key[place]];
}

static uint32_t op_number(const struct checking *c, uint32_t place)
{
    return c->of_key[place] + 1;
}

static uint32_t writer_number(const struct checking *c, uint32_t place)
{
    uint32_t writer = c->versions[place].writer;
    return writer == 0 ? 0 : op_number(c, writer - 1);
}

static void find(const struct checking *c, struct finding finding,
                 uint32_t read)
{
    finding.read = op_number(c, read);
    *(struct finding *)report_rows_add(c->findings, sizeof(finding)) = finding;
}

/* ---- one process ---- */

static void check_your_writes(struct checking *c, uint32_t read)
{
    const struct top *top = too_old(c, &c->own, &c->versions[read]);
    if (top != NULL) {
        find(c,
             (struct finding){.kind = READ_YOUR_WRITES,
                              .write = op_number(c, top->by)},
             read);
    }
}

static void check_reads(struct checking *c, uint32_t read)
{
    const struct top *top = too_old(c, &c->seen, &c->versions[read]);
    if (top != NULL) {
        find(c,
             (struct finding){.kind = MONOTONIC_READS,
                              .earlier = op_number(c, top->by),
                              .write = writer_number(c, top->by)},
             read);
    }
}

/* It sees a write, after it saw a later one of the same writer. */
static void check_writes(struct checking *c, uint32_t read)
{
    uint32_t writer = c->versions[read].writer;
    if (writer == 0) {
        return;
    }
    const struct top *top = &c->writers[c->process_of[writer - 1]];
    if (top->stamp == c->stamp && op_at(c, writer - 1)->complete < top->value) {
        find(c,
             (struct finding){.kind = MONOTONIC_WRITES,
                              .earlier = op_number(c, top->by),
                              .write = writer_number(c, top->by),
                              .before = op_number(c, writer - 1)},
             read);
    }
}

/* It sees something older than what the writer of what it saw had read. */
static void check_follow(struct checking *c, uint32_t read)
{
    const struct top *top = too_old(c, &c->followed, &c->versions[read]);
    if (top == NULL) {
        return;
    }
    uint32_t writer = c->versions[top->by].writer - 1;
    const struct floor *floor = &c->floors[writer];
    const struct top *before =
        top == &c->followed.first ? &floor->first : &floor->number;
    find(c,
         (struct finding){.kind = WRITES_FOLLOW_READS,
                          .earlier = op_number(c, top->by),
                          .write = op_number(c, writer),
                          .before = op_number(c, before->by)},
         read);
}

/* A read that has ended: nothing older from now on. */
static void see_read(struct checking *c, uint32_t read)
{
    const struct version *v = &c->versions[read];
    see(c, &c->seen, v, read);
    if (v->writer == 0) {
        return;
    }
    uint32_t writer = v->writer - 1;
    const struct floor *floor = &c->floors[writer];
    raise(&c->writers[c->process_of[writer]], c->stamp,
          op_at(c, writer)->invoke, read);
    if (floor->first.stamp != 0) {
        raise(&c->followed.first, c->stamp, floor->first.value, read);
    }
    if (floor->number.stamp != 0) {
        raise(&c->followed.numbers[v->life], c->stamp, floor->number.value,
              read);
    }
}

static void check_session(struct checking *c, const struct session *s)
{
    size_t reads_done = 0;
    size_t writes_done = 0;
    c->stamp++;
    for (size_t i = 0; i < s->read_count; i++) {
        int64_t now = op_at(c, s->reads[i])->invoke;
        while (reads_done < s->read_count &&
               op_at(c, s->reads_ended[reads_done])->complete < now) {
            see_read(c, s->reads_ended[reads_done++]);
        }
        while (writes_done < s->write_count &&
               op_at(c, s->writes_ended[writes_done])->complete < now) {
            uint32_t write = s->writes_ended[writes_done++];
            see(c, &c->own, &c->versions[write], write);
        }
        check_your_writes(c, s->reads[i]);
        check_reads(c, s->reads[i]);
        check_writes(c, s->reads[i]);
        check_follow(c, s->reads[i]);
    }
}

/* What the process had seen before each of its writes. */
static void lay_floors(struct checking *c, const struct session *s)
{
    size_t done = 0;
    c->stamp++;
    for (size_t i = 0; i < s->write_count; i++) {
        uint32_t write = s->writes[i];
        const struct version *v = &c->versions[write];
        struct floor *floor = &c->floors[write];
        while (done < s->read_count &&
               op_at(c, s->reads_ended[done])->complete <
                   op_at(c, write)->invoke) {
            uint32_t read = s->reads_ended[done++];
            see(c, &c->seen, &c->versions[read], read);
        }
        if (c->seen.first.stamp == c->stamp) {
            floor->first = c->seen.first;
        }
        if (v->life >= 0 && c->seen.numbers[v->life].stamp == c->stamp) {
            floor->number = c->seen.numbers[v->life];
        }
    }
}

/* ---- one key ---- */

static int by_complete(const void *a, const void *b, void *ctx)
{
    const struct checking *c = ctx;
    const struct op *x = op_at(c, *(const uint32_t *)a);
    const struct op *y = op_at(c, *(const uint32_t *)b);
    return (x->complete > y->complete) - (x->complete < y->complete);
}

/* Places [start, end) are one process's, by invoke. The four lists share
 * `room`, which holds two places an op. */
static struct session open_session(struct checking *c, size_t start, size_t end,
                                   uint32_t *room)
{
    size_t half = end - start;
    struct session s = {.reads = room, .reads_ended = room + half};
    for (size_t i = start; i < end; i++) {
        const struct op *op = op_at(c, (uint32_t)i);
        if (c->versions[i].known && op->kind == OP_READ) {
            s.reads[s.read_count++] = (uint32_t)i;
        }
    }
    s.writes = s.reads + s.read_count;
    s.writes_ended = s.reads_ended + s.read_count;
    for (size_t i = start; i < end; i++) {
        const struct op *op = op_at(c, (uint32_t)i);
        if (c->versions[i].known && op->kind != OP_READ) {
            s.writes[s.write_count++] = (uint32_t)i;
        }
    }
    memcpy(s.reads_ended, s.reads, s.read_count * sizeof(*s.reads));
    memcpy(s.writes_ended, s.writes, s.write_count * sizeof(*s.writes));
    qsort_r(s.reads_ended, s.read_count, sizeof(*s.reads), by_complete, c);
    qsort_r(s.writes_ended, s.write_count, sizeof(*s.writes), by_complete, c);
    return s;
}

/* Calls `visit` for the ops of each process. */
static void each_session(struct checking *c, uint32_t *room,
                         void (*visit)(struct checking *c,
                                       const struct session *s))
{
    size_t start = 0;
    while (start < c->count) {
        size_t end = start + 1;
        while (end < c->count && c->process_of[end] == c->process_of[start]) {
            end++;
        }
        struct session session = open_session(c, start, end, room);
        visit(c, &session);
        start = end;
    }
}

static void number_processes(struct checking *c)
{
    uint32_t process = 0;
    for (size_t i = 0; i < c->count; i++) {
        if (i > 0 && op_at(c, (uint32_t)i)->process !=
                         op_at(c, (uint32_t)i - 1)->process) {
            process++;
        }
        c->process_of[i] = process;
    }
}

static void check_key(const struct op *ops, uint32_t *of_key, size_t count,
                      struct buf *findings)
{
    struct checking c = {
        .ops = ops,
        .of_key = of_key,
        .count = count,
        .versions = mem_new(count * sizeof(struct version)),
        .floors = mem_new(count * sizeof(struct floor)),
        .process_of = mem_new(count * sizeof(uint32_t)),
        .writers = mem_new(count * sizeof(struct top)),
        .findings = findings,
    };
    uint32_t lives = report_order_versions(ops, of_key, count, c.versions);
    uint32_t *room = mem_new(2 * count * sizeof(*room));
    struct horizon *horizons[] = {&c.seen, &c.own, &c.followed};
    for (size_t i = 0; i < 3; i++) {
        horizons[i]->numbers = mem_new(lives * sizeof(struct top));
    }
    number_processes(&c);
    each_session(&c, room, lay_floors);
    each_session(&c, room, check_session);
    for (size_t i = 0; i < 3; i++) {
        mem_free(horizons[i]->numbers);
    }
    mem_free(room);
    mem_free(c.versions);
    mem_free(c.floors);
    mem_free(c.process_of);
    mem_free(c.writers);
}

/* ---- all ---- */

static int by_key(const void *a, const void *b, void *ctx)
{
    const struct op *ops = ctx;
    const struct op *x = &ops[*(const uint32_t *)a];
    const struct op *y = &ops[*(const uint32_t *)b];
    if (x->key != y->key) {
        return x->key > y->key ? 1 : -1;
    }
    if (x->process != y->process) {
        return x->process > y->process ? 1 : -1;
    }
    return (x->invoke > y->invoke) - (x->invoke < y->invoke);
}

static int by_read(const void *a, const void *b, void *ctx)
{
    const struct op *ops = ctx;
    const struct finding *x = a;
    const struct finding *y = b;
    int64_t at_x = ops[x->read - 1].invoke;
    int64_t at_y = ops[y->read - 1].invoke;
    if (at_x != at_y) {
        return at_x > at_y ? 1 : -1;
    }
    if (x->read != y->read) {
        return x->read > y->read ? 1 : -1;
    }
    return (int)x->kind - (int)y->kind;
}

void report_check_ops(const struct op *ops, size_t count, struct buf *findings)
{
    uint32_t *order = mem_new((count + 1) * sizeof(*order));
    void *ctx = (void *)(uintptr_t)ops;
    size_t start = 0;
    for (size_t i = 0; i < count; i++) {
        order[i] = (uint32_t)i;
    }
    qsort_r(order, count, sizeof(*order), by_key, ctx);
    while (start < count) {
        size_t end = start + 1;
        while (end < count && ops[order[end]].key == ops[order[start]].key) {
            end++;
        }
        check_key(ops, order + start, end - start, findings);
        start = end;
    }
    mem_free(order);
    if (findings->len > 0) {
        qsort_r(findings->bytes, COUNT(*findings, struct finding),
                sizeof(struct finding), by_read, ctx);
    }
}
