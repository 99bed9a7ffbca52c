/* SPDX-License-Identifier: Apache-2.0 */
/* Answers as they come in, in one piece and cut at every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "upstream/private.h"

#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
#define LENGTH  "HTTP/1.1 200 OK\r\nContent-Length: "

static const struct row {
    const char *bytes;
    enum reader_step last; /* END: before the other side closed */
    bool closes;           /* END: only once it has */
    const char *said;      /* the body, or the fault */
    const char *rest;      /* what is not of this answer */
    bool bodiless;
} rows[] = {
    {LENGTH "5\r\n\r\nabcde", READER_END, 0, "abcde", "", 0},
    {LENGTH "0\r\n\r\n", READER_END, 0, "", "", 0},
    {LENGTH "2\r\n\r\nabHTTP/1.1 500", READER_END, 0, "ab", "HTTP/1.1 500", 0},
    {LENGTH "5\r\n\r\n", READER_END, 0, "", "", 1},
    {CHUNKED, READER_END, 0, "", "", 1},
    {LENGTH "5\r\n\r\nabcd", READER_BAD, 1,
     "the connection was closed within its body", "", 0},
    {"HTTP/1.1 204 No\r\n\r\nx", READER_END, 0, "", "x", 0},
    {"HTTP/1.1 304 No\r\nContent-Length: 7\r\n\r\n", READER_END, 0, "", "", 0},
    {"HTTP/1.1 200 OK\n\nto the end", READER_END, 1, "to the end", "", 0},
    {"HTTP/1.0 200 OK\r\n\r\n", READER_END, 1, "", "", 0},
    {"HTTP/1.1 100 C\r\n\r\nHTTP/1.1 102 P\r\nA: b\r\n\r\n" LENGTH "1\r\n\r\na",
     READER_END, 0, "a", "", 0},
    {CHUNKED "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", READER_END, 0, "abcde", "", 0},
    {CHUNKED "0003\r\nabc\r\n000\r\n\r\nx", READER_END, 0, "abc", "x", 0},
    {CHUNKED "a;x=\"y\"\r\n0123456789\r\n0;z\r\n\r\n", READER_END, 0,
     "0123456789", "", 0},
    {CHUNKED "A \r\n0123456789\r\n0\r\n\r\n", READER_END, 0, "0123456789", "",
     0},
    {CHUNKED "0\r\nX-Late: 1\r\nY\r\n\r\n", READER_END, 0, "", "", 0},
    {CHUNKED "2\r\nab\r\n", READER_BAD, 1,
     "the connection was closed within its body", "", 0},
    {CHUNKED "2\r\nab\r\n0\r\n", READER_BAD, 1,
     "the connection was closed within its body", "", 0},
    {CHUNKED "2\r\nabc\r\n", READER_BAD, 0,
     "a chunk of its body is longer than its size", "", 0},
    {CHUNKED "2\r\nab\n0\r\n", READER_BAD, 0,
     "a chunk of its body is longer than its size", "", 0},
    {CHUNKED "\r\n", READER_BAD, 0, "a chunk of its body has no proper size",
     "", 0},
    {CHUNKED "-1\r\n", READER_BAD, 0, "a chunk of its body has no proper size",
     "", 0},
    {CHUNKED "0x1\r\n", READER_BAD, 0, "a chunk of its body has no proper size",
     "", 0},
    {CHUNKED "1 2\r\n", READER_BAD, 0, "a chunk of its body has no proper size",
     "", 0},
    {CHUNKED "1\n", READER_BAD, 0, "a chunk of its body has no proper size", "",
     0},
    {CHUNKED "10000000000000000\r\n", READER_BAD, 0,
     "a chunk of its body has no proper size", "", 0},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n"
     "\r\n",
     READER_BAD, 0, "it has both a length and a transfer coding", "", 0},
    {LENGTH "1\r\nContent-Length: 2\r\n\r\n", READER_BAD, 0,
     "its head is malformed or too long", "", 0},
    {"HTTP/1.1 101 S\r\n\r\n", READER_BAD, 0,
     "its head is malformed or too long", "", 0},
    {"SSH-2.0-OpenSSH\r\n", READER_BAD, 0, "its head is malformed or too long",
     "", 0},
    {"HTTP/1.1 200 OK\r\nContent-Le", READER_BAD, 1,
     "the connection was closed within its head", "", 0},
    {"HTTP/1.1 100 C\r\n\r\n", READER_BAD, 1,
     "the connection was closed within its head", "", 0},
    {"", READER_BAD, 1, "the connection was closed without an answer", "", 0},
};

struct heard {
    struct reader reader;
    struct arena *arena;
    struct buf body;
    size_t heads;
    enum reader_step last;
};

static void listen_to(struct heard *heard, bool bodiless)
{
    *heard = (struct heard){.arena = arena_new(), .last = READER_MORE};
    reader_init(&heard->reader, bodiless);
}

