/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The session guarantees: cases by hand, and thousands of histories of a
 * register that is in order, in which nothing may be found until something is
 * planted. A second checker, which compares every pair and is as plain as the
 * definitions, must find the same.
 */
#include "plain.h"
#include "register.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

/* ---- both checkers ---- */

struct found {
    struct buf list;
    bool is[GUARANTEE_COUNT][OPS_MAX];
    size_t count;
};

/* What a finding names must be what it says. */
static void verify_finding(const struct plain *p, const struct finding *f)
{
    size_t read = f->read - 1;
    if (f->kind == READ_YOUR_WRITES) {
        assert_true(f->write > 0);
        assert_true(older(&p->sights[read], &p->sights[f->write - 1]));
        assert_true(before(&p->ops[f->write - 1], &p->ops[read]));
        assert_int_equal(p->ops[f->write - 1].process, p->ops[read].process);
        return;
    }
    assert_true(f->earlier > 0);
    assert_true(earlier_read(p, f->earlier - 1, read));
    const struct sight *seen = &p->sights[f->earlier - 1];
    if (f->kind == MONOTONIC_READS) {
        assert_true(older(&p->sights[read], seen));
        return;
    }
    assert_true(f->write > 0 && f->before > 0);
    const struct op *write = &p->ops[f->write - 1];
    const struct op *had = &p->ops[f->before - 1];
    assert_ptr_equal(seen->writer, write);
    assert_int_equal(had->process, write->process);
    assert_true(before(had, write));
    if (f->kind == MONOTONIC_WRITES) {
        assert_ptr_equal(p->sights[read].writer, had);
    } else {
        assert_true(older(&p->sights[read], &p->sights[f->before - 1]));
    }
}

static void check(const struct op *ops, size_t count, struct found *found)
{
    static struct plain plain;
    plain = (struct plain){.ops = ops, .count = count};
    *found = (struct found){0};
    plain_lives(&plain);
    for (size_t i = 0; i < count; i++) {
        plain.sights[i] = plain_sight(&plain, i);
    }
    report_check_ops(ops, count, &found->list);
    found->count = COUNT(found->list, struct finding);
    for (size_t i = 0; i < found->count; i++) {
        const struct finding *f = &ROWS(found->list, struct finding)[i];
        assert_false(found->is[f->kind][f->read - 1]);
        found->is[f->kind][f->read - 1] = true;
        verify_finding(&plain, f);
    }
    for (int kind = 0; kind < GUARANTEE_COUNT; kind++) {
        for (size_t i = 0; i < count; i++) {
            bool expected =
                tells(&ops[i]) && plain_finds(&plain, (enum guarantee)kind, i);
            assert_int_equal(found->is[kind][i], expected);
        }
    }
    buf_free(&found->list);
}

/* ---- by hand ---- */

/*
 * "p w3 10-20" is process p writing version 3 between 10 and 20. Letters: w
 * writes, r reads, d deletes, and r- sees nothing. A value in quotes is a
 * digest; w? is of unknown value. A ? for the end: no answer; !: it failed.
 */
static struct op parse_op(struct str line)
{
    struct op op = {.key = 1};
    op.process = (uint32_t)(unsigned char)line.ptr[0];
    line = str_from(line, 2);
    struct str what = str_cut(&line, ' ');
    struct str start = str_cut(&line, '-');
    uint64_t number = 0;
    op.kind = what.ptr[0] == 'r'   ? OP_READ
              : what.ptr[0] == 'd' ? OP_DELETE
                                   : OP_WRITE;
    what = str_from(what, 1);
    op.absent = op.kind == OP_DELETE || str_eq(what, STR("-"));
    if (str_to_u64(what, &number)) {
        op.numeric = true;
        op.number = (int64_t)number;
        op.value = NUMBER_WORD + (uint32_t)number;
    } else if (what.len > 0 && what.ptr[0] == '"') {
        op.value = DIGEST_WORD + (uint32_t)(unsigned char)what.ptr[1];
    }
    assert_true(str_to_u64(start, &number));
    op.invoke = (int64_t)number;
    op.complete = REPORT_NEVER;
    if (str_eq(line, STR("?"))) {
        op.fate = OP_UNKNOWN;
    } else {
        if (str_ends(line, STR("!"))) {
            op.fate = OP_FAILED;
            line = str_first(line, line.len - 1);
        }
        assert_true(str_to_u64(line, &number));
        op.complete = (int64_t)number;
    }
    return op;
}

