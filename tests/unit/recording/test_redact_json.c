/* SPDX-License-Identifier: Apache-2.0 */
/* JSON without secrets: only what is one changes, not a blank more. Start at
 * main(). */
#include "scene.h"

#include "base/base64.h"

/* Replaces placeholders by "*", so that a row can say what is expected. */
static struct str starred(struct scene *scene, struct str text)
{
    struct buf out = {0};
    size_t at = 0;
    while (at < text.len) {
        struct str one = recording_placeholder_at(str_from(text, at));
        if (one.ptr != NULL) {
            buf_add_char(&out, '*');
            at += one.len;
        } else {
            buf_add_char(&out, text.ptr[at++]);
        }
    }
    struct str result = arena_str(scene->arena, buf_str(&out));
    buf_free(&out);
    return result;
}

static const struct {
    const char *text;
    const char *want;
} rows[] = {
    {"{}", "{}"},
    {"{ \"a\" :\t1 ,\r\n \"b\" : [ ] }", "{ \"a\" :\t1 ,\r\n \"b\" : [ ] }"},
    {"{\"Password\":\"x\"}", "{\"Password\":\"*\"}"},
    {"{\"password\":\"\"}", "{\"password\":\"\"}"},
    {"{\"Password\":null,\"b\":true}", "{\"Password\":null,\"b\":true}"},
    {" {\"Password\" : \"x\" , \"e\\u00e9\":1e5} ",
     " {\"Password\" : \"*\" , \"e\\u00e9\":1e5} "},
    {"{\"Password\":\"a\\\"b\\u0041\"}", "{\"Password\":\"*\"}"},
    {"{\"Password\":[\"a\",{\"b\":\"c\"}]}",
     "{\"Password\":[\"*\",{\"b\":\"*\"}]}"},
    {"{\"a\":\"x\",\"a\":\"y\"}", "{\"a\":\"x\",\"a\":\"y\"}"},
    /* later, earlier, in keys, in documents in strings */
    {"{\"Password\":\"hunter2hunter2\",\"a\":\"is hunter2hunter2!\"}",
     "{\"Password\":\"*\",\"a\":\"is *!\"}"},
    {"{\"a\":\"is hunter2hunter2!\",\"Password\":\"hunter2hunter2\"}",
     "{\"a\":\"is *!\",\"Password\":\"*\"}"},
    {"{\"hunter2hunter2\":1,\"Password\":\"hunter2hunter2\"}",
     "{\"*\":1,\"Password\":\"*\"}"},
    {"{\"d\":\"{\\\"Password\\\": \\\"x\\\"}\"}",
     "{\"d\":\"{\\\"Password\\\": \\\"*\\\"}\"}"},
    {"{\"d\":\"{ not JSON\"}", "{\"d\":\"{ not JSON\"}"},
    {"{\"d\":\"<a><Password>x</Password></a>\"}",
     "{\"d\":\"<a><Password>*</Password></a>\"}"},
    /* a secret that is a document keeps its keys */
    {"{\"SecretString\":\"{\\\"user\\\": \\\"me\\\", \\\"ok\\\":true}\"}",
     "{\"SecretString\":\"{\\\"user\\\": \\\"*\\\", \\\"ok\\\":true}\"}"},
    {"{\"AccessKeyId\":\"whatever\"}", "{\"AccessKeyId\":\"*\"}"},
};

static void only_what_is_secret_changes(void **state)
{
    struct scene *scene = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct recording_redactor *redactor = scene_redactor(scene);
        struct str clean = STR_NONE;
        assert_true(recording_redactor_json_text(redactor, scene->arena, NULL,
                                                 false, 0, str_of(rows[i].text),
                                                 &clean));
        assert_text(starred(scene, clean), rows[i].want);
        /* Once more: nothing changes. */
        struct str again = STR_NONE;
        assert_true(recording_redactor_json_text(redactor, scene->arena, NULL,
                                                 false, 0, clean, &again));
        assert_true(str_eq(clean, again));
        /* By another one with the same key, that has seen nothing. */
        struct recording_redactor *other = scene_redactor(scene);
        assert_true(recording_redactor_json_text(other, scene->arena, NULL,
                                                 false, 0, clean, &again));
        assert_true(str_eq(clean, again));
        recording_redactor_free(other);
        recording_redactor_free(redactor);
    }
}

