/* SPDX-License-Identifier: Apache-2.0 */
/* Buffers that grow, shrink and begin empty. Here because bodies and output
 * pass through them. Start at an_empty_buffer_is_harmless(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"

static void an_empty_buffer_is_harmless(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_add(&buf, STR_NONE);
    buf_add(&buf, STR(""));
    buf_drop_front(&buf, 0);
    buf_clear(&buf);
    assert_int_equal(buf_str(&buf).len, 0);
    buf_free(&buf);
    buf_free(&buf);
}

static void what_is_added_stays_through_growth(void **state)
{
    (void)state;
    struct buf buf = {0};
    for (int i = 0; i < 10000; i++) {
        buf_add_char(&buf, (char)('a' + i % 26));
    }
    assert_int_equal(buf.len, 10000);
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(buf.bytes[i], 'a' + i % 26);
    }
    buf_free(&buf);
    assert_null(buf.bytes);
    assert_int_equal(buf.capacity, 0);
}

static void printing_appends(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_add(&buf, STR("n="));
    buf_printf(&buf, "%d", 42);
    buf_printf(&buf, "%s", "");
    assert_true(str_eq(buf_str(&buf), STR("n=42")));
    buf_printf(&buf, "%500s", "x");
    assert_int_equal(buf.len, 504);
    buf_free(&buf);
}

static void numbers_are_written_as_printf_would(void **state)
{
    (void)state;
    static const struct {
        int64_t number;
        struct str text;
    } rows[] = {
        {0, {"0", 1}},
        {7, {"7", 1}},
        {-1, {"-1", 2}},
        {1234567890123, {"1234567890123", 13}},
        {INT64_MAX, {"9223372036854775807", 19}},
        {INT64_MIN, {"-9223372036854775808", 20}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf buf = {0};
        buf_add_number(&buf, rows[i].number);
        assert_true(str_eq(buf_str(&buf), rows[i].text));
        buf_free(&buf);
    }
}

static void the_front_can_be_dropped(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_add(&buf, STR("abcdef"));
    buf_drop_front(&buf, 2);
    assert_true(str_eq(buf_str(&buf), STR("cdef")));
    buf_drop_front(&buf, 0);
    buf_drop_front(&buf, 4);
    assert_int_equal(buf.len, 0);
    buf_free(&buf);
}

static void reserved_room_is_used_without_moving(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_reserve(&buf, 5000);
    char *before = buf.bytes;
    for (int i = 0; i < 5000; i++) {
        buf_add_char(&buf, 'x');
    }
    assert_ptr_equal(buf.bytes, before);
    buf_clear(&buf);
    assert_int_equal(buf.len, 0);
    assert_ptr_equal(buf.bytes, before);
    assert_int_equal(before[0], 0); /* wiped */
    buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_buffer_is_harmless),
        cmocka_unit_test(what_is_added_stays_through_growth),
        cmocka_unit_test(printing_appends),
        cmocka_unit_test(numbers_are_written_as_printf_would),
        cmocka_unit_test(the_front_can_be_dropped),
        cmocka_unit_test(reserved_room_is_used_without_moving),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
