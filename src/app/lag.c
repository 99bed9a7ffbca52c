/* SPDX-License-Identifier: Apache-2.0 */
/* `settled lag`: an emulator made eventually consistent. Start at app_lag(). */
#include "app/private.h"

#include "base/clock.h"
#include "base/file.h"
#include "lag/lag.h"

#include <signal.h>
#include <stdlib.h>

struct front {
    struct arena *arena;
    const struct app_lag_options *options;
    struct listen_at at;
    struct str upstream_url;
    struct lag_clocks clocks;
    struct lag_schedule schedule;
    struct aws_registry *registry;
    struct rules *rules;
    struct events events;
    struct journal *journal;
    struct loop_hook log_hook;
    struct loop *loop;
    struct upstream *upstream;
    struct lag *lag;
    struct server *server;
    struct timer end;
    int64_t end_by_ms; /* then calls are given up */
};

/* An empty text leaves the clock without a distribution of its own. */
static bool read_kind(struct front *f, const char *option, struct str text,
                      enum lag_clock clock, struct str *reterr)
{
    struct str why = STR_NONE;
    if (text.len == 0) {
        return true;
    }
    f->clocks.own[clock] = true;
    if (!lag_distribution_parse(f->arena, text, &f->clocks.at[clock], &why)) {
        *reterr = arena_printf(f->arena, "%s %.*s", option, STR_ARG(why));
        return false;
    }
    return true;
}

static bool read_clocks(struct front *f, struct str *reterr)
{
    const struct app_lag_options *o = f->options;
    char *end = NULL;
    if (o->lag.len == 0) {
        *reterr = STR("--lag must not be empty");
        return false;
    }
    if (!read_kind(f, "--lag", o->lag, LAG_DIRECT, reterr) ||
        !read_kind(f, "--tag-lag", o->tag_lag, LAG_TAGS, reterr) ||
        !read_kind(f, "--listed-lag", o->listed_lag, LAG_LISTED, reterr)) {
        return false;
    }
    double flap = strtod(arena_str(f->arena, o->flap).ptr, &end);
    if (o->flap.len == 0 || *end != '\0' || !(flap >= 0 && flap <= 1)) {
        *reterr =
            arena_printf(f->arena, "--flap %.*s: wants a chance from 0 to 1",
                         STR_ARG(o->flap));
        return false;
    }
    f->clocks.flap = flap;
    return true;
}

static bool read_options(struct front *f, struct str *reterr)
{
    const struct app_lag_options *o = f->options;
    bool loopback = false;
    if (!parse_listen(f->arena, o->listen, &f->at, reterr) ||
        !parse_upstream(f->arena, o->upstream, &f->upstream_url, &loopback,
                        reterr) ||
        !read_clocks(f, reterr)) {
        return false;
    }
    if (!loopback || !f->at.loopback) {
        *reterr = STR("lag is for emulators: both --upstream and --listen must "
                      "be on this machine's loopback");
        return false;
    }
    return true;
}

/* Says what is wrong with it. */
static bool read_schedule(struct front *f)
{
    enum { SCHEDULE_MAX = 1024 * 1024 };
    struct str why = STR_NONE;
    struct source *source = ARENA_NEW(f->arena, struct source);
    struct diag diag;
    if (f->options->schedule.len == 0) {
        return true;
    }
    source->name = f->options->schedule;
    diag_init(&diag, f->arena);
    if (!file_read(f->arena, source->name, SCHEDULE_MAX, &source->text, &why)) {
        print_sentence(why);
        return false;
    }
    bool good =
        lag_schedule_read(f->arena, source, f->rules, &f->schedule, &diag);
    print_diag(&diag);
    return good;
}

