/* SPDX-License-Identifier: Apache-2.0 */
/* What a change will hide: reads as they answer before it. Those of the rule,
 * their kin, and what clients read lately, with further pages. Start at
 * glimpse_all(). */
#include "lag/private.h"

#include "base/clock.h"

enum {
    GLIMPSES_MAX = 64, /* for one change, other names included */
    PAGES_MAX = 3,
    READ_MS = 10000,
    READ_BYTES = 4 * 1024 * 1024,
};

/* The service that reads other services' tags. */
static const struct str reads_of_others = {"resourcegroupstaggingapi", 24};

const struct json *lag_document(const struct visit *v,
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

/* ---- asking ---- */

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

bool glimpse_send(struct visit *v, const struct read *read,
                  struct http_fetch *fetch)
{
    const struct lag_config *config = &v->lag->config;
    struct str why = STR_NONE;
    *fetch = (struct http_fetch){
        .arena = v->arena,
        .timers = config->timers,
        .origin = config->upstream_url,
        .timeout_ms = READ_MS,
        .body_limit = READ_BYTES,
        .done = &v->wake,
    };
    if (!aws_request_write(config->registry, v->arena, read->service,
                           read->operation, read->input, &fetch->request,
                           &why)) {
        return false;
    }
    pretend_to_be(v, aws_service_find(config->registry, read->service),
                  &fetch->request);
    http_fetch_send(config->client, fetch);
    return true;
}

struct glimpse *glimpse_add(struct visit *v, const struct glimpse *like)
{
    for (struct glimpse *g = v->glimpses; g != NULL; g = g->next) {
        if (str_eq(g->read.operation, like->read.operation) &&
            str_eq(g->read.service, like->read.service) &&
            json_equal(g->read.input, like->read.input)) {
            return NULL;
        }
    }
    if (v->glimpse_count >= GLIMPSES_MAX) {
        return NULL;
    }
    struct glimpse *glimpse = ARENA_NEW(v->arena, struct glimpse);
    *glimpse = *like;
    glimpse->read.region = v->aws.region;
    glimpse->next = v->glimpses;
    v->glimpses = glimpse;
    v->glimpse_count++;
    return glimpse;
}

static void look(struct visit *v, const struct glimpse *like)
{
    struct glimpse *glimpse = glimpse_add(v, like);
    if (glimpse != NULL) {
        glimpse->fetching = glimpse_send(v, &glimpse->read, &glimpse->fetch);
    }
}

/* ---- kin ---- */

/* Of tags only the rule's own read; else every read of the family. */
static void look_at_family(struct visit *v, const struct glimpse *of,
                           bool own_read_only)
{
    const struct family *family =
        lag_family_of(of->read.service, of->read.operation);
    if (family == NULL) {
        return;
    }
    const struct json *keys =
        lag_family_keys(v->arena, family, of->read.operation, of->read.input);
    for (size_t i = 0; i < keys->count; i++) {
        struct str key = json_text(keys->members[i].value);
        for (size_t k = 0; key.len > 0 && k < family->count; k++) {
            const struct kin *kin = &family->kin[k];
            if (own_read_only &&
                !str_eq(of->read.operation, str_of(kin->operation))) {
                continue;
            }
            const struct glimpse glimpse = {
                .rule = NULL,
                .family = family,
                .kin = kin,
                .key = key,
                .read = {.service = of->read.service,
                         .operation = str_of(kin->operation),
                         .input =
                             kin_input(v->lag->families, v->arena, kin, key)},
                .clock = kin->clock,
                .sure = kin->sure,
            };
            if (glimpse.read.input != NULL) {
                look(v, &glimpse);
            }
        }
    }
}

/* ---- the rule's ---- */

struct mentions {
    struct str name;
    bool found;
};

static void look_for_name(void *ctx, struct str name, struct span span)
{
    struct mentions *m = ctx;
    (void)span;
    m->found = m->found || str_eq(name, m->name);
}

bool lag_applies(struct visit *v, const struct rules_expression *when,
                 const struct json *item)
{
    struct mentions response = {STR("response"), false};
    struct str why = STR_NONE;
    if (when->compiled == NULL) {
        return true;
    }
    jmespath_roots(when->compiled, look_for_name, &response);
    return response.found ||
           jmespath_is_true(
               rules_value(v->arena, when, lag_document(v, NULL, item), &why));
}

/* A list of nothing: the answer to the change may name what is meant. */
static bool asks_for_nothing(const struct json *input)
{
    for (size_t i = 0; i < input->count; i++) {
        const struct json *value = input->members[i].value;
        if (value->type == JSON_ARRAY && value->count == 0) {
            return true;
        }
    }
    return false;
}

/* A batch is kept thing by thing: another batch may ask for some of them. */
static void look_at_rule(struct visit *v, const struct glimpse *like)
{
    struct str member =
        lag_batch_member(like->read.service, like->read.operation);
    const struct json *list =
        member.len > 0 ? json_get(like->read.input, member) : NULL;
    bool own_read_only = str_eq(like->rule->name, STR("tags"));
    if (list == NULL || list->type != JSON_ARRAY || list->count < 2) {
        look(v, like);
    }
    if (like->rule->level != LEVEL_LISTED) {
        look_at_family(v, like, own_read_only);
    }
}

void glimpse_each_input(struct visit *v, const struct json *response,
                        void (*fn)(struct visit *, const struct glimpse *))
{
    struct str why = STR_NONE;
    for (size_t i = 0; i < v->rule->confirmation_count; i++) {
        const struct rules_confirmation *one = &v->rule->confirmations[i];
        const struct json *items = NULL;
        if (one->for_each.compiled != NULL) {
            items = rules_value(v->arena, &one->for_each,
                                lag_document(v, response, NULL), &why);
        }
        size_t count = items == NULL               ? 1
                       : items->type == JSON_ARRAY ? items->count
                                                   : 0;
        for (size_t k = 0; k < count && k < GLIMPSES_MAX; k++) {
            const struct json *item =
                items != NULL ? items->members[k].value : NULL;
            const struct json *input = rules_input(
                v->arena, &one->read, lag_document(v, response, item));
            if (!lag_applies(v, &one->when, item) || asks_for_nothing(input) ||
                rules_input_lacks(&one->read, input).len > 0) {
                continue;
            }
            const struct glimpse glimpse = {
                .rule = one,
                .item = k,
                .read = {.service = one->read.service,
                         .region = v->aws.region,
                         .operation = one->read.operation,
                         .input = input},
                .clock = lag_clock_of_confirmation(v->lag->config.rules, one),
                .sure = true,
            };
            fn(v, &glimpse);
        }
    }
}

/* ---- what clients read lately ---- */

static bool has_all(const struct json *input, const struct json *wanted)
{
    for (size_t i = 0; i < wanted->count; i++) {
        const struct json *given = json_get(input, wanted->members[i].key);
        if (given == NULL || !json_equal(given, wanted->members[i].value)) {
            return false;
        }
    }
    return true;
}

/* A read that we make ourselves of this thing, made by a client of another. */
static bool is_about_another(const struct visit *v, const struct read *read)
{
    bool ours = false;
    for (struct glimpse *g = v->glimpses; g != NULL; g = g->next) {
        if (g->sure && g->clock != LAG_LISTED &&
            str_eq(g->read.operation, read->operation) &&
            str_eq(g->read.service, read->service)) {
            ours = true;
            if (has_all(read->input, g->read.input)) {
                return false;
            }
        }
    }
    return ours;
}

static void look_at_recalled(void *ctx, const struct read *read)
{
    struct visit *v = ctx;
    if (is_about_another(v, read)) {
        return;
    }
    const struct aws_operation *operation = aws_operation_find(
        v->lag->config.registry, read->service, read->operation);
    const struct glimpse glimpse = {
        .clock = lag_clock_of_read(v->lag->config.rules, operation, read),
        .read = {.service = arena_str(v->arena, read->service),
                 .operation = arena_str(v->arena, read->operation),
                 .input = json_copy(v->arena, read->input)},
    };
    look(v, &glimpse);
}

static void look_at_lately(struct visit *v)
{
    struct str services[8] = {v->aws.service, reads_of_others};
    size_t count = str_eq(v->aws.service, reads_of_others) ? 1 : 2;
    for (size_t i = 0; i < v->rule->confirmation_count; i++) {
        struct str service = v->rule->confirmations[i].read.service;
        bool known = false;
        for (size_t k = 0; k < count; k++) {
            known = known || str_eq(services[k], service);
        }
        if (!known && count < sizeof(services) / sizeof(services[0])) {
            services[count++] = service;
        }
    }
    for (size_t i = 0; i < count; i++) {
        recall_each(v->lag->recall, services[i], v->aws.region,
                    look_at_recalled, v);
    }
}

void glimpse_all(struct visit *v)
{
    v->looked_at = store_turn(v->lag->store);
    glimpse_each_input(v, NULL, look_at_rule);
    look_at_lately(v);
}

/* ---- what they said ---- */

/* A refusal that tells of the emulator, not of the thing, is no state. */
static bool is_state(const struct visit *v, const struct glimpse *g)
{
    const struct http_response *response = &g->fetch.response;
    const struct aws_service *service =
        aws_service_find(v->lag->config.registry, g->read.service);
    struct str code = STR_NONE;
    struct str message = STR_NONE;
    if (response->status < 400) {
        return true;
    }
    aws_error_read(v->arena, service->protocol, response, &code, &message);
    return response->status < 500 && !aws_is_throttle(response->status, code) &&
           !aws_is_denial(response->status, code);
}

const struct json *glimpse_output(const struct visit *v,
                                  const struct glimpse *g)
{
    const struct aws_service *service =
        aws_service_find(v->lag->config.registry, g->read.service);
    const struct json *output = NULL;
    struct str why = STR_NONE;
    if (!g->known || g->old.status >= 300 ||
        !aws_answer_read(v->lag->config.registry, v->arena, service->protocol,
                         &g->old, &output, &why)) {
        return NULL;
    }
    return output;
}

/* A client that pages through the old state must find all of it. */
static void look_at_next_page(struct visit *v, const struct glimpse *g)
{
    const struct aws_operation *model = aws_operation_find(
        v->lag->config.registry, g->read.service, g->read.operation);
    if (model == NULL || model->page_output.len == 0 || g->page >= PAGES_MAX) {
        return;
    }
    const struct json *token =
        json_get(glimpse_output(v, g), model->page_output);
    if (!json_is(token, JSON_STRING)) {
        return;
    }
    struct json *input = json_copy(v->arena, g->read.input);
    json_set(v->arena, input, model->page_input, token);
    struct glimpse next = {
        .family = NULL, /* another name does not share its pages */
        .read = g->read,
        .clock = g->clock,
        .sure = g->sure,
        .page = g->page + 1,
    };
    next.read.input = input;
    look(v, &next);
}

bool glimpses_seen(struct visit *v)
{
    bool pending = false;
    /* What is added by the way stands before the first, and is pending. */
    for (struct glimpse *g = v->glimpses; g != NULL; g = g->next) {
        if (!g->fetching) {
            continue;
        }
        if (g->fetch.outcome == HTTP_PENDING) {
            pending = true;
            continue;
        }
        if (g->fetch.outcome == HTTP_ANSWERED && is_state(v, g)) {
            g->old = http_response_copy(v->arena, &g->fetch.response);
            http_headers_drop_hop_by_hop(&g->old.headers);
            g->known = true;
        }
        http_fetch_cancel(v->lag->config.client, &g->fetch);
        g->fetching = false;
        if (g->known) {
            struct glimpse *first = v->glimpses;
            look_at_next_page(v, g);
            pending = pending || v->glimpses != first;
        }
    }
    return !pending;
}

void glimpses_cancel(struct visit *v)
{
    for (struct glimpse *g = v->glimpses; g != NULL; g = g->next) {
        if (g->fetching) {
            http_fetch_cancel(v->lag->config.client, &g->fetch);
            g->fetching = false;
        }
    }
}

/* ---- whether it did change ---- */

bool glimpse_again(struct visit *v)
{
    bool any = false;
    for (struct glimpse *g = v->glimpses; g != NULL; g = g->next) {
        if (g->opened && !g->sure) {
            g->fetching = glimpse_send(v, &g->read, &g->fetch);
            any = any || g->fetching;
        }
    }
    return any;
}

static bool is_same(const struct visit *v, const struct glimpse *g)
{
    const struct glimpse now = {
        .read = g->read, .old = g->fetch.response, .known = true};
    const struct json *before = glimpse_output(v, g);
    const struct json *after = glimpse_output(v, &now);
    if (g->old.status != g->fetch.response.status) {
        return false;
    }
    return before != NULL && after != NULL
               ? json_equal(before, after)
               : str_eq(g->old.body, g->fetch.response.body);
}

void glimpses_compare(struct visit *v)
{
    for (struct glimpse *g = v->glimpses; g != NULL; g = g->next) {
        if (g->fetching && g->fetch.outcome == HTTP_ANSWERED && is_same(v, g)) {
            store_drop(v->lag->store, v->write, &g->read);
        }
    }
    glimpses_cancel(v);
}
