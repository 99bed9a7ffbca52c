/* SPDX-License-Identifier: Apache-2.0 */
/* What each event adds to the tables. Here because events of one call are
 * spread over a log. Start at report_hear_event(). */
#include "report/private.h"

typedef void hear_fn(struct report *report, const struct line *line,
                     uint32_t run);

/* ---- words of a line ---- */

word report_line_word(struct report *r, const struct line *line,
                      enum line_field field)
{
    return report_words_add(&r->words, report_line_field_text(line, field));
}

word report_line_json_word(struct report *r, const struct line *line,
                           enum line_field field)
{
    return report_words_add(&r->words,
                            report_line_field_json(r->scratch, line, field));
}

static int64_t number_or(const struct line *line, enum line_field field,
                         int64_t absent)
{
    int64_t number = report_line_field_number(line, field);
    return number == REPORT_NOT_SAID ? absent : number;
}

static int16_t status_of(const struct line *line)
{
    int64_t status = number_or(line, LINE_status, 0);
    return status >= 0 && status <= INT16_MAX ? (int16_t)status : 0;
}

static enum outcome outcome_of(const struct line *line)
{
    struct str name = report_line_field_text(line, LINE_outcome);
    for (int i = OUTCOME_SETTLED; i < OUTCOME_COUNT; i++) {
        if (str_eq(name, str_of(event_outcome_name((enum outcome)i)))) {
            return (enum outcome)i;
        }
    }
    return OUTCOME_NONE;
}

/* ---- calls ---- */

static uint64_t call_key(uint32_t run, word id)
{
    return (uint64_t)run << 32 | id;
}

uint32_t report_call(const struct report *r, uint32_t run, word id)
{
    return id == 0 ? 0 : report_index_get(&r->call_of, call_key(run, id));
}

static void keep_first(word *into, word text)
{
    *into = *into == 0 ? text : *into;
}

/* The call that a line speaks of; NULL when it names none. */
static struct call *call_of(struct report *r, const struct line *line,
                            uint32_t run)
{
    word id = report_line_word(r, line, LINE_id);
    if (id == 0) {
        return NULL;
    }
    uint32_t *at = report_index_at(&r->call_of, call_key(run, id));
    if (*at == 0) {
        struct call *fresh = report_rows_add(&r->all_calls, sizeof(*fresh));
        *at = COUNT(r->all_calls, struct call);
        fresh->run = run;
        fresh->id = id;
        fresh->received = fresh->sent = fresh->answered = REPORT_NOT_SAID;
        fresh->finished = fresh->given = REPORT_NOT_SAID;
        fresh->visible = fresh->waited = REPORT_NOT_SAID;
    }
    struct call *call = &ROWS(r->all_calls, struct call)[*at - 1];
    keep_first(&call->client, report_line_word(r, line, LINE_client));
    keep_first(&call->group, report_line_word(r, line, LINE_group));
    keep_first(&call->service, report_line_word(r, line, LINE_service));
    keep_first(&call->operation, report_line_word(r, line, LINE_operation));
    keep_first(&call->region, report_line_word(r, line, LINE_region));
    /* What was changed may turn out to be less than what was asked for. */
    word resource = report_line_word(r, line, LINE_resource);
    call->resource = resource != 0 ? resource : call->resource;
    keep_first(&call->request_id, report_line_word(r, line, LINE_request_id));
    return call;
}

static void hear_received(struct report *r, const struct line *line,
                          uint32_t run)
{
    /* A page of a hundred thousand requests is read by nobody. */
    enum { REQUEST_MAX = 8 * 1024 };
    struct call *call = call_of(r, line, run);
    r->calls++;
    if (call != NULL) {
        struct str request =
            report_line_field_json(r->scratch, line, LINE_request);
        call->received = line->at;
        call->request = request.len <= REQUEST_MAX
                            ? report_words_add(&r->words, request)
                            : 0;
    }
}

static void hear_sent(struct report *r, const struct line *line, uint32_t run)
{
    struct call *call = call_of(r, line, run);
    if (call != NULL && call->sent == REPORT_NOT_SAID) {
        call->sent = line->at;
    }
}

static void hear_resent(struct report *r, const struct line *line, uint32_t run)
{
    struct call *call = call_of(r, line, run);
    r->resent++;
    if (call != NULL) {
        call->resent++;
    }
}

static void hear_joined(struct report *r, const struct line *line, uint32_t run)
{
    struct call *call = call_of(r, line, run);
    r->joined++;
    if (call != NULL) {
        call->joined++;
    }
}

