/* SPDX-License-Identifier: Apache-2.0 */
/* What the checks found, counted and in words. Start at report_findings_get().
 */
#include "report/private.h"

#include "base/clock.h"

static void count_checked(struct report *report, struct findings *f)
{
    struct index seen = {0}; /* sources and keys: each once */
    const struct op *ops = f->history->ops;
    (void)report;
    for (size_t i = 0; i < f->history->count; i++) {
        uint64_t source = (uint64_t)1 << 32 | ops[i].source;
        uint32_t *known = report_index_at(&seen, source);
        if (*known == 0 && ops[i].fate != OP_FAILED) {
            *known = 1;
            *(ops[i].kind == OP_READ ? &f->reads : &f->writes) += 1;
        }
        known = report_index_at(&seen, (uint64_t)2 << 32 | ops[i].key);
        f->keys += *known == 0 ? 1 : 0;
        *known = 1;
    }
    report_index_done(&seen);
}

struct findings *report_findings_get(struct report *report)
{
    if (report->checked != NULL) {
        return report->checked;
    }
    struct findings *f = mem_new(sizeof(*f));
    f->history = report_history_for_checks(report);
    report_check_ops(f->history->ops, f->history->count, &f->list);
    for (uint32_t i = 0; i < COUNT(f->list, struct finding); i++) {
        f->counts[ROWS(f->list, struct finding)[i].kind]++;
    }
    count_checked(report, f);
    report->checked = f;
    return f;
}

void report_findings_free(struct findings *findings)
{
    if (findings != NULL) {
        report_history_free(findings->history);
        buf_free(&findings->list);
        mem_free(findings);
    }
}

/* ---- sentences ---- */

struct telling {
    const struct report *report;
    const struct findings *findings;
    struct buf *out;
};

/* "GetParameter 8b6d-7" */
static void name(const struct telling *t, uint32_t number)
{
    struct op_source source = report_history_source(
        t->report, &t->findings->history->ops[number - 1]);
    report_text_add_name(t->out, report_word(t->report, source.operation));
    buf_add_char(t->out, ' ');
    report_text_add_name(t->out, report_word(t->report, source.id));
}

/* "at 07:21:43.102": the end of it. */
static void when(const struct telling *t, uint32_t number)
{
    struct arena *scratch = arena_new();
    struct op_source source = report_history_source(
        t->report, &t->findings->history->ops[number - 1]);
    struct str iso = clock_iso(scratch, source.at);
    buf_printf(t->out, " at %.*s", STR_ARG(str_make(iso.ptr + 11, 12)));
    arena_free(scratch);
}

/* "3", "nothing" */
static void value(const struct telling *t, uint32_t number)
{
    enum { SHOWN_MAX = 24 };
    const struct op *op = &t->findings->history->ops[number - 1];
    struct str text = report_word(t->report, op->value);
    if (op->absent) {
        buf_add(t->out, STR("nothing"));
    } else {
        report_text_add_name(t->out, str_first(text, SHOWN_MAX));
        buf_add(t->out, text.len > SHOWN_MAX ? STR("...") : STR(""));
    }
}

/* "wrote 4", "deleted it" */
static void what(const struct telling *t, uint32_t number, const char *wrote,
                 const char *deleted)
{
    if (t->findings->history->ops[number - 1].kind == OP_DELETE) {
        buf_add(t->out, str_of(deleted));
    } else {
        buf_add(t->out, str_of(wrote));
        value(t, number);
    }
}

/* "..., though GetParameter 8b6d-6 at 07:21:42.990 had seen 4" */
static void though_seen(const struct telling *t, const struct finding *f)
{
    buf_add(t->out, STR(", though "));
    name(t, f->earlier);
    when(t, f->earlier);
    buf_add(t->out, STR(" had seen "));
    value(t, f->earlier);
}

void report_findings_sentence(const struct report *report,
                              const struct findings *findings,
                              const struct finding *f, struct buf *out)
{
    const struct telling t = {report, findings, out};
    name(&t, f->read);
    when(&t, f->read);
    buf_add(out, STR(" saw "));
    value(&t, f->read);
    switch (f->kind) {
    case READ_YOUR_WRITES:
        buf_add(out, STR(", though its own "));
        name(&t, f->write);
        what(&t, f->write, " had written ", " had deleted it");
        when(&t, f->write);
        break;
    case MONOTONIC_READS:
        though_seen(&t, f);
        break;
    case MONOTONIC_WRITES:
        though_seen(&t, f);
        buf_add(out, STR(", which "));
        name(&t, f->write);
        buf_add(out, STR(" made after "));
        name(&t, f->before);
        what(&t, f->before, " wrote ", " deleted it");
        break;
    default:
        though_seen(&t, f);
        buf_add(out, STR(", whose writer ("));
        name(&t, f->write);
        buf_add(out, STR(") had read "));
        value(&t, f->before);
        buf_add(out, STR(" before ("));
        name(&t, f->before);
        buf_add_char(out, ')');
        break;
    }
}
