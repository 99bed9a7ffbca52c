/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wire of AWS: which call a request is, what it says, how an error looks,
 * where a service lives.
 *
 * Purpose:   everything that depends on a service's protocol, from tables and
 *            from the generated models in rules/models; never from Host.
 * Ownership: the registry owns the models and lives as long as the process;
 *            results live in the caller's arena.
 * Errors:    identify always gives an answer: what it cannot name has an empty
 *            operation. Damaged input is a sentence in `trouble`.
 * Sources:   botocore's service models (facts only), the Smithy protocol
 *            specifications (awsJson1_0, awsJson1_1, awsQuery, ec2Query,
 *            restJson1, restXml, rpcv2Cbor).
 * Never:     network; a branch on a service's name where a row would do.
 */
#ifndef AWS_AWS_H
#define AWS_AWS_H

#include "base/arena.h"
#include "base/diag.h"
#include "http/message.h"
#include "json/json.h"

enum aws_protocol {
    AWS_JSON_1_0,
    AWS_JSON_1_1,
    AWS_QUERY,
    AWS_EC2,
    AWS_REST_JSON,
    AWS_REST_XML,
    AWS_CBOR,
    AWS_PROTOCOL_COUNT
};
const char *aws_protocol_name(enum aws_protocol protocol);
/* The body of a request is its input in JSON, and the target is a header. */
bool aws_protocol_is_json(enum aws_protocol protocol);

struct aws_registry;
/* Reads the index of services; the model of one is parsed when first asked. */
struct aws_registry *aws_registry_new(void);
void aws_registry_free(struct aws_registry *registry);
/* For the JSON of calls and of their answers; else json_default_limits. */
void aws_registry_limit_json(struct aws_registry *registry,
                             const struct json_limits *limits);

/* A service, by botocore's name ("ssm", "resourcegroupstaggingapi"). */
struct aws_service {
    struct str name;
    struct str title; /* "Amazon Simple Systems Manager (SSM)" */
    struct str signing_name;
    struct str endpoint_prefix;
    struct str target_prefix; /* JSON and CBOR; STR_NONE else */
    struct str api_version;
    struct str xml_namespace; /* query and REST-XML; may be STR_NONE */
    enum aws_protocol protocol;
    bool has_model; /* rules/models/NAME.json is there */
    /* Was a query service once: errors carry x-amzn-query-error too. */
    bool query_errors;
    bool bare_errors; /* <Error> without a wrapper, with a HostId: S3 */
};
const struct aws_service *aws_service_find(const struct aws_registry *registry,
                                           struct str name);
size_t aws_service_count(const struct aws_registry *registry);
const struct aws_service *aws_service_at(const struct aws_registry *registry,
                                         size_t index);

/* One operation, from the service's model. */
struct aws_operation {
    struct str name;
    bool reads;         /* changes nothing */
    bool unsigned_call; /* auth type "none" (AssumeRoleWithSAML ...) */
    struct str *inputs; /* top-level member names */
    size_t input_count;
    struct str *required;
    size_t required_count;
    struct str *outputs; /* top-level member names */
    size_t output_count;
    struct str idempotency_token; /* member, or STR_NONE */
    /* Paging (botocore's paginators); STR_NONE when it is not paged. */
    struct str page_input;    /* "NextToken" */
    struct str page_output;   /* "NextToken" */
    struct str *page_results; /* list members to be joined */
    size_t page_result_count;
    /* Goes before the endpoint's host ("sync-"); may hold a {Member};
     * STR_NONE for nearly all. */
    struct str host_prefix;
};
/* NULL when the service has no model or no such operation. */
const struct aws_operation *aws_operation_find(struct aws_registry *registry,
                                               struct str service,
                                               struct str operation);
size_t aws_operation_count(struct aws_registry *registry, struct str service);
const struct aws_operation *aws_operation_at(struct aws_registry *registry,
                                             struct str service, size_t index);

/*
 * Whether a member is sensitive (by the model: "SecretString", a SecureString
 * parameter's "Value" ...). `path` is dotted from the input or output.
 */
bool aws_member_is_sensitive(struct aws_registry *registry, struct str service,
                             struct str operation, struct str path);
