/* SPDX-License-Identifier: Apache-2.0 */
/* What is proper HTTP/1.1 and what is not (RFC 9112): libmicrohttpd forgives
 * much that would let two readers of one request disagree. Start at
 * strict_check(). */
#include "server/private.h"

#define FINE ((struct strict_refusal){0, NULL})

static struct strict_refusal bad(const char *sentence)
{
    return (struct strict_refusal){400, sentence};
}

static bool is_field_value(struct str text)
{
    for (size_t i = str_skip_plain(text, ' ', 0x7f, 0x7f); i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool is_visible(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c <= 0x20 || c == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool is_digits(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
    }
    return text.len > 0;
}

static struct strict_refusal check_line(const struct strict_head *head)
{
    if (!str_eq(head->version, STR("HTTP/1.1")) &&
        !str_eq(head->version, STR("HTTP/1.0"))) {
        return (struct strict_refusal){
            505, "Only HTTP/1.1 and HTTP/1.0 are spoken here."};
    }
    if (!http_is_token(head->method)) {
        return bad("The method is no HTTP token.");
    }
    if (str_eq(head->method, STR("CONNECT"))) {
        return bad("CONNECT is not for this server: give it as an endpoint, "
                   "not as a proxy.");
    }
    if (head->target.len == 0 || head->target.ptr[0] != '/') {
        return bad("The request target must begin with a slash: give this "
                   "server as an endpoint, not as a proxy.");
    }
    if (!is_visible(head->target)) {
        return bad("The request target has a blank or control character.");
    }
    return FINE;
}

static struct strict_refusal check_fields(const struct http_headers *headers)
{
    if (headers->count > HTTP_HEADERS_MAX) {
        return (struct strict_refusal){431, "There are too many headers."};
    }
    for (size_t i = 0; i < headers->count; i++) {
        if (!http_is_token(headers->at[i].name)) {
            return bad("A header name is no HTTP token.");
        }
        if (!is_field_value(headers->at[i].value)) {
            return bad("A header value has a control character.");
        }
    }
    return FINE;
}

static struct strict_refusal check_host(const struct strict_head *head)
{
    size_t hosts = http_headers_count(&head->headers, "Host");
    if (hosts > 1) {
        return bad("There is more than one Host header.");
    }
    if (hosts == 0 && str_eq(head->version, STR("HTTP/1.1"))) {
        return bad("The Host header is missing.");
    }
    return FINE;
}

static struct strict_refusal check_chunked(const struct strict_head *head,
                                           size_t codings)
{
    struct str coding =
        str_trim(http_headers_get(&head->headers, "Transfer-Encoding"));
    if (codings > 1 || !str_eq_nocase(coding, STR("chunked"))) {
        return bad("Transfer-Encoding must be chunked, once.");
    }
    if (str_eq(head->version, STR("HTTP/1.0"))) {
        return bad("HTTP/1.0 has no Transfer-Encoding.");
    }
    return FINE;
}

static struct strict_refusal check_length(const struct strict_head *head,
                                          int64_t *ret_body_length)
{
    uint64_t length;
    struct str text =
        str_trim(http_headers_get(&head->headers, "Content-Length"));
    if (!is_digits(text)) {
        return bad("Content-Length must be decimal digits.");
    }
    if (!str_to_u64(text, &length) || length > INT64_MAX) {
        return (struct strict_refusal){413, "Content-Length is too large."};
    }
    *ret_body_length = (int64_t)length;
    return FINE;
}

static struct strict_refusal check_framing(const struct strict_head *head,
                                           int64_t *ret_body_length)
{
    size_t lengths = http_headers_count(&head->headers, "Content-Length");
    size_t codings = http_headers_count(&head->headers, "Transfer-Encoding");
    *ret_body_length = 0;
    if (lengths > 0 && codings > 0) {
        return bad("There are both Content-Length and Transfer-Encoding.");
    }
    if (lengths > 1) {
        return bad("There is more than one Content-Length header.");
    }
    if (codings > 0) {
        *ret_body_length = -1;
        return check_chunked(head, codings);
    }
    return lengths > 0 ? check_length(head, ret_body_length) : FINE;
}

struct strict_refusal strict_check(const struct strict_head *head,
                                   int64_t *ret_body_length)
{
    struct strict_refusal refusal = check_line(head);
    *ret_body_length = 0;
    if (refusal.sentence == NULL) {
        refusal = check_fields(&head->headers);
    }
    if (refusal.sentence == NULL) {
        refusal = check_host(head);
    }
    if (refusal.sentence == NULL) {
        refusal = check_framing(head, ret_body_length);
    }
    return refusal;
}

static const char *end_of(struct str text)
{
    return text.ptr + text.len;
}

static bool has_no_gap(const struct strict_head *head, size_t size)
{
    if (head->target.ptr != end_of(head->method) + 1 ||
        head->version.ptr != end_of(head->target) + 1) {
        return false;
    }
    const char *at = end_of(head->version) + 2;
    for (size_t i = 0; i < head->headers.count; i++) {
        const struct http_header *field = &head->headers.at[i];
        if (field->name.ptr != at) {
            return false;
        }
        at = end_of(field->name) + 1;
        while (at < field->value.ptr && (*at == ' ' || *at == '\t')) {
            at++;
        }
        if (field->value.ptr != at) {
            return false;
        }
        at = end_of(field->value) + 2;
    }
    return at + 2 == head->method.ptr + size;
}

struct strict_refusal strict_check_space(const struct strict_head *head,
                                         size_t size, size_t limit,
                                         bool layout_known)
{
    if (size > limit) {
        return (struct strict_refusal){431, "The request head is too long."};
    }
    if (layout_known && !has_no_gap(head, size)) {
        return bad("The request head has a folded line, a zero byte, a bare "
                   "line feed or a blank too many.");
    }
    return FINE;
}
