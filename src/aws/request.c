/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that the program makes itself, and their answers: JSON protocols only,
 * since their member names are those of the models.
 * Start at aws_request_write(). */
#include "aws/private.h"

static struct str write_body(struct arena *arena, const struct json *input)
{
    if (input == NULL) {
        return STR("{}");
    }
    struct buf out = {0};
    json_write(input, &out);
    struct str body = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return body;
}

bool aws_request_write(struct aws_registry *registry, struct arena *arena,
                       struct str service, struct str operation,
                       const struct json *input,
                       struct http_request *ret_request, struct str *reterr)
{
    struct service *row = service_find(registry, service);
    if (row == NULL) {
        *reterr = arena_printf(arena, "there is no service \"%.*s\"",
                               STR_ARG(service));
        return false;
    }
    if (!aws_protocol_is_json(row->facts.protocol)) {
        *reterr = arena_printf(
            arena, "calls to %.*s cannot be made: it speaks %s, not JSON",
            STR_ARG(service), aws_protocol_name(row->facts.protocol));
        return false;
    }
    const struct model *model = model_of(registry, row);
    if (model != NULL && model_find(model, operation) == NULL) {
        *reterr = arena_printf(arena, "%.*s has no operation \"%.*s\"",
                               STR_ARG(service), STR_ARG(operation));
        return false;
    }
    /* No x-amzn-query-mode: with it, errors would bear the names of the old
     * query protocol instead of those in the model. */
    *ret_request = (struct http_request){
        .method = STR("POST"),
        .target = STR("/"),
        .body = write_body(arena, input),
    };
    http_headers_add(arena, &ret_request->headers, STR("Content-Type"),
                     row->facts.protocol == AWS_JSON_1_0
                         ? STR("application/x-amz-json-1.0")
                         : STR("application/x-amz-json-1.1"));
    http_headers_add(arena, &ret_request->headers, STR("X-Amz-Target"),
                     arena_printf(arena, "%.*s.%.*s",
                                  STR_ARG(row->facts.target_prefix),
                                  STR_ARG(operation)));
    return true;
}

struct str aws_beyond(const struct aws_registry *registry, struct arena *arena,
                      struct str text)
{
    const struct json_limits *limits = &registry->limits;
    return !json_is_beyond(text, limits)
               ? STR_NONE
               : arena_printf(arena,
                              "the body has more than %zu JSON values "
                              "(--json-nodes) or is nested deeper than %zu "
                              "levels (--json-depth)",
                              limits->nodes, limits->depth);
}

bool aws_answer_is_beyond(const struct aws_registry *registry,
                          enum aws_protocol protocol,
                          const struct http_response *response)
{
    return aws_protocol_is_json(protocol) &&
           json_is_beyond(response->body, &registry->limits);
}

bool aws_answer_read(const struct aws_registry *registry, struct arena *arena,
                     enum aws_protocol protocol,
                     const struct http_response *response,
                     const struct json **ret_output, struct str *reterr)
{
    if (!aws_protocol_is_json(protocol)) {
        *reterr = arena_printf(arena, "answers in %s are not read",
                               aws_protocol_name(protocol));
        return false;
    }
    if (str_trim(response->body).len == 0) {
        *ret_output = json_new(arena, JSON_OBJECT);
        return true;
    }
    const struct json *value =
        json_read(arena, response->body, &registry->limits);
    if (json_is(value, JSON_OBJECT)) {
        *ret_output = value;
        return true;
    }
    struct str beyond = aws_beyond(registry, arena, response->body);
    /* The parser's words might quote a secret. */
    *reterr = beyond.len == 0
                  ? STR("the answer is not a JSON object")
                  : arena_join(arena, STR("its answer is too much: "), beyond);
    return false;
}
