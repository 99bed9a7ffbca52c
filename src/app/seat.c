/* SPDX-License-Identifier: Apache-2.0 */
/* One process among several that serve a port: what it tells the others, what
 * they lead to it, and its way to them. Start at seat_open(). */
#include "app/private.h"

enum { NUMBER_BYTES = 32 };

/* ---- calls ---- */

static void begin(struct engine_elsewhere *self, uint64_t call, uint32_t whom)
{
    peers_begin(((struct seat *)self)->peers, call, whom);
}

static void forget(struct engine_elsewhere *self, uint64_t call)
{
    peers_forget(((struct seat *)self)->peers, call);
}

static struct str find(struct engine_elsewhere *self, uint64_t call)
{
    struct seat *seat = (struct seat *)self;
    int whose = peers_find(seat->peers, call);
    return whose == PEERS_NOBODY ? STR_NONE : seat->origins[whose];
}

static void on_begun(void *ctx, uint64_t call, uint32_t whom)
{
    struct seat *seat = ctx;
    engine_hear_begin(seat->stack->engine, call, whom);
}

/* ---- learned keys: the time they expire, then three texts ---- */

static void tell_keys(void *ctx, const struct sigv4_credentials *pair,
                      int64_t expires_ms)
{
    struct seat *seat = ctx;
    struct buf text = {0};
    buf_printf(&text, "%lld\n%.*s\n%.*s\n%.*s", (long long)expires_ms,
               STR_ARG(pair->access_key), STR_ARG(pair->secret_key),
               STR_ARG(pair->session_token));
    if (text.len <= PEERS_TEXT_MAX) {
        peers_tell(seat->peers, buf_str(&text));
    }
    buf_free(&text);
}

static void on_heard(void *ctx, struct str text)
{
    struct seat *seat = ctx;
    uint64_t expires_ms = 0;
    bool good = str_to_u64(str_cut(&text, '\n'), &expires_ms);
    struct sigv4_credentials pair = {
        .access_key = str_cut(&text, '\n'),
        .secret_key = str_cut(&text, '\n'),
        .session_token = text,
    };
    if (good) {
        creds_hear(seat->stack->creds, &pair, (int64_t)expires_ms);
    }
}

static void hear_keys(void *ctx)
{
    peers_hear(((struct seat *)ctx)->peers);
}

struct creds_others seat_others(struct seat *seat)
{
    return (struct creds_others){tell_keys, hear_keys, seat};
}

/* ---- the whole ---- */

void seat_open(struct seat *seat, struct stack *stack)
{
    const struct upstream_config line = {0};
    const struct peers_config peers = {
        .loop = stack->loop,
        .self = seat->number - 1,
        .begun = on_begun,
        .heard = on_heard,
        .ctx = seat,
    };
    seat->stack = stack;
    for (size_t i = 0; i < seat->count; i++) {
        seat->origins[i] = arena_printf(stack->arena, "http://127.0.0.1:%u",
                                        (unsigned)seat->ports[i]);
    }
    seat->peers = peers_open(&peers, seat->mail);
    seat->mail = NULL;
    seat->line = upstream_new(stack->loop, &line);
    seat->elsewhere = (struct engine_elsewhere){begin, forget, find,
                                                upstream_client(seat->line)};
}

bool seat_open_door(struct seat *seat, const struct creds_gate_config *gate,
                    struct server_config server, struct str *reterr)
{
    struct stack *s = seat->stack;
    struct creds_gate_config inner = *gate;
    inner.port = s->at.port; /* the client's Host comes along */
    server.host = STR("127.0.0.1");
    server.port = seat->ports[seat->number - 1];
    server.header_limit += NUMBER_BYTES + s->run_id.len + 32;
    server.tls_certificate = STR_NONE;
    server.tls_key = STR_NONE;
    seat->server =
        server_new(s->loop, &server,
                   creds_verifying_handler(s->creds, &inner,
                                           engine_inner_handler(s->engine)),
                   s->arena, reterr);
    return seat->server != NULL;
}

bool seat_is_idle(const struct seat *seat)
{
    return server_active(seat->server) == 0;
}

void seat_close_door(struct seat *seat)
{
    server_free(seat->server);
    seat->server = NULL;
}

void seat_close(struct seat *seat)
{
    upstream_free(seat->line);
    seat->line = NULL;
    peers_free(seat->peers);
    seat->peers = NULL;
}
