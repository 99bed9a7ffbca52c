/* SPDX-License-Identifier: Apache-2.0 */
/* The clients: each makes one signed call on a connection of its own and waits.
 * Here because tools that load servers expect an answer at once. Start at
 * hold_load_open(). */
#include "hold.h"

#include "base/clock.h"
#include "base/mem.h"
#include "sigv4/sigv4.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { UNDER_WAY_MAX = 256, ADDRESSES = 8 };

struct hold_client {
    struct hold_peer peer;
    uint32_t first; /* of the calls of this process */
    uint32_t count;
    uint32_t opened;
};

/* ---- one call on the wire ---- */

static struct str signed_call(struct hold *hold, const char *operation,
                              struct str body)
{
    const struct hold_options *options = hold->options;
    struct arena *arena = hold->scratch;
    struct sigv4_credentials credentials = {.access_key = options->access_key,
                                            .secret_key = options->secret_key};
    struct http_request request = {
        .method = STR("POST"), .target = STR("/"), .body = body};
    http_headers_add(arena, &request.headers, STR("Host"),
                     arena_printf(arena, "127.0.0.1:%u", options->port));
    http_headers_add(arena, &request.headers, STR("Content-Type"),
                     STR("application/x-amz-json-1.1"));
    http_headers_add(arena, &request.headers, STR("X-Amz-Target"),
                     arena_printf(arena, "AmazonSSM.%s", operation));
    struct sigv4_sign_in in = {
        .credentials = &credentials,
        .region = options->region,
        .service = STR("ssm"),
        .wall_ms = clock_wall_ms(),
        .rules = sigv4_rules_for(STR("ssm")),
        .payload_hash = sigv4_sha256_hex(arena, body),
    };
    sigv4_sign_header(arena, &in, &request, NULL);
    struct str text = STR("POST / HTTP/1.1\r\n");
    for (size_t i = 0; i < request.headers.count; i++) {
        const struct http_header *header = &request.headers.at[i];
        text = arena_printf(arena, "%.*s%.*s: %.*s\r\n", STR_ARG(text),
                            STR_ARG(header->name), STR_ARG(header->value));
    }
    return arena_printf(arena, "%.*sContent-Length: %zu\r\n\r\n%.*s",
                        STR_ARG(text), body.len, STR_ARG(body));
}

/* A loopback address has ports for 28,000 connections: hence several. */
static int connect_from(const struct hold *hold, uint32_t call)
{
    int on = 1;
    struct sockaddr_in from = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + call % ADDRESSES)};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(hold->options->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) != 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 ||
        fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
        hold_fail("a client cannot connect: %s", strerror(errno));
    }
    return fd;
}

/* ---- answers ---- */

static void count_wrong(struct hold *hold, uint32_t call, struct str what)
{
    if (atomic_fetch_add(&hold->shared->wrong, 1) == 0) {
        fprintf(stderr, "hold: call %u: %.*s\n", call,
                STR_ARG(str_first(what, 600)));
    }
}

static bool is_right(const struct hold *hold, struct str head, struct str body)
{
    return str_starts(head, STR("HTTP/1.1 200")) &&
           str_contains(body, STR("\"Version\":1}")) &&
           (hold->options->slow ||
            strcasestr(head.ptr, "x-settled-outcome: settled") != NULL);
}

static void take_answer(struct hold *hold, struct hold_peer *peer)
{
    struct str head, body;
    bool open = hold_receive(peer);
    while (hold_message(&peer->in, &head, &body)) {
        if (str_starts(head, STR("HTTP/1.1 100"))) {
            buf_drop_front(&peer->in, head.len);
            continue;
        }
        hold->shared->calls[peer->call].answered_ns = hold_now_ns();
        if (!is_right(hold, head, body)) {
            count_wrong(hold, peer->call, buf_str(&peer->in));
        }
        atomic_fetch_add(&hold->shared->answered, 1);
        open = false;
        break;
    }
    if (open) {
        return;
    }
    if (hold->shared->calls[peer->call].answered_ns == 0) {
        count_wrong(hold, peer->call, STR("closed without an answer"));
    }
    close(peer->fd);
    peer->fd = -1;
    buf_free(&peer->in);
}

