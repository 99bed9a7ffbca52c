/* SPDX-License-Identifier: Apache-2.0 */
/* Looks into an environment that was handed in, never into the process's own,
 * so that tests bring theirs. Start at creds_env_get(). */
#include "creds/private.h"

struct str creds_env_get(char *const *environment, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; environment != NULL && environment[i] != NULL; i++) {
        const char *entry = environment[i];
        if (strncmp(entry, name, len) == 0 && entry[len] == '=' &&
            entry[len + 1] != '\0') {
            return str_of(entry + len + 1);
        }
    }
    return STR_NONE;
}
