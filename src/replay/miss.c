/* SPDX-License-Identifier: Apache-2.0 */
/* A call that nobody recorded: which recorded one comes nearest, and what
 * differs, without secrets. Here because both the client and the verdict tell
 * it. Start at replay_miss_add(). */
#include "replay/private.h"

enum {
    LOOKED_AT_MOST = 500, /* recorded calls, unused and used */
    LOOKED_AT_LEAST = 50, /* after many misses */
    VALUE_LEN = 60,
    PATH_LEN = 100,
    WIDTH_MAX = 40,
    ROWS_MAX = 12,
    ROWS_IN_SENTENCE = 4,
    KEPT_MAX = 100,
};

struct nearest {
    const struct recorded *recorded;
    struct differences differences;
    size_t equals; /* used ones that ask just the same */
};

/* ---- the nearest ---- */

static void look_at(struct replay *replay, const struct question *question,
                    const struct recorded *r, struct nearest *nearest)
{
    struct differences found = {.arena = question->arena};
    struct arena_mark mark = arena_mark(question->arena);
    bool same = replay_alike(replay, question, r, &found);
    if (same) {
        nearest->equals++;
        found = (struct differences){.arena = question->arena};
    }
    bool nearer = nearest->recorded == NULL ||
                  found.count < nearest->differences.count ||
                  (same && nearest->equals > 0);
    if (nearer) {
        nearest->recorded = r;
        nearest->differences = found;
    } else {
        arena_reset(question->arena, mark);
    }
}

/* An unused one is preferred to a used one that is as near. */
static struct nearest find_nearest(struct replay *replay,
                                   const struct question *question)
{
    const struct operation *o = question->operation;
    struct nearest nearest = {0};
    size_t most =
        replay->misses_kept < KEPT_MAX ? LOOKED_AT_MOST : LOOKED_AT_LEAST;
    size_t looked = 0;
    for (const struct recorded *r = o->oldest_unused;
         r != NULL && looked < most; r = r->newer) {
        look_at(replay, question, r, &nearest);
        looked++;
    }
    looked = 0;
    for (size_t i = o->count; i > 0 && looked < most; i--) {
        const struct recorded *r = o->at[i - 1];
        if (recorded_is_call(r) && r->used) {
            look_at(replay, question, r, &nearest);
            looked++;
        }
    }
    return nearest;
}

/* ---- one difference ---- */

/* What a client or a file names must not break a line. */
static void add_clean(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        buf_add_char(out, c < ' ' || c == 0x7F ? '?' : (char)c);
    }
}

/* Cut off, but not inside a character. */
void replay_miss_write_value(const struct json *value, struct buf *out)
{
    struct buf text = {0};
    json_write(value, &text);
    size_t len = text.len;
    if (len > VALUE_LEN) {
        len = VALUE_LEN;
        while (len > 0 && ((unsigned char)text.bytes[len] & 0xC0U) == 0x80U) {
            len--;
        }
    }
    buf_add(out, str_make(text.bytes, len));
    buf_add(out, len < text.len ? STR("...") : STR(""));
    buf_free(&text);
}

/* A placeholder tells nothing, and helps to find the line. */
static bool may_be_told(const struct replay *replay,
                        const struct difference *difference)
{
    const struct json *recorded = difference->recorded;
    return !difference->secret ||
           (json_is(recorded, JSON_STRING) &&
            replay_is_placeholder(replay, recorded->text));
}

static void add_difference(const struct replay *replay, struct buf *out,
                           const struct difference *d)
{
    if (d->recorded == NULL) {
        buf_add(out, STR("not recorded, now "));
        if (d->secret) {
            buf_add(out, STR("there"));
        } else {
            replay_miss_write_value(d->live, out);
        }
        return;
    }
    if (!may_be_told(replay, d)) {
        buf_add(out,
                d->live == NULL ? STR("recorded, now absent") : STR("differs"));
        return;
    }
    buf_add(out, STR("recorded "));
    replay_miss_write_value(d->recorded, out);
    if (d->live == NULL) {
        buf_add(out, STR(", now absent"));
    } else if (d->secret) {
        buf_add(out, STR(", now another"));
    } else {
        buf_add(out, STR(", now "));
        replay_miss_write_value(d->live, out);
    }
}

static struct str path_of(const struct difference *d)
{
    return d->path.len > 0 ? str_first(d->path, PATH_LEN) : STR("(input)");
}

static void add_in_a_row(const struct replay *replay, struct buf *out,
                         const struct differences *differences)
{
    size_t told = 0;
    const struct difference *d = differences->first;
    for (; d != NULL && told < ROWS_IN_SENTENCE; d = d->next) {
        buf_add(out, told == 0 ? STR(": ") : STR("; "));
        add_clean(out, path_of(d));
        buf_add(out, STR(": "));
        add_difference(replay, out, d);
        told++;
    }
    if (differences->count > told) {
        buf_printf(out, "; and %zu more", differences->count - told);
    }
}

static void add_rows(const struct replay *replay, struct buf *out,
                     const struct differences *differences)
{
    size_t told = 0;
    size_t width = 0;
    const struct difference *d = differences->first;
    for (; d != NULL && told < ROWS_MAX; d = d->next, told++) {
        size_t len = path_of(d).len;
        width = len > width && len <= WIDTH_MAX ? len : width;
    }
    told = 0;
    for (d = differences->first; d != NULL && told < ROWS_MAX; d = d->next) {
        buf_add(out, STR("      "));
        add_clean(out, path_of(d));
        size_t len = path_of(d).len;
        buf_printf(out, "%*s", (int)(len < width ? width - len : 0) + 2, "");
        add_difference(replay, out, d);
        buf_add_char(out, '\n');
        told++;
    }
    if (differences->count > told) {
        buf_printf(out, "      and %zu more\n", differences->count - told);
    }
}

