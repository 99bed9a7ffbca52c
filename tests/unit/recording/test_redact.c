/* SPDX-License-Identifier: Apache-2.0 */
/* What stands for what, in plain text: secrets, access keys, accounts. Start
 * at main(). */
#include "scene.h"

static void the_same_secret_has_the_same_placeholder(void **state)
{
    struct scene *scene = *state;
    struct recording_redactor *a = scene_redactor(scene);
    struct recording_redactor *b = scene_redactor(scene);
    struct str one =
        recording_redactor_secret(a, scene->arena, STR("hunter2hunter2"));
    assert_true(recording_placeholder_is(one));
    assert_true(str_eq(one, recording_redactor_secret(a, scene->arena,
                                                      STR("hunter2hunter2"))));
    assert_true(str_eq(one, recording_redactor_secret(b, scene->arena,
                                                      STR("hunter2hunter2"))));
    assert_false(str_eq(one, recording_redactor_secret(b, scene->arena,
                                                       STR("hunter3hunter3"))));
    /* What stands for one is no secret itself. */
    assert_true(str_eq(one, recording_redactor_secret(b, scene->arena, one)));
    assert_int_equal(recording_redactor_secret(b, scene->arena, STR("")).len,
                     0);
    recording_redactor_free(a);
    recording_redactor_free(b);
    recording_redactor_free(NULL);
}

static void nothing_is_replaced_without_a_key(void **state)
{
    struct scene *scene = *state;
    struct recording_redactor *redactor =
        recording_redactor_new(scene->registry, NULL);
    assert_text(
        recording_redactor_secret(redactor, scene->arena, STR("hunter2")),
        "hunter2");
    assert_text(recording_redactor_text(redactor, scene->arena,
                                        STR("arn:aws:iam::123456789012:x")),
                "arn:aws:iam::123456789012:x");
    recording_redactor_free(redactor);
}

/* "$" stands for the secret, "#" for the account, "@" for the key. */
static struct str fill(struct scene *scene, const char *text, struct str secret,
                       struct str account, struct str key)
{
    struct buf out = {0};
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '$') {
            buf_add(&out, secret);
        } else if (*c == '#') {
            buf_add(&out, account);
        } else if (*c == '@') {
            buf_add(&out, key);
        } else {
            buf_add_char(&out, *c);
        }
    }
    struct str filled = arena_str(scene->arena, buf_str(&out));
    buf_free(&out);
    return filled;
}

static void text_is_searched_for_all_of_them(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *text;
        bool fresh; /* of accounts: nothing is known of it yet */
        bool stays;
    } rows[] = {
        {"", true, false},
        {"nothing in it", true, false},
        {"$", true, false},
        {"$$", true, false},
        {"a $ b $ c", true, false},
        {"x$y", true, false},
        {"@", true, false},
        {"key @, and (@)", true, false},
        {"x@", true, true},
        {"@x", true, true},
        {"arn:aws:ssm:eu-west-1:#:parameter/x", true, false},
        {"arn:aws:iam::#:role/x", true, false},
        {"arn:aws-us-gov:iam::#:role/x", true, false},
        {"arn%3Aaws%3Aiam%3A%3A#%3Arole%2Fx", true, false},
        {"https://sqs.eu-west-1.amazonaws.com/#/queue", true, false},
        {"/#", true, false},
        {"an order: #", true, true},
        {"an order: #", false, false},
        {"1#", false, true},
        {"#1", false, true},
        {"arn:aws:s3:::bucket#", true, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct recording_redactor *redactor = scene_redactor(scene);
        struct str secret = recording_redactor_secret(redactor, scene->arena,
                                                      STR("hunter2hunter2"));
        struct recording_redactor *other = scene_redactor(scene);
        struct str account = recording_redactor_account(other, scene->arena,
                                                        STR("123456789012"));
        if (!rows[i].fresh) {
            (void)recording_redactor_account(redactor, scene->arena,
                                             STR("123456789012"));
        }
        struct str key = recording_redactor_access_key(
            other, scene->arena, STR("AKIAIOSFODNN7EXAMPLE"));
        struct str text =
            fill(scene, rows[i].text, STR("hunter2hunter2"),
                 STR("123456789012"), STR("AKIAIOSFODNN7EXAMPLE"));
        struct str want = rows[i].stays
                              ? text
                              : fill(scene, rows[i].text, secret, account, key);
        struct str got = recording_redactor_text(redactor, scene->arena, text);
        assert_text(got, want.ptr);
        assert_text(recording_redactor_text(redactor, scene->arena, got),
                    want.ptr);
        recording_redactor_free(other);
        recording_redactor_free(redactor);
    }
}

static void short_secrets_stay_in_other_texts(void **state)
{
    struct scene *scene = *state;
    struct recording_redactor *redactor = scene_redactor(scene);
    assert_true(recording_placeholder_is(
        recording_redactor_secret(redactor, scene->arena, STR("admin"))));
    assert_text(
        recording_redactor_text(redactor, scene->arena, STR("administrator")),
        "administrator");
    recording_redactor_free(redactor);
}

