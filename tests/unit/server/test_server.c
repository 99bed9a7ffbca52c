/* SPDX-License-Identifier: Apache-2.0 */
/* Connections, calls that are held, and the end of a server. */
#include "world.h"

#include "http/stream.h"

#include <fcntl.h>
#include <sys/resource.h>

#define GET_IT "GET /a%2Fb?c=d%20e HTTP/1.1\r\nHost: a\r\nX: 1\r\nx: 2\r\n\r\n"

static const struct server_config DEFAULTS;

static void a_call_is_what_was_sent(void **state)
{
    struct world *w = world_new(HOLD, DEFAULTS);
    struct peer peer;
    (void)state;
    peer_open(&peer, w);
    peer_send(&peer, STR(GET_IT));
    WAIT_FOR(w, w->count == 1);
    struct http_call *call = w->visits[0].call;
    assert_true(str_eq(call->request.method, STR("GET")));
    assert_true(str_eq(call->request.target, STR("/a%2Fb?c=d%20e")));
    assert_int_equal(call->request.headers.count, 3);
    assert_true(str_eq(call->request.headers.at[1].name, STR("X")));
    assert_true(str_eq(call->request.headers.at[1].value, STR("1")));
    assert_true(str_eq(call->request.headers.at[2].name, STR("x")));
    assert_true(str_eq(call->request.headers.at[2].value, STR("2")));
    assert_int_equal(call->body_length, 0);
    assert_int_equal(server_active(w->server), 1);
    visit_reply(&w->visits[0], 299, STR("hello"));
    visit_leave(&w->visits[0]);
    WAIT_FOR(w, peer_has(&peer, "hello"));
    WAIT_FOR(w, server_active(w->server) == 0);
    assert_true(peer_has(&peer, "HTTP/1.1 299"));
    assert_true(peer_has(&peer, "x-one: 1\r\nSet-Cookie: a\r\nSet-Cookie: b"));
    assert_true(peer_has(&peer, "Content-Length: 5\r\n"));
    assert_int_equal(peer_times(&peer, "Date: "), 1);
    assert_false(peer_has(&peer, "never"));
    assert_false(peer_has(&peer, "Connection: close"));
    assert_false(peer.closed);
    peer_close(&peer);
    world_free(w);
}

static void several_processes_may_share_a_port(void **state)
{
    struct arena *arena = arena_new();
    struct loop *loop = loop_new();
    struct http_handler handler = {0};
    struct str why = STR_NONE;
    uint16_t port = 0;
    struct server *servers[3];
    (void)state;
    int reserved = server_port_reserve(STR("127.0.0.1"), 0, &port, arena, &why);
    assert_true(reserved >= 0 && port != 0);
    struct server_config config = {
        .host = STR("127.0.0.1"), .port = port, .shares_port = true};
    for (int i = 0; i < 2; i++) {
        servers[i] = server_new(loop, &config, &handler, arena, &why);
        assert_non_null(servers[i]);
        assert_int_equal(server_port(servers[i]), port);
    }
    /* But nobody else may have it. */
    config.shares_port = false;
    servers[2] = server_new(loop, &config, &handler, arena, &why);
    assert_null(servers[2]);
    uint16_t again = 0;
    assert_int_equal(
        server_port_reserve(STR("127.0.0.1"), port, &again, arena, &why), -1);
    assert_true(str_contains(why, STR("cannot listen on 127.0.0.1 port")));
    assert_int_equal(server_port_reserve(STR("here"), 0, &again, arena, &why),
                     -1);
    for (int i = 0; i < 2; i++) {
        server_free(servers[i]);
    }
    server_port_release(reserved);
    reserved = server_port_reserve(STR("127.0.0.1"), port, &again, arena, &why);
    assert_int_equal(again, port);
    server_port_release(reserved);
    loop_free(loop);
    arena_free(arena);
}

