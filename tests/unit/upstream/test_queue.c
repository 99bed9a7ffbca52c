/* SPDX-License-Identifier: Apache-2.0 */
/* How many dial at once, and in which order those who wait are served, by what
 * comes first; whoever leaves, and however a dial ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture.h"
#include "upstream/private.h"

enum { PLACES = 2, CONNECT_MS = 60000 };

/* With all the time that a busy machine may take. */
static void start(struct fixture *f, const struct answer *answers, size_t count,
                  size_t limit)
{
    fixture_start(f, answers, count);
    f->upstream->connect_ms = CONNECT_MS;
    f->upstream->dialer.config.connect_timeout_ms = CONNECT_MS;
    f->upstream->dialer.config.dial_limit = limit;
}

static const struct queue *only_queue(const struct fixture *f)
{
    const struct queue *queue = f->upstream->dialer.queues;
    assert_true(queue == NULL || queue->next == NULL);
    return queue;
}

static size_t count_dials(const struct fixture *f)
{
    const struct queue *queue = only_queue(f);
    return queue != NULL ? queue->dials : 0;
}

static size_t count_waiting(const struct queue *queue)
{
    size_t count = 0;
    const struct connection *c = queue != NULL ? queue->first : NULL;
    for (; c != NULL; c = c->next) {
        assert_true(c->queue == queue && !c->dials);
        assert_ptr_equal(c->next != NULL ? c->next->before : queue->last, c);
        count++;
    }
    return count;
}

/* What private.h says of queues: nobody is forgotten. */
static void check_queues(const struct fixture *f)
{
    const struct dialer *dialer = &f->upstream->dialer;
    for (const struct queue *q = dialer->queues; q != NULL; q = q->next) {
        const struct connection *reuser = q->first;
        while (reuser != NULL && reuser->fresh) {
            reuser = reuser->next;
        }
        assert_ptr_equal(q->reuser, reuser);
        assert_true(q->dials <= dialer->config.dial_limit);
        assert_true(count_waiting(q) == 0 || q->looking != NULL ||
                    q->dials == dialer->config.dial_limit ||
                    timer_is_armed(&dialer->serve));
    }
}

static void settle_down(struct fixture *f)
{
    for (int i = 0; i < 20; i++) {
        linger(f);
        check_queues(f);
    }
}

static void prepare(struct fixture *f, struct asker *a, const char *scheme,
                    uint16_t port)
{
    ask_prepare(f, a, "POST");
    a->fetch.timeout_ms = 2 * CONNECT_MS;
    a->fetch.origin =
        arena_printf(f->arena, "%s://127.0.0.1:%u", scheme, (unsigned)port);
}

static void ask(struct fixture *f, struct asker *a)
{
    prepare(f, a, "http", f->server.port);
    http_fetch_send(f->client, &a->fetch);
}

/* ---- A listener that has no room ---- */

struct full {
    int listener;
    int filler;
    uint16_t port;
};

static void full_start(struct full *full)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr *any = (struct sockaddr *)&address;
    socklen_t size = sizeof(address);
    full->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    full->filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(full->listener, any, size), 0);
    assert_int_equal(listen(full->listener, 0), 0);
    assert_int_equal(getsockname(full->listener, any, &size), 0);
    assert_int_equal(connect(full->filler, any, size), 0);
    full->port = ntohs(address.sin_port);
}

static void full_stop(struct full *full)
{
    (void)close(full->filler);
    (void)close(full->listener);
}

/* ---- Tests ---- */

