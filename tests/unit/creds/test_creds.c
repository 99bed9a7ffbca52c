/* SPDX-License-Identifier: Apache-2.0 */
/* The room as a whole: region, minted pair, what an emulator gets. Start at
 * main(). */
#include "world.h"

static void the_region_comes_from_the_nearest_place(void **state)
{
    struct world *world = *state;
    world_profiles(world, "", "[default]\nregion = of-file\n");
    (void)world_begin(world);
    assert_str(creds_region(world->creds), "of-file");
    creds_free(world->creds);
    world_env(world, "AWS_DEFAULT_REGION", "of-default");
    (void)world_begin(world);
    assert_str(creds_region(world->creds), "of-default");
    creds_free(world->creds);
    world_env(world, "AWS_REGION", "of-env");
    (void)world_begin(world);
    assert_str(creds_region(world->creds), "of-env");
    creds_free(world->creds);
    world->config.region = STR("of-option");
    (void)world_begin(world);
    assert_str(creds_region(world->creds), "of-option");
}

static void without_a_place_there_is_no_region(void **state)
{
    struct world *world = *state;
    (void)world_begin(world);
    assert_null(creds_region(world->creds).ptr);
}

static bool is_made_of(struct str text, const char *alphabet)
{
    for (size_t i = 0; i < text.len; i++) {
        if (strchr(alphabet, text.ptr[i]) == NULL) {
            return false;
        }
    }
    return true;
}

static void the_minted_pair_is_new_each_time(void **state)
{
    struct world *world = *state;
    (void)world_begin(world);
    struct creds *other = creds_new(&world->config);
    struct sigv4_credentials a = creds_minted(world->creds);
    struct sigv4_credentials b = creds_minted(other);
    assert_int_equal(a.access_key.len, 20);
    assert_int_equal(a.secret_key.len, 40);
    assert_true(str_starts(a.access_key, STR("AKIASETTLED")));
    assert_true(is_made_of(str_from(a.access_key, 11),
                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"));
    assert_null(a.session_token.ptr);
    assert_false(str_eq(a.access_key, b.access_key));
    assert_false(str_eq(a.secret_key, b.secret_key));
    creds_free(other);
}

static void an_emulator_needs_no_credentials(void **state)
{
    struct world *world = *state;
    world->config.upstream_url = STR("http://localhost:4566");
    (void)world_begin(world);
    assert_str(world_own(world).access_key, "AKIAIOSFODNN7EXAMPLE");
    assert_int_equal(world->upstream.count, 0);
}

static void what_was_made_up_opens_no_door(void **state)
{
    struct world *world = *state;
    struct creds_inbound inbound;
    world->config.upstream_url = STR("http://localhost:4566");
    (void)world_begin(world);
    (void)world_own(world);
    assert_int_equal(
        creds_keys_find(world->creds, STR("AKIAIOSFODNN7EXAMPLE"), &inbound),
        CREDS_UNKNOWN);
}

static void the_chain_may_go_past_what_records(void **state)
{
    struct world *world = *state;
    struct upstream_fake private = {.client = world->upstream.client};
    world->config.private_upstream = &private.client;
    (void)world_begin(world);
    world_own_pending(world);
    assert_int_equal(world->upstream.count, 0);
    assert_int_equal(private.count, 1);
    creds_free(world->creds);
    world->creds = NULL;
    assert_true(private.cancelled[0]);
}

static void another_upstream_is_no_emulator(void **state)
{
    struct world *world = *state;
    world->config.upstream_url = STR("http://localhost.example.com:4566");
    (void)world_begin(world);
    world_own_pending(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(the_region_comes_from_the_nearest_place),
        WORLD_TEST(without_a_place_there_is_no_region),
        WORLD_TEST(the_minted_pair_is_new_each_time),
        WORLD_TEST(an_emulator_needs_no_credentials),
        WORLD_TEST(what_was_made_up_opens_no_door),
        WORLD_TEST(the_chain_may_go_past_what_records),
        WORLD_TEST(another_upstream_is_no_emulator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
