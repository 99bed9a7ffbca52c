/* SPDX-License-Identifier: Apache-2.0 */
/* What an error answer says, whichever protocol it came in. Gateways and
 * emulators sometimes answer XML to a JSON call, so the body's first character
 * decides how it is read, and the protocol only when that tells nothing.
 * Start at aws_error_read(). */
#include "aws/private.h"

#include "xml/xml.h"

struct found {
    struct str code;
    struct str message;
};

/* The suffix goes first: what stands behind the colon may hold a '#' too. */
static struct str trim_type(struct str text)
{
    struct str rest = text;
    struct str name = str_cut(&rest, ':');
    size_t hash = str_find_last(name, '#');
    return str_trim(hash != STR_NOT_FOUND ? str_from(name, hash + 1) : name);
}

static struct str first_text(const struct json *object,
                             const char *const *names)
{
    for (; *names != NULL; names++) {
        struct str text = json_get_text(object, *names);
        if (text.ptr != NULL) {
            return text;
        }
    }
    return STR_NONE;
}

static const char *const code_names[] = {"__type", "code", "Code", NULL};
static const char *const message_names[] = {"message", "Message",
                                            "errorMessage", NULL};

static void read_json(struct arena *arena, struct str body, struct found *found)
{
    const struct json *value = json_read(arena, body, &json_default_limits);
    if (value == NULL) {
        return;
    }
    found->code = trim_type(first_text(value, code_names));
    found->message = first_text(value, message_names);
}

static void read_xml(struct arena *arena, struct str body, struct found *found)
{
    struct source *source = ARENA_NEW(arena, struct source);
    *source = (struct source){STR("error"), body};
    struct diag diag;
    diag_init(&diag, arena);
    const struct xml *root = NULL;
    if (!xml_read(arena, source, &root, &diag)) {
        return;
    }
    const struct xml *error = xml_find(root, "Error");
    found->code = trim_type(xml_child_text(error, "Code"));
    found->message = xml_child_text(error, "Message");
}

static void read_cbor(struct arena *arena, struct str body, struct found *found)
{
    struct str text = STR_NONE;
    if (cbor_get_text(arena, body, STR("__type"), &text)) {
        found->code = trim_type(text);
    }
    text = STR_NONE;
    if (cbor_get_text(arena, body, STR("message"), &text) ||
        cbor_get_text(arena, body, STR("Message"), &text)) {
        found->message = text;
    }
}

/* The headers outrank the body: the first is what SDKs show the user for
 * services that were query services once. */
static void read_headers(const struct http_headers *headers,
                         struct found *found)
{
    struct str type = http_headers_get(headers, "x-amzn-errortype");
    struct str query = http_headers_get(headers, "x-amzn-query-error");
    struct str code = trim_type(type);
    if (code.len > 0) {
        found->code = code;
    }
    code = str_trim(str_cut(&query, ';'));
    if (code.len > 0) {
        found->code = code;
    }
}

void aws_error_read(struct arena *arena, enum aws_protocol protocol,
                    const struct http_response *response, struct str *ret_code,
                    struct str *ret_message)
{
    struct found found = {STR_NONE, STR_NONE};
    struct str body = str_trim(response->body);
    char first = body.len > 0 ? body.ptr[0] : '\0';
    if (protocol == AWS_CBOR && first != '<' && first != '{') {
        /* not trimmed: any byte may begin or end it */
        read_cbor(arena, response->body, &found);
    } else if (first == '<') {
        read_xml(arena, body, &found);
    } else if (first == '{') {
        read_json(arena, body, &found);
    }
    read_headers(&response->headers, &found);
    if (found.code.len == 0) {
        /* A HEAD has no body: its status is all there is. */
        found.code = arena_printf(arena, "%d", response->status);
    }
    *ret_code = arena_str(arena, found.code);
    *ret_message =
        found.message.ptr != NULL ? arena_str(arena, found.message) : STR_NONE;
}

static bool is_one_of(const char *const *names, size_t count, struct str code)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(str_of(names[i]), code)) {
            return true;
        }
    }
    return false;
}

#define IS_ONE_OF(names, code)                                                 \
    is_one_of((names), sizeof(names) / sizeof((names)[0]), (code))

static const char *const throttles[] = {
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
};

bool aws_is_throttle(int status, struct str code)
{
    return status == 429 || status == 509 || IS_ONE_OF(throttles, code);
}

static const char *const denials[] = {
    "401",
    "403",
    "AccessDenied",
    "AccessDeniedException",
    "AccessDeniedFault",
    "AuthorizationError",
    "AuthorizationErrorException",
    "AuthFailure",
    "Forbidden",
    "ForbiddenException",
    "NotAuthorized",
    "NotAuthorizedException",
    "OptInRequired",
    "Unauthorized",
    "UnauthorizedException",
    "UnauthorizedOperation",
};

bool aws_is_denial(int status, struct str code)
{
    if (status < 400 || status >= 500) {
        return false;
    }
    return IS_ONE_OF(denials, code) ||
           str_ends(code, STR("AccessDeniedException"));
}

static const char *const id_names[] = {
    "x-amzn-requestid",
    "x-amz-request-id",
    "x-amzn-request-id",
};

struct str aws_request_id(const struct http_response *response)
{
    for (size_t i = 0; i < sizeof id_names / sizeof id_names[0]; i++) {
        struct str id = http_headers_get(&response->headers, id_names[i]);
        if (id.len > 0) {
            return id;
        }
    }
    return STR_NONE;
}
