/* SPDX-License-Identifier: Apache-2.0 */
/* What this process asks of the system for itself, and gives back for its
 * child: a command must not notice whose child it is. Start at
 * process_prepare(). */
#include "app/private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void note_ignored(sigset_t *ret_ignored)
{
    static const int looked_at[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT,
                                    SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ};
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
    (void)signal(SIGXFSZ, SIG_IGN); /* a full file is told by write() */
}

size_t process_connections(size_t wanted, uint64_t *ret_files)
{
    enum { RESERVE = 256 };
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 ||
        files.rlim_cur == RLIM_INFINITY) {
        *ret_files = UINT64_MAX;
        return wanted;
    }
    uint64_t reserve =
        files.rlim_cur > 2UL * RESERVE ? RESERVE : files.rlim_cur / 2;
    uint64_t most = files.rlim_cur - reserve;
    *ret_files = files.rlim_cur;
    return most < wanted ? (size_t)most : wanted;
}

void process_leave_terminal(bool errors_too)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        (void)dup2(null, STDIN_FILENO);
        (void)dup2(null, STDOUT_FILENO);
        if (errors_too) {
            (void)dup2(null, STDERR_FILENO);
        }
        (void)close(null);
    }
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

/* ---- no network ---- */

#if defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

bool process_forbid_network(void)
{
#if defined(OWN_ARCHITECTURE)
#define LOAD(member)                                                           \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define REFUSE(number)                                                         \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1),                       \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
    /* seccomp(2): calls of another architecture's table are refused whole. */
    struct sock_filter program[] = {
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCHITECTURE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        LOAD(nr),
        REFUSE(SYS_socket),
        REFUSE(SYS_connect),
        REFUSE(SYS_io_uring_setup),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
#undef LOAD
#undef REFUSE
    const struct sock_fprog filter = {
        .len = sizeof(program) / sizeof(program[0]), .filter = program};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
#else
    return false;
#endif
}
