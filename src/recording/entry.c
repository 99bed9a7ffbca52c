/* SPDX-License-Identifier: Apache-2.0 */
/* From lines to sessions and entries: each line is the next of its session, a
 * session begins once and has nothing behind its end, and at last all entries
 * stand in the order in which they happened. Start at recording_load_entry().
 */
#include "recording/private.h"

#include "base/clock.h"
#include "base/mem.h"

/* A session while it is being read. */
struct reading {
    struct recording_session facts;
    struct reading *next;
    uint64_t n; /* of the next line */
    struct span span;
    bool wanted;
};

/* ---- texts that stay ---- */

/* What has no escape lies in the file's text already. */
static struct str keep_text(struct load *load, struct str text)
{
    struct str file = load->loaded->source.text;
    if (text.ptr == NULL ||
        (text.ptr >= file.ptr && text.ptr <= file.ptr + file.len)) {
        return text;
    }
    return arena_str(load->loaded->arena, text);
}

static struct str get_text(struct load *load, const struct json *line,
                           const char *name)
{
    return keep_text(load, json_get_text(line, name));
}

/* The tree is made anew from its own piece of the text: the line's tree goes,
 * and most of it is not needed. */
static const struct json *keep_tree(struct load *load, const struct json *value)
{
    if (value == NULL) {
        return NULL;
    }
    struct source source = {
        load->loaded->source.name,
        str_from(str_first(load->text, value->span.end), value->span.start)};
    struct diag diag;
    const struct json *tree = NULL;
    diag_init(&diag, load->scratch);
    bool good = json_parse(load->loaded->arena, &source, &recording_line_limits,
                           &tree, &diag);
    return good ? tree : NULL;
}

/* ---- sessions ---- */

static bool is_wanted(const struct load *load, struct str id)
{
    struct str want = load->options->session;
    if (want.len == 0 || str_eq(id, want)) {
        return true;
    }
    /* The run's own id, without what made it unique. */
    return str_starts(id, want) && id.len == want.len + 9 &&
           id.ptr[want.len] == '-';
}

static void read_settings(const struct json *line,
                          struct recording_session_facts *facts)
{
    const struct json *settings = json_get(line, STR("settings"));
    facts->has_settings = settings != NULL;
    if (settings == NULL) {
        return;
    }
    facts->settings = (struct recording_settings){
        .timeout_ms = recording_line_get_number(settings, "timeout_ms"),
        .max_hold_ms = recording_line_get_number(settings, "max_hold_ms"),
        .level = (int)recording_line_get_number(settings, "level"),
        .on_unsettled =
            str_eq(json_get_text(settings, "on_unsettled"), STR("pass")),
        .on_failed = str_eq(json_get_text(settings, "on_failed"), STR("pass")),
        .on_unverifiable =
            str_eq(json_get_text(settings, "on_unverifiable"), STR("pass")),
    };
}

static bool read_key(struct load *load, const struct json *line,
                     struct recording_session *session)
{
    const struct json *redaction = json_get(line, STR("redaction"));
    const struct json *key = json_get(redaction, STR("key"));
    struct str own = load->options->key_text;
    session->facts.redact =
        !json_is(json_get(redaction, STR("off")), JSON_TRUE);
    if (!session->facts.redact) {
        return true;
    }
    if (recording_key_from_hex(json_text(key), session->key)) {
        session->keyed = true;
        return true;
    }
    if (!str_eq(json_text(key), STR("environment"))) {
        recording_line_error(
            &load->check, redaction->span,
            "\"key\" must be %d hexadecimal digits or \"environment\"",
            2 * RECORDING_KEY_SIZE);
        return false;
    }
    if (own.len == 0) {
        return true;
    }
    session->keyed = recording_key_from_text(own, session->key) &&
                     str_eq(recording_key_check(load->scratch, session->key),
                            json_get_text(redaction, "check"));
    if (!session->keyed) {
        recording_line_error(
            &load->check, key->span,
            RECORDING_KEY_VARIABLE
            " is not the key that this session was recorded with");
    }
    return session->keyed;
}

