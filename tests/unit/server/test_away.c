/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that are held so long that their sockets leave libmicrohttpd. */
#include "server/private.h"
#include "world.h"

#define HEAD    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
#define POST_IT HEAD "\r\nabc"
#define GET_IT  "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

static const struct server_config SOON = {.away_ms = 1};

/* A held call that has left, on a new connection. */
static struct world *hold_one(struct peer *peer, const char *request)
{
    struct world *w = world_new(READ, SOON);
    peer_open(peer, w);
    peer_send(peer, str_of(request));
    WAIT_FOR(w, w->server->away == 1 && w->server->clients == 0);
    return w;
}

static void answer(struct world *w, size_t visit, const char *text)
{
    visit_reply(&w->visits[visit], 200, str_of(text));
    visit_leave(&w->visits[visit]);
}

static void end_world(struct world *w, struct peer *peer)
{
    peer_close(peer);
    WAIT_FOR(w, server_active(w->server) == 0 && w->server->away == 0);
    world_free(w);
}

static void
a_call_that_left_is_answered_and_its_connection_is_kept(void **state)
{
    struct peer peer;
    struct world *w = hold_one(&peer, POST_IT);
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        char text[16];
        assert_int_equal(w->server->away, 1);
        (void)snprintf(text, sizeof(text), "answer %zu", i);
        answer(w, i, text);
        WAIT_FOR(w, peer_has(&peer, text));
        WAIT_FOR(w, w->server->away == 0 && w->server->clients == 1);
        assert_false(peer.closed);
        peer_send(&peer, i % 2 == 0 ? STR(GET_IT) : STR(POST_IT));
        WAIT_FOR(w, w->server->away == 1 && w->server->clients == 0);
        assert_int_equal(w->count, i + 2);
    }
    visit_leave(&w->visits[4]);
    assert_int_equal(peer_times(&peer, "HTTP/1.1 200 OK\r\n"), 4);
    assert_int_equal(peer_times(&peer, "Content-Length: 8\r\n"), 4);
    assert_int_equal(peer_times(&peer, "Date: "), 4);
    assert_int_equal(peer_times(&peer, "Set-Cookie: "), 8);
    assert_int_equal(peer_times(&peer, "onnection: "), 0);
    end_world(w, &peer);
}

static void what_comes_while_it_is_held_is_the_next_request(void **state)
{
    struct peer peer;
    struct world *w = hold_one(&peer, POST_IT);
    (void)state;
    peer_send(&peer, STR(POST_IT GET_IT));
    world_quiet(w, 20);
    assert_int_equal(w->count, 1);
    answer(w, 0, "first");
    WAIT_FOR(w, w->count == 2);
    answer(w, 1, "second");
    WAIT_FOR(w, w->count == 3);
    answer(w, 2, "third");
    WAIT_FOR(w, peer_has(&peer, "third"));
    assert_int_equal(peer_times(&peer, "HTTP/1.1 200"), 3);
    end_world(w, &peer);
}

/* libmicrohttpd has read the second with the first. */
static void one_with_another_behind_it_stays(void **state)
{
    struct world *w = world_new(READ, SOON);
    struct peer peer;
    (void)state;
    peer_open(&peer, w);
    peer_send(&peer, STR(POST_IT GET_IT));
    WAIT_FOR(w, w->count == 1 && w->visits[0].read_all);
    world_quiet(w, 30);
    assert_int_equal(w->server->away, 0);
    answer(w, 0, "first");
    WAIT_FOR(w, w->count == 2 && peer_has(&peer, "first"));
    WAIT_FOR(w, w->server->away == 1);
    answer(w, 1, "second");
    WAIT_FOR(w, peer_has(&peer, "second"));
    end_world(w, &peer);
}

#define CHUNKED                                                                \
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

static void some_never_leave(void **state)
{
    static const char *const requests[] = {
        CHUNKED "3\r\nabc\r\n0\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        struct world *w = world_new(READ, SOON);
        struct peer peer;
        peer_open(&peer, w);
        peer_send(&peer, str_of(requests[i]));
        WAIT_FOR(w, w->count == 1 && w->visits[0].read_all);
        world_quiet(w, 30);
        assert_int_equal(w->server->away, 0);
        answer(w, 0, "done");
        WAIT_FOR(w, peer_has(&peer, "HTTP/1.1 200 OK\r\n"));
        end_world(w, &peer);
    }
}

static void one_who_wants_no_more_is_closed(void **state)
{
    struct peer peer;
    struct world *w = hold_one(&peer, HEAD "Connection: close\r\n\r\nabc");
    (void)state;
    answer(w, 0, "done");
    WAIT_FOR(w, peer.closed);
    assert_true(peer_has(&peer, "\r\n\r\ndone"));
    assert_int_equal(peer_times(&peer, "Connection: close\r\n"), 1);
    end_world(w, &peer);
}

static void nothing_is_sent_after_an_answer_without_a_body(void **state)
{
    struct peer peer;
    struct world *w = hold_one(&peer, POST_IT);
    (void)state;
    visit_reply(&w->visits[0], 204, STR("none"));
    visit_leave(&w->visits[0]);
    WAIT_FOR(w, peer_has(&peer, "HTTP/1.1 204 No Content\r\n"));
    WAIT_FOR(w, w->server->clients == 1);
    assert_false(peer_has(&peer, "Content-Length"));
    assert_true(str_ends(buf_str(&peer.in), STR("\r\n\r\n")));
    end_world(w, &peer);
}

