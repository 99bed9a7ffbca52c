/* SPDX-License-Identifier: Apache-2.0 */
/* What a call asks, in any protocol, as one JSON value: so that two calls can
 * be compared and their difference told by member. What a client makes up each
 * time is left out. Start at recording_input(). */
#include "recording/private.h"

#include "sigv4/sigv4.h"

/* Members, at the top, that SDKs fill with something random. The model names
 * those of its services; these are for the others. Lower case. */
static const char *const token_names[] = {
    "callerreference",  "clientrequesttoken", "clienttoken",
    "idempotencytoken", "creatorrequestid",   "updaterrequestid",
};

/* Members that say "now". */
static const struct {
    const char *service;
    const char *operation;
    const char *path;
} now_rows[] = {
    {"cloudtrail", "LookupEvents", "EndTime"},
    {"cloudtrail", "LookupEvents", "StartTime"},
    {"cloudwatch", "GetMetricData", "EndTime"},
    {"cloudwatch", "GetMetricData", "StartTime"},
    {"cloudwatch", "GetMetricStatistics", "EndTime"},
    {"cloudwatch", "GetMetricStatistics", "StartTime"},
    {"cloudwatch", "PutMetricData", "MetricData.Timestamp"},
    {"events", "PutEvents", "Entries.Time"},
    {"logs", "FilterLogEvents", "endTime"},
    {"logs", "FilterLogEvents", "startTime"},
    {"logs", "GetLogEvents", "endTime"},
    {"logs", "GetLogEvents", "startTime"},
    {"logs", "PutLogEvents", "logEvents.timestamp"},
    {"logs", "StartQuery", "endTime"},
    {"logs", "StartQuery", "startTime"},
};

/* Of the query of a REST call: how the URL was signed, and by which SDK. */
static bool is_transport(struct str name)
{
    return str_eq_nocase(str_first(name, 6), STR("X-Amz-")) ||
           str_eq(name, STR("x-id"));
}

struct reading {
    struct arena *arena;
    struct aws_registry *registry;
    const struct aws_call *call;
    const struct aws_operation *operation; /* NULL: not in the model */
    struct http_headers headers;
    struct str body;
    const struct http_request *request;
};

/* ---- what is made up each time ---- */

static bool is_required(const struct aws_operation *operation, struct str name)
{
    for (size_t i = 0; i < operation->required_count; i++) {
        if (str_eq(operation->required[i], name)) {
            return true;
        }
    }
    return false;
}

/* A token that must be given is a name ("QueryExecutionId"), not a token. */
static bool is_token(const struct reading *r, struct str name)
{
    if (r->operation != NULL && is_required(r->operation, name)) {
        return false;
    }
    if (r->operation != NULL && str_eq(r->operation->idempotency_token, name) &&
        name.len > 0) {
        return true;
    }
    for (size_t i = 0; i < sizeof(token_names) / sizeof(token_names[0]); i++) {
        if (str_eq_nocase(name, str_of(token_names[i]))) {
            return true;
        }
    }
    return false;
}

static bool is_now(const struct reading *r, struct str path)
{
    for (size_t i = 0; i < sizeof(now_rows) / sizeof(now_rows[0]); i++) {
        if (str_eq(path, str_of(now_rows[i].path)) &&
            str_eq(r->call->operation, str_of(now_rows[i].operation)) &&
            str_eq(r->call->service, str_of(now_rows[i].service))) {
            return true;
        }
    }
    return false;
}

static bool is_made_up(const struct reading *r, const struct member_path *path)
{
    struct str dotted = buf_str(&path->text);
    return (str_find(dotted, '.') == STR_NOT_FOUND && is_token(r, dotted)) ||
           is_now(r, dotted);
}

/* The same tree where it holds nothing of that kind. */
static const struct json *without_made_up(const struct reading *r,
                                          struct member_path *path,
                                          const struct json *value)
{
    if (value->type != JSON_OBJECT && value->type != JSON_ARRAY) {
        return value;
    }
    bool named = value->type == JSON_OBJECT;
    struct json *copy = json_new(r->arena, value->type);
    copy->members = ARENA_ARRAY(r->arena, struct json_member, value->count);
    bool changed = false;
    for (size_t i = 0; i < value->count; i++) {
        const struct json_member *from = &value->members[i];
        size_t before = path->text.len;
        if (named) {
            before = recording_member_path_enter(path, r->call, from->key);
        }
        if (named && is_made_up(r, path)) {
            changed = true;
        } else {
            const struct json *to = without_made_up(r, path, from->value);
            struct json_member *member = &copy->members[copy->count++];
            *member = *from;
            member->value = (struct json *)(uintptr_t)to;
            changed = changed || to != from->value;
        }
        recording_member_path_leave(path, before);
    }
    return changed ? copy : value;
}

static const struct json *strip(const struct reading *r,
                                const struct json *value)
{
    struct member_path path = {{0}};
    const struct json *result = without_made_up(r, &path, value);
    buf_free(&path.text);
    return result;
}

