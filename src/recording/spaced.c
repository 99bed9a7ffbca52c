/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as Python's json.dumps() writes it, for that is what boto3 sends: with
 * it a body need not stand in a line beside the input that it says. Start at
 * recording_spaced_write(). */
#include "recording/private.h"

/* One character of valid UTF-8. */
static uint32_t read_character(struct str text, size_t *ret_len)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    size_t len = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    uint32_t code = p[0] & (0xFFU >> (len + 1));
    for (size_t i = 1; i < len && i < text.len; i++) {
        code = code << 6 | (p[i] & 0x3FU);
    }
    *ret_len = len;
    return code;
}

static size_t add_escaped(struct str text, struct buf *out)
{
    size_t len = 0;
    uint32_t code = read_character(text, &len);
    if (code >= 0x10000) {
        code -= 0x10000;
        buf_printf(out, "\\u%04x\\u%04x", (unsigned)(0xD800 + (code >> 10)),
                   (unsigned)(0xDC00 + (code & 0x3FFU)));
    } else {
        buf_printf(out, "\\u%04x", (unsigned)code);
    }
    return len;
}

void recording_spaced_write(const struct json *value, struct buf *out)
{
    struct buf compact = {0};
    json_write(value, &compact);
    struct str text = buf_str(&compact);
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if ((unsigned char)c >= 0x7F) {
            if (c == 0x7F) {
                buf_add_char(out, c);
            } else {
                i += add_escaped(str_from(text, i), out) - 1;
            }
            continue;
        }
        buf_add_char(out, c);
        if (quoted && c == '\\') {
            i++;
            buf_add_char(out, text.ptr[i]);
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && (c == ',' || c == ':')) {
            buf_add_char(out, ' ');
        }
    }
    buf_free(&compact);
}
