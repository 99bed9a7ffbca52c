/* SPDX-License-Identifier: Apache-2.0 */
/* An error of ours in the caller's own protocol, so that its SDK raises a
 * typed exception instead of a parse error. One row per protocol.
 * Start at aws_fault(). */
#include "aws/private.h"

#include "xml/xml.h"

struct fault {
    struct arena *arena;
    const struct aws_call *call;
    int status;
    struct str code;
    struct str message;
    struct str request_id;
};

static const char *blame_of(const struct fault *fault)
{
    return fault->status >= 500 ? "Receiver" : "Sender";
}

static void add_element(struct buf *out, const char *name, struct str text)
{
    buf_printf(out, "<%s>", name);
    xml_write_text(text, out);
    buf_printf(out, "</%s>", name);
}

static void add_json_member(struct buf *out, const char *name, struct str text)
{
    json_write_string(str_of(name), out);
    buf_add_char(out, ':');
    json_write_string(text, out);
}

static void write_json(const struct fault *fault, struct buf *out)
{
    buf_add_char(out, '{');
    add_json_member(out, "__type", fault->code);
    buf_add_char(out, ',');
    add_json_member(out, "message", fault->message);
    buf_add_char(out, '}');
}

static void write_rest_json(const struct fault *fault, struct buf *out)
{
    buf_add_char(out, '{');
    add_json_member(out, "message", fault->message);
    buf_add_char(out, '}');
}

static void write_query(const struct fault *fault, struct buf *out)
{
    const struct aws_service *about = fault->call->about;
    buf_add(out, STR("<ErrorResponse"));
    if (about != NULL && about->xml_namespace.len > 0) {
        buf_add(out, STR(" xmlns=\""));
        xml_write_text(about->xml_namespace, out);
        buf_add(out, STR("\""));
    }
    buf_add(out, STR("><Error>"));
    add_element(out, "Type", str_of(blame_of(fault)));
    add_element(out, "Code", fault->code);
    add_element(out, "Message", fault->message);
    buf_add(out, STR("</Error>"));
    add_element(out, "RequestId", fault->request_id);
    buf_add(out, STR("</ErrorResponse>"));
}

static void write_ec2(const struct fault *fault, struct buf *out)
{
    buf_add(out, STR("<Response><Errors><Error>"));
    add_element(out, "Code", fault->code);
    add_element(out, "Message", fault->message);
    buf_add(out, STR("</Error></Errors>"));
    add_element(out, "RequestID", fault->request_id);
    buf_add(out, STR("</Response>"));
}

static bool is_bare(const struct fault *fault)
{
    return fault->call->about != NULL && fault->call->about->bare_errors;
}

static void write_rest_xml(const struct fault *fault, struct buf *out)
{
    if (!is_bare(fault)) {
        write_query(fault, out);
        return;
    }
    buf_add(out, STR("<Error>"));
    add_element(out, "Code", fault->code);
    add_element(out, "Message", fault->message);
    add_element(out, "RequestId", fault->request_id);
    add_element(out, "HostId", fault->request_id);
    buf_add(out, STR("</Error>"));
}

static void write_cbor(const struct fault *fault, struct buf *out)
{
    cbor_write_map(2, out);
    cbor_write_text(STR("__type"), out);
    cbor_write_text(fault->code, out);
    cbor_write_text(STR("message"), out);
    cbor_write_text(fault->message, out);
}

struct shape {
    const char *content_type;
    void (*write)(const struct fault *fault, struct buf *out);
};

static const struct shape shapes[AWS_PROTOCOL_COUNT] = {
    [AWS_JSON_1_0] = {"application/x-amz-json-1.0", write_json},
    [AWS_JSON_1_1] = {"application/x-amz-json-1.1", write_json},
    [AWS_QUERY] = {"text/xml", write_query},
    [AWS_EC2] = {"text/xml", write_ec2},
    [AWS_REST_JSON] = {"application/json", write_rest_json},
    [AWS_REST_XML] = {"application/xml", write_rest_xml},
    [AWS_CBOR] = {"application/cbor", write_cbor},
};

static void add_headers(const struct fault *fault, const char *content_type,
                        struct http_headers *headers)
{
    struct arena *arena = fault->arena;
    enum aws_protocol protocol = fault->call->protocol;
    http_headers_add(arena, headers, STR("Content-Type"), str_of(content_type));
    if (is_bare(fault)) {
        http_headers_add(arena, headers, STR("x-amz-request-id"),
                         fault->request_id);
        http_headers_add(arena, headers, STR("x-amz-id-2"), fault->request_id);
        return;
    }
    http_headers_add(arena, headers, STR("x-amzn-RequestId"),
                     fault->request_id);
    if (protocol == AWS_REST_JSON) {
        http_headers_add(arena, headers, STR("x-amzn-ErrorType"), fault->code);
    }
    if (protocol == AWS_CBOR) {
        http_headers_add(arena, headers, STR("smithy-protocol"),
                         STR("rpc-v2-cbor"));
    }
    if (protocol != AWS_QUERY && fault->call->about != NULL &&
        fault->call->about->query_errors) {
        http_headers_add(arena, headers, STR("x-amzn-query-error"),
                         arena_printf(arena, "%.*s;%s", STR_ARG(fault->code),
                                      blame_of(fault)));
    }
}

struct http_response aws_fault(struct arena *arena, const struct aws_call *call,
                               int status, struct str code, struct str message,
                               struct str request_id)
{
    const struct fault fault = {arena, call, status, code, message, request_id};
    const struct shape *shape = &shapes[call->protocol];
    struct http_response response = {.status = status};
    add_headers(&fault, shape->content_type, &response.headers);
    struct buf body = {0};
    shape->write(&fault, &body);
    response.body = arena_str(arena, buf_str(&body));
    buf_free(&body);
    return response;
}
