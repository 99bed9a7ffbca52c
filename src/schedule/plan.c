/* SPDX-License-Identifier: Apache-2.0 */
/* From an estimate to the moments of reading that cost least, by dynamic
 * programming from the longest lag down. Start at plan_make(). */
#include "schedule/private.h"

/*
 * Every lag up to edge[i] has been ruled out, and the next read is at the upper
 * edge of bin j: the changes in between have waited since they came, each other
 * one costs a read and what comes after it. The waiting alone grows with j, so
 * once it is dearer than the best there is nothing more to find.
 */
void plan_make(unsigned char next[BINS], const struct grid *grid,
               const double mass[BINS], double price_ms)
{
    double above[BINS + 1] = {0}; /* mass of bin i and all longer ones */
    double waits[BINS + 1] = {0}; /* the same, each times its lag */
    double cost[BINS + 1] = {0};
    for (size_t i = BINS; i-- > 0;) {
        above[i] = above[i + 1] + mass[i];
        waits[i] = waits[i + 1] + mass[i] * grid->middle[i];
        double least = -1;
        for (size_t j = i; j < BINS; j++) {
            double waited = grid->edge[j + 1] * (above[i] - above[j + 1]) -
                            (waits[i] - waits[j + 1]);
            if (least >= 0 && waited >= least) {
                break;
            }
            double all = waited + price_ms * above[i] + cost[j + 1];
            if (least < 0 || all < least) {
                least = all;
                next[i] = (unsigned char)j;
            }
        }
        cost[i] = least;
    }
}
