/* SPDX-License-Identifier: Apache-2.0 */
/* The option part of a help page. Here because it comes from the same rows as
 * the parsing, so it cannot lie. Start at options_help(). */
#include "cli/options.h"

enum { WIDTH = 80, INDENT = 2, GAP = 2, WIDEST_LABEL = 26 };

static void add_blanks(struct buf *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_add_char(out, ' ');
    }
}

/* "--listen HOST:PORT", "--[no-]interim" */
static void add_label(const struct option *row, struct buf *out)
{
    bool on = row->kind == OPTION_FLAG && row->initial != NULL &&
              strcmp(row->initial, "true") == 0;
    buf_printf(out, "--%s%s", on ? "[no-]" : "", row->name);
    if (row->kind == OPTION_FLAG) {
        return;
    }
    const char *argument = row->argument != NULL  ? row->argument
                           : row->choices != NULL ? row->choices
                                                  : "VALUE";
    buf_printf(out, " %s", argument);
}

static size_t label_len(const struct option *row)
{
    struct buf label = {0};
    add_label(row, &label);
    size_t len = label.len;
    buf_free(&label);
    return len;
}

/* Where the help texts begin: behind the longest label that is not overlong. */
static size_t help_column(const struct options *options)
{
    size_t widest = sizeof("-h, --help") - 1;
    for (size_t i = 0; i < options->count; i++) {
        size_t len = label_len(&options->rows[i]);
        if (len > widest && len <= WIDEST_LABEL) {
            widest = len;
        }
    }
    return INDENT + widest + GAP;
}

struct page {
    struct buf *out;
    size_t indent;
    size_t column;
};

static void new_line(struct page *page)
{
    buf_add_char(page->out, '\n');
    page->column = 0;
}

static void add_word(struct page *page, struct str word)
{
    if (page->column > page->indent && page->column + 1 + word.len > WIDTH) {
        new_line(page);
    }
    if (page->column < page->indent) {
        add_blanks(page->out, page->indent - page->column);
        page->column = page->indent;
    } else if (page->column > page->indent) {
        buf_add_char(page->out, ' ');
        page->column++;
    }
    buf_add(page->out, word);
    page->column += word.len;
}

static void add_words(struct page *page, struct str text)
{
    while (text.ptr != NULL) {
        struct str word = str_cut(&text, ' ');
        if (word.len > 0) {
            add_word(page, word);
        }
    }
}

/* A default is one word even where it holds a blank. */
static void add_facts(struct page *page, const struct option *row)
{
    if (row->kind == OPTION_TEXTS) {
        add_words(page, STR("(repeatable)"));
    }
    if (row->initial != NULL && row->kind != OPTION_FLAG &&
        row->initial[0] != '\0') {
        struct buf fact = {0};
        buf_printf(&fact, "(default: %s)", row->initial);
        add_word(page, buf_str(&fact));
        buf_free(&fact);
    }
}

static void add_help(struct page *page, const char *help)
{
    struct str lines = str_of(help);
    while (lines.ptr != NULL) {
        add_words(page, str_cut(&lines, '\n'));
        if (lines.ptr != NULL) {
            new_line(page);
        }
    }
}

static void add_row(const struct option *row, size_t column, struct buf *out)
{
    size_t before = out->len;
    add_blanks(out, INDENT);
    add_label(row, out);
    struct page page = {out, column, out->len - before};
    if (page.column + GAP > column) {
        new_line(&page);
    }
    add_help(&page, row->help);
    add_facts(&page, row);
    new_line(&page);
}

void options_help(const struct options *options, struct buf *out)
{
    size_t column = help_column(options);
    for (size_t i = 0; i < options->count; i++) {
        const struct option *row = &options->rows[i];
        if (row->group != NULL) {
            buf_printf(out, "%s%s:\n", i == 0 ? "" : "\n", row->group);
        }
        add_row(row, column, out);
    }
    buf_add(out, options->count == 0 ? STR_NONE : STR("\n"));
    buf_add(out, STR("  -h, --help"));
    add_blanks(out, column - INDENT - (sizeof("-h, --help") - 1));
    buf_add(out, STR("show this page\n"));
}
