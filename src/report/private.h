/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this room share: the tables that logs are gathered in, the
 * history made from them, and what was found in it.
 *
 * Ownership: all of it belongs to the report, but where a function says so.
 *            Texts are words: each is kept once and known by its number.
 */
#ifndef REPORT_PRIVATE_H
#define REPORT_PRIVATE_H

#include "base/arena.h"
#include "base/mem.h"
#include "report/report.h"

/* No such time; a time that never comes. */
#define REPORT_NEVER    INT64_MAX
#define REPORT_NOT_SAID INT64_MIN

/* ---- words.c: texts, kept once; tables that grow ---- */

/* The number of a text; 0 is the empty one. */
typedef uint32_t word;

struct words {
    struct arena *arena;
    struct buf texts; /* struct str each; the first is empty */
    word *slots;
    size_t size;
};
void report_words_init(struct words *words);
void report_words_done(struct words *words);
word report_words_add(struct words *words, struct str text);
struct str report_words_get(const struct words *words, word number);

/* From a number that is not 0 to another, for which 0 means "none". */
struct index {
    uint64_t *keys;
    uint32_t *values;
    size_t size;
    size_t count;
};
void report_index_done(struct index *index);
/* Where the value of this key stands; valid until the next call. */
uint32_t *report_index_at(struct index *index, uint64_t key);
uint32_t report_index_get(const struct index *index, uint64_t key);

/* One more row, zeroed, at the end of a table; the others may move. */
void *report_rows_add(struct buf *table, size_t size);
#define ROWS(table, type)  ((type *)(void *)(table).bytes)
#define COUNT(table, type) ((uint32_t)((table).len / sizeof(type)))

/* ---- line.c: one line of a log ---- */

#define LINE_FIELDS(X)                                                         \
    X(time)                                                                    \
    X(event)                                                                   \
    X(run)                                                                     \
    X(stage)                                                                   \
    X(context)                                                                 \
    X(meta)                                                                    \
    X(id)                                                                      \
    X(client)                                                                  \
    X(group)                                                                   \
    X(service)                                                                 \
    X(operation)                                                               \
    X(region)                                                                  \
    X(resource)                                                                \
    X(confirmation)                                                            \
    X(read)                                                                    \
    X(verdict)                                                                 \
    X(outcome)                                                                 \
    X(status)                                                                  \
    X(code)                                                                    \
    X(detail)                                                                  \
    X(wanted)                                                                  \
    X(request_id)                                                              \
    X(request)                                                                 \
    X(value)                                                                   \
    X(write)                                                                   \
    X(waited_ms)                                                               \
    X(took_ms)                                                                 \
    X(visible_ms)                                                              \
    X(gap_ms)                                                                  \
    X(needed_ms)                                                               \
    X(until_ms)                                                                \
    X(reads)

enum line_field {
#define LINE_FIELD_ENUM(name) LINE_##name,
    LINE_FIELDS(LINE_FIELD_ENUM)
#undef LINE_FIELD_ENUM
        LINE_FIELD_COUNT
};

struct line {
    int64_t at;           /* since 1970 */
    enum event_kind kind; /* EVENT_KIND_COUNT: one that is not known here */
    const struct json *fields[LINE_FIELD_COUNT];
};
bool report_line_read(struct arena *arena, struct str text,
                      struct line *ret_line, struct str *reterr);
/* STR_NONE where there is none, or it is no string. */
struct str report_line_field_text(const struct line *line,
                                  enum line_field field);
/* REPORT_NOT_SAID where there is none, or it is no number. */
int64_t report_line_field_number(const struct line *line,
                                 enum line_field field);
/* Any value, as JSON. */
struct str report_line_field_json(struct arena *arena, const struct line *line,
                                  enum line_field field);

/* ---- gather.c: what logs say, in tables ---- */

struct run {
    word name, stage, context, meta;
    int64_t from, to;
    bool started;
};

