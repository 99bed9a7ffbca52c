/* SPDX-License-Identifier: Apache-2.0 */
/* Where clients' reads find the changes that they can show: by operation, then
 * by a hash of what is asked. Here because reads are many, and those of no
 * interest must be told by one look. Start at witness_find(). */
#include "engine/witness.h"

#include "base/mem.h"

enum {
    DESKS = 256,
    BUCKETS = 16384,
    /* Of the views that have no key, the newest. */
    LOOKED_THROUGH_MAX = 256,
};

/* The members by which some confirmations ask: reads that ask by the same, and
 * perhaps by others besides, are looked for by those. */
struct shape {
    struct shape *next;
    struct str *members; /* sorted */
    size_t count;
};

/* All views of one operation. */
struct desk {
    struct desk *next;
    struct arena *arena;
    struct str service, region, operation;
    size_t view_count;
    struct shape *shapes;
    struct peg *open; /* views without a key, the newest first */
};

struct desks {
    struct desk *at[DESKS];
    struct peg *views[BUCKETS];
};

struct desks *desks_new(void)
{
    return mem_new(sizeof(struct desks));
}

void desks_free(struct desks *desks)
{
    mem_free(desks);
}

/* ---- desks ---- */

static struct desk **desk_place(const struct engine *engine, struct str service,
                                struct str region, struct str operation)
{
    struct desks *all = engine->desks;
    uint64_t hash =
        str_hash(service) ^ str_hash(region) * 3 ^ str_hash(operation) * 5;
    struct desk **at = &all->at[hash % DESKS];
    while (*at != NULL && !(str_eq((*at)->operation, operation) &&
                            str_eq((*at)->service, service) &&
                            str_eq((*at)->region, region))) {
        at = &(*at)->next;
    }
    return at;
}

static struct desk *desk_open(const struct engine *engine, struct str service,
                              struct str region, struct str operation)
{
    struct desk **at = desk_place(engine, service, region, operation);
    if (*at == NULL) {
        struct arena *arena = arena_new();
        *at = ARENA_NEW(arena, struct desk);
        **at = (struct desk){
            .arena = arena,
            .service = arena_str(arena, service),
            .region = arena_str(arena, region),
            .operation = arena_str(arena, operation),
        };
    }
    return *at;
}

static void desk_leave(const struct engine *engine, struct desk *desk)
{
    if (--desk->view_count == 0) {
        struct desk **at =
            desk_place(engine, desk->service, desk->region, desk->operation);
        *at = desk->next;
        arena_free(desk->arena);
    }
}

/* ---- keys ---- */

static uint64_t key_of(const struct engine *engine, const struct desk *desk,
                       struct str access_key, char kind, struct str what)
{
    struct buf text = {0};
    buf_printf(&text, "%c|%.*s|%.*s|%.*s|%.*s|", kind, STR_ARG(desk->service),
               STR_ARG(desk->region), STR_ARG(desk->operation),
               STR_ARG(access_key));
    buf_add(&text, what);
    uint64_t key = engine_digest_hash(engine, buf_str(&text)) | 1;
    buf_free(&text);
    return key;
}

/* Of those members of an input; 0: it lacks one of them. */
static uint64_t key_of_input(const struct engine *engine,
                             const struct desk *desk, struct str access_key,
                             const struct shape *shape,
                             const struct json *input)
{
    struct buf text = {0};
    for (size_t i = 0; i < shape->count; i++) {
        const struct json *value = json_get(input, shape->members[i]);
        if (value == NULL) {
            buf_free(&text);
            return 0;
        }
        json_write_string(shape->members[i], &text);
        json_write_canonical(value, &text);
    }
    uint64_t key = key_of(engine, desk, access_key, 'i', buf_str(&text));
    buf_free(&text);
    return key;
}

static bool has_members(const struct shape *shape, const struct json *input)
{
    for (size_t i = 0; i < shape->count; i++) {
        if (json_get(input, shape->members[i]) == NULL) {
            return false;
        }
    }
    return shape->count == input->count;
}

static const struct shape *shape_of(struct desk *desk, const struct json *input)
{
    struct shape *shape = desk->shapes;
    while (shape != NULL && !has_members(shape, input)) {
        shape = shape->next;
    }
    if (shape != NULL) {
        return shape;
    }
    shape = ARENA_NEW(desk->arena, struct shape);
    shape->members = ARENA_ARRAY(desk->arena, struct str, input->count);
    for (size_t i = 0; i < input->count; i++) {
        struct str name = arena_str(desk->arena, input->members[i].key);
        size_t at = shape->count++;
        while (at > 0 && str_compare(shape->members[at - 1], name) > 0) {
            shape->members[at] = shape->members[at - 1];
            at--;
        }
        shape->members[at] = name;
    }
    shape->next = desk->shapes;
    desk->shapes = shape;
    return shape;
}

/* ---- names ---- */

struct str engine_names_at(const struct json *names, size_t i)
{
    if (json_is(names, JSON_STRING)) {
        return i == 0 ? names->text : STR_NONE;
    }
    return json_is(names, JSON_ARRAY) && i < names->count
               ? json_text(names->members[i].value)
               : STR_NONE;
}

size_t engine_names_count(const struct json *names)
{
    return json_is(names, JSON_ARRAY)    ? names->count
           : json_is(names, JSON_STRING) ? 1
                                         : 0;
}

