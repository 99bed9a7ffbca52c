/* SPDX-License-Identifier: Apache-2.0 */
/* Which call a request is. The protocols leave different marks on the wire;
 * they are looked for one after the other, surest first, and each way of
 * looking is one function in the table at the end.
 * Start at aws_identify(). */
#include "aws/private.h"

struct looking {
    struct aws_registry *registry;
    struct arena *arena;
    const struct http_request *request;
    struct str scope; /* signing name of the credential scope */
    struct str body;
    struct str content_type; /* lower case */
    struct str path;
    struct str query;
    struct aws_call *call;
};

static void name_service(struct looking *look, const struct service *service)
{
    look->call->about = &service->facts;
    look->call->service = service->facts.name;
    look->call->title = service->facts.title;
}

static struct str strip_slashes(struct str path)
{
    while (path.len > 0 && path.ptr[0] == '/') {
        path = str_from(path, 1);
    }
    while (path.len > 0 && path.ptr[path.len - 1] == '/') {
        path = str_first(path, path.len - 1);
    }
    return path.len > 0 ? path : STR_NONE;
}

static bool is_account(struct str segment)
{
    if (segment.len != 12) {
        return false;
    }
    for (size_t i = 0; i < segment.len; i++) {
        if (segment.ptr[i] < '0' || segment.ptr[i] > '9') {
            return false;
        }
    }
    return true;
}

/*
 * A call whose place is "/" says all of its path for a prefix. But old clients
 * of queues post to the queue's own path, "/123456789012/jobs".
 */
static struct str prefix_of(struct str path)
{
    struct str whole = strip_slashes(path);
    struct str rest = whole;
    while (rest.ptr != NULL) {
        struct str segment = str_cut(&rest, '/');
        if (is_account(segment)) {
            size_t len = (size_t)(segment.ptr - whole.ptr);
            return strip_slashes(str_first(whole, len));
        }
    }
    return whole;
}

/* ---- JSON: X-Amz-Target ---- */

static const struct service *service_by_scope(const struct looking *look)
{
    const struct aws_registry *registry = look->registry;
    for (size_t i = 0; i < registry->count; i++) {
        const struct service *service = &registry->services[i];
        if (service->facts.target_prefix.len > 0 &&
            str_eq(service->facts.signing_name, look->scope)) {
            return service;
        }
    }
    return NULL;
}

static const struct service *service_by_target(const struct looking *look,
                                               struct str target,
                                               struct str operation)
{
    const struct aws_registry *registry = look->registry;
    const struct service *best = NULL;
    for (size_t i = service_first_target(registry, target);
         i < registry->target_count &&
         str_eq(registry->targets[i]->facts.target_prefix, target);
         i++) {
        const struct service *service = registry->targets[i];
        bool meant = service->only.count == 0 ||
                     aws_text_list_has(&service->only, operation);
        /* Two services of one prefix: the scope may know better. */
        if (meant && (best == NULL ||
                      str_eq(service->facts.signing_name, look->scope))) {
            best = service;
        }
    }
    return best != NULL ? best : service_by_scope(look);
}

static enum aws_protocol json_protocol(const struct looking *look)
{
    if (str_contains(look->content_type, STR("json-1.0"))) {
        return AWS_JSON_1_0;
    }
    if (str_contains(look->content_type, STR("json-1.1")) ||
        look->call->about == NULL) {
        return AWS_JSON_1_1;
    }
    return look->call->about->protocol == AWS_JSON_1_0 ? AWS_JSON_1_0
                                                       : AWS_JSON_1_1;
}

/* The parser's own words may quote the body, and bodies carry secrets: only
 * the place is told. */
static void read_json_input(struct looking *look)
{
    struct aws_call *call = look->call;
    if (look->body.ptr == NULL) {
        return;
    }
    if (str_contains(look->content_type, STR("cbor"))) {
        call->trouble = STR("the body is CBOR, which is not read here");
        return;
    }
    if (str_trim(look->body).len == 0) {
        call->input = json_new(look->arena, JSON_OBJECT);
        return;
    }
    struct source *source = ARENA_NEW(look->arena, struct source);
    *source = (struct source){STR("body"), look->body};
    struct diag diag;
    diag_init(&diag, look->arena);
    const struct json *value = NULL;
    const struct aws_registry *registry = look->registry;
    if (!json_parse(look->arena, source, &registry->limits, &value, &diag)) {
        size_t at = diag.first != NULL ? diag.first->span.start : 0;
        call->trouble = aws_beyond(registry, look->arena, look->body);
        call->beyond = call->trouble.len > 0;
        if (!call->beyond) {
            call->trouble = arena_printf(
                look->arena, "the body is not valid JSON (at byte %zu)", at);
        }
    } else if (!json_is(value, JSON_OBJECT)) {
        call->trouble = STR("the body is JSON, but not an object");
    } else {
        call->input = value;
    }
}

