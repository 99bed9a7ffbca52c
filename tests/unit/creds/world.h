/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small world for the tests of this room: clocks turned by hand, an upstream
 * that answers when it is told to, files in a folder of their own, and a
 * server's side of a call.
 */
#ifndef TESTS_CREDS_WORLD_H
#define TESTS_CREDS_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "creds/private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT_OF(rows) (sizeof(rows) / sizeof((rows)[0]))
enum { FETCHES_MAX = 32, ENTRIES_MAX = 24, EVENTS_MAX = 32 };

/* 2026-11-21T05:00:00Z */
static int64_t world_wall = 1795237200000;

static inline int64_t read_world_wall(void)
{
    return world_wall;
}

static inline int64_t read_world_clock(void *clock)
{
    return *(const int64_t *)clock;
}

struct heard {
    struct event_sink sink;
    enum event_kind kinds[EVENTS_MAX];
    char clients[EVENTS_MAX][64];
    char details[EVENTS_MAX][600];
    size_t count;
};

static inline void hear_event(struct event_sink *self,
                              const struct event *event)
{
    struct heard *heard = (struct heard *)self;
    size_t at = heard->count++ % EVENTS_MAX;
    heard->kinds[at] = event->kind;
    (void)snprintf(heard->clients[at], sizeof(heard->clients[at]), "%.*s",
                   STR_ARG(event->client));
    (void)snprintf(heard->details[at], sizeof(heard->details[at]), "%.*s",
                   STR_ARG(event->detail));
}

struct upstream_fake {
    struct http_client client;
    struct http_fetch *sent[FETCHES_MAX];
    bool cancelled[FETCHES_MAX];
    size_t count;
};

static inline void fake_send(struct http_client *self, struct http_fetch *fetch)
{
    struct upstream_fake *fake = (struct upstream_fake *)self;
    assert_true(fake->count < FETCHES_MAX);
    fake->sent[fake->count++] = fetch;
}

static inline void fake_cancel(struct http_client *self,
                               struct http_fetch *fetch)
{
    struct upstream_fake *fake = (struct upstream_fake *)self;
    for (size_t i = fake->count; i > 0; i--) {
        if (fake->sent[i - 1] == fetch) {
            fake->cancelled[i - 1] = true;
            return;
        }
    }
    fail_msg("a fetch was cancelled that was never sent");
}

struct world {
    struct timers timers;
    int64_t now;
    struct arena *arena;
    struct aws_registry *registry;
    struct events events;
    struct heard heard;
    struct upstream_fake upstream;
    char folder[64];
    char *environment[ENTRIES_MAX];
    size_t entries;
    struct creds_config config;
    struct creds *creds;
};

static inline void world_env(struct world *world, const char *name,
                             const char *value)
{
    assert_true(world->entries + 1 < ENTRIES_MAX);
    char *entry =
        (char *)(uintptr_t)arena_printf(world->arena, "%s=%s", name, value).ptr;
    world->environment[world->entries++] = entry;
}

/* A file in the world's folder; returns its path. */
static inline const char *world_file(struct world *world, const char *name,
                                     const char *text)
{
    const char *path =
        arena_printf(world->arena, "%s/%s", world->folder, name).ptr;
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return path;
}

static inline void world_profiles(struct world *world, const char *credentials,
                                  const char *config)
{
    world_env(world, "AWS_SHARED_CREDENTIALS_FILE",
              world_file(world, "credentials", credentials));
    world_env(world, "AWS_CONFIG_FILE", world_file(world, "config", config));
}

static inline int world_setup(void **state)
{
    struct world *world = mem_new(sizeof(*world));
    world->now = 1000;
    world_wall = 1795237200000;
    timers_init(&world->timers, read_world_clock, &world->now);
    world->arena = arena_new();
    world->registry = aws_registry_new();
    world->heard.sink.hear = hear_event;
    events_add(&world->events, &world->heard.sink);
    world->upstream.client =
        (struct http_client){.send = fake_send, .cancel = fake_cancel};
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(world->folder, sizeof(world->folder), "%.40s/creds-XXXXXX",
                   tmp != NULL ? tmp : P_tmpdir);
    assert_non_null(mkdtemp(world->folder));
    world->config = (struct creds_config){
        .timers = &world->timers,
        .wall_ms = read_world_wall,
        .registry = world->registry,
        .events = &world->events,
        .upstream = &world->upstream.client,
        .environment = world->environment,
    };
    *state = world;
    return 0;
}

