/* SPDX-License-Identifier: Apache-2.0 */
/* Temporary keys out of STS answers that pass by. Start at the table. */
#include "world.h"

static const struct {
    const char *service;
    const char *operation;
    int status;
    const char *expiration;
    bool learned;
} rows[] = {
    {"sts", "AssumeRole", 200, "2026-11-21T06:00:00Z", true},
    {"sts", "AssumeRoleWithSAML", 200, "2026-11-21T06:00:00Z", true},
    {"sts", "AssumeRoleWithWebIdentity", 200, "2026-11-21T06:00:00Z", true},
    {"sts", "GetSessionToken", 200, "2026-11-21T06:00:00.000Z", true},
    {"sts", "GetFederationToken", 200, "2026-11-21T06:00:00Z", true},
    {"sts", "GetCallerIdentity", 200, "2026-11-21T06:00:00Z", false},
    {"iam", "AssumeRole", 200, "2026-11-21T06:00:00Z", false},
    {"sts", "AssumeRole", 403, "2026-11-21T06:00:00Z", false},
    {"sts", "AssumeRole", 200, "2026-11-21T04:00:00Z", false},
    {"sts", "AssumeRole", 200, "soon", false},
};

static void keys_in_answers_of_sts_are_learned(void **state)
{
    struct world *world = *state;
    (void)world_begin(world);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char key[16];
        struct creds_inbound inbound;
        (void)snprintf(key, sizeof(key), "ASIA%zu", i);
        struct aws_call call = {.service = str_of(rows[i].service),
                                .operation = str_of(rows[i].operation)};
        struct http_response response = {.status = rows[i].status};
        response.body = str_of(
            world_sts(world, rows[i].operation, key, rows[i].expiration));
        size_t before = world->heard.count;
        creds_learn(world->creds, &call, &response);
        bool known =
            creds_keys_find(world->creds, str_of(key), &inbound) == CREDS_KNOWN;
        if (known != rows[i].learned ||
            (world->heard.count > before) != rows[i].learned) {
            fail_msg("row %zu", i);
        }
        if (known) {
            assert_str(inbound.credentials.secret_key,
                       arena_printf(world->arena, "secret-of-%s", key).ptr);
        }
    }
}

static void the_event_names_the_key_and_no_secret(void **state)
{
    struct world *world = *state;
    (void)world_begin(world);
    struct aws_call call = {.service = STR("sts"),
                            .operation = STR("AssumeRole")};
    struct http_response response = {.status = 200};
    response.body =
        str_of(world_sts(world, "AssumeRole", "ASIAX", "2026-11-21T06:00:00Z"));
    creds_learn(world->creds, &call, &response);
    assert_int_equal(world->heard.kinds[0], EVENT_CREDENTIALS_LEARNED);
    assert_string_equal(world->heard.clients[0], "ASIAX");
    assert_string_equal(world->heard.details[0], "");
}

/* What other processes are told, and tell. */
struct others {
    struct world *world;
    size_t told;
    char told_key[32];
    char told_secret[64];
    int64_t told_expires_ms;
    const char *to_hear; /* an access key, the next time */
    size_t heard;
};

static void tell_others(void *ctx, const struct sigv4_credentials *pair,
                        int64_t expires_ms)
{
    struct others *others = ctx;
    others->told++;
    others->told_expires_ms = expires_ms;
    (void)snprintf(others->told_key, sizeof(others->told_key), "%.*s",
                   STR_ARG(pair->access_key));
    (void)snprintf(others->told_secret, sizeof(others->told_secret), "%.*s",
                   STR_ARG(pair->secret_key));
}

static void hear_others(void *ctx)
{
    struct others *others = ctx;
    others->heard++;
    if (others->to_hear != NULL) {
        const struct sigv4_credentials pair = {
            .access_key = str_of(others->to_hear),
            .secret_key = STR("told"),
        };
        creds_hear(others->world->creds, &pair, world_wall + 1000);
        others->to_hear = NULL;
    }
}

static void what_one_process_learns_all_know(void **state)
{
    struct world *world = *state;
    struct others others = {.world = world};
    struct creds_inbound inbound;
    world->config.others =
        (struct creds_others){tell_others, hear_others, &others};
    (void)world_begin(world);
    struct aws_call call = {.service = STR("sts"),
                            .operation = STR("AssumeRole")};
    struct http_response response = {.status = 200};
    response.body =
        str_of(world_sts(world, "AssumeRole", "ASIAX", "2026-11-21T06:00:00Z"));
    creds_learn(world->creds, &call, &response);
    assert_int_equal(others.told, 1);
    assert_string_equal(others.told_key, "ASIAX");
    assert_string_equal(others.told_secret, "secret-of-ASIAX");
    assert_int_equal(others.told_expires_ms, world_wall + 60 * 60 * 1000);
    assert_int_equal(creds_keys_find(world->creds, STR("ASIAX"), &inbound),
                     CREDS_KNOWN);
    assert_int_equal(others.heard, 0); /* it was known without asking */
    others.to_hear = "ASIAY";
    assert_int_equal(creds_keys_find(world->creds, STR("ASIAY"), &inbound),
                     CREDS_KNOWN);
    assert_int_equal(others.heard, 1);
    assert_str(inbound.credentials.secret_key, "told");
    assert_int_equal(inbound.expires_ms, world_wall + 1000);
    assert_int_equal(others.told, 1); /* who told it knows it */
}

static void all_processes_know_the_minted_pair(void **state)
{
    struct world *world = *state;
    struct creds_inbound inbound;
    world->config.minted = creds_mint(world->arena);
    (void)world_begin(world);
    struct sigv4_credentials minted = creds_minted(world->creds);
    assert_true(str_eq(minted.access_key, world->config.minted.access_key));
    assert_true(str_eq(minted.secret_key, world->config.minted.secret_key));
    assert_int_equal(creds_keys_find(world->creds,
                                     world->config.minted.access_key, &inbound),
                     CREDS_KNOWN);
    struct sigv4_credentials other = creds_mint(world->arena);
    assert_false(str_eq(other.secret_key, minted.secret_key));
}

static void damaged_answers_are_left_alone(void **state)
{
    static const char *const bodies[] = {
        "", "<", "<a/>", "<R><Credentials/></R>",
        "<!DOCTYPE a [<!ENTITY b \"c\">]><R>&b;</R>"};
    struct world *world = *state;
    (void)world_begin(world);
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct aws_call call = {.service = STR("sts"),
                                .operation = STR("AssumeRole")};
        struct http_response response = {.status = 200,
                                         .body = str_of(bodies[i])};
        creds_learn(world->creds, &call, &response);
    }
    assert_int_equal(world->heard.count, 0);
    assert_int_equal(world->creds->keys.count[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(keys_in_answers_of_sts_are_learned),
        WORLD_TEST(the_event_names_the_key_and_no_secret),
        WORLD_TEST(what_one_process_learns_all_know),
        WORLD_TEST(all_processes_know_the_minted_pair),
        WORLD_TEST(damaged_answers_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
