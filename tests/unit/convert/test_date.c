/* SPDX-License-Identifier: Apache-2.0 */
/* Dates as files hold them. Here because cassettes are old and often cut down.
 * Start at the tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "convert/private.h"

enum { NONE = -1 };

static void dates_of_browsers_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"2015-08-30T12:36:00.123Z", 1440938160123},
        {"2015-08-30T14:36:00.123+02:00", 1440938160123},
        {"2015-08-30T07:06:00-05:30", 1440938160000},
        {"2015-08-30T12:36:00.123456+00:00", 1440938160123},
        {"Sun, 30 Aug 2015 12:36:00 GMT", 1440938160000},
        {"20150830T123600Z", 1440938160000},
        {"2015-08-30T12:36:00", NONE},
        {"2015-08-30T12:36:00+2:00", NONE},
        {"2015-08-30T12:36:00+15:00", NONE},
        {"2015-08-30T12:36:00*02:00", NONE},
        {"+02:00", NONE},
        {"", NONE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena *arena = arena_new();
        int64_t ms = NONE;
        bool good = convert_date(arena, str_of(rows[i].text), &ms);
        assert_int_equal(good, rows[i].ms != NONE);
        assert_true(!good || ms == rows[i].ms);
        arena_free(arena);
    }
}

static void an_answer_tells_the_earliest_date_in_it(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int64_t ms;
    } rows[] = {
        {"{\"LastModifiedDate\":1.5488784E9}", 1548878400000},
        {"{\"a\":[{\"CreatedDate\":1548878401},{\"CreatedDate\":1548878400}]}",
         1548878400000},
        {"{\"creationTime\":1548878400.5}", 1548878400500},
        {"{\"Version\":1548878400}", NONE},
        {"{\"Date\":1}", NONE},
        {"<a><Expiration>2019-01-30T20:00:00Z</Expiration></a>", 1548878400000},
        {"<a>2019-01-30T20:00:01.000Z 2019-01-30T20:00:00.000Z</a>",
         1548878400000},
        {"<a>2019-13-30T20:00:01Z</a>", NONE},
        {"", NONE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena *arena = arena_new();
        int64_t ms = NONE;
        bool found = convert_date_in(arena, str_of(rows[i].body), &ms);
        assert_int_equal(found, rows[i].ms != NONE);
        assert_true(!found || ms == rows[i].ms);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_of_browsers_are_read),
        cmocka_unit_test(an_answer_tells_the_earliest_date_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
