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

/* XML 1.0, 2.2: of the control characters it has three, of the rest all but
 * U+FFFE and U+FFFF. */
static bool is_xml_character(struct str character)
{
    if (character.len == 1) {
        return (unsigned char)character.ptr[0] >= ' ' ||
               str_find(STR("\t\n\r"), character.ptr[0]) != STR_NOT_FOUND;
    }
    return character.len > 0 && !str_eq(character, STR("\xEF\xBF\xBE")) &&
           !str_eq(character, STR("\xEF\xBF\xBF"));
}

void xml_write_text(struct str text, struct buf *out)
{
    /* A carriage return as it stands would be read as a line feed. */
    const struct str specials = STR("&<>\"'\r");
    static const char *const entities[] = {"&amp;",  "&lt;",   "&gt;",
                                           "&quot;", "&apos;", "&#13;"};
    while (text.len > 0) {
        struct str character = str_first(text, str_utf8_len(text));
        size_t special = str_find(specials, text.ptr[0]);
        if (special != STR_NOT_FOUND) {
            buf_add(out, str_of(entities[special]));
        } else if (is_xml_character(character)) {
            buf_add(out, character);
        } else {
            buf_add(out, STR("\xEF\xBF\xBD")); /* the replacement */
        }
        text = str_from(text, character.len > 0 ? character.len : 1);
    }
}
