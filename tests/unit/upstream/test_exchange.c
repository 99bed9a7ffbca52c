/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of a connection and of its buffers, and of requests that are
 * answered before they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture.h"
#include "upstream/private.h"

enum { BIG = 8 * 1024 * 1024 };

static size_t open_talks(const struct fixture *f)
{
    size_t count = 0;
    for (struct talk *t = f->server.talks; t != NULL; t = t->next) {
        count += t->watch.fd >= 0 ? 1 : 0;
    }
    return count;
}

static void settle_down(struct fixture *f)
{
    for (int i = 0; i < 10; i++) {
        linger(f);
    }
}

#define OK_11 "HTTP/1.1 200 OK\r\n"
#define OK_10 "HTTP/1.0 200 OK\r\n"
#define TWO   "Content-Length: 2\r\n\r\nok"

static const struct {
    const char *text;
    bool lasts;
} endings[] = {
    {OK_11 TWO, true},
    {OK_11 "Connection: keep-alive\r\n" TWO, true},
    {OK_11 "Connection: close\r\n" TWO, false},
    {OK_11 TWO "HTTP/1.1 200 OK\r\n", false},
    {OK_10 TWO, false},
    {OK_10 "Connection: Keep-Alive\r\n" TWO, true},
    {OK_11 "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n",
     true},
    {OK_11 "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n0", false},
    {"HTTP/1.1 100 Continue\r\nConnection: close\r\n\r\n" OK_11 TWO, true},
};

static void a_connection_is_used_again_where_its_answer_allows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(endings); i++) {
        const struct answer answers[] = {{endings[i].text, 0, KEEP, 0, 0},
                                         {OK_TEXT, 0, KEEP, 0, 0}};
        struct fixture f;
        struct asker a[2];
        fixture_start(&f, answers, 2);
        for (size_t k = 0; k < 2; k++) {
            ask_prepare(&f, &a[k], "GET");
            ask_whole(&f, &a[k]);
            assert_int_equal(a[k].fetch.outcome, HTTP_ANSWERED);
            assert_str(a[k].fetch.response.body, "ok");
        }
        if (f.server.connections != (endings[i].lasts ? 1 : 2)) {
            fail_msg("%s", endings[i].text);
        }
        settle_down(&f);
        assert_int_equal(open_talks(&f), 1);
        fixture_stop(&f, a, 2);
    }
}

static void an_answer_may_come_byte_by_byte(void **state)
{
    static const char *const texts[] = {
        "HTTP/1.1 100 Continue\r\n\r\n" OK_11 TWO,
        OK_11 "A: b\r\n  c\r\nTransfer-Encoding: chunked\r\n\r\n"
              "1\r\no\r\n1;x=y\r\nk\r\n0\r\nX: y\r\n\r\n",
        OK_11 "Connection: close\r\n\r\nok",
    };
    (void)state;
    for (size_t i = 0; i < 2 * COUNT(texts); i++) {
        const struct answer answers[] = {
            {texts[i / 2], 0, i / 2 == 2 ? CLOSE : KEEP, 0, 0}};
        struct fixture f;
        struct asker a;
        char body[8];
        size_t len = 2;
        fixture_start(&f, answers, 1);
        f.server.piece = 1;
        ask_prepare(&f, &a, "GET");
        a.fetch.streams = i % 2 == 1;
        ask_whole(&f, &a);
        assert_int_equal(a.fetch.outcome, HTTP_ANSWERED);
        memcpy(body, "??", 2);
        if (a.fetch.streams) {
            assert_int_equal(a.head_count, 1);
            assert_int_equal(http_source_read(a.fetch.download, body, 8, &len),
                             HTTP_READ_SOME);
        } else {
            memcpy(body, a.fetch.response.body.ptr, 2);
        }
        assert_str(str_make(body, len), "ok");
        fixture_stop(&f, &a, 1);
    }
}