static void requests_in_one_packet_are_answered_in_order(void **state)
{
    struct world *w = world_new(ECHO, DEFAULTS);
    struct peer peer;
    (void)state;
    peer_open(&peer, w);
    for (int i = 0; i < 5; i++) {
        char text[128];
        (void)snprintf(text, sizeof(text),
                       "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n"
                       "[no %d]",
                       i);
        peer_send(&peer, str_of(text));
    }
    WAIT_FOR(w, peer_has(&peer, "[no 4]"));
    assert_int_equal(peer_times(&peer, "HTTP/1.1 200"), 5);
    assert_true(peer_has(&peer, "[no 0]HTTP/1.1"));
    assert_int_equal(w->count, 5);
    peer_close(&peer);
    world_free(w);
}

static void clients_on_many_daemons_are_all_served(void **state)
{
    enum { PEERS = 300 };
    struct world *w = world_new(REFUSE, DEFAULTS);
    static struct peer peers[PEERS];
    size_t answered = 0;
    (void)state;
    for (size_t i = 0; i < PEERS; i++) {
        peer_open(&peers[i], w);
    }
    for (size_t i = 0; i < PEERS; i++) {
        w->count = 0;
        peer_send(&peers[i], STR(GET_IT));
        WAIT_FOR(w, peer_has(&peers[i], "no\n"));
        answered++;
    }
    assert_int_equal(answered, PEERS);
    for (size_t i = 0; i < PEERS; i++) {
        peer_close(&peers[i]);
    }
    world_free(w);
}

static void an_interim_answer_keeps_a_held_call_alive(void **state)
{
    struct world *w = world_new(READ, DEFAULTS);
    struct peer peer;
    (void)state;
    peer_open(&peer, w);
    peer_send(&peer, STR("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
                         "\r\nabc"));
    WAIT_FOR(w, w->count == 1 && w->visits[0].read_all);
    struct http_call *call = w->visits[0].call;
    call->ops->interim(call);
    WAIT_FOR(w, peer_times(&peer, "HTTP/1.1 100 Continue\r\n\r\n") == 1);
    call->ops->interim(call);
    WAIT_FOR(w, peer_times(&peer, "HTTP/1.1 100 Continue\r\n\r\n") == 2);
    visit_reply(&w->visits[0], 200, STR("done"));
    call->ops->interim(call);
    visit_leave(&w->visits[0]);
    WAIT_FOR(w, peer_has(&peer, "done"));
    assert_int_equal(peer_times(&peer, "100 Continue"), 2);
    assert_false(peer.closed);
    peer_close(&peer);
    world_free(w);
}

static void http_1_0_gets_no_interim_answer(void **state)
{
    struct world *w = world_new(READ, DEFAULTS);
    struct peer peer;
    (void)state;
    peer_open(&peer, w);
    peer_send(&peer, STR("GET / HTTP/1.0\r\n\r\n"));
    WAIT_FOR(w, w->count == 1 && w->visits[0].read_all);
    w->visits[0].call->ops->interim(w->visits[0].call);
    visit_reply(&w->visits[0], 200, STR("done"));
    visit_leave(&w->visits[0]);
    WAIT_FOR(w, peer.closed);
    assert_true(str_starts(buf_str(&peer.in), STR("HTTP/1.1 200")));
    assert_true(peer_has(&peer, "done"));
    peer_close(&peer);
    world_free(w);
}

static void a_client_that_leaves_while_held_is_noticed(void **state)
{
    struct world *w = world_new(READ, DEFAULTS);
    struct peer peer;
    (void)state;
    peer_open(&peer, w);
    peer_send(&peer, STR(GET_IT));
    WAIT_FOR(w, w->count == 1 && w->visits[0].read_all);
    world_quiet(w, 20);
    peer_close(&peer);
    WAIT_FOR(w, w->visits[0].told_gone);
    assert_true(w->visits[0].call->gone);
    assert_int_equal(server_active(w->server), 1);
    /* What it says now goes nowhere, and does no harm. */
    visit_reply(&w->visits[0], 200, STR("late"));
    w->visits[0].call->ops->interim(w->visits[0].call);
    w->visits[0].call->ops->abort(w->visits[0].call);
    visit_leave(&w->visits[0]);
    WAIT_FOR(w, server_active(w->server) == 0);
    world_free(w);
}

