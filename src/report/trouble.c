/* SPDX-License-Identifier: Apache-2.0 */
/* What went wrong, in sentences, the worst first. Start at
 * report_trouble_write(). */
#include "report/private.h"

#include <stdlib.h>

enum { SHOWN_MAX = 20, TEXT_MAX = 120 };

/* Not cut in the middle of a character. */
static void add_short(struct buf *out, struct str text)
{
    size_t len = text.len > TEXT_MAX ? TEXT_MAX : text.len;
    while (len < text.len && len > 0 &&
           ((unsigned char)text.ptr[len] & 0xC0U) == 0x80U) {
        len--;
    }
    report_text_add_name(out, str_first(text, len));
    buf_add(out, len < text.len ? STR("...") : STR(""));
}

static void write_more(const struct text *t, size_t count)
{
    if (count > SHOWN_MAX) {
        buf_printf(t->out, "  and %zu more\n", count - SHOWN_MAX);
    }
}

/* ---- what did not settle ---- */

static bool is_bad(const struct call *call)
{
    return call->outcome != OUTCOME_NONE && call->outcome != OUTCOME_SETTLED;
}

static void write_bad(const struct text *t, const struct call *call)
{
    const struct report *r = t->report;
    word last = 0;
    for (uint32_t at = call->first_confirmation; at != 0;) {
        const struct confirmation *c =
            &ROWS(r->confirmations, struct confirmation)[at - 1];
        last = c->outcome != OUTCOME_SETTLED && c->last != 0 ? c->last : last;
        at = c->next;
    }
    buf_printf(t->out, "%s: ", event_outcome_name((enum outcome)call->outcome));
    report_text_add_word(t, call->service);
    report_text_add_after_blank(t, call->operation);
    report_text_add_after_blank(t, call->resource);
    buf_add(t->out, STR(" ("));
    report_text_add_word(t, call->id);
    buf_add_char(t->out, ')');
    if (call->waited != REPORT_NOT_SAID) {
        buf_add(t->out, STR(" after "));
        report_text_add_duration(t->out, call->waited);
    }
    if (last != 0) {
        buf_add(t->out, STR("; the last read-back: "));
        add_short(t->out, report_word(r, last));
    }
    buf_add_char(t->out, '\n');
}

static void write_all_bad(const struct text *t, const struct tally *tally)
{
    size_t shown = 0;
    for (uint32_t i = 0; i < tally->mutation_count; i++) {
        const struct call *call =
            &ROWS(t->report->all_calls, struct call)[tally->mutations[i]];
        if (is_bad(call)) {
            buf_add(t->out, shown == 0 ? STR("\n") : STR(""));
            if (shown++ < SHOWN_MAX) {
                write_bad(t, call);
            }
        }
    }
    write_more(t, shown);
}

/* ---- races and regrets ---- */

/* How much too early; what never settled is the worst of all. */
static int64_t badness(const struct race *race)
{
    return race->needed == REPORT_NOT_SAID ? INT64_MAX
                                           : race->needed - race->gap;
}

static int worst_first(const void *a, const void *b, void *ctx)
{
    const struct race *x = *(const struct race *const *)a;
    const struct race *y = *(const struct race *const *)b;
    const word *lucky = ctx;
    if ((x->verdict == *lucky) != (y->verdict == *lucky)) {
        return x->verdict == *lucky ? 1 : -1;
    }
    if (badness(x) != badness(y)) {
        return badness(x) < badness(y) ? 1 : -1;
    }
    return (x > y) - (x < y);
}

static bool is_lucky(const struct text *t, const struct race *race)
{
    return str_eq(report_word(t->report, race->verdict), STR("lucky"));
}

static void write_race(const struct text *t, const struct race *race)
{
    buf_add(t->out, STR("race: "));
    report_text_add_word(t, race->read);
    report_text_add_after_blank(t, race->resource);
    buf_add(t->out, STR(" came "));
    report_text_add_duration(t->out, race->gap);
    buf_add(t->out, STR(" after "));
    report_text_add_word(t, race->operation);
    if (race->needed != REPORT_NOT_SAID) {
        buf_add(t->out, STR("; it needed "));
        report_text_add_duration(t->out, race->needed);
    } else {
        buf_add(t->out, STR("; it was not seen to settle"));
    }
    if (is_lucky(t, race)) {
        buf_add(t->out, STR("; it saw the new state, by luck"));
    } else if (race->got != 0) {
        buf_add(t->out, STR("; it got "));
        add_short(t->out, report_word(t->report, race->got));
    }
    buf_add_char(t->out, '\n');
}

