/* SPDX-License-Identifier: Apache-2.0 */
/* Signing a request, by header or by query.
 * The request is changed in place: what it carried of another signature goes.
 * Start at sigv4_sign_header(). */
#include "sigv4/private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>

#define NAME(text)                                                             \
    {                                                                          \
        text, sizeof(text) - 1                                                 \
    }

/* Names a service knows S3's path rules by. */
static const struct str s3_services[] = {
    NAME("s3"),
    NAME("s3express"),
    NAME("s3-outposts"),
    NAME("s3-object-lambda"),
};

/* What a hop may add, drop or change, so that a signature must not cover it.
 * Authorization is the signature itself. */
static const struct str unsigned_names[] = {
    NAME("Accept-Encoding"),
    NAME("Authorization"),
    NAME("Connection"),
    NAME("Expect"),
    NAME("Forwarded"),
    NAME("Keep-Alive"),
    NAME("Proxy-Authenticate"),
    NAME("Proxy-Authorization"),
    NAME("Proxy-Connection"),
    NAME("TE"),
    NAME("Trailer"),
    NAME("Transfer-Encoding"),
    NAME("Upgrade"),
    NAME("User-Agent"),
    NAME("Via"),
    NAME("X-Amzn-Trace-Id"),
    NAME("X-Forwarded-For"),
    NAME("X-Forwarded-Host"),
    NAME("X-Forwarded-Port"),
    NAME("X-Forwarded-Proto"),
};

#define COUNT(rows) (sizeof(rows) / sizeof(*(rows)))

struct sigv4_rules sigv4_rules_for(struct str service)
{
    for (size_t i = 0; i < COUNT(s3_services); i++) {
        if (str_eq(service, s3_services[i])) {
            return (struct sigv4_rules){.payload_header = true};
        }
    }
    return (struct sigv4_rules){.normalize_path = true, .encode_twice = true};
}

static bool is_signed_name(struct str name, const struct sigv4_rules *rules)
{
    for (size_t i = 0; i < COUNT(unsigned_names); i++) {
        if (str_eq_nocase(name, unsigned_names[i])) {
            return false;
        }
    }
    return !(rules->omit_session_token &&
             str_eq_nocase(name, STR("X-Amz-Security-Token")));
}

/* They are few, and many clients send them in this order. */
static void insert_sorted(struct str *names, size_t count, struct str name)
{
    size_t at = count;
    while (at > 0 && str_compare(names[at - 1], name) > 0) {
        names[at] = names[at - 1];
        at--;
    }
    names[at] = name;
}

/* "host;x-amz-date": lower case, sorted, each once. */
static struct str list_signed_headers(struct arena *arena,
                                      const struct http_headers *headers,
                                      const struct sigv4_rules *rules)
{
    struct str *names = ARENA_ARRAY(arena, struct str, headers->count);
    size_t count = 0;
    size_t len = 0;
    for (size_t i = 0; i < headers->count; i++) {
        struct str name = headers->at[i].name;
        if (is_signed_name(name, rules)) {
            insert_sorted(names, count++, arena_lower(arena, name));
            len += name.len + 1;
        }
    }
    assert(count > 0);
    char *list = arena_alloc(arena, len);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && str_eq(names[i], names[i - 1])) {
            continue;
        }
        if (at > 0) {
            list[at++] = ';';
        }
        memcpy(list + at, names[i].ptr, names[i].len);
        at += names[i].len;
    }
    return str_make(list, at);
}

/* What both forms need, worked out once. */
struct signing {
    struct arena *arena;
    const struct sigv4_sign_in *in;
    struct http_request *request;
    struct str amz_date;
    struct sigv4_scope scope;
    struct str signed_headers;
    struct str credential; /* "AKID/date/region/service/aws4_request" */
    struct sigv4_stages stages;
};

static void drop_old_signature(struct signing *signing)
{
    struct http_headers *headers = &signing->request->headers;
    http_headers_remove(headers, STR("Authorization"));
    http_headers_remove(headers, STR("X-Amz-Date"));
    http_headers_remove(headers, STR("X-Amz-Security-Token"));
    signing->request->target =
        sigv4_unsigned_target(signing->arena, signing->request->target);
}

static struct signing begin(struct arena *arena, const struct sigv4_sign_in *in,
                            struct http_request *request)
{
    struct str date = clock_amz_date(arena, in->wall_ms);
    struct signing signing = {
        .arena = arena,
        .in = in,
        .request = request,
        .amz_date = date,
        .scope = {str_first(date, 8), in->region, in->service},
    };
    struct str scope = sigv4_scope_text(arena, &signing.scope);
    signing.credential =
        SIGV4_CONCAT(arena, in->credentials->access_key, STR("/"), scope);
    assert(http_headers_get(&request->headers, "Host").ptr != NULL);
    drop_old_signature(&signing);
    return signing;
}

