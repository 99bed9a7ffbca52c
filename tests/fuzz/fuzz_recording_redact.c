/* SPDX-License-Identifier: Apache-2.0 */
/* Any request, with the scope in a header "Scope: SERVICE/REGION". What is
 * redacted holds neither the signature's key nor a secret that the input names
 * as such, and comes to rest when it is redacted again. Start at
 * LLVMFuzzerTestOneInput(). */
#include "recording/recording.h"
#include "support.h"

static bool request_has(const struct http_request *request, struct str text)
{
    bool found = str_contains(request->body, text) ||
                 str_contains(request->target, text);
    for (size_t i = 0; i < request->headers.count; i++) {
        found = found || str_contains(request->headers.at[i].value, text);
    }
    return found;
}

static void check_secret(const struct aws_call *call,
                         const struct http_request *redacted,
                         const char *member)
{
    struct str secret = json_get_text(call->input, member);
    if (secret.len >= 8 && !str_starts(secret, STR("redacted-")) &&
        !str_contains(STR("application/x-amz-json-1.1"), secret)) {
        assert(!request_has(redacted, secret));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct aws_registry *registry; /* reading it takes long */
    if (registry == NULL) {
        registry = aws_registry_new();
    }
    const unsigned char key[RECORDING_KEY_SIZE] = "0123456789abcde";
    struct arena *arena = arena_new();
    struct recording_redactor *redactor = recording_redactor_new(registry, key);
    struct http_request request = fuzz_request(arena, fuzz_text(data, size));
    struct str region = http_headers_get(&request.headers, "Scope");
    struct str service = str_cut(&region, '/');
    struct aws_call call;
    aws_identify(registry, arena, &request, service, region, request.body,
                 &call);
    struct http_request once =
        recording_redactor_request(redactor, arena, &call, &request);
    /* What is learned behind a place is seen there only the second time. */
    struct http_request twice =
        recording_redactor_request(redactor, arena, &call, &once);
    struct http_request again =
        recording_redactor_request(redactor, arena, &call, &twice);
    assert(http_headers_get(&once.headers, "Authorization").ptr == NULL);
    assert(http_headers_get(&once.headers, "Cookie").ptr == NULL);
    check_secret(&call, &once, "SecretString");
    assert(str_eq(twice.body, again.body));
    assert(str_eq(twice.target, again.target));
    recording_redactor_free(redactor);
    arena_free(arena);
    return 0;
}
