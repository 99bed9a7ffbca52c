/* SPDX-License-Identifier: Apache-2.0 */
/* What expressions give, beyond the official suite: `$`, let, precedence,
 * characters, long integers, repeated keys; what fails while running; limits.
 * Start at the table `results`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "helpers.h"

static const struct {
    const char *given;
    const char *expression;
    const char *result;
} results[] = {
    /* the root */
    {"{\"a\": [{\"b\": 1}, {\"b\": 2}], \"c\": 2}", "a[?b == $.c]",
     "[{\"b\":2}]"},
    {"{\"a\": {\"b\": 1}}", "a.b | $.a", "{\"b\":1}"},
    {"{\"a\": {\"b\": 1}}", "a.{x: b, y: $}",
     "{\"x\":1,\"y\":{\"a\":{\"b\":1}}}"},
    {"[3, 4]", "$[1]", "4"},
    {"[3, 4]", "$[*]", "[3,4]"},
    {"[3, 4]", "[0] | length($)", "2"},
    {"{\"a\": [1, 2]}", "map(&[@, length($.a)], a)", "[[1,2],[2,2]]"},
    /* let */
    {"{\"a\": 1}", "let $x = a in $x", "1"},
    {"{\"a\": 1, \"b\": 2}", "let $x = a, $y = b in [$x, $y]", "[1,2]"},
    {"{\"a\": {\"b\": 1}, \"c\": {\"b\": 2}}", "a.[let $x = b in $x, b]",
     "[1,1]"},
    {"{\"a\": 1}", "let $x = 'outer' in let $x = 'inner' in $x", "\"inner\""},
    {"{\"a\": 1}", "let $x = 'outer' in [let $x = 'inner' in $x, $x]",
     "[\"inner\",\"outer\"]"},
    {"{}", "let $a = 'top' in let $a = 'in', $b = $a in $b", "\"top\""},
    {"{\"a\": [[1], [2, 3]]}", "let $x = a[*] in $x[0]", "[1]"},
    {"{\"a\": [1, 2, 3], \"min\": 2}", "let $m = min in a[?@ >= $m]", "[2,3]"},
    {"{\"a\": [{\"b\": 1, \"c\": [1, 2]}, {\"b\": 2, \"c\": [1, 2]}]}",
     "a[*].[let $b = b in c[?@ == $b]] | [][]", "[1,2]"},
    {"{\"a\": [{\"n\": \"x\", \"v\": [1, 2]}]}", "a[].let $n = n in v", NULL},
    {"{\"let\": 1, \"in\": 2}", "[let, in]", "[1,2]"},
    {"{\"let\": 1, \"in\": 2}", "let $in = in in [$in, in, let]", "[2,2,1]"},
    {"{\"in\": {\"in\": 3}}", "let $let = in.in in {let: $let}", "{\"let\":3}"},
    {"{\"a\": {\"b\": 3}}", "let $x = a in $x.b || 'no' | [@]", "[3]"},
    {"{\"a\": [{\"b\": 2}, {\"b\": 1}]}", "let $k = `-1` in sort_by(a, &b)[$]",
     NULL},
    {"{\"a\": [2, 3], \"f\": 0}", "let $f = f in map(&[$f, @], a)",
     "[[0,2],[0,3]]"},
    /* precedence */
    {"{\"a\": true, \"b\": false, \"c\": false}", "a || b && c", "true"},
    {"{\"a\": true, \"b\": false, \"c\": false}", "(a || b) && c", "false"},
    {"{\"a\": {\"b\": false}}", "!a.b", "true"},
    {"{\"a\": {\"b\": [false]}}", "!a.b[0] && 'x'", "\"x\""},
    {"{\"a\": []}", "!a[*].b", "true"},
    {"{\"a\": [0]}", "!a[?@ == `1`]", "true"},
    {"{\"a\": 1}", "!a == `false`", "true"},
    {"{\"a\": 1, \"b\": 2}", "a == `1` && b == `2` || c", "true"},
    {"{\"a\": 1, \"b\": 2}", "a == b == `false`", "true"},
    {"{\"a\": [{\"b\": [1]}, {\"b\": [2]}]}", "a[*].b[0]", "[1,2]"},
    {"{\"a\": [{\"b\": [1]}, {\"b\": [2]}]}", "(a[*].b)[0]", "[1]"},
    {"{\"a\": [{\"b\": [1]}, {\"b\": [2]}]}", "a[*].b | [0]", "[1]"},
    {"{\"r\": {\"v\": 3, \"d\": 9}, \"c\": 3, \"s\": 8}",
     "r.v == c && r.d >= s || r.v > c && r.d >= s", "true"},
    {"{\"a\": {\"x\": {\"b\": {\"c\": 1}}, \"y\": {\"b\": {\"c\": 2}}}}",
     "a.*.b.c", "[1,2]"},
    {"{\"a\": [0, {\"b\": 1}, {\"b\": 2}]}", "a[1:].b", "[1,2]"},
    {"{\"a\": [[0, {\"b\": 1}, {\"b\": 2}]]}", "a[0][1:].b", "[1,2]"},
    {"[[1, 2], [0]]", "[?@][?@ > `1`]", "[[2],[]]"},
    {"[{\"b\": {\"c\": 1}}, {\"b\": {}}]", "[?@].b[?c]", "[{\"c\":1}]"},
    /* equality and order */
    {"{\"a\": 1}", "a == `1.0`", "true"},
    {"{\"a\": {\"x\": 1, \"y\": [2]}, \"b\": {\"y\": [2.0], \"x\": 1}}",
     "a == b", "true"},
    {"{\"a\": 9007199254740993, \"b\": 9007199254740992}", "a == b", "false"},
    {"{\"a\": 9007199254740993, \"b\": 9007199254740992}", "a > b", "true"},
    {"{\"a\": -9007199254740993, \"b\": -9007199254740992}", "a < b", "true"},
    {"{\"a\": 18446744073709551615}", "[a, max([a, `1`]), abs(a)]",
     "[18446744073709551615,18446744073709551615,18446744073709551615]"},
    {"{}", "'a' < 'b'", "null"},
    {"{}", "a == b", "true"},
    {"{\"a\": \"1\"}", "a == `1`", "false"},
    /* of a key that is there twice, the last counts */
    {"{\"a\": 1, \"b\": 2, \"a\": 3}", "a", "3"},
    {"{\"a\": 1, \"b\": 2, \"a\": 3}", "*", "[2,3]"},
    {"{\"a\": 1, \"b\": 2, \"a\": 3}", "keys(@)", "[\"b\",\"a\"]"},
    {"{\"a\": 1, \"b\": 2, \"a\": 3}", "values(@)", "[2,3]"},
    {"{\"a\": 1, \"b\": 2, \"a\": 3}", "length(@)", "2"},
    {"{\"a\": 1, \"b\": 2, \"a\": 3}", "@ == `{\"a\": 3, \"b\": 2}`", "true"},
    {"{}", "{a: `1`, b: `2`, a: `3`}", "{\"a\":3,\"b\":2}"},
    {"{\"x\": {\"a\": 1, \"c\": 0}}", "merge(x, `{\"a\": 2}`, `{\"b\": 3}`)",
     "{\"c\":0,\"a\":2,\"b\":3}"},
    /* characters, not bytes */
    {"{\"s\": \"a\\u00e9\\u4e2d\\ud83d\\ude00\"}", "length(s)", "4"},
    {"{\"s\": \"a\\u00e9\\u4e2d\\ud83d\\ude00\"}", "reverse(s)",
     "\"\xf0\x9f\x98\x80\xe4\xb8\xad\xc3\xa9\x61\""},
    {"{\"s\": \"a\\u00e9\\u4e2d\\ud83d\\ude00\"}", "s[1:3]",
     "\"\xc3\xa9\xe4\xb8\xad\""},
    {"{\"s\": \"a\\u00e9\\u4e2d\\ud83d\\ude00\"}", "s[-1:]",
     "\"\xf0\x9f\x98\x80\""},
    {"{\"s\": \"abcdef\"}", "s[::-2]", "\"fdb\""},
    {"{\"s\": \"abc\"}", "s[:2].length(@)", "2"},
    {"{\"s\": \"\"}", "s[::-1]", "\"\""},
    {"[\"\\uffee\", \"\\ud83d\\ude00\", \"z\", \"\\u00e9\"]", "sort(@)",
     "[\"z\",\"\xc3\xa9\",\"\xef\xbf\xae\",\"\xf0\x9f\x98\x80\"]"},
    {"{\"s\": \"a\\u0000b\"}", "length(s)", "3"},
    {"{\"\\u00e9\": 1}", "\"\xc3\xa9\"", "1"},
    {"{\"\\u00e9\": 1}", "\"\\u00e9\"", "1"},
    /* slices */
    {"[0, 1, 2, 3]", "[1:3]", "[1,2]"},
    {"[0, 1, 2, 3]", "[::999999999999999]", "[0]"},
    {"[0, 1, 2, 3]", "[::-999999999999999]", "[3]"},
    {"[0, 1, 2, 3]", "[-999999999999999:999999999999999]", "[0,1,2,3]"},
    {"[]", "[::-1]", "[]"},
    {"[]", "[5:1:-2]", "[]"},
    {"[0, 1, 2, 3]", "[999999999999999]", "null"},
    /* raw strings and literals */
    {"{}", "'it\\'s'", "\"it's\""},
    {"{}", "'a\\\\'", "\"a\\\\\\\\\""},
    {"{}", "`\"a\\`b\"`", "\"a`b\""},
    {"{}", "` {\"a\": [1e2]} `.a", "[1e2]"},
    /* functions */
    {"{}", "to_number(' 1')", "null"},
    {"{}", "to_number('')", "null"},
    {"{}", "to_number('0x10')", "null"},
    {"{}", "to_number('1e999')", "null"},
    {"{}", "to_number('-1.50')", "-1.50"},
    {"{}", "ceil(`-0.5`)", "0"},
    {"{}", "to_string(`{\"a\": [true, null]}`)", "\"{\\\"a\\\":[true,null]}\""},
    {"{}", "contains('abc', `1`)", "false"},
    {"{}", "contains(`[[1], {\"a\": 2}]`, `{\"a\": 2.0}`)", "true"},
    {"{}", "join('-', [])", NULL},
    {"{\"a\": [3, 1, 2]}", "sort(a)[::-1]", "[3,2,1]"},
    {"{\"a\": [{\"k\": 2, \"v\": 1}, {\"k\": 2, \"v\": 2}]}", "max_by(a, &k).v",
     "1"},
    {"{\"a\": [{\"k\": 2, \"v\": 1}, {\"k\": 2, \"v\": 2}]}", "min_by(a, &k).v",
     "1"},
    {"{\"a\": null}", "a.[b]", "null"},
    {"{\"a\": [null, 1]}", "a[*]", "[1]"},
    {"{\"a\": [null, 1]}", "a", "[null,1]"},
};