static void run_stages(struct signing *signing)
{
    struct arena *arena = signing->arena;
    struct sigv4_stages *stages = &signing->stages;
    struct sigv4_key key;
    stages->canonical_request = sigv4_canonical_request(
        arena, signing->request, &signing->in->rules, signing->signed_headers,
        signing->in->payload_hash);
    stages->string_to_sign = sigv4_string_to_sign(
        arena, signing->amz_date, &signing->scope, stages->canonical_request);
    sigv4_keys_get(signing->in->keys, signing->in->credentials->secret_key,
                   &signing->scope, &key);
    stages->signature = sigv4_signature(arena, &key, stages->string_to_sign);
    mem_wipe(&key, sizeof(key));
}

static void set_signing_headers(struct signing *signing)
{
    const struct sigv4_sign_in *in = signing->in;
    struct arena *arena = signing->arena;
    struct http_headers *headers = &signing->request->headers;
    if (in->credentials->session_token.len > 0) {
        http_headers_add(arena, headers, STR("X-Amz-Security-Token"),
                         in->credentials->session_token);
    }
    http_headers_add(arena, headers, STR("X-Amz-Date"), signing->amz_date);
    /* One that some clients always send must not contradict the signature. */
    if (in->rules.payload_header ||
        http_headers_get(headers, "x-amz-content-sha256").ptr != NULL) {
        http_headers_set(arena, headers, STR("x-amz-content-sha256"),
                         in->payload_hash);
    }
}

void sigv4_sign_header(struct arena *arena, const struct sigv4_sign_in *in,
                       struct http_request *request,
                       struct sigv4_stages *ret_stages)
{
    struct signing signing = begin(arena, in, request);
    set_signing_headers(&signing);
    signing.signed_headers =
        list_signed_headers(arena, &request->headers, &in->rules);
    run_stages(&signing);
    struct str value = SIGV4_CONCAT(arena, STR(SIGV4_ALGORITHM " Credential="),
                                    signing.credential, STR(", SignedHeaders="),
                                    signing.signed_headers, STR(", Signature="),
                                    signing.stages.signature);
    http_headers_add(arena, &request->headers, STR("Authorization"), value);
    if (ret_stages != NULL) {
        *ret_stages = signing.stages;
    }
}

static void add_parameter(struct signing *signing, struct str name,
                          struct str value)
{
    struct str *target = &signing->request->target;
    struct str before = STR("&");
    if (str_find(*target, '?') == STR_NOT_FOUND) {
        before = STR("?");
    } else if (http_target_query(*target).len == 0 ||
               str_ends(*target, STR("&"))) {
        before = STR(""); /* a '?' further on is part of a value */
    }
    *target = SIGV4_CONCAT(signing->arena, *target, before, name, STR("="),
                           http_encode(signing->arena, value, false));
}

void sigv4_sign_query(struct arena *arena, const struct sigv4_sign_in *in,
                      int64_t expires_s, struct http_request *request,
                      struct sigv4_stages *ret_stages)
{
    struct signing signing = begin(arena, in, request);
    if (http_headers_get(&request->headers, "x-amz-content-sha256").ptr !=
        NULL) {
        http_headers_set(arena, &request->headers, STR("x-amz-content-sha256"),
                         in->payload_hash);
    }
    signing.signed_headers =
        list_signed_headers(arena, &request->headers, &in->rules);
    add_parameter(&signing, STR("X-Amz-Algorithm"), STR(SIGV4_ALGORITHM));
    add_parameter(&signing, STR("X-Amz-Credential"), signing.credential);
    add_parameter(&signing, STR("X-Amz-Date"), signing.amz_date);
    add_parameter(&signing, STR("X-Amz-SignedHeaders"), signing.signed_headers);
    add_parameter(&signing, STR("X-Amz-Expires"),
                  arena_printf(arena, "%lld", (long long)expires_s));
    if (in->credentials->session_token.len > 0) {
        add_parameter(&signing, STR("X-Amz-Security-Token"),
                      in->credentials->session_token);
    }
    run_stages(&signing);
    add_parameter(&signing, STR("X-Amz-Signature"), signing.stages.signature);
    if (ret_stages != NULL) {
        *ret_stages = signing.stages;
    }
}
