/* SPDX-License-Identifier: Apache-2.0 */
/* A live request held against a recorded one, leaf by leaf. Here because
 * matching and the diff of a miss must agree on what is the same. Start at
 * replay_alike(). */
#include "replay/private.h"

struct comparison {
    struct replay *replay;
    const struct question *question;
    const struct recording_session *session;
    struct buf path; /* "Tags[0].Value" */
    struct differences *differences;
    bool to_the_end; /* a difference does not end it */
};

/* The live value at one place: as it came, and as the redactor leaves it. */
struct live {
    const struct json *plain;
    const struct json *hidden;
};

static bool compare(struct comparison *c, const struct json *recorded,
                    struct live live);

/* ---- differences ---- */

/* Of a REST call the model speaks of what the body holds. */
static struct str member_path(struct str path)
{
    static const struct str parts[] = {
        {"body.", 5}, {"query.", 6}, {"headers.", 8}};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (str_starts(path, parts[i])) {
            return str_from(path, parts[i].len);
        }
    }
    return path;
}

static bool is_secret(const struct comparison *c, struct live live)
{
    const struct aws_call *call = c->question->call;
    return !json_equal(live.plain, live.hidden) ||
           aws_member_is_sensitive(c->replay->config.registry, call->service,
                                   call->operation,
                                   member_path(buf_str(&c->path)));
}

/* Always false, so that callers can return it. */
static bool differ(struct comparison *c, const struct json *recorded,
                   struct live live)
{
    struct differences *all = c->differences;
    if (all == NULL) {
        return false;
    }
    struct difference *d = ARENA_NEW(all->arena, struct difference);
    d->path = arena_str(all->arena, buf_str(&c->path));
    d->recorded = recorded;
    d->live = live.hidden;
    d->secret = is_secret(c, live);
    if (all->last != NULL) {
        all->last->next = d;
    } else {
        all->first = d;
    }
    all->last = d;
    all->count++;
    return false;
}

/* ---- leaves ---- */

/* What would stand for the text if it were a secret. By a redactor of its own:
 * one that lives on would take it for a secret from then on. */
static bool stands_for(const struct comparison *c, struct str placeholder,
                       struct str plain)
{
    const struct recording_session *session = c->session;
    if (!session->facts.redact || !session->keyed) {
        return false;
    }
    struct recording_redactor *redactor =
        recording_redactor_new(c->replay->config.registry, session->key);
    bool same = str_eq(placeholder, recording_redactor_secret(
                                        redactor, c->question->scratch, plain));
    recording_redactor_free(redactor);
    return same;
}

/*
 * Placeholders follow from secrets, but not from the order in which they were
 * seen: the same text may be hidden in one run and not yet in the other.
 */
static bool same_text(const struct comparison *c, struct str recorded,
                      struct str plain, struct str hidden)
{
    struct replay *replay = c->replay;
    if (replay_variables_allow(&replay->variables, recorded, hidden)) {
        return true;
    }
    if (plain.ptr != hidden.ptr &&
        replay_variables_allow(&replay->variables, recorded, plain)) {
        return true;
    }
    if (!replay_is_placeholder(replay, recorded)) {
        return false;
    }
    /* A secret may hold what each run makes afresh. */
    struct str words = replay_variables_rewrite(
        &replay->variables, c->question->scratch, plain, TEXTS_RECORDED);
    return (!replay_is_placeholder(replay, hidden) || words.ptr != plain.ptr) &&
           stands_for(c, recorded, words);
}

static bool same_leaf(const struct comparison *c, const struct json *recorded,
                      struct live live)
{
    if (json_equal(recorded, live.hidden) && recorded->type != JSON_STRING) {
        return true;
    }
    if (recorded->type != live.hidden->type) {
        return false;
    }
    if (recorded->type == JSON_STRING) {
        return same_text(c, recorded->text, live.plain->text,
                         live.hidden->text);
    }
    return recorded->type == JSON_NUMBER &&
           (json_equal(recorded, live.plain) ||
            (recorded->text.len > 0 && live.plain->text.len > 0 &&
             replay_variables_allow(&c->replay->variables, recorded->text,
                                    live.plain->text)));
}