static void a_burst_is_no_burst_of_handshakes(void **state)
{
    enum { ASKERS = 1000, AT_ONCE = 256, FAILED = 10 };
    static const struct answer silent = {"", 0, HANG, 0, 1};
    static struct answer answers[ASKERS];
    static struct asker a[ASKERS];
    struct fixture f;
    (void)state;
    for (size_t i = 0; i < ASKERS; i++) {
        answers[i] = silent;
    }
    start(&f, answers, ASKERS, AT_ONCE);
    for (size_t i = 0; i < ASKERS; i++) {
        prepare(&f, &a[i], "https", f.server.port);
        http_fetch_send(f.client, &a[i].fetch);
    }
    run_until_size(&f, &f.server.connections, AT_ONCE);
    settle_down(&f);
    assert_int_equal(f.server.connections, AT_ONCE);
    assert_int_equal(count_waiting(only_queue(&f)), ASKERS - AT_ONCE);
    struct talk *talk = f.server.talks;
    for (int i = 0; i < FAILED; i++, talk = talk->next) {
        talk_end(talk, false);
    }
    settle_down(&f);
    assert_int_equal(f.server.connections, AT_ONCE + FAILED);
    push_clock(&f, CONNECT_MS);
    for (size_t i = 0; i < ASKERS; i++) {
        assert_int_equal(a[i].done_count, 1);
        assert_int_equal(a[i].fetch.outcome, HTTP_REFUSED);
        assert_true(str_starts(a[i].fetch.error, STR("nothing was sent to")));
    }
    settle_down(&f);
    assert_int_equal(f.server.connections, AT_ONCE + FAILED);
    assert_null(only_queue(&f));
    fixture_stop(&f, a, ASKERS);
}

/* In which order they were done. */
struct order {
    struct asker *asker;
    int *count;
    int place;
};

static void note_place(void *ctx)
{
    struct order *order = ctx;
    order->asker->done_count++;
    order->place = (*order->count)++;
}

static void each_dial_that_fails_makes_place_for_the_next(void **state)
{
    enum { ASKERS = 50 };
    struct fixture f;
    struct asker a[ASKERS];
    struct order order[ASKERS];
    int done = 0;
    (void)state;
    start(&f, NULL, 0, 1);
    server_stop_listening(&f.server);
    for (int i = 0; i < ASKERS; i++) {
        ask(&f, &a[i]);
        order[i] = (struct order){&a[i], &done, -1};
        timer_init(&a[i].done, note_place, &order[i]);
    }
    run_until(&f, &done, ASKERS);
    for (int i = 0; i < ASKERS; i++) {
        assert_int_equal(a[i].fetch.outcome, HTTP_REFUSED);
        assert_int_equal(order[i].place, i);
    }
    fixture_stop(&f, a, ASKERS);
}

/* A connection in use at first, and what asks while no other can be made. */
struct scene {
    struct fixture f;
    struct asker holder;
    struct asker a[4];
    int listener;
    int filler;
};

static const struct answer scene_answers[] = {{"", 0, HANG, 0, 0},
                                              {OK_TEXT, 0, KEEP, 0, 0},
                                              {OK_TEXT, 0, KEEP, 0, 0},
                                              {OK_TEXT, 0, KEEP, 0, 0},
                                              {OK_TEXT, 0, KEEP, 0, 0}};

static void scene_start(struct scene *s)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    *s = (struct scene){0};
    start(&s->f, scene_answers, COUNT(scene_answers), PLACES);
    ask(&s->f, &s->holder);
    run_until_size(&s->f, &s->f.server.requests, 1);
    address.sin_port = htons(s->f.server.port);
    s->listener = s->f.server.listener.fd;
    loop_unwatch(s->f.loop, &s->f.server.listener);
    assert_int_equal(listen(s->listener, 0), 0);
    s->filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(
        connect(s->filler, (struct sockaddr *)&address, sizeof(address)), 0);
}

/* The holder has its answer, and its connection is idle. */
static void scene_release(struct scene *s)
{
    struct talk *talk = s->f.server.talks;
    talk->answer = &scene_answers[1];
    loop_watch(s->f.loop, &talk->watch, EPOLLOUT);
    run_until(&s->f, &s->holder.done_count, 1);
}

static void scene_stop(struct scene *s)
{
    http_fetch_cancel(s->f.client, &s->holder.fetch);
    (void)close(s->filler);
    (void)close(s->listener);
    fixture_stop(&s->f, s->a, COUNT(s->a));
}