static void common_words_stay_in_other_texts(void **state)
{
    struct scene *scene = *state;
    static const char *const words[] = {"eu-west-1", "us-gov-east-1",
                                        "postgres", "production", "Default"};
    struct recording_redactor *redactor = scene_redactor(scene);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct str word = str_of(words[i]);
        assert_true(recording_placeholder_is(
            recording_redactor_secret(redactor, scene->arena, word)));
        assert_text(recording_redactor_text(redactor, scene->arena, word),
                    words[i]);
    }
    recording_redactor_free(redactor);
}

/* A URL with a password in it is the same in a replay, where the client has
 * seen only what stands for the password. */
static void a_secret_within_a_secret_is_replaced_first(void **state)
{
    struct scene *scene = *state;
    struct recording_redactor *recorded = scene_redactor(scene);
    struct str password = recording_redactor_secret(recorded, scene->arena,
                                                    STR("hunter2hunter2"));
    struct str url = recording_redactor_secret(
        recorded, scene->arena, STR("db://me:hunter2hunter2@host"));
    struct recording_redactor *live = scene_redactor(scene);
    struct str again = recording_redactor_secret(
        live, scene->arena,
        arena_printf(scene->arena, "db://me:%.*s@host", STR_ARG(password)));
    assert_true(str_eq(url, again));
    recording_redactor_free(recorded);
    recording_redactor_free(live);
}

/* In a replay a client may name the account before any answer does. */
static void an_account_is_known_by_a_placeholder_that_is_kept(void **state)
{
    struct scene *scene = *state;
    struct recording_redactor *recorded = scene_redactor(scene);
    struct str placeholder =
        recording_redactor_account(recorded, scene->arena, STR("123456789012"));
    struct recording_redactor *live = scene_redactor(scene);
    recording_redactor_keep(live, placeholder);
    assert_text(
        recording_redactor_text(live, scene->arena, STR("of 123456789012")),
        arena_printf(scene->arena, "of %.*s", STR_ARG(placeholder)).ptr);
    assert_text(
        recording_redactor_text(live, scene->arena, STR("of 123456789013")),
        "of 123456789013");
    assert_true(str_eq(placeholder, recording_redactor_account(
                                        live, scene->arena, placeholder)));
    recording_redactor_free(recorded);
    recording_redactor_free(live);
}

/* No model calls these secret; nobody would want them written down. */
static void what_cannot_be_anything_else_goes_too(void **state)
{
    struct scene *scene = *state;
    static const char *const rows[][2] = {
        {"ghp_"
         "abcdefghijABCDEFGHIJ0123456789abcdef",
         ""},
        {"token ghp_"
         "abcdefghijABCDEFGHIJ0123456789abcdef, and more",
         "token , and more"},
        {"-----BEGIN "
         "PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\nrest",
         "\nrest"},
        {"a -----BEGIN RSA "
         "PRIVATE KEY-----\\nabc",
         "a "},
        {"-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----"},
        {"xghp_"
         "abcdefghijABCDEFGHIJ0123456789abcdef",
         "xghp_"
         "abcdefghijABCDEFGHIJ0123456789abcdef"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct recording_redactor *redactor = scene_redactor(scene);
        struct str got =
            recording_redactor_text(redactor, scene->arena, str_of(rows[i][0]));
        size_t at = str_find_str(got, STR("redacted-"));
        if (at != STR_NOT_FOUND) {
            got = arena_join(scene->arena, str_first(got, at),
                             str_from(got, at + PLACEHOLDER_LEN));
        }
        assert_text(got, rows[i][1]);
        recording_redactor_free(redactor);
    }
}

static void the_number_of_secrets_is_bounded(void **state)
{
    struct scene *scene = *state;
    struct recording_redactor *redactor = scene_redactor(scene);
    for (int i = 0; i < 20100; i++) {
        struct arena_mark mark = arena_mark(scene->arena);
        struct str secret = arena_printf(scene->arena, "secret %d", i);
        struct str one =
            recording_redactor_secret(redactor, scene->arena, secret);
        assert_true(recording_placeholder_is(one));
        arena_reset(scene->arena, mark);
    }
    assert_int_equal(redactor->secrets.count, 20000);
    assert_true(recording_placeholder_is(
        recording_redactor_text(redactor, scene->arena, STR("secret 777"))));
    recording_redactor_free(redactor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(the_same_secret_has_the_same_placeholder),
        SCENE_TEST(nothing_is_replaced_without_a_key),
        SCENE_TEST(text_is_searched_for_all_of_them),
        SCENE_TEST(short_secrets_stay_in_other_texts),
        SCENE_TEST(common_words_stay_in_other_texts),
        SCENE_TEST(a_secret_within_a_secret_is_replaced_first),
        SCENE_TEST(an_account_is_known_by_a_placeholder_that_is_kept),
        SCENE_TEST(what_cannot_be_anything_else_goes_too),
        SCENE_TEST(the_number_of_secrets_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
