/* SPDX-License-Identifier: Apache-2.0 */
/* `check`, `explain` and `policy`: looking at rules without running them.
 * Start at app_check(). */
#include "app/private.h"

#include "assets/assets.h"
#include "base/file.h"

#include <stdlib.h>

enum { RULE_FILE_MAX = 4 * 1024 * 1024, RECORDING_HEAD = 512 };

/* ---- check ---- */

static bool check_source(struct aws_registry *registry, struct arena *arena,
                         const struct source *source)
{
    struct diag diag;
    size_t count = 0;
    diag_init(&diag, arena);
    bool good = rules_check(registry, arena, source, &count, &diag);
    print_diag(&diag);
    struct str line =
        arena_printf(arena, "%.*s: %s, %zu rule%s\n", STR_ARG(source->name),
                     good ? "good" : "not good", count, count == 1 ? "" : "s");
    if (good) {
        print_text(line);
    }
    return good;
}

static bool check_recording(struct aws_registry *registry, struct str path)
{
    struct arena *arena = arena_new();
    struct diag errors;
    struct diag warnings;
    const struct recording_read_options options = {
        .key_text = str_of(getenv(RECORDING_KEY_VARIABLE))};
    diag_init(&errors, arena);
    diag_init(&warnings, arena);
    warnings.word = "warning";
    struct recording *recording =
        recording_load(path, &options, &errors, &warnings);
    size_t secrets = recording != NULL
                         ? recording_find_secrets(recording, registry, &errors)
                         : 0;
    print_diag(&warnings);
    print_diag(&errors);
    bool good = recording != NULL && secrets == 0;
    if (good) {
        print_text(arena_printf(arena,
                                "%.*s: good, %zu lines of %zu "
                                "session%s, no secrets\n",
                                STR_ARG(path), recording->entry_count,
                                recording->session_count,
                                recording->session_count == 1 ? "" : "s"));
    }
    recording_free(recording);
    arena_free(arena);
    return good;
}

/* A recording tells itself by its first bytes, whatever its size; or, where
 * these are damaged, by its name. */
static bool is_recording(struct str path)
{
    if (str_ends(path, STR(".jsonl"))) {
        return true;
    }
    struct arena *arena = arena_new();
    struct str head = STR_NONE;
    bool is = file_read_head(arena, path, RECORDING_HEAD, &head) &&
              recording_is(head);
    arena_free(arena);
    return is;
}

static bool check_file(struct aws_registry *registry, struct str path)
{
    if (is_recording(path)) {
        return check_recording(registry, path);
    }
    struct arena *arena = arena_new();
    struct source source = {.name = path};
    struct str why = STR_NONE;
    bool good = file_read(arena, path, RULE_FILE_MAX, &source.text, &why);
    if (!good) {
        print_sentence(why);
    } else {
        good = check_source(registry, arena, &source);
    }
    arena_free(arena);
    return good;
}

/* How many files of that name there are is added to `*count`. */
static bool check_files(struct aws_registry *registry, struct str folder,
                        struct str suffix, size_t *count)
{
    struct arena *arena = arena_new();
    struct str *names = NULL;
    size_t found = 0;
    struct str why = STR_NONE;
    bool good = file_list(arena, folder, suffix, &names, &found, &why);
    if (!good) {
        print_sentence(why);
    }
    for (size_t i = 0; i < found; i++) {
        struct str file = arena_printf(arena, "%.*s/%.*s", STR_ARG(folder),
                                       STR_ARG(names[i]));
        good = check_file(registry, file) && good;
    }
    *count += found;
    arena_free(arena);
    return good;
}

static bool check_path(struct aws_registry *registry, struct str path)
{
    if (!file_is_folder(path)) {
        return check_file(registry, path);
    }
    size_t count = 0;
    bool rules = check_files(registry, path, STR(".json"), &count);
    bool recordings = check_files(registry, path, STR(".jsonl"), &count);
    if (rules && recordings && count == 0) {
        print_note("%.*s: holds no .json or .jsonl file", STR_ARG(path));
    }
    return rules && recordings && count > 0;
}

static bool check_builtin(struct aws_registry *registry)
{
    bool good = true;
    for (size_t i = 0; i < assets_total(); i++) {
        struct asset asset = assets_at(i);
        if (str_starts(asset.name, STR("models/"))) {
            continue;
        }
        struct arena *arena = arena_new();
        struct source source = {arena_join(arena, STR("rules/"), asset.name),
                                asset.text};
        good = check_source(registry, arena, &source) && good;
        arena_free(arena);
    }
    return good;
}

int app_check(char *const *paths, int count)
{
    struct aws_registry *registry = aws_registry_new();
    bool good = true;
    if (count == 0) {
        good = check_builtin(registry);
    }
    for (int i = 0; i < count; i++) {
        good = check_path(registry, str_of(paths[i])) && good;
    }
    aws_registry_free(registry);
    return good ? 0 : 1;
}

/* ---- explain ---- */

static struct str without_dashes(struct arena *arena, struct str name)
{
    char *text = arena_alloc(arena, name.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] != '-' && name.ptr[i] != '_') {
            text[len++] = name.ptr[i];
        }
    }
    return str_make(text, len);
}

