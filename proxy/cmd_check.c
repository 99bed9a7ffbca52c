/* SPDX-License-Identifier: Apache-2.0 */
/* `settled check [PATH...]` */
#include "proxy/commands.h"

#include "app/app.h"

#include <stdio.h>
#include <string.h>

static const char synopsis[] =
    "Usage: settled check [PATH...]\n\n"
    "Validates rule files (.json) and recordings (.jsonl), or all of both in "
    "a\nfolder; without a PATH the built-in rules. Each error is told as "
    "file:line:col\nwith a caret. A recording in which anything shaped like a "
    "key remains is\nrefused. Exits with 1 when there is an error.\n";

int cmd_check(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            (void)fputs(synopsis, stdout);
            return 0;
        }
        if (argv[i][0] == '-' && argv[i][1] != '\0') {
            (void)fprintf(stderr, "settled: check has no option %s\n", argv[i]);
            return 2;
        }
    }
    return app_check(argv + 1, argc - 1);
}
