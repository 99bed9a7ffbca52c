/* SPDX-License-Identifier: Apache-2.0 */
/* Leads thousands of held calls through their stages and prints a line of JSON
 * at each. Here for what all parts share: the clock, messages, the epoll. Start
 * at lead(). */
#include "hold.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256, LONGEST_STALL_MS = 30000, TOLD_EACH = 4000 };

/* ---- what all parts share ---- */

int64_t hold_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void hold_fail(const char *what, ...)
{
    va_list args;
    va_start(args, what);
    fputs("hold: ", stderr);
    vfprintf(stderr, what, args);
    fputc('\n', stderr);
    va_end(args);
    _exit(1);
}

void hold_watch(struct hold *hold, struct hold_peer *peer)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
    if (epoll_ctl(hold->epoll, EPOLL_CTL_ADD, peer->fd, &event) != 0) {
        hold_fail("epoll: %s", strerror(errno));
    }
}

bool hold_is_visible(const struct hold *hold, uint32_t call)
{
    int64_t release_ns = atomic_load(&hold->shared->release_ns);
    uint64_t spread_ns = (uint64_t)hold->options->spread_ms * 1000000 + 1;
    uint64_t mixed = (uint64_t)call * 0x9e3779b97f4a7c15u;
    return release_ns > 0 &&
           hold_now_ns() >= release_ns + (int64_t)((mixed >> 8) % spread_ns);
}

bool hold_receive(struct hold_peer *peer)
{
    struct buf *in = &peer->in;
    for (;;) {
        buf_reserve(in, 4096);
        size_t room = in->capacity - in->len - 1;
        ssize_t got = recv(peer->fd, in->bytes + in->len, room, 0);
        if (got <= 0) {
            in->bytes[in->len] = '\0';
            return got < 0 && (errno == EAGAIN || errno == EINTR);
        }
        in->len += (size_t)got;
        in->bytes[in->len] = '\0';
        if ((size_t)got < room) {
            return true;
        }
    }
}

bool hold_message(struct buf *in, struct str *ret_head, struct str *ret_body)
{
    const char *end = in->len > 0 ? strstr(in->bytes, "\r\n\r\n") : NULL;
    if (end == NULL) {
        return false;
    }
    size_t head_len = (size_t)(end - in->bytes) + 4;
    const char *length = strcasestr(in->bytes, "\r\ncontent-length:");
    size_t body_len = 0;
    if (length != NULL && length < end) {
        body_len = strtoul(length + strlen("\r\ncontent-length:"), NULL, 10);
    }
    if (in->len < head_len + body_len) {
        return false;
    }
    *ret_head = str_make(in->bytes, head_len);
    *ret_body = str_make(in->bytes + head_len, body_len);
    return true;
}

/* What is sent is smaller than any socket's buffer. */
void hold_send(struct hold_peer *peer, struct str text)
{
    if (send(peer->fd, text.ptr, text.len, MSG_NOSIGNAL) != (ssize_t)text.len &&
        errno != EPIPE && errno != ECONNRESET) {
        hold_fail("cannot send: %s", strerror(errno));
    }
}

/* ---- one turn of a process ---- */

static void turn(struct hold *hold, int wait_ms)
{
    struct epoll_event events[EVENTS];
    struct arena_mark mark = arena_mark(hold->scratch);
    int count = epoll_wait(hold->epoll, events, EVENTS, wait_ms);
    for (int i = 0; i < count; i++) {
        struct hold_peer *peer = events[i].data.ptr;
        peer->ready(hold, peer);
    }
    int stage = atomic_load(&hold->shared->stage);
    if (stage == HOLD_OPEN) {
        hold_load_open(hold);
    } else if (stage == HOLD_LEAVE) {
        hold_load_leave(hold);
    } else if (stage == HOLD_RELEASE) {
        hold_stub_release(hold);
    }
    arena_reset(hold->scratch, mark);
}

static void follow(struct hold *hold)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (atomic_load(&hold->shared->stage) != HOLD_END) {
        turn(hold, 20);
    }
    _exit(0);
}

/* ---- the stages ---- */

/* Until the last one is answered: else it looked as if a client had left. */
static void end_plain(struct hold *hold)
{
    int64_t end_ns = hold_now_ns() + LONGEST_STALL_MS * (int64_t)1000000;
    hold_load_plain(hold, false);
    while (hold->plain_busy && hold_now_ns() < end_ns) {
        turn(hold, 5);
    }
}

static void turn_for(struct hold *hold, int64_t ms)
{
    int64_t end_ns = hold_now_ns() + ms * 1000000;
    while (hold_now_ns() < end_ns) {
        turn(hold, 5);
    }
}

