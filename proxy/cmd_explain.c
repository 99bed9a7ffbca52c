/* SPDX-License-Identifier: Apache-2.0 */
/* `settled explain [SERVICE [OPERATION]]` */
#include "proxy/commands.h"

#include "app/app.h"

#include <stdio.h>

static const char synopsis[] =
    "Usage: settled explain [OPTIONS] [SERVICE [OPERATION]]\n\n"
    "Says what is read back after a call, how often and how long; without an\n"
    "OPERATION lists those that have a rule. Of the options, --rules,\n"
    "--no-builtin-rules and --state (what was learned) matter here.\n";

int cmd_explain(int argc, char **argv)
{
    struct arena *arena = arena_new();
    struct app_options options = {0};
    int at = 1;
    int count = 0;
    int status = 0;
    char **words = options_first(arena, &app_exec_options, argc, argv, &count);
    if (app_read_options(arena, &app_exec_options, &options, synopsis, count,
                         words, &at, &status)) {
        if (count - at > 2) {
            (void)fprintf(stderr, "settled: explain wants at most SERVICE and "
                                  "OPERATION\n");
            status = 2;
        } else {
            status =
                app_explain(&options, at < count ? str_of(words[at]) : STR_NONE,
                            at + 1 < count ? str_of(words[at + 1]) : STR_NONE);
        }
    }
    arena_free(arena);
    return status;
}
