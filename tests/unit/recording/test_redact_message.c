/* SPDX-License-Identifier: Apache-2.0 */
/* Canaries: secrets in every place that a call can hold one, and a file in
 * which none of them may be found, in any form. Start at main(). */
#include "scene.h"

#include "base/base64.h"

/* ---- the canaries ---- */

/* Each word is one secret; none is part of another. */
static const char *const canaries[] = {
    "AKIAZZZZCANARY000001",   "ASIAZZZZCANARY000002",
    "canary-string/03+\"q\"", "canary-leaf-04",
    "canary-param-05",        "canary-json-leaf-06",
    "canary-session-07",      "canary-secret-key-08",
    "canary-plaintext-09",    "canary-password-10",
    "canary-token-11",        "canary-binary-12",
    "canary-random-13",       "canary-customer-key-14",
    "canary-xml-15&<",        "canary-form-16 with blank",
    "canary-saml-17",         "canary-cookie-18",
    "canary-document-19",     "123456789012",
    "210987654321",           "5551234567",
};

struct hideout {
    struct words request;
    const char *request_header; /* "Name: value" */
    int status;
    const char *type; /* of the answer */
    const char *response;
    const char *response_header;
};

#define JSON11 "application/x-amz-json-1.1"
#define FORM   "application/x-www-form-urlencoded; charset=utf-8"

