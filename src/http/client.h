/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The port through which calls leave: one request, one outcome.
 *
 * Purpose:   the engine, the credential chain and the lag speak to this and
 *            cannot tell curl from a recording or a test. Filters (signing,
 *            recording) are clients with a next client.
 * Ownership: the caller owns the fetch and all it points to, and keeps them
 *            until `done` was woken or http_fetch_cancel() returned. Response
 *            text lives in fetch->arena.
 * Callbacks: only wake-ups: `head` when the response head is there (only
 *            where `streams`), `done` once the outcome is known.
 * Errors:    the outcome; the world's refusals are no diag.
 * Never:     retries, follows a redirect, honours environment proxies unasked.
 */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include "http/message.h"
#include "http/stream.h"

/* Who a call is made as. Opaque here; creds/creds.h knows. */
struct http_identity;
/* Which call it is. Opaque here; aws/aws.h knows. */
struct aws_call;

enum http_outcome {
    HTTP_PENDING,
    HTTP_ANSWERED,  /* response is whole (or its head, where it streams) */
    HTTP_REFUSED,   /* nothing was sent: no address, no connection, no TLS */
    HTTP_LOST,      /* sent, at least in part, and then no whole answer */
    HTTP_TIMED_OUT, /* sent, and no answer within timeout_ms */
    HTTP_UPLOAD_BROKEN, /* the source of the body broke */
    HTTP_UNSIGNABLE,    /* no credentials for it; `error` says why */
    HTTP_UNRECORDED,    /* a replay: nobody recorded such a call */
    HTTP_OUTCOME_COUNT
};
const char *http_outcome_name(enum http_outcome outcome);

/* What a call is sent for. */
enum http_purpose {
    HTTP_FOR_US,           /* to find credentials and the like */
    HTTP_FOR_CLIENT,       /* a client's own call passing through */
    HTTP_FOR_CLIENT_AGAIN, /* the same one, sent once more by us */
    HTTP_FOR_READ_BACK,
};
static inline bool http_is_clients(enum http_purpose purpose)
{
    return purpose == HTTP_FOR_CLIENT || purpose == HTTP_FOR_CLIENT_AGAIN;
}

struct http_fetch {
    /* What is asked: set before sending. */
    struct arena *arena;
    struct timers *timers;       /* where head and done are woken */
    struct http_request request; /* Host, Content-Length and the framing are
                                    added below; body is sent when there is no
                                    `upload` */
    struct str origin;           /* "https://ssm.eu-west-1.amazonaws.com" */
    struct http_source *upload;  /* a body that arrives over time, or NULL */
    int64_t upload_length;       /* with `upload`; -1 = unknown, chunked */
    int64_t timeout_ms;          /* until the head, or for all when buffered;
                                    each piece of an `upload` or a `download`
                                    starts it anew; 0 = 60 s */
    bool fresh_connection;       /* do not reuse one */
    bool streams;                /* body by `download`, not response.body */
    size_t body_limit;           /* a longer buffered response is LOST;
                                    0 = 16 MiB */

    /* Who signs and for what; as == NULL: leave as it is. */
    const struct http_identity *as;
    struct str sign_service;
    struct str sign_region;
    /* As the client declared it (x-amz-content-sha256); STR_NONE: hash body. */
    struct str payload_hash;
    struct str body_hash; /* of request.body, in hex, where it is known */
    enum http_purpose purpose;

    /* For those who watch or stand in for the network (recordings); unset for
     * calls of the credential chain. */
    const struct aws_call *call; /* with its input, where that is known */
    struct str exchange;         /* x-settled-id of the one it serves */
    struct str access_key;       /* of the client behind it */

    struct timer *head;
    struct timer *done;

    /* What came: valid once woken. */
    enum http_outcome outcome;
    struct str error; /* a sentence, when not ANSWERED */
    struct http_response response;
    struct http_source *download; /* where it streams, from `head` on */
    bool head_ready;

    void *state; /* of the client that carries it */
};

struct http_client {
    void (*send)(struct http_client *self, struct http_fetch *fetch);
    /* After this nothing is woken. A finished fetch may be cancelled: that
     * gives back what the client still holds for it, `download` included.
     * Every fetch that was sent must be cancelled before its memory goes. */
    void (*cancel)(struct http_client *self, struct http_fetch *fetch);
};

static inline void http_fetch_send(struct http_client *client,
                                   struct http_fetch *fetch)
{
    client->send(client, fetch);
}

static inline void http_fetch_cancel(struct http_client *client,
                                     struct http_fetch *fetch)
{
    client->cancel(client, fetch);
}

#endif
