/* SPDX-License-Identifier: Apache-2.0 */
/* A HAR that settled wrote becomes the recording that it was: har_settled.c
 * tells what members of our own it has. None of them is believed unseen. Start
 * at convert_har_open(). */
#include "convert/private.h"

#include "base/hex.h"

static void wrong_member(const struct convert_view *view, const char *name,
                         const char *wanted)
{
    const struct json *value = json_get(view->object, str_of(name));
    convert_wrong(view->job,
                  convert_first_byte(value != NULL ? value : view->object),
                  "%.*s.%s must be %s", STR_ARG(view->name), name, wanted);
}

/* ---- sessions ---- */

static void read_key(const struct convert_view *view,
                     struct convert_session *session)
{
    struct convert_job *job = view->job;
    struct recording_session_facts *facts = &session->facts;
    struct str hex = convert_view_text(view, "key", false);
    bool redacted = json_is(json_get(view->object, STR("redacted")), JSON_TRUE);
    facts->redact = redacted || job->options->redact;
    facts->key_text = job->options->key_text;
    if (!redacted) {
        return;
    }
    if (hex.len > 0) {
        unsigned char *key = arena_alloc(job->arena, RECORDING_KEY_SIZE);
        if (!hex_read(hex, key, RECORDING_KEY_SIZE)) {
            wrong_member(view, "key", "a key of 32 hexadecimal digits");
        }
        facts->key = key;
        facts->key_text = STR_NONE;
        return;
    }
    session->check = convert_view_text(view, "key_check", true);
    if (facts->key_text.len == 0) {
        convert_wrong(job, convert_first_byte(view->object),
                      "%.*s was recorded with a key that is not in this file: "
                      "set " RECORDING_KEY_VARIABLE,
                      STR_ARG(view->name));
    }
}

static void read_settings(const struct convert_view *view,
                          struct recording_session_facts *facts)
{
    int64_t values[6] = {0};
    static const struct {
        const char *name;
        int64_t most;
    } rows[] = {
        {"timeout_ms", INT64_MAX / 2},
        {"max_hold_ms", INT64_MAX / 2},
        {"level", 3},
        {"on_unsettled", 1},
        {"on_failed", 1},
        {"on_unverifiable", 1},
    };
    struct convert_view settings = convert_view_object(view, "settings", false);
    facts->has_settings = settings.object != NULL;
    for (size_t i = 0; facts->has_settings && i < 6; i++) {
        (void)convert_view_int(&settings, rows[i].name, 0, rows[i].most, true,
                               &values[i]);
    }
    facts->settings = (struct recording_settings){
        .timeout_ms = values[0],
        .max_hold_ms = values[1],
        .level = (int)values[2],
        .on_unsettled = (int)values[3],
        .on_failed = (int)values[4],
        .on_unverifiable = (int)values[5],
    };
}

static bool find_session(const struct convert_job *job, size_t count,
                         struct str id, size_t *ret_index)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(job->sessions[i].facts.id, id)) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

static void read_session(const struct convert_view *view, size_t index)
{
    struct convert_job *job = view->job;
    struct convert_session *session = &job->sessions[index];
    struct recording_session_facts *facts = &session->facts;
    struct str at = convert_view_text(view, "at", true);
    struct str source = convert_view_text(view, "source", false);
    size_t unused = 0;
    facts->id = convert_view_text(view, "id", true);
    facts->whole_id = true;
    facts->source =
        source.len > 0 ? arena_str(job->arena, source).ptr : "settled";
    if (at.ptr != NULL && !convert_date(job->arena, at, &facts->at_ms)) {
        wrong_member(view, "at", "a date");
    }
    if (find_session(job, index, facts->id, &unused)) {
        wrong_member(view, "id", "no session's that stands before it");
    }
    read_key(view, session);
    read_settings(view, facts);
}

static void read_placeholders(const struct convert_view *view)
{
    struct convert_job *job = view->job;
    const struct json *list = convert_view_array(view, "placeholders", false);
    size_t count = list != NULL ? list->count : 0;
    struct str *texts = ARENA_ARRAY(job->arena, struct str, count + 1);
    for (size_t i = 0; i < count; i++) {
        texts[i] = json_text(list->members[i].value);
        if (texts[i].len == 0) {
            wrong_member(view, "placeholders", "a list of texts");
            return;
        }
    }
    job->placeholders = texts;
    job->placeholder_count = count;
}

