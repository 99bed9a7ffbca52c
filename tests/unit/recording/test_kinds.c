/* SPDX-License-Identifier: Apache-2.0 */
/* Words of lines, there and back. Start at main(). */
#include "scene.h"

static void every_word_leads_back(void **state)
{
    (void)state;
    for (int i = 0; i < RECORDING_KIND_COUNT; i++) {
        const char *name = recording_kind_name((enum recording_kind)i);
        assert_int_equal(recording_kind_find(str_of(name)), i);
    }
    for (int i = 0; i < HTTP_OUTCOME_COUNT; i++) {
        const char *name = http_outcome_name((enum http_outcome)i);
        assert_int_equal(recording_http_outcome(str_of(name)), i);
    }
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        const char *name = event_outcome_name((enum outcome)i);
        assert_int_equal(recording_outcome(str_of(name)), i);
    }
    for (int i = 0; i < AWS_PROTOCOL_COUNT; i++) {
        const char *name = aws_protocol_name((enum aws_protocol)i);
        assert_int_equal(recording_protocol(str_of(name)), i);
    }
}

static void other_words_lead_nowhere(void **state)
{
    static const char *const words[] = {"", "x", "Call", "call "};
    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct str word = str_of(words[i]);
        assert_int_equal(recording_kind_find(word), RECORDING_KIND_COUNT);
        assert_int_equal(recording_http_outcome(word), HTTP_OUTCOME_COUNT);
        assert_int_equal(recording_outcome(word), OUTCOME_COUNT);
        assert_int_equal(recording_protocol(word), AWS_PROTOCOL_COUNT);
    }
    assert_int_equal(recording_kind_find(STR_NONE), RECORDING_KIND_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(every_word_leads_back),
        SCENE_TEST(other_words_lead_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
