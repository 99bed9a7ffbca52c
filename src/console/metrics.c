/* SPDX-License-Identifier: Apache-2.0 */
/* Events counted, in the text format of Prometheus (version 0.0.4). Here
 * because a running service is watched by what it counts. Start at
 * metrics_hear(). */
#include "console/private.h"

#include "base/mem.h"

enum { ROWS_MAX = 1000, VERDICTS = 6 };

/* Upper bounds in milliseconds; the last bucket has none. */
static const int64_t bounds_ms[] = {50,   100,   250,   500,   1000,  2500,
                                    5000, 10000, 30000, 60000, 120000};
enum { BOUNDS = sizeof(bounds_ms) / sizeof(bounds_ms[0]) };

struct histogram {
    uint64_t buckets[BOUNDS + 1];
    uint64_t count;
    int64_t sum_ms;
};

static const char *const verdicts[VERDICTS] = {
    "holds", "not-yet", "never", "try-again", "unverifiable", "assumed",
};

/* One operation. */
struct row {
    struct row *next;
    struct str service;
    struct str operation;
    uint64_t calls;
    uint64_t joined;
    uint64_t resent;
    uint64_t races;
    uint64_t regrets;
    uint64_t outcomes[OUTCOME_COUNT];
    uint64_t read_backs[VERDICTS];
    struct histogram held;
    struct histogram visible;
};

struct metrics {
    struct arena *arena;
    struct row *rows;
    struct row *last;
    struct row others; /* more operations than anybody has */
    size_t count;
    uint64_t events;
};

struct metrics *metrics_new(void)
{
    struct metrics *m = mem_new(sizeof(*m));
    m->arena = arena_new();
    m->others.service = STR("other");
    m->others.operation = STR("other");
    return m;
}

void metrics_free(struct metrics *m)
{
    if (m != NULL) {
        arena_free(m->arena);
        mem_free(m);
    }
}

static struct row *row_of(struct metrics *m, const struct event *event)
{
    struct row *row = m->rows;
    while (row != NULL && !(str_eq(row->operation, event->operation) &&
                            str_eq(row->service, event->service))) {
        row = row->next;
    }
    if (row != NULL) {
        return row;
    }
    if (m->count > ROWS_MAX) {
        return &m->others;
    }
    row = m->count == ROWS_MAX ? &m->others : ARENA_NEW(m->arena, struct row);
    if (row != &m->others) {
        row->service = arena_str(m->arena, event->service);
        row->operation = arena_str(m->arena, event->operation);
    }
    *(m->last != NULL ? &m->last->next : &m->rows) = row;
    m->last = row;
    m->count++;
    return row;
}

static void observe(struct histogram *h, struct event_number ms)
{
    size_t i = 0;
    if (!ms.there) {
        return;
    }
    while (i < BOUNDS && ms.value > bounds_ms[i]) {
        i++;
    }
    h->buckets[i]++;
    h->count++;
    h->sum_ms += ms.value;
}

static void count_read_back(struct row *row, const char *verdict)
{
    for (size_t i = 0; i < VERDICTS; i++) {
        row->read_backs[i] += str_eq(str_of(verdict), str_of(verdicts[i]));
    }
}

void metrics_hear(struct metrics *m, const struct event *event)
{
    m->events++;
    if (event->operation.len == 0) {
        return;
    }
    struct row *row = row_of(m, event);
    switch (event->kind) {
    case EVENT_CALL_RECEIVED:
        row->calls++;
        break;
    case EVENT_CALL_JOINED:
        row->joined++;
        break;
    case EVENT_CALL_RESENT:
        row->resent++;
        break;
    case EVENT_READ_BACK:
        count_read_back(row, event->verdict);
        break;
    case EVENT_SETTLED:
        row->outcomes[event->outcome]++;
        observe(&row->held, event->waited_ms);
        observe(&row->visible, event->visible_ms);
        break;
    case EVENT_CALL_REFUSED:
        row->outcomes[OUTCOME_UNKNOWN] += event->outcome == OUTCOME_UNKNOWN;
        break;
    case EVENT_RACE:
        row->races++;
        break;
    case EVENT_REGRET:
        row->regrets++;
        break;
    default:
        break;
    }
}

/* ---- writing ---- */

static void write_head(struct buf *out, const char *name, const char *type,
                       const char *help)
{
    buf_printf(out, "# HELP settled_%s %s\n# TYPE settled_%s %s\n", name, help,
               name, type);
}

/* Of the characters that an operation's name may have none needs escaping, but
 * a client may send any. */
static void write_label(struct buf *out, const char *name, struct str value)
{
    buf_printf(out, "%s=\"", name);
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c == '"' || c == '\\') {
            buf_add_char(out, '\\');
        }
        buf_add_char(out, (unsigned char)c < 0x20 ? ' ' : c);
    }
    buf_add_char(out, '"');
}

