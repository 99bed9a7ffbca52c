/* SPDX-License-Identifier: Apache-2.0 */
/* Which recorded call a client's call repeats. Here because each may be used
 * once, and in recorded order. Start at replay_match_call(). */
#include "replay/private.h"

/* ---- what may be taken ---- */

struct wish {
    enum recording_kind kind;
    bool of_bond; /* of the exchange that the live one repeats */
};

struct search {
    struct replay *replay;
    struct question *question;
    const struct bond *bond;
    const struct wish *wish;
    bool same_region;
};

static bool is_wanted(const struct search *s, const struct recorded *r)
{
    const struct past *past = s->bond != NULL ? s->bond->past : NULL;
    return r->entry->kind == s->wish->kind &&
           (!s->wish->of_bond || (past != NULL && r->past == past)) &&
           (!s->same_region ||
            str_eq(r->entry->region, s->question->call->region));
}

/* ---- looking ---- */

static struct recorded *find_on_shelf(const struct search *s,
                                      enum shelf_kind kind, uint64_t shape)
{
    const struct question *q = s->question;
    const struct shelf *shelf =
        replay_index_shelf(s->replay, q->operation, kind, shape);
    struct recorded *r = shelf != NULL ? shelf->first : NULL;
    while (r != NULL &&
           !(is_wanted(s, r) && replay_alike(s->replay, q, r, NULL))) {
        r = r->next_on[kind];
    }
    return r;
}

/* In the words of the recording, as far as they are bound. */
static struct recorded *find_equal(const struct search *s)
{
    const struct question *q = s->question;
    struct recorded *found = NULL;
    size_t count =
        s->replay->variables.count > 0 ? s->replay->redactor_count : 0;
    for (size_t i = 0; found == NULL && i < count; i++) {
        struct arena_mark mark = arena_mark(q->scratch);
        uint64_t shape = replay_shape_hash(s->replay, q->scratch, q->operation,
                                           q->hidden[i], TEXTS_RECORDED);
        arena_reset(q->scratch, mark);
        found = find_on_shelf(s, SHELF_EQUAL, shape);
    }
    return found;
}

/* By their shape: nearly always the first that is looked at. */
static struct recorded *find_by_shape(const struct search *s)
{
    const struct question *q = s->question;
    struct recorded *found = find_equal(s);
    for (size_t i = 0; found == NULL && i < s->replay->redactor_count; i++) {
        found = find_on_shelf(s, SHELF_ALIKE, q->shapes[i]);
    }
    return found;
}

/* Where placeholders are, inputs may be the same though their shapes differ. */
static struct recorded *find_one_by_one(const struct search *s)
{
    const struct question *q = s->question;
    bool may = q->hides || q->input == NULL || q->operation->hides;
    struct recorded *r = may ? q->operation->oldest_unused : NULL;
    while (r != NULL &&
           !(is_wanted(s, r) && replay_alike(s->replay, q, r, NULL))) {
        r = r->newer;
    }
    return r;
}

static struct recorded *find_unused(struct search *s, const struct wish *wishes,
                                    size_t wish_count)
{
    struct recorded *found = NULL;
    for (size_t i = 0; found == NULL && i < wish_count; i++) {
        s->wish = &wishes[i];
        s->same_region = s->replay->index.regions_differ;
        found = find_by_shape(s);
        if (found == NULL && s->same_region) {
            s->same_region = false;
            found = find_by_shape(s);
        }
        if (found == NULL) {
            found = find_one_by_one(s);
        }
    }
    return found;
}

/* ---- reads that are asked more often than they were recorded ---- */

static bool only_reads(const struct question *question)
{
    struct str method = question->request->method;
    return question->operation->reads ||
           (question->operation->name.len == 0 &&
            (str_eq(method, STR("GET")) || str_eq(method, STR("HEAD"))));
}

static struct recorded *find_last(struct replay *replay,
                                  const struct question *question)
{
    const struct operation *o = question->operation;
    for (size_t i = o->count; i > 0; i--) {
        struct recorded *r = o->at[i - 1];
        if (recorded_is_call(r) && replay_alike(replay, question, r, NULL)) {
            return r;
        }
    }
    return NULL;
}

/* ---- matching ---- */

void replay_match_keep(struct replay *replay, size_t bound)
{
    const struct binding *b = replay->variables.last;
    for (size_t i = replay->variables.bound; i > bound; i--) {
        replay_swaps_add(&replay->swaps, b->recorded, b->live);
        b = b->before;
    }
}

static struct found take(struct replay *replay, struct question *question,
                         struct recorded *r)
{
    struct found found = {.recorded = r, .delay_ms = r->entry->took_ms};
    struct bond *bond = NULL;
    if (question->exchange.len > 0 && !r->used) {
        bond = replay_bond_make(replay, question->exchange, r);
    }
    replay_index_use(replay, r);
    replay_question_learn(replay, question, r,
                          bond != NULL ? &bond->accounts : NULL);
    found.bond = bond;
    return found;
}

struct found replay_match_call(struct replay *replay, struct question *question,
                               enum http_purpose purpose)
{
    static const struct wish first[] = {
        {RECORDING_CALL, false},
        {RECORDING_RESEND, false}, /* by settled then, by the client now */
    };
    static const struct wish again[] = {
        {RECORDING_RESEND, true},
        {RECORDING_RESEND, false},
        {RECORDING_CALL, false},
    };
    bool is_first = purpose == HTTP_FOR_CLIENT;
    struct search search = {
        .replay = replay,
        .question = question,
        .bond = replay_bond_find(replay, question->exchange),
    };
    size_t bound = replay->variables.bound;
    struct recorded *r = NULL;
    if (question->operation != NULL) {
        r = find_unused(&search, is_first ? first : again,
                        is_first ? sizeof(first) / sizeof(first[0])
                                 : sizeof(again) / sizeof(again[0]));
    }
    if (r == NULL && question->operation != NULL &&
        replay->config.allow_repeats && only_reads(question)) {
        r = find_last(replay, question);
        replay->calls_repeated += r != NULL ? 1 : 0;
    }
    if (r == NULL) {
        return (struct found){.error = replay_miss_add(replay, question)};
    }
    replay_match_keep(replay, bound);
    return take(replay, question, r);
}
