/* SPDX-License-Identifier: Apache-2.0 */
/* What a request says of its own signature.
 * Strict, since two readings of one request are what an attack is made of.
 * Start at sigv4_claim_parse(), at the end. */
#include "sigv4/private.h"

#include "base/clock.h"

enum { MAX_EXPIRES_S = 604800 };

struct reading {
    struct arena *arena;
    const struct http_request *request;
    struct sigv4_claim claim;
    struct str algorithm;
    struct str credential;
    struct str expires;
    struct str *reterr;
};

/* A parameter of either form, and where it is put. */
struct field {
    const char *name;
    struct str *value;
};

#define COUNT(rows) (sizeof(rows) / sizeof(*(rows)))

static enum sigv4_verdict malformed(struct reading *r, const char *sentence)
{
    *r->reterr = str_of(sentence);
    return SIGV4_MALFORMED;
}

static enum sigv4_verdict unsupported(struct reading *r, const char *sentence)
{
    *r->reterr = str_of(sentence);
    return SIGV4_UNSUPPORTED;
}

static enum sigv4_verdict not_once(struct reading *r, const char *name,
                                   const char *how)
{
    *r->reterr = arena_printf(r->arena, "%s is given %s.", name, how);
    return SIGV4_MALFORMED;
}

static bool is_printable(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~') {
            return false;
        }
    }
    return true;
}

static bool are_digits(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
    }
    return true;
}

/* ---- parts that both forms have ---- */

/* "AKID/20150830/us-east-1/service/aws4_request"; old Go clients leave the
 * region empty. */
static enum sigv4_verdict read_credential(struct reading *r)
{
    struct sigv4_claim *claim = &r->claim;
    struct str rest = r->credential;
    claim->access_key = str_cut(&rest, '/');
    claim->scope.date = str_cut(&rest, '/');
    claim->scope.region = str_cut(&rest, '/');
    claim->scope.service = str_cut(&rest, '/');
    if (!str_eq(rest, STR(SIGV4_TERMINATOR)) || claim->access_key.len == 0 ||
        claim->scope.service.len == 0 || !is_printable(r->credential)) {
        return malformed(r, "Credential is not of the form KEY/DATE/REGION/"
                            "SERVICE/aws4_request.");
    }
    if (claim->scope.date.len != 8 || !are_digits(claim->scope.date)) {
        return malformed(r, "The date in Credential is not of the form "
                            "YYYYMMDD.");
    }
    return SIGV4_GOOD;
}

/* "20150830T123600Z" */
static bool is_amz_date(struct str text)
{
    return text.len == 16 && are_digits(str_first(text, 8)) &&
           text.ptr[8] == 'T' && are_digits(str_make(text.ptr + 9, 6)) &&
           text.ptr[15] == 'Z';
}

static enum sigv4_verdict read_date(struct reading *r)
{
    struct sigv4_claim *claim = &r->claim;
    if (!clock_parse(claim->amz_date, &claim->signed_at_ms)) {
        return malformed(r, "The date of the signature is not of the form "
                            "YYYYMMDDTHHMMSSZ.");
    }
    if (!is_amz_date(claim->amz_date)) {
        claim->amz_date = clock_amz_date(r->arena, claim->signed_at_ms);
    }
    if (!str_eq(str_first(claim->amz_date, 8), claim->scope.date)) {
        return malformed(r, "The date in Credential is not the day of the "
                            "signature.");
    }
    return SIGV4_GOOD;
}

static enum sigv4_verdict read_signature(struct reading *r)
{
    return sigv4_is_hex64(r->claim.signature, false)
               ? SIGV4_GOOD
               : malformed(r, "Signature is not 64 lower-case hexadecimal "
                              "digits.");
}

static bool has_capital(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] >= 'A' && text.ptr[i] <= 'Z') {
            return true;
        }
    }
    return false;
}

static bool is_sent(const struct http_headers *headers, struct str name)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (str_eq_nocase(headers->at[i].name, name)) {
            return true;
        }
    }
    return false;
}

static enum sigv4_verdict read_signed_headers(struct reading *r)
{
    struct str list = r->claim.signed_headers;
    struct str before = STR_NONE;
    struct str rest = list;
    if (list.len == 0 || !is_printable(list) || has_capital(list)) {
        return malformed(r, "SignedHeaders is not a list of lower-case header "
                            "names.");
    }
    while (rest.ptr != NULL) {
        struct str name = str_cut(&rest, ';');
        int order = before.ptr == NULL ? -1 : str_compare(before, name);
        if (name.len == 0) {
            return malformed(r, "SignedHeaders has an empty name.");
        }
        if (order > 0) {
            return malformed(r, "SignedHeaders is not sorted.");
        }
        if (order == 0) {
            return malformed(r, "SignedHeaders names a header twice.");
        }
        if (!is_sent(&r->request->headers, name)) {
            *r->reterr = arena_printf(r->arena,
                                      "SignedHeaders names '%.*s', which the "
                                      "request does not have.",
                                      STR_ARG(name));
            return SIGV4_MALFORMED;
        }
        before = name;
    }
    return SIGV4_GOOD;
}

