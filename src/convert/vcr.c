/* SPDX-License-Identifier: Apache-2.0 */
/* Cassettes of vcrpy, in YAML or JSON: a list of interactions, each a request
 * and its response. Start at convert_read_vcr(). */
#include "convert/private.h"

/* ---- headers ---- */

static bool add_header(struct convert_job *job, struct http_headers *headers,
                       struct str name, const struct json *value)
{
    struct str text;
    if (!convert_scalar(job, value, &text)) {
        return false;
    }
    http_headers_add(job->arena, headers, name, str_trim(text));
    return true;
}

/* One text, or a list of them. */
static bool add_values(struct convert_job *job, struct http_headers *headers,
                       struct str name, const struct json *values)
{
    if (values->type != JSON_ARRAY) {
        return add_header(job, headers, name, values);
    }
    for (size_t i = 0; i < values->count; i++) {
        if (!add_header(job, headers, name, values->members[i].value)) {
            return false;
        }
    }
    return true;
}

/* "Name: value", as the oldest cassettes have it, or a pair. */
static bool add_line(struct convert_job *job, struct http_headers *headers,
                     const struct json *line)
{
    if (line->type == JSON_ARRAY && line->count == 2 &&
        line->members[0].value->type == JSON_STRING) {
        return add_values(job, headers, line->members[0].value->text,
                          line->members[1].value);
    }
    struct str rest = json_text(line);
    struct str name = str_trim(str_cut(&rest, ':'));
    if (name.len == 0 || rest.ptr == NULL) {
        return false;
    }
    http_headers_add(job->arena, headers, name, str_trim(rest));
    return true;
}

static bool add_lines(struct convert_job *job, struct http_headers *headers,
                      const struct json *lines)
{
    /* A set of Python, dumped as the arguments that make it. */
    if (lines->count == 1 && json_is(lines->members[0].value, JSON_ARRAY) &&
        lines->members[0].value->count > 0 &&
        json_is(lines->members[0].value->members[0].value, JSON_ARRAY)) {
        lines = lines->members[0].value;
    }
    for (size_t i = 0; i < lines->count; i++) {
        if (!add_line(job, headers, lines->members[i].value)) {
            return false;
        }
    }
    return true;
}

static void read_headers(const struct convert_view *view,
                         struct http_headers *headers)
{
    const struct json *value = json_get(view->object, STR("headers"));
    if (value == NULL || value->type == JSON_NULL) {
        return;
    }
    if (value->type == JSON_ARRAY && add_lines(view->job, headers, value)) {
        return;
    }
    struct span span = convert_first_byte(value);
    if (value->type != JSON_OBJECT) {
        convert_wrong(view->job, span,
                      "%.*s.headers must be an object of lists of texts",
                      STR_ARG(view->name));
        return;
    }
    for (size_t i = 0; i < value->count; i++) {
        const struct json_member *member = &value->members[i];
        if (!add_values(view->job, headers, member->key, member->value)) {
            convert_wrong(view->job, member->key_span,
                          "%.*s.headers: each must be a text or a list of "
                          "texts",
                          STR_ARG(view->name));
        }
    }
}

/* ---- bodies ---- */

static struct str read_base64(const struct convert_view *view,
                              const struct json *value)
{
    struct str bytes = STR_NONE;
    if (!json_is(value, JSON_STRING) ||
        !convert_unbase64(view->job->arena, value->text, &bytes)) {
        convert_wrong(view->job, convert_first_byte(value),
                      "%.*s.body.base64_string must be base64",
                      STR_ARG(view->name));
    }
    return bytes;
}

/* null, a text, {string: text} or {base64_string: text}. */
static struct str read_body(const struct convert_view *view)
{
    const struct json *body = json_get(view->object, STR("body"));
    const struct json *coded = json_get(body, STR("base64_string"));
    if (body == NULL) {
        return STR_NONE;
    }
    if (coded != NULL && coded->type != JSON_NULL) {
        return read_base64(view, coded);
    }
    const struct json *text = body;
    if (body->type == JSON_OBJECT && body->count > 0) {
        text = json_get(body, STR("string"));
    }
    struct str bytes = STR_NONE;
    bool empty = text != NULL && text->type == JSON_OBJECT && text->count == 0;
    if (text == NULL || (!empty && !convert_scalar(view->job, text, &bytes))) {
        convert_wrong(view->job, convert_first_byte(body),
                      "%.*s.body must be a text, or an object with a text "
                      "\"string\" or \"base64_string\"",
                      STR_ARG(view->name));
    }
    return bytes;
}

