/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies that arrive or leave over time, in bounded memory, and what becomes
 * of them when one side stops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture.h"

enum { BIG = 8 * 1024 * 1024, PIPE_LIMIT = 256 * 1024 };

/* Reads the download whenever woken, as the server's side does. */
struct reader {
    struct fixture *f;
    struct asker *asker;
    struct timer ready;
    size_t bytes;
    int ended; /* 1: whole, 2: broken */
    size_t largest;
};

static void read_on(void *ctx)
{
    static char piece[30000];
    struct reader *reader = ctx;
    struct http_source *source = reader->asker->fetch.download;
    struct http_pipe *pipe = (struct http_pipe *)source;
    enum http_read result = HTTP_READ_SOME;
    while (result == HTTP_READ_SOME) {
        size_t len = 0;
        size_t held = pipe->bytes.len - pipe->taken;
        reader->largest = held > reader->largest ? held : reader->largest;
        result = http_source_read(source, piece, sizeof(piece), &len);
        reader->bytes += len;
    }
    if (result != HTTP_READ_WAIT) {
        reader->ended = result == HTTP_READ_END ? 1 : 2;
    }
}

static void reader_start(struct reader *reader, struct fixture *f,
                         struct asker *asker)
{
    *reader = (struct reader){.f = f, .asker = asker};
    timer_init(&reader->ready, read_on, reader);
    http_source_watch(asker->fetch.download, loop_timers(f->loop),
                      &reader->ready);
}

static void reader_stop(struct reader *reader)
{
    timer_cancel(loop_timers(reader->f->loop), &reader->ready);
}

static void send_streaming(struct fixture *f, struct asker *a)
{
    ask_prepare(f, a, "GET");
    a->fetch.streams = true;
    http_fetch_send(f->client, &a->fetch);
    run_until(f, &a->head_count, 1);
    assert_true(a->fetch.head_ready);
    assert_int_equal(a->fetch.outcome, HTTP_ANSWERED);
    assert_int_equal(a->fetch.response.status, 200);
}

static void a_big_body_comes_in_little_memory(void **state)
{
    static const struct answer answers[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 8388608\r\n\r\n", BIG, KEEP, 0, 0},
        {"HTTP/1.1 200 OK\r\n\r\n", BIG, CLOSE, 0, 0}};
    struct fixture f;
    struct asker a[2];
    struct reader reader;
    (void)state;
    fixture_start(&f, answers, 2);
    for (size_t i = 0; i < 2; i++) {
        send_streaming(&f, &a[i]);
        reader_start(&reader, &f, &a[i]);
        run_until(&f, &reader.ended, 1);
        assert_int_equal(reader.ended, 1);
        assert_int_equal(reader.bytes, BIG);
        assert_true(reader.largest <= PIPE_LIMIT);
        /* Told a turn later where a millisecond ends in between. */
        run_until(&f, &a[i].done_count, 1);
        assert_int_equal(a[i].done_count, 1);
        assert_int_equal(a[i].fetch.outcome, HTTP_ANSWERED);
        reader_stop(&reader);
    }
    fixture_stop(&f, a, 2);
}

static void a_reader_that_rests_stops_the_sender(void **state)
{
    static const struct answer answers[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 8388608\r\n\r\n", BIG, KEEP, 0,
         0}};
    struct fixture f;
    struct asker a;
    struct reader reader;
    (void)state;
    fixture_start(&f, answers, 1);
    ask_prepare(&f, &a, "GET");
    a.fetch.streams = true;
    http_fetch_send(f.client, &a.fetch);
    run_until(&f, &a.head_count, 1);
    struct http_pipe *pipe = (struct http_pipe *)a.fetch.download;
    run_until_size(&f, &pipe->bytes.len, PIPE_LIMIT);
    linger(&f);
    for (int i = 0; i < 3; i++) {
        push_clock(&f, a.fetch.timeout_ms);
    }
    /* Longer than the timeout, but it was we who did not read. */
    assert_int_equal(a.done_count, 0);
    assert_int_equal(pipe->bytes.len - pipe->taken, PIPE_LIMIT);
    assert_true(arena_size(f.arena) < PIPE_LIMIT);
    reader_start(&reader, &f, &a);
    run_until(&f, &reader.ended, 1);
    assert_int_equal(reader.bytes, BIG);
    reader_stop(&reader);
    fixture_stop(&f, &a, 1);
}

