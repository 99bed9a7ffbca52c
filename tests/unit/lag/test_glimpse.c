/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked before a change. */
#include "world.h"

/* How often this operation is asked now. */
static size_t asked(struct world *w, const char *operation)
{
    size_t count = 0;
    for (size_t i = 0; i < w->upstream.sent_count; i++) {
        count +=
            str_eq(fetch_operation(w->upstream.sent[i]), str_of(operation));
    }
    return count;
}

static struct http_fetch *find(struct world *w, const char *operation,
                               const char *part)
{
    for (size_t i = 0; i < w->upstream.sent_count; i++) {
        if (str_eq(fetch_operation(w->upstream.sent[i]), str_of(operation)) &&
            str_contains(w->upstream.sent[i]->request.body, str_of(part))) {
            return w->upstream.sent[i];
        }
    }
    fail_msg("%s %s is not asked", operation, part);
    return NULL;
}

static void only_what_the_call_may_change_is_asked(void **state)
{
    static const struct {
        const char *body;
        size_t tag_reads;
    } rows[] = {
        {"{\"Name\":\"/a\",\"Value\":\"v\"}", 0},
        {"{\"Name\":\"/a\",\"Value\":\"v\",\"Tags\":[{\"Key\":\"k\","
         "\"Value\":\"v\"}]}",
         1},
    };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct world w;
        open_world(&w, "fixed:300ms", NULL);
        struct visitor *v = visit(&w, "PutParameter", rows[i].body);
        assert_int_equal(asked(&w, "ListTagsForResource"), rows[i].tag_reads);
        assert_int_equal(asked(&w, "PutParameter"), 0);
        emulate(&w);
        leave(v);
        close_world(&w);
    }
}

static void each_label_is_asked_for(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    struct visitor *v = visit(&w, "LabelParameterVersion",
                              "{\"Name\":\"/a\",\"Labels\":[\"x\",\"y\"]}");
    (void)find(&w, "GetParameter", "\"/a:x\"");
    (void)find(&w, "GetParameter", "\"/a:y\"");
    emulate(&w);
    leave(v);
    close_world(&w);
}

static void a_batch_is_asked_thing_by_thing(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    struct visitor *v =
        visit(&w, "DeleteParameters", "{\"Names\":[\"/a\",\"/b\"]}");
    (void)find(&w, "GetParameters", "[\"/a\"]");
    (void)find(&w, "GetParameters", "[\"/b\"]");
    (void)find(&w, "GetParameter", "\"/b\"");
    emulate(&w);
    leave(v);
    close_world(&w);
}

static void another_service_is_asked_in_its_own_scope(void **state)
{
    struct world w;
    struct http_request request = {.method = STR("POST"), .target = STR("/")};
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    http_headers_add(w.arena, &request.headers, STR("X-Amz-Target"),
                     STR("ResourceGroupsTaggingAPI_20170126.TagResources"));
    http_headers_add(w.arena, &request.headers, STR("Content-Type"),
                     STR("application/x-amz-json-1.1"));
    http_headers_add(
        w.arena, &request.headers, STR("Authorization"),
        STR("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/eu-west-1/"
            "tagging/aws4_request, SignedHeaders=host, "
            "Signature=0000000000000000000000000000000000000000000000000000000"
            "000000000"));
    struct visitor *v =
        visit_with(&w, &request,
                   "{\"ResourceARNList\":[\"arn:aws:ssm:eu-west-1:123456789012:"
                   "parameter/a\"],\"Tags\":{\"k\":\"v\"}}");
    struct http_fetch *fetch =
        find(&w, "ListTagsForResource", "\"ResourceId\"");
    struct str signed_by =
        http_headers_get(&fetch->request.headers, "Authorization");
    assert_true(str_contains(
        signed_by, STR("AKIDEXAMPLE/20150830/eu-west-1/ssm/aws4_request")));
    emulate(&w);
    leave(v);
    close_world(&w);
}

static void further_pages_are_asked_for(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    struct visitor *v =
        visit(&w, "PutParameter", "{\"Name\":\"/a\",\"Value\":\"v\"}");
    answer_fetch(&w, find(&w, "GetParametersByPath", "\"Path\":\"/\""), 200,
                 STR("{\"Parameters\":[1],\"NextToken\":\"t1\"}"));
    answer_fetch(&w, find(&w, "GetParametersByPath", "\"t1\""), 200,
                 STR("{\"Parameters\":[2]}"));
    emulate(&w);
    leave(v);
    struct str first = str_of(
        call(&w, "GetParametersByPath", "{\"Path\":\"/\",\"MaxResults\":1}"));
    assert_true(str_contains(first, STR("\"t1\"")));
    assert_string_equal(
        call(&w, "GetParametersByPath",
             "{\"Path\":\"/\",\"MaxResults\":1,\"NextToken\":\"t1\"}"),
        "{\"Parameters\":[2]}");
    close_world(&w);
}

static void a_refusal_of_the_emulator_is_no_state(void **state)
{
    static const struct {
        int status;
        const char *body;
        bool kept;
    } rows[] = {
        {400, "{\"__type\":\"ParameterNotFound\"}", true},
        {400, "{\"__type\":\"ThrottlingException\"}", false},
        {400, "{\"__type\":\"AccessDeniedException\"}", false},
        {500, "{\"__type\":\"InternalServerError\"}", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world w;
        open_world(&w, "fixed:300ms", NULL);
        struct visitor *v =
            visit(&w, "PutParameter", "{\"Name\":\"/a\",\"Value\":\"one\"}");
        while (asked(&w, "GetParameter") > 0) {
            answer_fetch(&w, find(&w, "GetParameter", "/a"), rows[i].status,
                         str_of(rows[i].body));
        }
        emulate(&w);
        leave(v);
        assert_string_equal(get(&w, "/a"), rows[i].kept ? "none" : "one");
        close_world(&w);
    }
}

static void a_read_of_another_thing_is_not_repeated(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    (void)get(&w, "/other");
    (void)call(&w, "GetParameter",
               "{\"Name\":\"/a\",\"WithDecryption\":false}");
    struct visitor *v =
        visit(&w, "PutParameter", "{\"Name\":\"/a\",\"Value\":\"v\"}");
    for (size_t i = 0; i < w.upstream.sent_count; i++) {
        assert_false(
            str_contains(w.upstream.sent[i]->request.body, STR("\"/other\"")));
    }
    emulate(&w);
    leave(v);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_the_call_may_change_is_asked),
        cmocka_unit_test(each_label_is_asked_for),
        cmocka_unit_test(a_batch_is_asked_thing_by_thing),
        cmocka_unit_test(another_service_is_asked_in_its_own_scope),
        cmocka_unit_test(further_pages_are_asked_for),
        cmocka_unit_test(a_refusal_of_the_emulator_is_no_state),
        cmocka_unit_test(a_read_of_another_thing_is_not_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
