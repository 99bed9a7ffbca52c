/* SPDX-License-Identifier: Apache-2.0 */
/* What the parser takes and refuses, where it points, and the public suite.
 * Here because everything from the wire passes it. Start at the tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/mem.h"
#include "json/json.h"

#include <stdio.h>

struct
try {
    struct arena *arena;
    struct source source;
    struct diag diag;
    const struct json *value;
    bool good;
};

static struct try parse_within(struct str text, struct json_limits limits)
{
    struct try t = {.arena = arena_new()};
    t.source = (struct source){STR("test.json"), text};
    diag_init(&t.diag, t.arena);
    t.good = json_parse(t.arena, &t.source, &limits, &t.value, &t.diag);
    return t;
}

static struct try parse(struct str text)
{
    return parse_within(text, json_default_limits);
}

static void end(struct try *t)
{
    arena_free(t->arena);
}

/* A refusal says one thing and points into the text. */
static void assert_refused(const struct try *t)
{
    assert_false(t->good);
    assert_int_equal(t->diag.count, 1);
    struct span span = t->diag.first->span;
    assert_true(span.start <= span.end);
    assert_true(span.end <= t->source.text.len);
    assert_true(t->diag.first->message.len > 0);
}

static void a_refusal_points_at_the_byte_and_says_why(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t start, end;
        const char *message;
    } rows[] = {
        {"", 0, 0, "expected a value, found the end"},
        {"  ", 2, 2, "expected a value, found the end"},
        {"[1,]", 3, 4, "expected a value after the comma, found ']'"},
        {"{\"a\":1,}", 7, 8,
         "expected a key in quotes after the comma, found '}'"},
        {"{a:1}", 1, 2, "expected a key in quotes or '}', found 'a'"},
        {"{\"a\" 1}", 5, 6, "expected ':' after the key, found '1'"},
        {"{\"a\":}", 5, 6, "expected a value, found '}'"},
        {"[1 2]", 3, 4, "expected ',' or ']', found '2'"},
        {"{\"a\":1]", 6, 7, "expected ',' or '}', found ']'"},
        {"[1", 2, 2,
         "expected ',' or the end of the array or object, found "
         "the end"},
        {"1 2", 2, 3, "expected nothing more after the value, found '2'"},
        {"[]]", 2, 3, "expected nothing more after the value, found ']'"},
        {"01", 0, 2, "a number may not begin with a zero"},
        {"-", 1, 1, "expected a digit, found the end"},
        {"[1.]", 3, 4, "expected a digit, found ']'"},
        {"[1e+]", 4, 5, "expected a digit, found ']'"},
        {"nul", 0, 1, "expected a value, found 'n'"},
        {"[NaN]", 1, 2, "expected a value or ']', found 'N'"},
        {"truex", 4, 5, "expected nothing more after the value, found 'x'"},
        {"\"a", 0, 1, "the string is never closed"},
        {"\"a\\", 2, 3, "there is no such escape"},
        {"\"\\x41\"", 1, 3, "there is no such escape"},
        {"\"\\u12G4\"", 5, 6, "expected a hexadecimal digit, found 'G'"},
        {"\"a\nb\"", 2, 3,
         "control character 0x0A in a string must be escaped"},
        {"\"\xC0\xAF\"", 1, 2, "byte 0xC0 is not valid UTF-8"},
        {"\"\xED\xA0\x80\"", 1, 2, "byte 0xED is not valid UTF-8"},
        {"\"\xF4\x90\x80\x80\"", 1, 2, "byte 0xF4 is not valid UTF-8"},
        {"\"\xE2\x82\"", 1, 2, "byte 0xE2 is not valid UTF-8"},
        {"\xEF\xBB\xBF{}", 0, 3, "the text begins with a byte order mark"},
        {"[1,\x01]", 3, 4, "expected a value after the comma, found byte 0x01"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct try t = parse(str_of(rows[i].text));
        assert_refused(&t);
        assert_string_equal(t.diag.first->message.ptr, rows[i].message);
        assert_int_equal(t.diag.first->span.start, rows[i].start);
        assert_int_equal(t.diag.first->span.end, rows[i].end);
        end(&t);
    }
}

static void a_zero_byte_is_refused_wherever_it_stands(void **state)
{
    (void)state;
    static const struct str rows[] = {
        {"\0", 1},  {"[1]\0", 4},    {"\"\0\"", 3},     {"[\0]", 3},
        {"1\0", 2}, {"\"\\\0\"", 4}, {"\"\\u00\0\"", 7}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct try t = parse(rows[i]);
        assert_refused(&t);
        end(&t);
    }
}

