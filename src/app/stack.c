/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that exec and serve run on, wired:
 *
 *   server -> gate (verify) -> engine -> signing client -> upstream
 *
 * Start at stack_open().
 */
#include "app/private.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"

enum {
    INTERIM_MS = 20000,
    TICK_MS = 250,
    PEM_MAX = 1024 * 1024,
    DRAIN_MS = 20,
    JSON_DEPTH_MAX = 1024,
    /* An emulator has no quota to be spared: enough for 16,000 held calls to be
     * looked at each second or two. */
    EMULATOR_READS_A_SECOND = 10000,
};

extern char **environ;

struct rules *load_rules(struct aws_registry *registry,
                         const struct option_texts *folders, bool builtin)
{
    struct arena *scratch = arena_new();
    struct diag diag;
    diag_init(&diag, scratch);
    const struct rules_load_in in = {
        .registry = registry,
        .folders = folders->at,
        .folder_count = folders->count,
        .without_builtin = !builtin,
    };
    struct rules *rules = rules_load(&in, &diag);
    print_diag(&diag);
    arena_free(scratch);
    return rules;
}

static struct str make_run_id(struct arena *arena)
{
    unsigned char bytes[6];
    rng_secret(bytes, sizeof(bytes));
    return arena_printf(arena, "%02x%02x%02x%02x%02x%02x", bytes[0], bytes[1],
                        bytes[2], bytes[3], bytes[4], bytes[5]);
}

/* ---- checks that no single option can make ---- */

static bool check_values(struct stack *s, struct str *reterr)
{
    const struct app_options *o = s->options;
    for (size_t i = 0; i < o->meta.count; i++) {
        size_t equals = str_find(o->meta.at[i], '=');
        if (equals == STR_NOT_FOUND || equals == 0) {
            *reterr = arena_printf(s->arena, "--meta %.*s: wants K=V",
                                   STR_ARG(o->meta.at[i]));
            return false;
        }
    }
    if (o->max_hold_ms <= 0) {
        *reterr = STR("--max-hold must be longer than nothing");
        return false;
    }
    if (o->json_depth < 1 || o->json_depth > JSON_DEPTH_MAX) {
        *reterr = arena_printf(s->arena, "--json-depth is between 1 and %d",
                               JSON_DEPTH_MAX);
        return false;
    }
    return true;
}

static bool check_options(struct stack *s, struct str *reterr)
{
    const struct app_options *o = s->options;
    if (!parse_listen(s->arena, o->listen, &s->at, reterr)) {
        return false;
    }
    if (o->upstream.len > 0 &&
        !parse_upstream(s->arena, o->upstream, &s->upstream_url, &s->emulated,
                        reterr)) {
        return false;
    }
    if (!loops_check_options(s->arena, o, reterr) ||
        !tape_check_options(o, reterr)) {
        return false;
    }
    if (o->no_verify && !s->emulated && o->replay.len == 0) {
        *reterr = STR("--no-verify is for emulators: it needs an --upstream "
                      "on this machine's loopback");
        return false;
    }
    if (!check_values(s, reterr)) {
        return false;
    }
    if ((o->tls_cert.len > 0) != (o->tls_key.len > 0)) {
        *reterr = STR("--tls-cert and --tls-key go together");
        return false;
    }
    if (!s->at.loopback && o->tls_cert.len == 0 && !o->plaintext_ok) {
        *reterr = arena_printf(
            s->arena,
            "--listen %.*s is beyond loopback: give --tls-cert and --tls-key, "
            "or say --plaintext-ok",
            STR_ARG(o->listen));
        return false;
    }
    return true;
}

/* ---- the parts ---- */

static int64_t flush_log(void *ctx)
{
    journal_flush(ctx);
    return -1;
}

/* Several processes would write over each other's status line. */
static void open_status(struct stack *s)
{
    if (stderr_is_terminal() && !s->options->background && s->loops == NULL) {
        s->status = report_status_new(clock_monotonic_ms);
        events_add(&s->events, report_status_sink(s->status));
        timer_arm(loop_timers(s->loop), &s->status_tick, TICK_MS);
    }
}

/* One for all processes: each writes whole lines to its end. */
static bool open_journal(struct stack *s, struct str *reterr)
{
    const struct app_options *o = s->options;
    if (o->log.len == 0) {
        return true;
    }
    const struct journal_config config = {
        .path = o->log,
        .run_id = s->run_id,
        .stage = o->stage,
        .context = o->context,
        .meta = o->meta.at,
        .meta_count = o->meta.count,
        .wall_ms = clock_wall_ms,
    };
    s->journal = journal_open(&config, s->arena, reterr);
    if (s->journal == NULL) {
        return false;
    }
    events_add(&s->events, journal_sink(s->journal));
    return true;
}

