/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials of an EC2 instance's role by the metadata service, version 2: a
 * session token, the role's name, its keys. Here as the last of the chain.
 * Start at creds_imds_start(). */
#include "creds/private.h"

#define ROLE_PATH "/latest/meta-data/iam/security-credentials/"

/* Off EC2 the address answers nobody: one short attempt, as the SDKs do. */
enum { IMDS_TIMEOUT_MS = 1000 };

#define NOWHERE                                                                \
    "no credentials: none in the environment (AWS_ACCESS_KEY_ID, "             \
    "AWS_SECRET_ACCESS_KEY), none in profile '%.*s' (%.*s)"

static void fail_nowhere(struct creds_chain *chain, const char *why)
{
    const struct creds *creds = chain->creds;
    struct creds_plan_in in = {.environment = creds->config.environment,
                               .profile = creds->config.profile};
    struct str profile = creds_plan_profile(&in);
    struct str tried = creds->profiles.tried;
    creds_chain_fail(chain, NOWHERE ", and %s", STR_ARG(profile),
                     STR_ARG(tried.len > 0 ? tried : STR("no file")), why);
}

static struct creds_chain_ask make_ask(struct creds_chain *chain,
                                       const char *method, struct str target)
{
    struct creds_chain_ask ask = {.origin = chain->origin,
                                  .timeout_ms = IMDS_TIMEOUT_MS};
    ask.request.method = str_of(method);
    ask.request.target = target;
    if (chain->session.len > 0) {
        http_headers_add(chain->arena, &ask.request.headers,
                         STR("X-aws-ec2-metadata-token"), chain->session);
    }
    return ask;
}

static void hear_keys(struct creds_chain *chain)
{
    if (creds_chain_ok(chain, "EC2 instance metadata")) {
        creds_chain_read_json(chain, chain->fetch.response.body, "Token",
                              "EC2 instance metadata");
    }
}

static void hear_role(struct creds_chain *chain)
{
    if (chain->fetch.outcome == HTTP_ANSWERED &&
        chain->fetch.response.status == 404) {
        fail_nowhere(chain, "this EC2 instance has no role");
        return;
    }
    if (!creds_chain_ok(chain, "EC2 instance metadata")) {
        return;
    }
    struct str rest = chain->fetch.response.body;
    struct str role = str_trim(str_cut(&rest, '\n'));
    if (role.len == 0) {
        fail_nowhere(chain, "this EC2 instance has no role");
        return;
    }
    struct str path =
        arena_printf(chain->arena, ROLE_PATH "%.*s",
                     STR_ARG(http_encode(chain->arena, role, false)));
    struct creds_chain_ask ask = make_ask(chain, "GET", path);
    creds_chain_ask(chain, &ask, hear_keys);
}

static void hear_session(struct creds_chain *chain)
{
    if (chain->fetch.outcome != HTTP_ANSWERED) {
        fail_nowhere(chain, "no EC2 metadata service answers");
        return;
    }
    if (!creds_chain_ok(chain, "EC2 instance metadata")) {
        return;
    }
    struct str token = str_trim(chain->fetch.response.body);
    if (token.len == 0 || str_find(token, '\n') != STR_NOT_FOUND) {
        creds_chain_fail(chain, "EC2 instance metadata gave a damaged token");
        return;
    }
    chain->session = token;
    struct creds_chain_ask ask = make_ask(chain, "GET", STR(ROLE_PATH));
    creds_chain_ask(chain, &ask, hear_role);
}

static struct str find_origin(char *const *environment)
{
    struct str given =
        creds_env_get(environment, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
    struct str mode =
        creds_env_get(environment, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    if (given.len > 0) {
        while (str_ends(given, STR("/"))) {
            given.len--;
        }
        return given;
    }
    return str_eq_nocase(mode, STR("IPv6")) ? STR("http://[fd00:ec2::254]")
                                            : STR("http://169.254.169.254");
}

void creds_imds_start(struct creds_chain *chain)
{
    char *const *environment = chain->creds->config.environment;
    struct str off = creds_env_get(environment, "AWS_EC2_METADATA_DISABLED");
    if (str_eq_nocase(off, STR("true"))) {
        fail_nowhere(chain, "EC2 metadata is off (AWS_EC2_METADATA_DISABLED)");
        return;
    }
    chain->origin = find_origin(environment);
    struct creds_chain_ask ask =
        make_ask(chain, "PUT", STR("/latest/api/token"));
    http_headers_add(chain->arena, &ask.request.headers,
                     STR("X-aws-ec2-metadata-token-ttl-seconds"), STR("21600"));
    creds_chain_ask(chain, &ask, hear_session);
}
