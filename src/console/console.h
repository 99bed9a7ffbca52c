/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people and scrapers on this machine may look at while settled runs.
 *
 * Purpose:   an http_handler for a listener of its own: /metrics (Prometheus
 *            text, version 0.0.4), /healthz, and the dashboard: the report's
 *            page, fed live.
 * Ownership: console_new()/console_free(); texts heard are copied.
 * Callbacks: those of http/handler.h; it never keeps a call.
 * Errors:    404, 405, 403 in plain words.
 * Never:     answers a browser that came from another site, or the dashboard
 *            to one without the token; holds a secret (events carry none).
 */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include "events/event.h"
#include "http/handler.h"

struct console;

struct console_config {
    struct timers *timers;
    int64_t (*wall_ms)(void);
    bool metrics;
    /* The dashboard's token; STR_NONE: there is no dashboard. */
    struct str token;
    /* Calls under way, for the gauge; may be NULL. */
    size_t (*active)(void *ctx);
    void *active_ctx;
    struct str run_id;
    struct str version;
};

struct console *console_new(const struct console_config *config);
void console_free(struct console *console);
struct event_sink *console_sink(struct console *console);
struct http_handler *console_handler(struct console *console);
/* What /metrics shows. */
void console_write_metrics(const struct console *console, struct buf *out);
/* The same of several processes, added up. */
void console_sum_metrics(const struct str *texts, size_t count,
                         struct buf *out);
/* The port that it is reached at, once it is known: Host must name it. */
void console_set_port(struct console *console, uint16_t port);

#endif
