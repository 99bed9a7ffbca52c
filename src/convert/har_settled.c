/* SPDX-License-Identifier: Apache-2.0 */
/* What HAR has no room for, in members of our own: the standard lets names
 * begin with an underscore. har_return.c reads them. Start at
 * convert_har_mark(). */
#include "convert/private.h"

#include "base/clock.h"
#include "base/hex.h"

static void set_text(struct arena *arena, struct json *object, const char *name,
                     struct str text)
{
    if (text.len > 0) {
        json_set(arena, object, str_of(name),
                 json_new_string(arena, arena_str(arena, text)));
    }
}

static void set_int(struct arena *arena, struct json *object, const char *name,
                    int64_t number)
{
    json_set(arena, object, str_of(name), json_new_int(arena, number));
}

static void set_bool(struct arena *arena, struct json *object, const char *name,
                     bool value)
{
    json_set(arena, object, str_of(name), json_new_bool(arena, value));
}

/* What all lines have. */
static struct json *mark_of(struct arena *arena,
                            const struct recording *recording, size_t index)
{
    const struct recording_entry *entry = &recording->entries[index];
    struct json *mark = json_new(arena, JSON_OBJECT);
    set_int(arena, mark, "n", (int64_t)index);
    set_text(arena, mark, "kind", str_of(recording_kind_name(entry->kind)));
    set_text(arena, mark, "session", entry->session->facts.id);
    set_text(arena, mark, "exchange", entry->exchange);
    set_int(arena, mark, "at_ms", entry->at_ms);
    set_text(arena, mark, "service", entry->service);
    set_text(arena, mark, "operation", entry->operation);
    set_text(arena, mark, "region", entry->region);
    return mark;
}

const struct json *convert_har_mark(struct arena *arena,
                                    const struct recording *recording,
                                    size_t index,
                                    const struct recording_interaction *what,
                                    const struct aws_call *call)
{
    struct json *mark = mark_of(arena, recording, index);
    set_text(arena, mark, "client", what->access_key);
    set_text(arena, mark, "protocol",
             str_of(aws_protocol_name(call->protocol)));
    set_text(arena, mark, "group", call->prefix);
    if (what->outcome != HTTP_ANSWERED) {
        set_text(arena, mark, "outcome",
                 str_of(http_outcome_name(what->outcome)));
    }
    if (what->request_left_out > 0) {
        set_int(arena, mark, "request_left_out", what->request_left_out);
    }
    if (what->response_left_out > 0) {
        set_int(arena, mark, "response_left_out", what->response_left_out);
    }
    return mark;
}

/* ---- the log ---- */

static void push_line(struct arena *arena, const struct recording *recording,
                      size_t index, struct json *lines)
{
    const struct recording_entry *entry = &recording->entries[index];
    struct json *mark = mark_of(arena, recording, index);
    if (entry->kind == RECORDING_OUTCOME) {
        set_text(arena, mark, "resource", entry->resource);
        set_text(arena, mark, "outcome",
                 str_of(event_outcome_name(entry->outcome)));
        set_int(arena, mark, "reads", (int64_t)entry->reads);
        set_int(arena, mark, "waited_ms", entry->waited_ms);
    }
    json_push(arena, lines, mark);
}

static void set_settings(struct arena *arena, struct json *session,
                         const struct recording_settings *settings)
{
    struct json *object = json_new(arena, JSON_OBJECT);
    set_int(arena, object, "timeout_ms", settings->timeout_ms);
    set_int(arena, object, "max_hold_ms", settings->max_hold_ms);
    set_int(arena, object, "level", settings->level);
    set_int(arena, object, "on_unsettled", settings->on_unsettled);
    set_int(arena, object, "on_failed", settings->on_failed);
    set_int(arena, object, "on_unverifiable", settings->on_unverifiable);
    json_set(arena, session, STR("settings"), object);
}

static struct str hex_of(struct arena *arena, const unsigned char *key)
{
    char *out = arena_alloc(arena, 2 * RECORDING_KEY_SIZE + 1);
    hex_write(key, RECORDING_KEY_SIZE, out);
    return str_make(out, (size_t)2 * RECORDING_KEY_SIZE);
}

/* A key that the user keeps out of files stays out of this one too. */
static void set_redaction(struct convert_job *job, struct arena *arena,
                          const struct recording_session *from,
                          bool key_in_file, struct json *session)
{
    set_bool(arena, session, "redacted", from->facts.redact);
    if (!from->facts.redact || !from->keyed) {
        return;
    }
    if (key_in_file) {
        set_text(arena, session, "key", hex_of(arena, from->key));
        return;
    }
    struct recording_redactor *redactor =
        recording_redactor_new(job->options->registry, from->key);
    set_text(arena, session, "key_check", convert_key_check(redactor, arena));
    recording_redactor_free(redactor);
}

static const struct json *session_of(struct convert_job *job,
                                     struct arena *arena,
                                     const struct recording_session *from,
                                     bool key_in_file)
{
    struct json *session = json_new(arena, JSON_OBJECT);
    set_text(arena, session, "id", from->facts.id);
    set_text(arena, session, "at", clock_iso(arena, from->facts.at_ms));
    set_text(arena, session, "source", str_of(from->facts.source));
    set_redaction(job, arena, from, key_in_file, session);
    if (from->facts.has_settings) {
        set_settings(arena, session, &from->facts.settings);
    }
    return session;
}

const struct json *convert_har_log(struct convert_job *job, struct arena *arena,
                                   const struct recording *recording,
                                   const bool *keys_in_file)
{
    struct json *log = json_new(arena, JSON_OBJECT);
    struct json *sessions = json_new(arena, JSON_ARRAY);
    struct json *lines = json_new(arena, JSON_ARRAY);
    struct json *placeholders = json_new(arena, JSON_ARRAY);
    for (size_t i = 0; i < recording->session_count; i++) {
        json_push(
            arena, sessions,
            session_of(job, arena, &recording->sessions[i], keys_in_file[i]));
    }
    for (size_t i = 0; i < recording->entry_count; i++) {
        enum recording_kind kind = recording->entries[i].kind;
        if (kind == RECORDING_OUTCOME || kind == RECORDING_JOINED) {
            push_line(arena, recording, i, lines);
        }
    }
    for (size_t i = 0; i < recording->placeholder_count; i++) {
        json_push(arena, placeholders,
                  json_new_string(arena, recording->placeholders[i]));
    }
    set_int(arena, log, "version", RECORDING_VERSION);
    json_set(arena, log, STR("sessions"), sessions);
    json_set(arena, log, STR("lines"), lines);
    json_set(arena, log, STR("placeholders"), placeholders);
    return log;
}
