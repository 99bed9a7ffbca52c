/* SPDX-License-Identifier: Apache-2.0 */
/* The report as one JSON object, for programs and for the page. README.md has
 * its keys. Start at report_write_json(). */
#include "report/private.h"

#include "base/clock.h"

#include <stddef.h>
#include <stdlib.h>

enum { EXAMPLES_MAX = 20 };

/* ---- members ---- */

static void add_time(struct data *d, const char *name, int64_t at)
{
    report_data_add_ms(d, name, at == REPORT_NOT_SAID ? at : at - d->from);
}

static void add_outcome(struct data *d, uint8_t outcome)
{
    if (outcome != OUTCOME_NONE) {
        report_data_add_text(d, "outcome",
                             str_of(event_outcome_name((enum outcome)outcome)));
    }
}

static void add_outcomes(struct data *d, const uint32_t *outcomes)
{
    report_data_open(d, "outcomes", '{');
    for (int i = OUTCOME_SETTLED; i < OUTCOME_COUNT; i++) {
        if (outcomes[i] > 0) {
            report_data_add_count(d, event_outcome_name((enum outcome)i),
                                  outcomes[i]);
        }
    }
    report_data_shut(d, '}');
}

static void add_quartet(struct data *d, const char *name,
                        const struct quartet *quartet)
{
    if (quartet->there) {
        report_data_open(d, name, '{');
        report_data_add_ms(d, "median", quartet->median);
        report_data_add_ms(d, "p90", quartet->p90);
        report_data_add_ms(d, "p99", quartet->p99);
        report_data_add_ms(d, "worst", quartet->worst);
        report_data_shut(d, '}');
    }
}

/* ---- runs, totals, operations ---- */

static void write_iso(struct data *d, const char *name, int64_t at)
{
    struct arena *scratch = arena_new();
    report_data_add_text(d, name, clock_iso(scratch, at));
    arena_free(scratch);
}

static void write_runs(struct data *d)
{
    const struct report *r = d->report;
    report_data_open(d, "runs", '[');
    for (uint32_t i = 0; i < COUNT(r->runs, struct run); i++) {
        const struct run *run = &ROWS(r->runs, struct run)[i];
        report_data_open(d, NULL, '{');
        report_data_next(d);
        buf_add(d->out, STR("\"run\":"));
        json_write_string(report_word(r, run->name), d->out);
        add_time(d, "from", run->from);
        add_time(d, "to", run->to);
        report_data_add_word(d, "stage", run->stage);
        report_data_add_word(d, "context", run->context);
        report_data_add_json(d, "meta", run->meta);
        report_data_shut(d, '}');
    }
    report_data_shut(d, ']');
}

static void write_totals(struct data *d, const struct tally *tally)
{
    const struct report *r = d->report;
    report_data_open(d, "totals", '{');
    report_data_add_count(d, "calls", r->calls);
    report_data_add_count(d, "mutations", tally->mutation_count);
    report_data_add_count(d, "read_backs", r->read_backs);
    report_data_add_count(d, "joined", r->joined);
    report_data_add_count(d, "resent", r->resent);
    report_data_add_count(d, "races", COUNT(r->races, struct race));
    report_data_add_count(d, "regrets", COUNT(r->regrets, struct race));
    report_data_add_count(d, "client_reads",
                          COUNT(r->client_reads, struct client_read));
    report_data_add_count(d, "unfinished", tally->unfinished);
    if (r->truths.len > 0) {
        report_data_add_count(d, "too_early", tally->too_early);
    }
    add_outcomes(d, tally->outcomes);
    report_data_shut(d, '}');
}