static void strings_are_decoded(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct str decoded;
    } rows[] = {
        {"\"\"", {"", 0}},
        {"\"plain\"", {"plain", 5}},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", {"\"\\/\b\f\n\r\t", 8}},
        {"\"\\u0041\\u00e9\\u20AC\"", {"A\xC3\xA9\xE2\x82\xAC", 6}},
        {"\"\\uD83D\\uDE00!\"", {"\xF0\x9F\x98\x80!", 5}},
        {"\"a\\u0000b\"", {"a\0b", 3}},
        {"\"\\uD83D\"", {"\xEF\xBF\xBD", 3}},
        {"\"\\uDE00x\"", {"\xEF\xBF\xBDx", 4}},
        {"\"\\uD83D\\u0041\"",
         {"\xEF\xBF\xBD"
          "A",
          4}},
        {"\"\\uD83D\\uD83D\\uDE00\"", {"\xEF\xBF\xBD\xF0\x9F\x98\x80", 7}},
        {"\"\xF0\x9F\x98\x80\"", {"\xF0\x9F\x98\x80", 4}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct try t = parse(str_of(rows[i].text));
        assert_true(t.good);
        assert_true(json_is(t.value, JSON_STRING));
        assert_int_equal(t.value->text.len, rows[i].decoded.len);
        assert_memory_equal(t.value->text.ptr, rows[i].decoded.ptr,
                            rows[i].decoded.len);
        end(&t);
    }
}

static void a_number_keeps_its_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double number;
    } rows[] = {
        {"0", 0},
        {"-0", 0},
        {"42", 42},
        {"-1.5e3", -1500},
        {"0.1", 0.1},
        {"1E-2", 0.01},
        {"9223372036854775807", 9223372036854775807.0},
        {"0.1000000000000000000000000000000000000000000000000000000000000000"
         "0000000000000000000000000000000000000000000000000000000000000001",
         0.1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct try t = parse(str_of(rows[i].text));
        assert_true(t.good);
        assert_true(json_is(t.value, JSON_NUMBER));
        assert_true(str_eq(t.value->text, str_of(rows[i].text)));
        assert_true(t.value->number == rows[i].number);
        end(&t);
    }
}

static void every_node_knows_where_it_stands(void **state)
{
    (void)state;
    struct try t = parse(STR(" {\"a\": [true, \"b\\n\"], \"c\" : {} } "));
    assert_true(t.good);
    const struct json *list = json_get(t.value, STR("a"));
    const struct {
        struct span span;
        const char *text;
    } rows[] = {
        {t.value->span, "{\"a\": [true, \"b\\n\"], \"c\" : {} }"},
        {t.value->members[0].key_span, "\"a\""},
        {list->span, "[true, \"b\\n\"]"},
        {list->members[0].value->span, "true"},
        {list->members[1].value->span, "\"b\\n\""},
        {t.value->members[1].key_span, "\"c\""},
        {t.value->members[1].value->span, "{}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str seen = str_from(str_first(t.source.text, rows[i].span.end),
                                   rows[i].span.start);
        assert_true(str_eq(seen, str_of(rows[i].text)));
    }
    assert_null(list->members[0].key.ptr);
    end(&t);
}

static void an_escaped_key_is_found_by_what_it_means(void **state)
{
    (void)state;
    struct try t = parse(STR("{\"\\u0061\\/\":1,\"b\":{\"c\":{\"d\":2}}}"));
    assert_true(t.good);
    assert_non_null(json_get(t.value, STR("a/")));
    assert_true(json_path(t.value, "b.c.d")->number == 2);
    end(&t);
}

static void depth_is_counted_and_bounded(void **state)
{
    (void)state;
    struct json_limits limits = {.depth = 3, .nodes = 100};
    struct try t = parse_within(STR("[[[1]],{\"a\":[]}]"), limits);
    assert_true(t.good);
    end(&t);
    t = parse_within(STR("[[[[]]]]"), limits);
    assert_refused(&t);
    assert_int_equal(t.diag.first->span.start, 3);
    assert_string_equal(t.diag.first->message.ptr,
                        "nested deeper than 3 levels");
    end(&t);
}

static void values_are_counted_and_bounded(void **state)
{
    (void)state;
    struct json_limits limits = {.depth = 3, .nodes = 4};
    struct try t = parse_within(STR("{\"a\":1,\"b\":2,\"c\":3}"), limits);
    assert_true(t.good);
    end(&t);
    t = parse_within(STR("[1,2,3,4]"), limits);
    assert_refused(&t);
    assert_int_equal(t.diag.first->span.start, 7);
    assert_string_equal(t.diag.first->message.ptr, "more than 4 values");
    end(&t);
}

static void a_depth_bomb_is_refused_at_once(void **state)
{
    (void)state;
    enum { BOMB = 100000 };
    static const struct str units[] = {{"[", 1}, {"{\"\":", 4}, {"[{\"\":", 5}};
    /* Even a caller without limits gets one. */
    static const struct json_limits limits[] = {{128, 1000000},
                                                {SIZE_MAX, SIZE_MAX}};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        struct buf bomb = {0};
        for (int j = 0; j < BOMB; j++) {
            buf_add(&bomb, units[i]);
        }
        for (size_t j = 0; j < 2; j++) {
            struct try t = parse_within(buf_str(&bomb), limits[j]);
            assert_refused(&t);
            assert_true(
                str_starts(t.diag.first->message, STR("nested deeper than ")));
            end(&t);
        }
        buf_free(&bomb);
    }
}

