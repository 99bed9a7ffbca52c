/* SPDX-License-Identifier: Apache-2.0 */
/* What was learned as a text, and back: intervals as they were seen, so that
 * another way to estimate can still use them. Start at schedule_read(). */
#include "schedule/private.h"

#include <math.h>

static const struct str format = {"settled schedule", 16};
enum { VERSION = 1 };

/* ---- writing ---- */

static void write_learner(const struct learner *learner, struct buf *out)
{
    buf_printf(out, "\"seen\":%llu,\"lags\":[",
               (unsigned long long)learner->seen);
    for (size_t ago = learner_kept(learner); ago-- > 0;) {
        const struct seen *seen = learner_at(learner, ago);
        buf_printf(out, "[%lu,", (unsigned long)seen->no_ms);
        if (seen->yes_ms == SEEN_NEVER) {
            buf_add(out, STR("null]"));
        } else {
            buf_printf(out, "%lu]", (unsigned long)seen->yes_ms);
        }
        buf_add(out, ago > 0 ? STR(",") : STR_NONE);
    }
    buf_add_char(out, ']');
}

static void write_member(struct buf *out, const char *name, struct str text)
{
    buf_printf(out, "\"%s\":", name);
    json_write_string(text, out);
    buf_add_char(out, ',');
}

void schedule_write(const struct schedule *schedule, struct buf *out)
{
    buf_add_char(out, '{');
    write_member(out, "format", format);
    buf_printf(out, "\"version\":%d,\"learned\":[", VERSION);
    const struct entry *e = schedule->newest;
    for (; e != NULL; e = e->older) {
        buf_add(out, STR("\n{"));
        write_member(out, "service", e->key.service);
        write_member(out, "operation", e->key.operation);
        write_member(out, "confirmation", e->key.confirmation);
        write_learner(&e->learner, out);
        buf_add(out, e->older != NULL ? STR("},") : STR("}"));
    }
    buf_add(out, STR("\n]}\n"));
}

bool schedule_has_news(const struct schedule *schedule)
{
    return schedule->has_news;
}

void schedule_saved(struct schedule *schedule)
{
    for (struct entry *e = schedule->newest; e != NULL; e = e->older) {
        e->learner.fresh = 0;
    }
    schedule->has_news = false;
}

/* ---- reading: first all of it is looked at ---- */

struct reader {
    const struct source *source;
    struct diag *diag;
};

static void complain(const struct reader *reader, const struct json *value,
                     const char *what)
{
    diag_add(reader->diag, reader->source, value->span, "%s", what);
}

/* A whole number that is not negative. */
static bool is_count(const struct json *value, double most)
{
    return json_is(value, JSON_NUMBER) && value->number >= 0 &&
           value->number <= most && value->number == floor(value->number);
}

static void check_lag(const struct reader *reader, const struct json *lag)
{
    const struct json *no = NULL;
    const struct json *yes = NULL;
    if (json_is(lag, JSON_ARRAY) && lag->count == 2) {
        no = lag->members[0].value;
        yes = lag->members[1].value;
    }
    bool good = no != NULL && is_count(no, LAG_MOST_MS) &&
                (json_is(yes, JSON_NULL) ||
                 (is_count(yes, LAG_MOST_MS) && yes->number >= no->number));
    if (!good) {
        complain(reader, lag,
                 "a lag must be [not yet at, there at] in milliseconds");
    }
}

