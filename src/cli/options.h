/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command-line options as rows.
 *
 * Purpose:   one table says each option's name, kind, where the value goes,
 *            its default and its help; parsing, SETTLED_* variables, a JSON
 *            object of settings and --help all come from the same rows.
 * Ownership: values borrow argv, the environment or the caller's arena.
 * Errors:    a sentence in *reterr; an unknown option names the nearest known
 *            one.
 * Never:     knows what an option means; exits.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/arena.h"
#include "base/buf.h"

enum option_kind {
    OPTION_FLAG,     /* bool; "--no-NAME" unsets where `negatable` */
    OPTION_TEXT,     /* struct str */
    OPTION_TEXTS,    /* struct option_texts; repeatable */
    OPTION_DURATION, /* int64_t milliseconds; "300ms", "2s", "1.5m" */
    OPTION_SIZE,     /* size_t bytes; "64k", "16m", "1g" */
    OPTION_COUNT_OF, /* uint64_t */
    OPTION_CHOICE,   /* int: index into `choices` ("fail|pass") */
};

enum { OPTION_TEXTS_MAX = 32 };
struct option_texts {
    struct str at[OPTION_TEXTS_MAX];
    size_t count;
};

struct option {
    const char *name; /* without dashes */
    enum option_kind kind;
    size_t offset;        /* offsetof in the caller's struct */
    const char *argument; /* "DURATION"; NULL for a flag */
    const char *choices;  /* OPTION_CHOICE: "fail|pass" */
    const char *initial;  /* default as text; NULL: zero */
    const char *help;     /* one line, or several with '\n' */
    const char *group;    /* heading in --help; NULL: same as above */
};

struct options {
    const struct option *rows;
    size_t count;
    const char *environment_prefix; /* "SETTLED_"; NULL: none */
};

/* Sets every default, then what the environment says (SETTLED_MAX_HOLD). */
bool options_init(struct arena *arena, const struct options *options,
                  void *into, char *const *environment, struct str *reterr);
/* One value by name, as from a config file. */
bool options_set(struct arena *arena, const struct options *options, void *into,
                 struct str name, struct str value, struct str *reterr);
/*
 * Parses argv from *at on ("--name value", "--name=value"); stops at the first
 * word that is no option, or after "--". *at is left there; *ret_help says
 * whether --help (or -h) was met.
 */
bool options_parse(struct arena *arena, const struct options *options,
                   void *into, int argc, char *const *argv, int *at,
                   bool *ret_help, struct str *reterr);
/*
 * The words of a command line with its options first, then "--" and the others:
 * for commands whose other words are no command line themselves. The texts are
 * argv's.
 */
char **options_first(struct arena *arena, const struct options *options,
                     int argc, char *const *argv, int *ret_argc);
/* The option part of a --help page, wrapped at 80 columns. */
void options_help(const struct options *options, struct buf *out);

/* The nearest of `known` to `word`; STR_NONE when none is near. */
struct str option_nearest(struct str word, const char *const *known,
                          size_t count);

#endif
