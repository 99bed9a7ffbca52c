/* SPDX-License-Identifier: Apache-2.0 */
/* One request and its answer on one connection: what comes is stored or piped,
 * and the end is judged. Here because this is what http/client.h promises.
 * Start at exchange_begin(), then exchange_ready(). */
#include "base/mem.h"
#include "upstream/private.h"

#include <assert.h>

enum {
    BODY_RESERVED = 1024 * 1024,
    BODY_LIMIT = 16 * 1024 * 1024,
    TIMEOUT_MS = 60000,
    RECEIVES_A_TURN = 8,
    /* From here on an answer says that the rest of a request is not wanted. */
    NOT_WANTED = 300,
};

/* ---- The end ---- */

/* Forgets the fetch but for what it is told. */
static void leave(struct exchange *x)
{
    struct upstream *upstream = x->upstream;
    sending_done(x);
    timer_cancel(x->timers, &x->deadline);
    timer_cancel(x->timers, &x->room);
    timer_cancel(x->timers, &x->supplied);
    reader_done(&x->reader);
    buf_free(&x->body);
    mem_wipe(upstream->in, upstream->in_used);
    upstream->in_used = 0;
    x->connection = NULL;
}

static void settle(struct exchange *x, enum http_outcome outcome,
                   struct str detail)
{
    struct http_fetch *fetch = x->fetch;
    struct connection *c = x->connection;
    bool lasts = outcome == HTTP_ANSWERED && x->sent && !x->excess &&
                 x->reader.head.lasts;
    if (outcome == HTTP_ANSWERED && x->body.len > 0) {
        fetch->response.body = arena_str(fetch->arena, buf_str(&x->body));
    } else if (outcome != HTTP_ANSWERED && !fetch->streams) {
        fetch->response = (struct http_response){0};
        fetch->head_ready = false;
    }
    carried_settle(&x->carried, fetch, outcome, detail);
    leave(x);
    if (c != NULL && lasts) {
        pool_put(&x->upstream->pool, c);
        dialer_note_idle(&x->upstream->dialer);
    } else if (c != NULL) {
        connection_close(c);
    }
}

static void lose(struct exchange *x, const char *why)
{
    settle(x, x->requested ? HTTP_LOST : HTTP_REFUSED, str_of(why));
}

/* ---- The deadline ---- */

void exchange_note_move(struct exchange *x)
{
    x->moved_ms = timers_now_ms(x->timers);
}

static int64_t allowed_ms(const struct exchange *x)
{
    int64_t connect_ms = x->upstream->connect_ms;
    bool connecting = !x->requested && connect_ms < x->timeout_ms;
    return connecting ? connect_ms : x->timeout_ms;
}

/* Rings at the earliest possible time and looks then; what moves an exchange
 * on only notes the time. */
static void on_deadline(void *ctx)
{
    struct exchange *x = ctx;
    /* A reader that is slow is not the other side's fault. */
    if (x->paused) {
        exchange_note_move(x);
    }
    int64_t left = x->moved_ms + allowed_ms(x) - timers_now_ms(x->timers);
    if (left > 0) {
        timer_arm(x->timers, &x->deadline, left);
        return;
    }
    if (x->answered) {
        settle(x, HTTP_ANSWERED, STR_NONE);
        return;
    }
    struct str why =
        arena_printf(x->fetch->arena, "%s within %lld ms",
                     x->requested ? "nothing came" : "no connection",
                     (long long)allowed_ms(x));
    settle(x, x->requested ? HTTP_TIMED_OUT : HTTP_REFUSED, why);
}

/* ---- What comes in ---- */

static void want(struct exchange *x)
{
    uint32_t events = 0;
    events |= x->paused || x->answered ? 0 : (uint32_t)EPOLLIN;
    events |= x->blocked ? (uint32_t)EPOLLOUT : 0;
    connection_want(x->connection, events);
}

static void take_head(struct exchange *x)
{
    const struct head *head = &x->reader.head;
    carried_tell_head(&x->carried, x->fetch, head);
    if (x->fetch->streams) {
        http_pipe_set_writer(&x->carried.pipe, x->timers, &x->room);
        exchange_note_move(x);
    }
    if (!x->sent && head->status >= NOT_WANTED) {
        x->stopped = true;
        x->blocked = false;
        sending_done(x);
        want(x);
    }
}

