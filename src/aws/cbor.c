/* SPDX-License-Identifier: Apache-2.0 */
/* As little CBOR (RFC 8949) as an error needs: a map of text to text out, and
 * one text member in. Nothing else in the program reads or writes CBOR.
 * Start at cbor_get_text(). */
#include "aws/private.h"

enum {
    MAJOR_BYTES = 2,
    MAJOR_TEXT = 3,
    MAJOR_ARRAY = 4,
    MAJOR_MAP = 5,
    MAJOR_TAG = 6,
    MAJOR_SIMPLE = 7,
    INDEFINITE = 31,
    BREAK = 0xff,
    MAX_DEPTH = 32,
};

static void write_head(unsigned major, size_t value, struct buf *out)
{
    unsigned lead = major << 5;
    if (value < 24) {
        buf_add_char(out, (char)(lead | value));
        return;
    }
    unsigned bytes = value <= 0xff ? 1 : value <= 0xffff ? 2 : 4;
    buf_add_char(out, (char)(lead | (bytes == 1 ? 24U : bytes == 2 ? 25 : 26)));
    for (unsigned i = bytes; i-- > 0;) {
        buf_add_char(out, (char)((value >> (8 * i)) & 0xff));
    }
}

void cbor_write_text(struct str text, struct buf *out)
{
    write_head(MAJOR_TEXT, text.len, out);
    buf_add(out, text);
}

void cbor_write_map(size_t members, struct buf *out)
{
    write_head(MAJOR_MAP, members, out);
}

struct reader {
    struct arena *arena;
    struct str rest;
};

struct head {
    unsigned major;
    unsigned info;
    uint64_t value; /* no meaning when indefinite */
};

static bool read_head(struct reader *reader, struct head *ret_head)
{
    if (reader->rest.len == 0) {
        return false;
    }
    unsigned lead = (unsigned char)reader->rest.ptr[0];
    *ret_head = (struct head){lead >> 5, lead & 31, lead & 31};
    reader->rest = str_from(reader->rest, 1);
    if (ret_head->info < 24 || ret_head->info == INDEFINITE) {
        return true;
    }
    if (ret_head->info > 27) {
        return false;
    }
    size_t bytes = (size_t)1 << (ret_head->info - 24);
    if (reader->rest.len < bytes) {
        return false;
    }
    ret_head->value = 0;
    for (size_t i = 0; i < bytes; i++) {
        ret_head->value =
            ret_head->value << 8 | (unsigned char)reader->rest.ptr[i];
    }
    reader->rest = str_from(reader->rest, bytes);
    return true;
}

static bool at_break(struct reader *reader)
{
    if (reader->rest.len == 0 || (unsigned char)reader->rest.ptr[0] != BREAK) {
        return false;
    }
    reader->rest = str_from(reader->rest, 1);
    return true;
}

static bool take_bytes(struct reader *reader, uint64_t len, struct str *ret)
{
    if (len > reader->rest.len) {
        return false;
    }
    *ret = str_first(reader->rest, (size_t)len);
    reader->rest = str_from(reader->rest, (size_t)len);
    return true;
}

/* Text or bytes whose head was read; chunks are joined. */
static bool read_string(struct reader *reader, struct head head,
                        struct str *ret)
{
    if (head.info != INDEFINITE) {
        return take_bytes(reader, head.value, ret);
    }
    /* Not joined one by one in the arena, which would keep each length. */
    struct buf joined = {0};
    bool good = true;
    while (good && !at_break(reader)) {
        struct head chunk;
        struct str part = STR_NONE;
        good = read_head(reader, &chunk) && chunk.major == head.major &&
               chunk.info != INDEFINITE &&
               take_bytes(reader, chunk.value, &part);
        buf_add(&joined, part);
    }
    *ret = arena_str(reader->arena, buf_str(&joined));
    buf_free(&joined);
    return good;
}

static bool skip_value(struct reader *reader, size_t depth);

static bool skip_members(struct reader *reader, struct head head, size_t depth)
{
    uint64_t each = head.major == MAJOR_MAP ? 2 : 1;
    bool open = head.info == INDEFINITE;
    for (uint64_t i = 0; open || i < head.value; i++) {
        if (open && at_break(reader)) {
            return true;
        }
        for (uint64_t k = 0; k < each; k++) {
            if (!skip_value(reader, depth + 1)) {
                return false;
            }
        }
    }
    return true;
}

static bool skip_value(struct reader *reader, size_t depth)
{
    struct head head;
    struct str ignored;
    if (depth > MAX_DEPTH || !read_head(reader, &head)) {
        return false;
    }
    switch (head.major) {
    case MAJOR_BYTES:
    case MAJOR_TEXT:
        return read_string(reader, head, &ignored);
    case MAJOR_ARRAY:
    case MAJOR_MAP:
        return skip_members(reader, head, depth);
    case MAJOR_TAG:
        return skip_value(reader, depth + 1);
    default:
        return head.info != INDEFINITE;
    }
}

bool cbor_get_text(struct arena *arena, struct str bytes, struct str key,
                   struct str *ret_text)
{
    struct reader reader = {arena, bytes};
    struct head map;
    if (!read_head(&reader, &map) || map.major != MAJOR_MAP) {
        return false;
    }
    bool open = map.info == INDEFINITE;
    for (uint64_t i = 0; open || i < map.value; i++) {
        struct head head;
        struct str name;
        if ((open && at_break(&reader)) || !read_head(&reader, &head) ||
            head.major != MAJOR_TEXT || !read_string(&reader, head, &name)) {
            return false;
        }
        if (!str_eq(name, key)) {
            if (!skip_value(&reader, 0)) {
                return false;
            }
            continue;
        }
        return read_head(&reader, &head) && head.major == MAJOR_TEXT &&
               read_string(&reader, head, ret_text);
    }
    return false;
}
