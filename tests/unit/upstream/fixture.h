/* SPDX-License-Identifier: Apache-2.0 */
/* A loop, an upstream, a scripted server, and fetches that count their
 * wake-ups. Include cmocka first. */
#ifndef UPSTREAM_FIXTURE_H
#define UPSTREAM_FIXTURE_H

#include "base/clock.h"
#include "scripted_server.h"
#include "upstream/upstream.h"

#define OK_TEXT     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

struct fixture {
    struct loop *loop;
    struct arena *arena;
    struct upstream *upstream;
    struct http_client *client;
    struct server server;
    struct timer alarm;
    int alarms;
    int64_t pushed_ms;
};

struct asker {
    struct http_fetch fetch;
    struct timer head;
    struct timer done;
    int head_count;
    int done_count;
};

static inline void count_up(void *ctx)
{
    int *count = ctx;
    (*count)++;
}

/* The real one, and as much as a test has pushed it forward. */
static inline int64_t fixture_now(void *clock)
{
    return clock_monotonic_ms(NULL) + *(int64_t *)clock;
}

static inline void fixture_start(struct fixture *f,
                                 const struct answer *answers, size_t count)
{
    struct upstream_config config = {.connect_timeout_ms = 2000};
    *f = (struct fixture){0};
    f->loop = loop_new();
    loop_timers(f->loop)->now_ms = fixture_now;
    loop_timers(f->loop)->clock = &f->pushed_ms;
    f->arena = arena_new();
    f->upstream = upstream_new(f->loop, &config);
    f->client = upstream_client(f->upstream);
    server_start(&f->server, f->loop);
    f->server.answers = answers;
    f->server.answer_count = count;
    timer_init(&f->alarm, count_up, &f->alarms);
}

static inline void fixture_stop(struct fixture *f, struct asker *askers,
                                size_t count)
{
    for (size_t i = 0; i < count; i++) {
        http_fetch_cancel(f->client, &askers[i].fetch);
    }
    server_stop(&f->server);
    upstream_free(f->upstream);
    arena_free(f->arena);
    loop_free(f->loop);
}

static inline void ask_prepare(struct fixture *f, struct asker *asker,
                               const char *method)
{
    *asker = (struct asker){0};
    timer_init(&asker->head, count_up, &asker->head_count);
    timer_init(&asker->done, count_up, &asker->done_count);
    asker->fetch = (struct http_fetch){
        .arena = f->arena,
        .timers = loop_timers(f->loop),
        .request = {.method = str_of(method), .target = STR("/")},
        .origin = arena_printf(f->arena, "http://127.0.0.1:%u",
                               (unsigned)f->server.port),
        .timeout_ms = 5000,
        .head = &asker->head,
        .done = &asker->done,
    };
}

/* One turn that does not wait for anything longer than a moment. */
static inline void linger(struct fixture *f)
{
    timer_arm(loop_timers(f->loop), &f->alarm, 1);
    loop_turn(f->loop);
    timer_cancel(loop_timers(f->loop), &f->alarm);
}

/* So much time goes by, and what it makes due is run. */
static inline void push_clock(struct fixture *f, int64_t ms)
{
    f->pushed_ms += ms;
    linger(f);
    linger(f);
}

static inline void run_until(struct fixture *f, const int *count, int wanted)
{
    f->alarms = 0;
    timer_arm(loop_timers(f->loop), &f->alarm, 10000);
    while (*count < wanted && f->alarms == 0) {
        loop_turn(f->loop);
    }
    timer_cancel(loop_timers(f->loop), &f->alarm);
    assert_int_equal(f->alarms, 0);
}

/* The same for what is counted in sizes. */
static inline void run_until_size(struct fixture *f, const size_t *count,
                                  size_t wanted)
{
    for (int i = 0; i < 10000 && *count < wanted; i++) {
        linger(f);
    }
    assert_true(*count >= wanted);
}

static inline void ask_whole(struct fixture *f, struct asker *asker)
{
    http_fetch_send(f->client, &asker->fetch);
    run_until(f, &asker->done_count, 1);
}

static inline void assert_str(struct str text, const char *expected)
{
    if (!str_eq(text, str_of(expected))) {
        fail_msg("'%.*s' is not '%s'", STR_ARG(text), expected);
    }
}

#endif
