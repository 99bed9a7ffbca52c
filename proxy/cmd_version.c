/* SPDX-License-Identifier: Apache-2.0 */
/* `settled version` */
#include "proxy/commands.h"

#include <stdio.h>

int cmd_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    (void)printf("settled %s\n", SETTLED_VERSION);
    return 0;
}
