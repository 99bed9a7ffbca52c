/* SPDX-License-Identifier: Apache-2.0 */
/* Characters inside JSON strings: escapes, and the way back from decoded
 * text to the source. Here because parsing and pointing at errors must agree on
 * it byte for byte. Start at read_unit(). */
#include "json/private.h"

#include "base/hex.h"

/* One character of a string as written: an escape (or a pair), or a byte. */
struct unit {
    size_t raw_len;
    size_t len;
    char bytes[4];
};

static size_t encode_utf8(uint32_t code, char bytes[4])
{
    if (code < 0x80) {
        bytes[0] = (char)code;
        return 1;
    }
    size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        bytes[i] = (char)(0x80U | (code & 0x3FU));
        code >>= 6;
    }
    static const unsigned char marks[] = {0, 0, 0xC0, 0xE0, 0xF0};
    bytes[0] = (char)(marks[len] | code);
    return len;
}

/* The value of "\uXXXX" at the start of `raw`; false when there is none. */
static bool read_code(struct str raw, uint32_t *ret_code)
{
    if (raw.len < 6 || raw.ptr[0] != '\\' || raw.ptr[1] != 'u') {
        return false;
    }
    *ret_code = 0;
    for (size_t i = 2; i < 6; i++) {
        *ret_code = *ret_code << 4 | (uint32_t)hex_value(raw.ptr[i]);
    }
    return true;
}

static struct unit read_code_unit(struct str raw)
{
    struct unit unit = {.raw_len = 6};
    uint32_t code = 0xFFFD;
    uint32_t low = 0;
    (void)read_code(raw, &code);
    if (code >= 0xD800 && code <= 0xDBFF && read_code(str_from(raw, 6), &low) &&
        low >= 0xDC00 && low <= 0xDFFF) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        unit.raw_len = 12;
    } else if (code >= 0xD800 && code <= 0xDFFF) {
        code = 0xFFFD; /* half a pair means nothing */
    }
    unit.len = encode_utf8(code, unit.bytes);
    return unit;
}

/* `raw` has passed the scan and is not empty. */
static struct unit read_unit(struct str raw)
{
    static const char letters[] = "bfnrt";
    static const char meanings[] = "\b\f\n\r\t";
    if (raw.ptr[0] != '\\' || raw.len < 2) {
        return (struct unit){1, 1, {raw.ptr[0]}};
    }
    if (raw.ptr[1] == 'u') {
        return read_code_unit(raw);
    }
    const char *letter = strchr(letters, raw.ptr[1]);
    char meaning = raw.ptr[1]; /* quote, backslash, slash */
    if (letter != NULL) {
        meaning = meanings[letter - letters];
    }
    return (struct unit){2, 1, {meaning}};
}

struct str json_decode(struct arena *arena, struct str raw)
{
    size_t at = str_find(raw, '\\');
    if (at == STR_NOT_FOUND) {
        return raw;
    }
    char *bytes = arena_alloc(arena, raw.len); /* never longer than written */
    size_t len = at;
    memcpy(bytes, raw.ptr, at);
    while (at < raw.len) {
        struct unit unit = read_unit(str_from(raw, at));
        memcpy(bytes + len, unit.bytes, unit.len);
        len += unit.len;
        at += unit.raw_len;
    }
    return str_make(bytes, len);
}

size_t json_string_offset(const struct json *string,
                          const struct source *source, size_t decoded_offset)
{
    struct span span = string->span;
    if (string->type != JSON_STRING || span.end > source->text.len ||
        span.end < span.start + 2) {
        return span.start;
    }
    size_t at = span.start + 1;
    size_t decoded = 0;
    while (at < span.end - 1) {
        struct str raw = str_from(str_first(source->text, span.end - 1), at);
        struct unit unit = read_unit(raw);
        decoded += unit.len;
        if (decoded > decoded_offset) {
            break;
        }
        at += unit.raw_len;
    }
    return at;
}
