/* SPDX-License-Identifier: Apache-2.0 */
/* `settled report LOG...` */
#include "proxy/commands.h"

#include "app/app.h"

#include <stdio.h>

static const char synopsis[] =
    "Usage: settled report LOG... [OPTIONS]\n\n"
    "Tells what happened, from logs that --log wrote, those of `settled lag` "
    "among\nthem; - is stdin. Numbers of each operation, races, regrets, and "
    "whether clients\nalways saw what the session guarantees promise.\n";

int cmd_report(int argc, char **argv)
{
    struct arena *arena = arena_new();
    struct app_report_options options = {0};
    int at = 1;
    int count = 0;
    int status = 0;
    char **words =
        options_first(arena, &app_report_options_rows, argc, argv, &count);
    if (app_read_options(arena, &app_report_options_rows, &options, synopsis,
                         count, words, &at, &status)) {
        if (at == count && options.lag_log.count == 0) {
            (void)fprintf(stderr, "settled: report wants a LOG\n");
            status = 2;
        } else {
            status = app_report(&options, words + at, count - at);
        }
    }
    arena_free(arena);
    return status;
}