static void expressions_give_what_they_should(void **state)
{
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
        const struct json *given = read_json(bench, results[i].given);
        const struct json *value =
            search_value(bench, results[i].expression, given);
        const char *found = value == NULL ? NULL : write_json(bench, value);
        const char *wanted = results[i].result;
        if (found == NULL || wanted == NULL ? found != wanted
                                            : strcmp(found, wanted) != 0) {
            print_error("%s\n  gave %s%s%s\n", results[i].expression,
                        found == NULL ? "nothing" : found,
                        bench->diag.count == 0 ? ""
                                               : bench->diag.first->message.ptr,
                        bench->error == JMESPATH_OK ? "" : bench->message.ptr);
            fail_msg("wanted %s", wanted == NULL ? "an error" : wanted);
        }
    }
}

static const struct {
    const char *expression;
    enum jmespath_error error;
    const char *message;
} failures[] = {
    {"abs(s)", JMESPATH_INVALID_TYPE,
     "in `abs(s)`: argument 1 must be a number, not a string"},
    {"l | abs(@)", JMESPATH_INVALID_TYPE,
     "in `abs(@)`: argument 1 must be a number, not an array"},
    {"length(none)", JMESPATH_INVALID_TYPE,
     "in `length(none)`: argument 1 must be a string or an array or an object, "
     "not null"},
    {"sum(mixed)", JMESPATH_INVALID_TYPE,
     "in `sum(mixed)`: argument 1 must be an array of numbers, not an array "
     "that holds a string"},
    {"max(mixed)", JMESPATH_INVALID_TYPE,
     "in `max(mixed)`: argument 1 must be an array of numbers or an array of "
     "strings, not an array that holds a string"},
    {"sort([o])", JMESPATH_INVALID_TYPE,
     "in `sort([o])`: argument 1 must be an array of numbers or an array of "
     "strings, not an array that holds an object"},
    {"join(', ', l)", JMESPATH_INVALID_TYPE,
     "in `join(', ', l)`: argument 2 must be an array of strings, not an array "
     "that holds a number"},
    {"merge(o, o, s)", JMESPATH_INVALID_TYPE,
     "in `merge(o, o, s)`: argument 3 must be an object, not a string"},
    {"abs('0123456789012345678901234567890123456789012345678\xc3\xa9"
     "\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad')",
     JMESPATH_INVALID_TYPE,
     "in `abs('0123456789012345678901234567890123456789012345678\xc3\xa9"
     "\xe4\xb8\xad...`: "
     "argument 1 must be a number, not a string"},
    {"sort_by(rows, &b)", JMESPATH_INVALID_TYPE,
     "sort_by: the expression must give a number or a string for each element, "
     "not boolean"},
    {"max_by(rows, &m)", JMESPATH_INVALID_TYPE,
     "max_by: the expression gives numbers for some elements and strings for "
     "others"},
    {"min_by(rows, &none)", JMESPATH_INVALID_TYPE,
     "min_by: the expression must give a number or a string for each element, "
     "not null"},
    {"sum([big, big])", JMESPATH_INVALID_VALUE,
     "sum: the result is too large for a number"},
    /* an error deep inside stops everything around it */
    {"[{a: l[*].[@ == `1` || abs('x')]}]", JMESPATH_INVALID_TYPE,
     "in `abs('x')`: argument 1 must be a number, not a string"},
    {"let $x = abs(s) in `1`", JMESPATH_INVALID_TYPE,
     "in `abs(s)`: argument 1 must be a number, not a string"},
    {"map(&abs(s), rows)", JMESPATH_INVALID_TYPE,
     "in `abs(s)`: argument 1 must be a number, not null"},
    {"o.*.abs(@)", JMESPATH_INVALID_TYPE,
     "in `abs(@)`: argument 1 must be a number, not a boolean"},
    {"rows[?abs(b)]", JMESPATH_INVALID_TYPE,
     "in `abs(b)`: argument 1 must be a number, not a boolean"},
};

