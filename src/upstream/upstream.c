/* SPDX-License-Identifier: Apache-2.0 */
/* The client as a whole. Here because what exchanges share, connections above
 * all, outlives each of them. Start at upstream_new(). */
#include "upstream/upstream.h"

#include "base/mem.h"
#include "upstream/private.h"

enum {
    CONNECTIONS = 256,
    CONNECT_MS = 10000,
    /* Half of what common listeners keep room for (511), and no more than are
     * kept afterwards. At 200 ms for a handshake over the sea it is still more
     * than a thousand connections a second. */
    DIALS = 256,
};

static void on_ready(struct connection *c, uint32_t events)
{
    struct upstream *upstream = c->dialer->ctx;
    if (c->user != NULL) {
        exchange_ready(c, events);
    } else {
        pool_ready(&upstream->pool, c);
    }
}

static void send_fetch(struct http_client *self, struct http_fetch *fetch)
{
    exchange_begin((struct upstream *)self, fetch);
}

static void cancel_fetch(struct http_client *self, struct http_fetch *fetch)
{
    (void)self;
    if (fetch->state != NULL) {
        exchange_cancel(fetch->state);
    }
}

struct upstream *upstream_new(struct loop *loop,
                              const struct upstream_config *config)
{
    struct upstream *upstream = mem_new(sizeof(*upstream));
    struct upstream_config own = *config;
    upstream->client = (struct http_client){send_fetch, cancel_fetch};
    upstream->timers = loop_timers(loop);
    upstream->arena = arena_new();
    upstream->in = mem_new(PIECE);
    if (own.connect_timeout_ms <= 0) {
        own.connect_timeout_ms = CONNECT_MS;
    }
    if (own.connection_limit == 0) {
        own.connection_limit = CONNECTIONS;
    }
    if (own.dial_limit == 0) {
        own.dial_limit = DIALS;
    }
    own.ca_bundle = arena_str(upstream->arena, config->ca_bundle);
    upstream->connect_ms = own.connect_timeout_ms;
    dialer_init(&upstream->dialer, loop, &own);
    upstream->dialer.pool = &upstream->pool;
    upstream->dialer.ctx = upstream;
    upstream->dialer.connected = exchange_connected;
    upstream->dialer.failed = exchange_failed;
    upstream->dialer.spared = exchange_spared;
    upstream->dialer.ready = on_ready;
    pool_init(&upstream->pool, upstream->timers, own.connection_limit);
    return upstream;
}

void upstream_free(struct upstream *upstream)
{
    if (upstream == NULL) {
        return;
    }
    pool_done(&upstream->pool);
    dialer_done(&upstream->dialer);
    buf_free(&upstream->spare);
    mem_free(upstream->in);
    arena_free(upstream->arena);
    mem_free(upstream);
}

struct http_client *upstream_client(struct upstream *upstream)
{
    return &upstream->client;
}
