/* SPDX-License-Identifier: Apache-2.0 */
/* The three ways of writing. Here because recordings and signatures need the
 * same bytes every time. Start at the tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json/json.h"

#include <math.h>

typedef void write_fn(const struct json *value, struct buf *out);

static void assert_written(write_fn *write, const char *text,
                           const char *expected)
{
    struct arena *arena = arena_new();
    struct source source = {STR("t"), str_of(text)};
    const struct json *value = NULL;
    struct diag diag;
    struct buf out = {0};
    diag_init(&diag, arena);
    assert_true(
        json_parse(arena, &source, &json_default_limits, &value, &diag));
    write(value, &out);
    buf_add_char(&out, '\0');
    assert_string_equal(out.bytes, expected);
    buf_free(&out);
    arena_free(arena);
}

static void compact_keeps_order_and_numbers_as_written(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {" [ 1 , 2.50, -0, 1E400, 12345678901234567890 ] ",
         "[1,2.50,-0,1E400,12345678901234567890]"},
        {"{ \"b\" : null , \"a\" : [true, false] , \"b\":1}",
         "{\"b\":null,\"a\":[true,false],\"b\":1}"},
        {"[ ]", "[]"},
        {"{ }", "{}"},
        {"\"\\u0001\\u001f\\u007f\\/\\b\\f\\n\\r\\t\\\"\\\\\"",
         "\"\\u0001\\u001f\x7F/\\b\\f\\n\\r\\t\\\"\\\\\""},
        {"\"\\uD83D\\uDE00\"", "\"\xF0\x9F\x98\x80\""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_written(json_write, rows[i][0], rows[i][1]);
    }
}

static void pretty_indents_by_two(void **state)
{
    (void)state;
    assert_written(json_write_pretty, "{\"a\":[1,{}],\"b\":[],\"c\":{\"d\":2}}",
                   "{\n"
                   "  \"a\": [\n"
                   "    1,\n"
                   "    {}\n"
                   "  ],\n"
                   "  \"b\": [],\n"
                   "  \"c\": {\n"
                   "    \"d\": 2\n"
                   "  }\n"
                   "}");
}

static void canonical_is_one_text_for_equal_values(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"{\"b\":1,\"a\":{\"d\":[2,1],\"c\":3}}",
         "{\"a\":{\"c\":3,\"d\":[2,1]},\"b\":1}"},
        {"[1.0, 1, 10e-1, -0, 0.0, 1e2]", "[1,1,1,0,0,100]"},
        {"[0.10, 1e-7, 9007199254740993]", "[0.1,1e-07,9007199254740993]"},
        {"{\"a\":1,\"b\":0,\"a\":2}", "{\"a\":2,\"b\":0}"},
        {"[1e400]", "[1e400]"},
        {"{\"ab\":1,\"a\":2,\"B\":3}", "{\"B\":3,\"a\":2,\"ab\":1}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_written(json_write_canonical, rows[i][0], rows[i][1]);
    }
}

static void built_numbers_are_short_and_read_back_the_same(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *text;
    } rows[] = {
        {0, "0"},
        {-0.0, "0"},
        {3, "3"},
        {-7, "-7"},
        {0.1, "0.1"},
        {1.0 / 3, "0.3333333333333333"},
        {1.5, "1.5"},
        {1440938160.123, "1440938160.123"},
        {1e20, "100000000000000000000"},
        {1e21, "1e+21"},
        {5e-324, "4.94065645841247e-324"},
        {0.1 + 0.2, "0.30000000000000004"},
        {NAN, "null"},
        {INFINITY, "null"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf out = {0};
        json_write(json_new_number(arena, rows[i].number), &out);
        buf_add_char(&out, '\0');
        assert_string_equal(out.bytes, rows[i].text);
        buf_free(&out);
    }
    arena_free(arena);
}

static void a_64_bit_integer_passes_unharmed(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct buf out = {0};
    json_write(json_new_int(arena, INT64_MAX), &out);
    assert_true(str_eq(buf_str(&out), STR("9223372036854775807")));
    buf_free(&out);
    arena_free(arena);
}

static void what_is_no_utf8_is_written_as_the_replacement(void **state)
{
    (void)state;
    struct buf out = {0};
    json_write_string(STR("a\xFF\xC3\xA9\xE2\x82"), &out);
    assert_true(str_eq(buf_str(&out), STR("\"a\xEF\xBF\xBD\xC3\xA9"
                                          "\xEF\xBF\xBD\xEF\xBF\xBD\"")));
    buf_free(&out);
}

static void an_absent_value_is_null(void **state)
{
    (void)state;
    struct buf out = {0};
    json_write(NULL, &out);
    assert_true(str_eq(buf_str(&out), STR("null")));
    buf_free(&out);
}

static bool stands_for_itself(int c)
{
    return c >= ' ' && c < 0x80 && c != '"' && c != '\\';
}

/* Texts are looked at eight bytes at a time. */
static void every_byte_is_seen_wherever_it_stands(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        for (size_t at = 0; at < 17; at++) {
            char text[] = "abcdefghijklmnopq";
            struct buf out = {0};
            text[at] = (char)c;
            json_write_string(str_make(text, 17), &out);
            bool same = out.len == 19 && memcmp(out.bytes + 1, text, 17) == 0;
            assert_int_equal(same, stands_for_itself(c));
            buf_free(&out);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compact_keeps_order_and_numbers_as_written),
        cmocka_unit_test(pretty_indents_by_two),
        cmocka_unit_test(canonical_is_one_text_for_equal_values),
        cmocka_unit_test(built_numbers_are_short_and_read_back_the_same),
        cmocka_unit_test(a_64_bit_integer_passes_unharmed),
        cmocka_unit_test(what_is_no_utf8_is_written_as_the_replacement),
        cmocka_unit_test(an_absent_value_is_null),
        cmocka_unit_test(every_byte_is_seen_wherever_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
