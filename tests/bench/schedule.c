/* SPDX-License-Identifier: Apache-2.0 */
/* Schedules of read-backs, simulated: what the learned one costs beside the
 * optimum and beside the usual fixed ones. Start at main(). */
#include "support/polling.h"

#include <stdio.h>
#include <string.h>

enum { DRAWS = 40000, RUNS = 60, CONFIRMATIONS = 2000 };

static const struct polling_lags all_lags[] = {
    {"lognormal 0.3 s, sigma 1", LAGS_LOGNORMAL, 300, 1.0, 0},
    {"exponential 2 s", LAGS_EXPONENTIAL, 2000, 0, 0},
    {"bimodal 0.05 s, 10 s 10 %", LAGS_BIMODAL, 50, 10000, 0.1},
    {"fixed 1 s", LAGS_FIXED, 1000, 0, 0},
};
static const struct polling_lags shifted = {"lognormal 3 s, sigma 1",
                                            LAGS_LOGNORMAL, 3000, 1.0, 0};

/* ---- fixed policies ---- */

struct fixed {
    const char *name;
    double first_ms;
    double rate;
    double longest_ms;
};
static const struct fixed all_fixed[] = {
    {"built-in until now: 0.1 s x1.5 cap 1 s", 100, 1.5, 1000},
    {"50 ms x1.5 cap 5 s", 50, 1.5, 5000},
    {"fixed 1 s", 1000, 1, 1000},
    {"50 ms x2 cap 5 s", 50, 2, 5000},
    {"boto3-post-conditions 1 s x1.1 cap 10 s", 1000, 1.1, 10000},
};

static double fixed_next(void *ctx, unsigned reads, double last_ms,
                         double now_ms)
{
    const struct fixed *fixed = ctx;
    (void)last_ms;
    if (reads == 0) {
        return 0;
    }
    double delay = fixed->first_ms * pow(fixed->rate, reads - 1);
    return now_ms + (delay < fixed->longest_ms ? delay : fixed->longest_ms);
}

/* ---- telling ---- */

static void tell(FILE *json, const char *lags, const char *policy,
                 struct polling_tally *tally, double best)
{
    enum { MS_A_SECOND = 1000 };
    double cost = polling_cost(tally);
    printf("  %-42s %7.3f %7.3f %7.3f %6.2f %7.3f %6.2f\n", policy,
           polling_mean(tally) / MS_A_SECOND,
           polling_quantile(tally, 0.5) / MS_A_SECOND,
           polling_quantile(tally, 0.99) / MS_A_SECOND,
           tally->reads / (double)tally->count, cost / MS_A_SECOND,
           cost / best);
    if (json != NULL) {
        fprintf(json,
                "%s\n{\"lags\":\"%s\",\"policy\":\"%s\",\"mean_s\":%.4f,"
                "\"median_s\":%.4f,\"p99_s\":%.4f,\"reads\":%.3f,"
                "\"cost\":%.4f,\"ratio\":%.4f}",
                ftell(json) > 1 ? "," : "", lags, policy,
                polling_mean(tally) / MS_A_SECOND,
                polling_quantile(tally, 0.5) / MS_A_SECOND,
                polling_quantile(tally, 0.99) / MS_A_SECOND,
                tally->reads / (double)tally->count, cost / MS_A_SECOND,
                cost / best);
    }
    mem_free(tally->overshoots);
    *tally = (struct polling_tally){0};
}

static struct polling_tally try_policy(const struct polling_lags *lags,
                                       polling_next_fn *next, void *ctx)
{
    struct rng rng = {7};
    struct polling_tally tally = {0};
    for (size_t i = 0; i < DRAWS; i++) {
        polling_add(&tally,
                    polling_confirm(polling_draw(lags, &rng), next, ctx));
    }
    return tally;
}

struct window {
    size_t from, to; /* confirmations, from 1 */
    const char *name;
};
static const struct window windows[] = {
    {1, 20, "learned, confirmations 1-20"},
    {21, 100, "learned, confirmations 21-100"},
    {101, 500, "learned, confirmations 101-500"},
    {501, 2000, "learned, confirmations 501-2000"},
};
static const struct window later[] = {
    {1, 10, "learned, 1-10 after the shift"},
    {11, 50, "learned, 11-50 after the shift"},
    {51, 200, "learned, 51-200 after the shift"},
    {201, 1000, "learned, 201-1000 after the shift"},
    {1001, 2000, "learned, 1001-2000 after the shift"},
};
enum {
    WINDOWS = sizeof(windows) / sizeof(windows[0]),
    LATER = sizeof(later) / sizeof(later[0]),
};

