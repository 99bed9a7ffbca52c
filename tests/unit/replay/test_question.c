/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of every protocol are matched by what they ask, and answered in the
 * words of this run. Start at main(). */
#include "scene.h"

struct words {
    const char *service; /* signing name */
    const char *method;
    const char *target;
    const char *type;
    const char *body;
};

static void make_other(struct scene *scene, const struct words *words,
                       struct http_request *request, struct aws_call *call)
{
    *request = (struct http_request){
        .method = str_of(words->method),
        .target = str_of(words->target),
        .body = str_of(words->body),
    };
    http_headers_add(scene->arena, &request->headers, STR("Content-Type"),
                     str_of(words->type));
    aws_identify(scene->registry, scene->arena, request, str_of(words->service),
                 STR("eu-west-1"), request->body, call);
}

static void record_other(struct scene *scene, const struct words *words,
                         const char *answer)
{
    struct aws_call call;
    struct recording_interaction what = {
        .kind = RECORDING_CALL,
        .exchange = STR("x1"),
        .call = &call,
        .outcome = HTTP_ANSWERED,
        .response = {.status = 200, .body = str_of(answer)},
    };
    (void)unlink(scene->path.ptr);
    begin_session(scene, "run", "settled", true);
    make_other(scene, words, &what.request, &call);
    http_headers_add(scene->arena, &what.response.headers, STR("Content-Type"),
                     STR("text/xml"));
    http_headers_add(scene->arena, &what.response.headers, STR("x-amz-crc32"),
                     STR("12345"));
    assert_true(recording_write_interaction(scene->writer, &what));
}

static struct heard call_other(struct scene *scene, const struct words *words)
{
    struct asked_for a = {.arena = arena_new()};
    timer_init(&a.done, note_woken, &a.woken);
    a.fetch = (struct http_fetch){
        .arena = a.arena,
        .timers = replay_timers(scene->replay),
        .purpose = HTTP_FOR_CLIENT,
        .call = &a.call,
        .exchange = STR("y1"),
        .done = &a.done,
    };
    make_other(scene, words, &a.fetch.request, &a.call);
    http_fetch_send(replay_client(scene->replay), &a.fetch);
    struct heard heard = hear(scene, &a);
    forget(scene, &a);
    return heard;
}

#define FORM "application/x-www-form-urlencoded"

