/* SPDX-License-Identifier: Apache-2.0 */
/* The ways out of the gate but the last: refused in the caller's own protocol,
 * or dropped. Here so that every refusal is told to the events too. Start at
 * creds_gate_refuse(). */
#include "creds/gate.h"

void creds_gate_forget(struct creds_gate_call *gc)
{
    struct creds *creds = gc->gate->creds;
    timer_cancel(creds->config.timers, &gc->wake);
    timer_cancel(creds->config.timers, &gc->late);
    creds_own_unwait(&creds->own, &gc->waiter);
    if (gc->call->body != NULL) {
        http_source_watch(gc->call->body, creds->config.timers, NULL);
    }
    buf_free(&gc->body);
    sigv4_chunks_free(gc->chunks);
    gc->chunks = NULL;
    if (gc->prev != NULL) {
        gc->prev->next = gc->next;
    } else {
        gc->gate->calls = gc->next;
    }
    if (gc->next != NULL) {
        gc->next->prev = gc->prev;
    }
}

static enum creds_progress reply(struct creds_gate_call *gc,
                                 struct aws_call *called,
                                 struct http_response *response,
                                 struct str code, struct str message)
{
    struct http_call *call = gc->call;
    struct event event = {
        .kind = EVENT_CALL_REFUSED,
        .client = gc->claim.access_key,
        .service = called->service,
        .operation = called->operation,
        .region = called->region,
        .status = response->status,
        .code = code,
        .detail = message,
    };
    events_say(gc->gate->creds->config.events, &event);
    http_call_reply(call, response);
    creds_gate_forget(gc);
    http_call_release(call);
    return DONE;
}

/* A claim that could not be read (SigV4A among them) may still name its
 * service, and that decides how the refusal must look. */
static struct str guess_service(const struct http_request *request)
{
    struct str text = http_headers_get(&request->headers, "authorization");
    size_t start = str_find_str(text, STR("Credential="));
    size_t end = str_find_str(text, STR("/aws4_request"));
    if (start == STR_NOT_FOUND || end == STR_NOT_FOUND || end < start) {
        return STR_NONE;
    }
    struct str credential = str_make(text.ptr + start, end - start);
    size_t slash = str_find_last(credential, '/');
    return slash == STR_NOT_FOUND ? STR_NONE : str_from(credential, slash + 1);
}

void creds_gate_identify(struct creds_gate_call *gc, struct str body,
                         struct aws_call *ret_called)
{
    const struct http_request *request = &gc->call->request;
    struct str service = gc->claim.scope.service;
    if (service.len == 0) {
        service = guess_service(request);
    }
    aws_identify(gc->gate->creds->config.registry, gc->call->arena, request,
                 service, gc->claim.scope.region, body, ret_called);
}

enum creds_progress creds_gate_refuse(struct creds_gate_call *gc,
                                      enum creds_refusal refusal,
                                      struct str message)
{
    struct aws_call called = {0};
    struct str code = STR_NONE;
    creds_gate_identify(gc, gc->call->request.body, &called);
    struct http_response response =
        creds_refusal_write(gc->call->arena, &called, refusal, message, &code);
    return reply(gc, &called, &response, code, message);
}

enum creds_progress creds_gate_refuse_full(struct creds_gate_call *gc)
{
    return creds_gate_refuse(
        gc, REFUSE_BUSY,
        arena_printf(gc->call->arena,
                     "settled holds more than %zu bytes of memory for other "
                     "calls already (--memory-limit); nothing was sent",
                     gc->gate->config.memory_limit));
}

enum creds_progress creds_gate_refuse_broken(struct creds_gate_call *gc,
                                             const struct http_fault *fault)
{
    struct aws_call called = {0};
    if (fault == NULL) {
        return creds_gate_refuse(gc, REFUSE_BODY_BROKEN,
                                 STR("The body ended before its time"));
    }
    creds_gate_identify(gc, STR_NONE, &called);
    struct str code = str_of(fault->code);
    struct str message = str_of(fault->message);
    struct http_response response =
        aws_fault(gc->call->arena, &called, fault->status, code, message,
                  creds_request_id(gc->call->arena));
    return reply(gc, &called, &response, code, message);
}
