/* SPDX-License-Identifier: Apache-2.0 */
/* Reads that answer from the past, on a clock turned by hand. */
#include "world.h"

static void a_read_answers_as_before_until_the_lag_has_passed(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    assert_string_equal(get(&w, "/a"), "none");
    put(&w, "/a", "one");
    assert_string_equal(get(&w, "/a"), "none");
    w.clock.now_ms += 299;
    assert_string_equal(get(&w, "/a"), "none");
    w.clock.now_ms += 1;
    assert_string_equal(get(&w, "/a"), "one");
    close_world(&w);
}

static void changes_come_to_light_one_after_the_other(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    put(&w, "/a", "one");
    w.clock.now_ms += 100;
    put(&w, "/a", "two");
    assert_string_equal(get(&w, "/a"), "none");
    w.clock.now_ms += 200;
    assert_string_equal(get(&w, "/a"), "one");
    w.clock.now_ms += 100;
    assert_string_equal(get(&w, "/a"), "two");
    close_world(&w);
}

static void a_refused_change_does_not_lag(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    put(&w, "/a", "refuse");
    assert_int_equal(store_open_count(w.lag->store, w.clock.now_ms), 0);
    assert_string_equal(get(&w, "/a"), "none");
    close_world(&w);
}

static void another_resource_is_seen_as_it_is(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    put(&w, "/b", "b");
    w.clock.now_ms += 1000;
    assert_string_equal(get(&w, "/b"), "b");
    put(&w, "/a", "one");
    assert_string_equal(get(&w, "/b"), "b");
    assert_int_equal(w.heard[w.heard_count - 1].kind, EVENT_LAG_MUTATION);
    close_world(&w);
}

static void a_read_during_the_change_does_not_see_it(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    struct visitor *writer =
        visit(&w, "PutParameter", "{\"Name\":\"/a\",\"Value\":\"one\"}");
    while (!str_eq(fetch_operation(w.upstream.sent[0]), STR("PutParameter"))) {
        emulate_one(&w, 0);
    }
    (void)put_parameter(
        &w, fetch_input(&w, w.upstream.sent[0])); /* not answered yet */
    struct visitor *reader = visit(&w, "GetParameter", "{\"Name\":\"/a\"}");
    assert_true(str_contains(reader->body, STR("ParameterNotFound")));
    leave(reader);
    emulate(&w);
    leave(writer);
    close_world(&w);
}

static void a_read_sent_before_the_change_does_not_see_it_either(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    struct visitor *reader = visit(&w, "GetParameter", "{\"Name\":\"/a\"}");
    struct visitor *writer =
        visit(&w, "PutParameter", "{\"Name\":\"/a\",\"Value\":\"one\"}");
    assert_true(w.upstream.sent_count > 1);
    while (w.upstream.sent_count >
           1) { /* all but the read, which stands first */
        emulate_one(&w, 1);
    }
    emulate(&w);
    assert_true(str_contains(reader->body, STR("ParameterNotFound")));
    leave(reader);
    leave(writer);
    close_world(&w);
}

static void what_is_asked_with_more_members_lags_too(void **state)
{
    static const struct {
        const char *operation;
        const char *body;
    } reads[] = {
        {"GetParameter", "{\"Name\":\"/x/a\",\"WithDecryption\":true}"},
        {"GetParameters", "{\"Names\":[\"/x/a\"]}"},
        {"GetParameters", "{\"Names\":[\"/x/a\"],\"WithDecryption\":true}"},
        {"GetParametersByPath", "{\"Path\":\"/x\"}"},
        {"GetParametersByPath", "{\"Path\":\"/x\",\"Recursive\":true}"},
        {"GetParametersByPath", "{\"Path\":\"/\",\"Recursive\":true}"},
        {"GetParameterHistory", "{\"Name\":\"/x/a\",\"MaxResults\":50}"},
        {"DescribeParameters", "{}"},
        {"DescribeParameters", "{\"MaxResults\":10}"},
    };
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    put(&w, "/x/a", "one");
    for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
        struct str body = str_of(call(&w, reads[i].operation, reads[i].body));
        if (str_contains(body, STR("\"one\""))) {
            fail_msg("%s %s", reads[i].operation, reads[i].body);
        }
    }
    w.clock.now_ms += 600; /* lists: direct, and as much again */
    for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
        struct str body = str_of(call(&w, reads[i].operation, reads[i].body));
        assert_true(str_contains(body, STR("\"one\"")));
    }
    close_world(&w);
}

