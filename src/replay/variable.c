/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that each run makes afresh: which live one stands for which recorded
 * one. Here because a bound pair holds for the whole run, both ways. Start at
 * replay_variables_allow(). */
#include "replay/private.h"

#include <regex.h>

struct variable {
    regex_t compiled;
    bool has_group;
};

/* ---- compiling ---- */

static bool compile(struct variable *variable, struct str text,
                    struct diag *errors)
{
    char why[128];
    struct str copy = arena_str(errors->arena, text);
    int failed = regcomp(&variable->compiled, copy.ptr, REG_EXTENDED);
    if (failed != 0) {
        (void)regerror(failed, &variable->compiled, why, sizeof(why));
        diag_add(errors, NULL, (struct span){0, 0},
                 "the variable `%.*s` is no POSIX extended regular "
                 "expression: %s",
                 STR_ARG(text), why);
        return false;
    }
    variable->has_group = variable->compiled.re_nsub > 0;
    if (regexec(&variable->compiled, "", 0, NULL, 0) == 0) {
        diag_add(errors, NULL, (struct span){0, 0},
                 "the variable `%.*s` stands for an empty text too",
                 STR_ARG(text));
        regfree(&variable->compiled);
        return false;
    }
    return true;
}

bool replay_variables_init(struct variables *variables, struct arena *arena,
                           const struct str *expressions, size_t count,
                           struct diag *errors)
{
    bool good = true;
    variables->arena = arena;
    variables->at = ARENA_ARRAY(arena, struct variable, count);
    for (size_t i = 0; i < count; i++) {
        if (compile(&variables->at[variables->count], expressions[i], errors)) {
            variables->count++;
        } else {
            good = false;
        }
    }
    return good;
}

void replay_variables_done(struct variables *variables)
{
    for (size_t i = 0; i < variables->count; i++) {
        regfree(&variables->at[i].compiled);
    }
    variables->count = 0;
}

/* ---- finding ---- */

struct spot {
    size_t start;
    size_t end;
    size_t variable;
};

/* `text` ends in a zero byte. */
static bool find_one(const struct variable *variable, struct str text,
                     size_t from, struct spot *ret_spot)
{
    regmatch_t match[2];
    while (from < text.len) {
        if (regexec(&variable->compiled, text.ptr + from, 2, match,
                    from > 0 ? REG_NOTBOL : 0) != 0) {
            return false;
        }
        bool group = variable->has_group && match[1].rm_so >= 0;
        const regmatch_t *part = group ? &match[1] : &match[0];
        ret_spot->start = from + (size_t)part->rm_so;
        ret_spot->end = from + (size_t)part->rm_eo;
        if (ret_spot->end > ret_spot->start) {
            return true;
        }
        from += (size_t)match[0].rm_eo + (match[0].rm_eo == 0 ? 1 : 0);
    }
    return false;
}

/* The first in the text; of those at one spot the one declared first. */
static bool find_first(const struct variables *variables, struct str text,
                       size_t from, struct spot *ret_spot)
{
    bool found = false;
    for (size_t i = 0; i < variables->count; i++) {
        struct spot spot = {.variable = i};
        if (find_one(&variables->at[i], text, from, &spot) &&
            (!found || spot.start < ret_spot->start)) {
            spot.variable = i;
            *ret_spot = spot;
            found = true;
        }
    }
    return found;
}

static struct str part_of(struct str text, const struct spot *spot)
{
    return str_make(text.ptr + spot->start, spot->end - spot->start);
}

/* ---- binding ---- */

static struct binding **bucket_of(struct binding **buckets, size_t variable,
                                  struct str text)
{
    return &buckets[(str_hash(text) + variable) % BINDING_BUCKETS];
}

static struct binding *by_recorded(const struct variables *variables,
                                   size_t variable, struct str text)
{
    struct binding *b =
        *bucket_of((struct binding **)variables->by_recorded, variable, text);
    while (b != NULL &&
           (b->variable != variable || !str_eq(b->recorded, text))) {
        b = b->next_recorded;
    }
    return b;
}

static struct binding *by_live(const struct variables *variables,
                               size_t variable, struct str text)
{
    struct binding *b =
        *bucket_of((struct binding **)variables->by_live, variable, text);
    while (b != NULL && (b->variable != variable || !str_eq(b->live, text))) {
        b = b->next_live;
    }
    return b;
}

