/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes that grow.
 *
 * Purpose:   build text or collect a body whose length is not known yet.
 * Ownership: a buf owns its bytes; a zeroed struct is an empty buf, buf_free()
 *            wipes and frees it and leaves it empty again.
 * Errors:    none; see base/mem.h. The caller bounds what it appends.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

#include <stdarg.h>

struct buf {
    char *bytes;
    size_t len;
    size_t capacity;
};

void buf_free(struct buf *buf);
void buf_clear(struct buf *buf);
/* Moves to a larger place. */
void buf_grow(struct buf *buf, size_t more);
/* Room for at least `more` bytes behind `len`. */
static inline void buf_reserve(struct buf *buf, size_t more)
{
    if (buf->capacity - buf->len < more) {
        buf_grow(buf, more);
    }
}
void buf_add(struct buf *buf, struct str text);
static inline void buf_add_char(struct buf *buf, char c)
{
    buf_reserve(buf, 1);
    buf->bytes[buf->len++] = c;
}
/* In decimal digits: many times cheaper than buf_printf(). */
void buf_add_number(struct buf *buf, int64_t number);
void buf_printf(struct buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Removes the first `len` bytes. */
void buf_drop_front(struct buf *buf, size_t len);

static inline struct str buf_str(const struct buf *buf)
{
    return str_make(buf->bytes, buf->len);
}

#endif
