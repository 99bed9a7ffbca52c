/* SPDX-License-Identifier: Apache-2.0 */
/* Options from rows: defaults, environment, single settings, argv. Here so that
 * all commands speak alike. Start at options_parse(). */
#include "cli/private.h"

#include <assert.h>

/* The nearest of `known` by edits; a word begun and not ended is near too. */
struct str option_nearest(struct str word, const char *const *known,
                          size_t count)
{
    size_t limit = word.len / 3 + 1;
    size_t best = word.len <= limit ? word.len : limit + 1;
    struct str nearest = STR_NONE;
    for (size_t i = 0; i < count; i++) {
        struct str candidate = str_of(known[i]);
        size_t distance = str_distance(word, candidate);
        if (word.len >= 3 && distance > 1 && str_starts(candidate, word)) {
            distance = 1;
        }
        if (distance < best) {
            best = distance;
            nearest = candidate;
        }
    }
    return nearest;
}

static const struct option *find_row(const struct options *options,
                                     struct str name)
{
    for (size_t i = 0; i < options->count; i++) {
        if (str_eq(name, str_of(options->rows[i].name))) {
            return &options->rows[i];
        }
    }
    return NULL;
}

/*
 * The row of a name; "no-NAME" leads to the flag NAME with *ret_negated set,
 * unless there is a row of just that name.
 */
static const struct option *find_flag_or_row(const struct options *options,
                                             struct str name, bool *ret_negated)
{
    const struct option *row = find_row(options, name);
    *ret_negated = false;
    if (row != NULL || !str_starts(name, STR("no-"))) {
        return row;
    }
    row = find_row(options, str_from(name, 3));
    if (row == NULL || row->kind != OPTION_FLAG) {
        return NULL;
    }
    *ret_negated = true;
    return row;
}

/* "unknown option --timout; did you mean --timeout?" */
static bool fail_unknown(struct arena *arena, const struct options *options,
                         struct str written, struct str name,
                         const char *dashes, struct str *reterr)
{
    const char **names = ARENA_ARRAY(arena, const char *, options->count + 1);
    for (size_t i = 0; i < options->count; i++) {
        names[i] = options->rows[i].name;
    }
    names[options->count] = "help";
    struct str near = option_nearest(name, names, options->count + 1);
    *reterr = arena_printf(arena, "unknown option %.*s", STR_ARG(written));
    if (near.ptr != NULL) {
        *reterr = arena_printf(arena, "%.*s; did you mean %s%.*s?",
                               STR_ARG(*reterr), dashes, STR_ARG(near));
    }
    return false;
}

/* "SETTLED_MAX_HOLD" of "max-hold" */
static struct str variable_name(struct arena *arena, const char *prefix,
                                const char *option)
{
    struct str name = arena_printf(arena, "%s%s", prefix, option);
    char *upper = arena_alloc(arena, name.len + 1);
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        upper[i] = c;
        if (c == '-') {
            upper[i] = '_';
        } else if (c >= 'a' && c <= 'z') {
            upper[i] = (char)(c - 'a' + 'A');
        }
    }
    return str_make(upper, name.len);
}

/* An empty variable counts as none, as it does for most programs. */
static struct str look_up(char *const *environment, struct str name)
{
    for (; environment != NULL && *environment != NULL; environment++) {
        struct str value = str_of(*environment);
        struct str key = str_cut(&value, '=');
        if (str_eq(key, name) && value.len > 0) {
            return value;
        }
    }
    return STR_NONE;
}

bool options_init(struct arena *arena, const struct options *options,
                  void *into, char *const *environment, struct str *reterr)
{
    for (size_t i = 0; i < options->count; i++) {
        const struct option *row = &options->rows[i];
        option_clear(row, into);
        if (row->initial != NULL) {
            bool good = option_store(arena, row, into, str_of(row->initial),
                                     str_of(row->name), reterr);
            assert(good);
        }
        if (options->environment_prefix == NULL) {
            continue;
        }
        struct str name =
            variable_name(arena, options->environment_prefix, row->name);
        struct str value = look_up(environment, name);
        if (value.ptr != NULL &&
            !option_store(arena, row, into, value, name, reterr)) {
            return false;
        }
    }
    return true;
}

