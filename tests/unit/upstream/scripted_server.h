/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server on loopback, in the loop of the test, that follows a script: the
 * n-th request it reads gets the n-th answer. It counts what arrives.
 */
#ifndef SCRIPTED_SERVER_H
#define SCRIPTED_SERVER_H

#include "base/buf.h"
#include "base/mem.h"
#include "loop/loop.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum ending { KEEP, CLOSE, RESET, HANG };

struct answer {
    const char *text;
    size_t fill; /* so many 'x' after the text */
    enum ending then;
    bool early;      /* once the head was read; the body never is */
    bool at_connect; /* without reading anything */
};

struct server {
    struct loop *loop;
    struct loop_watch listener;
    uint16_t port;
    const struct answer *answers;
    size_t answer_count;
    size_t piece;    /* of an answer in a turn; 0: as much as goes */
    size_t requests; /* whole ones, or heads where the answer is early */
    size_t connections;
    size_t body_bytes; /* raw, of all requests */
    struct buf heads;
    struct buf bodies; /* raw, the first 64 KiB */
    struct talk *talks;
};

struct talk {
    struct server *server;
    struct loop_watch watch;
    struct talk *next;
    struct buf head;
    bool head_read;
    bool chunked;
    size_t body_left;
    char tail[5];
    const struct answer *answer;
    size_t written;
    bool deaf;
};

static inline void talk_end(struct talk *talk, bool reset)
{
    struct linger at_once = {1, 0};
    int fd = talk->watch.fd;
    if (fd < 0) {
        return;
    }
    loop_unwatch(talk->server->loop, &talk->watch);
    if (reset) {
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    }
    (void)close(fd);
}

static inline void talk_await(struct talk *talk)
{
    talk->answer = NULL;
    talk->head_read = false;
    buf_clear(&talk->head);
    loop_watch(talk->server->loop, &talk->watch, EPOLLIN);
}

static inline void talk_answer(struct talk *talk)
{
    struct server *server = talk->server;
    static const struct answer none = {"", 0, CLOSE, false, false};
    talk->answer = server->requests < server->answer_count
                       ? &server->answers[server->requests]
                       : &none;
    server->requests++;
    talk->written = 0;
    talk->deaf = true;
    loop_watch(server->loop, &talk->watch, EPOLLOUT);
}

static inline void talk_write(struct talk *talk)
{
    static char filling[65536];
    const struct answer *answer = talk->answer;
    const struct server *server = talk->server;
    size_t text = strlen(answer->text);
    size_t all = text + answer->fill;
    memset(filling, 'x', sizeof(filling));
    while (talk->written < all) {
        const char *from = filling;
        size_t len = all - talk->written;
        if (talk->written < text) {
            from = answer->text + talk->written;
            len = text - talk->written;
        }
        len = len < sizeof(filling) ? len : sizeof(filling);
        len = server->piece > 0 && len > server->piece ? server->piece : len;
        ssize_t sent =
            send(talk->watch.fd, from, len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN) {
                talk_end(talk, false);
            }
            return;
        }
        talk->written += (size_t)sent;
        if (server->piece > 0 && talk->written < all) {
            return;
        }
    }
    if (answer->then == KEEP && !answer->early) {
        talk_await(talk);
    } else if (answer->then == CLOSE || answer->then == RESET) {
        talk_end(talk, answer->then == RESET);
    } else {
        loop_watch(talk->server->loop, &talk->watch, 0);
    }
}

static inline void talk_body(struct talk *talk, const char *bytes, size_t len)
{
    struct server *server = talk->server;
    server->body_bytes += len;
    if (server->bodies.len + len <= 65536) {
        buf_add(&server->bodies, str_make(bytes, len));
    }
    if (!talk->chunked) {
        talk->body_left -= len < talk->body_left ? len : talk->body_left;
    } else {
        size_t keep = len < 5 ? len : 5;
        memmove(talk->tail, talk->tail + keep, 5 - keep);
        memcpy(talk->tail + 5 - keep, bytes + len - keep, keep);
        talk->body_left = memcmp(talk->tail, "0\r\n\r\n", 5) == 0 ? 0 : 1;
    }
    if (talk->body_left == 0) {
        talk_answer(talk);
    }
}

static inline void talk_head(struct talk *talk)
{
    struct server *server = talk->server;
    struct str all = buf_str(&talk->head);
    size_t end = str_find_str(all, STR("\r\n\r\n"));
    if (end == STR_NOT_FOUND) {
        return;
    }
    struct str head = str_first(all, end + 4);
    struct str rest = str_from(all, end + 4);
    size_t length = str_find_str(head, STR("Content-Length: "));
    buf_add(&server->heads, head);
    talk->head_read = true;
    talk->chunked = str_contains(head, STR("Transfer-Encoding: chunked"));
    talk->body_left =
        length == STR_NOT_FOUND
            ? 0
            : (size_t)strtoull(str_from(head, length + 16).ptr, NULL, 10);
    bool early = server->requests < server->answer_count &&
                 server->answers[server->requests].early;
    if (early || (talk->body_left == 0 && !talk->chunked)) {
        talk_answer(talk);
    } else if (rest.len > 0) {
        talk_body(talk, rest.ptr, rest.len);
    }
}

static inline void talk_ready(void *ctx, uint32_t events)
{
    static char bytes[65536];
    struct talk *talk = ctx;
    if (talk->answer != NULL) {
        if ((events & EPOLLOUT) != 0) {
            talk_write(talk);
        } else {
            talk_end(talk, false);
        }
        return;
    }
    ssize_t len = recv(talk->watch.fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (len <= 0) {
        talk_end(talk, false);
    } else if (talk->head_read) {
        talk_body(talk, bytes, (size_t)len);
    } else {
        buf_add(&talk->head, str_make(bytes, (size_t)len));
        talk_head(talk);
    }
}

static inline void server_accept(void *ctx, uint32_t events)
{
    struct server *server = ctx;
    (void)events;
    struct talk *talk = mem_new(sizeof(*talk));
    talk->server = server;
    talk->watch = (struct loop_watch){accept(server->listener.fd, NULL, NULL),
                                      talk_ready, talk};
    assert(talk->watch.fd >= 0);
    talk->next = server->talks;
    server->talks = talk;
    server->connections++;
    if (server->requests < server->answer_count &&
        server->answers[server->requests].at_connect) {
        talk_answer(talk);
    } else {
        talk_await(talk);
    }
}

static inline void server_start(struct server *server, struct loop *loop)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    *server = (struct server){.loop = loop};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int bound = bind(fd, (struct sockaddr *)&address, sizeof(address));
    int listens = listen(fd, 1024);
    int named = getsockname(fd, (struct sockaddr *)&address, &size);
    assert(bound == 0 && listens == 0 && named == 0);
    server->port = ntohs(address.sin_port);
    server->listener = (struct loop_watch){fd, server_accept, server};
    loop_watch(loop, &server->listener, EPOLLIN);
}

static inline void server_stop_listening(struct server *server)
{
    int fd = server->listener.fd;
    if (fd >= 0) {
        loop_unwatch(server->loop, &server->listener);
        (void)close(fd);
    }
}

static inline void server_stop(struct server *server)
{
    server_stop_listening(server);
    while (server->talks != NULL) {
        struct talk *talk = server->talks;
        server->talks = talk->next;
        talk_end(talk, false);
        buf_free(&talk->head);
        mem_free(talk);
    }
    buf_free(&server->heads);
    buf_free(&server->bodies);
}

#endif