void log_each_turn(struct journal *journal, struct loop *loop,
                   struct loop_hook *hook)
{
    if (journal != NULL) {
        *hook = (struct loop_hook){flush_log, journal, NULL};
        loop_add_hook(loop, hook);
    }
}

void stack_make_loop(struct stack *s)
{
    s->loop = loop_new();
    /* The hook that is added first runs last: nothing waits while it sleeps. */
    log_each_turn(s->journal, s->loop, &s->log_last);
}

static void learn(void *ctx, const struct aws_call *call,
                  const struct http_response *response)
{
    creds_learn(ctx, call, response);
}

static void open_upstream(struct stack *s)
{
    const struct app_options *o = s->options;
    const struct upstream_config up = {
        .use_proxy_environment = o->proxy_from_environment,
        .ca_bundle = o->ca_bundle,
    };
    s->upstream = upstream_new(s->loop, &up);
    const struct creds_config creds = {
        .timers = loop_timers(s->loop),
        .wall_ms = clock_wall_ms,
        .registry = s->registry,
        .events = &s->events,
        .upstream = upstream_client(s->upstream),
        .environment = environ,
        .profile = o->profile,
        .region = o->region,
        .upstream_url = s->upstream_url,
        .no_verify = o->no_verify,
        .minted =
            s->seat != NULL ? s->seat->minted : (struct sigv4_credentials){0},
        .others =
            s->seat != NULL ? seat_others(s->seat) : (struct creds_others){0},
    };
    s->creds = creds_new(&creds);
}

/* A replay has nothing that could be stolen, so any keys will do; and nowhere
 * to look for its own: not even the instance's metadata. */
static void open_nowhere(struct stack *s)
{
    static char no_metadata[] = "AWS_EC2_METADATA_DISABLED=true";
    static char *const nothing[] = {no_metadata, NULL};
    const struct creds_config creds = {
        .timers = loop_timers(s->loop),
        .wall_ms = clock_wall_ms,
        .registry = s->registry,
        .events = &s->events,
        .upstream = replay_client(s->replay),
        .environment = nothing,
        .region = tape_region(s),
        .no_verify = true,
    };
    s->creds = creds_new(&creds);
}

/* No two processes may give out one id. */
static struct str id_prefix(const struct stack *s)
{
    return s->seat == NULL ? s->run_id
                           : arena_printf(s->arena, "%.*s-%zu",
                                          STR_ARG(s->run_id), s->seat->number);
}

static void open_engine(struct stack *s)
{
    const struct app_options *o = s->options;
    bool replays = s->replay != NULL;
    uint64_t seed = 0;
    rng_secret(&seed, sizeof(seed));
    struct engine_config engine = {
        .timers = tape_timers(s),
        .wall_ms = clock_wall_ms,
        .registry = s->registry,
        .events = &s->events,
        .client = tape_client(s, creds_signing_client(s->creds)),
        .rules = s->rules,
        .schedule = s->state.schedule,
        .upstream_url = s->upstream_url,
        .read_rate = s->emulated || replays ? EMULATOR_READS_A_SECOND : 0,
        .sharers = s->seat != NULL ? (unsigned)s->seat->count : 0,
        .run_id = id_prefix(s),
        .level = (enum rules_level)o->level,
        .timeout_ms = o->timeout_ms,
        .max_hold_ms = o->max_hold_ms,
        .call_timeout_ms = o->upstream_timeout_ms,
        .on_unsettled = policy_of_choice(o->on_unsettled),
        .on_failed = policy_of_choice(o->on_failed),
        .on_unverifiable = policy_of_choice(o->on_unverifiable),
        /* A recording has one answer for each read. */
        .hedges = !replays && o->record.len == 0,
        .observe = o->observe,
        .without_regrets = replays,
        .report_reads = s->journal != NULL || o->dashboard,
        .interim_ms = o->interim && !replays ? INTERIM_MS : 0,
        .held_limit = (size_t)o->held_limit,
        .body_limit = o->body_limit,
        .seed = seed,
        .learn = replays ? NULL : learn,
        .learn_ctx = s->creds,
        .elsewhere = s->seat != NULL ? &s->seat->elsewhere : NULL,
    };
    tape_apply_settings(s, &engine);
    s->engine = engine_new(&engine);
}

static bool open_middle(struct stack *s)
{
    bool replays = s->options->replay.len > 0;
    if (!replays) {
        open_upstream(s);
    }
    if (!tape_open(s)) {
        return false;
    }
    if (replays) {
        open_nowhere(s);
        s->upstream_url = STR("http://127.0.0.1"); /* no call ever goes there */
    }
    open_engine(s);
    return true;
}

