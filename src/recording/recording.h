/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recordings: what passed between a client, settled and AWS, without secrets.
 *
 * Purpose:   the format (one JSON object a line), the redactor that everything
 *            passes on its way in, a recorder that is a filter before the
 *            network, and a reader that trusts nothing.
 * Ownership: new/free and open/close; a recording owns its text, what is read
 *            from it lives in the caller's arena.
 * Callbacks: those of http/client.h and events/event.h.
 * Errors:    a damaged file is a diag with file:line; a file that cannot be
 *            written is a sentence at once, and the run has failed.
 * Never:     writes a header, body or name that the redactor has not passed.
 *
 * The format. Every line is an object that ends in "crc": the CRC-32 of the
 * bytes before `,"crc":"`, eight hex digits. Each has "session" (which run
 * wrote it) and "n" (its number in that session, from 0), so that a line that
 * was cut, changed, lost or moved is found. "kind" says the rest:
 *
 *   session    first line of a run: "format", "version", "at" (UTC), "settled",
 *              "source", "redaction", "settings"
 *   call       a client's call as it went to AWS, and what came back
 *   resend     the same call, sent once more by settled
 *   read-back  a read of settled's own
 *   joined     a client's retry that joined the call it repeats
 *   outcome    what became of a change: "outcome", "reads", "waited_ms"
 *   end        the run ended in order
 *
 * Times are milliseconds since the session's "at". recordings/README.md shows
 * one of each.
 *
 * A call, resend or read-back has "request" and either "response" or, where no
 * answer came, "outcome" and "error". Where "input" ("output") says all that
 * the body does, the body is not written: it is the compact writing of it, or
 * with "spaced" the one of Python's json.dumps(). Else it is "body", or
 * "body_base64" where it is no UTF-8, or "left_out", its length, where it was
 * too long or nothing could be said of it (CBOR, cut JSON or XML). gzip and
 * aws-chunked framing are taken off before.
 */
#ifndef RECORDING_RECORDING_H
#define RECORDING_RECORDING_H

#include "aws/aws.h"
#include "base/diag.h"
#include "events/event.h"
#include "http/client.h"

enum { RECORDING_VERSION = 1, RECORDING_KEY_SIZE = 16 };

/* The variable that holds a key of one's own, so that the file has none. */
#define RECORDING_KEY_VARIABLE "SETTLED_RECORDING_KEY"

/* ---- redact.c and its files: the one way in ---- */

/*
 * Replaces what nobody may see by a placeholder made with a keyed hash: the
 * same value always gets the same one, so that equality survives. Shapes
 * survive too: base64 stays base64, a secret that is a JSON object keeps its
 * keys, an account id stays twelve digits.
 *
 * Replaced are: members that the model or their name calls secret, credentials
 * and session tokens, private keys and well-known tokens wherever they stand,
 * account ids in ARNs, queue URLs and account members, and any appearance,
 * anywhere, of a secret of six letters or more that was seen before or stands
 * in the same message, also as JSON, percent or base64 writes it. Not searched
 * for are words that stand everywhere ("production", "eu-west-1").
 *
 *   a secret        redacted- and 16 hex digits; within a known secret these
 *                   are replaced first, so that a URL with a password has the
 *                   same one in a replay
 *   a document      JSON keeps its keys; numbers become ten digits
 *   an access key   REDACTED and 12 hex digits
 *   an account      0000 and 8 digits
 *
 * What has one of the first two shapes is a placeholder and stays; an account
 * must be kept by name.
 */
struct recording_redactor;
/* `key` has RECORDING_KEY_SIZE bytes; NULL: nothing is replaced. */
struct recording_redactor *recording_redactor_new(struct aws_registry *registry,
                                                  const unsigned char *key);
void recording_redactor_free(struct recording_redactor *redactor);
/* A placeholder of a recording, which stays as it is: a replayed answer holds
 * it, and the client sends it back. An account whose placeholder is kept is
 * replaced wherever it stands. */
void recording_redactor_keep(struct recording_redactor *redactor,
                             struct str placeholder);
/* The input or output of a call; `call` may lack an operation. */
const struct json *recording_redactor_json(struct recording_redactor *redactor,
                                           struct arena *arena,
                                           const struct aws_call *call,
                                           const struct json *value);