bool convert_har_open(struct convert_job *job, const struct json *log)
{
    struct convert_view view =
        convert_view(job, json_get(log, STR("_settled")), "log._settled");
    if (!json_is(view.object, JSON_OBJECT)) {
        return false;
    }
    const struct json *list = convert_view_array(&view, "sessions", true);
    size_t count = list != NULL ? list->count : 0;
    job->sessions = ARENA_ARRAY(job->arena, struct convert_session, count + 1);
    for (size_t i = 0; i < count && !convert_is_enough(job); i++) {
        const struct json *value = list->members[i].value;
        struct convert_view session =
            convert_view(job, value, "log._settled.sessions[%zu]", i);
        if (value->type != JSON_OBJECT) {
            convert_wrong(job, convert_first_byte(value),
                          "%.*s must be an object", STR_ARG(session.name));
        } else {
            read_session(&session, i);
        }
    }
    job->session_count = count;
    read_placeholders(&view);
    return true;
}

/* ---- lines ---- */

/* The kind by its name; COUNT and a complaint where it is none of these. */
static enum recording_kind read_kind(const struct convert_view *mark,
                                     bool exchange)
{
    struct str name = convert_view_text(mark, "kind", true);
    for (int i = 0; i < RECORDING_KIND_COUNT; i++) {
        enum recording_kind kind = (enum recording_kind)i;
        bool sent = kind == RECORDING_CALL || kind == RECORDING_RESEND ||
                    kind == RECORDING_READ_BACK;
        bool told = kind == RECORDING_JOINED || kind == RECORDING_OUTCOME;
        if ((exchange ? sent : told) &&
            str_eq(name, str_of(recording_kind_name(kind)))) {
            return kind;
        }
    }
    if (name.ptr != NULL) {
        wrong_member(mark, "kind",
                     exchange ? "\"call\", \"resend\" or \"read-back\""
                              : "\"joined\" or \"outcome\"");
    }
    return RECORDING_KIND_COUNT;
}

/* What all lines have. */
static void read_mark(const struct convert_view *mark, bool exchange,
                      struct convert_item *item)
{
    struct convert_job *job = mark->job;
    struct str session = convert_view_text(mark, "session", true);
    item->kind = read_kind(mark, exchange);
    (void)convert_view_int(mark, "n", 0, INT64_MAX / 2, true, &item->n);
    (void)convert_view_int(mark, "at_ms", 0, INT64_MAX / 2, true, &item->at_ms);
    item->what.exchange = convert_view_text(mark, "exchange", true);
    if (session.ptr != NULL &&
        !find_session(job, job->session_count, session, &item->session)) {
        wrong_member(mark, "session", "one of log._settled.sessions");
    }
}

static void read_outcome(const struct convert_view *mark,
                         struct convert_item *item)
{
    struct str name = convert_view_text(mark, "outcome", false);
    if (name.len == 0) {
        return;
    }
    for (int i = 0; i < HTTP_OUTCOME_COUNT; i++) {
        if (i != HTTP_PENDING && i != HTTP_ANSWERED &&
            str_eq(name, str_of(http_outcome_name((enum http_outcome)i)))) {
            item->what.outcome = (enum http_outcome)i;
            return;
        }
    }
    wrong_member(mark, "outcome", "the outcome of a call without answer");
}

static void read_protocol(const struct convert_view *mark,
                          struct aws_call *call)
{
    struct str name = convert_view_text(mark, "protocol", true);
    for (int i = 0; i < AWS_PROTOCOL_COUNT; i++) {
        if (str_eq(name, str_of(aws_protocol_name((enum aws_protocol)i)))) {
            call->protocol = (enum aws_protocol)i;
            return;
        }
    }
    if (name.ptr != NULL) {
        wrong_member(mark, "protocol", "a protocol of AWS");
    }
}

/* The request tells the input; all else was known when it was recorded. */
static void read_call(const struct convert_view *mark,
                      struct convert_item *item)
{
    struct convert_job *job = mark->job;
    struct str service = convert_view_text(mark, "service", false);
    struct str region = convert_view_text(mark, "region", false);
    const struct aws_service *about =
        aws_service_find(job->options->registry, service);
    struct aws_call *call = &item->call;
    aws_identify(job->options->registry, job->arena, &item->what.request,
                 about != NULL ? about->signing_name : STR_NONE, region,
                 item->what.request.body, call);
    call->about = about;
    call->service = service;
    call->region = region;
    call->operation = convert_view_text(mark, "operation", false);
    call->prefix = convert_view_text(mark, "group", false);
    read_protocol(mark, call);
}

