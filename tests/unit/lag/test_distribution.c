/* SPDX-License-Identifier: Apache-2.0 */
/* How long a change stays invisible. */
#include "lag/lag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct moments {
    double mean;
    int64_t least;
    int64_t most;
};

static struct moments sample(const char *text)
{
    struct arena *arena = arena_new();
    struct lag_distribution d;
    struct str why = STR_NONE;
    struct rng rng = {42};
    struct moments m = {0, INT64_MAX, 0};
    assert_true(lag_distribution_parse(arena, str_of(text), &d, &why));
    for (int i = 0; i < 20000; i++) {
        int64_t ms = lag_distribution_draw_ms(&d, &rng);
        m.mean += (double)ms / 20000;
        m.least = ms < m.least ? ms : m.least;
        m.most = ms > m.most ? ms : m.most;
    }
    arena_free(arena);
    return m;
}

static void assert_near(double value, double wanted, double within)
{
    assert_true(value > wanted - within && value < wanted + within);
}

static void fixed_is_always_the_same(void **state)
{
    struct moments m = sample("fixed:300ms");
    (void)state;
    assert_int_equal(m.least, 300);
    assert_int_equal(m.most, 300);
}

static void uniform_stays_within_its_bounds(void **state)
{
    struct moments m = sample("uniform:50ms,2s");
    (void)state;
    assert_true(m.least >= 50 && m.most <= 2000);
    assert_near(m.mean, 1025, 20);
}

static void lognormal_has_its_mean(void **state)
{
    (void)state;
    assert_near(sample("lognormal:300ms,0.5").mean, 340, 10);
}

static void exponential_has_its_mean(void **state)
{
    (void)state;
    assert_near(sample("exponential:2s").mean, 2000, 60);
}

static void bimodal_is_rarely_the_other(void **state)
{
    struct moments m = sample("bimodal:100ms,5s,0.1");
    (void)state;
    assert_int_equal(m.least, 100);
    assert_int_equal(m.most, 5000);
    assert_near(m.mean, 590, 40);
}

static void a_wild_draw_is_a_day_at_most(void **state)
{
    struct moments m = sample("lognormal:1h,1000");
    (void)state;
    assert_true(m.most <= 24 * 3600 * 1000);
    assert_true(m.least >= 0);
}

static void nonsense_is_refused_with_examples(void **state)
{
    static const char *const bad[] = {"",
                                      "fixed",
                                      "fixed:",
                                      "fixed:x",
                                      "fixed:1s,2s",
                                      "uniform:1s",
                                      "uniform:2s,1s",
                                      "lognormal:1s",
                                      "gauss:1s",
                                      "lognormal:1s,-1",
                                      "exponential:1 s",
                                      "bimodal:1s,2s",
                                      "bimodal:1s,2s,1.1",
                                      "bimodal:1s,2s,-0.1",
                                      "bimodal:1s,2s,0.1,3",
                                      "lognormal:1s,nan",
                                      "lognormal:1s,0x1",
                                      "lognormal:1s, 1"};
    struct arena *arena = arena_new();
    struct lag_distribution d;
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct str why = STR_NONE;
        assert_false(lag_distribution_parse(arena, str_of(bad[i]), &d, &why));
        assert_true(str_contains(why, STR("fixed:300ms")));
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_is_always_the_same),
        cmocka_unit_test(uniform_stays_within_its_bounds),
        cmocka_unit_test(lognormal_has_its_mean),
        cmocka_unit_test(exponential_has_its_mean),
        cmocka_unit_test(bimodal_is_rarely_the_other),
        cmocka_unit_test(a_wild_draw_is_a_day_at_most),
        cmocka_unit_test(nonsense_is_refused_with_examples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