static void failures_while_running_say_what_was_wrong(void **state)
{
    struct bench *bench = *state;
    const struct json *given = read_json(
        bench, "{\"s\": \"x\", \"l\": [1, 2], \"mixed\": [1, \"x\"],"
               " \"o\": {\"k\": true}, \"big\": 1e308,"
               " \"rows\": [{\"b\": true, \"m\": 1}, {\"m\": \"x\"}]}");
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        assert_null(search_value(bench, failures[i].expression, given));
        assert_int_equal(bench->diag.count, 0);
        assert_string_equal(bench->message.ptr, failures[i].message);
        assert_int_equal(bench->error, failures[i].error);
    }
}

/* --- limits --- */

/* Each line doubles what the line before made, by sharing it. */
static const char *doubling(struct bench *bench, const char *body)
{
    struct str text = STR("");
    for (int i = 1; i <= 60; i++) {
        text = arena_printf(bench->arena, "%.*slet $x%d = [$x%d, $x%d] in ",
                            STR_ARG(text), i, i - 1, i - 1);
    }
    return arena_printf(bench->arena, "let $x0 = 'x' in %.*s%s", STR_ARG(text),
                        body)
        .ptr;
}

static void work_that_explodes_is_stopped(void **state)
{
    struct bench *bench = *state;
    static const char *const bodies[] = {
        "$x60",
        "$x60 == [$x59, $x59]",
        "to_string($x60)",
        "[$x60] == [[$x59, $x59]]",
        "contains([$x60], [$x59, $x59])",
        "$x60[*][*][*][*][*][*][*][*][*][*][*][*][*][*][*][*][*][*][*][*][*]"
        "[*][*][*][*][*][*][*][*][*] | `1`",
        "$x60[][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][] | "
        "`1`",
    };
    const struct json *given = read_json(bench, "{}");
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_null(search_value(bench, doubling(bench, bodies[i]), given));
        assert_int_equal(bench->error, JMESPATH_LIMIT);
    }
}

