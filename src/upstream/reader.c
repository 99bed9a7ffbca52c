/* SPDX-License-Identifier: Apache-2.0 */
/* An answer as it comes in: bytes in, head and pieces of body out. Here
 * because it knows no socket, so that any bytes can be tried on it. Start at
 * the phases. */
#include "upstream/private.h"

#include <assert.h>

enum {
    LINE_LIMIT = 256 * 1024, /* as much as a whole head may be */
    CHUNK_LINE_LIMIT = 4096,
    TRAILERS_LIMIT = 64 * 1024,
};

void reader_init(struct reader *reader, bool bodiless)
{
    *reader = (struct reader){.bodiless = bodiless};
    head_init(&reader->head);
}

void reader_done(struct reader *reader)
{
    buf_free(&reader->line);
}

static enum reader_step bad(struct reader *reader, const char *fault)
{
    reader->phase = PHASE_BAD;
    reader->fault = fault;
    return READER_BAD;
}

/* ---- Lines, which may come in pieces ---- */

enum line { LINE_WHOLE, LINE_PART, LINE_LONG };

/* The line with its end: in `bytes` where it came at once, else in
 * reader->line until end_line(). */
static enum line cut_line(struct reader *reader, struct str *bytes,
                          size_t limit, struct str *ret_line)
{
    size_t end = str_find(*bytes, '\n');
    size_t len = end == STR_NOT_FOUND ? bytes->len : end + 1;
    struct str part = str_first(*bytes, len);
    if (reader->line.len + len > limit) {
        return LINE_LONG;
    }
    *bytes = str_from(*bytes, len);
    if (reader->line.len > 0 || end == STR_NOT_FOUND) {
        buf_add(&reader->line, part);
        part = buf_str(&reader->line);
    }
    *ret_line = part;
    return end == STR_NOT_FOUND ? LINE_PART : LINE_WHOLE;
}

static void end_line(struct reader *reader)
{
    if (reader->line.len > 0) {
        buf_clear(&reader->line);
    }
}

/* ---- The phases ---- */

/* RFC 9112, 6.3; but what it says by halves is refused. */
static enum reader_step begin_body(struct reader *reader)
{
    enum { NO_CONTENT = 204, NOT_MODIFIED = 304 };
    const struct head *head = &reader->head;
    if (head->chunked && head->length >= 0) {
        return bad(reader, "it has both a length and a transfer coding");
    }
    /* It may yet send what it must not. */
    if (head->status == NO_CONTENT && (head->chunked || head->length > 0)) {
        reader->head.lasts = false;
    }
    if (reader->bodiless || head->status == NO_CONTENT ||
        head->status == NOT_MODIFIED || head->length == 0) {
        reader->phase = PHASE_END;
    } else if (head->chunked) {
        reader->phase = PHASE_CHUNK_SIZE;
    } else if (head->length > 0) {
        reader->phase = PHASE_LENGTH;
        reader->left = (uint64_t)head->length;
    } else {
        reader->phase = PHASE_TO_CLOSE;
        reader->head.lasts = false;
    }
    return READER_HEAD;
}

static enum reader_step take_head(struct reader *reader, struct arena *arena,
                                  struct str *bytes, struct str *ret_body)
{
    struct str line;
    (void)ret_body;
    switch (cut_line(reader, bytes, LINE_LIMIT, &line)) {
    case LINE_PART:
        return READER_MORE;
    case LINE_LONG:
        return bad(reader, "its head is malformed or too long");
    case LINE_WHOLE:
        break;
    }
    enum head_step step = head_take(&reader->head, arena, line);
    end_line(reader);
    if (step == HEAD_BAD) {
        return bad(reader, "its head is malformed or too long");
    }
    return step == HEAD_WHOLE ? begin_body(reader) : READER_MORE;
}

static enum reader_step take_piece(struct reader *reader,
                                   enum reader_phase next, struct str *bytes,
                                   struct str *ret_body)
{
    size_t len = reader->left < bytes->len ? (size_t)reader->left : bytes->len;
    *ret_body = str_first(*bytes, len);
    *bytes = str_from(*bytes, len);
    reader->left -= len;
    if (reader->left == 0) {
        reader->phase = next;
    }
    return READER_BODY;
}

static enum reader_step take_length(struct reader *reader, struct arena *arena,
                                    struct str *bytes, struct str *ret_body)
{
    (void)arena;
    return take_piece(reader, PHASE_END, bytes, ret_body);
}

static enum reader_step take_to_close(struct reader *reader,
                                      struct arena *arena, struct str *bytes,
                                      struct str *ret_body)
{
    (void)arena;
    (void)reader;
    *ret_body = *bytes;
    *bytes = str_from(*bytes, bytes->len);
    return READER_BODY;
}

