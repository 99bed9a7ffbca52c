/* SPDX-License-Identifier: Apache-2.0 */
/* The proxy's own credentials over time: renewed ahead, fetched once, kept when
 * a renewal fails. Start at main(). */
#include "world.h"

static const char *keys_until(struct world *world, const char *key,
                              int64_t lifetime_ms)
{
    struct str date = clock_iso(world->arena, world_wall + lifetime_ms);
    return arena_printf(world->arena,
                        "{\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"s-%s\","
                        "\"Token\":\"t-%s\",\"Expiration\":\"%.*s\"}",
                        key, key, key, STR_ARG(date))
        .ptr;
}

enum { MINUTE = 60 * 1000 };

static void begin(struct world *world)
{
    world_env(world, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x");
    (void)world_begin(world);
}

static void begin_with(struct world *world, const char *key, int64_t lifetime)
{
    begin(world);
    world_own_pending(world);
    world_answer(world, 200, keys_until(world, key, lifetime));
    assert_str(world_own(world).access_key, key);
}

static void static_keys_are_there_at_once(void **state)
{
    struct world *world = *state;
    world_env(world, "AWS_ACCESS_KEY_ID", "A");
    world_env(world, "AWS_SECRET_ACCESS_KEY", "s");
    world_env(world, "AWS_SESSION_TOKEN", "t");
    (void)world_begin(world);
    struct sigv4_credentials own = world_own(world);
    assert_str(own.access_key, "A");
    assert_str(own.secret_key, "s");
    assert_str(own.session_token, "t");
    assert_int_equal(world->timers.count, 0);
}

static void nothing_is_asked_before_it_is_needed(void **state)
{
    struct world *world = *state;
    begin(world);
    world_pass(world, MINUTE);
    assert_int_equal(world->upstream.count, 0);
}

static void count_up(void *ctx)
{
    (*(int *)ctx)++;
}

static void all_who_wait_are_served_by_one_fetch(void **state)
{
    struct world *world = *state;
    struct creds_waiter waiters[3] = {{0}};
    struct timer timers[3];
    int woken = 0;
    begin(world);
    for (size_t i = 0; i < 3; i++) {
        timer_init(&timers[i], count_up, &woken);
        world_own_pending(world);
        creds_own_wait(&world->creds->own, &waiters[i], &timers[i]);
    }
    creds_own_unwait(&world->creds->own, &waiters[1]);
    assert_int_equal(world->upstream.count, 1);
    world_answer(world, 200, keys_until(world, "A", 60 * MINUTE));
    assert_int_equal(woken, 2);
    assert_str(world_own(world).access_key, "A");
    assert_int_equal(world->upstream.count, 1);
}

static void they_are_renewed_five_minutes_ahead(void **state)
{
    struct world *world = *state;
    begin_with(world, "A", 60 * MINUTE);
    world_pass(world, 54 * MINUTE);
    assert_str(world_own(world).access_key, "A");
    assert_int_equal(world->upstream.count, 1);
    world_pass(world, 1 * MINUTE);
    assert_str(world_own(world).access_key, "A"); /* nobody waits for it */
    assert_int_equal(world->upstream.count, 2);
    assert_str(world_own(world).access_key, "A");
    assert_int_equal(world->upstream.count, 2);
    world_answer(world, 200, keys_until(world, "B", 60 * MINUTE));
    assert_str(world_own(world).access_key, "B");
}

static void a_short_life_is_renewed_at_its_half(void **state)
{
    struct world *world = *state;
    begin_with(world, "A", 4 * MINUTE);
    world_pass(world, MINUTE);
    (void)world_own(world);
    assert_int_equal(world->upstream.count, 1);
    world_pass(world, MINUTE);
    (void)world_own(world);
    assert_int_equal(world->upstream.count, 2);
}

static void a_failed_renewal_leaves_the_old_ones_until_they_end(void **state)
{
    struct world *world = *state;
    begin_with(world, "A", 60 * MINUTE);
    world_pass(world, 56 * MINUTE);
    (void)world_own(world);
    world_lose(world, HTTP_LOST);
    assert_str(world_own(world).access_key, "A");
    assert_int_equal(world->upstream.count, 2); /* not at once again */
    world_pass(world, 11 * 1000);
    assert_str(world_own(world).access_key, "A");
    assert_int_equal(world->upstream.count, 3);
    world_lose(world, HTTP_LOST);
    world_pass(world, 5 * MINUTE);
    world_own_pending(world);
    world_lose(world, HTTP_LOST);
    assert_holds(world_own_error(world), "the wire was cut");
    world_pass(world, 2000);
    world_own_pending(world);
    world_answer(world, 200, keys_until(world, "B", 60 * MINUTE));
    assert_str(world_own(world).access_key, "B");
}

static void the_pair_before_stays_welcome_until_it_ends(void **state)
{
    struct world *world = *state;
    struct creds_inbound inbound;
    begin_with(world, "A", 60 * MINUTE);
    world_pass(world, 56 * MINUTE);
    (void)world_own(world);
    world_answer(world, 200, keys_until(world, "B", 60 * MINUTE));
    assert_int_equal(creds_keys_find(world->creds, STR("A"), &inbound),
                     CREDS_KNOWN);
    assert_int_equal(inbound.identity->kind, IDENTITY_LEARNED);
    assert_str(inbound.credentials.session_token, "t-A");
    assert_true(inbound.expires_ms == world_wall + 4 * MINUTE);
    assert_int_equal(creds_keys_find(world->creds, STR("B"), &inbound),
                     CREDS_KNOWN);
    assert_int_equal(inbound.identity->kind, IDENTITY_OWN);
}

static void a_strangers_key_makes_a_shared_source_be_asked_seldom(void **state)
{
    struct world *world = *state;
    struct creds_inbound inbound;
    begin_with(world, "A", 60 * MINUTE);
    /* Another process on this machine has fetched B already. */
    assert_int_equal(creds_keys_find(world->creds, STR("B"), &inbound),
                     CREDS_WAIT);
    assert_int_equal(world->upstream.count, 2);
    world_answer(world, 200, keys_until(world, "B", 60 * MINUTE));
    assert_int_equal(creds_keys_find(world->creds, STR("B"), &inbound),
                     CREDS_KNOWN);
    assert_int_equal(creds_keys_find(world->creds, STR("C"), &inbound),
                     CREDS_UNKNOWN);
    assert_int_equal(world->upstream.count, 2);
    world_pass(world, 31 * 1000);
    assert_int_equal(creds_keys_find(world->creds, STR("C"), &inbound),
                     CREDS_WAIT);
}

static void
a_clock_that_steps_back_does_not_put_off_the_next_attempt(void **state)
{
    struct world *world = *state;
    struct creds_inbound inbound;
    begin(world);
    world_own_pending(world);
    world_lose(world, HTTP_LOST);
    world_wall -= 60 * MINUTE;
    world_pass(world, 2000);
    world_own_pending(world);
    assert_int_equal(world->upstream.count, 2);
    world_answer(world, 200, keys_until(world, "A", 60 * MINUTE));
    assert_int_equal(creds_keys_find(world->creds, STR("B"), &inbound),
                     CREDS_WAIT);
    world_answer(world, 200, keys_until(world, "A", 60 * MINUTE));
    world_wall -= 60 * MINUTE;
    world_pass(world, 31 * 1000);
    assert_int_equal(creds_keys_find(world->creds, STR("B"), &inbound),
                     CREDS_WAIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(static_keys_are_there_at_once),
        WORLD_TEST(nothing_is_asked_before_it_is_needed),
        WORLD_TEST(all_who_wait_are_served_by_one_fetch),
        WORLD_TEST(they_are_renewed_five_minutes_ahead),
        WORLD_TEST(a_short_life_is_renewed_at_its_half),
        WORLD_TEST(a_failed_renewal_leaves_the_old_ones_until_they_end),
        WORLD_TEST(the_pair_before_stays_welcome_until_it_ends),
        WORLD_TEST(a_clock_that_steps_back_does_not_put_off_the_next_attempt),
        WORLD_TEST(a_strangers_key_makes_a_shared_source_be_asked_seldom),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
