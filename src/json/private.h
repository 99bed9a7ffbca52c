/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this room share.
 *
 * Purpose:   the strict scan that stands before the tokeniser, and the reading
 *            of characters inside strings, which parsing, mapping of offsets
 *            and writing have in common.
 * Ownership: what json_members_sorted() returns goes back to mem_free().
 * Errors:    json_scan() alone can fail, with a diag.
 */
#ifndef JSON_PRIVATE_H
#define JSON_PRIVATE_H

#include "json/json.h"

/* Trees are walked by recursion, so no limit asked for goes beyond this. */
enum { JSON_DEEPEST = 1024 };

/* What the scan learned, so that everything can be taken in one piece. */
struct json_census {
    size_t values;
    size_t keys;
    struct span root;
    bool beyond; /* it failed by a limit, not by what the text says */
};

bool json_scan(const struct source *source, const struct json_limits *limits,
               struct json_census *ret_census, struct diag *diag);

/* How many bytes from the start stand in a string for themselves; some before
 * the first other one may be left over. */
static inline size_t json_plain_len(struct str text)
{
    return str_skip_plain(text, ' ', '"', '\\');
}

/* Between the quotes; borrows `raw` where it holds no escape. */
struct str json_decode(struct arena *arena, struct str raw);

/*
 * Members in the order of their keys; of equal keys only the last. Gives the
 * count through *ret_count.
 */
const struct json_member **json_members_sorted(const struct json *object,
                                               size_t *ret_count);

/*
 * The one text that stands for all ways of writing the same number: whole
 * numbers digit by digit, so that 64-bit ids differ when they differ; others
 * as the double they are.
 */
enum { JSON_NUMBER_MAX = 40 };
struct str json_number_canonical(const struct json *number,
                                 char buffer[JSON_NUMBER_MAX]);

#endif
