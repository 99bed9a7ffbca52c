/* SPDX-License-Identifier: Apache-2.0 */
/* credential_process: real shells, whose pipes are looked at by a timer that
 * the test turns. Start at main(). */
#include "world.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#define KEYS                                                                   \
    "{\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"$WHO\\\","                     \
    "\\\"SecretAccessKey\\\":\\\"s\\\",\\\"SessionToken\\\":\\\"t\\\"}"

static void begin(struct world *world, const char *command)
{
    struct str config = arena_printf(
        world->arena, "[default]\ncredential_process = %s\n", command);
    world_env(world, "WHO", "ASIAPROCESS");
    world_env(world, "PATH", "/usr/bin:/bin");
    world_profiles(world, "", config.ptr);
    (void)world_begin(world);
    world_own_pending(world);
}

/* Waits, without reaping it, for the child to end; then turns the timer. */
static void let_it_end(struct world *world)
{
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)world->creds->own.chain.child.pid,
                            &info, WEXITED | WNOWAIT),
                     0);
    world_pass(world, 10);
}

static void a_command_prints_credentials(void **state)
{
    struct world *world = *state;
    begin(world, "echo \"" KEYS "\"; echo complaint >&2");
    let_it_end(world);
    struct sigv4_credentials own = world_own(world);
    assert_str(own.access_key, "ASIAPROCESS");
    assert_str(own.session_token, "t");
}

static void a_command_that_fails_is_quoted(void **state)
{
    struct world *world = *state;
    begin(world, "echo 'please log in first' >&2; echo more >&2; exit 3");
    let_it_end(world);
    struct str error = world_own_error(world);
    assert_holds(error, "profile 'default'");
    assert_holds(error, "status 3");
    assert_holds(error, "please log in first");
    assert_holds_not(error, "more");
}

static void a_command_that_a_signal_ends_is_an_error(void **state)
{
    struct world *world = *state;
    begin(world, "kill -9 $$");
    let_it_end(world);
    assert_holds(world_own_error(world), "signal 9");
}

static void a_command_that_is_not_there_is_an_error(void **state)
{
    struct world *world = *state;
    begin(world, "/nowhere/at/all");
    let_it_end(world);
    assert_holds(world_own_error(world), "status 127");
}

static void a_command_that_hangs_is_ended_after_a_minute(void **state)
{
    struct world *world = *state;
    begin(world, "sleep 1000");
    pid_t pid = world->creds->own.chain.child.pid;
    world_pass(world, 59 * 1000);
    world_own_pending(world);
    world_pass(world, 1000);
    assert_holds(world_own_error(world), "more than 60 s");
    assert_int_equal(kill(pid, 0), -1);
}

static void a_command_that_prints_without_end_is_ended(void **state)
{
    struct world *world = *state;
    begin(world, "yes");
    for (int i = 0; i < 1000 && world->creds->own.chain.running; i++) {
        struct pollfd fd = {world->creds->own.chain.child.out, POLLIN, 0};
        assert_int_equal(poll(&fd, 1, 10000), 1);
        world_pass(world, 10);
    }
    assert_holds(world_own_error(world), "prints too much");
}

static void a_command_under_way_may_be_left(void **state)
{
    struct world *world = *state;
    begin(world, "sleep 1000");
    pid_t pid = world->creds->own.chain.child.pid;
    creds_free(world->creds);
    world->creds = NULL;
    assert_int_equal(kill(pid, 0), -1);
}

static void a_complaint_with_anything_like_a_secret_is_not_quoted(void **state)
{
    static const struct {
        const char *said;
        const char *quoted;
    } rows[] = {
        {"please log in", "please log in"},
        {"\n  please log in\nsecond line", "please log in"},
        {"your SecretKey is x", ""},
        {"bad token", ""},
        {"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""},
        {"AKIAIOSFODNN7EXAMPLE refused", ""},
        {"a\x1b[31mred", ""},
        {"rubbed\x7fout", ""},
        {"", ""},
    };
    struct world *world = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_str(creds_process_complaint(world->arena, str_of(rows[i].said)),
                   rows[i].quoted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_command_prints_credentials),
        WORLD_TEST(a_command_that_fails_is_quoted),
        WORLD_TEST(a_command_that_a_signal_ends_is_an_error),
        WORLD_TEST(a_command_that_is_not_there_is_an_error),
        WORLD_TEST(a_command_that_hangs_is_ended_after_a_minute),
        WORLD_TEST(a_command_that_prints_without_end_is_ended),
        WORLD_TEST(a_command_under_way_may_be_left),
        WORLD_TEST(a_complaint_with_anything_like_a_secret_is_not_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