/* Any other text: names, ARNs, error messages. */
struct str recording_redactor_text(struct recording_redactor *redactor,
                                   struct arena *arena, struct str text);
/* The value that stands for one secret, as recording_redactor_json would write
 * it. */
struct str recording_redactor_secret(struct recording_redactor *redactor,
                                     struct arena *arena, struct str secret);
/* A message without its credentials: headers by a list of those that may stay,
 * the body in the protocol of the call (JSON, form, XML, CBOR left out), byte
 * for byte but for what is replaced; lengths and checksums are made to fit.
 * Without a key too the headers go through the list. */
struct http_request
recording_redactor_request(struct recording_redactor *redactor,
                           struct arena *arena, const struct aws_call *call,
                           const struct http_request *request);
struct http_response
recording_redactor_response(struct recording_redactor *redactor,
                            struct arena *arena, const struct aws_call *call,
                            const struct http_response *response);

/* ---- input.c: what a call asks, in any protocol, fit to be compared ---- */

/*
 * JSON protocols: the input. Query: its parameters without Action and Version,
 * and "(path)" where it is not "/". REST: {path, query, headers, body}, each
 * where there is something, the body as JSON, text or {sha256}. NULL where it
 * cannot be read (CBOR, damage); a writer gives none where the body was left
 * out. Idempotency tokens and timestamps that a client makes up each time are
 * left out, and so is how a URL was signed.
 */
const struct json *recording_input(struct arena *arena,
                                   struct aws_registry *registry,
                                   const struct aws_call *call,
                                   const struct http_request *request);

/* ---- write.c: appending lines ---- */

/* What decides how a run goes; a replay takes it from the recording. */
struct recording_settings {
    int64_t timeout_ms;  /* 0: the rules' own */
    int64_t max_hold_ms; /* 0: unlimited */
    int level;           /* enum rules_level */
    int on_unsettled;    /* 0 fail, 1 pass; so below */
    int on_failed;
    int on_unverifiable;
};

enum recording_kind {
    RECORDING_SESSION,
    RECORDING_CALL,
    RECORDING_RESEND,
    RECORDING_READ_BACK,
    RECORDING_JOINED,
    RECORDING_OUTCOME,
    RECORDING_END,
    RECORDING_KIND_COUNT
};
const char *recording_kind_name(enum recording_kind kind);

/* A call, resend or read-back, before redaction. */
struct recording_interaction {
    enum recording_kind kind;
    struct str exchange;   /* x-settled-id */
    struct str access_key; /* of the client */
    const struct aws_call *call;
    int64_t at_ms;   /* when it was sent, since the session began */
    int64_t took_ms; /* until the whole answer was there */
    struct http_request request;
    int64_t request_left_out; /* bytes of a body too long to keep; 0: none */
    enum http_outcome outcome;
    struct str error;              /* where it was not answered */
    struct http_response response; /* where it was */
    int64_t response_left_out;
};

struct recording_session_facts {
    struct str id;       /* the run's; the session's is longer, for runs may
                            have the same */
    int64_t at_ms;       /* since 1970 */
    const char *source;  /* "settled", "vcrpy", "har" */
    bool redact;         /* false: --no-redact */
    struct str key_text; /* RECORDING_KEY_VARIABLE; STR_NONE: a fresh key, kept
                            in the file */
    /* For lines that are written anew: the key that stands in the file, in
     * place of a fresh one (RECORDING_KEY_SIZE bytes, NULL: none; not looked at
     * where there is a key_text), and the id as it is. */
    const unsigned char *key;
    bool whole_id;
    bool has_settings;
    struct recording_settings settings;
};

struct recording_writer;
/*
 * Appends a session to the file, which is made with mode 0600 where there is
 * none, and narrowed to it. A file that holds sessions lends its key to the new
 * one; keys do not mix. NULL and a sentence when it cannot be written, is no
 * recording, or has another key than key_text.
 */
struct recording_writer *
recording_writer_open(struct str path, struct aws_registry *registry,
                      const struct recording_session_facts *facts,
                      struct str *reterr, struct arena *arena);
/* One write() a line. False when it failed; then all later ones do. */
bool recording_write_interaction(struct recording_writer *writer,
                                 const struct recording_interaction *what);
bool recording_write_joined(struct recording_writer *writer,
                            struct str exchange, int64_t at_ms);
