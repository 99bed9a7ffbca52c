/* SPDX-License-Identifier: Apache-2.0 */
/* Names and addresses: one look-up serves all that want the same, none is
 * waited for, and an address that is dead stands in nobody's way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture.h"
#include "names.h"
#include "upstream/private.h"

enum { ASKERS = 12 };

struct counts {
    size_t looking;
    size_t waiting;
};

static struct counts count(const struct fixture *f)
{
    struct counts counts = {0, 0};
    const struct queue *queue = f->upstream->dialer.queues;
    for (; queue != NULL; queue = queue->next) {
        counts.looking += queue->looking != NULL ? 1 : 0;
        for (struct connection *c = queue->first; c != NULL; c = c->next) {
            counts.waiting++;
        }
    }
    return counts;
}

static void ask_for(struct fixture *f, struct asker *a, struct str origin)
{
    ask_prepare(f, a, "POST");
    a->fetch.origin = origin;
    http_fetch_send(f->client, &a->fetch);
}

/* A listener of IPv6 whose queue is full, so that it says nothing to who comes
 * next; false: there is no IPv6 here. */
static bool full_listen(uint16_t port, int ret_fds[2])
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                   .sin6_port = htons(port),
                                   .sin6_addr = in6addr_loopback};
    const struct sockaddr *any = (const struct sockaddr *)&address;
    for (int i = 0; i < 2; i++) {
        ret_fds[i] = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    }
    if (bind(ret_fds[0], any, sizeof(address)) == 0 &&
        listen(ret_fds[0], 0) == 0 &&
        connect(ret_fds[1], any, sizeof(address)) == 0) {
        return true;
    }
    for (int i = 0; i < 2; i++) {
        (void)close(ret_fds[i]);
    }
    return false;
}

/* As many as will have begun a look-up. */
static void await_lookups(struct fixture *f, int wanted)
{
    for (int i = 0; i < 10000 && atomic_load(&names_asked) < wanted; i++) {
        linger(f);
    }
    for (int i = 0; i < 10; i++) {
        linger(f);
    }
    assert_int_equal(atomic_load(&names_asked), wanted);
}

static void one_looks_for_a_name_and_all_hear_of_it(void **state)
{
    struct fixture f;
    struct asker a[ASKERS];
    (void)state;
    fixture_start(&f, NULL, 0);
    names_close();
    for (size_t i = 0; i < ASKERS; i++) {
        ask_for(&f, &a[i],
                i % 2 == 0 ? STR("http://none.one") : STR("http://none.two"));
    }
    await_lookups(&f, 2);
    assert_int_equal(count(&f).looking, 2);
    assert_int_equal(count(&f).waiting, ASKERS - 2);
    names_open();
    for (size_t i = 0; i < ASKERS; i++) {
        run_until(&f, &a[i].done_count, 1);
        assert_int_equal(a[i].fetch.outcome, HTTP_REFUSED);
        assert_true(str_contains(a[i].fetch.error, a[i].fetch.origin));
        assert_true(str_contains(a[i].fetch.error, STR("not resolve")));
    }
    await_lookups(&f, 2);
    assert_null(f.upstream->dialer.queues);
    fixture_stop(&f, a, ASKERS);
}

static void those_behind_a_name_that_was_found_connect(void **state)
{
    static struct answer answers[ASKERS];
    struct fixture f;
    struct asker a[ASKERS];
    (void)state;
    fixture_start(&f, answers, ASKERS);
    names_close();
    struct str origin =
        arena_printf(f.arena, "http://some.name:%u", (unsigned)f.server.port);
    for (size_t i = 0; i < ASKERS; i++) {
        answers[i] = (struct answer){OK_TEXT, 0, KEEP, 0, 0};
        ask_for(&f, &a[i], origin);
    }
    await_lookups(&f, 1);
    assert_int_equal(count(&f).looking, 1);
    assert_int_equal(count(&f).waiting, ASKERS - 1);
    names_open();
    for (size_t i = 0; i < ASKERS; i++) {
        run_until(&f, &a[i].done_count, 1);
        assert_int_equal(a[i].fetch.outcome, HTTP_ANSWERED);
    }
    await_lookups(&f, 1);
    fixture_stop(&f, a, ASKERS);
}

/* Whoever looks, or waits behind it, may leave at any time; after so many
 * turns of the loop. */
static void anybody_may_leave(void **state)
{
    (void)state;
    for (int turns = 0; turns < 4; turns++) {
        for (size_t leaves = 0; leaves < 3; leaves++) {
            static const struct answer answers[] = {{OK_TEXT, 0, KEEP, 0, 0},
                                                    {OK_TEXT, 0, KEEP, 0, 0},
                                                    {OK_TEXT, 0, KEEP, 0, 0}};
            struct fixture f;
            struct asker a[3];
            fixture_start(&f, answers, 3);
            names_close();
            struct str origin = arena_printf(f.arena, "http://some.name:%u",
                                             (unsigned)f.server.port);
            for (size_t i = 0; i < 3; i++) {
                ask_for(&f, &a[i], origin);
            }
            for (int i = 0; i < turns; i++) {
                linger(&f);
            }
            int before = a[leaves].done_count;
            http_fetch_cancel(f.client, &a[leaves].fetch);
            names_open();
            for (size_t i = 0; i < 3; i++) {
                if (i != leaves) {
                    run_until(&f, &a[i].done_count, 1);
                    assert_int_equal(a[i].fetch.outcome, HTTP_ANSWERED);
                }
            }
            assert_int_equal(a[leaves].done_count, before);
            fixture_stop(&f, a, 3);
        }
    }
}

/* One that refuses, and one that says nothing at all. */
static void an_address_that_is_dead_is_passed_over(void **state)
{
    (void)state;
    for (int silent = 0; silent < 2; silent++) {
        static const struct answer answers[] = {{OK_TEXT, 0, KEEP, 0, 0}};
        struct fixture f;
        struct asker a;
        fixture_start(&f, answers, 1);
        int dead[2] = {-1, -1};
        if (silent && !full_listen(f.server.port, dead)) {
            fixture_stop(&f, NULL, 0);
            skip();
        }
        names_close();
        names_open();
        ask_for(&f, &a,
                arena_printf(f.arena, "http://both.kinds:%u",
                             (unsigned)f.server.port));
        run_until(&f, &a.done_count, 1);
        assert_int_equal(a.fetch.outcome, HTTP_ANSWERED);
        for (int i = 0; i < 2 && silent; i++) {
            (void)close(dead[i]);
        }
        fixture_stop(&f, &a, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_looks_for_a_name_and_all_hear_of_it),
        cmocka_unit_test(those_behind_a_name_that_was_found_connect),
        cmocka_unit_test(anybody_may_leave),
        cmocka_unit_test(an_address_that_is_dead_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
