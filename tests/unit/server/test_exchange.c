/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies on their way in, answers on their way out, and what happens when the
 * answer is there first. */
#include "world.h"

#include "http/stream.h"

static const struct server_config DEFAULTS;
enum { MEGABYTE = 1 << 20 };

/* A streamed answer from a pipe that the test fills. */
static void answer_from(struct visit *visit, struct http_pipe *pipe,
                        int64_t length)
{
    struct http_response head = make_reply(visit->world, 200, STR_NONE);
    http_pipe_init(pipe, 65536);
    visit->call->ops->reply_stream(visit->call, &head, length, &pipe->source,
                                   loop_timers(visit->world->loop),
                                   &visit->sent);
}

static struct buf noise(size_t len)
{
    struct buf buf = {0};
    uint32_t x = 1;
    buf_reserve(&buf, len);
    while (buf.len < len) {
        x = x * 1664525u + 1013904223u;
        buf_add_char(&buf, (char)(x >> 24));
    }
    return buf;
}

/* ---- uploads ---- */

static void a_chunked_upload_arrives_whole(void **state)
{
    struct world *w = world_new(ECHO, DEFAULTS);
    struct peer peer;
    (void)state;
    peer_open(&peer, w);
    for (int i = 0; i < 2; i++) {
        peer_send(&peer, STR("PUT / HTTP/1.1\r\nHost: a\r\n"
                             "Transfer-Encoding: chunked\r\n\r\n"
                             "3\r\nabc\r\nA\r\n0123456789\r\n"
                             "0\r\nTrailer: t\r\n\r\n"));
    }
    WAIT_FOR(w, peer_times(&peer, "\r\n\r\nabc0123456789") == 2);
    assert_false(peer.closed);
    peer_close(&peer);
    world_free(w);
}

/* The reader takes a little in each turn: what waits is the pipe and the
 * kernel's buffers, never the upload. */
static void a_large_upload_needs_little_memory(void **state)
{
    struct world *w = world_new(READ, DEFAULTS);
    struct buf body = noise(8 * MEGABYTE);
    struct peer peer;
    char head[128];
    (void)state;
    w->step = 4096;
    peer_open(&peer, w);
    (void)snprintf(head, sizeof(head),
                   "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n",
                   body.len);
    peer_send(&peer, str_of(head));
    peer_send(&peer, buf_str(&body));
    WAIT_FOR(w, w->count == 1);
    struct visit *visit = &w->visits[0];
    WAIT_FOR(w, visit->body.len > MEGABYTE);
    size_t pulled = visit->body.len;
    visit->waiting = true;
    world_quiet(w, 50);
    /* Nobody reads, so the client is stuck with the better part of it. */
    assert_int_equal(visit->body.len, pulled);
    assert_true(peer.sent < body.len);
    assert_true(arena_size(visit->call->arena) < 64 * 1024);
    visit->waiting = false;
    timer_wake(loop_timers(w->loop), &visit->more);
    WAIT_FOR(w, visit->read_all);
    assert_int_equal(visit->body.len, body.len);
    assert_memory_equal(visit->body.bytes, body.bytes, body.len);
    visit_reply(visit, 200, STR("got it"));
    WAIT_FOR(w, peer_has(&peer, "got it"));
    assert_false(peer.closed);
    buf_free(&body);
    peer_close(&peer);
    world_free(w);
}

static void a_large_chunked_upload_is_echoed(void **state)
{
    struct world *w = world_new(ECHO, DEFAULTS);
    struct buf body = noise(3 * MEGABYTE);
    struct peer peer;
    (void)state;
    peer_open(&peer, w);
    peer_send(&peer, STR("PUT / HTTP/1.1\r\nHost: a\r\n"
                         "Transfer-Encoding: chunked\r\n\r\n"));
    for (size_t at = 0; at < body.len; at += 65536) {
        peer_send(&peer, STR("10000\r\n"));
        peer_send(&peer, str_make(body.bytes + at, 65536));
        peer_send(&peer, STR("\r\n"));
    }
    peer_send(&peer, STR("0\r\n\r\n"));
    WAIT_FOR(w, peer.in.len > body.len);
    struct str got = buf_str(&peer.in);
    got = str_from(got, str_find_str(got, STR("\r\n\r\n")) + 4);
    assert_true(str_eq(got, buf_str(&body)));
    buf_free(&body);
    peer_close(&peer);
    world_free(w);
}