static void hear_answered(struct report *r, const struct line *line,
                          uint32_t run)
{
    struct call *call = call_of(r, line, run);
    if (call != NULL) {
        call->answered = line->at;
        call->status = status_of(line);
        call->value = report_line_json_word(r, line, LINE_value);
    }
}

static void hear_given(struct report *r, const struct line *line, uint32_t run)
{
    struct call *call = call_of(r, line, run);
    if (call != NULL) {
        call->given = line->at;
        if (call->status == 0) {
            call->status = status_of(line);
        }
    }
}

static void hear_gone(struct report *r, const struct line *line, uint32_t run)
{
    struct call *call = call_of(r, line, run);
    if (call != NULL) {
        call->gone = true;
    }
}

static void hear_refused(struct report *r, const struct line *line,
                         uint32_t run)
{
    struct call *call = call_of(r, line, run);
    if (call == NULL) {
        return;
    }
    call->refused = true;
    if (outcome_of(line) == OUTCOME_UNKNOWN) {
        call->mutation = true;
        call->outcome = OUTCOME_UNKNOWN;
        call->finished = line->at;
    }
}

static void hear_finished(struct report *r, const struct line *line,
                          uint32_t run)
{
    struct call *call = call_of(r, line, run);
    if (call == NULL) {
        return;
    }
    call->mutation = true;
    call->outcome = (uint8_t)outcome_of(line);
    call->finished = line->at;
    call->waited = report_line_field_number(line, LINE_waited_ms);
    call->visible = report_line_field_number(line, LINE_visible_ms);
    int64_t reads = number_or(line, LINE_reads, 0);
    call->reads = reads > 0 ? (uint32_t)reads : 0;
}

/* ---- confirmations ---- */

/* The one of that name which is still going on, or a new one. */
static uint32_t confirmation_of(struct report *r, struct call *call, word name)
{
    uint32_t number = 0;
    uint32_t at = call->first_confirmation;
    for (; at != 0; number++) {
        const struct confirmation *c =
            &ROWS(r->confirmations, struct confirmation)[at - 1];
        if (c->name == name && c->outcome == OUTCOME_NONE) {
            return number;
        }
        at = c->next;
    }
    struct confirmation *c = report_rows_add(&r->confirmations, sizeof(*c));
    uint32_t row = COUNT(r->confirmations, struct confirmation);
    c->name = name;
    c->visible = c->waited = REPORT_NOT_SAID;
    if (call->last_confirmation != 0) {
        ROWS(r->confirmations, struct confirmation)
        [call->last_confirmation - 1].next = row;
    } else {
        call->first_confirmation = row;
    }
    call->last_confirmation = row;
    return number;
}

static struct confirmation *
confirmation_at(struct report *r, const struct call *call, uint32_t number)
{
    uint32_t at = call->first_confirmation;
    for (; number > 0; number--) {
        at = ROWS(r->confirmations, struct confirmation)[at - 1].next;
    }
    return &ROWS(r->confirmations, struct confirmation)[at - 1];
}

static void hear_read_back(struct report *r, const struct line *line,
                           uint32_t run)
{
    struct call *call = call_of(r, line, run);
    r->read_backs++;
    if (call == NULL) {
        return;
    }
    call->mutation = true;
    uint32_t number =
        confirmation_of(r, call, report_line_word(r, line, LINE_confirmation));
    confirmation_at(r, call, number)->read =
        report_line_word(r, line, LINE_read);
    struct reading *reading = report_rows_add(&r->readings, sizeof(*reading));
    uint32_t row = COUNT(r->readings, struct reading);
    reading->at = line->at;
    reading->took = number_or(line, LINE_took_ms, 0);
    reading->confirmation = number;
    reading->verdict = report_line_word(r, line, LINE_verdict);
    reading->code = report_line_word(r, line, LINE_code);
    reading->detail = report_line_word(r, line, LINE_detail);
    if (call->last_reading != 0) {
        ROWS(r->readings, struct reading)[call->last_reading - 1].next = row;
    } else {
        call->first_reading = row;
    }
    call->last_reading = row;
}

static void hear_confirmed(struct report *r, const struct line *line,
                           uint32_t run)
{
    struct call *call = call_of(r, line, run);
    if (call == NULL) {
        return;
    }
    call->mutation = true;
    uint32_t number =
        confirmation_of(r, call, report_line_word(r, line, LINE_confirmation));
    struct confirmation *c = confirmation_at(r, call, number);
    c->outcome = (uint8_t)outcome_of(line);
    c->visible = report_line_field_number(line, LINE_visible_ms);
    c->waited = report_line_field_number(line, LINE_waited_ms);
    c->wanted = report_line_word(r, line, LINE_wanted);
    c->last = report_line_word(r, line, LINE_detail);
    keep_first(&c->read, report_line_word(r, line, LINE_read));
}

