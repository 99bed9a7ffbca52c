/* SPDX-License-Identifier: Apache-2.0 */
/* A rule in words: what is read back, when, how often and how long. Start at
 * rules_explain(). */
#include "rules/private.h"
#include "schedule/schedule.h"

#include <stdio.h>

enum { WIDTH = 78, LABEL = 10 };

/* Text broken at blanks, below a first line that begins with `head`. */
static void add_wrapped(struct buf *out, struct str head, struct str text)
{
    struct str rest = str_trim(text);
    size_t room = WIDTH - head.len;
    for (bool first = true; rest.len > 0; first = false) {
        size_t len = rest.len;
        if (len > room) {
            size_t blank = str_find_last(str_first(rest, room + 1), ' ');
            len = blank != STR_NOT_FOUND && blank > 0 ? blank : len;
        }
        buf_printf(out, "%*.*s%.*s\n", (int)head.len, first ? (int)head.len : 0,
                   head.ptr, STR_ARG(str_first(rest, len)));
        rest = str_trim(str_from(rest, len));
    }
}

/* "    holds if  ..." */
static void add_row(struct buf *out, const char *label, struct str text)
{
    char head[4 + LABEL + 1];
    (void)snprintf(head, sizeof(head), "    %-*s", LABEL, label);
    add_wrapped(out, str_of(head), text);
}

static void add_expression(struct buf *out, const char *label,
                           const struct rules_expression *expression)
{
    if (expression->compiled != NULL) {
        add_row(out, label, expression->text);
    }
}

static void add_codes(struct buf *out, struct str *codes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *between = i == 0 ? "" : i + 1 == count ? " or " : ", ";
        buf_printf(out, "%s%.*s", between, STR_ARG(codes[i]));
    }
}

static void add_condition(struct buf *out, const char *label,
                          const struct rules_condition *condition)
{
    struct buf text = {0};
    if (condition->error_count > 0) {
        buf_add(&text, STR("it fails with "));
        add_codes(&text, condition->errors, condition->error_count);
    }
    if (condition->expression.compiled != NULL) {
        buf_printf(&text, "%s%.*s", text.len > 0 ? ", and " : "",
                   STR_ARG(condition->expression.text));
    }
    add_row(out, label, buf_str(&text));
    buf_free(&text);
}

static void add_read(struct buf *out, const char *label,
                     const struct rule *rule, const struct rules_read *read)
{
    struct buf text = {0};
    if (!str_eq(rule->service, read->service)) {
        buf_printf(&text, "%.*s ", STR_ARG(read->service));
    }
    buf_add(&text, read->operation);
    add_row(out, label, buf_str(&text));
    for (size_t i = 0; i < read->input_count; i++) {
        buf_clear(&text);
        buf_printf(&text, "%.*s = %.*s", STR_ARG(read->inputs[i].member),
                   STR_ARG(read->inputs[i].value.text));
        add_row(out, i == 0 ? "with" : "", buf_str(&text));
    }
    buf_free(&text);
}

static double seconds(int64_t ms)
{
    return (double)ms / 1000;
}

static void add_interval(struct buf *out, const struct rules_schedule *s)
{
    if (s->interval_ms == 0) {
        buf_add(out, STR("more and more slowly"));
        return;
    }
    buf_printf(out, "every %g s", seconds(s->interval_ms));
    if (s->backoff_rate > 1) {
        buf_printf(out, ", each time %g times as long", s->backoff_rate);
    }
    if (s->max_delay_ms > 0) {
        buf_printf(out, ", at most %g s", seconds(s->max_delay_ms));
    }
}

static void add_schedule(struct buf *out, const struct rules_schedule *s,
                         bool confirms)
{
    static const char *const jitters[] = {
        [JITTER_NONE] = "",
        [JITTER_FULL] = ", with full jitter",
        [JITTER_HALF] = ", with half jitter",
    };
    struct buf text = {0};
    bool learned = confirms && s->interval_ms == 0;
    if (confirms && s->delay_ms > 0) {
        buf_printf(&text, "after %g s%s", seconds(s->delay_ms),
                   learned ? " or later, " : ", then ");
    } else if (confirms && !learned) {
        buf_add(&text, STR("at once, then "));
    }
    if (learned) {
        buf_add(&text, STR("when such a change is usually there"));
    } else {
        add_interval(&text, s);
    }
    buf_printf(&text, "%s; for %g s at the longest", jitters[s->jitter],
               seconds(s->timeout_ms));
    add_row(out, confirms ? "read" : "again", buf_str(&text));
    buf_clear(&text);
    if (confirms && (s->consecutive > 1 || s->settle_for_ms > 0)) {
        buf_printf(&text, "it has held %u time%s in a row", s->consecutive,
                   s->consecutive == 1 ? "" : "s");
        if (s->settle_for_ms > 0) {
            buf_printf(&text, " and for %g s", seconds(s->settle_for_ms));
        }
        add_row(out, "until", buf_str(&text));
    }
    buf_free(&text);
}

static void add_moments(struct buf *text, struct schedule *schedule,
                        const struct schedule_key *key)
{
    enum { MOMENTS = 6 };
    int64_t at_ms[MOMENTS];
    schedule_moments(schedule, key, at_ms, MOMENTS);
    for (size_t i = 0; i < MOMENTS; i++) {
        buf_printf(text, " %.2g s", seconds(at_ms[i]));
    }
}

