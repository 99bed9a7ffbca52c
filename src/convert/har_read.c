/* SPDX-License-Identifier: Apache-2.0 */
/* HAR 1.2, as browsers, proxies and settled write it. Start at
 * convert_read_har(). */
#include "convert/private.h"

/* ---- messages ---- */

/* Pseudo headers of HTTP/2 say what the message says elsewhere. */
static void read_headers(const struct convert_view *view,
                         struct http_headers *headers)
{
    const struct json *list = convert_view_array(view, "headers", true);
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct json *header = list->members[i].value;
        struct str name = json_get_text(header, "name");
        struct str value = json_get_text(header, "value");
        if (name.len == 0 || value.ptr == NULL) {
            convert_wrong(view->job, convert_first_byte(header),
                          "%.*s.headers[%zu] must have a name and a value",
                          STR_ARG(view->name), i);
        } else if (name.ptr[0] != ':') {
            http_headers_add(view->job->arena, headers, name, value);
        }
    }
}

/* The text of postData or content, decoded. */
static struct str read_text(const struct convert_view *view, const char *coding)
{
    struct str text = convert_view_text(view, "text", false);
    struct str named = json_get_text(view->object, coding);
    if (str_eq_nocase(named, STR("base64")) &&
        !convert_unbase64(view->job->arena, text, &text)) {
        convert_wrong(
            view->job, convert_first_byte(json_get(view->object, STR("text"))),
            "%.*s.text must be base64, as it says", STR_ARG(view->name));
    }
    return text;
}

/* A form whose text was not kept. */
static struct str join_params(const struct convert_view *view)
{
    const struct json *list = convert_view_array(view, "params", false);
    struct arena *arena = view->job->arena;
    struct buf form = {0};
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct json *param = list->members[i].value;
        struct str name = json_get_text(param, "name");
        struct str value = json_get_text(param, "value");
        buf_add(&form, i > 0 ? STR("&") : STR(""));
        buf_add(&form, http_encode(arena, name, false));
        buf_add_char(&form, '=');
        buf_add(&form, http_encode(arena, value, false));
    }
    struct str text = arena_str(arena, buf_str(&form));
    buf_free(&form);
    return text;
}

static void read_request(const struct convert_view *view,
                         struct convert_draft *draft)
{
    struct http_request *request = &draft->what.request;
    struct str url = convert_view_text(view, "url", true);
    request->method = convert_view_text(view, "method", true);
    if (url.ptr != NULL &&
        !convert_url_split(view->job->arena, url, &draft->url)) {
        convert_wrong(
            view->job, convert_first_byte(json_get(view->object, STR("url"))),
            "%.*s.url must be a URL with its host", STR_ARG(view->name));
    }
    read_headers(view, &request->headers);
    struct convert_view post = convert_view_object(view, "postData", false);
    request->body = read_text(&post, "_encoding");
    if (request->body.len == 0) {
        request->body = join_params(&post);
    }
    if (!convert_unpack(view->job->arena, &request->headers, &request->body,
                        false)) {
        convert_wrong(view->job, convert_first_byte(view->object),
                      "%.*s.postData is damaged: it begins as gzip does, and "
                      "cannot be unpacked",
                      STR_ARG(view->name));
    }
}

static void read_content(const struct convert_view *view,
                         struct convert_draft *draft)
{
    struct http_response *response = &draft->what.response;
    struct convert_view content = convert_view_object(view, "content", true);
    bool head = str_eq(draft->what.request.method, STR("HEAD"));
    int64_t size = 0;
    response->body = read_text(&content, "encoding");
    bool told =
        convert_view_int(&content, "size", -1, INT64_MAX / 2, false, &size);
    /* Told of, but not kept. */
    if (told && size > 0 && response->body.ptr == NULL && !head) {
        draft->what.response_left_out = size;
        return;
    }
    if (!convert_unpack(view->job->arena, &response->headers, &response->body,
                        head)) {
        convert_wrong(view->job, convert_first_byte(view->object),
                      "%.*s.content is damaged: it begins as gzip does, and "
                      "cannot be unpacked",
                      STR_ARG(view->name));
    }
}

/* 0 says that there was no answer. */
static bool read_status(const struct convert_view *view, int64_t *ret_status)
{
    if (!convert_view_int(view, "status", 0, 599, true, ret_status)) {
        return false;
    }
    bool fine = *ret_status == 0 || *ret_status >= 100;
    if (!fine) {
        convert_wrong(view->job,
                      convert_first_byte(json_get(view->object, STR("status"))),
                      "%.*s.status must be 0 or from 100 to 599",
                      STR_ARG(view->name));
    }
    return fine;
}

static void read_response(const struct convert_view *view,
                          struct convert_draft *draft)
{
    int64_t status = 0;
    if (!read_status(view, &status)) {
        return;
    }
    draft->what.outcome = status == 0 ? HTTP_LOST : HTTP_ANSWERED;
    draft->what.response.status = (int)status;
    if (status == 0) {
        struct str why = convert_view_text(view, "_error", false);
        draft->what.error = why.len > 0 ? why : STR("no answer was recorded");
        return;
    }
    read_headers(view, &draft->what.response.headers);
    read_content(view, draft);
}

static void read_times(const struct convert_view *view,
                       struct convert_draft *draft)
{
    struct str started = convert_view_text(view, "startedDateTime", true);
    int64_t took_ms = 0;
    draft->timed = convert_date(view->job->arena, started, &draft->started_ms);
    if (started.ptr != NULL && !draft->timed) {
        convert_wrong(
            view->job,
            convert_first_byte(json_get(view->object, STR("startedDateTime"))),
            "%.*s.startedDateTime must be a date like "
            "2015-08-30T12:36:00.123Z",
            STR_ARG(view->name));
    }
    if (convert_view_int(view, "time", -1, INT64_MAX / 2, false, &took_ms)) {
        draft->what.took_ms = took_ms > 0 ? took_ms : 0;
    }
}

static void read_entry(const struct convert_view *view)
{
    size_t wrong = view->job->errors->count;
    struct convert_draft draft = {.place = view->name,
                                  .span = convert_first_byte(view->object)};
    struct convert_view request = convert_view_object(view, "request", true);
    struct convert_view response = convert_view_object(view, "response", true);
    read_times(view, &draft);
    read_request(&request, &draft);
    read_response(&response, &draft);
    if (view->job->errors->count == wrong) {
        convert_har_take(view, &draft);
    }
}

bool convert_read_har(struct convert_job *job, const struct json *root)
{
    const struct json *log = json_get(root, STR("log"));
    const struct json *entries = json_get(log, STR("entries"));
    bool ours = convert_har_open(job, log);
    for (size_t i = 0; i < entries->count && !convert_is_enough(job); i++) {
        const struct json *value = entries->members[i].value;
        struct convert_view view =
            convert_view(job, value, "log.entries[%zu]", i);
        if (value->type == JSON_OBJECT) {
            read_entry(&view);
        } else {
            convert_wrong(job, convert_first_byte(value),
                          "%.*s must be an object", STR_ARG(view.name));
        }
    }
    if (job->errors->count > 0) {
        return false;
    }
    if (!ours) {
        convert_close(job, "har", false);
        return true;
    }
    return convert_har_close(job, log);
}
