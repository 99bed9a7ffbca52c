/* SPDX-License-Identifier: Apache-2.0 */
/* From an XML text to a tree of elements. The only file that knows expat.
 * Start at xml_read(). */
#include "xml/xml.h"

#include "base/mem.h"

#include <expat.h>
#include <limits.h>

enum { DEEPEST = 64, MOST_ELEMENTS = 100000 };

/* One element that is open: its text grows beside the arena until it ends. */
struct level {
    struct xml *element;
    struct xml *last_child;
    struct buf text;
};

struct reader {
    struct arena *arena;
    const struct source *source;
    struct diag *diag;
    XML_Parser parser;
    struct level levels[DEEPEST];
    size_t depth;
    size_t elements;
    struct xml *root;
    bool refused;
};

static struct span here(const struct reader *r)
{
    XML_Index at = XML_GetCurrentByteIndex(r->parser);
    size_t len = r->source->text.len;
    size_t start = at < 0 || (size_t)at > len ? len : (size_t)at;
    int count = XML_GetCurrentByteCount(r->parser);
    size_t end = start + (count > 0 ? (size_t)count : 1);
    return (struct span){start, end > len ? len : end};
}

static void refuse_at(struct reader *r, struct span span, const char *why)
{
    if (!r->refused) {
        diag_add(r->diag, r->source, span, "%s", why);
        r->refused = true;
        (void)XML_StopParser(r->parser, XML_FALSE);
    }
}

static void refuse(struct reader *r, const char *why)
{
    refuse_at(r, here(r), why);
}

/* "ns0:Name" is "Name": AWS never has two names that differ by prefix. */
static struct str local_name(const char *name)
{
    struct str whole = str_of(name);
    size_t colon = str_find_last(whole, ':');
    return colon == STR_NOT_FOUND ? whole : str_from(whole, colon + 1);
}

static void hang_on_parent(struct reader *r, struct xml *element)
{
    if (r->depth == 0) {
        r->root = element;
        return;
    }
    struct level *parent = &r->levels[r->depth - 1];
    if (parent->last_child == NULL) {
        parent->element->first_child = element;
    } else {
        parent->last_child->next = element;
    }
    parent->last_child = element;
}

static void start_element(void *ctx, const char *name, const char **attributes)
{
    struct reader *r = ctx;
    (void)attributes;
    if (r->refused) {
        return;
    }
    if (r->depth == DEEPEST) {
        refuse(r, "elements are nested deeper than 64 levels");
        return;
    }
    if (++r->elements > MOST_ELEMENTS) {
        refuse(r, "there are more than 100000 elements");
        return;
    }
    struct xml *element = ARENA_NEW(r->arena, struct xml);
    element->name = arena_str(r->arena, local_name(name));
    hang_on_parent(r, element);
    struct level *level = &r->levels[r->depth++];
    level->element = element;
    level->last_child = NULL;
    buf_clear(&level->text);
}

static void end_element(void *ctx, const char *name)
{
    struct reader *r = ctx;
    (void)name;
    if (r->refused) {
        return;
    }
    struct level *level = &r->levels[--r->depth];
    level->element->text = arena_str(r->arena, buf_str(&level->text));
    buf_clear(&level->text);
}

static void character_data(void *ctx, const char *text, int len)
{
    struct reader *r = ctx;
    if (!r->refused && r->depth > 0) {
        buf_add(&r->levels[r->depth - 1].text, str_make(text, (size_t)len));
    }
}

/* Called where the internal subset or the end is; the error is at the '<'. */
static void start_doctype(void *ctx, const char *name, const char *system_id,
                          const char *public_id, int has_internal_subset)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_internal_subset;
    struct reader *r = ctx;
    struct span span = here(r);
    size_t start = str_find_last(str_first(r->source->text, span.start), '<');
    span.start = start == STR_NOT_FOUND ? span.start : start;
    refuse_at(r, span, "a document type declaration is not allowed");
}

static bool run(struct reader *r)
{
    struct str text = r->source->text;
    if (text.len > INT_MAX) {
        diag_add(r->diag, r->source, (struct span){0, 1},
                 "the text is longer than %d bytes", INT_MAX);
        return false;
    }
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, start_element, end_element);
    XML_SetCharacterDataHandler(r->parser, character_data);
    XML_SetStartDoctypeDeclHandler(r->parser, start_doctype);
    enum XML_Status status = XML_Parse(
        r->parser, text.ptr == NULL ? "" : text.ptr, (int)text.len, XML_TRUE);
    if (status != XML_STATUS_OK) {
        refuse(r, XML_ErrorString(XML_GetErrorCode(r->parser)));
    }
    return !r->refused;
}

static void *no_null_malloc(size_t size)
{
    return mem_new(size);
}

/* The levels are large for a stack that fuzzers and coroutines may share. */
bool xml_read(struct arena *arena, const struct source *source,
              const struct xml **ret_root, struct diag *diag)
{
    static const XML_Memory_Handling_Suite memory = {no_null_malloc, mem_resize,
                                                     mem_free};
    struct reader *r = mem_new(sizeof(*r));
    *r = (struct reader){.arena = arena, .source = source, .diag = diag};
    r->parser = XML_ParserCreate_MM(NULL, &memory, NULL);
    bool good = run(r);
    if (good) {
        *ret_root = r->root;
    }
    for (size_t i = 0; i < DEEPEST; i++) {
        buf_free(&r->levels[i].text);
    }
    XML_ParserFree(r->parser);
    mem_free(r);
    return good;
}
