/* SPDX-License-Identifier: Apache-2.0 */
/* The proxy's own credentials: fetched when first needed, renewed ahead of
 * their end, one fetch at a time however many ask. Start at creds_own_get(). */
#include "creds/private.h"

#include <assert.h>

enum {
    AHEAD_MS = 5 * 60 * 1000,   /* renewed this long before they expire */
    RETRY_VALID_MS = 10 * 1000, /* pause after a failure, the old ones hold */
    RETRY_WITHOUT_MS = 1000,    /* the same with nothing in hand */
    LOOK_MS = 30 * 1000,        /* between fetches for a stranger's sake */
};

/* For waits: the wall clock may be set back, and they would last. */
static int64_t now_ms(const struct creds_own *own)
{
    return timers_now_ms(own->creds->config.timers);
}

static int64_t wall_ms(const struct creds_own *own)
{
    return own->creds->config.wall_ms();
}

static bool holds(const struct creds_own *own)
{
    return own->arena != NULL &&
           (own->expires_ms == 0 || wall_ms(own) < own->expires_ms);
}

static void wake_waiters(struct creds_own *own)
{
    while (own->waiters != NULL) {
        struct creds_waiter *waiter = own->waiters;
        struct timer *timer = waiter->timer;
        creds_own_unwait(own, waiter);
        timer_wake(own->creds->config.timers, timer);
    }
}

/* Who still signs with the pair that is being replaced stays welcome for as
 * long as AWS itself would have it. */
static void hand_over_old(struct creds_own *own)
{
    if (own->arena != NULL && own->expires_ms != 0 && holds(own) &&
        !str_eq(own->credentials.access_key, own->chain.got.access_key)) {
        creds_keys_learn(own->creds, &own->credentials, own->expires_ms);
    }
}

static void take_over(struct creds_own *own)
{
    struct creds_chain *chain = &own->chain;
    int64_t now = wall_ms(own);
    hand_over_old(own);
    if (own->arena != NULL) {
        sigv4_keys_forget(own->creds->derived, own->credentials.secret_key);
    }
    arena_free(own->arena);
    own->arena = chain->arena;
    chain->arena = NULL;
    own->credentials = chain->got;
    own->expires_ms = chain->expires_ms;
    int64_t lifetime = own->expires_ms - now;
    int64_t ahead = lifetime / 2 < AHEAD_MS ? lifetime / 2 : AHEAD_MS;
    own->refresh_ms = own->expires_ms - ahead;
    own->retry_ms = now_ms(own) + (own->expires_ms == 0 ? 0 : RETRY_WITHOUT_MS);
}

static void report_failure(struct creds_own *own)
{
    int64_t pause = holds(own) ? RETRY_VALID_MS : RETRY_WITHOUT_MS;
    arena_free(own->error_arena);
    own->error_arena = arena_new();
    own->error = arena_str(own->error_arena, own->chain.error);
    own->retry_ms = now_ms(own) + pause;
    struct event event = {.kind = EVENT_CREDENTIALS_FAILED,
                          .detail = own->error};
    events_say(own->creds->config.events, &event);
}

static void hear_finished(void *ctx)
{
    struct creds_own *own = ctx;
    if (own->chain.ok) {
        take_over(own);
    } else {
        report_failure(own);
    }
    creds_chain_stop(&own->chain);
    own->tried = true;
    wake_waiters(own);
}

void creds_own_init(struct creds_own *own, struct creds *creds)
{
    *own = (struct creds_own){.creds = creds};
    timer_init(&own->finished, hear_finished, own);
}

void creds_own_done(struct creds_own *own)
{
    creds_chain_stop(&own->chain);
    timer_cancel(own->creds->config.timers, &own->finished);
    assert(own->waiters == NULL);
    arena_free(own->arena);
    arena_free(own->error_arena);
}

static bool is_fetching(const struct creds_own *own)
{
    return own->chain.running || timer_is_armed(&own->finished);
}

static void start(struct creds_own *own)
{
    creds_chain_start(&own->chain, own->creds, &own->finished);
    if (!own->chain.running) {
        /* What is at hand (static keys, or none at all) waits for nobody. */
        timer_cancel(own->creds->config.timers, &own->finished);
        hear_finished(own);
    }
}

static void refresh(struct creds_own *own)
{
    int64_t now = wall_ms(own);
    bool due = !holds(own) || (own->expires_ms != 0 && now >= own->refresh_ms);
    if (due && !is_fetching(own) && now_ms(own) >= own->retry_ms) {
        start(own);
    }
}

/* Sources that give every process on this machine the same pair. */
static bool is_shared(const struct creds_plan *plan)
{
    return plan->role_count == 0 && (plan->source == CREDS_SOURCE_PROCESS ||
                                     plan->source == CREDS_SOURCE_CONTAINER ||
                                     plan->source == CREDS_SOURCE_IMDS);
}

bool creds_own_look(struct creds_own *own)
{
    int64_t now = now_ms(own);
    bool may =
        !own->tried || (is_shared(&own->creds->plan) && now >= own->look_ms);
    if (may && !is_fetching(own)) {
        own->look_ms = now + LOOK_MS;
        start(own);
    }
    return is_fetching(own);
}

enum creds_state creds_own_get(struct creds_own *own,
                               struct sigv4_credentials *ret,
                               struct str *reterr)
{
    refresh(own);
    if (holds(own)) {
        *ret = own->credentials;
        return CREDS_READY;
    }
    if (is_fetching(own)) {
        return CREDS_PENDING;
    }
    *reterr =
        own->error.len > 0 ? own->error : STR("the credentials have expired");
    return CREDS_FAILED;
}

void creds_own_wait(struct creds_own *own, struct creds_waiter *waiter,
                    struct timer *timer)
{
    creds_own_unwait(own, waiter);
    *waiter = (struct creds_waiter){.timer = timer, .next = own->waiters};
    if (own->waiters != NULL) {
        own->waiters->prev = waiter;
    }
    own->waiters = waiter;
}

void creds_own_unwait(struct creds_own *own, struct creds_waiter *waiter)
{
    if (waiter->timer == NULL) {
        return;
    }
    if (waiter->prev != NULL) {
        waiter->prev->next = waiter->next;
    } else {
        own->waiters = waiter->next;
    }
    if (waiter->next != NULL) {
        waiter->next->prev = waiter->prev;
    }
    *waiter = (struct creds_waiter){0};
}
