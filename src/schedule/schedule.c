/* SPDX-License-Identifier: Apache-2.0 */
/* Many estimates, found by their key, and the next moment of each. Start at
 * schedule_next_ms(). */
#include "schedule/private.h"

#include "base/mem.h"

#include <math.h>

enum { DEFAULT_LIMIT = 1000, DEFAULT_PRICE_MS = 100 };

struct schedule *schedule_new(const struct schedule_config *config)
{
    struct schedule *schedule = mem_new(sizeof(*schedule));
    schedule->config = *config;
    if (schedule->config.limit == 0) {
        schedule->config.limit = DEFAULT_LIMIT;
    }
    if (schedule->config.read_price_ms <= 0) {
        schedule->config.read_price_ms = DEFAULT_PRICE_MS;
    }
    grid_init(&schedule->grid);
    return schedule;
}

void schedule_free(struct schedule *schedule)
{
    if (schedule == NULL) {
        return;
    }
    for (struct entry *e = schedule->newest; e != NULL;) {
        struct entry *older = e->older;
        mem_free(e);
        e = older;
    }
    mem_free(schedule);
}

size_t schedule_count(const struct schedule *schedule)
{
    return schedule->count;
}

/* ---- finding one ---- */

static uint64_t hash_of(const struct schedule_key *key)
{
    const uint64_t odd = 0x9E3779B97F4A7C15U;
    uint64_t hash = str_hash(key->service);
    hash = hash * odd ^ str_hash(key->operation);
    return hash * odd ^ str_hash(key->confirmation);
}

static bool same_key(const struct schedule_key *a, const struct schedule_key *b)
{
    return str_eq(a->service, b->service) &&
           str_eq(a->operation, b->operation) &&
           str_eq(a->confirmation, b->confirmation);
}

static struct entry **slot_of(struct schedule *schedule, uint64_t hash)
{
    return &schedule->slots[hash % SLOTS];
}

struct entry *schedule_find(const struct schedule *schedule,
                            const struct schedule_key *key)
{
    uint64_t hash = hash_of(key);
    struct entry *e = schedule->slots[hash % SLOTS];
    while (e != NULL && !(e->hash == hash && same_key(&e->key, key))) {
        e = e->next;
    }
    return e;
}

/* ---- the order of use ---- */

static void unlink_entry(struct schedule *schedule, struct entry *e)
{
    *(e->newer != NULL ? &e->newer->older : &schedule->newest) = e->older;
    *(e->older != NULL ? &e->older->newer : &schedule->oldest) = e->newer;
}

static void put_newest(struct schedule *schedule, struct entry *e)
{
    e->newer = NULL;
    e->older = schedule->newest;
    *(e->older != NULL ? &e->older->newer : &schedule->oldest) = e;
    schedule->newest = e;
}

static void put_oldest(struct schedule *schedule, struct entry *e)
{
    e->older = NULL;
    e->newer = schedule->oldest;
    *(e->newer != NULL ? &e->newer->older : &schedule->newest) = e;
    schedule->oldest = e;
}

static void drop_oldest(struct schedule *schedule)
{
    struct entry *e = schedule->oldest;
    struct entry **at = slot_of(schedule, e->hash);
    while (*at != e) {
        at = &(*at)->next;
    }
    *at = e->next;
    unlink_entry(schedule, e);
    mem_free(e);
    schedule->count--;
}

/* ---- making one ---- */

static struct str keep_text(char **at, struct str text)
{
    struct str kept = {*at, text.len};
    if (text.len > 0) {
        memcpy(*at, text.ptr, text.len);
    }
    *at += text.len;
    return kept;
}

static struct entry *make(struct schedule *schedule,
                          const struct schedule_key *key)
{
    size_t texts =
        key->service.len + key->operation.len + key->confirmation.len;
    struct entry *e = mem_new(sizeof(*e) + texts);
    char *at = (char *)(e + 1);
    e->key.service = keep_text(&at, key->service);
    e->key.operation = keep_text(&at, key->operation);
    e->key.confirmation = keep_text(&at, key->confirmation);
    e->hash = hash_of(key);
    struct entry **slot = slot_of(schedule, e->hash);
    e->next = *slot;
    *slot = e;
    schedule->count++;
    return e;
}

static struct entry *add_newest(struct schedule *schedule,
                                const struct schedule_key *key)
{
    if (schedule->count >= schedule->config.limit) {
        drop_oldest(schedule);
    }
    struct entry *e = make(schedule, key);
    put_newest(schedule, e);
    return e;
}

struct entry *schedule_add_oldest(struct schedule *schedule,
                                  const struct schedule_key *key)
{
    if (schedule->count >= schedule->config.limit) {
        return NULL;
    }
    struct entry *e = make(schedule, key);
    put_oldest(schedule, e);
    return e;
}

/* NULL: nothing is known of it. */
static struct entry *use(struct schedule *schedule,
                         const struct schedule_key *key)
{
    struct entry *e = schedule_find(schedule, key);
    if (e != NULL && e->newer != NULL) {
        unlink_entry(schedule, e);
        put_newest(schedule, e);
    }
    return e;
}

