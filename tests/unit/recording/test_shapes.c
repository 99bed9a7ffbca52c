/* SPDX-License-Identifier: Apache-2.0 */
/* What must not be in a recording is found, at its place; and in one that
 * settled wrote there is nothing to find. Start at main(). */
#include "scene.h"

/* Written with or without redaction; the text is what a row says. */
static struct recording *record(struct scene *scene, bool redact,
                                const char *input, const char *output)
{
    struct recording_session_facts facts = scene_facts();
    facts.redact = redact;
    (void)unlink(scene->path.ptr);
    struct recording_writer *writer = scene_writer(scene, &facts);
    struct recording_interaction what =
        scene_json(scene, "ssm", "AmazonSSM.PutParameter", input, output);
    what.access_key = STR("REDACTED0123456789AB");
    assert_true(recording_write_interaction(writer, &what));
    assert_true(recording_writer_close(writer));
    return scene_load(scene);
}

static const struct {
    const char *input;
    const char *output;
    const char *want; /* part of what is said; NULL: nothing is found */
    size_t count;
} rows[] = {
    {"{\"Name\":\"/plain\"}", "{\"Version\":1}", NULL, 0},
    {"{\"Name\":\"/x\",\"Value\":\"hunter2\"}", "{}",
     "a secret: this member holds no placeholder", 1},
    {"{\"Name\":\"/x\",\"Value\":\"redacted-0123456789abcdef\"}", "{}", NULL,
     0},
    {"{\"Name\":\"/x\",\"Value\":\"{\\\"a\\\":\\\"hunter2\\\"}\"}", "{}",
     "a secret", 1},
    {"{\"Name\":\"/x\",\"Value\":\"{\\\"a\\\":"
     "\\\"redacted-0123456789abcdef\\\",\\\"n\\\":1234567890}\"}",
     "{}", NULL, 0},
    {"{\"Name\":\"AKIA"
     "IOSFODNN7EXAMPLE\"}",
     "{}", "an access key id", 1},
    {"{}",
     "{\"Note\":\"-----BEGIN "
     "PRIVATE KEY-----\"}",
     "a private key", 1},
    {"{}", "{\"ARN\":\"arn:aws:ssm:eu-west-1:123456789012:parameter/x\"}",
     "an account id", 1},
    {"{\"A\":\"arn:aws:ssm:eu-west-1:123456789012:x\"}",
     "{\"ARN\":\"arn:aws:ssm:eu-west-1:123456789012:x\"}", "an account id", 1},
    {"{}", "{\"ARN\":\"arn:aws:ssm:eu-west-1:000056789012:x\"}", NULL, 0},
    {"{\"Name\": \"/x\", \"Value\": \"hunter2\"}", "{}", "a secret", 1},
    {"{\"Name\":  \"/x\",\"Value\":\"hunter2\"}", "{}", "a secret", 2},
};

static void each_secret_is_found(void **state)
{
    struct scene *scene = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct recording *recording =
            record(scene, false, rows[i].input, rows[i].output);
        struct diag diag;
        diag_init(&diag, scene->arena);
        size_t count =
            recording_find_secrets(recording, scene->registry, &diag);
        struct str told = diag_text(scene->arena, &diag);
        if (count != rows[i].count || diag.count != count) {
            fail_msg("row %zu: %zu found\n%s", i, count, told.ptr);
        }
        if (rows[i].want != NULL) {
            assert_holds(told, "run.jsonl:2:");
            assert_holds(told, rows[i].want);
            assert_lacks(told, "hunter2");
        }
        recording_free(recording);
    }
}

static void in_what_was_redacted_nothing_is_found(void **state)
{
    struct scene *scene = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct recording *recording =
            record(scene, true, rows[i].input, rows[i].output);
        struct diag diag;
        diag_init(&diag, scene->arena);
        if (recording_find_secrets(recording, scene->registry, &diag) != 0) {
            fail_msg("row %zu\n%s", i, diag_text(scene->arena, &diag).ptr);
        }
        recording_free(recording);
    }
}

static void the_place_is_that_of_the_secret(void **state)
{
    struct scene *scene = *state;
    struct recording *recording =
        record(scene, false, "{\"Name\":\"/x\",\"Value\":\"hunter2\"}", "{}");
    struct diag diag;
    diag_init(&diag, scene->arena);
    assert_int_equal(recording_find_secrets(recording, scene->registry, &diag),
                     1);
    struct span span = diag.first->span;
    struct str text =
        str_from(str_first(recording->source->text, span.end), span.start);
    assert_text(text, "\"hunter2\"");
    recording_free(recording);
    /* Inside of a body that is a string. */
    recording =
        record(scene, false, "{\"Name\":  \"/x\",\"Value\":\"hunter2\"}", "{}");
    diag_init(&diag, scene->arena);
    (void)recording_find_secrets(recording, scene->registry, &diag);
    span = diag.last->span;
    assert_true(str_starts(str_from(recording->source->text, span.start),
                           STR("hunter2")));
    recording_free(recording);
}

static void a_header_that_slipped_in_is_found(void **state)
{
    struct scene *scene = *state;
    struct recording *recording =
        record(scene, true, "{\"Name\":\"/x\"}", "{}");
    recording_free(recording);
    struct str text = scene_text(scene);
    size_t at = str_find_str(text, STR("[[\"Content-Type\""));
    struct str head = arena_join(scene->arena, str_first(text, at + 1),
                                 STR("[\"Authorization\",\"x\"],"));
    scene_put(scene, arena_join(scene->arena, head, str_from(text, at + 1)));
    const struct recording_read_options options = {.edited = true};
    recording = scene_load_with(scene, &options);
    struct diag diag;
    diag_init(&diag, scene->arena);
    assert_int_equal(recording_find_secrets(recording, scene->registry, &diag),
                     1);
    assert_holds(diag_text(scene->arena, &diag),
                 "a header that may hold a secret");
    recording_free(recording);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(each_secret_is_found),
        SCENE_TEST(in_what_was_redacted_nothing_is_found),
        SCENE_TEST(the_place_is_that_of_the_secret),
        SCENE_TEST(a_header_that_slipped_in_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
