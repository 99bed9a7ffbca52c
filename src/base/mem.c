/* SPDX-License-Identifier: Apache-2.0 */
/* The only caller of malloc(). Start at mem_new(). */
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *or_die(void *block)
{
    if (block == NULL) {
        static const char words[] = "settled: out of memory\n";
        (void)!write(STDERR_FILENO, words, sizeof(words) - 1);
        abort();
    }
    return block;
}

void *mem_new(size_t size)
{
    return or_die(calloc(1, size == 0 ? 1 : size));
}

void *mem_resize(void *block, size_t size)
{
    return or_die(realloc(block, size == 0 ? 1 : size));
}

void mem_free(void *block)
{
    free(block);
}

void mem_wipe(void *block, size_t size)
{
    if (block != NULL) {
        explicit_bzero(block, size);
    }
}