/* ---- learning ---- */

void schedule_learn(struct schedule *schedule, const struct schedule_key *key,
                    const struct schedule_walk *walk)
{
    if (walk->yes_ms < 0 && walk->no_ms < 0) {
        return; /* nothing was seen */
    }
    struct entry *e = use(schedule, key);
    if (e == NULL) {
        e = add_newest(schedule, key);
    }
    learner_observe(&e->learner, walk->no_ms, walk->yes_ms);
    schedule->has_news = true;
}

struct schedule_summary schedule_summary(const struct schedule *schedule,
                                         const struct schedule_key *key)
{
    struct schedule_summary summary = {0};
    const struct entry *e = schedule_find(schedule, key);
    if (e != NULL && e->learner.seen > 0) {
        const struct grid *grid = &schedule->grid;
        double mass[BINS];
        learner_estimate(&e->learner, grid, mass);
        summary.seen = e->learner.seen;
        summary.p50_ms = learner_quantile_ms(grid, mass, 0.5);
        summary.p90_ms = learner_quantile_ms(grid, mass, 0.9);
        summary.p99_ms = learner_quantile_ms(grid, mass, 0.99);
    }
    return summary;
}

/* ---- the next moment ---- */

struct schedule_walk schedule_walk_begin(struct rng *rng)
{
    enum { STRAYS_ONE_IN = 8, LOOKS_EARLY_ONE_IN = 32 };
    const double farthest = 0.1;
    struct schedule_walk walk = {1, 1, SCHEDULE_NEVER, SCHEDULE_NEVER};
    double chance = rng_unit(rng);
    double how = rng_unit(rng);
    if (chance < 1.0 / STRAYS_ONE_IN) {
        walk.stretch = 1 + farthest * (2 * how - 1);
    } else if (chance < 1.0 / STRAYS_ONE_IN + 1.0 / LOOKS_EARLY_ONE_IN) {
        /* Else nobody would find out that it has become much faster. */
        walk.first = pow(0.1, how);
    }
    return walk;
}

/* A sixteenth more, but of those that still count. */
static bool is_due(const struct learner *learner)
{
    enum { SHARE = 16, COUNTED = 128 };
    uint64_t known =
        learner->planned < COUNTED ? learner->planned : (uint64_t)COUNTED;
    uint64_t more = learner->seen - learner->planned;
    return !learner->has_plan || (more > 0 && more * SHARE >= known);
}

static void plan(struct schedule *schedule, struct learner *learner)
{
    double mass[BINS];
    if (!is_due(learner)) {
        return;
    }
    learner_estimate(learner, &schedule->grid, mass);
    plan_make(learner->next, &schedule->grid, mass,
              (double)schedule->config.read_price_ms);
    learner->planned = learner->seen;
    learner->has_plan = true;
}

/* The first bin that a no at this time does not rule out. */
static size_t bin_after(const struct grid *grid, double no_ms)
{
    const double part = 0.5; /* of a bin: what is left of it counts for none */
    size_t k = grid_bin(grid, no_ms);
    double width = grid->edge[k + 1] - grid->edge[k];
    return no_ms > grid->edge[k] + part * width ? k + 1 : k;
}

static int64_t next_ms(struct schedule *schedule, struct learner *learner,
                       const struct schedule_walk *walk, int64_t now_ms)
{
    const double longer = 1.1; /* beyond the scale: more and more slowly */
    double since = 0;
    double stretch = walk->stretch;
    size_t bin = 0;
    if (walk->no_ms >= 0) {
        since = (double)walk->no_ms;
        bin = bin_after(&schedule->grid, since);
    } else if (learner->seen == 0) {
        return now_ms; /* the first of its kind looks at once */
    } else {
        stretch *= walk->first;
    }
    double due = since * longer;
    if (bin < BINS) {
        plan(schedule, learner);
        due = schedule->grid.edge[learner->next[bin] + 1];
    }
    due = ceil(since + (due - since) * stretch);
    return (double)now_ms < due ? (int64_t)due : now_ms;
}

int64_t schedule_next_ms(struct schedule *schedule,
                         const struct schedule_key *key,
                         const struct schedule_walk *walk, int64_t now_ms)
{
    struct entry *e = use(schedule, key);
    return next_ms(schedule, e != NULL ? &e->learner : &schedule->cold, walk,
                   now_ms);
}

void schedule_moments(struct schedule *schedule, const struct schedule_key *key,
                      int64_t *ret_ms, size_t count)
{
    struct entry *e = schedule_find(schedule, key);
    struct learner *learner = e != NULL ? &e->learner : &schedule->cold;
    struct schedule_walk walk = {1, 1, SCHEDULE_NEVER, SCHEDULE_NEVER};
    for (size_t i = 0; i < count; i++) {
        ret_ms[i] = next_ms(schedule, learner, &walk, walk.no_ms + 1);
        walk.no_ms = ret_ms[i];
    }
}