struct call {
    uint32_t run;
    word id, client, group, service, operation, region, resource, request_id,
        request, value;
    uint32_t first_reading, last_reading; /* 1 + their rows */
    uint32_t first_confirmation, last_confirmation;
    uint32_t reads, joined, resent;
    int16_t status;
    uint8_t outcome;
    bool mutation; /* something shows that a rule confirms it */
    bool refused;
    bool gone;
    bool is_read; /* a client's read that rules know */
    int64_t received, sent, answered, finished, given, visible, waited;
};

struct confirmation {
    word name, read, wanted, last;
    uint8_t outcome;
    int64_t visible, waited;
    uint32_t next; /* 1 + row; 0: the last */
};

struct reading {
    int64_t at;
    int64_t took;
    uint32_t confirmation; /* 0, 1 ...: which of its call's */
    word verdict, code, detail;
    uint32_t next;
};

struct client_read {
    uint32_t run;
    word id, client, group, service, operation, region, resource, value,
        verdict, write, code;
    int16_t status;
    int64_t at, took;
};

/* A race or a regret. */
struct race {
    uint32_t run;
    word id, write, service, operation, read, resource, verdict, got, wanted;
    int64_t at, gap, needed;
};

/* What a lag log tells of one clock of one mutation. */
struct truth {
    word clock, confirmation;
    int64_t visible_at;
    uint32_t next;
};

struct report {
    struct words words;
    struct arena *scratch; /* of one line */
    word only_run;         /* 0: all */
    uint64_t lines, damaged, events, other_runs;
    uint64_t calls, joined, resent, read_backs, stale_reads;
    int64_t from, to;
    struct buf runs, all_calls, confirmations, readings, client_reads, races,
        regrets, truths;
    struct index run_of;      /* name: 1 + row */
    struct index call_of;     /* run and id: 1 + row */
    struct index truth_of;    /* request id: 1 + row */
    struct findings *checked; /* NULL: something came since */
};
/* 1 + row; 0: not known. */
uint32_t report_call(const struct report *report, uint32_t run, word id);
struct str report_word(const struct report *report, word number);

/* ---- hear.c: what each event adds ---- */

word report_line_word(struct report *report, const struct line *line,
                      enum line_field field);
word report_line_json_word(struct report *report, const struct line *line,
                           enum line_field field);
/* False: the event is none of a lag. */
bool report_hear_lag(struct report *report, const struct line *line);
void report_hear_event(struct report *report, const struct line *line,
                       uint32_t run);

/* ---- tally.c: the numbers of each operation ---- */

struct quartet {
    bool there;
    int64_t median, p90, p99, worst;
};

struct tally_row {
    word service, operation;
    uint32_t count, unfinished;
    uint32_t outcomes[OUTCOME_COUNT];
    uint32_t races, regrets, joined, too_early;
    uint64_t reads;
    struct quartet settle, held, read, overshoot;
};

struct tally {
    struct tally_row *rows; /* by service and operation */
    uint32_t count;
    uint32_t *mutations; /* rows of all_calls, as they were received */
    uint32_t mutation_count;
    uint32_t unfinished, too_early;
    uint32_t outcomes[OUTCOME_COUNT];
    uint32_t slowest[10]; /* rows of all_calls */
    uint32_t slowest_count;
};
/* In the arena. */
struct tally *report_tally_make(const struct report *report,
                                struct arena *arena);
void report_times_sort(int64_t *times, size_t count);
/* Sorts them. */
struct quartet report_tally_quartet(int64_t *values, size_t count);

/* ---- history.c: operations of clients, as checkers see them ---- */

enum op_kind { OP_READ, OP_WRITE, OP_DELETE };
enum op_fate { OP_OK, OP_FAILED, OP_UNKNOWN };

struct op {
    enum op_kind kind;
    enum op_fate fate;
    uint32_t process;
    uint32_t key;
    word value;     /* 0: not known, or absent */
    bool absent;    /* it was not there, or is no more */
    bool numeric;   /* the value is a whole number */
    int64_t number; /* then */
    int64_t invoke;
    int64_t complete; /* REPORT_NEVER: no answer */
    uint32_t source;  /* who made it knows */
};

