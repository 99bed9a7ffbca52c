/* SPDX-License-Identifier: Apache-2.0 */
/* A file line by line, for logs that are larger than memory should be. Start
 * at file_lines_next(). */
#include "base/file.h"

#include "base/buf.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { PIECE = 64 * 1024 };

struct file_lines {
    int fd;
    struct arena *arena;
    struct str path;
    size_t max_bytes;
    struct buf bytes; /* read and not yet given */
    size_t at;        /* where the next line begins */
    size_t looked;    /* no newline before this */
    bool ended;
    bool skipping; /* in a line that is too long */
};

struct file_lines *file_lines_open(struct arena *arena, struct str path,
                                   size_t max_bytes, struct str *reterr)
{
    int fd = STDIN_FILENO;
    if (!str_eq(path, STR("-"))) {
        fd = open(arena_str(arena, path).ptr, O_RDONLY | O_CLOEXEC);
    }
    if (fd < 0) {
        *reterr =
            arena_printf(arena, "%.*s: %s", STR_ARG(path), strerror(errno));
        return NULL;
    }
    struct file_lines *lines = mem_new(sizeof(*lines));
    lines->fd = fd;
    lines->arena = arena;
    lines->path = arena_str(arena, path);
    lines->max_bytes = max_bytes;
    return lines;
}

void file_lines_close(struct file_lines *lines)
{
    if (lines == NULL) {
        return;
    }
    if (lines->fd != STDIN_FILENO) {
        (void)close(lines->fd);
    }
    buf_free(&lines->bytes);
    mem_free(lines);
}

/* What has been given is dropped, so that a line never has to move twice. */
static bool read_more(struct file_lines *lines)
{
    ssize_t got = 0;
    buf_drop_front(&lines->bytes, lines->at);
    lines->looked -= lines->at;
    lines->at = 0;
    buf_reserve(&lines->bytes, PIECE);
    do {
        got = read(lines->fd, lines->bytes.bytes + lines->bytes.len, PIECE);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return false;
    }
    lines->ended = got == 0;
    lines->bytes.len += (size_t)got;
    return true;
}

static struct str without_cr(struct str line)
{
    bool has = line.len > 0 && line.ptr[line.len - 1] == '\r';
    return str_first(line, line.len - (has ? 1 : 0));
}

/* A whole line stands in the buffer from `at` to `end`. */
static enum file_line take(struct file_lines *lines, size_t end,
                           struct str *ret_line)
{
    const char *start = lines->bytes.bytes + lines->at;
    struct str line = without_cr(str_make(start, end - lines->at));
    bool too_long = lines->skipping || line.len > lines->max_bytes;
    lines->skipping = false;
    lines->at = end + 1;
    lines->looked = lines->at;
    *ret_line = too_long ? STR_NONE : line;
    return too_long ? FILE_LINE_LONG : FILE_LINE;
}

static enum file_line take_last(struct file_lines *lines, struct str *ret_line)
{
    if (lines->at == lines->bytes.len && !lines->skipping) {
        return FILE_LINES_END;
    }
    enum file_line kind = take(lines, lines->bytes.len, ret_line);
    lines->at = lines->bytes.len;
    lines->looked = lines->at;
    return kind == FILE_LINE ? FILE_LINE_LAST : kind;
}

enum file_line file_lines_next(struct file_lines *lines, struct str *ret_line,
                               struct str *reterr)
{
    for (;;) {
        struct str rest = str_from(buf_str(&lines->bytes), lines->looked);
        size_t found = str_find(rest, '\n');
        if (found != STR_NOT_FOUND) {
            return take(lines, lines->looked + found, ret_line);
        }
        lines->looked = lines->bytes.len;
        if (lines->looked - lines->at > lines->max_bytes) {
            lines->skipping = true;
            lines->at = lines->looked;
        }
        if (lines->ended) {
            return take_last(lines, ret_line);
        }
        if (!read_more(lines)) {
            *reterr = arena_printf(lines->arena, "%.*s: %s",
                                   STR_ARG(lines->path), strerror(errno));
            return FILE_LINES_BROKEN;
        }
    }
}