static void write_operations(struct data *d, const struct tally *tally)
{
    report_data_open(d, "operations", '[');
    for (uint32_t i = 0; i < tally->count; i++) {
        const struct tally_row *row = &tally->rows[i];
        report_data_open(d, NULL, '{');
        report_data_add_word(d, "service", row->service);
        report_data_add_word(d, "operation", row->operation);
        report_data_add_count(d, "count", row->count);
        add_outcomes(d, row->outcomes);
        if (row->unfinished > 0) {
            report_data_add_count(d, "unfinished", row->unfinished);
        }
        add_quartet(d, "settle_ms", &row->settle);
        add_quartet(d, "held_ms", &row->held);
        add_quartet(d, "reads", &row->read);
        add_quartet(d, "overshoot_ms", &row->overshoot);
        if (row->too_early > 0) {
            report_data_add_count(d, "too_early", row->too_early);
        }
        report_data_add_count(d, "races", row->races);
        report_data_add_count(d, "regrets", row->regrets);
        report_data_add_count(d, "joined", row->joined);
        report_data_shut(d, '}');
    }
    report_data_shut(d, ']');
}

/* ---- mutations ---- */

static void write_confirmations(struct data *d, const struct call *call)
{
    const struct report *r = d->report;
    uint32_t at = call->first_confirmation;
    report_data_open(d, "confirmations", '[');
    while (at != 0) {
        const struct confirmation *c =
            &ROWS(r->confirmations, struct confirmation)[at - 1];
        report_data_open(d, NULL, '{');
        report_data_add_word(d, "name", c->name);
        report_data_add_word(d, "read", c->read);
        add_outcome(d, c->outcome);
        report_data_add_ms(d, "visible_ms", c->visible);
        report_data_add_ms(d, "waited_ms", c->waited);
        report_data_add_word(d, "wanted", c->wanted);
        report_data_add_word(d, "last", c->last);
        report_data_shut(d, '}');
        at = c->next;
    }
    report_data_shut(d, ']');
}

static void write_text_or_null(struct data *d, word text)
{
    report_data_next(d);
    if (text == 0) {
        buf_add(d->out, STR("null"));
    } else {
        json_write_string(report_word(d->report, text), d->out);
    }
}

static void write_readings(struct data *d, const struct call *call)
{
    const struct report *r = d->report;
    uint32_t at = call->first_reading;
    report_data_open(d, "reads", '[');
    while (at != 0) {
        const struct reading *reading =
            &ROWS(r->readings, struct reading)[at - 1];
        report_data_open(d, NULL, '[');
        buf_printf(d->out, "%lld,%lld,%u", (long long)(reading->at - d->from),
                   (long long)reading->took, reading->confirmation);
        write_text_or_null(d, reading->verdict);
        write_text_or_null(d, reading->code);
        write_text_or_null(d, reading->detail);
        report_data_shut(d, ']');
        at = reading->next;
    }
    report_data_shut(d, ']');
}

static void write_mutation(struct data *d, const struct call *call)
{
    report_data_open(d, NULL, '{');
    report_data_add_word(d, "id", call->id);
    report_data_add_count(d, "run", call->run);
    report_data_add_word(d, "client", call->client);
    report_data_add_word(d, "group", call->group);
    report_data_add_word(d, "service", call->service);
    report_data_add_word(d, "operation", call->operation);
    report_data_add_word(d, "region", call->region);
    report_data_add_word(d, "resource", call->resource);
    add_time(d, "received", call->received);
    add_time(d, "sent", call->sent);
    add_time(d, "answered", call->answered);
    add_time(d, "finished", call->finished);
    add_time(d, "given", call->given);
    add_outcome(d, call->outcome);
    if (call->status != 0) {
        report_data_add_ms(d, "status", call->status);
    }
    report_data_add_word(d, "request_id", call->request_id);
    report_data_add_ms(d, "visible_ms", call->visible);
    report_data_add_ms(d, "waited_ms", call->waited);
    report_data_add_count(d, "joined", call->joined);
    report_data_add_count(d, "resent", call->resent);
    if (call->gone) {
        report_data_next(d);
        buf_add(d->out, STR("\"gone\":true"));
    }
    report_data_add_json(d, "value", call->value);
    report_data_add_json(d, "request", call->request);
    write_confirmations(d, call);
    write_readings(d, call);
    report_data_shut(d, '}');
}

