/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that is freed all at once.
 *
 * Purpose:   everything that lives as long as one exchange, one rule set or
 *            the process is taken from one arena, so nothing leaks and nothing
 *            is freed twice.
 * Ownership: arena_new() gives, arena_free() takes all back and wipes it, for
 *            request bodies carry secrets. A mark resets to an earlier moment.
 * Errors:    none; see base/mem.h.
 * Never:     moves a block it has given out.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

#include <stdarg.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);

/* Zeroed and aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);
#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count)                                        \
    ((type *)arena_alloc_array((arena), (count), sizeof(type)))
void *arena_alloc_array(struct arena *arena, size_t count, size_t size);

/* Copies; a zero byte follows the copy, so `.ptr` is a C string too. */
struct str arena_str(struct arena *arena, struct str text);
struct str arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct str arena_vprintf(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/* a + b */
struct str arena_join(struct arena *arena, struct str a, struct str b);
struct str arena_lower(struct arena *arena, struct str text);

struct arena_mark {
    void *block;
    size_t used;
};
struct arena_mark arena_mark(const struct arena *arena);
/* Gives back, and wipes, all that was taken since the mark. */
void arena_reset(struct arena *arena, struct arena_mark mark);

/* Bytes taken from the heap. */
size_t arena_size(const struct arena *arena);

#endif