static void write_labels(struct buf *out, const struct row *row)
{
    write_label(out, "service", row->service);
    buf_add_char(out, ',');
    write_label(out, "operation", row->operation);
}

static void write_counter(const struct metrics *m, struct buf *out,
                          const char *name, const char *help, size_t offset)
{
    write_head(out, name, "counter", help);
    for (const struct row *row = m->rows; row != NULL; row = row->next) {
        const uint64_t *value =
            (const uint64_t *)(const void *)((const char *)row + offset);
        if (*value > 0) {
            buf_printf(out, "settled_%s{", name);
            write_labels(out, row);
            buf_printf(out, "} %llu\n", (unsigned long long)*value);
        }
    }
}

static void write_outcomes(const struct metrics *m, struct buf *out)
{
    write_head(out, "mutations_total", "counter",
               "Changes that were confirmed, or not, by outcome.");
    for (const struct row *row = m->rows; row != NULL; row = row->next) {
        for (int i = OUTCOME_NONE + 1; i < OUTCOME_COUNT; i++) {
            if (row->outcomes[i] > 0) {
                buf_add(out, STR("settled_mutations_total{"));
                write_labels(out, row);
                buf_printf(out, ",outcome=\"%s\"} %llu\n",
                           event_outcome_name((enum outcome)i),
                           (unsigned long long)row->outcomes[i]);
            }
        }
    }
}

static void write_read_backs(const struct metrics *m, struct buf *out)
{
    write_head(out, "read_backs_total", "counter",
               "Read-backs made, by what they showed.");
    for (const struct row *row = m->rows; row != NULL; row = row->next) {
        for (size_t i = 0; i < VERDICTS; i++) {
            if (row->read_backs[i] > 0) {
                buf_add(out, STR("settled_read_backs_total{"));
                write_labels(out, row);
                buf_printf(out, ",verdict=\"%s\"} %llu\n", verdicts[i],
                           (unsigned long long)row->read_backs[i]);
            }
        }
    }
}

static void write_histogram(const struct metrics *m, struct buf *out,
                            const char *name, const char *help, size_t offset)
{
    write_head(out, name, "histogram", help);
    for (const struct row *row = m->rows; row != NULL; row = row->next) {
        const struct histogram *h =
            (const struct histogram *)(const void *)((const char *)row +
                                                     offset);
        uint64_t below = 0;
        for (size_t i = 0; h->count > 0 && i <= BOUNDS; i++) {
            below += h->buckets[i];
            buf_printf(out, "settled_%s_bucket{", name);
            write_labels(out, row);
            if (i < BOUNDS) {
                buf_printf(out, ",le=\"%g\"", (double)bounds_ms[i] / 1000);
            } else {
                buf_add(out, STR(",le=\"+Inf\""));
            }
            buf_printf(out, "} %llu\n", (unsigned long long)below);
        }
        if (h->count > 0) {
            buf_printf(out, "settled_%s_sum{", name);
            write_labels(out, row);
            buf_printf(out, "} %.3f\nsettled_%s_count{",
                       (double)h->sum_ms / 1000, name);
            write_labels(out, row);
            buf_printf(out, "} %llu\n", (unsigned long long)h->count);
        }
    }
}

void metrics_write(const struct metrics *m, size_t active, struct str version,
                   struct buf *out)
{
    static const struct {
        const char *name;
        const char *help;
        size_t offset;
    } counters[] = {
        {"calls_total", "Calls of clients.", offsetof(struct row, calls)},
        {"joined_total", "Retries that joined the call they repeat.",
         offsetof(struct row, joined)},
        {"resent_total",
         "Calls sent again because an earlier change had not "
         "arrived.",
         offsetof(struct row, resent)},
        {"races_total", "Reads that came before their write had settled.",
         offsetof(struct row, races)},
        {"regrets_total", "Stale reads after a change was said to be settled.",
         offsetof(struct row, regrets)},
    };
    write_head(out, "build_info", "gauge", "Always 1; the version is a label.");
    buf_printf(out, "settled_build_info{version=\"%.*s\"} 1\n",
               STR_ARG(version));
    write_head(out, "calls_active", "gauge", "Calls under way.");
    buf_printf(out, "settled_calls_active %zu\n", active);
    write_head(out, "events_total", "counter", "Events of any kind.");
    buf_printf(out, "settled_events_total %llu\n",
               (unsigned long long)m->events);
    for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
        write_counter(m, out, counters[i].name, counters[i].help,
                      counters[i].offset);
    }
    write_outcomes(m, out);
    write_read_backs(m, out);
    write_histogram(m, out, "held_seconds",
                    "How long answers were held until the outcome was known.",
                    offsetof(struct row, held));
    write_histogram(m, out, "visible_seconds",
                    "How long changes took to become visible.",
                    offsetof(struct row, visible));
}
