/* SPDX-License-Identifier: Apache-2.0 */
/* All placeholders that occur in a recording, by their shape, for a redactor
 * that shall leave them alone. Start at recording_placeholders_find(). */
#include "recording/private.h"

#include "base/base64.h"

enum { BASE64_LEN = 36 };

static void note(struct table *table, struct str found)
{
    (void)recording_table_put(table, found, STR_NONE);
}

static size_t note_at(struct table *table, struct arena *scratch,
                      struct str text, size_t at)
{
    struct str rest = str_from(text, at);
    char c = text.ptr[at];
    if (c == '0' && str_starts(rest, STR("0000")) &&
        recording_account_is_at(text, at)) {
        note(table, str_first(rest, ACCOUNT_LEN));
        return ACCOUNT_LEN;
    }
    if (c == 'c' && rest.len >= BASE64_LEN) {
        struct str found = str_first(rest, BASE64_LEN);
        struct str inner = STR_NONE;
        if (recording_placeholder_is_base64(found) &&
            base64_read(scratch, found, &inner)) {
            note(table, found);
            note(table, inner);
            return BASE64_LEN;
        }
    }
    if (c == 'r' || c == 'R') {
        struct str found = recording_placeholder_at(rest);
        if (found.ptr != NULL) {
            note(table, found);
            return found.len;
        }
    }
    return 1;
}

void recording_placeholders_find(struct loaded *loaded)
{
    struct arena *scratch = arena_new();
    struct table table;
    struct str text = loaded->source.text;
    recording_table_init(&table, scratch);
    size_t at = 0;
    while (at < text.len) {
        char c = text.ptr[at];
        bool may_be = c == 'r' || c == 'R' || c == '0' || c == 'c';
        at += may_be ? note_at(&table, scratch, text, at) : 1;
    }
    loaded->open.placeholders =
        ARENA_ARRAY(loaded->arena, struct str, table.count);
    for (size_t i = 0; i < table.bucket_count; i++) {
        for (const struct table_row *r = table.buckets[i]; r != NULL;
             r = r->next) {
            loaded->open.placeholders[loaded->open.placeholder_count++] =
                arena_str(loaded->arena, r->key);
        }
    }
    arena_free(scratch);
}
