/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Eventual consistency for an emulator.
 *
 * Purpose:   an http_handler that forwards every call. Before it forwards a
 *            mutation it takes the rule's read-backs as they are now; until the
 *            lag has passed, those reads answer with that old state.
 * Ownership: lag_new()/lag_free(); calls must have ended before it is freed.
 * Callbacks: those of its ports.
 * Errors:    an emulator that does not answer: 502, in plain words.
 * Never:     an upstream that is not loopback (the caller sees to it); a
 *            verified signature: calls pass as they are, and its own reads
 *            carry the caller's key id with no valid signature.
 */
#ifndef LAG_LAG_H
#define LAG_LAG_H

#include "aws/aws.h"
#include "base/rng.h"
#include "events/event.h"
#include "http/client.h"
#include "http/handler.h"
#include "rules/rules.h"

/* ---- distribution.c ---- */

enum lag_kind {
    LAG_FIXED,
    LAG_UNIFORM,
    LAG_LOGNORMAL,
    LAG_EXPONENTIAL,
};
struct lag_distribution {
    enum lag_kind kind;
    double a; /* milliseconds: fixed, least, median, mean */
    double b; /* milliseconds: most; or sigma */
};
/* "fixed:300ms", "uniform:50ms,2s", "lognormal:300ms,1.0", "exponential:2s" */
bool lag_distribution_parse(struct arena *arena, struct str text,
                            struct lag_distribution *ret_distribution,
                            struct str *reterr);
int64_t lag_distribution_draw_ms(const struct lag_distribution *distribution,
                                 struct rng *rng);

/* ---- lag.c ---- */

struct lag;

struct lag_config {
    struct timers *timers;
    int64_t (*wall_ms)(void);
    struct aws_registry *registry;
    struct events *events;
    struct http_client *client;
    struct rules *rules;
    struct str upstream_url;
    struct lag_distribution distribution;
    double flap; /* a read in the window sees the new state with this chance */
    uint64_t seed;
    size_t body_limit;
};
struct lag *lag_new(const struct lag_config *config);
void lag_free(struct lag *lag);
struct http_handler *lag_handler(struct lag *lag);
size_t lag_active(const struct lag *lag);
/* Drops what is under way, without an answer. */
void lag_finish(struct lag *lag);

#endif
