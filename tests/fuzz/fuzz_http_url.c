/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a URL; one that is taken can be put together from its parts and
 * is taken again. Start at LLVMFuzzerTestOneInput(). */
#include "support.h"

static void check_url(struct arena *arena, const struct http_url *url)
{
    struct http_url again;
    struct str error = STR_NONE;
    struct str text =
        arena_printf(arena, "%.*s://%.*s%.*s", STR_ARG(url->scheme),
                     STR_ARG(url->authority), STR_ARG(url->path));
    assert(url->host.len > 0 && url->port > 0);
    assert(!fuzz_has_control(text) && str_find(text, ' ') == STR_NOT_FOUND);
    assert(str_find(url->authority, '@') == STR_NOT_FOUND);
    assert(url->path.len == 0 || url->path.ptr[0] == '/');
    assert(http_url_parse(arena, text, &again, &error));
    assert(str_eq(again.scheme, url->scheme) && again.port == url->port);
    assert(str_eq(again.host, url->host) && str_eq(again.path, url->path));
    assert(str_eq(again.authority, url->authority));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct str text = fuzz_text(data, size);
    struct http_url url;
    struct str error = STR_NONE;
    if (http_url_parse(arena, text, &url, &error)) {
        check_url(arena, &url);
        /* What is loopback is so by name or number, never by suffix alone. */
        assert(!http_host_is_loopback(url.host) ||
               str_eq(url.host, STR("localhost")) ||
               str_ends(url.host, STR(".localhost")) ||
               str_starts(url.host, STR("127.")) ||
               str_find(url.host, ':') != STR_NOT_FOUND);
    } else {
        assert(error.len > 0);
    }
    (void)http_host_is_loopback(text);
    arena_free(arena);
    return 0;
}
