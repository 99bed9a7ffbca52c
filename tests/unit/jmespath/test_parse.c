/* SPDX-License-Identifier: Apache-2.0 */
/* What does not compile: the kind of error, the place, the words; and the
 * limits. Start at the table `mistakes`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "helpers.h"

/* The place is written under the expression, as a reader would see it. */
static const struct {
    const char *expression;
    const char *place;
    enum jmespath_error error;
    const char *message;
} mistakes[] = {
    {"foo[0", "     ^", JMESPATH_SYNTAX,
     "expected a closing ']', but the expression ends here"},
    {"foo[0, 1]", "     ^", JMESPATH_SYNTAX,
     "expected a closing ']', found `,`"},
    {"foo[*", "     ^", JMESPATH_SYNTAX,
     "expected a closing ']', but the expression ends here"},
    {"foo[abc]", "    ^~~", JMESPATH_SYNTAX,
     "expected a number, '*' or ':' after the '[', found `abc`"},
    {"foo[1:2:3:4]", "         ^", JMESPATH_SYNTAX,
     "expected a number or a closing ']' of the slice, found `:`"},
    {"foo[::0]", "      ^", JMESPATH_INVALID_VALUE,
     "the step of a slice cannot be 0"},
    {"foo[1234567890123456]", "    ^~~~~~~~~~~~~~~~", JMESPATH_SYNTAX,
     "this number is too large for an index"},
    {"foo[?a == b", "           ^", JMESPATH_SYNTAX,
     "expected a closing ']' of the filter, but the expression ends here"},
    {"foo..bar", "    ^", JMESPATH_SYNTAX,
     "expected a name, '*', '[' or '{' after the '.', found `.`"},
    {"foo.", "    ^", JMESPATH_SYNTAX,
     "expected a name, '*', '[' or '{' after the '.', but the expression ends "
     "here"},
    {"foo.$bar", "    ^~~~", JMESPATH_SYNTAX,
     "expected a name, '*', '[' or '{' after the '.', found `$bar`"},
    {"foo bar", "    ^~~", JMESPATH_SYNTAX,
     "expected an operator or the end, found `bar`"},
    {"foo and bar", "    ^~~", JMESPATH_SYNTAX,
     "expected an operator or the end, found `and`; did you mean `&&`?"},
    {"foo = bar", "    ^", JMESPATH_SYNTAX,
     "expected an operator or the end, found '='; equality is written '=='"},
    {"foo & bar", "    ^", JMESPATH_SYNTAX,
     "expected an operator or the end, found `&`"},
    {"foo && & bar", "       ^", JMESPATH_SYNTAX,
     "'&' may only stand before an argument of a function; 'and' is written "
     "'&&'"},
    {"foo ==", "      ^", JMESPATH_SYNTAX,
     "expected an expression, but the expression ends here"},
    {"foo > 1", "      ^", JMESPATH_SYNTAX,
     "a number stands between backticks: `1`"},
    {"foo - 1", "    ^", JMESPATH_SYNTAX,
     "a '-' is followed by digits; JMESPath does not subtract"},
    {"(foo", "    ^", JMESPATH_SYNTAX,
     "expected a closing ')', but the expression ends here"},
    {"[a, b", "     ^", JMESPATH_SYNTAX,
     "expected ',' or a closing ']', but the expression ends here"},
    {"{a: b", "     ^", JMESPATH_SYNTAX,
     "expected ',' or a closing '}', but the expression ends here"},
    {"{a b}", "   ^", JMESPATH_SYNTAX, "expected ':' after the key, found `b`"},
    {"{}", " ^", JMESPATH_SYNTAX, "expected a key, found `}`"},
    {"foo == 'bar", "       ^", JMESPATH_SYNTAX,
     "this single quote is never closed"},
    {"\"bar", "^", JMESPATH_SYNTAX, "this double quote is never closed"},
    {"a || `1", "     ^", JMESPATH_SYNTAX, "this backtick is never closed"},
    {"a || ``", "     ^~", JMESPATH_SYNTAX,
     "there must be JSON between backticks"},
    {"foo[#]", "    ^", JMESPATH_SYNTAX,
     "this character has no meaning in JMESPath"},
    {"\xc3\xa9t\xc3\xa9 == a", "^~", JMESPATH_SYNTAX,
     "a name with this character must stand in double quotes"},
    {"\"abs\"(a)", "^~~~~", JMESPATH_SYNTAX,
     "the name of a function stands without quotes"},
    {"lenght(foo)", "^~~~~~", JMESPATH_UNKNOWN_FUNCTION,
     "unknown function `lenght`; did you mean `length`?"},
    {"a.start_with(@, 'x')", "  ^~~~~~~~~~", JMESPATH_UNKNOWN_FUNCTION,
     "unknown function `start_with`; did you mean `starts_with`?"},
    {"frobnicate(foo)", "^~~~~~~~~~", JMESPATH_UNKNOWN_FUNCTION,
     "unknown function `frobnicate`"},
    {"x || abs(a, b)", "     ^~~~~~~~~", JMESPATH_INVALID_ARITY,
     "`abs` takes exactly 1 argument, here are 2"},
    {"not_null()", "^~~~~~~~~~", JMESPATH_INVALID_ARITY,
     "`not_null` takes at least 1 argument, here are 0"},
    {"join(',')", "^~~~~~~~~", JMESPATH_INVALID_ARITY,
     "`join` takes exactly 2 arguments, here is 1"},
    {"abs(a", "     ^", JMESPATH_SYNTAX,
     "expected ',' or a closing ')', but the expression ends here"},
    {"abs(a,)", "      ^", JMESPATH_SYNTAX,
     "expected an expression, found `)`"},
    {"sort_by(a, b)", "           ^", JMESPATH_INVALID_TYPE,
     "argument 2 of `sort_by` must be an expression reference, such as "
     "`&Name`"},
    {"abs(&a)", "    ^~", JMESPATH_INVALID_TYPE,
     "argument 1 of `abs` must be a value, not an expression reference"},
    {"$foo", "^~~~", JMESPATH_UNDEFINED_VARIABLE,
     "undefined variable `$foo`; a field of the document is written `$.foo`"},
    {"let $tags = a in $tag", "                 ^~~~",
     JMESPATH_UNDEFINED_VARIABLE,
     "undefined variable `$tag`; did you mean `$tags`?"},
    {"a.let $n = n in v", "      ^~", JMESPATH_SYNTAX,
     "expected an operator or the end, found `$n`"},
    {"let $a = b", "          ^", JMESPATH_SYNTAX,
     "expected ',' or 'in' after the binding, but the expression ends here"},
    {"let $a b in c", "       ^", JMESPATH_SYNTAX,
     "expected '=' after the variable, found `b`"},
    {"let $a = b, c in d", "            ^", JMESPATH_SYNTAX,
     "expected a variable such as $name, found `c`"},
    {"let $a = b, $c = $a in $c", "                 ^~",
     JMESPATH_UNDEFINED_VARIABLE,
     "undefined variable `$a`; a field of the document is written `$.a`"},
    {"(let $x = a in $x).b || $x", "                        ^~",
     JMESPATH_UNDEFINED_VARIABLE,
     "undefined variable `$x`; a field of the document is written `$.x`"},
    {"", "^", JMESPATH_SYNTAX,
     "expected an expression, but the expression ends here"},
};

