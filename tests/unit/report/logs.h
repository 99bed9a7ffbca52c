/* SPDX-License-Identifier: Apache-2.0 */
/* Logs made by hand, and a report of them. */
#ifndef TESTS_REPORT_LOGS_H
#define TESTS_REPORT_LOGS_H

#include "support/texts.h"

#include "base/buf.h"
#include "report/report.h"

/* "12.345 call-sent id:r-1 status=200": seconds after noon, the event, and
 * members: name:text or name=JSON. Blanks in texts are written as '_'. */
static inline void add_member(struct buf *line, struct str word)
{
    size_t colon = str_find(word, ':');
    size_t equals = str_find(word, '=');
    if (word.len == 0) {
        return;
    }
    struct str name = str_first(word, colon < equals ? colon : equals);
    struct str value = str_from(word, name.len + 1);
    assert_true(name.len < word.len);
    buf_printf(line, ",\"%.*s\":", STR_ARG(name));
    if (equals < colon) {
        buf_add(line, value);
        return;
    }
    size_t start = line->len;
    json_write_string(value, line);
    for (size_t i = start; i < line->len; i++) {
        line->bytes[i] = line->bytes[i] == '_' ? ' ' : line->bytes[i];
    }
}

static inline struct str log_line(struct arena *arena, struct str text)
{
    struct buf line = {0};
    struct str time = str_cut(&text, ' ');
    struct str event = str_cut(&text, ' ');
    buf_printf(&line, "{\"time\":\"2026-01-31T12:00:%.*sZ\",\"event\":\"%.*s\"",
               STR_ARG(time), STR_ARG(event));
    while (text.ptr != NULL) {
        add_member(&line, str_cut(&text, ' '));
    }
    buf_add_char(&line, '}');
    struct str copy = arena_str(arena, buf_str(&line));
    buf_free(&line);
    return copy;
}

static inline void add_log(struct report *report, const char *const *lines,
                           size_t count)
{
    struct arena *arena = arena_new();
    for (size_t i = 0; i < count; i++) {
        struct str why = STR_NONE;
        struct str line = log_line(arena, str_of(lines[i]));
        if (!report_add(report, line, arena, &why)) {
            fail_msg("%s: %s", line.ptr, why.ptr);
        }
    }
    arena_free(arena);
}

#define ADD_LOG(report, lines)                                                 \
    add_log(report, lines, sizeof(lines) / sizeof((lines)[0]))

static inline void assert_written(struct buf *text, const char *wanted)
{
    buf_add_char(text, '\0');
    assert_string_equal(text->bytes, wanted);
    buf_free(text);
}

/* A put that a read came too early for, a regret, one that never settled, one
 * whose answer was lost, and what the lag knows. */
#define PUT    "service:ssm operation:PutParameter region:eu-west-1 client:AKIA1 "
#define GET    "service:ssm operation:GetParameter region:eu-west-1 client:AKIA1 "
#define COLOUR "resource:/app/colour "

static const char *const story[] = {
    "00.000 run-started run:r",
    "00.010 call-received run:r id:r-1 " PUT COLOUR,
    "00.011 call-sent run:r id:r-1 " PUT COLOUR,
    "00.200 call-answered run:r id:r-1 " PUT COLOUR
    "status=200 value=4 request_id:q1 waited_ms=189",
    "00.212 call-received run:r id:r-2 " GET COLOUR,
    "00.222 client-read run:r id:r-2 " GET COLOUR
    "value=3 took_ms=9 status=200 write:r-1 verdict:not-yet",
    "00.260 read-back run:r id:r-1 " PUT COLOUR
    "confirmation:value read:GetParameter verdict:not-yet took_ms=9",
    "00.300 call-joined run:r id:r-1 " PUT COLOUR,
    "00.660 read-back run:r id:r-1 " PUT COLOUR
    "confirmation:value read:GetParameter verdict:holds took_ms=12",
    "00.661 confirmed run:r id:r-1 " PUT COLOUR
    "confirmation:value outcome:settled waited_ms=461 visible_ms=448",
    "00.661 settle-finished run:r id:r-1 " PUT COLOUR
    "outcome:settled waited_ms=461 visible_ms=448 reads=2 request_id:q1",
    "00.661 race run:r id:r-2 write:r-1 read:GetParameter " PUT COLOUR
    "gap_ms=12 needed_ms=448 verdict:stale detail:version_3",
    "00.662 answer-given run:r id:r-1 " PUT COLOUR "status=200",
    "01.000 call-received run:r id:r-3 " GET COLOUR,
    "01.010 client-read run:r id:r-3 " GET COLOUR
    "value=4 took_ms=9 status=200",
    "01.100 call-received run:r id:r-4 " GET COLOUR,
    "01.110 client-read run:r id:r-4 " GET COLOUR
    "value=3 took_ms=9 status=200",
    "01.111 regret run:r id:r-4 write:r-1 read:GetParameter " PUT COLOUR
    "gap_ms=449 detail:version_3",
    "02.000 call-received run:r id:r-5 " PUT "resource:/b\x01",
    "02.100 call-answered run:r id:r-5 " PUT "resource:/b\x01 status=200",
    "32.100 confirmed run:r id:r-5 " PUT "resource:/b\x01 confirmation:value "
    "outcome:unsettled waited_ms=30000 detail:ParameterNotFound",
    "32.100 settle-finished run:r id:r-5 " PUT
    "resource:/b\x01 outcome:unsettled waited_ms=30000 reads=9",
    "33.000 call-received run:r id:r-6 " PUT "resource:/c",
    "33.100 call-refused run:r id:r-6 " PUT "resource:/c outcome:unknown",
    "00.200 lag-mutation run:lag service:ssm request_id:q1 until_ms=430 "
    "confirmation:value detail:direct",
    "00.200 lag-mutation run:lag service:ssm request_id:q1 until_ms=9000 "
    "confirmation:tags detail:tags",
};

#endif
