/* SPDX-License-Identifier: Apache-2.0 */
/* Lines as the words of a command: refused with a sentence, or each value in
 * its range. Start at LLVMFuzzerTestOneInput(). */
#include "cli/options.h"
#include "support.h"

enum { WORDS_MAX = 64 };

struct values {
    bool flag;
    int choice;
    struct str text;
    struct option_texts texts;
    int64_t duration_ms;
    size_t size;
    uint64_t count;
};

#define AT(field) offsetof(struct values, field)
static const struct option rows[] = {
    {"flag", OPTION_FLAG, AT(flag), NULL, NULL, NULL, "a flag", "All"},
    {"choice", OPTION_CHOICE, AT(choice), "C", "fail|pass", "fail", "one",
     NULL},
    {"text", OPTION_TEXT, AT(text), "T", NULL, NULL, "a text", NULL},
    {"texts", OPTION_TEXTS, AT(texts), "T", NULL, NULL, "texts", NULL},
    {"duration", OPTION_DURATION, AT(duration_ms), "D", NULL, "2s", "d", NULL},
    {"size", OPTION_SIZE, AT(size), "S", NULL, "64k", "bytes", NULL},
    {"count", OPTION_COUNT_OF, AT(count), "N", NULL, "3", "how many", NULL},
};

static void check_values(const struct values *values)
{
    assert(values->choice == 0 || values->choice == 1);
    assert(values->texts.count <= OPTION_TEXTS_MAX);
    assert(values->duration_ms >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct options options = {rows, sizeof(rows) / sizeof(rows[0]),
                                    "FUZZ_"};
    struct arena *arena = arena_new();
    struct str rest = fuzz_text(data, size);
    char *words[WORDS_MAX + 1] = {NULL};
    char *nothing[] = {NULL};
    int count = 0;
    while (rest.ptr != NULL && count < WORDS_MAX) {
        struct str word = arena_str(arena, fuzz_line(&rest));
        words[count++] = (char *)(uintptr_t)word.ptr;
    }
    struct values values = {0};
    struct str error = STR_NONE;
    bool help = false;
    int at = 0;
    /* The same words as an environment first. */
    if (options_init(arena, &options, &values, words, &error)) {
        check_values(&values);
    }
    bool good = options_init(arena, &options, &values, nothing, &error);
    assert(good);
    if (options_parse(arena, &options, &values, count, words, &at, &help,
                      &error)) {
        assert(at >= 0 && at <= count);
        check_values(&values);
    } else {
        assert(error.len > 0);
    }
    arena_free(arena);
    return 0;
}