static void check_learned(const struct reader *reader, const struct json *one)
{
    static const char *const names[] = {"service", "operation", "confirmation"};
    enum { NAME_MAX_BYTES = 256 };
    const double most_seen = 1e15;
    const struct json *seen = json_get(one, STR("seen"));
    const struct json *lags = json_get(one, STR("lags"));
    if (!json_is(one, JSON_OBJECT)) {
        complain(reader, one, "what was learned must be an object");
        return;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct str name = json_get_text(one, names[i]);
        if (name.len == 0 || name.len > NAME_MAX_BYTES) {
            diag_add(reader->diag, reader->source, one->span,
                     "`%s` must be a name", names[i]);
        }
    }
    if (!json_is(lags, JSON_ARRAY) || lags->count > KEPT) {
        complain(reader, lags != NULL ? lags : one,
                 "`lags` must be a list of at most 256");
        return;
    }
    if (!is_count(seen, most_seen) || seen->number < (double)lags->count) {
        complain(reader, seen != NULL ? seen : one,
                 "`seen` must say how many lags were seen");
    }
    for (size_t i = 0; i < lags->count; i++) {
        check_lag(reader, lags->members[i].value);
    }
}

static bool check(const struct reader *reader, const struct json *all)
{
    const struct json *version = json_get(all, STR("version"));
    const struct json *learned = json_get(all, STR("learned"));
    if (!str_eq(json_get_text(all, "format"), format)) {
        complain(reader, all, "is no schedule that settled has written");
    } else if (!json_is(version, JSON_NUMBER) || version->number != VERSION) {
        complain(reader, version != NULL ? version : all,
                 "is of another version; this settled reads version 1");
    } else if (!json_is(learned, JSON_ARRAY)) {
        complain(reader, learned != NULL ? learned : all,
                 "`learned` must be a list");
    } else {
        for (size_t i = 0; i < learned->count; i++) {
            check_learned(reader, learned->members[i].value);
        }
    }
    return reader->diag->count == 0;
}

/* ---- then it is taken over ---- */

static void append(struct learner *learner, const struct seen *seen)
{
    learner->last[learner->seen % KEPT] = *seen;
    learner->seen++;
}

static struct learner make_learner(const struct json *one)
{
    struct learner learner = {0};
    const struct json *lags = json_get(one, STR("lags"));
    double before = json_get(one, STR("seen"))->number - (double)lags->count;
    learner.seen = lags->count < KEPT ? 0 : (uint64_t)before;
    for (size_t i = 0; i < lags->count; i++) {
        const struct json *lag = lags->members[i].value;
        const struct json *yes = lag->members[1].value;
        const struct seen seen = {
            .no_ms = (uint32_t)lag->members[0].value->number,
            .yes_ms =
                json_is(yes, JSON_NULL) ? SEEN_NEVER : (uint32_t)yes->number,
        };
        append(&learner, &seen);
    }
    return learner;
}

/* Then its own news, which are later. */
static void take_over(struct schedule *schedule, const struct json *one)
{
    const struct schedule_key key = {
        .service = json_get_text(one, "service"),
        .operation = json_get_text(one, "operation"),
        .confirmation = json_get_text(one, "confirmation"),
    };
    struct entry *e = schedule_find(schedule, &key);
    if (e == NULL) {
        e = schedule_add_oldest(schedule, &key);
    }
    if (e == NULL) {
        return; /* so much is known already */
    }
    struct learner whole = make_learner(one);
    const struct learner *own = &e->learner;
    size_t kept = learner_kept(own);
    size_t news = own->fresh < kept ? (size_t)own->fresh : kept;
    for (size_t ago = news; ago-- > 0;) {
        append(&whole, learner_at(own, ago));
    }
    whole.fresh = own->fresh;
    e->learner = whole;
}

bool schedule_read(struct schedule *schedule, const struct source *source,
                   struct diag *diag)
{
    struct arena *arena = arena_new();
    const struct reader reader = {source, diag};
    const struct json *all = NULL;
    size_t before = diag->count;
    bool good = json_parse(arena, source, &json_default_limits, &all, diag) &&
                check(&reader, all) && diag->count == before;
    if (good) {
        const struct json *learned = json_get(all, STR("learned"));
        for (size_t i = 0; i < learned->count; i++) {
            take_over(schedule, learned->members[i].value);
        }
    }
    arena_free(arena);
    return good;
}