static void tree_and_text_say_the_same(void **state)
{
    struct scene *scene = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct recording_redactor *a = scene_redactor(scene);
        struct recording_redactor *b = scene_redactor(scene);
        struct str text = STR_NONE;
        assert_true(recording_redactor_json_text(
            a, scene->arena, NULL, false, 0, str_of(rows[i].text), &text));
        const struct json *tree = recording_redactor_json(
            b, scene->arena, NULL, good_json(scene->arena, rows[i].text));
        text = arena_str(scene->arena, text);
        assert_true(json_equal(tree, good_json(scene->arena, text.ptr)));
        recording_redactor_free(a);
        recording_redactor_free(b);
    }
}

static void numbers_become_numbers(void **state)
{
    struct scene *scene = *state;
    struct recording_redactor *redactor = scene_redactor(scene);
    const struct json *one = recording_redactor_json(
        redactor, scene->arena, NULL,
        good_json(scene->arena,
                  "{\"Password\":{\"pin\":4711,\"other\":4711}}"));
    const struct json *pin = json_path(one, "Password.pin");
    assert_true(json_is(pin, JSON_NUMBER));
    assert_true(pin->number >= 1e9 && pin->number < 2e9);
    assert_true(json_equal(pin, json_path(one, "Password.other")));
    assert_ptr_equal(
        one, recording_redactor_json(redactor, scene->arena, NULL, one));
    recording_redactor_free(redactor);
}

static void base64_stays_base64(void **state)
{
    struct scene *scene = *state;
    struct recording_redactor *redactor = scene_redactor(scene);
    /* hunter2hunter2 */
    const struct json *one = recording_redactor_json(
        redactor, scene->arena, NULL,
        good_json(scene->arena, "{\"SecretBinary\":\"aHVudGVyMmh1bnRlcjI=\","
                                "\"SecretString\":\"hunter2hunter2\","
                                "\"Note\":\"aHVudGVyMmh1bnRlcjI=\"}"));
    struct str binary = json_get_text(one, "SecretBinary");
    struct str bytes = STR_NONE;
    assert_true(recording_placeholder_is_base64(binary));
    assert_true(base64_read(scene->arena, binary, &bytes));
    assert_true(str_eq(bytes, json_get_text(one, "SecretString")));
    assert_true(str_eq(binary, json_get_text(one, "Note")));
    assert_ptr_equal(
        one, recording_redactor_json(redactor, scene->arena, NULL, one));
    recording_redactor_free(redactor);
}

static void accounts_are_found_by_their_members(void **state)
{
    struct scene *scene = *state;
    struct recording_redactor *redactor = scene_redactor(scene);
    const struct json *one = recording_redactor_json(
        redactor, scene->arena, NULL,
        good_json(scene->arena,
                  "{\"a\":\"in 123456789012\",\"Account\":"
                  "\"123456789012\",\"n\":123456789012,"
                  "\"Owner\":\"amazon\",\"x\":\"210987654321\"}"));
    struct str account = json_get_text(one, "Account");
    assert_true(str_starts(account, STR("0000")));
    assert_int_equal(account.len, 12);
    assert_text(json_get_text(one, "a"),
                arena_printf(scene->arena, "in %.*s", STR_ARG(account)).ptr);
    assert_text(json_get_text(one, "Owner"), "amazon");
    assert_text(json_get_text(one, "x"), "210987654321");
    recording_redactor_free(redactor);
}

static void what_is_no_document_is_refused(void **state)
{
    struct scene *scene = *state;
    static const char *const texts[] = {"", "x", "\"x\"", "12", "{", "{]"};
    struct recording_redactor *redactor = scene_redactor(scene);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct str out = STR_NONE;
        assert_false(recording_redactor_json_text(
            redactor, scene->arena, NULL, false, 0, str_of(texts[i]), &out));
    }
    recording_redactor_free(redactor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(only_what_is_secret_changes),
        SCENE_TEST(tree_and_text_say_the_same),
        SCENE_TEST(numbers_become_numbers),
        SCENE_TEST(base64_stays_base64),
        SCENE_TEST(accounts_are_found_by_their_members),
        SCENE_TEST(what_is_no_document_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
