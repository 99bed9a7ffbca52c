/* SPDX-License-Identifier: Apache-2.0 */
/* The old states that reads may still see: views (a read) with windows (a
 * state, until when), the oldest first. Bounded: beyond a limit the oldest
 * window goes, which only moves its read forward. Start at store_see(). */
#include "lag/private.h"

#include "base/mem.h"

#include <assert.h>

struct view {
    struct view *next;
    struct arena *arena;
    struct read read;
    uint64_t hash;  /* of the read whole */
    uint64_t what;  /* of its operation */
    uint64_t moved; /* the turn in which a change of it began or ended */
    int64_t touched_ms;
    struct window *first;
};

struct store {
    struct store_limits limits;
    struct view *first;
    size_t views;
    size_t bytes;
    uint64_t writes;
    uint64_t turn;
    uint64_t cleared; /* windows of changes up to this one were ended */
    int64_t purged_ms;
};

/* For so long a view without windows is kept: it tells what was shown. */
enum { IDLE_MS = 20000 };

const struct store_limits store_usual_limits = {
    .views = 4096, .windows = 32, .bytes = (size_t)64 * 1024 * 1024};

struct store *store_new(const struct store_limits *limits)
{
    struct store *store = mem_new(sizeof(*store));
    store->limits = *limits;
    return store;
}

uint64_t store_begin(struct store *store)
{
    store->turn++;
    return ++store->writes;
}

uint64_t store_writes(const struct store *store)
{
    return store->writes;
}

uint64_t store_turn(const struct store *store)
{
    return store->turn;
}

uint64_t store_next_turn(struct store *store)
{
    return ++store->turn;
}

size_t store_bytes(const struct store *store)
{
    return store->bytes;
}

/* ---- taking away ---- */

static void drop_window(struct store *store, struct window **at)
{
    struct window *window = *at;
    *at = window->next;
    store->bytes -= window->bytes;
    arena_free(window->arena);
}

static void expire(struct store *store, struct view *view, int64_t now_ms)
{
    struct window **at = &view->first;
    while (*at != NULL) {
        if ((*at)->until_ms <= now_ms) {
            drop_window(store, at);
        } else {
            at = &(*at)->next;
        }
    }
}

static void drop_view(struct store *store, struct view **at)
{
    struct view *view = *at;
    while (view->first != NULL) {
        drop_window(store, &view->first);
    }
    *at = view->next;
    arena_free(view->arena);
    store->views--;
}

void store_free(struct store *store)
{
    while (store->first != NULL) {
        drop_view(store, &store->first);
    }
    mem_free(store);
}

static void purge(struct store *store, int64_t now_ms)
{
    struct view **at = &store->first;
    if (store->purged_ms == now_ms) {
        return;
    }
    store->purged_ms = now_ms;
    while (*at != NULL) {
        expire(store, *at, now_ms);
        if ((*at)->first == NULL && now_ms - (*at)->touched_ms >= IDLE_MS) {
            drop_view(store, at);
        } else {
            at = &(*at)->next;
        }
    }
}

/* The view whose first window is the oldest of all; one without windows
 * before any. */
static struct view **oldest_view(struct store *store, bool with_windows)
{
    struct view **oldest = NULL;
    for (struct view **at = &store->first; *at != NULL; at = &(*at)->next) {
        if (with_windows && (*at)->first == NULL) {
            continue;
        }
        if ((*at)->first == NULL) {
            return at;
        }
        if (oldest == NULL || (*at)->first->write < (*oldest)->first->write) {
            oldest = at;
        }
    }
    assert(oldest != NULL); /* room is made of what was counted */
    return oldest;
}

static void make_room(struct store *store, size_t bytes)
{
    while (store->views >= store->limits.views) {
        drop_view(store, oldest_view(store, false));
    }
    while (store->bytes > 0 && store->bytes + bytes > store->limits.bytes) {
        drop_window(store, &(*oldest_view(store, true))->first);
    }
}

void store_clear(struct store *store)
{
    for (struct view *v = store->first; v != NULL; v = v->next) {
        while (v->first != NULL) {
            drop_window(store, &v->first);
        }
    }
    store->cleared = store->writes;
}

/* ---- adding ---- */

static uint64_t hash_what(const struct read *read)
{
    return str_hash(read->operation) * 31 + str_hash(read->service);
}

static uint64_t hash_read(const struct read *read)
{
    struct buf text = {0};
    json_write_canonical(read->input, &text);
    uint64_t hash = str_hash(buf_str(&text)) * 31 + hash_what(read);
    buf_free(&text);
    return hash;
}

/* The hashes go first: there may be thousands of views. */
static bool is_of(const struct view *view, const struct read *read,
                  uint64_t what)
{
    return view->what == what &&
           str_eq(view->read.operation, read->operation) &&
           str_eq(view->read.service, read->service) &&
           str_eq(view->read.region, read->region);
}

static struct view *find_view(struct store *store, const struct read *read)
{
    uint64_t hash = hash_read(read);
    uint64_t what = hash_what(read);
    for (struct view *v = store->first; v != NULL; v = v->next) {
        if (v->hash == hash && is_of(v, read, what) &&
            json_equal(v->read.input, read->input)) {
            return v;
        }
    }
    return NULL;
}

static struct view *add_view(struct store *store, const struct read *read)
{
    struct arena *arena = arena_new();
    struct view *view = ARENA_NEW(arena, struct view);
    view->arena = arena;
    view->hash = hash_read(read);
    view->what = hash_what(read);
    view->read = (struct read){
        .service = arena_str(arena, read->service),
        .region = arena_str(arena, read->region),
        .operation = arena_str(arena, read->operation),
        .input = json_copy(arena, read->input),
    };
    view->next = store->first;
    store->first = view;
    store->views++;
    return view;
}