/* Before anything else is read: another version may look otherwise. */
static bool check_version(struct load *load, const struct json *line)
{
    const struct json *version = json_get(line, STR("version"));
    if (!str_eq(json_get_text(line, "kind"), STR("session")) ||
        !json_is(version, JSON_NUMBER) ||
        version->number == RECORDING_VERSION) {
        return true;
    }
    recording_line_error(
        &load->check, version->span,
        "this recording has version %.*s; this settled reads version "
        "%d%s",
        STR_ARG(version->text), RECORDING_VERSION,
        version->number > RECORDING_VERSION ? ": a newer one is needed" : "");
    load->hopeless = true;
    return false;
}

static struct reading *find_session(const struct load *load, struct str id)
{
    const struct table_row *row = recording_table_find(&load->sessions, id);
    struct reading *reading = NULL;
    if (row != NULL) {
        memcpy(&reading, row->value.ptr, sizeof(reading));
    }
    return reading;
}

static void begin_session(struct load *load, const struct json *line)
{
    struct str id = get_text(load, line, "session");
    const struct json *at = json_get(line, STR("at"));
    if (find_session(load, id) != NULL) {
        recording_line_error(&load->check, line->span,
                             "the session \"%.*s\" has begun before",
                             STR_ARG(id));
        return;
    }
    struct reading *reading = ARENA_NEW(load->loaded->arena, struct reading);
    struct recording_session *session = &reading->facts;
    session->facts.id = id;
    session->facts.source = "settled";
    if (json_get(line, STR("source")) != NULL) {
        session->facts.source =
            arena_str(load->loaded->arena, json_get_text(line, "source")).ptr;
    }
    if (!clock_parse(json_text(at), &session->facts.at_ms)) {
        recording_line_error(&load->check, at->span, "this is no time");
    }
    read_settings(line, &session->facts);
    (void)read_key(load, line, session);
    reading->n = 1;
    reading->wanted = is_wanted(load, id);
    reading->span =
        (struct span){load->check.start, load->check.start + load->text.len};
    *load->last_session = reading;
    load->last_session = &reading->next;
    (void)recording_table_put(
        &load->sessions, id, str_make((const char *)&reading, sizeof(reading)));
}

/* ---- entries ---- */

static bool is_next(struct load *load, struct reading *reading,
                    const struct json *line)
{
    uint64_t n = (uint64_t)recording_line_get_number(line, "n");
    uint64_t due = reading->n;
    if (load->options->edited) {
        return true;
    }
    const struct json *where = json_get(line, STR("n"));
    if (n > due) {
        recording_line_error(
            &load->check, where->span,
            "%llu line%s of this session missing before this one",
            (unsigned long long)(n - due), n - due == 1 ? " is" : "s are");
    } else if (n < due) {
        recording_line_error(
            &load->check, where->span,
            "line %llu of this session is here twice, or too late",
            (unsigned long long)n);
    } else if (reading->facts.ended) {
        recording_line_error(&load->check, line->span,
                             "this session has ended before this line");
    }
    if (n >= due) {
        reading->n = n + 1;
    }
    return n == due;
}

static void fill_sent(struct load *load, const struct json *line,
                      struct recording_entry *entry)
{
    entry->access_key = get_text(load, line, "client");
    entry->took_ms = recording_line_get_number(line, "took_ms");
    entry->input = keep_tree(load, json_get(line, STR("input")));
    entry->status = (int)recording_line_get_number(
        json_get(line, STR("response")), "status");
}

static void add_entry(struct load *load, struct reading *reading,
                      enum recording_kind kind, const struct json *line)
{
    struct recording_entry entry = {
        .kind = kind,
        .session = &reading->facts,
        .line = load->line,
        .exchange = get_text(load, line, "exchange"),
        .service = get_text(load, line, "service"),
        .operation = get_text(load, line, "operation"),
        .region = get_text(load, line, "region"),
        .at_ms = recording_line_get_number(line, "at_ms"),
    };
    if (kind == RECORDING_OUTCOME) {
        entry.outcome = recording_outcome(json_get_text(line, "outcome"));
        entry.reads = (uint64_t)recording_line_get_number(line, "reads");
        entry.waited_ms = recording_line_get_number(line, "waited_ms");
        entry.resource = get_text(load, line, "resource");
    } else if (kind != RECORDING_JOINED) {
        fill_sent(load, line, &entry);
    }
    buf_add(&load->entries,
            str_make((const char *)&entry, sizeof(struct recording_entry)));
}

