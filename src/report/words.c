/* SPDX-License-Identifier: Apache-2.0 */
/* Texts kept once, an index of numbers, tables that grow: so that a million
 * lines fit in little memory. Start at report_words_add(). */
#include "report/private.h"

enum { FIRST_SIZE = 256 };

/* ---- words ---- */

void report_words_init(struct words *words)
{
    words->arena = arena_new();
    words->size = FIRST_SIZE;
    words->slots = mem_new(words->size * sizeof(word));
    (void)report_rows_add(&words->texts, sizeof(struct str));
}

void report_words_done(struct words *words)
{
    arena_free(words->arena);
    buf_free(&words->texts);
    mem_free(words->slots);
}

struct str report_words_get(const struct words *words, word number)
{
    return ROWS(words->texts, struct str)[number];
}

/* The slot that holds this text, or the empty one where it belongs. */
static word *find_slot(const struct words *words, struct str text)
{
    size_t at = (size_t)str_hash(text) & (words->size - 1);
    while (words->slots[at] != 0 &&
           !str_eq(report_words_get(words, words->slots[at]), text)) {
        at = (at + 1) & (words->size - 1);
    }
    return &words->slots[at];
}

static void grow_words(struct words *words)
{
    uint32_t count = COUNT(words->texts, struct str);
    mem_free(words->slots);
    words->size *= 2;
    words->slots = mem_new(words->size * sizeof(word));
    for (word w = 1; w < count; w++) {
        *find_slot(words, report_words_get(words, w)) = w;
    }
}

word report_words_add(struct words *words, struct str text)
{
    if (text.len == 0) {
        return 0;
    }
    word *slot = find_slot(words, text);
    if (*slot != 0) {
        return *slot;
    }
    word number = COUNT(words->texts, struct str);
    *slot = number;
    *(struct str *)report_rows_add(&words->texts, sizeof(struct str)) =
        arena_str(words->arena, text);
    if ((size_t)number * 2 > words->size) {
        grow_words(words);
    }
    return number;
}

/* ---- index ---- */

void report_index_done(struct index *index)
{
    mem_free(index->keys);
    mem_free(index->values);
    *index = (struct index){0};
}

/* The finaliser of SplitMix64: near numbers end up far apart. */
static uint64_t mix(uint64_t key)
{
    key = (key ^ (key >> 30)) * 0xBF58476D1CE4E5B9U;
    key = (key ^ (key >> 27)) * 0x94D049BB133111EBU;
    return key ^ (key >> 31);
}

static size_t find_key(const struct index *index, uint64_t key)
{
    size_t at = (size_t)mix(key) & (index->size - 1);
    while (index->keys[at] != 0 && index->keys[at] != key) {
        at = (at + 1) & (index->size - 1);
    }
    return at;
}

static void grow_index(struct index *index)
{
    struct index old = *index;
    index->size = old.size == 0 ? FIRST_SIZE : old.size * 2;
    index->keys = mem_new(index->size * sizeof(uint64_t));
    index->values = mem_new(index->size * sizeof(uint32_t));
    for (size_t i = 0; i < old.size; i++) {
        if (old.keys[i] != 0) {
            size_t at = find_key(index, old.keys[i]);
            index->keys[at] = old.keys[i];
            index->values[at] = old.values[i];
        }
    }
    report_index_done(&old);
}

uint32_t *report_index_at(struct index *index, uint64_t key)
{
    if (index->count * 2 >= index->size) {
        grow_index(index);
    }
    size_t at = find_key(index, key);
    if (index->keys[at] == 0) {
        index->keys[at] = key;
        index->count++;
    }
    return &index->values[at];
}

uint32_t report_index_get(const struct index *index, uint64_t key)
{
    return index->size == 0 ? 0 : index->values[find_key(index, key)];
}

/* ---- tables ---- */

void *report_rows_add(struct buf *table, size_t size)
{
    buf_reserve(table, size);
    char *row = table->bytes + table->len;
    memset(row, 0, size);
    table->len += size;
    return row;
}