static const struct hideout hideouts[] = {
    /* members that the model calls sensitive, and later appearances */
    {{"secretsmanager", "POST", "/", "secretsmanager.CreateSecret", JSON11,
      "{\"Name\":\"plain-name\",\"SecretString\":\"canary-string/"
      "03+\\\"q\\\"\","
      "\"Description\":\"holds canary-string/03+\\\"q\\\" twice\"}"},
     "X-Amz-Security-Token: canary-token-11",
     200,
     JSON11,
     "{\"ARN\":\"arn:aws:secretsmanager:eu-west-1:123456789012:secret:x\","
     "\"Name\":\"plain-name\"}",
     NULL},
    /* a secret that is a document: each leaf is one, numbers too */
    {{"secretsmanager", "POST", "/", "secretsmanager.PutSecretValue", JSON11,
      "{\"SecretId\":\"x\",\"SecretString\":\"{\\\"password\\\": "
      "\\\"canary-leaf-04\\\", \\\"pin\\\": 5551234567}\"}"},
     NULL,
     400,
     JSON11,
     "{\"__type\":\"InvalidParameterException\",\"message\":\"not valid: "
     "canary-leaf-04 in account 123456789012, token canary-token-11\"}",
     "x-amzn-errormessage: canary-leaf-04"},
    {{"secretsmanager", "POST", "/", "secretsmanager.GetSecretValue", JSON11,
      "{\"SecretId\":\"x\"}"},
     "Cookie: session=canary-cookie-18",
     200,
     JSON11,
     /* base64 of canary-binary-12 */
     "{\"SecretBinary\":\"Y2FuYXJ5LWJpbmFyeS0xMg==\",\"Note\":"
     "\"canary-binary-12, session=canary-cookie-18\"}",
     "Set-Cookie: session=canary-cookie-18"},
    {{"secretsmanager", "POST", "/", "secretsmanager.GetRandomPassword", JSON11,
      "{}"},
     NULL,
     200,
     JSON11,
     "{\"RandomPassword\":\"canary-random-13\"}",
     NULL},
    /* values of parameters, whatever their type */
    {{"ssm", "POST", "/", "AmazonSSM.PutParameter", JSON11,
      "{\"Name\": \"/a/canary-param-05\", \"Type\": \"String\", \"Value\": "
      "\"canary-param-05\"}"},
     NULL,
     200,
     JSON11,
     "{\"Version\": 1}",
     NULL},
    {{"kms", "POST", "/", "TrentService.Encrypt", JSON11,
      /* base64 of canary-plaintext-09 */
      "{\"KeyId\":\"k\",\"Plaintext\":\"Y2FuYXJ5LXBsYWludGV4dC0wOQ==\"}"},
     NULL,
     200,
     JSON11,
     "{\"CiphertextBlob\":\"AQID\",\"KeyId\":"
     "\"arn:aws:kms:eu-west-1:123456789012:key/k\"}",
     NULL},
    /* a document in a plain string of an unknown operation */
    {{"events", "POST", "/", "AWSEvents.Whatever", JSON11,
      "{\"Detail\":\"{\\\"deep\\\":{\\\"password\\\":"
      "\\\"canary-json-leaf-06\\\"}}\",\"Copy\":\"canary-json-leaf-06\"}"},
     NULL,
     200,
     JSON11,
     "{\"Account\":\"210987654321\",\"Other\":\"of 210987654321.\"}",
     NULL},
    /* query: a form, and XML */
    {{"sts", "POST", "/", NULL, FORM,
      "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A"
      "123456789012%3Arole%2Fr&RoleSessionName=s"},
     "X-Amz-Content-Sha256: "
     "0000000000000000000000000000000000000000000000000000000000000000",
     200,
     "text/xml",
     "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>"
     "ASIAZZZZCANARY000002</AccessKeyId><SecretAccessKey>canary-secret-key-08"
     "</SecretAccessKey><SessionToken>canary-session-07</SessionToken>"
     "</Credentials></AssumeRoleResult></AssumeRoleResponse>",
     NULL},
    {{"rds", "POST", "/", NULL, FORM,
      "Action=CreateDBInstance&Version=2014-10-31&MasterUserPassword="
      "canary-form-16%20with%20blank&Note=canary-form-16+with+blank"},
     NULL,
     400,
     "text/xml",
     "<ErrorResponse><Error><Message>bad: canary-form-16 with blank, "
     "canary-secret-key-08</Message></Error></ErrorResponse>",
     NULL},
    {{"sts", "POST", "/", NULL, FORM,
      "Action=AssumeRoleWithSAML&Version=2011-06-15&SAMLAssertion="
      "canary-saml-17&RoleArn=r"},
     NULL,
     400,
     "text/xml",
     "<ErrorResponse><Error><Password>canary-xml-15&amp;&lt;</Password>"
     "<Message>canary-saml-17 and canary-xml-15&amp;&#60;</Message></Error>"
     "</ErrorResponse>",
     NULL},
    /* REST: targets, headers, documents */
    {{"s3", "GET",
      "/bucket/canary-param-05?X-Amz-Credential=AKIAZZZZCANARY000001%2F"
      "20250101%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Signature=00ff&"
      "X-Amz-Security-Token=canary-token-11",
      NULL, "", ""},
     "x-amz-server-side-encryption-customer-key: canary-customer-key-14",
     403,
     "application/xml",
     "<Error><Message>AKIAZZZZCANARY000001 canary-customer-key-14</Message>"
     "<Owner>123456789012</Owner></Error>",
     "x-amz-meta-note: canary-session-07"},
    {{"lambda", "POST", "/2015-03-31/functions/f/invocations", NULL,
      "application/json", "{\"password\":\"canary-password-10\"}"},
     NULL,
     200,
     "text/plain",
     "logged canary-password-10 and canary-form-16%20with%20blank and "
     "AKIAZZZZCANARY000001",
     NULL},
    {{"sqs", "POST", "/123456789012/queue", NULL, FORM,
      "Action=SendMessage&Version=2012-11-05&MessageBody=%7B%22secretString"
      "%22%3A%22canary-document-19%22%7D"},
     NULL,
     200,
     "text/xml",
     "<R><QueueUrl>https://sqs.eu-west-1.amazonaws.com/123456789012/q"
     "</QueueUrl></R>",
     NULL},
};

