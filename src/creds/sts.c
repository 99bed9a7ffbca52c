/* SPDX-License-Identifier: Apache-2.0 */
/* The two calls of STS that the chain makes (query protocol, API version
 * 2011-06-15), and the reading of any STS answer that holds keys. Start at
 * creds_assume_role_start(). */
#include "creds/private.h"

#include "base/clock.h"
#include "base/file.h"
#include "xml/xml.h"

#include <inttypes.h>

enum { STS_TIMEOUT_MS = 30 * 1000, TOKEN_FILE_LIMIT = 64 * 1024 };

static void add_field(struct arena *arena, struct buf *form, const char *name,
                      struct str value)
{
    if (value.len > 0) {
        struct str text = http_encode(arena, value, false);
        buf_printf(form, "&%s=%.*s", name, STR_ARG(text));
    }
}

static struct str write_form(struct creds_chain *chain, const char *action,
                             const struct creds_role *role, struct str token)
{
    struct buf form = {0};
    struct str session = role->session_name;
    if (session.len == 0) {
        int64_t now_s = chain->creds->config.wall_ms() / 1000;
        session = arena_printf(chain->arena, "settled-%" PRId64, now_s);
    }
    buf_printf(&form, "Action=%s&Version=2011-06-15", action);
    add_field(chain->arena, &form, "RoleArn", role->arn);
    add_field(chain->arena, &form, "RoleSessionName", session);
    add_field(chain->arena, &form, "ExternalId", role->external_id);
    add_field(chain->arena, &form, "DurationSeconds", role->duration_s);
    add_field(chain->arena, &form, "WebIdentityToken", token);
    struct str text = arena_str(chain->arena, buf_str(&form));
    buf_free(&form);
    return text;
}

/* Where STS is: the emulator, or AWS's own place by region. */
static bool find_sts(struct creds_chain *chain, struct aws_endpoint *ret,
                     struct str *ret_path)
{
    const struct creds *creds = chain->creds;
    struct str error = STR_NONE;
    struct str region =
        creds->region.len > 0 ? creds->region : STR("us-east-1");
    *ret_path = STR("/");
    if (creds->config.upstream_url.len > 0) {
        struct http_url url = {0};
        if (!http_url_parse(chain->arena, creds->config.upstream_url, &url,
                            &error)) {
            creds_chain_fail(chain, "--upstream: %.*s", STR_ARG(error));
            return false;
        }
        ret->origin = arena_printf(chain->arena, "%.*s://%.*s",
                                   STR_ARG(url.scheme), STR_ARG(url.authority));
        ret->signing_name = STR("sts");
        ret->signing_region = region;
        *ret_path = url.path.len > 0 ? url.path : *ret_path;
        return true;
    }
    if (!aws_endpoint_find(creds->config.registry, chain->arena, STR("sts"),
                           STR("sts"), region, ret, &error)) {
        creds_chain_fail(chain, "STS: %.*s", STR_ARG(error));
        return false;
    }
    return true;
}

static void hear_sts(struct creds_chain *chain)
{
    const struct http_response *response = &chain->fetch.response;
    struct sigv4_credentials got = {0};
    int64_t expires_ms = 0;
    if (chain->fetch.outcome == HTTP_ANSWERED && response->status != 200) {
        struct str code = STR_NONE;
        struct str message = STR_NONE;
        aws_error_read(chain->arena, AWS_QUERY, response, &code, &message);
        creds_chain_fail(chain, "STS at %.*s refused (%d %.*s): %.*s",
                         STR_ARG(chain->fetch.origin), response->status,
                         STR_ARG(code), STR_ARG(message));
        return;
    }
    if (!creds_chain_ok(chain, "STS")) {
        return;
    }
    if (!creds_sts_read(chain->arena, response->body, &got, &expires_ms)) {
        creds_chain_fail(chain, "STS at %.*s gave an answer without keys",
                         STR_ARG(chain->fetch.origin));
        return;
    }
    creds_chain_provide(chain, &got, expires_ms);
}

/* `signer` NULL: an unsigned call. */
static void call_sts(struct creds_chain *chain, struct str form,
                     const struct sigv4_credentials *signer)
{
    struct arena *arena = chain->arena;
    struct aws_endpoint endpoint = {0};
    struct http_url url = {0};
    struct str path = STR_NONE;
    struct str error = STR_NONE;
    if (!find_sts(chain, &endpoint, &path)) {
        return;
    }
    if (!http_url_parse(arena, endpoint.origin, &url, &error)) {
        creds_chain_fail(chain, "STS: %.*s", STR_ARG(error));
        return;
    }
    struct creds_chain_ask ask = {.origin = endpoint.origin,
                                  .timeout_ms = STS_TIMEOUT_MS};
    ask.request = (struct http_request){
        .method = STR("POST"), .target = path, .body = form};
    struct http_headers *headers = &ask.request.headers;
    http_headers_add(arena, headers, STR("Host"), url.authority);
    http_headers_add(arena, headers, STR("Content-Type"),
                     STR("application/x-www-form-urlencoded; charset=utf-8"));
    if (signer != NULL) {
        struct sigv4_stages stages;
        struct sigv4_sign_in in = {
            .credentials = signer,
            .region = endpoint.signing_region,
            .service = endpoint.signing_name,
            .wall_ms = chain->creds->config.wall_ms(),
            .rules = sigv4_rules_for(endpoint.signing_name),
            .payload_hash = sigv4_sha256_hex(arena, form),
        };
        sigv4_sign_header(arena, &in, &ask.request, &stages);
    }
    creds_chain_ask(chain, &ask, hear_sts);
}

void creds_assume_role_start(struct creds_chain *chain,
                             const struct creds_role *role)
{
    struct sigv4_credentials signer = chain->got;
    call_sts(chain, write_form(chain, "AssumeRole", role, STR_NONE), &signer);
}

void creds_web_identity_start(struct creds_chain *chain)
{
    const struct creds_role *role = &chain->creds->plan.web;
    struct str token = STR_NONE;
    struct str error = STR_NONE;
    /* Read each time: whoever runs the pod renews the file. */
    if (!file_read(chain->arena, role->token_file, TOKEN_FILE_LIMIT, &token,
                   &error)) {
        creds_chain_fail(chain, "web identity token of %.*s: %.*s",
                         STR_ARG(chain->creds->plan.where), STR_ARG(error));
        return;
    }
    call_sts(
        chain,
        write_form(chain, "AssumeRoleWithWebIdentity", role, str_trim(token)),
        NULL);
}

bool creds_sts_read(struct arena *arena, struct str body,
                    struct sigv4_credentials *ret_credentials,
                    int64_t *ret_expires_ms)
{
    struct source source = {STR("STS"), body};
    struct diag diag;
    const struct xml *root = NULL;
    diag_init(&diag, arena);
    if (!xml_read(arena, &source, &root, &diag)) {
        return false;
    }
    const struct xml *keys = xml_find(root, "Credentials");
    ret_credentials->access_key = xml_child_text(keys, "AccessKeyId");
    ret_credentials->secret_key = xml_child_text(keys, "SecretAccessKey");
    ret_credentials->session_token = xml_child_text(keys, "SessionToken");
    struct str expiration = xml_child_text(keys, "Expiration");
    return ret_credentials->access_key.len > 0 &&
           ret_credentials->secret_key.len > 0 &&
           clock_parse(str_trim(expiration), ret_expires_ms);
}
