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
#include "peers/peers.h"
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
    struct gather *gather; /* in place of it: what several processes counted */
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
    struct report_summary *summary; /* exec's; NULL: nobody wants one */
    struct listen_at at;
    struct str upstream_url; /* STR_NONE: AWS */
    bool emulated;           /* the upstream is on this machine */
    struct loops *loops;     /* --loops; NULL: one process is all */
    struct seat *seat;       /* this process's among them; NULL: the first,
                                  which serves nobody by itself */
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
    struct loop_hook log_first;
    struct loop_hook log_last;
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
    int64_t busy_ms;   /* when a call was seen under way last, while ending */
};
/*
 * Prints what is wrong; stack_close() is due in any case. With --loops the
 * processes part in here: the first one returns once all others accept; each of
 * the others when its work is done, with false and what to exit with.
 */
bool stack_open(struct stack *stack, const struct app_options *options,
                struct report_summary *summary, int *ret_status);
/* From the loop on: all that a process has for itself. */
bool stack_start(struct stack *stack);
/* Writes what the log has, in each turn of the loop; NULL: there is no log. */
void log_each_turn(struct journal *journal, struct loop *loop,
                   struct loop_hook *hook);
/* A loop that writes the log before it sleeps. */
void stack_make_loop(struct stack *stack);
/* Where clients find it, in words. */
void stack_set_address(struct stack *stack, uint16_t port);
struct sigv4_credentials stack_minted(const struct stack *stack);
struct str stack_region(const struct stack *stack);
/* False when a recording, a replay or another process did not go well; prints
 * why. */
bool stack_close(struct stack *stack);
void stack_say_started(struct stack *stack);
/* All is open and all children are started: a replay gives up the network. */
void stack_seal(struct stack *stack);
void stack_reload(struct stack *stack);
/* Stops accepting; holds may go on for grace_ms; then the loop stops. */
void stack_end(struct stack *stack, int64_t grace_ms);
struct rules *load_rules(struct aws_registry *registry,
                         const struct option_texts *folders, bool builtin);

/* ---- loops.c: the first of several processes (--loops) ---- */

bool loops_check_options(struct arena *arena, const struct app_options *options,
                         struct str *reterr);
/* Starts the others, and waits for them; see stack_open(). */
bool loops_open(struct stack *stack, int *ret_status);
/* All end, after the calls that they hold have had so long; a second time: at
 * once. The loop stops when they are gone. */
void loops_end(struct loops *loops, int64_t grace_ms);
void loops_reload(struct loops *loops);
/* None is gone or about to go. */
bool loops_are_well(const struct loops *loops);
size_t loops_count(const struct loops *loops);
/* Each answers to gather_hear(). */
void loops_ask_metrics(struct loops *loops);
/* False when one of them did not end well. */
bool loops_close(struct loops *loops);
struct sigv4_credentials loops_minted(const struct loops *loops);
struct str loops_region(const struct loops *loops);

/* ---- gather.c: --metrics of several processes ---- */

struct gather;
struct gather *gather_new(struct loops *loops, struct timers *timers);
/* Its server must have been freed before. */
void gather_free(struct gather *gather);
struct http_handler *gather_handler(struct gather *gather);
/* `whose`: from 0. */
void gather_hear(struct gather *gather, size_t whose, struct str text);

/* ---- channel.c: between the first process and each of the others ---- */

enum channel_kind {
    CHANNEL_READY,   /* accepts; the text is its region */
    CHANNEL_END,     /* the text is the grace in milliseconds */
    CHANNEL_RELOAD,  /* of the rules */
    CHANNEL_METRICS, /* asked for, with none; told */
    CHANNEL_SUMMARY, /* what exec prints at its end */
};

struct channel {
    int fd; /* -1: closed */
    struct buf in;
};
bool channel_pair(struct channel *ret_a, struct channel *ret_b);
void channel_close(struct channel *channel);
/* Waits where it must; nothing happens when the other end is gone. */
void channel_send(const struct channel *channel, enum channel_kind kind,
                  struct str text);
/* Takes in what has come, or waits for it; false: the other end is gone. */
bool channel_read(struct channel *channel, bool waits);
/* The next message that is whole; borrowed until channel_drop(). */
bool channel_next(const struct channel *channel, enum channel_kind *ret_kind,
                  struct str *ret_text);
void channel_drop(struct channel *channel);

/* ---- seat.c: one process among several ---- */

struct seat {
    struct engine_elsewhere elsewhere; /* first, so that it can be cast */
    struct stack *stack;
    size_t number; /* from 1 */
    size_t count;
    uint16_t ports[PEERS_MAX]; /* where each takes the others' calls */
    struct peers_mail *mail;   /* until peers has taken it */
    struct peers *peers;
    struct upstream *line; /* to the others */
    struct server *server; /* for the others */
    struct sigv4_credentials minted;
    struct str origins[PEERS_MAX]; /* "http://127.0.0.1:41233" */
};
/* Before the parts that have to do with the others. */
void seat_open(struct seat *seat, struct stack *stack);
struct creds_others seat_others(struct seat *seat);
/* Takes calls of the others. */
bool seat_open_door(struct seat *seat, const struct creds_gate_config *gate,
                    struct server_config server, struct str *reterr);
bool seat_is_idle(const struct seat *seat);
/* When nobody comes any more, and before the engine goes. */
void seat_close_door(struct seat *seat);
void seat_close(struct seat *seat);

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
/* stdin, stdout and stderr, or only the first two, lead nowhere from now on. */
void process_leave_terminal(bool errors_too);
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