static size_t connection_limit(const struct stack *s)
{
    uint64_t files = 0;
    size_t wanted = (size_t)s->options->connection_limit;
    size_t most = process_connections(wanted, &files);
    if (most < wanted && (s->seat == NULL || s->seat->number == 1)) {
        print_note("the system allows this process %llu open files, so at most "
                   "%zu connections of clients are taken at one time, not %zu "
                   "(--connection-limit); `ulimit -Hn` may be raised",
                   (unsigned long long)files, most, wanted);
    }
    return most;
}

void stack_set_address(struct stack *s, uint16_t port)
{
    bool tls = s->options->tls_cert.len > 0;
    s->at.port = port;
    s->host = listen_reachable(s->at.host);
    bool v6 = str_find(s->host, ':') != STR_NOT_FOUND;
    s->url = arena_printf(s->arena, "%s://%s%.*s%s:%u", tls ? "https" : "http",
                          v6 ? "[" : "", STR_ARG(s->host), v6 ? "]" : "",
                          (unsigned)port);
}

static bool open_door(struct stack *s, struct str *reterr)
{
    const struct app_options *o = s->options;
    const struct creds_gate_config gate = {
        .port = s->at.port,
        .any_host = !s->at.loopback,
        .body_limit = o->body_limit,
        .chunk_limit = o->chunk_limit,
        .memory_limit = o->memory_limit,
        .body_ms = o->body_timeout_ms,
    };
    s->gate =
        creds_verifying_handler(s->creds, &gate, engine_handler(s->engine));
    struct server_config server = {
        .host = s->at.host,
        .port = s->at.port,
        .shares_port = s->seat != NULL,
        .header_limit = o->header_limit,
        .connection_limit = connection_limit(s),
        .head_ms = o->head_timeout_ms,
    };
    if (o->tls_cert.len > 0 &&
        (!file_read(s->arena, o->tls_cert, PEM_MAX, &server.tls_certificate,
                    reterr) ||
         !file_read(s->arena, o->tls_key, PEM_MAX, &server.tls_key, reterr))) {
        return false;
    }
    s->server = server_new(s->loop, &server, s->gate, s->arena, reterr);
    if (s->server == NULL) {
        return false;
    }
    creds_gate_set_port(s->gate, server_port(s->server));
    if (o->memory_limit > 0 && mem_in_use() >= o->memory_limit) {
        *reterr = arena_printf(s->arena,
                               "--memory-limit: settled takes %zu bytes before "
                               "the first call",
                               mem_in_use());
        return false;
    }
    stack_set_address(s, server_port(s->server));
    return s->seat == NULL || seat_open_door(s->seat, &gate, server, reterr);
}

/* ---- the end: first the grace, then what still waits is given up ---- */

static void on_end(void *ctx)
{
    struct stack *s = ctx;
    struct timers *timers = loop_timers(s->loop);
    bool idle = engine_active(s->engine) == 0 &&
                server_active(s->server) == 0 &&
                (s->seat == NULL || seat_is_idle(s->seat));
    int64_t now = timers_now_ms(timers);
    if (engine_active(s->engine) > 0 || now < s->end_by_ms) {
        s->busy_ms = now;
    }
    /* The last answers get a second to leave. */
    if (idle || now > s->busy_ms + 1000) {
        loop_stop(s->loop);
        return;
    }
    if (now >= s->end_by_ms) {
        engine_finish(s->engine);
    }
    timer_arm(timers, &s->end, DRAIN_MS);
}

static void on_tick(void *ctx)
{
    struct stack *s = ctx;
    struct buf line = {0};
    /* One column less: some terminals wrap at the last one. */
    report_status_write(s->status, stderr_width() - 1, &line);
    print_error_text(buf_str(&line));
    buf_free(&line);
    timer_arm(loop_timers(s->loop), &s->status_tick, TICK_MS);
}

bool stack_start(struct stack *s)
{
    struct str why = STR_NONE;
    stack_make_loop(s);
    timer_init(&s->status_tick, on_tick, s);
    timer_init(&s->end, on_end, s);
    open_status(s);
    if (s->summary != NULL) {
        events_add(&s->events, report_summary_sink(s->summary));
    }
    if (s->seat != NULL) {
        seat_open(s->seat, s);
    }
    if (!state_open(s) || !open_middle(s)) {
        return false;
    }
    if (!open_door(s, &why) || !watch_open(s, &why)) {
        print_sentence(why);
        return false;
    }
    /* Answers leave in the server's hook: whoever has one finds it logged. */
    log_each_turn(s->journal, s->loop, &s->log_first);
    return true;
}

