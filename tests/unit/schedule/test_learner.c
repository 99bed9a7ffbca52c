/* SPDX-License-Identifier: Apache-2.0 */
/* What the learned schedule costs, beside the best that can be done when the
 * lags are known. The seeds are fixed: a figure that moves was moved. */
#include "support/polling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct polling_lags fixed = {"fixed", LAGS_FIXED, 1000, 0, 0};
static const struct polling_lags exponential = {"exponential", LAGS_EXPONENTIAL,
                                                2000, 0, 0};
static const struct polling_lags lognormal = {"lognormal", LAGS_LOGNORMAL, 300,
                                              1.0, 0};
static const struct polling_lags slower = {"slower", LAGS_LOGNORMAL, 3000, 1.0,
                                           0};
static const struct polling_lags bimodal = {"bimodal", LAGS_BIMODAL, 50, 10000,
                                            0.1};

/* What the learner, and the optimum on the same lags, had to pay. */
struct outcome {
    struct polling_tally learned;
    struct polling_tally best;
};

/* Counts from the `from`-th confirmation on. */
static void confirm(struct polling_learner *learner,
                    const struct polling_lags *lags,
                    struct polling_optimum *optimum, size_t from, size_t to,
                    struct outcome *outcome)
{
    for (size_t i = 1; i <= to; i++) {
        double lag_ms = polling_draw(lags, &learner->lags);
        struct polling_result result = polling_learner_confirm(learner, lag_ms);
        if (i >= from) {
            polling_add(&outcome->learned, result);
            polling_add(&outcome->best,
                        polling_confirm(lag_ms, polling_optimum_next, optimum));
        }
    }
}

static struct outcome learn(const struct polling_lags *lags,
                            struct polling_optimum *optimum, size_t from,
                            size_t to, uint64_t runs)
{
    struct outcome outcome = {0};
    for (uint64_t seed = 1; seed <= runs; seed++) {
        struct polling_learner learner = polling_learner_new(seed);
        confirm(&learner, lags, optimum, from, to, &outcome);
        schedule_free(learner.schedule);
    }
    return outcome;
}

static void drop(struct outcome *outcome)
{
    mem_free(outcome->learned.overshoots);
    mem_free(outcome->best.overshoots);
}

static double times_the_best(struct outcome *outcome)
{
    double ratio =
        polling_cost(&outcome->learned) / polling_cost(&outcome->best);
    drop(outcome);
    return ratio;
}

/* Every 0.1 s, each time 1.5 times as long, at most 1 s. */
static double growing_next(void *ctx, unsigned reads, double last_ms,
                           double now_ms)
{
    (void)ctx;
    (void)last_ms;
    double delay = 100 * pow(1.5, reads > 0 ? reads - 1 : 0);
    return reads == 0 ? 0 : now_ms + (delay < 1000 ? delay : 1000);
}

static void assert_at_most(double value, double most, const char *name)
{
    if (!(value <= most)) {
        print_error("%s: %g is more than %g\n", name, value, most);
    }
    assert_true(value <= most);
}

/* ---- the tests ---- */

static const struct {
    const struct polling_lags *lags;
    double cold;    /* times the optimum, in the first 20 */
    double learned; /* after 500 */
} goals[] = {
    {&exponential, 1.4, 1.12},
    {&lognormal, 1.4, 1.12},
    {&bimodal, 1.6, 1.3},
    /* To wait 16 ms for what costs nothing at best. */
    {&fixed, 3.0, 1.6},
};
enum { GOALS = sizeof(goals) / sizeof(goals[0]) };

static void it_costs_little_more_than_the_optimum(void **state)
{
    (void)state;
    for (size_t i = 0; i < GOALS; i++) {
        const struct polling_lags *lags = goals[i].lags;
        struct polling_optimum *optimum = polling_optimum_new(lags, 1);
        struct outcome cold = learn(lags, optimum, 1, 20, 40);
        struct outcome later = learn(lags, optimum, 501, 1000, 5);
        assert_at_most(times_the_best(&cold), goals[i].cold, lags->name);
        assert_at_most(times_the_best(&later), goals[i].learned, lags->name);
        mem_free(optimum);
    }
}

static void its_worst_is_no_worse_than_that_of_growing_intervals(void **state)
{
    (void)state;
    for (size_t i = 0; i < GOALS; i++) {
        const struct polling_lags *lags = goals[i].lags;
        struct polling_learner learner = polling_learner_new(1);
        struct polling_tally learned = {0};
        struct polling_tally growing = {0};
        for (size_t k = 0; k < 3000; k++) {
            double lag_ms = polling_draw(lags, &learner.lags);
            struct polling_result result =
                polling_learner_confirm(&learner, lag_ms);
            if (k >= 500) {
                polling_add(&learned, result);
                polling_add(&growing,
                            polling_confirm(lag_ms, growing_next, NULL));
            }
        }
        /* A tenth more is chance: one in a hundred of a few thousand. */
        assert_at_most(polling_quantile(&learned, 0.99),
                       polling_quantile(&growing, 0.99) * 1.1, lags->name);
        mem_free(learned.overshoots);
        mem_free(growing.overshoots);
        schedule_free(learner.schedule);
    }
}

static void shift(const struct polling_lags *from,
                  const struct polling_lags *to)
{
    struct polling_optimum *optimum = polling_optimum_new(to, 1);
    struct outcome soon = {0};
    struct outcome later = {0};
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct polling_learner learner = polling_learner_new(seed);
        struct outcome before = {0};
        confirm(&learner, from, optimum, 1, 500, &before);
        drop(&before);
        confirm(&learner, to, optimum, 1, 100, &soon);
        confirm(&learner, to, optimum, 100, 300, &later);
        schedule_free(learner.schedule);
    }
    assert_at_most(times_the_best(&soon), 2.0, to->name);
    assert_at_most(times_the_best(&later), 1.3, to->name);
    mem_free(optimum);
}

static void a_service_ten_times_slower_is_learned_anew(void **state)
{
    (void)state;
    shift(&lognormal, &slower);
}

static void a_service_ten_times_faster_is_learned_anew(void **state)
{
    (void)state;
    shift(&slower, &lognormal);
}

static void what_was_never_seen_to_come_moves_the_estimate_up(void **state)
{
    enum { TIMES = 30, GAVE_UP_MS = 5000 };
    struct schedule *schedule = schedule_new(&(struct schedule_config){0});
    const struct schedule_walk walk = {1, 1, GAVE_UP_MS, SCHEDULE_NEVER};
    (void)state;
    for (int i = 0; i < TIMES; i++) {
        schedule_learn(schedule, &polling_key, &walk);
    }
    struct schedule_summary summary = schedule_summary(schedule, &polling_key);
    assert_int_equal(summary.seen, TIMES);
    assert_true(summary.p50_ms > GAVE_UP_MS);
    schedule_free(schedule);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_costs_little_more_than_the_optimum),
        cmocka_unit_test(its_worst_is_no_worse_than_that_of_growing_intervals),
        cmocka_unit_test(a_service_ten_times_slower_is_learned_anew),
        cmocka_unit_test(a_service_ten_times_faster_is_learned_anew),
        cmocka_unit_test(what_was_never_seen_to_come_moves_the_estimate_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
