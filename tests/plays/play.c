/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays: stories of the engine on a clock that is turned by hand. A play is a
 * text file of one command a line; tests/README.md has the list. No network, no
 * sleeping. Start at the table of commands.
 *
 *   play FILE...     exits with 1 when a play does not go as written
 */
#include "support/fake_client.h"
#include "support/hand_clock.h"

#include "assets/assets.h"
#include "base/file.h"
#include "engine/engine.h"
#include "events/event.h"

#include <stdio.h>
#include <stdlib.h>

enum { CALLS_MAX = 32, FETCHES_MAX = 64 };

struct play_call {
    struct http_call call; /* first, so that it can be cast */
    struct play *play;
    struct http_pipe body;
    unsigned holds;
    bool replied;
    bool aborted;
    unsigned interims;
    int status;
    struct str outcome;
    struct str reply_body;
};

struct play {
    struct arena *arena;
    struct str file;
    size_t line;
    const char *wrong; /* first thing that went wrong */
    struct str wrong_text;
    struct hand_clock clock;
    struct aws_registry *registry;
    struct rules *rules;
    struct engine_config config;
    struct engine *engine;
    struct fake_client upstream;
    struct http_fetch *current; /* that `sent` looked at */
    struct play_call calls[CALLS_MAX];
    size_t call_count;
    struct str service;
    struct events events;
    struct event_sink sink;
    struct buf log;
};

/* What `client` may say of a call besides its operation and input. */
struct call_options {
    struct str invocation;
    struct str policy;
    struct str key;
    struct str target;
    struct str header;
};

