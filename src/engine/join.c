/* SPDX-License-Identifier: Apache-2.0 */
/* Retries meet the call they repeat, so that a client's timeout never sends a
 * mutation twice. Start at joins_find(). */
#include "engine/private.h"

#include "base/mem.h"

enum {
    BUCKETS = 4096,
    KEPT_MAX = 1024,
    KEPT_BYTES_MAX = 256 * 1024,
    KEPT_MS = 5 * 60 * 1000,
};

struct kept_answer {
    struct arena *arena;
    struct str access_key, invocation_id, target, header_target, body;
    struct http_response answer;
    int64_t until_ms;
};

struct joins {
    struct exchange *buckets[BUCKETS];
    struct kept_answer kept[KEPT_MAX]; /* a ring */
    size_t next;
};

struct joins *joins_new(void)
{
    return mem_new(sizeof(struct joins));
}

void joins_free(struct joins *joins)
{
    for (size_t i = 0; i < KEPT_MAX; i++) {
        arena_free(joins->kept[i].arena);
    }
    mem_free(joins);
}

static struct str header_target(const struct exchange *x)
{
    return http_headers_get(&x->call->request.headers, "X-Amz-Target");
}

static size_t bucket_of(const struct exchange *x)
{
    struct str word =
        x->invocation_id.len > 0 ? x->invocation_id : x->call->request.body;
    return (size_t)(str_hash(word) % BUCKETS);
}

static bool all_left(const struct exchange *x)
{
    for (const struct waiter *w = x->waiters; w != NULL; w = w->next) {
        if (!w->left) {
            return false;
        }
    }
    return true;
}

static bool same_call(const struct exchange *a, const struct exchange *b)
{
    return str_eq(a->call->access_key, b->call->access_key) &&
           str_eq(a->invocation_id, b->invocation_id) &&
           str_eq(a->call->request.target, b->call->request.target) &&
           str_eq(header_target(a), header_target(b)) &&
           str_eq(a->call->request.body, b->call->request.body);
}

/*
 * A client that sends no invocation id is taken for a retry only when the one
 * before has hung up: two equal calls whose callers are both still there are
 * two calls, and merging them would lose a write.
 */
struct exchange *joins_find(struct joins *joins, const struct exchange *call)
{
    struct exchange *x = joins->buckets[bucket_of(call)];
    for (; x != NULL; x = x->joins_next) {
        if (same_call(x, call) &&
            (call->invocation_id.len > 0 || all_left(x))) {
            return x;
        }
    }
    return NULL;
}

void joins_add(struct joins *joins, struct exchange *exchange)
{
    struct exchange **head = &joins->buckets[bucket_of(exchange)];
    exchange->joins_next = *head;
    *head = exchange;
    exchange->listed_for_joins = true;
}

void joins_remove(struct joins *joins, struct exchange *exchange)
{
    if (!exchange->listed_for_joins) {
        return;
    }
    struct exchange **at = &joins->buckets[bucket_of(exchange)];
    while (*at != exchange) {
        at = &(*at)->joins_next;
    }
    *at = exchange->joins_next;
    exchange->listed_for_joins = false;
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

void joins_keep(struct joins *joins, const struct exchange *x,
                const struct http_response *answer, int64_t now_ms)
{
    if (!worth_keeping(x, answer)) {
        return;
    }
    struct kept_answer *slot = &joins->kept[joins->next];
    joins->next = (joins->next + 1) % KEPT_MAX;
    arena_free(slot->arena);
    struct arena *arena = arena_new();
    *slot = (struct kept_answer){
        .arena = arena,
        .access_key = arena_str(arena, x->call->access_key),
        .invocation_id = arena_str(arena, x->invocation_id),
        .target = arena_str(arena, x->call->request.target),
        .header_target = arena_str(arena, header_target(x)),
        .body = arena_str(arena, x->call->request.body),
        .answer = http_response_copy(arena, answer),
        .until_ms = now_ms + KEPT_MS,
    };
}

const struct http_response *joins_find_answer(struct joins *joins,
                                              const struct exchange *call,
                                              int64_t now_ms)
{
    for (size_t i = 0; i < KEPT_MAX; i++) {
        struct kept_answer *k = &joins->kept[i];
        if (k->arena == NULL || k->until_ms < now_ms) {
            continue;
        }
        if (str_eq(k->invocation_id, call->invocation_id) &&
            str_eq(k->access_key, call->call->access_key) &&
            str_eq(k->target, call->call->request.target) &&
            str_eq(k->header_target, header_target(call)) &&
            str_eq(k->body, call->call->request.body)) {
            if (k->invocation_id.len == 0) {
                k->until_ms = 0; /* without an id: for one retry, no more */
            }
            return &k->answer;
        }
    }
    return NULL;
}
