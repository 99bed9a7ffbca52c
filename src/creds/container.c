/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials from the endpoint that ECS, EKS Pod Identity and others give to
 * a container. Start at creds_container_start(). */
#include "creds/private.h"

#include "base/file.h"

enum { CONTAINER_TIMEOUT_MS = 5000, TOKEN_LIMIT = 64 * 1024 };

bool creds_container_host_ok(struct str host)
{
    /* ECS; EKS over IPv4 and IPv6. The SDKs know the same ones. */
    static const char *const known[] = {"169.254.170.2", "169.254.170.23",
                                        "fd00:ec2::23"};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (str_eq_nocase(host, str_of(known[i]))) {
            return true;
        }
    }
    return http_host_is_loopback(host);
}

static bool find_endpoint(struct creds_chain *chain, struct str *ret_origin,
                          struct str *ret_target)
{
    char *const *environment = chain->creds->config.environment;
    struct str relative =
        creds_env_get(environment, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    struct str full =
        creds_env_get(environment, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    struct http_url url = {0};
    struct str error = STR_NONE;
    if (relative.len > 0) {
        *ret_origin = STR("http://169.254.170.2");
        *ret_target = relative.ptr[0] == '/'
                          ? relative
                          : arena_join(chain->arena, STR("/"), relative);
        return true;
    }
    if (!http_url_parse(chain->arena, full, &url, &error)) {
        creds_chain_fail(chain, "AWS_CONTAINER_CREDENTIALS_FULL_URI: %.*s",
                         STR_ARG(error));
        return false;
    }
    if (str_eq(url.scheme, STR("http")) && !creds_container_host_ok(url.host)) {
        creds_chain_fail(chain,
                         "AWS_CONTAINER_CREDENTIALS_FULL_URI names %.*s, but "
                         "plain http may only go to loopback, 169.254.170.2, "
                         "169.254.170.23 or [fd00:ec2::23]: use https",
                         STR_ARG(url.host));
        return false;
    }
    *ret_origin = arena_printf(chain->arena, "%.*s://%.*s", STR_ARG(url.scheme),
                               STR_ARG(url.authority));
    *ret_target = url.path.len > 0 ? url.path : STR("/");
    return true;
}

/* The authorization token; may stay STR_NONE. */
static bool find_token(struct creds_chain *chain, struct str *ret_token)
{
    char *const *environment = chain->creds->config.environment;
    struct str path =
        creds_env_get(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    struct str error = STR_NONE;
    *ret_token =
        creds_env_get(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (path.len > 0) {
        if (!file_read(chain->arena, path, TOKEN_LIMIT, ret_token, &error)) {
            creds_chain_fail(chain, "container authorization token: %.*s",
                             STR_ARG(error));
            return false;
        }
        *ret_token = str_trim(*ret_token);
    }
    if (str_find(*ret_token, '\n') != STR_NOT_FOUND ||
        str_find(*ret_token, '\r') != STR_NOT_FOUND) {
        creds_chain_fail(chain, "the container authorization token has more "
                                "than one line");
        return false;
    }
    return true;
}

static void hear_container(struct creds_chain *chain)
{
    if (creds_chain_ok(chain, "the container endpoint")) {
        creds_chain_read_json(chain, chain->fetch.response.body, "Token",
                              "the container endpoint");
    }
}

void creds_container_start(struct creds_chain *chain)
{
    struct str token = STR_NONE;
    struct creds_chain_ask ask = {.timeout_ms = CONTAINER_TIMEOUT_MS};
    ask.request.method = STR("GET");
    if (!find_endpoint(chain, &ask.origin, &ask.request.target) ||
        !find_token(chain, &token)) {
        return;
    }
    struct http_headers *headers = &ask.request.headers;
    http_headers_add(chain->arena, headers, STR("Accept"),
                     STR("application/json"));
    if (token.len > 0) {
        http_headers_add(chain->arena, headers, STR("Authorization"), token);
    }
    creds_chain_ask(chain, &ask, hear_container);
}
