/* SPDX-License-Identifier: Apache-2.0 */
/* Decides, from environment and profiles alone, how credentials will be had:
 * the SDKs' chain as a value, before anything is asked. Start at
 * creds_plan_make(), at the end. */
#include "creds/private.h"

#define SSO_HELP                                                               \
    "put 'credential_process = aws configure export-credentials --profile "    \
    "%.*s --format process' into another profile and name that one"

const struct sigv4_credentials creds_made_up = {
    {"AKIAIOSFODNN7EXAMPLE", 20},
    {"settled/signs/for/emulators/with/this/00", 40},
    {NULL, 0},
};

const char *creds_source_name(enum creds_source source)
{
    static const char *const names[] = {
#define CREDS_SOURCE_TEXT(name, text) text,
        CREDS_SOURCES(CREDS_SOURCE_TEXT)
#undef CREDS_SOURCE_TEXT
    };
    return names[source];
}

struct planner {
    struct arena *arena;
    const struct creds_plan_in *in;
    struct creds_plan *plan;
    struct str visited[CREDS_ROLES_MAX];
    bool is_sso;
};

static struct str setting(const struct planner *p, struct str profile,
                          const char *key)
{
    return creds_profile_get(p->in->profiles, profile, key);
}

static struct str env(const struct planner *p, const char *name)
{
    return creds_env_get(p->in->environment, name);
}

static bool use(struct planner *p, enum creds_source source, struct str where)
{
    p->plan->source = source;
    p->plan->where = where;
    return true;
}

__attribute__((format(printf, 2, 3))) static bool fail(struct planner *p,
                                                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    p->plan->error = arena_vprintf(p->arena, format, args);
    va_end(args);
    p->plan->source = CREDS_SOURCE_NONE;
    return true;
}

/* ---- the environment; each returns whether it settled the matter ---- */

static bool plan_env_keys(struct planner *p)
{
    struct sigv4_credentials *fixed = &p->plan->fixed;
    fixed->access_key = env(p, "AWS_ACCESS_KEY_ID");
    fixed->secret_key = env(p, "AWS_SECRET_ACCESS_KEY");
    fixed->session_token = env(p, "AWS_SESSION_TOKEN");
    if (fixed->session_token.len == 0) {
        fixed->session_token = env(p, "AWS_SECURITY_TOKEN");
    }
    if (fixed->access_key.len == 0) {
        return false;
    }
    if (fixed->secret_key.len == 0) {
        return fail(p, "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is "
                       "not: set both, or neither");
    }
    return use(p, CREDS_SOURCE_STATIC, STR("the environment"));
}

static bool plan_env_web_identity(struct planner *p)
{
    struct creds_role *web = &p->plan->web;
    web->token_file = env(p, "AWS_WEB_IDENTITY_TOKEN_FILE");
    web->arn = env(p, "AWS_ROLE_ARN");
    web->session_name = env(p, "AWS_ROLE_SESSION_NAME");
    if (web->token_file.len == 0) {
        return false;
    }
    if (web->arn.len == 0) {
        return fail(p, "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN "
                       "is not");
    }
    return use(p, CREDS_SOURCE_WEB_IDENTITY, STR("the environment"));
}

