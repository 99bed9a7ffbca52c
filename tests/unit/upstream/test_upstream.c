/* SPDX-License-Identifier: Apache-2.0 */
/* Whole answers, broken answers and what may never be sent twice, against a
 * server that follows a script. Streams have a file of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture.h"

struct answer_row {
    const char *what;
    const char *method;
    struct answer answer;
    enum http_outcome outcome;
    int status;
    const char *body;
};

static const struct answer_row answer_rows[] = {
    {"a length", "GET", {OK_TEXT, 0, KEEP, 0, 0}, HTTP_ANSWERED, 200, "ok"},
    {"chunks",
     "POST",
     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2\r\nde\r\n0\r\nX-Late: 1\r\n\r\n",
      0, KEEP, 0, 0},
     HTTP_ANSWERED,
     200,
     "abcde"},
    {"until close",
     "GET",
     {"HTTP/1.1 200 OK\r\n\r\nto the end", 0, CLOSE, 0, 0},
     HTTP_ANSWERED,
     200,
     "to the end"},
    {"HEAD",
     "HEAD",
     {"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", 0, KEEP, 0, 0},
     HTTP_ANSWERED,
     200,
     ""},
    {"204",
     "DELETE",
     {"HTTP/1.1 204 No Content\r\n\r\n", 0, KEEP, 0, 0},
     HTTP_ANSWERED,
     204,
     ""},
    {"304",
     "GET",
     {"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", 0, KEEP, 0, 0},
     HTTP_ANSWERED,
     304,
     ""},
    {"interim heads",
     "GET",
     {"HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n"
      "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" OK_TEXT,
      0, KEEP, 0, 0},
     HTTP_ANSWERED,
     200,
     "ok"},
    {"a redirect is an answer",
     "GET",
     {"HTTP/1.1 307 T\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n", 0,
      KEEP, 0, 0},
     HTTP_ANSWERED,
     307,
     ""},
    {"gzip stays as it is",
     "GET",
     {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n"
      "abc",
      0, KEEP, 0, 0},
     HTTP_ANSWERED,
     200,
     "abc"},
    {"reset before the head", "GET", {"", 0, RESET, 0, 0}, HTTP_LOST, 0, ""},
    {"close before the head", "POST", {"", 0, CLOSE, 0, 0}, HTTP_LOST, 0, ""},
    {"reset in the head",
     "GET",
     {"HTTP/1.1 200 OK\r\nContent-Le", 0, RESET, 0, 0},
     HTTP_LOST,
     0,
     ""},
    {"reset after the head",
     "GET",
     {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 0, RESET, 0, 0},
     HTTP_LOST,
     0,
     ""},
    {"half a body",
     "GET",
     {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", 0, CLOSE, 0, 0},
     HTTP_LOST,
     0,
     ""},
    {"half a chunk",
     "GET",
     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", 0, CLOSE,
      0, 0},
     HTTP_LOST,
     0,
     ""},
    {"no last chunk",
     "GET",
     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", 0,
      CLOSE, 0, 0},
     HTTP_LOST,
     0,
     ""},
    {"garbage",
     "GET",
     {"what is this?\r\n\r\n", 0, CLOSE, 0, 0},
     HTTP_LOST,
     0,
     ""},
    {"a line without a colon",
     "GET",
     {"HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 0\r\n\r\n", 0, KEEP, 0,
      0},
     HTTP_LOST,
     0,
     ""},
    {"another protocol",
     "GET",
     {"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", 0, KEEP, 0, 0},
     HTTP_LOST,
     0,
     ""},
    {"a body over the limit",
     "GET",
     {"HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n", 100001, KEEP, 0, 0},
     HTTP_LOST,
     0,
     ""},
    {"close at connect", "GET", {"", 0, RESET, 0, 1}, HTTP_LOST, 0, ""},
    {"silence", "GET", {"", 0, HANG, 0, 0}, HTTP_TIMED_OUT, 0, ""},
    {"silence in the body",
     "GET",
     {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", 0, HANG, 0, 0},
     HTTP_TIMED_OUT,
     0,
     ""},
};

static void every_answer_has_its_outcome(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(answer_rows); i++) {
        const struct answer_row *row = &answer_rows[i];
        struct fixture f;
        struct asker a;
        fixture_start(&f, &row->answer, 1);
        ask_prepare(&f, &a, row->method);
        a.fetch.body_limit = 100000;
        http_fetch_send(f.client, &a.fetch);
        if (row->outcome == HTTP_TIMED_OUT) {
            run_until_size(&f, &f.server.requests, 1);
            push_clock(&f, a.fetch.timeout_ms);
        }
        run_until(&f, &a.done_count, 1);
        if (a.fetch.outcome != row->outcome) {
            fail_msg("%s: %s, %.*s", row->what,
                     http_outcome_name(a.fetch.outcome),
                     STR_ARG(a.fetch.error));
        }
        assert_int_equal(a.fetch.response.status, row->status);
        assert_str(a.fetch.response.body, row->body);
        assert_int_equal(f.server.requests, 1);
        assert_int_equal(a.done_count, 1);
        assert_int_equal(a.head_count, 0);
        if (row->outcome != HTTP_ANSWERED) {
            assert_true(str_contains(a.fetch.error, a.fetch.origin));
        }
        fixture_stop(&f, &a, 1);
    }
}

static void nobody_listens_so_nothing_was_sent(void **state)
{
    struct fixture f;
    struct asker a;
    (void)state;
    fixture_start(&f, NULL, 0);
    server_stop_listening(&f.server);
    ask_prepare(&f, &a, "POST");
    ask_whole(&f, &a);
    assert_int_equal(a.fetch.outcome, HTTP_REFUSED);
    assert_true(str_contains(a.fetch.error, a.fetch.origin));
    fixture_stop(&f, &a, 1);
}

static void without_tls_nothing_was_sent(void **state)
{
    static const struct answer answers[] = {
        {"HTTP/1.1 200 OK\r\n\r\n", 0, CLOSE, 0, 1}};
    struct fixture f;
    struct asker a;
    (void)state;
    fixture_start(&f, answers, 1);
    ask_prepare(&f, &a, "POST");
    a.fetch.origin =
        arena_printf(f.arena, "https://127.0.0.1:%u", (unsigned)f.server.port);
    ask_whole(&f, &a);
    assert_int_equal(a.fetch.outcome, HTTP_REFUSED);
    fixture_stop(&f, &a, 1);
}

static void a_silent_handshake_is_refused_in_time(void **state)
{
    static const struct answer answers[] = {{"", 0, HANG, 0, 1}};
    struct fixture f;
    struct asker a;
    (void)state;
    fixture_start(&f, answers, 1);
    ask_prepare(&f, &a, "POST");
    a.fetch.timeout_ms = 60;
    a.fetch.origin =
        arena_printf(f.arena, "https://127.0.0.1:%u", (unsigned)f.server.port);
    ask_whole(&f, &a);
    assert_int_equal(a.fetch.outcome, HTTP_REFUSED);
    assert_true(str_contains(a.fetch.error, STR("60 ms")));
    fixture_stop(&f, &a, 1);
}

static void one_connection_serves_many_requests(void **state)
{
    static const struct answer answers[] = {{OK_TEXT, 0, KEEP, 0, 0},
                                            {OK_TEXT, 0, KEEP, 0, 0},
                                            {OK_TEXT, 0, KEEP, 0, 0},
                                            {OK_TEXT, 0, KEEP, 0, 0}};
    struct fixture f;
    struct asker a[4];
    (void)state;
    fixture_start(&f, answers, 4);
    for (size_t i = 0; i < 4; i++) {
        ask_prepare(&f, &a[i], i % 2 == 0 ? "GET" : "POST");
        a[i].fetch.fresh_connection = i == 3;
        ask_whole(&f, &a[i]);
        assert_int_equal(a[i].fetch.outcome, HTTP_ANSWERED);
        assert_int_equal(f.server.connections, i == 3 ? 2 : 1);
    }
    fixture_stop(&f, a, 4);
}

/* How the body of the last request is given. */
enum how { NO_BODY, BODY, UPLOAD, CHUNKS, HOW_COUNT };

