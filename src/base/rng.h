/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chance, of two kinds: the kernel's, for secrets; and a small seeded
 * generator (SplitMix64, Steele, Lea and Flood 2014), for jitter and for lag,
 * where the same seed must give the same run.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* Fit for keys; ends the process when the kernel has no randomness. */
void rng_secret(void *bytes, size_t len);

struct rng {
    uint64_t state;
};
uint64_t rng_next(struct rng *rng);
/* Uniform in [0, 1). */
double rng_unit(struct rng *rng);

#endif
