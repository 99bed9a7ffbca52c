/* SPDX-License-Identifier: Apache-2.0 */
/* Whose call a request is, when all that is left of it lies in a file: a
 * redacted cassette has no credential scope, so the host must tell as well.
 * Start at convert_whose(). */
#include "convert/private.h"

#include <assert.h>

/* ---- URLs ---- */

/* Blanks and bytes that no target may hold, percent-encoded. */
static struct str clean_target(struct arena *arena, struct str text)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = arena_alloc(arena, text.len * 3 + 2);
    size_t len = 0;
    if (text.len == 0 || text.ptr[0] != '/') {
        out[len++] = '/';
    }
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c > ' ' && c < 0x7F) {
            out[len++] = (char)c;
        } else {
            out[len++] = '%';
            out[len++] = digits[c >> 4];
            out[len++] = digits[c & 15];
        }
    }
    return str_make(out, len);
}

/* Up to the first byte of `ends`. */
static struct str take_until(struct str *rest, const char *ends)
{
    size_t len = 0;
    while (len < rest->len &&
           str_find(str_of(ends), rest->ptr[len]) == STR_NOT_FOUND) {
        len++;
    }
    struct str taken = str_first(*rest, len);
    *rest = str_from(*rest, len);
    return taken;
}

bool convert_url_split(struct arena *arena, struct str text,
                       struct convert_url *ret_url)
{
    size_t mark = str_find_str(text, STR("://"));
    if (mark == STR_NOT_FOUND || mark == 0) {
        return false;
    }
    struct str rest = str_from(text, mark + 3);
    struct str authority = take_until(&rest, "/?#");
    size_t at = str_find_last(authority, '@');
    struct str host =
        at == STR_NOT_FOUND ? authority : str_from(authority, at + 1);
    const char *ends = ":";
    if (str_starts(host, STR("["))) {
        host = str_from(host, 1);
        ends = "]";
    }
    ret_url->host = arena_lower(arena, take_until(&host, ends));
    ret_url->target = clean_target(arena, take_until(&rest, "#"));
    return ret_url->host.len > 0;
}

/* ---- the credential scope ---- */

struct scope {
    struct str access_key;
    struct str region;
    struct str service;
};

static bool is_made_of(struct str text, const char *set, size_t most)
{
    for (size_t i = 0; i < text.len; i++) {
        if (str_find(str_of(set), text.ptr[i]) == STR_NOT_FOUND) {
            return false;
        }
    }
    return text.len > 0 && text.len <= most;
}

static bool is_name(struct str text)
{
    return is_made_of(text, "abcdefghijklmnopqrstuvwxyz0123456789-._", 64);
}

static bool is_date(struct str text)
{
    return text.len == 8 && is_made_of(text, "0123456789", 8);
}

static struct str take_last(struct str *rest)
{
    size_t slash = str_find_last(*rest, '/');
    struct str last =
        slash == STR_NOT_FOUND ? *rest : str_from(*rest, slash + 1);
    *rest = slash == STR_NOT_FOUND ? STR_NONE : str_first(*rest, slash);
    return last;
}

/* AKID/date/region/service/aws4_request; of SigV4a there is no region. */
static bool read_scope(struct str text, struct scope *scope)
{
    if (!str_eq(take_last(&text), STR("aws4_request"))) {
        return false;
    }
    scope->service = take_last(&text);
    scope->region = take_last(&text);
    if (is_date(scope->region)) {
        scope->region = STR("");
    } else if (!is_name(scope->region)) {
        return false;
    } else {
        (void)take_last(&text);
    }
    bool whole = is_made_of(
        text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwxyz",
        128);
    scope->access_key = whole ? text : STR_NONE;
    return is_name(scope->service);
}

static bool find_scope(struct arena *arena, const struct http_request *request,
                       struct scope *scope)
{
    const struct str word = STR("Credential=");
    struct str text = http_headers_get(&request->headers, "Authorization");
    struct str query = http_target_query(request->target);
    size_t at = str_find_str(text, word);
    if (at != STR_NOT_FOUND) {
        text = str_from(text, at + word.len);
        return read_scope(take_until(&text, ", \t"), scope);
    }
    return http_query_get(arena, query, STR("X-Amz-Credential"), &text) &&
           read_scope(text, scope);
}

