/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as ~/.aws/credentials and as ~/.aws/config: no value reaches past
 * its line, chains of roles end, and no complaint tells a secret. Start at
 * LLVMFuzzerTestOneInput(). */
#include "creds/private.h"
#include "support.h"

static const char *const keys[] = {
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "credential_process",
    "role_arn",
    "source_profile",
    "region",
    "s3",
};

static void check_values(const struct creds_profiles *profiles,
                         struct str profile)
{
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct str value = creds_profile_get(profiles, profile, keys[i]);
        assert(str_find(value, '\n') == STR_NOT_FOUND);
        assert(str_eq(value, str_trim(value)));
        assert((value.ptr == NULL) == (value.len == 0));
    }
}

/* A secret that stands in the text more than once may be a name as well. */
static void check_error(struct str text, struct str error, struct str secret)
{
    size_t at = str_find_str(text, secret);
    if (secret.len >= 8 && at != STR_NOT_FOUND &&
        !str_contains(str_from(text, at + 1), secret)) {
        assert(!str_contains(error, secret));
    }
}

static void check_plan(struct arena *arena, struct str text,
                       const struct creds_profiles *profiles,
                       struct str profile)
{
    char *environment[] = {NULL};
    struct creds_plan_in in = {
        .environment = environment, .profiles = profiles, .profile = profile};
    struct creds_plan plan = {0};
    creds_plan_make(arena, &in, &plan);
    assert(plan.role_count <= CREDS_ROLES_MAX);
    assert((plan.source == CREDS_SOURCE_NONE) == (plan.error.len > 0));
    check_error(text, plan.error,
                creds_profile_get(profiles, profile, "aws_secret_access_key"));
    check_error(text, plan.error,
                creds_profile_get(profiles, profile, "aws_session_token"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct str text = fuzz_text(data, size);
    struct creds_profiles profiles = {
        .credentials = creds_profile_parse(arena, text, false),
        .config = creds_profile_parse(arena, text, true),
    };
    const struct str names[] = {{"default", 7}, {"a", 1}, {"dev", 3}};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (creds_profile_exists(&profiles, names[i])) {
            check_values(&profiles, names[i]);
        }
        check_plan(arena, text, &profiles, names[i]);
    }
    arena_free(arena);
    return 0;
}