static void fail(struct play *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void fail(struct play *p, const char *format, ...)
{
    if (p->wrong == NULL) {
        va_list args;
        va_start(args, format);
        p->wrong_text = arena_vprintf(p->arena, format, args);
        va_end(args);
        p->wrong = p->wrong_text.ptr;
    }
}

static void run(struct play *p)
{
    hand_clock_run(&p->clock);
}

static void hear(struct event_sink *sink, const struct event *event)
{
    struct play *p =
        (struct play *)((char *)sink - offsetof(struct play, sink));
    event_write(event, &p->log);
    buf_add(&p->log, STR("\n"));
}

/* ---- the ports ---- */

static void cancel(struct http_client *self, struct http_fetch *fetch)
{
    struct play *p =
        (struct play *)((char *)self - offsetof(struct play, upstream));
    fake_client_cancel(self, fetch);
    if (p->current == fetch) {
        p->current = NULL;
    }
}

static void reply(struct http_call *call, const struct http_response *answer)
{
    struct play_call *c = (struct play_call *)call;
    if (c->replied) {
        fail(c->play, "the client was answered twice");
    }
    c->replied = true;
    c->status = answer->status;
    c->outcome =
        arena_str(c->play->arena,
                  http_headers_get(&answer->headers, "x-settled-outcome"));
    c->reply_body = arena_str(c->play->arena, answer->body);
}

static void reply_stream(struct http_call *call,
                         const struct http_response *head, int64_t length,
                         struct http_source *body, struct timers *timers,
                         struct timer *sent)
{
    (void)length;
    (void)body;
    reply(call, head);
    timer_wake(timers, sent);
}

static void interim(struct http_call *call)
{
    ((struct play_call *)call)->interims++;
}

/* `gone` is set at the moment of the command. */
static void look(struct http_call *call)
{
    (void)call;
}

static void abort_call(struct http_call *call)
{
    ((struct play_call *)call)->aborted = true;
}

static void hold(struct http_call *call)
{
    ((struct play_call *)call)->holds++;
}

static void release(struct http_call *call)
{
    ((struct play_call *)call)->holds--;
}

static const struct http_call_ops ops = {
    reply, reply_stream, interim, look, abort_call, hold, release,
};

/* ---- commands ---- */

static struct str word(struct str *rest)
{
    *rest = str_trim(*rest);
    return str_cut(rest, ' ');
}

static const struct json *parse(struct play *p, struct str text)
{
    const struct json *value = json_read(p->arena, text, &json_default_limits);
    if (value == NULL) {
        fail(p, "this is no JSON: %.*s", STR_ARG(text));
        return json_new(p->arena, JSON_NULL);
    }
    return value;
}

static void do_service(struct play *p, struct str rest)
{
    p->service = word(&rest);
}

static struct rules *load(struct play *p, struct str folder,
                          bool without_builtin)
{
    struct diag diag;
    struct buf text = {0};
    diag_init(&diag, p->arena);
    const struct rules_load_in in = {.registry = p->registry,
                                     .folders = &folder,
                                     .folder_count = folder.len > 0,
                                     .without_builtin = without_builtin};
    struct rules *rules = rules_load(&in, &diag);
    if (rules == NULL) {
        diag_print(&diag, &text);
        fail(p, "%.*s", STR_ARG(buf_str(&text)));
        buf_free(&text);
    }
    return rules;
}

static void open_engine(struct play *p)
{
    if (p->engine == NULL && p->rules == NULL) {
        p->rules = load(p, STR_NONE, false);
    }
    if (p->engine == NULL && p->rules != NULL) {
        p->config.rules = p->rules;
        p->engine = engine_new(&p->config);
    }
}

static void do_rules(struct play *p, struct str rest)
{
    struct str folder = word(&rest);
    rules_unref(p->rules);
    p->rules = load(p,
                    arena_printf(p->arena, "%s/tests/plays/%.*s", PROJECT_ROOT,
                                 STR_ARG(folder)),
                    true);
    if (p->engine != NULL && p->rules != NULL) {
        engine_set_rules(p->engine, p->rules); /* as after a SIGHUP */
    }
}

static void do_option(struct play *p, struct str rest)
{
    struct str name = word(&rest);
    struct str value = word(&rest);
    int64_t ms = 0;
    uint64_t number = 0;
    if (str_eq(name, STR("timeout")) && str_to_duration_ms(value, &ms)) {
        p->config.timeout_ms = ms;
    } else if (str_eq(name, STR("max-hold")) &&
               str_to_duration_ms(value, &ms)) {
        p->config.max_hold_ms = ms;
    } else if (str_eq(name, STR("on-unsettled"))) {
        p->config.on_unsettled =
            str_eq(value, STR("pass")) ? POLICY_PASS : POLICY_FAIL;
    } else if (str_eq(name, STR("observe"))) {
        p->config.observe = true;
    } else if (str_eq(name, STR("report-reads"))) {
        p->config.report_reads = true;
    } else if (str_eq(name, STR("level")) && str_eq(value, STR("listed"))) {
        p->config.level = LEVEL_LISTED;
    } else if (str_eq(name, STR("hedged"))) {
        p->config.hedges = true;
    } else if (str_eq(name, STR("learned")) && p->config.schedule == NULL) {
        p->config.schedule = schedule_new(&(struct schedule_config){0});
    } else if (str_eq(name, STR("held-limit")) && str_to_u64(value, &number)) {
        p->config.held_limit = (size_t)number;
    } else {
        fail(p, "no such option: %.*s", STR_ARG(name));
    }
}

static void start_call(struct play *p, struct str operation,
                       const struct json *input,
                       const struct call_options *options)
{
    struct str why = STR_NONE;
    if (p->call_count == CALLS_MAX || p->engine == NULL) {
        fail(p, "no call can be made here");
        return;
    }
    struct play_call *c = &p->calls[p->call_count++];
    *c = (struct play_call){.play = p, .holds = 1};
    c->call.arena = p->arena;
    c->call.ops = &ops;
    http_pipe_init(&c->body, 1024);
    http_pipe_end(&c->body);
    c->call.body = &c->body.source;
    if (!aws_request_write(p->registry, p->arena, p->service, operation, input,
                           &c->call.request, &why)) {
        fail(p, "%.*s", STR_ARG(why));
        return;
    }
    c->call.access_key = options->key.len > 0 ? options->key : STR("AKIAPLAY");
    if (options->target.len > 0) {
        c->call.request.target = options->target;
    }
    c->call.sign_service =
        aws_service_find(p->registry, p->service)->signing_name;
    c->call.sign_region = STR("eu-west-1");
    c->call.body_length = (int64_t)c->call.request.body.len;
    struct http_headers *headers = &c->call.request.headers;
    if (options->invocation.len > 0) {
        http_headers_set(p->arena, headers, STR("amz-sdk-invocation-id"),
                         options->invocation);
    }
    if (options->policy.len > 0) {
        http_headers_set(p->arena, headers, STR("x-settled-policy"),
                         options->policy);
    }
    if (options->header.len > 0) {
        struct str value = options->header;
        struct str name = str_cut(&value, ':');
        http_headers_set(p->arena, headers, name, value);
    }
    struct http_handler *handler = engine_handler(p->engine);
    handler->handle(handler, &c->call);
    run(p);
}

static void do_client(struct play *p, struct str rest)
{
    struct call_options options = {0};
    const struct {
        struct str name;
        struct str *into;
    } rows[] = {
        {STR("id="), &options.invocation}, {STR("policy="), &options.policy},
        {STR("key="), &options.key},       {STR("target="), &options.target},
        {STR("header="), &options.header},
    };
    struct str operation = word(&rest);
    open_engine(p);
    for (bool found = true; found;) {
        struct str next = rest;
        struct str option = word(&next);
        found = false;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            if (str_starts(option, rows[i].name)) {
                *rows[i].into = str_from(option, rows[i].name.len);
                found = true;
            }
        }
        rest = found ? next : rest;
    }
    start_call(p, operation, parse(p, rest), &options);
}

