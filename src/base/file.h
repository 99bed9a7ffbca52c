/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files, whole. The only door to the file system for rooms above.
 *
 * Ownership: texts and names live in the caller's arena.
 * Errors:    false, with errno as the system set it and a sentence in
 *            *reterr that names the path.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/arena.h"

/* Refuses anything over max_bytes. */
bool file_read(struct arena *arena, struct str path, size_t max_bytes,
               struct str *ret_text, struct str *reterr);
/* Names (not paths) of regular files in a folder that end in `suffix`, sorted.
 */
bool file_list(struct arena *arena, struct str folder, struct str suffix,
               struct str **ret_names, size_t *ret_count, struct str *reterr);
bool file_is_folder(struct str path);
/* Opens for appending, made with mode 0600; -1 on failure. */
int file_open_append(struct arena *arena, struct str path, struct str *reterr);

#endif
