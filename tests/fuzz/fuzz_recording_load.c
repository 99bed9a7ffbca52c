/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a recording, its checksums looked at or not: refused with
 * complaints that lie in it, or every message of it can be had. Start at
 * LLVMFuzzerTestOneInput(). */
#include "recording/recording.h"
#include "support.h"

#include <sys/mman.h>
#include <unistd.h>

static void check_entries(const struct recording *recording,
                          struct aws_registry *registry, struct arena *arena)
{
    struct diag secrets;
    diag_init(&secrets, arena);
    for (size_t i = 0; i < recording->entry_count; i++) {
        const struct recording_entry *entry = &recording->entries[i];
        struct recording_interaction what = {.kind = entry->kind};
        struct aws_call call = {.region = STR_NONE};
        assert((unsigned)entry->kind < RECORDING_KIND_COUNT);
        assert(entry->session >= recording->sessions);
        assert(entry->session < recording->sessions + recording->session_count);
        if (entry->kind == RECORDING_CALL || entry->kind == RECORDING_RESEND ||
            entry->kind == RECORDING_READ_BACK) {
            recording_get(recording, i, arena, &what, &call);
            assert((unsigned)what.outcome < HTTP_OUTCOME_COUNT);
            assert(what.request.method.len > 0);
        }
    }
    (void)recording_find_secrets(recording, registry, &secrets);
    fuzz_diag_check(&secrets);
}

static void check_load(struct aws_registry *registry, struct arena *arena,
                       struct str path, bool edited)
{
    const struct recording_read_options options = {.edited = edited};
    struct diag errors;
    struct diag warnings;
    diag_init(&errors, arena);
    diag_init(&warnings, arena);
    struct recording *recording =
        recording_load(path, &options, &errors, &warnings);
    assert((recording == NULL) == (errors.count > 0));
    fuzz_diag_check(&errors);
    fuzz_diag_check(&warnings);
    if (recording != NULL) {
        check_entries(recording, registry, arena);
        recording_free(recording);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct aws_registry *registry; /* reading it takes long */
    if (registry == NULL) {
        registry = aws_registry_new();
    }
    struct arena *arena = arena_new();
    int fd = memfd_create("recording", MFD_CLOEXEC);
    assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    struct str path = arena_printf(arena, "/proc/self/fd/%d", fd);
    check_load(registry, arena, path, false);
    check_load(registry, arena, path, true);
    (void)recording_is(fuzz_text(data, size));
    (void)close(fd);
    arena_free(arena);
    return 0;
}
