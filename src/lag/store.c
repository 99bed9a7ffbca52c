/* SPDX-License-Identifier: Apache-2.0 */
/* The old states that reads may still see, oldest first. Bounded by time:
 * what has expired goes when the next is added. Start at store_find(). */
#include "lag/private.h"

#include "base/mem.h"

struct entry {
    struct entry *next;
    struct arena *arena;
    struct stale stale;
};

struct store {
    struct entry *first;
    struct entry **end;
};

struct store *store_new(void)
{
    struct store *store = mem_new(sizeof(*store));
    store->end = &store->first;
    return store;
}

static void purge(struct store *store, int64_t now_ms)
{
    struct entry **at = &store->first;
    while (*at != NULL) {
        struct entry *entry = *at;
        if (entry->stale.until_ms <= now_ms) {
            *at = entry->next;
            arena_free(entry->arena);
        } else {
            at = &entry->next;
        }
    }
    store->end = at;
}

void store_free(struct store *store)
{
    purge(store, INT64_MAX);
    mem_free(store);
}

void store_add(struct store *store, const struct stale *stale, int64_t now_ms)
{
    purge(store, now_ms);
    struct arena *arena = arena_new();
    struct entry *entry = ARENA_NEW(arena, struct entry);
    entry->arena = arena;
    entry->stale = (struct stale){
        .service = arena_str(arena, stale->service),
        .region = arena_str(arena, stale->region),
        .operation = arena_str(arena, stale->operation),
        .input = json_copy(arena, stale->input),
        .old = http_response_copy(arena, &stale->old),
        .until_ms = stale->until_ms,
    };
    *store->end = entry;
    store->end = &entry->next;
}

static bool asks_for_it(const struct json *input, const struct json *wanted)
{
    for (size_t i = 0; i < wanted->count; i++) {
        const struct json *given = json_get(input, wanted->members[i].key);
        if (given == NULL || !json_equal(given, wanted->members[i].value)) {
            return false;
        }
    }
    return true;
}

const struct stale *store_find(struct store *store, struct str service,
                               struct str region, struct str operation,
                               const struct json *input, int64_t now_ms)
{
    for (struct entry *e = store->first; e != NULL; e = e->next) {
        if (e->stale.until_ms > now_ms &&
            str_eq(e->stale.operation, operation) &&
            str_eq(e->stale.service, service) &&
            str_eq(e->stale.region, region) &&
            asks_for_it(input, e->stale.input)) {
            return &e->stale;
        }
    }
    return NULL;
}