static void what_clients_read_before_lags_from_then_on(void **state)
{
    static const char filter[] =
        "{\"ParameterFilters\":[{\"Key\":\"Type\",\"Values\":[\"String\"]}]}";
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    (void)call(&w, "DescribeParameters", filter);
    put(&w, "/a", "one");
    assert_false(str_contains(str_of(call(&w, "DescribeParameters", filter)),
                              STR("one")));
    w.clock.now_ms += 600;
    assert_true(str_contains(str_of(call(&w, "DescribeParameters", filter)),
                             STR("one")));
    close_world(&w);
}

static void a_list_that_did_not_change_does_not_lag(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    (void)call(&w, "GetParametersByPath", "{\"Path\":\"/other\"}");
    put(&w, "/a", "one");
    size_t before = w.heard_count;
    (void)call(&w, "GetParametersByPath", "{\"Path\":\"/other\"}");
    assert_int_equal(w.heard_count, before);
    close_world(&w);
}

static void tags_come_by_a_clock_of_their_own(void **state)
{
    struct world w;
    struct str why = STR_NONE;
    struct lag_config config = {0};
    struct arena *arena = arena_new();
    (void)state;
    config.clocks.own[LAG_TAGS] = true;
    assert_true(lag_distribution_parse(arena, STR("fixed:50ms"),
                                       &config.clocks.at[LAG_TAGS], &why));
    open_world(&w, "fixed:300ms", &config);
    put(&w, "/a", "one");
    w.clock.now_ms += 1000;
    static const char tags[] =
        "{\"ResourceType\":\"Parameter\",\"ResourceId\":\"/a\"}";
    (void)call(&w, "AddTagsToResource",
               "{\"ResourceType\":\"Parameter\",\"ResourceId\":\"/a\","
               "\"Tags\":[{\"Key\":\"k\",\"Value\":\"v\"}]}");
    assert_string_equal(w.heard[w.heard_count - 1].detail, "tags");
    assert_int_equal(w.heard[w.heard_count - 1].until_ms, 50);
    assert_false(str_contains(str_of(call(&w, "ListTagsForResource", tags)),
                              STR("\"k\"")));
    w.clock.now_ms += 50;
    assert_true(str_contains(str_of(call(&w, "ListTagsForResource", tags)),
                             STR("\"k\"")));
    close_world(&w);
    arena_free(arena);
}

static void an_older_change_does_not_come_back(void **state)
{
    /* Of several quick changes, a client sees a growing run of states. */
    static const char *const states[] = {"none", "1", "none", "3", "4"};
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct world w;
        const struct lag_config config = {.seed = seed};
        size_t at = 0;
        open_world(&w, "exponential:200ms", &config);
        for (int step = 0; step < 60; step++) {
            if (step == 0) {
                put(&w, "/a", "1");
            } else if (step == 3) {
                delete (&w, "/a");
            } else if (step == 5) {
                put(&w, "/a", "3");
            } else if (step == 9) {
                put(&w, "/a", "4");
            }
            const char *seen = get(&w, "/a");
            while (at < 5 && strcmp(states[at], seen) != 0) {
                at++;
            }
            assert_true(at < 5);
            w.clock.now_ms += 17;
        }
        w.clock.now_ms += 100000;
        assert_string_equal(get(&w, "/a"), "4");
        close_world(&w);
    }
}

static void changes_side_by_side_do_not_go_back_either(void **state)
{
    /* Two writers and a reader, answered in any order. */
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct world w;
        struct rng rng = {seed};
        const struct lag_config config = {.seed = seed};
        struct visitor *writers[2] = {NULL, NULL};
        int written = 0;
        char seen_last[32] = "";
        char before_that[64][32];
        size_t count = 0;
        open_world(&w, "uniform:0ms,60ms", &config);
        for (int step = 0; step < 300; step++) {
            size_t who = (size_t)(rng_next(&rng) % 2);
            uint64_t what = rng_next(&rng) % 4;
            if (what == 0 && writers[who] == NULL && written < 9) {
                char body[64];
                keep(body, sizeof(body),
                     arena_printf(w.arena,
                                  "{\"Name\":\"/a\",\"Value\":\"v%d\"}",
                                  ++written));
                writers[who] = visit(&w, "PutParameter", body);
            } else if (what < 3 && w.upstream.sent_count > 0) {
                emulate_one(&w,
                            (size_t)(rng_next(&rng) % w.upstream.sent_count));
            } else {
                struct visitor *v =
                    visit(&w, "GetParameter", "{\"Name\":\"/a\"}");
                if (v->status == 0) {
                    emulate_one(&w, w.upstream.sent_count - 1);
                }
                char seen[32];
                keep(seen, sizeof(seen), str_from(v->body, 27));
                leave(v);
                if (strcmp(seen, seen_last) != 0) {
                    for (size_t i = 0; i < count; i++) {
                        assert_string_not_equal(before_that[i], seen);
                    }
                    assert_true(count < 64);
                    memcpy(before_that[count++], seen, sizeof(seen));
                    memcpy(seen_last, seen, sizeof(seen));
                }
            }
            for (size_t i = 0; i < 2; i++) {
                if (writers[i] != NULL && writers[i]->holds == 0) {
                    leave(writers[i]);
                    writers[i] = NULL;
                }
            }
            w.clock.now_ms += (int64_t)(rng_next(&rng) % 8);
        }
        emulate(&w);
        for (size_t i = 0; i < 2; i++) {
            if (writers[i] != NULL) {
                leave(writers[i]);
            }
        }
        close_world(&w);
    }
}