static size_t parse_ops(const char *text, struct op *ops)
{
    struct str rest = str_of(text);
    size_t count = 0;
    while (rest.ptr != NULL) {
        ops[count++] = parse_op(str_trim(str_cut(&rest, ';')));
    }
    return count;
}

/* "ryw@2 mr@3": which guarantee was broken by which op, from 0. */
static struct str found_text(struct arena *arena, const struct found *found)
{
    static const char *const names[] = {"ryw", "mr", "mw", "wfr"};
    struct str text = STR("");
    for (size_t i = 0; i < OPS_MAX; i++) {
        for (int kind = 0; kind < GUARANTEE_COUNT; kind++) {
            if (found->is[kind][i]) {
                text = arena_printf(arena, "%.*s%s%s@%zu", STR_ARG(text),
                                    text.len > 0 ? " " : "", names[kind], i);
            }
        }
    }
    return text;
}

static void by_hand(void **state)
{
    static const struct {
        const char *what;
        const char *history;
        const char *found;
    } rows[] = {
        {"nothing after a write", "a w1 10-20;a r- 30-40", "ryw@1"},
        {"the write itself", "a w1 10-20;a r1 30-40", ""},
        {"another process may be behind", "a w1 10-20;b r- 30-40", ""},
        {"a read that overlaps may see either", "a w1 10-20;a r- 15-40", ""},
        {"a read in the very same moment too", "a w1 10-20;a r- 20-40", ""},
        {"an older version", "b w1 0-5;a w2 10-20;a r1 30-40", "ryw@2"},
        {"a newer version of somebody else", "a w1 10-20;b w2 12-30;a r2 40-41",
         ""},
        {"overlapping numbers are in order all the same",
         "b w1 10-30;a w2 10-20;a r1 40-41", "ryw@2"},
        {"overlapping digests are not",
         "b w\"x 10-30;a w\"y 10-20;a r\"x 40-41", ""},
        {"digests one after the other are",
         "b w\"x 1-5;a w\"y 10-20;a r\"x 40-41", "ryw@2"},
        {"a digest that was written again may be the new one",
         "b w\"x 1-5;a w\"y 10-20;b w\"x 15-30;a r\"x 40-41", ""},
        {"but not when it was written again only later",
         "b w\"x 1-5;a w\"y 10-20;a r\"x 40-41;b w\"x 50-60", "ryw@2"},
        {"a value of nobody", "a w\"x 10-20;a r\"q 30-40", ""},
        {"a lower number of nobody", "a w5 10-20;a r4 30-40", ""},
        {"a lower number that was there before",
         "a r4 0-5;a w5 10-20;a r4 "
         "30-40",
         "ryw@2"},
        {"or while the newer one was on its way",
         "b r4 12-15;a w5 10-20;a r4 30-40", "ryw@2"},
        {"but not one that was first seen later",
         "a w5 10-20;b r4 21-25;a r4 30-40", ""},
        {"a higher number of nobody is later",
         "a w5 10-20;b r7 30-40;b r5 50-60", "mr@2"},
        {"of two higher ones the higher", "a w5 10-20;b r8 30-40;b r7 50-60",
         "mr@2"},
        {"backwards", "a w1 1-2;a w2 3-4;b r2 10-11;b r1 20-21", "mr@3 mw@3"},
        {"backwards, of two writers", "a w1 1-2;c w2 3-4;b r2 10-11;b r1 20-21",
         "mr@3"},
        {"backwards to nothing", "a w1 1-2;b r1 10-11;b r- 20-21", "mr@2"},
        {"reads that overlap", "a w1 1-2;a w2 3-4;b r2 10-11;b r1 9-21", ""},
        {"a delete in between", "a w1 1-2;b r1 10-11;a d 12-13;b r- 20-21", ""},
        {"a delete that may have been before the read",
         "a w1 1-2;a d 12-50;b r1 10-11;b r- 20-21", ""},
        {"a delete of unknown outcome",
         "a w1 1-2;a d 12-?;b r1 13-14;b r- 20-21;b r1 30-31", ""},
        {"gone, then there again", "a w1 1-2;a d 3-4;a r1 10-11", "ryw@2"},
        {"versions start anew after a delete",
         "a w5 1-2;a d 3-4;a w1 5-6;a r1 10-11", ""},
        {"a version of the life before", "a w5 1-2;a d 3-4;a w1 5-6;a r5 10-11",
         "ryw@3"},
        {"the same number in two lives may be either",
         "a w1 1-2;a d 3-4;a w1 5-6;a r1 10-11", ""},
        {"a life that began while the other ended",
         "a w5 1-2;a d 3-10;b w6 4-9;a r5 20-21", "ryw@3"},
        {"a delete by others shows in the numbers",
         "a w5 1-2;a w1 5-6;b r1 10-11;b r5 20-21", "mr@3 mw@3"},
        {"numbers of such a life say nothing of overlaps",
         "a w5 1-2;a w1 5-9;c w4 6-8;b r4 10-11;b r1 20-21", ""},
        {"a failed write was none", "a w1 10-20!;a r- 30-40", ""},
        {"an unknown one is no promise", "a w1 10-?;a r- 30-40", ""},
        {"an unknown one that was seen is",
         "b w1 1-2;a w2 10-?;a r2 30-40;a r1 50-60", "mr@3"},
        {"a write of unknown value", "a w? 10-20;a r1 30-40", ""},
        {"a failed read", "a w1 10-20;a r- 30-40!", ""},
        {"writes follow reads",
         "a w1 1-2;b w2 3-4;c r2 5-6;c w3 7-8;d r3 10-11;d r1 20-21",
         "mr@5 wfr@5"},
        {"writes follow reads, but not those that came after",
         "a w1 1-2;c w2 3-4;b w3 5-6;c r3 7-8;d r2 10-11;d r1 20-21", "mr@5"},
        {"a number of an earlier life, or of a write whose answer was lost",
         "a w1 1-2;a w2 3-4;a d 5-6;a w1 7-8;b w? 10-?;a r2 20-21", ""},
        {"a digest, or the same of a write whose answer was lost",
         "a w\"x 1-2;a w\"y 3-4;b w? 10-?;a r\"x 20-21", ""},
        {"nothing, or what nobody knows made of it",
         "a w\"x 1-2;a w? 3-?;a r- 20-21", ""},
        {"in one life a number is there once",
         "a w1 1-2;a w2 3-4;b w? 10-?;a r1 20-21", "ryw@3"},
        {"the reader is the writer",
         "a w1 1-2;b w2 3-4;c r2 5-6;c w3 7-8;c r3 10-11;c r1 20-21",
         "ryw@5 mr@5 wfr@5"},
        {"there before anything was written", "b r9 0-1;a w\"x 2-3;a r- 5-6",
         ""},
        {"only reads", "a r5 1-2;a r4 3-4;a r- 5-6", ""},
    };
    struct arena *arena = arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct op ops[OPS_MAX];
        struct found found;
        size_t count = parse_ops(rows[i].history, ops);
        check(ops, count, &found);
        struct str text = found_text(arena, &found);
        if (!str_eq(text, str_of(rows[i].found))) {
            print_message("%s: %s\n", rows[i].what, text.ptr);
        }
        assert_true(str_eq(text, str_of(rows[i].found)));
    }
    arena_free(arena);
}

