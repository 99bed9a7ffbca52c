/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of each operation, and of all. Here so that text and data say
 * the same. Start at report_tally_make(). */
#include "report/private.h"

#include <stdlib.h>

/* ---- percentiles ---- */

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

void report_times_sort(int64_t *times, size_t count)
{
    qsort(times, count, sizeof(*times), by_size);
}

/* Nearest rank: the smallest value that at least `percent` of all reach. */
static int64_t nearest_rank(const int64_t *sorted, size_t count, size_t percent)
{
    size_t rank = (count * percent + 99) / 100;
    return sorted[rank == 0 ? 0 : rank - 1];
}

struct quartet report_tally_quartet(int64_t *values, size_t count)
{
    if (count == 0) {
        return (struct quartet){0};
    }
    report_times_sort(values, count);
    return (struct quartet){
        .there = true,
        .median = nearest_rank(values, count, 50),
        .p90 = nearest_rank(values, count, 90),
        .p99 = nearest_rank(values, count, 99),
        .worst = values[count - 1],
    };
}

/* ---- rows ---- */

struct tallying {
    const struct report *report;
    struct arena *arena;
    struct tally *tally;
    struct index row_of; /* service and operation: 1 + row */
    struct buf rows;     /* struct tally_row each */
    uint32_t *row_of_call;
};

static const struct call *call_at(const struct report *r, uint32_t row)
{
    return &ROWS(r->all_calls, struct call)[row];
}

static uint32_t row_of(struct tallying *t, word service, word operation)
{
    uint64_t key = ((uint64_t)service << 32 | operation) + 1;
    uint32_t *at = report_index_at(&t->row_of, key);
    if (*at == 0) {
        struct tally_row *row = report_rows_add(&t->rows, sizeof(*row));
        row->service = service;
        row->operation = operation;
        *at = COUNT(t->rows, struct tally_row);
    }
    return *at - 1;
}

static struct tally_row *row_at(struct tallying *t, uint32_t row)
{
    return &ROWS(t->rows, struct tally_row)[row];
}

static void count_call(struct tallying *t, uint32_t number)
{
    const struct call *call = call_at(t->report, number);
    uint32_t at = row_of(t, call->service, call->operation);
    struct tally_row *row = row_at(t, at);
    t->row_of_call[number] = at;
    row->count++;
    row->joined += call->joined;
    row->reads += call->reads;
    t->tally->mutations[t->tally->mutation_count++] = number;
    if (call->outcome == OUTCOME_NONE) {
        row->unfinished++;
        t->tally->unfinished++;
    } else {
        row->outcomes[call->outcome]++;
        t->tally->outcomes[call->outcome]++;
    }
}

static void count_all(struct tallying *t)
{
    const struct report *r = t->report;
    for (uint32_t i = 0; i < COUNT(r->all_calls, struct call); i++) {
        if (call_at(r, i)->mutation) {
            count_call(t, i);
        }
    }
    for (uint32_t i = 0; i < COUNT(r->races, struct race); i++) {
        const struct race *race = &ROWS(r->races, struct race)[i];
        row_at(t, row_of(t, race->service, race->operation))->races++;
    }
    for (uint32_t i = 0; i < COUNT(r->regrets, struct race); i++) {
        const struct race *race = &ROWS(r->regrets, struct race)[i];
        row_at(t, row_of(t, race->service, race->operation))->regrets++;
    }
}

/* ---- overshoot ---- */

static bool was_confirmed(const struct report *r, const struct call *call,
                          struct str name)
{
    uint32_t at = call->first_confirmation;
    while (at != 0) {
        const struct confirmation *c =
            &ROWS(r->confirmations, struct confirmation)[at - 1];
        if (c->outcome == OUTCOME_SETTLED &&
            str_eq(report_word(r, c->name), name)) {
            return true;
        }
        at = c->next;
    }
    return false;
}

/* Only a clock that somebody waited for says when the change was visible. It
 * names the confirmations that it is for, with commas. */
