/* SPDX-License-Identifier: Apache-2.0 */
/* The summary of a run. Start at hear(). */
#include "report/private.h"

#include "base/arena.h"
#include "base/mem.h"

enum { NAMED_MAX = 50, TOLD_MAX = 5 };

struct named {
    struct named *next;
    struct str line;
};

/* Races, or regrets: how many, and the first few by name. */
struct told {
    uint64_t count;
    struct str lines[TOLD_MAX];
};

struct report_summary {
    struct event_sink sink;
    struct arena *arena;
    uint64_t calls;
    uint64_t joined;
    uint64_t resent;
    uint64_t reads;
    uint64_t outcomes[OUTCOME_COUNT];
    struct buf waits; /* int64_t each */
    struct named *first, **end;
    uint64_t named;
    struct told races;
    struct told regrets;
};

/* Names come from outside. */
static void tidy(struct str line)
{
    char *text = (char *)(uintptr_t)line.ptr;
    for (size_t i = 0; i < line.len; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F) {
            text[i] = '?';
        }
    }
}

static void name_it(struct report_summary *s, const struct event *event)
{
    s->named++;
    if (s->named > NAMED_MAX) {
        return;
    }
    struct named *one = ARENA_NEW(s->arena, struct named);
    one->line = arena_printf(s->arena, "%-12s %.*s %.*s %.*s after %.1f s",
                             event_outcome_name(event->outcome),
                             STR_ARG(event->service), STR_ARG(event->operation),
                             STR_ARG(event->resource),
                             (double)event->waited_ms.value / 1000);
    tidy(one->line);
    *s->end = one;
    s->end = &one->next;
}

static void hear_settled(struct report_summary *s, const struct event *event)
{
    s->outcomes[event->outcome]++;
    s->reads += (uint64_t)event->reads.value;
    buf_add(&s->waits, str_make((const char *)&event->waited_ms.value,
                                sizeof(event->waited_ms.value)));
    if (event->outcome != OUTCOME_SETTLED) {
        name_it(s, event);
    }
}

static void hear_race(struct report_summary *s, const struct event *event)
{
    static const char lucky[] = "and saw the new state by luck";
    static const char stale[] = "and saw the old state";
    bool was_lucky = str_eq(str_of(event->verdict), STR("lucky"));
    struct str needed = STR("it was not seen to settle");
    if (s->races.count++ >= TOLD_MAX) {
        return;
    }
    if (event->needed_ms.there) {
        needed = arena_printf(s->arena, "%lld ms would have been enough",
                              (long long)event->needed_ms.value);
    }
    struct str line =
        arena_printf(s->arena, "%.*s of %.*s came %lld ms after %.*s %s; %.*s",
                     STR_ARG(event->read), STR_ARG(event->resource),
                     (long long)event->gap_ms.value, STR_ARG(event->operation),
                     was_lucky ? lucky : stale, STR_ARG(needed));
    tidy(line);
    s->races.lines[s->races.count - 1] = line;
}

static void hear_regret(struct report_summary *s, const struct event *event)
{
    if (s->regrets.count++ >= TOLD_MAX) {
        return;
    }
    struct str line = arena_printf(
        s->arena,
        "%.*s of %.*s saw the old state %lld ms after %.*s was said to be "
        "settled",
        STR_ARG(event->read), STR_ARG(event->resource),
        (long long)event->gap_ms.value, STR_ARG(event->operation));
    tidy(line);
    s->regrets.lines[s->regrets.count - 1] = line;
}

static void hear(struct event_sink *self, const struct event *event)
{
    struct report_summary *s = (struct report_summary *)self;
    switch (event->kind) {
    case EVENT_CALL_RECEIVED:
        s->calls++;
        break;
    case EVENT_CALL_JOINED:
        s->joined++;
        break;
    case EVENT_CALL_RESENT:
        s->resent++;
        break;
    case EVENT_SETTLED:
        hear_settled(s, event);
        break;
    case EVENT_RACE:
        hear_race(s, event);
        break;
    case EVENT_REGRET:
        hear_regret(s, event);
        break;
    case EVENT_CALL_REFUSED:
        if (event->outcome == OUTCOME_UNKNOWN) {
            s->outcomes[OUTCOME_UNKNOWN]++;
            name_it(s, event);
        }
        break;
    default:
        break;
    }
}

