/* SPDX-License-Identifier: Apache-2.0 */
/* What may knock: our own loopback names and no browser. Start at the tables.
 */
#include "world.h"

static const struct {
    const char *host; /* NULL: none */
    bool ours;
} hosts[] = {
    {"127.0.0.1:4566", true},
    {"127.9.9.9:4566", true},
    {"localhost:4566", true},
    {"LocalHost:4566", true},
    {"bucket.localhost:4566", true},
    {"[::1]:4566", true},
    {"127.0.0.1", false},
    {"127.0.0.1:4567", false},
    {"127.0.0.1:04566x", false},
    {"127.0.0.1:", false},
    {"[::1]", false},
    {"[::1", false},
    {"[::1]4566", false},
    {"[::2]:4566", false},
    {"[localhost]:4566", false},
    {"[127.0.0.1]:4566", false},
    {"localhost.example.com:4566", false},
    {"evil-localhost:4566", false},
    {"example.com:4566", false},
    {"10.0.0.1:4566", false},
    {"0.0.0.0:4566", false},
    {"", false},
    {NULL, false},
};

static const struct {
    const char *method;
    const char *header;
    bool may;
} requests[] = {
    {"POST", "X-Amz-Target", true},   {"OPTIONS", "X-Amz-Target", false},
    {"POST", "Origin", false},        {"POST", "ORIGIN", false},
    {"GET", "Sec-Fetch-Mode", false}, {"GET", "sec-fetch-site", false},
    {"GET", "Sec-Fetch", true},       {"GET", "x-origin", true},
};

static bool knock(struct world *world, bool any_host, const char *host,
                  const char *method, const char *header)
{
    struct creds_gate_config config = {.port = 4566, .any_host = any_host};
    struct http_request request = {.method = str_of(method),
                                   .target = STR("/")};
    enum creds_refusal refusal = REFUSE_COUNT;
    struct str why = STR_NONE;
    if (host != NULL) {
        http_headers_add(world->arena, &request.headers, STR("Host"),
                         str_of(host));
    }
    http_headers_add(world->arena, &request.headers, str_of(header),
                     STR("null"));
    bool may =
        creds_door_check(world->arena, &config, &request, &refusal, &why);
    assert_true(may == (why.len == 0));
    return may;
}

static void only_our_own_loopback_names_are_answered(void **state)
{
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        if (knock(*state, false, hosts[i].host, "POST", "Accept") !=
            hosts[i].ours) {
            fail_msg("%s", hosts[i].host);
        }
        assert_true(knock(*state, true, hosts[i].host, "POST", "Accept"));
    }
}

static void browsers_are_not_answered(void **state)
{
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        for (int any_host = 0; any_host < 2; any_host++) {
            if (knock(*state, any_host, "127.0.0.1:4566", requests[i].method,
                      requests[i].header) != requests[i].may) {
                fail_msg("%s %s", requests[i].method, requests[i].header);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(only_our_own_loopback_names_are_answered),
        WORLD_TEST(browsers_are_not_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
