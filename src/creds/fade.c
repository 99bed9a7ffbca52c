/* SPDX-License-Identifier: Apache-2.0 */
/* The secrets of learned keys are wiped when they expire, not when somebody
 * asks for them again. Start at look(). */
#include "creds/private.h"

#include "base/mem.h"

/* The wall clock may be set meanwhile, so no wait is longer than this. */
enum { SHORTEST_MS = 1000, LONGEST_MS = 60 * 1000 };

static void wipe_text(struct str *text)
{
    mem_wipe((char *)(uintptr_t)text->ptr, text->len);
    *text = STR_NONE;
}

/* Its id stays known, to be told from a stranger's. It is never good again,
 * wherever the clock goes: an empty secret is one that anybody has. */
static void wipe(struct creds *creds, struct http_identity *identity)
{
    sigv4_keys_forget(creds->derived, identity->credentials.secret_key);
    wipe_text(&identity->credentials.secret_key);
    wipe_text(&identity->credentials.session_token);
    identity->expires_ms = 1;
}

static bool is_bare(const struct http_identity *identity)
{
    return identity->credentials.secret_key.len == 0;
}

static void look(void *ctx)
{
    struct creds *creds = ctx;
    int64_t now = creds->config.wall_ms();
    int64_t next_ms = INT64_MAX;
    for (size_t i = 0; i < CREDS_BUCKETS; i++) {
        struct http_identity *identity = creds->keys.buckets[i];
        for (; identity != NULL; identity = identity->next) {
            if (identity->kind != IDENTITY_LEARNED || is_bare(identity)) {
                continue;
            }
            if (identity->expires_ms <= now) {
                wipe(creds, identity);
            } else if (identity->expires_ms - now < next_ms) {
                next_ms = identity->expires_ms - now;
            }
        }
    }
    if (next_ms < INT64_MAX) {
        next_ms = next_ms > LONGEST_MS ? LONGEST_MS : next_ms;
        timer_arm(creds->config.timers, &creds->fade,
                  next_ms < SHORTEST_MS ? SHORTEST_MS : next_ms);
    }
}

void creds_fade_init(struct creds *creds)
{
    timer_init(&creds->fade, look, creds);
}

void creds_fade_done(struct creds *creds)
{
    timer_cancel(creds->config.timers, &creds->fade);
}

void creds_fade_begin(struct creds *creds)
{
    if (!timer_is_armed(&creds->fade)) {
        timer_arm(creds->config.timers, &creds->fade, SHORTEST_MS);
    }
}
