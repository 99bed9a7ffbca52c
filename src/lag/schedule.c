/* SPDX-License-Identifier: Apache-2.0 */
/* A file that says which calls lag otherwise: read into rows, and the row of
 * a call. Start at lag_schedule_read(). */
#include "lag/private.h"

#include "base/nearest.h"

/* ---- reading ---- */

struct reader {
    struct arena *arena;
    const struct source *source;
    const struct rules *rules;
    struct diag *diag;
};

static void complain(const struct reader *r, struct span span, struct str what)
{
    diag_add(r->diag, r->source, span, "%.*s", STR_ARG(what));
}

static bool read_text(const struct reader *r, const struct json_member *m,
                      struct str *ret)
{
    if (m->value->type != JSON_STRING || m->value->text.len == 0) {
        complain(
            r, m->value->span,
            arena_printf(r->arena, "`%.*s` must be a text", STR_ARG(m->key)));
        return false;
    }
    *ret = m->value->text;
    return true;
}

static void read_service(const struct reader *r, const struct json_member *m,
                         struct lag_schedule_row *row)
{
    struct nearest nearest = nearest_to(json_text(m->value));
    if (!read_text(r, m, &row->service)) {
        return;
    }
    for (size_t i = 0; i < rules_count(r->rules); i++) {
        const struct rule *rule = rules_at(r->rules, i);
        if (str_eq(rule->service, row->service)) {
            return;
        }
        nearest_try(&nearest, rule->service);
    }
    complain(r, m->value->span,
             arena_printf(r->arena, "no rule is for the service `%.*s`%.*s",
                          STR_ARG(row->service),
                          STR_ARG(nearest_hint(r->arena, &nearest))));
}

static void read_operation(const struct reader *r, const struct json_member *m,
                           struct lag_schedule_row *row)
{
    struct nearest nearest = nearest_to(json_text(m->value));
    if (!read_text(r, m, &row->operation)) {
        return;
    }
    for (size_t i = 0; i < rules_count(r->rules); i++) {
        const struct rule *rule = rules_at(r->rules, i);
        if (row->service.len > 0 && !str_eq(rule->service, row->service)) {
            continue;
        }
        if (str_eq(rule->operation, row->operation)) {
            return;
        }
        nearest_try(&nearest, rule->operation);
    }
    complain(r, m->value->span,
             arena_printf(r->arena, "no rule is for the operation `%.*s`%.*s",
                          STR_ARG(row->operation),
                          STR_ARG(nearest_hint(r->arena, &nearest))));
}

static void read_resource(const struct reader *r, const struct json_member *m,
                          struct lag_schedule_row *row)
{
    (void)read_text(r, m, &row->resource);
}

static void read_kind(const struct reader *r, const struct json_member *m,
                      struct lag_schedule_row *row, enum lag_clock clock)
{
    struct str text = STR_NONE;
    struct str why = STR_NONE;
    if (!read_text(r, m, &text)) {
        return;
    }
    row->clocks.own[clock] =
        lag_distribution_parse(r->arena, text, &row->clocks.at[clock], &why);
    if (!row->clocks.own[clock]) {
        complain(r, m->value->span, why);
    }
}

static void read_lag(const struct reader *r, const struct json_member *m,
                     struct lag_schedule_row *row)
{
    read_kind(r, m, row, LAG_DIRECT);
}

static void read_tag_lag(const struct reader *r, const struct json_member *m,
                         struct lag_schedule_row *row)
{
    read_kind(r, m, row, LAG_TAGS);
}

static void read_listed_lag(const struct reader *r, const struct json_member *m,
                            struct lag_schedule_row *row)
{
    read_kind(r, m, row, LAG_LISTED);
}

static void read_flap(const struct reader *r, const struct json_member *m,
                      struct lag_schedule_row *row)
{
    double flap = m->value->number;
    if (m->value->type != JSON_NUMBER || !(flap >= 0 && flap <= 1)) {
        complain(r, m->value->span, STR("`flap` must be a chance from 0 to 1"));
        return;
    }
    row->clocks.own_flap = true;
    row->clocks.flap = flap;
}

static void read_count(const struct reader *r, const struct json_member *m,
                       uint64_t *ret)
{
    if (m->value->type != JSON_NUMBER || !str_to_u64(m->value->text, ret) ||
        *ret == 0) {
        complain(r, m->value->span,
                 arena_printf(r->arena, "`%.*s` must be a number from 1 on",
                              STR_ARG(m->key)));
    }
}

static void read_nth(const struct reader *r, const struct json_member *m,
                     struct lag_schedule_row *row)
{
    read_count(r, m, &row->nth);
}

static void read_times(const struct reader *r, const struct json_member *m,
                       struct lag_schedule_row *row)
{
    read_count(r, m, &row->times);
}

/* The service first: it tells which operations there are. */
static const struct {
    const char *name;
    void (*read)(const struct reader *, const struct json_member *,
                 struct lag_schedule_row *);
} keys[] = {
    {"service", read_service},   {"operation", read_operation},
    {"resource", read_resource}, {"lag", read_lag},
    {"tag-lag", read_tag_lag},   {"listed-lag", read_listed_lag},
    {"flap", read_flap},         {"nth", read_nth},
    {"times", read_times},
};
enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

