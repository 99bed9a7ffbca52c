/* SPDX-License-Identifier: Apache-2.0 */
/* A report as it grows, line by line, and the runs that lines are of. Start at
 * report_add(). */
#include "report/private.h"

/* ---- making ---- */

struct report *report_new(struct str only_run)
{
    struct report *r = mem_new(sizeof(*r));
    report_words_init(&r->words);
    r->scratch = arena_new();
    (void)arena_alloc(r->scratch, 1); /* its first block stays */
    r->only_run = report_words_add(&r->words, only_run);
    r->from = REPORT_NEVER;
    r->to = REPORT_NOT_SAID;
    return r;
}

void report_free(struct report *r)
{
    if (r == NULL) {
        return;
    }
    report_findings_free(r->checked);
    struct buf *tables[] = {&r->runs,     &r->all_calls,    &r->confirmations,
                            &r->readings, &r->client_reads, &r->races,
                            &r->regrets,  &r->truths};
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        buf_free(tables[i]);
    }
    report_index_done(&r->run_of);
    report_index_done(&r->call_of);
    report_index_done(&r->truth_of);
    report_words_done(&r->words);
    arena_free(r->scratch);
    mem_free(r);
}

struct str report_word(const struct report *r, word number)
{
    return report_words_get(&r->words, number);
}

/* ---- runs ---- */

static uint32_t add_run(struct report *r, word name)
{
    struct run *run = report_rows_add(&r->runs, sizeof(*run));
    run->name = name;
    run->from = REPORT_NEVER;
    run->to = REPORT_NOT_SAID;
    return COUNT(r->runs, struct run);
}

/* A run that starts again under its old name is another: its ids are, too. */
static uint32_t run_of(struct report *r, const struct line *line)
{
    word name = report_line_word(r, line, LINE_run);
    uint32_t *at = report_index_at(&r->run_of, (uint64_t)name + 1);
    bool starts = line->kind == EVENT_RUN_STARTED;
    if (*at == 0 || (starts && ROWS(r->runs, struct run)[*at - 1].started)) {
        *at = add_run(r, name);
    }
    struct run *run = &ROWS(r->runs, struct run)[*at - 1];
    run->started = run->started || starts;
    run->from = line->at < run->from ? line->at : run->from;
    run->to = line->at > run->to ? line->at : run->to;
    if (run->stage == 0) {
        run->stage = report_line_word(r, line, LINE_stage);
    }
    if (run->context == 0) {
        run->context = report_line_word(r, line, LINE_context);
    }
    if (run->meta == 0) {
        run->meta = report_line_json_word(r, line, LINE_meta);
    }
    return *at - 1;
}

/* ---- lines ---- */

static void take(struct report *r, const struct line *line)
{
    if (line->kind == EVENT_KIND_COUNT) {
        return;
    }
    r->events++;
    if (report_hear_lag(r, line)) {
        return;
    }
    if (r->only_run != 0 &&
        report_line_word(r, line, LINE_run) != r->only_run) {
        r->other_runs++;
        return;
    }
    uint32_t run = run_of(r, line);
    r->from = line->at < r->from ? line->at : r->from;
    r->to = line->at > r->to ? line->at : r->to;
    report_hear_event(r, line, run);
}

bool report_add(struct report *r, struct str text, struct arena *arena,
                struct str *reterr)
{
    struct arena_mark mark = arena_mark(r->scratch);
    struct line line;
    struct str why = STR_NONE;
    r->lines++;
    bool good = report_line_read(r->scratch, text, &line, &why);
    if (good) {
        report_findings_free(r->checked);
        r->checked = NULL;
        take(r, &line);
    } else {
        r->damaged++;
        *reterr = arena_str(arena, why);
    }
    arena_reset(r->scratch, mark);
    return good;
}

void report_add_damaged(struct report *r)
{
    r->lines++;
    r->damaged++;
}

uint64_t report_events(const struct report *r)
{
    return r->events;
}