/* False when nothing came for too long. */
static bool turn_until(struct hold *hold, const _Atomic uint32_t *count,
                       uint32_t wanted)
{
    int64_t stall_ns =
        (LONGEST_STALL_MS + hold->options->spread_ms) * (int64_t)1000000;
    int64_t end_ns = hold_now_ns() + stall_ns;
    uint32_t seen = atomic_load(count);
    while (seen < wanted && hold_now_ns() < end_ns) {
        turn(hold, 5);
        uint32_t now = atomic_load(count);
        end_ns = now > seen ? hold_now_ns() + stall_ns : end_ns;
        if (now / TOLD_EACH > seen / TOLD_EACH) {
            fprintf(stderr, "hold: %u of %u\n", now, wanted);
        }
        seen = now;
    }
    return atomic_load(count) >= wanted;
}

static uint64_t reads_so_far(const struct hold *hold)
{
    uint64_t all = 0;
    for (uint32_t i = 0; i < hold->options->calls; i++) {
        all += atomic_load(&hold->shared->calls[i].reads);
    }
    return all;
}

/* A line that the reader of the pipe sees at once. */
static void tell(struct hold *hold, const char *stage, const char *more)
{
    struct hold_shared *shared = hold->shared;
    printf("{\"stage\":\"%s\",\"wall_ms\":%lld,\"held\":%u,\"reads\":%llu,"
           "\"stub_connections\":%u%s}\n",
           stage, (long long)clock_wall_ms(), atomic_load(&shared->held),
           (unsigned long long)reads_so_far(hold),
           atomic_load(&shared->stub_connections), more);
    fflush(stdout);
}

static void measure_plain(struct hold *hold, const char *stage)
{
    struct buf rates = {0};
    buf_printf(&rates, ",\"rates\":[");
    for (uint32_t i = 0; i < hold->options->slices; i++) {
        hold_load_plain(hold, true);
        int64_t from_ns = hold_now_ns();
        int64_t before = atomic_load(&hold->shared->plain_answers);
        turn_for(hold, hold->options->slice_ms);
        int64_t count = atomic_load(&hold->shared->plain_answers) - before;
        double seconds = (double)(hold_now_ns() - from_ns) / 1e9;
        end_plain(hold);
        buf_printf(&rates, "%s%.1f", i > 0 ? "," : "", (double)count / seconds);
    }
    buf_add(&rates, str_make("]", 2));
    tell(hold, stage, rates.bytes);
    buf_free(&rates);
}

static int compare_ns(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* How late answers were, and whether each change was made just once. */
static void tell_outcome(struct hold *hold)
{
    uint32_t calls = hold->options->calls, count = 0, not_once = 0;
    int64_t *late_ns = mem_new((calls + 1) * sizeof(*late_ns));
    for (uint32_t i = 0; i < calls; i++) {
        struct hold_call *call = &hold->shared->calls[i];
        not_once += call->writes != 1;
        if (call->answered_ns > 0 && call->confirmed_ns > 0) {
            late_ns[count++] = call->answered_ns - call->confirmed_ns;
        }
    }
    qsort(late_ns, count, sizeof(*late_ns), compare_ns);
    struct hold_shared *shared = hold->shared;
    char more[512];
    snprintf(more, sizeof(more),
             ",\"calls\":%u,\"answered\":%u,\"left\":%u,\"wrong\":%u,"
             "\"not_sent_once\":%u,\"late_p50_ms\":%.3f,\"late_p99_ms\":%.3f,"
             "\"late_max_ms\":%.3f",
             calls, shared->answered, shared->left, shared->wrong, not_once,
             (double)late_ns[count / 2] / 1e6,
             (double)late_ns[(uint64_t)count * 99 / 100] / 1e6,
             (double)late_ns[count > 0 ? count - 1 : 0] / 1e6);
    mem_free(late_ns);
    tell(hold, "end", more);
}

static void lead(struct hold *hold)
{
    const struct hold_options *options = hold->options;
    struct hold_shared *shared = hold->shared;
    measure_plain(hold, "plain-before");
    int64_t from_ns = hold_now_ns();
    shared->stage = HOLD_OPEN;
    if (!turn_until(hold, &shared->held, options->calls)) {
        hold_fail("only %u of %u calls were held", shared->held,
                  options->calls);
    }
    char more[64];
    snprintf(more, sizeof(more), ",\"seconds\":%.3f",
             (double)(hold_now_ns() - from_ns) / 1e9);
    shared->stage = HOLD_STILL;
    tell(hold, "held", more);
    turn_for(hold, options->still_ms);
    tell(hold, "still", "");
    measure_plain(hold, "plain-held");
    uint32_t share = options->leavers / options->processes;
    tell(hold, "leaving", "");
    shared->stage = HOLD_LEAVE;
    (void)turn_until(hold, &shared->left, share * options->processes);
    shared->stage = HOLD_STILL;
    turn_for(hold, 1000);
    shared->release_ns = hold_now_ns();
    shared->stage = HOLD_RELEASE;
    (void)turn_until(hold, &shared->answered, options->calls - shared->left);
    turn_for(hold, 500);
    tell(hold, "released", "");
    measure_plain(hold, "plain-after");
    tell_outcome(hold);
    shared->stage = HOLD_END;
}

/* ---- the start ---- */

static const char usage[] =
    "Usage: bench_hold --port N --stub-port N [--calls N] [--processes N]\n"
    "  [--leavers N] [--still-ms N] [--slices N] [--slice-ms N]\n"
    "  [--spread-ms N] [--slow]\n"
    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY sign; see README.md.\n";

static struct str from_environment(const char *name)
{
    const char *value = getenv(name);
    if (value == NULL) {
        hold_fail("%s is not set", name);
    }
    return str_of(value);
}

static int64_t *number_for(const char *name, int64_t *numbers)
{
    static const char *const names[] = {
        "--port",     "--stub-port", "--calls",    "--processes", "--leavers",
        "--still-ms", "--slices",    "--slice-ms", "--spread-ms",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strcmp(name, names[i]) == 0) {
            return &numbers[i];
        }
    }
    return NULL;
}