/* ---- what there is besides ---- */

static size_t calls_of_service(const struct replay *replay, struct str service)
{
    size_t calls = 0;
    const struct operation *o = replay->index.first_operation;
    for (; o != NULL; o = o->newer) {
        calls += str_eq(o->service, service) ? o->calls : 0;
    }
    return calls;
}

/* "the recording has of ssm: GetParameter (3), DeleteParameter (1)" */
static void add_others(const struct replay *replay, struct arena *arena,
                       struct buf *out, struct str service)
{
    bool same = calls_of_service(replay, service) > 0;
    bool first = true;
    size_t told = 0;
    const struct operation *o = replay->index.first_operation;
    if (replay->index.call_count == 0) {
        buf_add(out, STR("the recording holds no call at all"));
        return;
    }
    if (same) {
        buf_printf(out, "of %.*s it has ", STR_ARG(service));
    } else {
        buf_printf(out, "it has ");
    }
    for (; o != NULL; o = o->newer) {
        if (o->calls == 0 || (same && !str_eq(o->service, service))) {
            continue;
        }
        if (told++ == ROWS_MAX) {
            buf_add(out, STR(" and more"));
            break;
        }
        struct str name = same && o->name.len > 0
                              ? o->name
                              : replay_name(arena, o->service, o->name);
        buf_printf(out, "%s%.*s (%zu)", first ? "" : ", ", STR_ARG(name),
                   o->calls);
        first = false;
    }
}

/* ---- telling ---- */

static void add_place(const struct replay *replay, struct buf *out,
                      const struct recorded *r)
{
    buf_printf(out, "line %zu of %.*s", r->entry->line,
               STR_ARG(replay->config.path));
}

static void tell_once_more(const struct replay *replay, struct buf *sentence,
                           struct buf *rows, struct str name,
                           const struct nearest *nearest)
{
    buf_printf(sentence,
               "%.*s was recorded %zu time%s with this input and is "
               "asked for once more; the last is ",
               STR_ARG(name), nearest->equals, nearest->equals == 1 ? "" : "s");
    add_place(replay, sentence, nearest->recorded);
    buf_printf(rows,
               "    recorded %zu time%s with this input, asked for once "
               "more; the last is line %zu\n",
               nearest->equals, nearest->equals == 1 ? "" : "s",
               nearest->recorded->entry->line);
    if (nearest->recorded->operation->reads) {
        buf_add(rows, STR("    --allow-repeats gives a read its last answer "
                          "again\n"));
    }
}

static void tell_nearest(const struct replay *replay, struct buf *sentence,
                         struct buf *rows, struct str name,
                         const struct nearest *nearest)
{
    const char *used =
        nearest->recorded->used ? "used already" : "not used yet";
    buf_printf(sentence, "no recorded %.*s matches; nearest is ",
               STR_ARG(name));
    add_place(replay, sentence, nearest->recorded);
    buf_printf(sentence, " (%s)", used);
    add_in_a_row(replay, sentence, &nearest->differences);
    buf_printf(rows, "    nearest is line %zu (%s):\n",
               nearest->recorded->entry->line, used);
    add_rows(replay, rows, &nearest->differences);
}

static void tell_none(const struct replay *replay, struct arena *arena,
                      struct buf *sentence, struct buf *rows, struct str name,
                      struct str service)
{
    struct buf others = {0};
    add_others(replay, arena, &others, service);
    buf_printf(sentence, "%.*s has no %.*s; %.*s", STR_ARG(replay->config.path),
               STR_ARG(name), STR_ARG(buf_str(&others)));
    buf_printf(rows, "    there is none; %.*s\n", STR_ARG(buf_str(&others)));
    buf_free(&others);
}

/* ---- keeping ---- */

static void keep(struct replay *replay, struct str text)
{
    replay->miss_count++;
    for (struct miss *m = replay->first_miss; m != NULL; m = m->next) {
        if (str_eq(m->text, text)) {
            m->times++;
            return;
        }
    }
    if (replay->misses_kept == KEPT_MAX) {
        return;
    }
    struct miss *miss = ARENA_NEW(replay->arena, struct miss);
    miss->text = arena_str(replay->arena, text);
    miss->times = 1;
    replay->misses_kept++;
    if (replay->last_miss != NULL) {
        replay->last_miss->next = miss;
    } else {
        replay->first_miss = miss;
    }
    replay->last_miss = miss;
}

struct str replay_miss_add(struct replay *replay, struct question *question)
{
    struct buf sentence = {0};
    struct buf rows = {0};
    struct nearest nearest = {0};
    struct str name = replay_name(question->arena, question->call->service,
                                  question->call->operation);
    if (question->operation != NULL) {
        nearest = find_nearest(replay, question);
    }
    buf_printf(&rows, "  not recorded: %.*s\n", STR_ARG(name));
    if (nearest.equals > 0) {
        tell_once_more(replay, &sentence, &rows, name, &nearest);
    } else if (nearest.recorded != NULL) {
        tell_nearest(replay, &sentence, &rows, name, &nearest);
    } else {
        tell_none(replay, question->arena, &sentence, &rows, name,
                  question->call->service);
    }
    keep(replay, buf_str(&rows));
    struct str text = arena_str(question->arena, buf_str(&sentence));
    buf_free(&sentence);
    buf_free(&rows);
    return text;
}