static void each_mistake_is_named_at_its_place(void **state)
{
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        const char *expression = mistakes[i].expression;
        assert_null(compile_text(bench, expression));
        const struct diag_item *item = bench->diag.first;
        size_t start = strspn(mistakes[i].place, " ");
        size_t width = strlen(mistakes[i].place) - start;
        size_t end = start + width;
        /* The end of the text has no width. */
        end = end > strlen(expression) ? strlen(expression) : end;
        if (strcmp(item->message.ptr, mistakes[i].message) != 0 ||
            item->span.start != start || item->span.end != end) {
            print_error("%s\n%s\n", expression, mistakes[i].place);
        }
        assert_string_equal(item->message.ptr, mistakes[i].message);
        assert_int_equal(item->span.start, start);
        assert_int_equal(item->span.end, end);
        assert_string_equal(jmespath_error_name(bench->error),
                            jmespath_error_name(mistakes[i].error));
    }
}

static void json_in_a_literal_is_faulted_at_its_place(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *expression;
        size_t start;
    } cases[] = {
        {"a == `[1, x]`", 10},
        /* the escaped backtick counts as two */
        {"a == `[\"\\`\", x]`", 13},
        {"a == `[\"\\\\\", x]`", 13},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_null(compile_text(bench, cases[i].expression));
        assert_int_equal(bench->error, JMESPATH_SYNTAX);
        assert_int_equal(bench->diag.first->span.start, cases[i].start);
    }
}

/* The whole way: an expression, in a string with escapes, in a file. */
static void the_caret_lands_inside_the_string_inside_the_file(void **state)
{
    struct bench *bench = *state;
    static const char text[] =
        "{\n"
        "  \"when\": \"\\u0061 == \\\"b\\\" && lenght(c)\"\n"
        "}\n";
    struct source source = {STR("rules/x.json"), str_of(text)};
    const struct json *file = NULL;
    assert_true(json_parse(bench->arena, &source, &json_default_limits, &file,
                           &bench->diag));
    const struct json *string = json_get(file, STR("when"));
    assert_string_equal(arena_str(bench->arena, string->text).ptr,
                        "a == \"b\" && lenght(c)");
    struct jmespath_compile_in in = {
        .text = string->text, .source = &source, .string = string};
    const struct jmespath *compiled = NULL;
    assert_false(jmespath_compile(bench->arena, &in, &compiled, &bench->error,
                                  &bench->diag));
    struct buf out = {0};
    diag_print(&bench->diag, &out);
    buf_add_char(&out, '\0');
    assert_string_equal(
        out.bytes,
        "rules/x.json:2:31: error: unknown function `lenght`; did you mean "
        "`length`?\n"
        "    \"when\": \"\\u0061 == \\\"b\\\" && lenght(c)\"\n"
        "                                ^~~~~~\n");
    buf_free(&out);
}