static void a_download_that_breaks_off_is_broken(void **state)
{
    static const struct {
        enum ending then;
        enum http_outcome outcome;
    } rows[] = {{CLOSE, HTTP_LOST}, {RESET, HTTP_LOST}, {HANG, HTTP_TIMED_OUT}};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct answer answer = {
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", 0, rows[i].then,
            0, 0};
        struct fixture f;
        struct asker a;
        struct reader reader;
        fixture_start(&f, &answer, 1);
        ask_prepare(&f, &a, "GET");
        a.fetch.streams = true;
        http_fetch_send(f.client, &a.fetch);
        run_until(&f, &a.head_count, 1);
        reader_start(&reader, &f, &a);
        if (rows[i].then == HANG) {
            push_clock(&f, a.fetch.timeout_ms);
        }
        run_until(&f, &a.done_count, 1);
        read_on(&reader);
        assert_int_equal(reader.ended, 2);
        assert_true(reader.bytes <= 3);
        assert_int_equal(a.fetch.outcome, rows[i].outcome);
        assert_int_equal(a.fetch.response.status, 200);
        reader_stop(&reader);
        fixture_stop(&f, &a, 1);
    }
}

static void a_download_of_nothing_ends_at_once(void **state)
{
    static const struct answer answers[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0, KEEP, 0, 0}};
    struct fixture f;
    struct asker a;
    char byte;
    size_t len;
    (void)state;
    fixture_start(&f, answers, 1);
    send_streaming(&f, &a);
    run_until(&f, &a.done_count, 1);
    assert_int_equal(http_source_read(a.fetch.download, &byte, 1, &len),
                     HTTP_READ_END);
    fixture_stop(&f, &a, 1);
}

static void a_streaming_fetch_that_fails_wakes_only_done(void **state)
{
    static const struct answer answers[] = {{"", 0, RESET, 0, 0}};
    struct fixture f;
    struct asker a;
    (void)state;
    fixture_start(&f, answers, 1);
    ask_prepare(&f, &a, "GET");
    a.fetch.streams = true;
    ask_whole(&f, &a);
    assert_int_equal(a.head_count, 0);
    assert_null(a.fetch.download);
    assert_int_equal(a.fetch.outcome, HTTP_LOST);
    fixture_stop(&f, &a, 1);
}

static void a_download_may_be_left_in_the_middle(void **state)
{
    static const struct answer answers[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 8388608\r\n\r\n", BIG, KEEP, 0,
         0}};
    struct fixture f;
    struct asker a;
    (void)state;
    fixture_start(&f, answers, 1);
    send_streaming(&f, &a);
    for (int i = 0; i < 20; i++) {
        linger(&f);
    }
    http_fetch_cancel(f.client, &a.fetch);
    linger(&f);
    assert_int_equal(a.done_count, 0);
    fixture_stop(&f, &a, 1);
}

/* Puts a body into a pipe, as much as fits, each time it is woken. */
struct feeder {
    struct http_pipe pipe;
    struct timer room;
    size_t left;
    size_t piece;
};

static void feed_on(void *ctx)
{
    static char bytes[60000];
    struct feeder *feeder = ctx;
    size_t put = 1;
    while (feeder->left > 0 && put > 0) {
        size_t len =
            feeder->left < feeder->piece ? feeder->left : feeder->piece;
        put = http_pipe_put(&feeder->pipe, str_make(bytes, len));
        feeder->left -= put;
    }
    if (feeder->left == 0) {
        http_pipe_end(&feeder->pipe);
    }
}

static void feeder_start(struct feeder *feeder, struct fixture *f,
                         struct asker *asker, size_t bytes)
{
    *feeder = (struct feeder){.left = bytes, .piece = 60000};
    http_pipe_init(&feeder->pipe, 100000);
    timer_init(&feeder->room, feed_on, feeder);
    http_pipe_set_writer(&feeder->pipe, loop_timers(f->loop), &feeder->room);
    asker->fetch.upload = &feeder->pipe.source;
    asker->fetch.upload_length = (int64_t)bytes;
}

