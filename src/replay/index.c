/* SPDX-License-Identifier: Apache-2.0 */
/* The recording put in order: by operation, by exchange, and the calls that
 * are still unused by what they ask. Here because a replay of ten thousand
 * calls must not look at each of them for each. Start at replay_index_build().
 */
#include "replay/private.h"

static uint64_t mix(uint64_t a, uint64_t b)
{
    return (a ^ (b + 0x9E3779B97F4A7C15U + (a << 6) + (a >> 2))) *
           0xBF58476D1CE4E5B9U;
}

/* ---- operations ---- */

static uint64_t operation_hash(struct str service, struct str name)
{
    return mix(str_hash(service), str_hash(name));
}

struct operation *replay_index_operation(const struct replay *replay,
                                         struct str service,
                                         struct str operation)
{
    const struct index *index = &replay->index;
    struct operation *o = index->operations[operation_hash(service, operation) %
                                            index->bucket_count];
    while (o != NULL &&
           !(str_eq(o->name, operation) && str_eq(o->service, service))) {
        o = o->next;
    }
    return o;
}

static struct operation *operation_of(struct replay *replay,
                                      const struct recording_entry *entry)
{
    struct index *index = &replay->index;
    struct operation *o =
        replay_index_operation(replay, entry->service, entry->operation);
    if (o != NULL) {
        return o;
    }
    const struct aws_operation *model = aws_operation_find(
        replay->config.registry, entry->service, entry->operation);
    uint64_t hash = operation_hash(entry->service, entry->operation);
    struct operation **bucket = &index->operations[hash % index->bucket_count];
    o = ARENA_NEW(replay->arena, struct operation);
    o->service = entry->service;
    o->name = entry->operation;
    o->reads = model != NULL && model->reads;
    o->next = *bucket;
    *bucket = o;
    if (index->last_operation != NULL) {
        index->last_operation->newer = o;
    } else {
        index->first_operation = o;
    }
    index->last_operation = o;
    return o;
}

/* Room for one more in a list that lives in an arena. */
static void push(struct arena *arena, struct recorded ***list, size_t *count,
                 size_t *capacity, struct recorded *one)
{
    if (*count == *capacity) {
        size_t more = *capacity == 0 ? 4 : *capacity * 2;
        struct recorded **grown = ARENA_ARRAY(arena, struct recorded *, more);
        if (*count > 0) {
            memcpy(grown, *list, *count * sizeof(grown[0]));
        }
        *list = grown;
        *capacity = more;
    }
    (*list)[(*count)++] = one;
}

/* ---- exchanges ---- */

static struct past *past_of(struct replay *replay,
                            const struct recording_entry *entry)
{
    struct index *index = &replay->index;
    if (entry->exchange.len == 0) {
        return NULL;
    }
    uint64_t hash = mix(str_hash(entry->exchange), entry->session->index);
    struct past **bucket = &index->pasts[hash % index->bucket_count];
    struct past *p = *bucket;
    while (p != NULL && !(p->session == entry->session &&
                          str_eq(p->exchange, entry->exchange))) {
        p = p->next;
    }
    if (p != NULL) {
        return p;
    }
    p = ARENA_NEW(replay->arena, struct past);
    p->session = entry->session;
    p->exchange = entry->exchange;
    p->next = *bucket;
    *bucket = p;
    if (index->last_past != NULL) {
        index->last_past->newer = p;
    } else {
        index->first_past = p;
    }
    index->last_past = p;
    return p;
}

/* ---- shelves ---- */

static uint64_t shelf_hash(const struct operation *operation,
                           enum shelf_kind kind, uint64_t shape)
{
    return mix((uint64_t)(uintptr_t)operation, shape + (uint64_t)kind);
}

struct shelf *replay_index_shelf(const struct replay *replay,
                                 const struct operation *operation,
                                 enum shelf_kind kind, uint64_t shape)
{
    const struct index *index = &replay->index;
    uint64_t hash = shelf_hash(operation, kind, shape);
    struct shelf *s = index->shelves[hash % index->bucket_count];
    while (s != NULL && (s->shape != shape || s->kind != kind ||
                         s->operation != operation)) {
        s = s->next;
    }
    return s;
}

static struct shelf *shelf_of(struct replay *replay,
                              const struct operation *operation,
                              enum shelf_kind kind, uint64_t shape)
{
    struct index *index = &replay->index;
    struct shelf *s = replay_index_shelf(replay, operation, kind, shape);
    if (s == NULL) {
        uint64_t hash = shelf_hash(operation, kind, shape);
        struct shelf **bucket = &index->shelves[hash % index->bucket_count];
        s = ARENA_NEW(replay->arena, struct shelf);
        s->operation = operation;
        s->kind = kind;
        s->shape = shape;
        s->end = &s->first;
        s->next = *bucket;
        *bucket = s;
    }
    return s;
}

static void put_on_shelf(struct replay *replay, struct recorded *r,
                         enum shelf_kind kind)
{
    struct shelf *shelf = shelf_of(replay, r->operation, kind, r->shapes[kind]);
    *shelf->end = r;
    shelf->end = &r->next_on[kind];
}

