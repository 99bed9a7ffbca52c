/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that drip or have left, which libmicrohttpd does not see: its idle
 * time starts anew with each byte. Looked at all at once and seldom, for that
 * costs a call nothing. Start at look(). */
#include "server/private.h"

enum { LOOKS = 4, SHORTEST_MS = 20, LONGEST_MS = 5000 };

static int64_t now_of(const struct server *server)
{
    return timers_now_ms(loop_timers(server->loop));
}

/* Before a head is whole nothing was answered, so this is the answer. */
static void say_late(const struct client *client)
{
    static const char text[] =
        "HTTP/1.1 408 Request Timeout\r\n"
        "Connection: close\r\nContent-Type: text/plain\r\n"
        "Content-Length: 53\r\n\r\n"
        "The request took too long to arrive (--head-timeout).";
    (void)!send(client->fd, text, sizeof(text) - 1,
                MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Whether there are bytes of a head: else nobody waits for an answer. */
static bool has_begun(const struct client *client)
{
    uint64_t received = 0;
    return client->uncounted || !server_count_received(client->fd, &received) ||
           received > client->taken;
}

static void look_again_later(struct server *server)
{
    int64_t step_ms = server->config.head_ms / LOOKS;
    step_ms = step_ms > LONGEST_MS ? LONGEST_MS : step_ms;
    timer_arm(loop_timers(server->loop), &server->overdue,
              step_ms < SHORTEST_MS ? SHORTEST_MS : step_ms);
}

/* Where its last bytes and its end arrive together, libmicrohttpd reads the
 * bytes and waits for more. */
static bool has_left(const struct client *client)
{
    char byte;
    return recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void look(void *ctx)
{
    struct server *server = ctx;
    int64_t limit_ms = server->config.head_ms;
    int64_t now_ms = now_of(server);
    for (struct client *c = server->first_client; c != NULL; c = c->next) {
        bool late = c->since_ms >= 0 && now_ms - c->since_ms >= limit_ms;
        if (late || (c->since_ms >= 0 && has_left(c))) {
            c->since_ms = -1;
            if (late && c->in_head && !server->tls && has_begun(c)) {
                say_late(c);
            }
            /* libmicrohttpd sees its end, and closes. */
            (void)shutdown(c->fd, SHUT_RDWR);
        }
    }
    if (server->first_client != NULL) {
        look_again_later(server);
    }
}

void overdue_init(struct server *server)
{
    timer_init(&server->overdue, look, server);
}

void overdue_stop(struct server *server)
{
    timer_cancel(loop_timers(server->loop), &server->overdue);
}

void overdue_add(struct server *server, struct client *client)
{
    client->next = server->first_client;
    if (client->next != NULL) {
        client->next->previous = client;
    }
    server->first_client = client;
    overdue_begin(server, client, true);
    if (!timer_is_armed(&server->overdue)) {
        look_again_later(server);
    }
}

void overdue_remove(struct server *server, struct client *client)
{
    if (client->next != NULL) {
        client->next->previous = client->previous;
    }
    if (client->previous != NULL) {
        client->previous->next = client->next;
    } else {
        server->first_client = client->next;
    }
}

void overdue_begin(struct server *server, struct client *client, bool in_head)
{
    client->in_head = in_head;
    client->since_ms = now_of(server);
}

void overdue_end(struct client *client)
{
    client->since_ms = -1;
}
