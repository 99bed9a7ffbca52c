/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wiring: from options to a running program. The only room that sees all.
 *
 * Purpose:   what each command of the program does, once its words are parsed.
 * Ownership: everything is made and given back inside the call.
 * Errors:    printed on stderr; the exit status is returned (2 usage, 1
 *            failure; app_exec returns its command's own).
 * Never:     decides anything about AWS.
 */
#ifndef APP_APP_H
#define APP_APP_H

#include "base/arena.h"
#include "cli/options.h"

/* Of `exec` and `serve`. */
struct app_options {
    struct str listen;
    struct str upstream;
    struct option_texts rules;
    bool builtin_rules;
    struct str region;
    struct str profile;
    int64_t timeout_ms;
    int64_t max_hold_ms;
    int64_t upstream_timeout_ms;
    int64_t grace_ms;
    int on_unsettled;
    int on_failed;
    int on_unverifiable;
    int level;
    bool no_verify;
    bool interim;
    bool learns;
    struct str state;
    bool observe;
    struct str record;
    bool redact;
    size_t record_limit;
    struct str replay;
    struct option_texts variables;
    struct option_texts ignored;
    struct str session;
    bool allow_unused;
    bool allow_repeats;
    bool exact;
    bool real_time;
    struct str log;
    struct str metrics;
    struct str run_id;
    struct str stage;
    struct str context;
    struct option_texts meta;
    struct str tls_cert;
    struct str tls_key;
    bool plaintext_ok;
    struct str ca_bundle;
    bool proxy_from_environment;
    size_t header_limit;
    size_t body_limit;
    size_t chunk_limit;
    uint64_t json_depth;
    uint64_t json_nodes;
    uint64_t connection_limit;
    uint64_t held_limit;
    size_t memory_limit;
    int64_t head_timeout_ms;
    int64_t body_timeout_ms;
    uint64_t loops;
    struct str config;
    bool background; /* this and what follows: serve only */
    bool dashboard;
};
extern const struct options app_exec_options;
extern const struct options app_serve_options;

struct app_lag_options {
    struct str listen;
    struct str upstream;
    struct option_texts rules;
    struct str lag;
    struct str tag_lag;    /* empty: as `lag` */
    struct str listed_lag; /* empty: `lag`, and as much again */
    struct str schedule;
    struct str flap;
    uint64_t seed;
    struct str log;
};
extern const struct options app_lag_options_rows;

struct app_report_options {
    bool json;
    struct str html;
    struct str history;
    struct option_texts lag_log;
    struct str run;
    struct str fail_on;
};
extern const struct options app_report_options_rows;

struct app_convert_options {
    bool redact;
    bool edited;
};
extern const struct options app_convert_options_rows;

/*
 * Defaults, environment, --config file and command line, in this order. Prints
 * what is wrong. True when the command may go on; else *ret_status is what to
 * exit with (0 after --help).
 */
bool app_read_options(struct arena *arena, const struct options *options,
                      void *into, const char *synopsis, int argc,
                      char *const *argv, int *at, int *ret_status);

int app_exec(const struct app_options *options, char *const *command);
int app_serve(const struct app_options *options);
int app_lag(const struct app_lag_options *options);
int app_check(char *const *paths, int count);
int app_convert(const struct app_convert_options *options, struct str in,
                struct str out);
int app_report(const struct app_report_options *options, char *const *logs,
               int count);
int app_explain(const struct app_options *options, struct str service,
                struct str operation);
int app_policy(const struct app_options *options, char *const *wanted,
               int count);

#endif
