/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a run did what was recorded, and for people, where it did not and
 * what to do then. Start at replay_write_verdict(). */
#include "replay/private.h"

enum { LISTED_MAX = 20 };

/* ---- counting ---- */

/* Calls of clients; what settled sent once more is drift. */
static bool is_left_over(const struct recorded *r)
{
    return r->operation != NULL && r->entry->kind == RECORDING_CALL && !r->used;
}

static size_t count_left_over(const struct replay *replay)
{
    size_t count = 0;
    for (size_t i = 0; i < replay->recording->entry_count; i++) {
        count += is_left_over(&replay->index.recorded[i]) ? 1 : 0;
    }
    return count;
}

static size_t count_other_outcomes(const struct replay *replay)
{
    size_t count = 0;
    const struct past *past = replay->index.first_past;
    for (; past != NULL; past = past->newer) {
        count += replay_outcome_differs(past) ? 1 : 0;
    }
    return count;
}

static bool has_drift(const struct replay *replay)
{
    struct drift drift = replay_outcome_drift(replay);
    return drift.not_asked > 0 || drift.resends > 0 || drift.other_count > 0 ||
           replay->reads_repeated > 0 || replay->reads_unknown > 0;
}

bool replay_is_good(const struct replay *replay)
{
    return replay->miss_count == 0 &&
           (replay->config.allow_unused || count_left_over(replay) == 0) &&
           count_other_outcomes(replay) == 0 &&
           (!replay->config.exact || !has_drift(replay));
}

/* ---- writing ---- */

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void write_summary(const struct replay *replay, size_t left_over,
                          struct buf *out)
{
    size_t all = replay->index.call_count;
    buf_printf(out, "settled: replayed %zu of %zu call%s of %.*s",
               all - left_over, all, plural(all), STR_ARG(replay->config.path));
    if (replay->reads_answered > 0) {
        buf_printf(out, "; %zu read-back%s", replay->reads_answered,
                   plural(replay->reads_answered));
    }
    buf_add_char(out, '\n');
}

static void write_misses(const struct replay *replay, struct buf *out)
{
    size_t told = 0;
    for (const struct miss *m = replay->first_miss; m != NULL; m = m->next) {
        struct str rest = m->text;
        struct str head = str_cut(&rest, '\n');
        buf_add(out, head);
        if (m->times > 1) {
            buf_printf(out, " (%zu times)", m->times);
        }
        buf_add_char(out, '\n');
        buf_add(out, rest);
        told += m->times;
    }
    if (replay->miss_count > told) {
        buf_printf(out, "  not recorded: %zu more calls\n",
                   replay->miss_count - told);
    }
    if (replay->miss_count > 0) {
        buf_add(out, STR("    if the program has changed, record it anew; "
                         "names that each run makes\n"
                         "    afresh are declared by --variable, members that "
                         "do not matter by --ignore\n"));
    }
}

static void write_entry(const struct recording_entry *entry, struct buf *out)
{
    struct arena *scratch = arena_new();
    buf_printf(out, "line %zu: %.*s", entry->line,
               STR_ARG(replay_name(scratch, entry->service, entry->operation)));
    arena_free(scratch);
}

/* What it asked, where that can hold no secret. */
static void write_input(const struct recording_entry *entry, struct buf *out)
{
    if (entry->input != NULL && entry->session->facts.redact) {
        buf_add_char(out, ' ');
        replay_miss_write_value(entry->input, out);
    }
}

