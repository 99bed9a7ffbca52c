/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a cassette of vcrpy, a HAR or a recording. What it is made into
 * can be read again, and made into a HAR and back. Start at
 * LLVMFuzzerTestOneInput(). */
#include "base/file.h"
#include "convert/convert.h"
#include "support.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct made {
    struct arena *arena;
    struct convert_options options;
    struct str folder;
};

static bool convert(const struct made *made, struct str in, struct str out)
{
    struct convert_counts counts;
    struct diag errors;
    struct diag warnings;
    diag_init(&errors, made->arena);
    diag_init(&warnings, made->arena);
    bool good = convert_file(in, out, &made->options, made->arena, &counts,
                             &errors, &warnings);
    assert(good == (errors.count == 0));
    fuzz_diag_check(&errors);
    fuzz_diag_check(&warnings);
    return good;
}

static void check_recording(const struct made *made, struct str path)
{
    const struct recording_read_options options = {.key_text =
                                                       made->options.key_text};
    struct diag diag;
    diag_init(&diag, made->arena);
    struct recording *recording = recording_load(path, &options, &diag, &diag);
    assert(recording != NULL && diag.count == 0);
    /* It may find some: redaction goes by names, this by looks. */
    size_t found =
        recording_find_secrets(recording, made->options.registry, &diag);
    assert((found > 0) == (diag.count > 0));
    fuzz_diag_check(&diag);
    recording_free(recording);
}

static void check_conversion(const struct made *made, struct str in)
{
    struct str out = arena_join(made->arena, made->folder, STR("/out.jsonl"));
    struct str har = arena_join(made->arena, made->folder, STR("/out.har"));
    struct str back = arena_join(made->arena, made->folder, STR("/back.jsonl"));
    if (convert(made, in, out)) {
        check_recording(made, out);
        assert(convert(made, out, har));
        assert(convert(made, har, back));
        check_recording(made, back);
    }
    file_remove(out);
    file_remove(har);
    file_remove(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct aws_registry *registry; /* reading it takes long */
    if (registry == NULL) {
        registry = aws_registry_new();
    }
    struct arena *arena = arena_new();
    char folder[] = "/tmp/fuzz_convert_XXXXXX";
    int fd = memfd_create("convert", MFD_CLOEXEC);
    assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    assert(mkdtemp(folder) != NULL);
    const struct made made = {
        .arena = arena,
        .folder = str_of(folder),
        .options = {.registry = registry,
                    .redact = true,
                    .edited = true,
                    .key_text = STR("0123456789abcdef0123456789abcdef")},
    };
    check_conversion(&made, arena_printf(arena, "/proc/self/fd/%d", fd));
    (void)rmdir(folder);
    (void)close(fd);
    arena_free(arena);
    return 0;
}
