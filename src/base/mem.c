/* SPDX-License-Identifier: Apache-2.0 */
/* The only caller of malloc(). Start at mem_new(). */
#include "base/mem.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The heap is one, and so is its count: no other static of ours changes. */
static size_t in_use;

static void *or_die(void *block)
{
    if (block == NULL) {
        static const char words[] = "settled: out of memory\n";
        (void)!write(STDERR_FILENO, words, sizeof(words) - 1);
        abort();
    }
    in_use += malloc_usable_size(block);
    return block;
}

void *mem_new(size_t size)
{
    return or_die(calloc(1, size == 0 ? 1 : size));
}

void *mem_new_blank(size_t size)
{
    return or_die(malloc(size == 0 ? 1 : size));
}

void *mem_resize(void *block, size_t size)
{
    in_use -= malloc_usable_size(block);
    return or_die(realloc(block, size == 0 ? 1 : size));
}

void mem_free(void *block)
{
    in_use -= malloc_usable_size(block);
    free(block);
}

size_t mem_in_use(void)
{
    return in_use;
}

void mem_give_back(void)
{
#if defined(__GLIBC__)
    (void)malloc_trim(0);
#endif
}

void mem_wipe(void *block, size_t size)
{
    if (block != NULL) {
        explicit_bzero(block, size);
    }
}
