/* SPDX-License-Identifier: Apache-2.0 */
/* Which recorded read answers a read-back. Here because a read-back belongs to
 * its change: it is looked for there first, and only then elsewhere. Start at
 * replay_match_read_back(). */
#include "replay/private.h"

static bool is_answered(const struct recorded *r)
{
    return r->entry->status > 0;
}

/* Compares, and keeps what was bound by it. */
static bool asks(struct replay *replay, const struct question *question,
                 const struct recorded *r)
{
    size_t bound = replay->variables.bound;
    bool same = r->operation == question->operation &&
                replay_alike(replay, question, r, NULL);
    if (same) {
        replay_match_keep(replay, bound);
    }
    return same;
}

/* ---- how far one question has come ---- */

static uint64_t key_of(const struct question *question)
{
    struct buf text = {0};
    buf_printf(&text, "%p|", (void *)question->operation);
    if (question->input != NULL) {
        json_write_canonical(question->input, &text);
    }
    uint64_t key = str_hash(buf_str(&text));
    buf_free(&text);
    return key;
}

/* The first line of an operation that was recorded after `line`. */
static size_t first_after(const struct operation *operation,
                          const struct recorded *line)
{
    size_t low = 0;
    size_t high = operation->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (operation->at[middle] <= line) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct asked *asked_of(struct replay *replay, struct bond *bond,
                              const struct question *question)
{
    uint64_t key = key_of(question);
    struct asked *asked = bond->asked;
    while (asked != NULL && asked->key != key) {
        asked = asked->next;
    }
    if (asked == NULL) {
        asked = ARENA_NEW(replay->arena, struct asked);
        asked->key = key;
        asked->shared_from = first_after(question->operation, bond->call);
        asked->clients_from = asked->shared_from;
        asked->next = bond->asked;
        bond->asked = asked;
    }
    return asked;
}

/* ---- the change's own ---- */

/* The next one; NULL: there is none, and `*ret_last` is the last one. */
static struct recorded *find_own(struct replay *replay,
                                 const struct question *question,
                                 const struct past *past,
                                 struct recorded **ret_last)
{
    struct recorded *last = NULL;
    for (size_t i = 0; i < past->read_count; i++) {
        struct recorded *r = past->reads[i];
        bool ahead = past->call != NULL && r < past->call;
        if (ahead || !asks(replay, question, r)) {
            continue;
        }
        if (!r->used) {
            replay_index_use(replay, r);
            return r;
        }
        if (last == NULL || is_answered(r) || !is_answered(last)) {
            last = r;
        }
    }
    *ret_last = last;
    return NULL;
}

/* ---- those of others, which this change shared ---- */

/* It was still waiting when this was read. */
static bool may_share(const struct bond *bond, const struct recorded *own,
                      const struct recorded *r)
{
    const struct recording_entry *outcome =
        bond->past != NULL ? bond->past->outcome : NULL;
    return recorded_is_read_back(r) &&
           r->entry->session == bond->call->entry->session &&
           (own == NULL || (r > own && outcome != NULL && r->entry < outcome));
}

/* The next one after the last of its own. */
static struct recorded *find_shared(struct replay *replay,
                                    const struct question *question,
                                    const struct bond *bond,
                                    struct asked *asked,
                                    const struct recorded *own)
{
    const struct operation *o = question->operation;
    for (; asked->shared_from < o->count; asked->shared_from++) {
        struct recorded *r = o->at[asked->shared_from];
        if (may_share(bond, own, r) && asks(replay, question, r)) {
            asked->shared_from++;
            asked->shared_last = r;
            r->seen = true;
            return r;
        }
    }
    return NULL;
}

/* ---- the client's own reads, where nothing else was recorded ---- */

static bool has_leaf(const struct json *value, struct str text)
{
    if (value == NULL) {
        return false;
    }
    if (value->type == JSON_STRING) {
        return str_eq(value->text, text);
    }
    for (size_t i = 0; i < value->count; i++) {
        if (has_leaf(value->members[i].value, text)) {
            return true;
        }
    }
    return false;
}

/* Whether one text of `value` is also in `other`. */
static bool shares_leaf(const struct json *value, const struct json *other)
{
    if (value == NULL) {
        return false;
    }
    if (value->type == JSON_STRING) {
        return value->text.len > 0 && has_leaf(other, value->text);
    }
    for (size_t i = 0; i < value->count; i++) {
        const struct json_member *m = &value->members[i];
        /* Headers say how, not what. */
        if (!str_eq(m->key, STR("headers")) && shares_leaf(m->value, other)) {
            return true;
        }
    }
    return false;
}

/* Another call that changes what `read` reads, between the two lines. */
static bool is_changed_between(const struct recorded *after,
                               const struct recorded *read)
{
    for (const struct recorded *r = after + 1; r < read; r++) {
        if (r->operation != NULL && !r->operation->reads &&
            recorded_is_call(r) && r->entry->session == read->entry->session &&
            shares_leaf(read->entry->input, r->entry->input)) {
            return true;
        }
    }
    return false;
}

/*
 * As often in a row as rules may want to see it. A client that looked too early
 * and went on all the same tells no more: after that nobody is known to have
 * looked.
 */
enum { CLIENTS_REPEATED = 12 };

static struct recorded *find_clients(struct replay *replay,
                                     const struct question *question,
                                     const struct bond *bond,
                                     struct asked *asked)
{
    const struct operation *o = question->operation;
    const struct recorded *since =
        asked->clients_last != NULL ? asked->clients_last : bond->call;
    for (size_t i = asked->clients_from; !asked->ended && i < o->count; i++) {
        struct recorded *r = o->at[i];
        if (r->entry->kind != RECORDING_CALL ||
            r->entry->session != bond->call->entry->session ||
            !asks(replay, question, r)) {
            continue;
        }
        if (is_changed_between(since, r)) {
            break;
        }
        asked->clients_from = i + 1;
        asked->clients_last = r;
        return r;
    }
    asked->ended = true;
    return asked->clients_repeats++ < CLIENTS_REPEATED ? asked->clients_last
                                                       : NULL;
}

/* ---- reads ahead of a change ---- */

/* It is, or will be, of no use to a change that has not been sent yet. */
static bool is_past(const struct recorded *r)
{
    const struct past *past = r->past;
    return !recorded_is_read_back(r) || r->used ||
           (past != NULL &&
            (past->bound || (past->call != NULL && r > past->call)));
}

/* Else what was last seen of the same, by whomever. */
static struct recorded *find_ahead(struct replay *replay,
                                   const struct question *question,
                                   bool *ret_repeats)
{
    struct operation *o = question->operation;
    while (o->ahead_from < o->count && is_past(o->at[o->ahead_from])) {
        o->ahead_from++;
    }
    for (size_t i = o->ahead_from; i < o->count; i++) {
        if (!is_past(o->at[i]) && asks(replay, question, o->at[i])) {
            return o->at[i];
        }
    }
    *ret_repeats = true;
    for (size_t i = o->count; i > 0; i--) {
        struct recorded *r = o->at[i - 1];
        if ((r->used || r->seen) && asks(replay, question, r)) {
            return r;
        }
    }
    return NULL;
}

/* ---- the whole ---- */

/* So that it comes as long after its change as it did. */
static int64_t delay_of(const struct replay *replay, const struct bond *bond,
                        const struct recorded *r)
{
    const struct recording_entry *call = bond->call->entry;
    int64_t due_ms =
        bond->start_ms + r->entry->at_ms + r->entry->took_ms - call->at_ms;
    int64_t left_ms = due_ms - replay_now_ms(replay);
    bool other_run = r->entry->session != call->session;
    return left_ms > 0 && !other_run ? left_ms : 0;
}

static struct found find_bound(struct replay *replay,
                               const struct question *question,
                               struct bond *bond, bool *ret_repeats)
{
    const struct past *past = bond->past;
    struct asked *asked = asked_of(replay, bond, question);
    struct found found = {.bond = bond};
    struct recorded *last = NULL;
    struct recorded *r = NULL;
    if (past != NULL) {
        r = find_own(replay, question, past, &last);
    }
    if (r == NULL) {
        r = find_shared(replay, question, bond, asked, last);
    }
    if (r == NULL) {
        r = asked->shared_last != NULL ? asked->shared_last : last;
        *ret_repeats = r != NULL;
    }
    if (r != NULL) {
        found.delay_ms =
            *ret_repeats ? r->entry->took_ms : delay_of(replay, bond, r);
    } else if (past == NULL || past->read_count == 0) {
        r = find_clients(replay, question, bond, asked);
        found.delay_ms = r != NULL ? r->entry->took_ms : 0;
    }
    found.recorded = r;
    return found;
}

struct found replay_match_read_back(struct replay *replay,
                                    struct question *question)
{
    struct bond *bond = replay_bond_find(replay, question->exchange);
    struct found found = {.bond = bond};
    bool repeats = false;
    if (question->operation != NULL && bond != NULL) {
        found = find_bound(replay, question, bond, &repeats);
    } else if (question->operation != NULL) {
        struct recorded *r = find_ahead(replay, question, &repeats);
        if (r != NULL && !repeats) {
            replay_index_use(replay, r);
        }
        found.recorded = r;
        found.delay_ms = r != NULL ? r->entry->took_ms : 0;
    }
    if (found.recorded != NULL) {
        replay->reads_answered++;
        replay->reads_repeated += repeats ? 1 : 0;
        return found;
    }
    replay->reads_unknown++;
    found.error = arena_printf(
        question->arena, "%.*s has no %.*s that belongs to this change",
        STR_ARG(replay->config.path),
        STR_ARG(replay_name(question->arena, question->call->service,
                            question->call->operation)));
    return found;
}