static void a_client_that_leaves_amid_its_upload_breaks_it(void **state)
{
    static const char *const framing[] = {
        "Content-Length: 100\r\n\r\nabc",
        "Transfer-Encoding: chunked\r\n\r\n64\r\nabc",
    };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct world *w = world_new(READ, DEFAULTS);
        struct peer peer;
        peer_open(&peer, w);
        peer_send(&peer, STR("PUT / HTTP/1.1\r\nHost: a\r\n"));
        peer_send(&peer, str_of(framing[i]));
        WAIT_FOR(w, w->count == 1 && w->visits[0].body.len == 3);
        peer_close(&peer);
        WAIT_FOR(w, w->visits[0].broken && w->visits[0].told_gone);
        world_free(w);
    }
}

static void continue_is_said_once_the_body_is_wanted(void **state)
{
    struct world *w = world_new(HOLD, DEFAULTS);
    struct peer peer;
    (void)state;
    peer_open(&peer, w);
    peer_send(&peer, STR("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
                         "Expect: 100-continue\r\n\r\n"));
    WAIT_FOR(w, w->count == 1);
    world_quiet(w, 20);
    /* An interim answer would ask for the body, too. */
    w->visits[0].call->ops->interim(w->visits[0].call);
    world_quiet(w, 5);
    assert_int_equal(peer.in.len, 0);
    visit_read(&w->visits[0]);
    WAIT_FOR(w, peer_has(&peer, "HTTP/1.1 100 Continue\r\n\r\n"));
    peer_send(&peer, STR("abc"));
    WAIT_FOR(w, w->visits[0].read_all);
    visit_reply(&w->visits[0], 200, STR("done"));
    WAIT_FOR(w, peer_has(&peer, "done"));
    assert_int_equal(peer_times(&peer, "100 Continue"), 1);
    assert_false(peer.closed);
    peer_close(&peer);
    world_free(w);
}

/* ---- an answer that is there before the body ---- */

static void who_expects_is_refused_without_sending(void **state)
{
    struct world *w = world_new(REFUSE, DEFAULTS);
    struct peer peer;
    (void)state;
    peer_open(&peer, w);
    peer_send(&peer, STR("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
                         "Expect: 100-continue\r\n\r\n"));
    WAIT_FOR(w, peer.closed);
    assert_true(str_starts(buf_str(&peer.in), STR("HTTP/1.1 403")));
    assert_true(peer_has(&peer, "Connection: close"));
    assert_true(peer_has(&peer, "no\n"));
    peer_close(&peer);
    world_free(w);
}