static void strings_that_explode_are_stopped(void **state)
{
    struct bench *bench = *state;
    struct str text = STR("let $x0 = '0123456789' in ");
    for (int i = 1; i <= 40; i++) {
        text = arena_printf(bench->arena,
                            "%.*slet $x%d = join('', [$x%d, $x%d]) in ",
                            STR_ARG(text), i, i - 1, i - 1);
    }
    text = arena_printf(bench->arena, "%.*slength($x40)", STR_ARG(text));
    assert_null(search_value(bench, text.ptr, read_json(bench, "{}")));
    assert_int_equal(bench->error, JMESPATH_LIMIT);
}

/* Sixty levels of let, each of which adds sixty levels of list. */
static void a_value_cannot_become_deeper_than_the_stack(void **state)
{
    struct bench *bench = *state;
    const char *open = repeat(bench, "[", 60);
    const char *close = repeat(bench, "]", 60);
    struct str text = STR("let $x0 = 'x' in ");
    for (int i = 1; i <= 60; i++) {
        text = arena_printf(bench->arena, "%.*slet $x%d = %s$x%d%s in ",
                            STR_ARG(text), i, open, i - 1, close);
    }
    struct str whole = arena_printf(bench->arena, "%.*s$x60", STR_ARG(text));
    assert_null(search_value(bench, whole.ptr, read_json(bench, "{}")));
    assert_int_equal(bench->error, JMESPATH_LIMIT);
    whole = arena_printf(bench->arena, "%.*s`1`", STR_ARG(text));
    assert_non_null(search_value(bench, whole.ptr, read_json(bench, "{}")));
}

