/* SPDX-License-Identifier: Apache-2.0 */
/* Reads that show the same thing. */
#include "lag/private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* All reads of a thing, one a line. */
static struct str kin_of(struct arena *arena, const struct families *families,
                         const struct family *family, const char *key)
{
    struct buf out = {0};
    for (size_t i = 0; i < family->count; i++) {
        const struct json *input =
            kin_input(families, arena, &family->kin[i], str_of(key));
        if (input != NULL) {
            buf_printf(&out, "%s ", family->kin[i].operation);
            json_write(input, &out);
            buf_add_char(&out, '\n');
        }
    }
    struct str text = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return text;
}

static void a_parameter_is_read_by_name_by_batch_and_by_path(void **state)
{
    static const struct {
        const char *key;
        const char *line;
        bool there;
    } rows[] = {
        {"/a/b/c", "GetParameter {\"Name\":\"/a/b/c\"}", true},
        {"/a/b/c", "GetParameters {\"Names\":[\"/a/b/c\"]}", true},
        {"/a/b/c", "GetParametersByPath {\"Path\":\"/a/b\",", true},
        {"/a/b/c", "GetParametersByPath {\"Path\":\"/a\",\"Recursive\"", true},
        {"/a", "GetParametersByPath {\"Path\":\"/\",", true},
        {"flat", "GetParametersByPath {\"Path\":\"/\",", true},
        {"/a:label", "GetParameter {\"Name\":\"/a:label\"}", true},
        {"/a:label", "GetParameterHistory {\"Name\":\"/a\",", true},
        {"/a", "DescribeParameters {}", true},
        {"arn:aws:ssm:r:1:parameter/a", "GetParametersByPath", false},
        {"arn:aws:ssm:r:1:parameter/a", "GetParameterHistory", false},
    };
    struct arena *arena = arena_new();
    struct families *families = lag_families_new();
    const struct family *family =
        lag_family_of(STR("ssm"), STR("GetParameter"));
    (void)state;
    assert_non_null(family);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str all = kin_of(arena, families, family, rows[i].key);
        if (str_contains(all, str_of(rows[i].line)) != rows[i].there) {
            fail_msg("%s: %s in\n%.*s", rows[i].key, rows[i].line,
                     STR_ARG(all));
        }
    }
    lag_families_free(families);
    arena_free(arena);
}

static void every_row_names_a_read_of_its_service(void **state)
{
    static const char *const reads[][2] = {
        {"ssm", "GetParameter"},
        {"ssm", "GetParameters"},
        {"secretsmanager", "DescribeSecret"},
    };
    struct aws_registry *registry = aws_registry_new();
    (void)state;
    for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
        const struct family *family =
            lag_family_of(str_of(reads[i][0]), str_of(reads[i][1]));
        assert_non_null(family);
        for (size_t k = 0; k < family->count; k++) {
            const struct aws_operation *operation =
                aws_operation_find(registry, str_of(family->service),
                                   str_of(family->kin[k].operation));
            assert_non_null(operation);
            assert_true(operation->reads);
        }
    }
    assert_null(lag_family_of(STR("ssm"), STR("DescribeParameters")));
    assert_null(lag_family_of(STR("secretsmanager"), STR("GetParameter")));
    aws_registry_free(registry);
}

static void names_come_from_what_was_read_and_answered(void **state)
{
    struct arena *arena = arena_new();
    struct families *families = lag_families_new();
    const struct family *family =
        lag_family_of(STR("secretsmanager"), STR("DescribeSecret"));
    struct json *response = json_new(arena, JSON_OBJECT);
    (void)state;
    json_set(arena, response, STR("ARN"), json_new_text(arena, "arn:x"));
    const struct json *names =
        lag_family_names(families, arena, family, NULL, response);
    assert_int_equal(names->count, 4);
    assert_true(str_eq(json_text(names->members[2].value), STR("arn:x")));
    assert_int_equal(json_text(names->members[0].value).len, 0);
    lag_families_free(families);
    arena_free(arena);
}

static void some_reads_ask_for_many(void **state)
{
    (void)state;
    assert_true(str_eq(lag_batch_member(STR("ssm"), STR("GetParameters")),
                       STR("Names")));
    assert_int_equal(lag_batch_member(STR("ssm"), STR("GetParameter")).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_parameter_is_read_by_name_by_batch_and_by_path),
        cmocka_unit_test(every_row_names_a_read_of_its_service),
        cmocka_unit_test(names_come_from_what_was_read_and_answered),
        cmocka_unit_test(some_reads_ask_for_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
