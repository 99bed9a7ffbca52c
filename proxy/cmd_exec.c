/* SPDX-License-Identifier: Apache-2.0 */
/* `settled exec [OPTIONS] -- COMMAND [ARG...]` */
#include "proxy/commands.h"

#include "app/app.h"

#include <stdio.h>

static const char synopsis[] =
    "Usage: settled exec [OPTIONS] -- COMMAND [ARG...]\n\n"
    "Runs COMMAND with AWS_ENDPOINT_URL pointing at a proxy of its own, prints "
    "a\nsummary on stderr and exits with COMMAND's status (128+n for a "
    "signal).\n";

int cmd_exec(int argc, char **argv)
{
    struct arena *arena = arena_new();
    struct app_options options = {0};
    int at = 1;
    int status = 0;
    if (app_read_options(arena, &app_exec_options, &options, synopsis, argc,
                         argv, &at, &status)) {
        if (at >= argc) {
            (void)fprintf(stderr, "settled: exec wants a command: settled exec "
                                  "[OPTIONS] -- COMMAND [ARG...]\n");
            status = 2;
        } else {
            status = app_exec(&options, argv + at);
        }
    }
    arena_free(arena);
    return status;
}
