/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --loops N: the first process reserves the port, mints the keys and starts N
 * others, each with all that serves clients; then it only passes on what it is
 * told and waits for them. Processes, not threads, since descriptors are
 * limited for each process. Start at loops_open().
 */
#include "app/private.h"

#include "base/mem.h"

#include <sys/wait.h>
#include <unistd.h>

enum { LAST_MS = 10000 };

struct worker {
    struct loops *loops;
    size_t number; /* from 1 */
    pid_t pid;     /* 0: not started, or gone */
    struct channel channel;
    struct loop_watch watch;
};

struct loops {
    struct stack *stack;
    struct seat seat; /* of the process this one becomes */
    size_t count;
    struct worker workers[PEERS_MAX];
    struct channel own; /* of one of the others: to the first */
    struct loop_watch own_watch;
    int reserved;
    int inner_reserved[PEERS_MAX];
    struct str region;
    struct timer last; /* who is still there then is ended */
    bool ending;
    bool broken; /* one of them did not end well */
};

bool loops_check_options(struct arena *arena, const struct app_options *options,
                         struct str *reterr)
{
    /* Each of these wants to see all calls. */
    const struct {
        bool given;
        const char *name;
    } rows[] = {
        {options->record.len > 0, "record"},
        {options->replay.len > 0, "replay"},
        {options->observe, "observe"},
        {options->dashboard, "dashboard"},
    };
    unsigned long long count = options->loops;
    if (count < 1 || count > PEERS_MAX) {
        *reterr = arena_printf(arena, "--loops %llu: wants 1 to %d", count,
                               PEERS_MAX);
        return false;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].given && count > 1) {
            *reterr = arena_printf(arena,
                                   "--%s needs all calls in one process: it "
                                   "does not go with --loops %llu",
                                   rows[i].name, count);
            return false;
        }
    }
    return true;
}

/* ---- one of the others ---- */

static void tell_metrics(const struct loops *l)
{
    struct buf text = {0};
    console_write_metrics(l->stack->metrics.console, &text);
    channel_send(&l->own, CHANNEL_METRICS, buf_str(&text));
    buf_free(&text);
}

static void on_word_of_first(void *ctx, uint32_t events)
{
    struct loops *l = ctx;
    enum channel_kind kind;
    struct str text = STR_NONE;
    (void)events;
    if (!channel_read(&l->own, false)) {
        /* It is gone, and cannot tell any more. */
        loop_unwatch(l->stack->loop, &l->own_watch);
        stack_end(l->stack, l->stack->options->grace_ms);
        return;
    }
    while (channel_next(&l->own, &kind, &text)) {
        uint64_t grace_ms = 0;
        if (kind == CHANNEL_END) {
            (void)str_to_u64(text, &grace_ms);
            stack_end(l->stack, (int64_t)grace_ms);
        } else if (kind == CHANNEL_RELOAD) {
            stack_reload(l->stack);
        } else if (kind == CHANNEL_METRICS) {
            tell_metrics(l);
        }
        channel_drop(&l->own);
    }
}

/* A key at the terminal reaches all processes; the first one decides. */
static void pay_no_heed(void *ctx, const struct signalfd_siginfo *info)
{
    (void)ctx;
    (void)info;
}

static void take_signals(struct loop *loop)
{
    static const int heard[] = {SIGINT,  SIGTERM, SIGHUP,
                                SIGQUIT, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof(heard) / sizeof(heard[0]); i++) {
        loop_on_signal(loop, heard[i], pay_no_heed, NULL);
    }
}

static void tell_summary(const struct loops *l)
{
    struct buf text = {0};
    if (l->stack->summary != NULL) {
        report_summary_save(l->stack->summary, &text);
        channel_send(&l->own, CHANNEL_SUMMARY, buf_str(&text));
        buf_free(&text);
    }
}

/* From here to the end of this process; what to exit with. */
static int work(struct loops *l, size_t number)
{
    struct stack *s = l->stack;
    for (size_t i = 0; i < number - 1; i++) {
        channel_close(&l->workers[i].channel);
        l->workers[i].pid = 0;
    }
    process_leave_terminal(false);
    l->seat.number = number;
    s->seat = &l->seat;
    if (!stack_start(s)) {
        return 1;
    }
    take_signals(s->loop);
    l->own_watch = (struct loop_watch){l->own.fd, on_word_of_first, l};
    loop_watch(s->loop, &l->own_watch, EPOLLIN);
    if (s->options->background) {
        process_leave_terminal(true);
    }
    channel_send(&l->own, CHANNEL_READY, stack_region(s));
    loop_run(s->loop);
    tell_summary(l);
    return 0;
}