static void a_small_body_is_swallowed_to_keep_the_connection(void **state)
{
    struct world *w = world_new(REFUSE, DEFAULTS);
    struct buf body = noise(300000);
    struct peer peer;
    (void)state;
    peer_open(&peer, w);
    peer_send(&peer, STR("PUT / HTTP/1.1\r\nHost: a\r\n"
                         "Content-Length: 300000\r\n\r\n"));
    peer_send(&peer, buf_str(&body));
    peer_send(&peer, STR("PUT / HTTP/1.1\r\nHost: a\r\n"
                         "Transfer-Encoding: chunked\r\n\r\n"
                         "3\r\nabc\r\n0\r\n\r\n"));
    peer_send(&peer, STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    WAIT_FOR(w, peer_times(&peer, "no\n") == 3);
    assert_false(peer.closed);
    buf_free(&body);
    peer_close(&peer);
    world_free(w);
}

/* Sends without end, as a client does that reads only afterwards. */
static void refuse_endless(const char *framing, const char *packet,
                           enum manner manner)
{
    struct world *w = world_new(manner, DEFAULTS);
    struct buf body = noise(4 * MEGABYTE);
    struct peer peer;
    peer_open(&peer, w);
    peer_send(&peer, STR("PUT / HTTP/1.1\r\nHost: a\r\n"));
    peer_send(&peer, str_of(framing));
    for (size_t at = 0; at < body.len; at += 65536) {
        peer_send(&peer, str_of(packet));
        peer_send(&peer, str_make(body.bytes + at, 65536));
        peer_send(&peer, str_of(packet[0] != '\0' ? "\r\n" : ""));
    }
    if (manner == READ) {
        WAIT_FOR(w, w->count == 1 && w->visits[0].body.len > 100000);
        visit_reply(&w->visits[0], 403, STR("no\n"));
        visit_leave(&w->visits[0]);
    }
    WAIT_FOR(w, peer.closed);
    assert_true(str_starts(buf_str(&peer.in), STR("HTTP/1.1 403 ")));
    assert_true(peer_has(&peer, "Connection: close\r\n"));
    assert_true(peer_has(&peer, "\r\n\r\nno\n"));
    assert_true(peer_has(&peer, "x-one: 1\r\nSet-Cookie: a\r\nSet-Cookie: b"));
    assert_int_equal(peer_times(&peer, "Date: "), 1);
    assert_false(peer.reset);
    peer_close(&peer);
    WAIT_FOR(w, server_active(w->server) == 0);
    buf_free(&body);
    world_free(w);
}

static void a_refusal_is_read_though_the_client_goes_on_sending(void **state)
{
    static const enum manner manners[] = {REFUSE, READ};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        refuse_endless("Content-Length: 1000000000000\r\n\r\n", "", manners[i]);
        refuse_endless("Transfer-Encoding: chunked\r\n\r\n", "10000\r\n",
                       manners[i]);
    }
}

/* An upstream's refusal of an upload comes as a stream, amid the upload. */
static void a_streamed_refusal_amid_an_upload_is_read(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct world *w = world_new(READ, DEFAULTS);
        struct buf body = noise(400000);
        struct http_pipe pipe;
        struct peer peer;
        peer_open(&peer, w);
        peer_send(&peer, STR("PUT / HTTP/1.1\r\nHost: a\r\n"
                             "Content-Length: 1000000000000\r\n\r\n"));
        peer_send(&peer, buf_str(&body));
        WAIT_FOR(w, w->count == 1 && w->visits[0].body.len > 1000);
        struct visit *visit = &w->visits[0];
        answer_from(visit, &pipe, i == 0 ? 10 : -1);
        (void)http_pipe_put(&pipe, STR("01234"));
        WAIT_FOR(w, peer_has(&peer, "01234"));
        (void)http_pipe_put(&pipe, STR("56789"));
        http_pipe_end(&pipe);
        WAIT_FOR(w, visit->told_sent == 1);
        visit_leave(visit);
        WAIT_FOR(w, peer.closed);
        assert_true(peer_has(&peer, "HTTP/1.1 200 "));
        assert_true(peer_has(&peer, i == 0 ? "\r\n\r\n0123456789"
                                           : "\r\n\r\n5\r\n01234\r\n5\r\n"
                                             "56789\r\n0\r\n\r\n"));
        http_pipe_free(&pipe);
        buf_free(&body);
        peer_close(&peer);
        world_free(w);
    }
}

