/* SPDX-License-Identifier: Apache-2.0 */
/* Which connections are kept, for whom and for how long; their age on a clock
 * turned by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture.h"
#include "upstream/private.h"

enum { LIMIT = 3, IDLE_MS = 30000 };

struct bench {
    struct fixture f;
    struct dialer dialer;
    struct timers timers; /* of the pool alone */
    int64_t now_ms;
    struct pool pool;
    int connected;
};

static int64_t bench_now(void *clock)
{
    return *(const int64_t *)clock;
}

static void on_connected(struct connection *c)
{
    struct bench *b = c->dialer->ctx;
    b->connected++;
}

static void on_failed(struct connection *c, struct str why)
{
    (void)c;
    fail_msg("%.*s", STR_ARG(why));
}

static void on_ready(struct connection *c, uint32_t events)
{
    struct bench *b = c->dialer->ctx;
    (void)events;
    pool_ready(&b->pool, c);
}

static void bench_start(struct bench *b)
{
    struct upstream_config config = {.connect_timeout_ms = 2000,
                                     .dial_limit = 1};
    *b = (struct bench){0};
    fixture_start(&b->f, NULL, 0);
    dialer_init(&b->dialer, b->f.loop, &config);
    b->dialer.ctx = b;
    b->dialer.connected = on_connected;
    b->dialer.failed = on_failed;
    b->dialer.ready = on_ready;
    timers_init(&b->timers, bench_now, &b->now_ms);
    pool_init(&b->pool, &b->timers, LIMIT);
}

static void bench_stop(struct bench *b)
{
    pool_done(&b->pool);
    timers_done(&b->timers);
    dialer_done(&b->dialer);
    fixture_stop(&b->f, NULL, 0);
}

/* The origins differ for the pool, not for the server. */
static struct str origin_of(struct bench *b, int number)
{
    static const char *const schemes[] = {"http", "HTTP", "Http"};
    return arena_printf(b->f.arena, "%s://127.0.0.1:%u", schemes[number],
                        (unsigned)b->f.server.port);
}

static struct connection *dial(struct bench *b, int number)
{
    struct peer peer = {
        .origin = origin_of(b, number), .authority = STR("any"), .plain = true};
    int before = b->connected;
    struct connection *c = connection_dial(&b->dialer, &peer, true);
    c->user = (struct exchange *)b; /* somebody waits for it */
    run_until(&b->f, &b->connected, before + 1);
    return c;
}

static size_t open_talks(const struct bench *b)
{
    size_t count = 0;
    for (struct talk *t = b->f.server.talks; t != NULL; t = t->next) {
        count += t->watch.fd >= 0 ? 1 : 0;
    }
    return count;
}

static void settle_down(struct bench *b)
{
    for (int i = 0; i < 10; i++) {
        linger(&b->f);
    }
}

static void the_latest_of_an_origin_is_taken_first(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b);
    struct connection *one = dial(&b, 0);
    struct connection *two = dial(&b, 0);
    pool_put(&b.pool, one);
    pool_put(&b.pool, two);
    assert_null(pool_take(&b.pool, origin_of(&b, 1)));
    assert_ptr_equal(pool_take(&b.pool, origin_of(&b, 0)), two);
    assert_ptr_equal(pool_take(&b.pool, origin_of(&b, 0)), one);
    assert_null(pool_take(&b.pool, origin_of(&b, 0)));
    connection_close(one);
    connection_close(two);
    bench_stop(&b);
}

static void beyond_the_limit_the_oldest_of_all_goes(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b);
    for (int i = 0; i < LIMIT + 2; i++) {
        pool_put(&b.pool, dial(&b, 0));
    }
    settle_down(&b);
    assert_int_equal(b.pool.count, LIMIT);
    assert_int_equal(open_talks(&b), LIMIT);
    bench_stop(&b);
}

static void none_is_kept_longer_than_half_a_minute(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b);
    pool_put(&b.pool, dial(&b, 0));
    b.now_ms = IDLE_MS / 2;
    pool_put(&b.pool, dial(&b, 0));
    b.now_ms = IDLE_MS - 1;
    (void)timers_run_due(&b.timers);
    assert_int_equal(b.pool.count, 2);
    b.now_ms = IDLE_MS;
    (void)timers_run_due(&b.timers);
    assert_int_equal(b.pool.count, 1);
    assert_int_equal(timers_next_ms(&b.timers), IDLE_MS / 2);
    b.now_ms = IDLE_MS + IDLE_MS / 2;
    (void)timers_run_due(&b.timers);
    assert_int_equal(b.pool.count, 0);
    settle_down(&b);
    assert_int_equal(open_talks(&b), 0);
    assert_int_equal(timers_next_ms(&b.timers), -1);
    bench_stop(&b);
}

/* What the other side does to an idle connection, and whether the loop turns
 * before it is asked for. */
static void what_happens_to_an_idle_one_is_seen_at_once(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        struct bench b;
        bench_start(&b);
        pool_put(&b.pool, dial(&b, 0));
        settle_down(&b);
        if (i % 3 == 2) {
            assert_int_equal(
                send(b.f.server.talks->watch.fd, "x", 1, MSG_DONTWAIT), 1);
        } else {
            talk_end(b.f.server.talks, i % 3 == 1);
        }
        if (i < 3) {
            settle_down(&b);
            assert_int_equal(b.pool.count, 0);
        }
        assert_null(pool_take(&b.pool, origin_of(&b, 0)));
        assert_int_equal(b.pool.count, 0);
        bench_stop(&b);
    }
}

static void any_order_of_putting_and_taking_keeps_the_lists(void **state)
{
    enum { ORIGINS = 3, STEPS = 60 };
    struct bench b;
    unsigned turn = 1;
    (void)state;
    bench_start(&b);
    b.pool.limit = 2 * LIMIT;
    for (int i = 0; i < STEPS; i++) {
        struct connection *taken;
        size_t before = b.pool.count;
        int number = (int)((turn = turn * 75 % 65537) % ORIGINS);
        taken = pool_take(&b.pool, origin_of(&b, number));
        assert_int_equal(b.pool.count, before - (taken != NULL ? 1 : 0));
        if (taken == NULL || turn % 2 == 0) {
            pool_put(&b.pool, dial(&b, number));
        }
        if (taken != NULL) {
            assert_true(str_eq(taken->peer.origin, origin_of(&b, number)));
            pool_put(&b.pool, taken);
        }
        assert_true(b.pool.count <= b.pool.limit);
    }
    settle_down(&b);
    assert_int_equal(open_talks(&b), b.pool.count);
    bench_stop(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_latest_of_an_origin_is_taken_first),
        cmocka_unit_test(beyond_the_limit_the_oldest_of_all_goes),
        cmocka_unit_test(none_is_kept_longer_than_half_a_minute),
        cmocka_unit_test(what_happens_to_an_idle_one_is_seen_at_once),
        cmocka_unit_test(any_order_of_putting_and_taking_keeps_the_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
