/* SPDX-License-Identifier: Apache-2.0 */
/* The scale on which lags are counted: to a minute in steps of four per cent;
 * what takes longer is looked for more and more slowly. Start at grid_init().
 */
#include "schedule/private.h"

#include <math.h>

/* How many observations the belief before any is worth. Being spread evenly
 * over the scale, it keeps the tail from being forgotten: a service that turns
 * slow is found after some reads, not after a long wait. */
static const double prior_weight = 2;

void grid_init(struct grid *grid)
{
    double step = log((double)LONGEST_MS / SHORTEST_MS) / (BINS - 1);
    grid->edge[0] = 0;
    grid->middle[0] = SHORTEST_MS / 2.0;
    for (size_t k = 1; k <= BINS; k++) {
        grid->edge[k] = SHORTEST_MS * exp(step * (double)(k - 1));
    }
    for (size_t k = 0; k < BINS; k++) {
        if (k > 0) {
            grid->middle[k] = (grid->edge[k + 1] - grid->edge[k]) / step;
        }
        grid->prior[k] = prior_weight / BINS;
    }
}

size_t grid_bin(const struct grid *grid, double ms)
{
    size_t low = 0;
    size_t high = BINS - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (ms <= grid->edge[middle + 1]) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}
