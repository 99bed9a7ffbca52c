/* SPDX-License-Identifier: Apache-2.0 */
/* The file of calls that lag otherwise. */
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
    struct diag diag;
    struct lag_schedule schedule;
    bool good;
};

static void open_desk(struct desk *d, const char *text)
{
    *d = (struct desk){.arena = arena_new(), .registry = aws_registry_new()};
    struct source *source = ARENA_NEW(d->arena, struct source);
    *source = (struct source){STR("s.json"), str_of(text)};
    diag_init(&d->diag, d->arena);
    const struct rules_load_in in = {.registry = d->registry};
    d->rules = rules_load(&in, &d->diag);
    assert_non_null(d->rules);
    d->good =
        lag_schedule_read(d->arena, source, d->rules, &d->schedule, &d->diag);
}

static void close_desk(struct desk *d)
{
    rules_unref(d->rules);
    aws_registry_free(d->registry);
    arena_free(d->arena);
}

static void a_row_is_read_whole(void **state)
{
    struct desk d;
    (void)state;
    open_desk(&d, "[{\"service\":\"ssm\",\"operation\":\"PutParameter\","
                  "\"resource\":\"/app/*\",\"lag\":\"fixed:5s\","
                  "\"tag-lag\":\"fixed:1s\",\"listed-lag\":\"fixed:9s\","
                  "\"flap\":0.5,\"nth\":2,\"times\":3}]");
    assert_true(d.good);
    assert_int_equal(d.schedule.count, 1);
    const struct lag_schedule_row *row = &d.schedule.rows[0];
    assert_true(str_eq(row->resource, STR("/app/*")));
    assert_true(row->clocks.own[LAG_DIRECT]);
    assert_true(row->clocks.at[LAG_TAGS].a > 999);
    assert_true(row->clocks.at[LAG_LISTED].a > 8999);
    assert_true(row->clocks.own_flap);
    assert_int_equal(row->nth, 2);
    assert_int_equal(row->times, 3);
    close_desk(&d);
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
    static const struct {
        const char *text;
        const char *wanted; /* in what is printed */
    } rows[] = {
        {"{}", "s.json:1:1: error: a schedule must be a list"},
        {"[", "s.json:1:"},
        {"[1]", "s.json:1:2: error: a row must be an object"},
        {"[{\"flap\":0.1,\n \"recource\":\"x\"}]",
         "s.json:2:2: error: there is no key `recource` here: did you mean "
         "`resource`?"},
        {"[{\"service\":\"sms\",\"flap\":1}]",
         "no rule is for the service `sms`: did you mean `ssm`?"},
        {"[{\"service\":\"ssm\",\"operation\":\"DeleteSecret\",\"flap\":1}]",
         "s.json:1:31: error: no rule is for the operation `DeleteSecret`"},
        {"[{\"operation\":\"GetParameter\",\"flap\":1}]",
         "did you mean `PutParameter`?"},
        {"[{\"lag\":\"fixed:x\"}]", "s.json:1:9: error: fixed:x: wants"},
        {"[{\"lag\":5}]", "`lag` must be a text"},
        {"[{\"flap\":1.5}]", "`flap` must be a chance from 0 to 1"},
        {"[{\"flap\":\"1\"}]", "`flap` must be a chance from 0 to 1"},
        {"[{\"flap\":1,\"nth\":0}]", "`nth` must be a number from 1 on"},
        {"[{\"flap\":1,\"times\":1.5}]", "`times` must be a number from 1 on"},
        {"[{\"flap\":1,\"times\":-1}]", "`times` must be a number from 1 on"},
        {"[{\"flap\":1,\"flap\":1}]", "`flap` is there twice"},
        {"[{\"service\":\"ssm\"}]", "a row needs `lag`"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct desk d;
        struct buf out = {0};
        open_desk(&d, rows[i].text);
        assert_false(d.good);
        diag_print(&d.diag, &out);
        if (!str_contains(buf_str(&out), str_of(rows[i].wanted))) {
            print_message("%.*s", STR_ARG(buf_str(&out)));
            fail_msg("wanted %s", rows[i].wanted);
        }
        buf_free(&out);
        close_desk(&d);
    }
}

static void a_pattern_matches_whole_names(void **state)
{
    static const struct {
        const char *pattern;
        const char *text;
        bool matches;
    } rows[] = {
        {"/app/*", "/app/x", true},
        {"/app/*", "/app/", true},
        {"/app/*", "/ap/x", false},
        {"*", "", true},
        {"*", "anything", true},
        {"", "", true},
        {"", "x", false},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"*/second", "/x/second", true},
        {"*/second", "/second/", false},
        {"a*b*c", "aXbYbZc", true},
        {"a*b*c", "aXcYb", false},
        {"**", "x", true},
        {"a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(
            lag_glob_matches(str_of(rows[i].pattern), str_of(rows[i].text)),
            rows[i].matches);
    }
}

