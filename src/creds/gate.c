/* SPDX-License-Identifier: Apache-2.0 */
/* The filter on the way in: each call walks through named steps, may park in
 * one while its body or our own credentials arrive, and ends refused or at the
 * next handler. Start at the list of steps in gate.h; the functions follow its
 * order. */
#include "creds/gate.h"

#include "base/mem.h"

/* ---- door ---- */

static enum creds_progress step_door(struct creds_gate_call *gc)
{
    enum creds_refusal refusal = REFUSE_HOST;
    struct str why = STR_NONE;
    if (creds_gate_is_full(gc->gate)) {
        return creds_gate_refuse_full(gc);
    }
    return creds_door_check(gc->call->arena, &gc->gate->config,
                            &gc->call->request, &refusal, &why)
               ? creds_gate_go(gc, GATE_CLAIM)
               : creds_gate_refuse(gc, refusal, why);
}

/* ---- claim ---- */

static enum creds_progress keep_as_it_is(struct creds_gate_call *gc)
{
    gc->trusted = true;
    gc->inbound = (struct creds_inbound){
        .identity = creds_keys_keep(gc->gate->creds, gc->claim.access_key,
                                    gc->claim.session_token),
    };
    return creds_gate_go(gc, GATE_HEAD);
}

static enum creds_progress step_claim(struct creds_gate_call *gc)
{
    bool no_verify = gc->gate->creds->config.no_verify;
    struct str why = STR_NONE;
    enum sigv4_verdict verdict = sigv4_claim_parse(
        gc->call->arena, &gc->call->request, &gc->claim, &why);
    gc->payload = sigv4_payload_of(gc->claim.payload_hash);
    gc->rules = sigv4_rules_for(gc->claim.scope.service);
    if (verdict != SIGV4_GOOD && no_verify) {
        gc->claim = (struct sigv4_claim){0};
        return keep_as_it_is(gc);
    }
    if (verdict != SIGV4_GOOD) {
        gc->claim.session_token = STR_NONE;
        return creds_gate_refuse(gc,
                                 verdict == SIGV4_UNSUPPORTED
                                     ? REFUSE_UNSUPPORTED
                                     : REFUSE_INCOMPLETE,
                                 why);
    }
    if (gc->claim.form == SIGV4_UNSIGNED) {
        return no_verify ? keep_as_it_is(gc) : creds_gate_go(gc, GATE_HEAD);
    }
    if (gc->payload == SIGV4_PAYLOAD_UNKNOWN && !no_verify) {
        return creds_gate_refuse(
            gc, REFUSE_UNSUPPORTED,
            STR("This value of x-amz-content-sha256 is not "
                "supported: neither a SHA-256 in hex nor a payload "
                "mode of Signature Version 4"));
    }
    return creds_gate_go(gc, GATE_KEY);
}

/* ---- key ---- */

static bool token_fits(const struct creds_gate_call *gc)
{
    struct str expected = gc->inbound.credentials.session_token;
    return expected.len == 0 ||
           sigv4_equal_constant_time(expected, gc->claim.session_token);
}

static bool has_expired(const struct creds_gate_call *gc)
{
    int64_t expires_ms = gc->inbound.expires_ms;
    return expires_ms != 0 && expires_ms <= gc->gate->creds->config.wall_ms();
}

static enum creds_progress refuse_key(struct creds_gate_call *gc)
{
    const struct creds_own *own = &gc->gate->creds->own;
    struct str message = arena_printf(
        gc->call->arena,
        "The access key id '%.*s' is not known to settled. It knows the pair "
        "it printed or gave to its child, its own credentials%s%.*s%s, and "
        "temporary keys that STS gave through it",
        STR_ARG(str_first(gc->claim.access_key, 128)),
        own->arena == NULL && own->error.len > 0 ? " (it has none: " : "",
        STR_ARG(own->arena == NULL ? own->error : STR("")),
        own->arena == NULL && own->error.len > 0 ? ")" : "");
    return creds_gate_refuse(gc, REFUSE_UNKNOWN_KEY, message);
}

static enum creds_progress step_key(struct creds_gate_call *gc)
{
    struct creds *creds = gc->gate->creds;
    enum creds_lookup found =
        creds_keys_find(creds, gc->claim.access_key, &gc->inbound);
    if (found == CREDS_WAIT) {
        creds_own_wait(&creds->own, &gc->waiter, &gc->wake);
        return PARKED;
    }
    bool fits = found == CREDS_KNOWN && token_fits(gc);
    if (creds->config.no_verify) {
        gc->trusted = true;
        return fits && !has_expired(gc) ? creds_gate_go(gc, GATE_HEAD)
                                        : keep_as_it_is(gc);
    }
    if (found == CREDS_UNKNOWN) {
        return refuse_key(gc);
    }
    if (!fits) {
        return creds_gate_refuse(
            gc, REFUSE_WRONG_TOKEN,
            STR("The session token is not the one that belongs to "
                "this access key id"));
    }
    if (has_expired(gc)) {
        return creds_gate_refuse(gc, REFUSE_EXPIRED_TOKEN,
                                 STR("The temporary credentials have expired"));
    }
    /* Kept by copy: our own pair may be renewed while the body arrives. */
    gc->inbound.credentials =
        creds_credentials_copy(gc->call->arena, &gc->inbound.credentials);
    return creds_gate_go(gc, GATE_HEAD);
}

