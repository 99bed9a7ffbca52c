/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The edge that clients see: strict HTTP/1.1 on libmicrohttpd.
 *
 * Purpose:   accept connections, turn each request into a struct http_call and
 *            hand it to a handler; give back what the handler replies.
 * Ownership: server_new()/server_free(); every call it made must have been
 *            released before the loop is freed (server_free() breaks what is
 *            left: it may be held on to, but no longer answered).
 * Callbacks: handler->handle() from the loop, never from inside a reply.
 * Errors:    what is no proper HTTP (both Content-Length and Transfer-Encoding,
 *            duplicate Host, obs-fold, NUL, bad chunks, too long a head) is
 *            answered here with 4xx and closed.
 * Never:     an AWS word; a thread; a blocking call.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "http/handler.h"
#include "loop/loop.h"

struct server;

struct server_config {
    struct str host;     /* numeric address, IPv4 or IPv6 without brackets */
    uint16_t port;       /* 0: any free one */
    bool shares_port;    /* with other processes of ours (SO_REUSEPORT) */
    size_t header_limit; /* bytes of request line and headers */
    size_t connection_limit;
    int64_t idle_ms; /* a connection on which nothing moves; 0 = 75 s */
    int64_t head_ms; /* for a head to become whole; 0 = 120 s */
    int64_t away_ms; /* until a call that waits is held apart; 0 = 500 ms */
    struct str tls_certificate; /* PEM text; STR_NONE: plain */
    struct str tls_key;
};

/*
 * Takes a port that processes are about to share, and keeps it from others for
 * as long as the descriptor is open: it never listens. -1 and a sentence when
 * the port is taken.
 */
int server_port_reserve(struct str host, uint16_t port, uint16_t *ret_port,
                        struct arena *arena, struct str *reterr);
void server_port_release(int reserved);

/* NULL and a sentence in *reterr when it cannot listen. The arena must outlive
 * the loop's last turn: the server hooks into it for good. */
struct server *server_new(struct loop *loop, const struct server_config *config,
                          struct http_handler *handler, struct arena *arena,
                          struct str *reterr);
uint16_t server_port(const struct server *server);
/* Stops accepting; calls in progress go on. */
void server_stop_accepting(struct server *server);
/* Calls that are not yet through. */
size_t server_active(const struct server *server);
/* Ends all connections, resuming what is suspended first. */
void server_free(struct server *server);

#endif
