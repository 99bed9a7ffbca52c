/* SPDX-License-Identifier: Apache-2.0 */
/* What a fetch is told and when. Here because the promises of http/client.h
 * are kept in one place. Start at carried_settle(). */
#include "upstream/private.h"

enum { PIPE_LIMIT = 256 * 1024 };

void carried_tell_head(struct carried *carried, struct http_fetch *fetch,
                       const struct head *head)
{
    fetch->response.status = head->status;
    fetch->response.headers = head->headers;
    fetch->head_ready = true;
    if (!fetch->streams) {
        return;
    }
    http_pipe_init(&carried->pipe, PIPE_LIMIT);
    carried->piped = true;
    fetch->download = &carried->pipe.source;
    fetch->outcome = HTTP_ANSWERED;
    timer_wake_noted(fetch->timers, fetch->head, &carried->head);
}

static struct str sentence(const struct http_fetch *fetch,
                           enum http_outcome outcome, struct str detail)
{
    static const char *const what[HTTP_OUTCOME_COUNT] = {
        [HTTP_REFUSED] = "nothing was sent to",
        [HTTP_LOST] = "no whole answer came from",
        [HTTP_TIMED_OUT] = "no answer came in time from",
        [HTTP_UPLOAD_BROKEN] = "the body broke off on its way to",
    };
    if (what[outcome] == NULL) {
        return STR_NONE;
    }
    /* Not the origin as it stands when it may hold a password. */
    bool plain = str_find(fetch->origin, '@') == STR_NOT_FOUND;
    struct str origin = plain ? fetch->origin : STR("the origin");
    if (detail.len == 0) {
        return arena_printf(fetch->arena, "%s %.*s", what[outcome],
                            STR_ARG(origin));
    }
    return arena_printf(fetch->arena, "%s %.*s: %.*s", what[outcome],
                        STR_ARG(origin), STR_ARG(detail));
}

void carried_settle(struct carried *carried, struct http_fetch *fetch,
                    enum http_outcome outcome, struct str detail)
{
    fetch->outcome = outcome;
    fetch->error = sentence(fetch, outcome, detail);
    if (carried->piped) {
        http_pipe_set_writer(&carried->pipe, NULL, NULL);
        if (outcome == HTTP_ANSWERED) {
            http_pipe_end(&carried->pipe);
        } else {
            http_pipe_break(&carried->pipe, NULL);
        }
    }
    timer_wake_noted(fetch->timers, fetch->done, &carried->done);
}

void carried_end(struct carried *carried, struct http_fetch *fetch)
{
    timer_take_back(fetch->timers, fetch->head, &carried->head);
    timer_take_back(fetch->timers, fetch->done, &carried->done);
    if (carried->piped) {
        http_pipe_free(&carried->pipe);
        fetch->download = NULL;
    }
    fetch->state = NULL;
}
