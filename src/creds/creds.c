/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the room together: copies the configuration, reads the profiles, makes
 * the plan and the minted pair. Start at creds_new(). */
#include "creds/private.h"

#include "base/mem.h"
#include "base/rng.h"

/* Recognisable in a log, and never a real one's form: AWS's own begin with
 * AKIA and ASIA and go on at random. */
#define MINTED_PREFIX "AKIASETTLED"

enum { MINTED_KEY_LEN = 20, MINTED_SECRET_LEN = 40 };

/* `alphabet` has a power of two of letters, so no letter is likelier. */
static void fill_random(char *at, size_t count, const char *alphabet)
{
    size_t letters = strlen(alphabet);
    rng_secret(at, count);
    for (size_t i = 0; i < count; i++) {
        at[i] = alphabet[(unsigned char)at[i] % letters];
    }
}

struct sigv4_credentials creds_mint(struct arena *arena)
{
    size_t prefix = sizeof(MINTED_PREFIX) - 1;
    char *key = arena_alloc(arena, MINTED_KEY_LEN + 1);
    char *secret = arena_alloc(arena, MINTED_SECRET_LEN + 1);
    memcpy(key, MINTED_PREFIX, prefix);
    fill_random(key + prefix, MINTED_KEY_LEN - prefix,
                "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
    /* Letters that need no quoting in a shell or an INI file. */
    fill_random(secret, MINTED_SECRET_LEN,
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                "0123456789_-");
    return (struct sigv4_credentials){
        .access_key = str_make(key, MINTED_KEY_LEN),
        .secret_key = str_make(secret, MINTED_SECRET_LEN),
    };
}

static bool is_emulator(struct arena *arena, struct str upstream_url)
{
    struct http_url url = {0};
    struct str error = STR_NONE;
    return upstream_url.len > 0 &&
           http_url_parse(arena, upstream_url, &url, &error) &&
           http_host_is_loopback(url.host);
}

static struct str copy_or_none(struct arena *arena, struct str text)
{
    return text.len == 0 ? STR_NONE : arena_str(arena, text);
}

static struct str find_region(struct creds *creds,
                              const struct creds_plan_in *in)
{
    const struct creds_config *config = &creds->config;
    struct str places[] = {
        config->region,
        creds_env_get(config->environment, "AWS_REGION"),
        creds_env_get(config->environment, "AWS_DEFAULT_REGION"),
        creds_profile_get(&creds->profiles, creds_plan_profile(in), "region"),
    };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (places[i].len > 0) {
            return arena_str(creds->arena, places[i]);
        }
    }
    return STR_NONE;
}

struct creds *creds_new(const struct creds_config *config)
{
    struct creds *creds = mem_new(sizeof(*creds));
    struct arena *arena = arena_new();
    creds->arena = arena;
    creds->config = *config;
    if (config->private_upstream == NULL) {
        creds->config.private_upstream = config->upstream;
    }
    creds->config.profile = copy_or_none(arena, config->profile);
    creds->config.region = copy_or_none(arena, config->region);
    creds->config.upstream_url = copy_or_none(arena, config->upstream_url);
    creds_profiles_load(arena, config->environment, &creds->profiles);
    struct creds_plan_in in = {
        .environment = config->environment,
        .profiles = &creds->profiles,
        .profile = creds->config.profile,
        .emulator = is_emulator(arena, config->upstream_url),
    };
    creds->region = find_region(creds, &in);
    creds_plan_make(arena, &in, &creds->plan);
    creds->minted = config->minted.access_key.len > 0
                        ? creds_credentials_copy(arena, &config->minted)
                        : creds_mint(arena);
    creds->config.minted = creds->minted;
    creds->derived = sigv4_keys_new();
    creds_own_init(&creds->own, creds);
    creds_keys_init(creds);
    creds_fade_init(creds);
    creds_signer_init(creds);
    return creds;
}

void creds_free(struct creds *creds)
{
    if (creds == NULL) {
        return;
    }
    creds_gates_free(creds);
    creds_own_done(&creds->own);
    creds_fade_done(creds);
    creds_keys_done(creds);
    sigv4_keys_free(creds->derived);
    arena_free(creds->arena);
    mem_wipe(creds, sizeof(*creds));
    mem_free(creds);
}

struct str creds_region(const struct creds *creds)
{
    return creds->region;
}

struct sigv4_credentials creds_minted(const struct creds *creds)
{
    return creds->minted;
}