static void take_piped(struct exchange *x, struct str piece)
{
    size_t taken = http_pipe_put(&x->carried.pipe, piece);
    /* receive() has left room for it. */
    assert(taken == piece.len);
    exchange_note_move(x);
}

static bool take_body(struct exchange *x, struct str piece)
{
    const struct reader *reader = &x->reader;
    if (x->fetch->streams) {
        take_piped(x, piece);
        return true;
    }
    if (piece.len > x->body_limit - x->body.len) {
        lose(x, "its body is longer than allowed");
        return false;
    }
    if (x->body.len == 0 && (int64_t)piece.len == reader->head.length) {
        x->fetch->response.body = arena_str(x->fetch->arena, piece);
        return true;
    }
    if (x->body.len == 0 && reader->head.length > 0 &&
        reader->head.length <= BODY_RESERVED) {
        buf_reserve(&x->body, (size_t)reader->head.length);
    }
    buf_add(&x->body, piece);
    return true;
}

static void take_end(struct exchange *x, bool excess)
{
    x->answered = true;
    x->excess = excess;
    if (x->sent || x->stopped) {
        settle(x, HTTP_ANSWERED, STR_NONE);
    } else {
        want(x);
    }
}

/* False: there is no more to take, be it that it is settled. */
static bool take_bytes(struct exchange *x, struct str bytes)
{
    for (;;) {
        struct str body = STR_NONE;
        switch (reader_take(&x->reader, x->fetch->arena, &bytes, &body)) {
        case READER_MORE:
            return true;
        case READER_HEAD:
            take_head(x);
            break;
        case READER_BODY:
            if (!take_body(x, body)) {
                return false;
            }
            break;
        case READER_END:
            take_end(x, bytes.len > 0);
            return false;
        case READER_BAD:
            lose(x, x->reader.fault);
            return false;
        }
    }
}

static void take_close(struct exchange *x, enum wire wire)
{
    const struct connection *c = x->connection;
    if (wire == WIRE_END && reader_close(&x->reader) == READER_END) {
        /* Under TLS anybody may have cut it off: curl does not tell whether
         * the other side has said that this was all. */
        if (c->peer.plain) {
            take_end(x, true);
        } else {
            lose(x, "nothing says that its body is whole");
        }
    } else if (c->reused && x->reader.head.bytes == 0) {
        lose(x, "the connection was closed after it was reused");
    } else {
        lose(x, wire == WIRE_END ? x->reader.fault : c->error);
    }
}

/* As many bytes as there is room for, wherever they turn out to belong. */
static size_t find_room(struct exchange *x)
{
    if (!x->carried.piped) {
        return PIECE;
    }
    size_t room = http_pipe_room(&x->carried.pipe);
    return room < PIECE ? room : PIECE;
}

/* False: it is settled, or waits for room. */
static bool receive(struct exchange *x, bool *ret_more)
{
    struct connection *c = x->connection;
    struct upstream *upstream = x->upstream;
    size_t room = find_room(x);
    size_t len;
    *ret_more = false;
    if (room == 0) {
        x->paused = true;
        want(x);
        return false;
    }
    enum wire wire = connection_receive(c, upstream->in, room, &len);
    if (wire == WIRE_WAIT) {
        return true;
    }
    if (wire != WIRE_SOME) {
        take_close(x, wire);
        return false;
    }
    upstream->in_used = len > upstream->in_used ? len : upstream->in_used;
    /* Of a socket that gave less than there was room for, no more is there to
     * be had; TLS gives a record at a time. */
    *ret_more = !c->plain || len == room;
    return take_bytes(x, str_make(upstream->in, len));
}

static void read_on(struct exchange *x)
{
    bool more = true;
    for (int i = 0; i < RECEIVES_A_TURN && more; i++) {
        if (!receive(x, &more)) {
            return;
        }
    }
    /* Of what TLS holds already the loop knows nothing. */
    if (more && !x->connection->plain) {
        timer_wake(x->timers, &x->room);
    }
}

/* ---- What goes out ---- */

static void dial(struct exchange *x)
{
    struct peer peer;
    struct str fault = STR_NONE;
    if (!request_peer(x->fetch, &peer, &fault)) {
        settle(x, HTTP_REFUSED, fault);
        return;
    }
    x->connection = connection_dial(&x->upstream->dialer, &peer,
                                    x->fetch->fresh_connection);
    x->connection->user = x;
}