/* ---- pass ---- */

static void hold_checked(struct http_call *call)
{
    struct creds_gate_call *gc = (struct creds_gate_call *)(uintptr_t)call->ops;
    gc->holds++;
    gc->server_ops->hold(call);
}

static void release_checked(struct http_call *call)
{
    struct creds_gate_call *gc = (struct creds_gate_call *)(uintptr_t)call->ops;
    gc->holds--;
    if (gc->holds == 0) {
        sigv4_hash_check_free(gc->checked);
        gc->checked = NULL;
        call->ops = gc->server_ops;
    }
    gc->server_ops->release(call);
}

/* The hash of a streaming body holds memory that somebody must give back when
 * the last one lets go of the call: so its operations lead through here. */
static void watch_release(struct creds_gate_call *gc)
{
    gc->server_ops = gc->call->ops;
    gc->ops = *gc->call->ops;
    gc->ops.hold = hold_checked;
    gc->ops.release = release_checked;
    gc->holds = 1;
    gc->call->ops = &gc->ops;
}

static enum creds_progress step_pass(struct creds_gate_call *gc)
{
    struct http_handler *next = gc->gate->next;
    struct http_call *call = gc->call;
    creds_gate_forget(gc);
    if (!gc->whole && !gc->trusted && gc->payload == SIGV4_PAYLOAD_HASH) {
        gc->checked =
            sigv4_hash_check(call->arena, call->body,
                             arena_lower(call->arena, gc->claim.payload_hash));
        call->body = gc->checked;
        watch_release(gc);
    }
    next->handle(next, call);
    return DONE;
}

/* ---- the driver ---- */

static enum creds_progress (*const steps[GATE_STEP_COUNT])(
    struct creds_gate_call *) = {
    [GATE_DOOR] = step_door,       [GATE_CLAIM] = step_claim,
    [GATE_KEY] = step_key,         [GATE_HEAD] = creds_gate_head,
    [GATE_READ] = creds_gate_read, [GATE_BODY] = creds_gate_body,
    [GATE_PASS] = step_pass,
};

static void run(void *ctx)
{
    struct creds_gate_call *gc = ctx;
    if (gc->call->gone) {
        struct http_call *call = gc->call;
        creds_gate_forget(gc);
        http_call_release(call);
        return;
    }
    while (steps[gc->step](gc) == MORE) {
    }
}

static void run_late(void *ctx)
{
    struct creds_gate_call *gc = ctx;
    gc->is_late = true;
    timer_wake(gc->gate->creds->config.timers, &gc->wake);
}

static void handle(struct http_handler *self, struct http_call *call)
{
    struct creds_gate *gate = (struct creds_gate *)self;
    struct creds_gate_call *gc = ARENA_NEW(call->arena, struct creds_gate_call);
    gc->gate = gate;
    gc->call = call;
    timer_init(&gc->wake, run, gc);
    timer_init(&gc->late, run_late, gc);
    gc->next = gate->calls;
    if (gate->calls != NULL) {
        gate->calls->prev = gc;
    }
    gate->calls = gc;
    run(gc);
}

struct http_handler *
creds_verifying_handler(struct creds *creds,
                        const struct creds_gate_config *config,
                        struct http_handler *next)
{
    struct creds_gate *gate = mem_new(sizeof(*gate));
    gate->handler.handle = handle;
    gate->creds = creds;
    gate->config = *config;
    gate->next = next;
    gate->other = creds->gates;
    creds->gates = gate;
    creds->chunk_limit = config->chunk_limit;
    return &gate->handler;
}

void creds_gate_set_port(struct http_handler *gate, uint16_t port)
{
    ((struct creds_gate *)gate)->config.port = port;
}

void creds_gates_free(struct creds *creds)
{
    while (creds->gates != NULL) {
        struct creds_gate *gate = creds->gates;
        while (gate->calls != NULL) {
            struct http_call *call = gate->calls->call;
            creds_gate_forget(gate->calls);
            call->ops->abort(call);
            http_call_release(call);
        }
        creds->gates = gate->other;
        mem_free(gate);
    }
}
