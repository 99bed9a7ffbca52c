/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a recording for replay, and what of it others ask for. Here because
 * all that can be wrong is told at once. Start at replay_open(). */
#include "replay/private.h"

#include "base/mem.h"

#include <assert.h>

enum { SWAP_BUCKETS = 4096, BODY_KEPT_LEAST = 1024 * 1024 };

static const struct span nowhere = {0, 0};

/* ---- redactors: one for each key ---- */

static const unsigned char *key_of(const struct recording_session *session)
{
    return session->facts.redact && session->keyed ? session->key : NULL;
}

static bool same_key(const unsigned char *a, const unsigned char *b)
{
    return a == b ||
           (a != NULL && b != NULL && memcmp(a, b, RECORDING_KEY_SIZE) == 0);
}

static struct recording_redactor *make_redactor(const struct replay *replay,
                                                const unsigned char *key)
{
    const struct recording *recording = replay->recording;
    struct recording_redactor *redactor =
        recording_redactor_new(replay->config.registry, key);
    for (size_t i = 0; key != NULL && i < recording->placeholder_count; i++) {
        recording_redactor_keep(redactor, recording->placeholders[i]);
    }
    return redactor;
}

static void make_redactors(struct replay *replay)
{
    const struct recording *recording = replay->recording;
    size_t count = recording->session_count;
    const unsigned char **keys =
        ARENA_ARRAY(replay->arena, const unsigned char *, count);
    replay->redactors =
        ARENA_ARRAY(replay->arena, struct recording_redactor *, count);
    replay->redactor_of = ARENA_ARRAY(replay->arena, size_t, count);
    for (size_t i = 0; i < count; i++) {
        const unsigned char *key = key_of(&recording->sessions[i]);
        size_t at = 0;
        while (at < replay->redactor_count && !same_key(keys[at], key)) {
            at++;
        }
        if (at == replay->redactor_count) {
            keys[at] = key;
            replay->redactors[at] = make_redactor(replay, key);
            replay->redactor_count++;
        }
        replay->redactor_of[i] = at;
    }
}

size_t replay_redactor_index(const struct replay *replay,
                             const struct recording_session *session)
{
    return replay->redactor_of[session - replay->recording->sessions];
}

struct recording_redactor *
replay_redactor(const struct replay *replay,
                const struct recording_session *session)
{
    return replay->redactors[replay_redactor_index(replay, session)];
}

/* Without the key nothing can be told to be the same. */
static bool check_keys(const struct replay *replay, struct diag *errors)
{
    const struct recording *recording = replay->recording;
    for (size_t i = 0; i < recording->session_count; i++) {
        const struct recording_session *session = &recording->sessions[i];
        if (session->facts.redact && !session->keyed &&
            recording->placeholder_count > 0) {
            diag_add(errors, NULL, nowhere,
                     "%.*s was recorded with a key of its own, and "
                     "%s does not give it",
                     STR_ARG(replay->config.path), RECORDING_KEY_VARIABLE);
            return false;
        }
    }
    return true;
}

/* ---- placeholders, sorted, to be found ---- */

static bool find_placeholder(const struct replay *replay, struct str text,
                             size_t *ret_at)
{
    size_t low = 0;
    size_t high = replay->recording->placeholder_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(replay->placeholders[middle], text);
        if (order == 0) {
            *ret_at = middle;
            return true;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

bool replay_is_placeholder(const struct replay *replay, struct str text)
{
    size_t at = 0;
    return find_placeholder(replay, text, &at);
}

/* Merges two sorted runs. */
static void merge(const struct str *from, struct str *to, size_t left,
                  size_t middle, size_t right)
{
    size_t a = left;
    size_t b = middle;
    for (size_t i = left; i < right; i++) {
        bool first =
            b == right || (a < middle && str_compare(from[a], from[b]) <= 0);
        to[i] = first ? from[a++] : from[b++];
    }
}

static void sort_placeholders(struct replay *replay)
{
    size_t count = replay->recording->placeholder_count;
    struct str *from = ARENA_ARRAY(replay->arena, struct str, count);
    struct str *to = ARENA_ARRAY(replay->arena, struct str, count);
    if (count > 0) {
        memcpy(from, replay->recording->placeholders, count * sizeof(from[0]));
    }
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t left = 0; left < count; left += 2 * width) {
            size_t middle = left + width < count ? left + width : count;
            size_t right = left + 2 * width < count ? left + 2 * width : count;
            merge(from, to, left, middle, right);
        }
        struct str *other = from;
        from = to;
        to = other;
    }
    replay->placeholders = from;
}