static bool look_for_target(struct looking *look)
{
    struct str header =
        http_headers_get(&look->request->headers, "x-amz-target");
    struct str target = str_trim(header);
    size_t dot = str_find_last(target, '.');
    if (dot == STR_NOT_FOUND) {
        return false;
    }
    struct str operation = str_from(target, dot + 1);
    const struct service *service =
        service_by_target(look, str_first(target, dot), operation);
    if (service != NULL) {
        name_service(look, service);
    }
    look->call->operation = operation.len > 0 ? operation : STR_NONE;
    look->call->protocol = json_protocol(look);
    look->call->prefix = prefix_of(look->path);
    read_json_input(look);
    return true;
}

/* ---- CBOR: /service/TARGET/operation/NAME ---- */

static bool look_for_cbor(struct looking *look)
{
    struct str path = strip_slashes(look->path);
    struct str segments[4];
    for (size_t i = 4; i-- > 0;) {
        size_t slash = str_find_last(path, '/');
        bool last = slash == STR_NOT_FOUND;
        segments[i] = last ? path : str_from(path, slash + 1);
        if (last && i > 0) {
            return false;
        }
        path = last ? STR_NONE : str_first(path, slash);
    }
    if (!str_eq(segments[0], STR("service")) ||
        !str_eq(segments[2], STR("operation")) ||
        !str_eq(look->request->method, STR("POST")) ||
        (!str_contains(look->content_type, STR("cbor")) &&
         http_headers_count(&look->request->headers, "smithy-protocol") == 0)) {
        return false;
    }
    const struct service *service =
        service_by_target(look, segments[1], segments[3]);
    if (service != NULL) {
        name_service(look, service);
    }
    look->call->operation = segments[3];
    look->call->protocol = AWS_CBOR;
    look->call->prefix = strip_slashes(path);
    return true;
}

/* ---- query and ec2: Action and Version, in a form or in the URI ---- */

/* 0: it is not this one. */
static int rank_query(struct looking *look, struct service *service,
                      struct str version, struct str action)
{
    if (!service_speaks(service, AWS_QUERY) &&
        !service_speaks(service, AWS_EC2)) {
        return 0;
    }
    bool same_version = str_eq(service->facts.api_version, version);
    if (look->scope.len > 0) {
        if (!str_eq(service->facts.signing_name, look->scope)) {
            return 0;
        }
        /* Where three share name and version, the one that is called like
         * the scope is meant. */
        return 1 + (same_version ? 2 : 0) +
               (str_eq(service->facts.name, look->scope) ? 1 : 0);
    }
    /* Unsigned (AssumeRoleWithWebIdentity): version and action together. */
    if (!same_version || !service->facts.has_model) {
        return 0;
    }
    return model_find(model_of(look->registry, service), action) != NULL ? 1
                                                                         : 0;
}

static struct service *service_by_action(struct looking *look,
                                         struct str version, struct str action)
{
    struct service *best = NULL;
    int best_rank = 0;
    for (size_t i = 0; i < look->registry->count; i++) {
        struct service *service = &look->registry->services[i];
        int rank = rank_query(look, service, version, action);
        if (rank > best_rank) {
            best_rank = rank;
            best = service;
        }
    }
    return best;
}

/* The text that holds an Action, and that; STR_NONE where none does. */
static struct str find_action(const struct looking *look, bool form,
                              struct str *ret_action)
{
    struct str texts[] = {form ? look->body : STR_NONE, look->query};
    for (size_t i = 0; i < 2; i++) {
        if (http_query_get(look->arena, texts[i], STR("Action"), ret_action)) {
            return texts[i];
        }
    }
    return STR_NONE;
}

