/* SPDX-License-Identifier: Apache-2.0 */
/* The report for a terminal: what a tired engineer wants to know, the numbers
 * first, then what went wrong. Start at report_write_text(). */
#include "report/private.h"

#include "base/clock.h"

enum { NAME_WIDTH = 34, CELL_WIDTH = 7 };

/* ---- pieces ---- */

void report_text_add_name(struct buf *out, struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        bool next_is_c1 = c == 0xC2 && i + 1 < name.len &&
                          ((unsigned char)name.ptr[i + 1] & 0xE0U) == 0x80U;
        if (next_is_c1) {
            i++;
        }
        bool control = c < 0x20 || c == 0x7F || next_is_c1;
        buf_add_char(out, control ? '?' : (char)c);
    }
}

void report_text_add_duration(struct buf *out, int64_t ms)
{
    if (ms == REPORT_NOT_SAID) {
        buf_add_char(out, '-');
    } else if (ms < 1000 && ms > -1000) {
        buf_printf(out, "%lld ms", (long long)ms);
    } else if (ms < 10000 && ms > -10000) {
        buf_printf(out, "%.2f s", (double)ms / 1000);
    } else {
        buf_printf(out, "%.1f s", (double)ms / 1000);
    }
}

void report_text_add_word(const struct text *t, word text)
{
    report_text_add_name(t->out, report_word(t->report, text));
}

/* " /app/colour", nothing for nothing. */
void report_text_add_after_blank(const struct text *t, word text)
{
    if (text != 0) {
        buf_add_char(t->out, ' ');
        report_text_add_word(t, text);
    }
}

void report_text_add_plural(struct buf *out, uint64_t count, const char *one,
                            const char *many)
{
    buf_printf(out, "%llu %s", (unsigned long long)count,
               count == 1 ? one : many);
}

static void pad_to(struct buf *out, size_t start, size_t width)
{
    while (out->len - start < width) {
        buf_add_char(out, ' ');
    }
}

/* Right-aligned. */
static void add_cell(struct buf *out, size_t width, struct str text)
{
    buf_printf(out, "%*s%.*s", (int)(text.len < width ? width - text.len : 0),
               "", STR_ARG(text));
}

static void add_duration_cell(const struct text *t, int64_t ms)
{
    struct buf text = {0};
    report_text_add_duration(&text, ms);
    add_cell(t->out, CELL_WIDTH + 1, buf_str(&text));
    buf_free(&text);
}

static void add_quartet(const struct text *t, const struct quartet *q)
{
    add_duration_cell(t, q->there ? q->median : REPORT_NOT_SAID);
    add_duration_cell(t, q->there ? q->p90 : REPORT_NOT_SAID);
    add_duration_cell(t, q->there ? q->p99 : REPORT_NOT_SAID);
    add_duration_cell(t, q->there ? q->worst : REPORT_NOT_SAID);
}

/* A name wider than its column gets a line of its own. */
static void add_operation(const struct text *t, const struct tally_row *row)
{
    size_t start = t->out->len;
    report_text_add_word(t, row->service);
    buf_add_char(t->out, ' ');
    report_text_add_word(t, row->operation);
    if (t->out->len - start > NAME_WIDTH) {
        buf_add_char(t->out, '\n');
        start = t->out->len;
    }
    pad_to(t->out, start, NAME_WIDTH);
}

/* ---- heading ---- */

static void write_heading(const struct text *t)
{
    const struct report *r = t->report;
    struct buf *out = t->out;
    if (r->to != REPORT_NOT_SAID) {
        struct str from = clock_iso(t->arena, r->from);
        struct str to = clock_iso(t->arena, r->to);
        bool same_day = str_eq(str_first(from, 10), str_first(to, 10));
        buf_printf(out, "%.10s %.8s to ", from.ptr, from.ptr + 11);
        if (!same_day) {
            buf_printf(out, "%.10s ", to.ptr);
        }
        buf_printf(out, "%.8s UTC (", to.ptr + 11);
        report_text_add_duration(out, r->to - r->from);
        buf_add(out, STR("), "));
    }
    report_text_add_plural(out, COUNT(r->runs, struct run), "run", "runs");
    buf_add(out, STR(", "));
    report_text_add_plural(out, r->lines, "line", "lines");
    if (r->damaged > 0) {
        buf_printf(out, ", %llu of them damaged and left out",
                   (unsigned long long)r->damaged);
    }
    buf_add_char(out, '\n');
}

static void write_outcomes(const struct text *t, const uint32_t *outcomes,
                           uint32_t unfinished)
{
    const char *before = "";
    for (int i = OUTCOME_SETTLED; i < OUTCOME_COUNT; i++) {
        if (outcomes[i] > 0) {
            buf_printf(t->out, "%s%u %s", before, outcomes[i],
                       event_outcome_name((enum outcome)i));
            before = ", ";
        }
    }
    if (unfinished > 0) {
        buf_printf(t->out, "%s%u not finished", before, unfinished);
    }
}