/* An answer may stand before the end. */
static void hear_end(struct exchange *x)
{
    struct connection *c = x->connection;
    x->stopped = true;
    if (x->answered) {
        settle(x, HTTP_ANSWERED, STR_NONE);
        return;
    }
    if (!x->requested && c->reused) {
        connection_close(c);
        x->stopped = false;
        dial(x);
        return;
    }
    sending_done(x);
    if (!x->paused) {
        read_on(x);
    }
    if (x->connection == c && !x->paused) {
        lose(x, c->error);
    }
}

static void write_on(struct exchange *x)
{
    if (x->sent || x->stopped) {
        return;
    }
    enum sent sent = sending_go(x);
    x->blocked = sent == SENT_WAIT || sent == SENT_MORE;
    if (sent == SENT_SHORT) {
        settle(x, HTTP_UPLOAD_BROKEN, str_of(x->fault));
        return;
    }
    if (sent == SENT_BROKEN) {
        hear_end(x);
    }
    x->sent = sent == SENT_ALL;
    if (x->sent && x->answered) {
        settle(x, HTTP_ANSWERED, STR_NONE);
    }
    if (x->connection != NULL && x->connection->fd >= 0) {
        want(x);
    }
}

static void on_room(void *ctx)
{
    struct exchange *x = ctx;
    if (x->paused) {
        x->paused = false;
        exchange_note_move(x);
        want(x);
    }
    if (!x->answered) {
        read_on(x);
    }
}

static void on_supplied(void *ctx)
{
    struct exchange *x = ctx;
    if (x->connection->fd >= 0) {
        write_on(x);
    }
}

/* ---- What connections tell ---- */

void exchange_connected(struct connection *c)
{
    write_on(c->user);
}

void exchange_failed(struct connection *c, struct str why)
{
    settle(c->user, HTTP_REFUSED, why);
}

void exchange_spared(struct connection *c, struct connection *idle)
{
    struct exchange *x = c->user;
    connection_close(c);
    x->connection = idle;
    idle->user = x;
    write_on(x);
}

void exchange_ready(struct connection *c, uint32_t events)
{
    struct exchange *x = c->user;
    if ((events & ~(uint32_t)EPOLLOUT) != 0 && !x->paused && !x->answered) {
        read_on(x);
    }
    if (x->connection == c && x->blocked &&
        (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) {
        write_on(x);
    }
}

/* ---- The beginning ---- */

static struct exchange *new_exchange(struct upstream *upstream,
                                     struct http_fetch *fetch)
{
    struct exchange *x = ARENA_NEW(fetch->arena, struct exchange);
    x->upstream = upstream;
    x->timers = upstream->timers;
    x->fetch = fetch;
    x->timeout_ms = fetch->timeout_ms > 0 ? fetch->timeout_ms : TIMEOUT_MS;
    x->body_limit = fetch->body_limit > 0 ? fetch->body_limit : BODY_LIMIT;
    timer_init(&x->deadline, on_deadline, x);
    timer_init(&x->room, on_room, x);
    timer_init(&x->supplied, on_supplied, x);
    reader_init(&x->reader, str_eq(fetch->request.method, STR("HEAD")));
    exchange_note_move(x);
    fetch->state = x;
    fetch->outcome = HTTP_PENDING;
    fetch->error = STR_NONE;
    fetch->response = (struct http_response){0};
    fetch->download = NULL;
    fetch->head_ready = false;
    return x;
}

void exchange_begin(struct upstream *upstream, struct http_fetch *fetch)
{
    struct exchange *x = new_exchange(upstream, fetch);
    struct str fault = STR_NONE;
    if (!request_check(fetch, &fault)) {
        settle(x, HTTP_REFUSED, fault);
        return;
    }
    if (request_is_broken(fetch)) {
        settle(x, HTTP_UPLOAD_BROKEN, STR_NONE);
        return;
    }
    if (!fetch->fresh_connection &&
        !queue_wants_idle(&upstream->dialer, fetch->origin)) {
        x->connection = pool_take(&upstream->pool, fetch->origin);
    }
    if (x->connection != NULL) {
        x->connection->user = x;
        write_on(x);
    } else {
        dial(x);
    }
    if (x->connection != NULL) {
        timer_arm(x->timers, &x->deadline, allowed_ms(x));
    }
}

void exchange_cancel(struct exchange *x)
{
    struct connection *c = x->connection;
    if (c != NULL) {
        leave(x);
        connection_close(c);
    }
    carried_end(&x->carried, x->fetch);
}