static void one_that_becomes_idle_serves_who_waits(void **state)
{
    struct scene s;
    (void)state;
    scene_start(&s);
    for (size_t i = 0; i < 4; i++) {
        ask(&s.f, &s.a[i]);
        settle_down(&s.f);
    }
    assert_int_equal(count_dials(&s.f), PLACES);
    assert_int_equal(count_waiting(only_queue(&s.f)), 2);
    scene_release(&s);
    run_until(&s.f, &s.a[3].done_count, 1);
    assert_int_equal(s.a[2].fetch.outcome, HTTP_ANSWERED);
    assert_int_equal(s.a[3].fetch.outcome, HTTP_ANSWERED);
    assert_int_equal(s.a[0].done_count + s.a[1].done_count, 0);
    push_clock(&s.f, CONNECT_MS);
    assert_int_equal(s.a[0].fetch.outcome, HTTP_REFUSED);
    assert_int_equal(s.a[1].fetch.outcome, HTTP_REFUSED);
    assert_int_equal(s.f.server.connections, 1);
    scene_stop(&s);
}

static void one_that_must_be_fresh_waits_for_a_place(void **state)
{
    struct scene s;
    (void)state;
    scene_start(&s);
    for (size_t i = 0; i < 4; i++) {
        prepare(&s.f, &s.a[i], "http", s.f.server.port);
        s.a[i].fetch.fresh_connection = i == 2;
        http_fetch_send(s.f.client, &s.a[i].fetch);
    }
    settle_down(&s.f);
    scene_release(&s);
    run_until(&s.f, &s.a[3].done_count, 1);
    settle_down(&s.f);
    assert_int_equal(s.a[3].fetch.outcome, HTTP_ANSWERED);
    assert_int_equal(s.a[2].done_count, 0);
    assert_int_equal(count_waiting(only_queue(&s.f)), 1);
    http_fetch_cancel(s.f.client, &s.a[0].fetch);
    settle_down(&s.f);
    assert_int_equal(count_dials(&s.f), PLACES);
    assert_int_equal(count_waiting(only_queue(&s.f)), 0);
    scene_stop(&s);
}

/* As a client does that has its answer and goes on. */
static void ask_next(void *ctx)
{
    struct scene *s = ctx;
    s->holder.done_count++;
    assert_int_equal(s->f.upstream->pool.count, 1);
    http_fetch_send(s->f.client, &s->a[3].fetch);
}

static void who_comes_later_does_not_overtake(void **state)
{
    struct scene s;
    struct order order[2];
    int done = 0;
    (void)state;
    scene_start(&s);
    for (size_t i = 0; i < 3; i++) {
        ask(&s.f, &s.a[i]);
    }
    settle_down(&s.f);
    prepare(&s.f, &s.a[3], "http", s.f.server.port);
    for (int i = 0; i < 2; i++) {
        order[i] = (struct order){&s.a[2 + i], &done, -1};
        timer_init(&s.a[2 + i].done, note_place, &order[i]);
    }
    timer_init(&s.holder.done, ask_next, &s);
    scene_release(&s);
    run_until(&s.f, &done, 2);
    assert_int_equal(order[0].place, 0);
    assert_int_equal(order[1].place, 1);
    scene_stop(&s);
}

static void a_listener_that_is_full_holds_up_nobody_else(void **state)
{
    enum { ASKERS = 6 };
    static struct answer answers[ASKERS];
    struct fixture f;
    struct full full;
    struct asker stuck[ASKERS];
    struct asker other[ASKERS];
    (void)state;
    for (size_t i = 0; i < ASKERS; i++) {
        answers[i] = (struct answer){OK_TEXT, 0, KEEP, 0, 0};
    }
    start(&f, answers, ASKERS, PLACES);
    full_start(&full);
    for (size_t i = 0; i < ASKERS; i++) {
        prepare(&f, &stuck[i], "http", full.port);
        http_fetch_send(f.client, &stuck[i].fetch);
        push_clock(&f, CONNECT_MS / 100);
    }
    for (size_t i = 0; i < ASKERS; i++) {
        ask(&f, &other[i]);
    }
    for (size_t i = 0; i < ASKERS; i++) {
        run_until(&f, &other[i].done_count, 1);
        assert_int_equal(other[i].fetch.outcome, HTTP_ANSWERED);
        assert_int_equal(stuck[i].done_count, 0);
    }
    settle_down(&f);
    assert_int_equal(count_dials(&f), PLACES);
    push_clock(&f, CONNECT_MS);
    for (size_t i = 0; i < ASKERS; i++) {
        run_until(&f, &stuck[i].done_count, 1);
        assert_int_equal(stuck[i].fetch.outcome, HTTP_REFUSED);
        assert_true(str_contains(stuck[i].fetch.error, STR("60000 ms")));
        http_fetch_cancel(f.client, &stuck[i].fetch);
    }
    full_stop(&full);
    fixture_stop(&f, other, ASKERS);
}