static void feeder_stop(struct feeder *feeder, struct fixture *f)
{
    timer_cancel(loop_timers(f->loop), &feeder->room);
    http_pipe_free(&feeder->pipe);
}

#define NOTHING "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

static void a_big_body_goes_out_in_little_memory(void **state)
{
    static const struct answer answers[] = {{NOTHING, 0, KEEP, 0, 0},
                                            {NOTHING, 0, KEEP, 0, 0}};
    struct fixture f;
    struct asker a[2];
    struct feeder feeder;
    (void)state;
    fixture_start(&f, answers, 2);
    for (size_t i = 0; i < 2; i++) {
        size_t before = f.server.body_bytes;
        ask_prepare(&f, &a[i], "PUT");
        feeder_start(&feeder, &f, &a[i], BIG);
        a[i].fetch.upload_length = i == 0 ? BIG : -1;
        feed_on(&feeder);
        ask_whole(&f, &a[i]);
        assert_int_equal(a[i].fetch.outcome, HTTP_ANSWERED);
        size_t came = f.server.body_bytes - before;
        assert_true(i == 0 ? came == BIG : came > BIG);
        assert_true(feeder.pipe.bytes.capacity <= 262144);
        feeder_stop(&feeder, &f);
    }
    assert_int_equal(f.server.connections, 1);
    fixture_stop(&f, a, 2);
}

static void an_upload_that_trickles_is_waited_for(void **state)
{
    static const struct answer answers[] = {{NOTHING, 0, KEEP, 0, 0},
                                            {NOTHING, 0, KEEP, 0, 0}};
    static const char *const expected[] = {"abcabcabcabcabc",
                                           "3\r\nabc\r\n3\r\nabc\r\n3\r\nabc"
                                           "\r\n3\r\nabc\r\n3\r\nabc\r\n0\r\n"
                                           "\r\n"};
    struct fixture f;
    struct asker a[2];
    (void)state;
    fixture_start(&f, answers, 2);
    for (size_t i = 0; i < 2; i++) {
        struct feeder feeder;
        ask_prepare(&f, &a[i], "POST");
        feeder_start(&feeder, &f, &a[i], 15);
        a[i].fetch.upload_length = i == 0 ? 15 : -1;
        http_fetch_send(f.client, &a[i].fetch);
        for (int k = 0; k < 5; k++) {
            for (int turn = 0; turn < 5; turn++) {
                linger(&f);
            }
            assert_int_equal(a[i].done_count, 0);
            (void)http_pipe_put(&feeder.pipe, STR("abc"));
        }
        http_pipe_end(&feeder.pipe);
        run_until(&f, &a[i].done_count, 1);
        assert_int_equal(a[i].fetch.outcome, HTTP_ANSWERED);
        assert_str(buf_str(&f.server.bodies), expected[i]);
        buf_clear(&f.server.bodies);
        feeder_stop(&feeder, &f);
    }
    fixture_stop(&f, a, 2);
}

static void an_upload_that_breaks_is_said_to_be_broken(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct fixture f;
        struct asker a;
        struct feeder feeder;
        fixture_start(&f, NULL, 0);
        ask_prepare(&f, &a, "POST");
        feeder_start(&feeder, &f, &a, 10);
        a.fetch.upload_length = i == 2 ? -1 : i == 3 ? 0 : 10;
        http_fetch_send(f.client, &a.fetch);
        if (i < 3) {
            (void)http_pipe_put(&feeder.pipe, STR("abc"));
            linger(&f);
        }
        if (i == 1) {
            http_pipe_end(&feeder.pipe); /* three of ten */
        } else {
            http_pipe_break(&feeder.pipe, NULL);
        }
        if (i == 3) { /* is known before it is sent */
            http_fetch_cancel(f.client, &a.fetch);
            http_fetch_send(f.client, &a.fetch);
        }
        run_until(&f, &a.done_count, 1);
        assert_int_equal(a.fetch.outcome, HTTP_UPLOAD_BROKEN);
        assert_int_equal(f.server.requests, 0);
        feeder_stop(&feeder, &f);
        fixture_stop(&f, &a, 1);
    }
}

