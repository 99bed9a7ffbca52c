/* SPDX-License-Identifier: Apache-2.0 */
/* The log, line by line. */
#include "journal/journal.h"

#include "base/file.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int64_t noon(void)
{
    return 1440936000000;
}

static void each_event_is_one_json_line_with_the_run_in_it(void **state)
{
    char path[] = "/tmp/settled-journal-XXXXXX";
    struct arena *arena = arena_new();
    struct str why = STR_NONE;
    struct str text = STR_NONE;
    const struct str meta[] = {STR("team=red"), STR("build=7=8")};
    (void)state;
    assert_true(close(mkstemp(path)) == 0);
    assert_int_equal(unlink(path), 0);
    const struct journal_config config = {.path = str_of(path),
                                          .run_id = STR("r"),
                                          .stage = STR("test"),
                                          .meta = meta,
                                          .meta_count = 2,
                                          .wall_ms = noon};
    struct journal *journal = journal_open(&config, arena, &why);
    assert_non_null(journal);
    const struct event event = {.kind = EVENT_CALL_SENT};
    struct event_sink *sink = journal_sink(journal);
    sink->hear(sink, &event);
    sink->hear(sink, &event);
    assert_int_equal(journal_lost(journal), 0);
    journal_close(journal);
    assert_true(file_read(arena, str_of(path), 4096, &text, &why));
    struct str line = str_cut(&text, '\n');
    assert_true(str_eq(
        line, STR("{\"time\":\"2015-08-30T12:00:00.000Z\",\"event\":"
                  "\"call-sent\",\"run\":\"r\",\"stage\":\"test\",\"meta\":"
                  "{\"team\":\"red\",\"build\":\"7=8\"}}")));
    assert_true(str_eq(str_cut(&text, '\n'), line));
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(unlink(path), 0);
    arena_free(arena);
}

static void a_log_that_cannot_be_opened_is_told(void **state)
{
    struct arena *arena = arena_new();
    struct str why = STR_NONE;
    const struct journal_config config = {.path = STR("/nowhere/at/all"),
                                          .wall_ms = noon};
    (void)state;
    assert_null(journal_open(&config, arena, &why));
    assert_true(str_contains(why, STR("/nowhere/at/all")));
    arena_free(arena);
}

static void lines_that_are_lost_are_counted(void **state)
{
    struct arena *arena = arena_new();
    struct str why = STR_NONE;
    const struct journal_config config = {.path = STR("/dev/full"),
                                          .wall_ms = noon};
    const struct event event = {.kind = EVENT_CALL_SENT};
    (void)state;
    struct journal *journal = journal_open(&config, arena, &why);
    assert_non_null(journal);
    struct event_sink *sink = journal_sink(journal);
    sink->hear(sink, &event);
    sink->hear(sink, &event);
    assert_int_equal(journal_lost(journal), 0);
    journal_flush(journal);
    assert_int_equal(journal_lost(journal), 2);
    journal_flush(journal);
    assert_int_equal(journal_lost(journal), 2);
    journal_close(journal);
    arena_free(arena);
}

/* A journal on a fresh file; *ret_path is to be unlinked. */
static struct journal *open_fresh(struct arena *arena, struct str *ret_path)
{
    char path[] = "/tmp/settled-journal-XXXXXX";
    struct str why = STR_NONE;
    assert_true(close(mkstemp(path)) == 0);
    *ret_path = arena_str(arena, str_of(path));
    const struct journal_config config = {.path = *ret_path, .wall_ms = noon};
    struct journal *journal = journal_open(&config, arena, &why);
    assert_non_null(journal);
    return journal;
}

static struct str content_of(struct arena *arena, struct str path)
{
    struct str text = STR_NONE;
    struct str why = STR_NONE;
    assert_true(file_read(arena, path, 1 << 20, &text, &why));
    return text;
}

