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
    uint64_t named;  /* that could be */
    uint64_t listed; /* that are */
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

static void add_named(struct report_summary *s, struct str line)
{
    if (s->listed < NAMED_MAX) {
        struct named *one = ARENA_NEW(s->arena, struct named);
        one->line = arena_str(s->arena, line);
        *s->end = one;
        s->end = &one->next;
        s->listed++;
    }
}

static void name_it(struct report_summary *s, const struct event *event)
{
    struct arena *scratch = arena_new();
    struct str line = arena_printf(
        scratch, "%-12s %.*s %.*s %.*s after %.1f s",
        event_outcome_name(event->outcome), STR_ARG(event->service),
        STR_ARG(event->operation), STR_ARG(event->resource),
        (double)event->waited_ms.value / 1000);
    tidy(line);
    add_named(s, line);
    s->named++;
    arena_free(scratch);
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

/* ---- from one process to another ---- */

static void save_number(struct buf *out, uint64_t number)
{
    buf_add(out, str_make((const char *)&number, sizeof(number)));
}

static void save_text(struct buf *out, struct str text)
{
    save_number(out, text.len);
    buf_add(out, text);
}

static uint64_t take_number(struct str *from)
{
    uint64_t number = 0;
    if (from->len >= sizeof(number)) {
        memcpy(&number, from->ptr, sizeof(number));
    }
    *from = str_from(*from, sizeof(number));
    return number;
}

static struct str take_text(struct str *from)
{
    uint64_t len = take_number(from);
    struct str text = str_first(*from, (size_t)len);
    *from = str_from(*from, text.len);
    return text;
}

static void save_told(struct buf *out, const struct told *told)
{
    save_number(out, told->count);
    for (size_t i = 0; i < TOLD_MAX && i < told->count; i++) {
        save_text(out, told->lines[i]);
    }
}

static void merge_told(struct report_summary *s, struct told *told,
                       struct str *from)
{
    uint64_t more = take_number(from);
    for (uint64_t i = 0; i < TOLD_MAX && i < more; i++) {
        struct str line = take_text(from);
        if (told->count + i < TOLD_MAX) {
            told->lines[told->count + i] = arena_str(s->arena, line);
        }
    }
    told->count += more;
}

void report_summary_save(const struct report_summary *s, struct buf *out)
{
    const uint64_t counts[] = {s->calls, s->joined, s->resent, s->reads,
                               s->named};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        save_number(out, counts[i]);
    }
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        save_number(out, s->outcomes[i]);
    }
    save_text(out, buf_str(&s->waits));
    save_told(out, &s->races);
    save_told(out, &s->regrets);
    for (const struct named *n = s->first; n != NULL; n = n->next) {
        save_text(out, n->line);
    }
}

void report_summary_merge(struct report_summary *s, struct str bytes)
{
    uint64_t *const counts[] = {&s->calls, &s->joined, &s->resent, &s->reads};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        *counts[i] += take_number(&bytes);
    }
    const uint64_t named = take_number(&bytes);
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        s->outcomes[i] += take_number(&bytes);
    }
    buf_add(&s->waits, take_text(&bytes));
    merge_told(s, &s->races, &bytes);
    merge_told(s, &s->regrets, &bytes);
    for (uint64_t i = 0; i < named && bytes.len > 0; i++) {
        add_named(s, take_text(&bytes));
    }
    s->named += named;
}

/* ---- in words ---- */

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