static void no_request_is_ever_sent_twice(void **state)
{
    static const struct answer answers[] = {{OK_TEXT, 0, KEEP, 0, 0},
                                            {OK_TEXT, 0, KEEP, 0, 0},
                                            {"", 0, CLOSE, 0, 0},
                                            {OK_TEXT, 0, KEEP, 0, 0}};
    (void)state;
    for (int i = 0; i < HOW_COUNT * 4; i++) {
        enum how how = (enum how)(i % HOW_COUNT);
        size_t idle = i < HOW_COUNT * 2 ? 1 : 2;
        struct answer script[4];
        struct fixture f;
        struct asker a[3];
        struct http_pipe pipe;
        memcpy(script, answers, sizeof(script));
        script[idle] = answers[2];
        script[idle].then = (i / HOW_COUNT) % 2 == 0 ? CLOSE : RESET;
        fixture_start(&f, script, 4);
        for (size_t k = 0; k < idle; k++) {
            ask_prepare(&f, &a[k], "GET");
            http_fetch_send(f.client, &a[k].fetch);
        }
        for (size_t k = 0; k < idle; k++) {
            run_until(&f, &a[k].done_count, 1);
        }
        assert_int_equal(f.server.connections, idle);
        ask_prepare(&f, &a[idle], how == NO_BODY ? "GET" : "PUT");
        http_pipe_init(&pipe, 1000);
        if (how == BODY) {
            a[idle].fetch.request.body = STR("body");
        } else if (how != NO_BODY) {
            a[idle].fetch.upload = &pipe.source;
            a[idle].fetch.upload_length = how == UPLOAD ? 4 : -1;
            (void)http_pipe_put(&pipe, STR("body"));
            http_pipe_end(&pipe);
        }
        ask_whole(&f, &a[idle]);
        assert_int_equal(a[idle].fetch.outcome, HTTP_LOST);
        for (int turn = 0; turn < 5; turn++) {
            linger(&f);
        }
        assert_int_equal(f.server.requests, idle + 1);
        assert_int_equal(f.server.connections, idle);
        fixture_stop(&f, a, idle + 1);
        http_pipe_free(&pipe);
    }
}

