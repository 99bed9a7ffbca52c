/* SPDX-License-Identifier: Apache-2.0 */
/* What is told is known by all others, at once and in order. */
#include "world.h"

static void a_call_is_found_by_the_others_until_it_is_forgotten(void **state)
{
    struct world *w = world_new();
    (void)state;
    peers_begin(w->ends[1].peers, 4711, 12);
    assert_int_equal(peers_find(w->ends[0].peers, 4711), 1);
    assert_int_equal(peers_find(w->ends[2].peers, 4711), 1);
    assert_int_equal(peers_find(w->ends[1].peers, 4711), PEERS_NOBODY);
    assert_int_equal(peers_find(w->ends[0].peers, 4712), PEERS_NOBODY);
    assert_int_equal(w->ends[0].begun, 1);
    assert_int_equal(w->ends[0].last_call, 4711);
    assert_int_equal(w->ends[0].last_whom, 12);
    assert_int_equal(w->ends[1].begun, 0);
    peers_forget(w->ends[1].peers, 4711);
    while (peers_find(w->ends[2].peers, 4711) != PEERS_NOBODY) {
        loop_turn(w->loop); /* what is forgotten is told a little later */
    }
    assert_int_equal(peers_find(w->ends[0].peers, 4711), PEERS_NOBODY);
    world_free(w);
}

static void a_call_may_begin_twice(void **state)
{
    struct world *w = world_new();
    (void)state;
    peers_begin(w->ends[1].peers, 7, 0);
    peers_begin(w->ends[1].peers, 7, 0);
    peers_forget(w->ends[1].peers, 7);
    peers_begin(w->ends[1].peers, 8, 0); /* sends what waits, too */
    assert_int_equal(peers_find(w->ends[0].peers, 8), 1);
    assert_int_equal(peers_find(w->ends[0].peers, 7), 1);
    peers_forget(w->ends[1].peers, 7);
    peers_begin(w->ends[1].peers, 9, 0);
    assert_int_equal(peers_find(w->ends[0].peers, 7), PEERS_NOBODY);
    world_free(w);
}

static void texts_come_whole_and_in_order(void **state)
{
    struct world *w = world_new();
    (void)state;
    peers_tell(w->ends[0].peers, STR("one"));
    peers_tell(w->ends[2].peers, STR(""));
    peers_tell(w->ends[0].peers, STR("two\nlines"));
    peers_hear(w->ends[1].peers);
    assert_true(str_eq(buf_str(&w->ends[1].heard), STR("one||two\nlines|")));
    assert_int_equal(w->ends[0].heard.len, 0); /* not yet heard */
    peers_hear(w->ends[0].peers);
    assert_int_equal(w->ends[0].heard.len, 1);
    world_free(w);
}

static void the_loop_hears_by_itself(void **state)
{
    struct world *w = world_new();
    (void)state;
    peers_tell(w->ends[0].peers, STR("x"));
    loop_turn(w->loop);
    assert_int_equal(w->ends[1].heard.len, 2);
    assert_int_equal(w->ends[2].heard.len, 2);
    world_free(w);
}

static void a_full_mailbox_loses_nothing(void **state)
{
    enum { CALLS = 30000 };
    struct world *w = world_new();
    (void)state;
    for (uint64_t i = 0; i < CALLS; i++) {
        peers_begin(w->ends[0].peers, i, 0);
    }
    peers_hear(w->ends[1].peers);
    assert_true(w->ends[1].begun < CALLS); /* else nothing is shown here */
    while (w->ends[1].begun < CALLS || w->ends[2].begun < CALLS) {
        loop_turn(w->loop);
    }
    assert_int_equal(w->ends[2].last_call, CALLS - 1);
    assert_int_equal(peers_find(w->ends[1].peers, 12345), 0);
    world_free(w);
}

static void who_does_not_read_is_told_no_more(void **state)
{
    enum { TEXTS = 1000 };
    struct world *w = world_new();
    char *text = mem_new(PEERS_TEXT_MAX);
    (void)state;
    memset(text, 'x', PEERS_TEXT_MAX);
    for (int i = 0; i < TEXTS; i++) {
        peers_tell(w->ends[0].peers, str_make(text, PEERS_TEXT_MAX));
        peers_hear(w->ends[1].peers);
        peers_hear(w->ends[0].peers);
    }
    /* The one that reads has heard all of it. */
    assert_int_equal(w->ends[1].heard.len, TEXTS * (PEERS_TEXT_MAX + 1));
    while (timers_next_ms(loop_timers(w->loop)) >= 0) {
        loop_turn(w->loop);
    }
    peers_hear(w->ends[2].peers);
    assert_true(w->ends[2].heard.len < w->ends[1].heard.len / 2);
    mem_free(text);
    world_free(w);
}

static void one_that_is_gone_holds_nobody_up(void **state)
{
    struct world *w = world_new();
    (void)state;
    peers_begin(w->ends[2].peers, 1, 0);
    end_close(&w->ends[2]);
    peers_begin(w->ends[0].peers, 2, 0);
    peers_tell(w->ends[0].peers, STR("x"));
    assert_int_equal(peers_find(w->ends[1].peers, 2), 0);
    assert_int_equal(peers_find(w->ends[1].peers, 1), 2); /* it had it */
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_found_by_the_others_until_it_is_forgotten),
        cmocka_unit_test(a_call_may_begin_twice),
        cmocka_unit_test(texts_come_whole_and_in_order),
        cmocka_unit_test(the_loop_hears_by_itself),
        cmocka_unit_test(a_full_mailbox_loses_nothing),
        cmocka_unit_test(who_does_not_read_is_told_no_more),
        cmocka_unit_test(one_that_is_gone_holds_nobody_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
