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

/* "--html", unless its value comes in the same word. */
static bool takes_next(struct str word)
{
    const struct options *rows = &app_report_options_rows;
    for (size_t i = 0; i < rows->count; i++) {
        if (str_starts(word, STR("--")) &&
            str_eq(str_from(word, 2), str_of(rows->rows[i].name))) {
            return rows->rows[i].kind != OPTION_FLAG;
        }
    }
    return false;
}

/* Options may stand behind the logs: "--" and the logs go to the end. */
static char **options_first(struct arena *arena, int argc, char **argv,
                            int *ret_argc)
{
    static char end[] = "--";
    char **words = ARENA_ARRAY(arena, char *, (size_t)argc + 2);
    char **logs = ARENA_ARRAY(arena, char *, (size_t)argc + 1);
    int log_count = 0;
    int count = 1;
    bool ended = false;
    words[0] = argv[0];
    for (int i = 1; i < argc; i++) {
        struct str word = str_of(argv[i]);
        if (ended || word.len < 2 || word.ptr[0] != '-') {
            logs[log_count++] = argv[i];
        } else if (str_eq(word, str_of(end))) {
            ended = true;
        } else {
            words[count++] = argv[i];
            if (takes_next(word) && i + 1 < argc) {
                words[count++] = argv[++i];
            }
        }
    }
    words[count++] = end;
    for (int i = 0; i < log_count; i++) {
        words[count++] = logs[i];
    }
    *ret_argc = count;
    return words;
}

int cmd_report(int argc, char **argv)
{
    struct arena *arena = arena_new();
    struct app_report_options options = {0};
    int at = 1;
    int count = 0;
    int status = 0;
    char **words = options_first(arena, argc, argv, &count);
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
