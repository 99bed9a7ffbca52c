/* SPDX-License-Identifier: Apache-2.0 */
/* What a handler may ask of a call. Each checks first whether there is still
 * somebody to answer: a client may leave at any time. Start at reply(). */
#include "server/private.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

static struct exchange *exchange_of(struct http_call *call)
{
    return (struct exchange *)call;
}

static bool is_open(const struct exchange *exchange)
{
    return !exchange->doomed &&
           (exchange->link != NULL || exchange->stage == STAGE_AWAY);
}

static bool is_answerable(const struct exchange *exchange)
{
    return is_open(exchange) && !exchange->answered;
}

static void reply(struct http_call *call, const struct http_response *response)
{
    struct exchange *exchange = exchange_of(call);
    if (is_answerable(exchange)) {
        exchange->answered = true;
        exchange->answer = http_response_copy(call->arena, response);
        server_exchange_deliver(exchange);
    }
}

static void reply_stream(struct http_call *call,
                         const struct http_response *head, int64_t length,
                         struct http_source *body, struct timers *timers,
                         struct timer *sent)
{
    struct exchange *exchange = exchange_of(call);
    if (!is_answerable(exchange)) {
        timer_wake(timers, sent);
        return;
    }
    exchange->answered = true;
    exchange->answer = http_response_copy(call->arena, head);
    exchange->streams = true;
    exchange->source = body;
    exchange->length = length;
    exchange->sent_timers = timers;
    exchange->sent = sent;
    server_exchange_deliver(exchange);
}

bool server_exchange_say_interim(struct exchange *exchange)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    bool waits = exchange->stage == STAGE_AWAY ||
                 (exchange->stage == STAGE_WHOLE && exchange->parked);
    if (!is_answerable(exchange) || !waits || exchange->http10 ||
        exchange->server->tls) {
        return false;
    }
    ssize_t sent =
        send(exchange->fd, text, sizeof(text) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    bool full = sent < 0 && (errno == EAGAIN || errno == EINTR);
    if (!full && sent != (ssize_t)sizeof(text) - 1) {
        /* Half a line is on the wire, or the client has gone. */
        server_exchange_tell_gone(exchange);
        server_exchange_doom(exchange);
    }
    return true;
}

static void interim(struct http_call *call)
{
    (void)server_exchange_say_interim(exchange_of(call));
}

static void look(struct http_call *call)
{
    struct exchange *exchange = exchange_of(call);
    /* Who is asked by an interim answer may say so before we look again. */
    for (int i = 0; i < 2 && is_answerable(exchange) && !call->gone; i++) {
        struct pollfd one = {.fd = exchange->fd, .events = POLLRDHUP};
        if (poll(&one, 1, 0) <= 0) {
            return;
        }
        server_exchange_note_left(exchange, (uint32_t)one.revents);
    }
}

static void abort_call(struct http_call *call)
{
    struct exchange *exchange = exchange_of(call);
    if (!is_open(exchange)) {
        return;
    }
    linger_never(exchange->fd);
    server_exchange_doom(exchange);
}

static void hold(struct http_call *call)
{
    exchange_of(call)->holds++;
}

static void free_exchange(struct exchange *exchange)
{
    if (exchange->server != NULL && exchange->counted) {
        exchange->server->active--;
    }
    http_pipe_free(&exchange->pipe);
    arena_free(exchange->call.arena);
}

static void release(struct http_call *call)
{
    struct exchange *exchange = exchange_of(call);
    assert(exchange->holds > 0);
    exchange->holds--;
    if (exchange->holds == 0) {
        free_exchange(exchange);
    } else if (exchange->holds == 1 && is_answerable(exchange)) {
        /* Nobody is left who could reply. */
        abort_call(call);
    }
}

const struct http_call_ops EXCHANGE_OPS = {
    .reply = reply,
    .reply_stream = reply_stream,
    .interim = interim,
    .look = look,
    .abort = abort_call,
    .hold = hold,
    .release = release,
};
