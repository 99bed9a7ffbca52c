/* SPDX-License-Identifier: Apache-2.0 */
/* A recording on its way to becoming another: the same lines, written anew with
 * the same key. Start at convert_read_recording(). */
#include "convert/private.h"

/* Told by what can be read without the user's key. */
static void take_facts(const struct convert_job *job,
                       const struct recording_session *from,
                       struct recording_session_facts *facts)
{
    *facts = from->facts;
    /* Redacted once is redacted for ever. */
    facts->redact = from->facts.redact || job->options->redact;
    facts->key_text = from->keyed ? STR_NONE : job->options->key_text;
    facts->key = from->keyed ? from->key : NULL;
    facts->whole_id = true;
}

static bool take_sessions(struct convert_job *job, bool *ret_locked)
{
    const struct recording *recording = job->recording;
    *ret_locked = false;
    job->session_count = recording->session_count;
    job->sessions = ARENA_ARRAY(job->arena, struct convert_session,
                                recording->session_count);
    for (size_t i = 0; i < recording->session_count; i++) {
        const struct recording_session *from = &recording->sessions[i];
        take_facts(job, from, &job->sessions[i].facts);
        *ret_locked = *ret_locked || (from->facts.redact && !from->keyed);
    }
    if (*ret_locked && job->options->key_text.len == 0) {
        diag_add(job->errors, NULL, (struct span){0, 0},
                 "%.*s was recorded with a key that it does not hold: "
                 "set " RECORDING_KEY_VARIABLE,
                 STR_ARG(job->source->name));
        return false;
    }
    return true;
}

static void take_outcome(const struct recording_entry *entry,
                         struct event *event)
{
    *event = (struct event){
        .kind = EVENT_SETTLED,
        .exchange = entry->exchange,
        .service = entry->service,
        .operation = entry->operation,
        .region = entry->region,
        .resource = entry->resource,
        .outcome = entry->outcome,
        .reads = event_number((int64_t)entry->reads),
        .waited_ms = event_number(entry->waited_ms),
    };
}

static void take_entries(struct convert_job *job)
{
    for (size_t i = 0; i < job->recording->entry_count; i++) {
        const struct recording_entry *entry = &job->recording->entries[i];
        struct convert_item *item = convert_push(job);
        item->kind = entry->kind;
        item->session = entry->session->index;
        item->index = i;
        item->at_ms = entry->at_ms;
        take_outcome(entry, &item->event);
        job->counts->taken +=
            entry->kind != RECORDING_OUTCOME && entry->kind != RECORDING_JOINED;
    }
}

/* Reading it once more with the key says whether it is the right one. */
static bool check_key(struct convert_job *job, struct str path)
{
    const struct recording_read_options options = {
        .key_text = job->options->key_text, .edited = job->options->edited};
    struct diag unheard;
    diag_init(&unheard, job->arena);
    struct recording *again =
        recording_load(path, &options, job->errors, &unheard);
    bool good = again != NULL;
    recording_free(again);
    return good;
}

/* The recording goes before the warnings are printed; IN is the same text. */
static void move_warnings(struct convert_job *job)
{
    struct diag_item *item = job->warnings->first;
    for (; item != NULL; item = item->next) {
        if (item->source == job->recording->source) {
            item->source = job->source;
        }
    }
}

bool convert_read_recording(struct convert_job *job, struct str path)
{
    const struct recording_read_options options = {.edited =
                                                       job->options->edited};
    bool locked = false;
    job->recording = recording_load(path, &options, job->errors, job->warnings);
    if (job->recording == NULL) {
        return false;
    }
    move_warnings(job);
    if (!take_sessions(job, &locked)) {
        return false;
    }
    if (locked && !check_key(job, path)) {
        return false;
    }
    job->placeholders = job->recording->placeholders;
    job->placeholder_count = job->recording->placeholder_count;
    take_entries(job);
    return true;
}
