/* SPDX-License-Identifier: Apache-2.0 */
/* Slices of lists, and of strings by character. Here because both count in the
 * same way. Start at jmespath_slice_list(). */
#include "jmespath/private.h"

#include <assert.h>

struct range {
    int64_t at;
    int64_t stop;
    int64_t step;
};

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    if (value < low) {
        return low;
    }
    return value > high ? high : value;
}

/* An end that is given, counted from the back when it is negative. */
static int64_t place_end(struct slice_part part, int64_t absent, int64_t count,
                         bool backwards)
{
    if (!part.given) {
        return absent;
    }
    int64_t value = part.value < 0 ? part.value + count : part.value;
    return backwards ? clamp(value, -1, count - 1) : clamp(value, 0, count);
}

static struct range place_slice(const struct slice *slice, size_t size)
{
    int64_t count = (int64_t)size;
    bool backwards = slice->step < 0;
    struct range range = {.step = slice->step};
    range.at =
        place_end(slice->start, backwards ? count - 1 : 0, count, backwards);
    range.stop =
        place_end(slice->stop, backwards ? -1 : count, count, backwards);
    return range;
}

static bool goes_on(const struct range *range)
{
    return range->step > 0 ? range->at < range->stop : range->at > range->stop;
}

static size_t range_size(struct range range)
{
    assert(range.step != 0); /* refused when compiling */
    int64_t way =
        range.step > 0 ? range.stop - range.at : range.at - range.stop;
    int64_t stride = range.step > 0 ? range.step : -range.step;
    return way > 0 ? (size_t)((way - 1) / stride + 1) : 0;
}

const struct json *jmespath_slice_list(struct run *run, const struct json *list,
                                       const struct slice *slice)
{
    struct range range = place_slice(slice, list->count);
    struct json *part = jmespath_value_list(run, range_size(range));
    for (; goes_on(&range); range.at += range.step) {
        jmespath_value_add(part, list->members[range.at].value);
    }
    return part;
}

size_t jmespath_character_length(struct str text, size_t at)
{
    size_t end = at + 1;
    while (end < text.len && ((unsigned char)text.ptr[end] & 0xC0U) == 0x80U) {
        end++;
    }
    return end - at;
}

size_t jmespath_count_characters(struct str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += ((unsigned char)text.ptr[i] & 0xC0U) != 0x80U;
    }
    return count;
}

const struct json *jmespath_slice_string(struct run *run,
                                         const struct json *string,
                                         const struct slice *slice)
{
    struct str text = string->text;
    if (!jmespath_run_charge(run, text.len / 4)) {
        return NULL;
    }
    size_t count = 0;
    size_t *starts = ARENA_ARRAY(run->arena, size_t, text.len);
    for (size_t at = 0; at < text.len;
         at += jmespath_character_length(text, at)) {
        starts[count++] = at;
    }
    char *part = arena_alloc(run->arena, text.len + 1);
    size_t len = 0;
    struct range range = place_slice(slice, count);
    for (; goes_on(&range); range.at += range.step) {
        size_t at = starts[range.at];
        size_t width = jmespath_character_length(text, at);
        memcpy(part + len, text.ptr + at, width);
        len += width;
    }
    return json_new_string(run->arena, str_make(part, len));
}