/* One that has only no more to say is asked by an interim answer whether it is
 * still there. */
static void a_client_that_half_closes_is_still_answered(void **state)
{
    struct world *w = world_new(READ, DEFAULTS);
    struct peer peer;
    (void)state;
    peer_open(&peer, w);
    peer_send(&peer, STR(GET_IT));
    WAIT_FOR(w, w->count == 1 && w->visits[0].read_all);
    world_quiet(w, 20);
    assert_int_equal(shutdown(peer.fd, SHUT_WR), 0);
    WAIT_FOR(w, peer_has(&peer, "HTTP/1.1 100 Continue\r\n\r\n"));
    world_quiet(w, 20);
    assert_int_equal(peer_times(&peer, "100 Continue"), 1);
    assert_false(w->visits[0].told_gone);
    visit_reply(&w->visits[0], 200, STR("hello"));
    WAIT_FOR(w, peer.closed);
    assert_true(peer_has(&peer, "hello"));
    peer_close(&peer);
    visit_leave(&w->visits[0]);
    WAIT_FOR(w, server_active(w->server) == 0);
    world_free(w);
}

/* Its body is whole, but the handler has not taken all of it yet. */
static void one_that_half_closes_behind_a_big_body_is_answered(void **state)
{
    static const struct {
        const char *length;
        size_t len;
        bool begun; /* reading it */
    } rows[] = {{"40960", 40960, false}, {"122880", 122880, true}};
    static char body[122880];
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world *w = world_new(HOLD, DEFAULTS);
        struct peer peer;
        peer_open(&peer, w);
        peer_send(&peer, STR("POST / HTTP/1.1\r\nHost: a\r\n"
                             "Content-Length: "));
        peer_send(&peer, str_of(rows[i].length));
        peer_send(&peer, STR("\r\n\r\n"));
        peer_send(&peer, str_make(body, rows[i].len));
        WAIT_FOR(w, w->count == 1 && peer.sent == peer.out.len);
        struct visit *visit = &w->visits[0];
        if (rows[i].begun) {
            visit->step = 1;
            visit_read(visit);
            visit->waiting = true;
        }
        world_quiet(w, 20);
        assert_int_equal(shutdown(peer.fd, SHUT_WR), 0);
        world_quiet(w, 30);
        assert_false(visit->told_gone);
        visit->waiting = false;
        visit->step = 0;
        visit_read(visit);
        WAIT_FOR(w, visit->read_all);
        assert_int_equal(visit->body.len, rows[i].len);
        visit_reply(visit, 200, STR("hello"));
        WAIT_FOR(w, peer.closed);
        assert_true(peer_has(&peer, "hello"));
        peer_close(&peer);
        visit_leave(visit);
        world_free(w);
    }
}

static void a_body_that_ends_too_early_is_noticed(void **state)
{
    struct str request = STR("POST / HTTP/1.1\r\nHost: a\r\n"
                             "Content-Length: 5\r\n\r\nabcd");
    struct world *w = world_new(READ, DEFAULTS);
    struct peer peer;
    (void)state;
    peer_open(&peer, w);
    world_quiet(w, 10);
    /* With its end at once: libmicrohttpd looks for no more. */
    assert_int_equal(
        send(peer.fd, request.ptr, request.len, MSG_NOSIGNAL | MSG_MORE),
        request.len);
    assert_int_equal(shutdown(peer.fd, SHUT_WR), 0);
    WAIT_FOR(w, w->count == 1 && w->visits[0].told_gone && peer.closed);
    assert_false(w->visits[0].read_all);
    peer_close(&peer);
    visit_leave(&w->visits[0]);
    WAIT_FOR(w, server_active(w->server) == 0);
    world_free(w);
}

