/* SPDX-License-Identifier: Apache-2.0 */
/* What is no proper HTTP is refused, over a real socket: only there do the
 * shapes show that libmicrohttpd would forgive. Start at SHAPES. */
#include "server/private.h"
#include "world.h"

#define H "Host: a\r\n"
#define SHAPE(text, status, says)                                              \
    {                                                                          \
#text, text, sizeof(text) - 1, status, says                            \
    }

struct shape {
    const char *name;
    const char *text;
    size_t len;
    int status;       /* 200: accepted; 0: closed without an answer will do */
    const char *says; /* unless libmicrohttpd itself refuses it, in HTML */
};

static const struct shape SHAPES[] = {
    SHAPE("GET / HTTP/1.1\r\n" H "\r\n", 200, ""),
    SHAPE("GET / HTTP/1.1\r\nhost:a\r\n\r\n", 200, ""),
    SHAPE("GET / HTTP/1.0\r\n\r\n", 200, ""),
    SHAPE("GET /?a=%00&b HTTP/1.1\r\n" H "X: \r\nY:\r\nZ: \t a b \t \r\n\r\n",
          200, ""),
    SHAPE("GET /a?b=c+d%20e&&=&f HTTP/1.1\r\n" H "Cookie: a=b; c=\"d\"\r\n\r\n",
          200, ""),
    SHAPE("POST / HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n", 200, ""),
    SHAPE("POST / HTTP/1.1\r\n" H "Content-Length:  3\r\n\r\nabc", 200, ""),
    SHAPE("POST / HTTP/1.1\r\n" H
          "Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
          200, ""),

    SHAPE("GET / HTTP/1.1\r\n\r\n", 400, "Host header is missing"),
    SHAPE("GET / HTTP/1.1\r\n" H "Host: b\r\n\r\n", 400, "more than one Host"),
    SHAPE("GET / HTTP/1.0\r\n" H "Host: a\r\n\r\n", 400, "more than one Host"),
    SHAPE("POST / HTTP/1.1\r\n" H
          "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
          400, "both Content-Length and"),
    SHAPE("POST / HTTP/1.1\r\n" H
          "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc",
          400, "both Content-Length and"),
    SHAPE("POST / HTTP/1.1\r\n" H
          "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
          400, "more than one Content-Length"),
    SHAPE("POST / HTTP/1.1\r\n" H "Content-Length: 3, 3\r\n\r\nabc", 400, ""),
    SHAPE("POST / HTTP/1.1\r\n" H "Content-Length: +3\r\n\r\nabc", 400, ""),
    SHAPE("POST / HTTP/1.1\r\n" H "Content-Length: -3\r\n\r\nabc", 400, ""),
    SHAPE("POST / HTTP/1.1\r\n" H "Content-Length: 0x3\r\n\r\nabc", 400, ""),
    SHAPE("POST / HTTP/1.1\r\n" H "Content-Length: \r\n\r\nabc", 400, ""),
    SHAPE("POST / HTTP/1.1\r\n" H
          "Content-Length: 99999999999999999999999\r\n\r\nabc",
          413, ""),
    SHAPE("POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip\r\n\r\n", 400,
          "must be chunked"),
    SHAPE("POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n",
          400, "must be chunked"),
    SHAPE("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, chunked\r\n\r\n",
          400, "must be chunked"),
    SHAPE("POST / HTTP/1.1\r\n" H
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
          400, "must be chunked"),
    SHAPE("POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n", 400,
          "must be chunked"),
    SHAPE("POST / HTTP/1.1\r\n" H "Transfer-Encoding:\r\n\r\n", 400, ""),
    SHAPE("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
          "HTTP/1.0 has no"),
    SHAPE("GET / HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n", 400, ""),
    SHAPE("GET / HTTP/1.1\r\n" H "X: a\r\n\tb\r\nY: c\r\n\r\n", 400, ""),
    SHAPE("GET / HTTP/1.1\r\n" H "X: a\r\n \r\n\r\n", 400, ""),
    SHAPE("GET / HTTP/1.1\r\n X: a\r\n" H "\r\n", 400, ""),
    SHAPE("GET / HTTP/1.1\r\n" H "X: a\0b\r\n\r\n", 400, ""),
    SHAPE("GET / HTTP/1.1\r\n" H "X: a\0\r\n\r\n", 400, ""),
    SHAPE("GET / HTTP/1.1\r\n" H "X: a\0b\r\nY: c\r\n\r\n", 400, ""),
    SHAPE("GET / HTTP/1.1\r\n" H "X\0Y: a\r\n\r\n", 400, ""),
    SHAPE("GET / HTTP/1.1\r\n" H "\0X: a\r\n\r\n", 400, ""),
    SHAPE("GET / HTTP/1.1\r\n" H "\0\r\nX: a\r\n\r\n", 400, ""),
    SHAPE("GET /a\0b HTTP/1.1\r\n" H "\r\n", 0, ""),
    SHAPE("GET /\0 HTTP/1.1\r\n" H "\r\n", 0, ""),
    SHAPE("G\0T / HTTP/1.1\r\n" H "\r\n", 0, ""),
    SHAPE("GET / HTTP/1.1\n" H "\r\n", 400, ""),
    SHAPE("GET / HTTP/1.1\r\nHost: a\n\r\n", 400, ""),
    SHAPE("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400, ""),
    SHAPE("GET / HTTP/1.1\r\n" H "\n", 400, ""),
    SHAPE("GET / HTTP/1.1\nHost: a\n\n", 400, ""),
    SHAPE("GET / HTTP/1.1\r\n" H "X: a\rb\r\n\r\n", 400, ""),
    SHAPE("GET / HTTP/1.1\r\n" H "X: a\r\r\n\r\n", 400, ""),
    SHAPE("GET / HTTP/1.1\r\n" H "X: a\x01\r\n\r\n", 400, "control"),
    SHAPE("GET / HTTP/1.1\r\n" H "X: a\x7f\r\n\r\n", 400, "control"),
    SHAPE("GET / HTTP/1.1\r\n" H "X : a\r\n\r\n", 400, ""),
    SHAPE("GET / HTTP/1.1\r\n" H "X\t: a\r\n\r\n", 400, ""),
    SHAPE("GET / HTTP/1.1\r\n" H "X(y): a\r\n\r\n", 400, ""),
    SHAPE("GET / HTTP/1.1\r\n" H "X\xe4: a\r\n\r\n", 400, ""),
    SHAPE("GET / HTTP/1.1\r\n" H ": a\r\n\r\n", 400, ""),
    SHAPE("GET / HTTP/1.1\r\n" H "no colon\r\n\r\n", 400, ""),
    SHAPE("GET  / HTTP/1.1\r\n" H "\r\n", 400, ""),
    SHAPE("GET /  HTTP/1.1\r\n" H "\r\n", 400, ""),
    SHAPE("GET / HTTP/1.1 \r\n" H "\r\n", 400, ""),
    SHAPE("GET /a b HTTP/1.1\r\n" H "\r\n", 400, ""),
    SHAPE("GET\t/ HTTP/1.1\r\n" H "\r\n", 0, ""),
    SHAPE("GET /a\tb HTTP/1.1\r\n" H "\r\n", 400, ""),
    SHAPE("GET /a\x01 HTTP/1.1\r\n" H "\r\n", 400, ""),
    SHAPE("G(T / HTTP/1.1\r\n" H "\r\n", 400, ""),
    SHAPE("GET http://a/ HTTP/1.1\r\n" H "\r\n", 400, "begin with a slash"),
    SHAPE("OPTIONS * HTTP/1.1\r\n" H "\r\n", 400, "begin with a slash"),
    SHAPE("CONNECT a:443 HTTP/1.1\r\n" H "\r\n", 400, "CONNECT"),
    SHAPE("GET ?a HTTP/1.1\r\n" H "\r\n", 400, "begin with a slash"),
    SHAPE("GET HTTP/1.1\r\n" H "\r\n", 400, ""),
    SHAPE("GET /\r\n" H "\r\n", 400, ""),
    SHAPE("GET\r\n\r\n", 0, ""),
    SHAPE("garbage\r\n\r\n", 0, ""),
    SHAPE("GET / HTTP/1.2\r\n" H "\r\n", 505, ""),
    SHAPE("GET / HTTP/2.0\r\n" H "\r\n", 505, ""),
    SHAPE("GET / HTTP/0.9\r\n" H "\r\n", 505, ""),
    SHAPE("GET / http/1.1\r\n" H "\r\n", 400, ""),
    SHAPE("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "HTTP"),
};

static bool holds_shape(struct world *w, const struct shape *shape)
{
    struct peer peer;
    char line[64];
    size_t before = w->count;
    peer_open(&peer, w);
    peer_send(&peer, str_make(shape->text, shape->len));
    if (shape->status == 200) {
        WAIT_FOR(w, peer_has(&peer, "\r\n\r\n"));
    } else {
        WAIT_FOR(w, peer.closed);
    }
    (void)snprintf(line, sizeof(line), "HTTP/1.1 %d ", shape->status);
    bool right = shape->status == 0 ||
                 (str_starts(buf_str(&peer.in), str_of(line)) &&
                  (peer_has(&peer, shape->says) || peer_has(&peer, "<html>")));
    bool reached = w->count > before;
    if (!right || peer.reset || reached != (shape->status == 200)) {
        print_error("%s\nreached the handler: %d, reset: %d, answered:\n%.*s",
                    shape->name, reached, peer.reset,
                    STR_ARG(buf_str(&peer.in)));
        right = false;
    }
    peer_close(&peer);
    if (w->count > 0) {
        buf_free(&w->visits[0].body);
    }
    w->count = 0;
    return right;
}

static void what_is_no_proper_http_is_refused(void **state)
{
    struct world *w = world_new(ECHO, (struct server_config){0});
    int wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(SHAPES) / sizeof(SHAPES[0]); i++) {
        wrong += holds_shape(w, &SHAPES[i]) ? 0 : 1;
    }
    world_free(w);
    assert_int_equal(wrong, 0);
}

/* A byte at a time, each head is judged as when it comes at once. */
static void a_head_that_trickles_is_judged_alike(void **state)
{
    struct world *w = world_new(ECHO, (struct server_config){0});
    static const char text[] =
        "GET /x?y HTTP/1.1\r\nHost: a\r\nX:  b\r\nY:\r\n\r\n";
    struct peer peer;
    (void)state;
    peer_open(&peer, w);
    for (size_t i = 0; i + 1 < sizeof(text); i++) {
        peer_send(&peer, str_make(text + i, 1));
        WAIT_FOR(w, peer.sent == peer.out.len);
        loop_turn(w->loop);
    }
    WAIT_FOR(w, peer_has(&peer, "\r\n\r\n"));
    assert_true(peer_has(&peer, "HTTP/1.1 200"));
    peer_close(&peer);
    world_free(w);
}

static void second_requests_are_judged_alike(void **state)
{
    static const char *const bad[] = {
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
    };
    struct world *w = world_new(ECHO, (struct server_config){0});
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct peer peer;
        peer_open(&peer, w);
        peer_send(&peer, STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
        peer_send(&peer, str_of(bad[i]));
        WAIT_FOR(w, peer.closed);
        assert_int_equal(peer_times(&peer, "HTTP/1.1 200"), 1);
        assert_int_equal(peer_times(&peer, "HTTP/1.1 400"), 1);
        peer_close(&peer);
    }
    world_free(w);
}

static void a_head_of_a_megabyte_is_answered_431(void **state)
{
    struct world *w = world_new(ECHO, (struct server_config){0});
    struct peer peer;
    char filler[1024];
    (void)state;
    memset(filler, 'x', sizeof(filler));
    peer_open(&peer, w);
    peer_send(&peer, STR("GET / HTTP/1.1\r\nHost: a\r\nX: "));
    for (int i = 0; i < 1024; i++) {
        peer_send(&peer, str_make(filler, sizeof(filler)));
    }
    peer_send(&peer, STR("\r\n\r\n"));
    WAIT_FOR(w, peer.closed);
    assert_true(str_starts(buf_str(&peer.in), STR("HTTP/1.1 431 ")));
    assert_int_equal(w->count, 0);
    peer_close(&peer);
    world_free(w);
}

static void the_head_limit_is_kept(void **state)
{
    struct world *w =
        world_new(ECHO, (struct server_config){.header_limit = 8192});
    char filler[8192];
    (void)state;
    memset(filler, 'x', sizeof(filler));
    for (int over = 0; over < 2; over++) {
        struct peer peer;
        struct str head = STR("GET / HTTP/1.1\r\nHost: a\r\nX: ");
        peer_open(&peer, w);
        peer_send(&peer, head);
        peer_send(&peer, str_make(filler, 8192 - head.len - 4 + (size_t)over));
        peer_send(&peer, STR("\r\n\r\n"));
        WAIT_FOR(w, peer_has(&peer, "\r\n\r\n"));
        assert_true(peer_has(&peer, over ? "HTTP/1.1 431" : "HTTP/1.1 200"));
        peer_close(&peer);
    }
    world_free(w);
}

static void a_target_that_is_too_long_is_answered_414(void **state)
{
    struct world *w = world_new(ECHO, (struct server_config){0});
    struct peer peer;
    char filler[1024];
    (void)state;
    memset(filler, 'x', sizeof(filler));
    peer_open(&peer, w);
    peer_send(&peer, STR("GET /"));
    for (int i = 0; i < 256; i++) {
        peer_send(&peer, str_make(filler, sizeof(filler)));
    }
    WAIT_FOR(w, peer.closed);
    assert_true(str_starts(buf_str(&peer.in), STR("HTTP/1.1 414 ")));
    peer_close(&peer);
    world_free(w);
}

static void a_bad_chunk_breaks_the_body(void **state)
{
    struct world *w = world_new(READ, (struct server_config){0});
    struct peer peer;
    (void)state;
    peer_open(&peer, w);
    peer_send(&peer, STR("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                         "chunked\r\n\r\n3\r\nabc\r\nxyz\r\n"));
    WAIT_FOR(w, peer.closed);
    WAIT_FOR(w, w->count == 1 && w->visits[0].broken);
    assert_true(str_starts(buf_str(&peer.in), STR("HTTP/1.1 400 ")));
    assert_true(w->visits[0].call->gone);
    peer_close(&peer);
    world_free(w);
}

/* A thousand and one is not: some work takes their number times itself. */
static void a_thousand_headers_are_fine(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct strict_head head = {STR("GET"), STR("/"), STR("HTTP/1.1"), {0}};
    int64_t length = 0;
    http_headers_add(arena, &head.headers, STR("Host"), STR("a"));
    while (head.headers.count < HTTP_HEADERS_MAX) {
        http_headers_add(arena, &head.headers, STR("x"), STR(""));
    }
    assert_null(strict_check(&head, &length).sentence);
    http_headers_add(arena, &head.headers, STR("x"), STR(""));
    assert_int_equal(strict_check(&head, &length).status, 431);
    arena_free(arena);
}

/* Values are read in steps of eight bytes. */
static void control_characters_are_found_wherever_they_stand(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct strict_head head = {STR("GET"), STR("/"), STR("HTTP/1.1"), {0}};
    int64_t length = 0;
    char value[20];
    http_headers_add(arena, &head.headers, STR("Host"), STR("a"));
    http_headers_borrow(arena, &head.headers, STR("X"),
                        str_make(value, sizeof(value)));
    for (size_t at = 0; at < sizeof(value); at++) {
        for (int c = 0; c < 256; c++) {
            bool fine = c == '\t' || (c >= ' ' && c != 0x7f);
            memset(value, c >= 0x80 ? 0xff : '~', sizeof(value));
            value[at] = (char)c;
            if ((strict_check(&head, &length).sentence == NULL) != fine) {
                fail_msg("byte %d at %zu", c, at);
            }
        }
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_proper_http_is_refused),
        cmocka_unit_test(a_head_that_trickles_is_judged_alike),
        cmocka_unit_test(second_requests_are_judged_alike),
        cmocka_unit_test(a_head_of_a_megabyte_is_answered_431),
        cmocka_unit_test(the_head_limit_is_kept),
        cmocka_unit_test(a_target_that_is_too_long_is_answered_414),
        cmocka_unit_test(a_bad_chunk_breaks_the_body),
        cmocka_unit_test(a_thousand_headers_are_fine),
        cmocka_unit_test(control_characters_are_found_wherever_they_stand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
