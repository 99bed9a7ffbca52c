/* SPDX-License-Identifier: Apache-2.0 */
/* XML without secrets, byte for byte but for these. Start at main(). */
#include "scene.h"

static void expect(struct str got, const char *want)
{
    struct buf out = {0};
    size_t at = 0;
    while (at < got.len) {
        struct str one = recording_placeholder_at(str_from(got, at));
        if (one.ptr != NULL) {
            buf_add_char(&out, '*');
            at += one.len;
        } else {
            buf_add_char(&out, got.ptr[at++]);
        }
    }
    assert_text(buf_str(&out), want);
    buf_free(&out);
}

static void only_secret_texts_change(void **state)
{
    struct scene *scene = *state;
    static const struct {
        enum aws_protocol protocol;
        const char *service;
        const char *operation;
        const char *text;
        const char *want;
    } rows[] = {
        {AWS_QUERY, "", "", "<a/>", "<a/>"},
        {AWS_QUERY, "", "",
         "<?xml version=\"1.0\"?>\n<!-- c --><a x='>' y=\"&lt;\">\n <b>t</b>"
         "<![CDATA[<raw>]]>&#65;&amp;</a>\n",
         "<?xml version=\"1.0\"?>\n<!-- c --><a x='>' y=\"&lt;\">\n <b>t</b>"
         "<![CDATA[<raw>]]>&#65;&amp;</a>\n"},
        {AWS_QUERY, "", "", "<a><Password>x&amp;y</Password><b>z</b></a>",
         "<a><Password>*</Password><b>z</b></a>"},
        {AWS_QUERY, "", "", "<a><Password/><Password></Password></a>",
         "<a><Password/><Password></Password></a>"},
        {AWS_QUERY, "", "",
         "<a><n:SecretAccessKey xmlns:n='u' q='1'>x</n:SecretAccessKey></a>",
         "<a><n:SecretAccessKey xmlns:n='u' q='1'>*</n:SecretAccessKey></a>"},
        {AWS_QUERY, "", "", "<a><Password><![CDATA[x]]></Password></a>",
         "<a><Password><![CDATA[*]]></Password></a>"},
        {AWS_QUERY, "", "",
         "<a><m>hunter2 &quot;hunter2&#34;</m><Password>hunter2 "
         "\"hunter2\"</Password></a>",
         "<a><m>*</m><Password>*</Password></a>"},
        /* The same secret, elsewhere by the numbers of its letters. */
        {AWS_QUERY, "", "",
         "<a><m>&#xe9;t&#xE9; &#8364;&#x1f600;</m>"
         "<Password>\xc3\xa9t\xc3\xa9 \xe2\x82\xac\xf0\x9f\x98\x80"
         "</Password></a>",
         "<a><m>*</m><Password>*</Password></a>"},
        {AWS_QUERY, "sns", "ListPhoneNumbersOptedOut",
         "<R><ListResult><phoneNumbers><member>5</member></phoneNumbers>"
         "<nextToken>t</nextToken></ListResult></R>",
         "<R><ListResult><phoneNumbers><member>*</member></phoneNumbers>"
         "<nextToken>t</nextToken></ListResult></R>"},
        {AWS_EC2, "ec2", "CreateKeyPair",
         "<R><keyName>k</keyName><keyMaterial>x</keyMaterial></R>",
         "<R><keyName>k</keyName><keyMaterial>*</keyMaterial></R>"},
        {AWS_REST_XML, "s3", "CreateSession",
         "<R><Credentials><SecretAccessKey>s</SecretAccessKey><AccessKeyId>k"
         "</AccessKeyId></Credentials></R>",
         "<R><Credentials><SecretAccessKey>*</SecretAccessKey><AccessKeyId>*"
         "</AccessKeyId></Credentials></R>"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct aws_call call = {.protocol = rows[i].protocol,
                                      .service = str_of(rows[i].service),
                                      .operation = str_of(rows[i].operation)};
        struct recording_redactor *redactor = scene_redactor(scene);
        struct str got = STR_NONE;
        struct str again = STR_NONE;
        assert_true(recording_redactor_xml(redactor, scene->arena, &call,
                                           str_of(rows[i].text), &got));
        expect(got, rows[i].want);
        assert_true(
            recording_redactor_xml(redactor, scene->arena, &call, got, &again));
        assert_true(str_eq(got, again));
        recording_redactor_free(redactor);
    }
}

static void what_is_not_well_formed_is_refused(void **state)
{
    struct scene *scene = *state;
    static const char *const texts[] = {
        "",
        "text",
        "<a>",
        "<a></b>",
        "<a x=1/>",
        "<a>&nope;</a>",
        "<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>",
    };
    struct recording_redactor *redactor = scene_redactor(scene);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct str out = STR_NONE;
        assert_false(recording_redactor_xml(redactor, scene->arena, NULL,
                                            str_of(texts[i]), &out));
    }
    recording_redactor_free(redactor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(only_secret_texts_change),
        SCENE_TEST(what_is_not_well_formed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
