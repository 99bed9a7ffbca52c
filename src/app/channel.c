/* SPDX-License-Identifier: Apache-2.0 */
/* What the first of several processes and each of the others say to each other:
 * a kind and a text, over a pair of sockets. It also tells either of them that
 * the other is gone. Start at channel_send(). */
#include "app/private.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 16 * 1024 };

/* In memory's own order: both ends are one program on one machine. */
struct head {
    uint32_t kind;
    uint32_t len;
};

bool channel_pair(struct channel *ret_a, struct channel *ret_b)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return false;
    }
    *ret_a = (struct channel){.fd = ends[0]};
    *ret_b = (struct channel){.fd = ends[1]};
    return true;
}

void channel_close(struct channel *channel)
{
    if (channel->fd >= 0) {
        (void)close(channel->fd);
        channel->fd = -1;
    }
    buf_free(&channel->in);
}

static void put(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent <= 0) {
            return;
        }
        bytes += sent;
        len -= (size_t)sent;
    }
}

void channel_send(const struct channel *channel, enum channel_kind kind,
                  struct str text)
{
    const struct head head = {(uint32_t)kind, (uint32_t)text.len};
    if (channel->fd >= 0) {
        put(channel->fd, (const char *)&head, sizeof(head));
        put(channel->fd, text.ptr, text.len);
    }
}

bool channel_read(struct channel *channel, bool waits)
{
    ssize_t got = 0;
    do {
        buf_reserve(&channel->in, READ_BYTES);
        got = recv(channel->fd, channel->in.bytes + channel->in.len, READ_BYTES,
                   waits ? 0 : MSG_DONTWAIT);
        if (got > 0) {
            channel->in.len += (size_t)got;
        }
    } while (got == READ_BYTES || (got < 0 && errno == EINTR));
    return got > 0 || (got < 0 && errno == EAGAIN);
}

bool channel_next(const struct channel *channel, enum channel_kind *ret_kind,
                  struct str *ret_text)
{
    struct head head;
    struct str in = buf_str(&channel->in);
    if (in.len < sizeof(head)) {
        return false;
    }
    memcpy(&head, in.ptr, sizeof(head));
    if (in.len - sizeof(head) < head.len) {
        return false;
    }
    *ret_kind = (enum channel_kind)head.kind;
    *ret_text = str_make(in.ptr + sizeof(head), head.len);
    return true;
}

void channel_drop(struct channel *channel)
{
    struct head head;
    memcpy(&head, channel->in.bytes, sizeof(head));
    buf_drop_front(&channel->in, sizeof(head) + head.len);
}
