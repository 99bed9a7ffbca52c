/* SPDX-License-Identifier: Apache-2.0 */
/* `settled serve`: the proxy as a long-running service. Start at
 * app_serve(). */
#include "app/private.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void on_end_signal(void *ctx, const struct signalfd_siginfo *info)
{
    struct stack *stack = ctx;
    (void)info;
    stack_end(stack, stack->options->grace_ms);
}

static void on_reload_signal(void *ctx, const struct signalfd_siginfo *info)
{
    (void)info;
    stack_reload(ctx);
}

/* What a shell can eval: see ssh-agent(1). */
static void write_greeting(const struct stack *stack, struct buf *out)
{
    struct sigv4_credentials minted = stack_minted(stack);
    struct str region = stack_region(stack);
    buf_printf(out, "# settled: listening on %.*s\n", STR_ARG(stack->url));
    buf_printf(out, "export AWS_ENDPOINT_URL=%.*s\n", STR_ARG(stack->url));
    buf_printf(out, "export AWS_ACCESS_KEY_ID=%.*s\n",
               STR_ARG(minted.access_key));
    buf_printf(out, "export AWS_SECRET_ACCESS_KEY=%.*s\n",
               STR_ARG(minted.secret_key));
    buf_add(out, STR("unset AWS_SESSION_TOKEN AWS_SECURITY_TOKEN AWS_PROFILE "
                     "AWS_DEFAULT_PROFILE\n"));
    if (region.len > 0) {
        buf_printf(out, "export AWS_REGION=%.*s\n", STR_ARG(region));
        buf_printf(out, "export AWS_DEFAULT_REGION=%.*s\n", STR_ARG(region));
    }
    buf_add(out, STR("export AWS_DISABLE_HOST_PREFIX_INJECTION=true\n"));
    buf_printf(out, "export NO_PROXY=\"%.*s${NO_PROXY:+,$NO_PROXY}\"\n",
               STR_ARG(stack->host));
    buf_add(out, STR("export no_proxy=\"$NO_PROXY\"\n"));
    buf_printf(out, "export SETTLED_PID=%ld\n", (long)getpid());
}

static int serve(const struct app_options *options)
{
    struct stack stack;
    int status = 1;
    if (stack_open(&stack, options, NULL, &status)) {
        struct buf greeting = {0};
        loop_on_signal(stack.loop, SIGTERM, on_end_signal, &stack);
        loop_on_signal(stack.loop, SIGINT, on_end_signal, &stack);
        loop_on_signal(stack.loop, SIGHUP, on_reload_signal, &stack);
        stack_say_started(&stack);
        write_greeting(&stack, &greeting);
        print_text(buf_str(&greeting));
        watch_tell(&stack);
        buf_free(&greeting);
        if (options->background) {
            process_leave_terminal(true);
        }
        stack_seal(&stack);
        loop_run(stack.loop);
        status = 0;
    }
    bool good = stack_close(&stack);
    return good || status != 0 ? status : 1;
}

/* The first process waits until the second one has said where it listens, so
 * that `eval "$(settled serve --background)"` ends when it can be used. */
static int serve_in_background(const struct app_options *options)
{
    int ends[2];
    if (pipe(ends) != 0) {
        print_note("no pipe could be made");
        return 1;
    }
    pid_t child = fork();
    if (child < 0) {
        print_note("no second process could be started");
    }
    if (child == 0) {
        (void)close(ends[0]);
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)close(ends[1]);
        (void)setsid();
        return serve(options);
    }
    (void)close(ends[1]);
    char bytes[4096];
    ssize_t got = 0;
    bool spoke = false;
    while ((got = read(ends[0], bytes, sizeof(bytes))) > 0) {
        print_text(str_make(bytes, (size_t)got));
        spoke = true;
    }
    (void)close(ends[0]);
    int status = 0;
    if (!spoke && child > 0 && waitpid(child, &status, 0) == child) {
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    }
    return child > 0 ? 0 : 1;
}

int app_serve(const struct app_options *options)
{
    struct process before;
    process_prepare(&before);
    if (options->background && str_eq(options->log, STR("-"))) {
        print_note("--log - has no stderr to go to in the background: give a "
                   "file");
        return 2;
    }
    return options->background ? serve_in_background(options) : serve(options);
}
