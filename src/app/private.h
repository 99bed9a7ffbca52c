/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share. Nobody else includes this. */
#ifndef APP_PRIVATE_H
#define APP_PRIVATE_H

#include "app/app.h"
#include "aws/aws.h"
#include "base/diag.h"
#include "console/console.h"
#include "creds/creds.h"
#include "engine/engine.h"
#include "events/event.h"
#include "journal/journal.h"
#include "loop/loop.h"
#include "recording/recording.h"
#include "replay/replay.h"
#include "report/report.h"
#include "rules/rules.h"
#include "schedule/schedule.h"
#include "server/server.h"
#include "upstream/upstream.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/types.h>

/* ---- print.c: the only place that writes to stdout and stderr ---- */

void print_text(struct str text);
void print_error_text(struct str text);
/* "settled: " before and a newline after. */
void print_sentence(struct str sentence);
void print_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* All items; nothing when there are none. */
void print_diag(const struct diag *diag);
bool stderr_is_terminal(void);
/* Columns. */
size_t stderr_width(void);

/* ---- address.c ---- */

struct listen_at {
    struct str host;
    uint16_t port;
    bool loopback;
};
/* Where a client on this machine finds it: "any address" is none. */
struct str listen_reachable(struct str host);
bool parse_listen(struct arena *arena, struct str text,
                  struct listen_at *ret_at, struct str *reterr);
/* An upstream URL without a slash at its end. */
bool parse_upstream(struct arena *arena, struct str text, struct str *ret_url,
                    bool *ret_loopback, struct str *reterr);

/* ---- stack.c: all that exec and serve run on ---- */

/* A listener for those who look on. */
struct watch {
    struct console *console;
    struct server *server; /* NULL: there is none */
    struct str url;
};

/* What is learned, and where it is kept. */
struct state {
    struct schedule *schedule; /* NULL: nothing is learned */
    struct timer tick;
    bool failed; /* to save; it has been told */
};

struct stack {
    struct arena *arena;
    const struct app_options *options;
    struct listen_at at;
    bool emulated; /* the upstream is on this machine */
    struct loop *loop;
    struct aws_registry *registry;
    struct rules *rules;
    struct events events;
    struct journal *journal;
    struct report_status *status; /* NULL: there is no terminal */
    struct timer status_tick;
    struct upstream *upstream;
    struct creds *creds;
    struct recording_recorder *recorder; /* --record */
    struct timer record_failed;
    struct replay *replay; /* --replay */
    struct loop_hook replay_hook;
    struct loop_hook log_hook;
    struct state state;
    struct engine *engine;
    struct http_handler *gate;
    struct server *server;
    struct watch metrics;   /* --metrics */
    struct watch dashboard; /* --dashboard */
    struct str run_id;
    struct str url;  /* "http://127.0.0.1:41233" */
    struct str host; /* of it */
    struct timer end;
    int64_t end_by_ms; /* then what is held is given up */
};
/* Prints what is wrong; stack_close() is due in any case. */
bool stack_open(struct stack *stack, const struct app_options *options,
                int *ret_status);
/* False when a recording or a replay did not go well; prints why. */
bool stack_close(struct stack *stack);
void stack_say_started(struct stack *stack);
/* All is open and all children are started: a replay gives up the network. */
void stack_seal(struct stack *stack);
void stack_reload(struct stack *stack);
/* Stops accepting; holds may go on for grace_ms; then the loop stops. */
void stack_end(struct stack *stack, int64_t grace_ms);
struct rules *load_rules(struct aws_registry *registry,
                         const struct option_texts *folders, bool builtin);

/* ---- tape.c: --record and --replay ---- */

bool tape_check_options(const struct app_options *options, struct str *reterr);
/* Opens what the options ask for; prints what is wrong. */
bool tape_open(struct stack *stack);
/* Where the engine's calls go: to the recording, or through it. */
struct http_client *tape_client(struct stack *stack,
                                struct http_client *signing);
/* The region of a replay whose client names none. */
struct str tape_region(const struct stack *stack);
/* 0 is fail, 1 is pass: as the options' choices, and recordings, have it. */
enum rules_policy policy_of_choice(int choice);
/* A replay goes by the settings under which it was recorded. */
void tape_apply_settings(const struct stack *stack,
                         struct engine_config *config);
/* The engine's clock: the loop's, or a replay's. */
struct timers *tape_timers(struct stack *stack);
/* Prints how it went; false: not well. */
bool tape_conclude(struct stack *stack);
/* False when the recording is not whole. */
bool tape_close(struct stack *stack);

/* ---- state.c: --learn and --state ---- */

/* Prints what is wrong; state_close() is due in any case. */
bool state_open(struct stack *stack);
void state_close(struct stack *stack);
/* What a folder holds, to be looked at; an empty one where it holds nothing;
 * NULL when that cannot be read, and why is printed. */
struct schedule *state_look(struct arena *arena, struct str folder);

/* ---- watch.c: --metrics and --dashboard ---- */

bool watch_open(struct stack *stack, struct str *reterr);
void watch_close(struct stack *stack);
/* Where they are, on stderr: what a shell evaluates is on stdout. */
void watch_tell(const struct stack *stack);

/* ---- process.c ---- */

/* How this process was when it began. */
struct process {
    struct rlimit files;
    struct rlimit core;
    bool has_files;
    bool has_core;
    sigset_t ignored; /* by nohup(1) and its like */
    sigset_t mask;
};
/* Descriptors as many as may be, no core dumps, no end by SIGPIPE. */
void process_prepare(struct process *ret_before);
/* Of so many clients' connections as many as there are descriptors for: some
 * are left for calls upstream, without which clients get no answer. */
size_t process_connections(size_t wanted, uint64_t *ret_files);
/* A child inherits limits: it gets those from before. */
struct process_own {
    struct rlimit files;
    struct rlimit core;
};
/* From now on the kernel refuses this process every new connection; what it
 * listens on and has accepted goes on. False where the kernel cannot. */
bool process_forbid_network(void);
struct process_own process_lend(const struct process *before);
void process_take_back(const struct process *before,
                       const struct process_own *own);

/* ---- child.c: exec's command ---- */

/* What the child must know of the proxy. */
struct child_proxy {
    struct str url;
    struct str host; /* as it stands in the URL, without brackets */
    struct sigv4_credentials keys;
    struct str region; /* STR_NONE: none is known */
};
/* The child's environment: ours, with the proxy in it. */
char **child_environment(struct arena *arena, char *const *environment,
                         const struct child_proxy *proxy);
/* -1 and a sentence, with the exit status a shell would give. */
pid_t child_start(struct arena *arena, char *const *command,
                  char *const *environment, const struct process *before,
                  int *ret_status, struct str *reterr);

#endif