static void stop_listening(struct heard *heard)
{
    reader_done(&heard->reader);
    buf_free(&heard->body);
    arena_free(heard->arena);
}

/* Returns what it left. */
static struct str hear(struct heard *heard, struct str bytes)
{
    do {
        struct str piece = STR_NONE;
        heard->last = reader_take(&heard->reader, heard->arena, &bytes, &piece);
        heard->heads += heard->last == READER_HEAD ? 1 : 0;
        assert_true(heard->last != READER_BODY || piece.len > 0);
        buf_add(&heard->body, piece);
    } while (heard->last == READER_HEAD || heard->last == READER_BODY);
    return bytes;
}

static void check(struct heard *heard, const struct row *row, struct str rest)
{
    enum reader_step before = row->closes ? READER_MORE : row->last;
    bool good = heard->last == before;
    if (row->closes) {
        good = good && reader_close(&heard->reader) == row->last;
    }
    struct str said = row->last == READER_END ? buf_str(&heard->body)
                                              : str_of(heard->reader.fault);
    good = good && str_eq(said, str_of(row->said)) &&
           (row->last == READER_BAD || str_eq(rest, str_of(row->rest)));
    if (!good) {
        fail_msg("%s: %d, %.*s, rest %.*s", row->bytes, (int)heard->last,
                 STR_ARG(said), STR_ARG(rest));
    }
}

static void every_answer_is_read_however_it_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str all = str_of(rows[i].bytes);
        for (size_t cut = 0; cut <= all.len; cut++) {
            struct heard heard;
            listen_to(&heard, rows[i].bodiless);
            struct str rest = hear(&heard, str_first(all, cut));
            if (heard.last == READER_MORE) {
                assert_int_equal(rest.len, 0);
                rest = hear(&heard, str_from(all, cut));
                check(&heard, &rows[i], rest);
            }
            stop_listening(&heard);
        }
    }
}

static void every_answer_is_read_byte_by_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str all = str_of(rows[i].bytes);
        struct heard heard;
        struct str rest = all;
        listen_to(&heard, rows[i].bodiless);
        for (size_t k = 0; k < all.len && heard.last == READER_MORE; k++) {
            rest = str_from(all, k + 1);
            (void)hear(&heard, str_make(all.ptr + k, 1));
        }
        check(&heard, &rows[i], rest);
        assert_true(heard.heads <= 1);
        stop_listening(&heard);
    }
}

/* Where the two sides may differ about what is body, what follows might be. */
static void a_body_where_there_is_none_is_the_last_thing_heard(void **state)
{
    static const struct {
        const char *head;
        bool bodiless;
        bool lasts;
    } heads[] = {
        {"HTTP/1.1 204 No\r\n\r\n", false, true},
        {"HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n", false, true},
        {"HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\n", false, false},
        {"HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n", false, false},
        {"HTTP/1.1 304 No\r\nContent-Length: 2\r\n\r\n", false, true},
        {LENGTH "2\r\n\r\n", true, true},
        {CHUNKED, true, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        struct heard heard;
        listen_to(&heard, heads[i].bodiless);
        (void)hear(&heard, str_of(heads[i].head));
        assert_int_equal(heard.last, READER_END);
        if (heard.reader.head.lasts != heads[i].lasts) {
            fail_msg("%s", heads[i].head);
        }
        stop_listening(&heard);
    }
}

static void what_has_no_end_is_refused(void **state)
{
    static const struct {
        const char *head;
        const char *again;
    } endless[] = {
        {"", "x"},
        {"", "HTTP/1.1 100 Continue\r\n\r\n"},
        {"HTTP/1.1 200 OK\r\n", "A: b\r\n"},
        {"HTTP/1.1 200 OK\r\n", "Keep-Alive: b\r\n"},
        {CHUNKED, "0"},
        {CHUNKED "1;", "x"},
        {CHUNKED "0\r\n", "x"},
        {CHUNKED "0\r\n", "A: b\r\n"},
    };
    enum { MOST = 300 * 1024, MOST_MEMORY = 8 * 1024 * 1024 };
    (void)state;
    for (size_t i = 0; i < sizeof(endless) / sizeof(endless[0]); i++) {
        struct heard heard;
        size_t bytes = 0;
        listen_to(&heard, false);
        (void)hear(&heard, str_of(endless[i].head));
        while (heard.last == READER_MORE && bytes < MOST) {
            (void)hear(&heard, str_of(endless[i].again));
            bytes += strlen(endless[i].again);
        }
        assert_int_equal(heard.last, READER_BAD);
        assert_true(arena_size(heard.arena) < MOST_MEMORY);
        stop_listening(&heard);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_is_read_however_it_is_cut),
        cmocka_unit_test(every_answer_is_read_byte_by_byte),
        cmocka_unit_test(a_body_where_there_is_none_is_the_last_thing_heard),
        cmocka_unit_test(what_has_no_end_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
