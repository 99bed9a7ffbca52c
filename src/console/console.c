/* SPDX-License-Identifier: Apache-2.0 */
/* Who may look, and at what. Start at handle(); the routes are rows. */
#include "console/private.h"

#include "base/mem.h"
#include "page/page.h"

#include <assert.h>

struct console {
    struct http_handler handler;
    struct event_sink sink;
    struct console_config config;
    struct arena *arena;
    struct metrics *metrics;
    struct live *live; /* NULL: there is no dashboard */
    uint16_t port;
};

/* ---- answers ---- */

static struct http_response answer(struct arena *arena, int status,
                                   struct str type, struct str body)
{
    struct http_response response = {.status = status, .body = body};
    http_headers_add(arena, &response.headers, STR("Content-Type"), type);
    http_headers_add(arena, &response.headers, STR("Cache-Control"),
                     STR("no-store"));
    http_headers_add(arena, &response.headers, STR("X-Content-Type-Options"),
                     STR("nosniff"));
    http_headers_add(arena, &response.headers, STR("Referrer-Policy"),
                     STR("no-referrer"));
    return response;
}

static struct http_response sentence(struct arena *arena, int status,
                                     const char *text)
{
    return answer(arena, status, STR("text/plain; charset=utf-8"),
                  str_of(text));
}

static struct http_response take(struct http_call *call, struct str type,
                                 struct buf *body)
{
    struct http_response response =
        answer(call->arena, 200, type, arena_str(call->arena, buf_str(body)));
    buf_free(body);
    return response;
}

/* ---- what there is ---- */

static struct http_response show_health(struct console *console,
                                        struct http_call *call)
{
    (void)console;
    return sentence(call->arena, 200, "ok\n");
}

void console_write_metrics(const struct console *console, struct buf *out)
{
    const struct console_config *config = &console->config;
    size_t active =
        config->active != NULL ? config->active(config->active_ctx) : 0;
    metrics_write(console->metrics, active, config->version, out);
}

static struct http_response show_metrics(struct console *console,
                                         struct http_call *call)
{
    struct buf text = {0};
    console_write_metrics(console, &text);
    return take(call, STR("text/plain; version=0.0.4; charset=utf-8"), &text);
}

static struct http_response show_page(struct console *console,
                                      struct http_call *call)
{
    struct buf text = {0};
    struct str path = arena_printf(call->arena, "events?token=%.*s",
                                   STR_ARG(console->config.token));
    page_write_live(path, &text);
    return take(call, STR("text/html; charset=utf-8"), &text);
}

static struct http_response show_data(struct console *console,
                                      struct http_call *call)
{
    struct str edition =
        arena_printf(call->arena, "\"%llu\"",
                     (unsigned long long)live_edition(console->live));
    struct str known =
        http_headers_get(&call->request.headers, "If-None-Match");
    bool same = str_eq(known, edition);
    struct http_response response = answer(
        call->arena, same ? 304 : 200, STR("application/json; charset=utf-8"),
        same ? STR_NONE : live_data(console->live));
    http_headers_add(call->arena, &response.headers, STR("ETag"), edition);
    return response;
}

/* ---- who may look ---- */

/* Every byte is looked at, however early they differ. */
static bool same_secret(struct str a, struct str b)
{
    unsigned char differs = a.len != b.len;
    for (size_t i = 0; i < a.len && i < b.len; i++) {
        differs |= (unsigned char)(a.ptr[i] ^ b.ptr[i]);
    }
    return differs == 0 && a.len > 0;
}

static bool has_token(const struct console *console,
                      const struct http_call *call)
{
    struct str token = STR_NONE;
    return http_query_get(call->arena, http_target_query(call->request.target),
                          STR("token"), &token) &&
           same_secret(token, console->config.token);
}

/* A name that leads here may be anybody's (DNS rebinding), and another site's
 * script may ask in a browser's name. */
static bool is_from_here(const struct console *console,
                         const struct http_call *call)
{
    const struct http_headers *headers = &call->request.headers;
    struct str host = http_headers_get(headers, "Host");
    size_t colon = str_find_last(host, ':');
    uint64_t port = 0;
    struct str site = http_headers_get(headers, "Sec-Fetch-Site");
    return colon != STR_NOT_FOUND &&
           str_to_u64(str_from(host, colon + 1), &port) &&
           port == console->port &&
           http_host_is_loopback(str_first(host, colon)) &&
           http_headers_count(headers, "Origin") == 0 &&
           (site.len == 0 || str_eq(site, STR("none")) ||
            str_eq(site, STR("same-origin")));
}

/* ---- routes ---- */

enum needs { NEEDS_METRICS, NEEDS_TOKEN };

static const struct route {
    const char *path;
    enum needs needs;
    struct http_response (*show)(struct console *, struct http_call *);
} routes[] = {
    {"/healthz", NEEDS_METRICS, show_health},
    {"/metrics", NEEDS_METRICS, show_metrics},
    {"/", NEEDS_TOKEN, show_page},
    {"/events", NEEDS_TOKEN, show_data},
};

static struct http_response decide(struct console *console,
                                   struct http_call *call)
{
    struct str path = http_target_path(call->request.target);
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        const struct route *route = &routes[i];
        bool there = route->needs == NEEDS_TOKEN ? console->live != NULL
                                                 : console->config.metrics;
        if (!there || !str_eq(path, str_of(route->path))) {
            continue;
        }
        if (!str_eq(call->request.method, STR("GET"))) {
            return sentence(call->arena, 405, "only GET is understood here\n");
        }
        if (route->needs == NEEDS_TOKEN &&
            (!is_from_here(console, call) || !has_token(console, call))) {
            return sentence(call->arena, 403,
                            "open the address that settled printed at its "
                            "start, token and all\n");
        }
        return route->show(console, call);
    }
    return sentence(call->arena, 404, "there is nothing here\n");
}

static void handle(struct http_handler *self, struct http_call *call)
{
    struct console *console = (struct console *)self;
    struct http_response response = decide(console, call);
    http_call_reply(call, &response);
    http_call_release(call);
}

/* ---- making and ending it ---- */

static void hear(struct event_sink *self, const struct event *event)
{
    struct console *console =
        (struct console *)((char *)self - offsetof(struct console, sink));
    metrics_hear(console->metrics, event);
    if (console->live != NULL) {
        live_hear(console->live, event);
    }
}

static bool wants_body(struct http_handler *self, const struct http_call *call)
{
    (void)self;
    (void)call;
    return false;
}

struct console *console_new(const struct console_config *config)
{
    struct console *console = mem_new(sizeof(*console));
    console->arena = arena_new();
    console->config = *config;
    console->config.token = arena_str(console->arena, config->token);
    console->handler =
        (struct http_handler){.handle = handle, .wants_body = wants_body};
    console->sink.hear = hear;
    console->metrics = metrics_new();
    if (config->token.len > 0) {
        console->live = live_new(config->wall_ms, config->run_id);
    }
    return console;
}

void console_free(struct console *console)
{
    if (console != NULL) {
        live_free(console->live);
        metrics_free(console->metrics);
        arena_free(console->arena);
        mem_free(console);
    }
}

struct event_sink *console_sink(struct console *console)
{
    return &console->sink;
}

struct http_handler *console_handler(struct console *console)
{
    return &console->handler;
}

void console_set_port(struct console *console, uint16_t port)
{
    console->port = port;
}
