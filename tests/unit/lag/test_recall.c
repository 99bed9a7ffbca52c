/* SPDX-License-Identifier: Apache-2.0 */
/* The last reads of clients, bounded. */
#include "lag/private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct read read_of(struct arena *arena, const char *region, int number)
{
    struct json *input = json_new(arena, JSON_OBJECT);
    json_set(arena, input, STR("Path"),
             json_new_string(arena, arena_printf(arena, "/%d", number)));
    return (struct read){STR("ssm"), str_of(region), STR("GetParametersByPath"),
                         input};
}

static void count_one(void *ctx, const struct read *read)
{
    (void)read;
    (*(size_t *)ctx)++;
}

static size_t count(const struct recall *recall, const char *region)
{
    size_t n = 0;
    recall_each(recall, STR("ssm"), str_of(region), count_one, &n);
    return n;
}

struct look {
    const struct read *read;
    bool found;
};

static void compare(void *ctx, const struct read *read)
{
    struct look *look = ctx;
    look->found = look->found || json_equal(read->input, look->read->input);
}

static bool knows(const struct recall *recall, const struct read *read)
{
    struct look look = {read, false};
    recall_each(recall, read->service, read->region, compare, &look);
    return look.found;
}

static void a_read_is_known_once(void **state)
{
    struct arena *arena = arena_new();
    struct recall *recall = recall_new();
    struct read read = read_of(arena, "r", 1);
    (void)state;
    assert_false(knows(recall, &read));
    recall_note(recall, &read, 3);
    recall_note(recall, &read, 8);
    assert_int_equal(count(recall, "r"), 1);
    assert_int_equal(count(recall, "other"), 0);
    assert_true(knows(recall, &read));
    recall_free(recall);
    arena_free(arena);
}

static void the_oldest_of_a_service_goes_first(void **state)
{
    struct arena *arena = arena_new();
    struct recall *recall = recall_new();
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct read read = read_of(arena, "r", i);
        recall_note(recall, &read, (uint64_t)i + 1);
    }
    assert_int_equal(count(recall, "r"), RECALL_PER_SERVICE);
    struct read old = read_of(arena, "r", 7);
    struct read kept = read_of(arena, "r", 8);
    assert_false(knows(recall, &old));
    assert_true(knows(recall, &kept));
    recall_free(recall);
    arena_free(arena);
}

static void there_is_an_end_to_services_too(void **state)
{
    struct arena *arena = arena_new();
    struct recall *recall = recall_new();
    uint64_t turn = 0;
    (void)state;
    for (int i = 0; i < 1000; i++) {
        struct read read = read_of(arena, arena_printf(arena, "r%d", i).ptr, 1);
        recall_note(recall, &read, ++turn);
    }
    assert_int_equal(count(recall, "r0"), 0);
    assert_int_equal(count(recall, "r999"), 1);
    recall_free(recall);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_read_is_known_once),
        cmocka_unit_test(the_oldest_of_a_service_goes_first),
        cmocka_unit_test(there_is_an_end_to_services_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