typedef enum sigv4_verdict step_fn(struct reading *r);

static enum sigv4_verdict run_steps(struct reading *r, step_fn *const *steps,
                                    size_t count)
{
    enum sigv4_verdict verdict = SIGV4_GOOD;
    for (size_t i = 0; i < count && verdict == SIGV4_GOOD; i++) {
        verdict = steps[i](r);
    }
    return verdict;
}

/* ---- header form ---- */

static enum sigv4_verdict read_scheme(struct reading *r)
{
    if (str_eq(r->algorithm, STR(SIGV4_ALGORITHM))) {
        return SIGV4_GOOD;
    }
    if (str_starts(r->algorithm, STR("AWS4-ECDSA-P256-SHA256"))) {
        return unsupported(r, "Signature Version 4A (AWS4-ECDSA-P256-SHA256) "
                              "is not supported; use a regional endpoint.");
    }
    if (str_eq(r->algorithm, STR("AWS"))) {
        return unsupported(r, "Signature Version 2 is not supported; use "
                              "Signature Version 4.");
    }
    return unsupported(r, "Only signatures with " SIGV4_ALGORITHM
                          " are supported.");
}

/* The keys stand in any order; blanks after the commas are optional. */
static enum sigv4_verdict read_header_fields(struct reading *r, struct str list)
{
    const struct field fields[] = {
        {"Credential", &r->credential},
        {"SignedHeaders", &r->claim.signed_headers},
        {"Signature", &r->claim.signature},
    };
    while (list.ptr != NULL) {
        struct str value = str_trim(str_cut(&list, ','));
        struct str name = str_cut(&value, '=');
        const struct field *field = NULL;
        for (size_t i = 0; i < COUNT(fields); i++) {
            if (str_eq(name, str_of(fields[i].name))) {
                field = &fields[i];
            }
        }
        if (field == NULL || value.ptr == NULL) {
            return malformed(r, "Authorization has something other than "
                                "Credential, SignedHeaders and Signature.");
        }
        if (field->value->ptr != NULL) {
            return not_once(r, field->name, "twice");
        }
        *field->value = value;
    }
    for (size_t i = 0; i < COUNT(fields); i++) {
        if (fields[i].value->ptr == NULL) {
            return not_once(r, fields[i].name, "nowhere in Authorization");
        }
    }
    return SIGV4_GOOD;
}

static enum sigv4_verdict read_authorization(struct reading *r)
{
    struct str rest =
        str_trim(http_headers_get(&r->request->headers, "Authorization"));
    r->algorithm = str_cut(&rest, ' ');
    enum sigv4_verdict verdict = read_scheme(r);
    return verdict == SIGV4_GOOD ? read_header_fields(r, rest) : verdict;
}

/* A header that may be there once; STR_NONE when it is not. */
static bool read_single(struct reading *r, const char *name,
                        struct str *ret_value)
{
    if (http_headers_count(&r->request->headers, name) > 1) {
        (void)not_once(r, name, "twice");
        return false;
    }
    struct str value = http_headers_get(&r->request->headers, name);
    *ret_value = value.ptr == NULL ? value : str_trim(value);
    return true;
}

static enum sigv4_verdict read_companions(struct reading *r)
{
    struct str date;
    if (!read_single(r, "X-Amz-Date", &r->claim.amz_date) ||
        !read_single(r, "Date", &date) ||
        !read_single(r, "X-Amz-Security-Token", &r->claim.session_token) ||
        !read_single(r, "X-Amz-Content-Sha256", &r->claim.payload_hash)) {
        return SIGV4_MALFORMED;
    }
    if (r->claim.amz_date.ptr == NULL) {
        r->claim.amz_date = date;
    }
    return r->claim.amz_date.ptr != NULL
               ? SIGV4_GOOD
               : malformed(r, "The request has neither X-Amz-Date nor Date.");
}

static enum sigv4_verdict read_header_form(struct reading *r)
{
    static step_fn *const steps[] = {
        read_authorization, read_credential,     read_companions,
        read_date,          read_signed_headers, read_signature,
    };
    r->claim.form = SIGV4_HEADER;
    return run_steps(r, steps, COUNT(steps));
}