static struct str operation_of(const struct http_fetch *fetch)
{
    struct str target =
        http_headers_get(&fetch->request.headers, "X-Amz-Target");
    size_t dot = str_find_last(target, '.');
    return dot == STR_NOT_FOUND ? target : str_from(target, dot + 1);
}

/* sent OPERATION [JSON]: the oldest call not yet looked at */
static void do_sent(struct play *p, struct str rest)
{
    struct str operation = word(&rest);
    rest = str_trim(rest);
    for (size_t i = 0; i < p->upstream.sent_count; i++) {
        struct http_fetch *fetch = p->upstream.sent[i];
        if (!str_eq(operation_of(fetch), operation)) {
            continue;
        }
        p->current = fetch;
        if (rest.len > 0 &&
            !json_equal(parse(p, rest), parse(p, fetch->request.body))) {
            fail(p, "%.*s was sent with %.*s", STR_ARG(operation),
                 STR_ARG(fetch->request.body));
        }
        return;
    }
    fail(p, "%.*s was not sent; %zu calls are under way%s%.*s",
         STR_ARG(operation), p->upstream.sent_count,
         p->upstream.sent_count > 0 ? ", the first is " : "",
         STR_ARG(p->upstream.sent_count > 0 ? operation_of(p->upstream.sent[0])
                                            : STR_NONE));
}

static void finish_fetch(struct play *p, enum http_outcome outcome)
{
    struct http_fetch *fetch = p->current;
    if (fetch == NULL) {
        fail(p, "nothing has been sent that could be answered");
        return;
    }
    p->current = NULL;
    fake_client_end(&p->upstream, fetch, outcome);
    run(p);
}

/* with NAME[: VALUE]: of the call that `sent` looked at; without NAME */
static void look_at_header(struct play *p, struct str rest, bool wanted)
{
    struct str value = rest;
    struct str name = str_cut(&value, ':');
    if (p->current == NULL) {
        fail(p, "`sent` must say which call is meant");
        return;
    }
    struct str found = STR_NONE;
    for (size_t i = 0; i < p->current->request.headers.count; i++) {
        const struct http_header *h = &p->current->request.headers.at[i];
        found = str_eq_nocase(h->name, name) ? h->value : found;
    }
    if ((found.ptr != NULL) != wanted ||
        (value.len > 0 && !str_eq(str_trim(value), found))) {
        fail(p, "it was sent with '%.*s'", STR_ARG(found));
    }
}

static void do_with(struct play *p, struct str rest)
{
    look_at_header(p, rest, true);
}

static void do_without(struct play *p, struct str rest)
{
    look_at_header(p, rest, false);
}