/* ---- the first: starting them ---- */

static bool reserve_ports(struct loops *l, struct str *reterr)
{
    struct stack *s = l->stack;
    uint16_t port = 0;
    l->reserved =
        server_port_reserve(s->at.host, s->at.port, &port, s->arena, reterr);
    if (l->reserved < 0) {
        return false;
    }
    stack_set_address(s, port);
    for (size_t i = 0; i < l->count; i++) {
        l->inner_reserved[i] = server_port_reserve(
            STR("127.0.0.1"), 0, &l->seat.ports[i], s->arena, reterr);
        if (l->inner_reserved[i] < 0) {
            return false;
        }
    }
    return true;
}

static struct loops *make(struct stack *s)
{
    struct loops *l = mem_new(sizeof(*l));
    l->stack = s;
    l->count = (size_t)s->options->loops;
    l->reserved = -1;
    l->own.fd = -1;
    for (size_t i = 0; i < PEERS_MAX; i++) {
        l->inner_reserved[i] = -1;
        l->workers[i].loops = l;
        l->workers[i].number = i + 1;
        l->workers[i].channel.fd = -1;
        l->workers[i].watch.fd = -1;
    }
    l->seat.count = l->count;
    l->seat.minted = creds_mint(s->arena);
    l->seat.mail = peers_mail_new(l->count);
    return l;
}

static bool wait_until_ready(struct worker *w)
{
    enum channel_kind kind;
    struct str text = STR_NONE;
    while (!channel_next(&w->channel, &kind, &text)) {
        if (!channel_read(&w->channel, true)) {
            return false;
        }
    }
    w->loops->region = arena_str(w->loops->stack->arena, text);
    channel_drop(&w->channel);
    return true;
}

/* Blocks until the process is gone, which is at once. */
static int status_of(struct worker *w)
{
    int status = 0;
    (void)waitpid(w->pid, &status, 0);
    w->pid = 0;
    return status;
}

static int exit_status(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status)
                                                         : 1;
}

/* False in that process when its work is done, and where it could not start. */
static bool start(struct worker *w, int *ret_status)
{
    struct loops *l = w->loops;
    *ret_status = 1;
    if (!channel_pair(&w->channel, &l->own)) {
        print_note("no pair of sockets could be made");
        return false;
    }
    w->pid = fork();
    if (w->pid == 0) {
        channel_close(&w->channel);
        *ret_status = work(l, w->number);
        return false;
    }
    channel_close(&l->own);
    if (w->pid < 0) {
        w->pid = 0;
        print_note("process %zu of %zu could not be started", w->number,
                   l->count);
        return false;
    }
    if (!wait_until_ready(w)) {
        *ret_status = exit_status(status_of(w));
        return false;
    }
    return true;
}

/* ---- the first: waiting for them ---- */

static bool any_left(const struct loops *l)
{
    for (size_t i = 0; i < l->count; i++) {
        if (l->workers[i].pid > 0) {
            return true;
        }
    }
    return false;
}

static void tell_all(const struct loops *l, enum channel_kind kind,
                     struct str text)
{
    for (size_t i = 0; i < l->count; i++) {
        channel_send(&l->workers[i].channel, kind, text);
    }
}

