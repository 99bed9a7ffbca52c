/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes on a connection: through curl where there is TLS, else by the socket,
 * for curl looks through all of its connections at each call. Start at
 * connection_send(). */
#include "upstream/private.h"

#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

static enum wire judge_error(struct connection *c, int error)
{
    if (error == EAGAIN || error == EINTR) {
        return WIRE_WAIT;
    }
    (void)snprintf(c->error, sizeof(c->error), "%s", strerror(error));
    return WIRE_BROKEN;
}

static enum wire judge_code(struct connection *c, CURLcode code, size_t len)
{
    if (code == CURLE_OK) {
        return len > 0 ? WIRE_SOME : WIRE_END;
    }
    if (code == CURLE_AGAIN) {
        return WIRE_WAIT;
    }
    if (c->error[0] == 0) {
        (void)snprintf(c->error, sizeof(c->error), "%s",
                       curl_easy_strerror(code));
    }
    return WIRE_BROKEN;
}

enum wire connection_send(struct connection *c, struct str bytes,
                          size_t *ret_len)
{
    assert(bytes.len > 0);
    *ret_len = 0;
    if (!c->plain) {
        CURLcode code = curl_easy_send(c->easy, bytes.ptr, bytes.len, ret_len);
        return judge_code(c, code, *ret_len);
    }
    ssize_t len =
        send(c->fd, bytes.ptr, bytes.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (len < 0) {
        return judge_error(c, errno);
    }
    *ret_len = (size_t)len;
    return WIRE_SOME;
}

enum wire connection_receive(struct connection *c, char *dst, size_t size,
                             size_t *ret_len)
{
    *ret_len = 0;
    if (!c->plain) {
        CURLcode code = curl_easy_recv(c->easy, dst, size, ret_len);
        return judge_code(c, code, *ret_len);
    }
    ssize_t len = recv(c->fd, dst, size, MSG_DONTWAIT);
    if (len < 0) {
        return judge_error(c, errno);
    }
    *ret_len = (size_t)len;
    return len > 0 ? WIRE_SOME : WIRE_END;
}

/* Records of TLS that are not for us may have come in, and are taken here. */
bool connection_is_quiet(struct connection *c)
{
    char byte;
    size_t len;
    if (!c->plain) {
        return connection_receive(c, &byte, 1, &len) == WIRE_WAIT;
    }
    return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           errno == EAGAIN;
}

void connection_want(struct connection *c, uint32_t events)
{
    if (c->events == events) {
        return;
    }
    c->events = events;
    if (events == 0) {
        loop_unwatch(c->dialer->loop, &c->watch);
        return;
    }
    c->watch.fd = c->fd;
    loop_watch(c->dialer->loop, &c->watch, events);
}