static void a_connection_closed_while_idle_is_not_used(void **state)
{
    static const struct answer answers[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 0, CLOSE, 0, 0},
        {OK_TEXT, 0, KEEP, 0, 0}};
    struct fixture f;
    struct asker a[2];
    (void)state;
    fixture_start(&f, answers, 2);
    for (size_t i = 0; i < 2; i++) {
        ask_prepare(&f, &a[i], "POST");
        ask_whole(&f, &a[i]);
        assert_int_equal(a[i].fetch.outcome, HTTP_ANSWERED);
        linger(&f);
    }
    assert_int_equal(f.server.connections, 2);
    fixture_stop(&f, a, 2);
}

static void headers_come_in_as_sent(void **state)
{
    static const struct answer answers[] = {
        {"HTTP/1.1 200 OK\r\nX-b: 1\r\nx-A:  2 \r\nConnection: X-Hop\r\n"
         "X-Hop: 1\r\nKeep-Alive: timeout=5\r\nX-b: 3\r\nX-Empty:\r\n"
         "Content-Length: 0\r\n\r\n",
         0, KEEP, 0, 0}};
    static const char *const expected[][2] = {{"X-b", "1"},
                                              {"x-A", "2"},
                                              {"X-b", "3"},
                                              {"X-Empty", ""},
                                              {"Content-Length", "0"}};
    struct fixture f;
    struct asker a;
    (void)state;
    fixture_start(&f, answers, 1);
    ask_prepare(&f, &a, "GET");
    ask_whole(&f, &a);
    assert_int_equal(a.fetch.response.headers.count, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++) {
        assert_str(a.fetch.response.headers.at[i].name, expected[i][0]);
        assert_str(a.fetch.response.headers.at[i].value, expected[i][1]);
    }
    fixture_stop(&f, &a, 1);
}

static void a_name_that_is_none_is_refused(void **state)
{
    struct fixture f;
    struct asker a;
    (void)state;
    fixture_start(&f, NULL, 0);
    ask_prepare(&f, &a, "POST");
    a.fetch.origin = STR("http://does-not-exist.invalid");
    a.fetch.timeout_ms = 100;
    ask_whole(&f, &a);
    assert_int_equal(a.fetch.outcome, HTTP_REFUSED);
    fixture_stop(&f, &a, 1);
}