/* ---- arrays and objects ---- */

static size_t enter(struct comparison *c, struct str key)
{
    size_t before = c->path.len;
    if (before > 0) {
        buf_add_char(&c->path, '.');
    }
    buf_add(&c->path, key);
    return before;
}

static size_t enter_at(struct comparison *c, size_t i)
{
    size_t before = c->path.len;
    buf_printf(&c->path, "[%zu]", i);
    return before;
}

static const struct json *item(const struct json *array, size_t i)
{
    return json_is(array, JSON_ARRAY) && i < array->count
               ? array->members[i].value
               : NULL;
}

static bool compare_arrays(struct comparison *c, const struct json *recorded,
                           struct live live)
{
    size_t count = recorded->count > live.hidden->count ? recorded->count
                                                        : live.hidden->count;
    bool same = true;
    for (size_t i = 0; i < count && (same || c->to_the_end); i++) {
        size_t before = enter_at(c, i);
        struct live one = {item(live.plain, i), item(live.hidden, i)};
        same = compare(c, item(recorded, i), one) && same;
        c->path.len = before;
    }
    return same;
}

/* The live name that stands for a recorded one: maps have names as keys. */
static struct str live_key(struct comparison *c, const struct json *recorded,
                           const struct json *live, struct str key)
{
    if (c->replay->variables.count == 0 || json_get(live, key) != NULL) {
        return key;
    }
    for (size_t i = 0; i < live->count; i++) {
        struct str other = live->members[i].key;
        if (json_get(recorded, other) == NULL &&
            replay_variables_allow(&c->replay->variables, key, other)) {
            return other;
        }
    }
    return key;
}

static bool has_key(struct str *keys, size_t count, struct str key)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(keys[i], key)) {
            return true;
        }
    }
    return false;
}

static bool compare_objects(struct comparison *c, const struct json *recorded,
                            struct live live)
{
    bool same = true;
    bool all = c->to_the_end;
    struct str *met =
        ARENA_ARRAY(c->question->scratch, struct str, recorded->count);
    for (size_t i = 0; i < recorded->count && (same || all); i++) {
        const struct json_member *m = &recorded->members[i];
        struct str key = live_key(c, recorded, live.hidden, m->key);
        size_t before = enter(c, m->key);
        struct live one = {json_get(live.plain, key),
                           json_get(live.hidden, key)};
        met[i] = key;
        same = compare(c, m->value, one) && same;
        c->path.len = before;
    }
    for (size_t i = 0; i < live.hidden->count && (same || all); i++) {
        const struct json_member *m = &live.hidden->members[i];
        if (has_key(met, recorded->count, m->key)) {
            continue;
        }
        size_t before = enter(c, m->key);
        struct live one = {json_get(live.plain, m->key), m->value};
        same = compare(c, NULL, one) && same;
        c->path.len = before;
    }
    return same;
}

static bool is_ignored(const struct comparison *c)
{
    const struct aws_call *call = c->question->call;
    return c->replay->ignored.count > 0 && c->path.len > 0 &&
           replay_ignored_has(&c->replay->ignored, call->service,
                              call->operation, buf_str(&c->path));
}

static bool compare(struct comparison *c, const struct json *recorded,
                    struct live live)
{
    if (live.plain == NULL ||
        (live.hidden != NULL && live.plain->type != live.hidden->type)) {
        live.plain = live.hidden;
    }
    if (is_ignored(c)) {
        return true;
    }
    if (recorded == NULL || live.hidden == NULL) {
        return recorded == live.hidden ? true : differ(c, recorded, live);
    }
    if (recorded->type == live.hidden->type) {
        if (recorded->type == JSON_ARRAY) {
            return compare_arrays(c, recorded, live);
        }
        if (recorded->type == JSON_OBJECT) {
            return compare_objects(c, recorded, live);
        }
    }
    return same_leaf(c, recorded, live) ? true : differ(c, recorded, live);
}

