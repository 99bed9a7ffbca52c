/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a recording: line by line, believing nothing that its checksum and
 * its number do not vouch for. What members a line has is in check.c; how one
 * becomes an entry is in entry.c. Start at recording_load(). */
#include "recording/private.h"

#include "base/file.h"
#include "base/mem.h"

enum { LARGEST = 1024 * 1024 * 1024, MOST_ERRORS = 100 };

bool recording_is(struct str text)
{
    size_t end = str_find(text, '\n');
    struct str line = end == STR_NOT_FOUND ? text : str_first(text, end);
    line = str_trim(str_first(line, 4096));
    size_t at = str_find_str(line, STR("\"format\""));
    if (line.len == 0 || line.ptr[0] != '{' || at == STR_NOT_FOUND) {
        return false;
    }
    struct str rest = str_trim(str_from(line, at + 8));
    if (rest.len == 0 || rest.ptr[0] != ':') {
        return false;
    }
    return str_starts(str_trim(str_from(rest, 1)),
                      STR("\"" RECORDING_FORMAT "\""));
}

/* ---- lines ---- */

static void cut_lines(struct loaded *loaded)
{
    struct str text = loaded->source.text;
    size_t count = 0;
    for (size_t at = 0; at < text.len; at++) {
        const char *end = memchr(text.ptr + at, '\n', text.len - at);
        at = end == NULL ? text.len : (size_t)(end - text.ptr);
        count++;
    }
    loaded->line_count = count;
    loaded->starts = ARENA_ARRAY(loaded->arena, size_t, count + 1);
    size_t line = 0;
    for (size_t at = 0; at < text.len; at++) {
        loaded->starts[line++] = at;
        const char *end = memchr(text.ptr + at, '\n', text.len - at);
        at = end == NULL ? text.len : (size_t)(end - text.ptr);
    }
    loaded->starts[count] = text.len;
}

struct str recording_loaded_line(const struct loaded *loaded, size_t line)
{
    size_t start = loaded->starts[line - 1];
    struct str text =
        str_from(str_first(loaded->source.text, loaded->starts[line]), start);
    if (text.len > 0 && text.ptr[text.len - 1] == '\n') {
        text.len--;
    }
    return text;
}

static bool is_unended(const struct loaded *loaded, size_t line)
{
    struct str text = loaded->source.text;
    return line == loaded->line_count && text.ptr[text.len - 1] != '\n';
}

/* ---- a line that cannot be believed ---- */

static struct span span_of(const struct load *load)
{
    size_t start = load->loaded->starts[load->line - 1];
    return (struct span){start, start + load->text.len};
}

static void warn(const struct load *load, const char *what)
{
    if (load->warnings->count > MOST_ERRORS) {
        return;
    }
    if (load->warnings->count == MOST_ERRORS) {
        what = "and more of this kind";
    }
    diag_add(load->warnings, &load->loaded->source, span_of(load), "%s", what);
}

/* A run that was killed while it wrote leaves half a line, and the next one
 * begins behind it. */
static bool is_cut_short(const struct load *load)
{
    struct str crc = STR_NONE;
    if (recording_line_has_crc(load->text, &crc) || load->line == 1) {
        return false;
    }
    if (is_unended(load->loaded, load->line)) {
        return true;
    }
    return load->line < load->loaded->line_count &&
           recording_is(recording_loaded_line(load->loaded, load->line + 1)) &&
           recording_line_crc_fits(
               recording_loaded_line(load->loaded, load->line + 1));
}

static bool parse_line(struct load *load, const struct json **ret_line)
{
    struct source *source = ARENA_NEW(load->scratch, struct source);
    *source = (struct source){load->loaded->source.name, load->text};
    struct diag diag;
    diag_init(&diag, load->scratch);
    if (json_parse(load->scratch, source, &recording_line_limits, ret_line,
                   &diag)) {
        return true;
    }
    for (const struct diag_item *i = diag.first; i != NULL; i = i->next) {
        recording_line_error(&load->check, i->span, "%.*s",
                             STR_ARG(i->message));
    }
    return false;
}

