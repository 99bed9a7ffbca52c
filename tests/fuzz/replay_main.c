/* SPDX-License-Identifier: Apache-2.0 */
/* Runs every file of a corpus through one fuzz target, as an ordinary test.
 * Here so that what a fuzzer once found is looked at in each build, also where
 * there is no libFuzzer. Start at main(). */
#include "support.h"

#include "base/file.h"
#include "base/mem.h"

#include <stdio.h>

enum { INPUT_MAX = 4 * 1024 * 1024 };

/* Exactly as long as the input, so that a byte too many is seen. */
static void run_target(struct str text)
{
    uint8_t *copy = mem_new(text.len);
    if (text.len > 0) {
        memcpy(copy, text.ptr, text.len);
    }
    (void)LLVMFuzzerTestOneInput(copy, text.len);
    mem_free(copy);
}

static int fail(struct str sentence)
{
    (void)fprintf(stderr, "%.*s\n", STR_ARG(sentence));
    return 1;
}

int main(int argc, char **argv)
{
    struct arena *arena = arena_new();
    struct str *names = NULL;
    size_t count = 0;
    struct str error = STR("wants a folder of inputs, which must not be empty");
    struct str folder = argc == 2 ? str_of(argv[1]) : STR_NONE;
    bool good =
        argc == 2 && file_list(arena, folder, STR(""), &names, &count, &error);
    good = good && count > 0;
    for (size_t i = 0; good && i < count; i++) {
        struct str text = STR_NONE;
        struct str path = arena_printf(arena, "%.*s/%.*s", STR_ARG(folder),
                                       STR_ARG(names[i]));
        good = file_read(arena, path, INPUT_MAX, &text, &error);
        if (good) {
            (void)printf("%.*s\n", STR_ARG(names[i]));
            (void)fflush(stdout);
            run_target(text);
        }
    }
    int status = good ? 0 : fail(error);
    (void)printf("%zu inputs\n", count);
    arena_free(arena);
    return status;
}
