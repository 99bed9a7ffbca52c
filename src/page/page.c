/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the parts of the page together: the markup with its markers filled.
 * Here because only whoever writes the page knows what is safe inside it.
 * Start at write_page(). */
#include "page/page.h"

#include <assert.h>

/* What embed.cmake assembles. */
extern const char page_markup[], page_markup_end[];
extern const char page_style[], page_style_end[], page_style_hash[];
extern const char page_script[], page_script_end[], page_script_hash[];

/* What goes into one page. */
struct page {
    struct str data;        /* STR_NONE where the page is live */
    struct str events_path; /* STR_NONE where it is not */
};

static struct str bytes_between(const char *begin, const char *end)
{
    return str_make(begin, (size_t)(end - begin));
}

/*
 * JSON as it may stand in a script element: without a "<" nothing in it can
 * end the element or open a comment, and U+2028 and U+2029 end lines in old
 * JavaScript. All three occur in JSON only inside of strings.
 */
static void add_json(struct str json, struct buf *out)
{
    buf_reserve(out, json.len);
    size_t done = 0;
    for (size_t i = 0; i < json.len; i++) {
        struct str rest = str_from(json, i);
        const char *instead = NULL;
        size_t len = 1;
        if (json.ptr[i] == '<') {
            instead = "\\u003c";
        } else if (str_starts(rest, STR("\xE2\x80\xA8"))) {
            instead = "\\u2028";
            len = 3;
        } else if (str_starts(rest, STR("\xE2\x80\xA9"))) {
            instead = "\\u2029";
            len = 3;
        }
        if (instead != NULL) {
            buf_add(out, str_make(json.ptr + done, i - done));
            buf_add(out, str_of(instead));
            i += len - 1;
            done = i + 1;
        }
    }
    buf_add(out, str_from(json, done));
}

/* Text as it may stand in an attribute between double quotes. */
static void add_attribute(struct str text, struct buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.ptr[i]) {
        case '&':
            buf_add(out, STR("&amp;"));
            break;
        case '"':
            buf_add(out, STR("&quot;"));
            break;
        case '<':
            buf_add(out, STR("&lt;"));
            break;
        default:
            buf_add_char(out, text.ptr[i]);
        }
    }
}

static void fill_style(const struct page *page, struct buf *out)
{
    (void)page;
    buf_add(out, bytes_between(page_style, page_style_end));
}

static void fill_script(const struct page *page, struct buf *out)
{
    (void)page;
    buf_add(out, bytes_between(page_script, page_script_end));
}

static void fill_style_hash(const struct page *page, struct buf *out)
{
    (void)page;
    buf_add(out, str_of(page_style_hash));
}

static void fill_script_hash(const struct page *page, struct buf *out)
{
    (void)page;
    buf_add(out, str_of(page_script_hash));
}

/* A page that holds its data has no reason to ask anybody. */
static void fill_connect(const struct page *page, struct buf *out)
{
    buf_add(out, page->events_path.ptr != NULL ? STR("'self'") : STR("'none'"));
}

static void fill_events(const struct page *page, struct buf *out)
{
    add_attribute(page->events_path, out);
}

static void fill_data(const struct page *page, struct buf *out)
{
    add_json(page->data, out);
}

static const struct {
    struct str name;
    void (*fill)(const struct page *page, struct buf *out);
} markers[] = {
    {{"connect", 7}, fill_connect},
    {{"data", 4}, fill_data},
    {{"events", 6}, fill_events},
    {{"script", 6}, fill_script},
    {{"script-hash", 11}, fill_script_hash},
    {{"style", 5}, fill_style},
    {{"style-hash", 10}, fill_style_hash},
};

static void fill_marker(struct str name, const struct page *page,
                        struct buf *out)
{
    for (size_t i = 0; i < sizeof(markers) / sizeof(markers[0]); i++) {
        if (str_eq(markers[i].name, name)) {
            markers[i].fill(page, out);
            return;
        }
    }
    assert(false && "page.html holds only markers that are known");
}

/* What is filled in is not looked at again: a "{{data}}" in the data stays. */
static void write_page(const struct page *page, struct buf *out)
{
    struct str rest = bytes_between(page_markup, page_markup_end);
    for (;;) {
        size_t begin = str_find_str(rest, STR("{{"));
        if (begin == STR_NOT_FOUND) {
            break;
        }
        struct str name = str_from(rest, begin + 2);
        size_t end = str_find_str(name, STR("}}"));
        assert(end != STR_NOT_FOUND);
        buf_add(out, str_first(rest, begin));
        fill_marker(str_first(name, end), page, out);
        rest = str_from(name, end + 2);
    }
    buf_add(out, rest);
}

void page_write(struct str data, struct buf *out)
{
    write_page(&(struct page){.data = data}, out);
}

void page_write_live(struct str events_path, struct buf *out)
{
    write_page(&(struct page){.events_path = events_path}, out);
}
