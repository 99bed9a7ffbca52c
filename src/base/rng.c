/* SPDX-License-Identifier: Apache-2.0 */
/* Randomness. Start at rng_next(). */
#include "base/rng.h"

#include <stdlib.h>
#include <sys/random.h>
#include <sys/types.h>

void rng_secret(void *bytes, size_t len)
{
    char *at = bytes;
    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);
        if (got <= 0) {
            abort();
        }
        at += got;
        len -= (size_t)got;
    }
}

uint64_t rng_next(struct rng *rng)
{
    uint64_t z = (rng->state += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

double rng_unit(struct rng *rng)
{
    return (double)(rng_next(rng) >> 11) / 9007199254740992.0;
}
