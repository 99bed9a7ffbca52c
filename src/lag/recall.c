/* SPDX-License-Identifier: Apache-2.0 */
/* The last distinct reads that clients made, so that a change can hide itself
 * from lists and the like that no rule asks for. Bounded, for each service and
 * region and in all. Start at recall_note(). */
#include "lag/private.h"

#include "base/mem.h"

struct noted {
    struct arena *arena; /* NULL: free */
    struct read read;
    uint64_t turn;
};

struct recall {
    struct noted at[RECALL_MAX];
};

struct recall *recall_new(void)
{
    return mem_new(sizeof(struct recall));
}

void recall_free(struct recall *recall)
{
    for (size_t i = 0; i < RECALL_MAX; i++) {
        arena_free(recall->at[i].arena);
    }
    mem_free(recall);
}

static bool is_of(const struct noted *noted, struct str service,
                  struct str region)
{
    return noted->arena != NULL && str_eq(noted->read.service, service) &&
           str_eq(noted->read.region, region);
}

static const struct noted *find(const struct recall *recall,
                                const struct read *read)
{
    for (size_t i = 0; i < RECALL_MAX; i++) {
        const struct noted *noted = &recall->at[i];
        if (is_of(noted, read->service, read->region) &&
            str_eq(noted->read.operation, read->operation) &&
            json_equal(noted->read.input, read->input)) {
            return noted;
        }
    }
    return NULL;
}

static bool is_older(const struct noted *a, const struct noted *b)
{
    return b == NULL || a->turn < b->turn;
}

/* A free place; else the oldest of the same service, when it has its share
 * already, or of all. */
static struct noted *place_for(struct recall *recall, const struct read *read)
{
    struct noted *free = NULL;
    struct noted *own = NULL;
    struct noted *any = NULL;
    size_t owned = 0;
    for (size_t i = 0; i < RECALL_MAX; i++) {
        struct noted *noted = &recall->at[i];
        if (noted->arena == NULL) {
            free = noted;
            continue;
        }
        any = is_older(noted, any) ? noted : any;
        if (is_of(noted, read->service, read->region)) {
            own = is_older(noted, own) ? noted : own;
            owned++;
        }
    }
    if (owned >= RECALL_PER_SERVICE) {
        return own;
    }
    return free != NULL ? free : any;
}

void recall_note(struct recall *recall, const struct read *read, uint64_t turn)
{
    size_t at = 0;
    const struct noted *known = find(recall, read);
    struct noted *noted = NULL;
    if (known != NULL) {
        at = (size_t)(known - recall->at);
        noted = &recall->at[at];
    } else {
        noted = place_for(recall, read);
        arena_free(noted->arena);
        struct arena *arena = arena_new();
        *noted = (struct noted){
            .arena = arena,
            .read = {.service = arena_str(arena, read->service),
                     .region = arena_str(arena, read->region),
                     .operation = arena_str(arena, read->operation),
                     .input = json_copy(arena, read->input)},
        };
    }
    noted->turn = turn;
}

void recall_each(const struct recall *recall, struct str service,
                 struct str region,
                 void (*fn)(void *ctx, const struct read *read), void *ctx)
{
    for (size_t i = 0; i < RECALL_MAX; i++) {
        if (is_of(&recall->at[i], service, region)) {
            fn(ctx, &recall->at[i].read);
        }
    }
}
