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

/* RFC 9112, 5.2: a fold is read as one blank. */
static enum head_step take_fold(struct head *head, struct arena *arena,
                                struct str line)
{
    if (head->headers.count == 0) {
        return HEAD_BAD;
    }
    struct http_header *last = &head->headers.at[head->headers.count - 1];
    last->value = arena_printf(arena, "%.*s %.*s", STR_ARG(last->value),
                               STR_ARG(str_trim(line)));
    return HEAD_MORE;
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
    if (line.ptr == NULL || name.len == 0) {
        return HEAD_BAD;
    }
    http_headers_add(arena, &head->headers, name, str_trim(line));
    return HEAD_MORE;
}
