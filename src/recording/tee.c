/* SPDX-License-Identifier: Apache-2.0 */
/* A source that passes another one on and keeps a copy of what passes, up to a
 * limit: beyond it only the bytes are counted. Start at tee_read(). */
#include "recording/private.h"

static enum http_read tee_read(struct http_source *self, char *dst, size_t size,
                               size_t *ret_len)
{
    struct tee *tee = (struct tee *)self;
    enum http_read result = http_source_read(tee->inner, dst, size, ret_len);
    if (result == HTTP_READ_SOME) {
        tee->seen += *ret_len;
        if (tee->seen <= tee->limit) {
            buf_add(&tee->copy, str_make(dst, *ret_len));
        } else {
            buf_free(&tee->copy);
        }
        return result;
    }
    if (result == HTTP_READ_END || result == HTTP_READ_BROKEN) {
        self->fault = tee->inner->fault;
        tee->ended = result == HTTP_READ_END;
        tee->broken = result == HTTP_READ_BROKEN;
        if (tee->on_end != NULL) {
            tee->on_end(tee->ctx);
        }
    }
    return result;
}

static void tee_watch(struct http_source *self, struct timers *timers,
                      struct timer *watcher)
{
    struct tee *tee = (struct tee *)self;
    http_source_watch(tee->inner, timers, watcher);
}

struct http_source *recording_tee_init(struct tee *tee,
                                       struct http_source *inner, size_t limit,
                                       void (*on_end)(void *), void *ctx)
{
    *tee = (struct tee){
        .source = {.read = tee_read, .watch = tee_watch},
        .inner = inner,
        .limit = limit,
        .on_end = on_end,
        .ctx = ctx,
    };
    return &tee->source;
}

void recording_tee_done(struct tee *tee)
{
    buf_free(&tee->copy);
}