void recording_load_entry(struct load *load, const struct json *line)
{
    enum recording_kind kind = RECORDING_KIND_COUNT;
    if (!check_version(load, line) ||
        !recording_line_check_shape(&load->check, line, &kind)) {
        return;
    }
    if (kind == RECORDING_SESSION) {
        if (recording_line_get_number(line, "n") != 0 &&
            !load->options->edited) {
            recording_line_error(&load->check, json_get(line, STR("n"))->span,
                                 "a session begins with line 0");
        }
        begin_session(load, line);
        return;
    }
    const struct json *id = json_get(line, STR("session"));
    struct reading *reading = find_session(load, json_text(id));
    if (reading == NULL) {
        recording_line_error(&load->check, id->span,
                             "the first line of this session is missing");
        return;
    }
    if (!is_next(load, reading, line)) {
        return;
    }
    if (kind == RECORDING_END) {
        reading->facts.ended = true;
    } else if (reading->wanted) {
        add_entry(load, reading, kind, line);
    }
}

/* ---- the end ---- */

static int64_t time_of(const struct recording_entry *entry)
{
    return entry->session->facts.at_ms + entry->at_ms;
}

/* One pass of a merge sort: pairs of sorted runs of `len` become one. */
static void merge(const struct recording_entry *from,
                  struct recording_entry *to, size_t count, size_t len)
{
    for (size_t start = 0; start < count; start += 2 * len) {
        size_t a = start;
        size_t a_end = start + len < count ? start + len : count;
        size_t b = a_end;
        size_t b_end = start + 2 * len < count ? start + 2 * len : count;
        for (size_t i = start; i < b_end; i++) {
            bool take_a = a < a_end && (b >= b_end ||
                                        time_of(&from[a]) <= time_of(&from[b]));
            to[i] = take_a ? from[a++] : from[b++];
        }
    }
}

static bool is_sorted(const struct recording_entry *entries, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (time_of(&entries[i - 1]) > time_of(&entries[i])) {
            return false;
        }
    }
    return true;
}

/* By time; of equal times, in the order of the file. */
static void sort_entries(struct recording_entry *entries, size_t count)
{
    if (is_sorted(entries, count)) {
        return;
    }
    struct recording_entry *other =
        mem_new(count * sizeof(struct recording_entry));
    for (size_t len = 1; len < count; len *= 2) {
        merge(entries, other, count, len);
        memcpy(entries, other, count * sizeof(struct recording_entry));
    }
    mem_free(other);
}

static void take_entries(struct load *load)
{
    struct recording *open = &load->loaded->open;
    size_t size = sizeof(struct recording_entry);
    open->entry_count = load->entries.len / size;
    open->entries = ARENA_ARRAY(load->loaded->arena, struct recording_entry,
                                open->entry_count);
    if (load->entries.len > 0) {
        memcpy(open->entries, load->entries.bytes, load->entries.len);
    }
    for (size_t i = 0; i < open->entry_count; i++) {
        size_t index = open->entries[i].session->index;
        open->entries[i].session = &open->sessions[index];
    }
    sort_entries(open->entries, open->entry_count);
}

static void take_sessions(struct load *load)
{
    struct recording *open = &load->loaded->open;
    size_t count = 0;
    for (struct reading *r = load->first_session; r != NULL; r = r->next) {
        r->facts.index = count;
        count += r->wanted;
        if (r->wanted && !r->facts.ended) {
            diag_add(load->warnings, &load->loaded->source, r->span,
                     "this session has no end: it was cut short, or still "
                     "goes on");
        }
    }
    open->sessions =
        ARENA_ARRAY(load->loaded->arena, struct recording_session, count);
    for (struct reading *r = load->first_session; r != NULL; r = r->next) {
        if (r->wanted) {
            open->sessions[open->session_count++] = r->facts;
        }
    }
}

void recording_load_begin(struct load *load)
{
    recording_table_init(&load->sessions, load->loaded->arena);
    load->last_session = &load->first_session;
}

void recording_load_end(struct load *load)
{
    take_sessions(load);
    if (load->loaded->open.session_count == 0 &&
        load->check.errors->count == 0) {
        diag_add(load->check.errors, NULL, (struct span){0, 0},
                 "%.*s has no session \"%.*s\"",
                 STR_ARG(load->loaded->source.name),
                 STR_ARG(load->options->session));
    }
    take_entries(load);
}
