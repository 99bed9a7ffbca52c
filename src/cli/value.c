/* SPDX-License-Identifier: Apache-2.0 */
/* One row's text turned into its typed field. Here so that the command line,
 * the environment and a config file are read alike. Start at option_store(). */
#include "cli/private.h"

struct store {
    struct arena *arena;
    const struct option *row;
    void *field;
    struct str value;
    struct str label;
    struct str *reterr;
};

static bool fail_expected(const struct store *s, const char *expected)
{
    *s->reterr = arena_printf(s->arena, "%.*s expects %s, not '%.*s'",
                              STR_ARG(s->label), expected, STR_ARG(s->value));
    return false;
}

static bool store_flag(const struct store *s)
{
    static const struct {
        const char *word;
        bool meaning;
    } words[] = {
        {"true", true},   {"yes", true}, {"on", true},   {"1", true},
        {"false", false}, {"no", false}, {"off", false}, {"0", false},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_eq_nocase(s->value, str_of(words[i].word))) {
            *(bool *)s->field = words[i].meaning;
            return true;
        }
    }
    return fail_expected(s, "true or false");
}

static bool store_text(const struct store *s)
{
    *(struct str *)s->field = s->value;
    return true;
}

static bool store_texts(const struct store *s)
{
    struct option_texts *texts = s->field;
    if (texts->count == OPTION_TEXTS_MAX) {
        *s->reterr =
            arena_printf(s->arena, "%.*s can be given at most %d times",
                         STR_ARG(s->label), (int)OPTION_TEXTS_MAX);
        return false;
    }
    texts->at[texts->count++] = s->value;
    return true;
}

static bool store_duration(const struct store *s)
{
    return str_to_duration_ms(s->value, s->field) ||
           fail_expected(s, "a duration like 300ms, 2s, 1.5m or 1h");
}

static bool store_size(const struct store *s)
{
    static const char expected[] = "a size like 512, 64k, 16m or 1g";
    const struct str units = STR("kmg");
    struct str digits = s->value;
    unsigned shift = 0;
    uint64_t number = 0;
    if (digits.len > 0) {
        /* Upper case letters differ from lower ones in one bit. */
        char last = (char)(digits.ptr[digits.len - 1] | 0x20);
        size_t unit = str_find(units, last);
        if (unit != STR_NOT_FOUND) {
            shift = 10 * (unsigned)(unit + 1);
            digits.len--;
        }
    }
    if (!str_to_u64(digits, &number) || number > (SIZE_MAX / 2) >> shift) {
        return fail_expected(s, expected);
    }
    *(size_t *)s->field = (size_t)number << shift;
    return true;
}

static bool store_count(const struct store *s)
{
    return str_to_u64(s->value, s->field) || fail_expected(s, "a number");
}

static bool store_choice(const struct store *s)
{
    struct str rest = str_of(s->row->choices);
    struct str listed = STR_NONE;
    for (int i = 0; rest.ptr != NULL; i++) {
        struct str choice = str_cut(&rest, '|');
        if (str_eq(choice, s->value)) {
            *(int *)s->field = i;
            return true;
        }
        const char *joint = i == 0 ? "" : rest.ptr == NULL ? " or " : ", ";
        listed = arena_printf(s->arena, "%.*s%s%.*s", STR_ARG(listed), joint,
                              STR_ARG(choice));
    }
    return fail_expected(s, listed.ptr);
}

static const struct {
    bool (*store)(const struct store *s);
    size_t size;
} kinds[] = {
    [OPTION_FLAG] = {store_flag, sizeof(bool)},
    [OPTION_TEXT] = {store_text, sizeof(struct str)},
    [OPTION_TEXTS] = {store_texts, sizeof(struct option_texts)},
    [OPTION_DURATION] = {store_duration, sizeof(int64_t)},
    [OPTION_SIZE] = {store_size, sizeof(size_t)},
    [OPTION_COUNT_OF] = {store_count, sizeof(uint64_t)},
    [OPTION_CHOICE] = {store_choice, sizeof(int)},
};

void option_clear(const struct option *row, void *into)
{
    memset((char *)into + row->offset, 0, kinds[row->kind].size);
}

bool option_store(struct arena *arena, const struct option *row, void *into,
                  struct str value, struct str label, struct str *reterr)
{
    struct store s = {
        .arena = arena,
        .row = row,
        .field = (char *)into + row->offset,
        .value = value,
        .label = label,
        .reterr = reterr,
    };
    return kinds[row->kind].store(&s);
}
