/* SPDX-License-Identifier: Apache-2.0 */
/* A read of several things of which some are stale: those are answered from
 * the past, the rest is asked of the emulator, and the lists of all answers
 * are joined. Start at lag_batch_split(). */
#include "lag/private.h"

/* The call's input with another list. */
static const struct json *input_for(const struct visit *v, struct str member,
                                    const struct json *list)
{
    struct json *input = json_copy(v->arena, v->aws.input);
    json_set(v->arena, input, member, list);
    return input;
}

static const struct json *body_of(const struct visit *v,
                                  const struct http_response *response)
{
    const struct json *body = NULL;
    struct str why = STR_NONE;
    if (response->status >= 300 ||
        !aws_answer_read(v->lag->config.registry, v->arena, v->aws.protocol,
                         response, &body, &why)) {
        return NULL;
    }
    return body;
}

bool lag_batch_split(struct visit *v)
{
    struct str member = lag_batch_member(v->aws.service, v->aws.operation);
    const struct json *list =
        member.len > 0 ? json_get(v->aws.input, member) : NULL;
    if (list == NULL || list->type != JSON_ARRAY || list->count < 2) {
        return false;
    }
    struct json *parts = json_new(v->arena, JSON_ARRAY);
    struct json *rest = json_new(v->arena, JSON_ARRAY);
    for (size_t i = 0; i < list->count; i++) {
        struct json *one = json_new(v->arena, JSON_ARRAY);
        json_push(v->arena, one, list->members[i].value);
        struct read read = visit_read(v);
        read.input = input_for(v, member, one);
        struct sight sight = store_see(v->lag->store, &read,
                                       timers_now_ms(v->lag->config.timers));
        const struct json *body =
            sight.stale != NULL ? body_of(v, &sight.stale->old) : NULL;
        if (body != NULL) {
            visit_say_read(v, EVENT_LAG_STALE_READ, sight.stale);
            json_push(v->arena, parts, json_copy(v->arena, body));
            continue;
        }
        if (sight.fresh != NULL) {
            visit_say_read(v, EVENT_LAG_FRESH_READ, sight.fresh);
        }
        json_push(v->arena, rest, list->members[i].value);
    }
    v->parts = parts;
    v->rest = rest->count > 0 ? input_for(v, member, rest) : NULL;
    return parts->count > 0;
}

/* Lists grow; of anything else the first stays. */
static void join_into(struct visit *v, struct json *whole,
                      const struct json *part)
{
    for (size_t i = 0; i < part->count; i++) {
        const struct json_member *m = &part->members[i];
        struct json *known = NULL;
        for (size_t k = 0; k < whole->count; k++) {
            if (str_eq(whole->members[k].key, m->key)) {
                known = whole->members[k].value;
            }
        }
        if (known == NULL) {
            json_set(v->arena, whole, m->key, json_copy(v->arena, m->value));
        } else if (known->type == JSON_ARRAY && m->value->type == JSON_ARRAY) {
            for (size_t k = 0; k < m->value->count; k++) {
                json_push(v->arena, known, m->value->members[k].value);
            }
        }
    }
}

struct http_response lag_batch_join(struct visit *v,
                                    const struct http_response *rest)
{
    struct json *whole = json_new(v->arena, JSON_OBJECT);
    const struct json *body = rest != NULL ? body_of(v, rest) : NULL;
    if (rest != NULL && body == NULL) {
        return *rest; /* refused: so it is */
    }
    if (body != NULL) {
        join_into(v, whole, body);
    }
    for (size_t i = 0; i < v->parts->count; i++) {
        join_into(v, whole, v->parts->members[i].value);
    }
    struct buf text = {0};
    json_write(whole, &text);
    struct http_response response = {.status = 200};
    response.body = arena_str(v->arena, buf_str(&text));
    buf_free(&text);
    http_headers_add(v->arena, &response.headers, STR("Content-Type"),
                     v->aws.protocol == AWS_JSON_1_0
                         ? STR("application/x-amz-json-1.0")
                         : STR("application/x-amz-json-1.1"));
    http_headers_add(v->arena, &response.headers, STR("x-amzn-RequestId"),
                     STR("settled-lag"));
    return response;
}
