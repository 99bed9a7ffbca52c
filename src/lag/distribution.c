/* SPDX-License-Identifier: Apache-2.0 */
/* How long a change stays invisible. Start at lag_distribution_draw_ms(). */
#include "lag/lag.h"

#include <math.h>
#include <stdlib.h>

static const struct {
    const char *name;
    enum lag_kind kind;
    int numbers;
    bool second_is_plain; /* sigma has no unit */
    bool ordered;         /* the second is not below the first */
} kinds[] = {
    {"fixed", LAG_FIXED, 1, false, false},
    {"uniform", LAG_UNIFORM, 2, false, true},
    {"lognormal", LAG_LOGNORMAL, 2, true, false},
    {"exponential", LAG_EXPONENTIAL, 1, false, false},
    {"bimodal", LAG_BIMODAL, 3, false, false},
};

static bool parse_ms(struct str text, double *ret_ms)
{
    int64_t ms = 0;
    bool good = str_to_duration_ms(text, &ms);
    *ret_ms = (double)ms;
    return good;
}

static bool parse_plain(struct arena *arena, struct str text, double *ret)
{
    /* Digits and a dot only: neither "nan" nor "0x1" nor " 1". */
    for (size_t i = 0; i < text.len; i++) {
        if ((text.ptr[i] < '0' || text.ptr[i] > '9') && text.ptr[i] != '.') {
            return false;
        }
    }
    char *end = NULL;
    *ret = strtod(arena_str(arena, text).ptr, &end);
    return text.len > 0 && *end == '\0';
}

static bool parse_numbers(struct arena *arena, size_t kind, struct str rest,
                          struct lag_distribution *ret)
{
    if (!parse_ms(str_cut(&rest, ','), &ret->a)) {
        return false;
    }
    if (kinds[kind].numbers >= 2) {
        struct str second = str_cut(&rest, ',');
        bool good = kinds[kind].second_is_plain
                        ? parse_plain(arena, second, &ret->b)
                        : parse_ms(second, &ret->b);
        if (!good || (kinds[kind].ordered && ret->b < ret->a)) {
            return false;
        }
    }
    if (kinds[kind].numbers >= 3) {
        if (!parse_plain(arena, str_cut(&rest, ','), &ret->p) || ret->p > 1) {
            return false;
        }
    }
    return rest.ptr == NULL;
}

bool lag_distribution_parse(struct arena *arena, struct str text,
                            struct lag_distribution *ret_distribution,
                            struct str *reterr)
{
    struct str rest = text;
    struct str name = str_cut(&rest, ':');
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (str_eq(name, str_of(kinds[i].name)) &&
            parse_numbers(arena, i, rest, ret_distribution)) {
            ret_distribution->kind = kinds[i].kind;
            return true;
        }
    }
    *reterr = arena_printf(arena,
                           "%.*s: wants fixed:300ms, uniform:50ms,2s, "
                           "lognormal:300ms,1.0, exponential:2s or "
                           "bimodal:100ms,5s,0.1",
                           STR_ARG(text));
    return false;
}

/* Box and Muller. */
static double normal(struct rng *rng)
{
    const double two_pi = 6.283185307179586;
    double u = 1 - rng_unit(rng);
    double v = rng_unit(rng);
    return sqrt(-2 * log(u)) * cos(two_pi * v);
}

static double draw(const struct lag_distribution *distribution, struct rng *rng)
{
    switch (distribution->kind) {
    case LAG_FIXED:
        return distribution->a;
    case LAG_UNIFORM:
        return distribution->a +
               rng_unit(rng) * (distribution->b - distribution->a);
    case LAG_LOGNORMAL:
        return distribution->a * exp(distribution->b * normal(rng));
    case LAG_EXPONENTIAL:
        return -distribution->a * log(1 - rng_unit(rng));
    case LAG_BIMODAL:
        return rng_unit(rng) < distribution->p ? distribution->b
                                               : distribution->a;
    }
    return 0;
}

int64_t lag_distribution_draw_ms(const struct lag_distribution *distribution,
                                 struct rng *rng)
{
    const double longest = 24.0 * 3600 * 1000;
    double ms = draw(distribution, rng);
    /* Written so that a draw that is no number is no lag. */
    return ms > 0 ? (int64_t)(ms < longest ? ms : longest) : 0;
}
