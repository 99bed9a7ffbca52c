/* SPDX-License-Identifier: Apache-2.0 */
/* Members of the report's JSON, those that are absent left out. Start at
 * report_data_next(). */
#include "report/private.h"

void report_data_next(struct data *d)
{
    char last = d->out->bytes[d->out->len - 1];
    if (last != '{' && last != '[') {
        buf_add_char(d->out, ',');
    }
}

void report_data_open(struct data *d, const char *name, char bracket)
{
    report_data_next(d);
    if (name != NULL) {
        buf_printf(d->out, "\"%s\":", name);
    }
    buf_add_char(d->out, bracket);
}

void report_data_shut(struct data *d, char bracket)
{
    buf_add_char(d->out, bracket);
}

void report_data_add_count(struct data *d, const char *name, uint64_t count)
{
    report_data_next(d);
    buf_printf(d->out, "\"%s\":%llu", name, (unsigned long long)count);
}

void report_data_add_text(struct data *d, const char *name, struct str text)
{
    if (text.len > 0) {
        report_data_next(d);
        buf_printf(d->out, "\"%s\":", name);
        json_write_string(text, d->out);
    }
}

void report_data_add_word(struct data *d, const char *name, word text)
{
    report_data_add_text(d, name, report_word(d->report, text));
}

void report_data_add_json(struct data *d, const char *name, word json)
{
    if (json != 0) {
        report_data_next(d);
        buf_printf(d->out, "\"%s\":", name);
        buf_add(d->out, report_word(d->report, json));
    }
}

void report_data_add_ms(struct data *d, const char *name, int64_t ms)
{
    if (ms != REPORT_NOT_SAID) {
        report_data_next(d);
        buf_printf(d->out, "\"%s\":%lld", name, (long long)ms);
    }
}
