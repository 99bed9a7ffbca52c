/* SPDX-License-Identifier: Apache-2.0 */
/* Remembers each change and the reads that can show it, from when it is sent
 * until ten minutes after it has settled, or the same is changed again. Here
 * because a read outlives the exchange that it is held against. Start at
 * witness_sent(). */
#include "engine/witness.h"

#include "base/mem.h"

enum {
    BUCKETS = 16384,
    KEPT_MAX = 10000,
    KEPT_BYTES_MAX = 64 * 1024 * 1024,
    KEPT_MS = 10 * 60 * 1000,
};

/* A resource, and a write of it. */
struct claim {
    struct peg peg;     /* in its bucket */
    struct claim *next; /* of the same write */
    struct write *write;
    uint64_t key;
};

struct witnesses {
    struct peg *claims[BUCKETS];
    struct write *oldest, *newest; /* that have settled */
    size_t kept;
    size_t kept_bytes;
};

struct witnesses *engine_witnesses_new(void)
{
    return mem_new(sizeof(struct witnesses));
}

/* ---- views ---- */

static void add_views(struct exchange *x, struct confirmation *c,
                      const struct json *item, bool awaited)
{
    struct view like = {
        .rule = c->rule,
        .by = c->rule,
        .item = item,
        .confirmation = awaited ? c : NULL,
    };
    if (c->input == NULL || rules_input_lacks(&c->rule->read, c->input).len) {
        return; /* it cannot be asked */
    }
    desk_add(x, &like, c->input);
    struct arena *scratch = arena_new();
    const struct json *asked =
        engine_read_resource(scratch,
                             rules_find_read(x->rules, c->rule->read.service,
                                             c->rule->read.operation),
                             c->input);
    for (size_t i = 0; i < c->rule->witness_count; i++) {
        like.by = &c->rule->witnesses[i];
        desk_add_witness(x, &like, asked);
    }
    arena_free(scratch);
}

static struct str part_of(const struct view *view)
{
    return view->rule->part.len > 0 ? view->rule->part : view->write->part;
}

static bool overlap(struct str a, struct str b)
{
    return a.len == 0 || b.len == 0 || str_eq(a, b);
}

/* ---- writes ---- */

static void unkeep(struct engine *engine, struct write *write)
{
    struct witnesses *all = engine->witnesses;
    struct write *before = write->earlier;
    struct write *after = write->later;
    *(before != NULL ? &before->later : &all->oldest) = after;
    *(after != NULL ? &after->earlier : &all->newest) = before;
    all->kept--;
    all->kept_bytes -= arena_size(write->arena);
}

static void forget(struct engine *engine, struct write *write)
{
    regret_stop(engine, write);
    for (struct view *v = write->views; v != NULL; v = v->next) {
        desk_take(engine, v);
    }
    for (struct claim *c = write->claims; c != NULL; c = c->next) {
        peg_take(&c->peg);
    }
    write->views = NULL;
    write->claims = NULL;
    if (write->arena != NULL) {
        rules_unref(write->rules);
        arena_free(write->arena);
    }
}

void witness_forget(struct engine *engine, struct write *write)
{
    unkeep(engine, write);
    forget(engine, write);
}

void witness_forget_expired(struct engine *engine)
{
    const struct witnesses *all = engine->witnesses;
    int64_t now = engine_now_ms(engine);
    while (all->oldest != NULL &&
           (all->oldest->settled.ms + KEPT_MS < now || all->kept > KEPT_MAX ||
            all->kept_bytes > KEPT_BYTES_MAX)) {
        witness_forget(engine, all->oldest);
    }
}

void engine_witnesses_free(struct engine *engine)
{
    while (engine->witnesses->oldest != NULL) {
        witness_forget(engine, engine->witnesses->oldest);
    }
    mem_free(engine->witnesses);
}

/* ---- a change is sent ---- */

/* The next claim of the same resource by another write, from `at` on. */
static struct write *other_claimant(const struct write *write, uint64_t key,
                                    struct peg **at)
{
    while (*at != NULL) {
        const struct claim *claim = (struct claim *)*at;
        *at = (*at)->beside;
        if (claim->key == key && claim->write != write) {
            return claim->write;
        }
    }
    return NULL;
}

static void meet(struct exchange *x, struct write *other)
{
    bool answered = other->heard.turn > 0;
    if (!overlap(other->part, x->write->part)) {
        return;
    }
    if (!answered || other->heard.turn > x->sent_at.turn) {
        /* Both were under way: AWS alone knows which came last. */
        other->entangled = !answered || other->entangled;
        x->write->entangled = true;
    }
    regret_stop(x->engine, other);
}

