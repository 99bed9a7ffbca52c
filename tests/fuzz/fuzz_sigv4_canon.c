/* SPDX-License-Identifier: Apache-2.0 */
/* A canonical form is its own canonical form, and whatever request is signed,
 * by header or by query, verifies with the same key and with no other. Start at
 * LLVMFuzzerTestOneInput(). */
#include "sigv4/private.h"
#include "support.h"

enum { NOW_S = 1440938160 };

static void check_fixed_points(struct arena *arena, struct str target)
{
    static const struct sigv4_rules all[] = {
        {.normalize_path = true},
        {.payload_header = true},
        {.omit_session_token = true},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct str path =
            sigv4_canonical_path(arena, http_target_path(target), &all[i]);
        struct str query =
            sigv4_canonical_query(arena, http_target_query(target), &all[i]);
        assert(str_eq(sigv4_canonical_path(arena, path, &all[i]), path));
        assert(str_eq(sigv4_canonical_query(arena, query, &all[i]), query));
        assert(!fuzz_has_control(path) && !fuzz_has_control(query));
    }
    struct str left = sigv4_unsigned_target(arena, target);
    assert(str_eq(sigv4_unsigned_target(arena, left), left));
}

/* As the server lets them pass: tokens with one Host. */
static void make_proper(struct arena *arena, struct http_request *request)
{
    struct http_headers all = request->headers;
    request->headers = (struct http_headers){0};
    for (size_t i = 0; i < all.count && i < HTTP_HEADERS_MAX; i++) {
        if (fuzz_is_token(all.at[i].name) &&
            !fuzz_has_control(all.at[i].value)) {
            http_headers_add(arena, &request->headers, all.at[i].name,
                             all.at[i].value);
        }
    }
    http_headers_set(arena, &request->headers, STR("Host"), STR("a.example"));
    if (http_headers_count(&request->headers, "Date") > 1) {
        http_headers_remove(&request->headers, STR("Date"));
    }
}

static void check_verifies(struct arena *arena,
                           const struct http_request *request,
                           const struct sigv4_sign_in *sign)
{
    struct sigv4_claim claim;
    struct str error = STR_NONE;
    struct sigv4_verify_in in = {
        .secret_key = sign->credentials->secret_key,
        .rules = sign->rules,
        .wall_ms = sign->wall_ms,
        .tolerance_ms = 300 * 1000,
    };
    enum sigv4_verdict verdict =
        sigv4_claim_parse(arena, request, &claim, &error);
    assert(verdict == SIGV4_GOOD);
    in.payload_hash = sign->payload_hash;
    verdict = sigv4_verify(arena, request, &claim, &in, NULL, &error);
    assert(verdict == SIGV4_GOOD);
    in.secret_key = STR("another");
    verdict = sigv4_verify(arena, request, &claim, &in, NULL, &error);
    assert(verdict == SIGV4_MISMATCH);
}

static void check_signing(struct arena *arena,
                          const struct http_request *request,
                          struct str service)
{
    struct sigv4_credentials credentials = {
        STR("AKIAIOSFODNN7EXAMPLE"),
        STR("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), STR("token")};
    struct sigv4_sign_in in = {
        .credentials = &credentials,
        .region = STR("us-east-1"),
        .service = service,
        .wall_ms = (int64_t)NOW_S * 1000,
        .rules = sigv4_rules_for(service),
        .payload_hash = sigv4_sha256_hex(arena, request->body),
    };
    struct http_request by_header = http_request_copy(arena, request);
    struct http_request by_query = http_request_copy(arena, request);
    sigv4_sign_header(arena, &in, &by_header, NULL);
    check_verifies(arena, &by_header, &in);
    struct str declared = STR_NONE;
    if (http_query_get(arena, http_target_query(request->target),
                       STR("X-Amz-Content-Sha256"), &declared)) {
        return; /* it may be there twice, or say something else */
    }
    sigv4_sign_query(arena, &in, 60, &by_query, NULL);
    check_verifies(arena, &by_query, &in);
    /* What was signed once can be signed again. */
    sigv4_sign_header(arena, &in, &by_query, NULL);
    check_verifies(arena, &by_query, &in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct http_request request = fuzz_request(arena, fuzz_text(data, size));
    check_fixed_points(arena, request.target);
    make_proper(arena, &request);
    check_signing(arena, &request, STR("s3"));
    check_signing(arena, &request, STR("ssm"));
    arena_free(arena);
    return 0;
}
