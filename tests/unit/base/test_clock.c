/* SPDX-License-Identifier: Apache-2.0 */
/* The three date formats, there and back. Here because signatures and rules
 * compare times. Start at the tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"

static const int64_t sample_ms = 1440938160123; /* 30 August 2015, 12:36 */

static void a_moment_is_written_in_three_ways(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_string_equal(clock_amz_date(arena, sample_ms).ptr,
                        "20150830T123600Z");
    assert_string_equal(clock_iso(arena, sample_ms).ptr,
                        "2015-08-30T12:36:00.123Z");
    assert_string_equal(clock_http_date(arena, sample_ms).ptr,
                        "Sun, 30 Aug 2015 12:36:00 GMT");
    assert_string_equal(clock_iso(arena, 0).ptr, "1970-01-01T00:00:00.000Z");
    assert_string_equal(clock_iso(arena, -1).ptr, "1969-12-31T23:59:59.999Z");
    assert_string_equal(clock_http_date(arena, 951782400000).ptr,
                        "Tue, 29 Feb 2000 00:00:00 GMT");
    arena_free(arena);
}

/* The calendar is our own: the library's shall say the same of each day. */
static void each_day_is_the_librarys(void **state)
{
    enum { DAYS = 200000 }; /* to the year 2517, and back to 1422 */
    (void)state;
    struct arena *arena = arena_new();
    struct arena_mark mark = arena_mark(arena);
    for (time_t day = -DAYS; day <= DAYS; day++) {
        time_t seconds = day * 86400 + day % 43200;
        struct tm tm;
        char wanted[32];
        assert_non_null(gmtime_r(&seconds, &tm));
        assert_int_equal(
            strftime(wanted, sizeof(wanted), "%a, %d %b %Y %H:%M:%S GMT", &tm),
            29);
        assert_string_equal(clock_http_date(arena, seconds * 1000).ptr, wanted);
        arena_reset(arena, mark);
    }
    arena_free(arena);
}

static void dates_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"20150830T123600Z", 1440938160000},
        {"2015-08-30T12:36:00Z", 1440938160000},
        {"2015-08-30T12:36:00+00:00", 1440938160000},
        {"2015-08-30T12:36:00.123Z", 1440938160123},
        {"2015-08-30T12:36:00.5Z", 1440938160500},
        {"2015-08-30T12:36:00.123456789Z", 1440938160123},
        {"Sun, 30 Aug 2015 12:36:00 GMT", 1440938160000},
        {"Tue, 29 Feb 2000 00:00:00 GMT", 951782400000},
        {"1970-01-01T00:00:00Z", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t ms = -1;
        assert_true(clock_parse(str_of(rows[i].text), &ms));
        assert_int_equal(ms, rows[i].ms);
    }
}

static void what_is_no_date_is_refused(void **state)
{
    (void)state;
    static const struct str rows[] = {
        {NULL, 0},
        {"", 0},
        {"20150830T123600", 15},
        {"20150830T123600Zx", 17},
        {"20150830T123600Z\0x", 18},
        {"20151330T123600Z", 16},
        {"20150800T123600Z", 16},
        {"20150231T123600Z", 16},
        {"20150830T243600Z", 16},
        {"20150830T126000Z", 16},
        {"2015 8 3T12 3 0Z", 16},
        {"2015+8+3T12+3+0Z", 16},
        {"-1150830T123600Z", 16},
        {"2015-08-30T12:36:00.Z", 21},
        {"2015-08-30T12:36:00.5e3Z", 24},
        {"2015-08-30T12:36:00+02:00", 25},
        {"2015-08-30 12:36:00Z", 20},
        {"Sun, 30 Foo 2015 12:36:00 GMT", 29},
        {"Sun, 30 Aug 2015 12:36:00 CET", 29},
        {"Sun, 30 Aug 2015 12:36:00 GMT and then more of it, much more", 60},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t ms = -1;
        if (clock_parse(rows[i], &ms)) {
            fail_msg("row %zu was taken", i);
        }
        assert_int_equal(ms, -1);
    }
}

static void every_millisecond_comes_back(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    for (int64_t ms = sample_ms; ms < sample_ms + 1000; ms++) {
        int64_t back = 0;
        assert_true(clock_parse(clock_iso(arena, ms), &back));
        assert_int_equal(back, ms);
    }
    arena_free(arena);
}

static void the_clocks_run(void **state)
{
    (void)state;
    int64_t before = clock_monotonic_ms(NULL);
    assert_true(before > 0);
    assert_true(clock_monotonic_ms(NULL) >= before);
    assert_true(clock_wall_ms() > sample_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_moment_is_written_in_three_ways),
        cmocka_unit_test(each_day_is_the_librarys),
        cmocka_unit_test(dates_are_read),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(every_millisecond_comes_back),
        cmocka_unit_test(the_clocks_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
