/* SPDX-License-Identifier: Apache-2.0 */
/* Names, hearing and writing of events. Here because engine, lag and creds
 * speak and journal and report listen. Start at event_write(). */
#include "events/event.h"

#include "base/clock.h"

#include <assert.h>

const char *event_kind_name(enum event_kind kind)
{
    static const char *const names[EVENT_KIND_COUNT] = {
#define EVENT_NAME(name, text) [EVENT_##name] = text,
        EVENT_KINDS(EVENT_NAME)
#undef EVENT_NAME
    };
    assert(kind >= 0 && kind < EVENT_KIND_COUNT);
    return names[kind];
}

const char *event_outcome_name(enum outcome outcome)
{
    static const char *const names[OUTCOME_COUNT] = {
        [OUTCOME_NONE] = "none",
        [OUTCOME_SETTLED] = "settled",
        [OUTCOME_UNSETTLED] = "unsettled",
        [OUTCOME_FAILED] = "failed",
        [OUTCOME_UNVERIFIABLE] = "unverifiable",
        [OUTCOME_UNKNOWN] = "unknown",
    };
    assert(outcome >= 0 && outcome < OUTCOME_COUNT);
    return names[outcome];
}

void events_add(struct events *events, struct event_sink *sink)
{
    struct event_sink **end = &events->first;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    sink->next = NULL;
    *end = sink;
}

void events_say(const struct events *events, const struct event *event)
{
    if (events == NULL) {
        return;
    }
    for (struct event_sink *s = events->first; s != NULL; s = s->next) {
        s->hear(s, event);
    }
}

static void write_text(struct buf *out, const char *name, struct str value)
{
    if (value.len > 0) {
        buf_printf(out, ",\"%s\":", name);
        json_write_string(value, out);
    }
}

static void write_number(struct buf *out, const char *name,
                         struct event_number number)
{
    if (number.there) {
        buf_printf(out, ",\"%s\":%lld", name, (long long)number.value);
    }
}

static void write_json(struct buf *out, const char *name, struct str json)
{
    if (json.len > 0) {
        buf_printf(out, ",\"%s\":%.*s", name, STR_ARG(json));
    }
}

void event_write(const struct event *event, struct buf *out)
{
    buf_printf(out, "\"event\":\"%s\"", event_kind_name(event->kind));
    write_text(out, "id", event->exchange);
    write_text(out, "client", event->client);
    write_text(out, "group", event->group);
    write_text(out, "service", event->service);
    write_text(out, "operation", event->operation);
    write_text(out, "region", event->region);
    write_text(out, "resource", event->resource);
    write_text(out, "confirmation", event->confirmation);
    write_text(out, "read", event->read);
    write_text(out, "verdict", str_of(event->verdict));
    if (event->outcome != OUTCOME_NONE) {
        write_text(out, "outcome", str_of(event_outcome_name(event->outcome)));
    }
    if (event->status != 0) {
        buf_printf(out, ",\"status\":%d", event->status);
    }
    write_text(out, "code", event->code);
    write_text(out, "request_id", event->request_id);
    write_text(out, "write", event->write);
    write_number(out, "waited_ms", event->waited_ms);
    write_number(out, "took_ms", event->took_ms);
    write_number(out, "visible_ms", event->visible_ms);
    write_number(out, "gap_ms", event->gap_ms);
    write_number(out, "needed_ms", event->needed_ms);
    write_number(out, "until_ms", event->until_ms);
    write_number(out, "reads", event->reads);
    write_json(out, "value", event->value);
    write_json(out, "request", event->request);
    write_text(out, "wanted", event->wanted);
    write_text(out, "detail", event->detail);
}

void event_write_line(const struct event *event, int64_t wall_ms,
                      struct str tail, struct buf *out)
{
    struct arena *scratch = arena_new();
    buf_printf(out, "{\"time\":\"%.*s\",",
               STR_ARG(clock_iso(scratch, wall_ms)));
    event_write(event, out);
    buf_add(out, tail);
    buf_add_char(out, '}');
    arena_free(scratch);
}
