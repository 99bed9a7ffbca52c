/* SPDX-License-Identifier: Apache-2.0 */
/* Any request, with the scope in a header "Scope: SERVICE/REGION". The answer
 * is the same twice, its texts belong together, and what is redacted of the
 * input holds no secret and has the same shape. Start at
 * LLVMFuzzerTestOneInput(). */
#include "aws/aws.h"
#include "support.h"

static struct aws_call identify(struct aws_registry *registry,
                                struct arena *arena,
                                const struct http_request *request)
{
    struct aws_call call;
    struct str region = http_headers_get(&request->headers, "Scope");
    struct str service = str_cut(&region, '/');
    aws_identify(registry, arena, request, service, region, request->body,
                 &call);
    return call;
}

static void check_call(struct aws_registry *registry,
                       const struct aws_call *call)
{
    assert((call->about != NULL) == (call->service.ptr != NULL));
    assert((unsigned)call->protocol < AWS_PROTOCOL_COUNT);
    assert(call->operation.ptr == NULL || call->operation.len > 0);
    assert(call->prefix.ptr == NULL || call->prefix.len > 0);
    assert(call->input == NULL || call->trouble.ptr == NULL);
    assert(call->input == NULL || call->input->type == JSON_OBJECT);
    if (call->about != NULL) {
        assert(str_eq(call->service, call->about->name));
        (void)aws_operation_find(registry, call->service, call->operation);
    }
}

static void check_redacted(struct aws_registry *registry, struct arena *arena,
                           const struct aws_call *call)
{
    const struct json *once = aws_redact(registry, arena, call->service,
                                         call->operation, call->input);
    const struct json *twice =
        aws_redact(registry, arena, call->service, call->operation, once);
    assert((once == NULL) == (call->input == NULL));
    if (once != NULL) {
        struct str secret = json_get_text(once, "SecretString");
        assert(once->count == call->input->count);
        assert(secret.ptr == NULL || str_eq(secret, STR("***")));
        assert(json_equal(once, twice));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct aws_registry *registry; /* reading it takes long */
    if (registry == NULL) {
        registry = aws_registry_new();
    }
    struct arena *arena = arena_new();
    struct http_request request = fuzz_request(arena, fuzz_text(data, size));
    struct aws_call call = identify(registry, arena, &request);
    struct aws_call again = identify(registry, arena, &request);
    check_call(registry, &call);
    assert(call.about == again.about && call.protocol == again.protocol);
    assert(str_eq(call.operation, again.operation));
    check_redacted(registry, arena, &call);
    arena_free(arena);
    return 0;
}