static bool was_awaited(const struct report *r, const struct call *call,
                        const struct truth *truth)
{
    struct str clock = report_word(r, truth->clock);
    struct str names = report_word(r, truth->confirmation);
    bool awaited = str_eq(clock, STR("direct"));
    if (names.len == 0) {
        names = clock;
    }
    while (names.ptr != NULL && !awaited) {
        awaited = was_confirmed(r, call, str_trim(str_cut(&names, ',')));
    }
    return awaited;
}

/* From the change being visible to the answer; false when nobody knows. */
static bool overshoot_of(const struct report *r, const struct call *call,
                         int64_t *ret_ms)
{
    int64_t visible_at = REPORT_NOT_SAID;
    if (call->outcome != OUTCOME_SETTLED || call->given == REPORT_NOT_SAID ||
        call->finished == REPORT_NOT_SAID || call->given < call->finished) {
        return false; /* with --observe nothing is held */
    }
    uint32_t at = call->request_id == 0
                      ? 0
                      : report_index_get(&r->truth_of, call->request_id);
    while (at != 0) {
        const struct truth *truth = &ROWS(r->truths, struct truth)[at - 1];
        if (truth->visible_at > visible_at && was_awaited(r, call, truth)) {
            visible_at = truth->visible_at;
        }
        at = truth->next;
    }
    *ret_ms = visible_at == REPORT_NOT_SAID ? 0 : call->given - visible_at;
    return visible_at != REPORT_NOT_SAID;
}

/* ---- distributions ---- */

enum measure { SETTLE, HELD, READS, OVERSHOOT, MEASURES };

static bool measure_of(const struct report *r, const struct call *call,
                       enum measure measure, int64_t *ret_value)
{
    switch (measure) {
    case SETTLE:
        *ret_value = call->visible;
        return call->outcome == OUTCOME_SETTLED &&
               call->visible != REPORT_NOT_SAID;
    case HELD:
        *ret_value = call->waited;
        return call->waited != REPORT_NOT_SAID;
    case READS:
        *ret_value = call->reads;
        return call->waited != REPORT_NOT_SAID;
    default:
        return overshoot_of(r, call, ret_value);
    }
}

/* Mutations by row, in the order of the log: the start of each row's. */
static uint32_t *group(struct tallying *t, uint32_t *ret_grouped)
{
    uint32_t rows = COUNT(t->rows, struct tally_row);
    uint32_t *start = ARENA_ARRAY(t->arena, uint32_t, rows + 1);
    uint32_t *next = ARENA_ARRAY(t->arena, uint32_t, rows + 1);
    for (uint32_t i = 0; i < rows; i++) {
        start[i + 1] = start[i] + row_at(t, i)->count;
        next[i] = start[i];
    }
    for (uint32_t i = 0; i < t->tally->mutation_count; i++) {
        uint32_t call = t->tally->mutations[i];
        ret_grouped[next[t->row_of_call[call]]++] = call;
    }
    return start;
}

/* Both clocks are cut to milliseconds, so that one less than 0 is 0. */
static void correct_overshoot(struct tallying *t, struct tally_row *row,
                              int64_t *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (values[i] < -1) {
            row->too_early++;
            t->tally->too_early++;
        } else if (values[i] == -1) {
            values[i] = 0;
        }
    }
}

static void measure_row(struct tallying *t, struct tally_row *row,
                        const uint32_t *calls, int64_t *values)
{
    struct quartet *results[MEASURES] = {&row->settle, &row->held, &row->read,
                                         &row->overshoot};
    for (int m = 0; m < MEASURES; m++) {
        size_t count = 0;
        for (uint32_t i = 0; i < row->count; i++) {
            if (measure_of(t->report, call_at(t->report, calls[i]),
                           (enum measure)m, &values[count])) {
                count++;
            }
        }
        if (m == OVERSHOOT) {
            correct_overshoot(t, row, values, count);
        }
        *results[m] = report_tally_quartet(values, count);
    }
}

