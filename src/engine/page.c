/* SPDX-License-Identifier: Apache-2.0 */
/* What came back for one page of a read: a refusal, or lists to be appended to
 * those before. Start at page_join(). */
#include "engine/private.h"

struct probe_result probe_refusal(struct arena *arena,
                                  enum aws_protocol protocol,
                                  const struct http_response *response)
{
    struct probe_result result = {.status = response->status};
    enum { NOT_IMPLEMENTED = 501 };
    aws_error_read(arena, protocol, response, &result.code, &result.message);
    if (aws_is_denial(response->status, result.code)) {
        result.kind = PROBE_DENIED;
    } else if (aws_is_throttle(response->status, result.code) ||
               (response->status >= 500 &&
                response->status != NOT_IMPLEMENTED)) {
        result.kind = PROBE_THROTTLED;
    } else {
        result.kind = PROBE_REFUSED;
    }
    return result;
}

struct probe_result page_unread(const struct aws_registry *registry,
                                enum aws_protocol protocol,
                                const struct http_response *response,
                                struct str why)
{
    bool beyond = aws_answer_is_beyond(registry, protocol, response);
    return (struct probe_result){
        .kind = beyond ? PROBE_REFUSED : PROBE_LOST,
        .code = beyond ? STR("AnswerTooLarge") : STR_NONE,
        .message = why,
    };
}

struct json *page_join(struct arena *arena, const struct aws_operation *op,
                       const struct json *before, const struct json *page)
{
    struct json *whole = json_copy(arena, page);
    for (size_t i = 0; before != NULL && i < op->page_result_count; i++) {
        const struct json *first = json_get(before, op->page_results[i]);
        const struct json *more = json_get(page, op->page_results[i]);
        struct json *both = json_new(arena, JSON_ARRAY);
        for (size_t k = 0; first != NULL && k < first->count; k++) {
            json_push(arena, both, first->members[k].value);
        }
        for (size_t k = 0; more != NULL && k < more->count; k++) {
            json_push(arena, both, more->members[k].value);
        }
        json_set(arena, whole, op->page_results[i], both);
    }
    return whole;
}

const struct json *page_token(const struct aws_operation *op,
                              const struct json *page)
{
    const struct json *token =
        op->page_output.len > 0 ? json_get(page, op->page_output) : NULL;
    bool none = token == NULL || token->type == JSON_NULL ||
                (token->type == JSON_STRING && token->text.len == 0);
    return none ? NULL : token;
}