static void add_header(struct arena *arena, struct http_headers *headers,
                       const char *text)
{
    struct str value = str_of(text);
    if (text != NULL) {
        struct str name = str_cut(&value, ':');
        http_headers_add(arena, headers, name, str_trim(value));
    }
}

static void write_hideouts(struct scene *scene, struct recording_writer *writer)
{
    for (size_t i = 0; i < sizeof(hideouts) / sizeof(hideouts[0]); i++) {
        const struct hideout *hideout = &hideouts[i];
        struct aws_call call;
        struct recording_interaction what = {
            .kind = RECORDING_CALL,
            .exchange = STR("x"),
            .access_key = STR("AKIAZZZZCANARY000001"),
            .call = &call,
            .outcome = HTTP_ANSWERED,
            .response = {.status = hideout->status,
                         .body = str_of(hideout->response)},
        };
        scene_request(scene, &hideout->request, &what.request, &call);
        http_headers_add(scene->arena, &what.request.headers,
                         STR("Authorization"),
                         STR("AWS4-HMAC-SHA256 Credential=AKIAZZZZCANARY000001/"
                             "x, Signature=ffff"));
        add_header(scene->arena, &what.request.headers,
                   hideout->request_header);
        add_header(scene->arena, &what.response.headers, "Content-Length: 1");
        http_headers_add(scene->arena, &what.response.headers,
                         STR("Content-Type"), str_of(hideout->type));
        add_header(scene->arena, &what.response.headers,
                   hideout->response_header);
        assert_true(recording_write_interaction(writer, &what));
    }
}

static struct str percent_decoded(struct arena *arena, struct str text)
{
    return http_decode(arena, text, true);
}

static void no_canary_gets_out(void **state)
{
    struct scene *scene = *state;
    struct recording_session_facts facts = scene_facts();
    struct recording_writer *writer = scene_writer(scene, &facts);
    write_hideouts(scene, writer);
    const struct event event = {
        .exchange = STR("x"),
        .outcome = OUTCOME_SETTLED,
        .resource = STR("arn:aws:ssm:eu-west-1:123456789012:canary-param-05"),
    };
    assert_true(recording_write_outcome(writer, &event, 1));
    assert_true(recording_writer_close(writer));
    struct str text = scene_text(scene);
    struct str decoded = percent_decoded(scene->arena, text);
    for (size_t i = 0; i < sizeof(canaries) / sizeof(canaries[0]); i++) {
        assert_lacks(text, canaries[i]);
        assert_lacks(decoded, canaries[i]);
        struct str base64 = base64_write(scene->arena, str_of(canaries[i]));
        base64 = str_first(base64, base64.len - 4);
        assert_lacks(text, base64.len > 8 ? base64.ptr : canaries[i]);
    }
    assert_lacks(text, "canary");
    assert_lacks(text, "Authorization");
    assert_holds(text, "plain-name");
    struct recording *recording = scene_load(scene);
    assert_int_equal(recording->entry_count,
                     sizeof(hideouts) / sizeof(hideouts[0]) + 1);
    struct diag found;
    diag_init(&found, scene->arena);
    if (recording_find_secrets(recording, scene->registry, &found) != 0) {
        fail_msg("%s", diag_text(scene->arena, &found).ptr);
    }
    recording_free(recording);
}

/* What is in the file passes unchanged through a redactor of its key that was
 * told of the placeholders: a replayed answer comes back as it is. */
