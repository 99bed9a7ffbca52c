/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Eventual consistency for an emulator.
 *
 * Purpose:   an http_handler that forwards every call. Before it forwards a
 *            mutation it takes the reads that will show it as they are now;
 *            until their lag has passed, those reads answer with that old
 *            state. src/lag/README.md says which reads, and for how long.
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
    LAG_BIMODAL,
};
struct lag_distribution {
    enum lag_kind kind;
    double a; /* milliseconds: fixed, least, median, mean, usual */
    double b; /* milliseconds: most, rare; or sigma */
    double p; /* the chance of the rare one */
};
/* "fixed:300ms", "uniform:50ms,2s", "lognormal:300ms,1.0", "exponential:2s",
 * "bimodal:100ms,5s,0.1". The sentence on failure names the text alone. */
bool lag_distribution_parse(struct arena *arena, struct str text,
                            struct lag_distribution *ret_distribution,
                            struct str *reterr);
int64_t lag_distribution_draw_ms(const struct lag_distribution *distribution,
                                 struct rng *rng);

/* ---- clocks.c ---- */

/* Reads of one change come to see it by three clocks. */
enum lag_clock {
    LAG_DIRECT, /* reads of the thing itself */
    LAG_TAGS,   /* reads that show its tags and nothing else */
    LAG_LISTED, /* lists and indexes */
    LAG_CLOCK_COUNT
};
const char *lag_clock_name(enum lag_clock clock);

struct lag_clocks {
    struct lag_distribution at[LAG_CLOCK_COUNT];
    /* False: tags are drawn as `direct` is; lists come later than direct
     * reads, by another such draw. */
    bool own[LAG_CLOCK_COUNT];
    bool own_flap;
    double flap; /* a read in the window sees the new state with this chance */
};
/* The same seed, the same lags. */
void lag_clocks_draw(const struct lag_clocks *clocks, uint64_t seed,
                     int64_t ret_ms[LAG_CLOCK_COUNT]);

/* ---- schedule.c: some calls lag otherwise ---- */

struct lag_schedule_row {
    struct str service; /* STR_NONE: any; so for the next two */
    struct str operation;
    struct str resource; /* with `*` and `?` */
    struct lag_clocks clocks;
    uint64_t nth;   /* only the n-th of the calls that match; 0: all */
    uint64_t times; /* at most so often; 0: always */
};
struct lag_schedule {
    struct lag_schedule_row *rows;
    size_t count;
};
/* A JSON list of objects; what is wrong goes into diag. `rules` tell which
 * services and operations there are. */
bool lag_schedule_read(struct arena *arena, const struct source *source,
                       const struct rules *rules,
                       struct lag_schedule *ret_schedule, struct diag *diag);

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
    struct lag_clocks clocks;     /* `direct` at least */
    struct lag_schedule schedule; /* borrowed */
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
