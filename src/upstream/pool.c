/* SPDX-License-Identifier: Apache-2.0 */
/* Idle connections, by origin and by age. Here because a limit on them, and a
 * limit on their age, concern all origins. Start at pool_take(). */
#include "upstream/private.h"

#include <assert.h>

enum {
    /* No retry here: better not to use what may be about to be closed. */
    IDLE_MS = 30 * 1000,
};

static struct connection **find_place(struct pool *pool, uint64_t hash)
{
    return &pool->places[hash % POOL_PLACES];
}

static void link_in(struct pool *pool, struct connection *c)
{
    struct connection **place = find_place(pool, c->hash);
    c->before = NULL;
    c->next = *place;
    if (c->next != NULL) {
        c->next->before = c;
    }
    *place = c;
    c->newer = NULL;
    c->older = pool->newest;
    if (c->older != NULL) {
        c->older->newer = c;
    } else {
        pool->oldest = c;
    }
    pool->newest = c;
    pool->count++;
}

static void link_out(struct pool *pool, struct connection *c)
{
    if (c->before != NULL) {
        c->before->next = c->next;
    } else {
        *find_place(pool, c->hash) = c->next;
    }
    if (c->next != NULL) {
        c->next->before = c->before;
    }
    if (c->older != NULL) {
        c->older->newer = c->newer;
    } else {
        pool->oldest = c->newer;
    }
    if (c->newer != NULL) {
        c->newer->older = c->older;
    } else {
        pool->newest = c->older;
    }
    pool->count--;
}

static void drop(struct pool *pool, struct connection *c)
{
    link_out(pool, c);
    connection_close(c);
}

/* Rings for the oldest as it was when armed; younger ones only move it on. */
static void on_stale(void *ctx)
{
    struct pool *pool = ctx;
    int64_t now = timers_now_ms(pool->timers);
    while (pool->oldest != NULL && pool->oldest->idle_ms + IDLE_MS <= now) {
        drop(pool, pool->oldest);
    }
    if (pool->oldest != NULL) {
        timer_arm(pool->timers, &pool->stale,
                  pool->oldest->idle_ms + IDLE_MS - now);
    }
}

void pool_init(struct pool *pool, struct timers *timers, size_t limit)
{
    pool->timers = timers;
    pool->limit = limit;
    timer_init(&pool->stale, on_stale, pool);
}

void pool_done(struct pool *pool)
{
    while (pool->oldest != NULL) {
        drop(pool, pool->oldest);
    }
    timer_cancel(pool->timers, &pool->stale);
}

void pool_put(struct pool *pool, struct connection *c)
{
    if (pool->count == pool->limit) {
        drop(pool, pool->oldest);
    }
    c->user = NULL;
    c->reused = true;
    c->idle_ms = timers_now_ms(pool->timers);
    connection_want(c, EPOLLIN);
    link_in(pool, c);
    if (!timer_is_armed(&pool->stale)) {
        timer_arm(pool->timers, &pool->stale, IDLE_MS);
    }
}

struct connection *pool_take(struct pool *pool, struct str origin)
{
    struct connection *next;
    for (struct connection *c = *find_place(pool, str_hash(origin)); c != NULL;
         c = next) {
        next = c->next;
        if (!str_eq(c->peer.origin, origin)) {
            continue;
        }
        if (connection_is_quiet(c)) {
            link_out(pool, c);
            return c;
        }
        drop(pool, c);
    }
    return NULL;
}

void pool_ready(struct pool *pool, struct connection *c)
{
    assert(c->user == NULL);
    if (!connection_is_quiet(c)) {
        drop(pool, c);
    }
}