static void flapping_replicas_answer_with_both(void **state)
{
    struct world w;
    unsigned old = 0;
    unsigned told = 0;
    const struct lag_config config = {.clocks = {.flap = 0.5}};
    (void)state;
    open_world(&w, "fixed:300ms", &config);
    put(&w, "/a", "one");
    size_t before = w.heard_count;
    for (int i = 0; i < 100; i++) {
        old += strcmp(get(&w, "/a"), "none") == 0;
    }
    for (size_t i = before; i < w.heard_count; i++) {
        told += w.heard[i].kind == EVENT_LAG_STALE_READ;
    }
    assert_int_equal(w.heard_count - before, 100);
    assert_int_equal(told, old);
    assert_in_range(old, 30, 70);
    close_world(&w);
}

/* What a reader of /a sees in 40 reads, as a text. */
static void flaps_of(uint64_t seed, bool busy, char *ret)
{
    struct world w;
    const struct lag_config config = {.seed = seed, .clocks = {.flap = 0.5}};
    open_world(&w, "uniform:100ms,300ms", &config);
    if (busy) {
        put(&w, "/b", "other");
    }
    put(&w, "/a", "one");
    for (int i = 0; i < 40; i++) {
        if (busy) {
            (void)get(&w, "/b");
        }
        ret[i] = strcmp(get(&w, "/a"), "none") == 0 ? 'o' : 'n';
        w.clock.now_ms += 6;
    }
    ret[40] = '\0';
    close_world(&w);
}

static void the_same_seed_gives_the_same_run(void **state)
{
    char first[41];
    char again[41];
    char busy[41];
    char other[41];
    (void)state;
    flaps_of(7, false, first);
    flaps_of(7, false, again);
    flaps_of(7, true, busy);
    flaps_of(8, false, other);
    assert_string_equal(first, again);
    assert_string_equal(first, busy);
    assert_string_not_equal(first, other);
}

static void a_schedule_makes_one_call_lag_otherwise(void **state)
{
    struct world w;
    struct lag_schedule_row row = {.service = STR("ssm"),
                                   .operation = STR("PutParameter"),
                                   .resource = STR("/slow/*"),
                                   .nth = 2};
    (void)state;
    row.clocks.own[LAG_DIRECT] = true;
    row.clocks.at[LAG_DIRECT] =
        (struct lag_distribution){.kind = LAG_FIXED, .a = 5000};
    const struct lag_config config = {.schedule = {&row, 1}};
    open_world(&w, "fixed:100ms", &config);
    put(&w, "/slow/a", "one");
    put(&w, "/fast", "one");
    w.clock.now_ms += 100;
    assert_string_equal(get(&w, "/slow/a"), "one");
    put(&w, "/slow/a", "two");
    put(&w, "/fast", "two");
    w.clock.now_ms += 4999;
    assert_string_equal(get(&w, "/slow/a"), "one");
    assert_string_equal(get(&w, "/fast"), "two");
    w.clock.now_ms += 1;
    assert_string_equal(get(&w, "/slow/a"), "two");
    close_world(&w);
}