static void open_one(struct hold *hold, struct hold_peer *peer, uint32_t call)
{
    peer->fd = connect_from(hold, call);
    peer->ready = take_answer;
    peer->call = call;
    struct str body = arena_printf(hold->scratch,
                                   "{\"Name\":\"/bench/%u\",\"Value\":\"green\""
                                   ",\"Type\":\"String\",\"Overwrite\":true}",
                                   call);
    hold_watch(hold, peer);
    hold_send(peer, signed_call(hold, "PutParameter", body));
}

/* ---- what the leader asks for ---- */

void hold_load_new(struct hold *hold, uint32_t first, uint32_t count)
{
    hold->clients = mem_new((count + 1) * sizeof(*hold->clients));
    hold->clients->first = first;
    hold->clients->count = count;
    for (uint32_t i = 0; i < count; i++) {
        hold->clients[i].peer.fd = -1;
    }
}

void hold_load_open(struct hold *hold)
{
    struct hold_client *own = hold->clients;
    while (own->opened < own->count) {
        uint32_t held = atomic_load(&hold->shared->held);
        uint32_t opened = atomic_load(&hold->shared->opened);
        if (opened >= held + UNDER_WAY_MAX) {
            return;
        }
        atomic_fetch_add(&hold->shared->opened, 1);
        open_one(hold, &own[own->opened].peer, own->first + own->opened);
        own->opened++;
    }
}

void hold_load_leave(struct hold *hold)
{
    uint32_t share = hold->options->leavers / hold->options->processes;
    struct hold_client *own = hold->clients;
    for (uint32_t i = 0; i < share && i < own->count; i++) {
        struct hold_peer *peer = &own[own->count - 1 - i].peer;
        if (peer->fd >= 0) {
            close(peer->fd);
            peer->fd = -1;
            atomic_fetch_add(&hold->shared->left, 1);
        }
    }
}

/* ---- plain calls ---- */

struct plain {
    struct hold_peer peer;
    struct str text;
    struct arena *arena;
};

static void take_plain(struct hold *hold, struct hold_peer *peer)
{
    struct plain *plain = (struct plain *)peer;
    struct str head, body;
    if (!hold_receive(peer)) {
        if (hold->plain_on) {
            hold_fail("the connection of the plain calls was closed");
        }
        close(peer->fd); /* idle for too long */
        peer->fd = -1;
        return;
    }
    while (hold_message(&peer->in, &head, &body)) {
        if (!str_starts(head, STR("HTTP/1.1 200"))) {
            count_wrong(hold, 0, buf_str(&peer->in));
        }
        buf_drop_front(&peer->in, head.len + body.len);
        atomic_fetch_add(&hold->shared->plain_answers, 1);
        hold->plain_busy = hold->plain_on;
        if (hold->plain_on) {
            hold_send(peer, plain->text);
        }
    }
}

/* Connects and signs anew whenever it begins: neither an idle connection nor a
 * signature is good for long. */
void hold_load_plain(struct hold *hold, bool on)
{
    hold->plain_on = on;
    if (!on) {
        return;
    }
    struct plain *plain = (struct plain *)hold->plain;
    if (plain == NULL) {
        plain = mem_new(sizeof(*plain));
        plain->arena = arena_new();
        plain->peer.fd = -1;
        plain->peer.ready = take_plain;
        hold->plain = &plain->peer;
    }
    if (plain->peer.fd >= 0) {
        close(plain->peer.fd);
    }
    buf_clear(&plain->peer.in);
    plain->peer.fd = connect_from(hold, 0);
    hold_watch(hold, &plain->peer);
    plain->text = arena_str(
        plain->arena,
        signed_call(hold, "GetParameter", STR("{\"Name\":\"/bench/plain\"}")));
    hold_send(&plain->peer, plain->text);
    hold->plain_busy = true;
}

void hold_load_free(struct hold *hold)
{
    struct plain *plain = (struct plain *)hold->plain;
    for (uint32_t i = 0; i < hold->clients->count; i++) {
        if (hold->clients[i].peer.fd >= 0) {
            close(hold->clients[i].peer.fd);
        }
        buf_free(&hold->clients[i].peer.in);
    }
    mem_free(hold->clients);
    if (plain != NULL) {
        close(plain->peer.fd);
        buf_free(&plain->peer.in);
        arena_free(plain->arena);
        mem_free(plain);
    }
}