/* ---- a register that is in order ---- */

/* The history, for whoever has to understand it. */
static void tell(const struct world *w, const struct found *found,
                 uint64_t seed)
{
    static const char kinds[] = {
        [OP_READ] = 'r', [OP_WRITE] = 'w', [OP_DELETE] = 'd'};
    struct arena *arena = arena_new();
    print_message("seed %llu: %s\n", (unsigned long long)seed,
                  found_text(arena, found).ptr);
    for (size_t i = 0; i < w->count; i++) {
        const struct op *op = &w->ops[i];
        print_message("%zu: key %u, process %u %c%lld%s %lld-%lld, fate %d\n",
                      i, op->key, op->process, kinds[op->kind],
                      (long long)(op->numeric ? op->number : op->value),
                      op->absent ? " absent" : "", (long long)op->invoke,
                      (long long)op->complete, (int)op->fate);
    }
    arena_free(arena);
}

enum { HISTORIES = 2000 };

static void a_register_in_order_breaks_nothing(void **state)
{
    size_t reads = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= HISTORIES; seed++) {
        struct world w;
        struct found found;
        make_world(&w, seed, true);
        check(w.ops, w.count, &found);
        if (found.count > 0) {
            tell(&w, &found, seed);
        }
        assert_int_equal(found.count, 0);
        for (size_t i = 0; i < w.count; i++) {
            reads += tells(&w.ops[i]) ? 1 : 0;
        }
    }
    assert_true(reads > (size_t)HISTORIES * 5);
}