static void tell_death(const struct worker *w, int status)
{
    const char *how =
        WIFSIGNALED(status) ? "was killed by signal" : "ended with status";
    print_note("process %zu of %zu (%ld) %s %d: what it held is lost, and the "
               "others end",
               w->number, w->loops->count, (long)w->pid, how,
               WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static void bury(struct worker *w)
{
    struct loops *l = w->loops;
    struct worker dead = *w;
    int status = status_of(w);
    loop_unwatch(l->stack->loop, &w->watch);
    channel_close(&w->channel);
    if (!l->ending) {
        tell_death(&dead, status);
        loops_end(l, l->stack->options->grace_ms);
        l->broken = true;
    }
    l->broken = l->broken || !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    if (!any_left(l)) {
        loop_stop(l->stack->loop);
    }
}

static void on_word_of_worker(void *ctx, uint32_t events)
{
    struct worker *w = ctx;
    struct stack *s = w->loops->stack;
    enum channel_kind kind;
    struct str text = STR_NONE;
    (void)events;
    bool there = channel_read(&w->channel, false);
    while (channel_next(&w->channel, &kind, &text)) {
        if (kind == CHANNEL_SUMMARY) {
            report_summary_merge(s->summary, text);
        } else if (kind == CHANNEL_METRICS) {
            gather_hear(s->metrics.gather, w->number - 1, text);
        }
        channel_drop(&w->channel);
    }
    if (!there) {
        bury(w);
    }
}

static void on_last(void *ctx)
{
    struct loops *l = ctx;
    for (size_t i = 0; i < l->count; i++) {
        if (l->workers[i].pid > 0) {
            (void)kill(l->workers[i].pid, SIGKILL);
        }
    }
}

void loops_end(struct loops *l, int64_t grace_ms)
{
    struct buf text = {0};
    l->ending = true;
    buf_printf(&text, "%lld", (long long)grace_ms);
    tell_all(l, CHANNEL_END, buf_str(&text));
    buf_free(&text);
    timer_arm(loop_timers(l->stack->loop), &l->last, grace_ms + LAST_MS);
    if (!any_left(l)) {
        loop_stop(l->stack->loop);
    }
}

void loops_reload(struct loops *l)
{
    tell_all(l, CHANNEL_RELOAD, STR_NONE);
}

bool loops_are_well(const struct loops *l)
{
    return !l->ending;
}

size_t loops_count(const struct loops *l)
{
    return l->count;
}

void loops_ask_metrics(struct loops *l)
{
    tell_all(l, CHANNEL_METRICS, STR_NONE);
}

struct sigv4_credentials loops_minted(const struct loops *l)
{
    return l->seat.minted;
}

struct str loops_region(const struct loops *l)
{
    return l->stack->seat != NULL ? creds_region(l->stack->creds) : l->region;
}

/* ---- the whole ---- */

bool loops_open(struct stack *s, int *ret_status)
{
    struct str why = STR_NONE;
    struct loops *l = make(s);
    s->loops = l;
    if (l->seat.mail == NULL) {
        print_note("too few descriptors for --loops %zu", l->count);
        return false;
    }
    if (!reserve_ports(l, &why)) {
        print_sentence(why);
        return false;
    }
    for (size_t i = 0; i < l->count; i++) {
        if (!start(&l->workers[i], ret_status)) {
            return false;
        }
    }
    peers_mail_free(l->seat.mail);
    l->seat.mail = NULL;
    stack_make_loop(s);
    timer_init(&l->last, on_last, l);
    for (size_t i = 0; i < l->count; i++) {
        struct worker *w = &l->workers[i];
        w->watch = (struct loop_watch){w->channel.fd, on_word_of_worker, w};
        loop_watch(s->loop, &w->watch, EPOLLIN);
    }
    if (!watch_open(s, &why)) {
        print_sentence(why);
        return false;
    }
    return true;
}

/* Where it could not start all of them: the closed channel ends those that it
 * had started. */
static void end_rest(struct loops *l)
{
    for (size_t i = 0; i < l->count; i++) {
        channel_close(&l->workers[i].channel);
    }
    for (size_t i = 0; i < l->count; i++) {
        if (l->workers[i].pid > 0) {
            (void)status_of(&l->workers[i]);
        }
    }
}

bool loops_close(struct loops *l)
{
    if (l == NULL) {
        return true;
    }
    bool good = !l->broken;
    if (l->stack->seat != NULL) {
        loop_unwatch(l->stack->loop, &l->own_watch);
        seat_close(&l->seat);
    } else {
        end_rest(l);
        if (l->stack->loop != NULL) {
            timer_cancel(loop_timers(l->stack->loop), &l->last);
        }
    }
    buf_free(&l->own.in); /* its closing tells that this process is gone */
    peers_mail_free(l->seat.mail);
    server_port_release(l->reserved);
    for (size_t i = 0; i < l->count; i++) {
        server_port_release(l->inner_reserved[i]);
    }
    mem_free(l);
    return good;
}
