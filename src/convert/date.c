/* SPDX-License-Identifier: Apache-2.0 */
/* When something was answered, as far as a file still tells. Start at
 * convert_date_of(). */
#include "convert/private.h"

#include "base/clock.h"

enum { DEEPEST = 32 };

static bool read_two(struct str text, int64_t *ret_number)
{
    uint64_t number = 0;
    if (text.len != 2 || !str_to_u64(text, &number)) {
        return false;
    }
    *ret_number = (int64_t)number;
    return true;
}

/* "+02:00" at the end of a date, in minutes. */
static bool read_offset(struct str text, int64_t *ret_minutes)
{
    int64_t hours = 0;
    int64_t minutes = 0;
    if (text.len != 6 || text.ptr[3] != ':' ||
        !read_two(str_first(str_from(text, 1), 2), &hours) ||
        !read_two(str_from(text, 4), &minutes) || hours > 14 || minutes > 59) {
        return false;
    }
    *ret_minutes = hours * 60 + minutes;
    if (text.ptr[0] == '-') {
        *ret_minutes = -*ret_minutes;
    }
    return text.ptr[0] == '-' || text.ptr[0] == '+';
}

bool convert_date(struct arena *arena, struct str text, int64_t *ret_ms)
{
    int64_t minutes = 0;
    text = str_trim(text);
    if (clock_parse(text, ret_ms)) {
        return true;
    }
    if (text.len < 6 || !read_offset(str_from(text, text.len - 6), &minutes)) {
        return false;
    }
    struct str zulu =
        arena_join(arena, str_first(text, text.len - 6), STR("Z"));
    if (!clock_parse(zulu, ret_ms)) {
        return false;
    }
    *ret_ms -= minutes * 60 * 1000;
    return true;
}

bool convert_date_of(struct arena *arena, const struct http_request *request,
                     const struct http_response *response, int64_t *ret_ms)
{
    struct str query = http_target_query(request->target);
    struct str text = STR_NONE;
    if (clock_parse(str_trim(http_headers_get(&response->headers, "Date")),
                    ret_ms) ||
        clock_parse(str_trim(http_headers_get(&request->headers, "X-Amz-Date")),
                    ret_ms)) {
        return true;
    }
    return http_query_get(arena, query, STR("X-Amz-Date"), &text) &&
           clock_parse(text, ret_ms);
}

struct search {
    bool found;
    int64_t earliest_ms;
};

static void keep_earliest(struct search *search, int64_t ms)
{
    if (!search->found || ms < search->earliest_ms) {
        search->found = true;
        search->earliest_ms = ms;
    }
}

/* Seconds since 1970, of this century as far as anybody has recorded it. */
static void look_at_number(struct search *search, const struct json *value)
{
    if (value->number > 946684800.0 && value->number < 4102444800.0) {
        keep_earliest(search, (int64_t)(value->number * 1000));
    }
}

static bool is_date_member(struct str key)
{
    static const char *const ends[] = {"Date", "Time", "Timestamp", "At",
                                       "date", "time", "timestamp"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (str_ends(key, str_of(ends[i]))) {
            return true;
        }
    }
    return false;
}

static void look_at_json(struct search *search, const struct json *value,
                         struct str key, int depth)
{
    for (size_t i = 0; i < value->count && depth < DEEPEST; i++) {
        const struct json_member *member = &value->members[i];
        struct str name = member->key.ptr != NULL ? member->key : key;
        look_at_json(search, member->value, name, depth + 1);
    }
    if (value->type == JSON_NUMBER && is_date_member(key)) {
        look_at_number(search, value);
    }
}

/* "2019-01-30T12:36:00" wherever it stands, in XML as in JSON. */
static void look_at_text(struct search *search, struct str text)
{
    enum { LEN = 19 }; /* up to the seconds */
    for (size_t i = 0; i + LEN < text.len; i++) {
        char zulu[LEN + 1];
        int64_t ms = 0;
        if (text.ptr[i] != '2' || text.ptr[i + 10] != 'T') {
            continue;
        }
        memcpy(zulu, text.ptr + i, LEN);
        zulu[LEN] = 'Z';
        if (clock_parse(str_make(zulu, LEN + 1), &ms)) {
            keep_earliest(search, ms);
        }
    }
}

bool convert_date_in(struct arena *arena, struct str body, int64_t *ret_ms)
{
    struct search search = {.found = false};
    const struct json *value = json_read(arena, body, &json_default_limits);
    if (value != NULL) {
        look_at_json(&search, value, STR(""), 0);
    }
    look_at_text(&search, body);
    *ret_ms = search.earliest_ms;
    return search.found;
}
