/* SPDX-License-Identifier: Apache-2.0 */
/* Headers: which may be written down, which belong to what a call asks, and
 * those that speak of the body's bytes. Start at recording_headers_allowed().
 */
#include "recording/private.h"

#include "base/base64.h"
#include "sigv4/sigv4.h"

/* Nobody's business, whatever else fits. Parts of names, lower case. */
static const char *const never[] = {
    "api-key",      "authorization",      "cookie", "credential",
    "customer-key", "encryption-context", "mfa",    "password",
    "secret",       "signature",          "sso",    "token",
};

/* Of these the value is a secret as it stands. */
static const char *const secrets[] = {"api-key",  "cookie", "customer-key",
                                      "password", "secret", "token"};

/* Exact, or the start where a star ends it. */
static const char *const allowed[] = {
    "accept*",         "age",         "allow",       "amz-sdk-*",
    "cache-control",   "content-*",   "date",        "etag",
    "expires",         "host",        "if-*",        "last-modified",
    "location",        "range",       "retry-after", "server",
    "smithy-protocol", "user-agent",  "vary",        "x-amz-*",
    "x-amzn-*",        "x-settled-*",
};

/* How a call was sent, by whom and when: not what it asks. */
static const char *const transport[] = {
    "x-amz-checksum-*", "x-amz-content-sha256",
    "x-amz-date",       "x-amz-decoded-content-length",
    "x-amz-sdk-*",      "x-amz-te",
    "x-amz-trailer",    "x-amz-user-agent",
    "x-amzn-trace-id",
};

/* Of the rest, what decides over the answer of a REST call. */
static const char *const input[] = {
    "content-type", "if-*", "range", "x-amz-*", "x-amzn-*",
};

static bool fits(struct str name, const char *pattern)
{
    struct str want = str_of(pattern);
    if (want.ptr[want.len - 1] != '*') {
        return str_eq_nocase(name, want);
    }
    want.len--;
    return name.len >= want.len &&
           str_eq_nocase(str_first(name, want.len), want);
}

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static bool fits_any(struct str name, const char *const *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (fits(name, rows[i])) {
            return true;
        }
    }
    return false;
}

static bool has_any(struct str name, const char *const *parts, size_t count)
{
    struct arena *scratch = arena_new();
    struct str lower = arena_lower(scratch, name);
    bool found = false;
    for (size_t i = 0; !found && i < count; i++) {
        found = str_contains(lower, str_of(parts[i]));
    }
    arena_free(scratch);
    return found;
}

static bool is_allowed(struct str name)
{
    return fits_any(name, allowed, COUNT(allowed)) &&
           !has_any(name, never, COUNT(never));
}

bool recording_header_is_secret(struct str name)
{
    return has_any(name, secrets, COUNT(secrets));
}

struct http_headers
recording_headers_allowed(struct arena *arena,
                          const struct http_headers *headers)
{
    struct http_headers out = {0};
    for (size_t i = 0; i < headers->count; i++) {
        if (is_allowed(headers->at[i].name)) {
            http_headers_add(arena, &out, headers->at[i].name,
                             headers->at[i].value);
        }
    }
    return out;
}

bool recording_header_is_input(struct str name)
{
    return fits_any(name, input, COUNT(input)) &&
           !fits_any(name, transport, COUNT(transport)) && is_allowed(name);
}

/* ---- what speaks of the body ---- */

typedef struct str sum_fn(struct arena *arena, struct str body);

static struct str sum_length(struct arena *arena, struct str body)
{
    return arena_printf(arena, "%zu", body.len);
}

static struct str sum_crc32(struct arena *arena, struct str body)
{
    return arena_printf(arena, "%u", (unsigned)http_crc32(body));
}

static struct str sum_crc32_base64(struct arena *arena, struct str body)
{
    uint32_t crc = http_crc32(body);
    char bytes[4];
    for (size_t i = 0; i < 4; i++) {
        bytes[i] = (char)(crc >> (24 - 8 * i) & 0xFFU);
    }
    return base64_write(arena, str_make(bytes, sizeof(bytes)));
}

static struct str sum_sha256_base64(struct arena *arena, struct str body)
{
    unsigned char hash[SIGV4_HASH_LEN];
    sigv4_sha256(body, hash);
    return base64_write(arena, str_make((const char *)hash, sizeof(hash)));
}

/* NULL: it would be wrong, and is not worth computing. */
static const struct {
    const char *name;
    sum_fn *sum;
} sums[] = {
    {"content-length", sum_length},
    {"content-md5", NULL},
    {"x-amz-checksum-crc32", sum_crc32_base64},
    {"x-amz-checksum-crc32c", NULL},
    {"x-amz-checksum-crc64nvme", NULL},
    {"x-amz-checksum-sha1", NULL},
    {"x-amz-checksum-sha256", sum_sha256_base64},
    {"x-amz-content-sha256", sigv4_sha256_hex},
    {"x-amz-crc32", sum_crc32},
};

static void fit_header(struct arena *arena, struct http_headers *headers,
                       const char *name, sum_fn *sum, struct str body)
{
    struct str old = http_headers_get(headers, name);
    if (old.ptr == NULL) {
        return;
    }
    if (sum == NULL) {
        http_headers_remove(headers, str_of(name));
        return;
    }
    if (sum == sigv4_sha256_hex && old.len != SIGV4_HEX_LEN) {
        return; /* "UNSIGNED-PAYLOAD" */
    }
    for (size_t i = 0; i < headers->count; i++) {
        if (str_eq_nocase(headers->at[i].name, str_of(name))) {
            headers->at[i].value = sum(arena, body);
        }
    }
}

void recording_headers_fit_body(struct arena *arena,
                                struct http_headers *headers, struct str body)
{
    for (size_t i = 0; i < COUNT(sums); i++) {
        fit_header(arena, headers, sums[i].name, sums[i].sum, body);
    }
}