static void lines_wait_for_the_end_of_a_turn_but_not_many(void **state)
{
    struct arena *arena = arena_new();
    struct str path;
    const struct event event = {.kind = EVENT_CALL_SENT};
    (void)state;
    struct journal *journal = open_fresh(arena, &path);
    struct event_sink *sink = journal_sink(journal);
    sink->hear(sink, &event);
    assert_int_equal(content_of(arena, path).len, 0);
    journal_flush(journal);
    size_t line = content_of(arena, path).len;
    assert_true(line > 0);
    for (int i = 0; i < 2000; i++) {
        sink->hear(sink, &event);
    }
    assert_true(content_of(arena, path).len > line);
    journal_close(journal);
    assert_int_equal(content_of(arena, path).len, 2001 * line);
    assert_int_equal(unlink(path.ptr), 0);
    arena_free(arena);
}

/* The file may grow to `size` bytes, as on a disk that is full. */
static void limit_files(rlim_t size)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void after_half_a_line_a_new_one_begins(void **state)
{
    struct arena *arena = arena_new();
    struct str path;
    struct rlimit before;
    const struct event event = {.kind = EVENT_CALL_SENT};
    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct journal *journal = open_fresh(arena, &path);
    struct event_sink *sink = journal_sink(journal);
    sink->hear(sink, &event);
    journal_flush(journal);
    size_t line = content_of(arena, path).len;
    limit_files(line * 5 / 2);
    for (int i = 0; i < 3; i++) {
        sink->hear(sink, &event);
    }
    journal_flush(journal);
    assert_int_equal(content_of(arena, path).len, line * 5 / 2);
    assert_int_equal(journal_lost(journal), 2);
    sink->hear(sink, &event);
    journal_flush(journal);
    assert_int_equal(journal_lost(journal), 3);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    sink->hear(sink, &event);
    journal_close(journal);
    struct str text = content_of(arena, path);
    struct str whole = str_cut(&text, '\n');
    assert_true(str_eq(str_cut(&text, '\n'), whole));
    assert_int_equal(str_cut(&text, '\n').len, line * 5 / 2 - 2 * line);
    assert_true(str_eq(str_cut(&text, '\n'), whole));
    assert_int_equal(text.len, 0);
    assert_int_equal(unlink(path.ptr), 0);
    arena_free(arena);
}

/* Each piece of such a pipe is what one write() kept together. */
static void several_may_write_to_a_pipe(void **state)
{
    enum { LINES = 200 };
    struct arena *arena = arena_new();
    struct str why = STR_NONE;
    const struct journal_config config = {.path = STR("-"), .wall_ms = noon};
    const struct event event = {.kind = EVENT_CALL_SENT};
    char piece[64 * 1024];
    int ends[2];
    int before = dup(STDERR_FILENO);
    ssize_t got = 0;
    size_t lines = 0;
    (void)state;
    assert_int_equal(pipe2(ends, O_DIRECT | O_CLOEXEC), 0);
    assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    struct journal *journal = journal_open(&config, arena, &why);
    struct event_sink *sink = journal_sink(journal);
    for (int i = 0; i < LINES; i++) {
        sink->hear(sink, &event);
    }
    journal_close(journal);
    assert_int_equal(dup2(before, STDERR_FILENO), STDERR_FILENO);
    assert_int_equal(close(before) | close(ends[1]), 0);
    while ((got = read(ends[0], piece, sizeof(piece))) > 0) {
        struct str text = str_make(piece, (size_t)got);
        assert_int_equal(text.ptr[text.len - 1], '\n');
        while (text.len > 0) {
            assert_true(str_ends(str_cut(&text, '\n'), STR("}")));
            lines++;
        }
    }
    assert_int_equal(lines, LINES);
    assert_int_equal(close(ends[0]), 0);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_event_is_one_json_line_with_the_run_in_it),
        cmocka_unit_test(a_log_that_cannot_be_opened_is_told),
        cmocka_unit_test(lines_that_are_lost_are_counted),
        cmocka_unit_test(lines_wait_for_the_end_of_a_turn_but_not_many),
        cmocka_unit_test(after_half_a_line_a_new_one_begins),
        cmocka_unit_test(several_may_write_to_a_pipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