static void the_log_names_each_clock_of_a_change(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    put(&w, "/a", "one");
    assert_int_equal(w.heard_count, 2);
    assert_string_equal(w.heard[0].detail, "direct");
    assert_string_equal(w.heard[0].confirmation, "value");
    assert_string_equal(w.heard[0].resource, "/a");
    assert_string_equal(w.heard[0].request_id, "r-1");
    assert_string_equal(w.heard[0].write, "1");
    assert_int_equal(w.heard[0].until_ms, 300);
    assert_string_equal(w.heard[1].detail, "listed");
    assert_string_equal(w.heard[1].confirmation, "index");
    assert_int_equal(w.heard[1].until_ms, 600);
    w.clock.now_ms += 100;
    (void)get(&w, "/a");
    assert_int_equal(w.heard[2].kind, EVENT_LAG_STALE_READ);
    assert_int_equal(w.heard[2].until_ms, 200);
    assert_string_equal(w.heard[2].write, "1");
    assert_string_equal(w.heard[2].resource, "/a");
    close_world(&w);
}

static void a_change_costs_a_bounded_number_of_reads(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    for (int i = 0; i < 100; i++) {
        (void)call(&w, "GetParametersByPath",
                   arena_printf(w.arena, "{\"Path\":\"/p%d\"}", i).ptr);
    }
    size_t before = w.upstream.asked;
    put(&w, "/a", "one");
    assert_in_range(w.upstream.asked - before, 5, 60);
    close_world(&w);
}

static void the_end_does_not_wait_for_the_emulator(void **state)
{
    static const char *const operations[] = {"PutParameter", "GetParameter"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct world w;
        open_world(&w, "fixed:300ms", NULL);
        struct visitor *v =
            visit(&w, operations[i], "{\"Name\":\"/a\",\"Value\":\"v\"}");
        assert_true(w.upstream.sent_count > 0);
        lag_finish(w.lag);
        world_run(&w);
        assert_true(v->aborted);
        assert_int_equal(v->status, 0);
        leave(v);
        close_world(&w);
    }
}

static void the_end_does_not_wait_for_what_comes_after_the_answer(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    struct visitor *v =
        visit(&w, "PutParameter", "{\"Name\":\"/a\",\"Value\":\"v\"}");
    while (v->status == 0) {
        emulate_one(&w, 0);
    }
    assert_true(w.upstream.sent_count > 0);
    lag_finish(w.lag);
    world_run(&w);
    assert_false(v->aborted);
    leave(v);
    close_world(&w);
}

static void a_client_that_leaves_takes_its_read_along(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    struct visitor *v = visit(&w, "GetParameter", "{\"Name\":\"/a\"}");
    assert_int_equal(w.upstream.sent_count, 1);
    v->call.gone = true;
    timer_wake(&w.clock.timers, v->call.on_gone);
    world_run(&w);
    leave(v);
    close_world(&w);
}

static void a_body_over_the_limit_is_refused(void **state)
{
    struct world w;
    char body[2048];
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    memset(body, 'x', sizeof(body) - 1);
    body[sizeof(body) - 1] = '\0';
    struct visitor *v = visit(&w, "GetParameter", body);
    assert_int_equal(v->status, 413);
    leave(v);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_read_answers_as_before_until_the_lag_has_passed),
        cmocka_unit_test(changes_come_to_light_one_after_the_other),
        cmocka_unit_test(a_refused_change_does_not_lag),
        cmocka_unit_test(another_resource_is_seen_as_it_is),
        cmocka_unit_test(a_read_during_the_change_does_not_see_it),
        cmocka_unit_test(a_read_sent_before_the_change_does_not_see_it_either),
        cmocka_unit_test(what_is_asked_with_more_members_lags_too),
        cmocka_unit_test(what_clients_read_before_lags_from_then_on),
        cmocka_unit_test(a_list_that_did_not_change_does_not_lag),
        cmocka_unit_test(tags_come_by_a_clock_of_their_own),
        cmocka_unit_test(an_older_change_does_not_come_back),
        cmocka_unit_test(changes_side_by_side_do_not_go_back_either),
        cmocka_unit_test(flapping_replicas_answer_with_both),
        cmocka_unit_test(the_same_seed_gives_the_same_run),
        cmocka_unit_test(a_schedule_makes_one_call_lag_otherwise),
        cmocka_unit_test(the_log_names_each_clock_of_a_change),
        cmocka_unit_test(a_change_costs_a_bounded_number_of_reads),
        cmocka_unit_test(the_end_does_not_wait_for_the_emulator),
        cmocka_unit_test(the_end_does_not_wait_for_what_comes_after_the_answer),
        cmocka_unit_test(a_client_that_leaves_takes_its_read_along),
        cmocka_unit_test(a_body_over_the_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
