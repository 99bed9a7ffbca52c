/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share. Nobody else includes this. */
#ifndef CONSOLE_PRIVATE_H
#define CONSOLE_PRIVATE_H

#include "console/console.h"

/* ---- metrics.c: events counted, as Prometheus reads them ---- */

struct metrics;
struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);
void metrics_hear(struct metrics *metrics, const struct event *event);
void metrics_write(const struct metrics *metrics, size_t active,
                   struct str version, struct buf *out);

/* ---- live.c: events as the report's data ---- */

struct live;
struct live *live_new(int64_t (*wall_ms)(void), struct str run_id);
void live_free(struct live *live);
void live_hear(struct live *live, const struct event *event);
/* Rises with every event. */
uint64_t live_edition(const struct live *live);
/* The report's data of all events so far. Borrowed until the next event. */
struct str live_data(struct live *live);

#endif
