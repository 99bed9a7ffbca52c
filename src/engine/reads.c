/* SPDX-License-Identifier: Apache-2.0 */
/* Clients' own reads: what each saw, by the rules' known reads, and whether it
 * saw the change before it. Here because a read is no business of the steps: it
 * passes, and is looked at afterwards. Start at engine_read_begin(). */
#include "engine/witness.h"

enum {
    REQUEST_MAX = 4096,
    VIEWS_MAX = 512,
    SEEN_MAX = 200, /* of one answer */
};

/* What a read shows of one resource. */
struct seen {
    struct str resource;
    const struct json *value; /* NULL: not known; JSON null: it is absent */
    const struct write *write;
    enum verdict verdict;
};

/* One read, while it is looked at. */
struct look {
    struct exchange *x;
    struct arena *arena;
    struct probe_result result;
    struct sight sight;
    struct json *document; /* for the known read */
    struct seen *seen;
    size_t count;
    size_t room; /* in `seen` */
    struct view **views;
    enum verdict *verdicts;
    size_t view_count;
};

/* ---- texts for events ---- */

static struct str text_of(struct arena *arena, const struct json *value)
{
    struct buf text = {0};
    json_write(value, &text);
    struct str copy = arena_str(arena, buf_str(&text));
    buf_free(&text);
    return copy;
}

struct str engine_read_request_text(const struct exchange *x,
                                    struct arena *arena)
{
    if (x->aws.input == NULL || x->body.len > (size_t)2 * REQUEST_MAX) {
        return STR_NONE;
    }
    struct str text = text_of(
        arena, aws_redact(x->engine->config.registry, arena, x->aws.service,
                          x->aws.operation, x->aws.input));
    return text.len <= REQUEST_MAX ? text : STR_NONE;
}

/* '' is for what cannot be said. */
static const struct json *value_or_null(const struct json *value)
{
    return json_is(value, JSON_STRING) && value->text.len == 0 ? NULL : value;
}

struct str engine_read_value_written(const struct exchange *x,
                                     struct arena *arena)
{
    struct aws_registry *registry = x->engine->config.registry;
    struct str why = STR_NONE;
    if (x->rule->value.compiled == NULL || x->response == NULL) {
        return STR_NONE;
    }
    struct change change = engine_change_of(x);
    change.request = aws_redact(registry, arena, x->aws.service,
                                x->aws.operation, change.request);
    change.response = aws_redact(registry, arena, x->aws.service,
                                 x->aws.operation, change.response);
    const struct json *value = rules_value(
        arena, &x->rule->value,
        engine_document_of_change(arena, &change, NULL, NULL), &why);
    value = why.len > 0 ? NULL : value_or_null(value);
    return value == NULL
               ? STR_NONE
               : text_of(arena, engine_digest_seal(x->engine, arena, value));
}

/* ---- is it to be judged? ---- */

static struct question question_of(const struct exchange *x,
                                   const struct json *resource)
{
    return (struct question){
        .service = x->aws.service,
        .region = x->aws.region,
        .operation = x->aws.operation,
        .access_key = x->call->access_key,
        .input = x->aws.input,
        .resource = resource,
        .looks_through = true,
    };
}

const struct json *engine_read_resource(struct arena *arena,
                                        const struct rules_known_read *known,
                                        const struct json *input)
{
    struct str why = STR_NONE;
    if (known == NULL || known->resource.compiled == NULL) {
        return NULL;
    }
    struct json *document = json_new(arena, JSON_OBJECT);
    json_set(arena, document, STR("request"), input);
    return rules_value(arena, &known->resource, document, &why);
}

bool engine_read_wants_body(struct engine *engine, const struct aws_call *call)
{
    return witness_is_asked_for(engine, call->service, call->region,
                                call->operation) ||
           (engine->config.report_reads &&
            rules_find_read(engine->config.rules, call->service,
                            call->operation) != NULL);
}

