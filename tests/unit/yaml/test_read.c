/* SPDX-License-Identifier: Apache-2.0 */
/* What a YAML document becomes, and what is refused. Here because cassettes
 * come from outside. Start at the tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "yaml/yaml.h"

static const struct json_limits limits = {.depth = 16, .nodes = 1000};

struct reading {
    struct arena *arena;
    struct source source;
    struct diag diag;
    const struct json *root;
    bool good;
};

static struct reading read_text(struct str text)
{
    struct reading r = {.arena = arena_new()};
    r.source = (struct source){STR("t.yaml"), text};
    diag_init(&r.diag, r.arena);
    r.good = yaml_read(r.arena, &r.source, &limits, &r.root, &r.diag);
    return r;
}

static void assert_reads(const char *text, const char *json)
{
    struct reading r = read_text(str_of(text));
    struct buf out = {0};
    if (!r.good) {
        diag_print(&r.diag, &out);
        fail_msg("%.*s", STR_ARG(buf_str(&out)));
    }
    json_write(r.root, &out);
    buf_add_char(&out, '\0');
    assert_string_equal(out.bytes, json);
    buf_free(&out);
    arena_free(r.arena);
}

static void documents_become_the_tree_that_json_becomes(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"a: 1\nb: [x, y]\n", "{\"a\":1,\"b\":[\"x\",\"y\"]}"},
        {"- a\n- - b\n  - c\n- {}\n- []\n", "[\"a\",[\"b\",\"c\"],{},[]]"},
        {"a:\nb:\n- c\n", "{\"a\":null,\"b\":[\"c\"]}"},
        {"a: 'it''s'\nb: \"x\\ty\\u20AC\"\n",
         "{\"a\":\"it's\",\"b\":\"x\\ty\xE2\x82\xAC\"}"},
        {"a: |\n  one\n  two\nb: >-\n  one\n  two\n",
         "{\"a\":\"one\\ntwo\\n\",\"b\":\"one two\"}"},
        {"a: one\n  two\n", "{\"a\":\"one two\"}"},
        {"a: '{\"k\":\n\n  1}'\n", "{\"a\":\"{\\\"k\\\":\\n1}\"}"},
        {"{\"a\": \"\\/\", b: c}", "{\"a\":\"/\",\"b\":\"c\"}"},
        {"---\na\n...\n", "\"a\""},
        {"---\n", "null"},
        {"%YAML 1.1\n---\na: b\n", "{\"a\":\"b\"}"},
        {"\xEF\xBB\xBF"
         "a: b\n",
         "{\"a\":\"b\"}"},
        {"1: a\nyes: b\n2019-01-30: c\n",
         "{\"1\":\"a\",\"yes\":\"b\",\"2019-01-30\":\"c\"}"},
        {"a: 1\na: 2\n", "{\"a\":1,\"a\":2}"},
        {"? a\n: b\n", "{\"a\":\"b\"}"},
        {"a: # comment\n  b\n", "{\"a\":\"b\"}"},
        {"a: b\r\nc: d\r\n", "{\"a\":\"b\",\"c\":\"d\"}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_reads(rows[i][0], rows[i][1]);
    }
}

static void tags_say_how_a_scalar_is_read(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"[!!str 5, !!str yes, ! 5]", "[\"5\",\"yes\",5]"},
        {"[!!int '5', !!bool 'yes', !!null '']", "[5,true,null]"},
        {"[!!binary aGVsbG8=, !!binary '']", "[\"hello\",\"\"]"},
        {"!!binary |\n  aGVs\n  bG8=\n", "\"hello\""},
        {"!!binary aGVsbG8h", "\"hello!\""},
        {"!!binary AGE=", "\"\\u0000a\""},
        {"{!!binary YQ==: 1}", "{\"a\":1}"},
        {"[!!python/unicode '5', !!python/str 'yes']", "[\"5\",\"yes\"]"},
        {"[!!python/bytes 'YQ==', !!python/long 5]", "[\"a\",5]"},
        {"!!python/object:vcr.request.Request\nmethod: GET\n",
         "{\"method\":\"GET\"}"},
        {"!!python/object/apply:__builtin__.frozenset\n"
         "- - !!python/tuple [a, b]\n",
         "[[[\"a\",\"b\"]]]"},
        {"[!odd 5, !odd '5', !odd {a: b}]", "[5,\"5\",{\"a\":\"b\"}]"},
        {"!!timestamp 2019-01-30", "\"2019-01-30\""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_reads(rows[i][0], rows[i][1]);
    }
}

static void aliases_stand_for_what_they_name(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"a: &x 1\nb: *x\n", "{\"a\":1,\"b\":1}"},
        {"a: &x [1, {k: v}]\nb: *x\n",
         "{\"a\":[1,{\"k\":\"v\"}],\"b\":[1,{\"k\":\"v\"}]}"},
        {"[&x 1, *x, &x 2, *x]", "[1,1,2,2]"},
        {"[&b 1, &c 2, &a 3, *a, *b, *c]", "[1,2,3,3,1,2]"},
        {"[&x k, {*x : v}]", "[\"k\",{\"k\":\"v\"}]"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_reads(rows[i][0], rows[i][1]);
    }
}

static void a_refusal_points_at_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t start;
        const char *message;
    } rows[] = {
        {"", 0, "there is no document"},
        {"# nothing\n", 10, "there is no document"},
        {"a: b\n---\nc: d\n", 5, "there is more than one document"},
        {"a: b\n c: d\n", 7, "mapping values are not allowed in this context"},
        {"a: [b\n", 6,
         "while parsing a flow sequence, did not find expected ',' or ']'"},
        {"a: 'b", 5,
         "while scanning a quoted scalar, found unexpected end of stream"},
        {"\xC3\xA4: 'b", 6,
         "while scanning a quoted scalar, found unexpected end of stream"},
        {"a: *x\n", 3, "no anchor of that name stands before this alias"},
        {"a: &x [*x]\n", 7, "this alias stands inside of what it names"},
        {"\xC3\xA4\xE2\x82\xAC: *x\n", 7,
         "no anchor of that name stands before this alias"},
        {"\xEF\xBB\xBF"
         "a: *x\n",
         6, "no anchor of that name stands before this alias"},
        {"{[a]: b}", 1, "a key must be a text"},
        {"<<: {a: b}", 0, "merge keys (<<) are not read"},
        {"a: !!binary 'a-b='", 3,
         "this !!binary holds a character that is no base64"},
        {"a: !!binary abc", 3,
         "this !!binary ends in the middle of a group of base64"},
        {"a: \x01", 3, "control characters are not allowed"},
        {"a: \xFF", 3, "invalid leading UTF-8 octet"},
        {"\xEF\xBB\xBF"
         "a: \xFF",
         6, "invalid leading UTF-8 octet"},
        {"a: \"\\ud800\"", 6,
         "while parsing a quoted scalar, found invalid Unicode character "
         "escape code"},
        {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", 16,
         "nested deeper than 16 levels"},
        {"[&x [[[[[[[[1]]]]]]]], [[[[[[[[[*x]]]]]]]]]]", 32,
         "nested deeper than 16 levels"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct reading r = read_text(str_of(rows[i].text));
        assert_false(r.good);
        assert_null(r.root);
        assert_int_equal(r.diag.count, 1);
        assert_string_equal(r.diag.first->message.ptr, rows[i].message);
        assert_int_equal(r.diag.first->span.start, rows[i].start);
        assert_true(r.diag.first->span.end <= r.source.text.len);
        arena_free(r.arena);
    }
}

static void spans_are_bytes(void **state)
{
    (void)state;
    struct str text = STR("\xC3\xA4: \xE2\x82\xAC\n\xF0\x9F\x98\x80: [b]\n");
    struct reading r = read_text(text);
    assert_true(r.good);
    static const size_t keys[][2] = {{0, 2}, {8, 12}};
    static const size_t values[][2] = {{4, 7}, {14, 17}};
    for (size_t i = 0; i < 2; i++) {
        const struct json_member *member = &r.root->members[i];
        assert_int_equal(member->key_span.start, keys[i][0]);
        assert_int_equal(member->key_span.end, keys[i][1]);
        assert_int_equal(member->value->span.start, values[i][0]);
        assert_int_equal(member->value->span.end, values[i][1]);
    }
    arena_free(r.arena);
}

/* Ten aliases of ten aliases of ... : 10^9 texts from a few hundred bytes. */
static void a_billion_laughs_end_quickly(void **state)
{
    (void)state;
    struct buf text = {0};
    buf_add(&text, STR("a0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol,lol]\n"));
    for (int level = 1; level < 10; level++) {
        buf_printf(&text, "a%d: &a%d [", level, level);
        for (int i = 0; i < 10; i++) {
            buf_printf(&text, "%s*a%d", i > 0 ? "," : "", level - 1);
        }
        buf_add(&text, STR("]\n"));
    }
    struct reading r = read_text(buf_str(&text));
    assert_false(r.good);
    assert_string_equal(r.diag.first->message.ptr,
                        "more than 1000 values, those behind aliases counted "
                        "each time");
    assert_true(arena_size(r.arena) < 100000);
    arena_free(r.arena);
    buf_free(&text);
}