static void unpack(const struct convert_view *view,
                   struct http_headers *headers, struct str *body,
                   bool length_is_data)
{
    const struct json *value = json_get(view->object, STR("body"));
    if (!convert_unpack(view->job->arena, headers, body, length_is_data)) {
        convert_wrong(view->job, convert_first_byte(value),
                      "%.*s.body is damaged: it begins as gzip does, and "
                      "cannot be unpacked",
                      STR_ARG(view->name));
    }
}

/* ---- requests ---- */

/* Before 1.0 the URI lay in its parts. */
static struct str join_uri(const struct convert_view *view)
{
    struct arena *arena = view->job->arena;
    struct str host = json_get_text(view->object, "host");
    struct str scheme = json_get_text(view->object, "protocol");
    struct str path = json_get_text(view->object, "path");
    if (host.len == 0) {
        return STR_NONE;
    }
    return arena_printf(arena, "%.*s://%.*s%.*s",
                        STR_ARG(scheme.len > 0 ? scheme : STR("https")),
                        STR_ARG(host), STR_ARG(path));
}

static void read_uri(const struct convert_view *view,
                     struct convert_draft *draft)
{
    const struct json *value = json_get(view->object, STR("uri"));
    struct str uri = value == NULL ? join_uri(view) : STR_NONE;
    if (uri.len == 0) {
        uri = convert_view_text(view, "uri", true);
    }
    if (uri.ptr != NULL &&
        !convert_url_split(view->job->arena, uri, &draft->url)) {
        convert_wrong(
            view->job, convert_first_byte(value != NULL ? value : view->object),
            "%.*s.uri must be a URL with its host", STR_ARG(view->name));
    }
}

static struct str upper(struct arena *arena, struct str text)
{
    char *bytes = arena_alloc(arena, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bytes[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    return str_make(bytes, text.len);
}

static void read_request(const struct convert_view *view,
                         struct convert_draft *draft)
{
    struct http_request *request = &draft->what.request;
    if (view->object == NULL) {
        return;
    }
    request->method =
        upper(view->job->arena, convert_view_text(view, "method", true));
    read_uri(view, draft);
    read_headers(view, &request->headers);
    request->body = read_body(view);
    unpack(view, &request->headers, &request->body, false);
}

/* ---- responses ---- */

static void read_response(const struct convert_view *view,
                          struct convert_draft *draft)
{
    struct http_response *response = &draft->what.response;
    int64_t status = 0;
    if (view->object == NULL) {
        return;
    }
    struct convert_view line = convert_view_object(view, "status", true);
    if (convert_view_int(&line, "code", 100, 599, true, &status)) {
        response->status = (int)status;
    }
    read_headers(view, &response->headers);
    response->body = read_body(view);
    unpack(view, &response->headers, &response->body,
           str_eq(draft->what.request.method, STR("HEAD")));
    draft->what.outcome = HTTP_ANSWERED;
}

static void read_interaction(const struct convert_view *view)
{
    struct convert_job *job = view->job;
    size_t wrong = job->errors->count;
    struct convert_draft draft = {.place = view->name,
                                  .span = convert_first_byte(view->object)};
    struct convert_view request = convert_view_object(view, "request", true);
    struct convert_view response = convert_view_object(view, "response", true);
    read_request(&request, &draft);
    read_response(&response, &draft);
    if (job->errors->count > wrong) {
        return;
    }
    draft.timed = convert_date_of(job->arena, &draft.what.request,
                                  &draft.what.response, &draft.started_ms);
    convert_take(job, &draft);
}

static bool check_version(struct convert_job *job, const struct json *root)
{
    struct convert_view view = convert_view(job, root, "the cassette");
    int64_t version = 0;
    bool told = json_get(root, STR("version")) != NULL;
    return !told || convert_view_int(&view, "version", 0, 1, true, &version);
}

bool convert_read_vcr(struct convert_job *job, const struct json *root)
{
    bool bare = root->type == JSON_ARRAY;
    const struct json *list = root;
    if (!bare) {
        struct convert_view view = convert_view(job, root, "the cassette");
        list = convert_view_array(&view, "interactions", true);
        (void)check_version(job, root);
    }
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct json *value = list->members[i].value;
        struct convert_view view =
            convert_view(job, value, bare ? "[%zu]" : "interactions[%zu]", i);
        if (convert_is_enough(job)) {
            break;
        }
        if (value->type == JSON_OBJECT) {
            read_interaction(&view);
        } else {
            convert_wrong(job, convert_first_byte(value),
                          "%.*s must be an object with a request and a "
                          "response",
                          STR_ARG(view.name));
        }
    }
    if (job->errors->count == 0) {
        convert_close(job, "vcrpy", true);
    }
    return job->errors->count == 0;
}
