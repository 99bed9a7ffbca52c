/* SPDX-License-Identifier: Apache-2.0 */
/* A table of texts by text, in an arena. Here because a redactor meets the same
 * few thousand again and again. Start at recording_table_find(). */
#include "recording/private.h"

enum { FIRST_BUCKETS = 64 };

void recording_table_init(struct table *table, struct arena *arena)
{
    *table = (struct table){
        .arena = arena,
        .buckets = ARENA_ARRAY(arena, struct table_row *, FIRST_BUCKETS),
        .bucket_count = FIRST_BUCKETS,
    };
}

struct table_row *recording_table_find(const struct table *table,
                                       struct str key)
{
    uint64_t hash = str_hash(key);
    struct table_row *row = table->buckets[hash % table->bucket_count];
    while (row != NULL && !(row->hash == hash && str_eq(row->key, key))) {
        row = row->next;
    }
    return row;
}

static void grow(struct table *table)
{
    size_t count = table->bucket_count * 2;
    struct table_row **buckets =
        ARENA_ARRAY(table->arena, struct table_row *, count);
    for (size_t i = 0; i < table->bucket_count; i++) {
        struct table_row *row = table->buckets[i];
        while (row != NULL) {
            struct table_row *next = row->next;
            row->next = buckets[row->hash % count];
            buckets[row->hash % count] = row;
            row = next;
        }
    }
    table->buckets = buckets;
    table->bucket_count = count;
}

struct table_row *recording_table_put(struct table *table, struct str key,
                                      struct str value)
{
    struct table_row *row = recording_table_find(table, key);
    if (row != NULL) {
        return row;
    }
    if (table->count >= table->bucket_count) {
        grow(table);
    }
    row = ARENA_NEW(table->arena, struct table_row);
    row->hash = str_hash(key);
    row->key = arena_str(table->arena, key);
    row->value = arena_str(table->arena, value);
    row->next = table->buckets[row->hash % table->bucket_count];
    table->buckets[row->hash % table->bucket_count] = row;
    table->count++;
    return row;
}