static void a_farewell_that_breaks_is_not_finished(void **state)
{
    struct world *w = world_new(READ, DEFAULTS);
    struct http_pipe pipe;
    struct peer peer;
    (void)state;
    peer_open(&peer, w);
    peer_send(&peer, STR("PUT / HTTP/1.1\r\nHost: a\r\n"
                         "Content-Length: 1000000000000\r\n\r\nabc"));
    WAIT_FOR(w, w->count == 1 && w->visits[0].body.len == 3);
    struct visit *visit = &w->visits[0];
    answer_from(visit, &pipe, -1);
    (void)http_pipe_put(&pipe, STR("some"));
    WAIT_FOR(w, peer_has(&peer, "some"));
    http_pipe_break(&pipe, NULL);
    WAIT_FOR(w, visit->told_sent == 1 && peer.closed && visit->broken);
    assert_false(peer_has(&peer, "\r\n0\r\n"));
    visit_leave(visit);
    assert_int_equal(server_active(w->server), 0);
    http_pipe_free(&pipe);
    peer_close(&peer);
    world_free(w);
}

/* ---- streamed answers ---- */

static struct visit *get(struct world *w, struct peer *peer, const char *line)
{
    peer_open(peer, w);
    peer_send(peer, str_of(line));
    peer_send(peer, STR("\r\nHost: a\r\n\r\n"));
    WAIT_FOR(w, w->count == 1 && w->visits[0].read_all);
    return &w->visits[0];
}

