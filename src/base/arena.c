/* SPDX-License-Identifier: Apache-2.0 */
/* Arenas: a list of blocks, newest first. Here because lifetimes are few and
 * everything else asks for memory from one of them. Start at arena_alloc(). */
#include "base/arena.h"

#include "base/mem.h"

#include <assert.h>
#include <stdalign.h>
#include <stdio.h>

#ifdef ARENA_BLOCKS_OF_ONE
/* For fuzzers: nothing has a neighbour, so that each byte too far is seen. */
enum { BLOCKS_ARE_SHARED = 0 };
#else
enum { BLOCKS_ARE_SHARED = 1 };
#endif

struct block {
    struct block *older;
    size_t capacity;
    size_t used;
    alignas(max_align_t) char bytes[];
};

/* It lies at the head of its own first block. */
struct arena {
    struct block *newest;
    size_t size;
};

enum {
    HEAD = (sizeof(struct arena) + alignof(struct block) - 1) /
           alignof(struct block) * alignof(struct block),
    USUAL = BLOCKS_ARE_SHARED * (MEM_BLOCK - sizeof(struct block)),
    FIRST = BLOCKS_ARE_SHARED * (USUAL - HEAD),
    /* An arena beyond this is that of a large body, and grows in larger steps
     * than the usual one. */
    SMALL = 8 * USUAL,
    LARGEST_STEP = BLOCKS_ARE_SHARED * 64 * 1024,
};

static struct block *first_block(struct arena *arena)
{
    return (struct block *)((char *)arena + HEAD);
}

struct arena *arena_new(void)
{
    struct arena *arena = mem_block_new();
    arena->newest = first_block(arena);
    arena->size = FIRST;
    *arena->newest = (struct block){.capacity = FIRST};
    return arena;
}

static void drop_newest(struct arena *arena)
{
    struct block *block = arena->newest;
    arena->newest = block->older;
    arena->size -= block->capacity;
    mem_wipe(block->bytes, block->used);
    if (block->capacity == USUAL) {
        mem_block_free(block);
    } else {
        mem_free(block);
    }
}

void arena_free(struct arena *arena)
{
    if (arena == NULL) {
        return;
    }
    while (arena->newest != first_block(arena)) {
        drop_newest(arena);
    }
    mem_wipe(arena->newest->bytes, arena->newest->used);
    mem_block_free(arena);
}

static struct block *new_block(size_t capacity)
{
    struct block *block = capacity == USUAL
                              ? mem_block_new()
                              : mem_new_blank(sizeof(struct block) + capacity);
    *block = (struct block){.capacity = capacity};
    return block;
}

static void add_block(struct arena *arena, size_t at_least)
{
    const size_t align = alignof(max_align_t);
    /* By half of what there is: ten thousand calls may be held, and what an
     * arena has too much of each of them has. */
    size_t capacity =
        arena->size < SMALL ? USUAL : arena->size / 2 / align * align;
    capacity = capacity > LARGEST_STEP ? LARGEST_STEP : capacity;
    capacity = capacity < at_least ? at_least : capacity;
    struct block *block = new_block(capacity);
    block->older = arena->newest;
    arena->newest = block;
    arena->size += capacity;
}

/* Not zeroed: most of a block is never asked for, and texts are written over
 * at once. */
static void *take(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    assert(size < SIZE_MAX / 2);
    size = (size + align - 1) / align * align;
    struct block *block = arena->newest;
    if (block->capacity - block->used < size) {
        add_block(arena, size);
        block = arena->newest;
    }
    void *result = block->bytes + block->used;
    block->used += size;
    return result;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    return memset(take(arena, size), 0, size);
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
    assert(size == 0 || count < SIZE_MAX / 2 / size);
    return arena_alloc(arena, count * size);
}

struct str arena_str(struct arena *arena, struct str text)
{
    char *copy = take(arena, text.len + 1);
    if (text.len > 0) {
        memcpy(copy, text.ptr, text.len);
    }
    copy[text.len] = '\0';
    return str_make(copy, text.len);
}

struct str arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    assert(len >= 0);
    char *text = take(arena, (size_t)len + 1);
    (void)vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return str_make(text, (size_t)len);
}

struct str arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str text = arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

struct str arena_join(struct arena *arena, struct str a, struct str b)
{
    char *both = take(arena, a.len + b.len + 1);
    if (a.len > 0) {
        memcpy(both, a.ptr, a.len);
    }
    if (b.len > 0) {
        memcpy(both + a.len, b.ptr, b.len);
    }
    both[a.len + b.len] = '\0';
    return str_make(both, a.len + b.len);
}

struct str arena_lower(struct arena *arena, struct str text)
{
    char *copy = take(arena, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        copy[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    copy[text.len] = '\0';
    return str_make(copy, text.len);
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){arena->newest, arena->newest->used};
}

void arena_reset(struct arena *arena, struct arena_mark mark)
{
    while (arena->newest != mark.block) {
        assert(arena->newest != first_block(arena));
        drop_newest(arena);
    }
    struct block *block = arena->newest;
    mem_wipe(block->bytes + mark.used, block->used - mark.used);
    block->used = mark.used;
}

size_t arena_size(const struct arena *arena)
{
    return arena->size;
}