static void an_early_answer_is_heard(void **state)
{
    static const struct answer refusal = {
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", 0, KEEP, true,
        0};
    (void)state;
    for (int i = 0; i < 8; i++) {
        struct fixture f;
        struct asker a;
        struct feeder feeder;
        fixture_start(&f, &refusal, 1);
        ask_prepare(&f, &a, "PUT");
        feeder_start(&feeder, &f, &a, BIG);
        a.fetch.upload_length = i % 2 == 0 ? BIG : -1;
        a.fetch.streams = (i & 4) != 0;
        if ((i & 2) != 0) {
            feed_on(&feeder); /* else nothing ever comes from the source */
        }
        ask_whole(&f, &a);
        assert_int_equal(a.fetch.outcome, HTTP_ANSWERED);
        assert_int_equal(a.fetch.response.status, 403);
        if (!a.fetch.streams) {
            assert_str(a.fetch.response.body, "no");
        }
        assert_int_equal(f.server.requests, 1);
        fixture_stop(&f, &a, 1);
        feeder_stop(&feeder, &f);
    }
}

static void a_slow_upload_does_not_time_out(void **state)
{
    static const struct answer answers[] = {{NOTHING, 0, KEEP, 0, 0}};
    struct fixture f;
    struct asker a;
    struct feeder feeder;
    (void)state;
    fixture_start(&f, answers, 1);
    ask_prepare(&f, &a, "PUT");
    feeder_start(&feeder, &f, &a, 30);
    http_fetch_send(f.client, &a.fetch);
    run_until_size(&f, &f.server.heads.len, 1);
    for (size_t i = 0; i < 30; i++) {
        push_clock(&f, a.fetch.timeout_ms / 3);
        assert_int_equal(a.done_count, 0);
        (void)http_pipe_put(&feeder.pipe, STR("x"));
        run_until_size(&f, &f.server.body_bytes, i + 1);
    }
    http_pipe_end(&feeder.pipe);
    run_until(&f, &a.done_count, 1);
    assert_int_equal(a.fetch.outcome, HTTP_ANSWERED);
    feeder_stop(&feeder, &f);
    fixture_stop(&f, &a, 1);
}

static void an_upload_may_be_cancelled_while_it_waits(void **state)
{
    struct fixture f;
    struct asker a;
    struct feeder feeder;
    (void)state;
    fixture_start(&f, NULL, 0);
    ask_prepare(&f, &a, "PUT");
    feeder_start(&feeder, &f, &a, 10);
    http_fetch_send(f.client, &a.fetch);
    for (int i = 0; i < 5; i++) {
        linger(&f);
    }
    http_fetch_cancel(f.client, &a.fetch);
    assert_null(feeder.pipe.watcher);
    (void)http_pipe_put(&feeder.pipe, STR("x"));
    linger(&f);
    assert_int_equal(a.done_count, 0);
    feeder_stop(&feeder, &f);
    fixture_stop(&f, &a, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_big_body_comes_in_little_memory),
        cmocka_unit_test(a_reader_that_rests_stops_the_sender),
        cmocka_unit_test(a_download_that_breaks_off_is_broken),
        cmocka_unit_test(a_download_of_nothing_ends_at_once),
        cmocka_unit_test(a_streaming_fetch_that_fails_wakes_only_done),
        cmocka_unit_test(a_download_may_be_left_in_the_middle),
        cmocka_unit_test(a_big_body_goes_out_in_little_memory),
        cmocka_unit_test(an_upload_that_trickles_is_waited_for),
        cmocka_unit_test(an_upload_that_breaks_is_said_to_be_broken),
        cmocka_unit_test(an_early_answer_is_heard),
        cmocka_unit_test(a_slow_upload_does_not_time_out),
        cmocka_unit_test(an_upload_may_be_cancelled_while_it_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
