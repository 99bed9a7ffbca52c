/* SPDX-License-Identifier: Apache-2.0 */
/* `settled lag --upstream URL [OPTIONS]` */
#include "proxy/commands.h"

#include "app/app.h"

#include <stdio.h>

static const char synopsis[] =
    "Usage: settled lag --upstream URL [OPTIONS]\n\n"
    "Stands in front of an emulator and makes it eventually consistent: for a "
    "while\nafter a change, the reads that show it answer as before it.\n\n"
    "  GET  /_settled/lag         counters, as JSON\n"
    "  GET  /_settled/lag/open    what is stale, and for how much longer\n"
    "  POST /_settled/lag/clear   an end to all lags at once\n";

int cmd_lag(int argc, char **argv)
{
    struct arena *arena = arena_new();
    struct app_lag_options options = {0};
    int at = 1;
    int status = 0;
    if (app_read_options(arena, &app_lag_options_rows, &options, synopsis, argc,
                         argv, &at, &status)) {
        if (at < argc || options.upstream.len == 0) {
            (void)fprintf(stderr, "settled: lag wants --upstream URL and no "
                                  "other argument\n");
            status = 2;
        } else {
            status = app_lag(&options);
        }
    }
    arena_free(arena);
    return status;
}