/* ---- opening ---- */

static int64_t virtual_ms(void *clock)
{
    return ((const struct replay *)clock)->now_ms;
}

/* A longer body can be none of those recorded: a line holds its body. A secret
 * may be longer than its placeholder, and framing may come on top: hence not to
 * the byte. */
static size_t longest_body(struct str text)
{
    size_t longest = 0;
    struct str rest = text;
    while (rest.ptr != NULL) {
        struct str line = str_cut(&rest, '\n');
        longest = line.len > longest ? line.len : longest;
    }
    return longest < BODY_KEPT_LEAST / 2 ? BODY_KEPT_LEAST : longest * 2;
}

static void copy_config(struct replay *replay,
                        const struct replay_config *config)
{
    replay->config = *config;
    replay->config.path = arena_str(replay->arena, config->path);
    replay->config.variables = NULL;
    replay->config.ignored = NULL;
    replay_ignored_init(&replay->ignored, replay->arena, config->ignored,
                        config->ignored_count);
    if (config->real_time) {
        timers_init(&replay->timers, config->now_ms, NULL);
    } else {
        timers_init(&replay->timers, virtual_ms, replay);
    }
}

static bool load(struct replay *replay, const struct replay_config *config,
                 struct diag *errors, struct diag *warnings)
{
    bool good = replay_variables_init(&replay->variables, replay->arena,
                                      config->variables, config->variable_count,
                                      errors);
    replay->recording =
        recording_load(config->path, &config->read, errors, warnings);
    return replay->recording != NULL && check_keys(replay, errors) && good;
}

struct replay *replay_open(const struct replay_config *config,
                           struct diag *errors, struct diag *warnings)
{
    struct replay *replay = mem_new(sizeof(*replay));
    replay->client = flight_client;
    replay->sink.hear = replay_outcome_hear;
    replay->arena = arena_new();
    replay->now_ms = 1;
    replay->swaps =
        (struct swaps){.arena = replay->arena, .bucket_count = SWAP_BUCKETS};
    copy_config(replay, config);
    if (!load(replay, config, errors, warnings)) {
        replay_close(replay);
        return NULL;
    }
    make_redactors(replay);
    sort_placeholders(replay);
    replay->body_kept = longest_body(replay->recording->source->text);
    replay_index_build(replay);
    return replay;
}

void replay_close(struct replay *replay)
{
    if (replay == NULL) {
        return;
    }
    assert(replay->flights == NULL);
    for (size_t i = 0; i < replay->redactor_count; i++) {
        recording_redactor_free(replay->redactors[i]);
    }
    replay_variables_done(&replay->variables);
    timers_done(&replay->timers);
    if (replay->recording != NULL) {
        recording_free(replay->recording);
    }
    arena_free(replay->arena);
    mem_free(replay);
}

/* ---- what others ask ---- */

struct http_client *replay_client(struct replay *replay)
{
    return &replay->client;
}

struct event_sink *replay_sink(struct replay *replay)
{
    return &replay->sink;
}

struct str replay_region(const struct replay *replay)
{
    const struct recording *recording = replay->recording;
    for (size_t i = 0; i < recording->entry_count; i++) {
        if (recording->entries[i].kind == RECORDING_CALL) {
            return recording->entries[i].region;
        }
    }
    return STR_NONE;
}

bool replay_settings(const struct replay *replay,
                     struct recording_settings *ret_settings)
{
    const struct recording *recording = replay->recording;
    if (recording->session_count == 0 ||
        !recording->sessions[0].facts.has_settings) {
        return false;
    }
    *ret_settings = recording->sessions[0].facts.settings;
    return true;
}

struct str replay_name(struct arena *arena, struct str service,
                       struct str operation)
{
    if (service.len == 0) {
        service = STR("an unknown service");
    }
    if (operation.len == 0) {
        operation = STR("(an operation without a name)");
    }
    return arena_printf(arena, "%.*s %.*s", STR_ARG(service),
                        STR_ARG(operation));
}