/* ---- hosts ---- */

struct site {
    struct str service; /* signing name, or as the host has it */
    struct str region;
    struct str bucket;
};

static const char *const suffixes[] = {
    ".amazonaws.com.cn", ".amazonaws.com",
    ".api.aws",          ".api.amazonwebservices.com.cn",
    ".amazonaws.eu",     ".api.amazonwebservices.eu",
    ".c2s.ic.gov",       ".sc2s.sgov.gov",
    ".cloud.adc-e.uk",   ".csp.hci.ic.gov",
};

/* Parts of hosts that are no endpoint prefix, and what they stand for. */
static const char *const nicknames[][2] = {
    {"queue", "sqs"},
    {"ddb", "dynamodb"},
    {"s3-accelerate", "s3"},
    {"s3-external-1", "s3"},
};

/* "us-east-1", "us-gov-west-1"; but a bucket may be "my-bucket-1". */
static bool is_region(struct str label)
{
    static const char *const areas[] = {
        "af-", "ap-", "ca-", "cn-", "eu-", "eusc-",
        "il-", "me-", "mx-", "sa-", "us-",
    };
    size_t dash = str_find_last(label, '-');
    bool fits = dash != STR_NOT_FOUND && str_find(label, '-') != dash &&
                is_made_of(str_from(label, dash + 1), "0123456789", 2);
    for (size_t i = 0; fits && i < sizeof(areas) / sizeof(areas[0]); i++) {
        if (str_starts(label, str_of(areas[i]))) {
            return is_made_of(str_first(label, dash),
                              "abcdefghijklmnopqrstuvwxyz-", 24);
        }
    }
    return false;
}

/* "ssm.us-east-1" before its suffix; STR_NONE: no host of AWS. */
static struct str without_suffix(struct str host)
{
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        if (str_ends(host, str_of(suffixes[i]))) {
            return str_first(host, host.len - strlen(suffixes[i]));
        }
    }
    return STR_NONE;
}

static struct str without_end(struct str text, struct str end)
{
    return str_ends(text, end) ? str_first(text, text.len - end.len) : text;
}

static const struct aws_service *
service_at_prefix(const struct aws_registry *registry, struct str prefix)
{
    assert(prefix.ptr != NULL); /* for clang-tidy: it is not empty */
    for (size_t i = 0; i < sizeof(nicknames) / sizeof(nicknames[0]); i++) {
        if (str_eq(prefix, str_of(nicknames[i][0]))) {
            prefix = str_of(nicknames[i][1]);
        }
    }
    for (size_t i = 0; i < aws_service_count(registry); i++) {
        const struct aws_service *service = aws_service_at(registry, i);
        if (str_eq(service->endpoint_prefix, prefix)) {
            return service;
        }
    }
    return aws_service_find(registry, prefix);
}

/* "api.ecr" is a prefix whole; of "bucket.s3" and "123456789012.s3-control"
 * only the end is one. */
static bool find_prefix(const struct aws_registry *registry, struct str labels,
                        struct site *place)
{
    labels = without_end(labels, STR(".dualstack"));
    labels = without_end(labels, STR("-fips"));
    struct str rest = labels;
    while (rest.len > 0) {
        const struct aws_service *service = service_at_prefix(registry, rest);
        if (service != NULL) {
            size_t ahead = (size_t)(rest.ptr - labels.ptr);
            place->service = service->signing_name;
            if (ahead > 0 && str_eq(service->name, STR("s3"))) {
                place->bucket = str_first(labels, ahead - 1);
            }
            return true;
        }
        (void)str_cut(&rest, '.');
    }
    place->service = labels;
    return false;
}

/* "s3-us-west-2" was once the way to write a region. */
static bool split_old_s3(struct str label, struct str *ret_region)
{
    const struct str prefix = STR("s3-");
    *ret_region = str_from(label, prefix.len);
    return str_starts(label, prefix) && is_region(*ret_region);
}

