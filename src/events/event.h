/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happened, as plain structs.
 *
 * Purpose:   the engine says what happens without knowing who listens; journal,
 *            summary and status line listen without knowing the engine.
 * Ownership: an event is passed by value; its strings are borrowed for the
 *            length of the call.
 * Callbacks: each sink's hear(), in the order of events_add().
 * Never:     carries a secret: what goes in is already free of them.
 */
#ifndef EVENTS_EVENT_H
#define EVENTS_EVENT_H

#include "base/buf.h"
#include "base/str.h"
#include "json/json.h"

#include <stdint.h>

/* name, what it says */
#define EVENT_KINDS(X)                                                         \
    X(RUN_STARTED, "run-started")                                              \
    X(CALL_RECEIVED, "call-received")                                          \
    X(CALL_REFUSED, "call-refused")                                            \
    X(CALL_JOINED, "call-joined")                                              \
    X(CALL_SENT, "call-sent")                                                  \
    X(CALL_RESENT, "call-resent")                                              \
    X(CALL_ANSWERED, "call-answered")                                          \
    X(READ_BACK, "read-back")                                                  \
    X(CONFIRMED, "confirmed")                                                  \
    X(SETTLED, "settle-finished")                                              \
    X(CLIENT_GONE, "client-gone")                                              \
    X(ANSWER_GIVEN, "answer-given")                                            \
    X(CLIENT_READ, "client-read")                                              \
    X(RACE, "race")                                                            \
    X(REGRET, "regret")                                                        \
    X(CHANGED_SINCE, "changed-since")                                          \
    X(NOT_OBSERVED, "not-observed")                                            \
    X(RULES_LOADED, "rules-loaded")                                            \
    X(RULES_REFUSED, "rules-refused")                                          \
    X(CREDENTIALS_LEARNED, "credentials-learned")                              \
    X(CREDENTIALS_FAILED, "credentials-failed")                                \
    X(LAG_STALE_READ, "lag-stale-read")                                        \
    X(LAG_FRESH_READ, "lag-fresh-read")                                        \
    X(LAG_MUTATION, "lag-mutation")                                            \
    X(RUN_FINISHED, "run-finished")

enum event_kind {
#define EVENT_ENUM(name, text) EVENT_##name,
    EVENT_KINDS(EVENT_ENUM)
#undef EVENT_ENUM
        EVENT_KIND_COUNT
};
const char *event_kind_name(enum event_kind kind);

/* Outcomes of a mutation: DESIGN's words. */
enum outcome {
    OUTCOME_NONE,
    OUTCOME_SETTLED,
    OUTCOME_UNSETTLED,
    OUTCOME_FAILED,
    OUTCOME_UNVERIFIABLE,
    OUTCOME_UNKNOWN,
    OUTCOME_COUNT
};
const char *event_outcome_name(enum outcome outcome);

/* A time or a count that may be absent. */
struct event_number {
    bool there;
    int64_t value;
};
static inline struct event_number event_number(int64_t value)
{
    return (struct event_number){true, value};
}

/* What is absent stays zero and is not written. */
struct event {
    enum event_kind kind;
    struct str exchange; /* x-settled-id */
    struct str client;   /* access key id; not secret */
    struct str group;    /* path prefix */
    struct str service;
    struct str operation;
    struct str region;
    struct str resource;
    struct str confirmation; /* its name */
    struct str read;         /* the read-back's operation */
    const char *verdict;     /* "holds", "not-yet", "failure", "retry" ... */
    enum outcome outcome;
    int status;        /* HTTP */
    struct str code;   /* AWS error code */
    struct str detail; /* a sentence: what was seen */
    struct str wanted; /* what the rule wanted to see */
    struct str request_id;
    struct str request; /* the call's input: JSON without secrets */
    struct str value;   /* written or read, as the rules name it (a version);
                           JSON without secrets */
    struct str write;   /* x-settled-id of the write that a read is held
                           against */
    struct event_number waited_ms;  /* since the call, or AWS's answer to it */
    struct event_number took_ms;    /* a call upstream, from sending on */
    struct event_number visible_ms; /* from AWS's answer until the first read
                                       of those that confirmed */
    struct event_number gap_ms;     /* from the write's answer to the read */
    struct event_number needed_ms;  /* what the gap should have been */
    struct event_number until_ms;   /* how long it stays so, from now */
    struct event_number reads;
};

struct event_sink {
    void (*hear)(struct event_sink *self, const struct event *event);
    struct event_sink *next;
};

struct events {
    struct event_sink *first;
};
void events_add(struct events *events, struct event_sink *sink);
void events_say(const struct events *events, const struct event *event);

/* One JSON object without its braces' outside: the fields that are there. */
void event_write(const struct event *event, struct buf *out);
/* One line of a log, without its newline. `tail`: what else stands on it, as
 * `,"name":value` once or more often. */
void event_write_line(const struct event *event, int64_t wall_ms,
                      struct str tail, struct buf *out);

#endif
