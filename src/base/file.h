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
/* The first bytes of a file, as many as there are; false: it cannot be read. */
bool file_read_head(struct arena *arena, struct str path, size_t max_bytes,
                    struct str *ret_text);
/* Names (not paths) of regular files in a folder that end in `suffix`, sorted.
 */
bool file_list(struct arena *arena, struct str folder, struct str suffix,
               struct str **ret_names, size_t *ret_count, struct str *reterr);
bool file_is_folder(struct str path);
/* With mode 0700; true where it is one already. */
bool file_make_folder(struct arena *arena, struct str path, struct str *reterr);
/* Opens for appending, made with mode 0600; -1 on failure. */
int file_open_append(struct arena *arena, struct str path, struct str *reterr);
/* Nobody but its owner may read or write a regular file from now on. */
bool file_make_private(int fd);
/* Waits until no other process holds the lock; the system takes it back when
 * the descriptor is closed. Where files cannot be locked nothing happens. */
void file_lock(int fd);
void file_unlock(int fd);
/* Makes it, with mode 0600; -1 where there is one already. */
int file_open_new(struct arena *arena, struct str path, struct str *reterr);
/* False for folders, devices, pipes, and where there is nothing. */
bool file_is_regular(struct str path);
/* All of it, in one write() where the system takes it in one; false with errno
 * as the system set it. */
bool file_write(int fd, struct str text);
void file_close(int fd);
/* Where there is nothing nothing happens. */
void file_remove(struct str path);

/*
 * A text file line by line, in memory bounded by the longest line taken.
 *
 * The path "-" is standard input. A line is borrowed until the next call.
 */
struct file_lines;
enum file_line {
    FILE_LINE,      /* without its newline, nor a CR before it */
    FILE_LINE_LAST, /* the file ended without a newline: it may be cut */
    FILE_LINE_LONG, /* longer than max_bytes, and passed over */
    FILE_LINES_END,
    FILE_LINES_BROKEN /* reading failed; *reterr says how */
};
struct file_lines *file_lines_open(struct arena *arena, struct str path,
                                   size_t max_bytes, struct str *reterr);
enum file_line file_lines_next(struct file_lines *lines, struct str *ret_line,
                               struct str *reterr);
void file_lines_close(struct file_lines *lines);
/* Makes the file, mode 0600, or writes it anew; a sentence when that fails, as
 * it does for what is no regular file. */
bool file_replace(struct arena *arena, struct str path, struct str text,
                  struct str *reterr);
/*
 * The same at one stroke: whoever reads it meanwhile sees the old text or the
 * new one whole, and the old one stays where the new one cannot be written.
 * Among writers at the same time only those that hold a lock are safe.
 */
bool file_swap(struct arena *arena, struct str path, struct str text,
               struct str *reterr);
/* Over whatever is there under the new name. */
bool file_rename(struct arena *arena, struct str from, struct str to,
                 struct str *reterr);

#endif
