/* SPDX-License-Identifier: Apache-2.0 */
/* `settled convert IN OUT` */
#include "proxy/commands.h"

#include "app/app.h"

#include <stdio.h>

static const char synopsis[] =
    "Usage: settled convert [OPTIONS] IN OUT\n\n"
    "Turns cassettes of vcrpy (YAML, JSON) and HAR 1.2 into a recording, and a "
    "\nrecording into HAR (where OUT ends in .har). OUT must not exist.\n";

int cmd_convert(int argc, char **argv)
{
    struct arena *arena = arena_new();
    struct app_convert_options options = {0};
    int at = 1;
    int count = 0;
    int status = 0;
    char **words =
        options_first(arena, &app_convert_options_rows, argc, argv, &count);
    if (app_read_options(arena, &app_convert_options_rows, &options, synopsis,
                         count, words, &at, &status)) {
        if (count - at != 2) {
            (void)fprintf(stderr, "settled: convert wants IN and OUT\n");
            status = 2;
        } else {
            status =
                app_convert(&options, str_of(words[at]), str_of(words[at + 1]));
        }
    }
    arena_free(arena);
    return status;
}
