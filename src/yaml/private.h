/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this room share.
 *
 * Purpose:   what a scalar means, and the table of anchors, neither of which
 *            needs libyaml.
 * Ownership: results live in the caller's arena; yaml_anchors_free() takes the
 *            table back.
 * Errors:    false or NULL; read.c says what is wrong, and where.
 */
#ifndef YAML_PRIVATE_H
#define YAML_PRIVATE_H

#include "yaml/yaml.h"

/* Fills type, text and number of what the plain scalar `text` means. */
void yaml_plain_resolve(struct arena *arena, struct str text,
                        struct json *node);

struct yaml_anchor {
    struct str name;
    struct json *value;
    size_t nodes;  /* of the value, itself included */
    size_t height; /* levels of the value, itself included; 0: a scalar */
    bool whole;    /* false while the value is still being read */
};

struct yaml_anchors {
    struct yaml_anchor **by_name; /* sorted */
    size_t count;
    size_t capacity;
};
/* Enough for any cassette, and few enough to keep them sorted. */
enum { YAML_ANCHORS_MAX = 65536 };

/* NULL when it was never set. */
struct yaml_anchor *yaml_anchors_find(const struct yaml_anchors *anchors,
                                      struct str name);
/* Takes the place of an earlier one of that name. False: there are too many. */
bool yaml_anchors_set(struct yaml_anchors *anchors, struct yaml_anchor *anchor);
void yaml_anchors_free(struct yaml_anchors *anchors);

#endif
