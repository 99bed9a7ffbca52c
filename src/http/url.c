/* SPDX-License-Identifier: Apache-2.0 */
/* Targets, percent-encoding and absolute URLs (RFC 3986). Here because signer,
 * server and endpoint rules must read them alike. Start at http_url_parse(). */
#include "http/message.h"

#include "base/hex.h"

#include <arpa/inet.h>

enum { LABEL_MAX = 63, NAME_MAX_LEN = 253 };

struct str http_target_path(struct str target)
{
    size_t mark = str_find(target, '?');
    return mark == STR_NOT_FOUND ? target : str_first(target, mark);
}

struct str http_target_query(struct str target)
{
    size_t mark = str_find(target, '?');
    return mark == STR_NOT_FOUND ? STR("") : str_from(target, mark + 1);
}

struct str http_decode(struct arena *arena, struct str text, bool plus)
{
    char *out = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%' && text.len - i > 2 && hex_value(text.ptr[i + 1]) >= 0 &&
            hex_value(text.ptr[i + 2]) >= 0) {
            c = (char)(hex_value(text.ptr[i + 1]) * 16 +
                       hex_value(text.ptr[i + 2]));
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        out[len++] = c;
    }
    return str_make(out, len);
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z');
}

static bool is_unreserved(char c)
{
    return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

struct str http_encode(struct arena *arena, struct str text, bool keep_slash)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = arena_alloc(arena, text.len * 3 + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (is_unreserved(c) || (c == '/' && keep_slash)) {
            out[len++] = c;
            continue;
        }
        out[len++] = '%';
        out[len++] = digits[(unsigned char)c >> 4];
        out[len++] = digits[(unsigned char)c & 15];
    }
    return str_make(out, len);
}

bool http_query_get(struct arena *arena, struct str query, struct str name,
                    struct str *ret_value)
{
    while (query.len > 0) {
        struct str value = str_cut(&query, '&');
        struct str key = str_cut(&value, '=');
        if (str_eq(http_decode(arena, key, true), name)) {
            *ret_value = http_decode(arena, value, true);
            return true;
        }
    }
    return false;
}

/* Letters, digits, '-' and '_' in labels; one dot at the end is allowed. */
static bool is_name(struct str host)
{
    if (host.len == 0 || host.len > NAME_MAX_LEN) {
        return false;
    }
    while (host.len > 0) {
        struct str label = str_cut(&host, '.');
        if (label.len == 0 || label.len > LABEL_MAX) {
            return false;
        }
        for (size_t i = 0; i < label.len; i++) {
            char c = label.ptr[i];
            if (!is_alnum(c) && c != '-' && c != '_') {
                return false;
            }
        }
    }
    return true;
}

static bool parse_ipv6(struct str host, struct in6_addr *ret_address)
{
    char text[INET6_ADDRSTRLEN];
    if (host.len >= sizeof(text) || memchr(host.ptr, 0, host.len) != NULL) {
        return false;
    }
    memcpy(text, host.ptr, host.len);
    text[host.len] = 0;
    return inet_pton(AF_INET6, text, ret_address) == 1;
}

struct scheme {
    struct str prefix;
    struct str name;
    uint16_t port;
};

static const struct scheme *find_scheme(struct str text)
{
    static const struct scheme schemes[] = {
        {{"http://", 7}, {"http", 4}, 80},
        {{"https://", 8}, {"https", 5}, 443},
    };
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (str_eq_nocase(str_first(text, schemes[i].prefix.len),
                          schemes[i].prefix)) {
            return &schemes[i];
        }
    }
    return NULL;
}

static const char *find_odd_byte(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c <= ' ' || c >= 127) {
            return "a blank, a control character or a byte that is not ASCII";
        }
        if (c == '#' || c == '\\') {
            return c == '#' ? "a fragment" : "a backslash";
        }
    }
    return NULL;
}

