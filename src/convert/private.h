/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this room share.
 *
 * Purpose:   one job, a file on its way to becoming another: readers (vcr.c,
 *            har_read.c, recording_read.c) fill a tape, convert.c writes it.
 * Ownership: all that a job holds lives in its arena, but for the recording
 *            and the items, which convert.c gives back.
 * Errors:    convert_wrong(), at most CONVERT_ERRORS_MAX of them.
 */
#ifndef CONVERT_PRIVATE_H
#define CONVERT_PRIVATE_H

#include "convert/convert.h"

enum {
    CONVERT_ERRORS_MAX = 20,
    CONVERT_FILE_MAX = 1 << 30,
    CONVERT_BODY_MAX = 64 << 20, /* of a body that is unpacked */
};

/* One line to be written. */
struct convert_item {
    enum recording_kind kind;
    size_t session;
    int64_t n; /* where lines of two lists are merged: the place in both */
    /* Of IN that is a recording only its place there: texts come later. */
    size_t index;
    struct recording_interaction what; /* a call, resend or read-back */
    struct aws_call call;
    bool timed; /* at_ms is known; until convert_close() it is since 1970 */
    int64_t at_ms;
    struct event event; /* RECORDING_OUTCOME, RECORDING_JOINED */
};

struct convert_session {
    struct recording_session_facts facts;
    struct str check; /* what convert_key_check() gave; STR_NONE: not known */
};

struct convert_job {
    const struct convert_options *options;
    struct arena *arena;
    const struct source *source; /* IN */
    struct convert_counts *counts;
    struct diag *errors;
    struct diag *warnings;
    size_t unheard; /* warnings that were too many */

    struct convert_session *sessions;
    size_t session_count;
    struct buf items;            /* struct convert_item[] */
    struct recording *recording; /* IN, where it is one */
    const struct str *placeholders;
    size_t placeholder_count;
};

/* The same for the same key, and tells nothing of it. */
struct str convert_key_check(struct recording_redactor *redactor,
                             struct arena *arena);

struct convert_item *convert_items(const struct convert_job *job,
                                   size_t *ret_count);

/* ---- check.c: what is wrong, and where ---- */

/* The object that is looked into, by its place: "interactions[2]". */
struct convert_view {
    struct convert_job *job;
    struct str name;
    const struct json *object;
};

void convert_wrong(struct convert_job *job, struct span span,
                   const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void convert_warn(struct convert_job *job, struct span span, const char *format,
                  ...) __attribute__((format(printf, 3, 4)));
bool convert_is_enough(const struct convert_job *job);
/* Where a value begins: of values that may be secrets no more is shown. */
struct span convert_first_byte(const struct json *value);
/* Once all is said: the lines that are shown with errors lose their values,
 * which may be secrets. */
void convert_veil(struct convert_job *job);

/* `name` is a printf pattern. */
struct convert_view convert_view(struct convert_job *job,
                                 const struct json *object, const char *format,
                                 ...) __attribute__((format(printf, 3, 4)));
/* The member `name` of the view as a view; its object is NULL where it is
 * absent or null. Complains when it is anything else than an object; when it is
 * absent too, if `required`. */
struct convert_view convert_view_object(const struct convert_view *view,
                                        const char *name, bool required);
/* NULL when there is none; complains as above. */
const struct json *convert_view_array(const struct convert_view *view,
                                      const char *name, bool required);
struct str convert_view_text(const struct convert_view *view, const char *name,
                             bool required);
bool convert_view_int(const struct convert_view *view, const char *name,
                      int64_t least, int64_t most, bool required,
                      int64_t *ret_value);
/* Texts and numbers as text; anything else is complained of. */
bool convert_scalar(struct convert_job *job, const struct json *value,
                    struct str *ret_text);

/* ---- whose.c: whose call a request is ---- */

struct convert_url {
    struct str host; /* lower case, without port */
    struct str target;
};
/* More patient than http_url_parse(): other people's requests stand beside
 * ours. False when it is not absolute. */
bool convert_url_split(struct arena *arena, struct str text,
                       struct convert_url *ret_url);

enum convert_whose {
    CONVERT_AWS,
    CONVERT_CHAIN, /* hands out credentials */
    CONVERT_OTHER,
};
/* Fills the call; a bucket in the host goes into the path. */
enum convert_whose convert_whose(struct aws_registry *registry,
                                 struct arena *arena, struct str host,
                                 struct http_request *request,
                                 struct str *ret_access_key,
                                 struct aws_call *ret_call);

/* ---- message.c: messages as other tools keep them ---- */

/* Base64 with blanks in it. */
bool convert_unbase64(struct arena *arena, struct str text,
                      struct str *ret_bytes);
/* Bodies without gzip and chunks, headers that say so. False when the gzip is
 * damaged. `length_is_data`: of an answer to HEAD. */
bool convert_unpack(struct arena *arena, struct http_headers *headers,
                    struct str *body, bool length_is_data);

/* ---- take.c: an exchange that was read becomes an item ---- */

struct convert_draft {
    struct str place; /* "interactions[2]" */
    struct span span;
    struct convert_url url;
    struct recording_interaction what; /* target, call and at_ms come later */
    bool timed;                        /* started_ms is set */
    int64_t started_ms;
};
/* Ours or left out; times, ids and session are given by convert_close(). */
void convert_take(struct convert_job *job, struct convert_draft *draft);
/* One session of all that was taken, with a name made of IN's bytes. `ordered`:
 * what comes later in the file happened later. */
void convert_close(struct convert_job *job, const char *source, bool ordered);
struct convert_item *convert_push(struct convert_job *job);

/* ---- date.c ---- */

/* "2015-08-30T14:36:00.123+02:00" too, as browsers write it. */
bool convert_date(struct arena *arena, struct str text, int64_t *ret_ms);
/* When an answer was given, by its Date, else by the request's X-Amz-Date. */
bool convert_date_of(struct arena *arena, const struct http_request *request,
                     const struct http_response *response, int64_t *ret_ms);
/* The earliest date that a body tells of. */
bool convert_date_in(struct arena *arena, struct str body, int64_t *ret_ms);

/* ---- the readers; false when something was wrong ---- */

bool convert_read_vcr(struct convert_job *job, const struct json *root);
bool convert_read_har(struct convert_job *job, const struct json *root);
bool convert_read_recording(struct convert_job *job, struct str path);

/* ---- har_write.c ---- */

/* The recording at `path`, as HAR. */
bool convert_write_har(struct convert_job *job, struct str path,
                       struct buf *out);

/* ---- har_settled.c: what HAR has no room for, in members of our own ---- */

/* `_settled` of an entry and of the log. `keys_in_file`: by session. */
const struct json *convert_har_mark(struct arena *arena,
                                    const struct recording *recording,
                                    size_t index,
                                    const struct recording_interaction *what,
                                    const struct aws_call *call);
const struct json *convert_har_log(struct convert_job *job, struct arena *arena,
                                   const struct recording *recording,
                                   const bool *keys_in_file);

/* ---- har_return.c: and back again ---- */

/* Whether the HAR is one of ours; then its sessions are known. */
bool convert_har_open(struct convert_job *job, const struct json *log);
/* An entry, with what its `_settled` says. */
void convert_har_take(const struct convert_view *entry,
                      struct convert_draft *draft);
/* The lines that are no exchange, between the others. */
bool convert_har_close(struct convert_job *job, const struct json *log);

#endif
