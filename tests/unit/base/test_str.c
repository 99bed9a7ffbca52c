/* SPDX-License-Identifier: Apache-2.0 */
/* Text slices at their edges. Here because every room cuts with them. Start
 * at the tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"

static void texts_are_compared_byte_by_byte(void **state)
{
    (void)state;
    static const struct {
        struct str a, b;
        bool equal, nocase;
        int order;
    } rows[] = {
        {{"", 0}, {NULL, 0}, true, true, 0},
        {{"a", 1}, {"a", 1}, true, true, 0},
        {{"a", 1}, {"A", 1}, false, true, 1},
        {{"a", 1}, {"ab", 2}, false, false, -1},
        {{"b", 1}, {"ab", 2}, false, false, 1},
        {{"a\0b", 3}, {"a\0c", 3}, false, false, -1},
        {{"[", 1}, {"{", 1}, false, false, -1}, /* 32 apart, no letters */
        {{"\xFF", 1}, {"a", 1}, false, false, 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int order = str_compare(rows[i].a, rows[i].b);
        assert_int_equal(str_eq(rows[i].a, rows[i].b), rows[i].equal);
        assert_int_equal(str_eq_nocase(rows[i].a, rows[i].b), rows[i].nocase);
        assert_int_equal((order > 0) - (order < 0), rows[i].order);
    }
}

/* They are compared eight at a time. */
static void letters_are_the_same_wherever_they_stand(void **state)
{
    (void)state;
    for (size_t at = 0; at < 18; at++) {
        char a[18] = "Content-Encoding:";
        char b[18] = "content-encoding:";
        for (int i = 0; i < 256 * 256; i++) {
            int left = i / 256;
            int right = i % 256;
            bool letter = (left | 0x20) >= 'a' && (left | 0x20) <= 'z';
            bool same = left == right || (letter && (left ^ right) == 0x20);
            a[at] = (char)left;
            b[at] = (char)right;
            if (str_eq_nocase(str_make(a, 18), str_make(b, 18)) != same) {
                fail_msg("bytes %d and %d at %zu", left, right, at);
            }
        }
    }
}

static void what_is_skipped_is_plain(void **state)
{
    (void)state;
    for (size_t at = 0; at < 20; at++) {
        for (int c = 0; c < 256; c++) {
            char text[20];
            memset(text, '~', sizeof(text));
            text[at] = (char)c;
            size_t len = str_skip_plain(str_make(text, 20), '!', '"', 0x7f);
            bool plain = c >= '!' && c < 0x7f && c != '"';
            assert_int_equal(len, plain || at >= 16 ? 16 : at / 8 * 8);
        }
    }
}

static void parts_are_found(void **state)
{
    (void)state;
    struct str text = STR("abcabc");
    assert_true(str_starts(text, STR("ab")));
    assert_true(str_starts(text, STR("")));
    assert_false(str_starts(STR("a"), STR("ab")));
    assert_true(str_ends(text, STR("bc")));
    assert_false(str_ends(text, STR("ab")));
    assert_true(str_contains(text, STR("ca")));
    assert_true(str_contains(STR_NONE, STR("")));
    assert_false(str_contains(STR_NONE, STR("a")));
    assert_int_equal(str_find(text, 'c'), 2);
    assert_int_equal(str_find_last(text, 'c'), 5);
    assert_true(str_find(text, 'x') == STR_NOT_FOUND);
    assert_true(str_find(STR_NONE, 'x') == STR_NOT_FOUND);
    assert_true(str_find_last(STR_NONE, 'x') == STR_NOT_FOUND);
    assert_int_equal(str_find_str(text, STR("cab")), 2);
    assert_true(str_find_str(text, STR("cc")) == STR_NOT_FOUND);
}

static void cutting_never_leaves_the_text(void **state)
{
    (void)state;
    struct str text = STR("abc");
    assert_true(str_eq(str_from(text, 1), STR("bc")));
    assert_int_equal(str_from(text, 3).len, 0);
    assert_int_equal(str_from(text, 99).len, 0);
    assert_null(str_from(STR_NONE, 1).ptr);
    assert_true(str_eq(str_first(text, 2), STR("ab")));
    assert_true(str_eq(str_first(text, 99), text));
    assert_true(str_eq(str_trim(STR(" \t\r\n a b \n")), STR("a b")));
    assert_int_equal(str_trim(STR("  ")).len, 0);
    assert_int_equal(str_trim(STR_NONE).len, 0);
}

static void cutting_at_a_mark_gives_all_pieces(void **state)
{
    (void)state;
    static const char *const pieces[] = {"a", "", "b", ""};
    struct str rest = STR("a,,b,");
    size_t count = 0;
    while (rest.ptr != NULL) {
        assert_true(count < 4);
        assert_true(str_eq(str_cut(&rest, ','), str_of(pieces[count])));
        count++;
    }
    assert_int_equal(count, 4);
}

