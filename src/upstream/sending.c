/* SPDX-License-Identifier: Apache-2.0 */
/* A request on its way out: the head, then a body at hand or one that arrives
 * over time. Here because it must take the wire's pace, and the source's, in
 * little memory. Start at sending_go(). */
#include "upstream/private.h"

enum {
    /* A body up to here goes out with its head. */
    SMALL_BODY = 16 * 1024,
    /* With a head before it and its framing, less than 64 KiB. */
    UPLOAD_PIECE = 48 * 1024,
    CHUNK_HEAD = sizeof("c000\r\n") - 1,
    SENDS_A_TURN = 8,
    SPARE_LIMIT = 128 * 1024,
};

/* ---- The buffer: one for all is enough while the wire takes what it gets ----
 */

static void take_out(struct exchange *x)
{
    struct buf *spare = &x->upstream->spare;
    if (x->sending.out.capacity == 0) {
        x->sending.out = *spare;
        *spare = (struct buf){0};
    }
}

static void give_back_out(struct exchange *x)
{
    struct buf *spare = &x->upstream->spare;
    struct buf *out = &x->sending.out;
    x->sending.taken = 0;
    if (out->capacity == 0) {
        return;
    }
    if (spare->capacity > 0 || out->capacity > SPARE_LIMIT) {
        buf_free(out);
        return;
    }
    buf_clear(out);
    *spare = *out;
    *out = (struct buf){0};
}

/* ---- What goes next ---- */

static void begin(struct exchange *x)
{
    struct sending *s = &x->sending;
    const struct http_fetch *fetch = x->fetch;
    request_write(fetch, x->connection->peer.authority, &s->out);
    s->begun = true;
    if (fetch->upload == NULL) {
        s->ended = true;
        if (fetch->request.body.len <= SMALL_BODY) {
            buf_add(&s->out, fetch->request.body);
            s->body = fetch->request.body.len;
        }
    }
}

/* The bytes stand behind a gap that is wide enough for any size. */
static void frame_chunk(struct buf *out, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    char size[CHUNK_HEAD];
    size_t first = sizeof(size);
    size_t left = len;
    size[--first] = '\n';
    size[--first] = '\r';
    do {
        size[--first] = digits[left % 16];
        left /= 16;
    } while (left > 0);
    char *at = out->bytes + out->len;
    memmove(at + sizeof(size) - first, at + sizeof(size), len);
    memcpy(at, size + first, sizeof(size) - first);
    out->len += sizeof(size) - first + len;
    buf_add(out, STR("\r\n"));
}

/* Puts a piece of the upload behind what is in the buffer. */
static enum sent pull(struct exchange *x)
{
    struct sending *s = &x->sending;
    struct http_fetch *fetch = x->fetch;
    bool chunked = fetch->upload_length < 0;
    int64_t left = chunked ? UPLOAD_PIECE : fetch->upload_length - s->pulled;
    size_t room = left < UPLOAD_PIECE ? (size_t)left : UPLOAD_PIECE;
    size_t gap = chunked ? CHUNK_HEAD : 0;
    size_t len = 0;
    if (room == 0) {
        s->ended = true;
        return SENT_MORE;
    }
    buf_reserve(&s->out, gap + room + sizeof("\r\n"));
    switch (http_source_read(fetch->upload, s->out.bytes + s->out.len + gap,
                             room, &len)) {
    case HTTP_READ_SOME:
        break;
    case HTTP_READ_WAIT:
        return SENT_PAUSED;
    case HTTP_READ_BROKEN:
        return SENT_SHORT;
    case HTTP_READ_END:
        if (!chunked) {
            x->fault = "it is shorter than declared";
            return SENT_SHORT;
        }
        buf_add(&s->out, STR("0\r\n\r\n"));
        s->ended = true;
        return SENT_MORE;
    }
    if (chunked) {
        frame_chunk(&s->out, len);
    } else {
        s->out.len += len;
    }
    s->pulled += (int64_t)len;
    s->ended = s->pulled == fetch->upload_length;
    exchange_note_move(x);
    return SENT_MORE;
}

/* The buffer is empty: MORE when something was put into it. */
static enum sent fill(struct exchange *x)
{
    struct sending *s = &x->sending;
    enum sent sent = SENT_MORE;
    take_out(x);
    if (!s->begun) {
        begin(x);
    }
    if (!s->ended) {
        sent = pull(x);
    }
    if (sent == SENT_PAUSED && !s->watches) {
        s->watches = true;
        http_source_watch(x->fetch->upload, x->timers, &x->supplied);
    }
    return sent == SENT_PAUSED && s->out.len > 0 ? SENT_MORE : sent;
}

/* A body that is no upload goes from where it lies. */
static struct str pending(const struct exchange *x)
{
    const struct sending *s = &x->sending;
    if (s->taken < s->out.len) {
        return str_from(buf_str(&s->out), s->taken);
    }
    if (s->begun && x->fetch->upload == NULL) {
        return str_from(x->fetch->request.body, s->body);
    }
    return STR_NONE;
}

static void take(struct exchange *x, size_t len)
{
    struct sending *s = &x->sending;
    if (s->taken == s->out.len) {
        s->body += len;
        return;
    }
    s->taken += len;
    if (s->taken == s->out.len) {
        give_back_out(x);
    }
}

static enum sent send_some(struct exchange *x, struct str bytes)
{
    struct connection *c = x->connection;
    size_t len;
    /* Of what TLS could not send, a part may have gone. */
    x->requested |= !c->plain;
    switch (connection_send(c, bytes, &len)) {
    case WIRE_SOME:
        x->requested = true;
        take(x, len);
        return len < bytes.len ? SENT_WAIT : SENT_MORE;
    case WIRE_WAIT:
        return SENT_WAIT;
    case WIRE_END:
    case WIRE_BROKEN:
        break;
    }
    return SENT_BROKEN;
}

enum sent sending_go(struct exchange *x)
{
    enum sent sent = SENT_MORE;
    for (int i = 0; i < SENDS_A_TURN && sent == SENT_MORE; i++) {
        struct str bytes = pending(x);
        if (bytes.len == 0 && x->sending.ended) {
            return SENT_ALL;
        }
        if (bytes.len == 0) {
            sent = fill(x);
            bytes = pending(x);
        }
        if (sent == SENT_MORE && bytes.len > 0) {
            sent = send_some(x, bytes);
        }
    }
    if (sent == SENT_PAUSED) {
        give_back_out(x);
    }
    bool all = sent == SENT_MORE && x->sending.ended && pending(x).len == 0;
    return all ? SENT_ALL : sent;
}

void sending_done(struct exchange *x)
{
    if (x->sending.watches) {
        http_source_watch(x->fetch->upload, NULL, NULL);
        x->sending.watches = false;
    }
    give_back_out(x);
}
