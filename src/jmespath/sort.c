/* SPDX-License-Identifier: Apache-2.0 */
/* A stable merge sort of pointers. Here because sort_by() must keep the order
 * of equals and qsort() promises neither that nor its running time. Start at
 * jmespath_sort_pointers(). */
#include "jmespath/private.h"

struct half {
    const void **at;
    size_t count;
};

static void merge_halves(struct half left, struct half right, const void **out,
                         int (*compare)(const void *a, const void *b))
{
    size_t i = 0;
    size_t j = 0;
    while (i < left.count && j < right.count) {
        bool take_right = compare(right.at[j], left.at[i]) < 0;
        *out++ = take_right ? right.at[j++] : left.at[i++];
    }
    while (i < left.count) {
        *out++ = left.at[i++];
    }
    while (j < right.count) {
        *out++ = right.at[j++];
    }
}

static size_t at_most(size_t value, size_t limit)
{
    return value < limit ? value : limit;
}

void jmespath_sort_pointers(struct arena *arena, const void **items,
                            size_t count,
                            int (*compare)(const void *a, const void *b))
{
    if (count < 2) {
        return;
    }
    const void **from = items;
    const void **to = ARENA_ARRAY(arena, const void *, count);
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t start = 0; start < count; start += 2 * width) {
            size_t middle = at_most(start + width, count);
            size_t end = at_most(start + 2 * width, count);
            struct half left = {from + start, middle - start};
            struct half right = {from + middle, end - middle};
            merge_halves(left, right, to + start, compare);
        }
        const void **swap = from;
        from = to;
        to = swap;
    }
    if (from != items) {
        memcpy(items, from, count * sizeof(*items));
    }
}
