/* SPDX-License-Identifier: Apache-2.0 */
/* --metrics and --dashboard: listeners beside the proxy's own, for those who
 * look on. Start at watch_open(). */
#include "app/private.h"

#include "base/clock.h"
#include "base/rng.h"

enum { HEADER_BYTES = 16 * 1024, CONNECTIONS = 64 };

static size_t active(void *ctx)
{
    const struct stack *s = ctx;
    return s->engine != NULL ? engine_active(s->engine) : 0;
}

static void open_console(struct stack *s, struct watch *watch, struct str token)
{
    const struct console_config config = {
        .timers = loop_timers(s->loop),
        .wall_ms = clock_wall_ms,
        .metrics = token.len == 0,
        .token = token,
        .active = active,
        .active_ctx = s,
        .run_id = s->run_id,
        .version = STR(SETTLED_VERSION),
    };
    watch->console = console_new(&config);
    events_add(&s->events, console_sink(watch->console));
}

static bool open_server(struct stack *s, struct watch *watch,
                        const struct listen_at *at,
                        struct http_handler *handler, struct str *reterr)
{
    const struct server_config server = {
        .host = at->host,
        .port = at->port,
        .header_limit = HEADER_BYTES,
        .connection_limit = CONNECTIONS,
    };
    watch->server = server_new(s->loop, &server, handler, s->arena, reterr);
    if (watch->server == NULL) {
        return false;
    }
    bool v6 = str_find(listen_reachable(at->host), ':') != STR_NOT_FOUND;
    watch->url = arena_printf(s->arena, "http://%s%.*s%s:%u", v6 ? "[" : "",
                              STR_ARG(listen_reachable(at->host)),
                              v6 ? "]" : "", server_port(watch->server));
    return true;
}

static bool open_one(struct stack *s, struct watch *watch,
                     const struct listen_at *at, struct str token,
                     struct str *reterr)
{
    open_console(s, watch, token);
    if (!open_server(s, watch, at, console_handler(watch->console), reterr)) {
        return false;
    }
    console_set_port(watch->console, server_port(watch->server));
    return true;
}

/* Of several processes the first one listens; each of the others counts. */
static bool open_metrics(struct stack *s, const struct listen_at *at,
                         struct str *reterr)
{
    if (s->seat != NULL) {
        open_console(s, &s->metrics, STR_NONE);
        return true;
    }
    if (s->loops != NULL) {
        s->metrics.gather = gather_new(s->loops, loop_timers(s->loop));
        return open_server(s, &s->metrics, at,
                           gather_handler(s->metrics.gather), reterr);
    }
    return open_one(s, &s->metrics, at, STR_NONE, reterr);
}

static struct str make_token(struct arena *arena)
{
    unsigned char bytes[16];
    struct buf text = {0};
    rng_secret(bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        buf_printf(&text, "%02x", bytes[i]);
    }
    struct str token = arena_str(arena, buf_str(&text));
    buf_free(&text);
    return token;
}

static bool open_dashboard(struct stack *s, struct str *reterr)
{
    struct listen_at at;
    struct str token = make_token(s->arena);
    if (!parse_listen(s->arena, STR("127.0.0.1:0"), &at, reterr) ||
        !open_one(s, &s->dashboard, &at, token, reterr)) {
        return false;
    }
    s->dashboard.url = arena_printf(s->arena, "%.*s/?token=%.*s",
                                    STR_ARG(s->dashboard.url), STR_ARG(token));
    return true;
}

bool watch_open(struct stack *s, struct str *reterr)
{
    const struct app_options *o = s->options;
    struct listen_at at;
    if (o->metrics.len > 0) {
        if (!parse_listen(s->arena, o->metrics, &at, reterr)) {
            *reterr = arena_printf(s->arena,
                                   "--metrics %.*s: wants HOST:PORT, as in "
                                   "127.0.0.1:9090",
                                   STR_ARG(o->metrics));
            return false;
        }
        if (!open_metrics(s, &at, reterr)) {
            return false;
        }
    }
    return !o->dashboard || open_dashboard(s, reterr);
}

void watch_tell(const struct stack *s)
{
    if (s->metrics.server != NULL) {
        print_note("metrics at %.*s/metrics", STR_ARG(s->metrics.url));
    }
    if (s->dashboard.server != NULL) {
        print_note("dashboard at %.*s", STR_ARG(s->dashboard.url));
    }
}

static void close_one(struct watch *watch)
{
    if (watch->server != NULL) {
        server_free(watch->server);
    }
    gather_free(watch->gather);
    console_free(watch->console);
    *watch = (struct watch){0};
}

void watch_close(struct stack *s)
{
    close_one(&s->metrics);
    close_one(&s->dashboard);
}
