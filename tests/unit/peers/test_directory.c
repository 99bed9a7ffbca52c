/* SPDX-License-Identifier: Apache-2.0 */
/* Which process has a call. */
#include "world.h"

static void calls_are_counted_for_each_process(void **state)
{
    static const struct {
        char what;
        uint64_t call;
        size_t whose;
        int found;
    } rows[] = {
        {'+', 1, 5, 5}, {'+', 1, 6, 5}, {'-', 1, 5, 6},
        {'-', 1, 5, 6}, /* once more than it began: nothing happens */
        {'+', 1, 6, 6}, {'-', 1, 6, 6}, {'-', 1, 6, PEERS_NOBODY},
    };
    struct directory *directory = directory_new();
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].what == '+') {
            directory_add(directory, rows[i].call, rows[i].whose);
        } else {
            directory_remove(directory, rows[i].call, rows[i].whose);
        }
        assert_int_equal(directory_find(directory, rows[i].call),
                         rows[i].found);
    }
    directory_free(directory);
}

static void many_calls_are_kept_apart(void **state)
{
    enum { CALLS = 100000 };
    struct directory *directory = directory_new();
    (void)state;
    for (uint64_t i = 0; i < CALLS; i++) {
        directory_add(directory, i, (size_t)(i % 7));
    }
    for (uint64_t i = 0; i < CALLS; i += 2) {
        directory_remove(directory, i, (size_t)(i % 7));
    }
    for (uint64_t i = 0; i < CALLS; i++) {
        assert_int_equal(directory_find(directory, i),
                         i % 2 == 0 ? PEERS_NOBODY : (int)(i % 7));
    }
    directory_free(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_counted_for_each_process),
        cmocka_unit_test(many_calls_are_kept_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
