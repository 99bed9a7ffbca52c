/* SPDX-License-Identifier: Apache-2.0 */
/* exec's command: its environment and its start. Start at child_start(). */
#include "app/private.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>

/* What would lead the command past the proxy, or to other keys. */
static const char *const dropped[] = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_DISABLE_HOST_PREFIX_INJECTION",
    "NO_PROXY",
    "no_proxy",
    "SETTLED_PID",
};

static bool is_dropped(struct str variable)
{
    struct str name = str_cut(&variable, '=');
    /* AWS_ENDPOINT_URL_SSM and its like go before AWS_ENDPOINT_URL. */
    if (str_starts(name, STR("AWS_ENDPOINT_URL"))) {
        return true;
    }
    for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++) {
        if (str_eq(name, str_of(dropped[i]))) {
            return true;
        }
    }
    return false;
}

static struct str value_of(char *const *environment, struct str name)
{
    for (; *environment != NULL; environment++) {
        struct str value = str_of(*environment);
        if (str_eq(str_cut(&value, '='), name)) {
            return value;
        }
    }
    return STR_NONE;
}

struct list {
    struct arena *arena;
    char **at;
    size_t count;
};

static void add(struct list *list, const char *name, struct str value)
{
    list->at[list->count++] =
        (char *)arena_printf(list->arena, "%s=%.*s", name, STR_ARG(value)).ptr;
}

static void add_no_proxy(struct list *list, char *const *environment,
                         struct str host)
{
    struct str old = value_of(environment, STR("NO_PROXY"));
    if (old.len == 0) {
        old = value_of(environment, STR("no_proxy"));
    }
    struct str value = arena_printf(list->arena, "%.*s%s%.*s", STR_ARG(host),
                                    old.len > 0 ? "," : "", STR_ARG(old));
    add(list, "NO_PROXY", value);
    add(list, "no_proxy", value);
}

char **child_environment(struct arena *arena, char *const *environment,
                         const struct child_proxy *proxy)
{
    enum { OURS = 12 };
    size_t count = 0;
    while (environment[count] != NULL) {
        count++;
    }
    struct list list = {arena, ARENA_ARRAY(arena, char *, count + OURS), 0};
    for (size_t i = 0; i < count; i++) {
        if (!is_dropped(str_of(environment[i]))) {
            list.at[list.count++] = environment[i];
        }
    }
    add(&list, "AWS_ENDPOINT_URL", proxy->url);
    add(&list, "AWS_ACCESS_KEY_ID", proxy->keys.access_key);
    add(&list, "AWS_SECRET_ACCESS_KEY", proxy->keys.secret_key);
    if (proxy->region.len > 0) {
        add(&list, "AWS_REGION", proxy->region);
        add(&list, "AWS_DEFAULT_REGION", proxy->region);
    }
    add_no_proxy(&list, environment, proxy->host);
    add(&list, "AWS_DISABLE_HOST_PREFIX_INJECTION", STR("true"));
    return list.at;
}

pid_t child_start(struct arena *arena, char *const *command,
                  char *const *environment, const struct process *before,
                  int *ret_status, struct str *reterr)
{
    enum { NOT_FOUND = 127, NOT_RUNNABLE = 126 };
    posix_spawnattr_t how;
    sigset_t ours;
    pid_t pid = -1;
    /* Of all dispositions we changed only these. */
    static const int changed[] = {SIGPIPE, SIGXFSZ};
    (void)sigemptyset(&ours);
    for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++) {
        if (sigismember(&before->ignored, changed[i]) == 0) {
            (void)sigaddset(&ours, changed[i]);
        }
    }
    (void)posix_spawnattr_init(&how);
    (void)posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK |
                                             POSIX_SPAWN_SETSIGDEF);
    (void)posix_spawnattr_setsigmask(&how, &before->mask);
    (void)posix_spawnattr_setsigdefault(&how, &ours);
    struct process_own own = process_lend(before);
    int error =
        posix_spawnp(&pid, command[0], NULL, &how, command, environment);
    process_take_back(before, &own);
    (void)posix_spawnattr_destroy(&how);
    if (error != 0) {
        *ret_status = error == ENOENT ? NOT_FOUND : NOT_RUNNABLE;
        *reterr = arena_printf(arena, "%s: %s", command[0], strerror(error));
        return -1;
    }
    return pid;
}
