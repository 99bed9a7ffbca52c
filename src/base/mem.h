/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The heap, for things whose life is neither a request's nor the process's.
 *
 * Purpose:   the one door to malloc; arenas and buffers stand on it.
 * Ownership: mem_new() gives, mem_free() takes back; NULL may be freed.
 * Errors:    none: running out of memory ends the process with a message. What
 *            makes that honest is that every input has a limit at the door.
 * Never:     returns NULL.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* Zeroed. */
void *mem_new(size_t size);
/* Not zeroed: for bytes that are written before they are read. */
void *mem_new_blank(size_t size);
/* Grown bytes are not zeroed. */
void *mem_resize(void *block, size_t size);
void mem_free(void *block);
/* Of this one size, not zeroed: what a call takes, it takes mostly in these, so
 * the last ones given back lie ready. Who gives one back has wiped it. */
enum { MEM_BLOCK = 1024 };
void *mem_block_new(void);
void mem_block_free(void *block);
/* Bytes given and not yet taken back, in the whole process. */
size_t mem_in_use(void);
/* To the system, all that is free now; takes milliseconds after a crowd. */
void mem_give_back(void);
/* Overwrites secrets in a way no optimiser removes. */
void mem_wipe(void *block, size_t size);

#endif