/* Why the checksum does not fit, as well as it can be told. */
static void report_damage(struct load *load)
{
    const struct json *line = NULL;
    struct str crc = STR_NONE;
    if (!parse_line(load, &line)) {
        return;
    }
    if (!recording_line_has_crc(load->text, &crc)) {
        recording_line_error(&load->check, line->span,
                             "the line does not end in its checksum");
        return;
    }
    size_t at = (size_t)(crc.ptr - load->text.ptr);
    recording_line_error(
        &load->check, (struct span){at, at + crc.len},
        "the line is not as it was written: its checksum does not fit");
}

/* ---- one line after the other ---- */

static void read_line(struct load *load)
{
    const struct json *line = NULL;
    if (load->text.len == 0) {
        warn(load, "an empty line");
        return;
    }
    bool fits = recording_line_crc_fits(load->text);
    if (!fits && !load->options->edited) {
        if (is_cut_short(load)) {
            warn(load, "this line was cut short; it is left out");
        } else {
            report_damage(load);
        }
        return;
    }
    if (is_unended(load->loaded, load->line)) {
        warn(load, "the last line has no end");
    }
    if (parse_line(load, &line)) {
        recording_load_entry(load, line);
    }
}

static void read_lines(struct load *load)
{
    struct loaded *loaded = load->loaded;
    struct arena_mark mark = arena_mark(load->scratch);
    for (size_t i = 1; i <= loaded->line_count && !load->hopeless; i++) {
        if (load->check.errors->count >= MOST_ERRORS) {
            diag_add(load->check.errors, NULL, (struct span){0, 0},
                     "that is enough: the rest of %.*s was not looked at",
                     STR_ARG(loaded->source.name));
            return;
        }
        load->line = i;
        load->text = recording_loaded_line(loaded, i);
        load->check.start = loaded->starts[i - 1];
        read_line(load);
        arena_reset(load->scratch, mark);
    }
}

static bool read_file(struct loaded *loaded, struct str path,
                      struct diag *errors)
{
    struct str why = STR_NONE;
    loaded->source.name = arena_str(loaded->arena, path);
    if (!file_read(loaded->arena, path, LARGEST, &loaded->source.text, &why)) {
        diag_add(errors, NULL, (struct span){0, 0}, "%.*s", STR_ARG(why));
        return false;
    }
    if (!recording_is(loaded->source.text)) {
        /* What it is instead is not shown: it may be a file of secrets. */
        loaded->source.text = STR("");
        diag_add(errors, &loaded->source, (struct span){0, 0},
                 "this is no recording: its first line must begin a session; "
                 "`settled convert` makes one of a cassette or HAR");
        return false;
    }
    return true;
}

/* Messages and the source outlive the recording that could not be loaded. */
static void rescue_errors(struct diag *diag, const struct loaded *loaded)
{
    struct source *source = NULL;
    for (struct diag_item *i = diag->first; i != NULL; i = i->next) {
        if (i->source != &loaded->source) {
            continue;
        }
        if (source == NULL) {
            source = ARENA_NEW(diag->arena, struct source);
            source->name = arena_str(diag->arena, loaded->source.name);
            source->text = arena_str(diag->arena, loaded->source.text);
        }
        i->source = source;
    }
}

struct recording *recording_load(struct str path,
                                 const struct recording_read_options *options,
                                 struct diag *errors, struct diag *warnings)
{
    struct loaded *loaded = mem_new(sizeof(*loaded));
    struct load load = {
        .loaded = loaded,
        .options = options,
        .warnings = warnings,
        .scratch = arena_new(),
    };
    size_t before = errors->count;
    loaded->arena = arena_new();
    loaded->open.source = &loaded->source;
    load.check = (struct line_check){.arena = load.scratch,
                                     .file = &loaded->source,
                                     .errors = errors,
                                     .edited = options->edited};
    recording_load_begin(&load);
    if (read_file(loaded, path, errors)) {
        cut_lines(loaded);
        read_lines(&load);
        recording_load_end(&load);
    }
    buf_free(&load.entries);
    arena_free(load.scratch);
    if (errors->count > before) {
        rescue_errors(errors, loaded);
        rescue_errors(warnings, loaded);
        recording_free(&loaded->open);
        return NULL;
    }
    recording_placeholders_find(loaded);
    return &loaded->open;
}

void recording_free(struct recording *recording)
{
    struct loaded *loaded = (struct loaded *)recording;
    if (loaded != NULL) {
        arena_free(loaded->arena);
        mem_free(loaded);
    }
}