/* What a window's confirmations cost, and the optimum on the same lags. */
struct outcome {
    struct polling_tally learned;
    struct polling_tally best;
};

static void confirm(struct polling_learner *learner,
                    const struct polling_lags *lags, size_t number,
                    struct polling_optimum *optimum, const struct window *w,
                    size_t count, struct outcome outcomes[])
{
    double lag_ms = polling_draw(lags, &learner->lags);
    struct polling_result result = polling_learner_confirm(learner, lag_ms);
    for (size_t k = 0; k < count; k++) {
        if (number >= w[k].from && number <= w[k].to) {
            polling_add(&outcomes[k].learned, result);
            polling_add(&outcomes[k].best,
                        polling_confirm(lag_ms, polling_optimum_next, optimum));
        }
    }
}

static void tell_outcomes(FILE *json, const char *name, const struct window *w,
                          size_t count, struct outcome outcomes[])
{
    for (size_t k = 0; k < count; k++) {
        double best = polling_cost(&outcomes[k].best);
        tell(json, name, w[k].name, &outcomes[k].learned, best);
        mem_free(outcomes[k].best.overshoots);
    }
}

static double tell_optimum(FILE *json, const char *name,
                           const struct polling_lags *lags,
                           struct polling_optimum *optimum)
{
    struct polling_tally tally =
        try_policy(lags, polling_optimum_next, optimum);
    double best = polling_cost(&tally);
    printf("\n%s\n  %-42s %7s %7s %7s %6s %7s %6s\n", name, "policy", "mean s",
           "median", "p99", "reads", "J", "ratio");
    tell(json, name, "optimum (the lags are known)", &tally, best);
    return best;
}

static void compare(FILE *json, const struct polling_lags *lags)
{
    struct polling_optimum *optimum = polling_optimum_new(lags, 1);
    double best = tell_optimum(json, lags->name, lags, optimum);
    struct outcome outcomes[WINDOWS] = {0};
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        struct polling_learner learner = polling_learner_new(seed);
        for (size_t i = 1; i <= CONFIRMATIONS; i++) {
            confirm(&learner, lags, i, optimum, windows, WINDOWS, outcomes);
        }
        schedule_free(learner.schedule);
    }
    tell_outcomes(json, lags->name, windows, WINDOWS, outcomes);
    for (size_t i = 0; i < sizeof(all_fixed) / sizeof(all_fixed[0]); i++) {
        struct fixed fixed = all_fixed[i];
        struct polling_tally tally = try_policy(lags, fixed_next, &fixed);
        tell(json, lags->name, all_fixed[i].name, &tally, best);
    }
    mem_free(optimum);
}

static void shift(FILE *json, const struct polling_lags *from,
                  const struct polling_lags *to, const char *name)
{
    struct polling_optimum *optimum = polling_optimum_new(to, 1);
    (void)tell_optimum(json, name, to, optimum);
    struct outcome outcomes[LATER] = {0};
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        struct polling_learner learner = polling_learner_new(seed);
        for (size_t i = 1; i <= CONFIRMATIONS; i++) {
            confirm(&learner, from, i, optimum, NULL, 0, NULL);
        }
        for (size_t i = 1; i <= CONFIRMATIONS; i++) {
            confirm(&learner, to, i, optimum, later, LATER, outcomes);
        }
        schedule_free(learner.schedule);
    }
    tell_outcomes(json, name, later, LATER, outcomes);
    mem_free(optimum);
}

int main(int argc, char **argv)
{
    FILE *json = NULL;
    if (argc == 3 && strcmp(argv[1], "--json") == 0) {
        json = fopen(argv[2], "w");
    }
    if (argc != 1 && json == NULL) {
        fprintf(stderr, "Usage: schedule [--json FILE]\n");
        return 2;
    }
    if (json != NULL) {
        fprintf(json, "[");
    }
    for (size_t i = 0; i < sizeof(all_lags) / sizeof(all_lags[0]); i++) {
        compare(json, &all_lags[i]);
    }
    shift(json, &all_lags[0], &shifted, "lognormal: from 0.3 s to 3 s");
    shift(json, &shifted, &all_lags[0], "lognormal: from 3 s to 0.3 s");
    if (json != NULL) {
        fprintf(json, "\n]\n");
        return fclose(json) == 0 ? 0 : 1;
    }
    return 0;
}