/* "PutParameter", "put-parameter", "put_parameter": as each tool writes it. */
static bool same_name(struct str a, struct str b)
{
    struct arena *scratch = arena_new();
    bool same =
        str_eq_nocase(without_dashes(scratch, a), without_dashes(scratch, b));
    arena_free(scratch);
    return same;
}

static bool names_service(const struct rule *rule, struct str service)
{
    return service.len == 0 || same_name(rule->service, service);
}

static void explain_some(const struct rules *rules, struct schedule *schedule,
                         struct str service, struct str operation,
                         struct buf *out)
{
    for (size_t i = 0; i < rules_count(rules); i++) {
        const struct rule *rule = rules_at(rules, i);
        if (!names_service(rule, service)) {
            continue;
        }
        if (operation.len == 0) {
            buf_printf(out, "%.*s %-32.*s %.*s\n", STR_ARG(rule->service),
                       STR_ARG(rule->operation), STR_ARG(rule->about));
        } else if (same_name(rule->operation, operation)) {
            rules_explain(rule, schedule, out);
        }
    }
}

/* How a client's own reads are understood. */
static void explain_reads(const struct rules *rules, struct str service,
                          struct str operation, struct buf *out)
{
    for (size_t i = 0; operation.len > 0 && i < rules_read_count(rules); i++) {
        const struct rules_known_read *read = rules_read_at(rules, i);
        if ((service.len == 0 || same_name(read->service, service)) &&
            same_name(read->operation, operation)) {
            rules_explain_read(read, out);
        }
    }
}

/* "ssm PutParameter", "ssm:put-parameter" or just "put-parameter". */
static void explain_named(const struct rules *rules, struct schedule *schedule,
                          struct str service, struct str operation,
                          struct buf *out)
{
    struct str first = service;
    if (operation.len == 0) {
        operation = first;
        first = str_cut(&operation, ':');
    }
    explain_some(rules, schedule, first, operation, out);
    explain_reads(rules, first, operation, out);
    if (out->len == 0 && operation.len == 0) {
        explain_some(rules, schedule, STR_NONE, service, out);
        explain_reads(rules, STR_NONE, service, out);
    }
}

int app_explain(const struct app_options *options, struct str service,
                struct str operation)
{
    struct aws_registry *registry = aws_registry_new();
    struct rules *rules =
        load_rules(registry, &options->rules, options->builtin_rules);
    struct arena *arena = arena_new();
    struct schedule *schedule = state_look(arena, options->state);
    struct buf text = {0};
    int status = 1;
    if (rules != NULL && schedule != NULL) {
        explain_named(rules, schedule, service, operation, &text);
        if (text.len > 0) {
            print_text(buf_str(&text));
            status = 0;
        } else {
            print_note("there is no rule for %.*s%s%.*s: its calls pass "
                       "through at once; `settled explain` lists what has one",
                       STR_ARG(service), operation.len > 0 ? " " : "",
                       STR_ARG(operation));
        }
    }
    buf_free(&text);
    schedule_free(schedule);
    arena_free(arena);
    rules_unref(rules);
    aws_registry_free(registry);
    return status;
}

/* ---- policy ---- */

static bool is_wanted(const struct rule *rule, const char *wanted)
{
    struct str operation = str_of(wanted);
    struct str service = str_cut(&operation, ':');
    return same_name(rule->service, service) &&
           (operation.len == 0 || same_name(rule->operation, operation));
}

/* Each rule once, in the order of the rules; false when a word names none. */
static bool choose_rules(const struct rules *rules, char *const *wanted,
                         int count, const struct rule **chosen,
                         size_t *ret_chosen)
{
    bool good = true;
    *ret_chosen = 0;
    for (size_t i = 0; i < rules_count(rules); i++) {
        bool take = count == 0;
        for (int k = 0; k < count && !take; k++) {
            take = is_wanted(rules_at(rules, i), wanted[k]);
        }
        if (take) {
            chosen[(*ret_chosen)++] = rules_at(rules, i);
        }
    }
    for (int k = 0; k < count; k++) {
        bool found = false;
        for (size_t i = 0; i < *ret_chosen && !found; i++) {
            found = is_wanted(chosen[i], wanted[k]);
        }
        if (!found) {
            print_note("there is no rule for %s: `settled explain` lists what "
                       "has one",
                       wanted[k]);
        }
        good = good && found;
    }
    return good;
}

int app_policy(const struct app_options *options, char *const *wanted,
               int count)
{
    struct aws_registry *registry = aws_registry_new();
    struct arena *arena = arena_new();
    struct rules *rules =
        load_rules(registry, &options->rules, options->builtin_rules);
    int status = 1;
    if (rules != NULL) {
        const struct rule **chosen =
            ARENA_ARRAY(arena, const struct rule *, rules_count(rules));
        size_t found = 0;
        if (choose_rules(rules, wanted, count, chosen, &found)) {
            struct buf text = {0};
            rules_policy(chosen, found, (enum rules_level)options->level,
                         &text);
            print_text(buf_str(&text));
            buf_free(&text);
            status = 0;
        }
    }
    rules_unref(rules);
    arena_free(arena);
    aws_registry_free(registry);
    return status;
}