static void many_steps_below_the_bound_are_fine(void **state)
{
    struct bench *bench = *state;
    struct json *list = json_new(bench->arena, JSON_ARRAY);
    for (int i = 0; i < 20000; i++) {
        json_push(bench->arena, list,
                  json_new_int(bench->arena, (i * 7919) % 20000));
    }
    const struct json *value =
        search_value(bench, "sort(@) | [[0], [-1], length(@)]", list);
    assert_non_null(value);
    assert_string_equal(write_json(bench, value), "[0,19999,20000]");
}

static void sorting_is_stable_for_any_length(void **state)
{
    struct bench *bench = *state;
    for (int length = 0; length < 70; length++) {
        struct json *list = json_new(bench->arena, JSON_ARRAY);
        for (int i = 0; i < length; i++) {
            struct json *row = json_new(bench->arena, JSON_OBJECT);
            json_set(bench->arena, row, STR("key"),
                     json_new_int(bench->arena, (i * 37) % 5));
            json_set(bench->arena, row, STR("at"),
                     json_new_int(bench->arena, i));
            json_push(bench->arena, list, row);
        }
        const struct json *sorted =
            search_value(bench, "sort_by(@, &key)", list);
        assert_int_equal(sorted->count, length);
        for (size_t i = 1; i < sorted->count; i++) {
            const struct json *a = sorted->members[i - 1].value;
            const struct json *b = sorted->members[i].value;
            double keys = json_get(b, STR("key"))->number -
                          json_get(a, STR("key"))->number;
            double places =
                json_get(b, STR("at"))->number - json_get(a, STR("at"))->number;
            assert_true(keys > 0 || (!(keys < 0) && places > 0));
        }
    }
}

/* --- extension functions --- */

static const struct json *run_either(struct arena *arena,
                                     const struct json *const *arguments,
                                     size_t count, struct str *reterr)
{
    for (size_t i = 0; i < count; i++) {
        if (jmespath_is_true(arguments[i])) {
            return json_new_int(arena, (int64_t)i);
        }
    }
    *reterr = STR("none of the arguments is true");
    return NULL;
}

static const struct jmespath_function extensions[] = {
    {"either", 1, 3, run_either, "either(a, b): the place of the first true"},
    {"either_way", 1, 1, run_either, "either_way(a): the same"},
};

static int extended_open(void **state)
{
    int rc = bench_open(state);
    struct bench *bench = *state;
    bench->in.functions = extensions;
    bench->in.function_count = 2;
    return rc;
}

static void an_extension_gets_evaluated_arguments(void **state)
{
    struct bench *bench = *state;
    const struct json *given = read_json(bench, "{\"a\": [], \"b\": [1]}");
    const struct json *value = search_value(bench, "either(a, b[0])", given);
    assert_non_null(value);
    assert_string_equal(write_json(bench, value), "1");
    value = search_value(bench, "b[*].either(a, @)", given);
    assert_string_equal(write_json(bench, value), "[1]");
}

