/* SPDX-License-Identifier: Apache-2.0 */
/* Retries meet the call they repeat, so that a client's timeout never sends a
 * mutation twice. Start at joins_find(). */
#include "engine/private.h"

#include "base/mem.h"

enum {
    BUCKETS = 16384,
    EPOCHS = 16384,
    KEPT_BYTES_MAX = 256 * 1024,
    KEPT_ALL_MAX = 32 * 1024 * 1024,
    KEPT_MS = 5 * 60 * 1000,
    /* Who has no id might mean a second call after all: not for so long. */
    KEPT_WITHOUT_ID_MS = 60 * 1000,
};

struct kept_answer {
    struct kept_answer *next;  /* of the same bucket */
    struct kept_answer *later; /* in the order of keeping */
    struct arena *arena;
    uint64_t hash;
    uint64_t turn;
    size_t epoch;
    struct str access_key, invocation_id, target, header_target, body;
    struct http_response answer;
    struct str lost; /* no answer came: the exchange's id */
    int64_t until_ms;
};

/* Who changed a resource last. An equal call without an id that comes after
 * another call for the same resource is no retry: it undoes that one. */
struct epoch {
    uint64_t hash;
    uint64_t turn;
};

struct joins {
    struct exchange *buckets[BUCKETS];
    struct kept_answer *kept[BUCKETS];
    struct kept_answer *oldest, *newest;
    size_t kept_bytes;
    struct epoch epochs[EPOCHS];
    uint64_t turn;
    struct engine_elsewhere *elsewhere; /* NULL: nobody else */
};

struct joins *joins_new(struct engine_elsewhere *elsewhere)
{
    struct joins *joins = mem_new(sizeof(*joins));
    joins->elsewhere = elsewhere;
    return joins;
}

/* ---- what is compared ---- */

static struct str header_target(const struct exchange *x)
{
    return http_headers_get(&x->call->request.headers, "X-Amz-Target");
}

/* Worked out once: the answer may name the resource otherwise. */
static uint64_t hash_of(struct exchange *x)
{
    struct str body = x->call->request.body;
    if (x->join_hash == 0) {
        uint64_t word =
            str_hash(x->invocation_id.len > 0 ? x->invocation_id : body);
        uint64_t whom = str_hash(x->resource.len > 0 ? x->resource : body);
        x->join_hash = (word ^ str_hash(header_target(x))) | 1;
        x->join_epoch = (size_t)((whom ^ str_hash(x->aws.service)) % EPOCHS);
    }
    return x->join_hash;
}

static bool has_left(struct http_call *call)
{
    call->ops->look(call);
    return call->gone;
}

static bool all_left(const struct exchange *x)
{
    for (const struct waiter *w = x->waiters; w != NULL; w = w->next) {
        if (!w->left && !has_left(w->call)) {
            return false;
        }
    }
    return true;
}

static bool same_call(const struct exchange *a, const struct exchange *b)
{
    return a->join_hash == b->join_hash &&
           str_eq(a->invocation_id, b->invocation_id) &&
           str_eq(a->call->access_key, b->call->access_key) &&
           str_eq(a->call->request.target, b->call->request.target) &&
           str_eq(header_target(a), header_target(b)) &&
           str_eq(a->call->request.body, b->call->request.body);
}

/* ---- calls under way ---- */

/*
 * A client that sends no invocation id is taken for a retry only when the one
 * before has hung up: two equal calls whose callers are both still there are
 * two calls, and merging them would lose a write.
 */
struct exchange *joins_find(struct joins *joins, struct exchange *call)
{
    struct exchange *x = joins->buckets[hash_of(call) % BUCKETS];
    for (; x != NULL; x = x->joins_next) {
        if (same_call(x, call) &&
            (call->invocation_id.len > 0 ||
             (all_left(x) &&
              joins->epochs[call->join_epoch].turn == x->join_turn))) {
            return x;
        }
    }
    return NULL;
}

static uint64_t enter_epoch(struct joins *joins, uint64_t hash, size_t index)
{
    struct epoch *epoch = &joins->epochs[index];
    if (epoch->hash != hash) {
        *epoch = (struct epoch){hash, ++joins->turn};
    }
    return epoch->turn;
}

void joins_add(struct joins *joins, struct exchange *exchange)
{
    uint64_t hash = hash_of(exchange);
    struct exchange **head = &joins->buckets[hash % BUCKETS];
    exchange->join_turn = enter_epoch(joins, hash, exchange->join_epoch);
    if (joins->elsewhere != NULL) {
        joins->elsewhere->begin(joins->elsewhere, hash,
                                (uint32_t)exchange->join_epoch);
        exchange->told = true;
    }
    exchange->joins_next = *head;
    *head = exchange;
    exchange->listed_for_joins = true;
}

void joins_remove(struct joins *joins, struct exchange *exchange)
{
    if (!exchange->listed_for_joins) {
        return;
    }
    struct exchange **at = &joins->buckets[exchange->join_hash % BUCKETS];
    while (*at != exchange) {
        at = &(*at)->joins_next;
    }
    *at = exchange->joins_next;
    exchange->listed_for_joins = false;
    if (exchange->told) {
        joins->elsewhere->forget(joins->elsewhere, exchange->join_hash);
    }
}

/* ---- calls that other engines have ---- */

struct str joins_find_elsewhere(struct joins *joins, struct exchange *call)
{
    return joins->elsewhere != NULL
               ? joins->elsewhere->find(joins->elsewhere, hash_of(call))
               : STR_NONE;
}

