/* SPDX-License-Identifier: Apache-2.0 */
/* The way upstream, as far as a test wants it: what is sent is kept until the
 * test answers it. */
#ifndef TESTS_SUPPORT_FAKE_CLIENT_H
#define TESTS_SUPPORT_FAKE_CLIENT_H

#include "base/arena.h"
#include "http/client.h"

#include <assert.h>

struct fake_client {
    struct http_client client; /* first, so that it can be cast */
    struct http_fetch **sent;  /* under way, the oldest first */
    size_t sent_count;
    size_t sent_max;
    size_t asked; /* in all */
};

static inline void fake_client_send(struct http_client *self,
                                    struct http_fetch *fetch)
{
    struct fake_client *fake = (struct fake_client *)self;
    assert(fake->sent_count < fake->sent_max);
    fetch->outcome = HTTP_PENDING;
    fake->sent[fake->sent_count++] = fetch;
    fake->asked++;
}

/* Also where it was not sent, or has been answered. */
static inline void fake_client_cancel(struct http_client *self,
                                      struct http_fetch *fetch)
{
    struct fake_client *fake = (struct fake_client *)self;
    size_t at = fake->sent_count;
    while (at > 0 && fake->sent[at - 1] != fetch) {
        at--;
    }
    if (at > 0) {
        fake->sent_count--;
        memmove(&fake->sent[at - 1], &fake->sent[at],
                (fake->sent_count + 1 - at) * sizeof(fake->sent[0]));
    }
}

static inline void fake_client_init(struct fake_client *fake,
                                    struct arena *arena, size_t sent_max)
{
    *fake = (struct fake_client){
        .client = {fake_client_send, fake_client_cancel},
        .sent = ARENA_ARRAY(arena, struct http_fetch *, sent_max),
        .sent_max = sent_max,
    };
}

/* Who asked hears of it when the timers run; until then the caller may add
 * headers. */
static inline void fake_client_end(struct fake_client *fake,
                                   struct http_fetch *fetch,
                                   enum http_outcome outcome)
{
    fake_client_cancel(&fake->client, fetch);
    fetch->outcome = outcome;
    fetch->head_ready = outcome == HTTP_ANSWERED;
    timer_wake(fetch->timers, fetch->done);
}

static inline void fake_client_answer(struct fake_client *fake,
                                      struct http_fetch *fetch, int status,
                                      struct str body)
{
    fetch->response = (struct http_response){
        .status = status, .body = arena_str(fetch->arena, body)};
    fake_client_end(fake, fetch, HTTP_ANSWERED);
}

#endif
