/* SPDX-License-Identifier: Apache-2.0 */
/* Our own paths. */
#include "world.h"

static struct visitor *ask(struct world *w, const char *method,
                           const char *target, const char *header,
                           const char *value)
{
    struct http_request request = {.method = str_of(method),
                                   .target = str_of(target)};
    http_headers_add(w->arena, &request.headers, STR("Host"),
                     STR("127.0.0.1:4000"));
    if (header != NULL) {
        http_headers_set(w->arena, &request.headers, str_of(header),
                         str_of(value));
    }
    return visit_with(w, &request, "");
}

static void each_path_has_its_answer_and_its_method(void **state)
{
    static const struct {
        const char *method;
        const char *target;
        const char *header;
        const char *value;
        int status;
    } rows[] = {
        {"GET", "/_settled/lag", NULL, NULL, 200},
        {"GET", "/_settled/lag?x=1", NULL, NULL, 200},
        {"GET", "/_settled/lag/open", NULL, NULL, 200},
        {"POST", "/_settled/lag/clear", NULL, NULL, 200},
        {"POST", "/_settled/lag", NULL, NULL, 405},
        {"GET", "/_settled/lag/clear", NULL, NULL, 405},
        {"GET", "/_settled/else", NULL, NULL, 404},
        {"GET", "/_settled", NULL, NULL, 404},
        {"GET", "/_settled/lag", "Origin", "http://evil.example", 403},
        {"GET", "/_settled/lag", "Sec-Fetch-Site", "same-origin", 403},
        {"GET", "/_settled/lag", "Host", "evil.example:4000", 403},
        {"GET", "/_settled/lag", "Host", "localhost:4000", 200},
    };
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct visitor *v = ask(&w, rows[i].method, rows[i].target,
                                rows[i].header, rows[i].value);
        assert_int_equal(v->status, rows[i].status);
        leave(v);
    }
    assert_int_equal(w.upstream.asked, 0); /* none reached the emulator */
    close_world(&w);
}

static void clear_ends_all_lags(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    put(&w, "/a", "one");
    struct visitor *v = ask(&w, "GET", "/_settled/lag/open", NULL, NULL);
    assert_true(str_contains(v->body, STR("\"resource\":\"/a\"")));
    assert_true(str_contains(v->body, STR("\"clock\":\"direct\"")));
    assert_true(str_contains(v->body, STR("\"until_ms\":300")));
    leave(v);
    leave(ask(&w, "POST", "/_settled/lag/clear", NULL, NULL));
    assert_string_equal(get(&w, "/a"), "one");
    v = ask(&w, "GET", "/_settled/lag/open", NULL, NULL);
    assert_string_equal(v->body.ptr, "[]\n");
    leave(v);
    close_world(&w);
}

static void clear_ends_a_change_under_way(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    struct visitor *v =
        visit(&w, "PutParameter", "{\"Name\":\"/a\",\"Value\":\"one\"}");
    while (!str_eq(fetch_operation(w.upstream.sent[0]), STR("PutParameter"))) {
        emulate_one(&w, 0);
    }
    leave(ask(&w, "POST", "/_settled/lag/clear", NULL, NULL));
    emulate(&w);
    leave(v);
    assert_string_equal(get(&w, "/a"), "one");
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_path_has_its_answer_and_its_method),
        cmocka_unit_test(clear_ends_all_lags),
        cmocka_unit_test(clear_ends_a_change_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
