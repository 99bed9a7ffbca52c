/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that drip: each byte begins libmicrohttpd's idle time anew, but not
 * ours. Start at drip(). */
#include "world.h"

#define HEAD "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n"

enum { HEAD_MS = 200, IDLE_MS = 60000 };

static const struct server_config QUICK = {.head_ms = HEAD_MS,
                                           .idle_ms = IDLE_MS};

static const struct server_config DEFAULTS;

struct dripper {
    struct peer *peer;
    struct timer drop;
    const char *byte;
    size_t count;
};

static void drop_one(void *ctx)
{
    struct dripper *dripper = ctx;
    struct world *w = dripper->peer->world;
    peer_send(dripper->peer, str_of(dripper->byte));
    dripper->count++;
    timer_arm(loop_timers(w->loop), &dripper->drop, HEAD_MS / 10);
}

/* One byte and again one, until the server has had enough. */
static void drip(struct peer *peer, const char *byte)
{
    struct world *w = peer->world;
    struct dripper dripper = {.peer = peer, .byte = byte};
    timer_init(&dripper.drop, drop_one, &dripper);
    int64_t before = clock_monotonic_ms(NULL);
    drop_one(&dripper);
    WAIT_FOR(w, peer->closed);
    timer_cancel(loop_timers(w->loop), &dripper.drop);
    assert_true(clock_monotonic_ms(NULL) - before >= HEAD_MS / 2);
    assert_true(dripper.count > 2);
}

static void a_head_that_drips_in_is_refused(void **state)
{
    static const char *const starts[] = {"", "POST / HT",
                                         "POST / HTTP/1.1\r\nHost: a"};
    (void)state;
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        struct world *w = world_new(READ, QUICK);
        struct peer peer;
        peer_open(&peer, w);
        peer_send(&peer, str_of(starts[i]));
        drip(&peer, "x");
        assert_true(peer_has(&peer, "HTTP/1.1 408 "));
        assert_true(peer_has(&peer, "--head-timeout"));
        assert_int_equal(w->count, 0);
        peer_close(&peer);
        world_free(w);
    }
}

static void so_is_the_head_after_an_answer(void **state)
{
    struct world *w = world_new(REFUSE, QUICK);
    struct peer peer;
    (void)state;
    peer_open(&peer, w);
    peer_send(&peer, STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    WAIT_FOR(w, peer_has(&peer, "no\n"));
    peer_send(&peer, STR("GET / HTTP/1.1\r\nX"));
    drip(&peer, "x");
    assert_int_equal(peer_times(&peer, "HTTP/1.1 408 "), 1);
    assert_int_equal(w->count, 1);
    peer_close(&peer);
    world_free(w);
}

/* An answer that nobody asked for would be taken for that of the next. */
static void who_sends_nothing_is_let_go_without_a_word(void **state)
{
    struct world *w = world_new(REFUSE, QUICK);
    struct peer peer;
    (void)state;
    peer_open(&peer, w);
    WAIT_FOR(w, peer.closed);
    assert_int_equal(peer.in.len, 0);
    peer_close(&peer);

    peer_open(&peer, w);
    peer_send(&peer, STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    WAIT_FOR(w, peer_has(&peer, "no\n"));
    WAIT_FOR(w, peer.closed);
    assert_false(peer_has(&peer, " 408 "));
    peer_close(&peer);
    world_free(w);
}

static void an_answer_does_not_wait_for_a_body_that_drips_in(void **state)
{
    struct world *w = world_new(REFUSE, DEFAULTS);
    struct peer peer;
    (void)state;
    peer_open(&peer, w);
    peer_send(&peer, STR(HEAD "abc"));
    WAIT_FOR(w, w->count == 1);
    drip(&peer, "x");
    assert_true(peer_has(&peer, "HTTP/1.1 403 "));
    assert_true(peer_has(&peer, "Connection: close"));
    assert_false(peer_has(&peer, " 408 "));
    peer_close(&peer);
    world_free(w);
}

static void one_who_leaves_amid_a_head_is_let_go_at_once(void **state)
{
    static const char start[] = "POST / HTTP/1.1\r\nHo";
    struct server_config slow = {.head_ms = IDLE_MS / 3, .idle_ms = IDLE_MS};
    struct world *w = world_new(READ, slow);
    struct peer peer;
    (void)state;
    peer_open(&peer, w);
    ssize_t sent = send(peer.fd, start, sizeof(start) - 1, 0);
    assert_int_equal(sent, sizeof(start) - 1);
    assert_int_equal(shutdown(peer.fd, SHUT_WR), 0);
    WAIT_FOR(w, peer.closed);
    assert_int_equal(peer.in.len, 0);
    peer_close(&peer);
    world_free(w);
}

/* It is whole, and lies unread: what says "too late" must not carry it out. */
static void what_is_told_to_be_late_is_not_handled(void **state)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    struct world *w = world_new(READ, QUICK);
    struct peer peer;
    (void)state;
    peer_open(&peer, w);
    world_quiet(w, 10);
    int64_t until = clock_monotonic_ms(NULL) + 2 * HEAD_MS;
    while (clock_monotonic_ms(NULL) < until) {
    }
    ssize_t sent = send(peer.fd, request, sizeof(request) - 1, 0);
    assert_int_equal(sent, sizeof(request) - 1);
    WAIT_FOR(w, peer.closed || w->count > 0);
    assert_true(peer_has(&peer, "HTTP/1.1 408 "));
    world_quiet(w, 20);
    assert_int_equal(w->count, 0);
    peer_close(&peer);
    world_free(w);
}

/* A call may be held for minutes, and its body is for its handler to time. */
static void what_is_under_way_has_all_its_time(void **state)
{
    struct world *w = world_new(READ, QUICK);
    struct peer held;
    struct peer sending;
    (void)state;
    peer_open(&held, w);
    peer_send(&held, STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    peer_open(&sending, w);
    peer_send(&sending, STR(HEAD "abc"));
    WAIT_FOR(w, w->count == 2);
    world_quiet(w, HEAD_MS * 2);
    assert_false(held.closed || sending.closed);
    for (size_t i = 0; i < 2; i++) {
        assert_false(w->visits[i].told_gone || w->visits[i].broken);
    }
    peer_close(&held);
    peer_close(&sending);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_that_drips_in_is_refused),
        cmocka_unit_test(so_is_the_head_after_an_answer),
        cmocka_unit_test(who_sends_nothing_is_let_go_without_a_word),
        cmocka_unit_test(an_answer_does_not_wait_for_a_body_that_drips_in),
        cmocka_unit_test(one_who_leaves_amid_a_head_is_let_go_at_once),
        cmocka_unit_test(what_is_told_to_be_late_is_not_handled),
        cmocka_unit_test(what_is_under_way_has_all_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
