/* SPDX-License-Identifier: Apache-2.0 */
/* `settled report`: logs in, a report out. Start at app_report(). */
#include "app/private.h"

#include "base/file.h"
#include "page/page.h"

#include <stddef.h>

#define AT(member) offsetof(struct app_report_options, member)

static const struct option report_rows[] = {
    {"json", OPTION_FLAG, AT(json), NULL, NULL, NULL,
     "print the report's data instead of text", "What is written"},
    {"html", OPTION_TEXT, AT(html), "FILE", NULL, NULL,
     "write one self-contained page; - is stdout", NULL},
    {"history", OPTION_TEXT, AT(history), "FILE", NULL, NULL,
     "write clients' operations as JSON lines, for checkers\n"
     "(Porcupine, Elle); - is stdout",
     NULL},
    {"lag-log", OPTION_TEXTS, AT(lag_log), "FILE", NULL, NULL,
     "a log of `settled lag`: when each change was really visible",
     "What is read"},
    {"run", OPTION_TEXT, AT(run), "ID", NULL, NULL, "tell of this run only",
     NULL},
    {"fail-on", OPTION_TEXT, AT(fail_on), "WHAT", NULL, NULL,
     "exit 1 when there are any of these, with commas between:\n"
     "races, regrets, violations, unsettled",
     "For CI"},
};
const struct options app_report_options_rows = {
    report_rows, sizeof(report_rows) / sizeof(report_rows[0]),
    "SETTLED_REPORT_"};

enum { LINE_BYTES_MAX = 1024 * 1024, DAMAGE_SHOWN = 20 };

struct reporting {
    const struct app_report_options *options;
    struct arena *arena;
    struct report *report;
    uint64_t damaged; /* lines so far, of all logs */
};

/* ---- reading ---- */

static void tell_damage(struct reporting *r, struct str path, uint64_t line,
                        bool last, struct str why)
{
    if (r->damaged++ < DAMAGE_SHOWN) {
        print_note("%.*s:%llu: %s%.*s",
                   STR_ARG(str_eq(path, STR("-")) ? STR("stdin") : path),
                   (unsigned long long)line,
                   last ? "the last line is cut short: it " : "", STR_ARG(why));
    }
}

static void take_line(struct reporting *r, struct str path, uint64_t number,
                      enum file_line kind, struct str line)
{
    struct arena_mark mark = arena_mark(r->arena);
    struct str why = STR_NONE;
    if (kind == FILE_LINE_LONG) {
        report_add_damaged(r->report);
        tell_damage(r, path, number, false, STR("is longer than 1 MiB"));
    } else if (line.len > 0 && !report_add(r->report, line, r->arena, &why)) {
        tell_damage(r, path, number, kind == FILE_LINE_LAST, why);
    }
    arena_reset(r->arena, mark);
}

static void tell_form(struct str path)
{
    print_note("%.*s: holds no event of settled's; a log is made with --log "
               "FILE and has an object on each line, such as\n"
               "  {\"time\":\"2026-01-31T12:00:00.000Z\",\"event\":\"call-"
               "received\",\"id\":\"8b6d-1\",...,\"run\":\"8b6d\"}",
               STR_ARG(path));
}

static bool read_log(struct reporting *r, struct str path)
{
    uint64_t before = report_events(r->report);
    uint64_t number = 0;
    struct str line = STR_NONE;
    struct str why = STR_NONE;
    struct file_lines *lines =
        file_lines_open(r->arena, path, LINE_BYTES_MAX, &why);
    enum file_line kind = lines == NULL ? FILE_LINES_BROKEN : FILE_LINE;
    while (kind < FILE_LINES_END) {
        kind = file_lines_next(lines, &line, &why);
        if (kind < FILE_LINES_END) {
            take_line(r, path, ++number, kind, line);
        }
    }
    file_lines_close(lines);
    if (kind == FILE_LINES_BROKEN) {
        print_sentence(why);
        return false;
    }
    if (report_events(r->report) == before) {
        tell_form(path);
    }
    return true;
}