struct report_summary *report_summary_new(void)
{
    struct report_summary *s = mem_new(sizeof(*s));
    s->sink.hear = hear;
    s->arena = arena_new();
    s->end = &s->first;
    return s;
}

void report_summary_free(struct report_summary *s)
{
    if (s != NULL) {
        buf_free(&s->waits);
        arena_free(s->arena);
        mem_free(s);
    }
}

struct event_sink *report_summary_sink(struct report_summary *s)
{
    return &s->sink;
}

bool report_summary_is_empty(const struct report_summary *s)
{
    return s->calls == 0;
}

static void write_waits(const struct report_summary *s, struct buf *out)
{
    size_t count = s->waits.len / sizeof(int64_t);
    if (count == 0) {
        return;
    }
    const size_t middle = count / 2;
    int64_t *sorted = mem_new(s->waits.len);
    memcpy(sorted, s->waits.bytes, s->waits.len);
    report_times_sort(sorted, count);
    buf_printf(out,
               "settled: waited median %.2f s, worst %.2f s; %llu read-"
               "back%s\n",
               (double)sorted[middle] / 1000, (double)sorted[count - 1] / 1000,
               (unsigned long long)s->reads, s->reads == 1 ? "" : "s");
    mem_free(sorted);
}

static uint64_t mutations(const struct report_summary *s)
{
    uint64_t all = 0;
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        all += s->outcomes[i];
    }
    return all;
}

static void write_told(const struct told *told, const char *one,
                       const char *many, struct buf *out)
{
    if (told->count == 0) {
        return;
    }
    buf_printf(out, "settled: %llu %s\n", (unsigned long long)told->count,
               told->count == 1 ? one : many);
    for (size_t i = 0; i < TOLD_MAX && i < told->count; i++) {
        buf_printf(out, "settled: %.*s\n", STR_ARG(told->lines[i]));
    }
    if (told->count > TOLD_MAX) {
        buf_printf(out, "settled: and %llu more\n",
                   (unsigned long long)(told->count - TOLD_MAX));
    }
}

void report_summary_write(const struct report_summary *s, struct buf *out)
{
    uint64_t changed = mutations(s);
    buf_printf(out, "settled: %llu call%s, %llu mutation%s",
               (unsigned long long)s->calls, s->calls == 1 ? "" : "s",
               (unsigned long long)changed, changed == 1 ? "" : "s");
    const char *before = ": ";
    for (int i = OUTCOME_SETTLED; i < OUTCOME_COUNT; i++) {
        if (s->outcomes[i] > 0) {
            buf_printf(out, "%s%llu %s", before,
                       (unsigned long long)s->outcomes[i],
                       event_outcome_name((enum outcome)i));
            before = ", ";
        }
    }
    if (s->joined > 0) {
        buf_printf(out, "; %llu retr%s joined", (unsigned long long)s->joined,
                   s->joined == 1 ? "y" : "ies");
    }
    if (s->resent > 0) {
        buf_printf(out, "; %llu sent again", (unsigned long long)s->resent);
    }
    buf_add(out, STR("\n"));
    write_waits(s, out);
    for (const struct named *n = s->first; n != NULL; n = n->next) {
        buf_printf(out, "settled:   %.*s\n", STR_ARG(n->line));
    }
    if (s->named > NAMED_MAX) {
        buf_printf(out, "settled:   and %llu more\n",
                   (unsigned long long)(s->named - NAMED_MAX));
    }
    write_told(&s->races, "race: a read came before its write had settled",
               "races: reads that came before their writes had settled", out);
    write_told(&s->regrets,
               "regret: a read saw the old state after \"settled\"",
               "regrets: reads that saw the old state after \"settled\"", out);
}
