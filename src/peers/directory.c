/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the other processes has a call: a table of those under way or kept
 * there, as they told it. Start at directory_add(). */
#include "peers/private.h"

#include "base/mem.h"

enum { BUCKETS = 32768 };

struct entry {
    struct entry *next;
    uint64_t call;
    uint32_t whose;
    uint32_t count;
};

struct directory {
    struct entry *buckets[BUCKETS];
};

struct directory *directory_new(void)
{
    return mem_new(sizeof(struct directory));
}

void directory_free(struct directory *directory)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        struct entry *entry = directory->buckets[i];
        while (entry != NULL) {
            struct entry *next = entry->next;
            mem_free(entry);
            entry = next;
        }
    }
    mem_free(directory);
}

static struct entry **place_of(struct directory *directory, uint64_t call,
                               size_t whose)
{
    struct entry **at = &directory->buckets[call % BUCKETS];
    while (*at != NULL && ((*at)->call != call || (*at)->whose != whose)) {
        at = &(*at)->next;
    }
    return at;
}

void directory_add(struct directory *directory, uint64_t call, size_t whose)
{
    struct entry **at = place_of(directory, call, whose);
    if (*at == NULL) {
        *at = mem_new(sizeof(**at));
        (*at)->call = call;
        (*at)->whose = (uint32_t)whose;
    }
    (*at)->count++;
}

void directory_remove(struct directory *directory, uint64_t call, size_t whose)
{
    struct entry **at = place_of(directory, call, whose);
    struct entry *entry = *at;
    if (entry != NULL && --entry->count == 0) {
        *at = entry->next;
        mem_free(entry);
    }
}

int directory_find(const struct directory *directory, uint64_t call)
{
    const struct entry *entry = directory->buckets[call % BUCKETS];
    while (entry != NULL && entry->call != call) {
        entry = entry->next;
    }
    return entry != NULL ? (int)entry->whose : PEERS_NOBODY;
}
