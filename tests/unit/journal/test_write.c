/* SPDX-License-Identifier: Apache-2.0 */
/* The log, line by line. */
#include "journal/journal.h"

#include "base/file.h"

#include <stdlib.h>
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
    assert_int_equal(journal_lost(journal), 1);
    journal_close(journal);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_event_is_one_json_line_with_the_run_in_it),
        cmocka_unit_test(a_log_that_cannot_be_opened_is_told),
        cmocka_unit_test(lines_that_are_lost_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
