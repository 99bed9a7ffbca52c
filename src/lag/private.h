/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share. Nobody else includes this. */
#ifndef LAG_PRIVATE_H
#define LAG_PRIVATE_H

#include "lag/lag.h"
#include "sigv4/sigv4.h"

/* ---- store.c: what reads still answer as before ---- */

struct stale {
    struct str service;
    struct str region;
    struct str operation;
    const struct json *input; /* the read's; a client may give more besides */
    struct http_response old;
    int64_t until_ms;
};

struct store;
struct store *store_new(void);
void store_free(struct store *store);
/* Copies. */
void store_add(struct store *store, const struct stale *stale, int64_t now_ms);
/* The oldest state that this read may still see; NULL: it sees the truth. */
const struct stale *store_find(struct store *store, struct str service,
                               struct str region, struct str operation,
                               const struct json *input, int64_t now_ms);

/* ---- visit.c: one call ---- */

enum progress { MORE, PARKED, DONE };

/* A read whose answer is about to change. */
struct glimpse {
    struct glimpse *next;
    const struct rules_confirmation *rule;
    const struct json *input;
    struct http_fetch fetch;
    bool fetching;
    struct http_response old;
    bool known;
};

struct visit {
    struct lag *lag;
    struct visit *newer, *older; /* all that are under way */
    struct arena *arena;
    struct http_call *call;
    enum progress (*step)(struct visit *);
    struct timer wake;
    struct timer sent;
    struct sigv4_claim claim;
    struct aws_call aws;
    struct buf body;
    const struct rule *rule;
    struct glimpse *glimpses;
    struct http_fetch fetch;
    bool fetching;
    bool replying;
    bool through;
};

void visit_start(struct lag *lag, struct http_call *call);
/* Wakes all visits; each sees that the lag is stopping. */
void visit_wake_all(struct lag *lag);

/* ---- glimpse.c: what a change will hide ---- */

/* Asks what the rule's confirmations would; with the change's `response`, what
 * only that names: it was not there before. */
void glimpse_all(struct visit *v, const struct json *response);
/* Whether all that was asked has ended. */
bool glimpses_seen(struct visit *v);

struct lag {
    struct lag_config config;
    struct http_handler handler;
    struct store *store;
    struct rng rng;
    struct visit *newest;
    size_t active;
    bool stopping;
};

#endif
