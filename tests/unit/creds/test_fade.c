/* SPDX-License-Identifier: Apache-2.0 */
/* What is left of a learned key when its time is over. Start at main(). */
#include "world.h"

#include <malloc.h>

enum { MINUTE = 60 * 1000 };

static struct http_identity *learn(struct world *world, const char *key,
                                   int64_t lifetime_ms)
{
    struct sigv4_credentials pair = {str_of(key), STR("its-secret"),
                                     STR("its-token")};
    struct creds_inbound inbound;
    creds_keys_learn(world->creds, &pair, world_wall + lifetime_ms);
    assert_int_equal(creds_keys_find(world->creds, pair.access_key, &inbound),
                     CREDS_KNOWN);
    return (struct http_identity *)(uintptr_t)inbound.identity;
}

static void begin(struct world *world)
{
    world_env(world, "AWS_ACCESS_KEY_ID", "OWN");
    world_env(world, "AWS_SECRET_ACCESS_KEY", "own-secret");
    (void)world_begin(world);
}

static bool is_blank(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static void an_expired_secret_is_wiped_though_nobody_asks(void **state)
{
    struct world *world = *state;
    begin(world);
    struct http_identity *soon = learn(world, "SOON", MINUTE / 2);
    struct http_identity *later = learn(world, "LATER", 3 * MINUTE);
    struct sigv4_credentials at = soon->credentials;
    world_pass(world, 1000);
    world_pass(world, MINUTE / 2 - 1001);
    assert_str(soon->credentials.secret_key, "its-secret");
    world_pass(world, 1);
    assert_true(is_blank(at.secret_key.ptr, at.secret_key.len));
    assert_true(is_blank(at.session_token.ptr, at.session_token.len));
    assert_int_equal(soon->credentials.secret_key.len, 0);
    assert_str(later->credentials.secret_key, "its-secret");
    for (int i = 0; i < 3; i++) {
        world_pass(world, MINUTE);
    }
    assert_int_equal(later->credentials.secret_key.len, 0);
    assert_false(timer_is_armed(&world->creds->fade));
}

/* With an empty secret anybody could sign. */
static void it_is_not_good_again_when_the_clock_steps_back(void **state)
{
    struct world *world = *state;
    struct creds_inbound inbound;
    struct sigv4_credentials out;
    struct str error = STR_NONE;
    begin(world);
    (void)learn(world, "ASIAL", MINUTE);
    world_pass(world, 1000);
    world_pass(world, MINUTE);
    world_wall -= 10 * MINUTE;
    assert_int_equal(creds_keys_find(world->creds, STR("ASIAL"), &inbound),
                     CREDS_KNOWN);
    assert_true(inbound.expires_ms > 0 && inbound.expires_ms < world_wall);
    assert_int_equal(
        creds_keys_outbound(world->creds, inbound.identity, &out, &error),
        CREDS_FAILED);
}

/* The timer counts what the wall clock may have jumped over. */
static void a_clock_that_was_set_forward_is_noticed(void **state)
{
    struct world *world = *state;
    begin(world);
    struct http_identity *identity = learn(world, "ASIAL", 60 * MINUTE);
    world_pass(world, 1000);
    world_wall += 61 * MINUTE;
    world->now += MINUTE;
    (void)timers_run_due(&world->timers);
    assert_int_equal(identity->credentials.secret_key.len, 0);
}

static void what_is_derived_from_it_goes_too(void **state)
{
    struct world *world = *state;
    const struct sigv4_scope scope = {STR("20261121"), STR("eu-west-1"),
                                      STR("ssm")};
    struct sigv4_key key;
    begin(world);
    (void)learn(world, "ASIAL", MINUTE);
    sigv4_keys_get(world->creds->derived, STR("its-secret"), &scope, &key);
    void *kept = world->creds->derived;
    size_t size = malloc_usable_size(kept);
    assert_non_null(memmem(kept, size, key.bytes, sizeof(key.bytes)));
    world_pass(world, 1000);
    world_pass(world, MINUTE);
    assert_null(memmem(kept, size, key.bytes, sizeof(key.bytes)));
    assert_null(memmem(kept, size, "its-secret", 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(an_expired_secret_is_wiped_though_nobody_asks),
        WORLD_TEST(it_is_not_good_again_when_the_clock_steps_back),
        WORLD_TEST(a_clock_that_was_set_forward_is_noticed),
        WORLD_TEST(what_is_derived_from_it_goes_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