/* From EVENT_SETTLED, or EVENT_CALL_REFUSED with an outcome. */
bool recording_write_outcome(struct recording_writer *writer,
                             const struct event *event, int64_t at_ms);
struct recording_redactor *
recording_writer_redactor(struct recording_writer *writer);
/* Writes the end line. False when any line could not be written. */
bool recording_writer_close(struct recording_writer *writer);

/* ---- recorder.c: --record ---- */

struct recording_recorder_config {
    struct timers *timers;
    int64_t (*wall_ms)(void);
    struct aws_registry *registry;
    struct http_client *next; /* where fetches go on to */
    struct str path;
    struct recording_session_facts session; /* at_ms is filled in */
    size_t body_limit; /* longer bodies are left out; 0: 1 MiB */
    /* Woken when the file can no longer be written; may be NULL. */
    struct timer *on_failure;
};

struct recording_recorder;
struct recording_recorder *
recording_recorder_open(const struct recording_recorder_config *config,
                        struct arena *arena, struct str *reterr);
/* All fetches must have ended. False when a line could not be written. */
bool recording_recorder_close(struct recording_recorder *recorder);
/* A filter: passes every fetch on unchanged and writes it down once it has
 * ended. Fetches without a `call` (the credential chain's) are not written. */
struct http_client *
recording_recorder_client(struct recording_recorder *recorder);
/* Hears joins and outcomes. */
struct event_sink *recording_recorder_sink(struct recording_recorder *recorder);

/* ---- read.c: a recording as it lies in a file ---- */

struct recording_session {
    struct recording_session_facts facts; /* without key_text */
    bool keyed; /* `key` is known: from the file or from `key_text`; without
                   the latter it may not be, which is no error */
    unsigned char key[RECORDING_KEY_SIZE];
    bool ended; /* it has an end line */
    size_t index;
};

/* One line. Texts live as long as the recording. */
struct recording_entry {
    enum recording_kind kind;
    const struct recording_session *session;
    size_t line; /* from 1 */
    struct str exchange;
    struct str access_key; /* a placeholder */
    struct str service;
    struct str operation;
    struct str region;
    int64_t at_ms;
    int64_t took_ms;
    const struct json *input; /* as recording_input() gave it; may be NULL */
    int status;               /* of the answer; 0: none */
    /* RECORDING_OUTCOME */
    enum outcome outcome;
    uint64_t reads;
    int64_t waited_ms;
    struct str resource;
};

struct recording {
    const struct source *source;
    struct recording_session *sessions;
    size_t session_count;
    struct recording_entry *entries; /* without session and end lines, by the
                                        time at which they happened */
    size_t entry_count;
    struct str
        *placeholders; /* all that occur, for recording_redactor_keep() */
    size_t placeholder_count;
};

struct recording_read_options {
    struct str key_text; /* RECORDING_KEY_VARIABLE's value, or STR_NONE */
    struct str session;  /* only this one, or all of that run; STR_NONE: all */
    bool edited;         /* by hand: checksums and numbers are not looked at */
};
/*
 * NULL when a line cannot be believed: `errors` has all of them, up to a
 * hundred. A last line without its newline, half a line where a run was killed,
 * and a session without an end, are told in `warnings`, which are to be printed
 * before the recording goes. Memory is a small multiple of the file's size. A
 * file over 1 GiB is refused.
 */
struct recording *recording_load(struct str path,
                                 const struct recording_read_options *options,
                                 struct diag *errors, struct diag *warnings);
void recording_free(struct recording *recording);
/* The messages of a call, resend or read-back, whole, in the caller's arena.
 * The call lacks `about` and `title`. */
void recording_get(const struct recording *recording, size_t index,
                   struct arena *arena,
                   struct recording_interaction *ret_interaction,
                   struct aws_call *ret_call);
/* Whether a text begins as a recording does: `settled check` asks. */
bool recording_is(struct str text);

/* ---- shapes.c: what must not be in a recording ---- */

/* Adds a diag item for everything shaped like a key (access key ids, secret
 * keys, session tokens, private keys, well-known tokens), for every secret
 * member that is no placeholder, every header that may not be written, and one
 * for each account id in an ARN; returns how many. */
size_t recording_find_secrets(const struct recording *recording,
                              struct aws_registry *registry, struct diag *diag);

#endif
