/* SPDX-License-Identifier: Apache-2.0 */
/* Defaults, environment, argv and their errors. Here because a wrong option
 * must never pass for another. Start at the tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/options.h"

struct settings {
    bool observe;
    bool interim;
    bool no_verify;
    struct str listen;
    struct str log;
    struct option_texts rules;
    int64_t timeout_ms;
    size_t body;
    uint64_t seed;
    int on_failed;
};

#define FIELD(name) offsetof(struct settings, name)

static const struct option rows[] = {
    {"listen", OPTION_TEXT, FIELD(listen), "HOST:PORT", NULL, "127.0.0.1:0",
     "where", "Listening"},
    {"log", OPTION_TEXT, FIELD(log), "FILE", NULL, NULL, "log", NULL},
    {"observe", OPTION_FLAG, FIELD(observe), NULL, NULL, NULL, "watch", NULL},
    {"interim", OPTION_FLAG, FIELD(interim), NULL, NULL, "true", "100", NULL},
    {"no-verify", OPTION_FLAG, FIELD(no_verify), NULL, NULL, NULL, "x", NULL},
    {"rules", OPTION_TEXTS, FIELD(rules), "DIR", NULL, NULL, "rules", NULL},
    {"timeout", OPTION_DURATION, FIELD(timeout_ms), "DURATION", NULL, "45s",
     "deadline", NULL},
    {"max-body", OPTION_SIZE, FIELD(body), "SIZE", NULL, "16m", "body", NULL},
    {"seed", OPTION_COUNT_OF, FIELD(seed), "N", NULL, NULL, "seed", NULL},
    {"on-failed", OPTION_CHOICE, FIELD(on_failed), NULL, "fail|pass|retry",
     "pass", "what", NULL},
};
static const struct options options = {rows, sizeof(rows) / sizeof(rows[0]),
                                       "SETTLED_"};

struct bench {
    struct arena *arena;
    struct settings settings;
    struct str err;
    bool help;
    int at;
};

static int set_up(void **state)
{
    struct arena *arena = arena_new();
    struct bench *bench = ARENA_NEW(arena, struct bench);
    bench->arena = arena;
    *state = bench;
    return !options_init(arena, &options, &bench->settings, NULL, &bench->err);
}

static int tear_down(void **state)
{
    arena_free(((struct bench *)*state)->arena);
    return 0;
}

/* Splits at blanks: no word of these tests holds one. */
static bool parse(struct bench *bench, const char *line)
{
    char *argv[40];
    int argc = 0;
    struct str rest = arena_str(bench->arena, str_of(line));
    while (rest.ptr != NULL && rest.len > 0) {
        struct str word = arena_str(bench->arena, str_cut(&rest, ' '));
        argv[argc++] = (char *)(uintptr_t)word.ptr;
    }
    bench->at = 0;
    return options_parse(bench->arena, &options, &bench->settings, argc, argv,
                         &bench->at, &bench->help, &bench->err);
}

static void defaults_come_from_the_rows(void **state)
{
    struct bench *b = *state;
    assert_true(str_eq(b->settings.listen, STR("127.0.0.1:0")));
    assert_null(b->settings.log.ptr);
    assert_false(b->settings.observe);
    assert_true(b->settings.interim);
    assert_int_equal(b->settings.rules.count, 0);
    assert_int_equal(b->settings.timeout_ms, 45000);
    assert_int_equal(b->settings.body, 16U << 20);
    assert_int_equal(b->settings.seed, 0);
    assert_int_equal(b->settings.on_failed, 1);
}

static void every_kind_is_read_in_both_spellings(void **state)
{
    struct bench *b = *state;
    assert_true(parse(b, "--listen 0.0.0.0:80 --log=- --observe --no-interim "
                         "--rules a --rules=b --timeout 1.5m --max-body=64K "
                         "--seed 18446744073709551615 --on-failed=retry"));
    assert_true(str_eq(b->settings.listen, STR("0.0.0.0:80")));
    assert_true(str_eq(b->settings.log, STR("-")));
    assert_true(b->settings.observe);
    assert_false(b->settings.interim);
    assert_false(b->settings.no_verify);
    assert_int_equal(b->settings.rules.count, 2);
    assert_true(str_eq(b->settings.rules.at[1], STR("b")));
    assert_int_equal(b->settings.timeout_ms, 90000);
    assert_int_equal(b->settings.body, 65536);
    assert_true(b->settings.seed == UINT64_MAX);
    assert_int_equal(b->settings.on_failed, 2);
}

