/* SPDX-License-Identifier: Apache-2.0 */
/* The nearest of several names to a misspelt one. Here because whoever reads
 * files of people's should help with them alike. Start at nearest_try(). */
#include "base/nearest.h"

struct nearest nearest_to(struct str wanted)
{
    return (struct nearest){.wanted = wanted, .distance = wanted.len / 3 + 2};
}

void nearest_try(struct nearest *nearest, struct str name)
{
    size_t distance = str_eq_nocase(nearest->wanted, name)
                          ? 0
                          : str_distance(nearest->wanted, name);
    if (distance < nearest->distance) {
        nearest->distance = distance;
        nearest->best = name;
    }
}

struct str nearest_hint(struct arena *arena, const struct nearest *nearest)
{
    return nearest->best.len == 0
               ? STR("")
               : arena_printf(arena, ": did you mean `%.*s`?",
                              STR_ARG(nearest->best));
}