static void write_mutations(struct data *d, const struct tally *tally)
{
    report_data_open(d, "mutations", '[');
    for (uint32_t i = 0; i < tally->mutation_count; i++) {
        write_mutation(
            d, &ROWS(d->report->all_calls, struct call)[tally->mutations[i]]);
    }
    report_data_shut(d, ']');
}

static void write_slowest(struct data *d, const struct tally *tally)
{
    report_data_open(d, "slowest", '[');
    for (uint32_t i = 0; i < tally->slowest_count; i++) {
        const struct call *call =
            &ROWS(d->report->all_calls, struct call)[tally->slowest[i]];
        report_data_open(d, NULL, '{');
        report_data_add_word(d, "resource", call->resource);
        report_data_add_word(d, "service", call->service);
        report_data_add_word(d, "operation", call->operation);
        report_data_add_word(d, "id", call->id);
        report_data_add_count(d, "run", call->run);
        report_data_add_ms(d, "visible_ms", call->visible);
        report_data_add_ms(d, "waited_ms", call->waited);
        add_outcome(d, call->outcome);
        report_data_shut(d, '}');
    }
    report_data_shut(d, ']');
}

/* ---- reads, races, regrets ---- */

struct timed {
    int64_t at;
    const void *row;
};

static int by_time(const void *a, const void *b)
{
    const struct timed *x = a;
    const struct timed *y = b;
    return x->at != y->at ? (x->at > y->at) - (x->at < y->at)
                          : (x->row > y->row) - (x->row < y->row);
}

/* Logs of several runs stand one after the other: here all go by time. */
static struct timed *sort_rows(const struct buf *table, size_t size,
                               size_t time_offset, size_t *ret_count)
{
    *ret_count = table->len / size;
    struct timed *sorted = mem_new((*ret_count + 1) * sizeof(*sorted));
    for (size_t i = 0; i < *ret_count; i++) {
        const char *row = table->bytes + i * size;
        sorted[i].row = row;
        memcpy(&sorted[i].at, row + time_offset, sizeof(sorted[i].at));
    }
    qsort(sorted, *ret_count, sizeof(*sorted), by_time);
    return sorted;
}

static void write_read(struct data *d, const struct client_read *read)
{
    report_data_open(d, NULL, '{');
    report_data_add_word(d, "id", read->id);
    report_data_add_count(d, "run", read->run);
    report_data_add_word(d, "client", read->client);
    report_data_add_word(d, "group", read->group);
    report_data_add_word(d, "service", read->service);
    report_data_add_word(d, "operation", read->operation);
    report_data_add_word(d, "region", read->region);
    report_data_add_word(d, "resource", read->resource);
    add_time(d, "at", read->at);
    report_data_add_ms(d, "took", read->took);
    report_data_add_json(d, "value", read->value);
    report_data_add_word(d, "verdict", read->verdict);
    report_data_add_word(d, "write", read->write);
    if (read->status != 0) {
        report_data_add_ms(d, "status", read->status);
    }
    report_data_add_word(d, "code", read->code);
    report_data_shut(d, '}');
}

static void write_reads(struct data *d)
{
    size_t count = 0;
    struct timed *sorted =
        sort_rows(&d->report->client_reads, sizeof(struct client_read),
                  offsetof(struct client_read, at), &count);
    report_data_open(d, "reads", '[');
    for (size_t i = 0; i < count; i++) {
        write_read(d, sorted[i].row);
    }
    report_data_shut(d, ']');
    mem_free(sorted);
}

static void write_race(struct data *d, const struct race *race)
{
    report_data_open(d, NULL, '{');
    report_data_add_word(d, "read", race->id);
    report_data_add_word(d, "write", race->write);
    report_data_add_count(d, "run", race->run);
    report_data_add_word(d, "service", race->service);
    report_data_add_word(d, "operation", race->operation);
    report_data_add_word(d, "read_operation", race->read);
    report_data_add_word(d, "resource", race->resource);
    add_time(d, "at", race->at);
    report_data_add_ms(d, "gap_ms", race->gap);
    report_data_add_ms(d, "needed_ms", race->needed);
    report_data_add_word(d, "verdict", race->verdict);
    report_data_add_word(d, "got", race->got);
    report_data_add_word(d, "wanted", race->wanted);
    report_data_shut(d, '}');
}

