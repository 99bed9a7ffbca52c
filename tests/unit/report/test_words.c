/* SPDX-License-Identifier: Apache-2.0 */
/* Texts and keys keep their numbers while their tables grow. */
#include "support/texts.h"

#include "report/private.h"

enum { MANY = 3000 }; /* several times what a table begins with */

static struct str name_of(struct arena *arena, int i)
{
    return arena_printf(arena, "/app/%d", i);
}

static void a_text_keeps_its_number(void **state)
{
    struct words words = {0};
    struct arena *arena = arena_new();
    word numbers[MANY];
    (void)state;
    report_words_init(&words);
    for (int i = 0; i < MANY; i++) {
        numbers[i] = report_words_add(&words, name_of(arena, i));
    }
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(report_words_add(&words, name_of(arena, i)),
                         numbers[i]);
        assert_text(report_words_get(&words, numbers[i]),
                    name_of(arena, i).ptr);
    }
    assert_int_equal(report_words_add(&words, STR("")), 0);
    report_words_done(&words);
    arena_free(arena);
}

static void a_key_keeps_its_value(void **state)
{
    struct index index = {0};
    (void)state;
    for (uint32_t i = 1; i <= MANY; i++) {
        *report_index_at(&index, i * 7ULL) = i;
    }
    for (uint32_t i = 1; i <= MANY; i++) {
        assert_int_equal(report_index_get(&index, i * 7ULL), i);
    }
    assert_int_equal(report_index_get(&index, 1), 0);
    report_index_done(&index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_keeps_its_number),
        cmocka_unit_test(a_key_keeps_its_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