static void an_extension_that_fails_is_invalid_type(void **state)
{
    struct bench *bench = *state;
    const struct json *given = read_json(bench, "{}");
    assert_null(search_value(bench, "either(a)", given));
    assert_int_equal(bench->error, JMESPATH_INVALID_TYPE);
    assert_string_equal(bench->message.ptr,
                        "either: none of the arguments is true");
}

static void an_extension_is_checked_when_compiling(void **state)
{
    struct bench *bench = *state;
    assert_null(compile_text(bench, "either(a, b, c, d)"));
    assert_int_equal(bench->error, JMESPATH_INVALID_ARITY);
    assert_string_equal(bench->diag.first->message.ptr,
                        "`either` takes at most 3 arguments, here are 4");
    assert_null(compile_text(bench, "either(&a)"));
    assert_int_equal(bench->error, JMESPATH_INVALID_TYPE);
    assert_null(compile_text(bench, "eiter(a)"));
    assert_string_equal(bench->diag.first->message.ptr,
                        "unknown function `eiter`; did you mean `either`?");
}

/* --- the rest of the contract --- */

static void truth_is_that_of_jmespath(void **state)
{
    struct bench *bench = *state;
    static const char *const untrue[] = {"null", "false", "\"\"", "[]", "{}"};
    static const char *const is_true[] = {"true", "0", "\" \"", "[null]",
                                          "{\"a\": null}"};
    for (size_t i = 0; i < 5; i++) {
        assert_false(jmespath_is_true(read_json(bench, untrue[i])));
        assert_true(jmespath_is_true(read_json(bench, is_true[i])));
    }
}

static void an_expression_may_be_evaluated_again_and_again(void **state)
{
    struct bench *bench = *state;
    const struct jmespath *compiled =
        compile_text(bench, "let $n = a in b[?@ > $n]");
    static const struct {
        const char *given;
        const char *result;
    } rounds[] = {
        {"{\"a\": 1, \"b\": [1, 2]}", "[2]"},
        {"{\"a\": 2, \"b\": [1, 2]}", "[]"},
        {"{\"a\": 0, \"b\": [1, 2]}", "[1,2]"},
        {"{}", "null"},
    };
    for (size_t i = 0; i < sizeof(rounds) / sizeof(rounds[0]); i++) {
        struct arena *scratch = arena_new();
        const struct json *value = jmespath_evaluate(
            scratch, compiled, read_json(bench, rounds[i].given), &bench->error,
            &bench->message);
        assert_string_equal(write_json(bench, value), rounds[i].result);
        arena_free(scratch);
    }
}

static void the_document_is_left_as_it_was(void **state)
{
    struct bench *bench = *state;
    const struct json *given = read_json(
        bench, "{\"l\": [3, 1, 2], \"o\": {\"b\": 1, \"a\": 2, \"b\": 3}}");
    const char *before = write_json(bench, given);
    static const char *const expressions[] = {
        "sort(l)",       "reverse(l)", "merge(o, `{\"c\": 1}`)",
        "l[]",           "l[::-1]",    "sort_by(l, &@)",
        "{l: l, o: o}",  "keys(o)",    "map(&@, l)",
        "to_array(l)[]", "o.*",        "[l, l][][]",
    };
    for (size_t i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++) {
        assert_non_null(search_value(bench, expressions[i], given));
        assert_string_equal(write_json(bench, given), before);
    }
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, bench_open, bench_close)
#define TEST_EXTENDED(function)                                                \
    cmocka_unit_test_setup_teardown(function, extended_open, bench_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(expressions_give_what_they_should),
        TEST(failures_while_running_say_what_was_wrong),
        TEST(work_that_explodes_is_stopped),
        TEST(strings_that_explode_are_stopped),
        TEST(a_value_cannot_become_deeper_than_the_stack),
        TEST(many_steps_below_the_bound_are_fine),
        TEST(sorting_is_stable_for_any_length),
        TEST_EXTENDED(an_extension_gets_evaluated_arguments),
        TEST_EXTENDED(an_extension_that_fails_is_invalid_type),
        TEST_EXTENDED(an_extension_is_checked_when_compiling),
        TEST(truth_is_that_of_jmespath),
        TEST(an_expression_may_be_evaluated_again_and_again),
        TEST(the_document_is_left_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
