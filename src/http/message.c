/* SPDX-License-Identifier: Apache-2.0 */
/* Header lists and copies of messages. Here because server, upstream and
 * recording must treat them alike. Start at http_headers_add(). */
#include "http/message.h"

enum { FIRST_HEADERS = 16, FEW_MORE = 4 };

static void append(struct arena *arena, struct http_headers *headers,
                   struct http_header header)
{
    if (headers->count == headers->capacity) {
        size_t capacity =
            headers->capacity == 0 ? FIRST_HEADERS : headers->capacity * 2;
        struct http_header *at =
            ARENA_ARRAY(arena, struct http_header, capacity);
        if (headers->count > 0) {
            memcpy(at, headers->at, headers->count * sizeof(at[0]));
        }
        headers->at = at;
        headers->capacity = capacity;
    }
    headers->at[headers->count++] = header;
}

void http_headers_borrow(struct arena *arena, struct http_headers *headers,
                         struct str name, struct str value)
{
    append(arena, headers, (struct http_header){name, value});
}

void http_headers_add(struct arena *arena, struct http_headers *headers,
                      struct str name, struct str value)
{
    struct http_header header = {arena_str(arena, name),
                                 arena_str(arena, value)};
    append(arena, headers, header);
}

void http_headers_set(struct arena *arena, struct http_headers *headers,
                      struct str name, struct str value)
{
    /* Copied first: the value may stand in a header that is removed. */
    struct http_header header = {arena_str(arena, name),
                                 arena_str(arena, value)};
    http_headers_remove(headers, header.name);
    append(arena, headers, header);
}

static void remove_where(struct http_headers *headers,
                         bool (*matches)(struct str name, struct str ctx),
                         struct str ctx)
{
    size_t kept = 0;
    for (size_t i = 0; i < headers->count; i++) {
        if (!matches(headers->at[i].name, ctx)) {
            headers->at[kept++] = headers->at[i];
        }
    }
    headers->count = kept;
}

void http_headers_remove(struct http_headers *headers, struct str name)
{
    remove_where(headers, str_eq_nocase, name);
}

struct str http_headers_get(const struct http_headers *headers,
                            const char *name)
{
    struct str wanted = str_of(name);
    for (size_t i = 0; i < headers->count; i++) {
        if (str_eq_nocase(headers->at[i].name, wanted)) {
            struct str value = headers->at[i].value;
            return value.ptr != NULL ? value : STR("");
        }
    }
    return STR_NONE;
}

size_t http_headers_count(const struct http_headers *headers, const char *name)
{
    struct str wanted = str_of(name);
    size_t count = 0;
    for (size_t i = 0; i < headers->count; i++) {
        count += str_eq_nocase(headers->at[i].name, wanted) ? 1 : 0;
    }
    return count;
}

struct http_headers http_headers_copy(struct arena *arena,
                                      const struct http_headers *headers)
{
    struct http_headers copy = {0};
    if (headers->count > 0) {
        copy.at = ARENA_ARRAY(arena, struct http_header, headers->count);
        copy.capacity = headers->count;
    }
    for (size_t i = 0; i < headers->count; i++) {
        http_headers_add(arena, &copy, headers->at[i].name,
                         headers->at[i].value);
    }
    return copy;
}

struct http_headers http_headers_share(struct arena *arena,
                                       const struct http_headers *headers)
{
    struct http_headers list = {
        .at = ARENA_ARRAY(arena, struct http_header, headers->count + FEW_MORE),
        .count = headers->count,
        .capacity = headers->count + FEW_MORE,
    };
    if (headers->count > 0) {
        memcpy(list.at, headers->at, headers->count * sizeof(list.at[0]));
    }
    return list;
}

struct http_request http_request_copy(struct arena *arena,
                                      const struct http_request *request)
{
    return (struct http_request){
        .method = arena_str(arena, request->method),
        .target = arena_str(arena, request->target),
        .headers = http_headers_copy(arena, &request->headers),
        .body = arena_str(arena, request->body),
    };
}

