/* SPDX-License-Identifier: Apache-2.0 */
/* First line: status; then headers, an empty line, a body that is read as an
 * error of each protocol. It always has a code, and no error of ours is read
 * back as another than it was written. Start at LLVMFuzzerTestOneInput(). */
#include "aws/aws.h"
#include "support.h"

static void check_error(struct aws_registry *registry, struct arena *arena,
                        enum aws_protocol protocol,
                        const struct http_response *response)
{
    struct str code = STR_NONE;
    struct str message = STR_NONE;
    struct str reterr = STR_NONE;
    const struct json *output = NULL;
    aws_error_read(arena, protocol, response, &code, &message);
    assert(code.len > 0);
    assert(str_eq(code, str_trim(code)));
    (void)aws_is_throttle(response->status, code);
    (void)aws_is_denial(response->status, code);
    bool good =
        aws_answer_read(registry, arena, protocol, response, &output, &reterr);
    assert(good ? output->type == JSON_OBJECT : reterr.len > 0);
}

/* A code as AWS gives them; the message is any text, then one that each
 * protocol can hold as it is. */
static void check_fault(struct aws_registry *registry, struct arena *arena,
                        enum aws_protocol protocol, struct str text)
{
    const struct aws_service *about =
        aws_service_at(registry, text.len % aws_service_count(registry));
    struct aws_call call = {.about = about, .protocol = protocol};
    if (about->protocol != protocol) {
        call.about = NULL;
    }
    struct str plain = arena_str(arena, text);
    char *bytes = (char *)(uintptr_t)plain.ptr;
    for (size_t i = 0; i < plain.len; i++) {
        bytes[i] = bytes[i] < ' ' || bytes[i] > '~' ? '?' : bytes[i];
    }
    struct str messages[] = {text, plain};
    for (size_t i = 0; i < 2; i++) {
        struct str code = STR_NONE;
        struct str message = STR_NONE;
        struct http_response response = aws_fault(
            arena, &call, 400, STR("AccessDenied"), messages[i], STR("id-1"));
        aws_error_read(arena, protocol, &response, &code, &message);
        assert(str_eq(code, STR("AccessDenied")));
        assert(i == 0 || str_eq(message, plain));
        assert(str_eq(aws_request_id(&response), STR("id-1")));
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
    uint64_t status = 0;
    (void)str_to_u64(str_first(request.method, 3), &status);
    struct http_response response = {
        .status = (int)status,
        .headers = request.headers,
        .body = request.body,
    };
    for (int i = 0; i < AWS_PROTOCOL_COUNT; i++) {
        check_error(registry, arena, (enum aws_protocol)i, &response);
        check_fault(registry, arena, (enum aws_protocol)i, request.body);
    }
    arena_free(arena);
    return 0;
}
