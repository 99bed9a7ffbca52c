/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials that a command prints (credential_process). The command runs
 * beside us: its pipes are read, and it is reaped, by a short timer. Here
 * because no other room starts processes for data. Start at
 * creds_process_start(). */
#include "creds/private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    POLL_MS = 10,
    PROCESS_LIMIT_MS = 60 * 1000,
    OUTPUT_LIMIT = 64 * 1024,
    COMPLAINT_LIMIT = 200,
    SECRET_RUN = 20, /* an unbroken run that long may be a key */
};

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
    }
}

static void forget_child(struct creds_chain *chain)
{
    struct creds_child *child = &chain->child;
    timer_cancel(chain->creds->config.timers, &child->poll);
    close_fd(&child->out);
    close_fd(&child->err);
    buf_free(&child->out_text);
    buf_free(&child->err_text);
    child->pid = 0;
}

void creds_process_stop(struct creds_chain *chain)
{
    pid_t pid = chain->child.pid;
    if (pid != 0) {
        (void)kill(-pid, SIGKILL);
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
        forget_child(chain);
    }
}

static bool is_key_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=';
}

static bool looks_secret(struct arena *arena, struct str line)
{
    static const char *const words[] = {"secret", "token", "password",
                                        "accesskey", "access_key"};
    struct str lower = arena_lower(arena, line);
    size_t run = 0;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_contains(lower, str_of(words[i]))) {
            return true;
        }
    }
    for (size_t i = 0; i < line.len; i++) {
        run = is_key_char(line.ptr[i]) ? run + 1 : 0;
        if (run >= SECRET_RUN) {
            return true;
        }
    }
    return false;
}

struct str creds_process_complaint(struct arena *arena, struct str err_text)
{
    struct str rest = str_trim(err_text);
    struct str line =
        str_first(str_trim(str_cut(&rest, '\n')), COMPLAINT_LIMIT);
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.ptr[i];
        if (c < ' ' || c == 127) {
            return STR_NONE;
        }
    }
    return looks_secret(arena, line) ? STR_NONE : line;
}

static void fail_process(struct creds_chain *chain, const char *how, int number)
{
    struct str said =
        creds_process_complaint(chain->arena, buf_str(&chain->child.err_text));
    said = arena_str(chain->arena, said);
    forget_child(chain);
    creds_chain_fail(chain, "credential_process of %.*s %s %d%s%.*s",
                     STR_ARG(chain->creds->plan.where), how, number,
                     said.len > 0 ? ": " : "", STR_ARG(said));
}

static void hear_end(struct creds_chain *chain, int status)
{
    struct str text = arena_str(chain->arena, buf_str(&chain->child.out_text));
    if (WIFSIGNALED(status)) {
        fail_process(chain, "ended by signal", WTERMSIG(status));
        return;
    }
    if (WEXITSTATUS(status) != 0) {
        fail_process(chain, "ended with status", WEXITSTATUS(status));
        return;
    }
    forget_child(chain);
    creds_chain_read_json(chain, text, "SessionToken", "credential_process");
}

/* False when the command says more than credentials can be. */
static bool drain(int fd, struct buf *into)
{
    while (fd >= 0) {
        buf_reserve(into, 4096);
        ssize_t got = read(fd, into->bytes + into->len, 4096);
        if (got <= 0) {
            return true;
        }
        into->len += (size_t)got;
        if (into->len > OUTPUT_LIMIT) {
            return false;
        }
    }
    return true;
}

static void poll_child(void *ctx)
{
    struct creds_chain *chain = ctx;
    struct creds_child *child = &chain->child;
    struct timers *timers = chain->creds->config.timers;
    int status = 0;
    /* Reaped first, read after: what it wrote before it ended is in the pipe
     * by then. */
    pid_t ended = waitpid(child->pid, &status, WNOHANG);
    bool ok = drain(child->out, &child->out_text) &&
              drain(child->err, &child->err_text);
    if (ended != 0) {
        /* Somebody else may have reaped it (ECHILD): judge by its output. */
        hear_end(chain, ended < 0 ? 0 : status);
    } else if (!ok) {
        creds_process_stop(chain);
        creds_chain_fail(chain, "credential_process prints too much");
    } else if (timers_now_ms(timers) - child->started_ms >= PROCESS_LIMIT_MS) {
        creds_process_stop(chain);
        creds_chain_fail(
            chain, "credential_process of %.*s took more than %d s",
            STR_ARG(chain->creds->plan.where), PROCESS_LIMIT_MS / 1000);
    } else {
        timer_arm(timers, &child->poll, POLL_MS);
    }
}

/* In a group of its own, so that what it starts ends with it; with no signal
 * blocked or ignored, for the loop blocks those it reads from a descriptor. */
static int spawn_shell(struct creds_chain *chain, const int out[2],
                       const int err[2])
{
    char *argv[] = {"/bin/sh", "-c", NULL, NULL};
    char *const empty[] = {NULL};
    char *const *environment = chain->creds->config.environment;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t all;
    argv[2] = (char *)arena_str(chain->arena, chain->creds->plan.command).ptr;
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawnattr_init(&attributes);
    (void)posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                           O_RDONLY, 0);
    (void)posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setsigdefault(&attributes, &all);
    (void)posix_spawnattr_setpgroup(&attributes, 0);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK |
                                                    POSIX_SPAWN_SETSIGDEF |
                                                    POSIX_SPAWN_SETPGROUP);
    int failed = posix_spawn(&chain->child.pid, argv[0], &actions, &attributes,
                             argv, environment == NULL ? empty : environment);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return failed;
}

static bool make_pipes(int out[2], int err[2])
{
    if (pipe2(out, O_CLOEXEC) != 0) {
        return false;
    }
    if (pipe2(err, O_CLOEXEC) != 0) {
        (void)close(out[0]);
        (void)close(out[1]);
        return false;
    }
    return fcntl(out[0], F_SETFL, O_NONBLOCK) == 0 &&
           fcntl(err[0], F_SETFL, O_NONBLOCK) == 0;
}

void creds_process_start(struct creds_chain *chain)
{
    struct creds_child *child = &chain->child;
    int out[2] = {-1, -1};
    int err[2] = {-1, -1};
    if (!make_pipes(out, err)) {
        creds_chain_fail(chain, "credential_process: %s", strerror(errno));
        return;
    }
    int failed = spawn_shell(chain, out, err);
    (void)close(out[1]);
    (void)close(err[1]);
    child->out = out[0];
    child->err = err[0];
    timer_init(&child->poll, poll_child, chain);
    if (failed != 0) {
        forget_child(chain);
        creds_chain_fail(chain, "credential_process: /bin/sh: %s",
                         strerror(failed));
        return;
    }
    child->started_ms = timers_now_ms(chain->creds->config.timers);
    timer_arm(chain->creds->config.timers, &child->poll, POLL_MS);
}