struct http_response http_response_copy(struct arena *arena,
                                        const struct http_response *response)
{
    return (struct http_response){
        .status = response->status,
        .headers = http_headers_copy(arena, &response->headers),
        .body = arena_str(arena, response->body),
    };
}

static bool ends_at_each_hop(struct str name, struct str unused)
{
    static const struct str names[] = {
        {"connection", 10}, {"keep-alive", 10},        {"te", 2},
        {"trailer", 7},     {"transfer-encoding", 17}, {"upgrade", 7},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_eq_nocase(name, names[i])) {
            return true;
        }
    }
    return str_eq_nocase(str_first(name, 6), STR("proxy-"));
}

/* The value of the first Connection header, which is taken out of the list:
 * removing what it names would move it under our feet. */
static bool take_connection(struct http_headers *headers, struct str *ret_value)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (!str_eq_nocase(headers->at[i].name, STR("connection"))) {
            continue;
        }
        *ret_value = headers->at[i].value;
        headers->count--;
        for (size_t k = i; k < headers->count; k++) {
            headers->at[k] = headers->at[k + 1];
        }
        return true;
    }
    return false;
}

void http_headers_drop_hop_by_hop(struct http_headers *headers)
{
    struct str named;
    while (take_connection(headers, &named)) {
        while (named.len > 0) {
            struct str name = str_trim(str_cut(&named, ','));
            if (name.len > 0 && !str_eq_nocase(name, STR("connection"))) {
                http_headers_remove(headers, name);
            }
        }
    }
    remove_where(headers, ends_at_each_hop, STR_NONE);
}

int64_t http_response_length(const struct http_response *response)
{
    enum { NO_CONTENT = 204, NOT_MODIFIED = 304 };
    uint64_t length = 0;
    struct str text = http_headers_get(&response->headers, "Content-Length");
    if (str_to_u64(text, &length) && length <= INT64_MAX) {
        return (int64_t)length;
    }
    int status = response->status;
    return status == NO_CONTENT || status == NOT_MODIFIED ? 0 : -1;
}

/* RFC 9110, 5.6.2 */
static const bool in_token[256] = {
    ['0'] = 1, ['1'] = 1,  ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1,
    ['6'] = 1, ['7'] = 1,  ['8'] = 1, ['9'] = 1, ['A'] = 1, ['B'] = 1,
    ['C'] = 1, ['D'] = 1,  ['E'] = 1, ['F'] = 1, ['G'] = 1, ['H'] = 1,
    ['I'] = 1, ['J'] = 1,  ['K'] = 1, ['L'] = 1, ['M'] = 1, ['N'] = 1,
    ['O'] = 1, ['P'] = 1,  ['Q'] = 1, ['R'] = 1, ['S'] = 1, ['T'] = 1,
    ['U'] = 1, ['V'] = 1,  ['W'] = 1, ['X'] = 1, ['Y'] = 1, ['Z'] = 1,
    ['a'] = 1, ['b'] = 1,  ['c'] = 1, ['d'] = 1, ['e'] = 1, ['f'] = 1,
    ['g'] = 1, ['h'] = 1,  ['i'] = 1, ['j'] = 1, ['k'] = 1, ['l'] = 1,
    ['m'] = 1, ['n'] = 1,  ['o'] = 1, ['p'] = 1, ['q'] = 1, ['r'] = 1,
    ['s'] = 1, ['t'] = 1,  ['u'] = 1, ['v'] = 1, ['w'] = 1, ['x'] = 1,
    ['y'] = 1, ['z'] = 1,  ['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1,
    ['&'] = 1, ['\''] = 1, ['*'] = 1, ['+'] = 1, ['-'] = 1, ['.'] = 1,
    ['^'] = 1, ['_'] = 1,  ['`'] = 1, ['|'] = 1, ['~'] = 1,
};

bool http_is_token(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!in_token[(unsigned char)text.ptr[i]]) {
            return false;
        }
    }
    return text.len > 0;
}
