/* SPDX-License-Identifier: Apache-2.0 */
/* `settled exec`: the proxy for one command, then a summary. Start at
 * app_exec(). */
#include "app/private.h"

#include <signal.h>
#include <sys/wait.h>

extern char **environ;

struct run {
    struct stack stack;
    pid_t child;
    int status; /* of waitpid */
    bool ended;
};

enum { AFTER_CHILD_MS = 0 };

static void on_child(void *ctx, const struct signalfd_siginfo *info)
{
    struct run *run = ctx;
    (void)info;
    if (!run->ended && run->child > 0 &&
        waitpid(run->child, &run->status, WNOHANG) == run->child) {
        run->ended = true;
        stack_end(&run->stack, AFTER_CHILD_MS);
    }
}

/* A key at the terminal reaches the command by itself: only what was sent to
 * us alone is passed on. */
static void on_signal(void *ctx, const struct signalfd_siginfo *info)
{
    struct run *run = ctx;
    bool from_terminal = info->ssi_code == SI_KERNEL;
    if (!from_terminal && !run->ended && run->child > 0) {
        (void)kill(run->child, (int)info->ssi_signo);
    }
}

static int exit_status(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void print_summary(const struct stack *stack)
{
    struct buf text = {0};
    if (!summary_is_empty(stack->summary)) {
        summary_write(stack->summary, &text);
        print_error_text(buf_str(&text));
    }
    buf_free(&text);
}

int app_exec(const struct app_options *options, char *const *command)
{
    static const int passed_on[] = {SIGINT,  SIGTERM, SIGHUP,
                                    SIGQUIT, SIGUSR1, SIGUSR2};
    struct run run = {.child = -1};
    struct str why = STR_NONE;
    int status = 1;
    process_prepare();
    if (stack_open(&run.stack, options, &status)) {
        struct loop *loop = run.stack.loop;
        loop_on_signal(loop, SIGCHLD, on_child, &run);
        for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++) {
            loop_on_signal(loop, passed_on[i], on_signal, &run);
        }
        stack_say_started(&run.stack);
        run.child =
            child_start(run.stack.arena, command,
                        child_environment(run.stack.arena, environ, &run.stack),
                        &status, &why);
        if (run.child < 0) {
            print_error(why);
        } else {
            loop_run(loop);
            status = exit_status(run.status);
            print_summary(&run.stack);
        }
    }
    stack_close(&run.stack);
    return status;
}