static int choose(struct desk *d, struct row_use *use, const char *operation,
                  const char *resource)
{
    const struct lag_schedule_row *row =
        lag_schedule_choose(&d->schedule, use, STR("ssm"), str_of(operation),
                            json_new_text(d->arena, resource));
    return row == NULL ? -1 : (int)(row - d->schedule.rows);
}

static void the_first_row_that_matches_wins(void **state)
{
    struct desk d;
    struct row_use use[3] = {{0}};
    (void)state;
    open_desk(&d, "[{\"operation\":\"PutParameter\",\"resource\":\"/a*\","
                  "\"nth\":2,\"flap\":1},"
                  "{\"operation\":\"PutParameter\",\"times\":2,\"flap\":1},"
                  "{\"service\":\"ssm\",\"flap\":1}]");
    assert_true(d.good);
    assert_int_equal(choose(&d, use, "PutParameter", "/a1"), 1);
    assert_int_equal(choose(&d, use, "PutParameter", "/b"), 1);
    assert_int_equal(choose(&d, use, "PutParameter", "/a2"), 0);
    assert_int_equal(choose(&d, use, "PutParameter", "/a1"), 2);
    assert_int_equal(choose(&d, use, "DeleteParameter", "/a1"), 2);
    close_desk(&d);
}

static void one_of_several_resources_will_do(void **state)
{
    struct desk d;
    struct row_use use[1] = {{0}};
    (void)state;
    open_desk(&d, "[{\"resource\":\"/a*\",\"flap\":1}]");
    struct json *list = json_new(d.arena, JSON_ARRAY);
    json_push(d.arena, list, json_new_text(d.arena, "/b"));
    assert_null(
        lag_schedule_choose(&d.schedule, use, STR("ssm"), STR("X"), list));
    json_push(d.arena, list, json_new_text(d.arena, "/a"));
    assert_non_null(
        lag_schedule_choose(&d.schedule, use, STR("ssm"), STR("X"), list));
    assert_null(lag_schedule_choose(&d.schedule, use, STR("ssm"), STR("X"),
                                    json_new(d.arena, JSON_NULL)));
    close_desk(&d);
}

static void what_a_row_does_not_say_is_as_usual(void **state)
{
    struct lag_clocks usual = {.own = {true, true, false}, .flap = 0.25};
    struct lag_schedule_row row = {.nth = 0};
    (void)state;
    usual.at[LAG_DIRECT].a = 1;
    usual.at[LAG_TAGS].a = 2;
    row.clocks.own[LAG_DIRECT] = true;
    row.clocks.at[LAG_DIRECT].a = 7;
    struct lag_clocks got = lag_schedule_apply(&usual, &row);
    assert_true(got.at[LAG_DIRECT].a > 6 && got.at[LAG_TAGS].a < 3);
    assert_true(got.flap > 0.2 && !got.own[LAG_LISTED]);
    row.clocks.own_flap = true;
    assert_true(lag_schedule_apply(&usual, &row).flap <= 0);
    assert_true(lag_schedule_apply(&usual, NULL).flap > 0.2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_read_whole),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(a_pattern_matches_whole_names),
        cmocka_unit_test(the_first_row_that_matches_wins),
        cmocka_unit_test(one_of_several_resources_will_do),
        cmocka_unit_test(what_a_row_does_not_say_is_as_usual),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
