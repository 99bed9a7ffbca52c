/* SPDX-License-Identifier: Apache-2.0 */
/* exec's command: what it finds in its environment, and how it starts. */
#include "app/private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/wait.h>

extern char **environ;

static const struct child_proxy proxy = {
    .url = {"http://127.0.0.1:41233", 22},
    .host = {"127.0.0.1", 9},
    .keys = {.access_key = {"AKIAMINTED", 10}, .secret_key = {"hush", 4}},
    .region = {"eu-west-1", 9},
};

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void expect(char *const *before, const struct child_proxy *given,
                   const char *const *wanted)
{
    struct arena *arena = arena_new();
    char **got = child_environment(arena, before, given);
    size_t count = 0;
    while (got[count] != NULL) {
        count++;
    }
    qsort(got, count, sizeof(got[0]), by_text);
    for (size_t i = 0; i <= count; i++) {
        if (got[i] == NULL || wanted[i] == NULL) {
            assert_ptr_equal(got[i], wanted[i]);
            break;
        }
        assert_string_equal(got[i], wanted[i]);
    }
    arena_free(arena);
}

static void the_environment_leads_to_the_proxy_and_nowhere_else(void **state)
{
    char *before[] = {
        "HOME=/home/me",
        "AWS_PROFILE=prod",
        "AWS_DEFAULT_PROFILE=prod",
        "AWS_ACCESS_KEY_ID=AKIAREAL",
        "AWS_SECRET_ACCESS_KEY=real",
        "AWS_SESSION_TOKEN=real",
        "AWS_SECURITY_TOKEN=real",
        "AWS_REGION=us-east-1",
        "AWS_ENDPOINT_URL=http://elsewhere",
        "AWS_ENDPOINT_URL_SSM=http://elsewhere",
        "AWS_ENDPOINT_URL_DYNAMODB=http://elsewhere",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true",
        "AWS_CA_BUNDLE=/etc/ca.pem",
        "SETTLED_PID=1",
        "NO_PROXY=.internal",
        NULL,
    };
    static const char *const wanted[] = {
        "AWS_ACCESS_KEY_ID=AKIAMINTED",
        "AWS_CA_BUNDLE=/etc/ca.pem",
        "AWS_DEFAULT_REGION=eu-west-1",
        "AWS_DISABLE_HOST_PREFIX_INJECTION=true",
        "AWS_ENDPOINT_URL=http://127.0.0.1:41233",
        "AWS_REGION=eu-west-1",
        "AWS_SECRET_ACCESS_KEY=hush",
        "HOME=/home/me",
        "NO_PROXY=127.0.0.1,.internal",
        "no_proxy=127.0.0.1,.internal",
        NULL,
    };
    (void)state;
    expect(before, &proxy, wanted);
}

static void without_a_region_none_is_made_up(void **state)
{
    char *before[] = {"no_proxy=a,b", NULL};
    static const char *const wanted[] = {
        "AWS_ACCESS_KEY_ID=AKIAMINTED",
        "AWS_DISABLE_HOST_PREFIX_INJECTION=true",
        "AWS_ENDPOINT_URL=http://127.0.0.1:41233",
        "AWS_SECRET_ACCESS_KEY=hush",
        "NO_PROXY=127.0.0.1,a,b",
        "no_proxy=127.0.0.1,a,b",
        NULL,
    };
    struct child_proxy here = proxy;
    (void)state;
    here.region = STR_NONE;
    expect(before, &here, wanted);
}

/* The status a shell would give. */
static int run_shell(const struct process *before, const char *script)
{
    char *command[] = {"sh", "-c", (char *)(uintptr_t)script, NULL};
    struct arena *arena = arena_new();
    struct str why = STR_NONE;
    int status = 0;
    pid_t pid = child_start(arena, command, environ, before, &status, &why);
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    arena_free(arena);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void a_child_does_not_notice_our_preparations(void **state)
{
    struct process before;
    struct rlimit core;
    (void)state;
    process_prepare(&before);
    assert_int_equal(run_shell(&before, "exit 7"), 7);
    assert_int_equal(run_shell(&before, "kill -PIPE $$; exit 0"),
                     128 + SIGPIPE);
    struct arena *arena = arena_new();
    struct str script = arena_printf(arena, "test \"$(ulimit -n)\" = %llu",
                                     (unsigned long long)before.files.rlim_cur);
    assert_int_equal(run_shell(&before, script.ptr), 0);
    arena_free(arena);
    assert_int_equal(getrlimit(RLIMIT_CORE, &core), 0);
    assert_true(core.rlim_cur == 0);
}

static void what_cannot_start_has_a_shell_s_status(void **state)
{
    static const struct {
        const char *command;
        int status;
    } rows[] = {{"/nonexistent/command", 127}, {"/etc/passwd", 126}};
    struct process before;
    (void)state;
    process_prepare(&before);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena *arena = arena_new();
        char *command[] = {(char *)(uintptr_t)rows[i].command, NULL};
        struct str why = STR_NONE;
        int status = 0;
        assert_int_equal(
            child_start(arena, command, environ, &before, &status, &why), -1);
        assert_int_equal(status, rows[i].status);
        assert_true(str_contains(why, str_of(rows[i].command)));
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_environment_leads_to_the_proxy_and_nowhere_else),
        cmocka_unit_test(without_a_region_none_is_made_up),
        cmocka_unit_test(a_child_does_not_notice_our_preparations),
        cmocka_unit_test(what_cannot_start_has_a_shell_s_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