/* ---- query form ---- */

/* Each once, or two readers could take different ones. */
static enum sigv4_verdict read_query_fields(struct reading *r)
{
    const struct field fields[] = {
        {"X-Amz-Algorithm", &r->algorithm},
        {"X-Amz-Credential", &r->credential},
        {"X-Amz-Date", &r->claim.amz_date},
        {"X-Amz-Expires", &r->expires},
        {"X-Amz-SignedHeaders", &r->claim.signed_headers},
        {"X-Amz-Signature", &r->claim.signature},
        {"X-Amz-Security-Token", &r->claim.session_token},
        {"X-Amz-Content-Sha256", &r->claim.payload_hash},
    };
    enum { REQUIRED = 6 };
    struct str rest = http_target_query(r->request->target);
    while (rest.ptr != NULL) {
        struct str value = str_cut(&rest, '&');
        struct str name = http_decode(r->arena, str_cut(&value, '='), true);
        for (size_t i = 0; i < COUNT(fields); i++) {
            if (!str_eq(name, str_of(fields[i].name))) {
                continue;
            }
            if (fields[i].value->ptr != NULL) {
                return not_once(r, fields[i].name, "twice");
            }
            *fields[i].value = http_decode(r->arena, value, true);
        }
    }
    if (r->algorithm.ptr != NULL) {
        enum sigv4_verdict verdict = read_scheme(r);
        if (verdict != SIGV4_GOOD) {
            return verdict;
        }
    }
    for (size_t i = 0; i < REQUIRED; i++) {
        if (fields[i].value->ptr == NULL) {
            return not_once(r, fields[i].name, "nowhere in the query");
        }
    }
    return SIGV4_GOOD;
}

static enum sigv4_verdict read_expires(struct reading *r)
{
    uint64_t seconds = 0;
    if (!str_to_u64(r->expires, &seconds) || seconds < 1 ||
        seconds > MAX_EXPIRES_S) {
        return malformed(r, "X-Amz-Expires is not a number of seconds between "
                            "1 and 604800.");
    }
    r->claim.expires_s = (int64_t)seconds;
    return SIGV4_GOOD;
}

/* The header says what is really sent, so it goes before the parameter. */
static enum sigv4_verdict read_payload_header(struct reading *r)
{
    struct str header = STR_NONE;
    if (!read_single(r, "X-Amz-Content-Sha256", &header)) {
        return SIGV4_MALFORMED;
    }
    if (header.ptr != NULL) {
        r->claim.payload_hash = header;
    }
    return SIGV4_GOOD;
}

static enum sigv4_verdict read_query_form(struct reading *r)
{
    static step_fn *const steps[] = {
        read_query_fields,   read_credential, read_date,           read_expires,
        read_signed_headers, read_signature,  read_payload_header,
    };
    r->claim.form = SIGV4_QUERY;
    return run_steps(r, steps, COUNT(steps));
}

/* ---- which form ---- */

static bool has_parameter(struct reading *r, struct str name)
{
    struct str ignored;
    return http_query_get(r->arena, http_target_query(r->request->target), name,
                          &ignored);
}

static enum sigv4_verdict read_claim(struct reading *r)
{
    size_t headers = http_headers_count(&r->request->headers, "Authorization");
    bool query = has_parameter(r, STR("X-Amz-Signature")) ||
                 has_parameter(r, STR("X-Amz-Algorithm")) ||
                 has_parameter(r, STR("X-Amz-Credential"));
    bool version_2 = has_parameter(r, STR("AWSAccessKeyId")) &&
                     has_parameter(r, STR("Signature"));
    if (headers > 1) {
        return malformed(r, "The request has more than one Authorization "
                            "header.");
    }
    if (headers + query + version_2 > 1) {
        return malformed(r, "The request is signed twice: by the Authorization "
                            "header and by its query, or by two versions.");
    }
    if (version_2) {
        r->algorithm = STR("AWS");
        return read_scheme(r);
    }
    if (query) {
        return read_query_form(r);
    }
    return headers > 0 ? read_header_form(r) : SIGV4_GOOD;
}

enum sigv4_verdict sigv4_claim_parse(struct arena *arena,
                                     const struct http_request *request,
                                     struct sigv4_claim *ret_claim,
                                     struct str *reterr)
{
    struct reading reading = {
        .arena = arena, .request = request, .reterr = reterr};
    *reterr = STR_NONE;
    enum sigv4_verdict verdict = read_claim(&reading);
    *ret_claim = reading.claim;
    return verdict;
}