static void write_left_over(const struct replay *replay, size_t count,
                            struct buf *out)
{
    size_t told = 0;
    if (count == 0) {
        return;
    }
    buf_printf(out, "  not asked for: %zu recorded call%s%s\n", count,
               plural(count), replay->config.allow_unused ? " (allowed)" : "");
    for (size_t i = 0; i < replay->recording->entry_count && told < LISTED_MAX;
         i++) {
        const struct recorded *r = &replay->index.recorded[i];
        if (is_left_over(r)) {
            buf_add(out, STR("    "));
            write_entry(r->entry, out);
            write_input(r->entry, out);
            buf_add_char(out, '\n');
            told++;
        }
    }
    if (count > told) {
        buf_printf(out, "    and %zu more\n", count - told);
    }
    if (replay->config.allow_unused) {
        return;
    }
    size_t sessions = replay->recording->session_count;
    if (sessions > 1 && replay->config.read.session.len == 0) {
        buf_printf(out,
                   "    %zu runs were recorded into this file: --session ID "
                   "replays one of them\n",
                   sessions);
    }
    buf_add(out, STR("    if the program has no need of them any more, record "
                     "it anew; --allow-unused\n"
                     "    lets them be\n"));
}

static void write_past(const struct past *past, struct buf *out)
{
    buf_add(out, STR("    "));
    if (past->call != NULL) {
        write_entry(past->call->entry, out);
    } else {
        write_entry(past->outcome, out);
    }
    if (past->outcome->resource.len > 0) {
        buf_printf(out, " %.*s", STR_ARG(past->outcome->resource));
    }
}

static void write_outcomes(const struct replay *replay, struct buf *out)
{
    size_t count = count_other_outcomes(replay);
    size_t told = 0;
    const struct past *past = replay->index.first_past;
    if (count == 0) {
        return;
    }
    buf_printf(out, "  another outcome: %zu change%s\n", count, plural(count));
    for (; past != NULL && told < LISTED_MAX; past = past->newer) {
        if (!replay_outcome_differs(past)) {
            continue;
        }
        write_past(past, out);
        buf_printf(out, ": recorded %s, now %s\n",
                   event_outcome_name(past->outcome->outcome),
                   past->heard ? event_outcome_name(past->now) : "none");
        told++;
    }
    if (count > told) {
        buf_printf(out, "    and %zu more\n", count - told);
    }
    buf_add(out, STR("    the rules, or options such as --timeout, are others "
                     "than when it was recorded\n"));
}

static void write_counts(const struct replay *replay, struct buf *out)
{
    size_t told = 0;
    const struct past *past = replay->index.first_past;
    for (; past != NULL && told < LISTED_MAX; past = past->newer) {
        if (past->bound && past->heard && past->outcome != NULL &&
            (uint64_t)past->reads_now != past->outcome->reads) {
            write_past(past, out);
            buf_printf(out, ": recorded %llu read-backs, now %lld\n",
                       (unsigned long long)past->outcome->reads,
                       (long long)past->reads_now);
            told++;
        }
    }
}

static void write_drift(const struct replay *replay, struct buf *out)
{
    struct drift drift = replay_outcome_drift(replay);
    const struct {
        size_t count;
        const char *what;
    } rows[] = {
        {replay->reads_repeated, "asked more often than recorded: the last "
                                 "answer was given again"},
        {drift.not_asked, "recorded, and not asked for"},
        {replay->reads_unknown, "not recorded: what they look for was assumed"},
    };
    if (!has_drift(replay)) {
        return;
    }
    buf_printf(out, "  other read-backs than recorded%s\n",
               replay->config.exact ? "" : " (not an error; see --exact)");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].count > 0) {
            buf_printf(out, "    %zu %s\n", rows[i].count, rows[i].what);
        }
    }
    if (drift.resends > 0) {
        buf_printf(out,
                   "    %zu recorded call%s sent again by settled, not "
                   "this time\n",
                   drift.resends, plural(drift.resends));
    }
    if (replay->config.exact) {
        write_counts(replay, out);
    }
}

void replay_write_verdict(const struct replay *replay, struct buf *out)
{
    size_t left_over = count_left_over(replay);
    write_summary(replay, left_over, out);
    write_misses(replay, out);
    write_outcomes(replay, out);
    write_left_over(replay, left_over, out);
    if (replay->calls_repeated > 0) {
        buf_printf(out, "  repeated: %zu read%s got the last answer again\n",
                   replay->calls_repeated, plural(replay->calls_repeated));
    }
    write_drift(replay, out);
}