static void the_text_alone_is_a_source_too(void **state)
{
    struct bench *bench = *state;
    assert_null(compile_text(bench, "foo["));
    struct buf out = {0};
    diag_print(&bench->diag, &out);
    buf_add_char(&out, '\0');
    assert_string_equal(out.bytes,
                        "expression:1:5: error: expected a number, '*' or ':' "
                        "after the '[', but the expression ends here\n"
                        "  foo[\n"
                        "      ^\n");
    buf_free(&out);
}

/* What is repeated, with what stands before and after it. */
static void nesting_is_bounded_in_every_direction(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *before;
        const char *again;
        const char *after;
    } shapes[] = {
        {"", "(", "a"},     {"", "!", "a"},       {"", "[", "a"},
        {"", "{a:", "a"},   {"", "abs(", "a"},    {"a", ".a", ""},
        {"a", "|a", ""},    {"a", "||a", ""},     {"a", "&&a", ""},
        {"a", "==a", ""},   {"a", "[0]", ""},     {"a", "[*]", ""},
        {"a", "[]", ""},    {"a", "[?a]", ""},    {"a", "[1:]", ""},
        {"a", ".*", ""},    {"a", "[?a", ""},     {"", "let $a=a in ", "a"},
        {"", "map(&", "a"}, {"", "let $a=", "a"}, {"*", ".*", ""},
        {"a", ".[a", "]"},  {"a", ".{a:a", "}"},
    };
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct str text =
            arena_printf(bench->arena, "%s%s%s", shapes[i].before,
                         repeat(bench, shapes[i].again, 5000), shapes[i].after);
        assert_null(compile_text(bench, text.ptr));
        if (bench->error != JMESPATH_LIMIT) {
            print_error("not bounded: %s\n", shapes[i].again);
        }
        assert_int_equal(bench->error, JMESPATH_LIMIT);
    }
}

static void nesting_below_the_bound_is_fine(void **state)
{
    struct bench *bench = *state;
    struct str text =
        arena_printf(bench->arena, "a%s", repeat(bench, ".a", 200));
    assert_non_null(compile_text(bench, text.ptr));
    text = arena_printf(bench->arena, "%sa%s", repeat(bench, "(", 200),
                        repeat(bench, ")", 200));
    assert_non_null(compile_text(bench, text.ptr));
}

static void an_endless_expression_is_refused(void **state)
{
    struct bench *bench = *state;
    assert_null(compile_text(bench, repeat(bench, " ", 70000)));
    assert_int_equal(bench->error, JMESPATH_LIMIT);
}

static void the_keys_of_a_hash_are_bounded(void **state)
{
    struct bench *bench = *state;
    struct buf text = {0};
    for (int i = 0; i < 1000; i++) {
        buf_printf(&text, "%c\"k%d\": a", i == 0 ? '{' : ',', i);
    }
    struct str keys = arena_str(bench->arena, buf_str(&text));
    buf_free(&text);
    struct str fine = arena_join(bench->arena, keys, STR(", k0: b}"));
    struct str large = arena_join(bench->arena, keys, STR(", k: b}"));
    assert_non_null(compile_text(bench, fine.ptr));
    assert_null(compile_text(bench, large.ptr));
    assert_int_equal(bench->error, JMESPATH_LIMIT);
}

static void every_prefix_of_an_expression_is_survived(void **state)
{
    struct bench *bench = *state;
    static const char whole[] =
        "let $x = a[?b.\"c\\\"\" == 'd\\'' && !e][].{f: g[1:2:-1], h: *.i} "
        "in sort_by($x, &j)[*].[k, `{\"l\": [1, \"\\`\"]}`] | $.m || @";
    assert_non_null(compile_text(bench, whole));
    for (size_t len = 0; len < sizeof(whole) - 1; len++) {
        struct str part = str_make(whole, len);
        (void)compile_text(bench, arena_str(bench->arena, part).ptr);
    }
    for (size_t from = 0; from < sizeof(whole) - 1; from++) {
        (void)compile_text(bench, whole + from);
    }
}

static void every_error_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(jmespath_error_name(JMESPATH_OK), "ok");
    assert_string_equal(jmespath_error_name(JMESPATH_INVALID_VALUE),
                        "invalid-value");
    assert_string_equal(jmespath_error_name(JMESPATH_LIMIT), "limit");
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, bench_open, bench_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_mistake_is_named_at_its_place),
        TEST(json_in_a_literal_is_faulted_at_its_place),
        TEST(the_caret_lands_inside_the_string_inside_the_file),
        TEST(the_text_alone_is_a_source_too),
        TEST(nesting_is_bounded_in_every_direction),
        TEST(nesting_below_the_bound_is_fine),
        TEST(an_endless_expression_is_refused),
        TEST(the_keys_of_a_hash_are_bounded),
        TEST(every_prefix_of_an_expression_is_survived),
        TEST(every_error_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
