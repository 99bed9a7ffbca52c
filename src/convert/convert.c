/* SPDX-License-Identifier: Apache-2.0 */
/* From one file to another: what IN is, who reads it, and how OUT comes to be.
 * All that is written has passed a recording's writer, whatever OUT is. Start
 * at convert_file(). */
#include "convert/private.h"

#include "base/file.h"
#include "yaml/yaml.h"

/* A recorded hour of a busy run has some hundred thousand values. */
static const struct json_limits limits = {.depth = 64, .nodes = 8000000};

/* ---- reading ---- */

static bool read_tree(struct convert_job *job, const struct json *root)
{
    const struct json *log = json_get(root, STR("log"));
    if (json_is(json_get(log, STR("entries")), JSON_ARRAY)) {
        return convert_read_har(job, root);
    }
    if (json_get(root, STR("interactions")) != NULL ||
        (json_is(root, JSON_ARRAY) && root->count > 0 &&
         json_get(root->members[0].value, STR("request")) != NULL)) {
        return convert_read_vcr(job, root);
    }
    convert_wrong(job, (struct span){0, 1},
                  "this is no recording, no HAR (an object with log.entries) "
                  "and no cassette of vcrpy (an object with interactions)");
    return false;
}

/* YAML holds nearly all of JSON; but who writes JSON wants to hear of JSON. */
static bool read_text(struct convert_job *job, struct str text)
{
    const struct json *root = NULL;
    struct diag unheard;
    text = str_trim(text);
    bool braces = str_starts(text, STR("{")) || str_starts(text, STR("["));
    if (!braces) {
        return yaml_read(job->arena, job->source, &limits, &root,
                         job->errors) &&
               read_tree(job, root);
    }
    diag_init(&unheard, job->arena);
    if (json_parse(job->arena, job->source, &limits, &root, &unheard)) {
        return read_tree(job, root);
    }
    struct diag unheard_too;
    diag_init(&unheard_too, job->arena);
    if (!yaml_read(job->arena, job->source, &limits, &root, &unheard_too)) {
        convert_wrong(job, unheard.first->span, "%.*s",
                      STR_ARG(unheard.first->message));
        return false;
    }
    return read_tree(job, root);
}

static bool fail(struct convert_job *job, struct str why)
{
    diag_add(job->errors, NULL, (struct span){0, 0}, "%.*s", STR_ARG(why));
    return false;
}

static bool read_in(struct convert_job *job, struct str path)
{
    struct source *source = ARENA_NEW(job->arena, struct source);
    struct str why;
    source->name = path;
    if (!file_read(job->arena, path, CONVERT_FILE_MAX, &source->text, &why)) {
        return fail(job, why);
    }
    job->source = source;
    if (recording_is(source->text)) {
        return convert_read_recording(job, path);
    }
    if (!read_text(job, source->text)) {
        return false;
    }
    if (job->counts->taken == 0) {
        convert_wrong(job, (struct span){0, 1},
                      "there is no call of AWS in this file");
    }
    return job->counts->taken > 0;
}

/* ---- writing ---- */

static bool write_item(struct convert_job *job, struct recording_writer *writer,
                       struct convert_item *item, struct arena *scratch)
{
    if (item->kind == RECORDING_OUTCOME) {
        return recording_write_outcome(writer, &item->event, item->at_ms);
    }
    if (item->kind == RECORDING_JOINED) {
        return recording_write_joined(writer, item->event.exchange,
                                      item->at_ms);
    }
    struct recording_interaction what = item->what;
    struct aws_call call = item->call;
    if (job->recording != NULL) {
        recording_get(job->recording, item->index, scratch, &what, &call);
    }
    what.kind = item->kind;
    what.call = &call;
    what.at_ms = item->at_ms;
    return recording_write_interaction(writer, &what);
}