static void a_flag_whose_name_begins_with_no_is_itself(void **state)
{
    struct bench *b = *state;
    assert_true(parse(b, "--no-verify"));
    assert_true(b->settings.no_verify);
    assert_true(parse(b, "--no-verify=false --observe=yes"));
    assert_false(b->settings.no_verify);
    assert_true(b->settings.observe);
}

static void a_lone_dash_is_a_value_and_may_be_empty_after_equals(void **state)
{
    struct bench *b = *state;
    assert_true(parse(b, "--log - --listen="));
    assert_true(str_eq(b->settings.log, STR("-")));
    assert_non_null(b->settings.listen.ptr);
    assert_int_equal(b->settings.listen.len, 0);
}

static void parsing_stops_at_the_first_word_that_is_no_option(void **state)
{
    static const struct {
        const char *line;
        int at;
        bool help;
    } lines[] = {
        {"", 0, false},
        {"run --observe", 0, false},
        {"--observe run --unknown", 1, false},
        {"--observe -- --unknown", 2, false},
        {"--log - -", 2, false},
        {"--observe --help --unknown", 2, true},
        {"-h", 1, true},
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct bench *b = *state;
        assert_true(parse(b, lines[i].line));
        assert_int_equal(b->at, lines[i].at);
        assert_int_equal(b->help, lines[i].help);
    }
}

static void an_error_names_the_option_and_what_is_near(void **state)
{
    static const char *const lines[][2] = {
        {"--timout 3s", "unknown option --timout; did you mean --timeout?"},
        {"--timout=3s", "unknown option --timout; did you mean --timeout?"},
        {"-timeout 3s", "unknown option -timeout; did you mean --timeout?"},
        {"--obs", "unknown option --obs; did you mean --observe?"},
        {"--hlep", "unknown option --hlep; did you mean --help?"},
        {"--zzzzzz", "unknown option --zzzzzz"},
        {"-x", "unknown option -x"},
        {"--no-timeout", "unknown option --no-timeout; did you mean "
                         "--timeout?"},
        {"--timeout", "--timeout needs a value: --timeout DURATION"},
        {"--log --observe", "--log needs a value: --log FILE"},
        {"--on-failed", "--on-failed needs a value: --on-failed "
                        "fail|pass|retry"},
        {"--timeout 5x", "--timeout expects a duration like 300ms, 2s, 1.5m "
                         "or 1h, not '5x'"},
        {"--timeout=", "--timeout expects a duration like 300ms, 2s, 1.5m or "
                       "1h, not ''"},
        {"--max-body 1t", "--max-body expects a size like 512, 64k, 16m or "
                          "1g, not '1t'"},
        {"--max-body k", "--max-body expects a size like 512, 64k, 16m or "
                         "1g, not 'k'"},
        {"--max-body 99999999999g", "--max-body expects a size like 512, 64k, "
                                    "16m or 1g, not '99999999999g'"},
        {"--seed -1", "--seed expects a number, not '-1'"},
        {"--on-failed maybe", "--on-failed expects fail, pass or retry, not "
                              "'maybe'"},
        {"--observe=perhaps", "--observe expects true or false, not "
                              "'perhaps'"},
        {"--no-observe=true", "--no-observe takes no value"},
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct bench *b = *state;
        assert_false(parse(b, lines[i][0]));
        assert_string_equal(b->err.ptr, lines[i][1]);
    }
}

static void too_many_repeats_are_an_error(void **state)
{
    struct bench *b = *state;
    for (int i = 0; i < OPTION_TEXTS_MAX; i++) {
        assert_true(parse(b, "--rules r"));
    }
    assert_false(parse(b, "--rules r"));
    assert_string_equal(b->err.ptr, "--rules can be given at most 32 times");
}

static bool start_in(struct bench *b, char *variable)
{
    char *const environment[] = {"PATH=/bin", "SETTLED_LISTEN=", variable,
                                 "SETTLED_PID=1", NULL};
    return options_init(b->arena, &options, &b->settings, environment, &b->err);
}

