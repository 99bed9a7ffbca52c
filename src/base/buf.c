/* SPDX-License-Identifier: Apache-2.0 */
/* Growing byte buffers. Start at buf_grow(). */
#include "base/buf.h"

#include "base/mem.h"

#include <assert.h>
#include <stdio.h>

void buf_free(struct buf *buf)
{
    mem_wipe(buf->bytes, buf->len);
    mem_free(buf->bytes);
    *buf = (struct buf){0};
}

void buf_clear(struct buf *buf)
{
    mem_wipe(buf->bytes, buf->len);
    buf->len = 0;
}

void buf_grow(struct buf *buf, size_t more)
{
    size_t wanted = buf->len + more;
    size_t capacity = buf->capacity == 0 ? 256 : buf->capacity;
    while (capacity < wanted) {
        capacity *= 2;
    }
    /* A fresh block, not realloc: the old bytes are wiped. */
    char *bytes = mem_new_blank(capacity);
    if (buf->len > 0) {
        memcpy(bytes, buf->bytes, buf->len);
        mem_wipe(buf->bytes, buf->len);
    }
    mem_free(buf->bytes);
    buf->bytes = bytes;
    buf->capacity = capacity;
}

void buf_add(struct buf *buf, struct str text)
{
    if (text.len == 0) {
        return;
    }
    buf_reserve(buf, text.len);
    memcpy(buf->bytes + buf->len, text.ptr, text.len);
    buf->len += text.len;
}

void buf_add_number(struct buf *buf, int64_t number)
{
    enum { DIGITS_MAX = 20 }; /* and a sign among them */
    char digits[DIGITS_MAX];
    size_t at = sizeof(digits);
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (number < 0) {
        digits[--at] = '-';
    }
    buf_add(buf, str_make(digits + at, sizeof(digits) - at));
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(len >= 0);
    buf_reserve(buf, (size_t)len + 1);
    va_start(args, format);
    (void)vsnprintf(buf->bytes + buf->len, (size_t)len + 1, format, args);
    va_end(args);
    buf->len += (size_t)len;
}

void buf_drop_front(struct buf *buf, size_t len)
{
    assert(len <= buf->len);
    if (len == 0) {
        return; /* also an empty buffer, which has no bytes to move */
    }
    memmove(buf->bytes, buf->bytes + len, buf->len - len);
    buf->len -= len;
}
