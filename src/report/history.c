/* SPDX-License-Identifier: Apache-2.0 */
/* Calls and reads as operations with a beginning and an end, for checkers: our
 * own and others'. Here because a log tells events. Start at make(). */
#include "report/private.h"

#include "base/clock.h"

#include <stdlib.h>

/* Sources of ops: calls first, then clients' reads. */
#define OF_READ 0x80000000U

struct making {
    struct report *report;
    struct buf ops;       /* struct op each */
    struct index changes; /* services and operations that change things */
    bool for_checks;
};

static uint64_t operation_key(word service, word operation)
{
    return ((uint64_t)service << 32 | operation) + 1;
}

/* A call that was lost, or cut off by the end of the log, tells nothing by
 * itself. */
static void learn_operations(struct making *m)
{
    const struct report *r = m->report;
    for (uint32_t i = 0; i < COUNT(r->all_calls, struct call); i++) {
        const struct call *call = &ROWS(r->all_calls, struct call)[i];
        if (call->mutation) {
            *report_index_at(&m->changes,
                             operation_key(call->service, call->operation)) = 1;
        }
    }
}

/* ---- one op ---- */

static word key_of(struct report *r, word service, word region,
                   struct str resource)
{
    struct buf text = {0};
    buf_printf(&text, "%.*s/%.*s/%.*s", STR_ARG(report_word(r, service)),
               STR_ARG(report_word(r, region)), STR_ARG(resource));
    word key = report_words_add(&r->words, buf_str(&text));
    buf_free(&text);
    return key;
}

/* Only JSON numbers: a digest that is all digits is no version. */
static bool whole_number(struct str json, int64_t *ret_number)
{
    enum { DIGITS_MAX = 18 };
    uint64_t number = 0;
    if (json.len > DIGITS_MAX || !str_to_u64(json, &number)) {
        return false;
    }
    *ret_number = (int64_t)number;
    return true;
}

static void set_value(const struct report *r, struct op *op, word json)
{
    bool null = str_eq(report_word(r, json), STR("null"));
    op->value = null ? 0 : json;
    op->absent = null;
    op->numeric = whole_number(report_word(r, op->value), &op->number);
}

static int64_t first_said(int64_t a, int64_t b)
{
    return a != REPORT_NOT_SAID ? a : b;
}

static enum op_fate fate_of(const struct call *call)
{
    if (call->outcome == OUTCOME_UNKNOWN) {
        return OP_UNKNOWN;
    }
    if (call->answered == REPORT_NOT_SAID) {
        return call->refused ? OP_FAILED : OP_UNKNOWN;
    }
    if (call->status >= 500) {
        return OP_UNKNOWN;
    }
    return call->status >= 300 ? OP_FAILED : OP_OK;
}

/* By its name, where no value says it. */
static bool deletes(const struct report *r, const struct call *call)
{
    return call->value == 0 &&
           str_starts(report_word(r, call->operation), STR("Delete"));
}

/* A call of an operation that changes things; false for others. */
static bool call_as_op(const struct making *m, uint32_t row, struct op *op)
{
    const struct report *r = m->report;
    const struct call *call = &ROWS(r->all_calls, struct call)[row];
    uint64_t operation = operation_key(call->service, call->operation);
    int64_t invoke = first_said(call->received, call->sent);
    if (call->is_read || call->resource == 0 || invoke == REPORT_NOT_SAID ||
        report_index_get(&m->changes, operation) == 0) {
        return false;
    }
    *op = (struct op){
        .fate = fate_of(call),
        .process = call->group != 0 ? call->group : call->client,
        .invoke = invoke,
        .complete = REPORT_NEVER,
        .source = row,
    };
    set_value(r, op, call->value);
    op->kind = op->absent || deletes(r, call) ? OP_DELETE : OP_WRITE;
    if (op->fate != OP_UNKNOWN) {
        op->complete =
            first_said(call->given, first_said(call->finished, call->answered));
    }
    if (op->complete < invoke) {
        op->complete = invoke; /* clocks are set back now and then */
    }
    return true;
}

static void read_as_op(const struct making *m, uint32_t row, struct op *op)
{
    const struct report *r = m->report;
    const struct client_read *read =
        &ROWS(r->client_reads, struct client_read)[row];
    uint32_t number = report_call(r, read->run, read->id);
    const struct call *call =
        number == 0 ? NULL : &ROWS(r->all_calls, struct call)[number - 1];
    *op = (struct op){
        .kind = OP_READ,
        .process = read->group != 0 ? read->group : read->client,
        .invoke =
            read->took == REPORT_NOT_SAID ? read->at : read->at - read->took,
        .complete = read->at,
        .source = row | OF_READ,
    };
    if (call != NULL && call->received != REPORT_NOT_SAID &&
        call->received < op->invoke) {
        op->invoke = call->received;
    }
    set_value(r, op, read->value);
    if (read->status >= 500 || (read->status >= 400 && read->value == 0)) {
        op->fate = OP_FAILED;
    }
}

/* ---- all of them ---- */

static void add_op(struct making *m, const struct op *op)
{
    *(struct op *)report_rows_add(&m->ops, sizeof(*op)) = *op;
}

