/* SPDX-License-Identifier: Apache-2.0 */
/* Remembers the last confirmed change of each resource, so that a refusal can
 * be told from an echo of it. Bounded. Start at engine_recent_add(). */
#include "engine/private.h"

#include "base/mem.h"

enum { SLOTS = 4096, REQUEST_MAX = 4096 };

struct slot {
    struct arena *arena;
    struct str key;
    struct str operation;
    const struct json *request;
    int64_t at_ms;
    enum outcome outcome;
};

struct recent {
    struct slot slots[SLOTS]; /* by hash; a newcomer evicts */
};

struct recent *engine_recent_new(void)
{
    return mem_new(sizeof(struct recent));
}

void engine_recent_free(struct recent *recent)
{
    for (size_t i = 0; i < SLOTS; i++) {
        arena_free(recent->slots[i].arena);
    }
    mem_free(recent);
}

static struct str key_of(struct arena *arena, const struct exchange *x,
                         struct str resource)
{
    return arena_printf(arena, "%.*s|%.*s|%.*s", STR_ARG(x->aws.service),
                        STR_ARG(x->aws.region), STR_ARG(resource));
}

/* Without its secrets: it is kept for long. */
static const struct json *copy_request(struct arena *arena,
                                       const struct exchange *x)
{
    struct arena *scratch = arena_new();
    const struct json *copy = json_copy(
        arena, aws_redact(x->engine->config.registry, scratch, x->aws.service,
                          x->aws.operation, x->aws.input));
    arena_free(scratch);
    return copy;
}

static void add_one(struct recent *recent, const struct exchange *x,
                    struct str resource)
{
    struct arena *arena = arena_new();
    struct str key = key_of(arena, x, resource);
    struct slot *slot = &recent->slots[str_hash(key) % SLOTS];
    arena_free(slot->arena);
    *slot = (struct slot){
        .arena = arena,
        .key = key,
        .operation = arena_str(arena, x->aws.operation),
        .request = x->body.len <= REQUEST_MAX ? copy_request(arena, x)
                                              : json_new(arena, JSON_OBJECT),
        .at_ms = engine_now_ms(x->engine),
        .outcome = x->outcome,
    };
}

void engine_recent_add(struct recent *recent, const struct exchange *x)
{
    const struct json *resources = x->resources;
    if (json_is(resources, JSON_STRING)) {
        add_one(recent, x, resources->text);
    }
    if (json_is(resources, JSON_ARRAY)) {
        for (size_t i = 0; i < resources->count; i++) {
            struct str text = json_text(resources->members[i].value);
            if (text.len > 0) {
                add_one(recent, x, text);
            }
        }
    }
}

const struct json *engine_recent_find(struct recent *recent,
                                      const struct exchange *x,
                                      struct arena *arena)
{
    struct str key = key_of(arena, x, json_text(x->resources));
    const struct slot *slot = &recent->slots[str_hash(key) % SLOTS];
    if (slot->arena == NULL || !str_eq(slot->key, key)) {
        return NULL;
    }
    struct json *found = json_new(arena, JSON_OBJECT);
    double ago_s = (double)(engine_now_ms(x->engine) - slot->at_ms) / 1000;
    json_set(arena, found, STR("operation"),
             json_new_string(arena, slot->operation));
    json_set(arena, found, STR("request"), slot->request);
    json_set(arena, found, STR("seconds_ago"), json_new_number(arena, ago_s));
    json_set(arena, found, STR("outcome"),
             json_new_text(arena, event_outcome_name(slot->outcome)));
    return found;
}
