/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as what a source of credentials says: an STS answer, a command's
 * JSON, a command's complaint. Keys are whole or there are none, and what is
 * told of it holds nothing that could be one. Start at
 * LLVMFuzzerTestOneInput(). */
#include "creds/private.h"
#include "support.h"

static int64_t no_time(void *unused)
{
    (void)unused;
    return 0;
}

static int64_t no_wall(void)
{
    return 1440938160000;
}

static void ignore(void *unused)
{
    (void)unused;
}

static void check_json(struct arena *arena, struct str text)
{
    struct timers timers;
    struct timer finished;
    struct creds creds = {.config = {.timers = &timers, .wall_ms = no_wall}};
    timers_init(&timers, no_time, NULL);
    timer_init(&finished, ignore, NULL);
    struct creds_chain chain = {.creds = &creds,
                                .running = true,
                                .arena = arena,
                                .finished = &finished};
    creds_chain_read_json(&chain, text, "Token", "the command");
    assert(!chain.running && chain.ok == (chain.error.len == 0));
    assert(!chain.ok ||
           (chain.got.access_key.len > 0 && chain.got.secret_key.len > 0));
    timers_done(&timers);
}

static void check_complaint(struct arena *arena, struct str text)
{
    struct str said = creds_process_complaint(arena, text);
    size_t run = 0;
    for (size_t i = 0; i < said.len; i++) {
        char c = said.ptr[i];
        bool key = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                   (c >= 'A' && c <= 'Z');
        run = key ? run + 1 : 0;
        assert(run < 20);
    }
    assert(!fuzz_has_control(said));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct str text = fuzz_text(data, size);
    struct sigv4_credentials got = {0};
    int64_t expires_ms = 0;
    if (creds_sts_read(arena, text, &got, &expires_ms)) {
        assert(got.access_key.len > 0 && got.secret_key.len > 0);
    }
    check_json(arena, text);
    check_complaint(arena, text);
    arena_free(arena);
    return 0;
}