static void write_regret(const struct text *t, const struct race *regret)
{
    buf_add(t->out, STR("regret: "));
    report_text_add_word(t, regret->read);
    report_text_add_after_blank(t, regret->resource);
    buf_add(t->out, STR(" saw the old state "));
    report_text_add_duration(t->out, regret->gap);
    buf_add(t->out, STR(" after "));
    report_text_add_word(t, regret->operation);
    buf_add(t->out, STR(" was said to be settled"));
    if (regret->got != 0) {
        buf_add(t->out, STR("; it got "));
        add_short(t->out, report_word(t->report, regret->got));
    }
    buf_add_char(t->out, '\n');
}

static void write_some(const struct text *t, const struct buf *table,
                       void (*write)(const struct text *t,
                                     const struct race *race))
{
    size_t count = COUNT(*table, struct race);
    const struct race **sorted =
        mem_new((count + 1) * sizeof(const struct race *));
    word lucky = 0;
    for (size_t i = 0; i < count; i++) {
        sorted[i] = &ROWS(*table, struct race)[i];
        lucky = is_lucky(t, sorted[i]) ? sorted[i]->verdict : lucky;
    }
    lucky = lucky == 0 ? UINT32_MAX : lucky;
    qsort_r((void *)sorted, count, sizeof(*sorted), worst_first, &lucky);
    for (size_t i = 0; i < count && i < SHOWN_MAX; i++) {
        write(t, sorted[i]);
    }
    write_more(t, count);
    mem_free((void *)sorted);
}

static void write_races(const struct text *t)
{
    const struct report *r = t->report;
    size_t races = COUNT(r->races, struct race);
    size_t regrets = COUNT(r->regrets, struct race);
    buf_add_char(t->out, '\n');
    if (races == 0 && regrets == 0) {
        buf_add(t->out, STR("no races, no regrets\n"));
        return;
    }
    report_text_add_plural(t->out, races, "race, ", "races, ");
    report_text_add_plural(t->out, regrets, "regret\n", "regrets\n");
    write_some(t, &r->races, write_race);
    write_some(t, &r->regrets, write_regret);
}

/* ---- joined ---- */

static void write_joined(const struct text *t, const struct tally *tally)
{
    size_t shown = 0;
    for (uint32_t i = 0; i < tally->mutation_count; i++) {
        const struct call *call =
            &ROWS(t->report->all_calls, struct call)[tally->mutations[i]];
        if (call->joined == 0 || shown++ >= SHOWN_MAX) {
            continue;
        }
        buf_add(t->out, shown == 1 ? STR("\njoined: ") : STR("joined: "));
        report_text_add_plural(t->out, call->joined, "retry of ",
                               "retries of ");
        report_text_add_word(t, call->operation);
        report_text_add_after_blank(t, call->resource);
        buf_add(t->out, STR(" ("));
        report_text_add_word(t, call->id);
        buf_add(t->out, STR(")\n"));
    }
    write_more(t, shown);
}

/* ---- guarantees ---- */

void report_trouble_write_guarantees(const struct text *t,
                                     const struct findings *f)
{
    static const char *const names[GUARANTEE_COUNT] = {
        "read your writes", "monotonic reads", "monotonic writes",
        "writes follow reads"};
    uint32_t count = COUNT(f->list, struct finding);
    buf_add_char(t->out, '\n');
    if (f->reads == 0) {
        buf_add(t->out, STR("guarantees: no reads by clients to check\n"));
        return;
    }
    buf_add(t->out, STR("guarantees: "));
    report_text_add_plural(t->out, f->reads, "read and ", "reads and ");
    report_text_add_plural(t->out, f->writes, "write checked",
                           "writes checked");
    if (count == 0) {
        buf_add(t->out, STR(", all kept\n"));
        return;
    }
    const char *before = "; broken: ";
    for (int i = 0; i < GUARANTEE_COUNT; i++) {
        if (f->counts[i] > 0) {
            buf_printf(t->out, "%s%s %u", before, names[i], f->counts[i]);
            before = ", ";
        }
    }
    buf_add_char(t->out, '\n');
    for (uint32_t i = 0; i < count && i < SHOWN_MAX; i++) {
        const struct finding *one = &ROWS(f->list, struct finding)[i];
        buf_printf(t->out, "%s: ", names[one->kind]);
        report_findings_sentence(t->report, f, one, t->out);
        buf_add_char(t->out, '\n');
    }
    write_more(t, count);
}

/* ---- all of it ---- */

void report_trouble_write(const struct text *t, const struct tally *tally)
{
    write_all_bad(t, tally);
    write_races(t);
    write_joined(t, tally);
}
