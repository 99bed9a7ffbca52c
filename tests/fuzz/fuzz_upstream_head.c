/* SPDX-License-Identifier: Apache-2.0 */
/* Any lines as the head of an answer. What comes through is of one hop, on one
 * line each, and takes memory in proportion to what was sent. Start at
 * LLVMFuzzerTestOneInput(). */
#include "support.h"
#include "upstream/private.h"

static void check_whole(const struct head *head)
{
    assert(head->status >= 200 && head->status <= 999);
    for (size_t i = 0; i < head->headers.count; i++) {
        const struct http_header *header = &head->headers.at[i];
        assert(header->name.len > 0);
        assert(!str_eq_nocase(header->name, STR("Connection")));
        assert(!str_eq_nocase(header->name, STR("Transfer-Encoding")));
        assert(!str_eq_nocase(header->name, STR("Keep-Alive")));
        assert(str_find(header->name, '\r') == STR_NOT_FOUND);
        assert(str_find(header->value, '\r') == STR_NOT_FOUND);
        assert(str_find(header->value, '\n') == STR_NOT_FOUND);
        assert(str_find(header->value, '\0') == STR_NOT_FOUND);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct str rest = fuzz_text(data, size);
    struct head head;
    enum head_step step = HEAD_MORE;
    head_init(&head);
    while (rest.len > 0 && step < HEAD_WHOLE) {
        size_t end = str_find(rest, '\n');
        struct str line =
            end == STR_NOT_FOUND ? rest : str_first(rest, end + 1);
        rest = str_from(rest, line.len);
        step = head_take(&head, arena, line);
        assert((step == HEAD_WHOLE) == head.whole);
        if (step == HEAD_WHOLE) {
            check_whole(&head);
        }
    }
    assert(arena_size(arena) <= 64 * size + (size_t)64 * 1024);
    arena_free(arena);
    return 0;
}
