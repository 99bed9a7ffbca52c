/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share. Nobody else includes this. */
#ifndef LAG_PRIVATE_H
#define LAG_PRIVATE_H

#include "lag/lag.h"

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

void visit_start(struct lag *lag, struct http_call *call);

struct lag {
    struct lag_config config;
    struct http_handler handler;
    struct store *store;
    struct rng rng;
    size_t active;
};

#endif