/* ---- JSON ---- */

static const struct json *read_json(const struct reading *r)
{
    const struct json *value = r->call->input;
    if (r->body.len > 0) {
        value = json_read(r->arena, r->body, &json_default_limits);
    } else if (value == NULL) {
        value = json_new(r->arena, JSON_OBJECT);
    }
    return value != NULL ? strip(r, value) : NULL;
}

/* ---- query ---- */

typedef bool skip_fn(struct str name);

/* What frames a query, and what signs it in the old way. */
static bool is_frame(struct str name)
{
    static const char *const names[] = {
        "Action",          "AWSAccessKeyId",   "Signature",
        "SignatureMethod", "SignatureVersion", "Version",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_eq(name, str_of(names[i]))) {
            return true;
        }
    }
    return is_transport(name);
}

static struct json *read_pairs(const struct reading *r, struct str text,
                               skip_fn *skip, struct json *into)
{
    struct str rest = text;
    while (rest.ptr != NULL) {
        struct str value = str_cut(&rest, '&');
        struct str name = http_decode(r->arena, str_cut(&value, '='), true);
        if (name.len > 0 && !skip(name)) {
            value = http_decode(r->arena, value, true);
            json_set(r->arena, into, name, json_new_string(r->arena, value));
        }
    }
    return into;
}

static const struct json *read_query(const struct reading *r)
{
    struct json *input = json_new(r->arena, JSON_OBJECT);
    struct str path = http_target_path(r->request->target);
    if (path.len > 1) {
        /* Old clients of queues name the queue by the path alone. */
        json_set(r->arena, input, STR("(path)"),
                 json_new_string(r->arena, http_decode(r->arena, path, false)));
    }
    (void)read_pairs(r, http_target_query(r->request->target), is_frame, input);
    (void)read_pairs(r, r->body, is_frame, input);
    return strip(r, input);
}

/* ---- REST ---- */

static void add_headers(const struct reading *r, struct json *input)
{
    struct json *headers = json_new(r->arena, JSON_OBJECT);
    for (size_t i = 0; i < r->headers.count; i++) {
        const struct http_header *header = &r->headers.at[i];
        if (recording_header_is_input(header->name)) {
            json_set(r->arena, headers, arena_lower(r->arena, header->name),
                     json_new_string(r->arena, header->value));
        }
    }
    if (headers->count > 0) {
        json_set(r->arena, input, STR("headers"), headers);
    }
}

/* JSON as such, other text as text, bytes by their hash. */
static const struct json *read_body(const struct reading *r)
{
    const struct json *value = NULL;
    if (r->call->protocol == AWS_REST_JSON) {
        value = json_read(r->arena, r->body, &json_default_limits);
    }
    if (value != NULL) {
        return strip(r, value);
    }
    if (str_is_utf8(r->body)) {
        return json_new_string(r->arena, r->body);
    }
    struct json *hash = json_new(r->arena, JSON_OBJECT);
    json_set(r->arena, hash, STR("sha256"),
             json_new_string(r->arena, sigv4_sha256_hex(r->arena, r->body)));
    return hash;
}

static const struct json *read_rest(const struct reading *r)
{
    struct json *input = json_new(r->arena, JSON_OBJECT);
    struct str path = http_target_path(r->request->target);
    struct json *query =
        read_pairs(r, http_target_query(r->request->target), is_transport,
                   json_new(r->arena, JSON_OBJECT));
    if (r->call->operation.len == 0) {
        json_set(r->arena, input, STR("method"),
                 json_new_string(r->arena, r->request->method));
    }
    json_set(r->arena, input, STR("path"),
             json_new_string(r->arena, http_decode(r->arena, path, false)));
    if (query->count > 0) {
        json_set(r->arena, input, STR("query"), strip(r, query));
    }
    add_headers(r, input);
    if (r->body.len > 0) {
        json_set(r->arena, input, STR("body"), read_body(r));
    }
    return input;
}

static const struct json *read_nothing(const struct reading *r)
{
    (void)r;
    return NULL;
}

typedef const struct json *read_fn(const struct reading *r);

const struct json *recording_input(struct arena *arena,
                                   struct aws_registry *registry,
                                   const struct aws_call *call,
                                   const struct http_request *request)
{
    static read_fn *const readers[AWS_PROTOCOL_COUNT] = {
        [AWS_JSON_1_0] = read_json,  [AWS_JSON_1_1] = read_json,
        [AWS_QUERY] = read_query,    [AWS_EC2] = read_query,
        [AWS_REST_JSON] = read_rest, [AWS_REST_XML] = read_rest,
        [AWS_CBOR] = read_nothing,
    };
    struct reading r = {
        .arena = arena,
        .registry = registry,
        .call = call,
        .operation =
            aws_operation_find(registry, call->service, call->operation),
        .headers = http_headers_copy(arena, &request->headers),
        .request = request,
    };
    if (!recording_body_decode(arena, &r.headers, request->body, &r.body)) {
        return NULL;
    }
    return readers[call->protocol](&r);
}