static void many_at_once_are_all_answered(void **state)
{
    static struct answer answers[40];
    static struct asker a[40];
    struct fixture f;
    (void)state;
    for (size_t i = 0; i < 40; i++) {
        answers[i] = (struct answer){OK_TEXT, 0, KEEP, 0, 0};
    }
    fixture_start(&f, answers, 40);
    for (size_t i = 0; i < 40; i++) {
        ask_prepare(&f, &a[i], "GET");
        http_fetch_send(f.client, &a[i].fetch);
    }
    for (size_t i = 0; i < 40; i++) {
        run_until(&f, &a[i].done_count, 1);
        assert_int_equal(a[i].fetch.outcome, HTTP_ANSWERED);
    }
    assert_int_equal(f.server.requests, 40);
    fixture_stop(&f, a, 40);
}

static void the_environments_proxy_is_not_used_unasked(void **state)
{
    static const struct answer answers[] = {{OK_TEXT, 0, KEEP, 0, 0}};
    struct fixture f;
    struct asker a;
    (void)state;
    (void)setenv("http_proxy", "http://127.0.0.1:1", 1);
    fixture_start(&f, answers, 1);
    ask_prepare(&f, &a, "GET");
    ask_whole(&f, &a);
    assert_int_equal(a.fetch.outcome, HTTP_ANSWERED);
    fixture_stop(&f, &a, 1);
    (void)unsetenv("http_proxy");
}

static void a_proxy_that_was_asked_for_is_a_tunnel(void **state)
{
    static const struct answer answers[] = {
        {"HTTP/1.1 200 Connected\r\nX-Proxy: 1\r\n\r\n", 0, KEEP, 0, 0},
        {OK_TEXT, 0, KEEP, 0, 0}};
    struct upstream_config config = {.use_proxy_environment = true};
    struct fixture f;
    struct asker a;
    (void)state;
    fixture_start(&f, answers, 2);
    ask_prepare(&f, &a, "GET");
    struct str proxy = a.fetch.origin;
    (void)setenv("http_proxy", proxy.ptr, 1);
    struct upstream *other = upstream_new(f.loop, &config);
    struct http_client *client = upstream_client(other);
    a.fetch.origin = STR("http://somewhere.invalid");
    http_headers_add(f.arena, &a.fetch.request.headers, STR("Authorization"),
                     STR("signed"));
    http_fetch_send(client, &a.fetch);
    run_until(&f, &a.done_count, 1);
    assert_int_equal(a.fetch.outcome, HTTP_ANSWERED);
    assert_int_equal(a.fetch.response.headers.count, 1);
    struct str heads = buf_str(&f.server.heads);
    size_t end = str_find_str(heads, STR("\r\n\r\n"));
    assert_true(
        str_starts(heads, STR("CONNECT somewhere.invalid:80 HTTP/1.1\r\n")));
    assert_false(str_contains(str_first(heads, end), STR("signed")));
    assert_true(
        str_starts(str_from(heads, end + 4), STR("GET / HTTP/1.1\r\n")));
    http_fetch_cancel(client, &a.fetch);
    upstream_free(other);
    fixture_stop(&f, &a, 0);
    (void)unsetenv("http_proxy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_has_its_outcome),
        cmocka_unit_test(nobody_listens_so_nothing_was_sent),
        cmocka_unit_test(without_tls_nothing_was_sent),
        cmocka_unit_test(a_silent_handshake_is_refused_in_time),
        cmocka_unit_test(one_connection_serves_many_requests),
        cmocka_unit_test(no_request_is_ever_sent_twice),
        cmocka_unit_test(a_connection_closed_while_idle_is_not_used),
        cmocka_unit_test(headers_come_in_as_sent),
        cmocka_unit_test(a_name_that_is_none_is_refused),
        cmocka_unit_test(many_at_once_are_all_answered),
        cmocka_unit_test(the_environments_proxy_is_not_used_unasked),
        cmocka_unit_test(a_proxy_that_was_asked_for_is_a_tunnel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
