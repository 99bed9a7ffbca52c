/* SPDX-License-Identifier: Apache-2.0 */
/* What this process asks of the system for itself, and gives back for its
 * child: a command must not notice whose child it is. Start at
 * process_prepare(). */
#include "app/private.h"

#include <signal.h>
#include <sys/prctl.h>

static void note_ignored(sigset_t *ret_ignored)
{
    static const int looked_at[] = {SIGINT,  SIGTERM, SIGHUP, SIGQUIT,
                                    SIGUSR1, SIGUSR2, SIGPIPE};
    (void)sigemptyset(ret_ignored);
    for (size_t i = 0; i < sizeof(looked_at) / sizeof(looked_at[0]); i++) {
        struct sigaction action;
        if (sigaction(looked_at[i], NULL, &action) == 0 &&
            action.sa_handler == SIG_IGN) {
            (void)sigaddset(ret_ignored, looked_at[i]);
        }
    }
}

void process_prepare(struct process *ret_before)
{
    struct rlimit files;
    struct rlimit core;
    note_ignored(&ret_before->ignored);
    (void)sigprocmask(SIG_SETMASK, NULL, &ret_before->mask);
    ret_before->has_files = getrlimit(RLIMIT_NOFILE, &ret_before->files) == 0;
    ret_before->has_core = getrlimit(RLIMIT_CORE, &ret_before->core) == 0;
    if (ret_before->has_files) {
        files = ret_before->files;
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    /* Secrets are held in memory: none of it may reach a core file. */
    if (ret_before->has_core) {
        core = ret_before->core;
        core.rlim_cur = 0;
        (void)setrlimit(RLIMIT_CORE, &core);
    }
#if !defined(__SANITIZE_ADDRESS__)
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* the leak check needs ptrace */
#endif
    /* A client or a reader of ours that has left is no reason to end. */
    (void)signal(SIGPIPE, SIG_IGN);
}

struct process_own process_lend(const struct process *before)
{
    struct process_own own = {0};
    if (before->has_files && getrlimit(RLIMIT_NOFILE, &own.files) == 0) {
        (void)setrlimit(RLIMIT_NOFILE, &before->files);
    }
    if (before->has_core && getrlimit(RLIMIT_CORE, &own.core) == 0) {
        (void)setrlimit(RLIMIT_CORE, &before->core);
    }
    return own;
}

void process_take_back(const struct process *before,
                       const struct process_own *own)
{
    if (before->has_files) {
        (void)setrlimit(RLIMIT_NOFILE, &own->files);
    }
    if (before->has_core) {
        (void)setrlimit(RLIMIT_CORE, &own->core);
    }
}
