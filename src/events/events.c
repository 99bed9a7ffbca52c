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

/* What stands before a value. */
#define FIELD(name) STR(",\"" name "\":")

static void write_text(struct buf *out, struct str field, struct str value)
{
    if (value.len > 0) {
        buf_add(out, field);
        json_write_string(value, out);
    }
}

static void write_number(struct buf *out, struct str field,
                         struct event_number number)
{
    if (number.there) {
        buf_add(out, field);
        buf_add_number(out, number.value);
    }
}

static void write_json(struct buf *out, struct str field, struct str json)
{
    if (json.len > 0) {
        buf_add(out, field);
        buf_add(out, json);
    }
}

void event_write(const struct event *event, struct buf *out)
{
    buf_add(out, STR("\"event\":"));
    json_write_string(str_of(event_kind_name(event->kind)), out);
    write_text(out, FIELD("id"), event->exchange);
    write_text(out, FIELD("client"), event->client);
    write_text(out, FIELD("group"), event->group);
    write_text(out, FIELD("service"), event->service);
    write_text(out, FIELD("operation"), event->operation);
    write_text(out, FIELD("region"), event->region);
    write_text(out, FIELD("resource"), event->resource);
    write_text(out, FIELD("confirmation"), event->confirmation);
    write_text(out, FIELD("read"), event->read);
    write_text(out, FIELD("verdict"), str_of(event->verdict));
    if (event->outcome != OUTCOME_NONE) {
        write_text(out, FIELD("outcome"),
                   str_of(event_outcome_name(event->outcome)));
    }
    write_number(out, FIELD("status"),
                 (struct event_number){event->status != 0, event->status});
    write_text(out, FIELD("code"), event->code);
    write_text(out, FIELD("request_id"), event->request_id);
    write_text(out, FIELD("write"), event->write);
    write_number(out, FIELD("waited_ms"), event->waited_ms);
    write_number(out, FIELD("took_ms"), event->took_ms);
    write_number(out, FIELD("visible_ms"), event->visible_ms);
    write_number(out, FIELD("gap_ms"), event->gap_ms);
    write_number(out, FIELD("needed_ms"), event->needed_ms);
    write_number(out, FIELD("until_ms"), event->until_ms);
    write_number(out, FIELD("reads"), event->reads);
    write_json(out, FIELD("value"), event->value);
    write_json(out, FIELD("request"), event->request);
    write_text(out, FIELD("wanted"), event->wanted);
    write_text(out, FIELD("detail"), event->detail);
}

void event_write_line(const struct event *event, int64_t wall_ms,
                      struct str tail, struct buf *out)
{
    char time[CLOCK_ISO_LEN];
    clock_iso_write(wall_ms, time);
    buf_add(out, STR("{\"time\":\""));
    buf_add(out, str_make(time, sizeof(time)));
    buf_add(out, STR("\","));
    event_write(event, out);
    buf_add(out, tail);
    buf_add_char(out, '}');
}
