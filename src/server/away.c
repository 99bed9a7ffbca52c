/* SPDX-License-Identifier: Apache-2.0 */
/* A call that is held leaves libmicrohttpd, which would keep pages of memory
 * for it and walk over it whenever another is resumed: its socket is ours until
 * it is answered, and then goes back. Start at away_leave(). */
#include "server/private.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- there ---- */

bool server_count_received(int fd, uint64_t *ret_bytes)
{
    struct tcp_info info;
    socklen_t len = sizeof(info);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0 ||
        len < offsetof(struct tcp_info, tcpi_bytes_received) +
                  sizeof(info.tcpi_bytes_received)) {
        return false;
    }
    *ret_bytes = info.tcpi_bytes_received;
    return true;
}

/* Whether libmicrohttpd has read nothing behind the request: it would be lost.
 * What still stands in the socket stays there. */
static bool has_read_no_more(const struct exchange *exchange)
{
    uint64_t received = 0;
    int unread = 0;
    return server_count_received(exchange->fd, &received) &&
           ioctl(exchange->fd, SIOCINQ, &unread) == 0 && unread >= 0 &&
           received == exchange->client->taken + (uint64_t)unread;
}

static bool may_leave(const struct exchange *exchange)
{
    const struct server *server = exchange->server;
    return exchange->stage == STAGE_WHOLE && exchange->parked &&
           !exchange->doomed && !exchange->answered && !exchange->http10 &&
           exchange->call.body_length >= 0 && !exchange->client->uncounted &&
           !str_eq(exchange->call.request.method, STR("HEAD")) &&
           !server->tls && server->has_known_layout &&
           has_read_no_more(exchange);
}

static bool asks_to_close(const struct exchange *exchange)
{
    const struct http_headers *headers = &exchange->call.request.headers;
    for (size_t i = 0; i < headers->count; i++) {
        if (str_eq_nocase(headers->at[i].name, STR("Connection")) &&
            !str_eq_nocase(headers->at[i].value, STR("keep-alive"))) {
            return true;
        }
    }
    return false;
}

/* Its buffer is of use no more. */
static void drop_read_body(struct exchange *exchange)
{
    struct http_pipe *pipe = &exchange->pipe;
    if (pipe->ended && pipe->taken == pipe->bytes.len) {
        http_pipe_free(pipe);
    }
}

void away_leave(struct exchange *exchange)
{
    int kept =
        may_leave(exchange) ? fcntl(exchange->fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (kept < 0) {
        return;
    }
    loop_unwatch(exchange->loop, &exchange->watch);
    exchange->taken = exchange->client->taken;
    exchange->fd = kept;
    exchange->stage = STAGE_AWAY;
    exchange->server->away++;
    server_exchange_watch(exchange, EPOLLRDHUP | EPOLLHUP | EPOLLERR);
    exchange->closes = asks_to_close(exchange);
    drop_read_body(exchange);
    /* It asks what to do next, and is told to close. */
    exchange->parked = false;
    server_resume(exchange);
}

/* ---- and back ---- */

static void end(struct exchange *exchange, bool fine)
{
    struct server *server = exchange->server;
    farewell_stop(&exchange->farewell);
    loop_unwatch(exchange->loop, &exchange->watch);
    if (exchange->fd >= 0) {
        (void)close(exchange->fd);
        exchange->fd = -1;
    }
    server->away--;
    server_exchange_over(exchange, fine);
    listener_make_room(&server->listener);
}

void away_left(struct exchange *exchange)
{
    exchange->link = NULL;
    exchange->client = NULL;
    if (exchange->doomed) {
        end(exchange, false);
    } else if (exchange->answered) {
        away_answer(exchange);
    }
}

void away_answer(struct exchange *exchange)
{
    if (exchange->link == NULL) {
        loop_unwatch(exchange->loop, &exchange->watch);
        server_exchange_write(exchange, !exchange->closes);
    }
}

void away_answered(struct exchange *exchange, bool whole)
{
    if (whole && exchange->farewell.stays && !exchange->server->stopping) {
        farewell_stop(&exchange->farewell);
        server_take_back(exchange->server, exchange->fd, exchange->taken);
        exchange->fd = -1;
    }
    end(exchange, whole);
}

void away_doom(struct exchange *exchange)
{
    if (!exchange->doomed) {
        exchange->doomed = true;
        if (exchange->link == NULL) {
            end(exchange, false);
        }
    }
}
