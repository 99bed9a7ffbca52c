/* SPDX-License-Identifier: Apache-2.0 */
/* Gathering and printing errors with line, column and caret. Start at
 * diag_print(). */
#include "base/diag.h"

enum {
    WIDEST_LINE = 160,
    /* Nobody reads more, and each is looked up in its text. */
    MOST_ITEMS = 100,
};

void diag_init(struct diag *diag, struct arena *arena)
{
    *diag = (struct diag){.arena = arena, .word = "error"};
}

void diag_add(struct diag *diag, const struct source *source, struct span span,
              const char *format, ...)
{
    if (diag->count > MOST_ITEMS) {
        return;
    }
    va_list args;
    struct diag_item *item = ARENA_NEW(diag->arena, struct diag_item);
    if (diag->count == MOST_ITEMS) {
        item->message = STR("there is more to complain of than is told here");
    } else {
        va_start(args, format);
        item->message = arena_vprintf(diag->arena, format, args);
        va_end(args);
        item->source = source;
        item->span = span;
    }
    if (diag->last == NULL) {
        diag->first = item;
    } else {
        diag->last->next = item;
    }
    diag->last = item;
    diag->count++;
}

/* UTF-8 continuation bytes are no characters of their own. */
static bool starts_character(char c)
{
    return ((unsigned char)c & 0xC0U) != 0x80U;
}

static size_t line_start(struct str text, size_t offset)
{
    while (offset > 0 && text.ptr[offset - 1] != '\n') {
        offset--;
    }
    return offset;
}

struct place source_place(const struct source *source, size_t offset)
{
    struct place place = {1, 1};
    struct str text = source->text;
    if (offset > text.len) {
        offset = text.len;
    }
    size_t start = line_start(text, offset);
    for (size_t i = 0; i < start; i++) {
        place.line += text.ptr[i] == '\n';
    }
    for (size_t i = start; i < offset; i++) {
        place.column += starts_character(text.ptr[i]);
    }
    return place;
}

static void print_line_and_caret(const struct diag_item *item, struct buf *out)
{
    struct str text = item->source->text;
    size_t at = item->span.start < text.len ? item->span.start : text.len;
    size_t start = line_start(text, at);
    size_t end = at;
    while (end < text.len && text.ptr[end] != '\n') {
        end++;
    }
    if (end - start > WIDEST_LINE) {
        return; /* minified: line and column say it better */
    }
    struct str line = str_from(str_first(text, end), start);
    buf_printf(out, "  %.*s\n  ", STR_ARG(line));
    for (size_t i = start; i < at; i++) {
        if (starts_character(text.ptr[i])) {
            buf_add_char(out, text.ptr[i] == '\t' ? '\t' : ' ');
        }
    }
    buf_add_char(out, '^');
    for (size_t i = at + 1; i < item->span.end && i < end; i++) {
        if (starts_character(text.ptr[i])) {
            buf_add_char(out, '~');
        }
    }
    buf_add_char(out, '\n');
}

void diag_print(const struct diag *diag, struct buf *out)
{
    for (const struct diag_item *i = diag->first; i != NULL; i = i->next) {
        if (i->source == NULL) {
            buf_printf(out, "%s: %.*s\n", diag->word, STR_ARG(i->message));
            continue;
        }
        struct place place = source_place(i->source, i->span.start);
        buf_printf(out, "%.*s:%zu:%zu: %s: %.*s\n", STR_ARG(i->source->name),
                   place.line, place.column, diag->word, STR_ARG(i->message));
        print_line_and_caret(i, out);
    }
}
