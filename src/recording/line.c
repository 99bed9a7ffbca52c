/* SPDX-License-Identifier: Apache-2.0 */
/* One line being written, member by member, and its checksum; and a line that
 * was read, taken apart again. Here so that both ends of a line are described
 * in one place. Start at recording_line_begin(). */
#include "recording/private.h"

#define CRC_OPEN  ",\"crc\":\""
#define CRC_CLOSE "\"}"

enum { CRC_LEN = 8 };

static void add_name(struct buf *line, const char *name)
{
    if (line->len > 0 && line->bytes[line->len - 1] != '{') {
        buf_add_char(line, ',');
    }
    buf_printf(line, "\"%s\":", name);
}

void recording_line_begin(struct buf *line, enum recording_kind kind,
                          struct str session, uint64_t n)
{
    buf_clear(line);
    buf_add_char(line, '{');
    recording_line_text(line, "kind", str_of(recording_kind_name(kind)));
    recording_line_text(line, "session", session);
    recording_line_number(line, "n", (int64_t)n);
}

void recording_line_open(struct buf *line, const char *name)
{
    add_name(line, name);
    buf_add_char(line, '{');
}

void recording_line_close(struct buf *line)
{
    buf_add_char(line, '}');
}

void recording_line_text(struct buf *line, const char *name, struct str text)
{
    add_name(line, name);
    json_write_string(text, line);
}

void recording_line_text_if(struct buf *line, const char *name, struct str text)
{
    if (text.len > 0) {
        recording_line_text(line, name, text);
    }
}

void recording_line_number(struct buf *line, const char *name, int64_t number)
{
    add_name(line, name);
    buf_printf(line, "%lld", (long long)number);
}

void recording_line_flag(struct buf *line, const char *name, bool flag)
{
    add_name(line, name);
    buf_add(line, flag ? STR("true") : STR("false"));
}

void recording_line_json(struct buf *line, const char *name,
                         const struct json *value)
{
    add_name(line, name);
    json_write(value, line);
}

void recording_line_headers(struct buf *line, const char *name,
                            const struct http_headers *headers)
{
    add_name(line, name);
    buf_add_char(line, '[');
    for (size_t i = 0; i < headers->count; i++) {
        buf_add(line, i == 0 ? STR("[") : STR(",["));
        json_write_string(headers->at[i].name, line);
        buf_add_char(line, ',');
        json_write_string(headers->at[i].value, line);
        buf_add_char(line, ']');
    }
    buf_add_char(line, ']');
}

void recording_line_end(struct buf *line)
{
    uint32_t crc = http_crc32(buf_str(line));
    buf_printf(line, CRC_OPEN "%08x" CRC_CLOSE "\n", (unsigned)crc);
}

/* ---- reading ---- */

bool recording_line_has_crc(struct str line, struct str *ret_crc)
{
    size_t tail = sizeof(CRC_OPEN) - 1 + CRC_LEN + sizeof(CRC_CLOSE) - 1;
    if (line.len < tail) {
        return false;
    }
    struct str end = str_from(line, line.len - tail);
    *ret_crc = str_first(str_from(end, sizeof(CRC_OPEN) - 1), CRC_LEN);
    return str_starts(end, STR(CRC_OPEN)) && str_ends(end, STR(CRC_CLOSE));
}

bool recording_line_crc_fits(struct str line)
{
    struct str crc = STR_NONE;
    char want[CRC_LEN];
    static const char digits[] = "0123456789abcdef";
    if (!recording_line_has_crc(line, &crc)) {
        return false;
    }
    size_t before = (size_t)(crc.ptr - line.ptr) - (sizeof(CRC_OPEN) - 1);
    uint32_t sum = http_crc32(str_first(line, before));
    for (size_t i = 0; i < CRC_LEN; i++) {
        want[i] = digits[sum >> (28 - 4 * i) & 15U];
    }
    return str_eq(crc, str_make(want, CRC_LEN));
}