static struct window *new_window(const struct opening *o,
                                 const struct http_response *old)
{
    struct arena *arena = arena_new();
    struct window *window = ARENA_NEW(arena, struct window);
    *window = (struct window){
        .arena = arena,
        .old = http_response_copy(arena, old),
        .until_ms = INT64_MAX,
        .write = o->write,
        .clock = o->clock,
        .flap = o->flap,
        .rng = {o->seed},
        .resource = arena_str(arena, o->resource),
    };
    window->bytes = arena_size(arena);
    return window;
}

/* What was looked at before another change moved this read is too old to be
 * shown: where an open window ends in some state, that state lasts; else there
 * is no lag. */
static const struct http_response *state_to_show(const struct store *store,
                                                 const struct view *view,
                                                 const struct opening *o)
{
    bool late = view != NULL && view->moved > o->looked_at;
    if (o->write <= store->cleared) {
        return NULL;
    }
    if (!late) {
        return o->old;
    }
    const struct window *last = view != NULL ? view->first : NULL;
    while (last != NULL && last->next != NULL) {
        last = last->next;
    }
    return last != NULL ? &last->old : NULL;
}

static void append(struct store *store, struct view *view,
                   struct window *window)
{
    size_t count = 1;
    struct window **end = &view->first;
    while (*end != NULL) {
        end = &(*end)->next;
        count++;
    }
    *end = window;
    store->bytes += window->bytes;
    if (count > store->limits.windows) {
        drop_window(store, &view->first);
    }
}

bool store_open(struct store *store, const struct opening *o, int64_t now_ms)
{
    purge(store, now_ms);
    struct view *view = find_view(store, &o->read);
    if (view != NULL) {
        expire(store, view, now_ms);
    }
    const struct http_response *old = state_to_show(store, view, o);
    if (view != NULL) {
        view->moved = store->turn;
    }
    if (old == NULL) {
        return false;
    }
    struct window *window = new_window(o, old);
    make_room(store, window->bytes);
    view = find_view(store, &o->read); /* room may have been made of it */
    if (view == NULL) {
        view = add_view(store, &o->read);
    }
    append(store, view, window);
    view->moved = store->turn;
    view->touched_ms = now_ms;
    return true;
}

void store_touch(struct store *store, const struct read *read)
{
    struct view *view = find_view(store, read);
    if (view != NULL) {
        view->moved = store->turn;
    }
}

void store_settle(struct store *store, uint64_t write,
                  const int64_t until_ms[LAG_CLOCK_COUNT])
{
    for (struct view *v = store->first; v != NULL; v = v->next) {
        for (struct window *w = v->first; w != NULL; w = w->next) {
            if (w->write == write) {
                w->until_ms = until_ms[w->clock];
            }
        }
    }
}

static void drop_write(struct store *store, struct view *view, uint64_t write)
{
    struct window **at = &view->first;
    while (*at != NULL) {
        if ((*at)->write == write) {
            drop_window(store, at);
        } else {
            at = &(*at)->next;
        }
    }
}

void store_drop(struct store *store, uint64_t write, const struct read *read)
{
    struct view *only = read != NULL ? find_view(store, read) : NULL;
    if (only != NULL) {
        drop_write(store, only, write);
    }
    for (struct view *v = store->first; read == NULL && v != NULL;
         v = v->next) {
        drop_write(store, v, write);
    }
}

/* ---- seeing ---- */

/* Of the windows that this read may see, one of the oldest change after
 * `after`; of several, that of the closest read. */
static struct window *next_window(struct store *store, const struct read *read,
                                  uint64_t after, int64_t now_ms)
{
    struct window *best = NULL;
    unsigned best_score = 0;
    uint64_t what = hash_what(read);
    for (struct view *v = store->first; v != NULL; v = v->next) {
        if (v->first == NULL || !is_of(v, read, what)) {
            continue;
        }
        struct window *w = v->first;
        while (w != NULL && (w->write <= after || w->until_ms <= now_ms)) {
            w = w->next;
        }
        if (w == NULL || (best != NULL && w->write > best->write)) {
            continue;
        }
        unsigned score = lag_match_inputs(v->read.input, read->input);
        if (score > 0 &&
            (best == NULL || w->write < best->write || score > best_score)) {
            best = w;
            best_score = score;
        }
    }
    return best;
}

struct sight store_see(struct store *store, const struct read *read,
                       int64_t now_ms)
{
    struct sight sight = {NULL, NULL};
    uint64_t after = 0;
    for (;;) {
        struct window *w = next_window(store, read, after, now_ms);
        if (w == NULL || w->flap <= 0 || rng_unit(&w->rng) >= w->flap) {
            sight.stale = w;
            return sight;
        }
        /* This replica has that change already. */
        sight.fresh = sight.fresh != NULL ? sight.fresh : w;
        after = w->write;
    }
}

void store_each(struct store *store, int64_t now_ms,
                void (*fn)(void *ctx, const struct read *read,
                           const struct window *window),
                void *ctx)
{
    for (struct view *v = store->first; v != NULL; v = v->next) {
        for (struct window *w = v->first; w != NULL; w = w->next) {
            if (w->until_ms > now_ms) {
                fn(ctx, &v->read, w);
            }
        }
    }
}

static void count_one(void *ctx, const struct read *read,
                      const struct window *window)
{
    (void)read;
    (void)window;
    (*(size_t *)ctx)++;
}

size_t store_open_count(struct store *store, int64_t now_ms)
{
    size_t count = 0;
    store_each(store, now_ms, count_one, &count);
    return count;
}
