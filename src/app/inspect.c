/* SPDX-License-Identifier: Apache-2.0 */
/* `check`, `explain` and `policy`: looking at rules without running them.
 * Start at app_check(). */
#include "app/private.h"

#include "assets/assets.h"
#include "base/file.h"

enum { RULE_FILE_MAX = 4 * 1024 * 1024 };

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

static bool check_file(struct aws_registry *registry, struct str path)
{
    struct arena *arena = arena_new();
    struct source source = {.name = path};
    struct str why = STR_NONE;
    bool good = file_read(arena, path, RULE_FILE_MAX, &source.text, &why);
    if (!good) {
        print_error(why);
    } else {
        good = check_source(registry, arena, &source);
    }
    arena_free(arena);
    return good;
}

static bool check_path(struct aws_registry *registry, struct str path)
{
    if (!file_is_folder(path)) {
        return check_file(registry, path);
    }
    struct arena *arena = arena_new();
    struct str *names = NULL;
    size_t count = 0;
    struct str why = STR_NONE;
    bool good = file_list(arena, path, STR(".json"), &names, &count, &why);
    if (!good) {
        print_error(why);
    } else if (count == 0) {
        print_note("%.*s: holds no .json file", STR_ARG(path));
        good = false;
    }
    for (size_t i = 0; i < count; i++) {
        struct str file =
            arena_printf(arena, "%.*s/%.*s", STR_ARG(path), STR_ARG(names[i]));
        good = check_file(registry, file) && good;
    }
    arena_free(arena);
    return good;
}

static bool check_builtin(struct aws_registry *registry)
{
    bool good = true;
    for (size_t i = 0; i < asset_total(); i++) {
        struct asset asset = asset_at(i);
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

static bool names_service(const struct rule *rule, struct str service)
{
    return service.len == 0 || str_eq_nocase(rule->service, service);
}

static void explain_some(const struct rules *rules, struct str service,
                         struct str operation, struct buf *out)
{
    for (size_t i = 0; i < rules_count(rules); i++) {
        const struct rule *rule = rules_at(rules, i);
        if (!names_service(rule, service)) {
            continue;
        }
        if (operation.len == 0) {
            buf_printf(out, "%.*s %-32.*s %.*s\n", STR_ARG(rule->service),
                       STR_ARG(rule->operation), STR_ARG(rule->about));
        } else if (str_eq_nocase(rule->operation, operation)) {
            rules_explain(rule, out);
        }
    }
}

int app_explain(const struct app_options *options, struct str service,
                struct str operation)
{
    struct aws_registry *registry = aws_registry_new();
    struct rules *rules =
        load_rules(registry, &options->rules, options->builtin_rules);
    struct buf text = {0};
    int status = 1;
    if (rules != NULL) {
        explain_some(rules, service, operation, &text);
        if (text.len > 0) {
            print_text(buf_str(&text));
            status = 0;
        } else {
            print_note("there is no rule for %.*s %.*s: its calls pass "
                       "through at once; `settled explain` lists what has one",
                       STR_ARG(service), STR_ARG(operation));
        }
    }
    buf_free(&text);
    rules_unref(rules);
    aws_registry_free(registry);
    return status;
}

/* ---- policy ---- */

static bool is_wanted(const struct rule *rule, char *const *wanted, int count)
{
    for (int i = 0; i < count; i++) {
        struct str operation = str_of(wanted[i]);
        struct str service = str_cut(&operation, ':');
        if (str_eq_nocase(rule->service, service) &&
            (operation.len == 0 || str_eq_nocase(rule->operation, operation))) {
            return true;
        }
    }
    return count == 0;
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
        const struct rule **some =
            ARENA_ARRAY(arena, const struct rule *, rules_count(rules));
        size_t found = 0;
        for (size_t i = 0; i < rules_count(rules); i++) {
            if (is_wanted(rules_at(rules, i), wanted, count)) {
                some[found++] = rules_at(rules, i);
            }
        }
        if (found == 0) {
            print_note("none of these has a rule: `settled explain` lists "
                       "what has one");
        } else {
            struct buf text = {0};
            rules_policy(some, found, &text);
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