static void a_big_body_at_hand_goes_out_whole(void **state)
{
    static const struct answer answers[] = {{OK_TEXT, 0, KEEP, 0, 0},
                                            {OK_TEXT, 0, KEEP, 0, 0}};
    struct fixture f;
    struct asker a[2];
    (void)state;
    fixture_start(&f, answers, 2);
    char *bytes = mem_new(BIG);
    memset(bytes, 'x', BIG);
    for (size_t i = 0; i < 2; i++) {
        size_t before = f.server.body_bytes;
        ask_prepare(&f, &a[i], "PUT");
        a[i].fetch.request.body = str_make(bytes, i == 0 ? BIG : 1);
        ask_whole(&f, &a[i]);
        assert_int_equal(a[i].fetch.outcome, HTTP_ANSWERED);
        assert_int_equal(f.server.body_bytes - before, i == 0 ? BIG : 1);
    }
    assert_int_equal(f.server.connections, 1);
    mem_free(bytes);
    fixture_stop(&f, a, 2);
}

/* The connection is there but takes nothing: nothing can have arrived. */
static void one_that_takes_no_byte_is_given_up_for_another(void **state)
{
    static const struct answer answers[] = {{OK_TEXT, 0, KEEP, 0, 0},
                                            {OK_TEXT, 0, KEEP, 0, 0}};
    (void)state;
    for (int how = 0; how < 3; how++) {
        struct fixture f;
        struct asker a[2];
        struct http_pipe pipe;
        fixture_start(&f, answers, 2);
        ask_prepare(&f, &a[0], "GET");
        ask_whole(&f, &a[0]);
        assert_int_equal(shutdown(f.upstream->pool.newest->fd, SHUT_WR), 0);
        ask_prepare(&f, &a[1], "PUT");
        http_pipe_init(&pipe, 1000);
        if (how == 0) {
            a[1].fetch.request.body = STR("body");
        } else {
            a[1].fetch.upload = &pipe.source;
            a[1].fetch.upload_length = how == 1 ? 4 : -1;
            (void)http_pipe_put(&pipe, STR("body"));
            http_pipe_end(&pipe);
        }
        ask_whole(&f, &a[1]);
        assert_int_equal(a[1].fetch.outcome, HTTP_ANSWERED);
        assert_int_equal(f.server.connections, 2);
        assert_int_equal(f.server.requests, 2);
        assert_str(buf_str(&f.server.bodies),
                   how == 2 ? "4\r\nbody\r\n0\r\n\r\n" : "body");
        fixture_stop(&f, a, 2);
        http_pipe_free(&pipe);
    }
}

/* 2xx: the rest of the request is wanted all the same. */
static void a_yes_that_comes_early_does_not_end_the_request(void **state)
{
    static const struct answer answers[] = {{OK_TEXT, 0, KEEP, true, 0}};
    (void)state;
    for (int breaks = 0; breaks < 2; breaks++) {
        struct fixture f;
        struct asker a;
        struct http_pipe pipe;
        fixture_start(&f, answers, 1);
        ask_prepare(&f, &a, "PUT");
        http_pipe_init(&pipe, 1000);
        a.fetch.upload = &pipe.source;
        a.fetch.upload_length = 4;
        http_fetch_send(f.client, &a.fetch);
        settle_down(&f);
        assert_int_equal(f.server.requests, 1);
        (void)http_pipe_put(&pipe, STR("bo"));
        settle_down(&f);
        assert_int_equal(a.done_count, 0);
        if (breaks) {
            http_pipe_break(&pipe, NULL);
        } else {
            (void)http_pipe_put(&pipe, STR("dy"));
        }
        run_until(&f, &a.done_count, 1);
        assert_int_equal(a.fetch.outcome,
                         breaks ? HTTP_UPLOAD_BROKEN : HTTP_ANSWERED);
        assert_int_equal(f.upstream->pool.count, breaks ? 0 : 1);
        fixture_stop(&f, &a, 1);
        http_pipe_free(&pipe);
    }
}

