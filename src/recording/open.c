/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a recording to append a session: what may be appended to, which key
 * the session gets, and its first line. Start at recording_writer_open(). */
#include "recording/private.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"

enum { LARGEST = 1024 * 1024 * 1024, ID_BYTES = 4 };

/* What the file that is there says of keys. */
struct found {
    bool sessions;
    bool cut;   /* its last line has no end */
    bool keyed; /* `key` is in the file */
    unsigned char key[RECORDING_KEY_SIZE];
    struct str check; /* of a key that is not in the file; STR_NONE: none */
};

struct opening {
    struct arena *arena;
    struct str path;
    const struct recording_session_facts *facts;
    struct found found;
    struct str *reterr;
};

static bool refuse(struct opening *o, const char *why)
{
    *o->reterr = arena_printf(o->arena, "%.*s %s", STR_ARG(o->path), why);
    return false;
}

/* ---- what is there ---- */

static void note_session(struct found *found, const struct json *line)
{
    const struct json *redaction = json_get(line, STR("redaction"));
    struct str key = json_get_text(redaction, "key");
    struct str check = json_get_text(redaction, "check");
    if (found->keyed || found->check.ptr != NULL) {
        return;
    }
    if (recording_key_from_hex(key, found->key)) {
        found->keyed = true;
    } else if (str_eq(key, STR("environment"))) {
        found->check = check;
    }
}

static bool note_sessions(struct opening *o, struct str text)
{
    struct str rest = text;
    while (rest.len > 0) {
        struct str text_line = str_cut(&rest, '\n');
        const struct json *line = NULL;
        if (recording_is(text_line)) {
            line = json_read(o->arena, text_line, &json_default_limits);
        }
        if (line == NULL) {
            continue;
        }
        const struct json *version = json_get(line, STR("version"));
        if (version == NULL || version->number != RECORDING_VERSION) {
            return refuse(o, "was written by another version of settled: "
                             "record to a new file");
        }
        note_session(&o->found, line);
    }
    return true;
}

/* A device or a pipe is written to without a look. */
static bool look_at_file(struct opening *o)
{
    struct str text = STR_NONE;
    if (!file_is_regular(o->path)) {
        return true;
    }
    if (!file_read(o->arena, o->path, LARGEST, &text, o->reterr)) {
        return false;
    }
    if (text.len == 0) {
        return true;
    }
    if (!recording_is(text)) {
        return refuse(o, "is there and is no recording: it is left alone");
    }
    o->found.sessions = true;
    o->found.cut = text.ptr[text.len - 1] != '\n';
    return note_sessions(o, text);
}

/* ---- the key ---- */

static bool fit_own_key(struct opening *o, unsigned char *key)
{
    if (!recording_key_from_text(o->facts->key_text, key)) {
        *o->reterr = arena_printf(o->arena,
                                  RECORDING_KEY_VARIABLE
                                  " must have at least %d characters",
                                  KEY_TEXT_LEAST);
        return false;
    }
    if (o->found.keyed && memcmp(o->found.key, key, RECORDING_KEY_SIZE) != 0) {
        return refuse(o, "holds a key of its own: unset "
                         "" RECORDING_KEY_VARIABLE ", or record to a new file");
    }
    if (o->found.check.ptr != NULL &&
        !str_eq(o->found.check, recording_key_check(o->arena, key))) {
        return refuse(o, "was recorded with another key than the one in "
                         "" RECORDING_KEY_VARIABLE);
    }
    return true;
}

static bool choose_key(struct opening *o, unsigned char *key)
{
    if (o->facts->key_text.len > 0) {
        return fit_own_key(o, key);
    }
    if (o->found.check.ptr != NULL) {
        return refuse(o, "was recorded with a key that it does not hold: set "
                         "" RECORDING_KEY_VARIABLE);
    }
    if (o->found.keyed) {
        memcpy(key, o->found.key, RECORDING_KEY_SIZE);
    } else if (o->facts->key != NULL) {
        memcpy(key, o->facts->key, RECORDING_KEY_SIZE);
    } else {
        rng_secret(key, RECORDING_KEY_SIZE);
    }
    return true;
}

/* ---- the session ---- */

/* Run ids may repeat; sessions may not. */
static struct str make_id(struct arena *arena, struct str run)
{
    unsigned char bytes[ID_BYTES];
    rng_secret(bytes, sizeof(bytes));
    return arena_printf(arena, "%.*s-%02x%02x%02x%02x",
                        STR_ARG(run.len > 0 ? run : STR("run")), bytes[0],
                        bytes[1], bytes[2], bytes[3]);
}