/* to TARGET: where the call that `sent` looked at goes */
static void do_to(struct play *p, struct str rest)
{
    if (p->current == NULL || !str_eq(p->current->request.target, rest)) {
        fail(p, "it was sent to '%.*s'",
             STR_ARG(p->current == NULL ? STR_NONE
                                        : p->current->request.target));
    }
}

static void do_says(struct play *p, struct str rest)
{
    if (!str_contains(buf_str(&p->log), rest)) {
        fail(p, "the log does not say so: %.*s", STR_ARG(buf_str(&p->log)));
    }
}

static void do_tells_nothing_of(struct play *p, struct str rest)
{
    if (str_contains(buf_str(&p->log), rest)) {
        fail(p, "the log tells it: %.*s", STR_ARG(buf_str(&p->log)));
    }
}

/* tells N KIND [text]: so many events of that kind, each with the text, and no
 * other of it */
static void do_tells(struct play *p, struct str rest)
{
    uint64_t wanted = 0;
    uint64_t found = 0;
    uint64_t matching = 0;
    bool good = str_to_u64(word(&rest), &wanted);
    struct str kind = word(&rest);
    kind = arena_printf(p->arena, "\"event\":\"%.*s\"", STR_ARG(kind));
    struct str text = str_trim(rest);
    struct str log = buf_str(&p->log);
    while (log.len > 0) {
        struct str line = str_cut(&log, '\n');
        bool same = str_starts(line, kind);
        found += same ? 1 : 0;
        matching += same && str_contains(line, text) ? 1 : 0;
    }
    if (!good || found != wanted || matching != wanted) {
        fail(p, "it tells %d of them, %d so: %.*s", (int)found, (int)matching,
             STR_ARG(buf_str(&p->log)));
    }
}

/* answer STATUS JSON, or answer STATUS CodeOfAnError [words] */
static void do_answer(struct play *p, struct str rest)
{
    uint64_t status = 0;
    if (p->current == NULL || !str_to_u64(word(&rest), &status)) {
        fail(p, "answer wants a status, after `sent`");
        return;
    }
    struct http_response *response = &p->current->response;
    *response = (struct http_response){.status = (int)status};
    rest = str_trim(rest);
    if (rest.len > 0 && rest.ptr[0] != '{') {
        struct str code = word(&rest);
        rest = arena_printf(p->arena,
                            "{\"__type\":\"%.*s\",\"message\":"
                            "\"%.*s\"}",
                            STR_ARG(code), STR_ARG(str_trim(rest)));
    }
    response->body = rest;
    http_headers_add(p->arena, &response->headers, STR("x-amzn-RequestId"),
                     STR("req-1"));
    http_headers_add(p->arena, &response->headers, STR("Date"),
                     STR("Sun, 30 Aug 2015 12:36:00 GMT"));
    finish_fetch(p, HTTP_ANSWERED);
}

static void do_lost(struct play *p, struct str rest)
{
    (void)rest;
    if (p->current != NULL) {
        p->current->error = STR("the connection was reset");
    }
    finish_fetch(p, HTTP_LOST);
}

/* No connection: nothing was sent. */
static void do_unreachable(struct play *p, struct str rest)
{
    (void)rest;
    if (p->current != NULL) {
        p->current->error = STR("the connection was refused");
    }
    finish_fetch(p, HTTP_REFUSED);
}

static void do_after(struct play *p, struct str rest)
{
    int64_t ms = 0;
    if (!str_to_duration_ms(word(&rest), &ms)) {
        fail(p, "after wants a duration");
        return;
    }
    hand_clock_turn(&p->clock, ms);
}

static struct play_call *call_named(struct play *p, struct str *rest)
{
    struct str next = *rest;
    uint64_t number = 0;
    struct str first = word(&next);
    if (first.len > 1 && first.ptr[0] == '#' &&
        str_to_u64(str_from(first, 1), &number)) {
        *rest = next;
    } else {
        number = p->call_count;
    }
    if (number == 0 || number > p->call_count) {
        fail(p, "there is no such call");
        return NULL;
    }
    return &p->calls[number - 1];
}