static void after_an_early_no_the_connection_is_closed(void **state)
{
    static const struct answer answers[] = {
        {"HTTP/1.1 413 Big\r\nContent-Length: 2\r\n\r\nno", 0, KEEP, true, 0}};
    struct fixture f;
    struct asker a;
    struct http_pipe pipe;
    (void)state;
    fixture_start(&f, answers, 1);
    ask_prepare(&f, &a, "PUT");
    http_pipe_init(&pipe, 1000);
    a.fetch.upload = &pipe.source;
    a.fetch.upload_length = 4;
    a.fetch.timeout_ms = 60000;
    ask_whole(&f, &a);
    assert_int_equal(a.fetch.outcome, HTTP_ANSWERED);
    assert_int_equal(a.fetch.response.status, 413);
    assert_null(pipe.watcher);
    assert_int_equal(f.upstream->pool.count, 0);
    fixture_stop(&f, &a, 1);
    http_pipe_free(&pipe);
}

/* Though nothing says how long the body is. */
static void a_reset_is_no_end(void **state)
{
    static const struct answer answers[] = {
        {OK_11 "\r\nto the", 0, RESET, 0, 0}};
    struct fixture f;
    struct asker a;
    (void)state;
    fixture_start(&f, answers, 1);
    f.server.piece = 4;
    ask_prepare(&f, &a, "GET");
    ask_whole(&f, &a);
    assert_int_equal(a.fetch.outcome, HTTP_LOST);
    fixture_stop(&f, &a, 1);
}

static void what_waits_holds_no_buffer(void **state)
{
    enum { WAITING = 20 };
    static struct asker a[WAITING];
    static struct http_pipe pipes[WAITING];
    static struct answer answers[WAITING];
    struct fixture f;
    (void)state;
    fixture_start(&f, answers, WAITING);
    for (size_t i = 0; i < WAITING; i++) {
        answers[i] = (struct answer){OK_TEXT, 0, KEEP, 0, 0};
        ask_prepare(&f, &a[i], "PUT");
        http_pipe_init(&pipes[i], 1000);
        a[i].fetch.upload = &pipes[i].source;
        a[i].fetch.upload_length = i % 2 == 0 ? 5 : -1;
        (void)http_pipe_put(&pipes[i], STR("abc"));
        http_fetch_send(f.client, &a[i].fetch);
    }
    settle_down(&f);
    for (size_t i = 0; i < WAITING; i++) {
        struct exchange *x = a[i].fetch.state;
        assert_int_equal(a[i].done_count, 0);
        assert_int_equal(x->sending.out.capacity, 0);
        (void)http_pipe_put(&pipes[i], STR("de"));
        http_pipe_end(&pipes[i]);
    }
    for (size_t i = 0; i < WAITING; i++) {
        run_until(&f, &a[i].done_count, 1);
        assert_int_equal(a[i].fetch.outcome, HTTP_ANSWERED);
    }
    assert_int_equal(f.upstream->pool.count, WAITING);
    fixture_stop(&f, a, WAITING);
    for (size_t i = 0; i < WAITING; i++) {
        http_pipe_free(&pipes[i]);
    }
}

/* ---- Cancelled, wherever it stands ---- */

enum { BODY_OF_MANY = 300 * 1024 };

static const struct {
    const char *method;
    struct answer answer;
    size_t piece;
    bool streams;
    int upload; /* 1: of known length, 2: of none */
} cancelled[] = {
    {"GET", {OK_TEXT, 0, KEEP, 0, 0}, 1, false, 0},
    {"GET", {OK_TEXT, 0, KEEP, 0, 0}, 3, true, 0},
    {"PUT", {OK_TEXT, 0, KEEP, 0, 0}, 0, false, 1},
    {"PUT", {OK_TEXT, 0, KEEP, true, 0}, 0, true, 2},
    {"PUT",
     {"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", 0, KEEP, true, 0},
     0,
     true,
     1},
    {"GET", {OK_11 "\r\n", BIG, CLOSE, 0, 0}, 0, true, 0},
    {"GET", {OK_11 "\r\n", BIG, RESET, 0, 0}, 0, false, 0},
    {"PUT", {"", 0, RESET, true, 0}, 0, true, 2},
    {"GET", {"", 0, HANG, 0, 0}, 0, false, 0},
    {"GET", {"HTTP/1.1 200 OK\r\n\r\nab", 0, HANG, 0, 0}, 0, true, 0},
};