/* Where the rule does not say when to read. */
static void add_learned(struct buf *out, struct schedule *schedule,
                        const struct rule *rule,
                        const struct rules_confirmation *one)
{
    if (one->schedule.interval_ms > 0) {
        return;
    }
    const struct schedule_key key = {rule->service, rule->operation, one->name};
    struct schedule_summary learned = schedule_summary(schedule, &key);
    struct buf text = {0};
    if (learned.seen == 0) {
        buf_add(&text, STR("nothing yet; until then the reads are at"));
    } else {
        buf_printf(&text,
                   "from %llu confirmation%s: median %.3g s, p90 %.3g s, "
                   "p99 %.3g s; the next reads are at",
                   (unsigned long long)learned.seen,
                   learned.seen == 1 ? "" : "s", seconds(learned.p50_ms),
                   seconds(learned.p90_ms), seconds(learned.p99_ms));
    }
    add_moments(&text, schedule, &key);
    add_row(out, "learned", buf_str(&text));
    buf_free(&text);
}

/* A client's read; settled does not make it. */
static void add_witness(struct buf *out, const struct rule *rule,
                        const struct rules_confirmation *one,
                        const struct rules_confirmation *witness)
{
    add_read(out, "seen by", rule, &witness->read);
    add_expression(out, "asked so", &witness->when);
    if (witness->success.errors != one->success.errors ||
        witness->success.expression.compiled !=
            one->success.expression.compiled) {
        add_condition(out, "new if", &witness->success);
        add_condition(out, "or if", &witness->superseded);
    }
    add_expression(out, "old if", &witness->stale);
}

static void add_confirmation(struct buf *out, struct schedule *schedule,
                             const struct rule *rule,
                             const struct rules_confirmation *one)
{
    buf_printf(out, "\n  %.*s (%s)\n", STR_ARG(one->name),
               rules_level_name(one->level));
    add_row(out, "part", one->part);
    add_expression(out, "only when", &one->when);
    add_expression(out, "for each", &one->for_each);
    add_read(out, "asks", rule, &one->read);
    add_condition(out, "holds if", &one->success);
    add_condition(out, "or if", &one->superseded);
    add_condition(out, "not yet", &one->retry);
    add_condition(out, "never if", &one->failure);
    if (one->optional) {
        add_row(out, "else", STR("unverifiable: this view may lag for long"));
    }
    add_schedule(out, &one->schedule, true);
    add_learned(out, schedule, rule, one);
    for (size_t i = 0; i < one->witness_count; i++) {
        add_witness(out, rule, one, &one->witnesses[i]);
    }
}

static void add_resend(struct buf *out, const struct rule *rule,
                       const struct rules_resend *resend)
{
    buf_add(out, STR("\n  sent again when AWS refuses it with "));
    add_codes(out, resend->errors, resend->error_count);
    buf_add_char(out, '\n');
    if (resend->has_read) {
        add_read(out, "asks", rule, &resend->read);
    }
    add_expression(out, "only when", &resend->when);
    add_schedule(out, &resend->schedule, false);
}

static void add_policy(struct buf *out, const char *outcome,
                       enum rules_policy policy, bool fails_by_default)
{
    bool fails =
        policy == POLICY_DEFAULT ? fails_by_default : policy == POLICY_FAIL;
    buf_printf(out, "    %-*s%s%s\n", 14, outcome,
               fails ? "the client gets an error"
                     : "the client gets AWS's answer",
               policy == POLICY_DEFAULT ? "" : " (by this rule)");
}

void rules_explain(const struct rule *rule, struct schedule *schedule,
                   struct buf *out)
{
    buf_printf(out, "%.*s %.*s    (%.*s)\n", STR_ARG(rule->service),
               STR_ARG(rule->operation), STR_ARG(rule->file));
    if (rule->about.len > 0) {
        add_wrapped(out, STR("  "), rule->about);
    }
    if (rule->resource.compiled != NULL || rule->when.compiled != NULL ||
        rule->has_before) {
        buf_add_char(out, '\n');
    }
    add_expression(out, "resource", &rule->resource);
    add_row(out, "part", rule->part);
    add_expression(out, "writes", &rule->value);
    add_expression(out, "only when", &rule->when);
    if (rule->has_before) {
        add_read(out, "before", rule, &rule->before);
    }
    for (size_t i = 0; i < rule->confirmation_count; i++) {
        add_confirmation(out, schedule, rule, &rule->confirmations[i]);
    }
    for (size_t i = 0; i < rule->resend_count; i++) {
        add_resend(out, rule, &rule->resends[i]);
    }
    buf_add(out, STR("\n  if it is\n"));
    add_policy(out, "unsettled", rule->on_unsettled, true);
    add_policy(out, "failed", rule->on_failed, true);
    add_policy(out, "unverifiable", rule->on_unverifiable, false);
}

void rules_explain_read(const struct rules_known_read *read, struct buf *out)
{
    buf_printf(out, "%.*s %.*s    (%.*s)\n", STR_ARG(read->service),
               STR_ARG(read->operation), STR_ARG(read->file));
    add_wrapped(out, STR("  "),
                STR("A read of clients, followed to tell what they saw."));
    buf_add_char(out, '\n');
    add_expression(out, "asks for", &read->resource);
    add_row(out, "part", read->part);
    add_expression(out, "finds", &read->for_each);
    add_expression(out, "named", &read->name);
    add_expression(out, "sees", &read->value);
    add_expression(out, "lacks", &read->absent);
    if (read->absent_error_count > 0) {
        const struct rules_condition lacks = {.errors = read->absent_errors,
                                              .error_count =
                                                  read->absent_error_count};
        add_condition(out, "lacks if", &lacks);
    }
}
