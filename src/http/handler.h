/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The port through which calls arrive.
 *
 * Purpose:   what serves sockets and what answers calls meet here. Filters
 *            (verifying) are handlers with a next handler.
 * Ownership: the server makes the call with its arena. Both live until the
 *            server is through with the connection's turn AND every
 *            http_call_hold() was matched by an http_call_release(); handle()
 *            is entered with one hold that the handler must release.
 * Callbacks: handle() once, when the head is complete and strict; `on_gone`
 *            is woken when the client has left.
 * Errors:    reply with an error; the server answers by itself only what is no
 *            proper HTTP.
 * Never:     more than one reply to a call.
 */
#ifndef HTTP_HANDLER_H
#define HTTP_HANDLER_H

#include "http/client.h"
#include "http/message.h"
#include "http/stream.h"

struct http_call {
    struct arena *arena;
    struct http_request request; /* body stays empty: see `body` */
    int64_t body_length;         /* 0 none, -1 chunked, else Content-Length */
    struct http_source *body; /* never NULL; ends at once when there is none */
    bool gone;                /* the client has left */
    struct timer *on_gone;    /* set by the handler; may stay NULL */

    /* Set by the verifying filter. */
    const struct http_identity *identity; /* NULL: unsigned */
    struct str access_key;                /* STR_NONE: unsigned */
    struct str sign_service;              /* of the credential scope */
    struct str sign_region;
    struct str payload_hash; /* as declared; STR_NONE: none was */
    struct str body_hash;    /* of the request's body, where it was hashed */

    const struct http_call_ops *ops;
};

struct http_call_ops {
    /* Copies what it is given. The server adds Date, Content-Length, framing.
     */
    void (*reply)(struct http_call *call, const struct http_response *response);
    /* Length -1 = chunked. The source must live until the call is released
     * by the server: `sent` is woken when it has no more use for it, also
     * when the client has left. */
    void (*reply_stream)(struct http_call *call,
                         const struct http_response *head, int64_t length,
                         struct http_source *body, struct timers *timers,
                         struct timer *sent);
    /* One `100 Continue`, to keep a held connection alive. Does nothing where
     * that is impossible (TLS, client gone, already replying). */
    void (*interim)(struct http_call *call);
    /* Finds out at once whether the client has left: the news may be there, and
     * nobody have read it yet. */
    void (*look)(struct http_call *call);
    /* Drops the connection without an answer. */
    void (*abort)(struct http_call *call);
    void (*hold)(struct http_call *call);
    void (*release)(struct http_call *call);
};

static inline void http_call_reply(struct http_call *call,
                                   const struct http_response *response)
{
    call->ops->reply(call, response);
}

static inline void http_call_hold(struct http_call *call)
{
    call->ops->hold(call);
}

static inline void http_call_release(struct http_call *call)
{
    call->ops->release(call);
}

struct http_handler {
    void (*handle)(struct http_handler *self, struct http_call *call);
    /* Whether the body of this call, judged by its head alone, must be read
     * whole before handle() can decide; else it may be streamed. Asked by the
     * verifying filter of the handler behind it; NULL means always. */
    bool (*wants_body)(struct http_handler *self, const struct http_call *call);
};

#endif
