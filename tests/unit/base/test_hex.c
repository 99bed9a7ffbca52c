/* SPDX-License-Identifier: Apache-2.0 */
/* Digits of both cases, all bytes there and back, and what is no such text.
 * Start at main(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hex.h"

static void only_digits_have_a_value(void **state)
{
    const struct str small = STR("0123456789abcdef");
    const struct str capital = STR("0123456789ABCDEF");
    (void)state;
    for (int c = -128; c < 128; c++) {
        size_t at = str_find(small, (char)c);
        at = at == STR_NOT_FOUND ? str_find(capital, (char)c) : at;
        assert_int_equal(hex_value((char)c),
                         at == STR_NOT_FOUND ? -1 : (int)at);
    }
}

static void all_bytes_come_back(void **state)
{
    unsigned char all[256];
    unsigned char again[256];
    char text[512];
    (void)state;
    for (size_t i = 0; i < sizeof(all); i++) {
        all[i] = (unsigned char)i;
    }
    hex_write(all, sizeof(all), text);
    assert_true(str_starts(str_make(text, sizeof(text)), STR("000102")));
    assert_true(str_ends(str_make(text, sizeof(text)), STR("fdfeff")));
    assert_true(hex_read(str_make(text, sizeof(text)), again, sizeof(again)));
    assert_memory_equal(all, again, sizeof(all));
}

static void other_text_is_refused(void **state)
{
    static const char *const rows[] = {"", "0", "000", "00000", "0g00", "00 0"};
    unsigned char bytes[2];
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_false(hex_read(str_of(rows[i]), bytes, sizeof(bytes)));
    }
    assert_true(hex_read(STR("fFA0"), bytes, sizeof(bytes)));
    assert_int_equal(bytes[0], 255);
    assert_int_equal(bytes[1], 160);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_digits_have_a_value),
        cmocka_unit_test(all_bytes_come_back),
        cmocka_unit_test(other_text_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
