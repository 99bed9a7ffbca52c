/* SPDX-License-Identifier: Apache-2.0 */
/* The way back from decoded text to the source. Here because carets inside
 * expressions inside strings depend on it. Start at the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json/json.h"

static void assert_offset(const char *text, size_t decoded, size_t expected)
{
    struct arena *arena = arena_new();
    struct source source = {STR("t"), str_of(text)};
    const struct json *value = NULL;
    struct diag diag;
    diag_init(&diag, arena);
    assert_true(
        json_parse(arena, &source, &json_default_limits, &value, &diag));
    assert_int_equal(json_string_offset(value, &source, decoded), expected);
    arena_free(arena);
}

static void an_offset_leads_back_to_the_source(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t decoded, expected;
    } rows[] = {
        {"\"abc\"", 0, 1},
        {"\"abc\"", 2, 3},
        {"\"abc\"", 3, 4},  /* the closing quote */
        {"\"abc\"", 99, 4}, /* past the end: there too */
        {"  \"abc\"", 1, 4},
        {"\"\"", 0, 1},
        {"\"a\\nb\"", 1, 2},
        {"\"a\\nb\"", 2, 4},
        {"\"\\\"\\\\x\"", 2, 5},
        {"\"\\u0041B\"", 1, 7},
        {"\"\\u20ACx\"", 0, 1},
        {"\"\\u20ACx\"", 2, 1}, /* inside a character: at its start */
        {"\"\\u20ACx\"", 3, 7},
        {"\"\\uD83D\\uDE00x\"", 3, 1},
        {"\"\\uD83D\\uDE00x\"", 4, 13},
        {"\"\\uD83Dx\"", 3, 7},
        {"\"\xE2\x82\xACx\"", 3, 4},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_offset(rows[i].text, rows[i].decoded, rows[i].expected);
    }
}

static void what_is_no_string_answers_with_its_start(void **state)
{
    (void)state;
    assert_offset("  12", 1, 2);
    struct arena *arena = arena_new();
    struct source source = {STR("t"), STR("\"x\"")};
    assert_int_equal(
        json_string_offset(json_new_text(arena, "abc"), &source, 2), 0);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_offset_leads_back_to_the_source),
        cmocka_unit_test(what_is_no_string_answers_with_its_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