bool stack_open(struct stack *s, const struct app_options *options,
                struct report_summary *summary, int *ret_status)
{
    struct str why = STR_NONE;
    *s = (struct stack){
        .arena = arena_new(), .options = options, .summary = summary};
    *ret_status = 2;
    if (!check_options(s, &why)) {
        print_sentence(why);
        return false;
    }
    *ret_status = 1;
    s->run_id =
        options->run_id.len > 0 ? options->run_id : make_run_id(s->arena);
    s->registry = aws_registry_new();
    const struct json_limits json = {(size_t)options->json_depth,
                                     (size_t)options->json_nodes};
    aws_registry_limit_json(s->registry, &json);
    s->rules = load_rules(s->registry, &options->rules, options->builtin_rules);
    if (s->rules == NULL) {
        return false;
    }
    if (!open_journal(s, &why)) {
        print_sentence(why);
        return false;
    }
    return options->loops > 1 ? loops_open(s, ret_status) : stack_start(s);
}

struct sigv4_credentials stack_minted(const struct stack *s)
{
    return s->loops != NULL ? loops_minted(s->loops) : creds_minted(s->creds);
}

struct str stack_region(const struct stack *s)
{
    return s->loops != NULL ? loops_region(s->loops) : creds_region(s->creds);
}

void stack_say_started(struct stack *s)
{
    const struct event event = {.kind = EVENT_RUN_STARTED, .detail = s->url};
    events_say(&s->events, &event);
}

void stack_seal(struct stack *s)
{
    if (s->replay != NULL) {
        (void)process_forbid_network();
    }
}

bool stack_close(struct stack *s)
{
    bool served = s->server != NULL;
    if (s->loop != NULL) {
        const struct event event = {.kind = EVENT_RUN_FINISHED};
        if (s->seat == NULL) {
            events_say(&s->events, &event);
        }
        timer_cancel(loop_timers(s->loop), &s->status_tick);
        timer_cancel(loop_timers(s->loop), &s->end);
    }
    if (s->server != NULL) {
        server_free(s->server);
    }
    if (s->seat != NULL) {
        seat_close_door(s->seat);
    }
    watch_close(s);
    engine_free(s->engine);
    state_close(s);
    bool good = !served || tape_conclude(s);
    good = tape_close(s) && good;
    creds_free(s->creds);
    upstream_free(s->upstream);
    good = loops_close(s->loops) && good;
    if (s->journal != NULL) {
        journal_flush(s->journal);
    }
    if (s->journal != NULL && journal_lost(s->journal) > 0) {
        print_note("%llu lines could not be written to %.*s",
                   (unsigned long long)journal_lost(s->journal),
                   STR_ARG(s->options->log));
    }
    journal_close(s->journal);
    report_status_free(s->status);
    rules_unref(s->rules);
    aws_registry_free(s->registry);
    loop_free(s->loop);
    arena_free(s->arena);
    return good;
}

/* The first of several processes, which has neither server nor engine. */
static bool leads(const struct stack *s)
{
    return s->loops != NULL && s->seat == NULL;
}

void stack_reload(struct stack *s)
{
    struct rules *fresh =
        load_rules(s->registry, &s->options->rules, s->options->builtin_rules);
    struct event event = {.kind = EVENT_RULES_REFUSED};
    if (fresh == NULL) {
        print_note("the rules have errors; the ones before stay in force");
    } else {
        event.kind = EVENT_RULES_LOADED;
        rules_unref(s->rules);
        s->rules = fresh;
        if (leads(s)) {
            loops_reload(s->loops);
        } else {
            engine_set_rules(s->engine, fresh);
        }
    }
    if (s->seat != NULL) {
        return; /* the first process has said it */
    }
    if (fresh != NULL) {
        print_note("rules reloaded: %zu operations", rules_count(fresh));
    }
    events_say(&s->events, &event);
}

void stack_end(struct stack *s, int64_t grace_ms)
{
    if (leads(s)) {
        loops_end(s->loops, grace_ms);
        return;
    }
    struct timers *timers = loop_timers(s->loop);
    int64_t by_ms = timers_now_ms(timers) + grace_ms;
    bool again = timer_is_armed(&s->end); /* asked a second time: at once */
    s->end_by_ms = again ? timers_now_ms(timers) : by_ms;
    s->busy_ms = timers_now_ms(timers);
    if (!again) {
        server_stop_accepting(s->server);
    }
    timer_wake(timers, &s->end);
}
