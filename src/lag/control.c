/* SPDX-License-Identifier: Apache-2.0 */
/* Our own paths, /_settled/lag and below: what lags, and an end to it. They
 * never reach the emulator. Start at lag_control_answer(). */
#include "lag/private.h"

bool lag_control_is_ours(const struct http_call *call)
{
    struct str path = http_target_path(call->request.target);
    return str_eq(path, STR("/_settled")) ||
           str_starts(path, STR("/_settled/"));
}

static struct http_response answer(struct arena *arena, int status,
                                   const struct json *body)
{
    struct http_response response = {.status = status};
    struct buf text = {0};
    json_write(body, &text);
    buf_add_char(&text, '\n');
    response.body = arena_str(arena, buf_str(&text));
    buf_free(&text);
    http_headers_add(arena, &response.headers, STR("Content-Type"),
                     STR("application/json"));
    return response;
}

static struct http_response refuse(struct arena *arena, int status,
                                   const char *why)
{
    struct json *body = json_new(arena, JSON_OBJECT);
    json_set(arena, body, STR("message"), json_new_text(arena, why));
    return answer(arena, status, body);
}

/* ---- the paths ---- */

static struct http_response tell_counts(struct lag *lag, struct arena *arena)
{
    int64_t now = timers_now_ms(lag->config.timers);
    return answer(arena, 200,
                  lag_counts_write(lag->counts, arena,
                                   store_open_count(lag->store, now)));
}

struct listing {
    struct lag *lag;
    struct arena *arena;
    struct json *list;
    int64_t now_ms;
};

static void list_one(void *ctx, const struct read *read,
                     const struct window *window)
{
    struct listing *l = ctx;
    struct json *one = json_new(l->arena, JSON_OBJECT);
    json_set(l->arena, one, STR("write"),
             json_new_int(l->arena, (int64_t)window->write));
    json_set(l->arena, one, STR("resource"),
             json_new_string(l->arena, window->resource));
    json_set(l->arena, one, STR("service"),
             json_new_string(l->arena, read->service));
    json_set(l->arena, one, STR("region"),
             json_new_string(l->arena, read->region));
    json_set(l->arena, one, STR("operation"),
             json_new_string(l->arena, read->operation));
    json_set(l->arena, one, STR("input"),
             aws_redact(l->lag->config.registry, l->arena, read->service,
                        read->operation, read->input));
    json_set(l->arena, one, STR("clock"),
             json_new_text(l->arena, lag_clock_name(window->clock)));
    if (window->until_ms != INT64_MAX) { /* else: not answered yet */
        json_set(l->arena, one, STR("until_ms"),
                 json_new_int(l->arena, window->until_ms - l->now_ms));
    }
    json_push(l->arena, l->list, one);
}

static struct http_response tell_open(struct lag *lag, struct arena *arena)
{
    struct listing l = {lag, arena, json_new(arena, JSON_ARRAY),
                        timers_now_ms(lag->config.timers)};
    store_each(lag->store, l.now_ms, list_one, &l);
    return answer(arena, 200, l.list);
}

static struct http_response clear(struct lag *lag, struct arena *arena)
{
    int64_t now = timers_now_ms(lag->config.timers);
    struct json *body = json_new(arena, JSON_OBJECT);
    json_set(arena, body, STR("cleared"),
             json_new_int(arena, (int64_t)store_open_count(lag->store, now)));
    store_clear(lag->store);
    return answer(arena, 200, body);
}

static const struct {
    const char *path;
    const char *method;
    struct http_response (*answer)(struct lag *, struct arena *);
} paths[] = {
    {"/_settled/lag", "GET", tell_counts},
    {"/_settled/lag/open", "GET", tell_open},
    {"/_settled/lag/clear", "POST", clear},
};

/* A page in a browser can reach loopback too, under a name of its own. */
static bool is_browser(const struct http_request *request)
{
    struct arena *scratch = arena_new();
    struct http_url url;
    struct str why = STR_NONE;
    struct str host = http_headers_get(&request->headers, "Host");
    bool foreign =
        host.len > 0 &&
        (!http_url_parse(scratch,
                         arena_printf(scratch, "http://%.*s", STR_ARG(host)),
                         &url, &why) ||
         !http_host_is_loopback(url.host));
    arena_free(scratch);
    return foreign || http_headers_count(&request->headers, "Origin") > 0 ||
           http_headers_count(&request->headers, "Sec-Fetch-Site") > 0;
}

struct http_response lag_control_answer(struct lag *lag, struct arena *arena,
                                        const struct http_request *request)
{
    struct str path = http_target_path(request->target);
    if (is_browser(request)) {
        return refuse(arena, 403, "not for browsers");
    }
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        if (!str_eq(path, str_of(paths[i].path))) {
            continue;
        }
        if (!str_eq(request->method, str_of(paths[i].method))) {
            struct http_response response =
                refuse(arena, 405, "another method is wanted here");
            http_headers_add(arena, &response.headers, STR("Allow"),
                             str_of(paths[i].method));
            return response;
        }
        return paths[i].answer(lag, arena);
    }
    return refuse(arena, 404,
                  "there is GET /_settled/lag, GET /_settled/lag/open and "
                  "POST /_settled/lag/clear");
}
