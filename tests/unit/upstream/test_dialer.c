/* SPDX-License-Identifier: Apache-2.0 */
/* Names: one look-up serves all that want the same, and none is waited for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture.h"
#include "upstream/private.h"

enum { ASKERS = 12 };

static size_t count_list(const struct connection *list)
{
    size_t count = 0;
    for (; list != NULL; list = list->next) {
        count++;
    }
    return count;
}

static void ask_for(struct fixture *f, struct asker *a, struct str origin)
{
    ask_prepare(f, a, "POST");
    a->fetch.origin = origin;
    http_fetch_send(f->client, &a->fetch);
}

static void one_looks_for_a_name_and_all_hear_of_it(void **state)
{
    struct fixture f;
    struct asker a[ASKERS];
    (void)state;
    fixture_start(&f, NULL, 0);
    const struct dialer *dialer = &f.upstream->dialer;
    for (size_t i = 0; i < ASKERS; i++) {
        ask_for(&f, &a[i],
                i % 2 == 0 ? STR("http://one.invalid")
                           : STR("http://two.invalid"));
    }
    assert_int_equal(count_list(dialer->looking), 2);
    assert_int_equal(count_list(dialer->parked), ASKERS - 2);
    for (size_t i = 0; i < ASKERS; i++) {
        run_until(&f, &a[i].done_count, 1);
        assert_int_equal(a[i].fetch.outcome, HTTP_REFUSED);
        assert_true(str_contains(a[i].fetch.error, a[i].fetch.origin));
    }
    assert_null(dialer->looking);
    assert_null(dialer->parked);
    fixture_stop(&f, a, ASKERS);
}

static void those_behind_a_name_that_was_found_connect(void **state)
{
    static struct answer answers[ASKERS];
    struct fixture f;
    struct asker a[ASKERS];
    (void)state;
    fixture_start(&f, answers, ASKERS);
    struct str origin =
        arena_printf(f.arena, "http://localhost:%u", (unsigned)f.server.port);
    for (size_t i = 0; i < ASKERS; i++) {
        answers[i] = (struct answer){OK_TEXT, 0, KEEP, 0, 0};
        ask_for(&f, &a[i], origin);
    }
    assert_int_equal(count_list(f.upstream->dialer.looking), 1);
    for (size_t i = 0; i < ASKERS; i++) {
        run_until(&f, &a[i].done_count, 1);
        assert_int_equal(a[i].fetch.outcome, HTTP_ANSWERED);
    }
    assert_int_equal(f.server.connections, ASKERS);
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
            struct str origin = arena_printf(f.arena, "http://localhost:%u",
                                             (unsigned)f.server.port);
            for (size_t i = 0; i < 3; i++) {
                ask_for(&f, &a[i], origin);
            }
            for (int i = 0; i < turns; i++) {
                linger(&f);
            }
            int before = a[leaves].done_count;
            http_fetch_cancel(f.client, &a[leaves].fetch);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_looks_for_a_name_and_all_hear_of_it),
        cmocka_unit_test(those_behind_a_name_that_was_found_connect),
        cmocka_unit_test(anybody_may_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
