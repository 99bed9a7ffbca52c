/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine: holds the answer of a mutation until read-backs confirm it.
 *
 * Purpose:   the http_handler behind the verifying filter. Each call becomes an
 *            exchange that goes through the steps of exchange.c.
 * Ownership: engine_new()/engine_free(); an exchange owns itself and is freed
 *            in its last step. Rules are held by reference.
 * Callbacks: none but those of its ports: the client's, the call's, the
 *            timers'. It runs in whatever thread runs the timers.
 * Errors:    answers in the caller's protocol, and events.
 * Never:     a socket, a file, the environment, a clock other than the one in
 *            its timers (and `wall_ms` for times of day), OpenSSL, curl, MHD.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "aws/aws.h"
#include "events/event.h"
#include "http/client.h"
#include "http/handler.h"
#include "rules/rules.h"
#include "schedule/schedule.h"

struct engine;

/*
 * Engines of other processes that serve the same clients on the same port: a
 * retry may come to any of them, and is led to the one that has its call. All
 * of them run the same program.
 */
struct engine_elsewhere {
    /* Tells the others that a call is here from now on, under way or kept with
     * its answer; `whom` is whose state it changes. */
    void (*begin)(struct engine_elsewhere *self, uint64_t call, uint32_t whom);
    void (*forget)(struct engine_elsewhere *self, uint64_t call);
    /* Hears first what the others have told by now: see engine_hear_begin().
     * Then: the origin of one that may have the call, or STR_NONE. Borrowed
     * until the next call. */
    struct str (*find)(struct engine_elsewhere *self, uint64_t call);
    struct http_client *client; /* goes there, and changes nothing */
};

struct engine_config {
    struct timers *timers;
    int64_t (*wall_ms)(void);
    struct aws_registry *registry;
    struct events *events;
    struct http_client *client; /* signs and sends */
    struct rules *rules;
    /* When to look where a rule does not say; learns. NULL: by intervals that
     * grow. */
    struct schedule *schedule;
    struct str upstream_url; /* STR_NONE: AWS's own endpoints */
    struct str run_id;       /* first part of each x-settled-id */
    enum rules_level level;  /* what lies above is not awaited */
    int64_t timeout_ms;      /* over each rule's own; 0: the rule's */
    int64_t max_hold_ms;     /* the longest hold of one call */
    int64_t call_timeout_ms; /* for one call upstream; 0: 15 minutes */
    double read_rate;        /* read-backs a second; 0: as the rules say */
    unsigned sharers;        /* processes that share the rules' rates; 0: one */
    int64_t read_timeout_ms; /* for one read-back; 0: 10 s */
    enum rules_policy on_unsettled;    /* POLICY_DEFAULT: fail */
    enum rules_policy on_failed;       /* POLICY_DEFAULT: fail */
    enum rules_policy on_unverifiable; /* POLICY_DEFAULT: pass */
    int64_t interim_ms;   /* between two `100 Continue`; 0: none are sent */
    size_t held_limit;    /* calls held at one time; 0: 20,000 */
    size_t body_limit;    /* bytes of a buffered answer, or unpacked from a
                             call; 0: 64 MiB */
    uint64_t seed;        /* of the jitter */
    bool hedges;          /* a read-back that is late is sent once more */
    bool observe;         /* nothing is held; races are told instead */
    bool report_reads;    /* say of every known read what it saw */
    bool without_regrets; /* a replay: stale reads prove nothing there */
    /* Hears every successful answer of STS, to learn temporary keys. */
    void (*learn)(void *ctx, const struct aws_call *call,
                  const struct http_response *response);
    void *learn_ctx;
    struct engine_elsewhere *elsewhere; /* NULL: there are no others */
};

struct engine *engine_new(const struct engine_config *config);
/* All calls must have been answered or aborted: see engine_finish(). */
void engine_free(struct engine *engine);
struct http_handler *engine_handler(struct engine *engine);
/* For calls that another engine has led here. They stay here. */
struct http_handler *engine_inner_handler(struct engine *engine);
/* Another engine has such a call from now on. */
void engine_hear_begin(struct engine *engine, uint64_t call, uint32_t whom);

/* Later exchanges use these; those under way keep theirs. */
void engine_set_rules(struct engine *engine, struct rules *rules);
/* Exchanges under way. */
size_t engine_active(const struct engine *engine);
/* Ends the waiting: what is held is answered as unsettled, what is still
 * upstream is given up. */
void engine_finish(struct engine *engine);

/* The names of the steps, in their order, for the table in README.md. */
size_t engine_step_count(void);
const char *engine_step_name(size_t index);

#endif
