/* SPDX-License-Identifier: Apache-2.0 */
/* Writes events as JSON lines, those of one turn of the loop at once. Start at
 * hear(). */
#include "journal/journal.h"

#include "base/file.h"
#include "base/mem.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

/* More than this does not wait for the end of the turn. */
enum { WAITING_MAX = 64 * 1024 };

struct journal {
    struct event_sink sink;
    int fd;
    bool owns_fd;
    bool torn;          /* the file ends in half a line */
    size_t piece;       /* more in one write() might be torn apart */
    struct buf waiting; /* whole lines */
    struct buf tail;    /* run, stage, context, meta: the same on every line */
    int64_t (*wall_ms)(void);
    uint64_t lost;
};

/* As many whole lines as one write() keeps together; at least one. */
static size_t next_piece(struct str text, size_t most)
{
    size_t end = text.len > most ? str_find_last(str_first(text, most), '\n')
                                 : text.len - 1;
    if (end == STR_NOT_FOUND) {
        end = str_find(text, '\n');
    }
    return end == STR_NOT_FOUND ? text.len : end + 1;
}

/* How many bytes got there. */
static size_t write_some(int fd, struct str text, size_t most)
{
    size_t done = 0;
    while (done < text.len) {
        ssize_t put =
            write(fd, text.ptr + done, next_piece(str_from(text, done), most));
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            break;
        }
        done += (size_t)put;
    }
    return done;
}

static uint64_t count_lines(struct str text)
{
    uint64_t lines = 0;
    while (text.len > 0) {
        (void)str_cut(&text, '\n');
        lines++;
    }
    return lines;
}

void journal_flush(struct journal *journal)
{
    struct str text = buf_str(&journal->waiting);
    if (text.len == 0) {
        return;
    }
    if (journal->torn) {
        journal->torn = write_some(journal->fd, STR("\n"), 1) == 0;
    }
    size_t done =
        journal->torn ? 0 : write_some(journal->fd, text, journal->piece);
    if (done < text.len) {
        journal->lost += count_lines(str_from(text, done));
        journal->torn =
            journal->torn || (done > 0 && text.ptr[done - 1] != '\n');
    }
    buf_clear(&journal->waiting);
}

static void hear(struct event_sink *self, const struct event *event)
{
    struct journal *journal = (struct journal *)self;
    event_write_line(event, journal->wall_ms(), buf_str(&journal->tail),
                     &journal->waiting);
    buf_add_char(&journal->waiting, '\n');
    if (journal->waiting.len > WAITING_MAX) {
        journal_flush(journal);
    }
}

static void add_text(struct buf *tail, struct str name, struct str value)
{
    if (value.len > 0) {
        buf_add(tail, STR(","));
        json_write_string(name, tail);
        buf_add(tail, STR(":"));
        json_write_string(value, tail);
    }
}

static void make_tail(struct buf *tail, const struct journal_config *config)
{
    add_text(tail, STR("run"), config->run_id);
    add_text(tail, STR("stage"), config->stage);
    add_text(tail, STR("context"), config->context);
    if (config->meta_count == 0) {
        return;
    }
    buf_add(tail, STR(",\"meta\":{"));
    for (size_t i = 0; i < config->meta_count; i++) {
        struct str value = config->meta[i];
        struct str key = str_cut(&value, '=');
        buf_add(tail, i == 0 ? STR("") : STR(","));
        json_write_string(key, tail);
        buf_add(tail, STR(":"));
        json_write_string(value, tail);
    }
    buf_add(tail, STR("}"));
}

static bool is_regular(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

struct journal *journal_open(const struct journal_config *config,
                             struct arena *arena, struct str *reterr)
{
    bool owns = !str_eq(config->path, STR("-"));
    int fd =
        owns ? file_open_append(arena, config->path, reterr) : STDERR_FILENO;
    if (fd < 0) {
        return NULL;
    }
    struct journal *journal = mem_new(sizeof(*journal));
    journal->sink.hear = hear;
    journal->fd = fd;
    journal->owns_fd = owns;
    /* Other processes may write there too, whose lines would come between. */
    journal->piece = is_regular(fd) ? SIZE_MAX : (size_t)PIPE_BUF;
    journal->wall_ms = config->wall_ms;
    make_tail(&journal->tail, config);
    return journal;
}

void journal_close(struct journal *journal)
{
    if (journal == NULL) {
        return;
    }
    journal_flush(journal);
    if (journal->owns_fd) {
        (void)close(journal->fd);
    }
    buf_free(&journal->waiting);
    buf_free(&journal->tail);
    mem_free(journal);
}

struct event_sink *journal_sink(struct journal *journal)
{
    return &journal->sink;
}

uint64_t journal_lost(const struct journal *journal)
{
    return journal->lost;
}
