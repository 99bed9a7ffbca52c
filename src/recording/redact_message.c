/* SPDX-License-Identifier: Apache-2.0 */
/* Whole messages without secrets: headers by a list, the body as what it is.
 * What cannot be understood and may hold a secret is left out. Start at
 * recording_redact_request() and recording_redact_response(). */
#include "recording/private.h"

struct message {
    struct recording_redactor *redactor;
    struct arena *arena;
    const struct aws_call *call;
    struct str content_type; /* lower case */
    bool is_request;
    bool secret; /* all of the body is */
};

static bool is_digits(struct str text)
{
    return text.len == ACCOUNT_LEN && recording_account_is_at(text, 0);
}

static void redact_headers(struct recording_redactor *redactor,
                           struct arena *arena, struct http_headers *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        struct http_header *header = &headers->at[i];
        struct str name = arena_lower(arena, header->name);
        bool account =
            str_starts(name, STR("x-amz")) && is_digits(header->value);
        header->value = recording_redactor_member(
            redactor, arena, account ? MEMBER_ACCOUNT : MEMBER_PLAIN,
            header->value);
    }
}

/* ---- bodies ---- */

static bool is_form(const struct message *m)
{
    bool query = m->call != NULL && (m->call->protocol == AWS_QUERY ||
                                     m->call->protocol == AWS_EC2);
    return m->is_request &&
           (query || str_contains(m->content_type, STR("form-urlencoded")));
}

static bool is_cbor(const struct message *m, struct str body)
{
    if (str_contains(m->content_type, STR("cbor"))) {
        return true;
    }
    return m->call != NULL && m->call->protocol == AWS_CBOR &&
           !str_starts(str_trim(body), STR("{"));
}

/* Said to be JSON, or known to be by the protocol. */
static bool must_be_json(const struct message *m)
{
    bool json = m->call != NULL && aws_protocol_is_json(m->call->protocol);
    return str_contains(m->content_type, STR("json")) ||
           (json && (m->is_request || m->content_type.len == 0));
}

/* A word or a number, as functions answer. */
static bool is_json_scalar(const struct message *m, struct str body)
{
    return json_read(m->arena, body, &json_default_limits) != NULL;
}

static bool redact_text_body(const struct message *m, struct str body,
                             struct str *ret_body)
{
    *ret_body = recording_redactor_text(m->redactor, m->arena, body);
    /* Bytes are not for editing: whole, or not at all. */
    return str_is_utf8(body) || ret_body->ptr == body.ptr;
}

static bool redact_body(const struct message *m, struct str body,
                        struct str *ret_body)
{
    struct recording_redactor *redactor = m->redactor;
    struct str trimmed = str_trim(body);
    if (trimmed.len == 0 || redactor->off) {
        *ret_body = body;
        return true;
    }
    if (is_cbor(m, body) || (m->secret && !str_is_utf8(body))) {
        return false;
    }
    if (m->secret) {
        *ret_body =
            recording_redactor_member(redactor, m->arena, MEMBER_SECRET, body);
        return true;
    }
    if (recording_redactor_json_text(redactor, m->arena, m->call, false, 0,
                                     body, ret_body)) {
        return true;
    }
    if (is_form(m)) {
        *ret_body = recording_redactor_form(redactor, m->arena, m->call, body);
        return true;
    }
    if (trimmed.ptr[0] == '<') {
        if (recording_redactor_xml(redactor, m->arena, m->call, body,
                                   ret_body)) {
            return true;
        }
        return !str_contains(m->content_type, STR("xml")) && !must_be_json(m) &&
               redact_text_body(m, body, ret_body);
    }
    /* Of JSON that was cut nobody can tell what its members are. */
    return (!must_be_json(m) || is_json_scalar(m, body)) &&
           redact_text_body(m, body, ret_body);
}

/* What is dropped for its secret must not stand elsewhere. */
static void learn_headers(struct recording_redactor *redactor,
                          struct arena *arena,
                          const struct http_headers *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        const struct http_header *header = &headers->at[i];
        if (recording_header_is_secret(header->name)) {
            (void)recording_redactor_secret(redactor, arena, header->value);
        } else {
            (void)recording_redactor_text(redactor, arena, header->value);
        }
    }
}

/* Headers are copies already. Returns the body. */
static struct str redact_all(struct message *m, struct http_headers *headers,
                             struct str body, int64_t *ret_left_out)
{
    struct str decoded = STR_NONE;
    struct str clean = STR_NONE;
    *ret_left_out = 0;
    m->content_type =
        arena_lower(m->arena, http_headers_get(headers, "content-type"));
    bool good = recording_body_decode(m->arena, headers, body, &decoded) &&
                redact_body(m, decoded, &clean);
    if (!m->redactor->off) {
        redact_headers(m->redactor, m->arena, headers);
    }
    if (!good) {
        *ret_left_out = (int64_t)body.len;
        return STR_NONE;
    }
    if (!str_eq(clean, body)) {
        recording_headers_fit_body(m->arena, headers, clean);
    }
    return clean;
}

struct http_request
recording_redact_request(struct recording_redactor *redactor,
                         struct arena *arena, const struct aws_call *call,
                         const struct http_request *request,
                         int64_t *ret_left_out)
{
    struct message m = {
        .redactor = redactor, .arena = arena, .call = call, .is_request = true};
    struct http_request out = {.method = request->method};
    /* What the head alone tells of may stand in the body, and vice versa. */
    learn_headers(redactor, arena, &request->headers);
    (void)recording_redactor_target(redactor, arena, call, request->target);
    out.headers = recording_headers_allowed(arena, &request->headers);
    out.body = redact_all(&m, &out.headers, request->body, ret_left_out);
    out.target =
        recording_redactor_target(redactor, arena, call, request->target);
    return out;
}

struct http_response
recording_redact_response(struct recording_redactor *redactor,
                          struct arena *arena, const struct aws_call *call,
                          const struct http_response *response,
                          int64_t *ret_left_out)
{
    bool success = response->status >= 200 && response->status < 300;
    struct message m = {.redactor = redactor,
                        .arena = arena,
                        .call = call,
                        .secret =
                            success && recording_member_is_body(call, false)};
    struct http_response out = {.status = response->status};
    learn_headers(redactor, arena, &response->headers);
    out.headers = recording_headers_allowed(arena, &response->headers);
    out.body = redact_all(&m, &out.headers, response->body, ret_left_out);
    return out;
}

struct http_request
recording_redactor_request(struct recording_redactor *redactor,
                           struct arena *arena, const struct aws_call *call,
                           const struct http_request *request)
{
    int64_t left_out = 0;
    return recording_redact_request(redactor, arena, call, request, &left_out);
}

struct http_response
recording_redactor_response(struct recording_redactor *redactor,
                            struct arena *arena, const struct aws_call *call,
                            const struct http_response *response)
{
    int64_t left_out = 0;
    return recording_redact_response(redactor, arena, call, response,
                                     &left_out);
}