static void check_keys(const struct reader *r, const struct json *object)
{
    for (size_t i = 0; i < object->count; i++) {
        const struct json_member *m = &object->members[i];
        struct nearest nearest = nearest_to(m->key);
        bool known = false;
        for (size_t k = 0; k < KEYS; k++) {
            known = known || str_eq(m->key, str_of(keys[k].name));
            nearest_try(&nearest, str_of(keys[k].name));
        }
        bool twice = json_get(object, m->key) != m->value;
        if (!known || twice) {
            complain(r, m->key_span,
                     twice ? arena_printf(r->arena, "`%.*s` is there twice",
                                          STR_ARG(m->key))
                           : arena_printf(
                                 r->arena, "there is no key `%.*s` here%.*s",
                                 STR_ARG(m->key),
                                 STR_ARG(nearest_hint(r->arena, &nearest))));
        }
    }
}

static void read_row(const struct reader *r, const struct json *object,
                     struct lag_schedule_row *row)
{
    if (object->type != JSON_OBJECT) {
        complain(r, object->span, STR("a row must be an object"));
        return;
    }
    size_t before = r->diag->count;
    check_keys(r, object);
    for (size_t k = 0; k < KEYS; k++) {
        for (size_t i = 0; i < object->count; i++) {
            const struct json_member *m = &object->members[i];
            if (str_eq(m->key, str_of(keys[k].name))) {
                keys[k].read(r, m, row);
            }
        }
    }
    const bool *own = row->clocks.own;
    if (r->diag->count == before && !own[LAG_DIRECT] && !own[LAG_TAGS] &&
        !own[LAG_LISTED] && !row->clocks.own_flap) {
        complain(r, (struct span){object->span.start, object->span.start + 1},
                 STR("a row needs `lag`, `tag-lag`, `listed-lag` or `flap`"));
    }
}

bool lag_schedule_read(struct arena *arena, const struct source *source,
                       const struct rules *rules,
                       struct lag_schedule *ret_schedule, struct diag *diag)
{
    const struct reader r = {arena, source, rules, diag};
    const struct json *list = NULL;
    size_t before = diag->count;
    if (!json_parse(arena, source, &json_default_limits, &list, diag)) {
        return false;
    }
    if (list->type != JSON_ARRAY) {
        complain(&r, list->span, STR("a schedule must be a list of rows"));
        return false;
    }
    ret_schedule->rows =
        ARENA_ARRAY(arena, struct lag_schedule_row, list->count);
    ret_schedule->count = list->count;
    for (size_t i = 0; i < list->count; i++) {
        read_row(&r, list->members[i].value, &ret_schedule->rows[i]);
    }
    return diag->count == before;
}

/* ---- the row of a call ---- */

bool lag_glob_matches(struct str pattern, struct str text)
{
    /* The last `*` seen, and how much of the text it has taken so far. */
    size_t star = STR_NOT_FOUND;
    size_t taken = 0;
    size_t p = 0;
    size_t t = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            taken = t;
        } else if (p < pattern.len &&
                   (pattern.ptr[p] == '?' || pattern.ptr[p] == text.ptr[t])) {
            p++;
            t++;
        } else if (star != STR_NOT_FOUND) {
            p = star + 1;
            t = ++taken;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*') {
        p++;
    }
    return p == pattern.len;
}

/* One of several resources will do. */
static bool is_resource(struct str pattern, const struct json *resource)
{
    if (pattern.len == 0) {
        return true;
    }
    if (json_is(resource, JSON_ARRAY)) {
        for (size_t i = 0; i < resource->count; i++) {
            if (lag_glob_matches(pattern,
                                 json_text(resource->members[i].value))) {
                return true;
            }
        }
        return false;
    }
    return json_is(resource, JSON_STRING) &&
           lag_glob_matches(pattern, resource->text);
}

static bool is_for(const struct lag_schedule_row *row, struct str service,
                   struct str operation, const struct json *resource)
{
    return (row->service.len == 0 || str_eq(row->service, service)) &&
           (row->operation.len == 0 || str_eq(row->operation, operation)) &&
           is_resource(row->resource, resource);
}

const struct lag_schedule_row *
lag_schedule_choose(const struct lag_schedule *schedule, struct row_use *use,
                    struct str service, struct str operation,
                    const struct json *resource)
{
    const struct lag_schedule_row *chosen = NULL;
    for (size_t i = 0; i < schedule->count; i++) {
        const struct lag_schedule_row *row = &schedule->rows[i];
        if (!is_for(row, service, operation, resource)) {
            continue;
        }
        use[i].calls++;
        if (chosen == NULL && (row->nth == 0 || row->nth == use[i].calls) &&
            (row->times == 0 || use[i].taken < row->times)) {
            use[i].taken++;
            chosen = row;
        }
    }
    return chosen;
}

struct lag_clocks lag_schedule_apply(const struct lag_clocks *usual,
                                     const struct lag_schedule_row *row)
{
    struct lag_clocks clocks = *usual;
    for (int c = 0; row != NULL && c < LAG_CLOCK_COUNT; c++) {
        if (row->clocks.own[c]) {
            clocks.at[c] = row->clocks.at[c];
            clocks.own[c] = true;
        }
    }
    if (row != NULL && row->clocks.own_flap) {
        clocks.flap = row->clocks.flap;
    }
    return clocks;
}
