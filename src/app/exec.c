/* SPDX-License-Identifier: Apache-2.0 */
/* `settled exec`: the proxy for one command, then a summary. Start at
 * app_exec(). */
#include "app/private.h"

#include <signal.h>
#include <sys/wait.h>

extern char **environ;

struct run {
    struct process before;
    struct stack stack;
    struct report_summary *summary;
    pid_t child;
    int status; /* of waitpid */
    bool ended;
};

/* Nobody waits for an answer any more, but the last writes of a command that
 * was observed are still being confirmed. */
static int64_t grace_after_child_ms(const struct run *run)
{
    const struct app_options *o = run->stack.options;
    return o->observe ? o->grace_ms : 0;
}

static void on_child(void *ctx, const struct signalfd_siginfo *info)
{
    struct run *run = ctx;
    (void)info;
    if (!run->ended && run->child > 0 &&
        waitpid(run->child, &run->status, WNOHANG) == run->child) {
        run->ended = true;
        stack_end(&run->stack, grace_after_child_ms(run));
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

static void print_summary(const struct run *run)
{
    struct buf text = {0};
    if (run->stack.status != NULL) {
        report_status_wipe(run->stack.status, &text);
    }
    if (!report_summary_is_empty(run->summary)) {
        report_summary_write(run->summary, &text);
    }
    print_error_text(buf_str(&text));
    buf_free(&text);
}

/* What is ignored from the start stays so (nohup, a background job). */
static void pass_on_signals(struct run *run)
{
    static const int passed_on[] = {SIGINT,  SIGTERM, SIGHUP,
                                    SIGQUIT, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++) {
        if (sigismember(&run->before.ignored, passed_on[i]) == 0) {
            loop_on_signal(run->stack.loop, passed_on[i], on_signal, run);
        }
    }
}

static pid_t start_command(struct run *run, char *const *command,
                           int *ret_status, struct str *reterr)
{
    const struct stack *stack = &run->stack;
    const struct child_proxy proxy = {
        .url = stack->url,
        .host = stack->host,
        .keys = stack_minted(stack),
        .region = stack_region(stack),
    };
    return child_start(stack->arena, command,
                       child_environment(stack->arena, environ, &proxy),
                       &run->before, ret_status, reterr);
}

int app_exec(const struct app_options *options, char *const *command)
{
    struct run run = {.child = -1};
    struct str why = STR_NONE;
    int status = 1;
    process_prepare(&run.before);
    run.summary = report_summary_new();
    if (stack_open(&run.stack, options, run.summary, &status)) {
        loop_on_signal(run.stack.loop, SIGCHLD, on_child, &run);
        pass_on_signals(&run);
        stack_say_started(&run.stack);
        run.child = start_command(&run, command, &status, &why);
        if (run.child < 0) {
            print_sentence(why);
        } else {
            watch_tell(&run.stack);
            stack_seal(&run.stack);
            while (!run.ended) { /* also when no process serves it any more */
                loop_run(run.stack.loop);
            }
            status = exit_status(run.status);
            print_summary(&run);
        }
    }
    bool good = stack_close(&run.stack);
    report_summary_free(run.summary);
    return good || status != 0 ? status : 1;
}
