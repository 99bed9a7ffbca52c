/* SPDX-License-Identifier: Apache-2.0 */
/* A request as text. Here because what may go on the wire, and what is ours to
 * say, has nothing to do with sockets. Start at request_write(). */
#include "upstream/private.h"

bool request_is_broken(struct http_fetch *fetch)
{
    char byte;
    size_t len;
    return fetch->upload != NULL && fetch->upload_length == 0 &&
           http_source_read(fetch->upload, &byte, 1, &len) == HTTP_READ_BROKEN;
}

/* A line break in a value would be a header, or a request, of its own. */
static bool is_one_line(struct str text)
{
    return str_find(text, '\n') == STR_NOT_FOUND &&
           str_find(text, '\r') == STR_NOT_FOUND &&
           str_find(text, '\0') == STR_NOT_FOUND;
}

static bool is_target(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c <= ' ' || c == 127) {
            return false;
        }
    }
    return text.len > 0;
}

static bool check_headers(const struct http_fetch *fetch, struct str *reterr)
{
    const struct http_headers *headers = &fetch->request.headers;
    for (size_t i = 0; i < headers->count; i++) {
        if (!http_is_token(headers->at[i].name)) {
            *reterr = STR("a header name holds a character that none may");
            return false;
        }
        if (!is_one_line(headers->at[i].value)) {
            *reterr = arena_printf(fetch->arena,
                                   "the value of header %.*s is not one line",
                                   STR_ARG(headers->at[i].name));
            return false;
        }
    }
    return true;
}

bool request_check(const struct http_fetch *fetch, struct str *reterr)
{
    if (!http_is_token(fetch->request.method)) {
        *reterr = STR("the method is no token");
        return false;
    }
    if (!is_target(fetch->request.target)) {
        *reterr = STR("the target is empty or holds a blank");
        return false;
    }
    return check_headers(fetch, reterr);
}

bool request_peer(const struct http_fetch *fetch, struct peer *ret_peer,
                  struct str *reterr)
{
    struct http_url url;
    if (!http_url_parse(fetch->arena, fetch->origin, &url, reterr)) {
        return false;
    }
    if (url.path.len > 0) {
        *reterr = STR("the origin holds a path");
        return false;
    }
    *ret_peer = (struct peer){.origin = fetch->origin,
                              .authority = url.authority,
                              .plain = str_eq(url.scheme, STR("http"))};
    return true;
}

/* Framing is ours; so is Expect, for the body is at hand already, and Host,
 * which goes first. */
static bool is_ours(struct str name)
{
    static const struct str names[] = {
        {"content-length", 14},
        {"transfer-encoding", 17},
        {"connection", 10},
        {"expect", 6},
        {"host", 4},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_eq_nocase(name, names[i])) {
            return true;
        }
    }
    return false;
}

/* A method that usually has a body is asked for its length (411) without. */
static bool must_say_zero(struct str method)
{
    return str_eq(method, STR("POST")) || str_eq(method, STR("PUT")) ||
           str_eq(method, STR("PATCH"));
}

/* There is room for what is put: see write_room(). */
static void put(struct buf *out, struct str text)
{
    if (text.len > 0) {
        memcpy(out->bytes + out->len, text.ptr, text.len);
        out->len += text.len;
    }
}

static void put_header(struct buf *out, struct str name, struct str value)
{
    put(out, name);
    put(out, value.len > 0 ? STR(": ") : STR(":"));
    put(out, value);
    put(out, STR("\r\n"));
}

static void put_framing(const struct http_fetch *fetch, struct buf *out)
{
    int64_t length = fetch->upload != NULL ? fetch->upload_length
                                           : (int64_t)fetch->request.body.len;
    if (length < 0) {
        put_header(out, STR("Transfer-Encoding"), STR("chunked"));
    } else if (length > 0 || must_say_zero(fetch->request.method)) {
        put(out, STR("Content-Length: "));
        buf_add_number(out, length);
        put(out, STR("\r\n"));
    }
}

/* No less than the head will take. */
static size_t write_room(const struct http_fetch *fetch, struct str authority)
{
    enum { FIXED = 256, PER_HEADER = 4 };
    const struct http_headers *headers = &fetch->request.headers;
    size_t room = FIXED + fetch->request.method.len +
                  fetch->request.target.len + authority.len;
    for (size_t i = 0; i < headers->count; i++) {
        room += PER_HEADER + headers->at[i].name.len + headers->at[i].value.len;
    }
    return room;
}

void request_write(const struct http_fetch *fetch, struct str authority,
                   struct buf *out)
{
    const struct http_headers *headers = &fetch->request.headers;
    struct str host = http_headers_get(headers, "host");
    buf_reserve(out, write_room(fetch, authority));
    put(out, fetch->request.method);
    put(out, STR(" "));
    put(out, fetch->request.target);
    put(out, STR(" HTTP/1.1\r\n"));
    put_header(out, STR("Host"), host.ptr != NULL ? host : authority);
    for (size_t i = 0; i < headers->count; i++) {
        if (!is_ours(headers->at[i].name)) {
            struct str value = headers->at[i].value;
            bool blank = str_trim(value).len == 0;
            put_header(out, headers->at[i].name, blank ? STR("") : value);
        }
    }
    put_framing(fetch, out);
    put(out, STR("\r\n"));
}
