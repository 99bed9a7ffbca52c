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
        WORLD_TEST(damaged_answers_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
