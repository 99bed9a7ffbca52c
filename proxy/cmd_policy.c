/* SPDX-License-Identifier: Apache-2.0 */
/* `settled policy [SERVICE[:OPERATION]...]` */
#include "proxy/commands.h"

#include "app/app.h"

static const char synopsis[] =
    "Usage: settled policy [OPTIONS] [SERVICE[:OPERATION]...]\n\n"
    "Prints the least IAM policy that lets the read-backs be made, for all "
    "rules\nor for those named (ssm, secretsmanager:CreateSecret). Of the "
    "options, --rules,\n--no-builtin-rules and --level matter here.\n";

int cmd_policy(int argc, char **argv)
{
    struct arena *arena = arena_new();
    struct app_options options = {0};
    int at = 1;
    int count = 0;
    int status = 0;
    char **words = options_first(arena, &app_exec_options, argc, argv, &count);
    if (app_read_options(arena, &app_exec_options, &options, synopsis, count,
                         words, &at, &status)) {
        status = app_policy(&options, words + at, count - at);
    }
    arena_free(arena);
    return status;
}
