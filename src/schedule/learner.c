/* SPDX-License-Identifier: Apache-2.0 */
/* The estimate of one lag. What a confirmation tells is an interval: not yet
 * there at one read, there at the next. Start at learner_estimate(). */
#include "schedule/private.h"

/* What was seen 128 confirmations ago counts a third. */
static const double decay = 1.0 / 128;

static uint32_t within_a_day(int64_t ms)
{
    return ms < 0 ? 0 : ms < LAG_MOST_MS ? (uint32_t)ms : (uint32_t)LAG_MOST_MS;
}

void learner_observe(struct learner *learner, int64_t no_ms, int64_t yes_ms)
{
    struct seen *at = &learner->last[learner->seen % KEPT];
    at->yes_ms = yes_ms >= 0 ? within_a_day(yes_ms) : SEEN_NEVER;
    at->no_ms = within_a_day(no_ms);
    if (at->no_ms > at->yes_ms) {
        at->no_ms = at->yes_ms;
    }
    learner->seen++;
    learner->fresh++;
}

size_t learner_kept(const struct learner *learner)
{
    return learner->seen < KEPT ? (size_t)learner->seen : (size_t)KEPT;
}

const struct seen *learner_at(const struct learner *learner, size_t ago)
{
    return &learner->last[(learner->seen - 1 - ago) % KEPT];
}

/* ---- intervals on the scale ---- */

/* Bins first and last, and how much of these two belongs to it. */
struct interval {
    size_t first, last;
    double of_first, of_last; /* the same where they are one */
    double weight;
};

static double part_below(const struct grid *grid, size_t k, double ms)
{
    double width = grid->edge[k + 1] - grid->edge[k];
    double part = (ms - grid->edge[k]) / width;
    return part < 0 ? 0 : part > 1 ? 1 : part;
}

static struct interval interval_of(const struct grid *grid,
                                   const struct seen *seen)
{
    double from = (double)seen->no_ms;
    double to =
        seen->yes_ms == SEEN_NEVER ? grid->edge[BINS] : (double)seen->yes_ms;
    struct interval s = {.first = grid_bin(grid, from),
                         .last = grid_bin(grid, to)};
    s.of_first = 1 - part_below(grid, s.first, from);
    s.of_last = part_below(grid, s.last, to);
    if (s.first >= s.last || s.of_first + s.of_last <= 0) {
        s.first = s.last; /* finer than can be told */
        s.of_first = s.of_last = 1;
    }
    return s;
}

/* ---- the estimate ---- */

static double believed(const struct interval *s, const double mass[BINS],
                       const double below[BINS + 1])
{
    if (s->first == s->last) {
        return mass[s->last] * s->of_last;
    }
    return mass[s->first] * s->of_first + mass[s->last] * s->of_last +
           below[s->last] - below[s->first + 1];
}

/* How much of each interval's weight a bin gets per what is believed of it. */
static void share_out(const struct interval *all, size_t count,
                      const double mass[BINS], double shares[BINS])
{
    double below[BINS + 1] = {0};
    double more[BINS + 1] = {0}; /* than in the bin before */
    double ends[BINS] = {0};
    for (size_t k = 0; k < BINS; k++) {
        below[k + 1] = below[k] + mass[k];
    }
    for (size_t i = 0; i < count; i++) {
        const struct interval *s = &all[i];
        double each = s->weight / believed(s, mass, below);
        ends[s->last] += each * s->of_last;
        if (s->first < s->last) {
            ends[s->first] += each * s->of_first;
            more[s->first + 1] += each;
            more[s->last] -= each;
        }
    }
    double inside = 0;
    for (size_t k = 0; k < BINS; k++) {
        inside += more[k];
        shares[k] = inside + ends[k];
    }
}

/*
 * One round: each interval's weight goes to its bins in proportion to what is
 * believed of them, and then a little to either side, for else the estimate
 * would gather in a few bins and trust them too much.
 */
static void spread(const struct grid *grid, const struct interval *all,
                   size_t count, double mass[BINS])
{
    const double aside = 0.33;
    double shares[BINS];
    double got[BINS];
    share_out(all, count, mass, shares);
    for (size_t k = 0; k < BINS; k++) {
        got[k] = mass[k] * shares[k];
    }
    for (size_t k = 0; k < BINS; k++) {
        size_t left = k > 0 ? k - 1 : k;
        size_t right = k < BINS - 1 ? k + 1 : k;
        mass[k] = grid->prior[k] + (1 - 2 * aside) * got[k] +
                  aside * (got[left] + got[right]);
    }
}

/* With little data many rounds would only be sure of what chance has shown. */
static size_t rounds_for(size_t count)
{
    enum { FIRST = 1, A_ROUND_MORE = 8, MOST = 16 };
    size_t rounds = FIRST + count / A_ROUND_MORE;
    return rounds < MOST ? rounds : (size_t)MOST;
}

void learner_estimate(const struct learner *learner, const struct grid *grid,
                      double mass[BINS])
{
    struct interval all[KEPT];
    size_t count = learner_kept(learner);
    double weight = 1;
    for (size_t i = 0; i < count; i++) {
        all[i] = interval_of(grid, learner_at(learner, i));
        all[i].weight = weight;
        weight *= 1 - decay;
    }
    memcpy(mass, grid->prior, sizeof(grid->prior));
    for (size_t round = 0; round < rounds_for(count); round++) {
        spread(grid, all, count, mass);
    }
}

int64_t learner_quantile_ms(const struct grid *grid, const double mass[BINS],
                            double share)
{
    double all = 0;
    for (size_t k = 0; k < BINS; k++) {
        all += mass[k] - grid->prior[k];
    }
    double below = 0;
    size_t k = 0;
    for (; k < BINS - 1; k++) {
        below += mass[k] - grid->prior[k];
        if (below >= share * all) {
            break;
        }
    }
    return (int64_t)grid->edge[k + 1];
}