/* ---- planting ---- */

/* The one write that made what a read saw, of a value made only once. */
static const struct op *only_writer(const struct world *w, const struct op *op)
{
    const struct op *found = NULL;
    bool ended = op->kind != OP_READ;
    for (size_t i = 0; i < w->count; i++) {
        const struct op *one = &w->ops[i];
        if (one->key != op->key || !changes(one)) {
            continue;
        }
        ended = ended || before(one, op);
        if (one->kind == OP_WRITE && one->value == op->value) {
            if (found != NULL) {
                return NULL;
            }
            found = one;
        }
    }
    return ended ? found : NULL; /* else it may have been there before */
}

/* Something that was surely written before `newer`, by `process` if any. */
static const struct op *older_write(struct world *w, const struct op *newer,
                                    uint32_t process)
{
    size_t start = pick(w, (uint32_t)w->count);
    for (size_t i = 0; i < w->count; i++) {
        const struct op *op = &w->ops[(start + i) % w->count];
        if (op->kind == OP_WRITE && changes(op) && op->fate == OP_OK &&
            before(op, newer) && only_writer(w, op) == op &&
            (process == 0 || op->process == process)) {
            return op;
        }
    }
    return NULL;
}

/* What process of `newer` had read before it wrote that. */
static const struct op *had_read(const struct world *w, const struct op *newer)
{
    for (size_t i = 0; i < w->count; i++) {
        const struct op *op = &w->ops[i];
        if (tells(op) && op->process == newer->process && before(op, newer) &&
            only_writer(w, op) != NULL) {
            return only_writer(w, op);
        }
    }
    return NULL;
}

/* What `read` must not see anything older than, after `earlier`. */
static const struct op *floor_of(const struct world *w, enum guarantee kind,
                                 const struct op *earlier,
                                 const struct op *read)
{
    if (earlier->process != read->process || !before(earlier, read)) {
        return NULL;
    }
    if (kind == READ_YOUR_WRITES) {
        return changes(earlier) && earlier->fate == OP_OK ? earlier : NULL;
    }
    if (!tells(earlier) || only_writer(w, earlier) == NULL) {
        return NULL;
    }
    const struct op *seen = only_writer(w, earlier);
    return kind == WRITES_FOLLOW_READS ? had_read(w, seen) : seen;
}

