/* SPDX-License-Identifier: Apache-2.0 */
/* One request and its answer, and what libmicrohttpd is told to do next: a
 * library's callbacks and a handler's wishes meet here. Start at
 * server_exchange_open(), then server_exchange_deliver(). */
#include "server/private.h"

#include <sys/socket.h>

/* So much of a body that nobody wants is read to keep a connection. */
static const uint64_t SWALLOW = (uint64_t)1 << 20;
/* Under TLS we cannot write an answer ourselves: read more, then give up. */
static const uint64_t SWALLOW_TLS = (uint64_t)64 << 20;
/* So much of a body is read before anybody wants it. */
enum { AT_ONCE = 16 * 1024 };
/* Shorter waits are not worth the two system calls of a watch. */
enum { LOOK_MS = 5, PATIENCE_MS = 1000 };

static struct timers *timers_of(const struct exchange *exchange)
{
    return loop_timers(exchange->loop);
}

/* ---- parked: suspended, so libmicrohttpd does not see the client leave ----
 */

static void park(struct exchange *exchange)
{
    if (exchange->parked) {
        return;
    }
    exchange->parked = true;
    server_suspend(exchange);
    timer_arm(timers_of(exchange), &exchange->look, LOOK_MS);
}

static void stop_looking(struct exchange *exchange)
{
    timer_cancel(timers_of(exchange), &exchange->look);
    loop_unwatch(exchange->loop, &exchange->watch);
}

static void unpark(struct exchange *exchange)
{
    if (exchange->parked) {
        exchange->parked = false;
        stop_looking(exchange);
        server_resume(exchange);
    }
}

void server_exchange_doom(struct exchange *exchange)
{
    if (exchange->stage == STAGE_AWAY) {
        away_doom(exchange);
        return;
    }
    if (exchange->doomed || exchange->link == NULL) {
        return;
    }
    exchange->doomed = true;
    farewell_stop(&exchange->farewell);
    if (exchange->stage != STAGE_WHOLE) {
        /* Amid a body libmicrohttpd asks us only when the socket has news. */
        (void)shutdown(exchange->fd, SHUT_RDWR);
    }
    unpark(exchange);
}

void server_exchange_tell_gone(struct exchange *exchange)
{
    if (!exchange->call.gone) {
        exchange->call.gone = true;
        if (exchange->call.on_gone != NULL) {
            timer_wake(timers_of(exchange), exchange->call.on_gone);
        }
    }
}