static void write_totals(const struct text *t, const struct tally *tally)
{
    const struct report *r = t->report;
    struct buf *out = t->out;
    report_text_add_plural(out, r->calls, "call, ", "calls, ");
    report_text_add_plural(out, tally->mutation_count, "mutation", "mutations");
    if (tally->mutation_count == 0) {
        buf_add(out, STR(": nothing was confirmed, there is nothing to tell "
                         "of it\n"));
        return;
    }
    buf_add(out, STR(": "));
    write_outcomes(t, tally->outcomes, tally->unfinished);
    buf_add_char(out, '\n');
    report_text_add_plural(out, r->read_backs, "read-back", "read-backs");
    buf_printf(out, ", %.1f a mutation; ",
               (double)r->read_backs / tally->mutation_count);
    report_text_add_plural(out, r->joined, "call joined; ", "calls joined; ");
    buf_printf(out, "%llu sent again; ", (unsigned long long)r->resent);
    report_text_add_plural(out, COUNT(r->client_reads, struct client_read),
                           "read by clients\n", "reads by clients\n");
}

/* ---- tables ---- */

static void write_operations(const struct text *t, const struct tally *tally)
{
    if (tally->mutation_count == 0) {
        return;
    }
    buf_printf(t->out, "\n%-*s count%*s%*s%*s%*s reads  outcomes\n", NAME_WIDTH,
               "time until visible", CELL_WIDTH + 1, "median", CELL_WIDTH + 1,
               "p90", CELL_WIDTH + 1, "p99", CELL_WIDTH + 1, "worst");
    for (uint32_t i = 0; i < tally->count; i++) {
        const struct tally_row *row = &tally->rows[i];
        if (row->count == 0) {
            continue;
        }
        add_operation(t, row);
        buf_printf(t->out, "%6u", row->count);
        add_quartet(t, &row->settle);
        buf_printf(t->out, "%6.1f  ", (double)row->reads / row->count);
        if (row->outcomes[OUTCOME_SETTLED] == row->count) {
            buf_add(t->out, STR("all settled"));
        } else {
            write_outcomes(t, row->outcomes, row->unfinished);
        }
        buf_add_char(t->out, '\n');
    }
}

static void write_overshoots(const struct text *t, const struct tally *tally)
{
    bool headed = false;
    for (uint32_t i = 0; i < tally->count; i++) {
        const struct tally_row *row = &tally->rows[i];
        if (!row->overshoot.there) {
            continue;
        }
        if (!headed) {
            buf_printf(t->out, "\n%-*s      %*s%*s%*s%*s  too early\n",
                       NAME_WIDTH, "from visible to answered", CELL_WIDTH + 1,
                       "median", CELL_WIDTH + 1, "p90", CELL_WIDTH + 1, "p99",
                       CELL_WIDTH + 1, "worst");
            headed = true;
        }
        add_operation(t, row);
        buf_add(t->out, STR("      "));
        add_quartet(t, &row->overshoot);
        buf_printf(t->out, "%11u\n", row->too_early);
    }
}

/* ---- the slowest ---- */

static void write_slowest(const struct text *t, const struct tally *tally)
{
    for (uint32_t i = 0; i < tally->slowest_count; i++) {
        const struct call *call =
            &ROWS(t->report->all_calls, struct call)[tally->slowest[i]];
        bool seen = call->visible != REPORT_NOT_SAID;
        buf_add(t->out, i == 0 ? STR("\nslowest:\n") : STR(""));
        add_duration_cell(t, seen ? call->visible : call->waited);
        buf_add(t->out, STR("  "));
        report_text_add_word(t, call->service);
        report_text_add_after_blank(t, call->operation);
        report_text_add_after_blank(t, call->resource);
        if (call->outcome != OUTCOME_SETTLED) {
            buf_printf(t->out, ", %s",
                       event_outcome_name((enum outcome)call->outcome));
        }
        buf_add_char(t->out, '\n');
    }
}

/* ---- all of it ---- */

void report_write_text(struct report *report, struct buf *out)
{
    const struct text t = {report, arena_new(), out};
    const struct tally *tally = report_tally_make(report, t.arena);
    write_heading(&t);
    write_totals(&t, tally);
    write_operations(&t, tally);
    write_overshoots(&t, tally);
    report_trouble_write(&t, tally);
    write_slowest(&t, tally);
    report_trouble_write_guarantees(&t, report_findings_get(report));
    arena_free(t.arena);
}

struct report_counts report_counts(struct report *report)
{
    struct arena *arena = arena_new();
    const struct tally *tally = report_tally_make(report, arena);
    struct report_counts counts = {
        .lines = report->lines,
        .damaged = report->damaged,
        .events = report->events,
        .runs = COUNT(report->runs, struct run),
        .other_runs = report->other_runs,
        .mutations = tally->mutation_count,
        .races = COUNT(report->races, struct race),
        .regrets = COUNT(report->regrets, struct race),
        .violations = COUNT(report_findings_get(report)->list, struct finding),
        .unsettled = tally->outcomes[OUTCOME_UNSETTLED] +
                     tally->outcomes[OUTCOME_FAILED] +
                     tally->outcomes[OUTCOME_UNKNOWN],
    };
    arena_free(arena);
    return counts;
}