static void whole_numbers_are_read_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        uint64_t value;
    } rows[] = {
        {"0", true, 0},
        {"007", true, 7},
        {"18446744073709551615", true, UINT64_MAX},
        {"18446744073709551616", false, 0},
        {"99999999999999999999", false, 0},
        {"", false, 0},
        {"-1", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1x", false, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t value = 0;
        assert_int_equal(str_to_u64(str_of(rows[i].text), &value),
                         rows[i].good);
        assert_true(value == rows[i].value);
    }
}

static void durations_are_read_strictly(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        bool good;
        int64_t ms;
    } rows[] = {
        {{"300ms", 5}, true, 300},
        {{"2s", 2}, true, 2000},
        {{"1.5m", 4}, true, 90000},
        {{"1h", 2}, true, 3600000},
        {{"45", 2}, true, 45000},
        {{".5s", 3}, true, 500},
        {{"0", 1}, true, 0},
        {{"", 0}, false, 0},
        {{"s", 1}, false, 0},
        {{".", 1}, false, 0},
        {{"1.2.3s", 6}, false, 0},
        {{"-1s", 3}, false, 0},
        {{"1 s", 3}, false, 0},
        {{"1d", 2}, false, 0},
        {{"1e3s", 4}, false, 0},
        {{"1\0s", 3}, false, 0},
        {{"1\0", 2}, false, 0},
        {{"99999999999999999999h", 21}, false, 0},
        {{"9999999999999999999999999999999999999s", 38}, false, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t ms = 0;
        assert_int_equal(str_to_duration_ms(rows[i].text, &ms), rows[i].good);
        assert_int_equal(ms, rows[i].ms);
    }
}

static void distance_counts_edits(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        size_t edits;
    } rows[] = {
        {"", "", 0},
        {"abc", "abc", 0},
        {"", "abc", 3},
        {"abc", "", 3},
        {"abc", "abd", 1},
        {"abc", "ac", 1},
        {"timout", "timeout", 1},
        {"kitten", "sitting", 3},
        {"ab", "ba", 2},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(str_distance(str_of(rows[i].a), str_of(rows[i].b)),
                         rows[i].edits);
    }
    char longest[80] = {0};
    memset(longest, 'a', sizeof(longest) - 1);
    assert_int_equal(str_distance(str_of(longest), str_of(longest)), 0);
    assert_true(str_distance(str_of(longest), STR("a")) >= 64);
}

static void equal_texts_hash_alike(void **state)
{
    (void)state;
    assert_true(str_hash(STR("")) == 0xcbf29ce484222325U);
    assert_true(str_hash(STR("a")) == 0xaf63dc4c8601ec8cU);
    assert_true(str_hash(STR("ab")) != str_hash(STR("ba")));
}

static void only_whole_characters_have_a_length(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        size_t len;
    } rows[] = {
        {{"", 0}, 0},
        {{"a", 1}, 1},
        {{"\0", 1}, 1},
        {{"\xC3\xA9x", 3}, 2},
        {{"\xC3", 1}, 0},
        {{"\xC0\xAF", 2}, 0},
        {{"\x80", 1}, 0},
        {{"\xE2\x82\xAC", 3}, 3},
        {{"\xE2\x82", 2}, 0},
        {{"\xED\xA0\x80", 3}, 0},
        {{"\xE0\x9F\xBF", 3}, 0},
        {{"\xF0\x9F\x98\x80", 4}, 4},
        {{"\xF4\x90\x80\x80", 4}, 0},
        {{"\xFF", 1}, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (str_utf8_len(rows[i].text) != rows[i].len) {
            fail_msg("row %zu: got %zu", i, str_utf8_len(rows[i].text));
        }
    }
}

static void text_is_told_from_bytes(void **state)
{
    static const struct {
        const char *text;
        bool is;
    } rows[] = {
        {"", true},
        {"plain", true},
        {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", true},
        {"\xc3", false},
        {"\xc3x", false},
        {"\x80", false},
        {"\xc0\x80", false},
        {"\xe0\x80\x80", false},
        {"\xed\xa0\x80", false},
        {"\xf0\x80\x80\x80", false},
        {"\xf4\x90\x80\x80", false},
        {"\xf5\x80\x80\x80", false},
        {"\xff", false},
        {"\xe2\x82", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(str_is_utf8(str_of(rows[i].text)) == rows[i].is);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_compared_byte_by_byte),
        cmocka_unit_test(letters_are_the_same_wherever_they_stand),
        cmocka_unit_test(what_is_skipped_is_plain),
        cmocka_unit_test(parts_are_found),
        cmocka_unit_test(cutting_never_leaves_the_text),
        cmocka_unit_test(cutting_at_a_mark_gives_all_pieces),
        cmocka_unit_test(whole_numbers_are_read_strictly),
        cmocka_unit_test(durations_are_read_strictly),
        cmocka_unit_test(distance_counts_edits),
        cmocka_unit_test(equal_texts_hash_alike),
        cmocka_unit_test(only_whole_characters_have_a_length),
        cmocka_unit_test(text_is_told_from_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