struct history {
    struct arena *arena;
    struct op *ops;
    size_t count;
};
/* As it is exported, a key is service/region/resource; but what may have
 * happened is marked as that. */
struct history *report_history_for_checks(struct report *report);
void report_history_free(struct history *history);

struct op_source {
    word id, operation, process, key;
    int64_t at;
};
struct op_source report_history_source(const struct report *report,
                                       const struct op *op);

/* ---- order.c: which version is older ---- */

/* What a read saw or a write made: one version, or one of several. */
struct version {
    bool known;
    int64_t latest; /* it was there by then at the latest */
    int64_t first;  /* it was not there before */
    int32_t life;   /* in which its number counts; -1: in none */
    int64_t number;
    uint32_t writer; /* 1 + its place among the key's ops; 0: not only one */
};
/*
 * The version of each op of one key, in ret_versions, at the op's own place.
 * Says how many lives there are at most.
 */
uint32_t report_order_versions(const struct op *ops, const uint32_t *of_key,
                               size_t count, struct version *ret_versions);

/* ---- check.c: the four session guarantees ---- */

enum guarantee {
    READ_YOUR_WRITES,
    MONOTONIC_READS,
    MONOTONIC_WRITES,
    WRITES_FOLLOW_READS,
    GUARANTEE_COUNT
};
const char *report_guarantee_name(enum guarantee guarantee);

/* All are 1 + op; 0: there is none. */
struct finding {
    enum guarantee kind;
    uint32_t read;    /* what saw something too old */
    uint32_t write;   /* the process's own; what made the newer version */
    uint32_t earlier; /* the read of the same process that saw newer */
    uint32_t before;  /* what the writer had read, or written, before that */
};
/* Appends findings, ordered by their reads' time. */
void report_check_ops(const struct op *ops, size_t count, struct buf *findings);

/* ---- findings.c: what was found, in words ---- */

struct findings {
    struct history *history;
    struct buf list; /* struct finding each */
    uint32_t counts[GUARANTEE_COUNT];
    uint32_t reads, writes, keys; /* that were checked */
};
struct findings *report_findings_get(struct report *report);
void report_findings_free(struct findings *findings);
void report_findings_sentence(const struct report *report,
                              const struct findings *findings,
                              const struct finding *finding, struct buf *out);

/* ---- members.c: JSON as it is written; a NULL name: an element ---- */

struct data {
    const struct report *report;
    struct buf *out;
    int64_t from; /* what times count from */
};
/* A comma, where one is due. */
void report_data_next(struct data *d);
void report_data_open(struct data *d, const char *name, char bracket);
void report_data_shut(struct data *d, char bracket);
void report_data_add_count(struct data *d, const char *name, uint64_t count);
void report_data_add_text(struct data *d, const char *name, struct str text);
void report_data_add_word(struct data *d, const char *name, word text);
/* The word is JSON. */
void report_data_add_json(struct data *d, const char *name, word json);
void report_data_add_ms(struct data *d, const char *name, int64_t ms);

/* ---- text.c ---- */

struct text {
    const struct report *report;
    struct arena *arena;
    struct buf *out;
};
/* Names come from outside: without control characters. */
void report_text_add_name(struct buf *out, struct str name);
/* "448 ms", "1.20 s", "62.0 s", "-" */
void report_text_add_duration(struct buf *out, int64_t ms);
void report_text_add_word(const struct text *t, word text);
/* " /app/colour"; nothing for nothing. */
void report_text_add_after_blank(const struct text *t, word text);
/* "1 call", "2 calls" */
void report_text_add_plural(struct buf *out, uint64_t count, const char *one,
                            const char *many);

/* ---- trouble.c: what went wrong, in sentences ---- */

void report_trouble_write(const struct text *t, const struct tally *tally);
void report_trouble_write_guarantees(const struct text *t,
                                     const struct findings *findings);

#endif