static void write_races(struct data *d, const char *name,
                        const struct buf *table)
{
    size_t count = 0;
    struct timed *sorted = sort_rows(table, sizeof(struct race),
                                     offsetof(struct race, at), &count);
    report_data_open(d, name, '[');
    for (size_t i = 0; i < count; i++) {
        write_race(d, sorted[i].row);
    }
    report_data_shut(d, ']');
    mem_free(sorted);
}

/* ---- guarantees ---- */

static void add_source(struct data *d, const char *name,
                       const struct findings *findings, uint32_t op)
{
    if (op != 0) {
        struct op_source source =
            report_history_source(d->report, &findings->history->ops[op - 1]);
        report_data_add_word(d, name, source.id);
    }
}

static void write_example(struct data *d, const struct findings *findings,
                          const struct finding *finding)
{
    struct buf sentence = {0};
    struct op_source read = report_history_source(
        d->report, &findings->history->ops[finding->read - 1]);
    report_findings_sentence(d->report, findings, finding, &sentence);
    report_data_open(d, NULL, '{');
    report_data_add_word(d, "process", read.process);
    report_data_add_word(d, "key", read.key);
    add_source(d, "read", findings, finding->read);
    add_source(d, "write", findings, finding->write);
    add_source(d, "earlier", findings, finding->earlier);
    add_source(d, "before", findings, finding->before);
    add_time(d, "at", read.at);
    report_data_add_text(d, "sentence", buf_str(&sentence));
    report_data_shut(d, '}');
    buf_free(&sentence);
}

static void write_guarantee(struct data *d, const struct findings *findings,
                            enum guarantee guarantee)
{
    size_t shown = 0;
    report_data_open(d, report_guarantee_name(guarantee), '{');
    report_data_add_count(d, "violations", findings->counts[guarantee]);
    report_data_open(d, "examples", '[');
    for (uint32_t i = 0; i < COUNT(findings->list, struct finding); i++) {
        const struct finding *f = &ROWS(findings->list, struct finding)[i];
        if (f->kind == guarantee && shown < EXAMPLES_MAX) {
            write_example(d, findings, f);
            shown++;
        }
    }
    report_data_shut(d, ']');
    report_data_shut(d, '}');
}

static void write_guarantees(struct data *d, const struct findings *findings)
{
    report_data_open(d, "guarantees", '{');
    report_data_next(d);
    buf_printf(d->out, "\"checked\":%s",
               findings->reads > 0 ? "true" : "false");
    report_data_add_count(d, "reads", findings->reads);
    report_data_add_count(d, "writes", findings->writes);
    report_data_add_count(d, "keys", findings->keys);
    for (int i = 0; i < GUARANTEE_COUNT; i++) {
        write_guarantee(d, findings, (enum guarantee)i);
    }
    report_data_shut(d, '}');
}

/* ---- all of it ---- */

void report_write_json(struct report *report, struct buf *out)
{
    struct arena *arena = arena_new();
    const struct tally *tally = report_tally_make(report, arena);
    struct data d = {.report = report, .out = out};
    buf_add_char(out, '{');
    report_data_add_text(&d, "format", STR("settled report"));
    report_data_add_count(&d, "version", 1);
    if (report->to != REPORT_NOT_SAID) {
        d.from = report->from;
        write_iso(&d, "from", report->from);
        write_iso(&d, "to", report->to);
    }
    report_data_add_count(&d, "lines", report->lines);
    report_data_add_count(&d, "damaged", report->damaged);
    write_runs(&d);
    write_totals(&d, tally);
    write_operations(&d, tally);
    write_mutations(&d, tally);
    write_reads(&d);
    write_races(&d, "races", &report->races);
    write_races(&d, "regrets", &report->regrets);
    write_slowest(&d, tally);
    write_guarantees(&d, report_findings_get(report));
    report_data_shut(&d, '}');
    buf_add_char(out, '\n');
    arena_free(arena);
}
