/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this room share.
 *
 * Purpose:   the parts in the order of a key's life: environment and profiles
 *            -> plan -> chain (one run of the plan) -> own (kept fresh) ->
 *            keys (who may call) -> gate (in) and signing client (out).
 * Ownership: everything hangs off struct creds; see each struct.
 * Never:     included outside src/creds and its tests.
 */
#ifndef CREDS_PRIVATE_H
#define CREDS_PRIVATE_H

#include "creds/creds.h"

#include "base/buf.h"
#include "base/timer.h"

#include <sys/types.h>

/* ---- env.c ---- */

/* STR_NONE when unset or empty. */
struct str creds_env_get(char *const *environment, const char *name);

/* ---- profile.c ---- */

struct creds_profiles {
    struct creds_section *credentials; /* of the credentials file */
    struct creds_section *config;      /* of the config file */
    struct str tried; /* both paths, and what was wrong with them */
};
/* Text of one file; in a config file sections are called "profile NAME". */
struct creds_section *creds_profile_parse(struct arena *arena, struct str text,
                                          bool is_config);
/* Reads both files from where the environment says they are. */
void creds_profiles_load(struct arena *arena, char *const *environment,
                         struct creds_profiles *ret_profiles);
bool creds_profile_exists(const struct creds_profiles *profiles,
                          struct str name);
/* The credentials file wins, key by key; STR_NONE when absent or empty. */
struct str creds_profile_get(const struct creds_profiles *profiles,
                             struct str name, const char *key);

/* ---- plan.c ---- */

/* source, its name in messages */
#define CREDS_SOURCES(X)                                                       \
    X(NONE, "none")                                                            \
    X(STATIC, "static keys")                                                   \
    X(PROCESS, "credential_process")                                           \
    X(WEB_IDENTITY, "web identity")                                            \
    X(CONTAINER, "container endpoint")                                         \
    X(IMDS, "EC2 instance metadata")

enum creds_source {
#define CREDS_SOURCE_ENUM(name, text) CREDS_SOURCE_##name,
    CREDS_SOURCES(CREDS_SOURCE_ENUM)
#undef CREDS_SOURCE_ENUM
};
const char *creds_source_name(enum creds_source source);

struct creds_role {
    struct str arn;
    struct str session_name; /* STR_NONE: made up */
    struct str external_id;
    struct str duration_s; /* digits; STR_NONE: STS's own default */
    struct str token_file; /* web identity only */
};

/* How to come by credentials: one source, then roles assumed in turn. */
struct creds_plan {
    enum creds_source source; /* NONE: `error` says why */
    struct str where;         /* "the environment", "profile 'dev'" */
    struct sigv4_credentials fixed;
    struct str command;
    struct creds_role web;    /* WEB_IDENTITY */
    struct creds_role *roles; /* the last one is assumed first */
    size_t role_count;
    bool made_up; /* `fixed` is creds_made_up: nobody may call with it */
    struct str error;
};
enum { CREDS_ROLES_MAX = 16 };

struct creds_plan_in {
    char *const *environment;
    const struct creds_profiles *profiles;
    struct str profile; /* --profile or STR_NONE */
    bool emulator;      /* a loopback --upstream */
};
void creds_plan_make(struct arena *arena, const struct creds_plan_in *in,
                     struct creds_plan *ret_plan);
/* --profile, AWS_PROFILE, AWS_DEFAULT_PROFILE, "default". */
struct str creds_plan_profile(const struct creds_plan_in *in);

/* What emulators are told where nobody has credentials; not a secret. */
extern const struct sigv4_credentials creds_made_up;

/* ---- chain.c: one run of a plan ---- */

struct creds_child { /* process.c */
    pid_t pid;       /* 0: none */
    int out;
    int err;
    struct buf out_text;
    struct buf err_text;
    int64_t started_ms;
    struct timer poll;
};

struct creds_chain {
    struct creds *creds;
    bool running;
    bool ok; /* valid once `finished` was woken */
    struct sigv4_credentials got;
    int64_t expires_ms; /* 0: never */
    struct str error;
    struct timer *finished;

    struct arena *arena; /* of this run; taken over by `own` when it is ok */
    size_t roles_left;
    struct http_fetch fetch;
    bool asking;
    struct timer answered;
    void (*then)(struct creds_chain *chain);
    struct str origin;  /* imds.c: whom it asks */
    struct str session; /* imds.c: its token */
    struct creds_child child;
};
void creds_chain_start(struct creds_chain *chain, struct creds *creds,
                       struct timer *finished);
