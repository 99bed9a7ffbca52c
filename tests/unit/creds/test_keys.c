/* SPDX-License-Identifier: Apache-2.0 */
/* Which keys are known and as whom each goes out. Start at main(). */
#include "world.h"

enum { MINUTE = 60 * 1000 };

static void learn(struct world *world, const char *key, int64_t lifetime_ms)
{
    struct sigv4_credentials pair = {str_of(key), STR("s"), STR("t")};
    creds_keys_learn(world->creds, &pair, world_wall + lifetime_ms);
}

static enum creds_lookup find(struct world *world, const char *key,
                              struct creds_inbound *ret)
{
    return creds_keys_find(world->creds, str_of(key), ret);
}

static void begin(struct world *world)
{
    world_env(world, "AWS_ACCESS_KEY_ID", "OWN");
    world_env(world, "AWS_SECRET_ACCESS_KEY", "own-secret");
    (void)world_begin(world);
}

static void the_minted_pair_goes_out_as_our_own(void **state)
{
    struct world *world = *state;
    struct creds_inbound inbound;
    struct sigv4_credentials out;
    struct str error = STR_NONE;
    begin(world);
    struct sigv4_credentials minted = creds_minted(world->creds);
    assert_int_equal(creds_keys_find(world->creds, minted.access_key, &inbound),
                     CREDS_KNOWN);
    assert_true(str_eq(inbound.credentials.secret_key, minted.secret_key));
    assert_int_equal(
        creds_keys_outbound(world->creds, inbound.identity, &out, &error),
        CREDS_READY);
    assert_str(out.access_key, "OWN");
}

static void our_own_key_goes_out_as_itself(void **state)
{
    struct world *world = *state;
    struct creds_inbound inbound;
    begin(world);
    assert_int_equal(find(world, "OWN", &inbound), CREDS_KNOWN);
    assert_str(inbound.credentials.secret_key, "own-secret");
    assert_int_equal(inbound.identity->kind, IDENTITY_OWN);
    assert_int_equal(find(world, "OTHER", &inbound), CREDS_UNKNOWN);
    assert_int_equal(find(world, "", &inbound), CREDS_UNKNOWN);
}

static void a_learned_key_goes_out_as_itself_until_it_expires(void **state)
{
    struct world *world = *state;
    struct creds_inbound inbound;
    struct sigv4_credentials out;
    struct str error = STR_NONE;
    begin(world);
    learn(world, "ASIAL", MINUTE);
    assert_int_equal(find(world, "ASIAL", &inbound), CREDS_KNOWN);
    assert_true(inbound.expires_ms == world_wall + MINUTE);
    assert_int_equal(
        creds_keys_outbound(world->creds, inbound.identity, &out, &error),
        CREDS_READY);
    assert_str(out.access_key, "ASIAL");
    assert_str(out.session_token, "t");
    world_pass(world, MINUTE);
    assert_int_equal(
        creds_keys_outbound(world->creds, inbound.identity, &out, &error),
        CREDS_FAILED);
    assert_holds(error, "expired");
}

/* A call may still point to it. */
static void a_clock_that_steps_forward_frees_nothing_in_use(void **state)
{
    struct world *world = *state;
    struct creds_inbound inbound;
    struct sigv4_credentials out;
    struct str error = STR_NONE;
    begin(world);
    learn(world, "ASIAL", MINUTE);
    assert_int_equal(find(world, "ASIAL", &inbound), CREDS_KNOWN);
    learn(world, "ASIAL", MINUTE);
    world_wall += 120 * MINUTE;
    learn(world, "OTHER", MINUTE);
    assert_int_equal(
        creds_keys_outbound(world->creds, inbound.identity, &out, &error),
        CREDS_FAILED);
    assert_true(inbound.identity->retired);
}

static void a_key_learned_again_replaces_the_first(void **state)
{
    struct world *world = *state;
    struct creds_inbound inbound;
    begin(world);
    learn(world, "ASIAL", MINUTE);
    learn(world, "ASIAL", 2 * MINUTE);
    assert_int_equal(world->creds->keys.count[0], 1);
    assert_int_equal(find(world, "ASIAL", &inbound), CREDS_KNOWN);
    assert_true(inbound.expires_ms == world_wall + 2 * MINUTE);
}

