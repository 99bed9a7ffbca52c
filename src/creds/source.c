/* SPDX-License-Identifier: Apache-2.0 */
/* A body that is all there, as a source: what re-signs chunks reads from one.
 * Start at creds_text_source_init(). */
#include "creds/private.h"

static enum http_read read_text(struct http_source *self, char *dst,
                                size_t size, size_t *ret_len)
{
    struct creds_text_source *source = (struct creds_text_source *)self;
    struct str part = str_first(source->rest, size);
    *ret_len = part.len;
    if (part.len == 0) {
        return HTTP_READ_END;
    }
    memcpy(dst, part.ptr, part.len);
    source->rest = str_from(source->rest, part.len);
    return HTTP_READ_SOME;
}

static void watch_nothing(struct http_source *self, struct timers *timers,
                          struct timer *watcher)
{
    (void)self;
    (void)timers;
    (void)watcher;
}

struct http_source *creds_text_source_init(struct creds_text_source *source,
                                           struct str text)
{
    *source = (struct creds_text_source){
        .source = {.read = read_text, .watch = watch_nothing},
        .rest = text,
    };
    return &source->source;
}
