/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The edge that AWS sees: libcurl connects, then HTTP/1.1 is spoken here.
 *
 * Purpose:   an http_client on real connections, kept alive and reused.
 * Ownership: upstream_new()/upstream_free(); cancel every fetch first.
 * Callbacks: those of http/client.h, from the loop.
 * Errors:    outcomes of http/client.h with a sentence in `error`, curl's
 *            where it could not connect. Under TLS an answer that only the
            end of its connection ends is LOST.
 * Never:     an AWS word; retries, once a byte of a request may have been
 *            sent (a kept connection that takes none is given up for another
 *            one); redirects; another protocol; environment proxies unless
 *            `use_proxy_environment`; a threads' resolver left running at
 *            free.
 */
#ifndef UPSTREAM_UPSTREAM_H
#define UPSTREAM_UPSTREAM_H

#include "http/client.h"
#include "loop/loop.h"

struct upstream;

struct upstream_config {
    bool use_proxy_environment;
    struct str ca_bundle;       /* path; STR_NONE: the system's */
    size_t connection_limit;    /* idle ones kept; 0 = 256 */
    size_t dial_limit;          /* made at once to one origin, while further
                                   fetches wait in order; 0 = 256 */
    int64_t connect_timeout_ms; /* that wait included; 0 = 10 s */
};

struct upstream *upstream_new(struct loop *loop,
                              const struct upstream_config *config);
void upstream_free(struct upstream *upstream);
struct http_client *upstream_client(struct upstream *upstream);

#endif
