/* SPDX-License-Identifier: Apache-2.0 */
/* --learn and --state: what is learned of lags, and the folder where it is
 * kept from run to run, for several at the same time. Start at state_open(). */
#include "app/private.h"

#include "base/file.h"

#include <errno.h>

enum {
    SAVE_EVERY_MS = 60000,
    FILE_MAX_BYTES = 16 * 1024 * 1024,
    /* An emulator has no quota to be spared: a read costs its time alone. */
    EMULATOR_READ_PRICE_MS = 10,
};

static struct str file_of(struct arena *arena, struct str folder)
{
    return arena_join(arena, folder, STR("/schedule.json"));
}

enum reading { READ_ALL, READ_DAMAGED, READ_FAILED };

/* All is read, too, where there is no file. What is wrong with its text is
 * printed. */
static enum reading read_file(struct arena *arena, struct schedule *schedule,
                              struct str path, struct str *reterr)
{
    struct source source = {.name = path};
    struct diag diag;
    struct str why = STR_NONE;
    if (!file_read(arena, path, FILE_MAX_BYTES, &source.text, &why)) {
        bool is_there = errno != ENOENT;
        *reterr = is_there ? why : STR_NONE;
        return is_there ? READ_FAILED : READ_ALL;
    }
    diag_init(&diag, arena);
    bool good = schedule_read(schedule, &source, &diag);
    print_diag(&diag);
    return good ? READ_ALL : READ_DAMAGED;
}

/* Takes over what others have saved meanwhile. A text that is damaged, or of
 * another version, is kept for people to look at. */
static bool take_over(struct stack *s, struct arena *arena, struct str path,
                      struct str *reterr)
{
    struct str aside = arena_join(arena, path, STR(".damaged"));
    enum reading reading = read_file(arena, s->state.schedule, path, reterr);
    if (reading != READ_DAMAGED) {
        return reading == READ_ALL;
    }
    if (!file_rename(arena, path, aside, reterr)) {
        return false;
    }
    print_note("what was learned before is set aside as %.*s", STR_ARG(aside));
    return true;
}

/* The lock is a file of its own, for the other one is replaced. */
static int lock(struct arena *arena, struct str path, struct str *reterr)
{
    int fd =
        file_open_append(arena, arena_join(arena, path, STR(".lock")), reterr);
    if (fd >= 0) {
        file_lock(fd);
    }
    return fd;
}

static bool save(struct stack *s, struct arena *arena, struct str *reterr)
{
    struct str path = file_of(arena, s->options->state);
    int fd = lock(arena, path, reterr);
    if (fd < 0) {
        return false;
    }
    bool good = take_over(s, arena, path, reterr);
    if (good) {
        struct buf text = {0};
        schedule_write(s->state.schedule, &text);
        good = file_swap(arena, path, buf_str(&text), reterr);
        buf_free(&text);
    }
    file_close(fd);
    return good;
}

/* What could not be saved is tried again; it is told once. */
static void save_news(struct stack *s)
{
    if (s->state.schedule == NULL || s->options->state.len == 0 ||
        !schedule_has_news(s->state.schedule)) {
        return;
    }
    struct arena *arena = arena_new();
    struct str why = STR_NONE;
    if (save(s, arena, &why)) {
        schedule_saved(s->state.schedule);
        s->state.failed = false;
    } else if (!s->state.failed) {
        print_note("what was learned could not be saved: %.*s", STR_ARG(why));
        s->state.failed = true;
    }
    arena_free(arena);
}

static void on_tick(void *ctx)
{
    struct stack *s = ctx;
    save_news(s);
    timer_arm(loop_timers(s->loop), &s->state.tick, SAVE_EVERY_MS);
}

/* Finds out now, not at the end, whether the folder can be written. */
static bool open_folder(struct stack *s)
{
    struct arena *arena = arena_new();
    struct str why = STR_NONE;
    struct str path = file_of(arena, s->options->state);
    int fd = file_make_folder(arena, s->options->state, &why)
                 ? lock(arena, path, &why)
                 : -1;
    bool good = fd >= 0 && take_over(s, arena, path, &why);
    if (good) {
        timer_arm(loop_timers(s->loop), &s->state.tick, SAVE_EVERY_MS);
    } else {
        print_sentence(why);
    }
    file_close(fd);
    arena_free(arena);
    return good;
}

bool state_open(struct stack *s)
{
    const struct app_options *o = s->options;
    const struct schedule_config config = {
        .read_price_ms = s->emulated ? EMULATOR_READ_PRICE_MS : 0,
    };
    timer_init(&s->state.tick, on_tick, s);
    /* In a replay each answer comes when it was recorded, whenever asked for.
     */
    if (o->learns && o->replay.len == 0) {
        s->state.schedule = schedule_new(&config);
    }
    return s->state.schedule == NULL || o->state.len == 0 || open_folder(s);
}

void state_close(struct stack *s)
{
    if (s->loop != NULL) {
        timer_cancel(loop_timers(s->loop), &s->state.tick);
    }
    save_news(s);
    schedule_free(s->state.schedule);
    s->state.schedule = NULL;
}

struct schedule *state_look(struct arena *arena, struct str folder)
{
    struct schedule *schedule = schedule_new(&(struct schedule_config){0});
    struct str why = STR_NONE;
    enum reading reading = READ_ALL;
    if (folder.len > 0) {
        reading = read_file(arena, schedule, file_of(arena, folder), &why);
    }
    if (reading == READ_FAILED) {
        print_sentence(why);
    }
    if (reading != READ_ALL) {
        schedule_free(schedule);
        return NULL;
    }
    return schedule;
}