/* A global host signs for its home; where that is, the registry may know. */
static struct str home_of(struct aws_registry *registry, struct arena *arena,
                          struct str signing_name)
{
    struct aws_endpoint endpoint;
    struct str unused;
    if (aws_endpoint_find(registry, arena, STR_NONE, signing_name, STR(""),
                          &endpoint, &unused)) {
        return endpoint.signing_region;
    }
    return STR("us-east-1");
}

static bool find_place(struct aws_registry *registry, struct arena *arena,
                       struct str host, struct site *place)
{
    struct str labels = without_suffix(host);
    struct str rest = labels;
    if (labels.len == 0) {
        return false;
    }
    struct str ahead = STR_NONE;
    struct str behind = STR_NONE;
    while (rest.ptr != NULL) {
        struct str label = str_cut(&rest, '.');
        struct str region = label;
        size_t start = (size_t)(label.ptr - labels.ptr);
        if (split_old_s3(label, &region)) {
            ahead = str_first(labels, start + strlen("s3"));
        } else if (is_region(label)) {
            region = label;
            ahead = str_first(labels, start > 0 ? start - 1 : 0);
        } else {
            continue;
        }
        place->region = region;
        behind = rest;
    }
    if (place->region.len == 0) {
        (void)find_prefix(registry, labels, place);
        place->region = home_of(registry, arena, place->service);
    } else if (!find_prefix(registry, ahead, place) && behind.len > 0) {
        /* "us-east-1.queue", of old */
        struct str guess = place->service;
        if (!find_prefix(registry, behind, place) && guess.len > 0) {
            place->service = guess;
        }
    }
    return true;
}

/* ---- together ---- */

static bool hands_out_credentials(struct str host)
{
    static const char *const hosts[] = {"169.254.169.254", "169.254.170.2",
                                        "169.254.170.23", "fd00:ec2::254",
                                        "fd00:ec2::23"};
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        if (str_eq(host, str_of(hosts[i]))) {
            return true;
        }
    }
    return false;
}

/* Emulators get calls without scope too. */
static bool names_a_call(struct arena *arena,
                         const struct http_request *request)
{
    struct str target = http_headers_get(&request->headers, "X-Amz-Target");
    if (str_find(target, '.') != STR_NOT_FOUND) {
        return true;
    }
    const struct str places[] = {http_target_query(request->target),
                                 request->body};
    for (size_t i = 0; i < 2; i++) {
        struct str unused;
        if (http_query_get(arena, places[i], STR("Action"), &unused) &&
            http_query_get(arena, places[i], STR("Version"), &unused)) {
            return true;
        }
    }
    return false;
}

/* What settled sees of a bucket is a path. */
static void move_bucket(struct arena *arena, const struct site *place,
                        struct http_request *request)
{
    if (place->bucket.len > 0) {
        request->target =
            arena_printf(arena, "/%.*s%.*s", STR_ARG(place->bucket),
                         STR_ARG(request->target));
        http_headers_remove(&request->headers, STR("Host"));
    }
}

enum convert_whose convert_whose(struct aws_registry *registry,
                                 struct arena *arena, struct str host,
                                 struct http_request *request,
                                 struct str *ret_access_key,
                                 struct aws_call *ret_call)
{
    struct scope scope = {.access_key = STR_NONE};
    struct site place = {.bucket = STR_NONE};
    if (hands_out_credentials(host)) {
        return CONVERT_CHAIN;
    }
    bool scoped = find_scope(arena, request, &scope);
    bool placed = find_place(registry, arena, host, &place);
    if (!scoped && !placed && !names_a_call(arena, request)) {
        return CONVERT_OTHER;
    }
    if (!scoped) {
        scope =
            (struct scope){.service = place.service, .region = place.region};
    }
    *ret_access_key = scope.access_key;
    move_bucket(arena, &place, request);
    aws_identify(registry, arena, request, scope.service, scope.region,
                 request->body, ret_call);
    return CONVERT_AWS;
}
