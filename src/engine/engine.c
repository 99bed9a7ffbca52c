/* SPDX-License-Identifier: Apache-2.0 */
/* The engine as others see it: making, feeding and ending it. What happens to
 * a call is in exchange.c. Start at handle(). */
#include "engine/witness.h"

#include "base/mem.h"

#include <assert.h>

enum { BODY_LIMIT = 64 * 1024 * 1024 };

static struct engine *engine_of(struct http_handler *handler)
{
    return (struct engine *)((char *)handler -
                             offsetof(struct engine, handler));
}

static void handle(struct http_handler *self, struct http_call *call)
{
    engine_exchange_start(engine_of(self), call, false);
}

static struct engine *engine_of_inner(struct http_handler *handler)
{
    return (struct engine *)((char *)handler - offsetof(struct engine, inner));
}

static void handle_inner(struct http_handler *self, struct http_call *call)
{
    engine_exchange_start(engine_of_inner(self), call, true);
}

static bool is_form(const struct http_call *call)
{
    return str_eq(call->request.method, STR("POST")) &&
           str_starts(http_headers_get(&call->request.headers, "Content-Type"),
                      STR("application/x-www-form-urlencoded"));
}

/* A body is needed where a rule may look at it, where it names the operation,
 * for STS, whose answers are learned, and for reads that are judged. */
static bool wants_body(struct http_handler *self, const struct http_call *call)
{
    struct engine *engine = engine_of(self);
    struct arena *arena = arena_new();
    struct aws_call aws;
    aws_identify(engine->config.registry, arena, &call->request,
                 call->sign_service, call->sign_region, STR_NONE, &aws);
    bool wants =
        is_form(call) || str_eq(aws.service, STR("sts")) ||
        rules_find(engine->config.rules, aws.service, aws.operation) != NULL ||
        engine_read_wants_body(engine, &aws);
    arena_free(arena);
    return wants;
}

struct engine *engine_new(const struct engine_config *config)
{
    struct engine *engine = mem_new(sizeof(*engine));
    engine->config = *config;
    if (engine->config.body_limit == 0) {
        engine->config.body_limit = BODY_LIMIT;
    }
    engine->handler.handle = handle;
    engine->handler.wants_body = wants_body;
    engine->inner.handle = handle_inner; /* whole: only calls of rules come */
    engine->arena = arena_new();
    engine->joins = joins_new(config->elsewhere);
    engine->recent = engine_recent_new();
    engine->desks = desks_new();
    engine->witnesses = engine_witnesses_new();
    engine->rng.state = config->seed;
    rng_secret(engine->digest_key, sizeof(engine->digest_key));
    (void)rules_ref(config->rules);
    return engine;
}

void engine_free(struct engine *engine)
{
    if (engine == NULL) {
        return;
    }
    assert(engine->active == 0);
    regret_stop_all(engine);
    assert(engine->probe_count == 0);
    joins_free(engine->joins);
    engine_recent_free(engine->recent);
    engine_witnesses_free(engine);
    desks_free(engine->desks);
    rules_unref(engine->config.rules);
    arena_free(engine->arena);
    mem_free(engine);
}

struct http_handler *engine_handler(struct engine *engine)
{
    return &engine->handler;
}

struct http_handler *engine_inner_handler(struct engine *engine)
{
    return &engine->inner;
}

void engine_hear_begin(struct engine *engine, uint64_t call, uint32_t whom)
{
    joins_hear_begin(engine->joins, call, whom);
}

double engine_read_rate(const struct engine *engine, struct str service)
{
    double rate = engine->config.read_rate;
    unsigned sharers = engine->config.sharers;
    return rate > 0 ? rate
                    : rules_rate(engine->config.rules, service) /
                          (sharers > 0 ? sharers : 1);
}

void engine_set_rules(struct engine *engine, struct rules *rules)
{
    struct rules *before = engine->config.rules;
    engine->config.rules = rules_ref(rules);
    rules_unref(before);
    for (struct bucket *b = engine->buckets; b != NULL; b = b->next) {
        bucket_set_nominal(b, engine_read_rate(engine, b->service));
    }
}

size_t engine_active(const struct engine *engine)
{
    return engine->active;
}

void engine_finish(struct engine *engine)
{
    engine->stopping = true;
    regret_stop_all(engine);
    for (struct exchange *x = engine->newest; x != NULL; x = x->older) {
        x->gave_up = true;
        timer_wake(engine->config.timers, &x->wake);
    }
}

static const char *const step_names[STEP_COUNT] = {
#define ENGINE_STEP(name) #name,
    ENGINE_STEPS(ENGINE_STEP)
#undef ENGINE_STEP
};

size_t engine_step_count(void)
{
    return STEP_COUNT;
}

const char *engine_step_name(size_t index)
{
    assert(index < STEP_COUNT);
    return step_names[index];
}
