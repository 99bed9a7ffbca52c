/* SPDX-License-Identifier: Apache-2.0 */
/* A recording as HAR 1.2, for a browser's network panel: one entry a line.
 * Start at convert_write_har(). */
#include "convert/private.h"

#include "base/base64.h"
#include "base/clock.h"

/* ---- small values ---- */

static void set_text(struct arena *arena, struct json *object, const char *name,
                     struct str text)
{
    json_set(arena, object, str_of(name),
             json_new_string(arena, text.ptr != NULL ? text : STR("")));
}

static void set_int(struct arena *arena, struct json *object, const char *name,
                    int64_t number)
{
    json_set(arena, object, str_of(name), json_new_int(arena, number));
}

static struct json *set_new(struct arena *arena, struct json *object,
                            const char *name, enum json_type type)
{
    struct json *value = json_new(arena, type);
    json_set(arena, object, str_of(name), value);
    return value;
}

static void push_pair(struct arena *arena, struct json *list, struct str name,
                      struct str value)
{
    struct json *pair = json_new(arena, JSON_OBJECT);
    set_text(arena, pair, "name", name);
    set_text(arena, pair, "value", value);
    json_push(arena, list, pair);
}

static void set_headers(struct arena *arena, struct json *message,
                        const struct http_headers *headers)
{
    struct json *list = set_new(arena, message, "headers", JSON_ARRAY);
    for (size_t i = 0; i < headers->count; i++) {
        push_pair(arena, list, headers->at[i].name, headers->at[i].value);
    }
    set_new(arena, message, "cookies", JSON_ARRAY);
    set_int(arena, message, "headersSize", -1);
}

/* Bytes that are no text go as base64; HAR knows that of answers only. */
static void set_body(struct arena *arena, struct json *object,
                     const char *coding, struct str body)
{
    if (str_is_utf8(body)) {
        set_text(arena, object, "text", body);
    } else {
        set_text(arena, object, "text", base64_write(arena, body));
        set_text(arena, object, coding, STR("base64"));
    }
}

static void set_type(struct arena *arena, struct json *object,
                     const struct http_headers *headers)
{
    struct str type = http_headers_get(headers, "Content-Type");
    set_text(arena, object, "mimeType", type.len > 0 ? type : STR("x-unknown"));
}

/* ---- requests ---- */

/* Where it went, or would go to. */
static struct str origin_of(struct convert_job *job, struct arena *arena,
                            const struct http_request *request,
                            const struct aws_call *call)
{
    struct str host = http_headers_get(&request->headers, "Host");
    struct str origin = arena_printf(arena, "https://%.*s", STR_ARG(host));
    struct http_url url;
    struct aws_endpoint endpoint;
    struct str unused;
    if (host.len > 0 && http_url_parse(arena, origin, &url, &unused) &&
        url.path.len == 0) {
        return origin;
    }
    if (aws_endpoint_find(job->options->registry, arena, call->service,
                          STR_NONE, call->region, &endpoint, &unused)) {
        return endpoint.origin;
    }
    return STR("https://unknown.invalid");
}

static void set_query(struct arena *arena, struct json *object,
                      struct str target)
{
    struct json *list = set_new(arena, object, "queryString", JSON_ARRAY);
    struct str query = http_target_query(target);
    while (query.len > 0) {
        struct str value = str_cut(&query, '&');
        struct str name = str_cut(&value, '=');
        push_pair(arena, list, http_decode(arena, name, true),
                  http_decode(arena, value, true));
    }
}

static const struct json *request_of(struct convert_job *job,
                                     struct arena *arena,
                                     const struct recording_interaction *what,
                                     const struct aws_call *call)
{
    const struct http_request *from = &what->request;
    struct json *request = json_new(arena, JSON_OBJECT);
    set_text(arena, request, "method", from->method);
    set_text(
        arena, request, "url",
        arena_join(arena, origin_of(job, arena, from, call), from->target));
    set_text(arena, request, "httpVersion", STR("HTTP/1.1"));
    set_headers(arena, request, &from->headers);
    set_query(arena, request, from->target);
    if (from->body.len > 0) {
        struct json *post = set_new(arena, request, "postData", JSON_OBJECT);
        set_type(arena, post, &from->headers);
        set_body(arena, post, "_encoding", from->body);
    }
    set_int(arena, request, "bodySize",
            (int64_t)from->body.len + what->request_left_out);
    return request;
}

/* ---- responses ---- */

static struct str reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } rows[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {400, "Bad Request"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {409, "Conflict"},
        {412, "Precondition Failed"},
        {424, "Failed Dependency"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].status == status) {
            return str_of(rows[i].reason);
        }
    }
    return STR("");
}