static void values_and_depth_are_bounded(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"[", "nested deeper than 16 levels"},
        {"- ", "nested deeper than 16 levels"},
        {"{a: ", "nested deeper than 16 levels"},
        {"- x\n", "more than 1000 values, those behind aliases counted each "
                  "time"},
        {"? ", "nested deeper than 16 levels"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf text = {0};
        for (int n = 0; n < 20000; n++) {
            buf_add(&text, str_of(rows[i][0]));
        }
        struct reading r = read_text(buf_str(&text));
        assert_false(r.good);
        assert_string_equal(r.diag.first->message.ptr, rows[i][1]);
        arena_free(r.arena);
        buf_free(&text);
    }
}

static void many_anchors_are_bounded(void **state)
{
    (void)state;
    static const struct json_limits wide = {.depth = 4, .nodes = 1000000};
    struct buf text = {0};
    for (int i = 0; i < 65537; i++) {
        buf_printf(&text, "- &a%d x\n", i);
    }
    struct reading r = {.arena = arena_new()};
    r.source = (struct source){STR("t.yaml"), buf_str(&text)};
    diag_init(&r.diag, r.arena);
    assert_false(yaml_read(r.arena, &r.source, &wide, &r.root, &r.diag));
    assert_string_equal(r.diag.first->message.ptr,
                        "there are more than 65536 anchors");
    arena_free(r.arena);
    buf_free(&text);
}

