/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nearest of several names to a misspelt one.
 *
 * Purpose:   "did you mean" in what is said of files.
 * Ownership: names are borrowed; the hint lives in the caller's arena.
 * Callbacks: none.
 * Errors:    none; where nothing is near the hint is empty.
 * Never:     guesses a word that shares too little with the one that was meant.
 */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include "base/arena.h"

struct nearest {
    struct str wanted;
    struct str best; /* STR_NONE: nothing near */
    size_t distance;
};
struct nearest nearest_to(struct str wanted);
void nearest_try(struct nearest *nearest, struct str name);
/* ": did you mean X", or nothing. */
struct str nearest_hint(struct arena *arena, const struct nearest *nearest);

#endif