/* gets [#N] STATUS [OUTCOME|-] [text that the body holds] */
static void do_gets(struct play *p, struct str rest)
{
    struct play_call *c = call_named(p, &rest);
    uint64_t status = 0;
    if (c == NULL || !str_to_u64(word(&rest), &status)) {
        fail(p, "gets wants a status");
        return;
    }
    struct str outcome = word(&rest);
    rest = str_trim(rest);
    if (!c->replied) {
        fail(p, "the client has not been answered");
    } else if (c->status != (int)status) {
        fail(p, "the client got %d: %.*s", c->status, STR_ARG(c->reply_body));
    } else if (outcome.len > 0 && !str_eq(outcome, STR("-")) &&
               !str_eq(outcome, c->outcome)) {
        fail(p, "the outcome was '%.*s'", STR_ARG(c->outcome));
    } else if (!str_contains(c->reply_body, rest)) {
        fail(p, "the body does not hold '%.*s': %.*s", STR_ARG(rest),
             STR_ARG(c->reply_body));
    }
}

static void do_waits(struct play *p, struct str rest)
{
    struct play_call *c = call_named(p, &rest);
    if (c != NULL && c->replied) {
        fail(p, "the client has been answered already: %d %.*s", c->status,
             STR_ARG(c->reply_body));
    } else if (c != NULL && c->aborted) {
        fail(p, "the client's connection has been dropped already");
    }
}

/* dropped [#N]: its connection, without an answer */
static void do_dropped(struct play *p, struct str rest)
{
    const struct play_call *c = call_named(p, &rest);
    if (c != NULL && c->replied) {
        fail(p, "the client was answered: %d %.*s", c->status,
             STR_ARG(c->reply_body));
    } else if (c != NULL && !c->aborted) {
        fail(p, "the client still waits");
    }
}

static bool is_so(struct str line, struct str resource)
{
    return resource.len == 0 || str_contains(line, resource);
}

/* saw [#N] VERDICT [RESOURCE]: what the client's read showed of the change
 * before it; `nothing`: it told nothing */
static void do_saw(struct play *p, struct str rest)
{
    struct play_call *c = call_named(p, &rest);
    struct str verdict = word(&rest);
    struct str resource = str_trim(rest);
    struct str log = buf_str(&p->log);
    bool found = false;
    if (c == NULL) {
        return;
    }
    struct str read =
        arena_printf(p->arena, "\"event\":\"client-read\",\"id\":\"play-%d\"",
                     (int)(c - p->calls) + 1);
    struct str judged =
        str_eq(verdict, STR("nothing"))
            ? STR("\"verdict\":")
            : arena_printf(p->arena, "\"verdict\":\"%.*s\"", STR_ARG(verdict));
    if (resource.len > 0) {
        resource =
            arena_printf(p->arena, "\"resource\":\"%.*s\"", STR_ARG(resource));
    }
    while (log.len > 0) {
        struct str line = str_cut(&log, '\n');
        found = found || (str_starts(line, read) && is_so(line, resource) &&
                          str_contains(line, judged));
    }
    if (found == str_eq(verdict, STR("nothing"))) {
        fail(p, "it saw something else: %.*s", STR_ARG(buf_str(&p->log)));
    }
}

static void do_leaves(struct play *p, struct str rest)
{
    struct play_call *c = call_named(p, &rest);
    if (c != NULL) {
        c->call.gone = true;
        if (c->call.on_gone != NULL) {
            timer_wake(&p->clock.timers, c->call.on_gone);
        }
        run(p);
    }
}

static void do_interims(struct play *p, struct str rest)
{
    struct play_call *c = call_named(p, &rest);
    uint64_t wanted = 0;
    if (c == NULL || !str_to_u64(word(&rest), &wanted)) {
        fail(p, "interims wants a number");
    } else if (c->interims != wanted) {
        fail(p, "%u interim answers were sent", c->interims);
    }
}

/* So many calls are under way upstream. */
static void do_asked(struct play *p, struct str rest)
{
    uint64_t count = 0;
    if (!str_to_u64(word(&rest), &count) || count != p->upstream.sent_count) {
        fail(p, "%zu calls are under way", p->upstream.sent_count);
    }
}

