/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of this room have in common: requests from text, AWS's
 * documented key pair, and a source that gives bytes in chosen portions.
 */
#ifndef TESTS_SIGV4_GIVEN_H
#define TESTS_SIGV4_GIVEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "sigv4/sigv4.h"

#define GIVEN_KEY    STR("AKIAIOSFODNN7EXAMPLE")
#define GIVEN_SECRET STR("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
#define GIVEN_EMPTY                                                            \
    STR("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")

#define assert_str(actual, expected)                                           \
    given_assert_str((actual), (expected), __FILE__, __LINE__)

static inline void given_assert_str(struct str actual, struct str expected,
                                    const char *file, int line)
{
    if (!str_eq(actual, expected)) {
        print_error("got:\n%.*s\nexpected:\n%.*s\n", STR_ARG(actual),
                    STR_ARG(expected));
        _fail(file, line);
    }
}

/* "GET /path HTTP/1.1", header lines "Name:value", an empty line, the body. A
 * line that starts with a blank goes on with the value before it. */
static inline struct http_request given_request(struct arena *arena,
                                                struct str text)
{
    struct http_request request = {0};
    struct str line = str_cut(&text, '\n');
    request.method = str_cut(&line, ' ');
    request.target = str_first(line, str_find_last(line, ' '));
    while (text.ptr != NULL) {
        line = str_cut(&text, '\n');
        if (line.len == 0) {
            request.body = text.ptr != NULL ? text : STR("");
            break;
        }
        if (line.ptr[0] == ' ') {
            struct str *last =
                &request.headers.at[request.headers.count - 1].value;
            *last = arena_printf(arena, "%.*s\n%.*s", STR_ARG(*last),
                                 STR_ARG(line));
            continue;
        }
        struct str value = line;
        struct str name = str_cut(&value, ':');
        http_headers_add(arena, &request.headers, name, value);
    }
    return request;
}

static inline int64_t given_time(const char *text)
{
    int64_t wall_ms = 0;
    assert_true(clock_parse(str_of(text), &wall_ms));
    return wall_ms;
}

/* Gives `bytes` in portions of at most `portion`, with a WAIT before each. */
struct given_source {
    struct http_source source;
    struct str bytes;
    size_t portion;
    bool waits;
    bool waited;
    enum http_read last; /* what follows the bytes */
    struct timer *watcher;
};

static inline enum http_read given_read(struct http_source *self, char *dst,
                                        size_t size, size_t *ret_len)
{
    struct given_source *given = (struct given_source *)self;
    *ret_len = 0;
    if (given->waits && !given->waited) {
        given->waited = true;
        return HTTP_READ_WAIT;
    }
    given->waited = false;
    if (given->bytes.len == 0) {
        return given->last;
    }
    size_t len = given->portion < size ? given->portion : size;
    len = len < given->bytes.len ? len : given->bytes.len;
    memcpy(dst, given->bytes.ptr, len);
    given->bytes = str_from(given->bytes, len);
    *ret_len = len;
    return HTTP_READ_SOME;
}

static inline void given_watch(struct http_source *self, struct timers *timers,
                               struct timer *watcher)
{
    (void)timers;
    ((struct given_source *)self)->watcher = watcher;
}

static inline struct given_source given_source(struct str bytes, size_t portion)
{
    return (struct given_source){
        .source = {.read = given_read, .watch = given_watch},
        .bytes = bytes,
        .portion = portion,
        .last = HTTP_READ_END,
    };
}

/* Reads to the end in portions of `size`; waits are gone over. */
static inline enum http_read given_drain(struct http_source *source,
                                         size_t size, struct buf *out)
{
    static char space[128 * 1024];
    assert_true(size <= sizeof(space));
    for (;;) {
        size_t len = 0;
        enum http_read result = http_source_read(source, space, size, &len);
        if (result == HTTP_READ_SOME) {
            assert_true(len > 0 && len <= size);
            buf_add(out, str_make(space, len));
        } else if (result != HTTP_READ_WAIT) {
            size_t more = 0;
            assert_int_equal(http_source_read(source, space, size, &more),
                             result);
            return result;
        }
    }
}

#endif
