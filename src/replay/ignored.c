/* SPDX-License-Identifier: Apache-2.0 */
/* Members that a user has said not to compare. Here because matching and the
 * first sieve before it must agree on them. Start at replay_ignored_has(). */
#include "replay/private.h"

static struct ignored read_text(struct str text)
{
    struct str rest = text;
    struct str first = str_cut(&rest, ':');
    if (rest.ptr == NULL || str_find(rest, ':') == STR_NOT_FOUND) {
        return (struct ignored){STR("*"), STR("*"), text};
    }
    struct str second = str_cut(&rest, ':');
    return (struct ignored){first, second, rest};
}

void replay_ignored_init(struct ignored_list *list, struct arena *arena,
                         const struct str *texts, size_t count)
{
    list->at = ARENA_ARRAY(arena, struct ignored, count);
    list->count = count;
    for (size_t i = 0; i < count; i++) {
        list->at[i] = read_text(arena_str(arena, texts[i]));
    }
}

/* Where "[]" was written, any "[12]" will do. */
static struct str skip_index(struct str path)
{
    if (path.len == 0 || path.ptr[0] != '[') {
        return STR_NONE;
    }
    size_t end = 1;
    while (end < path.len && str_is_digit(path.ptr[end])) {
        end++;
    }
    return end < path.len && path.ptr[end] == ']' ? str_from(path, end + 1)
                                                  : STR_NONE;
}

/* Whether the path is, or lies below, what the pattern says. A star stands for
 * any run of characters; only the last one is tried again. */
static bool is_within(struct str pattern, struct str path)
{
    struct str star = STR_NONE; /* the pattern behind it */
    struct str tried = path;    /* where it was last tried to end */
    for (;;) {
        if (pattern.len == 0 &&
            (path.len == 0 || path.ptr[0] == '.' || path.ptr[0] == '[')) {
            return true;
        }
        struct str below =
            str_starts(pattern, STR("[]")) ? skip_index(path) : STR_NONE;
        if (pattern.len > 0 && pattern.ptr[0] == '*') {
            pattern = str_from(pattern, 1);
            star = pattern;
            tried = path;
        } else if (below.ptr != NULL) {
            pattern = str_from(pattern, 2);
            path = below;
        } else if (pattern.len > 0 && path.len > 0 &&
                   pattern.ptr[0] == path.ptr[0]) {
            pattern = str_from(pattern, 1);
            path = str_from(path, 1);
        } else if (star.ptr != NULL && tried.len > 0) {
            tried = str_from(tried, 1);
            pattern = star;
            path = tried;
        } else {
            return false;
        }
    }
}

bool replay_ignored_has(const struct ignored_list *list, struct str service,
                        struct str operation, struct str path)
{
    /* Of a REST call the body's members are meant. */
    bool in_body = str_starts(path, STR("body."));
    for (size_t i = 0; i < list->count; i++) {
        const struct ignored *one = &list->at[i];
        if (is_within(one->service, service) &&
            is_within(one->operation, operation) &&
            (is_within(one->member, path) ||
             (in_body && is_within(one->member, str_from(path, 5))))) {
            return true;
        }
    }
    return false;
}