/* A copy with every sensitive string replaced by "***"; parts without any, and
 * so perhaps all of it, are not copied. Parameter values of SSM always count as
 * sensitive, and so does a member with the name of a well-known secret
 * ("SecretAccessKey") in any call, even an unknown one. */
const struct json *aws_redact(struct aws_registry *registry,
                              struct arena *arena, struct str service,
                              struct str operation, const struct json *value);

/* ---- identify.c ---- */

struct aws_call {
    const struct aws_service *about; /* NULL: unknown */
    struct str service;              /* botocore's name; STR_NONE: unknown */
    struct str title;
    struct str operation;       /* STR_NONE: unknown */
    struct str region;          /* of the scope; may be empty */
    enum aws_protocol protocol; /* as spoken in this request */
    struct str prefix;        /* path prefix without slashes; STR_NONE: none */
    const struct json *input; /* JSON protocols; NULL: not read */
    struct str trouble; /* why the input could not be read; STR_NONE: fine */
    bool beyond;        /* that is, for it goes beyond our limits */
};
/*
 * From the head and, where there is one, the body (decoded when gzip). Order:
 * credential scope, X-Amz-Target, Action and Version (form or query), CBOR
 * path, REST method and URI. `scope_service`, `scope_region`: from the claim;
 * may be STR_NONE. `body` may be STR_NONE: then what the head alone says.
 */
void aws_identify(struct aws_registry *registry, struct arena *arena,
                  const struct http_request *request, struct str scope_service,
                  struct str scope_region, struct str body,
                  struct aws_call *ret_call);

/* ---- fault.c ---- */

/*
 * An error in the caller's own protocol, as each SDK expects it (code, message,
 * request id; for S3 host id; x-amzn-errortype and so on).
 */
struct http_response aws_fault(struct arena *arena, const struct aws_call *call,
                               int status, struct str code, struct str message,
                               struct str request_id);
/* Reads an error answer: code without namespace and suffix, and message. */
void aws_error_read(struct arena *arena, enum aws_protocol protocol,
                    const struct http_response *response, struct str *ret_code,
                    struct str *ret_message);
/* Codes and statuses by which AWS asks to slow down. */
bool aws_is_throttle(int status, struct str code);
/* AccessDenied and its kin. */
bool aws_is_denial(int status, struct str code);
/* The x-amzn-RequestId / x-amz-request-id / x-amzn-requestid of an answer. */
struct str aws_request_id(const struct http_response *response);

/* ---- endpoint.c ---- */

struct aws_endpoint {
    struct str origin;         /* "https://ssm.eu-west-1.amazonaws.com" */
    struct str signing_region; /* differs from the caller's for global ones */
    struct str signing_name;
};
/* From a table of service and region with the partition by region; false with
 * a sentence when the region is malformed or the service has no known place.
 * An empty region will do for a service that lives in one place of its
 * partition. `signing_name` finds the service when `service` is STR_NONE. */
bool aws_endpoint_find(struct aws_registry *registry, struct arena *arena,
                       struct str service, struct str signing_name,
                       struct str region, struct aws_endpoint *ret_endpoint,
                       struct str *reterr);
/* "aws", "aws-cn", "aws-us-gov" ... of a region. */
struct str aws_partition(struct str region);

/* ---- request.c ---- */

/* Builds a call of ours (Host and signature are added below). JSON protocols;
 * false with a sentence for the others. */
bool aws_request_write(struct aws_registry *registry, struct arena *arena,
                       struct str service, struct str operation,
                       const struct json *input,
                       struct http_request *ret_request, struct str *reterr);
/* The body of a successful answer as JSON, within the registry's limits; an
 * empty body is {}. */
bool aws_answer_read(const struct aws_registry *registry, struct arena *arena,
                     enum aws_protocol protocol,
                     const struct http_response *response,
                     const struct json **ret_output, struct str *reterr);
/* Why it could not be read: it goes beyond the limits. */
bool aws_answer_is_beyond(const struct aws_registry *registry,
                          enum aws_protocol protocol,
                          const struct http_response *response);

#endif