static void a_streamed_answer_follows_its_source(void **state)
{
    static const struct {
        const char *line;
        int64_t length;
        const char *framing;
        const char *body;
        bool closes;
    } rows[] = {
        {"GET / HTTP/1.1", 6, "Content-Length: 6\r\n", "\r\n\r\nabcdef", false},
        {"GET / HTTP/1.1", -1, "Transfer-Encoding: chunked\r\n",
         "\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n", false},
        {"GET / HTTP/1.0", -1, "Connection: close\r\n", "\r\n\r\nabcdef", true},
        {"GET / HTTP/1.1", 0, "Content-Length: 0\r\n", "\r\n\r\n", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world *w = world_new(READ, DEFAULTS);
        struct http_pipe pipe;
        struct peer peer;
        struct visit *visit = get(w, &peer, rows[i].line);
        answer_from(visit, &pipe, rows[i].length);
        WAIT_FOR(w, peer_has(&peer, rows[i].framing));
        if (rows[i].length != 0) {
            (void)http_pipe_put(&pipe, STR("abc"));
            WAIT_FOR(w, peer_has(&peer, "abc"));
            (void)http_pipe_put(&pipe, STR("def"));
        }
        http_pipe_end(&pipe);
        WAIT_FOR(w, visit->told_sent == 1);
        WAIT_FOR(w, peer_has(&peer, rows[i].body));
        visit_leave(visit);
        WAIT_FOR(w, server_active(w->server) == 0);
        world_quiet(w, 10);
        assert_int_equal(visit->told_sent, 1);
        assert_false(visit->told_gone);
        assert_int_equal(peer.closed, rows[i].closes);
        http_pipe_free(&pipe);
        peer_close(&peer);
        world_free(w);
    }
}

static void a_stream_that_breaks_never_looks_whole(void **state)
{
    static const struct {
        const char *line;
        int64_t length;
        bool ends;    /* too early, instead of breaking */
        bool at_once; /* before anything of the body has come */
    } rows[] = {
        {"GET / HTTP/1.1", 100, false, false},
        {"GET / HTTP/1.1", 100, true, false},
        {"GET / HTTP/1.1", -1, false, false},
        {"GET / HTTP/1.0", -1, false, false},
        {"GET / HTTP/1.1", 100, false, true},
        {"GET / HTTP/1.1", 100, true, true},
        {"GET / HTTP/1.1", -1, false, true},
        {"GET / HTTP/1.0", -1, false, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world *w = world_new(READ, DEFAULTS);
        struct http_pipe pipe;
        struct peer peer;
        struct visit *visit = get(w, &peer, rows[i].line);
        answer_from(visit, &pipe, rows[i].length);
        if (!rows[i].at_once) {
            (void)http_pipe_put(&pipe, STR("abc"));
            WAIT_FOR(w, peer_has(&peer, "abc"));
        }
        if (rows[i].ends) {
            http_pipe_end(&pipe);
        } else {
            http_pipe_break(&pipe, NULL);
        }
        WAIT_FOR(w, peer.closed && visit->told_sent == 1);
        assert_false(peer_has(&peer, "\r\n0\r\n"));
        /* Without a length only a reset says that it is not whole. */
        assert_true(rows[i].length >= 0 || peer.reset ||
                    peer_has(&peer, "Transfer-Encoding: chunked"));
        visit_leave(visit);
        http_pipe_free(&pipe);
        peer_close(&peer);
        world_free(w);
    }
}

static void a_client_that_reads_slowly_slows_the_source(void **state)
{
    struct world *w = world_new(READ, DEFAULTS);
    struct buf body = noise(65536);
    struct http_pipe pipe;
    struct peer peer;
    struct visit *visit = get(w, &peer, "GET / HTTP/1.1");
    size_t put = 0;
    size_t all = (size_t)32 * MEGABYTE;
    (void)state;
    answer_from(visit, &pipe, (int64_t)all);
    peer_stop_reading(&peer);
    for (int stuck = 0; stuck < 20 && put < all; stuck++) {
        size_t more = http_pipe_put(&pipe, buf_str(&body));
        put += more;
        stuck = more > 0 ? 0 : stuck;
        world_quiet(w, 1);
    }
    assert_true(put < all / 2);
    peer_read_on(&peer);
    while (put < all) {
        struct str rest = str_first(buf_str(&body), all - put);
        put += http_pipe_put(&pipe, rest);
        world_quiet(w, 0);
    }
    http_pipe_end(&pipe);
    WAIT_FOR(w, peer.in.len > all && visit->told_sent == 1);
    buf_free(&body);
    visit_leave(visit);
    http_pipe_free(&pipe);
    peer_close(&peer);
    world_free(w);
}

static void a_source_is_given_back_when_the_client_leaves(void **state)
{
    struct world *w = world_new(READ, DEFAULTS);
    struct http_pipe pipe;
    struct peer peer;
    struct visit *visit = get(w, &peer, "GET / HTTP/1.1");
    (void)state;
    answer_from(visit, &pipe, -1);
    (void)http_pipe_put(&pipe, STR("abc"));
    WAIT_FOR(w, peer_has(&peer, "abc"));
    world_quiet(w, 20);
    peer_close(&peer);
    WAIT_FOR(w, visit->told_sent == 1 && visit->told_gone);
    visit_leave(visit);
    assert_int_equal(server_active(w->server), 0);
    http_pipe_free(&pipe);
    world_free(w);
}

static void a_stream_for_a_client_that_left_is_given_back_at_once(void **state)
{
    struct world *w = world_new(READ, DEFAULTS);
    struct http_pipe pipe;
    struct peer peer;
    struct visit *visit = get(w, &peer, "GET / HTTP/1.1");
    (void)state;
    peer_close(&peer);
    WAIT_FOR(w, visit->told_gone);
    answer_from(visit, &pipe, -1);
    WAIT_FOR(w, visit->told_sent == 1);
    visit_leave(visit);
    http_pipe_free(&pipe);
    world_free(w);
}

/* ---- answers without a body ---- */

static void an_answer_without_body_announces_what_it_was_given(void **state)
{
    static const struct {
        const char *line;
        int status;
        const char *length; /* of the reply's own headers; NULL: none */
        const char *body;
        const char *has;
        const char *lacks;
        bool closes;
    } rows[] = {
        {"HEAD / HTTP/1.1", 200, "5368709120", "",
         "Content-Length: 5368709120\r\n", "chunked", false},
        {"HEAD / HTTP/1.1", 200, NULL, "text", "Content-Length: 4\r\n", "text",
         false},
        {"HEAD / HTTP/1.1", 200, NULL, "", "Connection: close\r\n",
         "Content-Length", true},
        {"GET / HTTP/1.1", 304, "77", "", "Content-Length: 77\r\n", "chunked",
         false},
        {"GET / HTTP/1.1", 304, NULL, "", "HTTP/1.1 304 ", "Content-Length",
         true},
        {"GET / HTTP/1.1", 204, NULL, "", "HTTP/1.1 204 ", "Content-Length",
         false},
        {"GET / HTTP/1.1", 200, "77", "four", "Content-Length: 4\r\n", "77",
         false},
        {"GET / HTTP/1.1", 200, NULL, "", "Content-Length: 0\r\n", "chunked",
         false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world *w = world_new(READ, DEFAULTS);
        struct peer peer;
        struct visit *visit = get(w, &peer, rows[i].line);
        struct http_response response = {.status = rows[i].status,
                                         .body = str_of(rows[i].body)};
        http_headers_add(w->arena, &response.headers, STR("x-empty"), STR(""));
        if (rows[i].length != NULL) {
            http_headers_add(w->arena, &response.headers, STR("Content-Length"),
                             str_of(rows[i].length));
        }
        http_call_reply(visit->call, &response);
        visit_leave(visit);
        WAIT_FOR(w, server_active(w->server) == 0);
        world_quiet(w, 10);
        assert_true(peer_has(&peer, rows[i].has));
        assert_false(peer_has(&peer, rows[i].lacks));
        assert_true(peer_has(&peer, "x-empty: "));
        assert_int_equal(peer.closed, rows[i].closes);
        peer_close(&peer);
        world_free(w);
    }
}

static void a_streamed_head_has_no_body(void **state)
{
    struct world *w = world_new(READ, DEFAULTS);
    struct http_pipe pipe;
    struct peer peer;
    struct visit *visit = get(w, &peer, "HEAD / HTTP/1.1");
    (void)state;
    answer_from(visit, &pipe, 12345);
    WAIT_FOR(w, visit->told_sent == 1);
    visit_leave(visit);
    WAIT_FOR(w, peer_has(&peer, "Content-Length: 12345\r\n"));
    peer_send(&peer, STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    WAIT_FOR(w, w->count == 2);
    visit_reply(&w->visits[1], 200, STR("next"));
    WAIT_FOR(w, peer_has(&peer, "\r\n\r\nHTTP/1.1 200 OK\r\n"));
    WAIT_FOR(w, peer_has(&peer, "\r\n\r\nnext"));
    http_pipe_free(&pipe);
    peer_close(&peer);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chunked_upload_arrives_whole),
        cmocka_unit_test(a_large_upload_needs_little_memory),
        cmocka_unit_test(a_large_chunked_upload_is_echoed),
        cmocka_unit_test(a_client_that_leaves_amid_its_upload_breaks_it),
        cmocka_unit_test(continue_is_said_once_the_body_is_wanted),
        cmocka_unit_test(who_expects_is_refused_without_sending),
        cmocka_unit_test(a_small_body_is_swallowed_to_keep_the_connection),
        cmocka_unit_test(a_refusal_is_read_though_the_client_goes_on_sending),
        cmocka_unit_test(a_streamed_refusal_amid_an_upload_is_read),
        cmocka_unit_test(a_farewell_that_breaks_is_not_finished),
        cmocka_unit_test(a_streamed_answer_follows_its_source),
        cmocka_unit_test(a_stream_that_breaks_never_looks_whole),
        cmocka_unit_test(a_client_that_reads_slowly_slows_the_source),
        cmocka_unit_test(a_source_is_given_back_when_the_client_leaves),
        cmocka_unit_test(a_stream_for_a_client_that_left_is_given_back_at_once),
        cmocka_unit_test(an_answer_without_body_announces_what_it_was_given),
        cmocka_unit_test(a_streamed_head_has_no_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
