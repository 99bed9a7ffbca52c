/* SPDX-License-Identifier: Apache-2.0 */
/* What happened so far, in numbers, by service and operation; and the n of a
 * thing's n-th change. Start at lag_counts_add(). */
#include "lag/private.h"

#include "base/mem.h"

enum { ROWS = 256, NAME_BYTES = 96 };

struct row {
    char service[NAME_BYTES];
    char operation[NAME_BYTES];
    uint64_t at[COUNT_KINDS];
};

struct counts {
    struct row rows[ROWS]; /* the last one takes what finds no room */
    size_t count;
};

static const char *const names[COUNT_KINDS] = {
    [COUNT_MUTATION] = "mutations",
    [COUNT_STALE] = "stale_reads",
    [COUNT_FRESH] = "fresh_reads",
};

struct counts *lag_counts_new(void)
{
    return mem_new(sizeof(struct counts));
}

void lag_counts_free(struct counts *counts)
{
    mem_free(counts);
}

static void put_name(char *to, struct str name)
{
    size_t len = name.len < NAME_BYTES ? name.len : NAME_BYTES - 1;
    memcpy(to, name.len > 0 ? name.ptr : "", len);
    to[len] = '\0';
}

static struct row *row_of(struct counts *counts, struct str service,
                          struct str operation)
{
    struct row wanted = {0};
    put_name(wanted.service, service);
    put_name(wanted.operation, operation);
    for (size_t i = 0; i < counts->count; i++) {
        struct row *row = &counts->rows[i];
        if (strcmp(row->operation, wanted.operation) == 0 &&
            strcmp(row->service, wanted.service) == 0) {
            return row;
        }
    }
    if (counts->count + 1 >= ROWS) {
        put_name(wanted.service, STR("others"));
        put_name(wanted.operation, STR("others"));
        counts->count = ROWS;
        if (counts->rows[ROWS - 1].service[0] == '\0') {
            counts->rows[ROWS - 1] = wanted;
        }
        return &counts->rows[ROWS - 1];
    }
    counts->rows[counts->count] = wanted;
    return &counts->rows[counts->count++];
}

void lag_counts_add(struct counts *counts, struct str service,
                    struct str operation, enum count what)
{
    row_of(counts, service, operation)->at[what]++;
}

static void write_numbers(struct arena *arena, struct json *object,
                          const uint64_t at[COUNT_KINDS])
{
    for (int i = 0; i < COUNT_KINDS; i++) {
        json_set(arena, object, str_of(names[i]),
                 json_new_int(arena, (int64_t)at[i]));
    }
    json_set(arena, object, STR("lagged_reads"),
             json_new_int(arena, (int64_t)(at[COUNT_STALE] + at[COUNT_FRESH])));
}

struct json *lag_counts_write(const struct counts *counts, struct arena *arena,
                              size_t open)
{
    struct json *whole = json_new(arena, JSON_OBJECT);
    struct json *list = json_new(arena, JSON_ARRAY);
    uint64_t totals[COUNT_KINDS] = {0};
    for (size_t i = 0; i < counts->count; i++) {
        const struct row *row = &counts->rows[i];
        struct json *one = json_new(arena, JSON_OBJECT);
        json_set(arena, one, STR("service"),
                 json_new_text(arena, row->service));
        json_set(arena, one, STR("operation"),
                 json_new_text(arena, row->operation));
        write_numbers(arena, one, row->at);
        json_push(arena, list, one);
        for (int k = 0; k < COUNT_KINDS; k++) {
            totals[k] += row->at[k];
        }
    }
    write_numbers(arena, whole, totals);
    json_set(arena, whole, STR("open"), json_new_int(arena, (int64_t)open));
    json_set(arena, whole, STR("operations"), list);
    return whole;
}

/* ---- tally: by hash, so that it cannot grow ---- */

enum { SLOTS = 16384 };

struct tally {
    uint32_t at[SLOTS];
};

struct tally *lag_tally_new(void)
{
    return mem_new(sizeof(struct tally));
}

void lag_tally_free(struct tally *tally)
{
    mem_free(tally);
}

uint64_t lag_tally_next(struct tally *tally, struct str key)
{
    return ++tally->at[str_hash(key) % SLOTS];
}