static void do_silence(struct play *p, struct str rest)
{
    (void)rest;
    if (p->upstream.sent_count > 0) {
        fail(p, "%.*s is under way",
             STR_ARG(operation_of(p->upstream.sent[0])));
    }
}

static void do_stop(struct play *p, struct str rest)
{
    (void)rest;
    engine_finish(p->engine);
    run(p);
}

/* For the reader. */
static void do_note(struct play *p, struct str rest)
{
    (void)p;
    (void)rest;
}

static const struct {
    const char *name;
    void (*run)(struct play *p, struct str rest);
} commands[] = {
    {"with", do_with},
    {"without", do_without},
    {"to", do_to},
    {"says", do_says},
    {"tells-nothing-of", do_tells_nothing_of},
    {"tells", do_tells},
    {"title", do_note},
    {"service", do_service},
    {"rules", do_rules},
    {"option", do_option},
    {"client", do_client},
    {"sent", do_sent},
    {"answer", do_answer},
    {"lost", do_lost},
    {"unreachable", do_unreachable},
    {"after", do_after},
    {"gets", do_gets},
    {"waits", do_waits},
    {"dropped", do_dropped},
    {"leaves", do_leaves},
    {"saw", do_saw},
    {"interims", do_interims},
    {"asked", do_asked},
    {"silence", do_silence},
    {"stop", do_stop},
};

static void run_line(struct play *p, struct str line)
{
    struct str name = word(&line);
    if (name.len == 0 || name.ptr[0] == '#') {
        return;
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (str_eq(name, str_of(commands[i].name))) {
            commands[i].run(p, str_trim(line));
            return;
        }
    }
    fail(p, "there is no command %.*s", STR_ARG(name));
}

static void end_play(struct play *p)
{
    if (p->engine != NULL) {
        engine_finish(p->engine);
        run(p);
        while (p->upstream.sent_count > 0 && engine_active(p->engine) > 0) {
            p->current = p->upstream.sent[0];
            do_lost(p, STR_NONE);
        }
        for (size_t i = 0; i < p->call_count; i++) {
            if (p->calls[i].holds != 0) {
                fail(p, "call #%zu was not released", i + 1);
            }
            http_pipe_free(&p->calls[i].body);
        }
    }
    engine_free(p->engine);
    schedule_free(p->config.schedule);
    rules_unref(p->rules);
    aws_registry_free(p->registry);
    timers_done(&p->clock.timers);
    buf_free(&p->log);
}

static bool play_file(const char *path)
{
    struct play *p = calloc(1, sizeof(*p));
    struct str text = STR_NONE;
    struct str why = STR_NONE;
    p->arena = arena_new();
    p->file = str_of(path);
    hand_clock_init(&p->clock);
    fake_client_init(&p->upstream, p->arena, FETCHES_MAX);
    p->upstream.client.cancel = cancel;
    p->registry = aws_registry_new();
    p->service = STR("ssm");
    p->sink.hear = hear;
    events_add(&p->events, &p->sink);
    p->config = (struct engine_config){
        .timers = &p->clock.timers,
        .wall_ms = hand_clock_wall,
        .registry = p->registry,
        .events = &p->events,
        .client = &p->upstream.client,
        .run_id = STR("play"),
        .max_hold_ms = 110000,
        .interim_ms = 20000,
        .seed = 1,
    };
    if (!file_read(p->arena, p->file, 1 << 20, &text, &why)) {
        fail(p, "%.*s", STR_ARG(why));
    }
    while (p->wrong == NULL && text.ptr != NULL) {
        p->line++;
        run_line(p, str_cut(&text, '\n'));
    }
    size_t line = p->line;
    end_play(p);
    bool good = p->wrong == NULL;
    if (!good) {
        (void)printf("%s:%zu: %s\n", path, line, p->wrong);
    }
    arena_free(p->arena);
    free(p);
    return good;
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        failed += !play_file(argv[i]);
    }
    return argc < 2 || failed > 0;
}