static int hex_value(char c)
{
    if (str_is_digit(c)) {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "1f;extension\r\n" */
static bool parse_size(struct str line, uint64_t *ret_size)
{
    uint64_t size = 0;
    size_t digits = 0;
    if (!str_ends(line, STR("\r\n"))) {
        return false;
    }
    while (digits < line.len && hex_value(line.ptr[digits]) >= 0) {
        if (size > INT64_MAX / 16) {
            return false;
        }
        size = size * 16 + (uint64_t)hex_value(line.ptr[digits]);
        digits++;
    }
    struct str rest = str_trim(str_from(line, digits));
    *ret_size = size;
    return digits > 0 && (rest.len == 0 || rest.ptr[0] == ';') &&
           str_find(line, '\0') == STR_NOT_FOUND;
}

static enum reader_step take_size(struct reader *reader, struct arena *arena,
                                  struct str *bytes, struct str *ret_body)
{
    struct str line = STR_NONE;
    (void)arena;
    (void)ret_body;
    enum line came = cut_line(reader, bytes, CHUNK_LINE_LIMIT, &line);
    if (came == LINE_PART) {
        return READER_MORE;
    }
    if (came == LINE_LONG || !parse_size(line, &reader->left)) {
        return bad(reader, "a chunk of its body has no proper size");
    }
    end_line(reader);
    reader->phase = reader->left > 0 ? PHASE_CHUNK : PHASE_TRAILER;
    return READER_MORE;
}

static enum reader_step take_chunk(struct reader *reader, struct arena *arena,
                                   struct str *bytes, struct str *ret_body)
{
    (void)arena;
    return take_piece(reader, PHASE_CHUNK_END, bytes, ret_body);
}

static enum reader_step take_chunk_end(struct reader *reader,
                                       struct arena *arena, struct str *bytes,
                                       struct str *ret_body)
{
    struct str line = STR_NONE;
    (void)arena;
    (void)ret_body;
    enum line came = cut_line(reader, bytes, sizeof("\r\n") - 1, &line);
    if (came == LINE_PART) {
        return READER_MORE;
    }
    if (came == LINE_LONG || !str_eq(line, STR("\r\n"))) {
        return bad(reader, "a chunk of its body is longer than its size");
    }
    end_line(reader);
    reader->phase = PHASE_CHUNK_SIZE;
    return READER_MORE;
}

/* What they say is not passed on, and an answer is whole without it. */
static enum reader_step take_trailer(struct reader *reader, struct arena *arena,
                                     struct str *bytes, struct str *ret_body)
{
    struct str line = STR_NONE;
    (void)arena;
    (void)ret_body;
    enum line came = cut_line(reader, bytes, TRAILERS_LIMIT, &line);
    if (came == LINE_PART) {
        return READER_MORE;
    }
    reader->trailers += line.len;
    if (came == LINE_LONG || reader->trailers > TRAILERS_LIMIT) {
        return bad(reader, "its trailers are too long");
    }
    bool last = str_eq(line, STR("\r\n"));
    end_line(reader);
    reader->phase = last ? PHASE_END : PHASE_TRAILER;
    return READER_MORE;
}

static enum reader_step (*const phases[PHASE_COUNT])(struct reader *reader,
                                                     struct arena *arena,
                                                     struct str *bytes,
                                                     struct str *ret_body) = {
    [PHASE_HEAD] = take_head,         [PHASE_LENGTH] = take_length,
    [PHASE_TO_CLOSE] = take_to_close, [PHASE_CHUNK_SIZE] = take_size,
    [PHASE_CHUNK] = take_chunk,       [PHASE_CHUNK_END] = take_chunk_end,
    [PHASE_TRAILER] = take_trailer,
};

enum reader_step reader_take(struct reader *reader, struct arena *arena,
                             struct str *bytes, struct str *ret_body)
{
    enum reader_step step = READER_MORE;
    while (step == READER_MORE && bytes->len > 0 && phases[reader->phase]) {
        step = phases[reader->phase](reader, arena, bytes, ret_body);
    }
    if (step == READER_MORE && reader->phase == PHASE_END) {
        return READER_END;
    }
    return reader->phase == PHASE_BAD ? READER_BAD : step;
}

enum reader_step reader_close(struct reader *reader)
{
    if (reader->phase == PHASE_TO_CLOSE) {
        reader->phase = PHASE_END;
    }
    if (reader->phase == PHASE_END) {
        return READER_END;
    }
    if (reader->phase != PHASE_BAD) {
        (void)bad(reader, reader->phase != PHASE_HEAD
                              ? "the connection was closed within its body"
                          : reader->head.bytes > 0 || reader->line.len > 0
                              ? "the connection was closed within its head"
                              : "the connection was closed without an answer");
    }
    return READER_BAD;
}