static void measure_all(struct tallying *t)
{
    uint32_t count = t->tally->mutation_count;
    uint32_t *grouped = mem_new((count + 1) * sizeof(*grouped));
    int64_t *values = mem_new((count + 1) * sizeof(*values));
    const uint32_t *start = group(t, grouped);
    for (uint32_t i = 0; i < COUNT(t->rows, struct tally_row); i++) {
        measure_row(t, row_at(t, i), grouped + start[i], values);
    }
    mem_free(grouped);
    mem_free(values);
}

/* ---- orders ---- */

static int compare_rows(const void *a, const void *b, void *ctx)
{
    const struct report *r = ctx;
    const struct tally_row *x = a;
    const struct tally_row *y = b;
    int order =
        str_compare(report_word(r, x->service), report_word(r, y->service));
    return order != 0 ? order
                      : str_compare(report_word(r, x->operation),
                                    report_word(r, y->operation));
}

/* A call of which only the end was logged stands where it ended. */
static int64_t start_of(const struct call *call)
{
    const int64_t times[] = {call->received, call->sent, call->answered,
                             call->finished, call->given};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        if (times[i] != REPORT_NOT_SAID) {
            return times[i];
        }
    }
    return 0;
}

static int compare_starts(const void *a, const void *b, void *ctx)
{
    const struct report *r = ctx;
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    int64_t at_x = start_of(call_at(r, x));
    int64_t at_y = start_of(call_at(r, y));
    return at_x != at_y ? (at_x > at_y) - (at_x < at_y) : (x > y) - (x < y);
}

/* What never was visible was awaited that long at least. */
static int64_t slowness(const struct call *call)
{
    return call->visible != REPORT_NOT_SAID ? call->visible : call->waited;
}

static void find_slowest(struct tally *tally, const struct report *r)
{
    enum { MOST = sizeof(tally->slowest) / sizeof(tally->slowest[0]) };
    for (uint32_t i = 0; i < tally->mutation_count; i++) {
        uint32_t call = tally->mutations[i];
        int64_t slow = slowness(call_at(r, call));
        uint32_t at = tally->slowest_count;
        if (slow == REPORT_NOT_SAID) {
            continue;
        }
        while (at > 0 && slowness(call_at(r, tally->slowest[at - 1])) < slow) {
            if (at < MOST) {
                tally->slowest[at] = tally->slowest[at - 1];
            }
            at--;
        }
        if (at < MOST) {
            tally->slowest[at] = call;
            tally->slowest_count += tally->slowest_count < MOST ? 1 : 0;
        }
    }
}

struct tally *report_tally_make(const struct report *r, struct arena *arena)
{
    uint32_t calls = COUNT(r->all_calls, struct call);
    struct tallying t = {
        .report = r,
        .arena = arena,
        .tally = ARENA_NEW(arena, struct tally),
        .row_of_call = mem_new((calls + 1) * sizeof(uint32_t)),
    };
    t.tally->mutations = ARENA_ARRAY(arena, uint32_t, calls + 1);
    count_all(&t);
    measure_all(&t);
    t.tally->count = COUNT(t.rows, struct tally_row);
    t.tally->rows = ARENA_ARRAY(arena, struct tally_row, t.tally->count + 1);
    if (t.rows.len > 0) {
        memcpy(t.tally->rows, t.rows.bytes, t.rows.len);
    }
    qsort_r(t.tally->rows, t.tally->count, sizeof(struct tally_row),
            compare_rows, (void *)(uintptr_t)r);
    qsort_r(t.tally->mutations, t.tally->mutation_count, sizeof(uint32_t),
            compare_starts, (void *)(uintptr_t)r);
    find_slowest(t.tally, r);
    report_index_done(&t.row_of);
    buf_free(&t.rows);
    mem_free(t.row_of_call);
    return t.tally;
}
