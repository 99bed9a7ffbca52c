/* SPDX-License-Identifier: Apache-2.0 */
/* What a call asks, in every protocol. Start at main(). */
#include "scene.h"

static void each_protocol_has_its_form(void **state)
{
    struct scene *scene = *state;
    static const struct {
        struct words words;
        const char *want; /* NULL: nothing is known */
    } rows[] = {
        {{"ssm", "POST", "/", "AmazonSSM.GetParameter",
          "application/x-amz-json-1.1", "{\"Name\": \"/a\"}"},
         "{\"Name\":\"/a\"}"},
        {{"ssm", "POST", "/", "AmazonSSM.GetParameter",
          "application/x-amz-json-1.1", ""},
         "{}"},
        {{"ssm", "POST", "/", "AmazonSSM.GetParameter",
          "application/x-amz-json-1.1", "{\"Name\": "},
         NULL},
        /* a token of the model, and what says "now" */
        {{"secretsmanager", "POST", "/", "secretsmanager.CreateSecret",
          "application/x-amz-json-1.1",
          "{\"Name\":\"n\",\"ClientRequestToken\":\"random\"}"},
         "{\"Name\":\"n\"}"},
        {{"logs", "POST", "/", "Logs_20140328.PutLogEvents",
          "application/x-amz-json-1.1",
          "{\"logGroupName\":\"g\",\"logEvents\":[{\"timestamp\":1,"
          "\"message\":\"m\"}]}"},
         "{\"logGroupName\":\"g\",\"logEvents\":[{\"message\":\"m\"}]}"},
        /* not where it is a name, and not deeper down */
        {{"athena", "POST", "/", "AmazonAthena.StopQueryExecution",
          "application/x-amz-json-1.1", "{\"QueryExecutionId\":\"q\"}"},
         "{\"QueryExecutionId\":\"q\"}"},
        {{"ssm", "POST", "/", "AmazonSSM.GetParameter",
          "application/x-amz-json-1.1", "{\"a\":{\"ClientToken\":\"x\"}}"},
         "{\"a\":{\"ClientToken\":\"x\"}}"},
        {{"sns", "POST", "/", NULL, "application/x-www-form-urlencoded",
          "Action=TagResource&Version=2010-03-31&ResourceArn=a%3Ab&"
          "Tags.member.1.Key=k+1"},
         "{\"ResourceArn\":\"a:b\",\"Tags.member.1.Key\":\"k 1\"}"},
        {{"ec2", "POST", "/", NULL, "application/x-www-form-urlencoded",
          "Action=RunInstances&Version=2016-11-15&ClientToken=random&MinCount="
          "1"},
         "{\"MinCount\":\"1\"}"},
        {{"sqs", "POST", "/1/queue", NULL, "application/x-www-form-urlencoded",
          "Action=ReceiveMessage&Version=2012-11-05"},
         "{\"(path)\":\"/1/queue\"}"},
        {{"lambda", "PUT", "/2015-03-31/functions/my%20f/code?x-id=U&Q=1", NULL,
          "application/json", "{\"ZipFile\":\"AA==\"}"},
         "{\"path\":\"/2015-03-31/functions/my f/code\",\"query\":{\"Q\":"
         "\"1\"},\"headers\":{\"content-type\":\"application/json\"},\"body\":"
         "{\"ZipFile\":\"AA==\"}}"},
        {{"s3", "PUT", "/b/k", NULL, "text/plain", "text"},
         "{\"path\":\"/b/k\",\"headers\":{\"content-type\":\"text/plain\"},"
         "\"body\":\"text\"}"},
        {{"s3", "PUT", "/b/k", NULL, "text/plain", "\xff\xfe"},
         "{\"path\":\"/b/k\",\"headers\":{\"content-type\":\"text/plain\"},"
         "\"body\":{\"sha256\":"
         "\"b3d510ef04275ca8e698e5b3cbb0ece3949ef9252f0cdc839e9ee347409a2209"
         "\"}}"},
        {{"s3", "GET", "/b/k?versionId=1&X-Amz-Signature=s&X-Amz-Credential=c",
          NULL, "x", ""},
         "{\"path\":\"/b/k\",\"query\":{\"versionId\":\"1\"},\"headers\":"
         "{\"content-type\":\"x\"}}"},
        {{"monitoring", "POST",
          "/service/GraniteServiceVersion20100801/operation/PutMetricData",
          NULL, "application/cbor", "\xa0"},
         NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_request request;
        struct aws_call call;
        scene_request(scene, &rows[i].words, &request, &call);
        const struct json *input =
            recording_input(scene->arena, scene->registry, &call, &request);
        if (rows[i].want == NULL) {
            assert_null(input);
            continue;
        }
        struct buf out = {0};
        json_write(input, &out);
        assert_text(buf_str(&out), rows[i].want);
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(each_protocol_has_its_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
