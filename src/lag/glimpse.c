/* SPDX-License-Identifier: Apache-2.0 */
/* What a change will hide: the rule's reads, as they answer before it. Start at
 * glimpse_all(). */
#include "lag/private.h"

#include "base/clock.h"

static struct json *document_of(const struct visit *v,
                                const struct json *response,
                                const struct json *item)
{
    const struct json *none = json_new(v->arena, JSON_NULL);
    struct json *call = json_new(v->arena, JSON_OBJECT);
    struct json *document = json_new(v->arena, JSON_OBJECT);
    json_set(v->arena, call, STR("region"),
             json_new_string(v->arena, v->aws.region));
    json_set(v->arena, document, STR("request"), v->aws.input);
    json_set(v->arena, document, STR("response"),
             response != NULL ? response : none);
    json_set(v->arena, document, STR("before"), none);
    json_set(v->arena, document, STR("read"), none);
    json_set(v->arena, document, STR("read_error"), none);
    json_set(v->arena, document, STR("call"), call);
    json_set(v->arena, document, STR("item"), item != NULL ? item : none);
    return document;
}

/* The scope of the caller for another service, and no valid signature:
 * emulators tell the account and the region by it. */
static void pretend_to_be(const struct visit *v, const struct aws_service *to,
                          struct http_request *request)
{
    struct str date = clock_amz_date(v->arena, v->lag->config.wall_ms());
    struct str key = v->claim.access_key.len > 0 ? v->claim.access_key
                                                 : STR("AKIAIOSFODNN7EXAMPLE");
    http_headers_set(v->arena, &request->headers, STR("X-Amz-Date"), date);
    http_headers_set(
        v->arena, &request->headers, STR("Authorization"),
        arena_printf(v->arena,
                     "AWS4-HMAC-SHA256 Credential=%.*s/%.*s/%.*s/%.*s/"
                     "aws4_request, SignedHeaders=host;x-amz-date, "
                     "Signature=%064d",
                     STR_ARG(key), 8, date.ptr, STR_ARG(v->aws.region),
                     STR_ARG(to->signing_name), 0));
    if (v->claim.session_token.len > 0) {
        http_headers_set(v->arena, &request->headers,
                         STR("X-Amz-Security-Token"), v->claim.session_token);
    }
}

static void look(struct visit *v, struct glimpse *glimpse)
{
    enum { READ_MS = 10000, READ_BYTES = 16 * 1024 * 1024 };
    const struct lag_config *config = &v->lag->config;
    const struct rules_read *read = &glimpse->rule->read;
    struct str why = STR_NONE;
    glimpse->fetch = (struct http_fetch){
        .arena = v->arena,
        .timers = v->lag->config.timers,
        .origin = config->upstream_url,
        .timeout_ms = READ_MS,
        .body_limit = READ_BYTES,
        .done = &v->wake,
    };
    if (aws_request_write(config->registry, v->arena, read->service,
                          read->operation, glimpse->input,
                          &glimpse->fetch.request, &why)) {
        pretend_to_be(v, aws_service_find(config->registry, read->service),
                      &glimpse->fetch.request);
        glimpse->fetching = true;
        http_fetch_send(config->client, &glimpse->fetch);
    }
}

static void add_glimpse(struct visit *v, const struct rules_confirmation *rule,
                        const struct json *document, bool afterwards)
{
    const struct json *input = rules_input(v->arena, &rule->read, document);
    bool whole = rules_input_lacks(&rule->read, input).len == 0;
    for (struct glimpse *g = v->glimpses; g != NULL && afterwards;
         g = g->next) {
        if (g->rule == rule && json_equal(g->input, input)) {
            return; /* seen before the change already */
        }
    }
    if (!whole) {
        return;
    }
    struct glimpse *glimpse = ARENA_NEW(v->arena, struct glimpse);
    glimpse->rule = rule;
    glimpse->input = input;
    glimpse->next = v->glimpses;
    v->glimpses = glimpse;
    if (!afterwards) {
        look(v, glimpse);
    } else if (rule->retry.error_count > 0) {
        /* Named by the answer alone: it was not there before. */
        const struct aws_service *service =
            aws_service_find(v->lag->config.registry, rule->read.service);
        const struct aws_call as = {.service = service->name,
                                    .protocol = service->protocol};
        glimpse->old = aws_fault(v->arena, &as, 400, rule->retry.errors[0],
                                 STR("not there yet"), STR("settled-lag"));
        glimpse->known = true;
    }
}

void glimpse_all(struct visit *v, const struct json *response)
{
    struct str why = STR_NONE;
    for (size_t i = 0; i < v->rule->confirmation_count; i++) {
        const struct rules_confirmation *one = &v->rule->confirmations[i];
        if (one->for_each.compiled == NULL) {
            add_glimpse(v, one, document_of(v, response, NULL),
                        response != NULL);
            continue;
        }
        const struct json *items = rules_value(
            v->arena, &one->for_each, document_of(v, response, NULL), &why);
        for (size_t k = 0; items->type == JSON_ARRAY && k < items->count; k++) {
            add_glimpse(v, one,
                        document_of(v, response, items->members[k].value),
                        response != NULL);
        }
    }
}

bool glimpses_seen(struct visit *v)
{
    for (struct glimpse *g = v->glimpses; g != NULL; g = g->next) {
        if (g->fetching && g->fetch.outcome == HTTP_PENDING) {
            return false;
        }
    }
    for (struct glimpse *g = v->glimpses; g != NULL; g = g->next) {
        if (g->fetching && g->fetch.outcome == HTTP_ANSWERED) {
            g->old = http_response_copy(v->arena, &g->fetch.response);
            g->known = true;
        }
        if (g->fetching) {
            http_fetch_cancel(v->lag->config.client, &g->fetch);
            g->fetching = false;
        }
    }
    return true;
}
