/* SPDX-License-Identifier: Apache-2.0 */
/* The status line: what is awaited, what the last read-back said, how long.
 * Start at hear(). */
#include "report/report.h"

#include "base/arena.h"
#include "base/mem.h"

enum { SHOWN_AFTER_MS = 1000 };

struct hold {
    struct hold *next;
    struct arena *arena;
    struct str id;
    struct str what;
    struct buf said;
    int64_t since_ms;
};

struct report_status {
    struct event_sink sink;
    int64_t (*now_ms)(void *);
    struct hold *holds; /* the oldest first */
    bool shown;
};

static struct hold **find(struct report_status *status, struct str id)
{
    struct hold **at = &status->holds;
    while (*at != NULL && !str_eq((*at)->id, id)) {
        at = &(*at)->next;
    }
    return at;
}

static void drop(struct hold **at)
{
    struct hold *hold = *at;
    *at = hold->next;
    buf_free(&hold->said);
    arena_free(hold->arena);
}

static void hear_read_back(struct report_status *status,
                           const struct event *event)
{
    struct hold **at = find(status, event->exchange);
    if (*at == NULL) {
        struct arena *arena = arena_new();
        struct hold *hold = ARENA_NEW(arena, struct hold);
        hold->arena = arena;
        hold->id = arena_str(arena, event->exchange);
        hold->what =
            arena_printf(arena, "%.*s %.*s %.*s", STR_ARG(event->service),
                         STR_ARG(event->operation), STR_ARG(event->resource));
        hold->since_ms = status->now_ms(NULL) - event->waited_ms.value;
        *at = hold;
    }
    buf_clear(&(*at)->said);
    buf_printf(&(*at)->said, "%.*s: %s", STR_ARG(event->confirmation),
               event->verdict);
    if (event->code.len > 0) {
        buf_printf(&(*at)->said, " (%.*s)", STR_ARG(event->code));
    }
}

static void hear(struct event_sink *self, const struct event *event)
{
    struct report_status *status = (struct report_status *)self;
    if (event->kind == EVENT_READ_BACK) {
        hear_read_back(status, event);
    }
    if (event->kind == EVENT_SETTLED) {
        struct hold **at = find(status, event->exchange);
        if (*at != NULL) {
            drop(at);
        }
    }
}

struct report_status *report_status_new(int64_t (*now_ms)(void *))
{
    struct report_status *status = mem_new(sizeof(*status));
    status->sink.hear = hear;
    status->now_ms = now_ms;
    return status;
}

void report_status_free(struct report_status *status)
{
    if (status != NULL) {
        while (status->holds != NULL) {
            drop(&status->holds);
        }
        mem_free(status);
    }
}

struct event_sink *report_status_sink(struct report_status *status)
{
    return &status->sink;
}

/* Names come from outside: no control characters, and not in the middle of a
 * character when it is cut. */
static void tidy(struct buf *out, size_t start, size_t width)
{
    for (size_t i = start; i < out->len; i++) {
        unsigned char c = (unsigned char)out->bytes[i];
        if (c < 0x20 || c == 0x7F) {
            out->bytes[i] = '?';
        }
    }
    if (out->len - start > width) {
        out->len = start + width;
        while (((unsigned char)out->bytes[out->len] & 0xC0U) == 0x80U) {
            out->len--;
        }
    }
}

void report_status_wipe(struct report_status *status, struct buf *out)
{
    if (status->shown) {
        buf_add(out, STR("\r\033[K"));
        status->shown = false;
    }
}

void report_status_write(struct report_status *status, size_t width,
                         struct buf *out)
{
    const struct hold *hold = status->holds;
    int64_t held_ms = hold == NULL ? 0 : status->now_ms(NULL) - hold->since_ms;
    if (held_ms < SHOWN_AFTER_MS) {
        report_status_wipe(status, out);
        return;
    }
    buf_add(out, STR("\r\033[K"));
    size_t start = out->len;
    buf_printf(out, "settled: waiting %.1f s for %.*s; %.*s",
               (double)held_ms / 1000, STR_ARG(hold->what),
               STR_ARG(buf_str(&hold->said)));
    tidy(out, start, width);
    status->shown = true;
}
