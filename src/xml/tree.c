/* SPDX-License-Identifier: Apache-2.0 */
/* Looking into a tree of elements, and escaping text for one that is written.
 * Here because they need no parser. Start at xml_child(). */
#include "xml/xml.h"

const struct xml *xml_child(const struct xml *parent, const char *name)
{
    const struct xml *child = parent == NULL ? NULL : parent->first_child;
    while (child != NULL && !str_eq(child->name, str_of(name))) {
        child = child->next;
    }
    return child;
}

/* No deeper than xml_read() lets a document be. */
const struct xml *xml_find(const struct xml *root, const char *name)
{
    if (root == NULL || str_eq(root->name, str_of(name))) {
        return root;
    }
    const struct xml *found = NULL;
    const struct xml *child = root->first_child;
    while (child != NULL && found == NULL) {
        found = xml_find(child, name);
        child = child->next;
    }
    return found;
}

struct str xml_child_text(const struct xml *parent, const char *name)
{
    const struct xml *child = xml_child(parent, name);
    return child == NULL ? STR_NONE : child->text;
}

void xml_write_text(struct str text, struct buf *out)
{
    const struct str specials = STR("&<>\"'");
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;",
                                           "&apos;"};
    for (size_t i = 0; i < text.len; i++) {
        size_t special = str_find(specials, text.ptr[i]);
        if (special == STR_NOT_FOUND) {
            buf_add_char(out, text.ptr[i]);
        } else {
            buf_add(out, str_of(entities[special]));
        }
    }
}
