/* SPDX-License-Identifier: Apache-2.0 */
/* How AWS itself words a refusal, family by family. Codes and statuses matter:
 * by them SDKs decide whether to try again; only the last two are worth it.
 * Start at the table. */
#include "creds/private.h"

#include "base/rng.h"

enum family { JSON, REST_JSON, QUERY, EC2, S3, FAMILY_COUNT };

struct answer {
    int status;
    const char *code;
};

/* Sources: answers of the services to damaged calls, the "common errors" pages
 * of their API references, and S3's list of error responses. */
static const struct answer rows[REFUSE_COUNT][FAMILY_COUNT] = {
    [REFUSE_HOST] = {{403, "AccessDeniedException"},
                     {403, "AccessDeniedException"},
                     {403, "AccessDenied"},
                     {403, "UnauthorizedOperation"},
                     {403, "AccessDenied"}},
    [REFUSE_BROWSER] = {{403, "AccessDeniedException"},
                        {403, "AccessDeniedException"},
                        {403, "AccessDenied"},
                        {403, "UnauthorizedOperation"},
                        {403, "AccessDenied"}},
    [REFUSE_MISSING] = {{403, "MissingAuthenticationTokenException"},
                        {403, "MissingAuthenticationTokenException"},
                        {403, "MissingAuthenticationToken"},
                        {403, "MissingAuthenticationToken"},
                        {403, "AccessDenied"}},
    [REFUSE_INCOMPLETE] = {{400, "IncompleteSignatureException"},
                           {400, "IncompleteSignatureException"},
                           {400, "IncompleteSignature"},
                           {400, "IncompleteSignature"},
                           {400, "AuthorizationHeaderMalformed"}},
    [REFUSE_UNSUPPORTED] = {{400, "IncompleteSignatureException"},
                            {400, "IncompleteSignatureException"},
                            {400, "IncompleteSignature"},
                            {400, "IncompleteSignature"},
                            {400, "InvalidRequest"}},
    [REFUSE_UNKNOWN_KEY] = {{400, "UnrecognizedClientException"},
                            {403, "UnrecognizedClientException"},
                            {403, "InvalidClientTokenId"},
                            {401, "AuthFailure"},
                            {403, "InvalidAccessKeyId"}},
    [REFUSE_WRONG_TOKEN] = {{400, "UnrecognizedClientException"},
                            {403, "UnrecognizedClientException"},
                            {403, "InvalidClientTokenId"},
                            {401, "AuthFailure"},
                            {400, "InvalidToken"}},
    [REFUSE_EXPIRED_TOKEN] = {{400, "ExpiredTokenException"},
                              {403, "ExpiredTokenException"},
                              {403, "ExpiredToken"},
                              {400, "RequestExpired"},
                              {400, "ExpiredToken"}},
    [REFUSE_MISMATCH] = {{400, "InvalidSignatureException"},
                         {403, "InvalidSignatureException"},
                         {403, "SignatureDoesNotMatch"},
                         {401, "AuthFailure"},
                         {403, "SignatureDoesNotMatch"}},
    [REFUSE_UNSIGNED_HEADER] = {{400, "InvalidSignatureException"},
                                {403, "InvalidSignatureException"},
                                {403, "SignatureDoesNotMatch"},
                                {401, "AuthFailure"},
                                {403, "AccessDenied"}},
    [REFUSE_STALE] = {{400, "InvalidSignatureException"},
                      {403, "InvalidSignatureException"},
                      {403, "SignatureDoesNotMatch"},
                      {400, "RequestExpired"},
                      {403, "RequestTimeTooSkewed"}},
    [REFUSE_EXPIRED] = {{403, "AccessDeniedException"},
                        {403, "AccessDeniedException"},
                        {403, "AccessDenied"},
                        {403, "AccessDenied"},
                        {403, "AccessDenied"}},
    [REFUSE_BODY_MISMATCH] = {{400, "InvalidSignatureException"},
                              {403, "InvalidSignatureException"},
                              {403, "SignatureDoesNotMatch"},
                              {401, "AuthFailure"},
                              {400, "XAmzContentSHA256Mismatch"}},
    [REFUSE_BODY_BROKEN] = {{400, "IncompleteBody"},
                            {400, "IncompleteBody"},
                            {400, "IncompleteBody"},
                            {400, "IncompleteBody"},
                            {400, "IncompleteBody"}},
    [REFUSE_TOO_LARGE] = {{413, "RequestEntityTooLargeException"},
                          {413, "RequestEntityTooLargeException"},
                          {413, "RequestEntityTooLarge"},
                          {413, "RequestEntityTooLarge"},
                          {413, "EntityTooLarge"}},
    [REFUSE_TOO_SLOW] = {{408, "RequestTimeoutException"},
                         {408, "RequestTimeoutException"},
                         {408, "RequestTimeout"},
                         {408, "RequestTimeout"},
                         {400, "RequestTimeout"}},
    [REFUSE_BUSY] = {{503, "ServiceUnavailableException"},
                     {503, "ServiceUnavailableException"},
                     {503, "ServiceUnavailable"},
                     {503, "Unavailable"},
                     {503, "SlowDown"}},
};

static enum family family_of(const struct aws_call *called)
{
    static const enum family families[AWS_PROTOCOL_COUNT] = {
        [AWS_JSON_1_0] = JSON,       [AWS_JSON_1_1] = JSON,
        [AWS_QUERY] = QUERY,         [AWS_EC2] = EC2,
        [AWS_REST_JSON] = REST_JSON, [AWS_REST_XML] = QUERY,
        [AWS_CBOR] = JSON,
    };
    bool s3 = called->about != NULL && called->about->bare_errors;
    return s3 ? S3 : families[called->protocol];
}

/* "0a1b2c3d-...": AWS's request ids look like UUIDs. */
struct str creds_request_id(struct arena *arena)
{
    static const char digits[] = "0123456789abcdef";
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    unsigned char random[sizeof(form)];
    char id[sizeof(form)];
    rng_secret(random, sizeof(random));
    for (size_t i = 0; i < sizeof(form) - 1; i++) {
        id[i] = form[i];
        if (id[i] == 'x') {
            id[i] = digits[random[i] % 16];
        }
    }
    return arena_str(arena, str_make(id, sizeof(form) - 1));
}

struct http_response creds_refusal_write(struct arena *arena,
                                         const struct aws_call *called,
                                         enum creds_refusal refusal,
                                         struct str message,
                                         struct str *ret_code)
{
    const struct answer *row = &rows[refusal][family_of(called)];
    *ret_code = str_of(row->code);
    return aws_fault(arena, called, row->status, *ret_code, message,
                     creds_request_id(arena));
}
