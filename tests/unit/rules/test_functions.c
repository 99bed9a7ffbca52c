/* SPDX-License-Identifier: Apache-2.0 */
/* Our JMESPath functions, as a table of expressions and what they give. Start
 * at the rows. */
#include "support/texts.h"

#include "rules/rules.h"

#define SECRET "'arn:aws:secretsmanager:eu-west-1:123456789012:secret:"

static const struct row {
    const char *expression;
    const char *gives; /* JSON; NULL: an error */
} rows[] = {
    /* contains_all */
    {"contains_all(`[1, 2, 3]`, `[3, 1]`)", "true"},
    {"contains_all(`[1, 2]`, `[3]`)", "false"},
    {"contains_all(`[{\"a\": 1, \"b\": 2}]`, `[{\"b\": 2, \"a\": 1}]`)",
     "true"},
    {"contains_all(`[{\"a\": 1, \"b\": 2}]`, `[{\"a\": 1}]`)", "false"},
    {"contains_all(`null`, `[]`)", "true"},
    {"contains_all(`null`, `null`)", "true"},
    {"contains_all(`null`, `[1]`)", "false"},
    {"contains_all(`[1]`, `null`)", "true"},
    {"contains_all(`{\"a\": 1, \"b\": 2}`, `{\"a\": 1}`)", "true"},
    {"contains_all(`{\"a\": 1, \"b\": 2}`, `{\"a\": 2}`)", "false"},
    {"contains_all(kv, kv)", "true"},
    {"contains_all(kv, lower)", "true"},
    {"contains_all(lower, tagkey)", "true"},
    {"contains_all(tagkey, map)", "true"},
    {"contains_all(map, kv)", "true"},
    {"contains_all(kv, `{\"a\": \"1\"}`)", "true"},
    {"contains_all(kv, `{\"a\": \"2\"}`)", "false"},
    {"contains_all(kv, `{\"A\": \"1\"}`)", "false"},
    {"contains_all(kv, `[{\"Key\": \"c\"}]`)", "false"},
    {"contains_all(`[{\"Key\": \"a\"}]`, `{\"a\": \"\"}`)", "true"},
    {"contains_all(`[{\"Key\": \"a\", \"Value\": \"\"}]`, `[{\"Key\": "
     "\"a\"}]`)",
     "true"},
    {"contains_all(`[{\"Key\": \"a\", \"Values\": [1]}]`,"
     " `[{\"Key\": \"a\", \"Values\": [2]}]`)",
     "false"},
    {"contains_all('text', `[]`)", NULL},
    {"contains_all(`[]`, `3`)", NULL},
    /* in_path */
    {"in_path('/a/b', '/a', `false`)", "true"},
    {"in_path('/a/b', '/a/', `null`)", "true"},
    {"in_path('/a/b/c', '/a', `false`)", "false"},
    {"in_path('/a/b/c', '/a', `true`)", "true"},
    {"in_path('/ab/c', '/a', `true`)", "false"},
    {"in_path('/a', '/a', `true`)", "false"},
    {"in_path('/a', '/', `false`)", "true"},
    {"in_path('/a/b', '/', `false`)", "false"},
    {"in_path('a', '/', `true`)", "false"},
    {"in_path(`null`, '/', `true`)", "false"},
    /* digest */
    {"digest('a') == digest('a')", "true"},
    {"digest('a') == digest('b')", "false"},
    /* disjoint */
    {"disjoint(kv, `[\"c\"]`)", "true"},
    {"disjoint(kv, `[\"c\", \"b\"]`)", "false"},
    {"disjoint(map, `[\"b\"]`)", "false"},
    {"disjoint(lower, map)", "false"},
    {"disjoint(`null`, `[\"a\"]`)", "true"},
    {"disjoint(`[]`, `[\"a\"]`)", "true"},
    {"disjoint(`[\"a\"]`, `null`)", "true"},
    {"disjoint(`[\"a\", \"b\"]`, `[\"b\"]`)", "false"},
    {"disjoint(`[\"a\", \"b\"]`, `{\"b\": 1}`)", "false"},
    {"disjoint(`[1, 2]`, `[3]`)", "true"},
    {"disjoint(`true`, `[]`)", NULL},
    /* without */
    {"without(`[\"a\", \"b\", \"c\"]`, `[\"b\"]`)", "[\"a\",\"c\"]"},
    {"without(`[\"a\", \"b\"]`, `{\"a\": {\"x\": 1}}`)", "[\"b\"]"},
    {"without(`[\"a\"]`, `null`)", "[\"a\"]"},
    {"without(`[\"a\"]`, `{}`)", "[\"a\"]"},
    {"without(`null`, `[\"a\"]`)", "[]"},
    {"without(kv, `[{\"Key\": \"a\", \"Value\": \"1\"}]`)",
     "[{\"Key\":\"b\",\"Value\":\"2\"}]"},
    {"without('abc', `[]`)", NULL},
    /* value_at */
    {"value_at(map, 'b')", "\"2\""},
    {"value_at(map, key)", "\"1\""},
    {"value_at(map, 'z')", "null"},
    {"value_at(map, `null`)", "null"},
    {"value_at(`null`, 'b')", "null"},
    /* json_equal */
    {"json_equal('{\"a\": [1, 2.0]}', `{\"a\": [1.0, 2]}`)", "true"},
    {"json_equal('{\"a\":1,\"b\":2}', '{\"b\": 2, \"a\": 1}')", "true"},
    {"json_equal('{\"a\":1}', '{\"a\":2}')", "false"},
    {"json_equal('plain text', 'plain text')", "true"},
    {"json_equal(`null`, '{}')", "false"},
    /* arn */
    {"arn('arn:aws:ssm:eu-west-1:123456789012:parameter/a/b').[service, region,"
     " account, resource, type, id]",
     "[\"ssm\",\"eu-west-1\",\"123456789012\",\"parameter/a/b\",\"parameter\","
     "\"a/b\"]"},
    {"arn('arn:aws-cn:sqs:cn-north-1:123456789012:queue').[partition, type, "
     "id]",
     "[\"aws-cn\",null,\"queue\"]"},
    {"arn('arn:aws:s3:::bucket').[region, account, id]",
     "[\"\",\"\",\"bucket\"]"},
    {"arn('not an arn')", "null"},
    {"arn('arn:aws:ssm')", "null"},
    {"arn(`null`)", "null"},
    /* resource_name */
    {"resource_name('arn:aws:ssm:eu-west-1:1:parameter/a/b')", "\"/a/b\""},
    {"resource_name('arn:aws:ssm:eu-west-1:1:parameter/plain')", "\"plain\""},
    {"resource_name('/a/b')", "\"/a/b\""},
    {"resource_name('plain')", "\"plain\""},
    {"resource_name('arn:aws:ssm:eu-west-1:1:document/Doc')", "\"Doc\""},
    {"resource_name(" SECRET "prod/db-a1B2c3')", "\"prod/db\""},
    {"resource_name(" SECRET "prod/db')", "\"prod/db\""},
    {"resource_name(" SECRET "prod-database')", "\"prod-database\""},
    {"resource_name(`null`)", "null"},
};