static void meet_others(struct exchange *x, uint64_t key)
{
    struct peg *at = x->engine->witnesses->claims[key % BUCKETS];
    struct write *other = NULL;
    while ((other = other_claimant(x->write, key, &at)) != NULL) {
        meet(x, other);
    }
}

bool witness_is_clouded(const struct engine *engine, const struct view *view)
{
    const struct claim *claim = view->write->claims;
    for (; claim != NULL; claim = claim->next) {
        struct peg *at = engine->witnesses->claims[claim->key % BUCKETS];
        const struct write *other = NULL;
        while ((other = other_claimant(view->write, claim->key, &at)) != NULL) {
            if (other->x != NULL && other->heard.turn == 0 &&
                (overlap(part_of(view), other->part) ||
                 overlap(view->write->part, other->part))) {
                return true;
            }
        }
    }
    return false;
}

/* ---- a change may have been made ---- */

/* Whether it changes this part, by what it is seen to have changed. */
static bool changes(const struct exchange *x, struct str part)
{
    bool found = x->confirmation_count == 0 && overlap(x->write->part, part);
    for (size_t i = 0; i < x->confirmation_count && !found; i++) {
        const struct rules_confirmation *rule = x->confirmations[i].rule;
        found = overlap(rule->part.len > 0 ? rule->part : x->write->part, part);
    }
    return found;
}

/* What reads showed of an earlier change is worth nothing from now on. */
static void overtake(const struct exchange *x, struct write *write)
{
    struct view **at = &write->views;
    while (*at != NULL) {
        struct view *view = *at;
        if (!changes(x, part_of(view))) {
            at = &view->next;
            continue;
        }
        *at = view->next;
        regret_stop(x->engine, write);
        desk_take(x->engine, view);
        if (write->observed && view->confirmation != NULL) {
            confirmation_overtake(view->confirmation);
        }
    }
}

static void overtake_others(const struct exchange *x, uint64_t key)
{
    struct peg *at = x->engine->witnesses->claims[key % BUCKETS];
    struct write *empty = NULL;
    struct write *other = NULL;
    while ((other = other_claimant(x->write, key, &at)) != NULL) {
        overtake(x, other);
        if (other->views == NULL && other->arena != NULL) {
            unkeep(x->engine, other);
            other->later = empty;
            empty = other;
        }
    }
    while (empty != NULL) {
        other = empty;
        empty = other->later;
        forget(x->engine, other);
    }
}

/* The tagging API names by ARN what its own service knows by name. */
static uint64_t key_of_resource(const struct exchange *x, struct str name)
{
    struct buf text = {0};
    struct arena *scratch = arena_new();
    struct str service = x->aws.service;
    (void)rules_name_in_arn(scratch, name, &service, &name);
    buf_printf(&text, "w|%.*s|%.*s|%.*s", STR_ARG(service),
               STR_ARG(x->aws.region), STR_ARG(name));
    uint64_t key = engine_digest_hash(x->engine, buf_str(&text));
    arena_free(scratch);
    buf_free(&text);
    return key;
}

static bool claims(const struct write *write, uint64_t key)
{
    const struct claim *c = write->claims;
    while (c != NULL && c->key != key) {
        c = c->next;
    }
    return c != NULL;
}

static void claim_resources(struct exchange *x)
{
    struct witnesses *all = x->engine->witnesses;
    struct write *write = x->write;
    for (size_t i = 0; i < engine_names_count(x->resources); i++) {
        uint64_t key = key_of_resource(x, engine_names_at(x->resources, i));
        meet_others(x, key);
        if (claims(write, key)) {
            continue;
        }
        struct claim *claim = ARENA_NEW(x->arena, struct claim);
        *claim =
            (struct claim){.write = write, .key = key, .next = write->claims};
        write->claims = claim;
        peg_hang(&all->claims[key % BUCKETS], &claim->peg);
    }
}

void witness_sent(struct exchange *x)
{
    if (x->write == NULL) {
        x->write = ARENA_NEW(x->arena, struct write);
        x->write->x = x;
        x->write->id = x->id;
        x->write->part = x->rule->part;
        x->write->notes_end = &x->write->notes;
    }
    witness_forget_expired(x->engine);
    claim_resources(x);
}

static void overtake_all(const struct exchange *x)
{
    const struct claim *claim = x->write->claims;
    for (; claim != NULL; claim = claim->next) {
        overtake_others(x, claim->key);
    }
}

