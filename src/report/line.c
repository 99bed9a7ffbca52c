/* SPDX-License-Identifier: Apache-2.0 */
/* One line of a log: strictly read, its fields by name. Here so that nobody
 * else looks into JSON. Start at report_line_read(). */
#include "report/private.h"

#include "base/clock.h"

#include <math.h>

static const struct str field_names[LINE_FIELD_COUNT] = {
#define LINE_FIELD_NAME(name) {#name, sizeof(#name) - 1},
    LINE_FIELDS(LINE_FIELD_NAME)
#undef LINE_FIELD_NAME
};

static void place_fields(const struct json *object, struct line *line)
{
    for (size_t i = 0; i < object->count; i++) {
        for (size_t f = 0; f < LINE_FIELD_COUNT; f++) {
            if (str_eq(object->members[i].key, field_names[f])) {
                line->fields[f] = object->members[i].value;
                break;
            }
        }
    }
}

static enum event_kind kind_of(struct str name)
{
    int kind = 0;
    while (kind < EVENT_KIND_COUNT &&
           !str_eq(name, str_of(event_kind_name((enum event_kind)kind)))) {
        kind++;
    }
    return (enum event_kind)kind;
}

static bool refuse(struct str *reterr, struct str why)
{
    *reterr = why;
    return false;
}

bool report_line_read(struct arena *arena, struct str text,
                      struct line *ret_line, struct str *reterr)
{
    static const struct json_limits limits = {.depth = 64, .nodes = 100000};
    const struct source source = {.text = text};
    const struct json *object = NULL;
    struct diag diag;
    *ret_line = (struct line){.kind = EVENT_KIND_COUNT};
    diag_init(&diag, arena);
    if (!json_parse(arena, &source, &limits, &object, &diag)) {
        struct place at = source_place(&source, diag.first->span.start);
        *reterr = arena_printf(arena, "is no JSON: %.*s (column %zu)",
                               STR_ARG(diag.first->message), at.column);
        return false;
    }
    if (object->type != JSON_OBJECT) {
        return refuse(reterr, STR("is no JSON object"));
    }
    place_fields(object, ret_line);
    struct str event = report_line_field_text(ret_line, LINE_event);
    struct str time = report_line_field_text(ret_line, LINE_time);
    if (event.len == 0) {
        return refuse(reterr, STR("has no \"event\""));
    }
    if (time.len == 0) {
        return refuse(reterr, STR("has no \"time\""));
    }
    if (!clock_parse(time, &ret_line->at)) {
        *reterr = arena_printf(arena, "has a \"time\" that is none: %.*s",
                               STR_ARG(str_first(time, 40)));
        return false;
    }
    ret_line->kind = kind_of(event);
    return true;
}

struct str report_line_field_text(const struct line *line,
                                  enum line_field field)
{
    return json_text(line->fields[field]);
}

int64_t report_line_field_number(const struct line *line, enum line_field field)
{
    const double most = 1e15;
    const struct json *value = line->fields[field];
    if (!json_is(value, JSON_NUMBER) || !(fabs(value->number) < most)) {
        return REPORT_NOT_SAID;
    }
    return (int64_t)value->number;
}

struct str report_line_field_json(struct arena *arena, const struct line *line,
                                  enum line_field field)
{
    if (line->fields[field] == NULL) {
        return STR_NONE;
    }
    struct buf text = {0};
    json_write_canonical(line->fields[field], &text);
    struct str json = arena_str(arena, buf_str(&text));
    buf_free(&text);
    return json;
}
