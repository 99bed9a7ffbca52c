/* SPDX-License-Identifier: Apache-2.0 */
/* A change: its windows are opened before it is sent, so that no read can see
 * it first; they end when the lag since its answer has passed. Start at
 * mutation_open(). */
#include "lag/private.h"

static int64_t now_of(const struct visit *v)
{
    return timers_now_ms(v->lag->config.timers);
}

/* ---- what is changed ---- */

static void name_resource(struct visit *v)
{
    struct str why = STR_NONE;
    v->resource = json_new(v->arena, JSON_NULL);
    if (v->rule->resource.compiled != NULL) {
        v->resource = rules_value(v->arena, &v->rule->resource,
                                  lag_document(v, NULL, NULL), &why);
    }
    struct buf text = {0};
    buf_add(&text, json_text(v->resource));
    for (size_t i = 0;
         v->resource->type == JSON_ARRAY && i < v->resource->count; i++) {
        buf_printf(&text, "%s%.*s", i > 0 ? ", " : "",
                   STR_ARG(json_text(v->resource->members[i].value)));
    }
    v->resource_text = arena_str(v->arena, buf_str(&text));
    buf_free(&text);
}

/* By the seed and by which change of the thing it is: neither the time nor
 * what other calls do has a say. */
static void draw(struct visit *v)
{
    struct lag *lag = v->lag;
    struct str thing =
        arena_printf(v->arena, "%.*s %.*s %.*s %.*s", STR_ARG(v->aws.service),
                     STR_ARG(v->aws.region), STR_ARG(v->aws.operation),
                     STR_ARG(v->resource_text));
    uint64_t nth = lag_tally_next(lag->tally, thing);
    struct rng mixer = {lag->config.seed ^ str_hash(thing)};
    mixer.state = rng_next(&mixer) + nth;
    v->seed = rng_next(&mixer);
    const struct lag_clocks clocks = lag_schedule_apply(
        &lag->config.clocks,
        lag_schedule_choose(&lag->config.schedule, lag->rows, v->aws.service,
                            v->aws.operation, v->resource));
    v->flap = clocks.flap;
    lag_clocks_draw(&clocks, v->seed, v->lag_ms);
}

/* ---- windows ---- */

static uint64_t seed_of(const struct visit *v, const struct glimpse *g)
{
    struct buf text = {0};
    buf_add(&text, g->read.operation);
    json_write_canonical(g->read.input, &text);
    uint64_t hash = str_hash(buf_str(&text));
    buf_free(&text);
    return v->seed ^ hash;
}

static void open_windows(struct visit *v)
{
    struct store *store = v->lag->store;
    for (struct glimpse *g = v->glimpses; g != NULL; g = g->next) {
        if (!g->known || g->opened) {
            continue;
        }
        const struct opening opening = {
            .read = g->read,
            .old = &g->old,
            .write = v->write,
            .looked_at = v->looked_at,
            .clock = g->clock,
            .flap = v->flap,
            .seed = seed_of(v, g),
            .resource = v->resource_text,
        };
        g->opened = store_open(store, &opening, now_of(v));
    }
}

void mutation_open(struct visit *v)
{
    name_resource(v);
    draw(v);
    glimpse_aliases(v, NULL);
    v->write = store_begin(v->lag->store);
    open_windows(v);
}

/* Also where it opened no window: what was looked at before this is old. */
static void touch_reads(struct visit *v)
{
    (void)store_next_turn(v->lag->store);
    for (struct glimpse *g = v->glimpses; g != NULL; g = g->next) {
        store_touch(v->lag->store, &g->read);
    }
}

void mutation_drop(struct visit *v)
{
    store_drop(v->lag->store, v->write, NULL);
    touch_reads(v);
}

/* ---- telling ---- */

static void add_name(struct buf *names, struct str name)
{
    struct str rest = buf_str(names);
    while (rest.len > 0) {
        if (str_eq(str_cut(&rest, ','), name)) {
            return;
        }
    }
    buf_printf(names, "%s%.*s", names->len > 0 ? "," : "", STR_ARG(name));
}

static void tell(struct visit *v, enum lag_clock clock)
{
    struct buf names = {0};
    bool any = false;
    for (struct glimpse *g = v->glimpses; g != NULL; g = g->next) {
        if (g->opened && g->clock == clock) {
            any = true;
        }
    }
    for (size_t i = 0; any && i < v->rule->confirmation_count; i++) {
        const struct rules_confirmation *c = &v->rule->confirmations[i];
        if (lag_clock_of_confirmation(v->lag->config.rules, c) == clock &&
            lag_applies(v, &c->when, NULL)) {
            add_name(&names, c->name);
        }
    }
    if (any) {
        const struct event event = {
            .kind = EVENT_LAG_MUTATION,
            .client = v->claim.access_key,
            .service = v->aws.service,
            .operation = v->aws.operation,
            .region = v->aws.region,
            .resource = v->resource_text,
            .confirmation = buf_str(&names),
            .request_id = aws_request_id(&v->fetch.response),
            .write =
                arena_printf(v->arena, "%llu", (unsigned long long)v->write),
            .until_ms = event_number(v->lag_ms[clock]),
            .detail = str_of(lag_clock_name(clock)),
        };
        events_say(v->lag->config.events, &event);
    }
    buf_free(&names);
}

void mutation_settle(struct visit *v, const struct json *response)
{
    int64_t now = now_of(v);
    int64_t until[LAG_CLOCK_COUNT];
    glimpse_aliases(v, response);
    open_windows(v);
    for (int c = 0; c < LAG_CLOCK_COUNT; c++) {
        until[c] = now + v->lag_ms[c];
    }
    store_settle(v->lag->store, v->write, until);
    touch_reads(v);
    lag_counts_add(v->lag->counts, v->aws.service, v->aws.operation,
                   COUNT_MUTATION);
    for (int c = 0; c < LAG_CLOCK_COUNT; c++) {
        tell(v, (enum lag_clock)c);
    }
}
