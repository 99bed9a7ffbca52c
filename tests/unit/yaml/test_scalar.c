/* SPDX-License-Identifier: Apache-2.0 */
/* What plain scalars mean. Here because a status of 200 must be a number and a
 * name like "1e3" must not. Start at the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "yaml/private.h"

/* As JSON; the empty text: it stays the text it is. */
static void plain_scalars_resolve_as_yaml_1_1_says(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", "null"},
        {"~", "null"},
        {"null", "null"},
        {"NULL", "null"},
        {"nULL", ""},
        {"true", "true"},
        {"Yes", "true"},
        {"on", "true"},
        {"y", ""},
        {"n", ""},
        {"FALSE", "false"},
        {"off", "false"},
        {"No", "false"},
        {"0", "0"},
        {"-0", "-0"},
        {"+12", "12"},
        {"200", "200"},
        {"1_000", "1000"},
        {"12345678901234567890123", "12345678901234567890123"},
        {"010", "8"},
        {"0_", "0"},
        {"08", ""},
        {"0o17", ""},
        {"0x1F", "31"},
        {"-0xff", "-255"},
        {"0x", ""},
        {"0x_", ""},
        {"0xFFFFFFFFFFFFFFFF", "18446744073709551615"},
        {"0x10000000000000000", ""},
        {"0b101", "5"},
        {"0b2", ""},
        {"1:30", "90"},
        {"190:20:30", "685230"},
        {"-1:30", "-90"},
        {"1:60", ""},
        {"01:30", ""},
        {"1:30.5", "90.5"},
        {"01:30.5", "90.5"},
        {"1:30.5.6", ""},
        {"1.5", "1.5"},
        {"1.", "1.0"},
        {"00.5", "0.5"},
        {"-1.5e+3", "-1.5e+3"},
        {"1.5e3", ""},
        {"1e3", ""},
        {"1e+3", ""},
        {".5", "0.5"},
        {"-.5", ""},
        {"._5", ""},
        {"_1", ""},
        {".", ""},
        {"-", ""},
        {".inf", ""},
        {"-.inf", ""},
        {".nan", ""},
        {"1.2.3", ""},
        {"192.168.0.1", ""},
        {"2019-01-30", ""},
        {"2019-01-30T12:36:00Z", ""},
        {"12345678-90ab", ""},
        {"123456789012", "123456789012"},
        {"AKIAIOSFODNN7EXAMPLE", ""},
        {"=", ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena *arena = arena_new();
        struct json *node = json_new(arena, JSON_ARRAY);
        struct buf out = {0};
        yaml_plain_resolve(arena, str_of(rows[i][0]), node);
        if (rows[i][1][0] == '\0') {
            assert_int_equal(node->type, JSON_STRING);
            assert_true(str_eq(node->text, str_of(rows[i][0])));
        } else {
            json_write(node, &out);
            buf_add_char(&out, '\0');
            assert_string_equal(out.bytes, rows[i][1]);
        }
        buf_free(&out);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_scalars_resolve_as_yaml_1_1_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
