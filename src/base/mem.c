/* SPDX-License-Identifier: Apache-2.0 */
/* The only caller of malloc(). Start at mem_new(). */
#include "base/mem.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef MEM_KEEPS_NOTHING
/* For ASan and valgrind: each block comes from the heap anew, so that whoever
 * uses one that he gave back is seen. */
enum { KEPT_MAX = 0 };
#else
enum { KEPT_MAX = 1024 };
#endif

struct kept {
    struct kept *next;
};

/* The heap is one, and so are its count and what lies ready: no other static
 * of ours changes. */
static size_t in_use;
static struct kept *kept;
static int kept_count;

static void *or_die(void *block)
{
    if (block == NULL) {
        static const char words[] = "settled: out of memory\n";
        (void)!write(STDERR_FILENO, words, sizeof(words) - 1);
        abort();
    }
    return block;
}

static void *counted(void *block)
{
    in_use += malloc_usable_size(block);
    return block;
}

void *mem_new(size_t size)
{
    return memset(mem_new_blank(size), 0, size);
}

void *mem_new_blank(size_t size)
{
    return counted(or_die(malloc(size == 0 ? 1 : size)));
}

void *mem_resize(void *block, size_t size)
{
    in_use -= malloc_usable_size(block);
    return counted(or_die(realloc(block, size == 0 ? 1 : size)));
}

void mem_free(void *block)
{
    in_use -= malloc_usable_size(block);
    free(block);
}

void *mem_block_new(void)
{
    struct kept *block = kept;
    if (block != NULL) {
        kept = block->next;
        kept_count--;
    } else {
        block = or_die(malloc(MEM_BLOCK));
    }
    in_use += MEM_BLOCK;
    return block;
}

void mem_block_free(void *block)
{
    struct kept *one = block;
    in_use -= MEM_BLOCK;
    if (kept_count >= KEPT_MAX) {
        free(block);
        return;
    }
    one->next = kept;
    kept = one;
    kept_count++;
}

size_t mem_in_use(void)
{
    return in_use;
}

void mem_give_back(void)
{
    while (kept != NULL) {
        struct kept *block = kept;
        kept = block->next;
        free(block);
    }
    kept_count = 0;
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