/* The end of a body may have come, and not have been read yet. */
static bool has_more_to_read(const struct exchange *exchange)
{
    char byte;
    return exchange->stage == STAGE_BODY && !exchange->parked &&
           recv(exchange->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* What libmicrohttpd holds, or has not read, may well be the rest of the body:
 * it finds out when it goes on. */
static bool is_parked_before_end(const struct exchange *exchange)
{
    return exchange->parked &&
           (exchange->stage == STAGE_BODY ||
            (exchange->stage == STAGE_OFFERED && !exchange->expects));
}

void server_exchange_watch(struct exchange *exchange, uint32_t events)
{
    exchange->watch.fd = exchange->fd;
    loop_watch(exchange->loop, &exchange->watch, events);
}

/* Who only has no more to say still waits for its answer. An interim one tells
 * them apart: a socket that was closed answers it with a reset. */
void server_exchange_note_left(struct exchange *exchange, uint32_t events)
{
    bool broken = (events & (EPOLLHUP | EPOLLERR)) != 0;
    if (!broken && has_more_to_read(exchange)) {
        loop_unwatch(exchange->loop, &exchange->watch);
        timer_arm(timers_of(exchange), &exchange->look, LOOK_MS);
        return;
    }
    if (!broken && (is_parked_before_end(exchange) ||
                    server_exchange_say_interim(exchange))) {
        if (!exchange->doomed) {
            server_exchange_watch(exchange, EPOLLHUP | EPOLLERR);
        }
        return;
    }
    server_exchange_tell_gone(exchange);
    server_exchange_doom(exchange);
}

static void client_left(void *ctx, uint32_t events)
{
    server_exchange_note_left(ctx, events);
}

static void look(void *ctx)
{
    struct exchange *exchange = ctx;
    if (exchange->watch.fd >= 0) {
        away_leave(exchange);
        return;
    }
    timer_arm(timers_of(exchange), &exchange->look,
              exchange->server->config.away_ms);
    server_exchange_watch(exchange, EPOLLRDHUP | EPOLLHUP | EPOLLERR);
}

/* ---- the body ---- */

static void begin_body(struct exchange *exchange)
{
    if (exchange->stage == STAGE_OFFERED && !exchange->answered) {
        exchange->stage = STAGE_WANTED;
        unpark(exchange);
    }
}

static struct exchange *exchange_of_body(struct http_source *self)
{
    return (struct exchange *)((char *)self - offsetof(struct exchange, body));
}

static enum http_read read_body(struct http_source *self, char *dst,
                                size_t size, size_t *ret_len)
{
    struct exchange *exchange = exchange_of_body(self);
    begin_body(exchange);
    enum http_read got =
        http_source_read(&exchange->pipe.source, dst, size, ret_len);
    self->fault = exchange->pipe.source.fault;
    return got;
}

static void watch_body(struct http_source *self, struct timers *timers,
                       struct timer *watcher)
{
    struct exchange *exchange = exchange_of_body(self);
    if (watcher != NULL) {
        begin_body(exchange);
    }
    http_source_watch(&exchange->pipe.source, timers, watcher);
}

static void room_again(void *ctx)
{
    struct exchange *exchange = ctx;
    if (exchange->stage == STAGE_BODY) {
        unpark(exchange);
    }
}

/* ---- the answer ---- */

static void give_source_back(struct exchange *exchange)
{
    if (!exchange->streams) {
        return;
    }
    exchange->streams = false;
    if (exchange->source != NULL) {
        http_source_watch(exchange->source, timers_of(exchange), NULL);
        exchange->source = NULL;
    }
    timer_cancel(timers_of(exchange), &exchange->ready);
    if (exchange->sent != NULL) {
        timer_wake(exchange->sent_timers, exchange->sent);
    }
}

int64_t server_exchange_announced_length(const struct exchange *exchange)
{
    uint64_t length;
    struct str text =
        http_headers_get(&exchange->answer.headers, "Content-Length");
    if (text.ptr != NULL && str_to_u64(text, &length) && length < INT64_MAX) {
        return (int64_t)length;
    }
    if (exchange->streams) {
        return exchange->length;
    }
    return exchange->answer.body.len > 0 ? (int64_t)exchange->answer.body.len
                                         : -1;
}

static void source_ready(void *ctx)
{
    struct exchange *exchange = ctx;
    if (exchange->stage == STAGE_ANSWERED) {
        unpark(exchange);
    }
}

enum http_read server_exchange_pull(struct exchange *exchange, char *dst,
                                    size_t size, size_t *ret_len)
{
    *ret_len = 0;
    if (exchange->doomed || exchange->source == NULL) {
        return HTTP_READ_BROKEN;
    }
    enum http_read got = http_source_read(exchange->source, dst, size, ret_len);
    if (got == HTTP_READ_WAIT) {
        park(exchange);
        http_source_watch(exchange->source, timers_of(exchange),
                          &exchange->ready);
    } else if (got == HTTP_READ_BROKEN) {
        /* Some clients take any end of the connection for the end of the body:
         * only a reset says that this was not the end. */
        linger_never(exchange->fd);
    }
    return got;
}

static void farewell_written(void *ctx)
{
    give_source_back(ctx);
}

static void farewell_over(void *ctx, bool whole)
{
    struct exchange *exchange = ctx;
    give_source_back(exchange);
    if (!whole) {
        server_exchange_tell_gone(exchange);
    }
    if (exchange->stage == STAGE_AWAY) {
        away_answered(exchange, whole);
    } else {
        server_exchange_doom(exchange);
    }
}

void server_exchange_write(struct exchange *exchange, bool stays)
{
    struct farewell *farewell = &exchange->farewell;
    farewell->stays = stays;
    farewell->loop = exchange->loop;
    farewell->fd = exchange->fd;
    farewell->idle_ms = exchange->server->config.idle_ms;
    farewell->source = exchange->source;
    farewell->left = exchange->length;
    farewell->written = farewell_written;
    farewell->over = farewell_over;
    farewell->ctx = exchange;
    farewell_start(farewell, exchange->call.arena, &exchange->answer,
                   str_eq(exchange->call.request.method, STR("HEAD")) ||
                       !farewell_has_body(exchange->answer.status));
}

static void start_farewell(struct exchange *exchange)
{
    exchange->stage = STAGE_FAREWELL;
    park(exchange);
    stop_looking(exchange);
    server_exchange_write(exchange, false);
}

static bool is_too_much_left(const struct exchange *exchange, uint64_t limit)
{
    return exchange->call.body_length < 0
               ? exchange->swallowed > limit
               : (uint64_t)exchange->call.body_length - exchange->seen > limit;
}

static void patience_ends(void *ctx)
{
    struct exchange *exchange = ctx;
    if (exchange->stage == STAGE_BODY) {
        start_farewell(exchange);
    }
}

/* To keep a connection what is left of a body is read, but not from somebody
 * who takes his time. */
static void wait_for_rest(struct exchange *exchange)
{
    overdue_begin(exchange->server, exchange->client, false);
    if (!exchange->server->tls) {
        timer_arm(timers_of(exchange), &exchange->patience, PATIENCE_MS);
    }
}

/* The answer is known: sends it, now or after what is left of the body. */
void server_exchange_deliver(struct exchange *exchange)
{
    switch (exchange->stage) {
    case STAGE_OFFERED:
        /* Going on in this stage means: answer at once, then close. */
        if (!exchange->expects && !is_too_much_left(exchange, SWALLOW)) {
            exchange->stage = STAGE_WANTED;
            wait_for_rest(exchange);
        }
        unpark(exchange);
        break;
    case STAGE_BODY:
        if (is_too_much_left(exchange, SWALLOW) && !exchange->server->tls) {
            start_farewell(exchange);
        } else {
            wait_for_rest(exchange);
            unpark(exchange);
        }
        break;
    case STAGE_AWAY:
        away_answer(exchange);
        break;
    default:
        unpark(exchange);
        break;
    }
}

/* ---- what libmicrohttpd asks ---- */

enum next server_exchange_take_body(struct exchange *exchange, const char *data,
                                    size_t *size)
{
    if (exchange->stage != STAGE_BODY) {
        return exchange->stage == STAGE_FAREWELL ? NEXT_GO_ON : NEXT_CLOSE;
    }
    if (exchange->answered) {
        bool tls = exchange->server->tls;
        exchange->swallowed += *size;
        if (is_too_much_left(exchange, tls ? SWALLOW_TLS : SWALLOW)) {
            if (tls) {
                return NEXT_CLOSE;
            }
            start_farewell(exchange);
            return NEXT_GO_ON;
        }
        exchange->seen += *size;
        *size = 0;
        return NEXT_GO_ON;
    }
    size_t taken = http_pipe_put(&exchange->pipe, str_make(data, *size));
    exchange->seen += taken;
    *size -= taken;
    /* Only what is left over makes libmicrohttpd stop calling, so park then
     * and not when the pipe happens to be just full. */
    if (*size > 0) {
        park(exchange);
    }
    return NEXT_GO_ON;
}

static enum next answer_or_park(struct exchange *exchange)
{
    if (exchange->answered) {
        exchange->stage = STAGE_ANSWERED;
        return NEXT_ANSWER;
    }
    park(exchange);
    return NEXT_GO_ON;
}

enum next server_exchange_go_on(struct exchange *exchange)
{
    switch (exchange->stage) {
    case STAGE_WANTED:
        exchange->stage = STAGE_BODY;
        return NEXT_GO_ON;
    case STAGE_BODY:
        stop_looking(exchange);
        exchange->stage = STAGE_WHOLE;
        exchange->client->whole = true;
        overdue_end(exchange->client);
        timer_cancel(timers_of(exchange), &exchange->patience);
        http_pipe_end(&exchange->pipe);
        return answer_or_park(exchange);
    case STAGE_OFFERED:
    case STAGE_WHOLE:
        return answer_or_park(exchange);
    case STAGE_FAREWELL:
    case STAGE_AWAY:
        return NEXT_CLOSE;
    default:
        return NEXT_GO_ON;
    }
}

enum next server_exchange_refuse(struct exchange *exchange,
                                 struct strict_refusal refusal)
{
    struct arena *arena = exchange->call.arena;
    exchange->answered = true;
    exchange->stage = STAGE_ANSWERED;
    exchange->answer = (struct http_response){.status = refusal.status};
    http_headers_add(arena, &exchange->answer.headers, STR("Content-Type"),
                     STR("text/plain"));
    exchange->answer.body = arena_printf(arena, "%s\n", refusal.sentence);
    return NEXT_ANSWER;
}

void server_exchange_over(struct exchange *exchange, bool fine)
{
    struct timers *timers = timers_of(exchange);
    exchange->stage = STAGE_OVER;
    exchange->parked = false;
    stop_looking(exchange);
    farewell_stop(&exchange->farewell);
    timer_cancel(timers, &exchange->offer);
    timer_cancel(timers, &exchange->patience);
    http_pipe_set_writer(&exchange->pipe, NULL, NULL);
    timer_cancel(timers, &exchange->room);
    http_pipe_break(&exchange->pipe, NULL);
    if (!fine) {
        server_exchange_tell_gone(exchange);
    }
    give_source_back(exchange);
    exchange->link = NULL;
    if (exchange->client != NULL) {
        overdue_begin(exchange->server, exchange->client, true);
        exchange->client = NULL;
    }
    if (exchange->next != NULL) {
        exchange->next->previous = exchange->previous;
    }
    if (exchange->previous != NULL) {
        exchange->previous->next = exchange->next;
    } else {
        exchange->server->first = exchange->next;
    }
    /* Our own hold: a filter may have put its own ops into the call. */
    EXCHANGE_OPS.release(&exchange->call);
}

/* ---- the beginning ---- */

static void offer(void *ctx)
{
    struct exchange *exchange = ctx;
    struct http_handler *handler = exchange->server->handler;
    exchange->holds++;
    handler->handle(handler, &exchange->call);
}

struct exchange *server_exchange_new(struct server *server,
                                     struct client *client,
                                     struct MHD_Connection *link, int fd,
                                     struct str target)
{
    struct arena *arena = arena_new();
    struct exchange *exchange = ARENA_NEW(arena, struct exchange);
    *exchange = (struct exchange){
        .call = {.arena = arena, .ops = &EXCHANGE_OPS, .body = &exchange->body},
        .server = server,
        .client = client,
        .link = link,
        .loop = server->loop,
        .fd = fd,
        .holds = 1,
        .raw_target = target,
        .body = {.read = read_body, .watch = watch_body},
        .watch = {-1, client_left, exchange},
        .next = server->first,
    };
    /* What stands there now is decoded in place later. */
    exchange->call.request.target = arena_str(arena, target);
    http_pipe_init(&exchange->pipe, PIPE_BYTES);
    timer_init(&exchange->offer, offer, exchange);
    timer_init(&exchange->room, room_again, exchange);
    timer_init(&exchange->look, look, exchange);
    timer_init(&exchange->patience, patience_ends, exchange);
    timer_init(&exchange->ready, source_ready, exchange);
    http_pipe_set_writer(&exchange->pipe, timers_of(exchange), &exchange->room);
    if (exchange->next != NULL) {
        exchange->next->previous = exchange;
    }
    server->first = exchange;
    client->whole = false;
    return exchange;
}

static void copy_head(struct exchange *exchange, const struct strict_head *head)
{
    struct arena *arena = exchange->call.arena;
    struct http_request *request = &exchange->call.request;
    request->method = arena_str(arena, head->method);
    request->headers.at =
        ARENA_ARRAY(arena, struct http_header, head->headers.count);
    request->headers.capacity = head->headers.count;
    for (size_t i = 0; i < head->headers.count; i++) {
        const struct http_header *field = &head->headers.at[i];
        http_headers_add(arena, &request->headers, field->name,
                         str_trim(field->value));
    }
}

enum next server_exchange_open(struct exchange *exchange,
                               const struct strict_head *head,
                               int64_t body_length)
{
    copy_head(exchange, head);
    overdue_end(exchange->client);
    exchange->http10 = str_eq(head->version, STR("HTTP/1.0"));
    exchange->call.body_length = body_length;
    exchange->expects =
        body_length != 0 && !exchange->http10 &&
        str_eq_nocase(
            http_headers_get(&exchange->call.request.headers, "Expect"),
            STR("100-continue"));
    exchange->counted = true;
    exchange->server->active++;
    timer_wake(timers_of(exchange), &exchange->offer);
    if (body_length >= 0 && body_length <= AT_ONCE && !exchange->expects) {
        /* Parked here, libmicrohttpd would close after the answer when there
         * is no body, and before it when the client closes its side. */
        exchange->stage = STAGE_BODY;
        if (body_length > 0) {
            timer_arm(timers_of(exchange), &exchange->look, LOOK_MS);
        }
        return NEXT_GO_ON;
    }
    exchange->stage = STAGE_OFFERED;
    park(exchange);
    return NEXT_GO_ON;
}