static struct hold_options read_options(int argc, char **argv)
{
    int64_t numbers[] = {0, 0, 1000, 1, 0, 5000, 3, 1000, 5000};
    bool slow = false;
    for (int i = 1; i < argc; i++) {
        int64_t *number = number_for(argv[i], numbers);
        uint64_t value = 0;
        if (strcmp(argv[i], "--slow") == 0) {
            slow = true;
        } else if (number != NULL && i + 1 < argc &&
                   str_to_u64(str_of(argv[++i]), &value) && value < 1000000) {
            *number = (int64_t)value;
        } else {
            fputs(usage, stderr);
            exit(2);
        }
    }
    if (numbers[0] == 0 || numbers[1] == 0 || numbers[2] == 0 ||
        numbers[3] == 0) {
        fputs(usage, stderr);
        exit(2);
    }
    return (struct hold_options){
        .port = (uint16_t)numbers[0],
        .stub_port = (uint16_t)numbers[1],
        .calls = (uint32_t)numbers[2],
        .processes = (uint32_t)numbers[3],
        .leavers = (uint32_t)numbers[4],
        .still_ms = numbers[5],
        .slices = (uint32_t)numbers[6],
        .slice_ms = numbers[7],
        .spread_ms = numbers[8],
        .slow = slow,
        .access_key = from_environment("AWS_ACCESS_KEY_ID"),
        .secret_key = from_environment("AWS_SECRET_ACCESS_KEY"),
        .region = STR("eu-west-1"),
    };
}

/* Clients and a stub in each process; some hundred connections to spare. */
static void check_files(const struct hold_options *options)
{
    struct rlimit files;
    uint64_t each = options->calls / options->processes;
    uint64_t wanted = each + 512 + (options->slow ? each : 0);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < wanted) {
        hold_fail("%llu descriptors wanted in a process, %llu allowed: "
                  "fewer --calls, or more --processes",
                  (unsigned long long)wanted,
                  (unsigned long long)files.rlim_cur);
    }
}

static void begin(struct hold *hold, uint32_t process)
{
    uint32_t calls = hold->options->calls, all = hold->options->processes;
    uint32_t first = (uint32_t)((uint64_t)calls * process / all);
    uint32_t end = (uint32_t)((uint64_t)calls * (process + 1) / all);
    hold->process = process;
    hold->epoll = epoll_create1(0);
    hold->scratch = arena_new();
    hold_load_new(hold, first, end - first);
    hold_stub_listen(hold);
}

int main(int argc, char **argv)
{
    struct hold_options options = read_options(argc, argv);
    struct hold hold = {.options = &options};
    check_files(&options);
    size_t size =
        sizeof(*hold.shared) + options.calls * sizeof(struct hold_call);
    hold.shared = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (hold.shared == MAP_FAILED) {
        hold_fail("no memory: %s", strerror(errno));
    }
    for (uint32_t i = 1; i < options.processes; i++) {
        pid_t pid = fork();
        if (pid < 0) {
            hold_fail("cannot fork: %s", strerror(errno));
        } else if (pid == 0) {
            begin(&hold, i);
            follow(&hold);
        }
    }
    begin(&hold, 0);
    lead(&hold);
    while (wait(NULL) > 0) {
    }
    hold_load_free(&hold);
    hold_stub_free(&hold);
    arena_free(hold.scratch);
    return 0;
}