static void read_left_out(const struct convert_view *mark,
                          struct recording_interaction *what)
{
    (void)convert_view_int(mark, "request_left_out", 0, INT64_MAX / 2, false,
                           &what->request_left_out);
    (void)convert_view_int(mark, "response_left_out", 0, INT64_MAX / 2, false,
                           &what->response_left_out);
}

void convert_har_take(const struct convert_view *entry,
                      struct convert_draft *draft)
{
    struct convert_job *job = entry->job;
    if (job->sessions == NULL) {
        convert_take(job, draft);
        return;
    }
    struct convert_view mark = convert_view_object(entry, "_settled", true);
    if (mark.object == NULL) {
        return;
    }
    struct convert_item *item = convert_push(job);
    item->what = draft->what;
    item->what.request.target = draft->url.target;
    read_mark(&mark, true, item);
    item->what.access_key = convert_view_text(&mark, "client", false);
    read_outcome(&mark, item);
    read_left_out(&mark, &item->what);
    read_call(&mark, item);
    job->counts->taken++;
}

/* ---- what is no exchange ---- */

static void read_event(const struct convert_view *mark, struct event *event)
{
    struct str name = convert_view_text(mark, "outcome", true);
    int64_t reads = 0;
    int64_t waited_ms = 0;
    event->outcome = OUTCOME_COUNT;
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        if (i != OUTCOME_NONE &&
            str_eq(name, str_of(event_outcome_name((enum outcome)i)))) {
            event->outcome = (enum outcome)i;
        }
    }
    if (name.ptr != NULL && event->outcome == OUTCOME_COUNT) {
        wrong_member(mark, "outcome", "the outcome of a change");
    }
    (void)convert_view_int(mark, "reads", 0, INT64_MAX / 2, false, &reads);
    (void)convert_view_int(mark, "waited_ms", 0, INT64_MAX / 2, false,
                           &waited_ms);
    event->kind = EVENT_SETTLED;
    event->reads = event_number(reads);
    event->waited_ms = event_number(waited_ms);
    event->service = convert_view_text(mark, "service", false);
    event->operation = convert_view_text(mark, "operation", false);
    event->region = convert_view_text(mark, "region", false);
    event->resource = convert_view_text(mark, "resource", false);
}

static void read_line(const struct convert_view *mark,
                      struct convert_item *item)
{
    read_mark(mark, false, item);
    item->event.exchange = item->what.exchange;
    if (item->kind == RECORDING_OUTCOME) {
        read_event(mark, &item->event);
    }
}

/* Both lists are in order; whoever changed that gets what he wrote. */
static void merge(struct convert_job *job, const struct convert_item *lines,
                  size_t line_count)
{
    struct buf merged = {0};
    size_t count = 0;
    size_t line = 0;
    const struct convert_item *items = convert_items(job, &count);
    for (size_t i = 0; i < count || line < line_count;) {
        bool take_line =
            line < line_count && (i == count || lines[line].n < items[i].n);
        const struct convert_item *next = take_line ? &lines[line] : &items[i];
        buf_add(&merged, str_make((const char *)next, sizeof(*next)));
        line += take_line;
        i += !take_line;
    }
    buf_free(&job->items);
    job->items = merged;
}

bool convert_har_close(struct convert_job *job, const struct json *log)
{
    struct convert_view view =
        convert_view(job, json_get(log, STR("_settled")), "log._settled");
    const struct json *list = convert_view_array(&view, "lines", false);
    size_t count = list != NULL ? list->count : 0;
    struct convert_item *lines =
        ARENA_ARRAY(job->arena, struct convert_item, count + 1);
    for (size_t i = 0; i < count && !convert_is_enough(job); i++) {
        const struct json *value = list->members[i].value;
        struct convert_view mark =
            convert_view(job, value, "log._settled.lines[%zu]", i);
        if (value->type != JSON_OBJECT) {
            convert_wrong(job, convert_first_byte(value),
                          "%.*s must be an object", STR_ARG(mark.name));
        } else {
            read_line(&mark, &lines[i]);
        }
    }
    merge(job, lines, count);
    return job->errors->count == 0;
}
