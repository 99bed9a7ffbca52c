/* SPDX-License-Identifier: Apache-2.0 */
/* A request as lines of text. Here because what may go on the wire, and what
 * is ours to say, has nothing to do with curl. Start at request_lines(). */
#include "upstream/private.h"

enum { LINES_OF_OURS = 4 };

bool request_has_upload(const struct http_fetch *fetch)
{
    return fetch->upload != NULL && fetch->upload_length != 0;
}

bool request_is_broken(struct http_fetch *fetch)
{
    char byte;
    size_t len;
    return fetch->upload != NULL && fetch->upload_length == 0 &&
           http_source_read(fetch->upload, &byte, 1, &len) == HTTP_READ_BROKEN;
}

/* RFC 9110, 5.6.2 */
static bool is_token(struct str text)
{
    static const char odd[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                     (c >= 'A' && c <= 'Z');
        if (!alnum && (c == 0 || strchr(odd, c) == NULL)) {
            return false;
        }
    }
    return text.len > 0;
}

/* A line break in a value would be a header, or a request, of its own. */
static bool is_one_line(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (strchr("\r\n", text.ptr[i]) != NULL) {
            return false; /* strchr() finds the zero byte as well */
        }
    }
    return true;
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
        if (!is_token(headers->at[i].name)) {
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
    struct http_url url;
    if (!http_url_parse(fetch->arena, fetch->origin, &url, reterr)) {
        return false;
    }
    if (url.path.len > 0) {
        *reterr = STR("the origin holds a path");
        return false;
    }
    if (!is_token(fetch->request.method)) {
        *reterr = STR("the method is no token");
        return false;
    }
    if (!is_target(fetch->request.target)) {
        *reterr = STR("the target is empty or holds a blank");
        return false;
    }
    return check_headers(fetch, reterr);
}

/* Framing is ours; so is Expect, for the body is at hand already. */
static bool is_ours(struct str name)
{
    static const char *const names[] = {
        "content-length",
        "transfer-encoding",
        "connection",
        "expect",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_eq_nocase(name, str_of(names[i]))) {
            return true;
        }
    }
    return false;
}

/* A method that usually has a body is asked for its length (411) without. */
static bool must_say_zero(const struct http_fetch *fetch)
{
    static const char *const methods[] = {"POST", "PUT", "PATCH"};
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (str_eq(fetch->request.method, str_of(methods[i]))) {
            return fetch->upload != NULL ? fetch->upload_length == 0
                                         : fetch->request.body.len == 0;
        }
    }
    return false;
}

static const char *header_line(struct arena *arena,
                               const struct http_header *header)
{
    bool empty = str_trim(header->value).len == 0;
    size_t name_len = header->name.len;
    size_t value_len = empty ? 0 : header->value.len;
    char *line = arena_alloc(arena, name_len + value_len + 3);
    memcpy(line, header->name.ptr, name_len);
    if (empty) {
        line[name_len] = ';';
    } else {
        memcpy(line + name_len, ": ", 2);
        memcpy(line + name_len + 2, header->value.ptr, value_len);
    }
    return line;
}

size_t request_lines(const struct http_fetch *fetch, const char ***ret_lines)
{
    const struct http_headers *headers = &fetch->request.headers;
    const char **lines =
        ARENA_ARRAY(fetch->arena, const char *, headers->count + LINES_OF_OURS);
    size_t count = 0;
    for (size_t i = 0; i < headers->count; i++) {
        if (!is_ours(headers->at[i].name)) {
            lines[count++] = header_line(fetch->arena, &headers->at[i]);
        }
    }
    lines[count++] = "Expect:";
    if (http_headers_get(headers, "accept").ptr == NULL) {
        lines[count++] = "Accept:";
    }
    if (http_headers_get(headers, "content-type").ptr == NULL) {
        lines[count++] = "Content-Type:";
    }
    if (must_say_zero(fetch)) {
        lines[count++] = "Content-Length: 0";
    }
    *ret_lines = lines;
    return count;
}