static void a_tree_at_the_deepest_can_be_walked(void **state)
{
    (void)state;
    struct buf text = {0};
    for (int i = 0; i < 1024; i++) {
        buf_add_char(&text, '[');
    }
    for (int i = 0; i < 1024; i++) {
        buf_add_char(&text, ']');
    }
    struct json_limits limits = {SIZE_MAX, SIZE_MAX};
    struct try t = parse_within(buf_str(&text), limits);
    assert_true(t.good);
    struct buf out = {0};
    json_write(t.value, &out);
    assert_true(str_eq(buf_str(&out), buf_str(&text)));
    assert_true(json_equal(t.value, json_copy(t.arena, t.value)));
    buf_free(&out);
    buf_free(&text);
    end(&t);
}

static void a_wide_document_is_read_whole(void **state)
{
    (void)state;
    enum { WIDE = 50000 };
    struct buf text = {0};
    buf_add_char(&text, '[');
    for (int i = 0; i < WIDE; i++) {
        buf_printf(&text, "%s{\"k%d\":[%d]}", i == 0 ? "" : ",", i, i);
    }
    buf_add_char(&text, ']');
    struct try t = parse(buf_str(&text));
    assert_true(t.good);
    assert_int_equal(t.value->count, WIDE);
    const struct json *last = t.value->members[WIDE - 1].value;
    assert_true(last->members[0].value->members[0].value->number == WIDE - 1);
    buf_free(&text);
    end(&t);
}

static void each_prefix_of_a_document_is_refused_or_read(void **state)
{
    (void)state;
    const struct str whole = STR(
        "{\"a\":[1.5e+3,\"\\uD83D\\uDE00\\n\xC3\xA9\",null,{}],\"b\":true}");
    for (size_t len = 0; len < whole.len; len++) {
        char *copy = mem_new(len); /* tight, so that a step beyond is seen */
        memcpy(copy, whole.ptr, len);
        struct try t = parse(str_make(copy, len));
        assert_refused(&t);
        end(&t);
        mem_free(copy);
    }
}

/* How many files of a folder begin with `prefix` and went as they must. */
static size_t run_suite(const char *folder, const char *prefix, bool *good)
{
    struct arena *arena = arena_new();
    struct str *names = NULL;
    struct str path = arena_printf(arena, "%s/json/%s", TEST_DATA, folder);
    struct str err = STR_NONE;
    size_t count = 0;
    size_t ran = 0;
    assert_true(file_list(arena, path, STR(".json"), &names, &count, &err));
    for (size_t i = 0; i < count; i++) {
        struct str text = STR_NONE;
        struct str file =
            arena_printf(arena, "%.*s/%.*s", STR_ARG(path), STR_ARG(names[i]));
        if (!str_starts(names[i], str_of(prefix))) {
            continue;
        }
        assert_true(file_read(arena, file, 1U << 24, &text, &err));
        struct try t = parse(text);
        if (good != NULL && t.good != *good) {
            fail_msg("%s: %s", names[i].ptr, t.good ? "taken" : "refused");
        }
        if (!t.good) {
            assert_refused(&t);
        }
        end(&t);
        ran++;
    }
    arena_free(arena);
    return ran;
}

static void skip_without_the_suite(void)
{
    if (!file_is_folder(STR(TEST_DATA))) {
        print_message("no test data in %s\n", TEST_DATA);
        skip();
    }
}

static void the_public_suite_passes(void **state)
{
    (void)state;
    bool yes = true;
    bool no = false;
    skip_without_the_suite();
    assert_true(run_suite("test_parsing", "y_", &yes) > 50);
    assert_true(run_suite("test_parsing", "n_", &no) > 100);
    assert_true(run_suite("test_parsing", "i_", NULL) > 10);
    assert_true(run_suite("test_transform", "", NULL) > 10);
}

static void what_is_not_json_may_be_passed_over_in_silence(void **state)
{
    static const char *const rows[] = {"", " ", "{", "nul", "[1,]", "1 2"};
    struct arena *arena = arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_null(json_read(arena, str_of(rows[i]), &json_default_limits));
    }
    assert_null(json_read(arena, STR_NONE, &json_default_limits));
    const struct json *value =
        json_read(arena, STR("{\"a\":[1]}"), &json_default_limits);
    assert_true(json_is(json_get(value, STR("a")), JSON_ARRAY));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusal_points_at_the_byte_and_says_why),
        cmocka_unit_test(a_zero_byte_is_refused_wherever_it_stands),
        cmocka_unit_test(strings_are_decoded),
        cmocka_unit_test(a_number_keeps_its_text),
        cmocka_unit_test(every_node_knows_where_it_stands),
        cmocka_unit_test(an_escaped_key_is_found_by_what_it_means),
        cmocka_unit_test(depth_is_counted_and_bounded),
        cmocka_unit_test(values_are_counted_and_bounded),
        cmocka_unit_test(a_depth_bomb_is_refused_at_once),
        cmocka_unit_test(a_tree_at_the_deepest_can_be_walked),
        cmocka_unit_test(a_wide_document_is_read_whole),
        cmocka_unit_test(each_prefix_of_a_document_is_refused_or_read),
        cmocka_unit_test(the_public_suite_passes),
        cmocka_unit_test(what_is_not_json_may_be_passed_over_in_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
