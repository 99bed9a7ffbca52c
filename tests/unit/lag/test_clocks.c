/* SPDX-License-Identifier: Apache-2.0 */
/* Which read is on which clock, and how the clocks are drawn. */
#include "lag/private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct desk {
    struct arena *arena;
    struct aws_registry *registry;
    struct rules *rules;
};

static void open_desk(struct desk *d)
{
    struct diag diag;
    *d = (struct desk){arena_new(), aws_registry_new(), NULL};
    diag_init(&diag, d->arena);
    const struct rules_load_in in = {.registry = d->registry};
    d->rules = rules_load(&in, &diag);
    assert_non_null(d->rules);
}

static void close_desk(struct desk *d)
{
    rules_unref(d->rules);
    aws_registry_free(d->registry);
    arena_free(d->arena);
}

static void each_confirmation_has_its_clock(void **state)
{
    static const struct {
        const char *service;
        const char *operation;
        const char *confirmation;
        enum lag_clock clock;
    } rows[] = {
        {"ssm", "PutParameter", "value", LAG_DIRECT},
        {"ssm", "PutParameter", "tags", LAG_TAGS},
        {"ssm", "PutParameter", "index", LAG_LISTED},
        {"ssm", "AddTagsToResource", "tags", LAG_TAGS},
        /* DescribeSecret shows more than tags. */
        {"secretsmanager", "TagResource", "tags", LAG_DIRECT},
        {"secretsmanager", "CreateSecret", "tags", LAG_DIRECT},
        {"secretsmanager", "CreateSecret", "index", LAG_LISTED},
        {"resourcegroupstaggingapi", "TagResources", "ssm", LAG_TAGS},
        {"resourcegroupstaggingapi", "TagResources", "index", LAG_LISTED},
    };
    struct desk d;
    (void)state;
    open_desk(&d);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct rule *rule = rules_find(d.rules, str_of(rows[i].service),
                                             str_of(rows[i].operation));
        assert_non_null(rule);
        bool found = false;
        for (size_t k = 0; k < rule->confirmation_count; k++) {
            const struct rules_confirmation *c = &rule->confirmations[k];
            if (str_eq(c->name, str_of(rows[i].confirmation))) {
                found = true;
                assert_int_equal(lag_clock_of_confirmation(d.rules, c),
                                 rows[i].clock);
            }
        }
        assert_true(found);
    }
    close_desk(&d);
}

static void other_reads_go_by_their_operation(void **state)
{
    static const struct {
        const char *service;
        const char *operation;
        enum lag_clock clock;
    } rows[] = {
        {"ssm", "GetParameter", LAG_DIRECT},
        {"ssm", "GetParametersByPath", LAG_LISTED},
        {"ssm", "DescribeParameters", LAG_LISTED},
        {"ssm", "ListTagsForResource", LAG_TAGS},
        {"secretsmanager", "ListSecrets", LAG_LISTED},
        {"secretsmanager", "GetSecretValue", LAG_DIRECT},
        {"resourcegroupstaggingapi", "GetResources", LAG_LISTED},
        {"resourcegroupstaggingapi", "GetTagKeys", LAG_TAGS},
    };
    struct desk d;
    (void)state;
    open_desk(&d);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct aws_operation *operation = aws_operation_find(
            d.registry, str_of(rows[i].service), str_of(rows[i].operation));
        assert_non_null(operation);
        assert_int_equal(lag_clock_of_operation(operation), rows[i].clock);
    }
    close_desk(&d);
}

static void lists_are_never_before_direct_reads_unless_told(void **state)
{
    struct lag_clocks clocks = {
        .at = {{.kind = LAG_UNIFORM, .a = 100, .b = 900}},
        .own = {true, false, false}};
    int64_t ms[LAG_CLOCK_COUNT];
    int differs = 0;
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        lag_clocks_draw(&clocks, seed, ms);
        assert_in_range(ms[LAG_DIRECT], 100, 900);
        assert_in_range(ms[LAG_TAGS], 100, 900);
        assert_in_range(ms[LAG_LISTED], ms[LAG_DIRECT] + 100, 1800);
        differs += ms[LAG_TAGS] != ms[LAG_DIRECT];
    }
    assert_true(differs > 150);
    clocks.own[LAG_LISTED] = true;
    clocks.at[LAG_LISTED] = (struct lag_distribution){.kind = LAG_FIXED};
    lag_clocks_draw(&clocks, 1, ms);
    assert_int_equal(ms[LAG_LISTED], 0);
}

static void one_clock_does_not_disturb_another(void **state)
{
    struct lag_clocks clocks = {.at = {{.kind = LAG_EXPONENTIAL, .a = 500}},
                                .own = {true, false, false}};
    int64_t before[LAG_CLOCK_COUNT];
    int64_t after[LAG_CLOCK_COUNT];
    (void)state;
    lag_clocks_draw(&clocks, 42, before);
    clocks.own[LAG_TAGS] = true;
    clocks.at[LAG_TAGS] =
        (struct lag_distribution){.kind = LAG_LOGNORMAL, .a = 5, .b = 1};
    lag_clocks_draw(&clocks, 42, after);
    assert_int_equal(before[LAG_DIRECT], after[LAG_DIRECT]);
    assert_int_equal(before[LAG_LISTED], after[LAG_LISTED]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_confirmation_has_its_clock),
        cmocka_unit_test(other_reads_go_by_their_operation),
        cmocka_unit_test(lists_are_never_before_direct_reads_unless_told),
        cmocka_unit_test(one_clock_does_not_disturb_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