/* ---- it was accepted ---- */

void witness_heard(struct exchange *x)
{
    struct write *write = x->write;
    write->heard = x->heard_at;
    write->group = x->aws.prefix;
    write->resource = x->resource;
    write->resources = x->resources;
    write->change = engine_change_of(x);
    write->as = x->call->identity;
    write->observed = x->engine->config.observe;
    claim_resources(x); /* some are named by the answer only */
    overtake_all(x);
    if (write->entangled) {
        return;
    }
    for (size_t i = 0; i < x->confirmation_count; i++) {
        struct confirmation *c = &x->confirmations[i];
        add_views(x, c, c->item, true);
    }
    struct arena *scratch = arena_new();
    size_t count = 0;
    struct confirmation *above = engine_plan_above(x, scratch, &count);
    for (size_t i = 0; i < count; i++) {
        const struct json *item = above[i].item;
        add_views(x, &above[i], item != NULL ? json_copy(x->arena, item) : NULL,
                  false);
    }
    arena_free(scratch);
}

/* ---- it has settled ---- */

static const struct json *copied(struct arena *arena, const struct json *value)
{
    return value != NULL ? json_copy(arena, value) : NULL;
}

static struct write *copy_write(struct arena *arena, const struct write *from)
{
    struct write *write = ARENA_NEW(arena, struct write);
    const struct change *change = &from->change;
    *write = (struct write){
        .arena = arena,
        .rules = rules_ref(from->x->rules),
        .id = arena_str(arena, from->id),
        .group = arena_str(arena, from->group),
        .part = from->part, /* the rules' */
        .resource = arena_str(arena, from->resource),
        .resources = copied(arena, from->resources),
        .change = {.service = arena_str(arena, change->service),
                   .operation = arena_str(arena, change->operation),
                   .region = arena_str(arena, change->region),
                   .access_key = arena_str(arena, change->access_key),
                   .started_ms = change->started_ms,
                   .request = copied(arena, change->request),
                   .response = copied(arena, change->response),
                   .before = copied(arena, change->before)},
        .as = from->as,
        .heard = from->heard,
        .observed = from->observed,
    };
    return write;
}

/* What stands in the lists lives as long as the write does. */
static void move_views(struct write *from, struct write *to)
{
    const struct json *item = NULL;
    const struct json *copy = NULL;
    for (struct view *v = from->views; v != NULL; v = v->next) {
        struct view *view = ARENA_NEW(to->arena, struct view);
        *view = *v;
        if (v->item != item) {
            item = v->item; /* neighbours share one */
            copy = copied(to->arena, item);
        }
        view->item = copy;
        view->write = to;
        view->confirmation = NULL;
        view->needed_ms = observe_needed_ms(v->confirmation);
        view->next = to->views;
        to->views = view;
        peg_replace(&view->peg);
    }
    for (struct claim *c = from->claims; c != NULL; c = c->next) {
        struct claim *claim = ARENA_NEW(to->arena, struct claim);
        *claim = *c;
        claim->write = to;
        claim->next = to->claims;
        to->claims = claim;
        peg_replace(&claim->peg);
    }
    from->views = NULL;
    from->claims = NULL;
}

static void keep(struct engine *engine, struct write *from)
{
    struct witnesses *all = engine->witnesses;
    struct write *write = copy_write(arena_new(), from);
    move_views(from, write);
    write->settled = engine_moment(engine);
    write->earlier = all->newest;
    *(all->newest != NULL ? &all->newest->later : &all->oldest) = write;
    all->newest = write;
    all->kept++;
    all->kept_bytes += arena_size(write->arena);
    witness_forget_expired(engine);
}

/* AWS has said that it did nothing; no answer, or an error of its own (5xx),
 * is no proof of that. */
static bool was_refused(const struct exchange *x)
{
    const struct http_fetch *fetch = &x->fetch;
    return x->lost_at.turn == 0 && fetch->outcome == HTTP_ANSWERED &&
           fetch->response.status >= 400 && fetch->response.status < 500;
}

void witness_end(struct exchange *x)
{
    struct write *write = x->write;
    if (write == NULL) {
        return;
    }
    if (write->heard.turn == 0 && !was_refused(x)) {
        overtake_all(x);
    }
    x->write = NULL;
    if (x->outcome == OUTCOME_SETTLED && write->views != NULL &&
        !x->engine->stopping && !x->engine->config.without_regrets) {
        keep(x->engine, write);
    } else {
        forget(x->engine, write);
    }
}
