/* SPDX-License-Identifier: Apache-2.0 */
/* Looks into the table that embed.cmake assembles. Start at assets_at(). */
#include "assets/assets.h"

struct row {
    const char *name;
    const char *bytes;
    size_t len;
};
extern const struct row asset_rows[];
extern const size_t asset_count;

size_t assets_total(void)
{
    return asset_count;
}

struct asset assets_at(size_t index)
{
    const struct row *row = &asset_rows[index];
    return (struct asset){str_of(row->name), str_make(row->bytes, row->len)};
}

bool assets_find(struct str name, struct str *ret_text)
{
    for (size_t i = 0; i < asset_count; i++) {
        if (str_eq(str_of(asset_rows[i].name), name)) {
            *ret_text = assets_at(i).text;
            return true;
        }
    }
    return false;
}