struct canceller {
    struct fixture *f;
    struct asker *asker;
    struct timer timer;
};

/* What it has been read from has just woken its writer, and what has come in
 * this turn has woken the asker. */
static void cancel_now(void *ctx)
{
    static char piece[BODY_OF_MANY];
    struct canceller *canceller = ctx;
    struct http_fetch *fetch = &canceller->asker->fetch;
    size_t len;
    if (fetch->download != NULL) {
        (void)http_source_read(fetch->download, piece, sizeof(piece), &len);
    }
    http_fetch_cancel(canceller->f->client, fetch);
}

/* After so many turns; the second one finds a connection that may be kept. */
static void cancel_after(size_t row, int turns)
{
    static char body[BODY_OF_MANY];
    struct answer answers[] = {{OK_TEXT, 0, KEEP, 0, 0}, cancelled[row].answer};
    struct fixture f;
    struct asker a[2];
    struct http_pipe pipe;
    fixture_start(&f, answers, COUNT(answers));
    ask_prepare(&f, &a[0], "GET");
    ask_whole(&f, &a[0]);
    f.server.piece = cancelled[row].piece;
    ask_prepare(&f, &a[1], cancelled[row].method);
    a[1].fetch.streams = cancelled[row].streams;
    a[1].fetch.fresh_connection = turns % 2 == 1;
    http_pipe_init(&pipe, BODY_OF_MANY / 2);
    if (cancelled[row].upload > 0) {
        a[1].fetch.upload = &pipe.source;
        a[1].fetch.upload_length =
            cancelled[row].upload == 1 ? BODY_OF_MANY : -1;
        (void)http_pipe_put(&pipe, str_make(body, BODY_OF_MANY));
    }
    http_fetch_send(f.client, &a[1].fetch);
    for (int i = 0; i < turns; i++) {
        linger(&f);
        if (i == turns / 2) {
            (void)http_pipe_put(&pipe, str_make(body, BODY_OF_MANY / 2));
        }
    }
    struct canceller canceller = {.f = &f, .asker = &a[1]};
    int heads = a[1].head_count;
    int dones = a[1].done_count;
    timer_init(&canceller.timer, cancel_now, &canceller);
    timer_wake(loop_timers(f.loop), &canceller.timer);
    loop_turn(f.loop);
    assert_null(pipe.watcher);
    http_pipe_break(&pipe, NULL);
    settle_down(&f);
    assert_int_equal(a[1].head_count, heads);
    assert_int_equal(a[1].done_count, dones);
    fixture_stop(&f, a, COUNT(a));
    http_pipe_free(&pipe);
}

static void it_can_be_cancelled_wherever_it_stands(void **state)
{
    enum { TURNS = 12 };
    (void)state;
    for (size_t row = 0; row < COUNT(cancelled); row++) {
        for (int turns = 0; turns <= TURNS; turns++) {
            cancel_after(row, turns);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_is_used_again_where_its_answer_allows),
        cmocka_unit_test(an_answer_may_come_byte_by_byte),
        cmocka_unit_test(a_big_body_at_hand_goes_out_whole),
        cmocka_unit_test(one_that_takes_no_byte_is_given_up_for_another),
        cmocka_unit_test(a_yes_that_comes_early_does_not_end_the_request),
        cmocka_unit_test(after_an_early_no_the_connection_is_closed),
        cmocka_unit_test(a_reset_is_no_end),
        cmocka_unit_test(what_waits_holds_no_buffer),
        cmocka_unit_test(it_can_be_cancelled_wherever_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