static void write_redaction(struct recording_writer *writer,
                            const struct recording_session_facts *facts,
                            const unsigned char *key)
{
    struct buf *line = &writer->line;
    recording_line_open(line, "redaction");
    if (!facts->redact) {
        recording_line_flag(line, "off", true);
    } else if (facts->key_text.len > 0) {
        recording_line_text(line, "key", STR("environment"));
        recording_line_text(line, "check",
                            recording_key_check(writer->arena, key));
    } else {
        recording_line_text(line, "key", recording_key_hex(writer->arena, key));
    }
    recording_line_close(line);
}

static void write_policy(struct buf *line, const char *name, int pass)
{
    recording_line_text(line, name, pass != 0 ? STR("pass") : STR("fail"));
}

static void write_settings(struct buf *line,
                           const struct recording_settings *settings)
{
    recording_line_open(line, "settings");
    recording_line_number(line, "timeout_ms", settings->timeout_ms);
    recording_line_number(line, "max_hold_ms", settings->max_hold_ms);
    recording_line_number(line, "level", settings->level);
    write_policy(line, "on_unsettled", settings->on_unsettled);
    write_policy(line, "on_failed", settings->on_failed);
    write_policy(line, "on_unverifiable", settings->on_unverifiable);
    recording_line_close(line);
}

static bool write_session(struct recording_writer *writer,
                          const struct recording_session_facts *facts,
                          const unsigned char *key)
{
    struct buf *line = &writer->line;
    recording_writer_begin(writer, RECORDING_SESSION);
    recording_line_text(line, "format", STR(RECORDING_FORMAT));
    recording_line_number(line, "version", RECORDING_VERSION);
    recording_line_text(line, "at", clock_iso(writer->arena, facts->at_ms));
    recording_line_text(line, "settled", STR(SETTLED_VERSION));
    recording_line_text(
        line, "source",
        str_of(facts->source != NULL ? facts->source : "settled"));
    write_redaction(writer, facts, key);
    if (facts->has_settings) {
        write_settings(line, &facts->settings);
    }
    return recording_writer_put(writer);
}

static struct recording_writer *
make_writer(int fd, struct aws_registry *registry,
            const struct recording_session_facts *facts,
            const unsigned char *key)
{
    struct recording_writer *writer = mem_new(sizeof(*writer));
    writer->arena = arena_new();
    writer->fd = fd;
    writer->registry = registry;
    writer->session = facts->whole_id ? arena_str(writer->arena, facts->id)
                                      : make_id(writer->arena, facts->id);
    writer->redactor =
        recording_redactor_new(registry, facts->redact ? key : NULL);
    return writer;
}

static struct recording_writer *begin(struct opening *o, int fd,
                                      struct aws_registry *registry)
{
    unsigned char key[RECORDING_KEY_SIZE] = {0};
    if (!look_at_file(o) || (o->facts->redact && !choose_key(o, key))) {
        return NULL;
    }
    struct recording_writer *writer = make_writer(fd, registry, o->facts, key);
    /* A line that a kill has cut stays a line of its own. */
    bool good = file_make_private(fd) &&
                (!o->found.cut || file_write(fd, STR("\n"))) &&
                write_session(writer, o->facts, key);
    mem_wipe(key, sizeof(key));
    if (!good) {
        (void)refuse(o, "cannot be written to");
        writer->failed = true;
        writer->fd = -1;
        (void)recording_writer_close(writer);
        return NULL;
    }
    return writer;
}

/* Locked, so that of two runs that begin a file at once the second finds the
 * key of the first. */
static struct recording_writer *open_file(struct opening *o,
                                          struct aws_registry *registry)
{
    unsigned char ignored[RECORDING_KEY_SIZE];
    if (o->facts->redact && o->facts->key_text.len > 0 &&
        !fit_own_key(o, ignored)) {
        return NULL; /* before a file is made */
    }
    mem_wipe(ignored, sizeof(ignored));
    int fd = file_open_append(o->arena, o->path, o->reterr);
    if (fd < 0) {
        return NULL;
    }
    file_lock(fd);
    struct recording_writer *writer = begin(o, fd, registry);
    file_unlock(fd);
    if (writer == NULL) {
        file_close(fd);
    }
    return writer;
}

struct recording_writer *
recording_writer_open(struct str path, struct aws_registry *registry,
                      const struct recording_session_facts *facts,
                      struct str *reterr, struct arena *arena)
{
    struct opening o = {
        .arena = arena_new(), .path = path, .facts = facts, .reterr = reterr};
    struct recording_writer *writer = open_file(&o, registry);
    if (writer == NULL) {
        *reterr = arena_str(arena, *reterr);
    }
    arena_free(o.arena);
    return writer;
}