static void take_off_shelf(struct replay *replay, struct recorded *r,
                           enum shelf_kind kind)
{
    struct shelf *shelf =
        replay_index_shelf(replay, r->operation, kind, r->shapes[kind]);
    struct recorded **at = &shelf->first;
    while (*at != r) {
        at = &(*at)->next_on[kind];
    }
    *at = r->next_on[kind];
    if (shelf->end == &r->next_on[kind]) {
        shelf->end = at;
    }
    r->next_on[kind] = NULL;
}

/* Without variables both would hold the same. */
static size_t shelf_kinds(const struct replay *replay)
{
    return replay->variables.count > 0 ? SHELF_KIND_COUNT : 1;
}

/* ---- unused calls ---- */

static void shelve(struct replay *replay, struct recorded *r)
{
    struct operation *o = r->operation;
    r->older = o->newest_unused;
    if (o->newest_unused != NULL) {
        o->newest_unused->newer = r;
    } else {
        o->oldest_unused = r;
    }
    o->newest_unused = r;
    for (size_t kind = 0; kind < shelf_kinds(replay); kind++) {
        put_on_shelf(replay, r, (enum shelf_kind)kind);
    }
}

void replay_index_use(struct replay *replay, struct recorded *recorded)
{
    struct operation *o = recorded->operation;
    if (recorded->used) {
        return;
    }
    recorded->used = true;
    if (!recorded_is_call(recorded)) {
        return;
    }
    for (size_t kind = 0; kind < shelf_kinds(replay); kind++) {
        take_off_shelf(replay, recorded, (enum shelf_kind)kind);
    }
    if (recorded->older != NULL) {
        recorded->older->newer = recorded->newer;
    } else {
        o->oldest_unused = recorded->newer;
    }
    if (recorded->newer != NULL) {
        recorded->newer->older = recorded->older;
    } else {
        o->newest_unused = recorded->older;
    }
    recorded->older = NULL;
    recorded->newer = NULL;
}

/* ---- building ---- */

static bool has_placeholder(const struct replay *replay,
                            const struct json *value)
{
    if (value == NULL) {
        return false;
    }
    bool found = value->type == JSON_STRING &&
                 replay_is_placeholder(replay, value->text);
    for (size_t i = 0; !found && i < value->count; i++) {
        found = has_placeholder(replay, value->members[i].value);
    }
    return found;
}

static void add_message(struct replay *replay, struct recorded *r)
{
    const struct recording_entry *entry = r->entry;
    struct operation *o = operation_of(replay, entry);
    struct arena *scratch = arena_new();
    r->operation = o;
    r->shapes[SHELF_ALIKE] =
        replay_shape_hash(replay, scratch, o, entry->input, TEXTS_BLANK);
    if (replay->variables.count > 0) {
        r->shapes[SHELF_EQUAL] =
            replay_shape_hash(replay, scratch, o, entry->input, TEXTS_AS_IS);
    }
    arena_free(scratch);
    r->hides = has_placeholder(replay, entry->input);
    o->hides = o->hides || r->hides || entry->input == NULL;
    push(replay->arena, &o->at, &o->count, &o->capacity, r);
    if (entry->kind == RECORDING_CALL) {
        o->calls++;
        replay->index.call_count++;
    }
    if (recorded_is_call(r)) {
        shelve(replay, r);
    }
    if (r->past == NULL) {
        return;
    }
    if (!recorded_is_call(r)) {
        push(replay->arena, &r->past->reads, &r->past->read_count,
             &r->past->read_capacity, r);
    } else if (r->past->call == NULL) {
        r->past->call = r;
    }
}

static void add(struct replay *replay, size_t i)
{
    const struct recording_entry *entry = &replay->recording->entries[i];
    struct recorded *r = &replay->index.recorded[i];
    r->entry = entry;
    r->past = past_of(replay, entry);
    switch (entry->kind) {
    case RECORDING_CALL:
    case RECORDING_RESEND:
    case RECORDING_READ_BACK:
        add_message(replay, r);
        break;
    case RECORDING_OUTCOME:
        if (r->past != NULL) {
            r->past->outcome = entry;
        }
        break;
    default:
        break;
    }
}

void replay_index_build(struct replay *replay)
{
    const struct recording *recording = replay->recording;
    struct index *index = &replay->index;
    struct str region = replay_region(replay);
    index->bucket_count = recording->entry_count + 1;
    index->recorded =
        ARENA_ARRAY(replay->arena, struct recorded, recording->entry_count);
    index->operations =
        ARENA_ARRAY(replay->arena, struct operation *, index->bucket_count);
    index->pasts =
        ARENA_ARRAY(replay->arena, struct past *, index->bucket_count);
    index->shelves =
        ARENA_ARRAY(replay->arena, struct shelf *, index->bucket_count);
    for (size_t i = 0; i < recording->entry_count; i++) {
        add(replay, i);
        index->regions_differ = index->regions_differ ||
                                (recording->entries[i].kind == RECORDING_CALL &&
                                 !str_eq(recording->entries[i].region, region));
    }
}
