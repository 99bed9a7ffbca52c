/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML documents as vcrpy writes them, on libyaml.
 *
 * Purpose:   read one document into the same tree that JSON becomes.
 * Ownership: the tree lives in the caller's arena.
 * Errors:    a diag with line and column, never half a tree. Limits are those
 *            of json_limits, aliases counted each time they are used.
 * Source:    YAML 1.1 as libyaml and PyYAML read it: plain scalars resolve to
 *            null, booleans, numbers and text; timestamps stay text; a !!binary
 *            becomes a string that holds its bytes.
 * Never:     builds an object of a language (!!python/...), input or output.
 */
#ifndef YAML_YAML_H
#define YAML_YAML_H

#include "json/json.h"

/* Spans are bytes of source->text. */
__attribute__((warn_unused_result)) bool
yaml_read(struct arena *arena, const struct source *source,
          const struct json_limits *limits, const struct json **ret_value,
          struct diag *diag);

#endif
