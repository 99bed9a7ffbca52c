/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as people write them. Start at parse_listen(). */
#include "app/private.h"

bool parse_listen(struct arena *arena, struct str text,
                  struct listen_at *ret_at, struct str *reterr)
{
    size_t colon = str_find_last(text, ':');
    uint64_t port = 0;
    if (colon == STR_NOT_FOUND ||
        !str_to_u64(str_from(text, colon + 1), &port) || port > UINT16_MAX) {
        *reterr = arena_printf(arena,
                               "--listen %.*s: wants HOST:PORT, as in "
                               "127.0.0.1:0",
                               STR_ARG(text));
        return false;
    }
    struct str host = str_first(text, colon);
    if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']') {
        host = str_make(host.ptr + 1, host.len - 2);
    }
    if (host.len == 0 || str_eq(host, STR("localhost"))) {
        host = STR("127.0.0.1");
    }
    *ret_at = (struct listen_at){arena_str(arena, host), (uint16_t)port,
                                 http_host_is_loopback(host)};
    return true;
}

struct str listen_reachable(struct str host)
{
    if (str_eq(host, STR("0.0.0.0"))) {
        return STR("127.0.0.1");
    }
    return str_eq(host, STR("::")) ? STR("::1") : host;
}

bool parse_upstream(struct arena *arena, struct str text, struct str *ret_url,
                    bool *ret_loopback, struct str *reterr)
{
    struct http_url url;
    struct str why = STR_NONE;
    if (!http_url_parse(arena, text, &url, &why)) {
        *reterr = arena_printf(arena, "--upstream %.*s: %.*s", STR_ARG(text),
                               STR_ARG(why));
        return false;
    }
    if (url.path.len > 1) {
        *reterr = arena_printf(arena,
                               "--upstream %.*s: a path is of no use here, as "
                               "AWS's calls bring their own",
                               STR_ARG(text));
        return false;
    }
    *ret_url = arena_printf(arena, "%.*s://%.*s", STR_ARG(url.scheme),
                            STR_ARG(url.authority));
    *ret_loopback = http_host_is_loopback(url.host);
    return true;
}