static bool write_items(struct convert_job *job,
                        struct recording_writer *writer, size_t session)
{
    size_t count = 0;
    struct convert_item *items = convert_items(job, &count);
    struct arena *scratch = arena_new();
    struct arena_mark mark = arena_mark(scratch);
    bool good = true;
    for (size_t i = 0; i < count && good; i++) {
        if (items[i].session == session) {
            good = write_item(job, writer, &items[i], scratch);
            arena_reset(scratch, mark);
        }
    }
    arena_free(scratch);
    return good;
}

struct str convert_key_check(struct recording_redactor *redactor,
                             struct arena *arena)
{
    return recording_redactor_secret(redactor, arena,
                                     STR("settled\x1F"
                                         "key check"));
}

/* A wrong key would make a file that looks right and fits nothing. */
static bool fits_key(struct convert_job *job, struct recording_writer *writer,
                     size_t session)
{
    struct str want = job->sessions[session].check;
    struct recording_redactor *redactor = recording_writer_redactor(writer);
    return want.len == 0 ||
           str_eq(want, convert_key_check(redactor, job->arena)) ||
           fail(job, arena_printf(job->arena,
                                  RECORDING_KEY_VARIABLE
                                  " is not the key that %.*s was recorded "
                                  "with",
                                  STR_ARG(job->source->name)));
}

static bool write_session(struct convert_job *job, struct str path,
                          size_t session)
{
    struct str why = STR_NONE;
    struct recording_writer *writer =
        recording_writer_open(path, job->options->registry,
                              &job->sessions[session].facts, &why, job->arena);
    if (writer == NULL) {
        return fail(job, why);
    }
    bool fits = fits_key(job, writer, session);
    /* What is redacted already must come out as it is. */
    for (size_t i = 0; i < job->placeholder_count; i++) {
        recording_redactor_keep(recording_writer_redactor(writer),
                                job->placeholders[i]);
    }
    bool good = fits && write_items(job, writer, session);
    good = recording_writer_close(writer) && good;
    return (good || !fits)
               ? good
               : fail(job, arena_printf(job->arena, "%.*s cannot be written to",
                                        STR_ARG(path)));
}

static bool write_sessions(struct convert_job *job, struct str path)
{
    for (size_t i = 0; i < job->session_count; i++) {
        if (!write_session(job, path, i)) {
            return false;
        }
    }
    return true;
}

/* In place of the recording that stands there. */
static bool write_har(struct convert_job *job, struct str path)
{
    struct buf text = {0};
    struct str why = STR_NONE;
    bool good = convert_write_har(job, path, &text);
    if (good && !file_replace(job->arena, path, buf_str(&text), &why)) {
        good = fail(job, why);
    }
    buf_free(&text);
    return good;
}

static bool write_out(struct convert_job *job, struct str path)
{
    struct str why = STR_NONE;
    int fd = file_open_new(job->arena, path, &why);
    if (fd < 0) {
        return fail(job, why);
    }
    file_close(fd);
    bool good = write_sessions(job, path);
    if (good && str_ends(path, STR(".har"))) {
        good = write_har(job, path);
    }
    if (!good) {
        file_remove(path);
    }
    return good;
}

bool convert_file(struct str in, struct str out,
                  const struct convert_options *options, struct arena *arena,
                  struct convert_counts *ret_counts, struct diag *errors,
                  struct diag *warnings)
{
    struct convert_job job = {
        .options = options,
        .arena = arena,
        .counts = ret_counts,
        .errors = errors,
        .warnings = warnings,
    };
    *ret_counts = (struct convert_counts){0};
    bool good = read_in(&job, in) && write_out(&job, out);
    if (job.unheard > 0) {
        diag_add(warnings, NULL, (struct span){0, 0}, "%zu more are left out",
                 job.unheard);
    }
    if (job.source != NULL) {
        convert_veil(&job);
    }
    ret_counts->sessions = job.session_count;
    recording_free(job.recording);
    buf_free(&job.items);
    return good;
}
