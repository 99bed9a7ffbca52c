/* SPDX-License-Identifier: Apache-2.0 */
/* The pipe: order, limit, and who is woken when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "http/stream.h"

struct bench {
    struct timers timers;
    struct timer reader;
    struct timer writer;
    int reader_woken;
    int writer_woken;
    struct http_pipe pipe;
};

static int64_t no_time(void *unused)
{
    (void)unused;
    return 0;
}

static void count_up(void *ctx)
{
    int *count = ctx;
    (*count)++;
}

static void bench_start(struct bench *b, size_t limit)
{
    *b = (struct bench){0};
    timers_init(&b->timers, no_time, NULL);
    timer_init(&b->reader, count_up, &b->reader_woken);
    timer_init(&b->writer, count_up, &b->writer_woken);
    http_pipe_init(&b->pipe, limit);
    http_pipe_set_writer(&b->pipe, &b->timers, &b->writer);
}

static void bench_stop(struct bench *b)
{
    http_pipe_free(&b->pipe);
    timers_done(&b->timers);
}

static void assert_read(struct bench *b, size_t size, enum http_read result,
                        const char *text)
{
    char bytes[64];
    size_t len = 99;
    assert_int_equal(http_source_read(&b->pipe.source, bytes, size, &len),
                     result);
    assert_int_equal(len, strlen(text));
    assert_memory_equal(bytes, text, len);
}

static void what_is_put_is_read_in_order(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, 8);
    assert_read(&b, 4, HTTP_READ_WAIT, "");
    assert_int_equal(http_pipe_put(&b.pipe, STR("abcdef")), 6);
    assert_read(&b, 4, HTTP_READ_SOME, "abcd");
    assert_int_equal(http_pipe_put(&b.pipe, STR("ghijkl")), 6);
    assert_read(&b, 64, HTTP_READ_SOME, "efghijkl");
    assert_read(&b, 64, HTTP_READ_WAIT, "");
    http_pipe_end(&b.pipe);
    assert_read(&b, 64, HTTP_READ_END, "");
    assert_read(&b, 64, HTTP_READ_END, "");
    bench_stop(&b);
}

static void the_limit_holds_and_room_wakes_the_writer(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, 4);
    assert_int_equal(http_pipe_put(&b.pipe, STR("abcdef")), 4);
    assert_int_equal(http_pipe_put(&b.pipe, STR("ef")), 0);
    assert_int_equal(b.writer_woken, 0);
    assert_read(&b, 1, HTTP_READ_SOME, "a");
    assert_false(timer_is_armed(&b.writer));
    assert_read(&b, 1, HTTP_READ_SOME, "b");
    assert_int_equal(b.writer_woken, 0); /* not from within the read */
    (void)timers_run_due(&b.timers);
    assert_int_equal(b.writer_woken, 1);
    assert_read(&b, 64, HTTP_READ_SOME, "cd");
    (void)timers_run_due(&b.timers);
    assert_int_equal(b.writer_woken, 1); /* it does not wait any more */
    bench_stop(&b);
}

static void a_writer_that_fits_is_never_woken(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, 4);
    assert_int_equal(http_pipe_put(&b.pipe, STR("abcd")), 4);
    assert_read(&b, 64, HTTP_READ_SOME, "abcd");
    (void)timers_run_due(&b.timers);
    assert_int_equal(b.writer_woken, 0);
    bench_stop(&b);
}

static void to_ask_for_room_is_to_wait_for_it(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, 4);
    assert_int_equal(http_pipe_room(&b.pipe), 4);
    assert_int_equal(http_pipe_put(&b.pipe, STR("abcd")), 4);
    assert_read(&b, 3, HTTP_READ_SOME, "abc");
    (void)timers_run_due(&b.timers);
    assert_int_equal(b.writer_woken, 0);
    assert_int_equal(http_pipe_put(&b.pipe, STR("efg")), 3);
    assert_int_equal(http_pipe_room(&b.pipe), 0);
    assert_read(&b, 3, HTTP_READ_SOME, "def");
    (void)timers_run_due(&b.timers);
    assert_int_equal(b.writer_woken, 1);
    assert_int_equal(http_pipe_room(&b.pipe), 3);
    bench_stop(&b);
}

enum event { PUT, END, BREAK, EVENT_COUNT };

static void happen(struct bench *b, enum event event)
{
    if (event == PUT) {
        (void)http_pipe_put(&b->pipe, STR("x"));
    } else if (event == END) {
        http_pipe_end(&b->pipe);
    } else {
        http_pipe_break(&b->pipe, NULL);
    }
}

