/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a date, a duration, a number, base64: what is taken is in its
 * range, and what is written again is the same. Start at
 * LLVMFuzzerTestOneInput(). */
#include "support.h"

#include "base/base64.h"
#include "base/clock.h"

static const int64_t LAST_MS = 253402300800000;

static void check_date(struct arena *arena, int64_t wall_ms)
{
    int64_t again = 0;
    int64_t second_ms = wall_ms - ((wall_ms % 1000) + 1000) % 1000;
    assert(clock_parse(clock_iso(arena, wall_ms), &again));
    assert(again == wall_ms);
    assert(clock_parse(clock_amz_date(arena, wall_ms), &again));
    assert(again == second_ms);
    assert(clock_parse(clock_http_date(arena, wall_ms), &again));
    assert(again == second_ms);
}

static void check_base64(struct arena *arena, struct str text)
{
    struct str bytes = STR_NONE;
    struct str loose = STR_NONE;
    size_t wrong = 0;
    bool strict = base64_read(arena, text, &bytes);
    if (strict) {
        assert(str_eq(base64_write(arena, bytes), text));
    }
    if (base64_read_loose(arena, text, &loose, &wrong)) {
        assert(loose.len <= text.len);
        assert(!strict || str_eq(loose, bytes));
    } else {
        assert(!strict && wrong <= text.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct str text = fuzz_text(data, size);
    int64_t ms = 0;
    uint64_t number = 0;
    /* 9999 may have a leap second at its end, and no text is after that. */
    if (clock_parse(text, &ms) && ms < LAST_MS) {
        check_date(arena, ms);
    }
    if (str_to_duration_ms(text, &ms)) {
        assert(ms >= 0 && ms <= 1000000000000000);
    }
    if (str_to_u64(text, &number)) {
        assert(size > 0);
    }
    check_base64(arena, text);
    struct str second = text;
    struct str first = str_cut(&second, '\n');
    assert(str_distance(first, second) == str_distance(second, first));
    assert(str_distance(first, first) == 0);
    arena_free(arena);
    return 0;
}