static inline void world_remove(struct world *world, const char *name)
{
    (void)unlink(arena_printf(world->arena, "%s/%s", world->folder, name).ptr);
}

static inline int world_teardown(void **state)
{
    struct world *world = *state;
    creds_free(world->creds);
    static const char *const names[] = {"credentials", "config", "token"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        world_remove(world, names[i]);
    }
    (void)rmdir(world->folder);
    aws_registry_free(world->registry);
    assert_int_equal(world->timers.count, 0);
    timers_done(&world->timers);
    arena_free(world->arena);
    mem_free(world);
    return 0;
}

/* After the environment and the configuration were filled in. */
static inline struct creds *world_begin(struct world *world)
{
    world->creds = creds_new(&world->config);
    return world->creds;
}

static inline void world_pass(struct world *world, int64_t ms)
{
    world->now += ms;
    world_wall += ms;
    (void)timers_run_due(&world->timers);
}

/* The last fetch that was sent. */
static inline struct http_fetch *world_fetch(struct world *world)
{
    assert_true(world->upstream.count > 0);
    return world->upstream.sent[world->upstream.count - 1];
}

static inline void world_answer(struct world *world, int status,
                                const char *body)
{
    struct http_fetch *fetch = world_fetch(world);
    fetch->outcome = HTTP_ANSWERED;
    fetch->response.status = status;
    fetch->response.body = arena_str(fetch->arena, str_of(body));
    fetch->head_ready = true;
    timer_wake(fetch->timers, fetch->done);
    (void)timers_run_due(&world->timers);
}

static inline void world_lose(struct world *world, enum http_outcome outcome)
{
    struct http_fetch *fetch = world_fetch(world);
    fetch->outcome = outcome;
    fetch->error = STR("the wire was cut");
    timer_wake(fetch->timers, fetch->done);
    (void)timers_run_due(&world->timers);
}

static inline const char *world_sts(struct world *world, const char *operation,
                                    const char *key, const char *expiration)
{
    return arena_printf(
               world->arena,
               "<%sResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/"
               "\"><%sResult><AssumedRoleUser><Arn>arn</Arn></AssumedRoleUser>"
               "<Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>"
               "secret-of-%s</SecretAccessKey><SessionToken>token-of-%s"
               "</SessionToken><Expiration>%s</Expiration></Credentials>"
               "</%sResult></%sResponse>",
               operation, operation, key, key, key, expiration, operation,
               operation)
        .ptr;
}

static inline void assert_str(struct str text, const char *expected)
{
    if (!str_eq(text, str_of(expected))) {
        fail_msg("'%.*s' is not '%s'", STR_ARG(text), expected);
    }
}

static inline void assert_holds(struct str text, const char *part)
{
    if (!str_contains(text, str_of(part))) {
        fail_msg("'%.*s' does not hold '%s'", STR_ARG(text), part);
    }
}

static inline void assert_holds_not(struct str text, const char *part)
{
    if (str_contains(text, str_of(part))) {
        fail_msg("'%.*s' holds '%s'", STR_ARG(text), part);
    }
}

/* Our own credentials as they stand; fails unless there are some. */
static inline struct sigv4_credentials world_own(struct world *world)
{
    struct sigv4_credentials got = {0};
    struct str error = STR_NONE;
    enum creds_state state = creds_own_get(&world->creds->own, &got, &error);
    if (state != CREDS_READY) {
        fail_msg("state %d: %.*s", (int)state, STR_ARG(error));
    }
    return got;
}

/* Why there are none. */
static inline struct str world_own_error(struct world *world)
{
    struct sigv4_credentials got = {0};
    struct str error = STR_NONE;
    assert_int_equal(creds_own_get(&world->creds->own, &got, &error),
                     CREDS_FAILED);
    return error;
}

static inline void world_own_pending(struct world *world)
{
    struct sigv4_credentials got = {0};
    struct str error = STR_NONE;
    enum creds_state state = creds_own_get(&world->creds->own, &got, &error);
    if (state != CREDS_PENDING) {
        fail_msg("state %d: %.*s", (int)state, STR_ARG(error));
    }
}

#define WORLD_TEST(name)                                                       \
    cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

#endif