static bool plan_container(struct planner *p)
{
    if (env(p, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").len == 0 &&
        env(p, "AWS_CONTAINER_CREDENTIALS_FULL_URI").len == 0) {
        return false;
    }
    return use(p, CREDS_SOURCE_CONTAINER, STR("the container endpoint"));
}

/* ---- profiles ---- */

static struct str profile_words(struct planner *p, struct str name)
{
    return arena_printf(p->arena, "profile '%.*s'", STR_ARG(name));
}

static bool plan_static(struct planner *p, struct str name)
{
    struct sigv4_credentials *fixed = &p->plan->fixed;
    fixed->access_key = setting(p, name, "aws_access_key_id");
    fixed->secret_key = setting(p, name, "aws_secret_access_key");
    fixed->session_token = setting(p, name, "aws_session_token");
    if (fixed->access_key.len == 0) {
        return false;
    }
    if (fixed->secret_key.len == 0) {
        return fail(p,
                    "profile '%.*s' has aws_access_key_id but no "
                    "aws_secret_access_key",
                    STR_ARG(name));
    }
    return use(p, CREDS_SOURCE_STATIC, profile_words(p, name));
}

static bool plan_process(struct planner *p, struct str name)
{
    p->plan->command = setting(p, name, "credential_process");
    return p->plan->command.len > 0 &&
           use(p, CREDS_SOURCE_PROCESS, profile_words(p, name));
}

static bool plan_sso(struct planner *p, struct str name)
{
    if (setting(p, name, "sso_session").len == 0 &&
        setting(p, name, "sso_start_url").len == 0 &&
        setting(p, name, "sso_account_id").len == 0) {
        return false;
    }
    p->is_sso = true;
    return fail(
        p,
        "profile '%.*s' uses SSO, which is not supported directly: " SSO_HELP,
        STR_ARG(name), STR_ARG(name));
}

static bool plan_credential_source(struct planner *p, struct str name,
                                   struct str source)
{
    if (str_eq_nocase(source, STR("Environment"))) {
        return plan_env_keys(p) ||
               fail(p,
                    "profile '%.*s' says credential_source = Environment, but "
                    "AWS_ACCESS_KEY_ID is not set",
                    STR_ARG(name));
    }
    if (str_eq_nocase(source, STR("EcsContainer"))) {
        return plan_container(p) ||
               fail(p,
                    "profile '%.*s' says credential_source = EcsContainer, but "
                    "no AWS_CONTAINER_CREDENTIALS_* variable is set",
                    STR_ARG(name));
    }
    if (str_eq_nocase(source, STR("Ec2InstanceMetadata"))) {
        return use(p, CREDS_SOURCE_IMDS, STR("EC2 instance metadata"));
    }
    return fail(p,
                "profile '%.*s': credential_source '%.*s' is none of "
                "Environment, Ec2InstanceMetadata, EcsContainer",
                STR_ARG(name), STR_ARG(source));
}

static struct creds_role read_role(const struct planner *p, struct str name)
{
    return (struct creds_role){
        .arn = setting(p, name, "role_arn"),
        .session_name = setting(p, name, "role_session_name"),
        .external_id = setting(p, name, "external_id"),
        .duration_s = setting(p, name, "duration_seconds"),
        .token_file = setting(p, name, "web_identity_token_file"),
    };
}

/* What is wrong with a profile that assumes a role; false: nothing is. */
static bool refuse_role(struct planner *p, struct str name,
                        const struct creds_role *role, struct str from,
                        struct str source)
{
    uint64_t seconds = 0;
    if (setting(p, name, "mfa_serial").len > 0) {
        return fail(p,
                    "profile '%.*s' needs an MFA code (mfa_serial), which "
                    "nobody can be asked for here: " SSO_HELP,
                    STR_ARG(name), STR_ARG(name));
    }
    if (from.len > 0 && source.len > 0) {
        return fail(p,
                    "profile '%.*s' has both source_profile and "
                    "credential_source; remove one",
                    STR_ARG(name));
    }
    if (from.len == 0 && source.len == 0) {
        return fail(p,
                    "profile '%.*s' has role_arn but neither source_profile "
                    "nor credential_source nor web_identity_token_file",
                    STR_ARG(name));
    }
    if (role->duration_s.len > 0 && !str_to_u64(role->duration_s, &seconds)) {
        return fail(p, "profile '%.*s': duration_seconds is not a whole number",
                    STR_ARG(name));
    }
    return false;
}

static bool was_visited(const struct planner *p, struct str name)
{
    for (size_t i = 0; i < p->plan->role_count; i++) {
        if (str_eq(p->visited[i], name)) {
            return true;
        }
    }
    return false;
}

/* Pushes the role of `name`. True: the plan is made, or failed; false: go on
 * with *ret_next. */
static bool plan_role(struct planner *p, struct str name, struct str *ret_next)
{
    struct creds_role role = read_role(p, name);
    struct str from = setting(p, name, "source_profile");
    struct str source = setting(p, name, "credential_source");
    if (role.token_file.len > 0) {
        p->plan->web = role;
        return use(p, CREDS_SOURCE_WEB_IDENTITY, profile_words(p, name));
    }
    if (refuse_role(p, name, &role, from, source)) {
        return true;
    }
    if (p->plan->role_count == CREDS_ROLES_MAX) {
        return fail(p, "more than %d profiles are chained by source_profile",
                    CREDS_ROLES_MAX);
    }
    p->visited[p->plan->role_count] = name;
    p->plan->roles[p->plan->role_count++] = role;
    if (source.len > 0) {
        return plan_credential_source(p, name, source);
    }
    *ret_next = from;
    return false;
}

static bool plan_missing(struct planner *p, struct str name)
{
    struct str tried = p->in->profiles->tried;
    return fail(p, "there is no profile '%.*s' in %.*s", STR_ARG(name),
                STR_ARG(tried.len > 0 ? tried : STR("~/.aws (HOME is unset)")));
}

/* A profile that another one names as its source. */
static bool plan_source_profile(struct planner *p, struct str name,
                                struct str *ret_next)
{
    if (!creds_profile_exists(p->in->profiles, name)) {
        return plan_missing(p, name);
    }
    /* Static keys end a chain, also those of a profile that names itself. */
    if (plan_static(p, name)) {
        return true;
    }
    if (was_visited(p, name)) {
        return fail(p,
                    "profiles name each other as source_profile: '%.*s' "
                    "leads back to itself",
                    STR_ARG(name));
    }
    if (setting(p, name, "role_arn").len > 0) {
        return plan_role(p, name, ret_next);
    }
    return plan_process(p, name) || plan_sso(p, name) ||
           fail(p, "profile '%.*s' is a source_profile without credentials",
                STR_ARG(name));
}

static bool plan_profile(struct planner *p, struct str name)
{
    struct str next = STR_NONE;
    bool settled = false;
    if (setting(p, name, "role_arn").len > 0) {
        settled = plan_role(p, name, &next);
    } else {
        return plan_static(p, name) || plan_process(p, name) ||
               plan_sso(p, name);
    }
    while (!settled) {
        struct str from = next;
        settled = plan_source_profile(p, from, &next);
    }
    return true;
}

/* ---- the whole ---- */

struct str creds_plan_profile(const struct creds_plan_in *in)
{
    struct str name = in->profile;
    if (name.len == 0) {
        name = creds_env_get(in->environment, "AWS_PROFILE");
    }
    if (name.len == 0) {
        name = creds_env_get(in->environment, "AWS_DEFAULT_PROFILE");
    }
    return name.len == 0 ? STR("default") : name;
}

static void make_up(struct planner *p)
{
    p->plan->fixed = creds_made_up;
    p->plan->made_up = true;
    p->plan->role_count = 0;
    (void)use(p, CREDS_SOURCE_STATIC, STR("settled itself"));
}

static void plan_all(struct planner *p)
{
    const struct creds_plan_in *in = p->in;
    struct str name = creds_plan_profile(in);
    bool asked = in->profile.len > 0;
    bool implied = str_eq(name, STR("default"));
    if (!asked && (plan_env_keys(p) || plan_env_web_identity(p))) {
        return;
    }
    if (!creds_profile_exists(in->profiles, name) && (asked || !implied)) {
        (void)plan_missing(p, name);
        return;
    }
    if (plan_profile(p, name)) {
        return;
    }
    if (in->emulator) {
        /* Nobody asks a cloud's metadata service on behalf of an emulator. */
        make_up(p);
        return;
    }
    if (!plan_container(p)) {
        (void)use(p, CREDS_SOURCE_IMDS, STR("EC2 instance metadata"));
    }
}

void creds_plan_make(struct arena *arena, const struct creds_plan_in *in,
                     struct creds_plan *ret_plan)
{
    struct planner p = {.arena = arena, .in = in, .plan = ret_plan};
    *ret_plan = (struct creds_plan){0};
    ret_plan->roles = ARENA_ARRAY(arena, struct creds_role, CREDS_ROLES_MAX);
    plan_all(&p);
    if (p.is_sso && in->emulator && in->profile.len == 0) {
        /* A default profile meant for AWS must not stand in the way. */
        make_up(&p);
    }
    ret_plan->fixed = creds_credentials_copy(arena, &ret_plan->fixed);
    ret_plan->error = arena_str(arena, ret_plan->error);
}