static void a_long_answer_that_is_read_slowly_arrives_whole(void **state)
{
    enum { LONG = 8 << 20 };
    struct peer peer;
    struct world *w = hold_one(&peer, POST_IT);
    struct buf text = {0};
    (void)state;
    buf_reserve(&text, LONG);
    memset(text.bytes, 'x', LONG);
    text.len = LONG;
    peer_stop_reading(&peer);
    visit_reply(&w->visits[0], 200, buf_str(&text));
    visit_leave(&w->visits[0]);
    world_quiet(w, 20);
    assert_int_equal(w->server->away, 1);
    peer_read_on(&peer);
    WAIT_FOR(w, peer.in.len > LONG && w->server->clients == 1);
    assert_int_equal(peer_times(&peer, "HTTP/1.1 "), 1);
    buf_free(&text);
    end_world(w, &peer);
}

static void one_that_leaves_is_noticed(void **state)
{
    struct peer peer;
    struct world *w = hold_one(&peer, POST_IT);
    (void)state;
    peer_close(&peer);
    WAIT_FOR(w, w->visits[0].told_gone);
    assert_int_equal(w->server->away, 0);
    assert_int_equal(server_active(w->server), 1);
    /* What it says now goes nowhere, and does no harm. */
    w->visits[0].call->ops->interim(w->visits[0].call);
    w->visits[0].call->ops->abort(w->visits[0].call);
    answer(w, 0, "late");
    end_world(w, &peer);
}

static void one_that_half_closes_is_still_answered(void **state)
{
    struct peer peer;
    struct world *w = hold_one(&peer, POST_IT);
    (void)state;
    assert_int_equal(shutdown(peer.fd, SHUT_WR), 0);
    WAIT_FOR(w, peer_has(&peer, "HTTP/1.1 100 Continue\r\n\r\n"));
    world_quiet(w, 20);
    assert_false(w->visits[0].told_gone);
    answer(w, 0, "hello");
    WAIT_FOR(w, peer.closed);
    assert_true(peer_has(&peer, "hello"));
    end_world(w, &peer);
}

static void interim_answers_go_on(void **state)
{
    struct peer peer;
    struct world *w = hold_one(&peer, POST_IT);
    (void)state;
    w->visits[0].call->ops->interim(w->visits[0].call);
    WAIT_FOR(w, peer_times(&peer, "HTTP/1.1 100 Continue\r\n\r\n") == 1);
    answer(w, 0, "done");
    WAIT_FOR(w, peer_has(&peer, "done"));
    end_world(w, &peer);
}

static void one_that_is_aborted_is_reset(void **state)
{
    struct peer peer;
    struct world *w = hold_one(&peer, POST_IT);
    (void)state;
    w->visits[0].call->ops->abort(w->visits[0].call);
    visit_leave(&w->visits[0]);
    WAIT_FOR(w, peer.closed);
    assert_true(peer.reset && peer.in.len == 0);
    end_world(w, &peer);
}

static void one_that_nobody_answers_is_dropped(void **state)
{
    struct peer peer;
    struct world *w = hold_one(&peer, POST_IT);
    (void)state;
    visit_leave(&w->visits[0]);
    WAIT_FOR(w, peer.closed);
    end_world(w, &peer);
}

static void those_that_left_count_as_connections(void **state)
{
    struct server_config one = {.away_ms = 1, .connection_limit = 1};
    struct world *w = world_new(READ, one);
    struct peer peer, other;
    (void)state;
    peer_open(&peer, w);
    peer_send(&peer, STR(POST_IT));
    WAIT_FOR(w, w->server->away == 1 && w->server->clients == 0);
    peer_open(&other, w);
    peer_send(&other, STR(GET_IT));
    world_quiet(w, 30);
    assert_int_equal(w->count, 1);
    peer_close(&peer);
    WAIT_FOR(w, w->count == 2);
    visit_leave(&w->visits[0]);
    answer(w, 1, "done");
    WAIT_FOR(w, peer_has(&other, "done"));
    end_world(w, &other);
}

static void the_end_of_the_server_ends_them(void **state)
{
    struct peer peer;
    struct world *w = hold_one(&peer, POST_IT);
    (void)state;
    server_free(w->server);
    assert_true(w->visits[0].call->gone);
    assert_int_equal(w->server->away, 0);
    visit_leave(&w->visits[0]);
    w->server = NULL;
    WAIT_FOR(w, peer.closed);
    peer_close(&peer);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_call_that_left_is_answered_and_its_connection_is_kept),
        cmocka_unit_test(what_comes_while_it_is_held_is_the_next_request),
        cmocka_unit_test(one_with_another_behind_it_stays),
        cmocka_unit_test(some_never_leave),
        cmocka_unit_test(one_who_wants_no_more_is_closed),
        cmocka_unit_test(nothing_is_sent_after_an_answer_without_a_body),
        cmocka_unit_test(a_long_answer_that_is_read_slowly_arrives_whole),
        cmocka_unit_test(one_that_leaves_is_noticed),
        cmocka_unit_test(one_that_half_closes_is_still_answered),
        cmocka_unit_test(interim_answers_go_on),
        cmocka_unit_test(one_that_is_aborted_is_reset),
        cmocka_unit_test(one_that_nobody_answers_is_dropped),
        cmocka_unit_test(those_that_left_count_as_connections),
        cmocka_unit_test(the_end_of_the_server_ends_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