static bool look_for_action(struct looking *look)
{
    bool form = str_starts(look->content_type,
                           STR("application/x-www-form-urlencoded"));
    struct str action = STR_NONE;
    struct str version = STR_NONE;
    struct str text = find_action(look, form, &action);
    if (text.ptr == NULL && !form) {
        return false;
    }
    (void)http_query_get(look->arena, text, STR("Version"), &version);
    struct service *service = service_by_action(look, version, action);
    if (service == NULL) {
        return false;
    }
    name_service(look, service);
    look->call->operation = action.len > 0 ? action : STR_NONE;
    look->call->protocol =
        service_speaks(service, AWS_EC2) ? AWS_EC2 : AWS_QUERY;
    look->call->prefix = prefix_of(look->path);
    return true;
}

/* ---- REST: method and URI ---- */

static bool is_rest_candidate(const struct looking *look,
                              const struct service *service)
{
    return str_eq(service->facts.signing_name, look->scope) &&
           (service_speaks(service, AWS_REST_JSON) ||
            service_speaks(service, AWS_REST_XML));
}

static void take_route(struct looking *look, const struct service *service,
                       const struct model_operation *operation,
                       const struct route_request *route, size_t skip)
{
    name_service(look, service);
    look->call->operation = operation->facts.name;
    look->call->protocol = service->facts.protocol;
    if (skip > 0) {
        struct str first = route->segments[0];
        struct str last = route->segments[skip - 1];
        size_t len = (size_t)(last.ptr - first.ptr) + last.len;
        look->call->prefix = strip_slashes(str_make(first.ptr, len));
    }
}

static bool look_for_route(struct looking *look)
{
    struct aws_registry *registry = look->registry;
    if (look->scope.len == 0) {
        return false;
    }
    struct route_request route;
    route_request_read(look->arena, look->request, &route);
    /* The shortest prefix with which anything fits, none if possible. */
    for (size_t skip = 0; skip < route.count; skip++) {
        const struct model_operation *best = NULL;
        const struct service *owner = NULL;
        int score = 0;
        for (size_t i = 0; i < registry->count; i++) {
            struct service *service = &registry->services[i];
            const struct model *model = is_rest_candidate(look, service)
                                            ? routes_of(registry, service)
                                            : NULL;
            const struct model_operation *found =
                model != NULL ? route_find(&route, model, skip, &score) : NULL;
            if (found != NULL) {
                best = found;
                owner = service;
            }
        }
        if (best != NULL) {
            take_route(look, owner, best, &route, skip);
            return true;
        }
    }
    return false;
}

/* ---- nothing fits: what the scope alone says ---- */

static enum aws_protocol guess_protocol(const struct looking *look)
{
    if (str_contains(look->content_type, STR("x-amz-json"))) {
        return json_protocol(look);
    }
    if (str_contains(look->content_type, STR("x-www-form-urlencoded"))) {
        return AWS_QUERY;
    }
    if (str_contains(look->content_type, STR("cbor"))) {
        return AWS_CBOR;
    }
    return str_contains(look->content_type, STR("xml")) ? AWS_REST_XML
                                                        : AWS_REST_JSON;
}

static bool take_scope(struct looking *look)
{
    const struct aws_registry *registry = look->registry;
    const struct service *named = service_find(registry, look->scope);
    const struct service *only = NULL;
    size_t sharing = 0;
    for (size_t i = 0; look->scope.len > 0 && i < registry->count; i++) {
        const struct service *service = &registry->services[i];
        if (str_eq(service->facts.signing_name, look->scope)) {
            sharing++;
            only = service;
        }
    }
    if (named != NULL && str_eq(named->facts.signing_name, look->scope)) {
        only = named;
        sharing = 1;
    }
    look->call->protocol = guess_protocol(look);
    if (sharing == 1) {
        name_service(look, only);
        look->call->protocol = only->facts.protocol;
    }
    return true;
}

typedef bool look_fn(struct looking *look);

static look_fn *const ways[] = {
    look_for_target, look_for_cbor, look_for_action, look_for_route, take_scope,
};

void aws_identify(struct aws_registry *registry, struct arena *arena,
                  const struct http_request *request, struct str scope_service,
                  struct str scope_region, struct str body,
                  struct aws_call *ret_call)
{
    *ret_call = (struct aws_call){.region = scope_region};
    struct looking look = {
        .registry = registry,
        .arena = arena,
        .request = request,
        .scope = scope_service,
        .body = body,
        .content_type = arena_lower(
            arena,
            str_trim(http_headers_get(&request->headers, "content-type"))),
        .path = http_target_path(request->target),
        .query = http_target_query(request->target),
        .call = ret_call,
    };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (ways[i](&look)) {
            return;
        }
    }
}