/* ---- calls whose body was not kept ---- */

static struct json *body_of(struct arena *arena, int64_t length)
{
    return json_new_string(
        arena, arena_printf(arena, "(%lld bytes)", (long long)length));
}

/* Method, target and length are all that there is. */
static bool compare_heads(struct comparison *c, const struct recorded *recorded)
{
    struct recording_interaction was;
    struct aws_call call;
    const struct question *q = c->question;
    struct arena *arena =
        c->differences != NULL ? c->differences->arena : c->question->scratch;
    struct recording_redactor *redactor =
        replay_redactor(c->replay, c->session);
    recording_get(c->replay->recording,
                  (size_t)(recorded - c->replay->index.recorded), arena, &was,
                  &call);
    struct str target = q->request->target;
    struct str hidden = redactor == NULL
                            ? target
                            : recording_redactor_text(redactor, arena, target);
    struct {
        const char *name;
        const struct json *recorded;
        const struct json *live;
    } rows[] = {
        {"(method)", json_new_string(arena, was.request.method),
         json_new_string(arena, q->request->method)},
        {"(target)", json_new_string(arena, was.request.target),
         json_new_string(arena, hidden)},
        {"(body)",
         body_of(arena, was.request_left_out > 0
                            ? was.request_left_out
                            : (int64_t)was.request.body.len),
         body_of(arena, q->length)},
    };
    bool same = true;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t before = enter(c, str_of(rows[i].name));
        same = compare(c, rows[i].recorded,
                       (struct live){rows[i].live, rows[i].live}) &&
               same;
        c->path.len = before;
    }
    return same;
}

/* ---- the whole ---- */

/* Where a secret may hold a variable, the other members are asked first what it
 * is bound to. */
static bool compare_inputs(struct comparison *c,
                           const struct recorded *recorded, struct live live)
{
    if (c->replay->variables.count > 0 && recorded->hides) {
        struct comparison first = *c;
        first.differences = NULL;
        first.to_the_end = true;
        bool same = compare(&first, recorded->entry->input, live);
        buf_free(&first.path);
        if (same && c->differences == NULL) {
            return true;
        }
    }
    return compare(c, recorded->entry->input, live);
}

/* What has another shape is the same only by way of a placeholder. */
static bool may_be_alike(const struct question *question,
                         const struct recorded *recorded, size_t redactor)
{
    return question->input == NULL || recorded->entry->input == NULL ||
           question->hides || recorded->hides ||
           question->shapes[redactor] == recorded->shapes[SHELF_ALIKE];
}

bool replay_alike(struct replay *replay, const struct question *question,
                  const struct recorded *recorded,
                  struct differences *differences)
{
    const struct recording_entry *entry = recorded->entry;
    size_t by = replay_redactor_index(replay, entry->session);
    if (differences == NULL && !may_be_alike(question, recorded, by)) {
        return false;
    }
    struct comparison c = {
        .replay = replay,
        .question = question,
        .session = entry->session,
        .differences = differences,
        .to_the_end = differences != NULL,
    };
    struct arena_mark mark = arena_mark(question->scratch);
    size_t bound = replay->variables.bound;
    bool same = false;
    if (entry->input == NULL || question->input == NULL) {
        same = compare_heads(&c, recorded);
    } else {
        same = compare_inputs(
            &c, recorded, (struct live){question->input, question->hidden[by]});
    }
    if (!same || differences != NULL) {
        replay_variables_undo(&replay->variables, bound);
    }
    arena_reset(question->scratch, mark);
    buf_free(&c.path);
    return same;
}
