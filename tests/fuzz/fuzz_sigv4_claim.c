/* SPDX-License-Identifier: Apache-2.0 */
/* What any request says of its signature: refused with a sentence, or whole;
 * and no key that is not its own verifies it. Start at
 * LLVMFuzzerTestOneInput(). */
#include "sigv4/private.h"
#include "support.h"

static void check_claim(const struct http_request *request,
                        const struct sigv4_claim *claim)
{
    struct str rest = claim->signed_headers;
    assert(sigv4_is_hex64(claim->signature, false));
    assert(claim->access_key.len > 0 && claim->scope.service.len > 0);
    assert(claim->scope.date.len == 8 && claim->amz_date.len == 16);
    assert(str_starts(claim->amz_date, claim->scope.date));
    assert(claim->form == SIGV4_QUERY ? claim->expires_s > 0
                                      : claim->expires_s == 0);
    while (rest.ptr != NULL) {
        struct str name = str_cut(&rest, ';');
        bool sent = false;
        for (size_t i = 0; i < request->headers.count; i++) {
            sent = sent || str_eq_nocase(request->headers.at[i].name, name);
        }
        assert(sent);
    }
}

static void check_verdict(struct arena *arena,
                          const struct http_request *request,
                          const struct sigv4_claim *claim)
{
    static const struct str services[] = {{"s3", 2}, {"ssm", 3}};
    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        struct sigv4_verify_in in = {
            .secret_key = STR("no one signs with this key"),
            .rules = sigv4_rules_for(services[i]),
            .wall_ms = claim->signed_at_ms,
            .tolerance_ms = 300 * 1000,
        };
        struct sigv4_stages stages = {0};
        struct str error = STR_NONE;
        enum sigv4_verdict verdict =
            sigv4_verify(arena, request, claim, &in, &stages, &error);
        assert(verdict != SIGV4_GOOD && error.len > 0);
        assert(stages.signature.ptr == NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct http_request request = fuzz_request(arena, fuzz_text(data, size));
    struct sigv4_claim claim;
    struct str error = STR_NONE;
    if (request.headers.count > HTTP_HEADERS_MAX) {
        request.headers.count = HTTP_HEADERS_MAX;
    }
    enum sigv4_verdict verdict =
        sigv4_claim_parse(arena, &request, &claim, &error);
    assert((verdict == SIGV4_GOOD) == (error.ptr == NULL));
    if (verdict == SIGV4_GOOD && claim.form != SIGV4_UNSIGNED) {
        check_claim(&request, &claim);
        check_verdict(arena, &request, &claim);
    }
    (void)sigv4_payload_of(claim.payload_hash);
    arena_free(arena);
    return 0;
}