static bool read_all(struct reporting *r, char *const *logs, int count)
{
    bool good = true;
    for (int i = 0; i < count; i++) {
        good = read_log(r, str_of(logs[i])) && good;
    }
    for (size_t i = 0; i < r->options->lag_log.count; i++) {
        good = read_log(r, r->options->lag_log.at[i]) && good;
    }
    if (r->damaged > DAMAGE_SHOWN) {
        print_note("and %llu more damaged lines",
                   (unsigned long long)(r->damaged - DAMAGE_SHOWN));
    }
    return good;
}

/* ---- writing ---- */

static bool put(struct reporting *r, struct str path, struct str text)
{
    struct str why = STR_NONE;
    if (str_eq(path, STR("-"))) {
        print_text(text);
        return true;
    }
    if (!file_replace(r->arena, path, text, &why)) {
        print_sentence(why);
        return false;
    }
    return true;
}

static bool write_page(struct reporting *r)
{
    struct buf data = {0};
    struct buf page = {0};
    report_write_json(r->report, &data);
    page_write(buf_str(&data), &page);
    bool good = put(r, r->options->html, buf_str(&page));
    buf_free(&data);
    buf_free(&page);
    return good;
}

static bool write_history(struct reporting *r)
{
    struct buf text = {0};
    report_write_history(r->report, &text);
    bool good = put(r, r->options->history, buf_str(&text));
    buf_free(&text);
    return good;
}

/* Text, but where stdout has been asked for something else. */
static void write_stdout(struct reporting *r)
{
    const struct app_report_options *o = r->options;
    struct buf text = {0};
    if (o->json) {
        report_write_json(r->report, &text);
    } else if (!str_eq(o->html, STR("-")) && !str_eq(o->history, STR("-"))) {
        report_write_text(r->report, &text);
    }
    print_text(buf_str(&text));
    buf_free(&text);
}

static bool write_all(struct reporting *r)
{
    bool good = true;
    write_stdout(r);
    if (r->options->html.len > 0) {
        good = write_page(r) && good;
    }
    if (r->options->history.len > 0) {
        good = write_history(r) && good;
    }
    return good;
}

/* ---- failing on purpose ---- */

static bool count_named(const struct report_counts *counts, struct str name,
                        uint64_t *ret_count)
{
    const struct {
        const char *name;
        uint64_t count;
    } rows[] = {
        {"races", counts->races},
        {"regrets", counts->regrets},
        {"violations", counts->violations},
        {"unsettled", counts->unsettled},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (str_eq(name, str_of(rows[i].name))) {
            *ret_count = rows[i].count;
            return true;
        }
    }
    return false;
}

static bool fail_on_is_known(struct str words)
{
    const struct report_counts none = {0};
    while (words.ptr != NULL) {
        struct str name = str_trim(str_cut(&words, ','));
        uint64_t count = 0;
        if (!count_named(&none, name, &count)) {
            print_note("--fail-on %.*s: wants some of races, regrets, "
                       "violations, unsettled, with commas between",
                       STR_ARG(name));
            return false;
        }
    }
    return true;
}

static bool has_failed(struct reporting *r)
{
    const struct report_counts counts = report_counts(r->report);
    struct str words = r->options->fail_on;
    bool failed = false;
    while (words.ptr != NULL) {
        struct str name = str_trim(str_cut(&words, ','));
        uint64_t count = 0;
        if (count_named(&counts, name, &count) && count > 0) {
            print_note("--fail-on %.*s: there %s %llu", STR_ARG(name),
                       count == 1 ? "is" : "are", (unsigned long long)count);
            failed = true;
        }
    }
    return failed;
}

static int run(struct reporting *r, char *const *logs, int count)
{
    if (!fail_on_is_known(r->options->fail_on)) {
        return 2;
    }
    if (!read_all(r, logs, count)) {
        return 1;
    }
    const struct report_counts counts = report_counts(r->report);
    if (counts.events == 0) {
        return 1;
    }
    if (counts.runs == 0 && r->options->run.len > 0) {
        print_note("--run %.*s: there is no such run in these logs",
                   STR_ARG(r->options->run));
        return 1;
    }
    bool written = write_all(r);
    return written && !has_failed(r) ? 0 : 1;
}

int app_report(const struct app_report_options *options, char *const *logs,
               int count)
{
    struct reporting reporting = {
        .options = options,
        .arena = arena_new(),
        .report = report_new(options->run),
    };
    int status = run(&reporting, logs, count);
    report_free(reporting.report);
    arena_free(reporting.arena);
    return status;
}
