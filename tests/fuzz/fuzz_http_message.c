/* SPDX-License-Identifier: Apache-2.0 */
/* Any lines as headers: what ends at each hop is gone after dropping it, what
 * Connection names too; setting and removing do just that. Start at
 * LLVMFuzzerTestOneInput(). */
#include "support.h"

static size_t count_of(const struct http_headers *headers, struct str name)
{
    size_t count = 0;
    for (size_t i = 0; i < headers->count; i++) {
        count += str_eq_nocase(headers->at[i].name, name) ? 1 : 0;
    }
    return count;
}

static void check_dropped(const struct http_headers *before,
                          const struct http_headers *after)
{
    for (size_t i = 0; i < before->count; i++) {
        struct str rest = before->at[i].value;
        if (!str_eq_nocase(before->at[i].name, STR("connection"))) {
            continue;
        }
        while (rest.ptr != NULL) {
            struct str name = str_trim(str_cut(&rest, ','));
            assert(name.len == 0 || count_of(after, name) == 0);
        }
    }
    assert(count_of(after, STR("Connection")) == 0);
    assert(count_of(after, STR("Transfer-Encoding")) == 0);
    assert(count_of(after, STR("Proxy-Authorization")) == 0);
}

static void check_set(struct arena *arena, struct http_headers *headers,
                      struct str name, struct str value)
{
    size_t others = headers->count - count_of(headers, name);
    http_headers_set(arena, headers, name, value);
    assert(headers->count == others + 1 && count_of(headers, name) == 1);
    assert(str_eq(headers->at[headers->count - 1].value, value));
    http_headers_remove(headers, name);
    assert(headers->count == others && count_of(headers, name) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct http_request request = fuzz_request(arena, fuzz_text(data, size));
    if (request.headers.count > HTTP_HEADERS_MAX) {
        request.headers.count = HTTP_HEADERS_MAX;
    }
    struct http_request copy = http_request_copy(arena, &request);
    struct http_response response = {.status = 200, .headers = request.headers};
    assert(http_response_length(&response) >= -1);
    http_headers_drop_hop_by_hop(&copy.headers);
    check_dropped(&request.headers, &copy.headers);
    size_t left = copy.headers.count;
    http_headers_drop_hop_by_hop(&copy.headers);
    assert(copy.headers.count == left);
    if (left > 0) {
        check_set(arena, &copy.headers, copy.headers.at[0].name,
                  copy.headers.at[left - 1].value);
    }
    check_set(arena, &copy.headers, request.method, request.target);
    arena_free(arena);
    return 0;
}
