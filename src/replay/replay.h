/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recording in place of AWS.
 *
 * Purpose:   an http_client that answers from a recording, the clock by which
 *            the engine lives meanwhile, and the verdict on the run.
 * Ownership: replay_open()/replay_close(); fetches must have been cancelled.
 * Callbacks: those of http/client.h, through the fetch's timers.
 * Errors:    a call that nobody recorded ends as HTTP_UNRECORDED, with the
 *            nearest recorded one and the members that differ in `error`.
 * Never:     a socket, a credential; an answer that was not recorded.
 *
 * A call is matched by service, operation and input (recording_input(), then
 * redacted with the recording's key), repeats in recorded order. Read-backs are
 * matched within the change that they belong to: the n-th one that asks the
 * same gets the n-th recorded answer, at the recorded distance from the change;
 * after the last the last is repeated. Where a recording holds none of the
 * change's own (it was converted), the client's next reads of the same are
 * looked at, up to the next change of the same resource, without using them up;
 * where there are none either, or the last has been repeated for long,
 * HTTP_UNRECORDED.
 *
 * An answer is in the words of this run: recorded texts that variables bind
 * become the live ones, and so do placeholders of secrets once the client has
 * sent what they stand for, for clients and rules compare what they read with
 * what they wrote. Account ids that a call names in its own way come back in
 * that way to it and to its read-backs.
 */
#ifndef REPLAY_REPLAY_H
#define REPLAY_REPLAY_H

#include "aws/aws.h"
#include "base/diag.h"
#include "events/event.h"
#include "http/client.h"
#include "recording/recording.h"

struct replay;

struct replay_config {
    struct aws_registry *registry;
    struct str path;
    struct recording_read_options read;
    /* POSIX extended regular expressions. What the group in brackets (or all)
     * matches is made fresh by each run: the first time that a live text and a
     * recorded one differ only there, the two are bound to each other for the
     * rest of the run, both ways. */
    const struct str *variables;
    size_t variable_count;
    /* Members that are not compared: "Value", "ssm:PutParameter:Value",
     * "ssm:*:Tags[].Value" */
    const struct str *ignored;
    size_t ignored_count;
    bool real_time;     /* answers take as long as they did */
    bool allow_unused;  /* what is left over does not fail the run */
    bool allow_repeats; /* a read asked more often than it was recorded gets its
                           last answer again */
    bool exact;         /* other read-backs than were recorded fail it */
    int64_t (*now_ms)(void *); /* for real_time */
};
/* NULL with all that is wrong in `errors`. */
struct replay *replay_open(const struct replay_config *config,
                           struct diag *errors, struct diag *warnings);
void replay_close(struct replay *replay);

struct http_client *replay_client(struct replay *replay);
/* Hears what became of changes, to compare it with what was recorded. */
struct event_sink *replay_sink(struct replay *replay);
/* Of the first recorded call; STR_NONE: there is none. */
struct str replay_region(const struct replay *replay);
/* Those under which the first session was recorded; false: it tells none. */
bool replay_settings(const struct replay *replay,
                     struct recording_settings *ret_settings);

/* ---- clock.c: time is virtual ---- */

/* What the engine's timers are; they do not run by themselves. */
struct timers *replay_timers(struct replay *replay);
/*
 * One turn: runs what is due; when nothing is, the clock jumps to the next
 * timer and that is run. Returns how long the caller may sleep before the next
 * turn: 0 when there is more to do, -1 when nothing is waiting. With real_time
 * nothing jumps.
 */
int64_t replay_turn(struct replay *replay);

/* ---- verdict.c ---- */

/* Whether the run did what was recorded. To be asked once it is over. */
bool replay_is_good(const struct replay *replay);
/* For people: what was answered, each miss with its diff, what was left over,
 * and where outcomes or read-backs differ from those recorded. */
void replay_write_verdict(const struct replay *replay, struct buf *out);

#endif