static void an_aborted_call_is_answered_with_nothing(void **state)
{
    struct world *w = world_new(READ, DEFAULTS);
    struct peer peer;
    (void)state;
    peer_open(&peer, w);
    peer_send(&peer, STR(GET_IT));
    WAIT_FOR(w, w->count == 1 && w->visits[0].read_all);
    w->visits[0].call->ops->abort(w->visits[0].call);
    visit_leave(&w->visits[0]);
    WAIT_FOR(w, peer.closed && server_active(w->server) == 0);
    assert_int_equal(peer.in.len, 0);
    peer_close(&peer);
    world_free(w);
}

static void an_upload_can_be_aborted_between_two_packets(void **state)
{
    struct world *w = world_new(READ, DEFAULTS);
    struct peer peer;
    (void)state;
    peer_open(&peer, w);
    peer_send(&peer, STR("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n"
                         "\r\nabc"));
    WAIT_FOR(w, w->count == 1 && w->visits[0].body.len == 3);
    w->visits[0].call->ops->abort(w->visits[0].call);
    WAIT_FOR(w, peer.closed && w->visits[0].broken);
    assert_int_equal(peer.in.len, 0);
    visit_leave(&w->visits[0]);
    assert_int_equal(server_active(w->server), 0);
    peer_close(&peer);
    world_free(w);
}

static void a_call_that_nobody_answers_is_dropped(void **state)
{
    struct world *w = world_new(READ, DEFAULTS);
    struct peer peer;
    (void)state;
    peer_open(&peer, w);
    peer_send(&peer, STR(GET_IT));
    WAIT_FOR(w, w->count == 1 && w->visits[0].read_all);
    visit_leave(&w->visits[0]);
    WAIT_FOR(w, peer.closed && server_active(w->server) == 0);
    assert_int_equal(peer.in.len, 0);
    peer_close(&peer);
    world_free(w);
}

static void a_server_may_end_with_calls_in_every_state(void **state)
{
    enum { PEERS = 5 };
    static const char *const requests[PEERS] = {
        GET_IT,
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n",
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n"
         "Expect: 100-continue\r\n\r\n"),
    };
    for (int reads = 0; reads < 2; reads++) {
        struct world *w = world_new(reads ? READ : HOLD, DEFAULTS);
        struct peer peers[PEERS];
        (void)state;
        for (size_t i = 0; i < PEERS; i++) {
            peer_open(&peers[i], w);
            peer_send(&peers[i], str_of(requests[i]));
        }
        WAIT_FOR(w, w->count == 4);
        server_stop_accepting(w->server);
        assert_int_equal(server_active(w->server), 4);
        server_free(w->server);
        w->server = NULL;
        for (size_t i = 0; i < 4; i++) {
            assert_true(w->visits[i].call->gone);
            visit_reply(&w->visits[i], 200, STR("late"));
        }
        for (size_t i = 0; i < PEERS; i++) {
            WAIT_FOR(w, peers[i].closed);
            assert_int_equal(peer_times(&peers[i], "200"), 0);
            peer_close(&peers[i]);
        }
        world_free(w);
    }
}

static void a_server_may_end_amid_a_streamed_answer(void **state)
{
    struct world *w = world_new(READ, DEFAULTS);
    struct http_response head = make_reply(w, 200, STR_NONE);
    struct http_pipe pipe;
    struct peer peer;
    (void)state;
    http_pipe_init(&pipe, 1024);
    peer_open(&peer, w);
    peer_send(&peer, STR(GET_IT));
    WAIT_FOR(w, w->count == 1 && w->visits[0].read_all);
    struct visit *visit = &w->visits[0];
    visit->call->ops->reply_stream(visit->call, &head, -1, &pipe.source,
                                   loop_timers(w->loop), &visit->sent);
    (void)http_pipe_put(&pipe, STR("some"));
    WAIT_FOR(w, peer_has(&peer, "some"));
    server_free(w->server);
    w->server = NULL;
    WAIT_FOR(w, visit->told_sent == 1 && peer.closed);
    assert_false(peer_has(&peer, "\r\n0\r\n"));
    http_pipe_free(&pipe);
    peer_close(&peer);
    world_free(w);
}

