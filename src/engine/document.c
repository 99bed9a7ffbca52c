/* SPDX-License-Identifier: Apache-2.0 */
/* The document that a rule's expressions see. Here because the steps, the
 * confirmations, the resends and clients' reads are all judged by it. Start at
 * engine_document_of_change(). */
#include "engine/private.h"

static struct json *facts_of_call(const struct change *change,
                                  struct arena *arena)
{
    struct json *call = json_new(arena, JSON_OBJECT);
    json_set(arena, call, STR("service"),
             json_new_string(arena, change->service));
    json_set(arena, call, STR("operation"),
             json_new_string(arena, change->operation));
    json_set(arena, call, STR("region"),
             json_new_string(arena, change->region));
    json_set(arena, call, STR("access_key"),
             json_new_string(arena, change->access_key));
    json_set(arena, call, STR("account"), json_new(arena, JSON_NULL));
    json_set(arena, call, STR("started"),
             json_new_number(arena, (double)change->started_ms / 1000));
    return call;
}

const struct json *engine_document_error(struct arena *arena, struct str code,
                                         struct str message, int status)
{
    struct json *error = json_new(arena, JSON_OBJECT);
    json_set(arena, error, STR("code"), json_new_string(arena, code));
    json_set(arena, error, STR("message"), json_new_string(arena, message));
    json_set(arena, error, STR("status"), json_new_int(arena, status));
    return error;
}

struct change engine_change_of(const struct exchange *x)
{
    return (struct change){
        .service = x->aws.service,
        .operation = x->aws.operation,
        .region = x->aws.region,
        .access_key = x->call->access_key,
        .started_ms = x->started_ms,
        .request = x->aws.input,
        .response = x->response,
        .before = x->before,
    };
}

struct json *engine_document_of_change(struct arena *arena,
                                       const struct change *change,
                                       const struct json *item,
                                       const struct probe_result *result)
{
    const struct json *none = json_new(arena, JSON_NULL);
    struct json *document = json_new(arena, JSON_OBJECT);
    bool answered = result != NULL && result->kind == PROBE_ANSWERED;
    bool refused = result != NULL && !answered;
    json_set(arena, document, STR("request"),
             change->request != NULL ? change->request : none);
    json_set(arena, document, STR("response"),
             change->response != NULL ? change->response : none);
    json_set(arena, document, STR("before"),
             change->before != NULL ? change->before : none);
    json_set(arena, document, STR("call"), facts_of_call(change, arena));
    if (item != NULL) {
        json_set(arena, document, STR("item"), item);
    }
    json_set(arena, document, STR("read"), answered ? result->output : none);
    json_set(arena, document, STR("read_error"),
             refused ? engine_document_error(arena, result->code,
                                             result->message, result->status)
                     : none);
    return document;
}

struct json *engine_document_with_read(struct arena *arena,
                                       const struct exchange *x,
                                       const struct json *item,
                                       const struct probe_result *result)
{
    struct change change = engine_change_of(x);
    return engine_document_of_change(arena, &change, item, result);
}
