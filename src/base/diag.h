/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was wrong with a text from outside, and where.
 *
 * Purpose:   parsers and checkers report every error they find, each with the
 *            span of bytes it speaks of; line and column are worked out only
 *            when somebody prints them.
 * Ownership: messages live in the arena given to diag_init(); a source's text
 *            must outlive the diag.
 * Errors:    it is the errors.
 * Never:     prints by itself.
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include "base/arena.h"
#include "base/buf.h"

/* A named text: "rules/ssm.json" and its bytes. */
struct source {
    struct str name;
    struct str text;
};

/* Bytes [start, end) of a source. */
struct span {
    size_t start;
    size_t end;
};

struct diag_item {
    const struct source *source; /* NULL: speaks of no text */
    struct span span;
    struct str message; /* one sentence without a full stop */
    struct diag_item *next;
};

struct diag {
    struct arena *arena;
    struct diag_item *first;
    struct diag_item *last;
    size_t count;
    const char *word; /* what each is: "error", unless set to another */
};

void diag_init(struct diag *diag, struct arena *arena);
/* Beyond a hundred items it says once that there are more. */
void diag_add(struct diag *diag, const struct source *source, struct span span,
              const char *format, ...) __attribute__((format(printf, 4, 5)));

struct place {
    size_t line;   /* from 1 */
    size_t column; /* from 1, in characters, not bytes */
};
struct place source_place(const struct source *source, size_t offset);

/*
 * "rules/ssm.json:14:31: error: message", then the line, then carets under the
 * span. All items, in the order they were added.
 */
void diag_print(const struct diag *diag, struct buf *out);

#endif