void creds_chain_stop(struct creds_chain *chain);

/* For providers. A provider ends in exactly one of provide and fail. */
void creds_chain_provide(struct creds_chain *chain,
                         const struct sigv4_credentials *got,
                         int64_t expires_ms);
void creds_chain_fail(struct creds_chain *chain, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct creds_chain_ask {
    struct http_request request; /* Host is added */
    struct str origin;
    int64_t timeout_ms;
};
/* One exchange; then->then() with the outcome in chain->fetch. */
void creds_chain_ask(struct creds_chain *chain,
                     const struct creds_chain_ask *ask,
                     void (*then)(struct creds_chain *chain));
/* Fails the chain unless it was answered with 200. */
bool creds_chain_ok(struct creds_chain *chain, const char *whom);
/* Reads the JSON of credential_process, container endpoint and IMDS, whose
 * token is called `token_key`. */
void creds_chain_read_json(struct creds_chain *chain, struct str text,
                           const char *token_key, const char *whom);

/* process.c, sts.c, container.c, imds.c */
void creds_process_start(struct creds_chain *chain);
void creds_process_stop(struct creds_chain *chain);
void creds_web_identity_start(struct creds_chain *chain);
void creds_assume_role_start(struct creds_chain *chain,
                             const struct creds_role *role);
void creds_container_start(struct creds_chain *chain);
void creds_imds_start(struct creds_chain *chain);

/* Whether plain http may carry container credentials from that host. */
bool creds_container_host_ok(struct str host);
/* The first line of a command's complaint if nothing in it looks like a
 * secret, else STR_NONE. */
struct str creds_process_complaint(struct arena *arena, struct str err_text);

/* <Credentials> of an STS answer; false when it has none. */
bool creds_sts_read(struct arena *arena, struct str body,
                    struct sigv4_credentials *ret_credentials,
                    int64_t *ret_expires_ms);
struct sigv4_credentials
creds_credentials_copy(struct arena *arena, const struct sigv4_credentials *of);

/* ---- own.c: the proxy's own credentials, kept fresh ---- */

struct creds_waiter {
    struct timer *timer; /* woken when there is news; NULL: not waiting */
    struct creds_waiter *next;
    struct creds_waiter *prev;
};

struct creds_own {
    struct creds *creds;
    struct creds_chain chain;
    struct timer finished;
    struct arena *arena; /* holds `credentials`; NULL: none yet */
    struct sigv4_credentials credentials;
    int64_t expires_ms; /* 0: never */
    int64_t refresh_ms; /* from then on a new pair is fetched */
    int64_t retry_ms;   /* no new attempt before (by the timers' clock) */
    int64_t look_ms;    /* the same for creds_own_look() */
    bool tried;         /* the first attempt has ended */
    struct arena *error_arena;
    struct str error; /* of the last attempt */
    struct creds_waiter *waiters;
};

enum creds_state { CREDS_READY, CREDS_PENDING, CREDS_FAILED };
void creds_own_init(struct creds_own *own, struct creds *creds);
void creds_own_done(struct creds_own *own);
/*
 * READY: *ret is valid until the next turn of the loop. PENDING: a fetch is on
 * its way, wait for it. FAILED: *reterr says why; the next use tries again.
 */
enum creds_state creds_own_get(struct creds_own *own,
                               struct sigv4_credentials *ret,
                               struct str *reterr);
/*
 * For a key nobody knows: it may be ours already, where the source gives the
 * same pair to every process and has just renewed it. True: a fetch runs, wait
 * for it. Seldom, so that strangers cannot set off fetch after fetch.
 */
bool creds_own_look(struct creds_own *own);
/* `timer` is woken once the fetch that runs has ended. */
void creds_own_wait(struct creds_own *own, struct creds_waiter *waiter,
                    struct timer *timer);
void creds_own_unwait(struct creds_own *own, struct creds_waiter *waiter);

/* ---- keys.c: who may call ---- */

enum creds_identity_kind {
    IDENTITY_MINTED, /* goes out as our own credentials */
    IDENTITY_OWN,
    IDENTITY_LEARNED, /* goes out as itself */
    IDENTITY_KEPT,    /* --no-verify, key unknown: goes out as it came */
};

/*
 * Identities of kind LEARNED and KEPT are made as keys are seen. One that gives
 * way to others is wiped at once but its struct stays for an hour, longer than
 * any call that may still point to it.
 */
struct http_identity {
    enum creds_identity_kind kind;
    struct sigv4_credentials credentials; /* unused for MINTED and OWN */
    int64_t expires_ms;                   /* 0: never */
    struct arena *texts;
    int64_t stamp_ms; /* of its use (KEPT), or retirement; timers' clock */
    bool retired;
    struct http_identity *next; /* in its bucket, or among the retired */
};

enum { CREDS_BUCKETS = 4096, CREDS_KEYS_MAX = 10000 };
struct creds_keys {
    struct http_identity minted;
    struct http_identity own;
    struct http_identity *buckets[CREDS_BUCKETS];
    size_t count[2]; /* LEARNED, KEPT */
    struct http_identity *retired;
};

/* A key as it may come in. */
struct creds_inbound {
    const struct http_identity *identity;
    struct sigv4_credentials credentials;
    int64_t expires_ms;
};
enum creds_lookup { CREDS_KNOWN, CREDS_UNKNOWN, CREDS_WAIT };
void creds_keys_init(struct creds *creds);
void creds_keys_done(struct creds *creds);
/* WAIT: it may be our own, which is being fetched (see creds_own_wait). */
enum creds_lookup creds_keys_find(struct creds *creds, struct str access_key,
                                  struct creds_inbound *ret_inbound);
void creds_keys_learn(struct creds *creds, const struct sigv4_credentials *pair,
                      int64_t expires_ms);
/* `access_key` may be STR_NONE: an unsigned call. */
const struct http_identity *creds_keys_keep(struct creds *creds,
                                            struct str access_key,
                                            struct str session_token);
/* What signs outbound for an identity. */
enum creds_state creds_keys_outbound(struct creds *creds,
                                     const struct http_identity *identity,
                                     struct sigv4_credentials *ret,
                                     struct str *reterr);

/* ---- fade.c: expired secrets are wiped ---- */

void creds_fade_init(struct creds *creds);
void creds_fade_done(struct creds *creds);
/* A key was learned. */
void creds_fade_begin(struct creds *creds);

/* ---- gate.c, signing_client.c ---- */

/* A text as a body's source (source.c). */
struct creds_text_source {
    struct http_source source; /* first, so that it can be cast */
    struct str rest;
};
struct http_source *creds_text_source_init(struct creds_text_source *source,
                                           struct str text);

struct creds_gate;
void creds_gates_free(struct creds *creds);

struct creds_signer {
    struct http_client client; /* first, so that it can be cast */
    struct creds *creds;
};
void creds_signer_init(struct creds *creds);

/* ---- refusal.c ---- */

enum creds_refusal {
    REFUSE_HOST,
    REFUSE_BROWSER,
    REFUSE_MISSING,
    REFUSE_INCOMPLETE,
    REFUSE_UNSUPPORTED,
    REFUSE_UNKNOWN_KEY,
    REFUSE_WRONG_TOKEN,
    REFUSE_EXPIRED_TOKEN,
    REFUSE_MISMATCH,
    REFUSE_UNSIGNED_HEADER,
    REFUSE_STALE,
    REFUSE_EXPIRED,
    REFUSE_BODY_MISMATCH,
    REFUSE_BODY_BROKEN,
    REFUSE_TOO_LARGE,
    REFUSE_TOO_SLOW,
    REFUSE_BUSY,
    REFUSE_COUNT
};
struct str creds_request_id(struct arena *arena);
/* An error in the protocol of `called`, as AWS itself would give it. */
struct http_response creds_refusal_write(struct arena *arena,
                                         const struct aws_call *called,
                                         enum creds_refusal refusal,
                                         struct str message,
                                         struct str *ret_code);

/* ---- door.c ---- */

/* False with a refusal and a sentence for what is no SDK on this machine. */
bool creds_door_check(struct arena *arena,
                      const struct creds_gate_config *config,
                      const struct http_request *request,
                      enum creds_refusal *ret_refusal, struct str *reterr);

/* ---- creds.c ---- */

struct creds {
    struct creds_config config; /* texts in `arena` */
    struct arena *arena;
    struct creds_profiles profiles;
    struct str region;
    struct creds_plan plan;
    struct sigv4_credentials minted;
    struct creds_own own;
    struct creds_keys keys;
    struct sigv4_keys *derived; /* for signing and verifying */
    struct timer fade;          /* some learned key expires */
    struct creds_signer signer;
    struct creds_gate *gates;
    size_t chunk_limit; /* of signed chunks; 0: the room's own */
};

#endif
