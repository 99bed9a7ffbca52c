/* SPDX-License-Identifier: Apache-2.0 */
/* The schedule keys of a rule, a resend or a file's defaults. Rows, because
 * each is only a name, a unit and a range. Start at rules_schedule_read(). */
#include "rules/private.h"

enum unit {
    UNIT_SECONDS,  /* a number of seconds, to milliseconds */
    UNIT_DURATION, /* that, or "300ms" */
    UNIT_FACTOR,
    UNIT_COUNT,
};

static const struct schedule_row {
    const char *name;
    enum unit unit;
    size_t offset;
    double least; /* in the unit as written */
    double most;
} schedule_rows[] = {
    {"delay", UNIT_DURATION, offsetof(struct rules_schedule, delay_ms), 0,
     3600},
    {"IntervalSeconds", UNIT_SECONDS,
     offsetof(struct rules_schedule, interval_ms), 0.001, 3600},
    {"BackoffRate", UNIT_FACTOR, offsetof(struct rules_schedule, backoff_rate),
     1, 100},
    {"MaxDelaySeconds", UNIT_SECONDS,
     offsetof(struct rules_schedule, max_delay_ms), 0.001, 86400},
    {"TimeoutSeconds", UNIT_SECONDS,
     offsetof(struct rules_schedule, timeout_ms), 0.001, 86400},
    {"consecutive", UNIT_COUNT, offsetof(struct rules_schedule, consecutive), 1,
     1000},
    {"settle_for", UNIT_DURATION,
     offsetof(struct rules_schedule, settle_for_ms), 0, 3600},
};

/* Zero leaves the choice to the engine. */
const struct rules_schedule rules_schedule_default = {
    .timeout_ms = 60000,
    .consecutive = 1,
};

static bool number_in_unit(const struct compiler *c, const struct json *value,
                           const struct schedule_row *row, double *ret_number)
{
    if (value->type == JSON_NUMBER) {
        *ret_number = value->number;
        return true;
    }
    int64_t ms = 0;
    if (row->unit == UNIT_DURATION && value->type == JSON_STRING) {
        if (str_to_duration_ms(value->text, &ms)) {
            *ret_number = (double)ms / 1000;
            return true;
        }
        rules_complain(c, value,
                       "`%.*s` is no duration; write 300ms, 2s or 1.5m",
                       STR_ARG(value->text));
    }
    return false;
}

static void store(void *at, enum unit unit, double number)
{
    switch (unit) {
    case UNIT_SECONDS:
    case UNIT_DURATION:
        *(int64_t *)at = (int64_t)(number * 1000 + 0.5);
        break;
    case UNIT_FACTOR:
        *(double *)at = number;
        break;
    case UNIT_COUNT:
        *(unsigned *)at = (unsigned)number;
        break;
    }
}

static void read_row(const struct compiler *c, const struct json *object,
                     const struct schedule_row *row,
                     struct rules_schedule *schedule)
{
    const struct json *value = json_get(object, str_of(row->name));
    double number = 0;
    if (value == NULL || !number_in_unit(c, value, row, &number)) {
        return;
    }
    bool whole =
        row->unit != UNIT_COUNT || (number >= 0 && number <= row->most &&
                                    number == (double)(unsigned)number);
    if (!(number >= row->least && number <= row->most) || !whole) {
        rules_complain(c, value, "`%s` must be %s from %g to %g", row->name,
                       row->unit == UNIT_COUNT ? "a whole number" : "a number",
                       row->least, row->most);
        return;
    }
    store((char *)schedule + row->offset, row->unit, number);
}

struct rules_schedule rules_schedule_read(const struct compiler *c,
                                          const struct json *object,
                                          const struct rules_schedule *defaults)
{
    static const char *const jitters[] = {
        [JITTER_NONE] = "NONE",
        [JITTER_FULL] = "FULL",
        [JITTER_HALF] = "HALF",
    };
    struct rules_schedule schedule = *defaults;
    for (size_t i = 0; i < sizeof(schedule_rows) / sizeof(schedule_rows[0]);
         i++) {
        read_row(c, object, &schedule_rows[i], &schedule);
    }
    schedule.jitter = (enum rules_jitter)rules_choose(
        c, json_get(object, STR("JitterStrategy")), jitters, 3,
        (int)schedule.jitter);
    return schedule;
}
