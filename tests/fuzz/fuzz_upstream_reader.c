/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an answer; the first says what was asked, and the second how
 * they are cut. However they arrive the result is the same, and what is given
 * out was in what came. Start at LLVMFuzzerTestOneInput(). */
#include "support.h"
#include "upstream/private.h"

struct heard {
    struct reader reader;
    struct arena *arena;
    struct buf body;
    enum reader_step last;
    size_t heads;
    size_t left; /* bytes that are of no answer */
};

static void check_head(const struct head *head)
{
    assert(head->status >= 200 && head->status <= 999);
    assert(!head->chunked || head->length < 0);
}

/* Until all is taken, or for good. */
static void hear(struct heard *heard, struct str bytes)
{
    do {
        struct str piece = STR_NONE;
        size_t before = bytes.len;
        heard->last = reader_take(&heard->reader, heard->arena, &bytes, &piece);
        assert(bytes.len < before || heard->last != READER_BODY);
        assert(bytes.len == 0 || heard->last != READER_MORE);
        assert((piece.len > 0) == (heard->last == READER_BODY));
        buf_add(&heard->body, piece);
        if (heard->last == READER_HEAD) {
            heard->heads++;
            check_head(&heard->reader.head);
        }
    } while (heard->last == READER_HEAD || heard->last == READER_BODY);
    heard->left = bytes.len;
}

static void hear_cut(struct heard *heard, struct str text, bool bodiless,
                     size_t piece)
{
    *heard = (struct heard){.arena = arena_new()};
    reader_init(&heard->reader, bodiless);
    heard->last = READER_MORE;
    while (text.len > 0 && heard->last == READER_MORE) {
        struct str part = str_first(text, piece);
        text = str_from(text, part.len);
        hear(heard, part);
    }
    heard->left += text.len;
    if (heard->last == READER_MORE) {
        heard->last = reader_close(&heard->reader);
    }
    assert(heard->last == READER_END || heard->last == READER_BAD);
    assert((heard->last == READER_BAD) == (heard->reader.fault != NULL));
    assert(heard->heads == 1 || heard->last == READER_BAD);
}

static void forget(struct heard *heard)
{
    reader_done(&heard->reader);
    buf_free(&heard->body);
    arena_free(heard->arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = fuzz_text(data, size);
    bool bodiless = fuzz_byte(&rest) == 'H';
    size_t piece = 1 + fuzz_byte(&rest) % 64;
    struct heard whole;
    struct heard cut;
    hear_cut(&whole, rest, bodiless, rest.len + 1);
    hear_cut(&cut, rest, bodiless, piece);
    assert(whole.last == cut.last && whole.heads == cut.heads);
    assert(str_eq(buf_str(&whole.body), buf_str(&cut.body)));
    assert(whole.last == READER_BAD || whole.left == cut.left);
    assert(whole.reader.fault == cut.reader.fault);
    assert(whole.reader.head.lasts == cut.reader.head.lasts);
    assert(whole.body.len + whole.left <= rest.len);
    assert(arena_size(whole.arena) <= 64 * size + (size_t)64 * 1024);
    forget(&whole);
    forget(&cut);
    return 0;
}