static void add_reads(struct making *m)
{
    struct report *r = m->report;
    for (uint32_t i = 0; i < COUNT(r->client_reads, struct client_read); i++) {
        const struct client_read *read =
            &ROWS(r->client_reads, struct client_read)[i];
        struct op op;
        if (read->resource != 0) {
            read_as_op(m, i, &op);
            op.key = key_of(r, read->service, read->region,
                            report_word(r, read->resource));
            add_op(m, &op);
        }
    }
}

/* Perhaps it deleted something else of the resource: for checks, a maybe. */
static void doubt_delete(const struct making *m, struct op *op)
{
    if (m->for_checks && op->kind == OP_DELETE && !op->absent &&
        op->fate != OP_FAILED) {
        op->absent = true;
        op->fate = OP_UNKNOWN;
        op->complete = REPORT_NEVER;
    }
}

/* A list of resources stands as JSON: one op each, and a version can be that
 * of one only. */
static void add_call(struct making *m, const struct call *call, struct op *op)
{
    struct report *r = m->report;
    struct arena *scratch = arena_new();
    struct str resource = report_word(r, call->resource);
    const struct json *list = NULL;
    if (str_starts(resource, STR("["))) {
        list = json_read(scratch, resource, &json_default_limits);
    }
    if (list == NULL) {
        op->key = key_of(r, call->service, call->region, resource);
        add_op(m, op);
    }
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        if (list->count > 1) {
            op->value = 0;
            op->numeric = false;
        }
        op->key = key_of(r, call->service, call->region,
                         json_text(list->members[i].value));
        add_op(m, op);
    }
    arena_free(scratch);
}

static void add_calls(struct making *m)
{
    const struct report *r = m->report;
    for (uint32_t i = 0; i < COUNT(r->all_calls, struct call); i++) {
        struct op op;
        if (call_as_op(m, i, &op)) {
            const struct call call = ROWS(r->all_calls, struct call)[i];
            doubt_delete(m, &op);
            add_call(m, &call, &op);
        }
    }
}

static int by_invoke(const void *a, const void *b)
{
    const struct op *x = a;
    const struct op *y = b;
    return x->invoke != y->invoke
               ? (x->invoke > y->invoke ? 1 : -1)
               : (x->source > y->source) - (x->source < y->source);
}

static struct history *make(struct report *report, bool for_checks)
{
    struct history *h = mem_new(sizeof(*h));
    struct making m = {.report = report, .for_checks = for_checks};
    h->arena = arena_new();
    learn_operations(&m);
    add_reads(&m);
    add_calls(&m);
    h->count = COUNT(m.ops, struct op);
    h->ops = ARENA_ARRAY(h->arena, struct op, h->count + 1);
    if (h->count > 0) {
        memcpy(h->ops, m.ops.bytes, m.ops.len);
        qsort(h->ops, h->count, sizeof(struct op), by_invoke);
    }
    report_index_done(&m.changes);
    buf_free(&m.ops);
    return h;
}

struct history *report_history_for_checks(struct report *report)
{
    return make(report, true);
}

void report_history_free(struct history *history)
{
    if (history != NULL) {
        arena_free(history->arena);
        mem_free(history);
    }
}

struct op_source report_history_source(const struct report *r,
                                       const struct op *op)
{
    if ((op->source & OF_READ) != 0) {
        const struct client_read *read =
            &ROWS(r->client_reads, struct client_read)[op->source & ~OF_READ];
        return (struct op_source){read->id, read->operation, op->process,
                                  op->key, read->at};
    }
    const struct call *call = &ROWS(r->all_calls, struct call)[op->source];
    return (struct op_source){call->id, call->operation, op->process, op->key,
                              op->complete == REPORT_NEVER ? op->invoke
                                                           : op->complete};
}

/* ---- export ---- */

static void write_op(const struct report *r, const struct op *op,
                     struct buf *out)
{
    static const char *const kinds[] = {
        [OP_READ] = "read", [OP_WRITE] = "write", [OP_DELETE] = "delete"};
    static const char *const fates[] = {
        [OP_OK] = "true", [OP_FAILED] = "false", [OP_UNKNOWN] = "\"unknown\""};
    struct str value = report_word(r, op->value);
    buf_add(out, STR("{\"process\":"));
    json_write_string(report_word(r, op->process), out);
    buf_add(out, STR(",\"key\":"));
    json_write_string(report_word(r, op->key), out);
    buf_printf(out,
               ",\"op\":\"%s\",\"invoke\":%lld,\"complete\":", kinds[op->kind],
               (long long)(op->invoke - r->from));
    if (op->complete == REPORT_NEVER) {
        buf_add(out, STR("null"));
    } else {
        buf_printf(out, "%lld", (long long)(op->complete - r->from));
    }
    if (value.len > 0 || op->absent || op->kind == OP_DELETE) {
        buf_printf(out, ",\"value\":%.*s",
                   STR_ARG(value.len > 0 ? value : STR("null")));
    }
    buf_printf(out, ",\"ok\":%s,\"id\":", fates[op->fate]);
    json_write_string(report_word(r, report_history_source(r, op).id), out);
    buf_add(out, STR("}\n"));
}

void report_write_history(struct report *report, struct buf *out)
{
    struct history *history = make(report, false);
    for (size_t i = 0; i < history->count; i++) {
        write_op(report, &history->ops[i], out);
    }
    report_history_free(history);
}