/* Every third start of a document, and each with one byte changed: an answer or
 * one refusal, nothing else. */
static void no_mutilation_breaks_the_reader(void **state)
{
    (void)state;
    const struct str whole =
        STR("interactions:\n- request: &r\n    body: !!binary |\n      aGVs\n"
            "    uri: \"https://\\u20AC/\"\n  response: {a: *r, 'b': 1.5}\n"
            "version: 1\n");
    static const char bytes[] = {'\0', '\n', ' ', ':', '&', '\xFF', '['};
    char copy[256];
    assert_true(whole.len < sizeof(copy));
    for (size_t i = 0; i <= whole.len; i += 3) {
        for (size_t b = 0; b < sizeof(bytes); b++) {
            memcpy(copy, whole.ptr, whole.len);
            copy[i < whole.len ? i : 0] = bytes[b];
            struct reading r =
                read_text(str_make(copy, b == 0 ? i : whole.len));
            assert_int_equal(r.diag.count, r.good ? 0 : 1);
            arena_free(r.arena);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_become_the_tree_that_json_becomes),
        cmocka_unit_test(tags_say_how_a_scalar_is_read),
        cmocka_unit_test(aliases_stand_for_what_they_name),
        cmocka_unit_test(a_refusal_points_at_its_place),
        cmocka_unit_test(spans_are_bytes),
        cmocka_unit_test(a_billion_laughs_end_quickly),
        cmocka_unit_test(values_and_depth_are_bounded),
        cmocka_unit_test(many_anchors_are_bounded),
        cmocka_unit_test(no_mutilation_breaks_the_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