static void the_environment_beats_the_default(void **state)
{
    struct bench *b = *state;
    assert_true(start_in(b, "SETTLED_MAX_BODY=1g"));
    assert_int_equal(b->settings.body, 1U << 30);
    assert_true(str_eq(b->settings.listen, STR("127.0.0.1:0")));
    assert_true(start_in(b, "SETTLED_NO_VERIFY=1"));
    assert_true(b->settings.no_verify);
    assert_int_equal(b->settings.body, 16U << 20);
    assert_true(start_in(b, "SETTLED_INTERIM=off"));
    assert_false(b->settings.interim);
}

static void the_command_line_beats_the_environment(void **state)
{
    struct bench *b = *state;
    assert_true(start_in(b, "SETTLED_TIMEOUT=1s"));
    assert_int_equal(b->settings.timeout_ms, 1000);
    assert_true(parse(b, "--timeout 2s"));
    assert_int_equal(b->settings.timeout_ms, 2000);
}

static void an_error_from_the_environment_names_the_variable(void **state)
{
    struct bench *b = *state;
    assert_false(start_in(b, "SETTLED_ON_FAILED=x"));
    assert_string_equal(b->err.ptr, "SETTLED_ON_FAILED expects fail, pass or "
                                    "retry, not 'x'");
}

static void one_setting_is_set_by_name(void **state)
{
    struct bench *b = *state;
    assert_true(options_set(b->arena, &options, &b->settings, STR("seed"),
                            STR("7"), &b->err));
    assert_int_equal(b->settings.seed, 7);
    assert_false(options_set(b->arena, &options, &b->settings, STR("sed"),
                             STR("7"), &b->err));
    assert_string_equal(b->err.ptr, "unknown option sed; did you mean seed?");
    assert_false(options_set(b->arena, &options, &b->settings, STR("seed"),
                             STR("x"), &b->err));
    assert_string_equal(b->err.ptr, "seed expects a number, not 'x'");
}

static void options_may_stand_behind_other_words(void **state)
{
    struct bench *bench = *state;
    char *argv[] = {(char[]){"explain"},   (char[]){"ssm"},
                    (char[]){"--timeout"}, (char[]){"9s"},
                    (char[]){"-"},         (char[]){"--observe"},
                    (char[]){"put"},       (char[]){"--seed=3"},
                    (char[]){"--"},        (char[]){"--log"}};
    static const char *const wanted[] = {
        "explain", "--timeout", "9s", "--observe", "--seed=3",
        "--",      "ssm",       "-",  "put",       "--log"};
    int count = 0;
    char **words = options_first(bench->arena, &options,
                                 sizeof(argv) / sizeof(argv[0]), argv, &count);
    assert_int_equal(count, sizeof(wanted) / sizeof(wanted[0]));
    for (int i = 0; i < count; i++) {
        assert_string_equal(words[i], wanted[i]);
    }
}

static void only_what_is_near_is_suggested(void **state)
{
    (void)state;
    static const char *const known[] = {"exec", "serve", "lag", "explain",
                                        "GetParameter"};
    static const char *const tries[][2] = {
        {"exce", "exec"},    {"server", "serve"},
        {"expl", "explain"}, {"lga", "lag"},
        {"l", NULL},         {"", NULL},
        {"xyzzy", NULL},     {"GetParamter", "GetParameter"},
    };
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        struct str found = option_nearest(str_of(tries[i][0]), known, 5);
        assert_true(str_eq(found, str_of(tries[i][1])));
    }
    assert_null(option_nearest(STR("exec"), known, 0).ptr);
}

#define ON_BENCH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BENCH(defaults_come_from_the_rows),
        ON_BENCH(every_kind_is_read_in_both_spellings),
        ON_BENCH(a_flag_whose_name_begins_with_no_is_itself),
        ON_BENCH(a_lone_dash_is_a_value_and_may_be_empty_after_equals),
        ON_BENCH(parsing_stops_at_the_first_word_that_is_no_option),
        ON_BENCH(an_error_names_the_option_and_what_is_near),
        ON_BENCH(too_many_repeats_are_an_error),
        ON_BENCH(the_environment_beats_the_default),
        ON_BENCH(the_command_line_beats_the_environment),
        ON_BENCH(an_error_from_the_environment_names_the_variable),
        ON_BENCH(one_setting_is_set_by_name),
        ON_BENCH(options_may_stand_behind_other_words),
        cmocka_unit_test(only_what_is_near_is_suggested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
