/* SPDX-License-Identifier: Apache-2.0 */
/* The INI dialect of the SDKs, and which of the two files wins. Start at the
 * table. */
#include "world.h"

struct row {
    const char *text;
    bool is_config;
    const char *profile;
    const char *key;
    const char *value; /* NULL: absent */
};

static const struct row rows[] = {
    {"[default]\nregion=eu-west-1\n", true, "default", "region", "eu-west-1"},
    {"[default]\r\nregion = eu-west-1\r\n", true, "default", "region",
     "eu-west-1"},
    {"\xEF\xBB\xBF[default]\nregion=x1", true, "default", "region", "x1"},
    {"[profile dev]\nregion = a\n", true, "dev", "region", "a"},
    {"[ profile   \"my dev\" ]\nregion = a\n", true, "my dev", "region", "a"},
    {"[profile 'q']\nregion = a\n", true, "q", "region", "a"},
    {"[profile default]\nregion = a\n", true, "default", "region", "a"},
    {"[dev]\nregion = a\n", true, "dev", "region", NULL},
    {"[sso-session dev]\nregion = a\n", true, "dev", "region", NULL},
    {"[services dev]\nregion = a\n", true, "dev", "region", NULL},
    {"[profiledev]\nregion = a\n", true, "dev", "region", NULL},
    {"[dev]\naws_access_key_id=A\n", false, "dev", "aws_access_key_id", "A"},
    {"[x]\nAWS_ACCESS_KEY_ID = A\n", false, "x", "aws_access_key_id", "A"},
    {"# c\n; c\n[x]\n# region = a\nregion = b\n", false, "x", "region", "b"},
    {"[x] # why\nregion = b # here\n", false, "x", "region", "b"},
    {"[x]\nregion = b;c\n", false, "x", "region", "b;c"},
    {"[x]\ncredential_process = a -b \"c ; d\" # e\n", false, "x",
     "credential_process", "a -b \"c ; d\" # e"},
    {"[x]\ns3 =\n  region = nested\nregion = mine\n", false, "x", "region",
     "mine"},
    {"[x]\ns3 =\n  max_concurrent_requests = 20\n\n  region = nested\n", false,
     "x", "region", NULL},
    {"[x]\n  region = a\n  output = json\n", false, "x", "output", "json"},
    {"[x]\n\tregion = a\n\t\tnested = b\n\toutput = c\n", false, "x", "output",
     "c"},
    {"[x]\nregion = a\n[y]\nregion = b\n[x]\noutput = c\n", false, "x",
     "region", "a"},
    {"[x]\nregion = a\nregion = b\n", false, "x", "region", "b"},
    {"[x]\naws_secret_access_key = a=b==\n", false, "x",
     "aws_secret_access_key", "a=b=="},
    {"[x]\nregion =\n", false, "x", "region", NULL},
    {"[x]\nregion\n= a\n", false, "x", "region", NULL},
    {"region = a\n[x]\n", false, "x", "region", NULL},
    {"[x\nregion = a\n", false, "x", "region", NULL},
    {"[]\nregion = a\n", false, "", "region", NULL},
    {"", false, "x", "region", NULL},
};

static void each_line_is_read_as_the_sdks_read_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct row *row = &rows[i];
        struct arena *arena = arena_new();
        struct creds_profiles profiles = {0};
        profiles.config =
            creds_profile_parse(arena, str_of(row->text), row->is_config);
        struct str value =
            creds_profile_get(&profiles, str_of(row->profile), row->key);
        if (!str_eq(value, str_of(row->value))) {
            fail_msg("row %zu: '%.*s'", i, STR_ARG(value));
        }
        arena_free(arena);
    }
}

static void the_credentials_file_wins_key_by_key(void **state)
{
    struct world *world = *state;
    struct creds_profiles profiles;
    world_profiles(world, "[dev]\naws_access_key_id = of-credentials\n",
                   "[profile dev]\naws_access_key_id = of-config\n"
                   "region = eu-west-1\n");
    creds_profiles_load(world->arena, world->environment, &profiles);
    assert_true(creds_profile_exists(&profiles, STR("dev")));
    assert_false(creds_profile_exists(&profiles, STR("profile dev")));
    assert_str(creds_profile_get(&profiles, STR("dev"), "aws_access_key_id"),
               "of-credentials");
    assert_str(creds_profile_get(&profiles, STR("dev"), "region"), "eu-west-1");
}

static void both_files_are_looked_for_in_the_home_folder(void **state)
{
    struct world *world = *state;
    struct creds_profiles profiles;
    world_env(world, "HOME", "/nowhere/home");
    world_env(world, "AWS_CONFIG_FILE", "~/other");
    creds_profiles_load(world->arena, world->environment, &profiles);
    assert_str(profiles.tried,
               "/nowhere/home/.aws/credentials and /nowhere/home/other");
    assert_false(creds_profile_exists(&profiles, STR("default")));
}

static void a_file_that_cannot_be_read_is_named_with_the_reason(void **state)
{
    struct world *world = *state;
    struct creds_profiles profiles;
    world_env(world, "AWS_CONFIG_FILE", world->folder);
    creds_profiles_load(world->arena, world->environment, &profiles);
    assert_holds(profiles.tried, "directory");
}

/* A megabyte of them; a section may be there twice, far apart. */
static void many_sections_are_read_at_once(void **state)
{
    struct world *world = *state;
    struct buf text = {0};
    buf_add(&text, STR("[dev]\nregion = a\noutput = text\n"));
    for (unsigned i = 0; i < 130 * 1000; i++) {
        buf_printf(&text, "[%x]\n", i);
    }
    buf_add(&text, STR("[dev]\nregion = b\n"));
    const struct creds_profiles profiles = {
        .credentials = creds_profile_parse(world->arena, buf_str(&text), false),
    };
    assert_true(creds_profile_exists(&profiles, STR("1fbcf")));
    assert_str(creds_profile_get(&profiles, STR("dev"), "region"), "b");
    assert_str(creds_profile_get(&profiles, STR("dev"), "output"), "text");
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(each_line_is_read_as_the_sdks_read_it),
        WORLD_TEST(the_credentials_file_wins_key_by_key),
        WORLD_TEST(both_files_are_looked_for_in_the_home_folder),
        WORLD_TEST(a_file_that_cannot_be_read_is_named_with_the_reason),
        WORLD_TEST(many_sections_are_read_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