static bool open_log(struct front *f, struct str *reterr)
{
    if (f->options->log.len == 0) {
        return true;
    }
    const struct journal_config config = {.path = f->options->log,
                                          .run_id = STR("lag"),
                                          .wall_ms = clock_wall_ms};
    f->journal = journal_open(&config, f->arena, reterr);
    if (f->journal == NULL) {
        return false;
    }
    events_add(&f->events, journal_sink(f->journal));
    log_each_turn(f->journal, f->loop, &f->log_hook);
    return true;
}

static bool open_front(struct front *f, struct str *reterr)
{
    enum { HEADER_BYTES = 65536, BODY_BYTES = 64 << 20, CONNECTIONS = 4096 };
    const struct upstream_config up = {0};
    f->upstream = upstream_new(f->loop, &up);
    const struct lag_config lag = {
        .timers = loop_timers(f->loop),
        .wall_ms = clock_wall_ms,
        .registry = f->registry,
        .events = &f->events,
        .client = upstream_client(f->upstream),
        .rules = f->rules,
        .upstream_url = f->upstream_url,
        .clocks = f->clocks,
        .schedule = f->schedule,
        .seed = f->options->seed,
        .body_limit = BODY_BYTES,
    };
    f->lag = lag_new(&lag);
    const struct server_config server = {
        .host = f->at.host,
        .port = f->at.port,
        .header_limit = HEADER_BYTES,
        .connection_limit = CONNECTIONS,
    };
    f->server =
        server_new(f->loop, &server, lag_handler(f->lag), f->arena, reterr);
    return f->server != NULL;
}

static void on_end(void *ctx)
{
    enum { LOOK_AGAIN_MS = 20 };
    struct front *f = ctx;
    struct timers *timers = loop_timers(f->loop);
    if (lag_active(f->lag) == 0) {
        loop_stop(f->loop);
        return;
    }
    if (timers_now_ms(timers) >= f->end_by_ms) {
        lag_finish(f->lag);
    }
    timer_arm(timers, &f->end, LOOK_AGAIN_MS);
}

static void on_signal(void *ctx, const struct signalfd_siginfo *info)
{
    enum { GRACE_MS = 2000 };
    struct front *f = ctx;
    (void)info;
    if (!timer_is_armed(&f->end)) {
        server_stop_accepting(f->server);
        f->end_by_ms = timers_now_ms(loop_timers(f->loop)) + GRACE_MS;
    } else {
        f->end_by_ms = 0; /* asked a second time: at once */
    }
    timer_wake(loop_timers(f->loop), &f->end);
}

static void close_front(struct front *f)
{
    if (f->loop != NULL) {
        timer_cancel(loop_timers(f->loop), &f->end);
    }
    if (f->server != NULL) {
        server_free(f->server);
    }
    lag_free(f->lag);
    upstream_free(f->upstream);
    journal_close(f->journal);
    rules_unref(f->rules);
    aws_registry_free(f->registry);
    loop_free(f->loop);
    arena_free(f->arena);
}

static int run(struct front *f)
{
    struct str why = STR_NONE;
    if (!read_options(f, &why)) {
        print_sentence(why);
        return 2;
    }
    f->registry = aws_registry_new();
    f->rules = load_rules(f->registry, &f->options->rules, true);
    if (f->rules == NULL) {
        return 1;
    }
    if (!read_schedule(f)) {
        return 2;
    }
    f->loop = loop_new();
    timer_init(&f->end, on_end, f);
    if (!open_log(f, &why) || !open_front(f, &why)) {
        print_sentence(why);
        return 1;
    }
    loop_on_signal(f->loop, SIGTERM, on_signal, f);
    loop_on_signal(f->loop, SIGINT, on_signal, f);
    struct str line =
        arena_printf(f->arena, "# settled lag: listening on http://%.*s:%u\n",
                     STR_ARG(f->at.host), server_port(f->server));
    print_text(line);
    loop_run(f->loop);
    return 0;
}

int app_lag(const struct app_lag_options *options)
{
    struct front front = {.arena = arena_new(), .options = options};
    struct process before;
    process_prepare(&before);
    int status = run(&front);
    close_front(&front);
    return status;
}