static void what_was_redacted_stays_as_it_is(void **state)
{
    struct scene *scene = *state;
    struct recording_session_facts facts = scene_facts();
    struct recording_writer *writer = scene_writer(scene, &facts);
    write_hideouts(scene, writer);
    assert_true(recording_writer_close(writer));
    struct recording *recording = scene_load(scene);
    struct recording_redactor *redactor =
        recording_redactor_new(scene->registry, recording->sessions[0].key);
    for (size_t i = 0; i < recording->placeholder_count; i++) {
        recording_redactor_keep(redactor, recording->placeholders[i]);
    }
    for (size_t i = 0; i < recording->entry_count; i++) {
        struct recording_interaction got;
        struct aws_call call;
        recording_get(recording, i, scene->arena, &got, &call);
        struct http_request request = recording_redactor_request(
            redactor, scene->arena, &call, &got.request);
        struct http_response response = recording_redactor_response(
            redactor, scene->arena, &call, &got.response);
        assert_true(str_eq(request.body, got.request.body));
        assert_true(str_eq(request.target, got.request.target));
        assert_true(str_eq(response.body, got.response.body));
        const struct json *input =
            recording_input(scene->arena, scene->registry, &call, &got.request);
        assert_true(json_equal(
            recording_redactor_json(redactor, scene->arena, &call, input),
            recording->entries[i].input));
    }
    recording_redactor_free(redactor);
    recording_free(recording);
}

/* The same scene, asked again live under the same key, asks the same. */
static void a_live_request_is_redacted_as_the_recorded_one_was(void **state)
{
    struct scene *scene = *state;
    struct recording_session_facts facts = scene_facts();
    struct recording_writer *writer = scene_writer(scene, &facts);
    write_hideouts(scene, writer);
    assert_true(recording_writer_close(writer));
    struct recording *recording = scene_load(scene);
    struct recording_redactor *redactor =
        recording_redactor_new(scene->registry, recording->sessions[0].key);
    for (size_t i = 0; i < recording->placeholder_count; i++) {
        recording_redactor_keep(redactor, recording->placeholders[i]);
    }
    for (size_t i = 0; i < recording->entry_count; i++) {
        struct http_request request;
        struct aws_call call;
        scene_request(scene, &hideouts[i].request, &request, &call);
        add_header(scene->arena, &request.headers, hideouts[i].request_header);
        const struct json *input =
            recording_input(scene->arena, scene->registry, &call, &request);
        struct buf live = {0};
        struct buf recorded = {0};
        json_write_canonical(
            recording_redactor_json(redactor, scene->arena, &call, input),
            &live);
        json_write_canonical(recording->entries[i].input, &recorded);
        buf_add_char(&recorded, '\0');
        assert_text(buf_str(&live), recorded.bytes);
        buf_free(&live);
        buf_free(&recorded);
    }
    recording_redactor_free(redactor);
    recording_free(recording);
}

static void lengths_and_checksums_fit(void **state)
{
    struct scene *scene = *state;
    unsigned char key[RECORDING_KEY_SIZE] = {1};
    struct recording_redactor *redactor =
        recording_redactor_new(scene->registry, key);
    struct recording_interaction what =
        scene_json(scene, "ssm", "AmazonSSM.GetParameter", "{\"Name\":\"/x\"}",
                   "{\"Parameter\":{\"Value\":\"hunter2hunter2\"}}");
    add_header(scene->arena, &what.response.headers, "Content-Length: 42");
    add_header(scene->arena, &what.response.headers, "x-amz-crc32: 1");
    add_header(scene->arena, &what.response.headers, "Content-MD5: x");
    add_header(scene->arena, &what.response.headers,
               "x-amz-checksum-sha256: x");
    add_header(scene->arena, &what.response.headers, "x-amz-checksum-sha1: x");
    struct http_response clean = recording_redactor_response(
        redactor, scene->arena, what.call, &what.response);
    struct http_headers *headers = &clean.headers;
    assert_text(http_headers_get(headers, "content-length"),
                arena_printf(scene->arena, "%zu", clean.body.len).ptr);
    assert_text(
        http_headers_get(headers, "x-amz-crc32"),
        arena_printf(scene->arena, "%u", (unsigned)http_crc32(clean.body)).ptr);
    assert_null(http_headers_get(headers, "content-md5").ptr);
    assert_null(http_headers_get(headers, "x-amz-checksum-sha1").ptr);
    assert_int_equal(http_headers_get(headers, "x-amz-checksum-sha256").len,
                     44);
    /* What is not touched keeps them as they came. */
    what.response.body = STR("{\"Parameter\":{}}");
    clean = recording_redactor_response(redactor, scene->arena, what.call,
                                        &what.response);
    assert_text(http_headers_get(&clean.headers, "content-length"), "42");
    assert_text(http_headers_get(&clean.headers, "x-amz-crc32"), "1");
    recording_redactor_free(redactor);
}

