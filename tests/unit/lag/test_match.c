/* SPDX-License-Identifier: Apache-2.0 */
/* Whether one read asks what another asked. */
#include "lag/private.h"

#include "support/texts.h"

static unsigned match(struct arena *arena, const char *have, const char *asked)
{
    return lag_match_inputs(good_json(arena, have), good_json(arena, asked));
}

static void only_what_chooses_nothing_may_differ(void **state)
{
    static const struct {
        const char *have;
        const char *asked;
        bool same;
    } rows[] = {
        {"{}", "{}", true},
        {"{\"Name\":\"a\"}", "{\"Name\":\"a\"}", true},
        {"{\"Name\":\"a\"}", "{\"Name\":\"b\"}", false},
        {"{\"Name\":\"a\"}", "{}", false},
        {"{}", "{\"Name\":\"a\"}", false},
        {"{\"Name\":\"a\"}", "{\"Name\":\"a\",\"WithDecryption\":true}", true},
        {"{\"Name\":\"a\",\"WithDecryption\":true}", "{\"Name\":\"a\"}", true},
        {"{}", "{\"MaxResults\":5}", true},
        {"{\"MaxResults\":5}", "{\"MaxResults\":6}", true},
        {"{}", "{\"NextToken\":\"t\"}", false},
        {"{\"Path\":\"/\"}", "{\"Path\":\"/\",\"Recursive\":true}", false},
        {"{\"Path\":\"/\"}", "{\"Path\":\"/\",\"Recursive\":false}", true},
        {"{\"Id\":\"a\"}", "{\"Id\":\"a\",\"VersionStage\":\"AWSCURRENT\"}",
         true},
        {"{\"Id\":\"a\"}", "{\"Id\":\"a\",\"VersionStage\":\"AWSPREVIOUS\"}",
         false},
        {"{\"Id\":\"a\"}", "{\"Id\":\"a\",\"Other\":null}", true},
        {"{\"L\":[\"a\"]}", "{\"L\":[\"a\",\"b\"]}", false},
    };
    struct arena *arena = arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool same = match(arena, rows[i].have, rows[i].asked) > 0;
        if (same != rows[i].same) {
            fail_msg("%s and %s", rows[i].have, rows[i].asked);
        }
    }
    arena_free(arena);
}

static void the_closer_read_scores_higher(void **state)
{
    struct arena *arena = arena_new();
    static const char asked[] = "{\"Name\":\"a\",\"WithDecryption\":true}";
    (void)state;
    assert_true(match(arena, asked, asked) >
                match(arena, "{\"Name\":\"a\"}", asked));
    assert_true(match(arena, "{\"Name\":\"a\"}", "{\"Name\":\"a\"}") >
                match(arena, asked, "{\"Name\":\"a\"}"));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_chooses_nothing_may_differ),
        cmocka_unit_test(the_closer_read_scores_higher),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
