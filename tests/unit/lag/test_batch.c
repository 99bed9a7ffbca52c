/* SPDX-License-Identifier: Apache-2.0 */
/* Reads of several things of which some are stale. */
#include "world.h"

static void each_thing_is_shown_by_itself(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    put(&w, "/a", "a1");
    put(&w, "/b", "b1");
    w.clock.now_ms += 1000;
    put(&w, "/a", "a2");
    put(&w, "/c", "c1");
    struct str body = str_of(
        call(&w, "GetParameters", "{\"Names\":[\"/a\",\"/b\",\"/c\",\"/d\"]}"));
    assert_true(str_contains(body, STR("\"a1\"")));
    assert_true(str_contains(body, STR("\"b1\"")));
    assert_false(str_contains(body, STR("\"c1\"")));
    assert_true(str_contains(body, STR("\"/c\"")));
    assert_true(str_contains(body, STR("\"/d\"")));
    w.clock.now_ms += 300;
    body = str_of(
        call(&w, "GetParameters", "{\"Names\":[\"/a\",\"/b\",\"/c\",\"/d\"]}"));
    assert_true(str_contains(body, STR("\"a2\"")));
    assert_true(str_contains(body, STR("\"c1\"")));
    close_world(&w);
}

static void nothing_is_asked_when_all_is_stale(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    put(&w, "/a", "a1");
    put(&w, "/b", "b1");
    size_t before = w.upstream.asked;
    struct str body =
        str_of(call(&w, "GetParameters", "{\"Names\":[\"/a\",\"/b\"]}"));
    assert_true(str_contains(body, STR("\"Parameters\":[]")));
    assert_int_equal(w.upstream.asked, before);
    close_world(&w);
}

static void a_change_during_the_read_is_not_seen(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    put(&w, "/b", "b1");
    w.clock.now_ms += 1000;
    put(&w, "/a", "a1");
    struct visitor *reader =
        visit(&w, "GetParameters", "{\"Names\":[\"/a\",\"/b\"]}");
    struct visitor *writer =
        visit(&w, "PutParameter", "{\"Name\":\"/b\",\"Value\":\"b2\"}");
    while (w.upstream.sent_count >
           1) { /* all but the read, which stands first */
        emulate_one(&w, 1);
    }
    emulate(&w);
    assert_true(str_contains(reader->body, STR("\"b1\"")));
    leave(reader);
    leave(writer);
    close_world(&w);
}

static void a_rest_that_is_refused_is_refused(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    put(&w, "/a", "a1");
    struct visitor *v =
        visit(&w, "GetParameters", "{\"Names\":[\"/a\",\"/b\"]}");
    assert_int_equal(w.upstream.sent_count, 1);
    answer_fetch(&w, w.upstream.sent[0], 400,
                 STR("{\"__type\":\"Throttling\"}"));
    assert_int_equal(v->status, 400);
    leave(v);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_thing_is_shown_by_itself),
        cmocka_unit_test(nothing_is_asked_when_all_is_stale),
        cmocka_unit_test(a_change_during_the_read_is_not_seen),
        cmocka_unit_test(a_rest_that_is_refused_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