void joins_hear_begin(struct joins *joins, uint64_t hash, uint32_t epoch)
{
    (void)enter_epoch(joins, hash, epoch % EPOCHS);
}

/* ---- answers that were given ---- */

static struct kept_answer *take_oldest(struct joins *joins)
{
    struct kept_answer *old = joins->oldest;
    struct kept_answer **at = &joins->kept[old->hash % BUCKETS];
    while (*at != old) {
        at = &(*at)->next;
    }
    *at = old->next;
    joins->oldest = old->later;
    if (joins->oldest == NULL) {
        joins->newest = NULL;
    }
    joins->kept_bytes -= arena_size(old->arena);
    return old;
}

static void drop_oldest(struct joins *joins)
{
    struct kept_answer *old = take_oldest(joins);
    if (joins->elsewhere != NULL) {
        joins->elsewhere->forget(joins->elsewhere, old->hash);
    }
    arena_free(old->arena);
}

/* The others are not told: what was done here must not be done again there. */
void joins_free(struct joins *joins)
{
    while (joins->oldest != NULL) {
        arena_free(take_oldest(joins)->arena);
    }
    mem_free(joins);
}

/* They hold what calls said: not longer than they are of use. */
static void drop_expired(struct joins *joins, int64_t now_ms)
{
    while (joins->oldest != NULL && (joins->oldest->until_ms < now_ms ||
                                     joins->kept_bytes > KEPT_ALL_MAX)) {
        drop_oldest(joins);
    }
}

/* Only what a client would not rightly try anew: a success, or our own 424. */
static bool worth_keeping(const struct exchange *x,
                          const struct http_response *answer)
{
    bool final = (answer->status >= 200 && answer->status < 300) ||
                 answer->status == 424;
    return final && answer->body.len <= KEPT_BYTES_MAX &&
           x->call->request.body.len <= KEPT_BYTES_MAX &&
           (x->invocation_id.len > 0 || all_left(x));
}

static struct kept_answer *copy_answer(const struct exchange *x,
                                       const struct http_response *answer)
{
    struct arena *arena = arena_new();
    struct kept_answer *kept = ARENA_NEW(arena, struct kept_answer);
    *kept = (struct kept_answer){
        .arena = arena,
        .hash = x->join_hash,
        .turn = x->join_turn,
        .epoch = x->join_epoch,
        .access_key = arena_str(arena, x->call->access_key),
        .invocation_id = arena_str(arena, x->invocation_id),
        .target = arena_str(arena, x->call->request.target),
        .header_target = arena_str(arena, header_target(x)),
        .body = arena_str(arena, x->call->request.body),
        .answer = http_response_copy(arena, answer),
    };
    return kept;
}

static void keep(struct joins *joins, struct exchange *x,
                 struct kept_answer *kept, int64_t now_ms)
{
    struct kept_answer **head = &joins->kept[kept->hash % BUCKETS];
    kept->until_ms =
        now_ms + (x->invocation_id.len > 0 ? KEPT_MS : KEPT_WITHOUT_ID_MS);
    kept->next = *head;
    *head = kept;
    x->told = false; /* `kept` stands for it now */
    *(joins->newest != NULL ? &joins->newest->later : &joins->oldest) = kept;
    joins->newest = kept;
    joins->kept_bytes += arena_size(kept->arena);
}

void joins_keep(struct joins *joins, struct exchange *x,
                const struct http_response *answer, int64_t now_ms)
{
    drop_expired(joins, now_ms);
    if (worth_keeping(x, answer)) {
        keep(joins, x, copy_answer(x, answer), now_ms);
    }
}

/* Only an id tells a retry from another call of the same words. */
void joins_keep_lost(struct joins *joins, struct exchange *x, int64_t now_ms)
{
    const struct http_response none = {0};
    drop_expired(joins, now_ms);
    if (x->invocation_id.len == 0 ||
        x->call->request.body.len > KEPT_BYTES_MAX) {
        return;
    }
    struct kept_answer *kept = copy_answer(x, &none);
    kept->lost = arena_str(kept->arena, x->id);
    keep(joins, x, kept, now_ms);
}

static bool answers(const struct kept_answer *kept, const struct exchange *call)
{
    return kept->hash == call->join_hash &&
           str_eq(kept->invocation_id, call->invocation_id) &&
           str_eq(kept->access_key, call->call->access_key) &&
           str_eq(kept->target, call->call->request.target) &&
           str_eq(kept->header_target, header_target(call)) &&
           str_eq(kept->body, call->call->request.body);
}

const struct http_response *
joins_find_answer(struct joins *joins, struct exchange *call, int64_t now_ms)
{
    struct kept_answer *k = joins->kept[hash_of(call) % BUCKETS];
    for (; k != NULL; k = k->next) {
        if (k->until_ms < now_ms || k->lost.len > 0 || !answers(k, call)) {
            continue;
        }
        if (k->invocation_id.len == 0) {
            k->until_ms = 0; /* without an id: for one retry, no more */
            if (joins->epochs[k->epoch].turn != k->turn) {
                continue;
            }
        }
        return &k->answer;
    }
    return NULL;
}

struct str joins_find_lost(struct joins *joins, struct exchange *call,
                           int64_t now_ms)
{
    const struct kept_answer *k = joins->kept[hash_of(call) % BUCKETS];
    while (k != NULL &&
           (k->until_ms < now_ms || k->lost.len == 0 || !answers(k, call))) {
        k = k->next;
    }
    return k != NULL ? k->lost : STR_NONE;
}
