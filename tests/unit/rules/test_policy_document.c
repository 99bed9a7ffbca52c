/* SPDX-License-Identifier: Apache-2.0 */
/* Which IAM policies are equal, as a table: each row is a pair in the ways
 * that services are known to rewrite what they are given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rules/private.h"

#define ALLOW "\"Effect\": \"Allow\", "

static const struct row {
    const char *what;
    const char *a;
    const char *b;
    bool equal;
} rows[] = {
    {"itself", "{\"Statement\": [{" ALLOW "\"Action\": \"s3:*\"}]}",
     "{\"Statement\": [{" ALLOW "\"Action\": \"s3:*\"}]}", true},
    {"a missing Version is the old one", "{\"Statement\": []}",
     "{\"Version\": \"2008-10-17\", \"Statement\": []}", true},
    {"the new Version is another",
     "{\"Version\": \"2012-10-17\", \"Statement\": []}", "{\"Statement\": []}",
     false},
    {"one statement is a list of one",
     "{\"Statement\": {" ALLOW "\"Action\": \"a:b\"}}",
     "{\"Statement\": [{" ALLOW "\"Action\": [\"a:b\"]}]}", true},
    {"the order of statements",
     "{\"Statement\": [{\"Action\": \"a:b\"}, {\"Action\": \"c:d\"}]}",
     "{\"Statement\": [{\"Action\": \"c:d\"}, {\"Action\": \"a:b\"}]}", true},
    {"the order and case of actions",
     "{\"Statement\": {\"Action\": [\"sqs:Send\", \"SQS:Get\"]}}",
     "{\"Statement\": {\"Action\": [\"SQS:Get\", \"SQS:send\"]}}", true},
    {"another action", "{\"Statement\": {\"Action\": [\"a:b\"]}}",
     "{\"Statement\": {\"Action\": [\"a:b\", \"a:c\"]}}", false},
    {"the case of a resource counts",
     "{\"Statement\": {\"Resource\": \"arn:aws:s3:::B\"}}",
     "{\"Statement\": {\"Resource\": \"arn:aws:s3:::b\"}}", false},
    {"an account is its root",
     "{\"Statement\": {\"Principal\": {\"AWS\": \"123456789012\"}}}",
     "{\"Statement\": {\"Principal\": {\"AWS\": "
     "[\"arn:aws:iam::123456789012:root\"]}}}",
     true},
    {"in another partition too",
     "{\"Statement\": {\"Principal\": {\"AWS\": \"123456789012\"}}}",
     "{\"Statement\": {\"Principal\": {\"AWS\": "
     "[\"arn:aws-us-gov:iam::123456789012:root\"]}}}",
     true},
    {"a principal that has become an id",
     "{\"Statement\": {\"Principal\": {\"AWS\": "
     "\"arn:aws:iam::123456789012:role/r\"}}}",
     "{\"Statement\": {\"Principal\": {\"AWS\": \"AROAEXAMPLE\"}}}", false},
    {"everybody", "{\"Statement\": {\"Principal\": \"*\"}}",
     "{\"Statement\": {\"Principal\": {\"AWS\": \"*\"}}}", true},
    {"the order of principals",
     "{\"Statement\": {\"Principal\": {\"AWS\": [\"111111111111\", "
     "\"222222222222\"]}}}",
     "{\"Statement\": {\"Principal\": {\"AWS\": [\"222222222222\", "
     "\"arn:aws:iam::111111111111:root\"]}}}",
     true},
    {"an empty Sid is none",
     "{\"Statement\": {\"Sid\": \"\", \"Action\": \"a:b\"}}",
     "{\"Statement\": {\"Action\": \"a:b\"}}", true},
    {"another Sid", "{\"Statement\": {\"Sid\": \"x\", \"Action\": \"a:b\"}}",
     "{\"Statement\": {\"Action\": \"a:b\"}}", false},
    {"conditions: true as text, one as a list",
     "{\"Statement\": {\"Condition\": {\"Bool\": {\"aws:SecureTransport\": "
     "true}}}}",
     "{\"Statement\": {\"Condition\": {\"Bool\": {\"aws:SecureTransport\": "
     "[\"true\"]}}}}",
     true},
    {"conditions: the case of a key counts",
     "{\"Statement\": {\"Condition\": {\"Bool\": {\"aws:tag/A\": true}}}}",
     "{\"Statement\": {\"Condition\": {\"Bool\": {\"aws:tag/a\": true}}}}",
     false},
    {"an Id counts", "{\"Id\": \"x\", \"Statement\": []}",
     "{\"Id\": \"y\", \"Statement\": []}", false},
    {"allow is not deny", "{\"Statement\": {\"Effect\": \"Allow\"}}",
     "{\"Statement\": {\"Effect\": \"Deny\"}}", false},
    {"what is no policy", "no json", "no json", true},
    {"what is no policy, and another", "no json", "{}", false},
    {"a statement that is no object", "{\"Statement\": [1, null]}",
     "{\"Statement\": [null, 1]}", true},
};

static bool equal(struct arena *arena, const struct json *a,
                  const struct json *b)
{
    const struct json *const both[] = {a, b};
    struct str why = STR_NONE;
    return json_is(rules_function_policy_equal(arena, both, 2, &why),
                   JSON_TRUE);
}

static void policies_are_equal_however_services_spell_them(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct json *a = json_new_text(arena, rows[i].a);
        const struct json *b = json_new_text(arena, rows[i].b);
        if (equal(arena, a, b) != rows[i].equal ||
            equal(arena, b, a) != rows[i].equal) {
            fail_msg("%s", rows[i].what);
        }
    }
    arena_free(arena);
}

static void no_policy_is_not_a_policy(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct json *null = json_new(arena, JSON_NULL);
    assert_true(equal(arena, null, null));
    assert_false(equal(arena, null, json_new_text(arena, "{}")));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies_are_equal_however_services_spell_them),
        cmocka_unit_test(no_policy_is_not_a_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
