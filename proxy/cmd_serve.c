/* SPDX-License-Identifier: Apache-2.0 */
/* `settled serve [OPTIONS]` */
#include "proxy/commands.h"

#include "app/app.h"

#include <stdio.h>

static const char synopsis[] =
    "Usage: settled serve [OPTIONS]\n\n"
    "Prints where it listens and the shell lines that point a client at it:\n"
    "  eval \"$(settled serve --background)\"; ...; kill $SETTLED_PID\n"
    "SIGTERM ends it once holds are through; SIGHUP reloads the rules.\n";

int cmd_serve(int argc, char **argv)
{
    struct arena *arena = arena_new();
    struct app_options options = {0};
    int at = 1;
    int status = 0;
    if (app_read_options(arena, &app_serve_options, &options, synopsis, argc,
                         argv, &at, &status)) {
        if (at < argc) {
            (void)fprintf(stderr, "settled: serve takes no argument %s\n",
                          argv[at]);
            status = 2;
        } else {
            status = app_serve(&options);
        }
    }
    arena_free(arena);
    return status;
}
