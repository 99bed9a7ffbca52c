/* SPDX-License-Identifier: Apache-2.0 */
/* An exchange that was read becomes an item, or is left out; and a file of them
 * becomes a session. Start at convert_take(). */
#include "convert/private.h"

#include <inttypes.h>

struct convert_item *convert_items(const struct convert_job *job,
                                   size_t *ret_count)
{
    *ret_count = job->items.len / sizeof(struct convert_item);
    return (struct convert_item *)(void *)job->items.bytes;
}

struct convert_item *convert_push(struct convert_job *job)
{
    const struct convert_item empty = {.kind = RECORDING_CALL};
    size_t count = 0;
    buf_add(&job->items, str_make((const char *)&empty, sizeof(empty)));
    struct convert_item *items = convert_items(job, &count);
    return &items[count - 1];
}

/* A host from a file goes to a terminal. */
static struct str tame(struct arena *arena, struct str host)
{
    struct str name = arena_str(arena, str_first(host, 64));
    char *bytes = arena_alloc(arena, name.len + 1);
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bytes[i] = c > ' ' && c < 0x7F ? c : '?';
    }
    return str_make(bytes, name.len);
}

static void leave_out(struct convert_job *job,
                      const struct convert_draft *draft, const char *why)
{
    struct str host = tame(job->arena, draft->url.host);
    job->counts->left_out++;
    convert_warn(job, draft->span, "%.*s is left out: %.*s %s",
                 STR_ARG(draft->place), STR_ARG(host), why);
}

void convert_take(struct convert_job *job, struct convert_draft *draft)
{
    static const char *const reasons[] = {
        [CONVERT_CHAIN] = "hands out credentials",
        [CONVERT_OTHER] = "is no host of AWS, and nothing else in the request "
                          "says that it is a call",
    };
    struct aws_call call;
    draft->what.request.target = draft->url.target;
    enum convert_whose whose =
        convert_whose(job->options->registry, job->arena, draft->url.host,
                      &draft->what.request, &draft->what.access_key, &call);
    if (whose != CONVERT_AWS) {
        leave_out(job, draft, reasons[whose]);
        return;
    }
    struct convert_item *item = convert_push(job);
    item->kind = RECORDING_CALL;
    item->what = draft->what;
    item->what.kind = RECORDING_CALL;
    item->call = call;
    item->timed = draft->timed;
    item->at_ms = draft->started_ms;
    job->counts->taken++;
}

/* ---- the session ---- */

/* Of a cassette the first that is told, of a HAR the earliest. */
static bool find_start(const struct convert_job *job, bool ordered,
                       int64_t *ret_ms)
{
    size_t count = 0;
    const struct convert_item *items = convert_items(job, &count);
    bool found = false;
    for (size_t i = 0; i < count && !(found && ordered); i++) {
        if (items[i].timed && (!found || items[i].at_ms < *ret_ms)) {
            found = true;
            *ret_ms = items[i].at_ms;
        }
    }
    return found;
}

/* Answers may tell dates though their heads do not: then the session must not
 * lie before all of them, for rules compare dates with now. */
static int64_t start_by_answers(const struct convert_job *job)
{
    size_t count = 0;
    const struct convert_item *items = convert_items(job, &count);
    struct arena *scratch = arena_new();
    bool found = false;
    int64_t start_ms = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t ms = 0;
        struct arena_mark mark = arena_mark(scratch);
        if (convert_date_in(scratch, items[i].what.response.body, &ms) &&
            (!found || ms < start_ms)) {
            found = true;
            start_ms = ms;
        }
        arena_reset(scratch, mark);
    }
    arena_free(scratch);
    return start_ms;
}

static void set_times(struct convert_job *job, bool ordered, int64_t start_ms)
{
    size_t count = 0;
    struct convert_item *items = convert_items(job, &count);
    int64_t last_ms = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t at_ms = items[i].timed ? items[i].at_ms - start_ms : last_ms;
        if (ordered && at_ms < last_ms) {
            at_ms = last_ms;
        }
        items[i].at_ms = at_ms;
        last_ms = at_ms;
    }
}

void convert_close(struct convert_job *job, const char *source, bool ordered)
{
    size_t count = 0;
    struct convert_item *items = convert_items(job, &count);
    struct convert_session *session =
        ARENA_NEW(job->arena, struct convert_session);
    int64_t start_ms = 0;
    bool told = find_start(job, ordered, &start_ms);
    set_times(job, ordered, start_ms);
    session->facts = (struct recording_session_facts){
        .id = arena_printf(job->arena, "%016" PRIx64,
                           str_hash(job->source->text)),
        .at_ms = told ? start_ms : start_by_answers(job),
        .source = source,
        .redact = job->options->redact,
        .key_text = job->options->key_text,
        .whole_id = true,
    };
    for (size_t i = 0; i < count; i++) {
        items[i].what.exchange = arena_printf(
            job->arena, "%.*s-%zu", STR_ARG(session->facts.id), i + 1);
    }
    job->sessions = session;
    job->session_count = 1;
}
