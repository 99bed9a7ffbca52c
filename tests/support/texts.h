/* SPDX-License-Identifier: Apache-2.0 */
/* What tests say of texts: cmocka, assertions that show both sides, JSON that
 * is known to be good, and complaints as people see them. */
#ifndef TESTS_SUPPORT_TEXTS_H
#define TESTS_SUPPORT_TEXTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json/json.h"

#define assert_text(text, want)                                                \
    do {                                                                       \
        struct str text_ = (text);                                             \
        struct str want_ = str_of(want);                                       \
        if (!str_eq(text_, want_)) {                                           \
            fail_msg("\"%.*s\" is not \"%.*s\"", STR_ARG(text_),               \
                     STR_ARG(want_));                                          \
        }                                                                      \
    } while (0)
#define assert_holds(text, part)                                               \
    do {                                                                       \
        struct str text_ = (text);                                             \
        if (!str_contains(text_, str_of(part))) {                              \
            fail_msg("\"%.*s\" does not hold \"%s\"", STR_ARG(text_), part);   \
        }                                                                      \
    } while (0)
/* Shows the place, not the whole: a file is long. */
#define assert_lacks(text, part)                                               \
    do {                                                                       \
        struct str text_ = (text);                                             \
        size_t at_ = str_find_str(text_, str_of(part));                        \
        if (at_ != STR_NOT_FOUND) {                                            \
            size_t from_ = at_ < 200 ? 0 : at_ - 200;                          \
            struct str near_ = str_first(str_from(text_, from_), 400);         \
            fail_msg("\"%s\" is there: ...%.*s...", part, STR_ARG(near_));     \
        }                                                                      \
    } while (0)

static inline const struct json *good_json(struct arena *arena,
                                           const char *text)
{
    const struct json *value =
        json_read(arena, str_of(text), &json_default_limits);
    if (value == NULL) {
        fail_msg("this is no JSON: %s", text);
    }
    return value;
}

static inline struct str diag_text(struct arena *arena, const struct diag *diag)
{
    struct buf out = {0};
    diag_print(diag, &out);
    struct str text = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return text;
}

#endif
