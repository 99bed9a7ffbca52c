/* SPDX-License-Identifier: Apache-2.0 */
/* Events as the report's data, while they happen. They go the way of a log's
 * lines, so that the live page shows what a report of the log would. Start at
 * live_hear(). */
#include "console/private.h"

#include "base/mem.h"
#include "report/report.h"

/* Then it begins anew: a page is for looking at the last hours, a log for
 * keeping years. */
enum { EVENTS_MAX = 200000 };

struct live {
    int64_t (*wall_ms)(void);
    struct arena *arena;
    struct str tail; /* the run: the same on every line */
    struct report *report;
    struct buf line;
    struct buf data;
    uint64_t edition;
    uint64_t written; /* the edition that `data` is of */
};

struct live *live_new(int64_t (*wall_ms)(void), struct str run_id)
{
    struct live *live = mem_new(sizeof(*live));
    live->wall_ms = wall_ms;
    live->arena = arena_new();
    struct buf tail = {0};
    buf_add(&tail, STR(",\"run\":"));
    json_write_string(run_id, &tail);
    live->tail = arena_str(live->arena, buf_str(&tail));
    buf_free(&tail);
    live->report = report_new(STR_NONE);
    live->edition = 1;
    return live;
}

void live_free(struct live *live)
{
    if (live != NULL) {
        report_free(live->report);
        buf_free(&live->line);
        buf_free(&live->data);
        arena_free(live->arena);
        mem_free(live);
    }
}

void live_hear(struct live *live, const struct event *event)
{
    struct arena *scratch = arena_new();
    struct str why = STR_NONE;
    if (report_events(live->report) >= EVENTS_MAX) {
        report_free(live->report);
        live->report = report_new(STR_NONE);
    }
    buf_clear(&live->line);
    event_write_line(event, live->wall_ms(), live->tail, &live->line);
    (void)report_add(live->report, buf_str(&live->line), scratch, &why);
    live->edition++;
    arena_free(scratch);
}

uint64_t live_edition(const struct live *live)
{
    return live->edition;
}

struct str live_data(struct live *live)
{
    if (live->written != live->edition) {
        buf_clear(&live->data);
        report_write_json(live->report, &live->data);
        live->written = live->edition;
    }
    return buf_str(&live->data);
}