static void what_is_asked_is_compared_in_every_protocol(void **state)
{
    struct scene *scene = *state;
    static const struct {
        struct words recorded;
        struct words live;
        const char *differs; /* NULL: the same is asked */
    } rows[] = {
        {{"iam", "POST", "/", FORM,
          "Action=CreateRole&Version=2010-05-08&RoleName=a&Path=%2Fx%2F"},
         {"iam", "POST", "/", FORM,
          "RoleName=a&Path=/x/&Action=CreateRole&Version=2010-05-08"},
         NULL},
        {{"iam", "POST", "/", FORM,
          "Action=CreateRole&Version=2010-05-08&RoleName=a"},
         {"iam", "POST", "/", FORM,
          "Action=CreateRole&Version=2010-05-08&RoleName=b"},
         "RoleName: recorded \"a\", now \"b\""},
        {{"lambda", "PUT", "/2015-03-31/functions/f/configuration",
          "application/json", "{\"MemorySize\":128}"},
         {"lambda", "PUT", "/2015-03-31/functions/f/configuration",
          "application/json", "{ \"MemorySize\": 128 }"},
         NULL},
        {{"lambda", "PUT", "/2015-03-31/functions/f/configuration",
          "application/json", "{\"MemorySize\":128}"},
         {"lambda", "PUT", "/2015-03-31/functions/g/configuration",
          "application/json", "{\"MemorySize\":256}"},
         "path: recorded \"/2015-03-31/functions/f/configuration\", now "
         "\"/2015-03-31/functions/g/configuration\"; body.MemorySize: recorded "
         "128, now 256"},
        {{"s3", "PUT", "/bucket/key?x-id=PutObject", "text/plain", "hello"},
         {"s3", "PUT", "/bucket/key", "text/plain", "hello"},
         NULL},
        {{"s3", "PUT", "/bucket/key", "text/plain", "hello"},
         {"s3", "PUT", "/bucket/key", "text/plain", "world"},
         "body: recorded \"hello\", now \"world\""},
        {{"nothing-we-know", "GET", "/a?b=1&c=2", "text/plain", ""},
         {"nothing-we-know", "GET", "/a?c=2&b=1", "text/plain", ""},
         NULL},
        {{"nothing-we-know", "GET", "/a", "text/plain", ""},
         {"nothing-we-know", "DELETE", "/a", "text/plain", ""},
         "method: recorded \"GET\", now \"DELETE\""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        record_other(scene, &rows[i].recorded, "answer");
        open_replay(scene);
        struct heard heard = call_other(scene, &rows[i].live);
        if (rows[i].differs == NULL) {
            assert_answer(heard, "answer");
            assert_true(replay_is_good(scene->replay));
        } else {
            assert_miss(heard, rows[i].differs);
        }
        replay_close(scene->replay);
        scene->replay = NULL;
    }
}

/* The body is no JSON: texts are replaced where they stand, and escaped. */
static void an_xml_answer_speaks_of_this_run_too(void **state)
{
    struct scene *scene = *state;
    static const struct str variables[] = {{"role-(.+)", 9}};
    static const struct words recorded = {
        "iam", "POST", "/", FORM,
        "Action=CreateRole&Version=2010-05-08&RoleName=role-one"};
    static const struct words live = {
        "iam", "POST", "/", FORM,
        "Action=CreateRole&Version=2010-05-08&RoleName=role-%26two"};
    record_other(scene, &recorded,
                 "<CreateRoleResponse><RoleName>-one</RoleName>"
                 "</CreateRoleResponse>");
    scene->config.variables = variables;
    scene->config.variable_count = 1;
    open_replay(scene);
    struct heard heard = call_other(scene, &live);
    assert_int_equal(heard.outcome, HTTP_ANSWERED);
    /* "one" is too short to be looked for by itself. */
    assert_holds(heard.body, "<RoleName>-one</RoleName>");
    replay_close(scene->replay);
    scene->replay = NULL;
    record_other(scene,
                 &(struct words){"iam", "POST", "/", FORM,
                                 "Action=CreateRole&Version=2010-05-08&"
                                 "RoleName=role-first"},
                 "<CreateRoleResponse><RoleName>first</RoleName>"
                 "</CreateRoleResponse>");
    open_replay(scene);
    heard = call_other(scene, &live);
    assert_holds(heard.body, "<RoleName>&amp;two</RoleName>");
}

static void swapped_texts_are_whole_words(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *before;
        const char *after;
    } rows[] = {
        {"alpha", "one"},
        {"alpha/alpha", "one/one"},
        {"alphabet", "alphabet"},
        {"xalpha", "xalpha"},
        {"x-alpha.y", "x-one.y"},
        {"alpha-beta", "both"},
        {"alpha-betas", "one-betas"},
        {"", ""},
        {"a long text that has sixteen and more", "long"},
        {"(a long text that has sixteen and more)", "(long)"},
        {"abc", "abc"},
    };
    struct variables *none = calloc(1, sizeof(*none));
    struct swaps swaps = {.arena = scene->arena, .bucket_count = 4};
    const struct swapping swapping = {.variables = none, .all = &swaps};
    replay_swaps_add(&swaps, STR("alpha"), STR("one"));
    replay_swaps_add(&swaps, STR("alpha-beta"), STR("both"));
    replay_swaps_add(&swaps, STR("alpha"), STR("two"));
    replay_swaps_add(&swaps, STR("abc"), STR("too short"));
    replay_swaps_add(&swaps, STR("a long text that has sixteen and more"),
                     STR("long"));
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_text(
            replay_swap_text(&swapping, scene->arena, str_of(rows[i].before)),
            rows[i].after);
    }
    free(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(what_is_asked_is_compared_in_every_protocol),
        SCENE_TEST(an_xml_answer_speaks_of_this_run_too),
        SCENE_TEST(swapped_texts_are_whole_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
