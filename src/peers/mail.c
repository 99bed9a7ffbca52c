/* SPDX-License-Identifier: Apache-2.0 */
/* The mailboxes: one pair of sockets for each process, whose one end all others
 * write to. Datagrams, so that nobody reads half of what was told. Start at
 * peers_mail_new(), then outbox_send(). */
#include "peers/private.h"

#include "base/mem.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    MESSAGE_MAX = 64 * 1024,
    /* So much for one that does not read: it must have been stopped. */
    UNSENT_MAX = 16 * 1024 * 1024,
    WANTED_ROOM = 1024 * 1024,
    KEPT_MAX = 4096, /* of an outbox that is empty again */
};

static void close_one(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
    }
}

struct peers_mail *peers_mail_new(size_t count)
{
    struct peers_mail *mail = mem_new(sizeof(*mail));
    int room = WANTED_ROOM;
    for (size_t i = 0; i < count; i++) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                       ends) != 0) {
            peers_mail_free(mail);
            return NULL;
        }
        /* As much as the system grants. */
        (void)setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
        mail->in[i] = ends[0];
        mail->out[i] = ends[1];
        mail->count++;
    }
    return mail;
}

void peers_mail_free(struct peers_mail *mail)
{
    if (mail == NULL) {
        return;
    }
    for (size_t i = 0; i < mail->count; i++) {
        close_one(&mail->in[i]);
        close_one(&mail->out[i]);
    }
    mem_free(mail);
}

void mail_take(struct peers_mail *mail, size_t self)
{
    for (size_t i = 0; i < mail->count; i++) {
        close_one(i == self ? &mail->out[i] : &mail->in[i]);
    }
}

/* ---- what is to be sent ---- */

void outbox_add(struct outbox *outbox, const struct record *record,
                struct str text)
{
    if (outbox->deaf) {
        return;
    }
    buf_add(&outbox->bytes, str_make((const char *)record, sizeof(*record)));
    buf_add(&outbox->bytes, text);
    if (outbox->bytes.len > UNSENT_MAX) {
        outbox->deaf = true;
        buf_free(&outbox->bytes);
    }
}

/* As many whole records as one message takes. */
static size_t next_message(struct str bytes)
{
    size_t len = 0;
    while (len < bytes.len) {
        struct record record;
        memcpy(&record, bytes.ptr + len, sizeof(record));
        size_t more = sizeof(record) + record.text_len;
        if (len > 0 && len + more > MESSAGE_MAX) {
            break;
        }
        len += more;
    }
    return len;
}

bool outbox_send(struct outbox *outbox, int out)
{
    struct str rest = buf_str(&outbox->bytes);
    bool full = false;
    while (rest.len > 0 && !full) {
        size_t len = next_message(rest);
        ssize_t sent = send(out, rest.ptr, len, MSG_NOSIGNAL);
        if (sent >= 0) {
            rest = str_from(rest, len);
        } else if (errno == EAGAIN || errno == ENOBUFS) {
            full = true;
        } else if (errno != EINTR) {
            outbox->deaf = true; /* it has closed its end */
            buf_free(&outbox->bytes);
            return true;
        }
    }
    size_t gone = outbox->bytes.len - rest.len;
    mem_wipe(outbox->bytes.bytes, gone); /* keys may have been among it */
    buf_drop_front(&outbox->bytes, gone);
    if (outbox->bytes.len == 0 && outbox->bytes.capacity > KEPT_MAX) {
        buf_free(&outbox->bytes);
    }
    return !full;
}

void outbox_free(struct outbox *outbox)
{
    buf_free(&outbox->bytes);
}
