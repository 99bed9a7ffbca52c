/* SPDX-License-Identifier: Apache-2.0 */
/* Where options come from, and which of them wins. */
#include "app/private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct config {
    char path[64];
};

static void write_config(struct config *config, const char *text)
{
    (void)snprintf(config->path, sizeof(config->path),
                   "/tmp/settled-test-XXXXXX");
    int fd = mkstemp(config->path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
}

/* Words that are NULL in the middle end the list. */
static bool read_words(struct arena *arena, struct app_options *options,
                       char *const *words, int *at, int *ret_status)
{
    int count = 0;
    while (words[count] != NULL) {
        count++;
    }
    *at = 1;
    return app_read_options(arena, &app_exec_options, options, "Usage", count,
                            words, at, ret_status);
}

static void
the_command_line_wins_over_the_file_over_the_environment(void **state)
{
    struct config config;
    struct arena *arena = arena_new();
    struct app_options options;
    int at = 0;
    int status = 0;
    (void)state;
    write_config(&config, "{\"max-hold\": \"20s\", \"timeout\": 7,\n"
                          " \"no-verify\": true, \"interim\": false,\n"
                          " \"meta\": [\"a=1\", \"b=2\"]}");
    (void)setenv("SETTLED_MAX_HOLD", "10s", 1);
    (void)setenv("SETTLED_TIMEOUT", "5s", 1);
    (void)setenv("SETTLED_STAGE", "test", 1);
    char *words[] = {"exec",       "--config", config.path, "--max-hold", "30s",
                     "--meta=c=3", "--",       "true",      NULL};
    assert_true(read_words(arena, &options, words, &at, &status));
    assert_int_equal(at, 7);
    assert_int_equal(options.max_hold_ms, 30000);
    assert_int_equal(options.timeout_ms, 7000);
    assert_true(options.no_verify);
    assert_false(options.interim);
    assert_true(str_eq(options.stage, STR("test")));
    assert_int_equal(options.meta.count, 3);
    (void)unsetenv("SETTLED_MAX_HOLD");
    (void)unsetenv("SETTLED_TIMEOUT");
    (void)unsetenv("SETTLED_STAGE");
    (void)unlink(config.path);
    arena_free(arena);
}

static void the_environment_may_name_the_file(void **state)
{
    struct config config;
    struct arena *arena = arena_new();
    struct app_options options;
    int at = 0;
    int status = 0;
    (void)state;
    write_config(&config, "{\"max-hold\": \"20s\"}");
    (void)setenv("SETTLED_CONFIG", config.path, 1);
    char *words[] = {"exec", "true", NULL};
    assert_true(read_words(arena, &options, words, &at, &status));
    assert_int_equal(options.max_hold_ms, 20000);
    (void)unsetenv("SETTLED_CONFIG");
    (void)unlink(config.path);
    arena_free(arena);
}

static void the_command_s_own_options_are_not_ours(void **state)
{
    struct arena *arena = arena_new();
    struct app_options options;
    int at = 0;
    int status = 0;
    (void)state;
    char *words[] = {"exec",       "tool", "--config", "/nonexistent",
                     "--max-hold", "1s",   NULL};
    assert_true(read_words(arena, &options, words, &at, &status));
    assert_int_equal(at, 1);
    assert_int_equal(options.max_hold_ms, 110000);
    char *value[] = {"exec", "--log", "--config", "x", NULL};
    assert_false(read_words(arena, &options, value, &at, &status));
    assert_int_equal(status, 2);
    arena_free(arena);
}

static void a_bad_file_is_a_usage_error(void **state)
{
    static const char *const texts[] = {
        "{\"max-hold\": \"soon\"}", "{\"max-holt\": \"1s\"}", "[]", "{",
        "{\"max-hold\": null}",     "{\"max-hold\": {}}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct config config;
        struct arena *arena = arena_new();
        struct app_options options;
        int at = 0;
        int status = 0;
        write_config(&config, texts[i]);
        char *words[] = {"exec", "--config", config.path, "true", NULL};
        assert_false(read_words(arena, &options, words, &at, &status));
        assert_int_equal(status, 2);
        (void)unlink(config.path);
        arena_free(arena);
    }
}

static void help_needs_no_file(void **state)
{
    struct arena *arena = arena_new();
    struct app_options options;
    int at = 0;
    int status = 1;
    (void)state;
    char *words[] = {"exec", "--config", "/nonexistent", "--help", NULL};
    assert_false(read_words(arena, &options, words, &at, &status));
    assert_int_equal(status, 0);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            the_command_line_wins_over_the_file_over_the_environment),
        cmocka_unit_test(the_environment_may_name_the_file),
        cmocka_unit_test(the_command_s_own_options_are_not_ours),
        cmocka_unit_test(a_bad_file_is_a_usage_error),
        cmocka_unit_test(help_needs_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