static void fill(struct world *world, const char *prefix, size_t count,
                 int64_t lifetime_ms)
{
    char key[32];
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(key, sizeof(key), "%s%zu", prefix, i);
        learn(world, key, lifetime_ms + (int64_t)i);
    }
}

static void a_full_table_lets_the_expired_go_first(void **state)
{
    struct world *world = *state;
    struct creds_inbound inbound;
    begin(world);
    fill(world, "OLD", 10, MINUTE);
    fill(world, "NEW", CREDS_KEYS_MAX - 10, 60 * MINUTE);
    world_pass(world, 2 * MINUTE);
    learn(world, "LAST", MINUTE);
    assert_int_equal(world->creds->keys.count[0], CREDS_KEYS_MAX - 9);
    assert_int_equal(find(world, "OLD0", &inbound), CREDS_UNKNOWN);
    assert_int_equal(find(world, "NEW0", &inbound), CREDS_KNOWN);
    assert_int_equal(find(world, "LAST", &inbound), CREDS_KNOWN);
}

static void then_what_expires_first(void **state)
{
    struct world *world = *state;
    struct creds_inbound first;
    struct creds_inbound inbound;
    struct sigv4_credentials out;
    struct str error = STR_NONE;
    begin(world);
    fill(world, "K", CREDS_KEYS_MAX, 60 * MINUTE);
    assert_int_equal(find(world, "K0", &first), CREDS_KNOWN);
    learn(world, "LAST", 60 * MINUTE);
    assert_int_equal(world->creds->keys.count[0], CREDS_KEYS_MAX);
    assert_int_equal(find(world, "K0", &inbound), CREDS_UNKNOWN);
    assert_int_equal(find(world, "K1", &inbound), CREDS_KNOWN);
    /* Whoever still holds it finds it there, and of no use. */
    assert_int_equal(
        creds_keys_outbound(world->creds, first.identity, &out, &error),
        CREDS_FAILED);
    assert_null(first.identity->credentials.secret_key.ptr);
    world_pass(world, 60 * MINUTE);
    learn(world, "MORE", MINUTE);
    assert_ptr_not_equal(world->creds->keys.retired, first.identity);
}

static void an_unknown_key_is_kept_once_for_each_token(void **state)
{
    struct world *world = *state;
    struct sigv4_credentials out;
    struct str error = STR_NONE;
    begin(world);
    const struct http_identity *a =
        creds_keys_keep(world->creds, STR("123456789012"), STR_NONE);
    assert_ptr_equal(
        a, creds_keys_keep(world->creds, STR("123456789012"), STR_NONE));
    const struct http_identity *b =
        creds_keys_keep(world->creds, STR("123456789012"), STR("t"));
    assert_ptr_not_equal(a, b);
    assert_int_equal(creds_keys_outbound(world->creds, b, &out, &error),
                     CREDS_READY);
    assert_str(out.access_key, "123456789012");
    assert_str(out.session_token, "t");
    const struct http_identity *nobody =
        creds_keys_keep(world->creds, STR_NONE, STR_NONE);
    assert_int_equal(creds_keys_outbound(world->creds, nobody, &out, &error),
                     CREDS_READY);
    assert_str(out.access_key, "AKIAIOSFODNN7EXAMPLE");
    /* A kept key is nobody's who may pass the gate. */
    struct creds_inbound inbound;
    assert_int_equal(find(world, "123456789012", &inbound), CREDS_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(the_minted_pair_goes_out_as_our_own),
        WORLD_TEST(our_own_key_goes_out_as_itself),
        WORLD_TEST(a_learned_key_goes_out_as_itself_until_it_expires),
        WORLD_TEST(a_clock_that_steps_forward_frees_nothing_in_use),
        WORLD_TEST(a_key_learned_again_replaces_the_first),
        WORLD_TEST(a_full_table_lets_the_expired_go_first),
        WORLD_TEST(then_what_expires_first),
        WORLD_TEST(an_unknown_key_is_kept_once_for_each_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