static void bind(struct variables *variables, size_t variable,
                 struct str recorded, struct str live)
{
    struct binding *b = ARENA_NEW(variables->arena, struct binding);
    b->variable = variable;
    b->recorded = arena_str(variables->arena, recorded);
    b->live = arena_str(variables->arena, live);
    struct binding **one =
        bucket_of(variables->by_recorded, variable, recorded);
    struct binding **other = bucket_of(variables->by_live, variable, live);
    b->next_recorded = *one;
    b->next_live = *other;
    b->before = variables->last;
    *one = b;
    *other = b;
    variables->last = b;
    variables->bound++;
}

/* The last one is at the head of its buckets. */
void replay_variables_undo(struct variables *variables, size_t bound)
{
    while (variables->bound > bound) {
        struct binding *b = variables->last;
        *bucket_of(variables->by_recorded, b->variable, b->recorded) =
            b->next_recorded;
        *bucket_of(variables->by_live, b->variable, b->live) = b->next_live;
        variables->last = b->before;
        variables->bound--;
    }
}

/* Whether the one may stand for the other from now on. */
static bool agree(struct variables *variables, size_t variable,
                  struct str recorded, struct str live)
{
    const struct binding *one = by_recorded(variables, variable, recorded);
    if (one != NULL) {
        return str_eq(one->live, live);
    }
    if (by_live(variables, variable, live) != NULL) {
        return false;
    }
    if (!str_eq(recorded, live)) {
        bind(variables, variable, recorded, live);
    }
    return true;
}

static bool allow(struct variables *variables, struct str recorded,
                  struct str live)
{
    size_t r = 0; /* how far each was read */
    size_t l = 0;
    for (;;) {
        struct spot in_recorded = {recorded.len, recorded.len, 0};
        struct spot in_live = {live.len, live.len, 0};
        bool more = find_first(variables, recorded, r, &in_recorded);
        if (find_first(variables, live, l, &in_live) != more ||
            in_recorded.variable != in_live.variable ||
            !str_eq(str_make(recorded.ptr + r, in_recorded.start - r),
                    str_make(live.ptr + l, in_live.start - l))) {
            return false;
        }
        if (!more) {
            return true;
        }
        if (!agree(variables, in_recorded.variable,
                   part_of(recorded, &in_recorded), part_of(live, &in_live))) {
            return false;
        }
        r = in_recorded.end;
        l = in_live.end;
    }
}

bool replay_variables_allow(struct variables *variables, struct str recorded,
                            struct str live)
{
    bool equal = str_eq(recorded, live);
    if (variables->count == 0 || (equal && variables->bound == 0)) {
        return equal;
    }
    struct arena *scratch = arena_new();
    size_t bound = variables->bound;
    bool allowed = allow(variables, arena_str(scratch, recorded),
                         arena_str(scratch, live));
    if (!allowed) {
        replay_variables_undo(variables, bound);
    }
    arena_free(scratch);
    return allowed;
}

/* ---- shapes and answers ---- */

static void rewrite(const struct variables *variables, struct str part,
                    size_t variable, enum texts texts, struct buf *out)
{
    const struct binding *b = NULL;
    switch (texts) {
    case TEXTS_BLANK:
        buf_printf(out, "\x01%zu", variable);
        break;
    case TEXTS_RECORDED:
        b = by_live(variables, variable, part);
        buf_add(out, b != NULL ? b->recorded : part);
        break;
    case TEXTS_AS_IS:
        buf_add(out, part);
        break;
    }
}

struct str replay_variables_rewrite(const struct variables *variables,
                                    struct arena *arena, struct str text,
                                    enum texts texts)
{
    struct spot spot = {0};
    struct str copy = arena_str(arena, text);
    size_t from = 0;
    if (!find_first(variables, copy, from, &spot)) {
        return text;
    }
    struct buf out = {0};
    do {
        buf_add(&out, str_make(copy.ptr + from, spot.start - from));
        rewrite(variables, part_of(copy, &spot), spot.variable, texts, &out);
        from = spot.end;
    } while (find_first(variables, copy, from, &spot));
    buf_add(&out, str_from(copy, from));
    struct str written = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return written;
}

bool replay_variables_find(const struct variables *variables, struct str text,
                           size_t from, struct hit *ret_hit)
{
    struct spot spot = {0};
    while (variables->bound > 0 && find_first(variables, text, from, &spot)) {
        const struct binding *b =
            by_recorded(variables, spot.variable, part_of(text, &spot));
        if (b != NULL) {
            *ret_hit = (struct hit){spot.start, spot.end, b->live};
            return true;
        }
        from = spot.end;
    }
    return false;
}
