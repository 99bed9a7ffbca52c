/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the temporary keys out of STS answers that pass through, so that the
 * client may call with them next. Start at creds_learn(). */
#include "creds/private.h"

static bool gives_keys(const struct aws_call *call)
{
    static const char *const operations[] = {
        "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity",
        "AssumeRoot", "GetSessionToken",    "GetFederationToken",
    };
    if (!str_eq(call->service, STR("sts"))) {
        return false;
    }
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (str_eq(call->operation, str_of(operations[i]))) {
            return true;
        }
    }
    return false;
}

void creds_learn(struct creds *creds, const struct aws_call *call,
                 const struct http_response *response)
{
    if (response->status != 200 || !gives_keys(call)) {
        return;
    }
    struct arena *arena = arena_new();
    struct sigv4_credentials pair = {0};
    int64_t expires_ms = 0;
    if (creds_sts_read(arena, response->body, &pair, &expires_ms) &&
        expires_ms > creds->config.wall_ms()) {
        const struct creds_others *others = &creds->config.others;
        creds_keys_learn(creds, &pair, expires_ms);
        if (others->tell != NULL) {
            others->tell(others->ctx, &pair, expires_ms);
        }
        struct event event = {
            .kind = EVENT_CREDENTIALS_LEARNED,
            .client = pair.access_key,
            .service = call->service,
            .operation = call->operation,
            .region = call->region,
        };
        events_say(creds->config.events, &event);
    }
    arena_free(arena);
}

void creds_hear(struct creds *creds, const struct sigv4_credentials *pair,
                int64_t expires_ms)
{
    creds_keys_learn(creds, pair, expires_ms);
}