void engine_read_begin(struct exchange *x)
{
    struct view *one = NULL;
    bool streams = x->call->request.body.len == 0 && x->call->body_length != 0;
    if (x->aws.input == NULL || streams ||
        !engine_read_wants_body(x->engine, &x->aws)) {
        return;
    }
    x->known = rules_find_read(x->rules, x->aws.service, x->aws.operation);
    struct arena *scratch = arena_new();
    const struct json *resource =
        engine_read_resource(scratch, x->known, x->aws.input);
    if (json_is(resource, JSON_STRING)) {
        x->resource = arena_str(x->arena, resource->text);
    } else if (json_is(resource, JSON_ARRAY)) {
        x->resource = text_of(x->arena, resource);
    }
    struct question question = question_of(x, resource);
    x->watched = (x->engine->config.report_reads && x->known != NULL) ||
                 witness_find(x->engine, &question, &one, 1) > 0;
    arena_free(scratch);
}

/* ---- what it saw ---- */

/* Most reads see one thing. */
static void make_room(struct look *look)
{
    if (look->count < look->room) {
        return;
    }
    size_t room = look->room == 0 ? 1 : look->room * 4;
    struct seen *seen = ARENA_ARRAY(look->arena, struct seen, room);
    for (size_t i = 0; i < look->count; i++) {
        seen[i] = look->seen[i];
    }
    look->seen = seen;
    look->room = room;
}

static struct seen *add_seen(struct look *look, struct str resource,
                             const struct json *value)
{
    if (look->count == SEEN_MAX) {
        return NULL;
    }
    make_room(look);
    look->seen[look->count] = (struct seen){
        .resource = resource,
        .value = value != NULL
                     ? engine_digest_seal(look->x->engine, look->arena, value)
                     : NULL,
    };
    return &look->seen[look->count++];
}

static const struct json *evaluate(const struct look *look,
                                   const struct rules_expression *expression)
{
    struct str why = STR_NONE;
    return expression->compiled != NULL
               ? rules_value(look->arena, expression, look->document, &why)
               : NULL;
}

static bool says_absent(const struct look *look)
{
    const struct rules_known_read *known = look->x->known;
    const struct json *codes = evaluate(look, &known->absent);
    for (size_t i = 0; i < known->absent_error_count; i++) {
        if (str_eq(known->absent_errors[i], look->result.code)) {
            return true;
        }
    }
    for (size_t i = 0; i < engine_names_count(codes); i++) {
        if (str_eq(engine_names_at(codes, i), look->result.code)) {
            return true;
        }
    }
    return false;
}

static void see_names(struct look *look, const struct json *names,
                      const struct json *value)
{
    if (json_is(names, JSON_STRING)) {
        (void)add_seen(look, names->text, value);
    }
    for (size_t i = 0; json_is(names, JSON_ARRAY) && i < names->count; i++) {
        if (json_is(names->members[i].value, JSON_STRING)) {
            (void)add_seen(look, names->members[i].value->text, value);
        }
    }
}

static void see_items(struct look *look)
{
    const struct rules_known_read *known = look->x->known;
    const struct json *items = evaluate(look, &known->for_each);
    for (size_t i = 0; json_is(items, JSON_ARRAY) && i < items->count; i++) {
        json_set(look->arena, look->document, STR("item"),
                 items->members[i].value);
        see_names(look, evaluate(look, &known->name),
                  value_or_null(evaluate(look, &known->value)));
    }
}

/* Sensitive members are hidden first, so that no rule can tell them. */
static void see(struct look *look)
{
    const struct exchange *x = look->x;
    const struct rules_known_read *known = x->known;
    struct aws_registry *registry = x->engine->config.registry;
    bool answered = look->result.kind == PROBE_ANSWERED;
    if (known == NULL) {
        return;
    }
    look->document = json_new(look->arena, JSON_OBJECT);
    json_set(look->arena, look->document, STR("request"),
             aws_redact(registry, look->arena, x->aws.service, x->aws.operation,
                        x->aws.input));
    json_set(look->arena, look->document, STR("response"),
             answered ? aws_redact(registry, look->arena, x->aws.service,
                                   x->aws.operation, look->result.output)
                      : json_new(look->arena, JSON_NULL));
    const struct json *none = json_new(look->arena, JSON_NULL);
    const struct json *asked = evaluate(look, &known->resource);
    if (answered && known->for_each.compiled != NULL) {
        see_items(look);
        see_names(look, evaluate(look, &known->absent), none);
    } else if (answered) {
        see_names(look, asked, value_or_null(evaluate(look, &known->value)));
    } else {
        see_names(look, asked, says_absent(look) ? none : NULL);
    }
}