/* Makes a read see something too old; false where there is no place for it. */
static bool plant(struct world *w, enum guarantee kind, size_t *ret_read)
{
    size_t start = pick(w, (uint32_t)w->count);
    for (size_t i = 0; i < w->count; i++) {
        size_t r = (start + i) % w->count;
        struct op *read = &w->ops[r];
        for (size_t k = 0; k < w->count && tells(read); k++) {
            const struct op *floor = floor_of(w, kind, &w->ops[k], read);
            const struct op *old =
                floor == NULL
                    ? NULL
                    : older_write(w, floor,
                                  kind == MONOTONIC_WRITES ? floor->process
                                                           : 0);
            if (old != NULL) {
                read->value = old->value;
                read->numeric = old->numeric;
                read->number = old->number;
                read->absent = false;
                *ret_read = r;
                return true;
            }
        }
    }
    return false;
}

static void what_is_planted_is_found(void **state)
{
    size_t planted[GUARANTEE_COUNT] = {0};
    (void)state;
    for (uint64_t seed = 1; seed <= HISTORIES; seed++) {
        enum guarantee kind = (enum guarantee)(seed % GUARANTEE_COUNT);
        struct world w;
        struct found found;
        size_t read = 0;
        make_world(&w, seed * 7919, false);
        if (!plant(&w, kind, &read)) {
            continue;
        }
        planted[kind]++;
        check(w.ops, w.count, &found);
        if (!found.is[kind][read]) {
            tell(&w, &found, seed);
        }
        assert_true(found.is[kind][read]);
    }
    for (int kind = 0; kind < GUARANTEE_COUNT; kind++) {
        assert_true(planted[kind] > HISTORIES / 20);
    }
}

/* Reads of anything at all: both checkers must still agree, in check(). */
static void both_checkers_agree_on_nonsense(void **state)
{
    size_t found_some = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= HISTORIES; seed++) {
        struct world w;
        struct found found;
        make_world(&w, seed * 104729, true);
        for (size_t i = 0; i < w.count; i++) {
            struct op *op = &w.ops[i];
            if (op->kind == OP_READ && chance(&w, 40)) {
                const struct op *other = &w.ops[pick(&w, (uint32_t)w.count)];
                op->value = other->value;
                op->numeric = other->numeric;
                op->number = other->number;
                op->absent = other->absent;
            }
        }
        check(w.ops, w.count, &found);
        found_some += found.count > 0 ? 1 : 0;
    }
    assert_true(found_some > HISTORIES / 2);
}

/* A hundred thousand ops of one key and one process: no pair is compared. */
static void many_operations_take_little_time(void **state)
{
    enum { MANY = 100000 };
    struct op *ops = mem_new(MANY * sizeof(*ops));
    struct buf list = {0};
    (void)state;
    for (uint32_t i = 0; i < MANY; i++) {
        ops[i] = (struct op){.kind = i % 2 == 0 ? OP_WRITE : OP_READ,
                             .process = 1 + i / 2 % 5,
                             .key = 1,
                             .value = NUMBER_WORD + i / 2,
                             .numeric = true,
                             .number = i / 2,
                             .invoke = (int64_t)i * 10,
                             .complete = (int64_t)i * 10 + 5};
    }
    ops[MANY - 1].number = 4; /* of the same process */
    ops[MANY - 1].value = NUMBER_WORD + 4;
    report_check_ops(ops, MANY, &list);
    assert_int_equal(COUNT(list, struct finding), 4);
    buf_free(&list);
    mem_free(ops);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(a_register_in_order_breaks_nothing),
        cmocka_unit_test(what_is_planted_is_found),
        cmocka_unit_test(both_checkers_agree_on_nonsense),
        cmocka_unit_test(many_operations_take_little_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