/* ---- views ---- */

static void add_view(struct write *write, struct arena *arena,
                     const struct view *like, struct desk *desk, uint64_t key)
{
    struct desks *all = write->x->engine->desks;
    struct view *view = ARENA_NEW(arena, struct view);
    *view = *like;
    view->write = write;
    view->desk = desk;
    view->key = key;
    view->next = write->views;
    write->views = view;
    desk->view_count++;
    peg_hang(key == 0 ? &desk->open : &all->views[key % BUCKETS], &view->peg);
}

void desk_add(struct exchange *x, const struct view *like,
              const struct json *input)
{
    const struct rules_read *read = &like->rule->read;
    struct desk *desk =
        desk_open(x->engine, read->service, x->aws.region, read->operation);
    add_view(x->write, x->arena, like, desk,
             key_of_input(x->engine, desk, x->call->access_key,
                          shape_of(desk, input), input));
}

static bool is_among(const struct json *names, struct str name)
{
    for (size_t i = 0; i < engine_names_count(names); i++) {
        if (str_eq(engine_names_at(names, i), name)) {
            return true;
        }
    }
    return false;
}

static void add_named(struct exchange *x, const struct view *like,
                      struct desk *desk, struct str name)
{
    add_view(x->write, x->arena, like, desk,
             key_of(x->engine, desk, x->call->access_key, 'r', name));
}

void desk_add_witness(struct exchange *x, const struct view *like,
                      const struct json *asked)
{
    const struct rules_read *read = &like->by->read;
    struct desk *desk =
        desk_open(x->engine, read->service, x->aws.region, read->operation);
    const struct rules_known_read *known =
        rules_find_read(x->rules, read->service, read->operation);
    desk->view_count++; /* it must not go meanwhile */
    if (known == NULL || known->resource.compiled == NULL) {
        add_view(x->write, x->arena, like, desk, 0);
    } else {
        for (size_t i = 0; i < engine_names_count(x->resources); i++) {
            add_named(x, like, desk, engine_names_at(x->resources, i));
        }
        for (size_t i = 0; i < engine_names_count(asked); i++) {
            if (!is_among(x->resources, engine_names_at(asked, i))) {
                add_named(x, like, desk, engine_names_at(asked, i));
            }
        }
    }
    desk_leave(x->engine, desk);
}

void desk_take(struct engine *engine, struct view *view)
{
    peg_take(&view->peg);
    desk_leave(engine, view->desk);
}

/* ---- reads ---- */

bool witness_is_asked_for(struct engine *engine, struct str service,
                          struct str region, struct str operation)
{
    witness_forget_expired(engine);
    return *desk_place(engine, service, region, operation) != NULL;
}

struct finding {
    const struct question *question;
    struct view **views;
    size_t count;
    size_t most;
};

static void note_view(struct finding *finding, struct view *view)
{
    if (finding->count < finding->most &&
        str_eq(view->write->change.access_key, finding->question->access_key)) {
        finding->views[finding->count++] = view;
    }
}

static void note_key(const struct engine *engine, struct finding *finding,
                     uint64_t key)
{
    struct peg *at = key != 0 ? engine->desks->views[key % BUCKETS] : NULL;
    for (; at != NULL; at = at->beside) {
        struct view *view = (struct view *)at;
        if (view->key == key) {
            note_view(finding, view);
        }
    }
}

size_t witness_find(struct engine *engine, const struct question *question,
                    struct view **ret_views, size_t most)
{
    struct finding finding = {question, ret_views, 0, most};
    witness_forget_expired(engine);
    const struct desk *desk = *desk_place(
        engine, question->service, question->region, question->operation);
    if (desk == NULL) {
        return 0;
    }
    for (const struct shape *s = desk->shapes; s != NULL; s = s->next) {
        note_key(engine, &finding,
                 key_of_input(engine, desk, question->access_key, s,
                              question->input));
    }
    for (size_t i = 0; i < engine_names_count(question->resource); i++) {
        note_key(engine, &finding,
                 key_of(engine, desk, question->access_key, 'r',
                        engine_names_at(question->resource, i)));
    }
    struct peg *at = question->looks_through ? desk->open : NULL;
    for (size_t i = 0; at != NULL && i < LOOKED_THROUGH_MAX; i++) {
        note_view(&finding, (struct view *)at);
        at = at->beside;
    }
    return finding.count;
}

enum verdict engine_view_judge(const struct view *view, struct arena *arena,
                               const struct sight *sight)
{
    struct str why = STR_NONE;
    struct json *document = engine_document_of_change(
        arena, &view->write->change, view->item, sight->result);
    json_set(arena, document, STR("asked"), sight->asked);
    json_set(arena, document, STR("complete"),
             json_new_bool(arena, sight->complete));
    if (view->by == view->rule && !sight->complete) {
        return VERDICT_UNVERIFIABLE; /* its rule speaks of whole lists */
    }
    if (view->by != view->rule && view->by->when.compiled != NULL &&
        !engine_judge_expression(arena, &view->by->when, document, &why)) {
        return VERDICT_UNVERIFIABLE;
    }
    enum verdict verdict =
        engine_judge(arena, view->by, sight->result, document, &why);
    return why.len > 0 ? VERDICT_UNVERIFIABLE : verdict;
}
