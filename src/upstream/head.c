/* SPDX-License-Identifier: Apache-2.0 */
/* The head of a response, line by line. Here because interim heads, trailers
 * and folded lines are HTTP's business, not curl's. Start at head_take(). */
#include "upstream/private.h"

enum { HEAD_LIMIT = 256 * 1024 };

/* "HTTP/1.1 200 OK": a new head begins, what an interim one held goes. */
static enum head_step take_status(struct head *head, struct str line)
{
    uint64_t status;
    (void)str_cut(&line, ' ');
    if (!str_to_u64(str_first(str_trim(line), 3), &status) || status < 100) {
        return HEAD_BAD;
    }
    head->status = (int)status;
    head->headers.count = 0;
    return HEAD_MORE;
}

static enum head_step take_end(struct head *head)
{
    /* Nobody asked for another protocol. */
    if (head->status == 101 || head->status == 0) {
        return HEAD_BAD;
    }
    if (head->status < 200) {
        return HEAD_MORE;
    }
    head->whole = true;
    http_headers_drop_hop_by_hop(&head->headers);
    return HEAD_WHOLE;
}

/* RFC 9112, 5.2: a fold is read as one blank. The value is given room to grow,
 * or a head of nothing but folds would take its length times their number. */
static enum head_step take_fold(struct head *head, struct arena *arena,
                                struct str line)
{
    if (head->headers.count == 0) {
        return HEAD_BAD;
    }
    struct str *value = &head->headers.at[head->headers.count - 1].value;
    struct str more = str_trim(line);
    size_t len = value->len + 1 + more.len;
    if (len >= head->fold_room) {
        head->fold_room = 2 * len + 1;
        char *bytes = arena_alloc(arena, head->fold_room);
        memcpy(bytes, value->ptr, value->len);
        head->fold = bytes;
    }
    head->fold[value->len] = ' ';
    memcpy(head->fold + value->len + 1, more.ptr, more.len);
    *value = str_make(head->fold, len);
    return HEAD_MORE;
}

/* The line without its end. RFC 9112, 2.2: a CR elsewhere is read as a blank,
 * or it could be the end of a line to whoever reads it next. */
static struct str take_line(struct arena *arena, struct str line)
{
    line.len -= str_ends(line, STR("\n")) ? 1 : 0;
    line.len -= str_ends(line, STR("\r")) ? 1 : 0;
    if (str_find(line, '\r') == STR_NOT_FOUND) {
        return line;
    }
    char *bytes = arena_alloc(arena, line.len);
    for (size_t i = 0; i < line.len; i++) {
        bytes[i] = line.ptr[i] == '\r' ? ' ' : line.ptr[i];
    }
    return str_make(bytes, line.len);
}

enum head_step head_take(struct head *head, struct arena *arena,
                         struct str line)
{
    if (head->whole) {
        return HEAD_MORE;
    }
    head->bytes += line.len;
    if (head->bytes > HEAD_LIMIT ||
        (line.len > 0 && memchr(line.ptr, 0, line.len) != NULL)) {
        return HEAD_BAD;
    }
    line = take_line(arena, line);
    if (str_starts(line, STR("HTTP/"))) {
        return take_status(head, line);
    }
    if (str_trim(line).len == 0) {
        return take_end(head);
    }
    if (line.ptr[0] == ' ' || line.ptr[0] == '\t') {
        return take_fold(head, arena, line);
    }
    struct str name = str_trim(str_cut(&line, ':'));
    if (line.ptr == NULL || name.len == 0 ||
        head->headers.count == HTTP_HEADERS_MAX) {
        return HEAD_BAD;
    }
    http_headers_add(arena, &head->headers, name, str_trim(line));
    head->fold_room = 0;
    return HEAD_MORE;
}
