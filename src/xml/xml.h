/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XML documents as AWS sends them, on expat.
 *
 * Purpose:   read a document into a small tree. Elements and text only;
 *            attributes other than the name are dropped.
 * Ownership: the tree lives in the caller's arena.
 * Errors:    a diag with line and column. Limits: depth 64, 100,000 elements.
 * Never:     a DTD, an entity beyond the five, input or output.
 */
#ifndef XML_XML_H
#define XML_XML_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"

struct xml {
    struct str name; /* without namespace prefix */
    struct str text; /* character data directly inside, joined */
    struct xml *first_child;
    struct xml *next; /* sibling */
};

__attribute__((warn_unused_result)) bool xml_read(struct arena *arena,
                                                  const struct source *source,
                                                  const struct xml **ret_root,
                                                  struct diag *diag);

/* First child of that name; NULL when absent or `parent` is NULL. */
const struct xml *xml_child(const struct xml *parent, const char *name);
/* Depth first, `root` included. */
const struct xml *xml_find(const struct xml *root, const char *name);
struct str xml_child_text(const struct xml *parent, const char *name);
/* Text with &, <, >, ", ' and CR escaped; what XML cannot hold or is no UTF-8
 * becomes U+FFFD. */
void xml_write_text(struct str text, struct buf *out);

#endif