static void no_one_new_is_let_in_after_stop_accepting(void **state)
{
    struct world *w = world_new(HOLD, DEFAULTS);
    struct peer held;
    struct peer late;
    uint16_t port = server_port(w->server);
    (void)state;
    assert_true(port != 0);
    peer_open(&held, w);
    peer_send(&held, STR(GET_IT));
    WAIT_FOR(w, w->count == 1);
    server_stop_accepting(w->server);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    late.fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_not_equal(connect(late.fd, (struct sockaddr *)&to, sizeof(to)),
                         0);
    (void)close(late.fd);
    visit_reply(&w->visits[0], 200, STR("done"));
    visit_leave(&w->visits[0]);
    WAIT_FOR(w, peer_has(&held, "done"));
    peer_close(&held);
    world_free(w);
}

static void more_clients_than_the_limit_wait_their_turn(void **state)
{
    struct world *w =
        world_new(REFUSE, (struct server_config){.connection_limit = 2});
    struct peer peers[4];
    (void)state;
    for (int i = 0; i < 4; i++) {
        peer_open(&peers[i], w);
        peer_send(&peers[i], STR(GET_IT));
    }
    WAIT_FOR(w, peers[0].in.len > 0 && peers[1].in.len > 0);
    world_quiet(w, 20);
    assert_int_equal(peers[2].in.len + peers[3].in.len, 0);
    peer_close(&peers[0]);
    WAIT_FOR(w, peers[2].in.len > 0 || peers[3].in.len > 0);
    peer_close(&peers[1]);
    WAIT_FOR(w, peers[2].in.len > 0 && peers[3].in.len > 0);
    peer_close(&peers[2]);
    peer_close(&peers[3]);
    world_free(w);
}