/* ---- whether it saw the change ---- */

/* Which of the things seen a write is about. */
static struct seen *seen_of(struct look *look, const struct write *write)
{
    const struct json *names = write->resources;
    for (size_t i = 0; i < look->count; i++) {
        for (size_t k = 0; k < engine_names_count(names); k++) {
            if (str_eq(engine_names_at(names, k), look->seen[i].resource)) {
                return &look->seen[i];
            }
        }
    }
    bool one = look->count == 1 && (look->x->known == NULL ||
                                    look->x->known->for_each.compiled == NULL);
    if (one) {
        return &look->seen[0];
    }
    /* A list of whatever there is, and it is not on it. */
    bool absent = look->x->known != NULL &&
                  look->x->known->resource.compiled == NULL &&
                  look->sight.complete && look->result.kind == PROBE_ANSWERED &&
                  engine_names_count(names) == 1;
    return add_seen(look, absent ? engine_names_at(names, 0) : write->resource,
                    absent ? json_new(look->arena, JSON_NULL) : NULL);
}

/* What it got, in words: of a long list only what matters. */
static struct str words_for(const struct look *look, const struct seen *seen)
{
    const struct exchange *x = look->x;
    struct buf text = {0};
    bool list = x->known != NULL && x->known->for_each.compiled != NULL &&
                look->result.kind == PROBE_ANSWERED && seen != NULL;
    if (list && json_is(seen->value, JSON_NULL)) {
        buf_printf(&text, "%.*s did not show %.*s", STR_ARG(x->aws.operation),
                   STR_ARG(seen->resource));
    } else if (list && seen->value != NULL) {
        buf_printf(&text, "%.*s showed %.*s as ", STR_ARG(x->aws.operation),
                   STR_ARG(seen->resource));
        json_write(seen->value, &text);
    } else {
        const struct rules_read read = {.service = x->aws.service,
                                        .operation = x->aws.operation};
        engine_evidence_write(x->engine, &read, &look->result, STR_NONE, &text);
    }
    struct str words = arena_str(look->arena, buf_str(&text));
    buf_free(&text);
    return words;
}

static void tell(struct look *look, struct view *view, enum verdict verdict)
{
    const struct exchange *x = look->x;
    const struct write *write = view->write;
    struct seen *seen = seen_of(look, write);
    if (seen != NULL && (seen->write == NULL || verdict == VERDICT_NOT_YET ||
                         (seen->verdict != VERDICT_NOT_YET &&
                          write->heard.turn > seen->write->heard.turn))) {
        seen->write = write;
        seen->verdict = verdict;
    }
    struct str words = words_for(look, seen);
    if (write->x != NULL || write->settled.turn > x->sent_at.turn) {
        const struct note note = {
            .engine = x->engine,
            .id = x->id,
            .client = x->call->access_key,
            .group = x->aws.prefix,
            .read = x->aws.operation,
            .resource = write->resource,
            .detail = words,
            .sent = x->sent_at,
            .verdict = verdict,
        };
        observe_note(view, &note);
    } else if (verdict == VERDICT_NOT_YET) {
        const struct suspicion suspicion = {
            .view = view,
            .id = x->id,
            .client = x->call->access_key,
            .group = x->aws.prefix,
            .read = x->aws.operation,
            .detail = words,
            .sent = x->sent_at,
        };
        regret_suspect(x->engine, &suspicion);
    }
}

/* The same confirmation may be found by more than one way. */
static bool was_judged(const struct look *look, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (view_is_same(look->views[i], look->views[index]) &&
            (look->verdicts[i] == VERDICT_HOLDS ||
             look->verdicts[i] == VERDICT_NOT_YET)) {
            return true;
        }
    }
    return false;
}