/* ---- reads of clients, races, regrets ---- */

static void hear_client_read(struct report *r, const struct line *line,
                             uint32_t run)
{
    struct call *call = call_of(r, line, run);
    if (call != NULL) {
        call->is_read = true;
    }
    struct client_read *read = report_rows_add(&r->client_reads, sizeof(*read));
    *read = (struct client_read){
        .run = run,
        .id = report_line_word(r, line, LINE_id),
        .client = report_line_word(r, line, LINE_client),
        .group = report_line_word(r, line, LINE_group),
        .service = report_line_word(r, line, LINE_service),
        .operation = report_line_word(r, line, LINE_operation),
        .region = report_line_word(r, line, LINE_region),
        .resource = report_line_word(r, line, LINE_resource),
        .value = report_line_json_word(r, line, LINE_value),
        .verdict = report_line_word(r, line, LINE_verdict),
        .write = report_line_word(r, line, LINE_write),
        .code = report_line_word(r, line, LINE_code),
        .status = status_of(line),
        .at = line->at,
        .took = report_line_field_number(line, LINE_took_ms),
    };
}

static void add_race(struct report *r, const struct line *line, uint32_t run,
                     struct buf *table)
{
    struct race *race = report_rows_add(table, sizeof(*race));
    *race = (struct race){
        .run = run,
        .id = report_line_word(r, line, LINE_id),
        .write = report_line_word(r, line, LINE_write),
        .service = report_line_word(r, line, LINE_service),
        .operation = report_line_word(r, line, LINE_operation),
        .read = report_line_word(r, line, LINE_read),
        .resource = report_line_word(r, line, LINE_resource),
        .verdict = report_line_word(r, line, LINE_verdict),
        .got = report_line_word(r, line, LINE_detail),
        .wanted = report_line_word(r, line, LINE_wanted),
        .at = line->at,
        .gap = report_line_field_number(line, LINE_gap_ms),
        .needed = report_line_field_number(line, LINE_needed_ms),
    };
}

static void hear_race(struct report *r, const struct line *line, uint32_t run)
{
    add_race(r, line, run, &r->races);
}

static void hear_regret(struct report *r, const struct line *line, uint32_t run)
{
    add_race(r, line, run, &r->regrets);
}

/* ---- what the lag tells ---- */

static void hear_lag_mutation(struct report *r, const struct line *line)
{
    word request_id = report_line_word(r, line, LINE_request_id);
    int64_t until = report_line_field_number(line, LINE_until_ms);
    if (request_id == 0 || until == REPORT_NOT_SAID) {
        return;
    }
    struct truth *truth = report_rows_add(&r->truths, sizeof(*truth));
    uint32_t *first = report_index_at(&r->truth_of, request_id);
    *truth = (struct truth){
        .clock = report_line_word(r, line, LINE_detail),
        .confirmation = report_line_word(r, line, LINE_confirmation),
        .visible_at = line->at + until,
        .next = *first,
    };
    *first = COUNT(r->truths, struct truth);
}

bool report_hear_lag(struct report *r, const struct line *line)
{
    switch (line->kind) {
    case EVENT_LAG_MUTATION:
        hear_lag_mutation(r, line);
        return true;
    case EVENT_LAG_STALE_READ:
        r->stale_reads++;
        return true;
    case EVENT_LAG_FRESH_READ:
        return true;
    default:
        return false;
    }
}

/* ---- all events ---- */

static hear_fn *const hearers[EVENT_KIND_COUNT] = {
    [EVENT_CALL_RECEIVED] = hear_received,
    [EVENT_CALL_SENT] = hear_sent,
    [EVENT_CALL_RESENT] = hear_resent,
    [EVENT_CALL_JOINED] = hear_joined,
    [EVENT_CALL_ANSWERED] = hear_answered,
    [EVENT_CALL_REFUSED] = hear_refused,
    [EVENT_CLIENT_GONE] = hear_gone,
    [EVENT_ANSWER_GIVEN] = hear_given,
    [EVENT_READ_BACK] = hear_read_back,
    [EVENT_CONFIRMED] = hear_confirmed,
    [EVENT_SETTLED] = hear_finished,
    [EVENT_CLIENT_READ] = hear_client_read,
    [EVENT_RACE] = hear_race,
    [EVENT_REGRET] = hear_regret,
};

void report_hear_event(struct report *r, const struct line *line, uint32_t run)
{
    if (hearers[line->kind] != NULL) {
        hearers[line->kind](r, line, run);
    }
}
