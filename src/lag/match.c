/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a client's read asks what another read asked. Start at
 * lag_match_inputs(). */
#include "lag/private.h"

/* Flags that choose what is shown. */
static const char *const choosing[] = {"Recursive"};

/* What a read means when it does not say. */
static const struct {
    const char *member;
    const char *value;
} usual[] = {
    {"VersionStage", "AWSCURRENT"},
};

static bool is_choosing(struct str key)
{
    for (size_t i = 0; i < sizeof(choosing) / sizeof(choosing[0]); i++) {
        if (str_eq(key, str_of(choosing[i]))) {
            return true;
        }
    }
    return false;
}

static bool goes_without_saying(const struct json_member *m)
{
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        if (str_eq(m->key, str_of(usual[i].member)) &&
            str_eq(json_text(m->value), str_of(usual[i].value))) {
            return true;
        }
    }
    return m->value->type == JSON_NULL || m->value->type == JSON_FALSE;
}

static bool is_aside(const struct json_member *m)
{
    return m->value->type == JSON_NUMBER ||
           (m->value->type == JSON_TRUE && !is_choosing(m->key)) ||
           goes_without_saying(m);
}

/* Whether `other` has all that one asks for; asides add to the score. */
static bool covers(const struct json *one, const struct json *other,
                   unsigned *score)
{
    for (size_t i = 0; i < one->count; i++) {
        const struct json_member *m = &one->members[i];
        const struct json *same = json_get(other, m->key);
        if (same != NULL && json_equal(same, m->value)) {
            (*score)++;
        } else if (!is_aside(m)) {
            return false;
        } else if (!goes_without_saying(m) && *score > 0) {
            (*score)--;
        }
    }
    return true;
}

unsigned lag_match_inputs(const struct json *have, const struct json *asked)
{
    unsigned score = 1000;
    return covers(have, asked, &score) && covers(asked, have, &score) ? score
                                                                      : 0;
}
