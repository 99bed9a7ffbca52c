/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate from inside: what its files share.
 *
 * Purpose:   a call on its way in walks through named steps. gate.c has the
 *            driver and the first and last steps, gate_check.c the signature
 *            and the body, gate_refuse.c all ways out but the last.
 * Ownership: a gate_call lives in its call's arena, and in gate->calls until it
 *            is forgotten.
 * Never:     included outside src/creds.
 */
#ifndef CREDS_GATE_H
#define CREDS_GATE_H

#include "base/mem.h"
#include "creds/private.h"

/* In the order in which a call takes them. */
enum creds_gate_step {
    GATE_DOOR,  /* no browser, no foreign Host */
    GATE_CLAIM, /* what it says of its own signature */
    GATE_KEY,   /* parks while our own credentials are being fetched */
    GATE_HEAD,  /* the signature, where the head alone decides it */
    GATE_READ,  /* parks while the body arrives */
    GATE_BODY,  /* the signature or hash, by the whole body */
    GATE_PASS,  /* on to the next handler */
    GATE_STEP_COUNT
};

enum creds_progress { MORE, PARKED, DONE };

struct creds_gate_call {
    struct http_call_ops ops; /* first: see watch_release() */
    const struct http_call_ops *server_ops;
    size_t holds;
    struct http_source *checked; /* the body as it streams, its hash checked */

    struct creds_gate *gate;
    struct http_call *call;
    enum creds_gate_step step;
    struct sigv4_claim claim;
    struct creds_inbound inbound;
    struct sigv4_rules rules;
    enum sigv4_payload payload;
    bool trusted; /* --no-verify: nothing is checked */
    bool whole;   /* the body is read before the call goes on */
    struct timer wake;
    struct timer late; /* the body has had its time */
    bool is_late;
    struct creds_waiter waiter;
    struct buf body;
    struct http_source *chunks; /* NULL: the body is read as it is */
    struct creds_gate_call *next;
    struct creds_gate_call *prev;
};

struct creds_gate {
    struct http_handler handler; /* first, so that it can be cast */
    struct creds *creds;
    struct creds_gate_config config;
    struct http_handler *next;
    struct creds_gate_call *calls; /* that are parked or being walked */
    struct creds_gate *other;
};

static inline enum creds_progress creds_gate_go(struct creds_gate_call *gc,
                                                enum creds_gate_step step)
{
    gc->step = step;
    return MORE;
}

/* gate_check.c */
enum creds_progress creds_gate_head(struct creds_gate_call *gc);
enum creds_progress creds_gate_read(struct creds_gate_call *gc);
enum creds_progress creds_gate_body(struct creds_gate_call *gc);

/* Whether the process holds as much as it may (--memory-limit). */
static inline bool creds_gate_is_full(const struct creds_gate *gate)
{
    size_t limit = gate->config.memory_limit;
    return limit > 0 && mem_in_use() > limit;
}
enum creds_progress creds_gate_refuse_full(struct creds_gate_call *gc);

/* gate_refuse.c: each ends the call here. */
enum creds_progress creds_gate_refuse(struct creds_gate_call *gc,
                                      enum creds_refusal refusal,
                                      struct str message);
/* The body broke: with a fault it was sent wrongly, without one the client is
 * gone. */
enum creds_progress creds_gate_refuse_broken(struct creds_gate_call *gc,
                                             const struct http_fault *fault);
void creds_gate_identify(struct creds_gate_call *gc, struct str body,
                         struct aws_call *ret_called);
/* Takes it off the list with all that it still waits for. */
void creds_gate_forget(struct creds_gate_call *gc);

#endif