static const struct json *response_of(struct arena *arena,
                                      const struct recording_interaction *what)
{
    const struct http_response *from = &what->response;
    bool answered = what->outcome == HTTP_ANSWERED;
    struct json *response = json_new(arena, JSON_OBJECT);
    set_int(arena, response, "status", answered ? from->status : 0);
    set_text(arena, response, "statusText", reason_of(from->status));
    set_text(arena, response, "httpVersion",
             answered ? STR("HTTP/1.1") : STR(""));
    set_headers(arena, response, &from->headers);
    struct json *content = set_new(arena, response, "content", JSON_OBJECT);
    int64_t size = (int64_t)from->body.len + what->response_left_out;
    set_int(arena, content, "size", size);
    set_type(arena, content, &from->headers);
    if (answered && what->response_left_out == 0) {
        set_body(arena, content, "encoding", from->body);
    }
    set_text(arena, response, "redirectURL",
             http_headers_get(&from->headers, "Location"));
    set_int(arena, response, "bodySize", answered ? size : -1);
    if (!answered) {
        set_text(arena, response, "_error", what->error);
    }
    return response;
}

/* ---- entries ---- */

static const struct json *entry_of(struct convert_job *job, struct arena *arena,
                                   const struct recording *recording,
                                   size_t index)
{
    const struct recording_entry *from = &recording->entries[index];
    struct recording_interaction what;
    struct aws_call call;
    recording_get(recording, index, arena, &what, &call);
    struct json *entry = json_new(arena, JSON_OBJECT);
    set_text(arena, entry, "startedDateTime",
             clock_iso(arena, from->session->facts.at_ms + from->at_ms));
    set_int(arena, entry, "time", from->took_ms);
    json_set(arena, entry, STR("request"),
             request_of(job, arena, &what, &call));
    json_set(arena, entry, STR("response"), response_of(arena, &what));
    set_new(arena, entry, "cache", JSON_OBJECT);
    struct json *timings = set_new(arena, entry, "timings", JSON_OBJECT);
    set_int(arena, timings, "send", 0);
    set_int(arena, timings, "wait", from->took_ms);
    set_int(arena, timings, "receive", 0);
    set_text(arena, entry, "comment",
             arena_printf(arena, "%s: %.*s %.*s",
                          recording_kind_name(from->kind),
                          STR_ARG(from->service), STR_ARG(from->operation)));
    json_set(arena, entry, STR("_settled"),
             convert_har_mark(arena, recording, index, &what, &call));
    return entry;
}

static bool is_exchange(const struct recording_entry *entry)
{
    return entry->kind != RECORDING_OUTCOME && entry->kind != RECORDING_JOINED;
}

static void write_entries(struct convert_job *job,
                          const struct recording *recording, struct buf *out)
{
    struct arena *scratch = arena_new();
    struct arena_mark mark = arena_mark(scratch);
    const char *before = "\n";
    for (size_t i = 0; i < recording->entry_count; i++) {
        if (is_exchange(&recording->entries[i])) {
            buf_add(out, str_of(before));
            json_write(entry_of(job, scratch, recording, i), out);
            arena_reset(scratch, mark);
            before = ",\n";
        }
    }
    arena_free(scratch);
}

static void write_log(struct convert_job *job,
                      const struct recording *recording,
                      const bool *keys_in_file, struct buf *out)
{
    struct arena *scratch = arena_new();
    buf_add(out, STR("{\"log\":{\"version\":\"1.2\",\"creator\":"
                     "{\"name\":\"settled\",\"version\":\"" SETTLED_VERSION
                     "\"},\"entries\":["));
    write_entries(job, recording, out);
    buf_add(out, STR("\n],\n\"_settled\":"));
    json_write(convert_har_log(job, scratch, recording, keys_in_file), out);
    buf_add(out, STR("}}\n"));
    arena_free(scratch);
}

/* A key that can be read without the user's own lies in the file. */
static bool find_keys(struct convert_job *job, struct str path, bool **ret_keys)
{
    const struct recording_read_options options = {.edited = false};
    struct diag unheard;
    diag_init(&unheard, job->arena);
    struct recording *recording =
        recording_load(path, &options, job->errors, &unheard);
    if (recording == NULL) {
        return false;
    }
    *ret_keys = ARENA_ARRAY(job->arena, bool, recording->session_count + 1);
    for (size_t i = 0; i < recording->session_count; i++) {
        (*ret_keys)[i] = recording->sessions[i].keyed;
    }
    recording_free(recording);
    return true;
}

bool convert_write_har(struct convert_job *job, struct str path,
                       struct buf *out)
{
    const struct recording_read_options options = {.key_text =
                                                       job->options->key_text};
    struct diag unheard;
    bool *keys_in_file = NULL;
    diag_init(&unheard, job->arena);
    if (!find_keys(job, path, &keys_in_file)) {
        return false;
    }
    struct recording *recording =
        recording_load(path, &options, job->errors, &unheard);
    if (recording == NULL) {
        return false;
    }
    write_log(job, recording, keys_in_file, out);
    recording_free(recording);
    return true;
}
