/* SPDX-License-Identifier: Apache-2.0 */
/* --record and --replay: what stands between the engine and the network, or in
 * its place. Start at tape_open(). */
#include "app/private.h"

#include "base/clock.h"

#include <stdlib.h>

/* ---- what goes together ---- */

bool tape_check_options(const struct app_options *o, struct str *reterr)
{
    const struct {
        bool given;
        const char *why;
    } with_replay[] = {
        {o->record.len > 0, "--record and --replay exclude each other"},
        {o->upstream.len > 0, "--replay has no --upstream: it answers from the "
                              "recording alone"},
        {o->profile.len > 0,
         "--replay has no --profile: it loads no credentials"},
        {o->observe, "--observe has nothing to observe in a --replay"},
    };
    if (o->replay.len > 0) {
        for (size_t i = 0; i < sizeof(with_replay) / sizeof(with_replay[0]);
             i++) {
            if (with_replay[i].given) {
                *reterr = str_of(with_replay[i].why);
                return false;
            }
        }
        return true;
    }
    if (o->variables.count > 0 || o->ignored.count > 0 || o->session.len > 0 ||
        o->allow_unused || o->allow_repeats || o->exact || o->real_time) {
        *reterr = STR("--variable, --ignore, --session, --allow-unused, "
                      "--allow-repeats, --exact and --real-time go with "
                      "--replay FILE");
        return false;
    }
    return true;
}

static struct str key_from_environment(void)
{
    return str_of(getenv(RECORDING_KEY_VARIABLE));
}

/* ---- recording ---- */

/* It is told at once; the command goes on, for half a deployment helps
 * nobody, and the run has failed in the end. */
static void on_record_failed(void *ctx)
{
    struct stack *s = ctx;
    print_note("%.*s can no longer be written: the recording ends here, and "
               "this run fails",
               STR_ARG(s->options->record));
}

static bool open_recorder(struct stack *s, struct str *reterr)
{
    const struct app_options *o = s->options;
    const struct recording_recorder_config config = {
        .timers = loop_timers(s->loop),
        .wall_ms = clock_wall_ms,
        .registry = s->registry,
        .next = creds_signing_client(s->creds),
        .path = o->record,
        .session = {.id = s->run_id,
                    .source = "settled",
                    .redact = o->redact,
                    .key_text = key_from_environment(),
                    .has_settings = true,
                    .settings = {.timeout_ms = o->timeout_ms,
                                 .max_hold_ms = o->max_hold_ms,
                                 .level = o->level,
                                 .on_unsettled = o->on_unsettled,
                                 .on_failed = o->on_failed,
                                 .on_unverifiable = o->on_unverifiable}},
        .body_limit = o->record_limit,
        .on_failure = &s->record_failed,
    };
    timer_init(&s->record_failed, on_record_failed, s);
    s->recorder = recording_recorder_open(&config, s->arena, reterr);
    if (s->recorder == NULL) {
        return false;
    }
    if (!o->redact) {
        print_note("--no-redact: secrets go into %.*s as they are; do not "
                   "share it",
                   STR_ARG(o->record));
    }
    events_add(&s->events, recording_recorder_sink(s->recorder));
    return true;
}

/* ---- replaying ---- */

static int64_t before_sleep(void *ctx)
{
    return replay_turn(ctx);
}

static bool open_replay(struct stack *s)
{
    const struct app_options *o = s->options;
    struct diag errors;
    struct diag warnings;
    diag_init(&errors, s->arena);
    diag_init(&warnings, s->arena);
    warnings.word = "warning";
    const struct replay_config config = {
        .registry = s->registry,
        .path = o->replay,
        .read = {.key_text = key_from_environment(), .session = o->session},
        .variables = o->variables.at,
        .variable_count = o->variables.count,
        .ignored = o->ignored.at,
        .ignored_count = o->ignored.count,
        .real_time = o->real_time,
        .allow_unused = o->allow_unused,
        .allow_repeats = o->allow_repeats,
        .exact = o->exact,
        .now_ms = clock_monotonic_ms,
    };
    s->replay = replay_open(&config, &errors, &warnings);
    print_diag(&warnings);
    print_diag(&errors);
    if (s->replay == NULL) {
        return false;
    }
    s->replay_hook = (struct loop_hook){before_sleep, s->replay, NULL};
    loop_add_hook(s->loop, &s->replay_hook);
    events_add(&s->events, replay_sink(s->replay));
    return true;
}

/* ---- the door to this file ---- */

bool tape_open(struct stack *s)
{
    struct str why = STR_NONE;
    if (s->options->replay.len > 0) {
        return open_replay(s);
    }
    if (s->options->record.len > 0 && !open_recorder(s, &why)) {
        print_sentence(why);
        return false;
    }
    return true;
}

struct http_client *tape_client(struct stack *s, struct http_client *signing)
{
    if (s->replay != NULL) {
        return replay_client(s->replay);
    }
    return s->recorder != NULL ? recording_recorder_client(s->recorder)
                               : signing;
}

struct str tape_region(const struct stack *s)
{
    const struct str places[] = {
        s->options->region,
        str_of(getenv("AWS_REGION")),
        str_of(getenv("AWS_DEFAULT_REGION")),
        replay_region(s->replay),
    };
    size_t i = 0;
    while (i + 1 < sizeof(places) / sizeof(places[0]) && places[i].len == 0) {
        i++;
    }
    return places[i];
}

enum rules_policy policy_of_choice(int choice)
{
    return choice == 0 ? POLICY_FAIL : POLICY_PASS;
}

void tape_apply_settings(const struct stack *s, struct engine_config *config)
{
    struct recording_settings recorded;
    if (s->replay == NULL || !replay_settings(s->replay, &recorded)) {
        return;
    }
    config->timeout_ms = recorded.timeout_ms;
    if (recorded.max_hold_ms > 0) {
        config->max_hold_ms = recorded.max_hold_ms;
    }
    config->level = (enum rules_level)recorded.level;
    config->on_unsettled = policy_of_choice(recorded.on_unsettled);
    config->on_failed = policy_of_choice(recorded.on_failed);
    config->on_unverifiable = policy_of_choice(recorded.on_unverifiable);
}

struct timers *tape_timers(struct stack *s)
{
    return s->replay != NULL ? replay_timers(s->replay) : loop_timers(s->loop);
}

bool tape_conclude(struct stack *s)
{
    bool good = true;
    if (s->replay != NULL) {
        struct buf text = {0};
        replay_write_verdict(s->replay, &text);
        print_error_text(buf_str(&text));
        buf_free(&text);
        good = replay_is_good(s->replay);
    }
    if (s->recorder != NULL && !s->options->redact) {
        print_note("%.*s holds secrets (--no-redact)",
                   STR_ARG(s->options->record));
    }
    return good;
}

/* False when the recording is not whole. */
bool tape_close(struct stack *s)
{
    bool good = true;
    if (s->loop != NULL) {
        timer_cancel(loop_timers(s->loop), &s->record_failed);
    }
    if (s->recorder != NULL) {
        good = recording_recorder_close(s->recorder);
        s->recorder = NULL;
    }
    replay_close(s->replay);
    s->replay = NULL;
    return good;
}