static void judge_views(struct look *look)
{
    for (size_t i = 0; i < look->view_count; i++) {
        struct view *view = look->views[i];
        look->verdicts[i] = VERDICT_UNVERIFIABLE;
        if (view->write->heard.turn < look->x->sent_at.turn &&
            !witness_is_clouded(look->x->engine, view) &&
            !was_judged(look, i)) {
            look->verdicts[i] =
                engine_view_judge(view, look->arena, &look->sight);
        }
    }
    for (size_t i = 0; i < look->view_count; i++) {
        if (look->verdicts[i] == VERDICT_HOLDS ||
            look->verdicts[i] == VERDICT_NOT_YET) {
            tell(look, look->views[i], look->verdicts[i]);
        }
    }
}

/* ---- the answer ---- */

static bool is_token(const struct json *value)
{
    return value != NULL && value->type != JSON_NULL &&
           !(value->type == JSON_STRING && value->text.len == 0);
}

/* Part of a list proves nothing of what is not on it. */
static bool is_complete(const struct exchange *x,
                        const struct probe_result *result)
{
    const struct aws_operation *op = aws_operation_find(
        x->engine->config.registry, x->aws.service, x->aws.operation);
    bool known = op != NULL && op->page_output.len > 0;
    struct str asked = known ? op->page_input : STR("NextToken");
    struct str more = known ? op->page_output : STR("NextToken");
    return !is_token(json_get(x->aws.input, asked)) &&
           (result->kind != PROBE_ANSWERED ||
            !is_token(json_get(result->output, more)));
}

static struct probe_result result_of(const struct exchange *x,
                                     struct arena *arena)
{
    const struct http_response *response = &x->fetch.response;
    struct str why = STR_NONE;
    if (response->status >= 300) {
        return probe_refusal(arena, x->aws.protocol, response);
    }
    struct probe_result result = {.kind = PROBE_ANSWERED,
                                  .status = response->status};
    if (!aws_answer_read(x->engine->config.registry, arena, x->aws.protocol,
                         response, &result.output, &why)) {
        result = (struct probe_result){.kind = PROBE_LOST, .message = why};
    }
    return result;
}

static void say_seen(const struct look *look, const struct seen *seen)
{
    const struct exchange *x = look->x;
    struct event event = {
        .kind = EVENT_CLIENT_READ,
        .resource = seen->resource,
        .status = x->fetch.response.status,
        .code = x->error_code,
        .took_ms = event_number(x->heard_at.ms - x->sent_at.ms),
    };
    if (x->known != NULL && x->known->part.len > 0 && seen->resource.len > 0) {
        /* Another thing than the resource itself: it has values of its own. */
        event.resource =
            arena_printf(look->arena, "%.*s (%.*s)", STR_ARG(seen->resource),
                         STR_ARG(x->known->part));
    }
    if (seen->value != NULL) {
        event.value = text_of(look->arena, seen->value);
    }
    if (seen->write != NULL) {
        event.write = seen->write->id;
        event.verdict = engine_verdict_name(seen->verdict);
    }
    engine_exchange_say(x, &event);
}

/* Most reads are of nothing that was changed, and need no room for it. */
static void find_views(struct look *look, const struct question *question)
{
    struct engine *engine = look->x->engine;
    struct view *one = NULL;
    if (witness_find(engine, question, &one, 1) == 0) {
        return;
    }
    look->views = ARENA_ARRAY(look->arena, struct view *, VIEWS_MAX);
    look->verdicts = ARENA_ARRAY(look->arena, enum verdict, VIEWS_MAX);
    look->view_count = witness_find(engine, question, look->views, VIEWS_MAX);
}

void engine_read_end(struct exchange *x)
{
    struct arena *scratch = arena_new();
    struct look *look = ARENA_NEW(scratch, struct look);
    look->x = x;
    look->arena = scratch;
    look->result = result_of(x, scratch);
    look->sight = (struct sight){x->aws.input, &look->result,
                                 is_complete(x, &look->result)};
    see(look);
    struct question question =
        question_of(x, engine_read_resource(scratch, x->known, x->aws.input));
    find_views(look, &question);
    judge_views(look);
    if (look->count == 0) {
        (void)add_seen(look, x->resource, NULL);
    }
    for (size_t i = 0; i < look->count; i++) {
        say_seen(look, &look->seen[i]);
    }
    arena_free(scratch);
}
