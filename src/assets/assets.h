/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files built into the program: the built-in rules and the wire facts of
 * the services, from the folder rules/. Names are relative to that folder
 * ("ssm.json", "models/ssm.json"). Texts live as long as the process.
 */
#ifndef ASSETS_ASSETS_H
#define ASSETS_ASSETS_H

#include "base/str.h"

struct asset {
    struct str name;
    struct str text;
};

size_t assets_total(void);
struct asset assets_at(size_t index);
/* False when there is none of that name. */
bool assets_find(struct str name, struct str *ret_text);

#endif