static void accepting_goes_on_after_descriptors_ran_out(void **state)
{
    struct world *w = world_new(REFUSE, DEFAULTS);
    struct peer first;
    struct peer second;
    struct rlimit old;
    struct rlimit tight;
    (void)state;
    peer_open(&first, w);
    peer_open(&second, w);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    tight = old;
    int next = fcntl(0, F_DUPFD_CLOEXEC, 0);
    (void)close(next);
    tight.rlim_cur = (rlim_t)next;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    peer_send(&first, STR(GET_IT));
    peer_send(&second, STR(GET_IT));
    int turns = 0;
    w->late = false;
    timer_arm(loop_timers(w->loop), &w->guard, 50);
    while (!w->late) {
        loop_turn(w->loop);
        turns++;
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_int_equal(w->count, 0);
    assert_true(turns < 50);
    WAIT_FOR(w, first.in.len > 0 && second.in.len > 0);
    peer_close(&first);
    peer_close(&second);
    world_free(w);
}

static void a_silent_client_is_closed_after_a_while(void **state)
{
    struct world *w = world_new(READ, (struct server_config){.idle_ms = 1000});
    struct peer idle;
    struct peer slow;
    struct peer held;
    (void)state;
    peer_open(&idle, w);
    peer_send(&idle, STR("GET / HTTP/1.1\r\n"));
    peer_open(&slow, w);
    peer_send(&slow, STR("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n"
                         "\r\nabc"));
    WAIT_FOR(w, w->count == 1);
    peer_open(&held, w);
    peer_send(&held, STR(GET_IT));
    WAIT_FOR(w, idle.closed && slow.closed && w->visits[0].broken);
    assert_true(w->visits[0].told_gone);
    /* A held call is our silence, not the client's. */
    assert_int_equal(w->count, 2);
    assert_false(held.closed);
    peer_close(&idle);
    peer_close(&slow);
    peer_close(&held);
    world_free(w);
}

static void wrong_addresses_are_told(void **state)
{
    static const struct {
        const char *host;
        uint16_t port;
        const char *says;
    } rows[] = {
        {"localhost", 0, "'localhost' is no numeric address"},
        {"", 0, "'' is no numeric address"},
        {"127.0.0.1.5", 0, "no numeric address"},
        {"192.0.2.1", 0, "cannot listen on 192.0.2.1 port 0: "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct loop *loop = loop_new();
        struct arena *arena = arena_new();
        struct str error = STR_NONE;
        struct http_handler handler = {.handle = world_handle};
        struct server_config config = {.host = str_of(rows[i].host),
                                       .port = rows[i].port};
        assert_null(server_new(loop, &config, &handler, arena, &error));
        assert_true(str_contains(error, str_of(rows[i].says)));
        loop_free(loop);
        arena_free(arena);
    }
}

static void a_bad_certificate_is_told(void **state)
{
    struct loop *loop = loop_new();
    struct arena *arena = arena_new();
    struct str error = STR_NONE;
    struct http_handler handler = {.handle = world_handle};
    struct server_config config = {.host = STR("127.0.0.1"),
                                   .tls_certificate = STR("not PEM"),
                                   .tls_key = STR("nor this")};
    (void)state;
    assert_null(server_new(loop, &config, &handler, arena, &error));
    assert_true(str_contains(error, STR("TLS certificate or key")));
    loop_free(loop);
    arena_free(arena);
}

static bool has_ipv6(void)
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6,
                               .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool has = bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0;
    (void)close(fd);
    return has;
}

static void ipv6_is_listened_on(void **state)
{
    if (!has_ipv6()) {
        skip();
    }
    struct world *w =
        world_new(REFUSE, (struct server_config){.host = STR("::1")});
    struct sockaddr_in6 to = {.sin6_family = AF_INET6,
                              .sin6_port = htons(server_port(w->server)),
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    (void)state;
    struct peer peer = {.world = w};
    peer.fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
    (void)connect(peer.fd, (struct sockaddr *)&to, sizeof(to));
    peer.watch = (struct loop_watch){peer.fd, peer_ready, &peer};
    loop_watch(w->loop, &peer.watch, EPOLLIN);
    peer_send(&peer, STR(GET_IT));
    WAIT_FOR(w, peer_has(&peer, "no\n"));
    peer_close(&peer);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_what_was_sent),
        cmocka_unit_test(several_processes_may_share_a_port),
        cmocka_unit_test(requests_in_one_packet_are_answered_in_order),
        cmocka_unit_test(clients_on_many_daemons_are_all_served),
        cmocka_unit_test(an_interim_answer_keeps_a_held_call_alive),
        cmocka_unit_test(http_1_0_gets_no_interim_answer),
        cmocka_unit_test(a_client_that_leaves_while_held_is_noticed),
        cmocka_unit_test(a_client_that_half_closes_is_still_answered),
        cmocka_unit_test(one_that_half_closes_behind_a_big_body_is_answered),
        cmocka_unit_test(a_body_that_ends_too_early_is_noticed),
        cmocka_unit_test(an_aborted_call_is_answered_with_nothing),
        cmocka_unit_test(an_upload_can_be_aborted_between_two_packets),
        cmocka_unit_test(a_call_that_nobody_answers_is_dropped),
        cmocka_unit_test(a_server_may_end_with_calls_in_every_state),
        cmocka_unit_test(a_server_may_end_amid_a_streamed_answer),
        cmocka_unit_test(no_one_new_is_let_in_after_stop_accepting),
        cmocka_unit_test(more_clients_than_the_limit_wait_their_turn),
        cmocka_unit_test(accepting_goes_on_after_descriptors_ran_out),
        cmocka_unit_test(a_silent_client_is_closed_after_a_while),
        cmocka_unit_test(wrong_addresses_are_told),
        cmocka_unit_test(a_bad_certificate_is_told),
        cmocka_unit_test(ipv6_is_listened_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
