/* SPDX-License-Identifier: Apache-2.0 */
/* What the pieces of a hop cost by themselves: one JSON object, in nanoseconds.
 * Here because a sum over a whole request hides which of them grew. Start at
 * the table of pieces. */
#include "aws/aws.h"
#include "base/clock.h"
#include "sigv4/sigv4.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 7, TIMES = 20000, HOUR_MS = 3600000 };

/* Eight headers and 149 bytes, as such calls have them. */
static const struct str body =
    STR("{\"Name\": \"/bench/colour\", \"WithDecryption\": false, \"comment\": "
        "\"a body of the size that such calls have, about 150 bytes, is this "
        "one here\"}");
static const struct str region = STR("eu-west-1");
static const struct str service = STR("ssm");

struct bench {
    struct arena *arena; /* given back after each time */
    struct arena *kept;
    struct aws_registry *registry;
    struct sigv4_keys *keys;
    struct sigv4_credentials credentials;
    struct http_request request; /* unsigned */
    struct http_request signed_request;
    struct sigv4_claim claim;
    int64_t wall_ms;
};

static struct http_request make_request(struct arena *arena)
{
    static const char *const headers[][2] = {
        {"Host", "127.0.0.1:4567"},
        {"Content-Type", "application/x-amz-json-1.1"},
        {"X-Amz-Target", "AmazonSSM.GetParameter"},
        {"User-Agent", "aws-sdk/1.0 bench"},
        {"amz-sdk-invocation-id", "0f2ab0de-6b0c-4a0e-8f39-3ff0a7b1c1ce"},
        {"amz-sdk-request", "attempt=1; max=3"},
        {"X-Amz-Trace", "bench"},
    };
    struct http_request request = {
        .method = STR("POST"), .target = STR("/"), .body = body};
    for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
        http_headers_add(arena, &request.headers, str_of(headers[i][0]),
                         str_of(headers[i][1]));
    }
    return request;
}

static void sign(struct bench *bench, struct arena *arena,
                 struct sigv4_keys *keys, struct http_request *request)
{
    struct sigv4_sign_in in = {
        .credentials = &bench->credentials,
        .region = region,
        .service = service,
        .wall_ms = bench->wall_ms,
        .rules = sigv4_rules_for(service),
        .payload_hash = sigv4_sha256_hex(arena, request->body),
        .keys = keys,
    };
    sigv4_sign_header(arena, &in, request, NULL);
}

/* ---- the pieces ---- */

static bool copy(struct bench *bench)
{
    struct http_request request =
        http_request_copy(bench->arena, &bench->request);
    return request.headers.count == bench->request.headers.count;
}

static bool sign_cached(struct bench *bench)
{
    struct http_request request =
        http_request_copy(bench->arena, &bench->request);
    sign(bench, bench->arena, bench->keys, &request);
    return http_headers_get(&request.headers, "authorization").len > 0;
}

static bool sign_derived(struct bench *bench)
{
    struct http_request request =
        http_request_copy(bench->arena, &bench->request);
    sign(bench, bench->arena, NULL, &request);
    return http_headers_get(&request.headers, "authorization").len > 0;
}

static bool parse_claim(struct bench *bench)
{
    struct sigv4_claim claim;
    struct str err;
    return sigv4_claim_parse(bench->arena, &bench->signed_request, &claim,
                             &err) == SIGV4_GOOD &&
           claim.form == SIGV4_HEADER;
}

static bool verify(struct bench *bench)
{
    struct sigv4_verify_in in = {
        .secret_key = bench->credentials.secret_key,
        .rules = sigv4_rules_for(service),
        .wall_ms = bench->wall_ms,
        .tolerance_ms = HOUR_MS,
        .keys = bench->keys,
    };
    struct str err;
    return sigv4_verify(bench->arena, &bench->signed_request, &bench->claim,
                        &in, NULL, &err) == SIGV4_GOOD;
}

static bool identify_head(struct bench *bench)
{
    struct aws_call call;
    aws_identify(bench->registry, bench->arena, &bench->signed_request, service,
                 region, STR_NONE, &call);
    return str_eq(call.operation, STR("GetParameter"));
}

static bool identify(struct bench *bench)
{
    struct aws_call call;
    aws_identify(bench->registry, bench->arena, &bench->signed_request, service,
                 region, body, &call);
    return str_eq(call.operation, STR("GetParameter")) && call.input != NULL;
}

static bool hash_1k(struct bench *bench)
{
    (void)bench;
    static const char block[1024];
    unsigned char out[SIGV4_HASH_LEN];
    sigv4_sha256(str_make(block, sizeof(block)), out);
    return true;
}

static const struct piece {
    const char *name;
    bool (*run)(struct bench *bench);
} pieces[] = {
    {"copy of a request", copy},
    {"sign, cached key (with a copy)", sign_cached},
    {"sign, key derived (with a copy)", sign_derived},
    {"read the claim of a signature", parse_claim},
    {"verify, cached key", verify},
    {"identify by the head", identify_head},
    {"identify and read the input", identify},
    {"SHA-256 of 1 KiB", hash_1k},
};

/* ---- timing ---- */

static int64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The best of some rounds: what disturbs can only add. */
static double time_piece(struct bench *bench, const struct piece *piece)
{
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t from = cpu_ns();
        for (int i = 0; i < TIMES; i++) {
            struct arena_mark mark = arena_mark(bench->arena);
            if (!piece->run(bench)) {
                fprintf(stderr, "pieces: %s went wrong\n", piece->name);
                exit(1);
            }
            arena_reset(bench->arena, mark);
        }
        double each = (double)(cpu_ns() - from) / TIMES;
        best = round == 0 || each < best ? each : best;
    }
    return best;
}

static void set_up(struct bench *bench)
{
    struct str err;
    bench->arena = arena_new();
    bench->kept = arena_new();
    bench->registry = aws_registry_new();
    bench->keys = sigv4_keys_new();
    bench->wall_ms = clock_wall_ms();
    bench->credentials = (struct sigv4_credentials){
        .access_key = STR("AKIAIOSFODNN7EXAMPLE"),
        .secret_key = STR("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    };
    bench->request = make_request(bench->kept);
    bench->signed_request = http_request_copy(bench->kept, &bench->request);
    sign(bench, bench->kept, bench->keys, &bench->signed_request);
    (void)sigv4_claim_parse(bench->kept, &bench->signed_request, &bench->claim,
                            &err);
}

int main(void)
{
    struct bench bench = {0};
    set_up(&bench);
    for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
        printf("%s\"%s\": %.1f", i == 0 ? "{" : ",\n ", pieces[i].name,
               time_piece(&bench, &pieces[i]));
        fflush(stdout);
    }
    puts("}");
    sigv4_keys_free(bench.keys);
    aws_registry_free(bench.registry);
    arena_free(bench.kept);
    arena_free(bench.arena);
    return 0;
}
