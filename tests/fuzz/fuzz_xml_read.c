/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as XML; a tree that was read, written again, reads the same. Start
 * at LLVMFuzzerTestOneInput(). */
#include "support.h"
#include "xml/xml.h"

/* With a prefix, for behind one a name may begin with anything. */
static void write_tree(const struct xml *element, struct buf *out)
{
    buf_printf(out, "<p:%.*s>", STR_ARG(element->name));
    xml_write_text(element->text, out);
    for (const struct xml *e = element->first_child; e != NULL; e = e->next) {
        write_tree(e, out);
    }
    buf_printf(out, "</p:%.*s>", STR_ARG(element->name));
}

static void check_equal(const struct xml *a, const struct xml *b)
{
    for (; a != NULL && b != NULL; a = a->next, b = b->next) {
        assert(str_eq(a->name, b->name));
        assert(str_eq(a->text, b->text));
        check_equal(a->first_child, b->first_child);
    }
    assert(a == NULL && b == NULL);
}

static const struct xml *read(struct arena *arena, struct str text)
{
    struct source *source = ARENA_NEW(arena, struct source);
    *source = (struct source){STR("fuzz"), text};
    const struct xml *root = NULL;
    struct diag diag;
    diag_init(&diag, arena);
    bool good = xml_read(arena, source, &root, &diag);
    assert(good == (root != NULL) && good == (diag.count == 0));
    fuzz_diag_check(&diag);
    return root;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    const struct xml *root = read(arena, fuzz_text(data, size));
    if (root != NULL) {
        struct buf out = {0};
        write_tree(root, &out);
        check_equal(root, read(arena, buf_str(&out)));
        assert(xml_find(root, "Error") == NULL ||
               str_eq(xml_find(root, "Error")->name, STR("Error")));
        buf_free(&out);
    }
    arena_free(arena);
    return 0;
}
