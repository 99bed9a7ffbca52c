/* SPDX-License-Identifier: Apache-2.0 */
/* Who may knock at all: SDKs on this machine, not web pages. A page that a
 * browser shows can reach loopback, by a name it has rebound too; what gives it
 * away is Host, Origin and Sec-Fetch-*. Start at creds_door_check(). */
#include "creds/private.h"

static bool has_browser_header(const struct http_headers *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        struct str name = headers->at[i].name;
        if (str_eq_nocase(name, STR("Origin")) ||
            str_eq_nocase(str_first(name, 10), STR("Sec-Fetch-"))) {
            return true;
        }
    }
    return false;
}

/* "127.0.0.1:4566", "[::1]:4566", "localhost" in its parts. */
static bool split_host(struct str host, struct str *ret_name,
                       uint64_t *ret_port)
{
    struct str rest = host;
    *ret_port = 80;
    if (str_starts(host, STR("["))) {
        size_t end = str_find(host, ']');
        if (end == STR_NOT_FOUND) {
            return false;
        }
        *ret_name = str_make(host.ptr + 1, end - 1);
        if (str_find(*ret_name, ':') == STR_NOT_FOUND) {
            return false; /* only IPv6 stands in brackets */
        }
        rest = str_from(host, end + 1);
        if (rest.len == 0) {
            return true;
        }
        return rest.ptr[0] == ':' && str_to_u64(str_from(rest, 1), ret_port);
    }
    *ret_name = str_cut(&rest, ':');
    return rest.ptr == NULL || str_to_u64(rest, ret_port);
}

static bool is_ours(const struct creds_gate_config *config, struct str host)
{
    struct str name = STR_NONE;
    uint64_t port = 0;
    return split_host(host, &name, &port) && port == config->port &&
           http_host_is_loopback(name);
}

bool creds_door_check(struct arena *arena,
                      const struct creds_gate_config *config,
                      const struct http_request *request,
                      enum creds_refusal *ret_refusal, struct str *reterr)
{
    struct str host = http_headers_get(&request->headers, "host");
    if (!config->any_host && !is_ours(config, host)) {
        *ret_refusal = REFUSE_HOST;
        *reterr = arena_printf(
            arena,
            "The Host header '%.*s' is not this proxy. It answers only to a "
            "loopback name with its own port, such as http://127.0.0.1:%u",
            STR_ARG(str_first(host, 200)), (unsigned)config->port);
        return false;
    }
    if (has_browser_header(&request->headers) ||
        str_eq(request->method, STR("OPTIONS"))) {
        *ret_refusal = REFUSE_BROWSER;
        *reterr = STR("This looks like a web page's request (Origin, "
                      "Sec-Fetch-* or OPTIONS). settled serves SDKs and "
                      "command lines, not browsers");
        return false;
    }
    return true;
}
