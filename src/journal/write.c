/* SPDX-License-Identifier: Apache-2.0 */
/* Writes events as JSON lines. Start at hear(). */
#include "journal/journal.h"

#include "base/file.h"
#include "base/mem.h"

#include <unistd.h>

struct journal {
    struct event_sink sink;
    int fd;
    bool owns_fd;
    struct buf line;
    struct buf tail; /* run, stage, context, meta: the same on every line */
    int64_t (*wall_ms)(void);
    uint64_t lost;
};

static void hear(struct event_sink *self, const struct event *event)
{
    struct journal *journal = (struct journal *)self;
    buf_clear(&journal->line);
    event_write_line(event, journal->wall_ms(), buf_str(&journal->tail),
                     &journal->line);
    buf_add_char(&journal->line, '\n');
    if (!file_write(journal->fd, buf_str(&journal->line))) {
        journal->lost++;
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
    journal->wall_ms = config->wall_ms;
    make_tail(&journal->tail, config);
    return journal;
}

void journal_close(struct journal *journal)
{
    if (journal == NULL) {
        return;
    }
    if (journal->owns_fd) {
        (void)close(journal->fd);
    }
    buf_free(&journal->line);
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
