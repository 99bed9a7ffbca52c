/* SPDX-License-Identifier: Apache-2.0 */
/* The upstream: takes a change at once and shows it later. Here because only
 * what answers the read-backs knows when a change could first be seen. Start
 * at answer_one(). */
#include "hold.h"

#include "base/clock.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER                                                                 \
    "HTTP/1.1 %s\r\nContent-Type: application/x-amz-json-1.1\r\n"              \
    "Date: %.*s\r\nContent-Length: %zu\r\n"                                    \
    "x-amzn-RequestId: 00000000-0000-0000-0000-000000000000\r\n\r\n%.*s"
#define PARAMETER                                                              \
    "{\"Parameter\":{\"Name\":\"/bench/%s\",\"Type\":\"String\","              \
    "\"Value\":\"green\",\"Version\":1,\"LastModifiedDate\":%lld.5,"           \
    "\"ARN\":\"arn:aws:ssm:eu-west-1:123456789012:parameter/bench/%s\","       \
    "\"DataType\":\"text\"}}"
static const struct str version = STR("{\"Tier\":\"Standard\",\"Version\":1}");
static const struct str not_found =
    STR("{\"__type\":\"ParameterNotFound\",\"message\":\"\"}");

static void send_answer(struct hold *hold, struct hold_peer *peer,
                        const char *status, struct str body)
{
    struct str date = clock_http_date(hold->scratch, clock_wall_ms());
    hold_send(peer, arena_printf(hold->scratch, ANSWER, status, STR_ARG(date),
                                 body.len, STR_ARG(body)));
}

static struct str parameter(struct hold *hold, const char *name)
{
    return arena_printf(hold->scratch, PARAMETER, name,
                        (long long)(clock_wall_ms() / 1000), name);
}

static void take_write(struct hold *hold, struct hold_peer *peer, uint32_t call)
{
    atomic_fetch_add(&hold->shared->calls[call].writes, 1);
    if (hold->options->slow) {
        peer->call = call;
        peer->next_parked = hold->parked;
        hold->parked = peer;
        atomic_fetch_add(&hold->shared->held, 1);
        return;
    }
    send_answer(hold, peer, "200 OK", version);
}

static void take_read(struct hold *hold, struct hold_peer *peer, uint32_t call)
{
    struct hold_call *about = &hold->shared->calls[call];
    bool first = atomic_fetch_add(&about->reads, 1) == 0;
    if (!hold_is_visible(hold, call)) {
        send_answer(hold, peer, "400 Bad Request", not_found);
        if (first) {
            atomic_fetch_add(&hold->shared->held, 1);
        }
        return;
    }
    char name[16];
    snprintf(name, sizeof(name), "%u", call);
    struct str body = parameter(hold, name);
    int64_t never = 0;
    atomic_compare_exchange_strong(&about->confirmed_ns, &never, hold_now_ns());
    send_answer(hold, peer, "200 OK", body);
}

static void answer_one(struct hold *hold, struct hold_peer *peer,
                       struct str head, struct str body)
{
    const char *name = strstr(body.ptr, "/bench/");
    if (name == NULL) {
        hold_fail("the stub was asked for %.*s", STR_ARG(body));
        return;
    }
    name += strlen("/bench/");
    uint32_t call = (uint32_t)strtoul(name, NULL, 10);
    bool writes = str_contains(head, STR("AmazonSSM.PutParameter"));
    if (!str_is_digit(*name)) {
        send_answer(hold, peer, "200 OK", parameter(hold, "plain"));
    } else if (call >= hold->options->calls) {
        hold_fail("the stub was asked for call %u", call);
    } else if (writes) {
        take_write(hold, peer, call);
    } else {
        take_read(hold, peer, call);
    }
}

/* ---- connections ---- */

static void add_peer(struct hold *hold, int fd,
                     void (*ready)(struct hold *hold, struct hold_peer *peer))
{
    struct hold_peer *peer = mem_new(sizeof(*peer));
    peer->fd = fd;
    peer->ready = ready;
    peer->next = hold->stub;
    peer->link = &hold->stub;
    if (peer->next != NULL) {
        peer->next->link = &peer->next;
    }
    hold->stub = peer;
    hold_watch(hold, peer);
}

static void drop_peer(struct hold_peer *peer)
{
    *peer->link = peer->next;
    if (peer->next != NULL) {
        peer->next->link = peer->link;
    }
    close(peer->fd);
    buf_free(&peer->in);
    mem_free(peer);
}

static void take_requests(struct hold *hold, struct hold_peer *peer)
{
    struct str head, body;
    if (!hold_receive(peer)) {
        atomic_fetch_sub(&hold->shared->stub_connections, 1);
        drop_peer(peer);
        return;
    }
    while (hold_message(&peer->in, &head, &body)) {
        answer_one(hold, peer, head, body);
        buf_drop_front(&peer->in, head.len + body.len);
    }
}

static void take_connections(struct hold *hold, struct hold_peer *listener)
{
    int on = 1;
    for (;;) {
        int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK);
        if (fd < 0) {
            if (errno != EAGAIN && errno != ECONNABORTED) {
                hold_fail("the stub cannot accept: %s", strerror(errno));
            }
            return;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        atomic_fetch_add(&hold->shared->stub_connections, 1);
        add_peer(hold, fd, take_requests);
    }
}

void hold_stub_listen(struct hold *hold)
{
    int on = 1;
    struct sockaddr_in where = {
        .sin_family = AF_INET,
        .sin_port = htons(hold->options->stub_port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&where, sizeof(where)) != 0 ||
        listen(fd, 4096) != 0) {
        hold_fail("the stub cannot listen: %s", strerror(errno));
    }
    add_peer(hold, fd, take_connections);
}

void hold_stub_free(struct hold *hold)
{
    while (hold->stub != NULL) {
        drop_peer(hold->stub);
    }
}

void hold_stub_release(struct hold *hold)
{
    struct hold_peer **at = &hold->parked;
    while (*at != NULL) {
        struct hold_peer *peer = *at;
        if (!hold_is_visible(hold, peer->call)) {
            at = &peer->next_parked;
            continue;
        }
        *at = peer->next_parked;
        hold->shared->calls[peer->call].confirmed_ns = hold_now_ns();
        send_answer(hold, peer, "200 OK", version);
    }
}
