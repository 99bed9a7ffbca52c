/* SPDX-License-Identifier: Apache-2.0 */
/* From trees to text: compact, pretty and canonical. Here so that all output
 * escapes and writes numbers alike. Start at write_value(). */
#include "json/private.h"

#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum style { COMPACT, PRETTY, CANONICAL };

static struct str shortest_number(double number, char buffer[JSON_NUMBER_MAX])
{
    int len = 0;
    if (!isfinite(number)) {
        len = snprintf(buffer, JSON_NUMBER_MAX, "null");
    } else if (number == trunc(number) && fabs(number) < 1e21) {
        /* + 0.0 makes a plain zero of a negative one */
        len = snprintf(buffer, JSON_NUMBER_MAX, "%.0f", number + 0.0);
    } else {
        for (int digits = 15; digits <= 17; digits++) {
            len = snprintf(buffer, JSON_NUMBER_MAX, "%.*g", digits, number);
            if (strtod(buffer, NULL) == number) {
                break;
            }
        }
    }
    return str_make(buffer, (size_t)len);
}

static bool is_whole(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((text.ptr[i] < '0' || text.ptr[i] > '9') && text.ptr[i] != '-') {
            return false;
        }
    }
    return text.len > 0;
}

struct str json_number_canonical(const struct json *number,
                                 char buffer[JSON_NUMBER_MAX])
{
    struct str text = number->text;
    if (is_whole(text)) {
        return str_eq(text, STR("-0")) ? STR("0") : text;
    }
    if (text.len > 0 && !isfinite(number->number)) {
        return text;
    }
    return shortest_number(number->number, buffer);
}

static void write_escape(unsigned char c, struct buf *out)
{
    static const char meanings[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    const char *hit = memchr(meanings, c, sizeof(meanings) - 1);
    if (hit == NULL) {
        buf_printf(out, "\\u%04x", c);
    } else {
        buf_add_char(out, '\\');
        buf_add_char(out, letters[hit - meanings]);
    }
}

static bool is_plain(unsigned char c)
{
    return c >= ' ' && c < 0x80 && c != '"' && c != '\\';
}

/* How many bytes from the start can be written as they are. */
static size_t plain_len(struct str text)
{
    size_t len = json_plain_len(text);
    while (len < text.len) {
        while (len < text.len && is_plain((unsigned char)text.ptr[len])) {
            len++;
        }
        size_t step = len < text.len && (unsigned char)text.ptr[len] >= 0x80
                          ? str_utf8_len(str_from(text, len))
                          : 0;
        if (step == 0) {
            break;
        }
        len += step;
    }
    return len;
}

void json_write_string(struct str text, struct buf *out)
{
    buf_reserve(out, text.len + 2);
    buf_add_char(out, '"');
    while (text.len > 0) {
        size_t len = plain_len(text);
        buf_add(out, str_first(text, len));
        text = str_from(text, len);
        if (text.len > 0) {
            unsigned char c = (unsigned char)text.ptr[0];
            if (c < 0x80) {
                write_escape(c, out);
            } else {
                buf_add(out, STR("\xEF\xBF\xBD")); /* it was no UTF-8 */
            }
            text = str_from(text, 1);
        }
    }
    buf_add_char(out, '"');
}

static void write_number(const struct json *value, enum style style,
                         struct buf *out)
{
    char buffer[JSON_NUMBER_MAX];
    if (style == CANONICAL) {
        buf_add(out, json_number_canonical(value, buffer));
    } else if (value->text.len > 0) {
        buf_add(out, value->text);
    } else {
        buf_add(out, shortest_number(value->number, buffer));
    }
}

static void write_break(enum style style, size_t level, struct buf *out)
{
    if (style != PRETTY) {
        return;
    }
    buf_add_char(out, '\n');
    for (size_t i = 0; i < level; i++) {
        buf_add(out, STR("  "));
    }
}

static void write_value(const struct json *value, enum style style,
                        size_t level, struct buf *out);

static void write_member(const struct json_member *member, bool first,
                         enum style style, size_t level, struct buf *out)
{
    if (!first) {
        buf_add_char(out, ',');
    }
    write_break(style, level, out);
    json_write_string(member->key, out);
    buf_add(out, style == PRETTY ? STR(": ") : STR(":"));
    write_value(member->value, style, level, out);
}

static void write_object(const struct json *object, enum style style,
                         size_t level, struct buf *out)
{
    buf_add_char(out, '{');
    if (style == CANONICAL) {
        size_t count = 0;
        const struct json_member **sorted = json_members_sorted(object, &count);
        for (size_t i = 0; i < count; i++) {
            write_member(sorted[i], i == 0, style, level + 1, out);
        }
        mem_free(sorted);
    } else {
        for (size_t i = 0; i < object->count; i++) {
            write_member(&object->members[i], i == 0, style, level + 1, out);
        }
    }
    if (object->count > 0) {
        write_break(style, level, out);
    }
    buf_add_char(out, '}');
}

static void write_array(const struct json *array, enum style style,
                        size_t level, struct buf *out)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < array->count; i++) {
        if (i > 0) {
            buf_add_char(out, ',');
        }
        write_break(style, level + 1, out);
        write_value(array->members[i].value, style, level + 1, out);
    }
    if (array->count > 0) {
        write_break(style, level, out);
    }
    buf_add_char(out, ']');
}

/* An absent value is null. Depth is bounded where the tree was made. */
static void write_value(const struct json *value, enum style style,
                        size_t level, struct buf *out)
{
    switch (value == NULL ? JSON_NULL : value->type) {
    case JSON_FALSE:
        buf_add(out, STR("false"));
        break;
    case JSON_TRUE:
        buf_add(out, STR("true"));
        break;
    case JSON_NUMBER:
        write_number(value, style, out);
        break;
    case JSON_STRING:
        json_write_string(value->text, out);
        break;
    case JSON_ARRAY:
        write_array(value, style, level, out);
        break;
    case JSON_OBJECT:
        write_object(value, style, level, out);
        break;
    default:
        buf_add(out, STR("null"));
    }
}

void json_write(const struct json *value, struct buf *out)
{
    write_value(value, COMPACT, 0, out);
}

void json_write_pretty(const struct json *value, struct buf *out)
{
    write_value(value, PRETTY, 0, out);
}

void json_write_canonical(const struct json *value, struct buf *out)
{
    write_value(value, CANONICAL, 0, out);
}