static const char document_text[] =
    "{\"kv\": [{\"Key\": \"a\", \"Value\": \"1\"}, {\"Key\": \"b\", \"Value\": "
    "\"2\"}],"
    " \"lower\": [{\"key\": \"b\", \"value\": \"2\"}, {\"key\": \"a\", "
    "\"value\": \"1\"}],"
    " \"tagkey\": [{\"TagKey\": \"a\", \"TagValue\": \"1\"}, {\"TagKey\": "
    "\"b\", \"TagValue\": \"2\"}],"
    " \"map\": {\"a\": \"1\", \"b\": \"2\"}, \"key\": \"a\"}";

static const struct json *evaluate(struct arena *arena, const char *text,
                                   const struct json *document,
                                   struct str *reterr)
{
    struct diag diag;
    diag_init(&diag, arena);
    const struct jmespath_compile_in in = {
        .text = str_of(text),
        .functions = rules_functions,
        .function_count = rules_function_count,
    };
    const struct jmespath *expression = NULL;
    enum jmespath_error error = JMESPATH_OK;
    if (!jmespath_compile(arena, &in, &expression, &error, &diag)) {
        fail_msg("%s: %.*s", text, STR_ARG(diag.first->message));
    }
    return jmespath_evaluate(arena, expression, document, &error, reterr);
}

static void check_row(const struct row *row)
{
    struct arena *arena = arena_new();
    struct str why = STR_NONE;
    const struct json *value =
        evaluate(arena, row->expression, good_json(arena, document_text), &why);
    if (row->gives == NULL) {
        if (value != NULL || why.len == 0) {
            fail_msg("%s: no error", row->expression);
        }
    } else if (value == NULL) {
        fail_msg("%s: %.*s", row->expression, STR_ARG(why));
    } else if (!json_equal(value, good_json(arena, row->gives))) {
        struct buf text = {0};
        json_write(value, &text);
        print_message("gives %.*s\n", STR_ARG(buf_str(&text)));
        buf_free(&text);
        fail_msg("%s does not give %s", row->expression, row->gives);
    }
    arena_free(arena);
}

static void each_function_gives_what_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check_row(&rows[i]);
    }
}

static void each_function_has_help_that_begins_with_its_name(void **state)
{
    (void)state;
    assert_true(rules_function_count > 0);
    for (size_t i = 0; i < rules_function_count; i++) {
        assert_true(str_starts(str_of(rules_functions[i].help),
                               str_of(rules_functions[i].name)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_function_gives_what_the_table_says),
        cmocka_unit_test(each_function_has_help_that_begins_with_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
