/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may call, and as whom calls go out.
 *
 * Purpose:   find the proxy's own credentials by the SDKs' chain and keep them
 *            fresh; hold the keys that clients may use; verify what comes in
 *            and sign what goes out. Whoever calls as A is signed as A.
 * Ownership: creds_new()/creds_free(). An identity lives until creds_free(), or
 *            for an hour after its temporary keys gave way to others; it then
 *            signs nothing any more. Secrets are wiped when freed.
 * Callbacks: through http/client.h and http/handler.h.
 * Errors:    a sentence that says which provider was tried and what to do; it
 *            never holds a secret.
 * Never:     prints a secret; chooses a region for a rule.
 */
#ifndef CREDS_CREDS_H
#define CREDS_CREDS_H

#include "aws/aws.h"
#include "events/event.h"
#include "http/client.h"
#include "http/handler.h"
#include "sigv4/sigv4.h"

struct creds;

/* Other processes that serve the same clients: what one learns all know. */
struct creds_others {
    void (*tell)(void *ctx, const struct sigv4_credentials *pair,
                 int64_t expires_ms);
    /* Before a key is said to be unknown: creds_hear() with all that the others
     * have told by now. */
    void (*hear)(void *ctx);
    void *ctx;
};

struct creds_config {
    struct timers *timers;
    int64_t (*wall_ms)(void); /* clock_wall_ms, or a test's */
    struct aws_registry *registry;
    struct events *events;
    /* For everything that is signed. */
    struct http_client *upstream;
    /* For the chain's own calls alone, whose answers are secrets: a way past
     * whatever records. NULL: upstream. */
    struct http_client *private_upstream;
    char *const *environment; /* environ, or a test's */
    struct str profile;      /* --profile; STR_NONE: AWS_PROFILE or "default" */
    struct str region;       /* --region; STR_NONE: by the chain */
    struct str upstream_url; /* --upstream; STR_NONE: AWS */
    bool no_verify;          /* only with a loopback upstream_url */
    /* Of creds_mint(), where others know it too; else a pair is minted here. */
    struct sigv4_credentials minted;
    struct creds_others others; /* zeroed: there are none */
};

struct creds *creds_new(const struct creds_config *config);
void creds_free(struct creds *creds);

/* --region, AWS_REGION, AWS_DEFAULT_REGION, the profile; STR_NONE: nowhere. */
struct str creds_region(const struct creds *creds);

/* A pair that nobody else has. */
struct sigv4_credentials creds_mint(struct arena *arena);
/* The pair minted at start, for exec's child and serve's export lines. */
struct sigv4_credentials creds_minted(const struct creds *creds);

/* Called from an STS answer that passed through (AssumeRole*, GetSessionToken,
 * GetFederationToken): makes its temporary keys known until they expire. */
void creds_learn(struct creds *creds, const struct aws_call *call,
                 const struct http_response *response);
/* Another process has learned them. */
void creds_hear(struct creds *creds, const struct sigv4_credentials *pair,
                int64_t expires_ms);

/*
 * A filter: signs fetches whose `as` is set and passes them on. Waits while
 * credentials are being fetched; UNSIGNABLE when there are none.
 */
struct http_client *creds_signing_client(struct creds *creds);

struct creds_gate_config {
    uint16_t port;     /* ours, for the Host check */
    bool any_host;     /* listening beyond loopback: Host is not checked */
    size_t body_limit; /* buffered bytes */
    size_t chunk_limit;
    size_t
        memory_limit; /* mem_in_use() above which no call is taken; 0: none */
    int64_t body_ms;  /* for a buffered body to arrive; 0: no limit */
};
/*
 * A filter: Host, Origin and Sec-Fetch-* checks, signature verification, body
 * hash; then next->handle() with the call's identity set, and with
 * request.body whole where it was buffered or call->body verified as it flows
 * where it streams. Refusals are AWS-shaped errors in the caller's protocol.
 */
struct http_handler *
creds_verifying_handler(struct creds *creds,
                        const struct creds_gate_config *config,
                        struct http_handler *next);
void creds_gate_set_port(struct http_handler *gate, uint16_t port);

#endif