static void whoever_leaves_makes_place(void **state)
{
    enum { ASKERS = 5 };
    (void)state;
    for (size_t leaves = 0; leaves < ASKERS; leaves++) {
        struct fixture f;
        struct full full;
        struct asker a[ASKERS];
        start(&f, NULL, 0, PLACES);
        full_start(&full);
        for (size_t i = 0; i < ASKERS; i++) {
            prepare(&f, &a[i], "http", full.port);
            http_fetch_send(f.client, &a[i].fetch);
        }
        settle_down(&f);
        http_fetch_cancel(f.client, &a[leaves].fetch);
        settle_down(&f);
        assert_int_equal(count_dials(&f), PLACES);
        assert_int_equal(count_waiting(only_queue(&f)), ASKERS - PLACES - 1);
        push_clock(&f, CONNECT_MS);
        for (size_t i = 0; i < ASKERS; i++) {
            assert_int_equal(a[i].done_count, i == leaves ? 0 : 1);
        }
        full_stop(&full);
        fixture_stop(&f, a, ASKERS);
    }
}

/* Askers of two origins who come and go as a die has it, before a server that
 * keeps, closes and resets as it has it too. */
static void in_any_order_nobody_is_forgotten(void **state)
{
    enum { ASKERS = 300, ANSWERS = 2 * ASKERS, ORIGINS = 2 };
    static const enum ending endings[] = {KEEP, KEEP, CLOSE, RESET};
    static const char *const schemes[ORIGINS] = {"http", "HTTP"};
    static struct answer answers[ANSWERS];
    static struct asker a[ASKERS];
    bool left[ASKERS] = {false};
    struct fixture f;
    unsigned die = 1;
    (void)state;
    for (size_t i = 0; i < ANSWERS; i++) {
        die = die * 75 % 65537;
        answers[i] = (struct answer){OK_TEXT, 0, endings[die % 4], 0, 0};
        answers[i].at_connect = die % 16 == 3;
    }
    start(&f, answers, ANSWERS, PLACES);
    for (size_t i = 0; i < ASKERS; i++) {
        die = die * 75 % 65537;
        prepare(&f, &a[i], schemes[die % ORIGINS], f.server.port);
        a[i].fetch.fresh_connection = die % 3 == 0;
        http_fetch_send(f.client, &a[i].fetch);
        size_t other = die % (i + 1);
        if (die % 5 == 0 && a[other].done_count == 0) {
            http_fetch_cancel(f.client, &a[other].fetch);
            left[other] = true;
        }
        if (die % 7 == 0) {
            linger(&f);
        }
        check_queues(&f);
    }
    for (size_t i = 0; i < ASKERS; i++) {
        if (!left[i]) {
            run_until(&f, &a[i].done_count, 1);
        }
        assert_int_equal(a[i].done_count, left[i] ? 0 : 1);
    }
    settle_down(&f);
    assert_null(f.upstream->dialer.queues);
    fixture_stop(&f, a, ASKERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_is_no_burst_of_handshakes),
        cmocka_unit_test(each_dial_that_fails_makes_place_for_the_next),
        cmocka_unit_test(one_that_becomes_idle_serves_who_waits),
        cmocka_unit_test(one_that_must_be_fresh_waits_for_a_place),
        cmocka_unit_test(who_comes_later_does_not_overtake),
        cmocka_unit_test(a_listener_that_is_full_holds_up_nobody_else),
        cmocka_unit_test(whoever_leaves_makes_place),
        cmocka_unit_test(in_any_order_nobody_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