bool options_set(struct arena *arena, const struct options *options, void *into,
                 struct str name, struct str value, struct str *reterr)
{
    const struct option *row = find_row(options, name);
    if (row == NULL) {
        return fail_unknown(arena, options, name, name, "", reterr);
    }
    return option_store(arena, row, into, value, name, reterr);
}

/* The words of a command line, and where we are in them. */
struct words {
    int argc;
    char *const *argv;
    int at;
};

/*
 * The value behind an option is the next word. One that looks like an option is
 * not taken, for then the value was most likely forgotten.
 */
static bool take_value(struct arena *arena, struct words *words,
                       const struct option *row, struct str label,
                       struct str *ret_value, struct str *reterr)
{
    struct str next =
        words->at < words->argc ? str_of(words->argv[words->at]) : STR_NONE;
    if (next.ptr == NULL || str_starts(next, STR("--"))) {
        const char *what = row->argument != NULL  ? row->argument
                           : row->choices != NULL ? row->choices
                                                  : "VALUE";
        *reterr = arena_printf(arena, "%.*s needs a value: %.*s %s",
                               STR_ARG(label), STR_ARG(label), what);
        return false;
    }
    words->at++;
    *ret_value = next;
    return true;
}

static bool parse_word(struct arena *arena, const struct options *options,
                       void *into, struct words *words, struct str *reterr)
{
    struct str value = str_of(words->argv[words->at++]);
    struct str label = str_cut(&value, '=');
    struct str name = str_from(label, str_starts(label, STR("--")) ? 2 : 1);
    bool negated = false;
    const struct option *row = find_flag_or_row(options, name, &negated);
    if (row == NULL || !str_starts(label, STR("--"))) {
        return fail_unknown(arena, options, label, name, "--", reterr);
    }
    if (negated && value.ptr != NULL) {
        *reterr = arena_printf(arena, "%.*s takes no value", STR_ARG(label));
        return false;
    }
    if (value.ptr == NULL && row->kind == OPTION_FLAG) {
        value = negated ? STR("false") : STR("true");
    }
    if (value.ptr == NULL &&
        !take_value(arena, words, row, label, &value, reterr)) {
        return false;
    }
    return option_store(arena, row, into, value, label, reterr);
}

bool options_parse(struct arena *arena, const struct options *options,
                   void *into, int argc, char *const *argv, int *at,
                   bool *ret_help, struct str *reterr)
{
    struct words words = {argc, argv, *at};
    bool good = true;
    *ret_help = false;
    while (good && words.at < argc) {
        struct str word = str_of(argv[words.at]);
        if (word.len < 2 || word.ptr[0] != '-') {
            break;
        }
        if (str_eq(word, STR("--"))) {
            words.at++;
            break;
        }
        if (str_eq(word, STR("--help")) || str_eq(word, STR("-h"))) {
            words.at++;
            *ret_help = true;
            break;
        }
        good = parse_word(arena, options, into, &words, reterr);
    }
    *at = words.at;
    return good;
}

/* "--html", unless its value comes in the same word. */
static bool takes_next(const struct options *options, struct str word)
{
    bool negated = false;
    const struct option *row =
        str_starts(word, STR("--"))
            ? find_flag_or_row(options, str_from(word, 2), &negated)
            : NULL;
    return row != NULL && row->kind != OPTION_FLAG;
}

char **options_first(struct arena *arena, const struct options *options,
                     int argc, char *const *argv, int *ret_argc)
{
    static char end[] = "--";
    char **words = ARENA_ARRAY(arena, char *, (size_t)argc + 2);
    char **others = ARENA_ARRAY(arena, char *, (size_t)argc + 1);
    int other_count = 0;
    int count = 1;
    bool ended = false;
    words[0] = argv[0];
    for (int i = 1; i < argc; i++) {
        struct str word = str_of(argv[i]);
        if (ended || word.len < 2 || word.ptr[0] != '-') {
            others[other_count++] = argv[i];
        } else if (str_eq(word, str_of(end))) {
            ended = true;
        } else {
            words[count++] = argv[i];
            if (takes_next(options, word) && i + 1 < argc) {
                words[count++] = argv[++i];
            }
        }
    }
    words[count++] = end;
    for (int i = 0; i < other_count; i++) {
        words[count++] = others[i];
    }
    *ret_argc = count;
    return words;
}