static void what_cannot_be_understood_is_left_out(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *type;
        const char *body;
        bool left_out;
    } rows[] = {
        {JSON11, "{\"SecretString\":\"cut", true},
        {"application/json", "{\"a\":", true},
        {"application/json", "\"a word\"", false},
        {"application/json", "12", false},
        {"text/xml", "<a><b></a>", true},
        {"text/html", "<html><p>broken", false},
        {"application/x-amz-cbor", "\xa1\x61\x61\x01", true},
        {"application/octet-stream", "\xff\xfe\x01", false},
        {"application/octet-stream", "\xff hunter2hunter2 \xfe", true},
        {"text/plain", "hunter2hunter2", false},
        {"", "", false},
    };
    unsigned char key[RECORDING_KEY_SIZE] = {1};
    struct recording_redactor *redactor =
        recording_redactor_new(scene->registry, key);
    (void)recording_redactor_secret(redactor, scene->arena,
                                    STR("hunter2hunter2"));
    const struct aws_call call = {.protocol = AWS_REST_JSON};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_response response = {.status = 200,
                                         .body = str_of(rows[i].body)};
        http_headers_add(scene->arena, &response.headers, STR("Content-Type"),
                         str_of(rows[i].type));
        int64_t left_out = 0;
        struct http_response clean = recording_redact_response(
            redactor, scene->arena, &call, &response, &left_out);
        if ((left_out > 0) != rows[i].left_out) {
            fail_msg("row %zu: %d left out", i, (int)left_out);
        }
        assert_lacks(clean.body, "hunter2");
        if (left_out > 0) {
            assert_int_equal(left_out, response.body.len);
            assert_int_equal(clean.body.len, 0);
        }
    }
    recording_redactor_free(redactor);
}

static void without_redaction_only_credentials_go(void **state)
{
    struct scene *scene = *state;
    struct recording_session_facts facts = scene_facts();
    facts.redact = false;
    struct recording_writer *writer = scene_writer(scene, &facts);
    struct recording_interaction what =
        scene_json(scene, "ssm", "AmazonSSM.PutParameter",
                   "{\"Name\":\"/x\",\"Value\":\"hunter2\"}",
                   "{\"Arn\":\"arn:aws:ssm:eu-west-1:123456789012:x\"}");
    add_header(scene->arena, &what.request.headers, "Authorization: abc");
    assert_true(recording_write_interaction(writer, &what));
    assert_true(recording_writer_close(writer));
    struct str text = scene_text(scene);
    assert_holds(text, "\"redaction\":{\"off\":true}");
    assert_holds(text, "hunter2");
    assert_holds(text, "123456789012");
    assert_lacks(text, "Authorization");
    struct recording *recording = scene_load(scene);
    assert_false(recording->sessions[0].facts.redact);
    struct diag found;
    diag_init(&found, scene->arena);
    assert_true(recording_find_secrets(recording, scene->registry, &found) > 0);
    recording_free(recording);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(no_canary_gets_out),
        SCENE_TEST(what_was_redacted_stays_as_it_is),
        SCENE_TEST(a_live_request_is_redacted_as_the_recorded_one_was),
        SCENE_TEST(lengths_and_checksums_fit),
        SCENE_TEST(what_cannot_be_understood_is_left_out),
        SCENE_TEST(without_redaction_only_credentials_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