static void a_reader_that_waits_is_woken_by_each_event(void **state)
{
    (void)state;
    for (int i = 0; i < EVENT_COUNT * 2; i++) {
        struct bench b;
        bench_start(&b, 8);
        assert_read(&b, 64, HTTP_READ_WAIT, "");
        bool watches_late = i >= EVENT_COUNT;
        if (watches_late) {
            happen(&b, (enum event)(i % EVENT_COUNT));
        }
        http_source_watch(&b.pipe.source, &b.timers, &b.reader);
        if (!watches_late) {
            happen(&b, (enum event)(i % EVENT_COUNT));
        }
        assert_int_equal(b.reader_woken, 0); /* deferred, never inside */
        (void)timers_run_due(&b.timers);
        assert_int_equal(b.reader_woken, 1);
        bench_stop(&b);
    }
}

static void a_reader_that_stopped_watching_is_left_alone(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, 8);
    http_source_watch(&b.pipe.source, &b.timers, &b.reader);
    http_source_watch(&b.pipe.source, NULL, NULL);
    (void)http_pipe_put(&b.pipe, STR("x"));
    http_pipe_end(&b.pipe);
    (void)timers_run_due(&b.timers);
    assert_int_equal(b.reader_woken, 0);
    bench_stop(&b);
}

static void the_first_of_end_and_break_counts(void **state)
{
    static const struct http_fault fault = {400, "Code", "Message"};
    struct bench b;
    (void)state;
    bench_start(&b, 8);
    (void)http_pipe_put(&b.pipe, STR("ab"));
    http_pipe_break(&b.pipe, &fault);
    http_pipe_end(&b.pipe);
    assert_int_equal(http_pipe_put(&b.pipe, STR("cd")), 2); /* swallowed */
    assert_read(&b, 64, HTTP_READ_SOME, "ab");
    assert_read(&b, 64, HTTP_READ_BROKEN, "");
    assert_ptr_equal(b.pipe.source.fault, &fault);
    bench_stop(&b);
    bench_start(&b, 8);
    http_pipe_end(&b.pipe);
    http_pipe_break(&b.pipe, &fault);
    assert_read(&b, 64, HTTP_READ_END, "");
    bench_stop(&b);
}

/* Puts and reads of odd sizes; the bytes count up, so order shows. */
static void a_pipe_read_to_its_end_holds_no_memory(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, 64);
    assert_int_equal(http_pipe_put(&b.pipe, STR("last")), 4);
    http_pipe_end(&b.pipe);
    assert_read(&b, 64, HTTP_READ_SOME, "last");
    assert_read(&b, 64, HTTP_READ_END, "");
    assert_int_equal(b.pipe.bytes.capacity, 0);
    assert_read(&b, 64, HTTP_READ_END, "");
    bench_stop(&b);
}

static void any_mix_of_sizes_keeps_the_bytes(void **state)
{
    struct rng rng = {1};
    struct bench b;
    unsigned char next_in = 0;
    unsigned char next_out = 0;
    size_t total = 0;
    (void)state;
    bench_start(&b, 5000);
    while (total < 1000000) {
        char bytes[3000];
        size_t size = 1 + rng_next(&rng) % sizeof(bytes);
        size_t len;
        for (size_t i = 0; i < size; i++) {
            bytes[i] = (char)(unsigned char)(next_in + i);
        }
        len = http_pipe_put(&b.pipe, str_make(bytes, size));
        next_in = (unsigned char)(next_in + len);
        size = 1 + rng_next(&rng) % sizeof(bytes);
        (void)http_source_read(&b.pipe.source, bytes, size, &len);
        for (size_t i = 0; i < len; i++) {
            assert_int_equal((unsigned char)bytes[i], next_out);
            next_out++;
        }
        total += len;
        assert_true(b.pipe.bytes.len - b.pipe.taken <= 5000);
    }
    assert_true(b.pipe.bytes.capacity <= 16384);
    bench_stop(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_read_in_order),
        cmocka_unit_test(the_limit_holds_and_room_wakes_the_writer),
        cmocka_unit_test(a_writer_that_fits_is_never_woken),
        cmocka_unit_test(to_ask_for_room_is_to_wait_for_it),
        cmocka_unit_test(a_reader_that_waits_is_woken_by_each_event),
        cmocka_unit_test(a_reader_that_stopped_watching_is_left_alone),
        cmocka_unit_test(the_first_of_end_and_break_counts),
        cmocka_unit_test(a_pipe_read_to_its_end_holds_no_memory),
        cmocka_unit_test(any_mix_of_sizes_keeps_the_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