/* Cuts "[::1]:80" or "host:80"; *ret_port is STR_NONE without a colon. */
static const char *split_authority(struct str text, struct str *ret_host,
                                   struct str *ret_port)
{
    struct in6_addr unused;
    struct str rest = text;
    if (str_find(text, '@') != STR_NOT_FOUND) {
        return "user information, which is not allowed";
    }
    if (!str_starts(text, STR("["))) {
        *ret_host = str_cut(&rest, ':');
        *ret_port = rest;
        return is_name(*ret_host) ? NULL : "no proper host name";
    }
    rest = str_from(text, 1);
    *ret_host = str_cut(&rest, ']');
    if (rest.ptr == NULL || !parse_ipv6(*ret_host, &unused)) {
        return "no proper IPv6 address in brackets";
    }
    *ret_port = STR_NONE;
    if (rest.len > 0) {
        if (rest.ptr[0] != ':') {
            return "text behind the bracket that is no port";
        }
        *ret_port = str_from(rest, 1);
    }
    return NULL;
}

static bool parse_port(struct str text, uint16_t *ret_port)
{
    uint64_t port;
    if (!str_to_u64(text, &port) || port == 0 || port > UINT16_MAX) {
        return false;
    }
    *ret_port = (uint16_t)port;
    return true;
}

/* Without a port, or with its digits; an origin is read for each call, so
 * nothing is formatted. */
static struct str make_authority(struct arena *arena, struct str host,
                                 struct str port)
{
    if (str_find(host, ':') != STR_NOT_FOUND) {
        host = arena_printf(arena, "[%.*s]", STR_ARG(host));
    }
    if (port.ptr == NULL) {
        return host;
    }
    while (str_starts(port, STR("0"))) {
        port = str_from(port, 1);
    }
    return arena_join(arena, arena_join(arena, host, STR(":")), port);
}

static bool refuse(struct arena *arena, struct str text, const char *what,
                   struct str *reterr)
{
    /* A text with user information may hold a password: do not repeat it. */
    if (str_find(text, '@') != STR_NOT_FOUND) {
        *reterr = arena_printf(arena, "the URL has %s", what);
    } else {
        *reterr =
            arena_printf(arena, "the URL '%.*s' has %s", STR_ARG(text), what);
    }
    return false;
}

bool http_url_parse(struct arena *arena, struct str text,
                    struct http_url *ret_url, struct str *reterr)
{
    const struct scheme *scheme = find_scheme(text);
    struct http_url url;
    struct str host;
    struct str port;
    if (scheme == NULL) {
        return refuse(arena, text, "no http:// or https:// in front", reterr);
    }
    const char *fault = find_odd_byte(text);
    if (fault != NULL) {
        return refuse(arena, text, fault, reterr);
    }
    struct str rest = str_from(text, scheme->prefix.len);
    size_t slash = str_find(rest, '/');
    struct str authority = str_first(rest, slash);
    fault = split_authority(authority, &host, &port);
    if (fault != NULL) {
        return refuse(arena, text, fault, reterr);
    }
    url.port = scheme->port;
    if (port.ptr != NULL && !parse_port(port, &url.port)) {
        return refuse(arena, text, "a port that is not 1 to 65535", reterr);
    }
    url.scheme = scheme->name;
    url.host = arena_lower(arena, host);
    url.path = arena_str(arena, str_from(rest, authority.len));
    url.authority = make_authority(arena, url.host,
                                   url.port != scheme->port ? port : STR_NONE);
    *ret_url = url;
    return true;
}

/* Four decimal numbers without leading zeros: other spellings of an address
 * are read differently by different programs. */
static bool is_ipv4_loopback(struct str host)
{
    uint64_t number;
    for (int i = 0; i < 4; i++) {
        struct str part = str_cut(&host, '.');
        bool leading_zero = part.len > 1 && part.ptr[0] == '0';
        if (!str_to_u64(part, &number) || number > 255 || leading_zero ||
            (i == 0 && number != 127) || ((i < 3) != (host.ptr != NULL))) {
            return false;
        }
    }
    return true;
}

bool http_host_is_loopback(struct str host)
{
    static const struct in6_addr loopback = IN6ADDR_LOOPBACK_INIT;
    struct in6_addr address;
    const struct str name = STR("localhost");
    const struct str below = STR(".localhost");
    if (host.len == 0) {
        return false;
    }
    if (parse_ipv6(host, &address)) {
        return memcmp(&address, &loopback, sizeof(address)) == 0;
    }
    if (str_eq_nocase(host, name)) {
        return true;
    }
    size_t ahead = host.len > below.len ? host.len - below.len : host.len;
    return is_ipv4_loopback(host) ||
           (str_eq_nocase(str_from(host, ahead), below) && is_name(host));
}
